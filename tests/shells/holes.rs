//! Suggestions of which a part is to be filled in: the cursor, what is typed, the key, Enter and undo, in the three shells.

use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::fake::FakeHelper;
use crate::terminal::{Setup, Shell, Terminal};

const AT_ONCE: Duration = Duration::ZERO;
const NOTE: &str = "offline, fill in it · risk low";
const SHELLS: [Shell; 3] = [Shell::Zsh, Shell::Bash, Shell::Fish];
/// Longer than Enter is refused after a suggestion.
const READING: Duration = Duration::from_millis(400);

/// A shell whose line holds the first suggestion, with its helper and the home of that.
fn shown(shell: Shell, vi: bool, answers: &[(&str, &str, &str)]) -> (Terminal, FakeHelper, TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let helper = FakeHelper::new(dir.path()).holed_after(AT_ONCE, answers);
    let t = Terminal::start(shell, Setup { bin: helper.write(), vi, ..Setup::default() });
    t.type_text("copy a thing");
    t.key("C-g");
    t.wait_for_buffer(|buffer| buffer == answers[0].0);
    t.wait_until_idle();
    thread::sleep(READING);
    (t, helper, dir)
}

/// Presses Enter and waits until the shell has dealt with it.
fn enter(t: &Terminal) {
    t.key("Enter");
    t.wait_until_idle();
}

#[test]
fn what_is_typed_takes_the_place_of_the_hole_and_the_key_leads_to_the_next() {
    for (shell, vi) in SHELLS.map(|shell| (shell, false)).into_iter().chain(SHELLS.map(|shell| (shell, true))) {
        let (t, helper, _dir) = shown(shell, vi, &[("echo <word> x=<thing> end <>", "<word> <thing> <>", NOTE)]);
        assert_eq!(t.cursor(), 5, "{shell:?}: on the first hole");
        t.type_text("one");
        assert_eq!(t.wait_for_buffer(|buffer| buffer.contains("one")), "echo one x=<thing> end <>", "{shell:?}");
        t.key("C-g");
        t.wait_for_screen("fill in <thing>");
        assert_eq!(t.cursor(), 11, "{shell:?}: on the second");
        t.type_text("two");
        assert_eq!(t.wait_for_buffer(|buffer| buffer.contains("two")), "echo one x=two end <>", "{shell:?}");
        t.key("C-g");
        t.wait_for_screen("all is filled in");
        assert_eq!((t.buffer().as_str(), t.cursor()), ("echo one x=two end", 18), "{shell:?}");
        let prompt = t.prompt_number();
        enter(&t);
        t.wait_for_screen("\none x=two end");
        t.wait_for_prompt(prompt + 1);
        assert_eq!(helper.queries(), ["copy a thing"], "{shell:?}: nothing else was asked");
    }
}

#[test]
fn enter_runs_nothing_until_all_is_filled_in() {
    for shell in SHELLS {
        let (t, _helper, _dir) = shown(shell, false, &[("cp <file> made <>", "<file> <>", NOTE)]);
        let prompt = t.prompt_number();
        t.key("End");
        enter(&t);
        t.wait_for_screen("fill in <file> first");
        assert_eq!((t.buffer().as_str(), t.cursor()), ("cp <file> made <>", 3), "{shell:?}");
        assert_eq!(t.prompt_number(), prompt, "{shell:?}");
        t.type_text("/dev/null");
        assert_eq!(t.wait_for_buffer(|buffer| buffer.contains("null")), "cp /dev/null made <>", "{shell:?}");
        thread::sleep(READING);
        enter(&t);
        t.wait_for_prompt(prompt + 1);
        t.type_text("ls made && echo there");
        t.key("Enter");
        t.wait_for_screen("\nthere");
    }
}

/// A bracket that is left of a hole would write into the file behind it.
#[test]
fn what_is_left_of_a_hole_writes_into_no_file() {
    for shell in SHELLS {
        let dir = tempfile::tempdir().unwrap();
        let made = dir.path().join("made");
        std::fs::write(&made, "kept").unwrap();
        let line = format!("cp <file> {} <>", made.display());
        let (t, _helper, _dir) = shown(shell, false, &[(&line, "<file> <>", NOTE)]);
        let prompt = t.prompt_number();
        t.key("DC");
        t.wait_for_buffer(|buffer| buffer.starts_with("cp file> "));
        enter(&t);
        t.wait_for_screen("the suggestion did not have");
        assert_eq!((std::fs::read_to_string(&made).unwrap().as_str(), t.prompt_number()), ("kept", prompt), "{shell:?}");
        // Who means it presses Enter again.
        thread::sleep(2 * READING);
        enter(&t);
        t.wait_for_prompt(prompt + 1);
        assert_eq!(std::fs::read_to_string(&made).unwrap(), "", "{shell:?}");
    }
}

#[test]
fn rights_in_front_of_a_line_do_not_let_it_run() {
    for shell in SHELLS {
        let (t, _helper, _dir) = shown(shell, false, &[("cp <file> <folder>", "<file> <folder>", NOTE)]);
        let prompt = t.prompt_number();
        t.key("Home");
        t.type_text("sudo ");
        t.wait_for_buffer(|buffer| buffer == "sudo cp <file> <folder>");
        enter(&t);
        t.wait_for_screen("fill in <file> first");
        assert_eq!((t.buffer().as_str(), t.prompt_number()), ("sudo cp <file> <folder>", prompt), "{shell:?}");
    }
}

#[test]
fn undo_brings_back_the_hole_and_then_the_words() {
    for (shell, undo) in [(Shell::Zsh, "C-_"), (Shell::Bash, "C-_"), (Shell::Fish, "C-z")] {
        let line = "tar -xf <file>";
        let (t, _helper, _dir) = shown(shell, false, &[(line, "<file>", NOTE)]);
        t.type_text("a");
        t.wait_for_buffer(|buffer| buffer == "tar -xf a");
        let mut undone = Vec::new();
        for _ in 0..6 {
            t.key(undo);
            undone.push(t.buffer());
            if undone.last().is_some_and(|buffer| buffer == "copy a thing") {
                break;
            }
        }
        assert!(undone.iter().any(|buffer| buffer == line), "{shell:?}: {undone:?}");
        assert_eq!(undone.last().map(String::as_str), Some("copy a thing"), "{shell:?}");
    }
}

#[test]
fn on_the_last_hole_of_a_line_as_it_was_shown_the_key_shows_the_next_suggestion() {
    for shell in SHELLS {
        let answers = [("mv <old> <new>", "<old> <new>", NOTE), ("ls -l", "", "offline · risk none")];
        let (t, _helper, _dir) = shown(shell, false, &answers);
        assert_eq!(t.cursor(), 3, "{shell:?}");
        t.key("C-g");
        t.wait_for_screen("fill in <new>");
        assert_eq!((t.buffer().as_str(), t.cursor()), ("mv <old> <new>", 9), "{shell:?}");
        t.key("C-g");
        assert_eq!(t.wait_for_buffer(|buffer| !buffer.contains('<')), "ls -l", "{shell:?}");
        t.key("C-g");
        assert_eq!(t.wait_for_buffer(|buffer| buffer != "ls -l"), "copy a thing", "{shell:?}");
        t.key("C-g");
        assert_eq!(t.wait_for_buffer(|buffer| buffer.contains('<')), "mv <old> <new>", "{shell:?}");
        assert_eq!(t.cursor(), 3, "{shell:?}: on the first hole again");
    }
}

#[test]
fn a_line_of_the_users_own_that_looks_like_it_runs_untouched() {
    for shell in SHELLS {
        let (t, _helper, _dir) = shown(shell, false, &[("tar -xf <file>", "<file>", NOTE)]);
        let prompt = t.prompt_number();
        t.keys(&["C-a", "C-k"]);
        t.wait_for_buffer(str::is_empty);
        thread::sleep(READING);
        t.type_text("echo '<file>' made");
        enter(&t);
        t.wait_for_screen("\n<file> made");
        t.wait_for_prompt(prompt + 1);
        // A redirection that was never a hole, at a prompt that showed none.
        t.type_text("echo kept > file; cat <file> made");
        enter(&t);
        t.wait_for_prompt(prompt + 2);
        t.type_text("cat made");
        enter(&t);
        t.wait_for_screen("\nkept");
    }
}

#[test]
fn two_holes_of_one_name_are_filled_in_one_after_the_other() {
    for shell in SHELLS {
        let line = "echo <folder>.zip <folder> <>";
        let (t, _helper, _dir) = shown(shell, false, &[(line, "<folder> <folder> <>", NOTE)]);
        t.type_text("a");
        assert_eq!(t.wait_for_buffer(|buffer| buffer != line), "echo a.zip <folder> <>", "{shell:?}");
        t.key("C-g");
        t.wait_for_screen("fill in <folder>");
        assert_eq!(t.cursor(), 11, "{shell:?}");
        t.type_text("b");
        thread::sleep(READING);
        let prompt = t.prompt_number();
        enter(&t);
        t.wait_for_screen("\na.zip b");
        t.wait_for_prompt(prompt + 1);
    }
}

#[test]
fn what_is_pasted_on_a_hole_takes_its_place_at_enter_at_the_latest() {
    for shell in SHELLS {
        let (t, _helper, _dir) = shown(shell, false, &[("echo <word> end <>", "<word> <>", NOTE)]);
        let prompt = t.prompt_number();
        t.type_text("\x1b[200~some\\ where\x1b[201~");
        t.wait_for_buffer(|buffer| buffer.contains("where"));
        thread::sleep(READING);
        enter(&t);
        t.wait_for_screen("\nsome where end");
        t.wait_for_prompt(prompt + 1);
    }
}

#[test]
fn holes_that_the_command_does_not_hold_are_none() {
    for shell in SHELLS {
        let (t, _helper, _dir) = shown(shell, false, &[("echo whole", "<file>", NOTE)]);
        let prompt = t.prompt_number();
        assert_eq!(t.cursor(), 10, "{shell:?}");
        enter(&t);
        t.wait_for_screen("\nwhole");
        t.wait_for_prompt(prompt + 1);
    }
}

#[test]
fn the_real_binary_leaves_open_what_the_words_leave_open() {
    for shell in SHELLS {
        let t = Terminal::start(shell, Setup { bin: env!("CARGO_BIN_EXE_gptos").into(), ..Setup::default() });
        let folder = t.dir().join("home/.config/gptos");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config.toml"), "resident = \"off\"\n").unwrap();
        t.type_text("copy a file to the server");
        t.key("C-g");
        assert_eq!(t.wait_for_buffer(|buffer| buffer.contains('<')), "scp <file> <host>: <>", "{shell:?}");
        t.wait_for_screen("fill in <file> and <host>");
        assert_eq!(t.cursor(), 4, "{shell:?}");
        t.type_text("report.pdf");
        t.key("C-g");
        assert_eq!(t.wait_for_buffer(|buffer| buffer.contains("pdf")), "scp report.pdf <host>: <>", "{shell:?}");
        t.type_text("web");
        t.key("C-g");
        assert_eq!(t.wait_for_buffer(|buffer| !buffer.contains('<')), "scp report.pdf web:", "{shell:?}");
    }
}
