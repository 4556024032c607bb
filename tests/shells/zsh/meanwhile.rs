//! What this machine can offer by itself while a provider is awaited: shown, taken with one key, and never in the way of the answer.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::failure::script;
use super::{AT_ONCE, NOTE, READING, SOON, scripted, start, start_with};
use crate::fake::{FakeHelper, Ruling};
use crate::terminal::{Setup, Shell, Terminal, is_alive};

const GUESS: &str = "guess · risk none";
const OFFER: &str = "gptos: openai… 2.4 s · Ctrl-G takes: touch guess (guess · risk none)";

/// A candidate after 2.4 seconds of the provider's time, and `answers` when the test says so.
fn offering(helper: FakeHelper, answers: &[(&str, &str)]) -> FakeHelper {
    helper
        .answer_after(AT_ONCE, answers)
        .when_told()
        .tick(AT_ONCE, 300, "openai")
        .meanwhile(AT_ONCE, "touch guess", GUESS)
        .tick(AT_ONCE, 2410, "openai")
}

/// Asks and takes what is offered.
fn take(t: &Terminal, words: &str) {
    t.type_text(words);
    t.key("C-g");
    t.wait_for_screen(OFFER);
    assert_eq!(t.buffer(), words);
    t.key("C-g");
    t.wait_for_buffer(|b| b == "touch guess");
}

fn ran(t: &Terminal, name: &str) -> bool {
    t.dir().join("cwd").join(name).exists()
}

/// Also where somebody has taken the place in which a new line is noticed.
#[test]
fn a_request_ends_before_a_line_runs_that_another_widget_accepts() {
    let (_dir, helper) = scripted();
    let helper = helper.answer_after(AT_ONCE, &[("ls", NOTE)]).when_told();
    let rc = "__gptos_load; zle-line-init() { : }; zle -N zle-line-init
other() { BUFFER='print over ${functions[TRAPINT]-none} $_GPTOS_FD'; zle .accept-line }; zle -N other; bindkey '^T' other";
    let t = start_with(&helper, Setup { rc: rc.into(), ..Setup::default() });
    t.type_text("true");
    t.key("Enter");
    t.wait_for_prompt(2);
    t.type_text("list files");
    t.key("C-g");
    t.wait_for(|| helper.pids().first().copied(), "the request");
    t.wait_until_idle();
    t.key("C-t");
    t.wait_for_screen("\nover none 0\n");
}

#[test]
fn the_candidate_is_shown_taken_and_joined_by_the_answer() {
    for vi in [false, true] {
        let (_dir, helper) = scripted();
        let helper = offering(helper, &[("touch answer", NOTE), ("touch guess", NOTE), ("touch other", NOTE)]);
        let t = start_with(&helper, Setup { vi, ..Setup::default() });
        take(&t, "make a file");
        t.wait_for_screen("● guess · risk none");
        assert_eq!(t.cursor(), 11);
        assert!(is_alive(helper.pids()[0]), "the request must go on");
        helper.tell();
        t.wait_for_screen("gptos: the answer is here, Ctrl-G shows: touch answer (offline · risk none)");
        assert_eq!(t.buffer(), "touch guess");
        for expected in ["touch answer", "touch other", "make a file", "touch guess", "touch answer"] {
            t.key("C-g");
            t.wait_for_buffer(|b| b == expected);
        }
        assert_eq!(helper.queries(), ["make a file"]);
        assert_eq!(t.prompt_number(), 1);
        t.assert_not_spinning();
    }
}

#[test]
fn without_a_candidate_the_key_only_says_that_it_waits() {
    let (_dir, helper) = scripted();
    let helper = helper.hang().tick(AT_ONCE, 2410, "openai");
    let t = start(&helper);
    t.type_text("make a file");
    t.key("C-g");
    t.wait_for_screen("gptos: openai… 2.4 s (Ctrl-C cancels)");
    t.key("C-g");
    t.wait_for_screen("gptos: waiting, Ctrl-C cancels");
    assert_eq!(t.buffer(), "make a file");
    assert!(!t.screen().contains("takes"));
    assert_eq!(helper.pids().len(), 1);
}

#[test]
fn one_undo_brings_the_words_back_and_the_key_does_not_ask_again() {
    let (_dir, helper) = scripted();
    let helper = offering(helper, &[("touch answer", NOTE)]);
    let t = start(&helper);
    take(&t, "make a file");
    t.key("C-_");
    t.wait_for_buffer(|b| b == "make a file");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "touch guess");
    t.key("C-_");
    t.wait_for_buffer(|b| b == "make a file");
    helper.tell();
    t.wait_for_screen("shows: touch answer");
    assert_eq!(t.buffer(), "make a file");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "touch answer");
    t.key("C-_");
    t.wait_for_buffer(|b| b == "make a file");
    assert_eq!(helper.queries().len(), 1);
}

#[test]
fn cycling_while_the_answer_is_awaited_reaches_the_words() {
    let (_dir, helper) = scripted();
    let helper = offering(helper, &[("touch answer", NOTE)]).more("other");
    let t = start(&helper);
    take(&t, "make a file");
    for expected in ["make a file", "touch guess", "make a file"] {
        t.key("C-g");
        t.wait_for_buffer(|b| b == expected);
    }
    helper.tell();
    t.wait_for_screen("shows: touch answer");
    assert_eq!(t.buffer(), "make a file");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "touch answer");
    assert_eq!(helper.calls().len(), 1);
}

#[test]
fn the_same_answer_is_only_mentioned() {
    let (_dir, helper) = scripted();
    let helper = offering(helper, &[("touch guess", NOTE)]);
    let t = start(&helper);
    take(&t, "make a file");
    helper.tell();
    t.wait_for_screen("gptos: the answer is the same (offline · risk none)");
    assert_eq!(t.buffer(), "touch guess");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "make a file");
}

#[test]
fn an_answer_that_fails_leaves_what_was_taken() {
    let (_dir, helper) = scripted();
    let helper =
        helper.message_after(AT_ONCE, "nobody knows").when_told().meanwhile(AT_ONCE, "touch guess", GUESS).tick(AT_ONCE, 2410, "openai");
    let t = start(&helper);
    take(&t, "make a file");
    helper.tell();
    t.wait_for_screen("gptos: nobody knows");
    assert_eq!(t.buffer(), "touch guess");
    thread::sleep(READING);
    t.key("Enter");
    t.wait_for_prompt(2);
    assert!(ran(&t, "guess"));
}

#[test]
fn enter_right_after_taking_runs_nothing_and_later_runs_the_line_and_ends_the_request() {
    let (_dir, helper) = scripted();
    let helper = offering(helper, &[("touch answer", NOTE)]);
    let t = start_with(&helper, Setup { rc: "GPTOS_ENTER_GUARD_MS=1500".into(), ..Setup::default() });
    t.type_text("make a file");
    t.key("C-g");
    t.wait_for_screen(OFFER);
    let pressed = Instant::now();
    t.keys(&["C-g", "Enter", "Enter"]);
    t.wait_for_screen("read it first, then Enter");
    assert_eq!(t.buffer(), "touch guess");
    assert!(!ran(&t, "guess"));
    thread::sleep(Duration::from_millis(1900).saturating_sub(pressed.elapsed()));
    t.key("Enter");
    t.wait_for_prompt(2);
    assert!(ran(&t, "guess") && !ran(&t, "answer"));
    t.wait_for(|| (!is_alive(helper.pids()[0])).then_some(()), "the request to end");
    t.wait_for(|| (helper.ran().len() == 1).then_some(()), "the report");
    assert_eq!(helper.ran()[0].query, "make a file");
    t.assert_not_spinning();
}

#[test]
fn control_c_and_a_quick_enter_after_taking_run_nothing() {
    let (_dir, helper) = scripted();
    let helper = offering(helper, &[("touch answer", NOTE)]);
    let t = start_with(&helper, Setup { rc: "GPTOS_ENTER_GUARD_MS=5000".into(), ..Setup::default() });
    take(&t, "make a file");
    t.key("C-c");
    t.wait_for_screen("gptos: cancelled");
    t.key("Enter");
    t.wait_for_screen("read it first, then Enter");
    assert_eq!(t.buffer(), "touch guess");
    assert!(!ran(&t, "guess"));
}

#[test]
fn what_was_taken_and_edited_is_judged_at_enter() {
    let (_dir, helper) = scripted();
    let helper = offering(helper, &[("touch answer", NOTE)]).ruling("-rf", Ruling::Hold("high", "risk high: removes"));
    let t = start(&helper);
    take(&t, "make a file");
    t.type_text("; echo rm -rf x");
    thread::sleep(READING);
    t.key("Enter");
    t.wait_for_screen("gptos: risk high: removes · Enter again runs it");
    assert_eq!(t.prompt_number(), 1);
    helper.tell();
    t.wait_for_screen("gptos: risk high: removes · Enter again runs it · the answer is here, Ctrl-G shows: ");
    assert_eq!(t.buffer(), "touch guess; echo rm -rf x");
    assert!(!ran(&t, "guess"));
    t.key("C-g");
    t.wait_for_buffer(|b| b == "touch answer");
    t.key("C-_");
    t.wait_for_buffer(|b| b == "touch guess; echo rm -rf x");
}

#[test]
fn the_answer_leaves_in_sight_why_the_line_with_what_was_taken_never_runs() {
    let (_dir, helper) = scripted();
    let helper = offering(helper, &[("touch answer", NOTE)]).ruling("<name>", Ruling::Stop("<name> is still to be filled in"));
    let t = start(&helper);
    take(&t, "make a file");
    t.type_text(" <name>");
    thread::sleep(READING);
    t.key("Enter");
    t.wait_for_screen("gptos: <name> is still to be filled in");
    helper.tell();
    t.wait_for_screen("gptos: <name> is still to be filled in · the answer is here, Ctrl-G shows: ");
    assert_eq!(t.buffer(), "touch guess <name>");
}

#[test]
fn control_c_ends_the_request_and_keeps_the_words_or_what_was_taken() {
    for taken in [false, true] {
        let (_dir, helper) = scripted();
        let helper = offering(helper, &[("touch answer", NOTE)]);
        let t = start(&helper);
        if taken {
            take(&t, "make a file");
        } else {
            t.type_text("make a file");
            t.key("C-g");
            t.wait_for_screen(OFFER);
        }
        t.key("C-c");
        t.wait_for_screen("gptos: cancelled");
        assert_eq!(t.buffer(), if taken { "touch guess" } else { "make a file" });
        t.wait_for(|| (!is_alive(helper.pids()[0])).then_some(()), "the helper to be killed");
        t.assert_not_spinning();
        if taken {
            t.key("C-g");
            t.wait_for_buffer(|b| b == "make a file");
        }
    }
}

#[test]
fn a_line_that_is_emptied_or_left_ends_the_request() {
    for key in ["C-u", "C-c"] {
        let (_dir, helper) = scripted();
        let helper = offering(helper, &[("touch answer", NOTE)]);
        let t = start(&helper);
        take(&t, "make a file");
        t.key(key);
        t.wait_for(|| (!is_alive(helper.pids()[0])).then_some(()), "the helper to be killed");
        helper.tell();
        t.wait_for_screen("gptos: cancelled");
        t.type_text("echo o'n'e");
        thread::sleep(READING);
        if key == "C-u" {
            t.key("Enter");
            t.wait_for_screen("\none");
        }
        t.assert_not_spinning();
    }
}

#[test]
fn other_words_replace_the_request_before_and_after_taking() {
    for taken in [false, true] {
        let (_dir, helper) = scripted();
        let helper = offering(helper, &[("touch answer", NOTE)]).answer_after(SOON, &[("touch second", NOTE)]);
        let t = start(&helper);
        if taken {
            take(&t, "make a file");
        } else {
            t.type_text("make a file");
            t.key("C-g");
            t.wait_for_screen(OFFER);
        }
        t.type_text(" and more");
        t.key("C-g");
        t.wait_for_buffer(|b| b == "touch second");
        t.wait_for(|| (!is_alive(helper.pids()[0])).then_some(()), "the first helper to end");
        assert_eq!(helper.queries(), ["make a file", if taken { "touch guess and more" } else { "make a file and more" }]);
    }
}

#[test]
fn a_candidate_with_control_characters_or_none_is_refused() {
    for command in ["touch guess\n", "touch \x1b[31mguess", "touch \u{9b}guess", ""] {
        let (_dir, helper) = scripted();
        let helper = helper.hang().meanwhile(AT_ONCE, command, GUESS).tick(AT_ONCE, 2410, "openai");
        let t = start(&helper);
        t.type_text("make a file");
        t.key("C-g");
        t.wait_for_screen("gptos: openai… 2.4 s (Ctrl-C cancels)");
        t.key("C-g");
        t.wait_for_screen("gptos: waiting, Ctrl-C cancels");
        assert_eq!(t.buffer(), "make a file");
        assert!(!ran(&t, "guess"));
    }
}

#[test]
fn a_candidate_may_be_taken_for_a_second_question_too() {
    let (_dir, helper) = scripted();
    let helper = helper
        .answer_after(AT_ONCE, &[("ls", NOTE)])
        .more("openai")
        .fresh_after(AT_ONCE, &[("touch answer", NOTE)])
        .when_told()
        .meanwhile(AT_ONCE, "touch guess", GUESS)
        .tick(AT_ONCE, 2410, "openai");
    let t = start(&helper);
    t.type_text("make a file");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "ls");
    t.key("C-g");
    t.wait_for_screen(OFFER);
    t.key("C-g");
    t.wait_for_buffer(|b| b == "touch guess");
    helper.tell();
    t.wait_for_screen("shows: touch answer");
    for expected in ["touch answer", "make a file", "ls", "touch guess"] {
        t.key("C-g");
        t.wait_for_buffer(|b| b == expected);
    }
}

#[test]
fn the_message_names_the_key_that_is_bound_and_the_options_of_the_user_change_nothing() {
    for (key, press, name) in [("alt-k", "M-k", "Alt-k"), ("^O", "C-o", "the key")] {
        let (_dir, helper) = scripted();
        let helper = offering(helper, &[("touch answer", NOTE)]);
        let before = format!("GPTOS_KEY='{key}'");
        let rc = "setopt ksh_arrays sh_word_split no_unset glob_subst rc_expand_param".to_owned();
        let t = start_with(&helper, Setup { before, rc, ..Setup::default() });
        t.type_text("make a file");
        t.key(press);
        t.wait_for_screen(&format!("· {name} takes: touch guess"));
        t.key(press);
        t.wait_for_buffer(|b| b == "touch guess");
        helper.tell();
        t.wait_for_screen(&format!("{name} shows: touch answer"));
        t.key(press);
        t.wait_for_buffer(|b| b == "touch answer");
        assert!(fs::read_dir(t.dir().join("cwd")).unwrap().next().is_none());
    }
}

/// Offers a candidate and then tells the time for ever, deaf to TERM; it rules that every line is held.
fn ticking(dir: &std::path::Path) -> std::path::PathBuf {
    let lines = r#"case $1 in
guard) cat >/dev/null; printf 'hold\0high\0risk high: removes\0end\0000\0\0'; exit ;;
ran) exit ;;
esac
trap '' TERM INT
printf 'meanwhile\0touch guess\0guess · risk none\0'
while printf 'tick\0002410\0openai\0'; do echo >>"$0.ticks"; sleep 0.02; done"#;
    script(dir, lines)
}

#[test]
fn the_time_that_goes_on_follows_the_note_and_never_hides_a_reason() {
    let dir = tempfile::tempdir().unwrap();
    let bin = ticking(dir.path());
    let ticks = || fs::read_to_string(bin.with_extension("ticks")).unwrap_or_default().len();
    let t = Terminal::start(Shell::Zsh, Setup { bin: bin.clone(), ..Setup::default() });
    take(&t, "make a file");
    t.wait_for_screen("gptos: guess · risk none · openai… 2.4 s");
    thread::sleep(READING);
    t.key("Enter");
    t.wait_for_screen("gptos: risk high: removes · Enter again runs it");
    let before = ticks();
    t.wait_for(|| (ticks() > before + 10).then_some(()), "the time to go on");
    t.buffer();
    assert!(t.screen().contains("gptos: risk high: removes · Enter again runs it"), "{}", t.screen());
    assert!(!ran(&t, "guess"));
}

#[test]
fn a_request_that_does_not_end_at_control_c_leaves_the_guard_of_enter_up() {
    let dir = tempfile::tempdir().unwrap();
    let bin = ticking(dir.path());
    let rc = "GPTOS_ENTER_GUARD_MS=8000 GPTOS_GUARD=off".to_owned();
    let t = Terminal::start(Shell::Zsh, Setup { bin, rc, ..Setup::default() });
    take(&t, "make a file");
    t.key("C-c");
    t.key("Enter");
    t.wait_for_screen("read it first, then Enter");
    assert_eq!(t.buffer(), "touch guess");
    assert!(!ran(&t, "guess"));
}

#[test]
fn a_connection_is_asked_for_once_when_question_marks_are_typed() {
    let (_dir, helper) = scripted();
    let helper = helper.answer_after(AT_ONCE, &[("echo one", NOTE)]);
    let t = start(&helper);
    t.type_text(" ?? private words");
    t.buffer();
    t.key("C-u");
    t.type_text("list ??");
    t.buffer();
    assert!(helper.warmed().is_empty());
    t.key("C-u");
    for _ in 0..2 {
        t.type_text("?? li");
        t.wait_for(|| (helper.warmed() == ["warm zsh"]).then_some(()), "the connection to be asked for");
        t.type_text("st files");
        t.buffer();
        t.key("C-u");
    }
    assert_eq!(helper.warmed(), ["warm zsh"]);
}
