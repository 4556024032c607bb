//! The default: bash waits for a moment with a sign, and then the prompt is live, if the terminal answers.

use super::terminal::is_alive;
use super::*;

/// The terminal is asked nothing, as if it did not answer.
const SILENT: &str = "__gptos_load; __gptos_call_terminal() { :; }";

/// Waits for the word, and names `later` in the sign of waiting when the prompt would be live already.
fn slow(setup: Setup) -> Bench {
    let answers = [("touch answer", NOTE), ("touch other", NOTE)];
    Bench::new(
        |helper| {
            helper
                .answer_after(NOW, &answers)
                .when_told()
                .tick(Duration::from_secs(2), 2000, "later")
                .answer_after(NOW, &[("touch second", NOTE)])
        },
        setup,
    )
}

impl Bench {
    fn wait_until_live(&self) {
        self.t.wait_for_screen("gptos: asking (Ctrl-C cancels)\n[1]> ");
        self.t.wait_until_idle();
    }

    /// The key asks what has come, unless that was told already, and shows it.
    fn take_the_answer(&self) {
        self.t.key("C-g");
        let offered = || self.t.screen().contains("Ctrl-G shows the answer").then_some(false);
        if !self.t.wait_for(|| (self.t.buffer() == "touch answer").then_some(true).or_else(offered), "the answer, or that it is here") {
            self.t.key("C-g");
        }
        self.expect_buffer("touch answer");
    }

    fn assert_no_report(&self) {
        let screen = self.t.screen();
        assert!(!screen.contains("^[") && !screen.contains("[0n"), "the terminal's reply is on the screen:\n{screen}");
    }
}

#[test]
fn the_shell_waits_for_a_moment_and_then_the_prompt_is_live() {
    for (setup, text, key) in
        [(Setup::default(), "make a file", "C-g"), (Setup::default(), "?? make a file", "Enter"), (vi(), "make a file", "C-g")]
    {
        let bench = slow(setup);
        bench.type_and_press(text, key);
        bench.t.wait_for_screen(" gptos: asking (Ctrl-C cancels)");
        bench.assert_no_report();
        bench.wait_until_live();
        bench.assert_no_report();
        assert_eq!(bench.t.buffer(), text);
        bench.t.assert_not_spinning();
        bench.helper.tell();
        bench.expect_buffer("touch answer");
        bench.assert_no_report();
        bench.t.key("C-g");
        bench.expect_buffer("touch other");
        bench.expect_prompt(1);
        bench.t.keys(&["C-e", "C-u"]);
        bench.assert_sane();
    }
}

#[test]
fn what_is_typed_meanwhile_stays_and_one_key_shows_the_answer() {
    for live in [false, true] {
        let bench = slow(Setup::default());
        bench.type_and_press("make a file", "C-g");
        bench.t.wait_for_screen("gptos: asking");
        if live {
            bench.wait_until_live();
        }
        bench.t.type_text(" of mine");
        bench.wait_until_live();
        bench.expect_buffer("make a file of mine");
        bench.helper.tell();
        bench.t.wait_for_screen("gptos: the line was edited meanwhile; Ctrl-G shows the answer: touch answer (offline · risk none)");
        assert_eq!(bench.t.buffer(), "make a file of mine");
        bench.t.type_text(" today");
        for wanted in ["touch answer", "touch other", "make a file of mine today"] {
            bench.t.key("C-g");
            bench.expect_buffer(wanted);
        }
        assert_eq!(bench.helper.calls().len(), 1);
        // These words were never asked.
        bench.t.key("C-g");
        bench.expect_buffer("touch second");
        assert_eq!(bench.helper.queries()[1], "make a file of mine today");
    }
}

#[test]
fn what_is_said_of_the_wait_stands_there_once_and_goes_with_it() {
    let bench = slow(asynchronous());
    bench.type_and_press("make a file", "C-g");
    bench.wait_until_live();
    for _ in 0..3 {
        bench.t.key("C-g");
        bench.expect_screen("gptos: waiting, Ctrl-C cancels\n[1]> make a file");
    }
    bench.helper.tell();
    bench.expect_screen("● offline · risk none\n[1]> touch answer");
}

#[test]
fn one_undo_brings_back_what_was_typed_meanwhile() {
    let bench = slow(Setup::default());
    bench.type_and_press("make a file", "C-g");
    bench.wait_until_live();
    bench.t.type_text(" of mine");
    bench.helper.tell();
    bench.t.wait_for_screen("Ctrl-G shows the answer");
    bench.t.key("C-g");
    bench.expect_buffer("touch answer");
    bench.t.key("C-_");
    bench.expect_buffer("make a file of mine");
}

#[test]
fn a_line_that_was_never_shown_the_answer_is_the_users_own() {
    let bench = slow(Setup::default());
    bench.type_and_press("make a file", "C-g");
    bench.wait_until_live();
    bench.t.keys(&["C-u"]);
    bench.t.type_text("touch mine");
    bench.helper.tell();
    bench.t.wait_for_screen("Ctrl-G shows the answer");
    bench.read_and_enter();
    bench.t.wait_for_prompt(2);
    assert!(bench.t.dir().join("cwd/mine").exists());
    bench.t.key("C-g");
    bench.t.wait_for_screen("gptos: type what you want");
    bench.t.key("Up");
    bench.expect_buffer("touch mine");
    bench.t.key("Up");
    bench.expect_buffer("touch mine");
    assert_eq!(bench.helper.ran(), []);
}

#[test]
fn an_emptied_line_gets_no_late_answer() {
    let bench = slow(Setup::default());
    bench.type_and_press("make a file", "C-g");
    bench.wait_until_live();
    bench.t.key("C-u");
    bench.expect_buffer("");
    bench.helper.tell();
    bench.t.wait_for_screen("gptos: the line was emptied, so the answer was dropped");
    bench.assert_sane();
}

#[test]
fn control_c_at_the_live_prompt_ends_the_request_and_keeps_the_line() {
    let bench = slow(Setup::default());
    bench.type_and_press("make a file", "C-g");
    bench.wait_until_live();
    bench.t.type_text(" of mine");
    bench.expect_buffer("make a file of mine");
    bench.t.key("C-c");
    bench.t.wait_for_screen("gptos: cancelled");
    bench.t.wait_for(|| (!is_alive(bench.helper.pids()[0])).then_some(()), "the helper to end");
    assert_eq!(bench.t.buffer(), "make a file of mine");
    bench.t.assert_not_spinning();
    bench.assert_no_report();
    bench.t.key("C-c");
    bench.t.wait_for_prompt(2);
    bench.assert_sane();
}

#[test]
fn the_prompt_waits_where_it_is_told_to_or_the_terminal_does_not_answer() {
    for setup in [waiting(), Setup { rc: SILENT.into(), ..Setup::default() }] {
        let bench = slow(setup);
        bench.type_and_press("make a file", "C-g");
        bench.t.wait_for_screen(" gptos: asking later (Ctrl-C cancels)");
        assert_eq!(bench.t.prompt_number(), 0, "the sign stands in the place of the prompt:\n{}", bench.t.screen());
        bench.helper.tell();
        // What is typed before is lost where the terminal does not answer, and so is the key that shows the line.
        bench.t.wait_for_screen("> touch answer");
        bench.expect_buffer("touch answer");
        bench.t.keys(&["C-u"]);
        bench.assert_sane();
    }
}

#[test]
fn the_terminal_is_asked_once_and_not_at_all_for_a_quick_answer() {
    let count = "__gptos_load; asked=0; __gptos_call_terminal() { asked=$((asked + 1)); _GPTOS_CALLED_AT=0; }";
    let bench = Bench::new(
        |helper| helper.answer_after(NOW, &[("ls", NOTE)]).answer_after(SOON, &[("ls", NOTE)]),
        Setup { rc: count.into(), before: "GPTOS_PROGRESS_MS=300".into(), ..Setup::default() },
    );
    for words in ["one", "two", "three"] {
        bench.type_and_press(words, "C-g");
        bench.t.wait_for_screen("]> ls");
        bench.expect_buffer("ls");
        bench.t.keys(&["C-u"]);
        bench.expect_buffer("");
    }
    bench.t.type_text("echo \"<$asked>\"");
    bench.read_and_enter();
    bench.t.wait_for_screen("\n<1>\n");
}

/// An Enter must not reach a program while the terminal's reply is on its way.
#[test]
fn enter_waits_for_the_reply_of_the_terminal() {
    let bench = Bench::answering(
        NOW,
        "ls",
        Setup { rc: "__gptos_load; _GPTOS_CALLED_AT=${EPOCHREALTIME//[!0-9]/}0 _GPTOS_UNDER_WAY=1".into(), ..Setup::default() },
    );
    // A time in the far future is none.
    bench.type_and_press("echo one", "Enter");
    bench.t.wait_for_prompt(2);
    bench.type_and_press("call() { __gptos_now; _GPTOS_CALLED_AT=$_GPTOS_NOW _GPTOS_UNDER_WAY=1; }; bind -x '\"\\C-t\": call'", "Enter");
    bench.t.wait_for_prompt(3);
    bench.t.type_text("echo two");
    bench.t.keys(&["C-t", "Enter"]);
    bench.t.wait_for_screen("gptos: too early, press Enter again to run it");
    assert_eq!(bench.t.buffer(), "echo two");
    bench.t.wait_for(
        || {
            bench.t.key("Enter");
            bench.t.wait_until_idle();
            (bench.t.prompt_number() == 4).then_some(())
        },
        "a terminal that does not answer to be given up",
    );
}

/// Asks, presses `key` at the live prompt and has the answer come.
fn answered_behind(key: &str) -> Bench {
    let bench = slow(Setup { rc: "history -s 'echo from the history'".into(), ..Setup::default() });
    bench.type_and_press("make a file", "C-g");
    bench.wait_until_live();
    bench.t.key(key);
    let pid = bench.helper.pids()[0];
    bench.t.wait_until_idle();
    bench.helper.tell();
    bench.t.wait_for(|| (!is_alive(pid)).then_some(()), "the answer to have come");
    bench.t.wait_until_idle();
    bench
}

#[test]
fn a_search_of_the_history_is_not_ended_by_the_answer() {
    let bench = answered_behind("C-r");
    bench.t.type_text("from");
    bench.t.wait_for_screen("(reverse-i-search)`from': echo from the history");
    bench.t.key("C-e");
    bench.expect_buffer("echo from the history");
    bench.take_the_answer();
    bench.assert_no_report();
    // The key is as it was, and nothing of ours is left.
    bench.t.keys(&["C-e", "C-u"]);
    let line = "bind -p | grep -c '_gf[0-9]'; bind -q reverse-search-history; ls /proc/$$/fd/250";
    bench.t.type_text(line);
    // The relay might have asked the terminal before the key came.
    bench.give_the_reply_up();
    bench.read_and_enter();
    let screen = bench.t.wait_for_screen("No such file");
    assert!(screen.contains("\n0\n") && screen.contains("can be invoked via \"\\C-r\""), "{screen}");
}

#[test]
fn what_is_quoted_by_a_key_is_the_next_key_and_not_the_answer() {
    let bench = answered_behind("C-v");
    bench.t.type_text("x");
    bench.expect_buffer("make a filex");
    bench.assert_no_report();
    bench.take_the_answer();
    // Later nobody waits for a further key.
    let bench = answered_behind("C-v");
    bench.t.type_text("x");
    bench.t.wait_for_screen("gptos: the line was edited meanwhile; Ctrl-G shows the answer: touch answer (offline · risk none)");
    bench.assert_no_report();
}
