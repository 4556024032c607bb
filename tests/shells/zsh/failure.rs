//! Requests that fail, hang, are cancelled or are overtaken by the user.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::{AT_ONCE, NOTE, SOON, scripted, start, start_with};
use crate::fake::FakeHelper;
use crate::terminal::{Setup, Shell, Terminal, is_alive};

#[test]
fn control_c_kills_the_request_keeps_the_line_and_leaves_the_shell_quiet() {
    for vi in [false, true] {
        let (_dir, helper) = scripted();
        let helper = helper.hang();
        let t = start_with(&helper, Setup { vi, rc: "TRAPINT() { print -n USER-TRAP; return 130 }".into(), ..Setup::default() });
        t.type_text("?? list files");
        t.key("Enter");
        t.wait_for(|| (helper.queries().len() == 1).then_some(()), "the request");
        t.key("Enter");
        t.wait_for_screen("gptos: waiting, Ctrl-C cancels");
        t.key("C-c");
        t.wait_for_screen("gptos: cancelled");
        assert_eq!(t.buffer(), "?? list files");
        t.wait_for(|| (!is_alive(helper.pids()[0])).then_some(()), "the helper to be killed");
        assert_eq!(helper.terminated(), helper.pids());
        t.assert_not_spinning();
        assert!(!t.screen().contains("USER-TRAP"));
        t.key("C-c");
        // After such a trap zsh draws the prompt without running precmd: the number stays.
        t.wait_for_screen("USER-TRAP\n[1]>");
        assert_eq!(t.buffer(), "");
        t.assert_not_spinning();
    }
}

#[test]
fn a_helper_that_ignores_the_first_control_c_does_not_survive_the_second() {
    let dir = tempfile::tempdir().unwrap();
    let bin = script(dir.path(), "trap 'echo >\"$0.asked\"' TERM INT HUP; echo $$ >\"$0.pid\"; while :; do sleep 1; done");
    let t = Terminal::start(Shell::Zsh, Setup { bin: bin.clone(), ..Setup::default() });
    t.type_text("list files");
    t.key("C-g");
    let pid = t.wait_for(|| fs::read_to_string(bin.with_extension("pid")).ok()?.trim().parse().ok(), "the helper to start");
    t.key("C-c");
    t.wait_for(|| bin.with_extension("asked").exists().then_some(()), "the first signal");
    assert!(!t.screen().contains("cancelled"));
    t.key("C-c");
    t.wait_for_screen("gptos: cancelled");
    t.wait_for(|| (!is_alive(pid)).then_some(()), "the helper to be killed");
    assert_eq!(t.buffer(), "list files");
    t.assert_not_spinning();
}

/// How a fake binary misbehaves.
type Behaviour<'a> = &'a dyn Fn(FakeHelper) -> FakeHelper;

#[test]
fn a_binary_that_fails_in_any_way_leaves_the_line_untouched() {
    let ended = "no answer (helper ended early)";
    let refused = "no answer (a command with unprintable characters was refused)";
    let cases: [(&str, Behaviour<'_>, &str); 11] = [
        ("crash", &|h| h.crash_after(SOON), ended),
        ("nothing", &|h| h.raw_after(AT_ONCE, b""), ended),
        ("garbage", &|h| h.raw_after(AT_ONCE, b"Segmentation \xff fault\nls\n"), ended),
        ("cut", &|h| h.raw_after(AT_ONCE, b"cmd\0ls\0offline\0end\x000"), ended),
        ("answer without end", &|h| h.raw_after(AT_ONCE, b"cmd\0ls\0offline\0"), ended),
        ("flood", &|h| h.flood(), ended),
        ("escape", &|h| h.answer_after(AT_ONCE, &[("ls \x1b[31mred", NOTE)]), refused),
        ("newline", &|h| h.answer_after(AT_ONCE, &[("ls\nrm x", NOTE)]), refused),
        ("C1 control", &|h| h.answer_after(AT_ONCE, &[("ls \u{9b}31m", NOTE)]), refused),
        ("no answer", &|h| h.message_after(AT_ONCE, "nothing known; try \x1b[2Jother words"), "nothing known; try ?[2Jother words"),
        ("unknown record", &|h| h.raw_after(AT_ONCE, b"new\0x\0y\0end\x001\0\0"), "gptos: no answer"),
    ];
    for (name, script, message) in cases {
        let (_dir, helper) = scripted();
        let helper = script(helper);
        let t = start(&helper);
        t.type_text("list files");
        t.key("C-g");
        t.wait_for_screen(message);
        assert_eq!(t.buffer(), "list files", "{name}");
        assert_eq!(t.prompt_number(), 1, "{name}");
        t.assert_not_spinning();
        t.key("C-u");
        t.type_text("echo still; echo fine");
        t.key("Enter");
        t.wait_for_prompt(2);
        assert_eq!(t.screen(), "[1]> echo still; echo fine\nstill\nfine\n[2]>", "{name}");
    }
}

#[test]
fn a_binary_that_is_missing_or_cannot_be_executed_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let plain = dir.path().join("plain");
    fs::write(&plain, "").unwrap();
    for bin in [Path::new("/nonexistent/gptos"), Path::new("no-such-gptos"), &plain, dir.path()] {
        let t = Terminal::start(Shell::Zsh, Setup { bin: bin.to_path_buf(), ..Setup::default() });
        t.type_text("?? list files");
        t.key("Enter");
        t.wait_for_screen(&format!("gptos: {} not found", bin.display()));
        assert_eq!(t.buffer(), "?? list files");
        t.key("C-c");
        t.wait_for_prompt(2);
    }
}

#[test]
fn editing_while_a_request_is_pending_is_never_overwritten() {
    let (_dir, helper) = scripted();
    let helper = helper.answer_after(Duration::from_millis(500), &[("ls", NOTE), ("ls -A", NOTE)]);
    let t = start(&helper);
    t.type_text("?? list files");
    t.key("Enter");
    t.wait_for(|| (helper.queries().len() == 1).then_some(()), "the request");
    t.type_text(" by size");
    t.wait_for_screen("gptos: the line was edited; press the key again for: ls");
    assert_eq!(t.buffer(), "?? list files by size");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "ls");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "ls -A");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "?? list files by size");
    assert_eq!(helper.queries().len(), 1);
}

#[test]
fn other_words_and_the_key_replace_a_pending_request() {
    let (_dir, helper) = scripted();
    let helper = helper.hang().answer_after(AT_ONCE, &[("ps", NOTE)]);
    let t = start(&helper);
    t.type_text("list files");
    t.key("C-g");
    t.wait_for(|| (helper.queries().len() == 1).then_some(()), "the request");
    t.key("C-u");
    t.type_text("list processes");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "ps");
    t.wait_for(|| (!is_alive(helper.pids()[0])).then_some(()), "the first helper to be killed");
    assert_eq!(helper.queries(), ["list files", "list processes"]);
    t.assert_not_spinning();
}

#[test]
fn ending_the_shell_or_the_line_kills_the_request() {
    for keys in [["C-u", "C-d"], ["C-a", "C-x"]] {
        let (_dir, helper) = scripted();
        let helper = helper.hang();
        let rc = "bindkey -M emacs '^X' send-break; setopt no_ignore_eof".to_owned();
        let t = start_with(&helper, Setup { rc, ..Setup::default() });
        t.type_text("list files");
        t.key("C-g");
        t.wait_for(|| (helper.queries().len() == 1).then_some(()), "the request");
        for key in keys {
            t.key(key);
        }
        t.wait_for(|| (!is_alive(helper.pids()[0])).then_some(()), "the helper to be killed");
    }
}

#[test]
fn closing_the_terminal_kills_the_request() {
    let (_dir, helper) = scripted();
    let helper = helper.hang();
    let t = start(&helper);
    t.type_text("list files");
    t.key("C-g");
    t.wait_for(|| (helper.queries().len() == 1).then_some(()), "the request");
    drop(t);
    let start = Instant::now();
    while is_alive(helper.pids()[0]) {
        assert!(start.elapsed() < Duration::from_secs(10), "the helper outlives the terminal");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A binary of the test's own.
pub(super) fn script(dir: &Path, body: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = dir.join("gptos");
    fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}
