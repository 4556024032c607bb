//! The line that says what needs the user, with the real binary: once a day, over all shells.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::terminal::{Setup, Shell, Terminal};

/// Longer than Enter is held after a suggestion.
const ENTER_GUARD: Duration = Duration::from_millis(400);
const LINE: &str = "the audit trail was changed";

fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_gptos"))
}

fn run(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(binary());
    command
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", folder.join("home"))
        .env("XDG_RUNTIME_DIR", folder.join("run"));
    let output = command.env("XDG_STATE_HOME", folder.join("state")).stdin(Stdio::null()).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn wait(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < end, "waited in vain for: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A folder with a resident whose record somebody has changed.
fn changed() -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("gptos-needs").tempdir().unwrap();
    for name in ["run", "home", "state"] {
        fs::create_dir(folder.path().join(name)).unwrap();
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(0o700)).unwrap();
    }
    run(folder.path(), &["translate", "--", "list files by size"]);
    wait("the record", || run(folder.path(), &["audit", "show"]).contains("list files by size"));
    run(folder.path(), &["daemon", "stop"]);
    let trail = folder.path().join("state/gptos/audit");
    let segment = fs::read_dir(trail).unwrap().map(|entry| entry.unwrap().path()).find(|path| fs::metadata(path).unwrap().len() > 200);
    let segment = segment.expect("something was recorded");
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&segment, bytes).unwrap();
    // The first answer of an installation brings another line along.
    fs::write(folder.path().join("state/gptos/welcomed"), "").unwrap();
    folder
}

fn ask(t: &Terminal) {
    t.type_text("?? list files by size");
    t.key("Enter");
    t.wait_for_buffer(|buffer| buffer.starts_with("ls "));
}

/// Gives the suggestion up. An Enter right behind one is taken for one that was meant for the words.
fn empty(t: &Terminal) {
    t.key("C-u");
    t.wait_for_buffer(str::is_empty);
    std::thread::sleep(ENTER_GUARD);
}

#[test]
fn one_line_comes_with_an_answer_once_a_day_over_all_shells() {
    for (first, second) in [(Shell::Zsh, Shell::Bash), (Shell::Bash, Shell::Fish), (Shell::Fish, Shell::Zsh)] {
        let folder = changed();
        let env = |name: &str, place: &str| (name.to_owned(), folder.path().join(place).display().to_string());
        let open = |shell| {
            Terminal::start(
                shell,
                Setup { bin: binary(), env: vec![env("XDG_RUNTIME_DIR", "run"), env("XDG_STATE_HOME", "state")], ..Setup::default() },
            )
        };
        let t = open(first);
        // The resident begins with the first question, and looks at the record then.
        ask(&t);
        wait("the resident has looked", || run(folder.path(), &["status"]).contains(LINE));
        if !t.screen().contains(LINE) {
            empty(&t);
            ask(&t);
        }
        let screen = t.wait_for_screen(LINE);
        assert_eq!(screen.matches(LINE).count(), 1, "{screen}");
        empty(&t);
        t.type_text("clear");
        t.key("Enter");
        t.wait_for_screen_without(LINE);
        let other = open(second);
        for shell in [&t, &other] {
            ask(shell);
            shell.wait_for_screen("risk none");
            assert!(!shell.screen().contains(LINE), "{first:?} {second:?}:\n{}", shell.screen());
        }
        run(folder.path(), &["daemon", "stop"]);
    }
}

/// A resident that knows of the change, before anybody has been told.
fn knowing() -> tempfile::TempDir {
    let folder = changed();
    start_anew(folder.path());
    wait("something lies there for the prompt", || notice(folder.path()).exists());
    folder
}

fn start_anew(folder: &Path) {
    run(folder, &["daemon", "stop"]);
    run(folder, &["translate", "--", "list files by size"]);
    wait("the resident has looked", || run(folder, &["status"]).contains(LINE));
}

fn notice(folder: &Path) -> PathBuf {
    folder.join("state/gptos/notice")
}

/// Runs a line of the user's own and gives what stands on the screen at the next prompt.
fn at_the_next_prompt(t: &Terminal, shell: Shell, number: u32) -> String {
    t.type_text("clear");
    t.key("Enter");
    t.wait_until_idle();
    let sum = if shell == Shell::Fish { format!("(math 40 + {number})") } else { format!("$((40 + {number}))") };
    t.type_text(&format!("echo ran-{sum}"));
    t.key("Enter");
    t.wait_for_screen(&format!("ran-{}", 40 + number));
    t.wait_until_idle();
    t.screen()
}

#[test]
fn one_line_comes_before_the_next_prompt_without_a_question_once_a_day_over_all_shells_and_restarts() {
    for (first, second) in [(Shell::Zsh, Shell::Bash), (Shell::Bash, Shell::Fish), (Shell::Fish, Shell::Zsh)] {
        let folder = knowing();
        let env = |name: &str, place: &str| (name.to_owned(), folder.path().join(place).display().to_string());
        let open = |shell| {
            let env = vec![env("XDG_RUNTIME_DIR", "run"), env("XDG_STATE_HOME", "state")];
            Terminal::start(shell, Setup { bin: binary(), env, ..Setup::default() })
        };
        let t = open(first);
        t.wait_until_idle();
        t.type_text("false");
        t.key("Enter");
        let screen = t.wait_for_screen(LINE);
        assert_eq!(screen.matches(LINE).count(), 1, "{screen}");
        assert!(screen.contains("gptos: ") && screen.contains("`gptos audit verify`"), "{screen}");
        wait("it is taken away", || !notice(folder.path()).exists());
        let other = open(second);
        for (t, shell) in [(&t, first), (&other, second)] {
            let screen = at_the_next_prompt(t, shell, 2);
            assert!(!screen.contains(LINE), "{first:?} {second:?}:\n{screen}");
        }
        start_anew(folder.path());
        let screen = at_the_next_prompt(&t, first, 3);
        assert!(!screen.contains(LINE) && !notice(folder.path()).exists(), "{first:?}:\n{screen}");
        run(folder.path(), &["daemon", "stop"]);
    }
}
