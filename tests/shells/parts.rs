//! The other parts of an integration, which a shell asks the binary for when it needs them, in the three shells.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::thread;
use std::time::Duration;

use crate::fake::FakeHelper;
use crate::terminal::{Setup, Shell, Terminal};

const SHELLS: [Shell; 3] = [Shell::Zsh, Shell::Bash, Shell::Fish];

/// Longer than Enter is refused after an answer.
const READING: Duration = Duration::from_millis(800);

/// A line of the start-up file that gives a variable a value.
fn set(shell: Shell, name: &str, value: &str) -> String {
    match shell {
        Shell::Fish => format!("set -g {name} {value}\n"),
        Shell::Zsh | Shell::Bash => format!("{name}={value}\n"),
    }
}

/// A program that keeps the parts of zsh back until it is told to hand them out.
pub struct Held {
    dir: tempfile::TempDir,
}

impl Held {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let text = format!(
            "#!/bin/sh\nuntil [ -e '{}' ]; do sleep 0.02; done\nexec '{}' \"$@\"\n",
            dir.path().join("go").display(),
            env!("CARGO_BIN_EXE_gptos")
        );
        fs::write(dir.path().join("program"), text).unwrap();
        fs::set_permissions(dir.path().join("program"), fs::Permissions::from_mode(0o755)).unwrap();
        Self { dir }
    }

    /// The lines of the start-up file that name it.
    pub fn rc(&self) -> String {
        set(Shell::Zsh, "_GPTOS_PARTS_BIN", &self.dir.path().join("program").display().to_string())
    }

    pub fn hand_out(&self) {
        fs::write(self.dir.path().join("go"), "").unwrap();
    }
}

fn start(shell: Shell, rc: String) -> (tempfile::TempDir, Terminal) {
    let dir = tempfile::tempdir().unwrap();
    let helper = FakeHelper::new(dir.path()).answer_after(Duration::ZERO, &[("ls", "cache · risk none")]);
    let t = Terminal::start(shell, Setup { bin: helper.write(), rc, ..Setup::default() });
    (dir, t)
}

/// A shell that was started before an update: its first part may not go with the others of today.
#[test]
fn those_of_another_build_come_with_a_first_part_of_their_own() {
    for shell in SHELLS {
        let (_dir, t) = start(shell, set(shell, "_GPTOS_PARTS_BUILD", "0.0.1+2.3"));
        t.type_text("?? list files");
        t.key("Enter");
        t.wait_for_buffer(|buffer| buffer == "ls");
        thread::sleep(READING);
        t.key("C-u");
        t.type_text("echo build $_GPTOS_PARTS_BUILD");
        t.key("Enter");
        t.wait_for_screen(concat!("build ", env!("CARGO_PKG_VERSION"), "+"));
    }
}

/// The binary that wrote the first part may be gone, or has moved.
#[test]
fn they_come_from_the_program_that_is_asked_where_the_first_is_gone() {
    for shell in SHELLS {
        let dir = tempfile::tempdir().unwrap();
        let helper = FakeHelper::new(dir.path()).answer_after(Duration::ZERO, &[("ls", "cache · risk none")]).write();
        let program = dir.path().join("program");
        let text = format!(
            "#!/bin/sh\ncase $1 in parts) exec '{}' \"$@\" ;; *) exec '{}' \"$@\" ;; esac\n",
            env!("CARGO_BIN_EXE_gptos"),
            helper.display()
        );
        fs::write(&program, text).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let rc = set(shell, "_GPTOS_PARTS_BIN", "/nonexistent/gptos");
        let t = Terminal::start(shell, Setup { bin: program, rc, ..Setup::default() });
        t.type_text("?? list files");
        t.key("Enter");
        t.wait_for_buffer(|buffer| buffer == "ls");
    }
}

/// One that is gone, says nothing, fails, never stops talking, or never answers.
#[test]
fn whoever_does_not_hand_them_out_is_named_and_the_line_stays() {
    let dir = tempfile::tempdir().unwrap();
    let silent = dir.path().join("silent");
    fs::write(&silent, "#!/bin/sh\nexec sleep 300\n").unwrap();
    fs::set_permissions(&silent, fs::Permissions::from_mode(0o755)).unwrap();
    for shell in SHELLS {
        for nobody in ["/nonexistent/gptos", "/bin/true", "/usr/bin/yes", silent.to_str().unwrap()] {
            // fish waits for these until Ctrl-C.
            if shell == Shell::Fish && (nobody.ends_with("silent") || nobody.ends_with("yes")) {
                continue;
            }
            let rc = set(shell, "_GPTOS_PARTS_BIN", nobody) + &set(shell, "GPTOS_BIN", nobody);
            let (_dir, t) = start(shell, rc);
            t.assert_not_spinning();
            t.type_text("list files");
            t.key("C-g");
            t.wait_for_screen("does not hand out the integration");
            assert_eq!(t.buffer(), "list files", "{shell:?}, {nobody}");
            t.key("C-u");
            // Words are no command.
            let words = "?? list files; touch made";
            t.type_text(words);
            t.key("Enter");
            t.wait_until_idle();
            assert_eq!((t.buffer().as_str(), t.dir().join("cwd/made").exists()), (words, false), "{shell:?}, {nobody}");
            t.key("C-u");
            t.type_text("echo still here");
            t.key("Enter");
            t.wait_for_prompt(2);
            assert!(t.screen().contains("\nstill here\n"), "{shell:?}, {nobody}: {}", t.screen());
            t.assert_not_spinning();
        }
    }
}

/// What the user's own traps and `$!` see of it.
#[test]
fn a_shell_with_traps_and_jobs_notices_nothing() {
    let debug = "set -T; trap 'printf \"\\e[0m\"' DEBUG";
    let failing = "set -E; trap 'printf \"\\e[0m\"' ERR";
    for before in ["", debug, failing] {
        let (_dir, t) = start(Shell::Bash, before.to_owned());
        t.type_text("sleep 300 & first=$!");
        t.key("Enter");
        t.wait_for_prompt(2);
        // The sign has the other parts read.
        t.type_text("echo a?");
        t.key("Enter");
        t.wait_for_prompt(3);
        t.type_text("[[ $! == $first && -n $_GPTOS_LOADED ]] && kill $! && echo the-same");
        t.key("Enter");
        t.wait_for_screen("\nthe-same");
        t.type_text("?? list files");
        t.key("Enter");
        t.wait_for_buffer(|buffer| buffer == "ls");
    }
    let dir = tempfile::tempdir().unwrap();
    let helper = FakeHelper::new(dir.path());
    let before = "TRAPZERR() { print -u2 failed $? }; TRAPCHLD() { print -u2 ended }".to_owned();
    let t = Terminal::start(Shell::Zsh, Setup { bin: helper.write(), before, ..Setup::default() });
    t.wait_until_idle();
    t.type_text("print $+functions[__gptos_ask]$#_GPTOS_PARTS");
    t.key("Enter");
    t.wait_for_screen("\n10\n");
    assert!(!t.screen().contains("failed"), "{}", t.screen());
}

/// A start-up file may hold nothing but the line that loads them.
#[test]
fn a_zsh_without_any_hooks_is_loaded_without_a_word() {
    let dir = tempfile::tempdir().unwrap();
    let helper = FakeHelper::new(dir.path()).answer_after(Duration::ZERO, &[("ls", "cache · risk none")]).write();
    let load = format!(
        "__others=($precmd_functions); unset precmd_functions zshaddhistory_functions\nsource '{}'\nprecmd_functions+=($__others)",
        Shell::Zsh.script().display()
    );
    let t = Terminal::start(Shell::Zsh, Setup { bin: helper, load: Some(load), ..Setup::default() });
    assert_eq!(t.screen(), "[1]>");
    t.type_text("print $precmd_functions $zshaddhistory_functions");
    t.key("Enter");
    t.wait_for_screen("__gptos_precmd __gptos_add_history");
    t.type_text("?? list files");
    t.key("Enter");
    t.wait_for_buffer(|buffer| buffer == "ls");
}

/// zsh reads them one by one, and lines run between two of them.
#[test]
fn a_line_that_runs_when_some_of_them_are_read_meets_nothing_half() {
    let widget = "__gptos_idle_end
some() { __gptos_ask_parts; while [[ $_GPTOS_STAGE == coming ]]; do __gptos_take_parts 2; done
total=$#_GPTOS_PARTS; repeat $NUMERIC __gptos_load step; __gptos_idle_end }
left() { print read: $(( total - $#_GPTOS_PARTS )) }
zle -N some; bindkey '^T' some; setopt no_unset";
    let dir = tempfile::tempdir().unwrap();
    let helper = FakeHelper::new(dir.path()).answer_after(Duration::ZERO, &[("ls", "cache · risk none")]).write();
    for steps in [1, 5, 9, 13, 17] {
        let t = Terminal::start(Shell::Zsh, Setup { bin: helper.clone(), rc: widget.to_owned(), ..Setup::default() });
        for digit in steps.to_string().chars() {
            t.key(&format!("M-{digit}"));
        }
        t.key("C-t");
        t.type_text("left");
        t.key("Enter");
        t.wait_for_screen(&format!("read: {steps}\n"));
        t.wait_for_prompt(2);
        t.type_text("false b");
        t.key("C-c");
        t.wait_for_prompt(3);
        t.type_text("(exit 3)");
        t.key("Enter");
        t.wait_for_prompt(4);
        assert!(!t.screen().contains("gptos"), "{steps}: {}", t.screen());
        t.type_text("?? list files");
        t.key("Enter");
        t.wait_for_buffer(|buffer| buffer == "ls");
    }
}
