//! A dangerous line of which the window does not show all, in the three shells.

use std::thread;
use std::time::Duration;

use crate::fake::{FakeHelper, Ruling};
use crate::terminal::{Setup, Shell, Terminal};

#[test]
fn no_enter_runs_a_held_line_that_is_taller_than_the_window() {
    for shell in [Shell::Zsh, Shell::Bash, Shell::Fish] {
        let dir = tempfile::tempdir().unwrap();
        let made = dir.path().join("made");
        let line = format!("touch {}; : {}", made.display(), "a".repeat(500));
        let helper = FakeHelper::new(dir.path());
        let helper =
            helper.answer_after(Duration::ZERO, &[(&line, "cache · risk none")]).ruling("touch", Ruling::Hold("high", "risk high: x"));
        let t = Terminal::start(shell, Setup { bin: helper.write(), columns: 40, rows: 12, ..Setup::default() });
        t.type_text("?? make a file");
        t.key("Enter");
        t.wait_for(|| helper.answered_at().first().copied(), "the answer");
        for judged in 1..=3 {
            t.wait_until_idle();
            thread::sleep(Duration::from_millis(1100));
            t.key("Enter");
            t.wait_for(|| (helper.judged().len() >= judged).then_some(()), "the line to be judged");
        }
        t.wait_until_idle();
        assert!(!made.exists(), "{shell:?}: it ran");
    }
}
