//! What a path stands for, by its spelling alone.

use crate::syntax::{HOME, UNKNOWN};

/// Folders without which a system does not run, or in which all of somebody's work lies.
const VITAL: [&str; 27] = [
    "/",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/lib32",
    "/lib64",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/sys",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/local",
    "/var",
    "/var/lib",
    "/Applications",
    "/Library",
    "/System",
    "/Users",
    "/Volumes",
];

/// Most words that braces may expand to before the rest is ignored.
const MAX_WORDS: usize = 64;

/// Whether a shape names a vital folder, everything in one, or a whole home directory.
pub(super) fn is_vital(shape: &str) -> bool {
    expand_braces(shape).iter().any(|path| {
        let path = normalise(path);
        let folder = path.strip_suffix("/*").or_else(|| path.strip_suffix("/.*")).unwrap_or(&path);
        let folder = if folder.is_empty() && path.starts_with('/') { "/" } else { folder };
        let whole_home = folder.starts_with(HOME) && !folder.contains('/');
        let parts: Vec<&str> = folder.split('/').collect();
        let somebodys_home = matches!(parts.as_slice(), ["", "home" | "Users", _]);
        VITAL.contains(&folder) || whole_home || somebodys_home
    })
}

/// Whether a shape lies below a folder that belongs to the system.
pub(super) fn is_system(shape: &str) -> bool {
    expand_braces(shape).iter().any(|path| {
        let path = normalise(path);
        ["/bin/", "/boot/", "/etc/", "/lib/", "/lib64/", "/sbin/", "/sys/", "/usr/", "/proc/sys", "/System/", "/Library/"]
            .iter()
            .any(|folder| path.starts_with(folder))
    })
}

/// Whether a shape is a disk or the memory of the machine.
pub(super) fn is_device(shape: &str) -> bool {
    expand_braces(shape).iter().any(|path| {
        normalise(path).strip_prefix("/dev/").is_some_and(|name| {
            ["sd", "hd", "vd", "xvd", "nvme", "mmcblk", "disk", "rdisk", "mapper/", "dm-", "md", "loop", "mem", "kmem", "port", "*"]
                .iter()
                .any(|kind| name.starts_with(kind))
        })
    })
}

/// Whether a shape is one of the user's files that decide who may log in or what every new shell does.
pub(super) fn is_personal_setup(shape: &str) -> bool {
    let path = normalise(shape);
    let Some((home, name)) = path.split_once('/') else { return false };
    home.starts_with(HOME)
        && (name.starts_with(".ssh/")
            || name.starts_with(".gnupg/")
            || [".bashrc", ".bash_profile", ".profile", ".zshrc", ".zshenv", ".zprofile", ".config/fish/config.fish", ".netrc"]
                .contains(&name))
}

/// One spelling for each path: no `//`, no `/./`, no trailing slash, `..` applied.
fn normalise(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != ".." && !last.contains([UNKNOWN, HOME])) => drop(parts.pop()),
            ".." if absolute && parts.is_empty() => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if absolute { format!("/{joined}") } else { joined }
}

/// All words that the braces of one word stand for.
fn expand_braces(word: &str) -> Vec<String> {
    let mut done = Vec::new();
    let mut open = vec![word.to_owned()];
    while let Some(word) = open.pop() {
        if done.len() + open.len() >= MAX_WORDS {
            done.push(word);
            continue;
        }
        // The innermost pair first: then its inside holds no further brace.
        let pair = word.find('}').and_then(|close| word[..close].rfind('{').map(|start| (start, close)));
        match pair.filter(|(start, close)| word[*start..*close].contains(',')) {
            Some((start, close)) => {
                open.extend(word[start + 1..close].split(',').map(|choice| format!("{}{choice}{}", &word[..start], &word[close + 1..])));
            }
            None => done.push(word),
        }
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vital_folders_are_recognised_in_every_spelling() {
        for path in [
            "/",
            "//",
            "/.",
            "/*",
            "~",
            "~/",
            "~/*",
            "~root",
            "/etc",
            "/etc/",
            "/usr/*",
            "/usr/../etc",
            "/home/ann",
            "/home/*",
            "/{etc,tmp}",
            "/tmp/..",
            "/var/./lib",
            "~/.*",
        ] {
            assert!(is_vital(path), "{path}");
        }
        for path in
            ["/tmp", "/tmp/*", "build", "./build", "~/build", "/home/ann/x", "/etc/foo", "*", ".", "a/etc", "/usr/local/share", "\u{fffc}"]
        {
            assert!(!is_vital(path), "{path}");
        }
    }

    #[test]
    fn devices_are_told_from_harmless_ones() {
        assert!(["/dev/sda", "/dev/nvme0n1p1", "/dev//sdb", "/dev/disk2"].into_iter().all(is_device));
        assert!(!["/dev/null", "/dev/stdout", "/dev/tty", "/dev/shm/x", "sda", "/tmp/dev/sda"].into_iter().any(is_device));
    }
}
