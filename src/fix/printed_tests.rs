use super::*;
use crate::domain::ShellKind;
use crate::fix::Failed;

/// The first line to run instead, and the remark.
fn fixed(line: &str, status: i32, text: &str) -> (Option<String>, String) {
    let failed = Failed { line, status, shell: ShellKind::Bash, printed: Some(text) };
    let wanted = failed.wanted();
    let mut seen = Seen {
        elevator: Some("sudo".to_owned()),
        installer: Some("apt install".to_owned()),
        port_lister: Some("ss".to_owned()),
        programs: line.split_whitespace().map(str::to_owned).collect(),
        commands: line.split_whitespace().map(str::to_owned).collect(),
        ..Seen::default()
    };
    if wanted.commands.contains("tsc") {
        seen.packages.insert("tsc".to_owned(), "node-typescript".to_owned());
    }
    let fixes = failed.fixes(&seen);
    (fixes.candidates.first().map(|candidate| candidate.command.clone()), fixes.remark)
}

#[test]
fn what_programs_say_of_themselves_is_offered() {
    let mut wrong = Vec::new();
    for (line, status, text, meant) in [
        (
            "cargo run --releas",
            1,
            "error: unexpected argument '--releas' found\n\n  tip: a similar argument exists: '--release'",
            "cargo run --release",
        ),
        ("cargo biuld", 101, "error: no such command: `biuld`\n\nhelp: a command with a similar name exists: `build`", "cargo build"),
        ("acme stauts", 1, "acme: 'stauts' is not an acme command.\n\nThe most similar command is\n\tstatus", "acme status"),
        ("acme lsit x", 2, "Unknown command lsit. Did you mean list?", "acme list x"),
        ("acme --colour=x", 2, "error: unknown option; did you mean '--color=x'?", "acme --color=x"),
        (
            "git push",
            128,
            "fatal: The current branch topic has no upstream branch.\nTo push, use\n\n    git push --set-upstream origin topic\n\n",
            "git push --set-upstream origin topic",
        ),
        (
            "git pull",
            128,
            "fatal: detected dubious ownership\n\tgit config --global --add safe.directory /srv/x",
            "git config --global --add safe.directory /srv/x",
        ),
        ("dpkg -i a.deb", 2, "dpkg: you must manually run 'sudo dpkg --configure -a' to correct it", "sudo dpkg --configure -a"),
        ("git push", 1, " ! [rejected] main -> main (fetch first)\nerror: failed to push some refs", "git pull --rebase"),
        ("git switch main", 1, "error: Your local changes would be overwritten by checkout:", "git stash"),
        ("apt install foo", 100, "E: Unable to locate package foo", "sudo apt update"),
        ("acmectl reload", 1, "Access denied: this must be run as root", "sudo acmectl reload"),
        ("docker ps", 1, "permission denied while trying to connect to the Docker daemon socket", "sudo docker ps"),
        ("cp -v src dst", 1, "cp: -r not specified; omitting directory 'src'", "cp -r -v src dst"),
        ("python3 run.py", 1, "Traceback:\nModuleNotFoundError: No module named 'yaml.x'", "python3 -m pip install pyyaml"),
        ("node x.js", 1, "Error: Cannot find module 'left-pad'", "npm install left-pad"),
        ("node x.js", 1, "Error: Cannot find module 'lodash/fp'", "npm install lodash"),
        ("node x.js", 1, "Error: Cannot find module '@acme/kit/core'", "npm install @acme/kit"),
        ("pip install x", 1, "error: externally-managed-environment", "python3 -m venv .venv && .venv/bin/pip install x"),
        ("make all", 2, "sh: 1: tsc: not found\nmake: *** [all] Error 127", "sudo apt install node-typescript"),
        ("make all", 2, "/usr/bin/env: ‘tsc’: No such file or directory", "sudo apt install node-typescript"),
        ("acmed", 1, "Error: listen EADDRINUSE: address already in use :::3000", "ss -ltnp 'sport = :3000'"),
        ("acmed", 1, "bind: address already in use (0.0.0.0:8080)", "ss -ltnp 'sport = :8080'"),
        ("acmed", 1, "Error: Port 5173 is in use: address already in use", "ss -ltnp 'sport = :5173'"),
        ("tar xf a.tar", 2, "tar: a: Cannot write: No space left on device", "df -h"),
    ] {
        let (found, remark) = fixed(line, status, text);
        if found.as_deref() != Some(meant) {
            wrong.push(format!("{line}: {found:?} ({remark}), not {meant}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_others_print_is_not_taken_for_advice() {
    for (line, text) in [
        ("cat notes.txt", "    git push --force\nDid you mean 'rm'?"),
        ("git push", "    rm -rf /"),
        ("git push", "    git push && rm -rf /\n    git push $(id)\n    git branch --set-upstream-to=origin/<branch>"),
        ("acme lsit", "Did you mean $(reboot)? Did you mean 'a b; c'?"),
        ("acme lsit", "did you mean \u{1b}[31mlist"),
        ("python3 x.py", "No module named '; reboot'"),
        ("python3 x.py", "No module named 'git+https://2130706433/x'"),
        ("python3 x.py", "No module named '--index-url=http://127'"),
        ("node x.js", "Cannot find module '--registry=http://127'"),
        ("node x.js", "Cannot find module '@/x'"),
        ("git pull", "    git clone --upload-pack=/tmp/x ."),
        ("git pull", "    git -c core.pager=/tmp/x log"),
        ("git pull", "remote: try 'git push --set-upstream origin x'"),
        ("git pull", "    git push --set-upstream ext::sh x"),
        ("git pull", "    git push --set-upstream --receive-pack=/tmp/x origin"),
        ("acme lsit", "did you mean '-lsit'?"),
        ("node x.js", "Cannot find module './mine.js'"),
        ("ssh host", "host: Permission denied (publickey)."),
        ("acme x", ""),
    ] {
        let (found, _) = fixed(line, 1, text);
        assert_eq!(found, None, "{line}: {text}");
    }
    assert_eq!(fixed("acme x", 6, "curl: (6) Could not resolve host: x").1, "exit 6: the name is not known, or the network is gone");
}

#[test]
fn a_long_text_is_looked_at_from_its_end() {
    let text = format!("{}\nNo module named 'x'", "é".repeat(1_000_000));
    assert_eq!(fixed("python3 a.py", 1, &text).0.as_deref(), Some("python3 -m pip install x"));
}
