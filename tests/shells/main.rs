//! Drives the real shells in a real terminal (tmux): what a person types, what the line then holds, what ran and what did not.
//!
//! A shell or tmux that is missing is a failure, never a skipped test: `tests/run` installs them.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod fake;
mod terminal;

mod bash;
mod fish;
mod zsh;

use terminal::{Setup, Shell, Terminal};

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
