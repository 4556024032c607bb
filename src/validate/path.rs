//! What a path stands for, by its spelling alone.

use super::places::{CORNERSTONES, SECRETS, VITAL};
use crate::syntax::{HOME, UNKNOWN};

/// Whether a path names a vital folder, everything in one, or a whole home directory.
pub(super) fn is_vital(path: &str) -> bool {
    let path = normalise(path);
    if path.starts_with(['/', HOME]) && is_vital_folder(&path) {
        return true;
    }
    // `/*`, `~/.*`, `/e??`: a pattern counts when it takes in everything, or something vital.
    let (folder, last) = match path.rsplit_once('/') {
        Some(("", last)) => ("/", last),
        Some(pair) => pair,
        None => return is_climb(&path),
    };
    // zsh: one of several names, or all but some.
    if path.starts_with(['/', HOME]) && is_vital_folder(folder) && last.contains(['(', '^']) {
        let some = last.trim_start_matches('(').split([')', '|']).any(|name| VITAL.iter().any(|vital| *vital == format!("/{name}")));
        if last.starts_with('^') || (folder == "/" && last.starts_with('(') && some) {
            return true;
        }
    }
    if !path.starts_with(['/', HOME]) || !last.contains(['*', '?', '[', '{']) {
        return is_climb(&path);
    }
    let bare = last.split('(').next().unwrap_or(last);
    let all = matches!(bare, "*" | ".*" | "**" | "*.*" | ".[!.]*" | ".??*" | "{*,.*}" | "[!.]*" | "?*" | ".*?");
    (all && (is_vital_folder(folder) || folder.strip_suffix("/**").is_some_and(is_vital_folder)))
        || VITAL.iter().any(|vital| {
            let (parent, name) = vital.rsplit_once('/').unwrap_or(("", vital));
            (parent == folder || (parent.is_empty() && folder == "/")) && !name.is_empty() && glob_matches(bare, name)
        })
}

fn is_vital_folder(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    let whole_home = path.starts_with(HOME) && parts.len() == 1;
    let somebodys_home = matches!(parts.as_slice(), ["", "home" | "Users", name] if !name.contains('.'));
    VITAL.contains(&path) || whole_home || somebodys_home
}

/// Whether a path goes up so far that it must end at the root.
fn is_climb(path: &str) -> bool {
    let ups = path.split('/').take_while(|part| *part == "..").count();
    ups >= 5 && path.split('/').skip(ups).all(|part| matches!(part, "*" | ".*" | ""))
}

/// Whether a path is a vital folder whose files belong to services and users, so that changing who may use them is
/// everyday work.
pub(super) fn is_served(path: &str) -> bool {
    const FOLDERS: [&str; 8] = ["/opt", "/srv", "/mnt", "/media", "/var/www", "/var/mail", "/Volumes", "/usr/local"];
    FOLDERS.contains(&normalise(path).as_str())
}

/// Whether a path is everything where the user is, or above it.
pub(super) fn is_everything(path: &str, glob: bool) -> bool {
    let path = normalise(path);
    let bare = path.split('(').next().unwrap_or(&path);
    let up = |path: &str| path.split('/').all(|part| part == "..");
    match bare {
        "" | "." => true,
        "*" | ".*" | "**" | "**/*" | "*.*" | "?*" | ".[!.]*" | ".??*" => glob,
        path => up(path) || path.strip_suffix("/*").is_some_and(up),
    }
}

/// Whether a path lies below a folder that belongs to the system.
pub(super) fn is_system(path: &str) -> bool {
    let path = normalise(path);
    const FOLDERS: [&str; 14] = [
        "/bin/",
        "/boot/",
        "/etc/",
        "/lib/",
        "/lib64/",
        "/sbin/",
        "/sys/",
        "/usr/",
        "/proc/sys/",
        "/System/",
        "/Library/",
        "/var/lib/",
        "/private/etc/",
        "/vmlinuz",
    ];
    FOLDERS.iter().any(|folder| path.starts_with(folder)) || path.starts_with("/initrd")
}

/// Whether a path is a file on which the system's start, its log-ins or what it runs by itself depends.
pub(super) fn is_cornerstone(path: &str) -> bool {
    let path = normalise(path);
    CORNERSTONES.iter().any(|known| path == *known || (path.starts_with(known) && (known.ends_with('/') || known.ends_with("cron"))))
        || path.starts_with("/etc/sudoers")
}

/// Whether a path holds logs of the system.
pub(super) fn is_log(path: &str) -> bool {
    let path = normalise(path);
    path == "/var/log" || path.starts_with("/var/log/") || path.starts_with("/var/audit") || path.starts_with("/Library/Logs")
}

/// Whether a path is a disk or the memory of the machine.
pub(super) fn is_device(path: &str) -> bool {
    normalise(path).strip_prefix("/dev/").is_some_and(|name| {
        // `/dev/vg0/home` is a volume.
        let volume = name.split_once('/').is_some_and(|(folder, _)| folder.contains("vg") || folder.contains("lv"));
        let numbered = |kind: &str| name.strip_prefix(kind).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if volume || ["ada", "da", "pmem", "zram", "ram", "mtd", "dasd", "wd", "rsd"].into_iter().any(numbered) {
            return true;
        }
        const KINDS: [&str; 19] = [
            "sd", "hd", "vd", "xvd", "nvme", "mmcblk", "disk", "rdisk", "mapper/", "dm-", "md", "loop", "mem", "kmem", "port", "*", "nbd",
            "zvol", "block/",
        ];
        KINDS.iter().any(|kind| name.starts_with(kind))
    })
}

/// Whether a path is one of the user's files that decide who may log in or what every new shell does.
pub(super) fn is_personal_setup(path: &str) -> bool {
    let path = normalise(path);
    let name = match path.strip_prefix("/home/").or_else(|| path.strip_prefix("/Users/")) {
        Some(rest) => rest.split_once('/').map(|(_, name)| name),
        None => path.split_once('/').filter(|(home, _)| home.starts_with(HOME)).map(|(_, name)| name),
    };
    let name = name.or_else(|| path.strip_prefix("/root/"));
    const NAMES: [&str; 19] = [
        ".bashrc",
        ".bash_profile",
        ".bash_login",
        ".bash_logout",
        ".profile",
        ".zshrc",
        ".zshenv",
        ".zprofile",
        ".zlogin",
        ".config/fish/config.fish",
        ".netrc",
        ".gitconfig",
        ".pam_environment",
        ".xprofile",
        ".xinitrc",
        ".vimrc",
        ".forward",
        ".rhosts",
        ".inputrc",
    ];
    const FOLDERS: [&str; 7] =
        [".ssh", ".gnupg", ".config/autostart", ".config/systemd", ".config/fish/conf.d", "Library/LaunchAgents", ".aws"];
    name.is_some_and(|name| {
        NAMES.contains(&name)
            || FOLDERS.iter().any(|folder| name == *folder || name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
    })
}

/// Whether a path holds credentials, or the private history of somebody.
pub(super) fn is_secret(path: &str) -> bool {
    let path = normalise(path);
    if path.ends_with(".pub") || path.ends_with("/known_hosts") || path.ends_with("/authorized_keys") {
        return false;
    }
    let name = path.rsplit('/').next().unwrap_or(&path);
    let env_file = name == ".env" || (name.starts_with(".env.") && !matches!(name, ".env.example" | ".env.sample" | ".env.template"));
    let key_file = matches!(name, "id_rsa" | "id_dsa" | "id_ecdsa" | "id_ed25519") || name.ends_with(".p12") || name.ends_with(".pfx");
    env_file || key_file || SECRETS.iter().any(|part| path.contains(part)) || path.ends_with("/.ssh")
}

/// Whether a path names a place for things that nobody misses.
pub(super) fn is_passing(path: &str) -> bool {
    let path = normalise(path);
    ["/tmp/", "/var/tmp/", "/dev/shm/"].iter().any(|folder| path.starts_with(folder))
}

/// One spelling for each path: no `//`, no `/./`, no trailing slash, `..` applied, and no detour over `/proc/self/root`.
pub(super) fn normalise(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.len() == 1 && parts[0].starts_with(HOME) => parts = vec!["", "home"],
            ".." if parts.last().is_some_and(|last| *last != ".." && !last.contains(UNKNOWN)) => drop(parts.pop()),
            ".." if absolute && parts.is_empty() => {}
            part => parts.push(part),
        }
        if absolute && matches!(parts.as_slice(), ["proc", _, "root"]) {
            parts.clear();
        }
    }
    let joined = parts.join("/");
    match absolute {
        true => format!("/{joined}"),
        false if parts.is_empty() && !path.is_empty() => ".".to_owned(),
        false => joined,
    }
}

/// Whether a pattern of `*`, `?` and `[…]` takes in a name. A leading dot has to be written.
fn glob_matches(pattern: &str, name: &str) -> bool {
    fn matches(pattern: &[char], name: &[char]) -> bool {
        match (pattern.split_first(), name.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), _) => matches(rest, name) || name.split_first().is_some_and(|(_, shorter)| matches(pattern, shorter)),
            (Some(('?', rest)), Some((_, shorter))) => matches(rest, shorter),
            (Some(('[', rest)), Some((first, shorter))) => match rest.iter().position(|c| *c == ']') {
                Some(end) => {
                    let (class, negated) = match rest[..end].split_first() {
                        Some(('!' | '^', class)) => (class, true),
                        _ => (&rest[..end], false),
                    };
                    let ranged = class.windows(3).any(|w| w[1] == '-' && w[0] <= *first && *first <= w[2]);
                    (class.contains(first) || ranged) != negated && matches(&rest[end + 1..], shorter)
                }
                None => false,
            },
            (Some((c, rest)), Some((first, shorter))) => c == first && matches(rest, shorter),
            _ => false,
        }
    }
    // Longer patterns are no way to write a short name.
    if pattern.chars().count() > 24 || !pattern.contains(['*', '?', '[']) {
        return false;
    }
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    (name.first() != Some(&'.') || pattern.first() == Some(&'.')) && matches(&pattern, &name)
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
            "/.*",
            "~",
            "~/",
            "~/*",
            "~root",
            "~/..",
            "/etc",
            "/etc/",
            "/usr/*",
            "/usr/../etc",
            "/home/ann",
            "/home/*",
            "/tmp/..",
            "/var/./lib",
            "~/.*",
            "/e??",
            "/[eu]*",
            "/???",
            "/*(DN)",
            "/proc/self/root",
            "/proc/1/root/",
            "../../../../../../..",
        ] {
            assert!(is_vital(path), "{path}");
        }
        for path in [
            "/tmp",
            "/tmp/*",
            "build",
            "./build",
            "~/build",
            "/home/ann/x",
            "/etc/foo",
            "*",
            ".",
            "a/etc",
            "/usr/local/share",
            "\u{fffc}",
            "/x??",
            "../..",
            "~/.cache/*",
            "/proc/self/fd",
        ] {
            assert!(!is_vital(path), "{path}");
        }
    }

    #[test]
    fn everything_here_is_told_from_a_part() {
        assert!([".", "./", "..", "../", "../.."].into_iter().all(|path| is_everything(path, false)));
        assert!(["*", "./*", ".*", "**/*(.)", "../*"].into_iter().all(|path| is_everything(path, true)));
        assert!(!["a", "./a", "*.o", "build/*", "../a"].into_iter().any(|path| is_everything(path, true)));
        assert!(!is_everything("*", false), "a quoted star is a name");
    }

    #[test]
    fn devices_are_told_from_harmless_ones() {
        assert!(["/dev/sda", "/dev/nvme0n1p1", "/dev//sdb", "/dev/disk2"].into_iter().all(is_device));
        assert!(!["/dev/null", "/dev/stdout", "/dev/tty", "/dev/shm/x", "sda", "/tmp/dev/sda"].into_iter().any(is_device));
    }

    #[test]
    fn secrets_are_told_from_their_public_halves() {
        for path in ["~/.ssh/id_rsa", "/etc/shadow", ".env", "~/.aws/credentials", "/home/ann/.kube/config", "deploy/.env.production"] {
            assert!(is_secret(path), "{path}");
        }
        for path in ["~/.ssh/id_rsa.pub", "~/.ssh/config", "/etc/passwd", ".env.example", "environment", "~/.ssh/known_hosts"] {
            assert!(!is_secret(path), "{path}");
        }
    }

    #[test]
    fn cornerstones_are_told_from_other_settings() {
        for path in ["/etc/passwd", "/etc/sudoers.d/ann", "/boot/vmlinuz", "/etc/cron.d/x", "/var/spool/cron/root", "/etc/../etc/fstab"] {
            assert!(is_cornerstone(path), "{path}");
        }
        for path in ["/etc/motd", "/etc/nginx/nginx.conf", "etc/passwd", "/usr/share/doc"] {
            assert!(!is_cornerstone(path), "{path}");
        }
    }
}
