//! Drives the real shells in a real terminal (tmux): what a person types, what the line then holds, what ran and what did not.
//!
//! A shell or tmux that is missing is a failure, never a skipped test: `tests/run` installs them.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod fake;
#[expect(dead_code, reason = "the other tests use the rest")]
#[path = "../integration/fake_provider.rs"]
mod fake_provider;
mod pipes;
mod real;
mod resident;
mod slate;
mod terminal;

mod attacks;
mod bash;
mod coexist;
mod doctor;
mod early;
mod fish;
mod holes;
mod mend;
mod needs;
mod others;
mod parts;
mod picture;
mod processes;
mod soak;
mod ssh;
mod steps;
mod tall;
mod tour;
mod whole;
mod zsh;

use std::io::Write as _;
use std::process::{Command, Stdio};

use fake::{FakeHelper, Ruling};
use terminal::{Setup, Shell, Terminal};

#[test]
fn the_stand_in_rules_on_lines() {
    let dir = tempfile::tempdir().unwrap();
    let helper = FakeHelper::new(dir.path()).ruling("it's", Ruling::Hold("high", "why")).ruling("abort", Ruling::Crash);
    let bin = helper.write();
    let answer = |line: &str| {
        let mut child =
            Command::new(&bin).args(["guard", "zsh"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(line.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), output.status.success())
    };
    assert_eq!(answer("echo\nit's *"), ("hold\0high\0why\0end\x000\0\0".to_owned(), true));
    assert_eq!(answer("ls"), ("pass\0none\0\0end\x000\0\0".to_owned(), true));
    assert_eq!(answer("abort"), (String::new(), false));
    assert_eq!(helper.judged(), ["echo\nit's *", "ls", "abort"]);
    assert_eq!(helper.guard_calls(), ["guard zsh"; 3]);
}

#[test]
fn the_harness_types_reads_the_buffer_and_counts_prompts() {
    for (shell, vi) in
        [(Shell::Zsh, false), (Shell::Bash, false), (Shell::Fish, false), (Shell::Zsh, true), (Shell::Bash, true), (Shell::Fish, true)]
    {
        let t = Terminal::start(shell, Setup { vi, load: Some(String::new()), ..Setup::default() });
        t.type_text("echo 'it''s' é");
        assert_eq!(t.buffer(), "echo 'it''s' é", "{shell:?}");
        t.key("C-c");
        t.wait_for(|| (t.screen().lines().filter(|line| line.starts_with('[')).count() == 2).then_some(()), "a second prompt");
        assert_eq!(t.buffer(), "", "{shell:?}");
        let prompt = t.prompt_number();
        t.type_text("echo hel'lo'");
        t.key("Enter");
        t.wait_for_screen("\nhello");
        t.wait_for_prompt(prompt + 1);
        assert_eq!(t.prompt_number(), prompt + 1, "{shell:?}");
        t.assert_not_spinning();
        assert!(terminal::is_alive(t.pid()));
    }
}
