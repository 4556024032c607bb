//! What only the administrator may do.

use super::called::{Call, Line, path, value};
use super::{Fix, Seen, Wanted};
use crate::syntax::RedirectKind;

/// When a program needs the rights of the administrator.
struct Need {
    programs: &'static [&'static str],
    /// Its verbs or options that do; empty: all.
    verbs: &'static [&'static str],
    /// The statuses with which it says so; empty: any.
    statuses: &'static [i32],
}

const NEEDS: &[Need] = &[
    Need {
        programs: &["apt", "apt-get", "aptitude"],
        verbs: &[
            "install",
            "reinstall",
            "remove",
            "purge",
            "autoremove",
            "update",
            "upgrade",
            "full-upgrade",
            "dist-upgrade",
            "clean",
            "autoclean",
            "build-dep",
            "edit-sources",
            "satisfy",
        ],
        statuses: &[100],
    },
    Need { programs: &["apt-mark"], verbs: &["hold", "unhold", "auto", "manual"], statuses: &[] },
    Need { programs: &["dpkg"], verbs: &["-i", "--install", "-r", "--remove", "-P", "--purge", "--configure"], statuses: &[1, 2] },
    Need {
        programs: &["dnf", "yum", "microdnf"],
        verbs: &["install", "reinstall", "remove", "erase", "update", "upgrade", "downgrade", "autoremove", "groupinstall", "swap"],
        statuses: &[1],
    },
    Need {
        programs: &["zypper"],
        verbs: &["install", "in", "remove", "rm", "update", "up", "dup", "refresh", "ref", "addrepo", "ar"],
        statuses: &[5],
    },
    Need { programs: &["apk"], verbs: &["add", "del", "update", "upgrade", "fix"], statuses: &[1, 99] },
    Need { programs: &["snap"], verbs: &["install", "remove", "refresh", "revert", "enable", "disable"], statuses: &[1] },
    Need {
        programs: &["systemctl"],
        verbs: &[
            "start",
            "stop",
            "restart",
            "try-restart",
            "reload",
            "reload-or-restart",
            "enable",
            "disable",
            "reenable",
            "mask",
            "unmask",
            "daemon-reload",
            "daemon-reexec",
            "edit",
            "kill",
            "reset-failed",
            "set-default",
            "isolate",
            "reboot",
            "poweroff",
            "halt",
            "suspend",
        ],
        statuses: &[1, 4],
    },
    Need { programs: &["service"], verbs: &[], statuses: &[1, 4] },
    Need { programs: &["hostnamectl"], verbs: &["set-hostname", "hostname"], statuses: &[1] },
    Need { programs: &["timedatectl"], verbs: &["set-time", "set-timezone", "set-ntp", "set-local-rtc"], statuses: &[1] },
    Need { programs: &["sysctl"], verbs: &["-w", "-p", "--write", "--system"], statuses: &[1, 255] },
    Need { programs: &["ip"], verbs: &["add", "del", "delete", "set", "flush", "replace"], statuses: &[1, 2] },
    Need { programs: &["update-alternatives"], verbs: &["--install", "--set", "--remove", "--auto", "--config"], statuses: &[2] },
    Need { programs: &["umount", "swapon", "swapoff", "losetup", "cryptsetup"], verbs: &[], statuses: &[1, 2, 32, 255] },
    Need {
        programs: &[
            "useradd",
            "userdel",
            "usermod",
            "groupadd",
            "groupdel",
            "groupmod",
            "adduser",
            "deluser",
            "addgroup",
            "delgroup",
            "chpasswd",
            "visudo",
            "modprobe",
            "rmmod",
            "insmod",
            "iptables",
            "ip6tables",
            "nft",
            "ufw",
            "fdisk",
            "parted",
            "reboot",
            "shutdown",
            "poweroff",
            "halt",
            "ldconfig",
            "update-grub",
            "update-initramfs",
            "add-apt-repository",
            "dmesg",
            "tcpdump",
            "chroot",
            "chown",
        ],
        verbs: &[],
        statuses: &[],
    },
];

/// Programs that write what their operands name.
const WRITE: [&str; 10] = ["cp", "mv", "rm", "rmdir", "mkdir", "touch", "ln", "tee", "install", "truncate"];

/// Programs that change what belongs to somebody.
const OWN: [&str; 2] = ["chmod", "chgrp"];

/// Programs that read what their operands name.
const READ: [&str; 9] = ["cat", "less", "more", "head", "tail", "ls", "du", "wc", "tree"];

/// Lowest port that everybody may listen on.
const FREE_PORTS: u32 = 1024;

pub(super) fn want(line: &Line<'_>, wanted: &mut Wanted) {
    wanted.paths.extend(line.failing().flat_map(|call| touched(&call)));
}

fn touched(call: &Call<'_>) -> Vec<String> {
    let name = call.name();
    let operands = if [WRITE.as_slice(), &OWN, &READ].iter().any(|names| names.contains(&name)) { call.operands() } else { Vec::new() };
    let targets = call.redirects.iter().filter(|redirect| is_write(redirect.kind)).map(|redirect| &redirect.target);
    operands.into_iter().chain(targets).filter_map(path).take(16).collect()
}

fn is_write(kind: RedirectKind) -> bool {
    matches!(kind, RedirectKind::Truncate | RedirectKind::Append)
}

pub(super) fn fixes(line: &Line<'_>, seen: &Seen) -> Vec<Fix> {
    let Some(elevator) = seen.elevator.as_deref().filter(|_| !seen.is_root) else { return Vec::new() };
    let mut found = Vec::new();
    for call in line.failing() {
        // What only the shell knows cannot be run by another program.
        let is_program = call.words.first().and_then(value).is_some_and(|name| name.contains('/') || seen.programs.contains(name));
        if let Some(fix) = by_redirect(line, &call, seen, elevator) {
            found.push(fix);
        } else if !call.elevated
            && is_program
            && let Some(reading) = why(&call, line.status, seen)
            && let Some(fixed) = call.all.first().and_then(|word| line.before(word, &format!("{elevator} ")))
        {
            found.push(Fix::new(fixed, reading, 0.8));
        }
    }
    found
}

/// Why a call needs the rights of the administrator.
fn why(call: &Call<'_>, status: i32, seen: &Seen) -> Option<String> {
    let name = call.name();
    let is_verb = |verbs: &[&str]| verbs.is_empty() || call.words.iter().skip(1).filter_map(value).any(|word| verbs.contains(&word));
    let needs =
        |need: &Need| need.programs.contains(&name) && is_verb(need.verbs) && (need.statuses.is_empty() || need.statuses.contains(&status));
    if NEEDS.iter().any(needs) && !call.has("--user") && !call.has("--help") {
        return Some(format!("`{name}` needs the rights of the administrator for this"));
    }
    if name == "mount" && !call.operands().is_empty() && matches!(status, 1 | 32) {
        return Some("only the administrator may mount this".to_owned());
    }
    if name == "pacman" && call.words.iter().filter_map(value).any(|word| ["-S", "-R", "-U"].iter().any(|verb| word.starts_with(verb))) {
        return Some("`pacman` needs the rights of the administrator for this".to_owned());
    }
    if let Some(port) = low_port(call) {
        return Some(format!("only the administrator may listen on port {port}"));
    }
    let at = |word| path(word).and_then(|path| Some((seen.paths.get(&path)?, path)));
    let mut operands = call.operands();
    if READ.contains(&name) {
        let (_, closed) = operands.into_iter().filter_map(at).find(|(there, _)| there.exists && !there.may_read)?;
        return Some(format!("you may not read `{closed}`"));
    }
    if OWN.contains(&name) {
        operands.drain(..operands.len().min(1));
        let (_, foreign) = operands.into_iter().filter_map(at).find(|(there, _)| there.exists && !there.is_own)?;
        return Some(format!("`{foreign}` belongs to somebody else"));
    }
    if !WRITE.contains(&name) {
        return None;
    }
    let removes = matches!(name, "rm" | "rmdir" | "mv");
    if matches!(name, "cp" | "ln" | "install") {
        operands.drain(..operands.len().saturating_sub(1));
    }
    let last = operands.len().saturating_sub(1);
    let all: Vec<_> = operands.into_iter().map(at).collect();
    let closed = all.into_iter().enumerate().find_map(|(index, found)| {
        let (there, path) = found?;
        let takes_away = removes && (name != "mv" || index != last);
        let is_closed =
            if takes_away { there.exists && !there.may_replace } else { !there.may_write && (there.exists || there.has_parent) };
        is_closed.then_some(path)
    })?;
    Some(format!("you may not write `{closed}`"))
}

/// A port below those that everybody may listen on.
fn low_port(call: &Call<'_>) -> Option<u32> {
    let texts: Vec<&str> = call.words.iter().filter_map(value).collect();
    let after = |option: &str| texts.iter().position(|text| *text == option).and_then(|at| texts.get(at + 1));
    let number = |text: &&str| text.parse::<u32>().ok();
    let port = match call.name() {
        "python" | "python3" if after("-m") == Some(&"http.server") => texts.iter().skip(3).find_map(number),
        "nc" | "ncat" | "netcat" => {
            let listens =
                texts.iter().any(|text| *text == "--listen" || (text.starts_with('-') && !text.starts_with("--") && text.contains('l')));
            listens.then(|| texts.iter().skip(1).find_map(number)).flatten()
        }
        "php" => after("-S").and_then(|address| address.rsplit(':').next()?.parse().ok()),
        "http-server" | "serve" => after("-p").or_else(|| after("-l")).and_then(number),
        _ => None,
    };
    port.filter(|port| (1..FREE_PORTS).contains(port))
}

/// `echo x > /etc/y`: the shell itself opens the file, so another program has to write it.
fn by_redirect(line: &Line<'_>, call: &Call<'_>, seen: &Seen, elevator: &str) -> Option<Fix> {
    let [redirect] = call.redirects else { return None };
    let target = path(&redirect.target).filter(|_| is_write(redirect.kind))?;
    let there = seen.paths.get(&target)?;
    let end = redirect.target.span.end;
    if there.may_write || there.is_folder || !(there.exists || there.has_parent) || line.text.get(end..)?.trim() != "" {
        return None;
    }
    let before = line.text.get(..redirect.target.span.start)?.trim_end();
    let sign = matches!(redirect.operator.as_str(), ">" | ">>" | ">|" | "1>" | "1>>").then_some(redirect.operator.as_str())?;
    let mut command = before.strip_suffix(sign)?.trim_end();
    if call.elevated && line.is_single() {
        // What prints the text needs no rights.
        command =
            command.trim_start().strip_prefix(elevator).filter(|rest| rest.starts_with(' ') && !rest.starts_with(" -")).unwrap_or(command);
    }
    let add = if redirect.kind == RedirectKind::Append { "-a " } else { "" };
    let fixed = format!("{} | {elevator} tee {add}{} > /dev/null", command.trim_start(), redirect.target.raw);
    Some(Fix::new(fixed, format!("you may not write `{target}`, and the shell opens it, not the program"), 0.85))
}
