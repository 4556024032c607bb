//! The guard at Enter: a line that came from a suggestion is judged, a dangerous one needs a second Enter that someone meant.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::*;

const REASON: &str = "risk high: touches a file";
/// Longer than the second Enter has to wait.
const REASON_READ: Duration = Duration::from_millis(850);
/// A key that keeps bash busy for longer than that.
const SLOW_KEY: &str = "bind -x '\"\\C-t\": sleep 0.9'";

/// `touch marker` is the answer to everything, and held.
fn holding(setup: Setup) -> Bench {
    ruled(Ruling::Hold("high", REASON), setup)
}

fn ruled(ruling: Ruling, setup: Setup) -> Bench {
    Bench::new(|helper| helper.answer_after(NOW, &[("touch marker", NOTE)]).ruling("touch", ruling), setup)
}

fn all() -> Setup {
    with("GPTOS_GUARD=all")
}

impl Bench {
    fn suggest(&self) {
        self.type_and_press("make a file", "C-g");
        self.expect_buffer("touch marker");
    }

    /// A suggestion, and the first Enter on it.
    fn suggest_and_enter(&self) {
        self.suggest();
        self.read_and_enter();
    }

    fn wait_until_held(&self, times: usize) {
        self.t.wait_for(|| (self.t.screen().matches("gptos: Enter again runs it").count() == times).then_some(()), "the line to be held");
        self.t.wait_until_idle();
        assert!(self.t.screen().contains(&format!("gptos: {REASON}\n")), "{}", self.t.screen());
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
}

/// Tries `attempt` until it says that the machine was quick enough for its result to mean something.
fn until_conclusive(attempt: impl Fn() -> bool) {
    assert!((0..10).any(|_| attempt()), "the machine is too busy");
}

#[test]
fn a_held_line_runs_at_a_second_enter_that_comes_late_enough() {
    for (setup, before_enter) in [(Setup::default(), ""), (vi(), ""), (vi(), "Escape"), (asynchronous(), "")] {
        until_conclusive(|| {
            let bench = holding(setup.clone());
            bench.suggest();
            if !before_enter.is_empty() {
                bench.t.key(before_enter);
            }
            thread::sleep(READ_TIME);
            let pressed = Instant::now();
            bench.t.key("Enter");
            bench.wait_until_held(1);
            bench.t.key("Enter");
            let conclusive = pressed.elapsed() < Duration::from_millis(600);
            if conclusive {
                assert_eq!(bench.t.buffer(), "touch marker");
                assert!(!bench.ran());
                bench.expect_prompt(1);
                bench.t.wait_for_screen("gptos: too early, press Enter again to run it");
                bench.confirm();
                bench.t.wait_for_prompt(2);
                assert!(bench.ran());
                assert_eq!(bench.helper.judged(), ["touch marker"], "the second Enter asks nobody");
                assert_eq!(bench.helper.guard_calls(), ["guard bash"]);
            }
            conclusive
        });
    }
}

/// The order of the keys decides: an Enter typed before the reason was there does not count, however late bash comes to it.
#[test]
fn an_enter_typed_before_the_reason_runs_nothing() {
    for setup in [Setup::default(), vi()] {
        let bench = holding(Setup { rc: format!("{SLOW_KEY}; set -o {}", if setup.vi { "vi" } else { "emacs" }), ..setup });
        bench.suggest();
        thread::sleep(READ_TIME);
        bench.t.keys(&["Enter", "C-t", "Enter", "C-j"]);
        bench.wait_until_held(1);
        assert_eq!(bench.t.buffer(), "touch marker");
        bench.expect_prompt(1);
        assert!(!bench.ran());
        bench.confirm();
        bench.wait_until_run();
    }
}

/// The time to read the reason counts from where it is drawn, however long the judge thought.
#[test]
fn a_slow_judge_leaves_no_less_time_to_read() {
    until_conclusive(|| {
        let slow = "__gptos_load; __gptos_print_verdict() { sleep 1; printf 'hold %s' 'the reason'; }";
        let bench = Bench::answering(NOW, "touch marker", Setup { rc: slow.to_owned(), ..Setup::default() });
        bench.suggest_and_enter();
        bench.t.wait_for_screen("gptos: Enter again runs it");
        let told = Instant::now();
        bench.t.key("Enter");
        bench.t.wait_until_idle();
        let is_conclusive = told.elapsed() < Duration::from_millis(600);
        assert!(!is_conclusive || !bench.ran());
        is_conclusive
    });
}

#[test]
fn a_held_down_enter_runs_nothing() {
    for interval in [30, 150] {
        until_conclusive(|| {
            let bench = holding(Setup::default());
            bench.suggest();
            thread::sleep(READ_TIME);
            let (start, mut last, mut longest) = (Instant::now(), Instant::now(), Duration::ZERO);
            while start.elapsed() < Duration::from_millis(1800) {
                bench.t.key("Enter");
                longest = longest.max(last.elapsed());
                last = Instant::now();
                thread::sleep(Duration::from_millis(interval));
            }
            let conclusive = longest < Duration::from_millis(interval + 60);
            if conclusive {
                assert_eq!(bench.t.buffer(), "touch marker", "{longest:?}");
                assert!(!bench.ran());
                assert_eq!(bench.t.screen().matches("too early").count(), 1, "{}", bench.t.screen());
                bench.confirm();
                bench.wait_until_run();
            }
            conclusive
        });
    }
}

#[test]
fn an_edited_line_is_judged_anew() {
    let bench = holding(with("shopt -s nocasematch"));
    bench.suggest_and_enter();
    bench.wait_until_held(1);
    bench.t.key("BSpace");
    bench.t.type_text("R");
    bench.confirm();
    bench.wait_until_held(2);
    assert_eq!(bench.t.buffer(), "touch markeR");
    bench.t.key("BSpace");
    bench.t.type_text("r");
    bench.confirm();
    bench.wait_until_held(3);
    assert!(!bench.ran() && !bench.t.dir().join("cwd/markeR").exists());
    assert_eq!(bench.helper.judged(), ["touch marker", "touch markeR", "touch marker"]);
    bench.confirm();
    bench.wait_until_run();
}

#[test]
fn ctrl_c_forgets_the_held_line() {
    let bench = holding(all());
    bench.suggest_and_enter();
    bench.wait_until_held(1);
    bench.t.key("C-c");
    bench.t.wait_for_prompt(2);
    assert_eq!(bench.t.buffer(), "");
    bench.t.type_text("touch marker");
    bench.confirm();
    bench.wait_until_held(2);
    assert!(!bench.ran());
    bench.t.key("C-u");
    bench.assert_sane();
}

#[test]
fn the_option_says_which_lines_are_judged() {
    // The user's own line, with nothing suggested; his words given back; a suggestion.
    let bench = holding(Setup::default());
    bench.type_and_press("touch own", "Enter");
    bench.t.wait_for_prompt(2);
    bench.type_and_press("touch words", "C-g");
    bench.expect_buffer("touch marker");
    bench.t.key("C-g");
    bench.expect_buffer("touch words");
    bench.read_and_enter();
    bench.t.wait_for_prompt(3);
    assert_eq!(bench.helper.judged(), Vec::<String>::new());

    let bench = holding(with("GPTOS_GUARD=off"));
    bench.suggest_and_enter();
    bench.t.wait_for_prompt(2);
    assert!(bench.ran());
    assert_eq!(bench.helper.judged(), Vec::<String>::new());

    let bench = holding(all());
    bench.type_and_press("touch marker", "Enter");
    bench.wait_until_held(1);
    bench.confirm();
    bench.t.wait_for_prompt(2);
    bench.type_and_press("  ", "Enter");
    bench.t.wait_for_prompt(3);
    bench.type_and_press("echo fine", "Enter");
    bench.t.wait_for_prompt(4);
    assert_eq!(bench.helper.judged(), ["touch marker", "echo fine"]);
}

#[test]
fn an_unfilled_placeholder_never_runs() {
    for setup in [Setup::default(), vi()] {
        let script = |helper: FakeHelper| {
            helper.answer_after(NOW, &[("touch <name>", NOTE)]).ruling("<name>", Ruling::Stop("<name> is to be filled in"))
        };
        let bench = Bench::new(script, setup);
        bench.type_and_press("make a file", "C-g");
        bench.expect_buffer("touch <name>");
        for round in 1..=3 {
            bench.confirm();
            bench.t.wait_for(|| (bench.helper.judged().len() == round).then_some(()), "the line to be judged");
            assert_eq!(bench.t.buffer(), "touch <name>");
        }
        assert_eq!(bench.t.screen().matches("gptos: <name> is to be filled in\n").count(), 1, "{}", bench.t.screen());
        bench.expect_prompt(1);
        for _ in "<name>".chars() {
            bench.t.key("BSpace");
        }
        bench.t.type_text("marker");
        bench.confirm();
        bench.wait_until_run();
    }
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
        let bench = ruled(ruling.clone(), Setup::default());
        bench.suggest_and_enter();
        bench.t.wait_for_prompt(2);
        assert!(bench.ran(), "{ruling:?}");
        assert!(bench.t.screen().contains(remark), "{ruling:?}:\n{}", bench.t.screen());
    }
}

#[test]
fn a_judge_that_hangs_or_is_gone_does_not_hold_the_line() {
    let bench = ruled(Ruling::Hang, with("GPTOS_GUARD_MS=100"));
    bench.suggest_and_enter();
    bench.t.wait_for_prompt(2);
    assert!(bench.ran() && bench.t.screen().contains("gptos: the line was not checked"), "{}", bench.t.screen());
    for pid in bench.helper.guard_pids() {
        bench.t.wait_for(|| (!terminal::is_alive(pid)).then_some(()), "the judge to end");
    }
    let bench = holding(Setup::default());
    bench.suggest();
    fs::remove_file(bench.dir.path().join("fake-gptos/gptos")).unwrap();
    bench.read_and_enter();
    bench.t.wait_for_prompt(2);
    assert!(bench.ran() && bench.t.screen().contains("gptos: the line was not checked (GPTOS_BIN not found: "), "{}", bench.t.screen());
}

#[test]
fn ctrl_c_while_the_line_is_judged_runs_nothing() {
    for (rc, stays) in [("", false), ("trap 'echo mine' INT", true)] {
        let bench = ruled(Ruling::Hang, Setup { rc: rc.to_owned(), ..Setup::default() });
        bench.suggest_and_enter();
        let judge = bench.t.wait_for(|| bench.helper.guard_pids().first().copied(), "the judge");
        bench.t.key("C-c");
        bench.t.wait_for(|| (!terminal::is_alive(judge)).then_some(()), "the judge to end");
        bench.expect_buffer(if stays { "touch marker" } else { "" });
        assert!(!bench.ran());
        bench.t.key("C-u");
        bench.expect_buffer("");
        thread::sleep(READ_TIME);
        bench.type_and_press("echo sa'ne'", "Enter");
        bench.t.wait_for_screen("\nsane\n");
    }
}

#[test]
fn lines_of_several_rows_are_judged_whole_and_continuations_are_not_ours() {
    let bench = holding(all());
    bench.t.type_text("touch marker");
    bench.t.keys(&["C-v", "C-j"]);
    bench.type_and_press("echo two", "Enter");
    bench.wait_until_held(1);
    bench.confirm();
    bench.t.wait_for_prompt(2);
    assert!(bench.ran());
    for line in ["cat <<end", "touch a", "end", "read -e line", "touch b", "echo 'c", "touch d'"] {
        bench.t.wait_until_idle();
        bench.type_and_press(line, "Enter");
    }
    bench.t.wait_for_prompt(5);
    assert_eq!(bench.helper.judged(), ["touch marker\necho two", "cat <<end", "read -e line", "echo 'c"]);
}

#[test]
fn history_status_and_jobs_are_what_they_would_be_without_the_guard() {
    let bench = holding(all());
    bench.suggest_and_enter();
    bench.wait_until_held(1);
    bench.confirm();
    bench.t.wait_for_prompt(2);
    for wanted in ["touch marker", "make a file"] {
        bench.t.key("Up");
        bench.expect_buffer(wanted);
    }
    bench.t.keys(&["Down", "Down"]);
    let mut prompt = 2;
    for line in ["sleep 30 & first=$!", "(exit 3)", "echo \"status $?\"", "[ \"$!\" = \"$first\" ] && echo same; kill $!"] {
        bench.type_and_press(line, "Enter");
        prompt += 1;
        bench.t.wait_for_prompt(prompt);
    }
    let screen = bench.t.wait_for_screen("\nsame\n");
    assert!(screen.contains("\nstatus 3\n"), "{screen}");
}

#[test]
fn ctrl_o_is_an_enter_unless_the_user_has_bound_it() {
    let bench = holding(Setup::default());
    for line in ["echo one", "echo two"] {
        bench.type_and_press(line, "Enter");
    }
    bench.t.wait_for_prompt(3);
    bench.t.keys(&["Up", "Up", "C-o"]);
    bench.expect_buffer("echo two");
    bench.t.key("C-u");
    bench.suggest();
    thread::sleep(READ_TIME);
    bench.t.key("C-o");
    bench.wait_until_held(1);
    assert!(!bench.ran());
    thread::sleep(REASON_READ);
    bench.t.key("C-o");
    bench.wait_until_run();

    let bench = holding(with("bind '\"\\C-o\": \"mine\"'"));
    bench.t.key("C-o");
    bench.expect_buffer("mine");
}

#[test]
fn a_line_that_passes_runs_at_once_and_without_a_word() {
    let bench = ruled(Ruling::Pass("medium"), Setup::default());
    bench.suggest_and_enter();
    bench.t.wait_for_prompt(2);
    assert!(bench.ran());
    bench.expect_screen(&format!("● {NOTE}\n[1]> touch marker\n[2]>"));
}

#[test]
fn a_suggestion_left_and_come_back_to_is_judged_anew() {
    let bench = holding(Setup::default());
    bench.suggest_and_enter();
    bench.wait_until_held(1);
    for wanted in ["make a file", "touch marker"] {
        bench.t.key("C-g");
        bench.expect_buffer(wanted);
    }
    assert!(!bench.t.screen().contains(REASON), "{}", bench.t.screen());
    bench.confirm();
    bench.wait_until_held(1);
    assert!(!bench.ran());
}

#[test]
fn fuzzy_finder_key_bindings_before_and_after_change_nothing() {
    let fzf = "source /usr/share/doc/fzf/examples/key-bindings.bash || echo MISSING";
    for (before, rc) in [(fzf, ""), ("", fzf)] {
        for vi in [false, true] {
            let bench = holding(Setup { vi, before: before.into(), rc: rc.into(), ..Setup::default() });
            bench.suggest_and_enter();
            bench.wait_until_held(1);
            bench.confirm();
            bench.t.wait_for_prompt(2);
            assert!(bench.ran() && !bench.t.screen().contains("MISSING"), "{}", bench.t.screen());
        }
    }
}

#[test]
fn strict_shells_are_guarded_too() {
    let strict = "set -e -u -o pipefail -o posix -o noclobber; IFS=0; shopt -s failglob nullglob; alias exec=false local=false";
    let setup = Setup { before: "PROMPT_COMMAND=__test_precmd".into(), rc: strict.into(), ..Setup::default() };
    for all in ["suggested", "all"] {
        let bench = holding(Setup { rc: format!("{strict}; GPTOS_GUARD={all}"), ..setup.clone() });
        bench.suggest_and_enter();
        bench.wait_until_held(1);
        bench.confirm();
        bench.wait_until_run();
    }
}

#[test]
fn the_helper_is_told_names_options_and_whether_the_line_is_private() {
    let rc = "f() { :; }; _f() { :; }; -f() { :; }; g.h:i+j() { :; }; alias ll='ls -l' '@x=1'; shopt -u interactive_comments; HISTCONTROL=ignorespace";
    let bench = Bench::answering(NOW, "echo answer", Setup { rc: rc.into(), ..Setup::default() });
    bench.type_and_press(" ?? say it", "Enter");
    bench.expect_buffer("echo answer");
    bench.read_and_enter();
    bench.t.wait_for_prompt(2);
    bench.t.key("Up");
    bench.expect_buffer("echo answer");
    bench.t.key("Up");
    bench.expect_buffer("echo answer");
    assert_eq!(bench.helper.queries(), [" say it"]);
    assert_eq!(bench.helper.options(), ["nocomments"]);
    let names = &bench.helper.names()[0];
    let names: Vec<&str> = names.split('\n').filter(|name| !name.is_empty()).collect();
    assert!(["f", "g.h:i+j", "ll"].iter().all(|name| names.contains(name)), "{names:?}");
    assert!(names.iter().all(|name| !name.starts_with(['_', '-'])), "{names:?}");
    bench.t.key("C-u");
    bench.assert_sane();
    assert_eq!(bench.helper.ran(), []);
}

const MANY: &str = "for __i in {1..3000}; do eval \"a_rather_long_name_of_a_function_$__i() { :; }\"; done";

#[test]
fn more_names_than_a_pipe_takes_arrive_whenever_they_came() {
    let arrived = |bench: &Bench| {
        let names = bench.helper.names().pop().unwrap();
        assert!(names.len() > 65536 && names.contains("_function_3000\n"), "{} bytes", names.len());
    };
    let early = Bench::answering(NOW, "echo answer", Setup { rc: MANY.into(), ..Setup::default() });
    early.type_and_press("?? say it", "C-g");
    early.expect_buffer("echo answer");
    arrived(&early);
    early.t.key("C-u");
    early.assert_sane();
    let late = Bench::answering(NOW, "echo answer", Setup::default());
    late.type_and_press("?? say it", "C-g");
    late.expect_buffer("echo answer");
    late.t.key("C-u");
    late.t.type_text(MANY);
    late.read_and_enter();
    late.t.wait_for_prompt(2);
    late.type_and_press("?? say it", "C-g");
    late.expect_buffer("echo answer");
    arrived(&late);
    late.t.key("C-u");
    late.assert_sane();
}
