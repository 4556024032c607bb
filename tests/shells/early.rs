//! Enter before anybody can have read a command that changes something, in the three shells.

use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::fake::FakeHelper;
use crate::terminal::{Setup, Shell, Terminal};

const SHELLS: [Shell; 3] = [Shell::Zsh, Shell::Bash, Shell::Fish];
/// What a keyboard waits before it repeats a key, rather less than more, and longer than Enter is refused after a harmless command.
const HELD: Duration = Duration::from_millis(450);
/// Nanoseconds after the answer in which Enter is refused at least.
const REFUSED: u128 = 650_000_000;

fn now_ns() -> u128 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos()
}

#[test]
fn a_key_that_begins_to_repeat_runs_no_command_of_medium_risk() {
    for shell in SHELLS {
        let conclusive = (0..6).any(|_| {
            let dir = tempfile::tempdir().unwrap();
            let made = dir.path().join("made");
            let line = format!("touch {}", made.display());
            let helper = FakeHelper::new(dir.path()).answer_after(Duration::ZERO, &[(&line, "cache · risk medium")]);
            let t = Terminal::start(shell, Setup { bin: helper.write(), ..Setup::default() });
            t.type_text("?? make a file");
            t.key("Enter");
            t.wait_for_buffer(|buffer| buffer == line);
            thread::sleep(HELD);
            // So often that they count as one key that is held down.
            let first = now_ns();
            let (mut last, mut longest) = (Instant::now(), Duration::ZERO);
            for _ in 0..20 {
                t.key("Enter");
                longest = longest.max(last.elapsed());
                last = Instant::now();
                thread::sleep(Duration::from_millis(20));
            }
            // A busy machine may have come too late with the first, or made a pause of what was none.
            let conclusive = first < helper.answered_at()[0] + REFUSED && longest < Duration::from_millis(90);
            if conclusive {
                t.wait_until_idle();
                assert!(!made.exists(), "{shell:?}: it ran");
                assert_eq!(t.buffer(), line, "{shell:?}");
                t.wait_for(
                    || {
                        thread::sleep(Duration::from_millis(800));
                        t.key("Enter");
                        made.exists().then_some(())
                    },
                    "a later Enter to run it",
                );
            }
            conclusive
        });
        assert!(conclusive, "{shell:?}: the machine is too busy");
    }
}

/// Nobody who hits it six times in a second has read anything.
#[test]
fn an_enter_that_is_hit_again_and_again_runs_nothing() {
    for shell in SHELLS {
        let conclusive = (0..6).any(|_| {
            let dir = tempfile::tempdir().unwrap();
            let made = dir.path().join("made");
            let line = format!("touch {}", made.display());
            let helper = FakeHelper::new(dir.path()).answer_after(Duration::ZERO, &[(&line, "cache · risk none")]);
            let t = Terminal::start(shell, Setup { bin: helper.write(), ..Setup::default() });
            t.type_text("?? make a file");
            let (mut last, mut longest) = (Instant::now(), Duration::ZERO);
            for _ in 0..12 {
                t.key("Enter");
                longest = longest.max(last.elapsed());
                last = Instant::now();
                thread::sleep(Duration::from_millis(150));
            }
            let conclusive = longest < Duration::from_millis(220);
            if conclusive {
                t.wait_until_idle();
                assert!(!made.exists(), "{shell:?}: it ran");
                assert_eq!(t.buffer(), line, "{shell:?}");
                thread::sleep(Duration::from_millis(800));
                t.key("Enter");
                t.wait_for(|| made.exists().then_some(()), "a later Enter to run it");
            }
            conclusive
        });
        assert!(conclusive, "{shell:?}: the machine is too busy");
    }
}

#[test]
fn an_enter_behind_undo_shows_first_what_came_back() {
    for (shell, undo) in [(Shell::Bash, "C-_"), (Shell::Fish, "C-z")] {
        let dir = tempfile::tempdir().unwrap();
        let made = dir.path().join("made");
        let line = format!("touch {}", made.display());
        let answer = [(line.as_str(), "cache · risk medium: makes a file"), ("echo safe", "cache · risk none")];
        let helper = FakeHelper::new(dir.path()).answer_after(Duration::ZERO, &answer);
        let t = Terminal::start(shell, Setup { bin: helper.write(), ..Setup::default() });
        t.type_text("?? make a file");
        t.key("Enter");
        t.wait_for_buffer(|buffer| buffer == line);
        t.key("C-g");
        t.wait_for_buffer(|buffer| buffer == "echo safe");
        thread::sleep(Duration::from_millis(1200));
        t.key(undo);
        t.wait_for_buffer(|buffer| buffer == line);
        t.key("Enter");
        t.wait_for_screen("risk medium: makes a file");
        t.wait_until_idle();
        assert!(!made.exists() && t.buffer() == line, "{shell:?}: it ran");
        let screen = t.screen();
        // bash takes no message away that was printed above another line.
        let messages = if shell == Shell::Bash { 2 } else { 1 };
        assert!(screen.matches('●').count() == messages && screen.lines().count() == messages + 1, "{shell:?}: {screen}");
        thread::sleep(Duration::from_millis(1200));
        t.key("Enter");
        t.wait_for(|| made.exists().then_some(()), "the second Enter to run it");
    }
}
