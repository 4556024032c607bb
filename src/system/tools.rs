//! What is known of the programs of this machine without running them: their flavour and the packages that have them.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::find_executable;
use crate::domain::ShellFacts;
use crate::platform;
use crate::suggest::ports::{Flavour, Tools};

/// Programs and the packages that have them; see the head of the file.
const PACKAGES: &str = include_str!("packages.txt");

/// Names that Debian and its children give to programs whose own names were taken.
const DEBIAN_NAMES: [(&str, &str); 5] = [("fd", "fdfind"), ("bat", "batcat"), ("ack", "ack-grep"), ("exa", "eza"), ("node", "nodejs")];

/// Where a system keeps the tools of the GNU project if its own are others.
const GNU_PLACES: [&str; 8] = ["gnubin", "coreutils", "findutils", "gnused", "gnu-sed", "gnugrep", "gnu-tar", "gnutar"];

/// The programs of this machine.
#[derive(Debug)]
pub struct LocalTools {
    os: &'static str,
    release: PathBuf,
    column: OnceLock<Option<usize>>,
}

impl LocalTools {
    /// Nothing is looked at before it is asked for.
    pub fn new() -> Self {
        Self { os: platform::OS_NAME, release: PathBuf::from("/etc/os-release"), column: OnceLock::new() }
    }

    /// The column of this system's package manager.
    fn column(&self) -> Option<usize> {
        *self.column.get_or_init(|| match self.os {
            "macos" => Some(BREW),
            _ => column_of(&std::fs::read_to_string(&self.release).unwrap_or_default()),
        })
    }
}

impl Default for LocalTools {
    fn default() -> Self {
        Self::new()
    }
}

impl Tools for LocalTools {
    fn flavour(&self, program: &str, facts: &ShellFacts) -> Option<Flavour> {
        let path = find_executable(program, facts)?;
        let real = path.canonicalize().unwrap_or(path);
        flavour_of(&real, self.os)
    }

    fn other_name(&self, program: &str) -> Option<&'static str> {
        (self.column() == Some(APT)).then(|| DEBIAN_NAMES.iter().find(|(name, _)| *name == program).map(|(_, other)| *other)).flatten()
    }

    fn package(&self, program: &str) -> Option<&'static str> {
        package_in(PACKAGES, program, self.column()?)
    }
}

fn flavour_of(real: &Path, os: &str) -> Option<Flavour> {
    let name = real.file_name()?.to_str()?;
    if name.starts_with("busybox") {
        return Some(Flavour::Busybox);
    }
    if name.starts_with("toybox") {
        return None;
    }
    if os != "macos" {
        return Some(Flavour::Gnu);
    }
    let in_gnu_place =
        real.components().any(|part| part.as_os_str().to_str().is_some_and(|part| GNU_PLACES.iter().any(|place| part.contains(place))));
    let is_own = ["/bin", "/usr/bin"].iter().any(|folder| real.parent() == Some(Path::new(folder)));
    match (in_gnu_place, is_own) {
        (true, _) => Some(Flavour::Gnu),
        (false, true) => Some(Flavour::Bsd),
        (false, false) => None,
    }
}

const APT: usize = 0;
const DNF: usize = 1;
const PACMAN: usize = 2;
const BREW: usize = 3;
const APK: usize = 4;
const ZYPPER: usize = 5;

/// The column for a system, from its `os-release`.
fn column_of(release: &str) -> Option<usize> {
    let value = |key: &str| {
        let line = release.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
        Some(line.trim_matches(['"', '\'']).to_ascii_lowercase())
    };
    let ids = format!("{} {}", value("ID").unwrap_or_default(), value("ID_LIKE").unwrap_or_default());
    ids.split_whitespace().find_map(|id| match id {
        "debian" | "ubuntu" => Some(APT),
        "fedora" | "rhel" | "centos" | "rocky" | "almalinux" | "amzn" => Some(DNF),
        "arch" | "archlinux" | "manjaro" => Some(PACMAN),
        "alpine" => Some(APK),
        "suse" | "opensuse" | "sles" => Some(ZYPPER),
        other if other.starts_with("opensuse") => Some(ZYPPER),
        _ => None,
    })
}

/// The package of a program in a column of the table.
fn package_in(table: &'static str, program: &str, column: usize) -> Option<&'static str> {
    let line = table.lines().find(|line| line.split(' ').next() == Some(program) && !line.starts_with('#'))?;
    let mut fields = line.split_ascii_whitespace();
    let name = fields.next()?;
    let packages: Vec<&str> = fields.collect();
    // One package name stands for all systems.
    let package = if packages.len() == 1 { packages[0] } else { *packages.get(column)? };
    match package {
        "=" => Some(name),
        "-" => None,
        package => Some(package),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use crate::system::tests::facts;

    fn tools(os: &'static str, release: &str) -> (tempfile::TempDir, LocalTools) {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("os-release");
        fs::write(&file, release).unwrap();
        (place, LocalTools { os, release: file, column: OnceLock::new() })
    }

    #[test]
    fn packages_are_named_as_this_system_names_them() {
        for (os, release, fd, other) in [
            ("linux", "ID=debian\n", Some("fd-find"), Some("fdfind")),
            ("linux", "NAME=\"X\"\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", Some("fd-find"), Some("fdfind")),
            ("linux", "ID=fedora", Some("fd-find"), None),
            ("linux", "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"", Some("fd-find"), None),
            ("linux", "ID=arch", Some("fd"), None),
            ("linux", "ID=alpine", Some("fd"), None),
            ("linux", "ID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"", Some("fd"), None),
            ("linux", "ID=nixos", None, None),
            ("linux", "", None, None),
            ("macos", "", Some("fd"), None),
        ] {
            let (_place, tools) = tools(os, release);
            assert_eq!((tools.package("fd"), tools.other_name("fd")), (fd, other), "{release}");
            assert_eq!(tools.package("no-such-program"), None);
        }
        let (_place, tools) = tools("linux", "ID=debian");
        assert_eq!((tools.package("jq"), tools.package("dig"), tools.package("#")), (Some("jq"), Some("bind9-dnsutils"), None));
        assert_eq!((tools.other_name("bat"), tools.other_name("jq")), (Some("batcat"), None));
    }

    #[test]
    fn the_table_of_packages_is_well_formed() {
        let mut names = Vec::new();
        for line in PACKAGES.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let fields: Vec<&str> = line.split_ascii_whitespace().collect();
            assert!(fields.len() == 2 || fields.len() == 7, "{line}");
            assert_eq!(line, fields.join(" "));
            let plain = |field: &&&str| field.bytes().all(|b| b.is_ascii_alphanumeric() || b"-+._=@/".contains(&b));
            assert!(fields.iter().filter(plain).count() == fields.len(), "{line}");
            names.push(fields[0]);
        }
        assert!(names.len() >= 300, "{}", names.len());
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted, "sorted and each name once");
    }

    #[test]
    fn flavours_are_told_by_place_and_name() {
        for (path, os, flavour) in [
            ("/usr/bin/date", "linux", Some(Flavour::Gnu)),
            ("/usr/lib/cargo/bin/coreutils/date", "linux", Some(Flavour::Gnu)),
            ("/bin/busybox", "linux", Some(Flavour::Busybox)),
            ("/bin/busybox.static", "linux", Some(Flavour::Busybox)),
            ("/bin/toybox", "linux", None),
            ("/bin/date", "macos", Some(Flavour::Bsd)),
            ("/usr/bin/sed", "macos", Some(Flavour::Bsd)),
            ("/opt/homebrew/opt/coreutils/libexec/gnubin/date", "macos", Some(Flavour::Gnu)),
            ("/opt/homebrew/Cellar/coreutils/9.5/bin/gdate", "macos", Some(Flavour::Gnu)),
            ("/nix/store/abc-gnused-4.9/bin/sed", "macos", Some(Flavour::Gnu)),
            ("/Users/ada/bin/date", "macos", None),
        ] {
            assert_eq!(flavour_of(Path::new(path), os), flavour, "{path}");
        }
        let (place, tools) = tools("linux", "");
        let busybox = place.path().join("busybox");
        fs::write(&busybox, "").unwrap();
        fs::set_permissions(&busybox, fs::Permissions::from_mode(0o755)).unwrap();
        symlink("busybox", place.path().join("date")).unwrap();
        let facts = facts(place.path().to_str().unwrap(), Path::new("/"));
        assert_eq!(tools.flavour("date", &facts), Some(Flavour::Busybox));
        assert_eq!(tools.flavour("find", &facts), None);
    }
}
