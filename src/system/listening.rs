//! Which ports of this machine somebody listens on, by the tables of the kernel. Elsewhere than on Linux nothing is known.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// The kernel's tables of connections.
const TABLES: [&str; 2] = ["/proc/net/tcp", "/proc/net/tcp6"];

/// The state of a socket that listens, as the tables write it.
const LISTENS: &str = "0A";

/// Those of the ports that somebody listens on, each with the next one that nobody does.
pub(super) fn taken(ports: &BTreeSet<u16>) -> BTreeMap<u16, u16> {
    let tables = TABLES.iter().filter_map(|table| fs::read_to_string(table).ok());
    let listening: BTreeSet<u16> = tables.flat_map(|table| table.lines().filter_map(port).collect::<Vec<_>>()).collect();
    let free = |port: u16| (port.checked_add(1)?..=u16::MAX).find(|next| !listening.contains(next));
    ports.iter().filter(|port| listening.contains(port)).filter_map(|port| Some((*port, free(*port)?))).collect()
}

/// The port of a row such as `0: 0100007F:1F90 00000000:0000 0A …`.
fn port(row: &str) -> Option<u16> {
    let mut fields = row.split_ascii_whitespace().skip(1);
    let local = fields.next()?;
    (fields.nth(1)? == LISTENS).then(|| u16::from_str_radix(local.rsplit(':').next()?, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_port_is_taken_as_long_as_somebody_listens() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = taken(&BTreeSet::from([port]));
        assert!(taken.get(&port).is_some_and(|free| *free > port), "{taken:?}");
        drop(listener);
        assert!(super::taken(&BTreeSet::from([port])).is_empty());
    }

    #[test]
    fn rows_of_the_table_are_read() {
        assert_eq!(port("   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000"), Some(8080));
        assert_eq!(port("   1: 0100007F:1F90 0100007F:D2A4 01 00000000:00000000"), None);
        for row in ["", "  sl  local_address rem_address   st", "0: x y 0A"] {
            assert_eq!(port(row), None, "{row}");
        }
    }
}
