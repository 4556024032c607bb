//! `gptos tour` with the real binary: the steps come one after the other at a prompt of the user's own shell, and nothing is run there.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crate::terminal::{Setup, Shell, Terminal};

/// Longer than an Enter is ignored after a command appeared.
const READING: Duration = Duration::from_millis(700);

fn real_binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_gptos"))
}

/// A shell in which the tour has begun; with `loads` the user's start-up file loads the integration too, before it chooses vi's keys.
fn on_tour(shell: Shell, loads: bool, vi: bool) -> (tempfile::TempDir, Terminal) {
    let runtime = tempfile::Builder::new().prefix("gptos-tour").tempdir().unwrap();
    fs::set_permissions(runtime.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let load = if loads { None } else { Some(String::new()) };
    // The shell that it is typed in counts, whatever the login shell is.
    let login = if shell == Shell::Bash { "/bin/zsh" } else { "/bin/bash" };
    let env =
        [("XDG_RUNTIME_DIR", runtime.path().to_str().unwrap()), ("SHELL", login)].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let rc = if vi && loads { "set -o vi".to_owned() } else { String::new() };
    let t = Terminal::start(shell, Setup { bin: real_binary(), load, env: env.into(), vi: vi && !loads, rc, ..Setup::default() });
    t.type_text(&format!("{} tour", real_binary().display()));
    t.key("Enter");
    t.wait_for_screen("1/5");
    t.wait_for_screen("\n[1]>");
    (runtime, t)
}

fn stop(runtime: &tempfile::TempDir) {
    let mut command = std::process::Command::new(real_binary());
    let _ = command.args(["daemon", "stop"]).env("XDG_RUNTIME_DIR", runtime.path()).stderr(std::process::Stdio::null()).status();
}

#[test]
fn the_tour_leads_through_five_keys_and_runs_nothing() {
    for (shell, loads, vi) in [
        (Shell::Zsh, true, false),
        (Shell::Bash, true, false),
        (Shell::Fish, true, false),
        (Shell::Zsh, false, true),
        (Shell::Bash, false, true),
        (Shell::Fish, false, true),
    ] {
        let (runtime, t) = on_tour(shell, loads, vi);
        t.type_text("?? find files bigger than 100 MB");
        t.key("Enter");
        t.wait_for_buffer(|buffer| buffer.starts_with("find ") && buffer.contains("+100M"));
        // The first answer of this home brings a line of help along, and no other does.
        t.wait_for_screen("Enter runs it");
        thread::sleep(READING);
        t.key("Enter");
        t.wait_for_screen("2/5");
        t.wait_for_buffer(str::is_empty);
        let told = t.screen().matches("Enter runs it").count();
        t.type_text("?? list files by size");
        t.key("Enter");
        t.wait_for_buffer(|buffer| buffer.starts_with("ls "));
        assert_eq!(t.screen().matches("Enter runs it").count(), told, "{shell:?}:\n{}", t.screen());
        t.key("C-u");
        t.wait_for_buffer(str::is_empty);
        thread::sleep(READING);
        let marker = t.dir().join("marker");
        t.type_text(&format!("touch {}", marker.display()));
        t.key("Enter");
        t.wait_for_screen("3/5");
        t.wait_for_buffer(str::is_empty);
        // Two lines at once, as a terminal without bracketed paste would hand them over.
        t.type_text(&format!("touch {0}\rtouch {0}; echo a >{0}\r", marker.display()));
        t.wait_for_screen("5/5");
        t.wait_for_buffer(str::is_empty);
        t.type_text(&format!("touch {}", marker.display()));
        t.buffer();
        t.keys(&["C-c"]);
        t.wait_for_screen("That is all");
        t.wait_for_prompt(2);
        assert!(!marker.exists(), "{shell:?} ran a line:\n{}", t.screen());
        stop(&runtime);
    }
}

#[test]
fn other_keys_that_accept_a_line_run_nothing_and_exit_leaves() {
    for (shell, vi, keys) in [
        (Shell::Zsh, false, &["C-o", "M-a", "C-j"][..]),
        (Shell::Bash, false, &["C-o", "C-j"]),
        (Shell::Bash, true, &["C-j", "Enter"]),
        (Shell::Fish, false, &["C-j"]),
    ] {
        let (runtime, t) = on_tour(shell, true, vi);
        let marker = t.dir().join("marker");
        for (at, key) in keys.iter().enumerate() {
            t.type_text(&format!("touch {}", marker.display()));
            t.buffer();
            t.key(key);
            // In bash Ctrl-O has no meaning here.
            if shell == Shell::Bash && *key == "C-o" {
                t.key("Enter");
            }
            t.wait_for_screen(&format!("{}/5", at + 2));
            t.wait_for(|| (!t.buffer().contains("touch") || shell == Shell::Zsh).then_some(()), "the line to go");
            t.key("C-u");
        }
        t.type_text("exit");
        t.key("Enter");
        // The number of the outer shell's next prompt may have been on the screen before.
        t.wait_for(|| t.screen().trim_end().ends_with("\n[2]>").then_some(()), "the outer shell");
        assert!(!marker.exists(), "{shell:?} ran a line:\n{}", t.screen());
        stop(&runtime);
    }
}

#[test]
fn without_a_line_editor_there_is_no_tour() {
    let t = Terminal::start(Shell::Zsh, Setup { bin: real_binary(), ..Setup::default() });
    t.type_text("echo 'unsetopt zle' >>~/.zshrc");
    t.key("Enter");
    t.wait_for_prompt(2);
    t.type_text(&format!("{} tour zsh", real_binary().display()));
    t.key("Enter");
    t.wait_for_screen("gptos: zsh: no line editor here");
    t.wait_for_prompt(3);
}
