//! The index from which Debian's and Ubuntu's `command-not-found` answers: which package has which command.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Where apt keeps its indexes.
const LISTS: &str = "/var/lib/apt/lists";

/// Most bytes of one index that are read; the largest has some 5 MB.
const MOST_BYTES: u64 = 32 * 1024 * 1024;

/// The package of a command; `None` where no index can be read.
pub(super) fn package_of(command: &str) -> Option<String> {
    package_in(Path::new(LISTS), command)
}

fn package_in(lists: &Path, command: &str) -> Option<String> {
    let entries = fs::read_dir(lists).ok()?.flatten();
    let mut indexes: Vec<_> = entries
        .map(|entry| entry.path())
        // Packed ones have an ending.
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.split_once("_cnf_Commands-").is_some_and(|(_, machine)| !machine.contains('.'))
        })
        .collect();
    indexes.sort();
    indexes.iter().find_map(|index| search(index, command))
}

/// The index is a list of `name: PACKAGE`, `version: …`, `commands: a,b`, apart by blank lines.
fn search(index: &Path, command: &str) -> Option<String> {
    use std::io::Read;
    let file = BufReader::new(fs::File::open(index).ok()?.take(MOST_BYTES));
    let mut package = String::new();
    for line in file.lines() {
        let line = line.ok()?;
        if let Some(name) = line.strip_prefix("name: ") {
            package = name.trim().to_owned();
        } else if let Some(commands) = line.strip_prefix("commands: ")
            && commands.split(',').any(|name| name.trim() == command)
        {
            let is_plain = !package.is_empty() && package.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
            return is_plain.then_some(package);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_of_a_command_is_found_in_the_indexes() {
        let lists = tempfile::tempdir().unwrap();
        let text = "suite: noble\ncomponent: main\narch: amd64\n\nname: cowsay\nversion: 3\ncommands: cowsay,cowthink\n\n\
            name: bad;x\nversion: 1\ncommands: bad\n";
        fs::write(lists.path().join("archive.ubuntu.com_ubuntu_dists_noble_main_cnf_Commands-amd64"), text).unwrap();
        fs::write(lists.path().join("x_cnf_Commands-amd64.lz4"), "name: wrong\ncommands: packed\n").unwrap();
        for (command, package) in [("cowthink", Some("cowsay")), ("cow", None), ("bad", None), ("packed", None)] {
            assert_eq!(package_in(lists.path(), command).as_deref(), package, "{command}");
        }
        assert_eq!(package_in(&lists.path().join("absent"), "cowsay"), None);
    }
}
