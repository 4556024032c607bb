//! What a person does all day, in one fresh shell after the other: `GPTOS_TEST_SOAK` of them for each shell, 2 by default.

use std::fs;
use std::thread;
use std::time::Duration;

use crate::fake::FakeHelper;
use crate::terminal::{Setup, Shell, Terminal, is_alive};

const AT_ONCE: Duration = Duration::ZERO;
/// Longer than Enter is refused after a suggestion.
const READING: Duration = Duration::from_millis(400);

#[test]
fn fresh_zsh_after_fresh_zsh_does_what_it_should() {
    soak(Shell::Zsh);
}

#[test]
fn fresh_bash_after_fresh_bash_does_what_it_should() {
    soak(Shell::Bash);
}

#[test]
fn fresh_fish_after_fresh_fish_does_what_it_should() {
    soak(Shell::Fish);
}

fn soak(shell: Shell) {
    let rounds = std::env::var("GPTOS_TEST_SOAK").ok().and_then(|count| count.parse().ok()).unwrap_or(2);
    for round in 1..=rounds {
        day(shell, round);
    }
}

fn day(shell: Shell, round: u32) {
    let dir = tempfile::tempdir().unwrap();
    let helper = FakeHelper::new(dir.path())
        .answer_after(AT_ONCE, &[("ls -A", "offline · risk none"), ("ls -l", "offline · risk none")])
        .answer_after(Duration::from_millis(30), &[("touch it\\'s-made", "offline · risk low")])
        .hang()
        .message_after(AT_ONCE, "nobody knows")
        .answer_after(AT_ONCE, &[("ls\nrm x", "offline · risk none")]);
    let t = Terminal::start(shell, Setup { bin: helper.write(), ..Setup::default() });
    let undo = if shell == Shell::Fish { "C-z" } else { "C-_" };
    let asked = |count: usize| t.wait_for(|| (helper.queries().len() == count).then_some(()), "the request");

    // The key, the next one, and two steps back.
    t.type_text("list files");
    t.key("C-g");
    t.wait_for_buffer(|buffer| buffer == "ls -A");
    t.key("C-g");
    t.wait_for_buffer(|buffer| buffer == "ls -l");
    t.key(undo);
    t.wait_for_buffer(|buffer| buffer == "ls -A");
    t.key(undo);
    t.wait_for_buffer(|buffer| buffer == "list files");
    t.key("C-u");
    t.wait_for_buffer(str::is_empty);
    // No person types the next words within the time in which Enter is refused.
    thread::sleep(READING);

    // Words with an apostrophe, and the command that came of them runs when it was read.
    t.type_text("?? what's to be made");
    t.key("Enter");
    t.wait_for_buffer(|buffer| buffer == "touch it\\'s-made");
    assert!(!t.dir().join("cwd/it's-made").exists(), "{shell:?} {round}: it was run");
    t.wait_until_idle();
    thread::sleep(READING);
    let prompt = t.prompt_number();
    t.key("Enter");
    t.wait_for_prompt(prompt + 1);
    assert!(t.dir().join("cwd/it's-made").exists(), "{shell:?} {round}: it was not run");

    // A request that is given up keeps the line and leaves no process.
    t.type_text("?? something slow");
    t.key("Enter");
    asked(3);
    if shell != Shell::Bash {
        // A live prompt says so when it is asked.
        t.wait_until_idle();
        t.key("Enter");
    }
    t.wait_for_screen("Ctrl-C");
    t.key("C-c");
    t.wait_for_screen("gptos: cancelled");
    t.wait_for_buffer(|buffer| buffer == "?? something slow");
    let pid = *helper.pids().last().unwrap();
    t.wait_for(|| (!is_alive(pid)).then_some(()), "the helper to be killed");
    t.assert_not_spinning();

    // Neither a message nor a refused command touches it.
    t.key("Enter");
    t.wait_for_screen("nobody knows");
    t.wait_for_buffer(|buffer| buffer == "?? something slow");
    t.wait_until_idle();
    thread::sleep(READING);
    t.key("Enter");
    asked(5);
    t.wait_for_screen("unprintable characters");
    t.wait_for_buffer(|buffer| buffer == "?? something slow");
    assert!(fs::read_dir(t.dir().join("cwd")).unwrap().count() == 1, "{shell:?} {round}: something else ran");
    t.assert_not_spinning();
}
