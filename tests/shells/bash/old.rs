//! A bash that is too old for the keys: nothing is bound, and one line says once what works.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::*;

/// Loads the integration into a bash that takes itself for version `version`, and prints what there is of it.
fn load(version: &str, dir: &Path, system: &str, options: &[&str]) -> (String, String) {
    let text = fs::read_to_string(Shell::Bash.script()).unwrap();
    let (major, minor) = version.split_once('.').unwrap();
    // The shell's own variables can not be set.
    let text =
        text.replace("BASH_VERSINFO[0]", major).replace("BASH_VERSINFO[1]", minor).replace("$BASH_VERSION\"", &format!("{version}\""));
    let text = text.replace("${OSTYPE-}", system);
    let script = dir.join(format!("old-{version}.bash"));
    fs::write(&script, text).unwrap();
    let line = format!(
        "source '{0}'; eval \"$(cat '{0}')\"; bind -X | grep -c gptos; bind -s | grep -c gptos; complete -p 2>/dev/null | grep -c gptos; echo \"<${{PROMPT_COMMAND[*]-}}>\"",
        script.display()
    );
    let output = Command::new("bash")
        .args(options)
        .arg("-c")
        .arg(line)
        .env_clear()
        .envs([("TERM", "xterm"), ("PATH", "/usr/bin:/bin")])
        .env("HOME", dir)
        .output()
        .unwrap();
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn an_old_bash_binds_nothing_and_says_once_what_works() {
    for (version, system, advice) in [
        ("3.2", "darwin23", "`brew install bash` brings a newer one"),
        ("4.0", "linux-gnu", "install a newer bash"),
        ("5.0", "linux-gnu", "install a newer bash"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let said = format!("gptos: bash {version} is too old for the keys (5.1 or later); `gptos \"words\"` works, and {advice}\n");
        for (shell, complaint) in [said.as_str(), "", ""].iter().enumerate() {
            let (stdout, stderr) = load(version, dir.path(), system, &["--norc", "-i"]);
            assert_eq!(stdout, "0\n0\n0\n<>\n", "{version}");
            let ours: String = stderr.lines().filter(|line| line.starts_with("gptos")).map(|line| format!("{line}\n")).collect();
            assert_eq!(ours, *complaint, "{version}, shell number {shell}");
        }
    }
}

#[test]
fn an_old_bash_without_a_home_or_a_person_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(".local"), "a file in the way").unwrap();
    for _ in 0..2 {
        let (_, stderr) = load("3.2", dir.path(), "linux", &["--norc", "-i"]);
        assert_eq!(stderr.matches("gptos: ").count(), 1, "once in a shell: {stderr}");
        assert!(!stderr.contains("mkdir"), "{stderr}");
    }
    let (stdout, stderr) = load("3.2", dir.path(), "linux", &["--norc"]);
    assert!(!stderr.contains("gptos: ") && stdout.ends_with("<>\n"), "{stdout}{stderr}");
}

#[test]
fn a_bash_that_is_new_enough_is_bound() {
    let dir = tempfile::tempdir().unwrap();
    let (stdout, stderr) = load("5.1", dir.path(), "linux", &["--norc", "-i"]);
    assert!(!stdout.starts_with("0\n0\n") && stdout.contains("__gptos_prompt"), "{stdout}{stderr}");
    assert!(!stderr.contains("too old"), "{stderr}");
}
