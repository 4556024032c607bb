//! A zsh that is too old for the keys: nothing is bound, and one line says once what works.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::terminal::Shell;

/// Loads the integration twice into a zsh that takes itself for version `version`, and prints what there is of it.
fn load(version: &str, dir: &Path, system: &str, options: &str) -> (String, String) {
    // The shell's own variables can not be set.
    let text = fs::read_to_string(Shell::Zsh.script()).unwrap().replace("$ZSH_VERSION", version).replace("$OSTYPE", system);
    let script = dir.join(format!("old-{version}.zsh"));
    fs::write(&script, text).unwrap();
    let line = format!(
        "source '{0}'; eval \"$(cat '{0}')\"; print -r -- \"${{#functions[(I)*gptos*]}} ${{#widgets[(I)*gptos*]}} ${{widgets[accept-line]}} $precmd_functions\"",
        script.display()
    );
    let environment = [("TERM", "xterm"), ("PATH", "/usr/bin:/bin"), ("HOME", dir.to_str().unwrap())];
    let output = Command::new("zsh").args([options, "-c", &line]).env_clear().envs(environment).output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn an_old_zsh_binds_nothing_and_says_once_what_works() {
    for (version, system, advice) in [
        ("4.3.17", "darwin22.0", "`brew install zsh` brings a newer one"),
        ("5.0.2", "linux-gnu", "install a newer zsh"),
        ("5.2", "linux-gnu", "install a newer zsh"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let said = format!("gptos: zsh {version} is too old for the keys (5.3 or later); `gptos \"words\"` works, and {advice}\n");
        for (shell, complaint) in [said.as_str(), "", ""].iter().enumerate() {
            let (stdout, stderr) = load(version, dir.path(), system, "-fi");
            assert_eq!(stdout.trim_end(), "0 0 builtin", "{version}");
            assert_eq!(stderr, *complaint, "{version}, shell number {shell}");
        }
    }
}

#[test]
fn an_old_zsh_without_a_home_or_a_person_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(".local"), "a file in the way").unwrap();
    for _ in 0..2 {
        let (_, stderr) = load("5.2", dir.path(), "linux-gnu", "-fi");
        assert_eq!(stderr.lines().count(), 1, "once in a shell: {stderr}");
    }
    let (stdout, stderr) = load("5.2", dir.path(), "linux-gnu", "-f");
    assert_eq!((stdout.trim_end(), stderr.as_str()), ("0 0 builtin", ""));
}

#[test]
fn a_zsh_that_is_new_enough_is_bound() {
    let dir = tempfile::tempdir().unwrap();
    for version in ["5.3", "5.3.1", "5.9", "5.10", "5.9.0.1-dev", "6.0"] {
        let (stdout, stderr) = load(version, dir.path(), "linux-gnu", "-fi");
        assert!(stdout.contains("user:__gptos_accept_line"), "{version}: {stdout}{stderr}");
    }
}
