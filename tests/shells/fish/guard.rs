//! The guard at Enter: a line that came from a suggestion is judged, a dangerous one needs a second Enter that someone meant.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::{BLOCKING, LIVE, NOTE, NOW, Scene, read_the_line};
use crate::fake::{FakeHelper, Ruling};
use crate::terminal::{Setup, is_alive};

const REASON: &str = "risk high: touches a file";
const HELD: &str = "gptos: risk high: touches a file\ngptos: Enter again runs it\n[";
const LINE: &str = "touch marker";
/// Longer than the second Enter has to wait.
const REASON_READ: Duration = Duration::from_millis(900);

/// `touch marker` is the answer to everything, and held.
fn holding(before: &str) -> Scene {
    ruled(Ruling::Hold("high", REASON), Setup { before: before.to_owned(), ..Setup::default() })
}

fn ruled(ruling: Ruling, setup: Setup) -> Scene {
    Scene::with(setup, |fake, _| fake.answer_after(NOW, &[(LINE, NOTE)]).ruling("touch", ruling))
}

impl Scene {
    fn suggest(&self) {
        self.ask("make a file");
        self.expect(LINE);
    }

    /// A suggestion, and the first Enter on it.
    fn suggest_and_enter(&self) {
        self.suggest();
        read_the_line();
        self.t.key("Enter");
    }

    fn enter(&self, line: &str) {
        self.t.type_text(line);
        self.t.key("Enter");
    }

    fn wait_until_held(&self) {
        self.t.wait_for_screen(HELD);
        self.t.wait_until_idle();
    }

    fn ran(&self) -> bool {
        self.t.dir().join("cwd/marker").exists()
    }

    fn wait_until_run(&self) {
        self.t.wait_for(|| self.ran().then_some(()), "the line to run");
    }

    /// Enter, once the reason can have been read.
    fn confirm(&self) {
        thread::sleep(REASON_READ);
        self.t.key("Enter");
    }

    fn wait_until_judged(&self, times: usize) {
        self.t.wait_for(|| (self.fake.judged().len() == times).then_some(()), "the line to be judged");
        self.t.wait_until_idle();
    }
}

/// Tries `attempt` until it says that the machine was quick enough for its result to mean something.
fn until_conclusive(attempt: impl Fn() -> bool) {
    assert!((0..10).any(|_| attempt()), "the machine is too busy");
}

#[test]
fn a_held_line_runs_at_a_second_enter_that_comes_late_enough() {
    for (mode, vi, before_enter, reports) in [
        (LIVE, false, "", true),
        (BLOCKING, false, "", true),
        (LIVE, true, "", true),
        (LIVE, true, "Escape", true),
        (BLOCKING, false, "", false),
    ] {
        until_conclusive(|| {
            // Without the terminal's report, as in fish 4, time alone protects.
            let rc = if reports { String::new() } else { "set -g _GPTOS_REPORTS 0".to_owned() };
            let s = ruled(Ruling::Hold("high", REASON), Setup { before: mode.to_owned(), vi, rc, ..Setup::default() });
            s.suggest();
            if !before_enter.is_empty() {
                s.t.key(before_enter);
            }
            read_the_line();
            let pressed = Instant::now();
            s.t.key("Enter");
            s.wait_until_held();
            thread::sleep(Duration::from_millis(350).saturating_sub(pressed.elapsed()));
            s.t.key("Enter");
            let conclusive = pressed.elapsed() < Duration::from_millis(600);
            if conclusive {
                assert_eq!(s.t.buffer(), LINE);
                assert!(!s.ran());
                s.confirm();
                s.t.wait_for_prompt(2);
                assert!(s.ran());
                assert_eq!(s.fake.judged(), [LINE], "the second Enter asks nobody");
                assert_eq!(s.fake.guard_calls(), ["guard fish"]);
                let screen = s.t.screen();
                assert!(screen.ends_with(&format!("[1]> {LINE}\n[2]>")), "{screen}");
            }
            conclusive
        });
    }
}

/// The order of the keys decides: an Enter typed before the reason was there does not count, however late fish comes to it.
#[test]
fn an_enter_typed_before_the_reason_runs_nothing() {
    for vi in [false, true] {
        let rc = "function slow_key; sleep 1.1; end; for mode in default insert; bind -M $mode \\ct slow_key; end".to_owned();
        let s = ruled(Ruling::Hold("high", REASON), Setup { before: BLOCKING.to_owned(), vi, rc, ..Setup::default() });
        s.suggest();
        read_the_line();
        s.t.keys(&["Enter", "C-t", "Enter", "C-j"]);
        s.wait_until_held();
        s.expect(LINE);
        assert!(!s.ran());
        s.confirm();
        s.wait_until_run();
    }
}

#[test]
fn a_held_down_enter_runs_nothing() {
    // From the first Enter on a line that was read, also with a slow repetition, and from one that comes too early already.
    for (first, interval, judged) in [(400, 30, 1), (400, 150, 1), (0, 30, 0)] {
        until_conclusive(|| {
            let s = holding(LIVE);
            s.suggest();
            thread::sleep(Duration::from_millis(first));
            let (start, mut last, mut longest) = (Instant::now(), Instant::now(), Duration::ZERO);
            while start.elapsed() < Duration::from_millis(1800) {
                s.t.key("Enter");
                longest = longest.max(last.elapsed());
                last = Instant::now();
                thread::sleep(Duration::from_millis(interval));
            }
            let conclusive = longest < Duration::from_millis(interval + 60);
            if conclusive {
                assert_eq!(s.t.buffer(), LINE, "{longest:?}");
                assert!(!s.ran());
            }
            // A key held down from the start is not a first Enter; but a shell that had to wait for the processor takes the gap
            // for a pause.
            let count = s.fake.judged().len();
            assert!(!conclusive || count == judged || first == 0, "{count} times judged");
            conclusive && count == judged
        });
    }
}

#[test]
fn an_edited_line_is_judged_anew() {
    let s = holding(LIVE);
    s.suggest_and_enter();
    s.wait_until_held();
    s.t.type_text("s");
    s.confirm();
    s.wait_until_judged(2);
    s.expect("touch markers");
    s.t.key("BSpace");
    s.confirm();
    s.wait_until_judged(3);
    s.expect(LINE);
    assert!(!s.ran() && !s.t.dir().join("cwd/markers").exists());
    assert_eq!(s.fake.judged(), [LINE, "touch markers", LINE]);
    s.confirm();
    s.wait_until_run();
}

#[test]
fn ctrl_c_forgets_the_held_line() {
    let s = holding("set -g GPTOS_GUARD all");
    s.suggest_and_enter();
    s.wait_until_held();
    s.clear();
    s.t.type_text(LINE);
    s.confirm();
    s.wait_until_judged(2);
    s.wait_until_held();
    assert!(!s.ran());
    s.confirm();
    s.wait_until_run();
}

#[test]
fn the_option_says_which_lines_are_judged() {
    // The user's own line, with nothing suggested; his words given back; a suggestion.
    let s = holding(LIVE);
    s.enter("touch own");
    s.t.wait_for_prompt(2);
    s.ask("touch words");
    s.expect(LINE);
    s.t.key("C-g");
    s.expect("touch words");
    read_the_line();
    s.t.key("Enter");
    s.t.wait_for_prompt(3);
    assert_eq!(s.fake.judged(), Vec::<String>::new());

    let s = holding("set -g GPTOS_GUARD off");
    s.suggest_and_enter();
    s.wait_until_run();
    assert_eq!(s.fake.judged(), Vec::<String>::new());

    let s = holding("set -g GPTOS_GUARD all");
    s.enter(LINE);
    s.wait_until_held();
    s.confirm();
    s.t.wait_for_prompt(2);
    s.enter("  ");
    s.t.wait_until_idle();
    s.t.key("C-u");
    s.enter("echo fine");
    s.t.wait_for_screen("\nfine\n");
    assert_eq!(s.fake.judged(), [LINE, "echo fine"]);
}

#[test]
fn an_unfilled_placeholder_never_runs() {
    let s = Scene::new(LIVE, |fake, _| {
        fake.answer_after(NOW, &[("touch <name>", NOTE)]).ruling("<name>", Ruling::Stop("<name> is to be filled in"))
    });
    s.ask("make a file");
    s.expect("touch <name>");
    for round in 1..=3 {
        s.confirm();
        s.wait_until_judged(round);
        s.expect("touch <name>");
    }
    s.t.wait_for_screen("gptos: <name> is to be filled in\n[1]> touch <name>");
    for _ in "<name>".chars() {
        s.t.key("BSpace");
    }
    s.t.type_text("marker");
    s.confirm();
    s.wait_until_run();
}

#[test]
fn a_line_that_can_not_be_judged_runs_with_a_remark() {
    let unchecked = "gptos: the line was not checked (gptos gave no answer)\n";
    for (ruling, remark) in [
        (Ruling::Message("too long to be judged"), "gptos: too long to be judged\n"),
        (Ruling::Crash, unchecked),
        (Ruling::Raw(b""), unchecked),
        (Ruling::Raw(b"no protocol here\n"), unchecked),
        (Ruling::Raw(b"hold\0high\0cut"), unchecked),
        (Ruling::Raw(b"hold\0high\0no end\0"), unchecked),
        (Ruling::Raw(b"run\0\0\0end\x000\0\0"), unchecked),
        (Ruling::Raw(b"\xff\0\x1b[2J\0\0\0\0\0\0"), unchecked),
    ] {
        let s = ruled(ruling.clone(), Setup { before: LIVE.to_owned(), ..Setup::default() });
        s.suggest_and_enter();
        s.t.wait_for_prompt(2);
        assert!(s.ran(), "{ruling:?}");
        let screen = s.t.screen();
        assert!(screen.contains(&format!("{remark}[1]> {LINE}\n[2]>")), "{ruling:?}:\n{screen}");
    }
}

#[test]
fn a_judge_that_hangs_or_is_gone_does_not_hold_the_line() {
    let s = ruled(Ruling::Hang, Setup { before: "set -g GPTOS_GUARD_MS 100".to_owned(), ..Setup::default() });
    s.suggest_and_enter();
    s.t.wait_for_prompt(2);
    assert!(s.ran() && s.t.screen().contains("gptos: the line was not checked"), "{}", s.t.screen());
    for pid in s.fake.guard_pids() {
        s.t.wait_for(|| (!is_alive(pid)).then_some(()), "the judge to end");
    }
    let s = holding(LIVE);
    s.suggest();
    fs::remove_file(s.dir.path().join("fake-gptos/gptos")).unwrap();
    read_the_line();
    s.t.key("Enter");
    s.t.wait_for_prompt(2);
    assert!(s.ran() && s.t.screen().contains("gptos: the line was not checked ("), "{}", s.t.screen());
}

#[test]
fn ctrl_c_while_the_line_is_judged_runs_nothing() {
    // With a handler of the user's fish goes on in the middle of a function.
    for rc in ["", "function mine --on-signal SIGINT; end"] {
        let before = "set -g GPTOS_GUARD_MS 1500".to_owned();
        let s = ruled(Ruling::Hang, Setup { before, rc: rc.to_owned(), ..Setup::default() });
        s.suggest_and_enter();
        let judge = s.t.wait_for(|| s.fake.guard_pids().first().copied(), "the judge");
        s.t.key("C-c");
        s.t.wait_for(|| (!is_alive(judge)).then_some(()), "the judge to end");
        s.t.wait_until_idle();
        s.t.wait_for_screen("gptos: cancelled\n");
        s.expect(LINE);
        assert!(!s.ran() && s.t.prompt_number() == 1, "{}", s.t.screen());
        s.t.key("C-u");
        read_the_line();
        s.enter("echo sa'ne'");
        s.t.wait_for_screen("\nsane\n");
    }
}

#[test]
fn lines_of_several_rows_are_judged_whole_and_only_when_they_are_complete() {
    let s = holding("set -g GPTOS_GUARD all");
    s.enter("for i in 1 2");
    s.t.type_text("touch marker");
    s.t.key("M-Enter");
    s.enter("end");
    s.t.wait_for_screen("gptos: Enter again runs it");
    assert!(!s.ran());
    s.confirm();
    s.t.wait_for_prompt(2);
    assert!(s.ran());
    s.enter("read -P 'value: ' answer");
    s.t.wait_for_screen("\nvalue:");
    s.t.wait_until_idle();
    s.enter("touch b");
    s.t.wait_for_prompt(3);
    let judged = s.fake.judged();
    assert_eq!(judged.len(), 2, "{judged:?}");
    let rows: Vec<&str> = judged[0].lines().map(str::trim).collect();
    assert_eq!((rows, judged[1].as_str()), (vec!["for i in 1 2", "touch marker", "end"], "read -P 'value: ' answer"));
}

#[test]
fn the_pager_the_history_and_the_status_are_what_they_would_be_without_the_guard() {
    let s = holding("set -g GPTOS_GUARD all");
    s.suggest_and_enter();
    s.wait_until_held();
    s.confirm();
    s.t.wait_for_prompt(2);
    s.t.key("Up");
    s.expect(LINE);
    s.t.key("C-u");
    s.enter("sh -c 'exit 3'");
    s.t.wait_for_prompt(3);
    s.enter("echo \"status $status\"");
    s.t.wait_for_screen("\nstatus 3\n");
    s.t.wait_for_prompt(4);
    for name in ["pick-a", "pick-b"] {
        fs::write(s.marker(name), "").unwrap();
    }
    let judged = s.fake.judged().len();
    s.t.type_text(&format!("touch {}/pick", s.dir.path().display()));
    s.t.keys(&["Tab", "Tab"]);
    s.t.wait_for_screen("pick-b");
    s.t.key("Enter");
    s.t.wait_for_buffer(|buffer| buffer.trim_end().ends_with("pick-a") || buffer.trim_end().ends_with("pick-b"));
    assert_eq!(s.fake.judged().len(), judged, "an Enter in the pager runs nothing");
    s.t.key("Enter");
    s.wait_until_held();
    s.clear();
    // The history pager: Enter puts the line found into the buffer.
    let judged = s.fake.judged().len();
    s.t.type_text("touch");
    s.t.key("C-r");
    s.t.wait_for_screen("search: touch");
    s.t.wait_until_idle();
    s.t.key("Enter");
    s.expect(LINE);
    assert_eq!(s.fake.judged().len(), judged);
    s.clear();
    // A search in the history: Enter takes the line found and runs it.
    s.t.type_text("marke");
    s.t.key("Up");
    s.expect(LINE);
    s.t.key("Enter");
    s.wait_until_held();
    s.confirm();
    s.t.wait_for_prompt(5);
}

#[test]
fn a_line_that_passes_runs_at_once_and_without_a_word() {
    let s = ruled(Ruling::Pass("medium"), Setup { before: LIVE.to_owned(), ..Setup::default() });
    s.suggest_and_enter();
    s.t.wait_for_prompt(2);
    assert!(s.ran());
    assert_eq!(s.t.screen(), format!("● {NOTE}\n[1]> {LINE}\n[2]>"));
}

#[test]
fn a_suggestion_left_and_come_back_to_is_judged_anew() {
    let s = holding(LIVE);
    s.suggest_and_enter();
    s.wait_until_held();
    for wanted in ["make a file", LINE] {
        s.t.key("C-g");
        s.expect(wanted);
    }
    s.confirm();
    s.wait_until_judged(2);
    s.wait_until_held();
    assert!(!s.ran());
}

#[test]
fn fuzzy_finder_key_bindings_change_nothing() {
    for vi in [false, true] {
        let rc = "source /usr/share/doc/fzf/examples/key-bindings.fish; and fzf_key_bindings; or echo MISSING".to_owned();
        let s = ruled(Ruling::Hold("high", REASON), Setup { vi, rc, ..Setup::default() });
        s.suggest_and_enter();
        s.wait_until_held();
        s.confirm();
        s.t.wait_for_prompt(2);
        assert!(s.ran() && !s.t.screen().contains("MISSING"), "{}", s.t.screen());
    }
}

#[test]
fn a_long_reason_is_shown_in_several_rows() {
    let long = "risk critical: deletes the whole home directory and everything below it, which can not be undone";
    let setup = Setup { columns: 40, before: LIVE.to_owned(), ..Setup::default() };
    let s = ruled(Ruling::Hold("critical", long), setup);
    s.suggest_and_enter();
    let screen = s.t.wait_for_screen("Enter again runs it");
    let wanted = "gptos: risk critical: deletes the whole\n home directory and everything below it\n, which can not be undone\ngptos: Enter again runs it\n[1]> touch marker";
    assert!(screen.ends_with(wanted), "{screen}");
    // Fewer rows leave nothing behind.
    s.t.key("C-u");
    s.t.key("C-g");
    s.t.wait_for_screen_without("risk critical");
    assert_eq!(s.t.screen(), "gptos: type what you want, for example…\n[1]>");
}

#[test]
fn the_helper_is_told_names_and_whether_the_line_is_private() {
    let rc = "function mine; end; function _mine; end; function 'my mine'; end; abbr -a gg 'git grep'; abbr -a -- -x y".to_owned();
    let s = Scene::with(Setup { before: BLOCKING.to_owned(), rc, ..Setup::default() }, |fake: FakeHelper, _| {
        fake.answer_after(NOW, &[("echo answer", NOTE)])
    });
    s.t.type_text(" ?? say it");
    s.t.key("Enter");
    s.expect("echo answer");
    read_the_line();
    s.t.key("Enter");
    s.t.wait_for_prompt(2);
    assert_eq!(s.fake.queries(), [" say it"]);
    assert_eq!(s.fake.options(), [""]);
    let names = &s.fake.names()[0];
    let names: Vec<&str> = names.split_whitespace().collect();
    assert!(["mine", "gg", "ls"].iter().all(|name| names.contains(name)), "{names:?}");
    assert!(names.iter().all(|name| !name.is_empty() && !name.starts_with(['_', '-'])), "{names:?}");
    s.enter("true");
    s.t.wait_for_prompt(3);
    assert_eq!(s.fake.ran(), []);
}
