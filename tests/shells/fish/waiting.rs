//! Requests that take their time, fail or are given up.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::{LIVE, NOTE, NOW, SLOW, Scene, both_modes, holds_answers, read_the_line};
use crate::terminal::{Setup, Shell, Terminal, is_alive};

#[test]
fn no_sign_of_waiting_before_its_time() {
    both_modes(|mode| {
        let s = Scene::new(&format!("{mode}; set -g GPTOS_PROGRESS_MS 3000"), |fake, _| fake.answer_after(SLOW, &[("echo one", NOTE)]));
        s.ask("list files");
        let helper = s.wait_for_helper(1);
        while is_alive(helper) {
            assert!(!s.t.screen().contains("waiting"));
        }
        s.expect("echo one");
    });
}

#[test]
fn ctrl_c_kills_the_helper_and_keeps_the_line() {
    both_modes(|mode| {
        let s = Scene::new(mode, |fake, _| fake.hang().tick(NOW, 120, "openai"));
        for round in 1..=2 {
            s.ask("list files");
            s.t.wait_for_screen("gptos: waiting");
            let helper = s.wait_for_helper(round);
            if mode == LIVE {
                s.t.wait_for(
                    || {
                        s.t.key("Enter");
                        s.t.screen().contains("gptos: waiting for openai, Ctrl-C cancels\n").then_some(())
                    },
                    "Enter to say who is asked",
                );
            }
            s.cancel();
            s.t.wait_for_screen_without("waiting");
            s.t.wait_for(|| (!is_alive(helper)).then_some(()), "the helper to end");
            s.expect("list files");
            s.expect_no_files();
            s.t.assert_not_spinning();
            s.clear();
            // fish 4 empties the line in its place.
            let cleared = if s.t.is_newer_fish() { "[1]>" } else { "list files^C\n[1]>" };
            assert!(s.t.screen().ends_with(cleared), "{}", s.t.screen());
        }
    });
}

#[test]
fn ctrl_c_before_any_sign_of_waiting_cancels_too() {
    both_modes(|mode| {
        let s = Scene::new(&format!("{mode}; set -g GPTOS_PROGRESS_MS 60000"), |fake, _| fake.hang());
        s.ask("list files");
        let helper = s.wait_for_helper(1);
        s.cancel();
        s.t.wait_for(|| (!is_alive(helper)).then_some(()), "the helper to end");
        s.expect("list files");
        s.expect_no_files();
    });
}

#[test]
fn a_binding_of_the_user_for_ctrl_c_is_back_after_the_request() {
    let setup = Setup { before: LIVE.to_owned(), rc: "bind \\cc 'commandline -r mine'".to_owned(), ..Setup::default() };
    let s = Scene::with(setup, |fake, _| fake.hang());
    s.ask("list files");
    s.t.wait_for_screen("gptos: waiting");
    s.cancel();
    s.expect("list files");
    s.interrupt_until(|s| s.t.buffer() == "mine");
}

#[test]
fn a_closed_terminal_leaves_neither_helper_nor_files() {
    both_modes(|mode| {
        let Scene { t, fake, dir } = Scene::new(mode, |fake, _| fake.hang());
        t.type_text("list files");
        t.key("C-g");
        t.wait_for_screen("gptos: waiting");
        let helper = fake.pids()[0];
        drop(t);
        let start = Instant::now();
        while is_alive(helper) || holds_answers(dir.path()) {
            assert!(start.elapsed() < Duration::from_secs(10), "{mode}: something is left");
            thread::sleep(Duration::from_millis(20));
        }
    });
}

#[test]
fn broken_helpers_leave_the_line_untouched() {
    both_modes(|mode| {
        let s = Scene::new(mode, |fake, _| {
            fake.crash_after(NOW)
                .raw_after(NOW, b"")
                .raw_after(NOW, b"<html>no protocol here</html>\n")
                .raw_after(NOW, b"cmd\0echo cut\0offline")
                .raw_after(NOW, b"\0\xff\xfe\0cmd\0\0\0\0")
                .raw_after(NOW, b"cmd\0echo \x1b[31mred\x1b[0m\0note\0end\x000\0\0")
                .raw_after(NOW, b"cmd\0echo one\necho two\0note\0end\x000\0\0")
                .raw_after(NOW, "cmd\0echo \u{202e}txt\0note\0end\x000\0\0".as_bytes())
                .raw_after(NOW, b"end\x001\0\0")
                .message_after(NOW, "nothing fits; try other words")
                .flood()
        });
        let outcomes = [
            "gptos: no answer (helper ended early)",
            "gptos: no answer (helper ended early)",
            "gptos: no answer (helper ended early)",
            "gptos: no answer (helper ended early)",
            "gptos: no answer (helper ended early)",
            "gptos: answer refused (it holds unprintable characters)",
            "gptos: answer refused (it holds unprintable characters)",
            "gptos: answer refused (it holds unprintable characters)",
            "gptos: no answer",
            "gptos: nothing fits; try other words",
            "gptos: no answer (helper ended early)",
        ];
        for (number, outcome) in outcomes.iter().enumerate() {
            let words = format!("list files {number}");
            s.ask(&words);
            s.t.wait_for_screen(&format!("{outcome}\n[1]> {words}"));
            s.expect(&words);
            s.t.key("C-u");
            s.expect("");
        }
        s.expect_no_files();
        s.t.assert_not_spinning();
    });
}

#[test]
fn an_answer_at_once_that_is_refused_says_why() {
    for (text, why) in [
        ("laid\n2\nnone\n", "its layout is not the one that this shell knows"),
        ("laid\n0\nnone\n\x1b[31m\n", "it holds unprintable characters"),
    ] {
        let s = Scene::new(LIVE, |fake, _| fake.answer_after(NOW, &[("echo one", NOTE)]));
        fs::write(s.marker("fake-gptos").join("reply-1.laid"), text).unwrap();
        s.ask("list files");
        s.t.wait_for_screen(&format!("gptos: answer refused ({why})\n[1]> list files"));
        s.expect("list files");
    }
}

#[test]
fn a_missing_helper_leaves_the_line_untouched() {
    both_modes(|mode| {
        let t = Terminal::start(Shell::Fish, Setup { before: mode.to_owned(), ..Setup::default() });
        t.type_text("list files");
        t.key("C-g");
        t.wait_for_screen("gptos: /nonexistent/gptos not found (GPTOS_BIN)\n[1]> list files");
        assert_eq!(t.buffer(), "list files");
    });
}

#[test]
fn a_good_answer_among_refused_ones_is_shown() {
    let s =
        Scene::new(LIVE, |fake, _| fake.raw_after(NOW, b"cmd\0echo \x1b[2J\0n\0cmd\0echo good\0n\x1b]0;x\0msg\0a remark\0\0end\x000\0\0"));
    s.ask("list files");
    s.expect("echo good");
    s.t.wait_for_screen("● n]0;x · a remark\n");
    s.t.key("C-g");
    s.expect("list files");
}

#[test]
fn words_typed_while_waiting_stay_and_the_key_puts_the_answer_in() {
    both_modes(|mode| {
        let s = Scene::new(mode, |fake, _| fake.answer_after(SLOW, &[("echo one", NOTE)]));
        s.ask("list files");
        s.wait_for_helper(1);
        s.t.type_text("abc");
        s.t.wait_for_screen("gptos: the line was edited; press the key again for: echo one\n");
        s.expect("list filesabc");
        s.expect_no_files();
        // What is typed after the message changes nothing of that.
        s.t.type_text("d");
        read_the_line();
        s.t.key("C-g");
        s.expect("echo one");
        s.t.key("C-z");
        s.expect("list filesabcd");
        assert_eq!(s.fake.queries(), ["list files"]);
    });
}

#[test]
fn what_was_typed_before_an_answer_at_once_is_no_part_of_it() {
    for vi in [false, true] {
        for (command, holes) in [("touch one", ""), ("touch <name> two", "<name>")] {
            let setup = Setup { before: LIVE.to_owned(), vi, ..Setup::default() };
            let s = Scene::with(setup, |fake, _| fake.holed_after(NOW, &[(command, holes, NOTE)]));
            for key in ["Enter", "C-g"] {
                s.t.type_text("?? make a file");
                s.expect("?? make a file");
                s.t.keys(&[key, "f", "o", "o", "Enter"]);
                s.t.wait_for_screen(&format!("gptos: the line was edited; press the key again for: {command}\n"));
                s.expect("?? make a filefoo");
                assert_eq!(s.t.prompt_number(), 1);
                read_the_line();
                s.t.key("C-g");
                s.expect(command);
                // What is typed now is part of it.
                s.t.wait_until_idle();
                s.t.type_text("x");
                s.expect(if holes.is_empty() { "touch onex" } else { "touch x two" });
                s.clear();
            }
        }
    }
}

#[test]
fn a_suggestion_that_was_edited_while_another_one_was_awaited_is_kept() {
    let s =
        Scene::new(LIVE, |fake, _| fake.answer_after(NOW, &[("echo one", NOTE)]).more("openai").fresh_after(SLOW, &[("echo two", NOTE)]));
    s.ask("list files");
    s.expect("echo one");
    read_the_line();
    s.t.key("C-g");
    s.t.wait_for_screen("gptos: waiting");
    s.t.type_text(" more");
    s.t.wait_for_screen("gptos: the line was edited; press the key again for: echo two\n");
    s.expect("echo one more");
    read_the_line();
    s.t.key("C-g");
    s.expect("echo two");
    read_the_line();
    s.t.key("C-g");
    s.expect("list files");
    assert_eq!(s.fake.queries().len(), 2);
}

#[test]
fn a_terminal_without_status_reports_only_costs_time() {
    let rc = "__gptos_load; for mode in default insert; bind -M $mode \\e\\[0n true; end".to_owned();
    let before = format!("{LIVE}; set -g GPTOS_ENTER_GUARD_MS quarter; set -g GPTOS_PROGRESS_MS ''");
    let s = Scene::with(Setup { before, rc, ..Setup::default() }, |fake, dir| {
        let marker = |name: &str| format!("touch {}", dir.join(name).display());
        fake.answer_after(SLOW, &[(&marker("a"), NOTE)]).answer_after(NOW, &[(&marker("b"), NOTE)])
    });
    s.ask("make a file");
    s.t.wait_for_screen("gptos: waiting");
    s.t.wait_for(|| (!is_alive(s.fake.pids()[0])).then_some(()), "the helper to end");
    // The first Enter after the answer shows it, the next one comes too early.
    s.t.wait_for(
        || {
            s.t.key("Enter");
            s.t.buffer().starts_with("touch").then_some(())
        },
        "Enter to show the answer",
    );
    s.t.key("Enter");
    assert!(s.t.buffer().starts_with("touch") && !s.marker("a").exists());
    thread::sleep(Duration::from_millis(1400));
    s.t.key("Enter");
    s.wait_for_marker("a");
    // By now it is known that the terminal does not report.
    s.t.wait_for_prompt(2);
    s.ask("make another");
    s.t.wait_for_buffer(|buffer| buffer.ends_with("/b"));
    read_the_line();
    s.t.key("Enter");
    s.wait_for_marker("b");
}

#[test]
fn a_handler_that_a_ctrl_c_has_left_behind_goes_before_a_line_runs() {
    let s = Scene::new(LIVE, |fake, _| fake.answer_after(NOW, &[("echo one", NOTE)]));
    s.ask("list files");
    s.expect("echo one");
    s.t.keys(&["C-e", "C-u"]);
    s.t.type_text("function __gptos_interrupt --on-signal SIGINT; end");
    read_the_line();
    s.t.key("Enter");
    s.t.wait_for_prompt(2);
    s.t.type_text("functions -q __gptos_interrupt; or echo go'n'e");
    read_the_line();
    s.t.key("Enter");
    s.t.wait_for_screen("\ngone\n");
}
