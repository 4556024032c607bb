//! What this machine can offer by itself while a provider is awaited, at the live prompt and while the shell waits.

use std::thread;
use std::time::{Duration, Instant};

use super::terminal::is_alive;
use super::*;

const GUESS: &str = "guess · risk none";
/// After `asking openai` and the time.
const OFFER: &str = " s · Ctrl-G takes: touch guess (guess · risk none)";

fn both() -> [Setup; 2] {
    [waiting(), asynchronous()]
}

/// A candidate, and `answers` when the test says so.
fn offering(helper: FakeHelper, answers: &[(&str, &str)]) -> FakeHelper {
    helper.answer_after(NOW, answers).when_told().tick(NOW, 300, "openai").meanwhile(SOON, "touch guess", GUESS).tick(NOW, 2410, "openai")
}

fn offered(answers: &[(&str, &str)], setup: Setup) -> Bench {
    Bench::new(|helper| offering(helper, answers), setup)
}

impl Bench {
    fn ask(&self) {
        self.type_and_press("make a file", "C-g");
        self.t.wait_for_screen(OFFER);
    }

    /// Asks and takes what is offered.
    fn take(&self) {
        self.ask();
        self.t.key("C-g");
        self.expect_buffer("touch guess");
    }

    fn made(&self, name: &str) -> bool {
        self.t.dir().join("cwd").join(name).exists()
    }

    fn expect_end_of(&self, helper: usize) {
        self.t.wait_for(|| (!is_alive(self.helper.pids()[helper])).then_some(()), "the helper to end");
    }
}

#[test]
fn the_candidate_is_shown_taken_and_joined_by_the_answer() {
    for setup in [waiting(), asynchronous(), Setup { vi: true, ..waiting() }, Setup { vi: true, ..asynchronous() }] {
        let bench = offered(&[("touch answer", NOTE), ("touch guess", NOTE), ("touch other", NOTE)], setup);
        bench.ask();
        assert!(bench.t.screen().contains("gptos: asking openai "), "{}", bench.t.screen());
        bench.t.key("C-g");
        bench.expect_buffer("touch guess");
        assert_eq!(bench.t.cursor(), 11);
        bench.t.wait_for_screen("● guess · risk none");
        assert!(is_alive(bench.helper.pids()[0]), "the request must go on");
        bench.helper.tell();
        bench.t.wait_for_screen("gptos: the answer is here, Ctrl-G shows: touch answer (offline · risk none)");
        assert_eq!(bench.t.buffer(), "touch guess");
        for wanted in ["touch answer", "touch other", "make a file", "touch guess", "touch answer"] {
            bench.t.key("C-g");
            bench.expect_buffer(wanted);
        }
        assert_eq!(bench.helper.queries(), ["make a file"]);
        bench.expect_prompt(1);
        bench.t.assert_not_spinning();
    }
}

#[test]
fn without_a_candidate_nothing_is_offered() {
    for setup in both() {
        let bench = Bench::new(|helper| helper.answer_after(NOW, &[("ls", NOTE)]).when_told().tick(NOW, 2410, "openai"), setup);
        bench.type_and_press("make a file", "C-g");
        bench.t.wait_for_screen("gptos: asking");
        bench.t.key("C-g");
        assert!(!bench.t.screen().contains("takes"));
        bench.helper.tell();
        bench.t.wait_for(|| bench.helper.answered_at().first().copied(), "the answer");
        bench.t.wait_until_idle();
        assert_eq!(bench.helper.pids().len(), 1);
    }
}

#[test]
fn a_key_pressed_before_the_offer_takes_nothing() {
    let bench = offered(&[("touch answer", NOTE)], waiting());
    bench.type_and_press("make a file", "C-g");
    bench.t.wait_for_screen("gptos: asking openai (Ctrl-C cancels)");
    bench.t.key("C-g");
    bench.t.wait_for_screen(OFFER);
    bench.helper.tell();
    bench.expect_buffer("touch answer");
}

#[test]
fn keys_that_edit_the_line_come_before_the_offer_and_before_the_answer() {
    let bench = offered(&[("touch answer", NOTE)], waiting());
    bench.ask();
    bench.t.type_text("x");
    bench.t.key("C-g");
    bench.t.type_text("y");
    bench.helper.tell();
    bench.t.wait_for_screen("gptos: the line was edited meanwhile; Ctrl-G shows the answer: touch answer (offline · risk none)");
    bench.expect_buffer("make a filexy");
    assert_eq!(bench.helper.queries(), ["make a file"]);
}

/// Who presses it meant the answer, and these words may be a command.
#[test]
fn an_enter_behind_an_edited_line_is_too_early() {
    for setup in [with("GPTOS_ASYNC=0 GPTOS_ENTER_GUARD_MS=60000"), with("GPTOS_ASYNC=1 GPTOS_ENTER_GUARD_MS=60000")] {
        let bench = Bench::new(|helper| helper.answer_after(NOW, &[("ls -l", NOTE)]).when_told(), setup);
        bench.type_and_press("touch word", "C-g");
        bench.wait_for_helper();
        bench.t.type_text("s");
        bench.helper.tell();
        bench.t.wait_for_screen("gptos: the line was edited meanwhile");
        bench.expect_buffer("touch words");
        bench.t.key("Enter");
        bench.t.wait_for_screen("gptos: too early");
        bench.expect_buffer("touch words");
        assert!(!bench.made("words"));
    }
}

#[test]
fn one_undo_brings_the_words_back_and_the_key_does_not_ask_again() {
    for setup in both() {
        let bench = offered(&[("touch answer", NOTE)], setup);
        bench.take();
        bench.t.key("C-_");
        bench.expect_buffer("make a file");
        bench.t.key("C-g");
        bench.expect_buffer("touch guess");
        bench.t.key("C-_");
        bench.expect_buffer("make a file");
        bench.helper.tell();
        bench.t.wait_for_screen("shows: touch answer");
        assert_eq!(bench.t.buffer(), "make a file");
        bench.t.key("C-g");
        bench.expect_buffer("touch answer");
        assert_eq!(bench.helper.queries().len(), 1);
    }
}

#[test]
fn cycling_while_the_answer_is_awaited_reaches_the_words() {
    for setup in both() {
        let bench = offered(&[("touch answer", NOTE)], setup);
        bench.take();
        for wanted in ["make a file", "touch guess", "make a file"] {
            bench.t.key("C-g");
            bench.expect_buffer(wanted);
        }
        bench.helper.tell();
        bench.t.wait_for_screen("shows: touch answer");
        assert_eq!(bench.t.buffer(), "make a file");
        bench.t.key("C-g");
        bench.expect_buffer("touch answer");
    }
}

#[test]
fn the_same_answer_and_a_failure_are_only_mentioned() {
    for setup in both() {
        let bench = offered(&[("touch guess", NOTE)], setup.clone());
        bench.take();
        bench.helper.tell();
        bench.t.wait_for_screen("gptos: the answer is the same (offline · risk none)");
        assert_eq!(bench.t.buffer(), "touch guess");

        let bench = Bench::new(
            |helper| helper.message_after(NOW, "nobody knows").when_told().meanwhile(SOON, "touch guess", GUESS).tick(NOW, 2410, "openai"),
            setup,
        );
        bench.take();
        bench.helper.tell();
        bench.t.wait_for_screen("gptos: nobody knows");
        assert_eq!(bench.t.buffer(), "touch guess");
        bench.read_and_enter();
        bench.t.wait_for_prompt(2);
        assert!(bench.made("guess"));
    }
}

#[test]
fn enter_right_after_taking_runs_nothing_and_later_runs_the_line_and_ends_the_request() {
    for setup in both() {
        let before = format!("{}\nGPTOS_ENTER_GUARD_MS=1500", setup.before);
        let bench = offered(&[("touch answer", NOTE)], Setup { before, ..setup });
        bench.ask();
        let pressed = Instant::now();
        bench.t.keys(&["C-g"]);
        bench.expect_buffer("touch guess");
        bench.t.keys(&["Enter", "Enter"]);
        bench.t.wait_for_screen("gptos: too early, press Enter again to run it");
        assert_eq!(bench.t.buffer(), "touch guess");
        assert!(!bench.made("guess"));
        thread::sleep(Duration::from_millis(2000).saturating_sub(pressed.elapsed()));
        bench.t.key("Enter");
        bench.t.wait_for_prompt(2);
        assert!(bench.made("guess") && !bench.made("answer"));
        bench.expect_end_of(0);
        bench.t.wait_for(|| (bench.helper.ran().len() == 1).then_some(()), "the report");
        assert_eq!(bench.helper.ran()[0].query, "make a file");
        bench.assert_sane();
    }
}

#[test]
fn what_was_taken_and_edited_is_judged_at_enter() {
    for setup in both() {
        let bench = Bench::new(
            |helper| offering(helper, &[("touch answer", NOTE)]).ruling("-rf", Ruling::Hold("high", "risk high: removes")),
            setup,
        );
        bench.take();
        bench.t.type_text("; echo rm -rf x");
        bench.read_and_enter();
        bench.t.wait_for_screen("gptos: risk high: removes\ngptos: Enter again runs it");
        bench.helper.tell();
        bench.t.wait_for_screen("shows: touch answer");
        assert_eq!(bench.t.buffer(), "touch guess; echo rm -rf x");
        assert!(!bench.made("guess"));
        bench.t.key("C-g");
        bench.expect_buffer("touch answer");
    }
}

#[test]
fn control_c_ends_the_request_and_keeps_the_words_or_what_was_taken() {
    for setup in both() {
        for taken in [false, true] {
            let bench = offered(&[("touch answer", NOTE)], setup.clone());
            bench.ask();
            if taken {
                bench.t.key("C-g");
                bench.expect_buffer("touch guess");
            }
            bench.t.key("C-c");
            bench.t.wait_for_screen("gptos: cancelled");
            bench.expect_end_of(0);
            assert_eq!(bench.t.buffer(), if taken { "touch guess" } else { "make a file" });
            bench.t.assert_not_spinning();
            bench.t.key("C-c");
            bench.t.wait_for_prompt(2);
            bench.assert_sane();
        }
    }
}

#[test]
fn a_line_that_was_emptied_gets_no_answer() {
    for setup in both() {
        let bench = offered(&[("touch answer", NOTE)], setup);
        bench.take();
        bench.t.key("C-u");
        bench.expect_buffer("");
        bench.helper.tell();
        bench.t.wait_for_screen("gptos: the line was emptied, so the answer was dropped");
        bench.expect_buffer("");
        bench.t.key("C-g");
        bench.t.wait_for_screen("gptos: type what you want");
        bench.assert_sane();
    }
}

#[test]
fn other_words_replace_the_request() {
    for setup in both() {
        let bench = Bench::new(|helper| offering(helper, &[("touch answer", NOTE)]).answer_after(NOW, &[("touch second", NOTE)]), setup);
        bench.take();
        bench.type_and_press(" and more", "C-g");
        bench.expect_buffer("touch second");
        bench.expect_end_of(0);
        assert_eq!(bench.helper.queries(), ["make a file", "touch guess and more"]);
    }
    let bench =
        Bench::new(|helper| offering(helper, &[("touch answer", NOTE)]).answer_after(NOW, &[("touch second", NOTE)]), asynchronous());
    bench.ask();
    bench.type_and_press(" and more", "C-g");
    bench.expect_buffer("touch second");
    bench.expect_end_of(0);
    bench.t.key("C-u");
    bench.assert_sane();
}

#[test]
fn question_marks_replace_a_request_from_which_something_was_taken() {
    let bench = Bench::new(|helper| offering(helper, &[("touch answer", NOTE)]).answer_after(NOW, &[("touch second", NOTE)]), waiting());
    bench.take();
    bench.t.key("C-u");
    bench.type_and_press("?? something else", "Enter");
    bench.expect_buffer("touch second");
    bench.expect_end_of(0);
}

#[test]
fn a_candidate_with_control_characters_or_none_is_refused() {
    for command in ["touch guess\n", "touch \x1b[31mguess", ""] {
        for setup in both() {
            let bench = Bench::new(
                |helper| helper.answer_after(NOW, &[("ls", NOTE)]).when_told().meanwhile(SOON, command, GUESS).tick(NOW, 2410, "openai"),
                setup,
            );
            bench.type_and_press("make a file", "C-g");
            bench.t.wait_for_screen("gptos: asking");
            bench.helper.tell();
            bench.expect_buffer("ls");
            assert!(!bench.t.screen().contains("takes"), "{}", bench.t.screen());
        }
    }
}

#[test]
fn the_offer_keeps_within_one_row_while_the_shell_waits() {
    let long = "echo a long command that needs more than one row of a narrow terminal";
    let bench = Bench::new(
        |helper| helper.answer_after(NOW, &[("ls", NOTE)]).when_told().meanwhile(SOON, long, GUESS).tick(NOW, 2410, "openai"),
        Setup { columns: 50, ..waiting() },
    );
    bench.type_and_press("make a file", "C-g");
    bench.t.wait_for_screen("Ctrl-G takes");
    bench.helper.tell();
    bench.expect_buffer("ls");
    bench.expect_screen("● offline · risk none\n[1]> ls");
}

#[test]
fn any_key_that_is_bound_takes_and_the_message_names_it() {
    for (key, press, name) in [("alt-k", "M-k", "Alt-k"), (r"\C-t", "C-t", "the key"), ("ctrl-t", "C-t", "Ctrl-T")] {
        for setup in both() {
            let before = format!("{}\nGPTOS_KEY='{key}'", setup.before);
            let bench = offered(&[("touch answer", NOTE)], Setup { before, rc: "set -u".into(), ..setup });
            bench.type_and_press("make a file", press);
            bench.t.wait_for_screen(&format!("· {name} takes: touch guess"));
            bench.t.key(press);
            bench.expect_buffer("touch guess");
            bench.helper.tell();
            bench.t.wait_for_screen(&format!("{name} shows: touch answer"));
            bench.t.key(press);
            bench.expect_buffer("touch answer");
        }
    }
}
