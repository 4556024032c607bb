//! What belongs to somebody else, what cannot be written, and processes and places that are not as they should be.

use std::os::unix::fs::chown;
use std::process::{Child, Command};

use super::*;
use crate::environment::{copy_program, skipped};

/// Nobody's number on most systems.
const NOBODY: u32 = 65_534;

/// Gives something to nobody; `false` where only the administrator may.
fn give_away(path: &Path) -> bool {
    let given = chown(path, Some(NOBODY), None);
    if given.is_err() {
        skipped("only the administrator gives files away");
    }
    given.is_ok()
}

pub(super) fn ids(found: &[(String, String, String)]) -> Vec<&str> {
    found.iter().map(|(id, ..)| id.as_str()).collect()
}

/// What is found by a doctor behind these words, which may use `$1` for a path.
fn behind(env: &TestEnv, script: &str, path: &Path) -> Vec<(String, String, String)> {
    let path = path.to_str().unwrap();
    let script = format!("{script} && shift && exec \"$@\" doctor --json");
    findings(&run(env.wrapped(&["unshare", "-rm", "sh", "-c", &script, "sh", path], &[]), b""))
}

/// The mended line of a finding, done as the administrator would do it: for a file that was given away.
fn mend_as_root(env: &TestEnv, told: &str) {
    mend(env, &told.replace("sudo ", "").replace("$USER", "\"$(id -u)\""));
}

/// A listener on our socket that runs as nobody.
fn foreign_listener(env: &TestEnv) -> Child {
    folder(env.socket().parent().unwrap().to_owned());
    let script = "import os, signal, socket, sys\ns = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o600)\nos.setuid(65534); s.listen(8)\nprint('ready', flush=True)\nsignal.pause()\n";
    let said = env.work().join("said");
    let listener = Command::new("python3").args(["-c", script]).arg(env.socket()).stdout(fs::File::create(&said).unwrap()).spawn();
    let listener = listener.expect("python3 listens as another user");
    wait_until("it listens", || fs::read_to_string(&said).is_ok_and(|text| text.contains("ready")));
    listener
}

#[test]
fn a_socket_of_somebody_else_is_told_of_and_removed() {
    let env = well();
    folder(env.socket().parent().unwrap().to_owned());
    // Nobody listens any more.
    drop(UnixListener::bind(env.socket()).unwrap());
    set_mode(&env.socket(), 0o600);
    if !give_away(&env.socket()) {
        return;
    }
    let told = only(&env, "socket-owner");
    assert!(told.ends_with("(as root)"), "{told}");
    mend(&env, &told);
    assert_eq!(look(&env), []);
    // A process of somebody else listens on a socket that is ours.
    let mut listener = foreign_listener(&env);
    let told = only(&env, "foreign");
    mend(&env, &told);
    assert_eq!(look(&env), []);
    listener.kill().unwrap();
    listener.wait().unwrap();
}

#[test]
fn a_resident_of_an_older_build_or_against_the_configuration_is_told_of() {
    let env = well();
    let bin = env.home().join(".local/bin/gptos");
    fs::remove_file(&bin).unwrap();
    copy_program(binary(), &bin);
    let copy = |arguments: &[&str]| {
        let mut command = Command::new(&bin);
        command.args(arguments).env_clear().current_dir(env.work());
        for (name, value) in env.command(&[]).get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        command
    };
    let mut resident = env.start(copy(&["daemon", "run"]));
    assert_eq!(findings(&run(copy(&["doctor", "--json"]), b"")), []);
    // As an upgrade does.
    let file = fs::File::open(&bin).unwrap();
    file.set_modified(std::time::SystemTime::now() + std::time::Duration::from_secs(60)).unwrap();
    drop(file);
    let found = findings(&run(copy(&["doctor", "--json"]), b""));
    assert_eq!(ids(&found), ["older-build"], "{found:?}");
    mend(&env, &found[0].2);
    resident.wait().unwrap();
    let found = findings(&run(copy(&["doctor", "--json"]), b""));
    assert_eq!(found, []);

    let mut resident = env.start_resident();
    let off = || {
        let mut command = env.command(&["doctor", "--json"]);
        command.env("GPTOS_RESIDENT", "off");
        findings(&run(command, b""))
    };
    let found = off();
    assert!(ids(&found).contains(&"not-wanted"), "{found:?}");
    mend(&env, &found.iter().find(|(id, ..)| id == "not-wanted").unwrap().2);
    resident.wait().unwrap();
    assert!(!ids(&off()).contains(&"not-wanted"));
}

#[test]
fn places_for_the_socket_that_are_no_private_folders_are_told_of() {
    let env = well();
    let place = env.socket().parent().unwrap().to_owned();
    fs::write(&place, "").unwrap();
    mend(&env, &only(&env, "folder"));
    assert_eq!(look(&env), []);
    // No place is left when those of the session and the one in /tmp are open to everybody.
    let open = "for dir in \"$1\" /run/user/$(id -u)/gptos /tmp/gptos-$(id -u); do [ -d \"${dir%/*}\" ] || continue
        mkdir -p \"$dir\" && mount -t tmpfs -o mode=755 tmpfs \"$dir\" || exit 9; done; true";
    let found = behind(&env, open, &place);
    assert_eq!(ids(&found)[0], "no-place", "{found:?}");
    assert!(ids(&found)[1..].iter().all(|id| *id == "folder-open") && found.len() > 2, "{found:?}");
    assert!(found[1].2.starts_with("chmod go-rwx "), "{found:?}");
}

#[test]
fn a_cache_of_somebody_else_or_in_memory_alone_is_told_of_and_mended() {
    let env = well();
    let cache = folder(env.home().join(".cache/gptos"));
    if give_away(&cache) {
        let told = only(&env, "cache-owner");
        assert!(told.starts_with("sudo chown -R $USER "), "{told}");
        mend_as_root(&env, &told);
        assert_eq!(look(&env), []);
    }
    // Another process has the store when the resident begins.
    let lock = fs::OpenOptions::new().write(true).create(true).truncate(false).open(cache.join("cache.lock")).unwrap();
    set_mode(&cache.join("cache.lock"), 0o600);
    lock.lock().unwrap();
    let mut resident = env.start_resident();
    let told = only(&env, "cache-memory");
    drop(lock);
    mend(&env, &told);
    resident.wait().unwrap();
    let mut resident = env.start_resident();
    assert_eq!(look(&env), []);
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn a_record_that_cannot_be_kept_is_told_of_and_mended() {
    let env = well();
    env.run_with_input(&["widget", "bash"], b"list files by size");
    env.run(&["daemon", "stop"]);
    let audit = folder(env.home().join(".local/state/gptos/audit"));
    assert_eq!(look(&env), []);
    set_mode(&audit, 0o750);
    mend(&env, &only(&env, "audit-open"));
    assert_eq!(look(&env), []);
    if give_away(&audit) {
        mend_as_root(&env, &only(&env, "audit-owner"));
        assert_eq!(look(&env), []);
    }
    let key = audit.with_file_name("audit.key");
    for file in [&audit.join("00000001.seg"), &key] {
        set_mode(file, 0o644);
        let told = only(&env, "audit-open");
        assert!(told.starts_with("chmod 600 "), "{told}");
        mend(&env, &told);
        assert_eq!(look(&env), []);
        if give_away(file) {
            mend_as_root(&env, &only(&env, "audit-owner"));
            assert_eq!(look(&env), []);
        }
    }
    // The administrator may write everywhere, unless the right to do so is taken from the process.
    set_mode(&audit, 0o500);
    let mut less = env.wrapped(&["setpriv", "--bounding-set=-dac_override"], &["doctor", "--json"]);
    if !Command::new("setpriv").args(["--bounding-set=-dac_override", "true"]).status().unwrap().success() {
        less = env.command(&["doctor", "--json"]);
    }
    let found = findings(&run(less, b""));
    assert_eq!(ids(&found), ["audit-not-writable"], "{found:?}");
    mend(&env, &found[0].2);
    assert_eq!(look(&env), []);
    let found = behind(&env, "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\"", &audit);
    assert_eq!(ids(&found), ["audit-not-writable"], "{found:?}");
    assert!(found[0].2.starts_with("sudo mount -o remount,rw ") && found[0].2.ends_with("(it is mounted read-only)"), "{found:?}");

    fs::remove_dir_all(&audit).unwrap();
    fs::write(&audit, "").unwrap();
    mend(&env, &only(&env, "audit-folder"));
    assert_eq!(look(&env), []);
    // Its keys and its end went with it, so what is recorded next is whole.
    assert_eq!(env.run(&["translate", "--shell", "bash", "--", "list files"]).code, Some(0));
    let verified = env.run(&["audit", "verify"]);
    assert!(verified.code == Some(0) && audit.is_dir(), "{}{}", verified.out, verified.err);
    assert_eq!(look(&env), []);
    // What is in the place of its key is none; with it goes what that alone can open.
    for spoil in
        [|key: &Path| fs::write(key, "garbage").unwrap(), |key: &Path| fs::remove_file(key).and_then(|()| fs::create_dir(key)).unwrap()]
    {
        spoil(&key);
        mend(&env, &only(&env, "audit-key"));
        assert_eq!(look(&env), []);
        assert_eq!(env.run(&["translate", "--shell", "bash", "--", "list files"]).code, Some(0));
        // It has started a background process, which may not listen yet.
        wait_until("it listens", || env.status().is_some());
        assert_eq!((look(&env), env.run(&["audit", "verify"]).code), (vec![], Some(0)));
    }
    // Others hold it, and the key of it is gone.
    let held = fs::File::open(&audit).unwrap();
    held.lock().unwrap();
    let found = look(&env);
    assert_eq!(ids(&found), ["audit-unreadable", "held"], "{found:?}");
    assert!(found[0].2.starts_with("gptos audit verify"), "{found:?}");
    drop(held);
    assert_eq!(look(&env), []);
}

#[test]
fn a_record_that_a_resident_cannot_write_is_told_of() {
    let env = well();
    let segment = env.home().join(".local/state/gptos/audit/00000001.seg");
    let path = segment.display().to_string();
    let strace = ["strace", "-f", "-qqq", "-o", "/dev/null", "-P", &path, "-e", "trace=write", "-e", "inject=write:error=ENOSPC"];
    let mut resident = env.start(env.wrapped(&strace, &["daemon", "run"]));
    wait_until("a record could not be written", || {
        env.run(&["translate", "--shell", "bash", "--", "list files by size"]);
        env.status().is_some_and(|status| status["audit"]["failure"].is_string())
    });
    let told = only(&env, "audit-unwritten");
    assert!(told.contains("gptos audit off"), "{told}");
    mend(&env, told.rsplit("make room, or ").next().unwrap().trim_end_matches(')'));
    assert_eq!(look(&env), []);
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn a_machine_without_a_home_a_shell_or_proc_is_told_of() {
    let env = well();
    let mut homeless = env.command(&["doctor", "--json"]);
    homeless.env("HOME", "relative");
    let found = findings(&run(homeless, b""));
    // The account may have a home where the variable names none.
    if !ids(&found).contains(&"no-home") {
        let script = "printf 'x:x:0:0::relative:/bin/sh\\n' >\"$1\" && mount --bind \"$1\" /etc/passwd && HOME=relative && export HOME";
        let found = behind(&env, script, &env.work().join("passwd"));
        assert!(ids(&found).contains(&"no-home"), "{found:?}");
    }
    let bin = env.home().join(".local/bin");
    let mut without_shell = env.command(&["doctor", "--json"]);
    without_shell.env("PATH", &bin).env("SHELL", "/nonexistent/bash");
    let found = findings(&run(without_shell, b""));
    assert_eq!(ids(&found), ["no-shell"], "{found:?}");
    assert!(found[0].2.starts_with("gptos doctor --shell NAME"), "{found:?}");
    let found = behind(&env, "mount -t tmpfs tmpfs /proc", &env.work());
    assert!(ids(&found).contains(&"no-binary"), "{found:?}");
    // A start-up file that ends the shell.
    fs::write(env.home().join(".bashrc"), "exit 3\n").unwrap();
    let told = only(&env, "shell");
    assert_eq!(told.split("    (").next(), Some("time bash -i -c exit"));
}

/// Everything that can be found on this machine is provoked somewhere in these files.
#[test]
fn no_finding_is_without_a_test() {
    let source = |folder: &str| -> String {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        fs::read_dir(folder).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap_or_default()).collect()
    };
    let (checks, tests) = (source("src/cli/doctor"), [source("tests/integration/doctor"), source("tests/integration")].concat());
    let found: Vec<&str> =
        checks.split(".wrong(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next()).collect();
    assert!(found.len() > 30, "{found:?}");
    for id in found {
        assert!(tests.contains(&format!("\"{id}\"")), "nothing provokes `{id}`");
    }
}
