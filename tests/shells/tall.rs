//! A dangerous line of which the window does not show all, in the three shells.

use std::thread;
use std::time::Duration;

use crate::fake::{FakeHelper, Ruling};
use crate::terminal::{Setup, Shell, Terminal};

/// What makes a line of forty columns taller than twelve rows: by its characters, by how wide they are, by what may be drawn as a sign of its own
/// though it has no width, and by its line breaks.
const TALL: [(usize, &str); 4] = [(500, "a"), (130, "文"), (300, "\u{301}"), (7, "\n:")];

fn no_enter_runs_it(shell: Shell) {
    for (count, part) in TALL {
        // No suggestion has several lines, but a user may add some.
        let is_added = part.contains('\n');
        let dir = tempfile::tempdir().unwrap();
        let made = dir.path().join("made");
        let command = format!("touch {}; : {}", made.display(), if is_added { String::new() } else { part.repeat(count) });
        let helper = FakeHelper::new(dir.path());
        let helper =
            helper.answer_after(Duration::ZERO, &[(&command, "cache · risk none")]).ruling("touch", Ruling::Hold("high", "risk high: x"));
        let t = Terminal::start(shell, Setup { bin: helper.write(), columns: 40, rows: 12, ..Setup::default() });
        t.type_text("?? make a file");
        t.key("Enter");
        t.wait_for(|| helper.answered_at().first().copied(), "the answer");
        if is_added {
            t.wait_for_buffer(|buffer| buffer.starts_with("touch"));
            for _ in 0..count {
                t.keys(if shell == Shell::Fish { &["M-Enter"] } else { &["C-v", "C-j"] });
                t.type_text(":");
            }
        }
        for judged in 1..=3 {
            t.wait_until_idle();
            thread::sleep(Duration::from_millis(1100));
            t.key("Enter");
            t.wait_for(|| (helper.judged().len() >= judged).then_some(()), "the line to be judged");
        }
        t.wait_until_idle();
        assert!(!made.exists(), "{shell:?}, {part:?}: it ran");
    }
}

#[test]
fn no_enter_runs_a_held_line_that_is_taller_than_the_window_in_zsh() {
    no_enter_runs_it(Shell::Zsh);
}

#[test]
fn no_enter_runs_a_held_line_that_is_taller_than_the_window_in_bash() {
    no_enter_runs_it(Shell::Bash);
}

#[test]
fn no_enter_runs_a_held_line_that_is_taller_than_the_window_in_fish() {
    no_enter_runs_it(Shell::Fish);
}
