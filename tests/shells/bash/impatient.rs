//! Enter pressed before anyone can have read the command runs nothing; pressed after that it runs the line.

use std::fs;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::*;

/// The promise covers an Enter up to this long after the answer.
const UNREAD: Duration = Duration::from_millis(200);
/// An Enter that a busy machine delivered later than this proves nothing and is tried again.
const TOO_LATE: Duration = Duration::from_millis(240);
/// How many moments are tried for each delay of the answer.
const MOMENTS: &str = "GPTOS_TEST_MOMENTS";

#[test]
fn three_enters_after_the_key_run_nothing_blocking() {
    three_enters_run_nothing(Setup::default(), "say it", "C-g");
}

#[test]
fn three_enters_after_question_marks_run_nothing_blocking() {
    three_enters_run_nothing(Setup::default(), "?? say it", "Enter");
}

#[test]
fn three_enters_after_the_key_run_nothing_async() {
    three_enters_run_nothing(asynchronous(), "say it", "C-g");
}

#[test]
fn three_enters_after_question_marks_run_nothing_async() {
    three_enters_run_nothing(asynchronous(), "?? say it", "Enter");
}

fn three_enters_run_nothing(setup: Setup, text: &str, key: &str) {
    let moments: u32 = std::env::var(MOMENTS).ok().and_then(|count| count.parse().ok()).unwrap_or(6);
    for delay in [0, 100, 400].map(Duration::from_millis) {
        let bench = Bench::answering(delay, "echo ran >>marker", setup.clone());
        let whole = delay + Duration::from_millis(20) + UNREAD;
        for moment in 0..moments {
            let at = whole * moment / moments.max(2).saturating_sub(1);
            let conclusive = (0..20).any(|_| one_moment(&bench, text, key, at, whole - UNREAD));
            assert!(conclusive, "the machine is too busy to press Enter within {TOO_LATE:?}");
        }
        // The same line, once it can have been read.
        bench.t.wait_until_idle();
        let prompt = bench.t.prompt_number();
        bench.type_and_press(text, key);
        bench.expect_buffer("echo ran >>marker");
        bench.read_and_enter();
        bench.t.wait_for_prompt(prompt + 1);
        assert_eq!(fs::read_to_string(bench.t.dir().join("cwd/marker")).unwrap_or_default(), "ran\n");
    }
}

/// Asks, and presses Enter three times `at` after that; moments beyond `answer` are counted from the real answer. False if the
/// machine was too slow for the result to mean anything.
fn one_moment(bench: &Bench, text: &str, key: &str, at: Duration, answer: Duration) -> bool {
    let t = &bench.t;
    let marker = t.dir().join("cwd/marker");
    let answers = bench.helper.answered_at().len();
    t.wait_until_idle();
    let prompt = t.prompt_number();
    t.type_text(text);
    assert_eq!(t.buffer(), text);
    let answered = || bench.helper.answered_at().get(answers).copied();
    if at.is_zero() {
        t.keys(&[key, "Enter", "Enter", "Enter"]);
    } else {
        let asked = Instant::now();
        t.key(key);
        if at > answer {
            t.wait_for(answered, "the answer");
            thread::sleep(at - answer);
        } else {
            thread::sleep(at.saturating_sub(asked.elapsed()));
        }
        t.keys(&["Enter", "Enter", "Enter"]);
    }
    let pressed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let answered = t.wait_for(answered, "the answer");
    let conclusive = pressed.saturating_sub(answered) < TOO_LATE.as_nanos();
    t.wait_for_buffer(|buffer| buffer != text);
    let (ran, buffer) = (marker.exists(), t.buffer());
    if conclusive {
        assert!(!ran, "an Enter {at:?} after {key} (answer due at {answer:?}) ran an unread command:\n{}", t.screen());
        assert_eq!(buffer, "echo ran >>marker", "Enter {at:?} after {key}:\n{}", t.screen());
        bench.expect_prompt(prompt);
    } else {
        // Too late: the line may rightly have run. Begin again in the same shell.
        let _ = fs::remove_file(&marker);
    }
    t.key("C-u");
    t.wait_for_buffer(str::is_empty);
    conclusive
}

#[test]
fn an_enter_while_waiting_says_that_it_waits() {
    for setup in [Setup::default(), asynchronous()] {
        let bench = Bench::answering(Duration::from_millis(1500), "touch marker", setup);
        bench.type_and_press("?? list files", "Enter");
        bench.t.wait_for_screen("asking");
        bench.t.key("Enter");
        bench.t.wait_for_screen("waiting, Ctrl-C cancels");
        bench.expect_buffer("touch marker");
        assert!(!bench.t.dir().join("cwd/marker").exists());
    }
}

#[test]
fn an_early_enter_says_what_to_do_once() {
    let bench = Bench::answering(NOW, "touch marker", with("GPTOS_ENTER_GUARD_MS=5000"));
    bench.type_and_press("list files", "C-g");
    bench.expect_buffer("touch marker");
    bench.t.keys(&["Enter", "Enter"]);
    assert_eq!(bench.t.buffer(), "touch marker");
    assert_eq!(bench.t.screen().matches("gptos: too early, press Enter again to run it").count(), 1, "{}", bench.t.screen());
    assert!(!bench.t.dir().join("cwd/marker").exists());
}

#[test]
fn an_enter_meant_for_an_answer_that_fails_does_not_run_the_words() {
    for setup in [Setup::default(), asynchronous()] {
        for script in [|helper: FakeHelper| helper.crash_after(NOW), |helper: FakeHelper| helper.message_after(SOON, "no")] {
            let before = format!("{}\nGPTOS_ENTER_GUARD_MS=5000", setup.before);
            let bench = Bench::new(script, Setup { before, ..setup.clone() });
            bench.t.type_text("touch marker");
            bench.t.keys(&["C-g", "Enter", "Enter", "Enter"]);
            bench.t.wait_for_screen("gptos: no");
            bench.t.key("Enter");
            assert_eq!(bench.t.buffer(), "touch marker");
            bench.expect_prompt(1);
            assert!(!bench.t.dir().join("cwd/marker").exists());
        }
    }
}

/// Not a matter of time: what was typed before the command was there is known to be older than it.
#[test]
fn enters_before_the_answer_run_nothing_even_without_the_guard() {
    for mode in ["GPTOS_ASYNC=0", "GPTOS_ASYNC=0 GPTOS_PROGRESS_MS=15000", "GPTOS_ASYNC=1"] {
        for (text, key) in [("list files", "C-g"), ("?? list files", "Enter")] {
            let bench = Bench::answering(SOON, "touch marker", with(&format!("{mode} GPTOS_ENTER_GUARD_MS=0")));
            bench.t.type_text(text);
            bench.t.keys(&[key, "Enter", "C-j", "Enter"]);
            bench.wait_for_helper();
            bench.t.keys(&["Enter", "C-j", "Enter"]);
            bench.expect_buffer("touch marker");
            bench.expect_prompt(1);
            assert!(!bench.t.dir().join("cwd/marker").exists());
            bench.t.key("Enter");
            bench.t.wait_for_prompt(2);
        }
    }
}

#[test]
fn ctrl_o_typed_while_waiting_accepts_nothing() {
    let bench = Bench::answering(SOON, "touch marker", Setup::default());
    bench.type_and_press("list files", "C-g");
    bench.wait_for_helper();
    bench.t.keys(&["C-o"]);
    bench.expect_buffer("touch marker");
    bench.expect_prompt(1);
    assert!(!bench.t.dir().join("cwd/marker").exists());
}
