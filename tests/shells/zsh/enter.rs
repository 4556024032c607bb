//! An impatient Enter never runs a command that nobody has seen.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::{AT_ONCE, NOTE, READING, SOON, give_up_line, scripted, start, start_with};
use crate::terminal::{Setup, Shell};

/// `touch FILE`, so that nothing can run unnoticed.
fn touch(dir: &Path, name: &str) -> (PathBuf, String) {
    let marker = dir.join(name);
    let command = format!("touch {}", marker.display());
    (marker, command)
}

fn moments() -> u32 {
    std::env::var("GPTOS_TEST_MOMENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(6)
}

fn now_ns() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos()
}

/// Three Enters `moment` after the request, for every moment from the request to 200 ms after the answer.
fn impatient(delay: Duration, question_marks: bool) {
    let (dir, helper) = scripted();
    let (answer, command) = touch(dir.path(), "answer");
    let (words, query) = touch(dir.path(), "words");
    let helper = helper.answer_after(delay, &[(command.as_str(), NOTE)]);
    let t = start(&helper);
    let (line, key) = if question_marks { (format!("?? {query}"), "Enter") } else { (query, "C-g") };
    let span = delay + Duration::from_millis(200);
    let count = moments();
    let mut conclusive = 0;
    for n in 0..count {
        let prompt = t.prompt_number();
        t.type_text(&line);
        t.buffer();
        if n == 0 {
            t.keys(&[key, "Enter", "Enter", "Enter"]);
        } else {
            let start = Instant::now();
            t.key(key);
            thread::sleep((span * n / (count - 1)).saturating_sub(start.elapsed()));
            t.keys(&["Enter", "Enter", "Enter"]);
        }
        let sent = now_ns();
        let answered = t.wait_for(|| helper.answered_at().get(n as usize).copied(), "the answer");
        // On a busy machine the Enters may have been late: then they prove nothing.
        if sent <= answered + 250_000_000 {
            conclusive += 1;
            t.wait_for_screen(NOTE);
            assert_eq!(t.buffer(), command, "{delay:?}, moment {n}");
            assert!(!answer.exists() && !words.exists(), "{delay:?}, moment {n}");
            assert_eq!(t.prompt_number(), prompt);
            if n + 1 == count || n == 0 {
                thread::sleep(READING);
                t.key("Enter");
                t.wait_for(|| answer.exists().then_some(()), "Enter to run the line");
                t.wait_for_prompt(prompt + 1);
                fs::remove_file(&answer).unwrap();
                continue;
            }
        }
        give_up_line(&t, prompt + 1);
        let _ = fs::remove_file(&answer);
    }
    assert!(conclusive * 2 >= count, "only {conclusive} of {count} moments could be tried: the machine is too busy");
    assert!(!words.exists());
}

#[test]
fn impatient_enters_after_the_key_run_nothing_when_the_answer_is_at_once() {
    impatient(AT_ONCE, false);
}

#[test]
fn impatient_enters_after_the_key_run_nothing_when_the_answer_takes_100_ms() {
    impatient(SOON, false);
}

#[test]
fn impatient_enters_after_the_key_run_nothing_when_the_answer_takes_400_ms() {
    impatient(Duration::from_millis(400), false);
}

#[test]
fn impatient_enters_after_question_marks_run_nothing_when_the_answer_is_at_once() {
    impatient(AT_ONCE, true);
}

#[test]
fn impatient_enters_after_question_marks_run_nothing_when_the_answer_takes_100_ms() {
    impatient(SOON, true);
}

#[test]
fn impatient_enters_after_question_marks_run_nothing_when_the_answer_takes_400_ms() {
    impatient(Duration::from_millis(400), true);
}

/// A key that keeps the line editor busy for half a second, as a loaded machine would.
const BUSY_KEY: &str = "_busy() { sleep 0.5 }; zle -N _busy; bindkey -M emacs '^B' _busy";

#[test]
fn enters_that_waited_in_a_busy_shell_while_the_guard_ran_out_run_nothing() {
    let (dir, helper) = scripted();
    let (answer, command) = touch(dir.path(), "answer");
    let helper = helper.answer_after(AT_ONCE, &[(command.as_str(), NOTE)]);
    // The long guard makes sure that the busy key comes before its end; the half second of the key ends after it.
    let before = "GPTOS_ENTER_GUARD_MS=450".to_owned();
    let t = start_with(&helper, Setup { before, rc: BUSY_KEY.into(), ..Setup::default() });
    let mut conclusive = 0;
    for n in 0..3 {
        let prompt = t.prompt_number();
        t.type_text("?? make a marker");
        t.key("Enter");
        let answered = t.wait_for(|| helper.answered_at().get(n).copied(), "the answer");
        t.wait_for_screen(NOTE);
        t.keys(&["C-b", "Enter", "Enter"]);
        let sent = now_ns();
        if sent < answered + 450_000_000 {
            conclusive += 1;
            assert_eq!(t.buffer(), command);
            assert!(!answer.exists());
        }
        give_up_line(&t, prompt + 1);
        let _ = fs::remove_file(&answer);
    }
    assert!(conclusive > 0, "the machine is too busy");
}

/// As zsh-autosuggestions 0.7.0 does with a number that was its own before.
#[test]
fn a_plugin_that_closes_the_guard_does_not_make_enter_dead() {
    let (dir, helper) = scripted();
    let (answer, command) = touch(dir.path(), "answer");
    let helper = helper.answer_after(AT_ONCE, &[(command.as_str(), NOTE)]);
    let rc = "_rob() { local -i fd=$_GPTOS_GUARD_FD; zle -F $fd; exec {fd}<&- }; zle -N _rob; bindkey '^B' _rob".to_owned();
    let t = start_with(&helper, Setup { before: "GPTOS_ENTER_GUARD_MS=9000".into(), rc, ..Setup::default() });
    t.type_text("?? make a marker");
    t.key("Enter");
    t.wait_for_screen(NOTE);
    t.key("C-b");
    t.key("Enter");
    t.wait_for_screen("read it first, then Enter");
    assert!(!answer.exists());
    t.wait_for(
        || {
            thread::sleep(READING);
            t.key("Enter");
            answer.exists().then_some(())
        },
        "Enter to run the line",
    );
}

/// The plugin closes a number that it has noted, at the next key, although nobody waits there any more and the guard may have it by then.
#[test]
fn one_enter_is_enough_beside_a_plugin_that_closes_old_descriptors() {
    let (dir, helper) = scripted();
    let (answer, command) = touch(dir.path(), "answer");
    let helper = helper.answer_after(AT_ONCE, &[(command.as_str(), NOTE)]);
    let own = format!("source '{}'", Shell::Zsh.script().display());
    let plugin = "source /usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh";
    for load in [format!("{plugin}\n{own}"), format!("{own}\n{plugin}")] {
        let t = start_with(&helper, Setup { load: Some(load), ..Setup::default() });
        t.type_text("?? make a marker");
        t.wait_until_idle();
        t.key("Enter");
        t.wait_for_buffer(|b| b == command);
        t.type_text(".");
        t.wait_for_buffer(|b| b.ends_with('.'));
        thread::sleep(READING);
        t.key("Enter");
        t.wait_for_prompt(2);
        assert!(answer.with_file_name("answer.").exists());
    }
}

#[test]
fn keys_that_waited_while_the_answer_came_belong_to_the_words() {
    let (dir, helper) = scripted();
    let (answer, command) = touch(dir.path(), "answer");
    let (words, query) = touch(dir.path(), "words");
    let helper = helper.answer_after(SOON, &[(command.as_str(), NOTE)]);
    let t = start_with(&helper, Setup { rc: BUSY_KEY.into(), ..Setup::default() });
    t.type_text(&query);
    t.keys(&["C-g", "C-b", "Enter", "Enter"]);
    t.wait_for_screen(NOTE);
    assert_eq!(t.buffer(), command);
    give_up_line(&t, 2);
    t.type_text(&query);
    t.keys(&["C-g", "C-b", "x", "Enter", "y", "Enter"]);
    t.wait_for_screen("gptos: the line was edited");
    assert_eq!(t.buffer(), format!("{query}xy"));
    assert!(!answer.exists() && !words.exists());
    assert_eq!(t.prompt_number(), 2);
}

#[test]
fn an_enter_that_is_held_down_runs_no_suggestion() {
    let (dir, helper) = scripted();
    let marker = dir.path().join("marker");
    let t = start(&helper.answer_after(AT_ONCE, &[(&format!("touch {}", marker.display()), NOTE)]));
    t.type_text("?? make a file");
    t.key("Enter");
    t.wait_for_buffer(|b| b.starts_with("touch "));
    let begun = Instant::now();
    let (mut last, mut longest) = (begun, Duration::ZERO);
    while begun.elapsed() < Duration::from_millis(1200) {
        t.key("Enter");
        longest = longest.max(last.elapsed());
        last = Instant::now();
        thread::sleep(Duration::from_millis(30));
    }
    // On a busy machine one of them may have come after a pause that makes it a decision.
    assert!(longest > Duration::from_millis(150) || !marker.exists(), "it ran");
    thread::sleep(READING);
    t.key("Enter");
    t.wait_for(|| marker.exists().then_some(()), "the line to run");
}
