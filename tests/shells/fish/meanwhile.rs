//! What this machine can offer by itself while a provider is awaited. A prompt that waits becomes live for it.

use std::thread;
use std::time::{Duration, Instant};

use super::{LIVE, NOTE, NOW, SLOW, Scene, both_modes, read_the_line};
use crate::fake::{FakeHelper, Ruling};
use crate::terminal::{Setup, is_alive};

const GUESS: &str = "guess · risk none";
const OFFER: &str = "gptos: waiting for openai · Ctrl-G takes: touch guess (guess · risk none)\n";

/// A candidate, and `answers` when the test says so.
fn offering(fake: FakeHelper, answers: &[(&str, &str)]) -> FakeHelper {
    fake.answer_after(NOW, answers).when_told().tick(NOW, 300, "openai").meanwhile(SLOW, "touch guess", GUESS).tick(NOW, 2410, "openai")
}

fn offered(mode: &str, answers: &[(&str, &str)]) -> Scene {
    Scene::new(mode, |fake, _| offering(fake, answers))
}

impl Scene {
    fn wait_for_offer(&self) {
        self.ask("make a file");
        self.t.wait_for_screen(OFFER);
    }

    /// Asks and takes what is offered.
    fn take(&self) {
        self.wait_for_offer();
        self.t.key("C-g");
        self.expect("touch guess");
    }

    pub(super) fn made(&self, name: &str) -> bool {
        self.t.dir().join("cwd").join(name).exists()
    }

    fn expect_end_of(&self, helper: u32) {
        self.t.wait_for(|| (!is_alive(helper)).then_some(()), "the helper to end");
    }
}

#[test]
fn the_candidate_is_shown_taken_and_joined_by_the_answer() {
    both_modes(|mode| {
        for vi in [false, true] {
            let setup = Setup { before: mode.to_owned(), vi, ..Setup::default() };
            let s = Scene::with(setup, |fake, _| offering(fake, &[("touch answer", NOTE), ("touch guess", NOTE), ("touch other", NOTE)]));
            s.take();
            assert_eq!(s.t.cursor(), 11);
            s.t.wait_for_screen("● guess · risk none\n");
            assert!(is_alive(s.fake.pids()[0]), "the request must go on");
            s.fake.tell();
            s.t.wait_for_screen("gptos: the answer is here, Ctrl-G shows: touch answer (offline · risk none)\n");
            assert_eq!(s.t.buffer(), "touch guess");
            for wanted in ["touch answer", "touch other", "make a file", "touch guess", "touch answer"] {
                s.t.key("C-g");
                s.expect(wanted);
            }
            assert_eq!(s.fake.queries(), ["make a file"]);
            assert_eq!(s.t.prompt_number(), 1);
            s.expect_no_files();
            s.t.assert_not_spinning();
        }
    });
}

#[test]
fn without_a_candidate_nothing_is_offered() {
    both_modes(|mode| {
        let s = Scene::new(mode, |fake, _| fake.answer_after(NOW, &[("touch answer", NOTE)]).when_told().tick(NOW, 2410, "openai"));
        s.ask("make a file");
        s.t.wait_for_screen("gptos: waiting");
        if mode == LIVE {
            s.t.key("C-g");
            s.t.wait_for_screen("gptos: waiting for openai, Ctrl-C cancels\n");
            s.expect("make a file");
        }
        assert!(!s.t.screen().contains("takes"));
        s.fake.tell();
        s.expect("touch answer");
    });
}

#[test]
fn one_undo_brings_the_words_back_and_the_key_does_not_ask_again() {
    both_modes(|mode| {
        let s = offered(mode, &[("touch answer", NOTE)]);
        s.take();
        s.t.key("C-z");
        s.expect("make a file");
        s.t.key("C-g");
        s.expect("touch guess");
        s.t.key("C-z");
        s.expect("make a file");
        s.fake.tell();
        s.t.wait_for_screen("shows: touch answer (");
        s.expect("make a file");
        s.t.key("C-g");
        s.expect("touch answer");
        assert_eq!(s.fake.queries().len(), 1);
    });
}

#[test]
fn cycling_while_the_answer_is_awaited_reaches_the_words() {
    let s = offered(LIVE, &[("touch answer", NOTE)]);
    s.take();
    for wanted in ["make a file", "touch guess", "make a file"] {
        s.t.key("C-g");
        s.expect(wanted);
    }
    s.fake.tell();
    s.t.wait_for_screen("shows: touch answer (");
    s.expect("make a file");
    s.t.key("C-g");
    s.expect("touch answer");
}

#[test]
fn the_same_answer_and_a_failure_are_only_mentioned() {
    both_modes(|mode| {
        let s = offered(mode, &[("touch guess", NOTE)]);
        s.take();
        s.fake.tell();
        s.t.wait_for_screen("gptos: the answer is the same (offline · risk none)\n");
        s.expect("touch guess");

        let s = Scene::new(mode, |fake, _| {
            fake.message_after(NOW, "nobody knows").when_told().meanwhile(SLOW, "touch guess", GUESS).tick(NOW, 2410, "openai")
        });
        s.take();
        s.fake.tell();
        s.t.wait_for_screen("gptos: nobody knows\n");
        s.expect("touch guess");
        read_the_line();
        s.t.key("Enter");
        s.t.wait_for_prompt(2);
        assert!(s.made("guess"));
    });
}

#[test]
fn enter_right_after_taking_runs_nothing_and_later_runs_the_line_and_ends_the_request() {
    both_modes(|mode| {
        let s = offered(&format!("{mode}; set -g GPTOS_ENTER_GUARD_MS 1500"), &[("touch answer", NOTE)]);
        s.wait_for_offer();
        let pressed = Instant::now();
        s.t.keys(&["C-g", "Enter", "Enter"]);
        s.expect("touch guess");
        assert_eq!(s.t.prompt_number(), 1);
        assert!(!s.made("guess"));
        thread::sleep(Duration::from_millis(2200).saturating_sub(pressed.elapsed()));
        s.t.key("Enter");
        s.t.wait_for_prompt(2);
        assert!(s.made("guess") && !s.made("answer"));
        s.expect_end_of(s.fake.pids()[0]);
        s.expect_no_files();
        s.t.wait_for(|| (s.fake.ran().len() == 1).then_some(()), "the report");
        assert_eq!(s.fake.ran()[0].query, "make a file");
        s.t.assert_not_spinning();
    });
}

#[test]
fn what_was_taken_and_edited_is_judged_at_enter() {
    both_modes(|mode| {
        let s =
            Scene::new(mode, |fake, _| offering(fake, &[("touch answer", NOTE)]).ruling("-rf", Ruling::Hold("high", "risk high: removes")));
        s.take();
        s.t.type_text("; echo rm -rf x");
        read_the_line();
        s.t.key("Enter");
        s.t.wait_for_screen("gptos: risk high: removes\ngptos: Enter again runs it\n");
        s.fake.tell();
        s.t.wait_for_screen("gptos: risk high: removes\ngptos: Enter again runs it\ngptos: the answer is here, Ctrl-G shows: touch answer (offline · risk none)\n");
        s.expect("touch guess; echo rm -rf x");
        assert!(!s.made("guess"));
        s.t.key("C-g");
        s.expect("touch answer");
        s.t.key("C-z");
        s.expect("touch guess; echo rm -rf x");
    });
}

#[test]
fn the_answer_leaves_in_sight_why_the_line_with_what_was_taken_never_runs() {
    both_modes(|mode| {
        let s = Scene::new(mode, |fake, _| {
            offering(fake, &[("touch answer", NOTE)]).ruling("<name>", Ruling::Stop("<name> is still to be filled in"))
        });
        s.take();
        s.t.type_text(" <name>");
        read_the_line();
        s.t.key("Enter");
        s.t.wait_for_screen("gptos: <name> is still to be filled in\n");
        s.fake.tell();
        s.t.wait_for_screen(
            "gptos: <name> is still to be filled in\ngptos: the answer is here, Ctrl-G shows: touch answer (offline · risk none)\n",
        );
        s.expect("touch guess <name>");
    });
}

#[test]
fn control_c_ends_the_request_and_keeps_the_words_or_what_was_taken() {
    both_modes(|mode| {
        for taken in [false, true] {
            let s = offered(mode, &[("touch answer", NOTE)]);
            s.wait_for_offer();
            if taken {
                s.t.key("C-g");
                s.expect("touch guess");
            }
            s.cancel();
            s.expect_end_of(s.fake.pids()[0]);
            s.expect(if taken { "touch guess" } else { "make a file" });
            s.expect_no_files();
            s.t.assert_not_spinning();
            s.clear();
        }
    });
}

#[test]
fn a_line_that_was_emptied_gets_no_answer() {
    both_modes(|mode| {
        let s = offered(mode, &[("touch answer", NOTE)]);
        s.take();
        s.t.key("C-u");
        s.expect("");
        s.fake.tell();
        s.t.wait_for_screen("gptos: the line was emptied, so the answer was dropped\n");
        s.expect("");
        s.expect_no_files();
    });
}

#[test]
fn other_words_replace_the_request() {
    for taken in [false, true] {
        let s = Scene::new(LIVE, |fake, _| offering(fake, &[("touch answer", NOTE)]).answer_after(NOW, &[("touch second", NOTE)]));
        s.wait_for_offer();
        let first = s.fake.pids()[0];
        if taken {
            s.t.key("C-g");
            s.expect("touch guess");
        }
        s.t.type_text(" and more");
        s.t.key("C-g");
        s.expect("touch second");
        s.expect_end_of(first);
        assert_eq!(s.fake.queries(), ["make a file", if taken { "touch guess and more" } else { "make a file and more" }]);
        s.expect_no_files();
    }
}

#[test]
fn a_candidate_with_control_or_unseen_characters_or_none_is_refused() {
    for command in ["touch guess\n", "touch \x1b[31mguess", "touch \u{202e}guess", ""] {
        both_modes(|mode| {
            let s = Scene::new(mode, |fake, _| {
                fake.answer_after(NOW, &[("touch answer", NOTE)]).when_told().meanwhile(SLOW, command, GUESS).tick(NOW, 2410, "openai")
            });
            s.ask("make a file");
            s.t.wait_for_screen("gptos: waiting");
            if mode == LIVE {
                s.t.wait_for(
                    || {
                        s.t.key("C-g");
                        s.t.screen().contains("gptos: waiting for openai, Ctrl-C cancels\n").then_some(())
                    },
                    "the key to say who is asked",
                );
                s.expect("make a file");
            }
            assert!(!s.t.screen().contains("takes"), "{}", s.t.screen());
            s.fake.tell();
            s.expect("touch answer");
        });
    }
}

#[test]
fn the_message_names_the_key_that_is_bound() {
    for (key, press, name) in [("alt-k", "M-k", "Alt-k"), (r"\ck", "C-k", "the key")] {
        let s = Scene::new(&format!("{LIVE}; set -g GPTOS_KEY '{key}'"), |fake, _| offering(fake, &[("touch answer", NOTE)]));
        s.t.type_text("make a file");
        s.t.key(press);
        s.t.wait_for_screen(&format!("· {name} takes: touch guess"));
        s.t.key(press);
        s.expect("touch guess");
        s.fake.tell();
        s.t.wait_for_screen(&format!("{name} shows: touch answer"));
    }
}
