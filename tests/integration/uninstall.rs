//! `install.sh --uninstall`, where keys are in the keyring.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::desktop_keyring::Session;
use crate::environment::{Run, TestEnv, binary, copy_program, run};
use crate::pty::Terminal;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/install.sh");

/// A home with the program installed and two keys handed over. Its user has a number of his own, so that the script removes nothing
/// that belongs to somebody else.
fn installed(session: &Session) -> TestEnv {
    let env = TestEnv::new();
    let bin = env.home().join(".local/bin");
    fs::create_dir_all(&bin).unwrap();
    copy_program(binary(), bin.join("gptos"));
    let beside = env.home().join("beside");
    fs::create_dir(&beside).unwrap();
    fs::write(beside.join("id"), "#!/bin/sh\necho 54321\n").unwrap();
    fs::set_permissions(beside.join("id"), fs::Permissions::from_mode(0o755)).unwrap();
    let env = env.set("PATH", &format!("{}:/usr/bin:/bin", beside.display())).set("DBUS_SESSION_BUS_ADDRESS", &session.address());
    for name in ["openai", "groq"] {
        let login = env.run_with_input(&["auth", "login", name, "--stdin", "--no-check", "--store", "keyring"], b"sk-of-a-test\n");
        assert_eq!(login.code, Some(0), "{}", login.err);
        assert_eq!(session.looked_up(name), "sk-of-a-test");
    }
    env
}

fn is_gone(env: &TestEnv) -> bool {
    !env.home().join(".local/bin/gptos").exists() && !env.home().join(".local/state/gptos").exists()
}

fn without_terminal(env: &TestEnv) -> Run {
    let mut command = Command::new("/bin/sh");
    command.args([SCRIPT, "--uninstall"]).env_clear().current_dir(env.work());
    for (name, value) in env.command(&[]).get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    run(command, b"")
}

#[test]
fn without_a_terminal_keys_stay_and_the_command_that_removes_them_is_told() {
    let session = Session::start();
    let env = installed(&session);
    let removed = without_terminal(&env);
    assert_eq!((removed.code, is_gone(&env)), (Some(0), true), "{}", removed.err);
    assert!(!removed.err.contains("[y/N]"), "{}", removed.err);
    assert_eq!(session.looked_up("openai"), "sk-of-a-test");
    let told = removed.err.lines().find_map(|line| line.strip_prefix("  secret-tool ")).unwrap_or_else(|| panic!("{}", removed.err));
    let words = told.split("    (").next().unwrap().split(' ');
    let cleared = Command::new("secret-tool").args(words).env("DBUS_SESSION_BUS_ADDRESS", session.address()).status().unwrap();
    assert!(cleared.success());
    assert_eq!((session.looked_up("openai").as_str(), session.looked_up("groq").as_str()), ("", ""));
    // Where there is nothing left to remove, nothing is said of keys.
    let again = without_terminal(&env);
    assert_eq!((again.code, again.err.contains("keyring")), (Some(0), false), "{}", again.err);
}

#[test]
fn whoever_sits_there_is_asked_and_obeyed() {
    for (reply, left) in [("n\n", "sk-of-a-test"), ("y\n", "")] {
        let session = Session::start();
        let env = installed(&session);
        let mut terminal = Terminal::start_program(&env, "/bin/sh", &[SCRIPT, "--uninstall"]);
        terminal.wait_for("the keys of openai groq too? [y/N]", 1);
        terminal.type_in(reply);
        let (code, shown) = terminal.end();
        assert_eq!((code, is_gone(&env)), (Some(0), true), "{shown}");
        assert_eq!((session.looked_up("openai").as_str(), session.looked_up("groq").as_str()), (left, left), "{shown}");
        assert_eq!(shown.contains("secret-tool clear application gptos"), reply == "n\n", "{shown}");
    }
}

#[test]
fn keys_of_providers_that_are_not_configured_any_more_are_found() {
    for config in ["", "deadlin_ms = 1\n"] {
        let session = Session::start();
        let env = installed(&session);
        env.configure(config);
        let mut terminal = Terminal::start_program(&env, "/bin/sh", &[SCRIPT, "--uninstall"]);
        terminal.wait_for("the keys of groq openai too? [y/N]", 1);
        terminal.type_in("y\n");
        let (code, shown) = terminal.end();
        assert_eq!((code, is_gone(&env)), (Some(0), true), "{shown}");
        assert_eq!((session.looked_up("openai").as_str(), session.looked_up("groq").as_str()), ("", ""), "{shown}");
    }
}
