//! zsh: everything that a person may do at the line, and everything that may go wrong behind it.

mod aside;
mod below;
mod edges;
mod enter;
mod failure;
mod frameworks;
mod ghost;
mod guard;
mod habits;
mod list;
mod live;
mod meanwhile;
mod old;
mod prefetch;
mod recall;
mod socket;
mod surroundings;
mod words;

use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::fake::{FakeHelper, Ran};
use crate::terminal::{Setup, Shell, Terminal};

const AT_ONCE: Duration = Duration::ZERO;
const SOON: Duration = Duration::from_millis(100);
const NOTE: &str = "offline · risk none";
/// Longer than the guard after a suggestion: the test's own patience of a person who reads.
const READING: Duration = Duration::from_millis(600);

fn start(helper: &FakeHelper) -> Terminal {
    start_with(helper, Setup::default())
}

fn start_with(helper: &FakeHelper, setup: Setup) -> Terminal {
    Terminal::start(Shell::Zsh, Setup { bin: helper.write(), ..setup })
}

fn scripted() -> (TempDir, FakeHelper) {
    let dir = tempfile::tempdir().unwrap();
    let helper = FakeHelper::new(dir.path());
    (dir, helper)
}

/// Gives up the line with Ctrl-C and waits for the prompt of this number. zsh notices an interrupt that falls into the run of an fd handler
/// only at the next key, so one that is not noticed is followed by a harmless key.
fn give_up_line(t: &Terminal, next_prompt: u32) {
    t.key("C-c");
    let mut pressed = Instant::now();
    t.wait_for(
        || {
            if pressed.elapsed() > Duration::from_secs(1) {
                t.key("C-u");
                pressed = Instant::now();
            }
            (t.prompt_number() >= next_prompt).then_some(())
        },
        "the prompt after Ctrl-C",
    );
    t.wait_until_idle();
}

fn list_files(helper: FakeHelper) -> FakeHelper {
    helper.answer_after(AT_ONCE, &[("ls", NOTE)])
}

#[test]
fn the_key_turns_the_words_into_the_command_and_one_undo_brings_them_back() {
    for (vi, undo) in [(false, vec!["C-_"]), (true, vec!["Escape", "u"])] {
        let (_dir, helper) = scripted();
        let helper = helper.answer_after(SOON, &[("ls -lS", NOTE)]);
        let t = start_with(&helper, Setup { vi, ..Setup::default() });
        t.type_text("list files by size");
        t.key("C-g");
        t.wait_for_screen("● offline · risk none");
        assert_eq!(t.buffer(), "ls -lS");
        assert_eq!(t.cursor(), 6);
        assert_eq!(helper.queries(), ["list files by size"]);
        for key in undo {
            t.key(key);
        }
        assert_eq!(t.wait_for_buffer(|b| b != "ls -lS"), "list files by size");
    }
}

#[test]
fn question_marks_and_enter_translate_words_with_an_apostrophe_and_run_nothing() {
    // A blank in front goes along: it makes the words private.
    for (line, query) in [("?? what's my ip", "what's my ip"), ("  ?? what's my ip  ", " what's my ip")] {
        let (dir, helper) = scripted();
        let marker = dir.path().join("marker");
        let command = format!("touch {}", marker.display());
        let helper = helper.answer_after(SOON, &[(command.as_str(), NOTE)]);
        let t = start(&helper);
        t.type_text(line);
        t.key("Enter");
        t.wait_for_screen("● offline · risk none");
        assert_eq!(t.buffer(), command);
        assert_eq!(t.prompt_number(), 1);
        assert!(!marker.exists());
        assert_eq!(helper.queries(), [query]);
        let version = helper.calls()[0].strip_prefix("widget zsh --shell-version ").map(str::to_owned);
        assert!(version.is_some_and(|v| v.starts_with('5')), "{:?}", helper.calls());
        t.key("C-_");
        assert_eq!(t.wait_for_buffer(|b| b != command), line);
    }
}

#[test]
fn three_question_marks_ask_afresh_and_bare_ones_explain_themselves() {
    let (_dir, helper) = scripted();
    let helper = list_files(helper).fresh_after(AT_ONCE, &[("ls -la", "openai · risk none")]);
    let t = start(&helper);
    for bare in ["??", " ??? "] {
        t.type_text(bare);
        t.key("Enter");
        t.wait_for_screen("gptos: type what you want");
        assert_eq!(t.buffer(), bare);
        t.key("C-u");
    }
    assert!(helper.calls().is_empty());
    t.type_text("??? list files");
    t.key("Enter");
    t.wait_for_screen("● openai");
    assert_eq!(t.buffer(), "ls -la");
    assert!(helper.calls()[0].starts_with("widget zsh --fresh "));
    assert_eq!(helper.queries(), ["list files"]);
    assert_eq!(t.prompt_number(), 1);
}

#[test]
fn the_key_cycles_through_candidates_the_provider_and_the_words() {
    let (_dir, helper) = scripted();
    let helper = helper
        .answer_after(AT_ONCE, &[("ls", NOTE), ("ls -A", NOTE)])
        .more("openai")
        .fresh_after(SOON, &[("ls", "openai · risk none"), ("find .", "openai · risk none")]);
    let t = start(&helper);
    t.type_text("?? list files");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "ls");
    for expected in ["ls -A", "find .", "?? list files", "ls", "ls -A", "find .", "?? list files"] {
        t.key("C-g");
        t.wait_for_buffer(|b| b == expected);
    }
    assert_eq!(helper.queries(), ["list files", "list files"]);
    assert!(helper.calls()[1].contains("--fresh"));
    // An edited suggestion is a new question.
    t.key("C-g");
    t.type_text(" one");
    t.key("C-g");
    t.wait_for(|| (helper.queries().len() == 3).then_some(()), "a third question");
    assert_eq!(helper.queries()[2], "ls one");
}

#[test]
fn a_provider_that_only_repeats_the_answer_leads_on_to_the_words() {
    let (_dir, helper) = scripted();
    let helper = list_files(helper).more("openai").fresh_after(AT_ONCE, &[("ls", "openai · risk none")]);
    let t = start(&helper);
    t.type_text("list files");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "ls");
    t.key("C-g");
    t.wait_for_screen("the same answer again");
    assert_eq!(t.buffer(), "ls");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "list files");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "ls");
}

#[test]
fn a_line_of_several_lines_is_sent_as_it_is_and_comes_back_by_undo() {
    let (_dir, helper) = scripted();
    let helper = list_files(helper);
    let t = start(&helper);
    t.type_text("for every file");
    t.keys(&["Escape", "Enter"]);
    t.type_text("print its 'size é");
    assert_eq!(t.buffer(), "for every file\nprint its 'size é");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "ls");
    assert_eq!(helper.queries(), ["for every file\nprint its 'size é"]);
    t.key("C-_");
    t.wait_for_buffer(|b| b == "for every file\nprint its 'size é");
}

#[test]
fn the_note_and_the_progress_leave_nothing_behind() {
    let (_dir, helper) = scripted();
    let helper = helper.answer_after(SOON, &[("echo done", NOTE)]).tick(SOON, 20, "openai").tick(SOON, 240, "openai").tick(SOON, 1370, "");
    let t = start(&helper);
    t.type_text("?? say done");
    t.key("Enter");
    t.wait_for_screen("● offline");
    assert_eq!(t.screen(), "[1]> echo done\n● offline · risk none");
    thread::sleep(READING);
    assert_eq!(t.screen(), "[1]> echo done\n● offline · risk none");
    t.key("Enter");
    t.wait_for_prompt(2);
    assert_eq!(t.screen(), "[1]> echo done\ndone\n[2]>");
}

#[test]
fn progress_shows_only_after_its_time() {
    let (_dir, helper) = scripted();
    let helper = helper.hang().tick(AT_ONCE, 110, "early").tick(SOON, 121, "openai").tick(SOON, 1370, "openai");
    let t = start(&helper);
    t.type_text("list files");
    t.key("C-g");
    let mut seen = Vec::new();
    t.wait_for(
        || {
            seen.push(t.screen());
            seen.last().unwrap().contains("gptos: openai… 1.3 s (Ctrl-C cancels)").then_some(())
        },
        "the progress",
    );
    assert!(seen.iter().all(|screen| !screen.contains("early")), "{seen:?}");
    t.key("C-c");
    t.wait_for_screen("gptos: cancelled");
    assert_eq!(t.screen(), "[1]> list files\ngptos: cancelled");
}

#[test]
fn the_words_and_the_command_are_both_in_the_history() {
    let (_dir, helper) = scripted();
    let helper = helper.answer_after(AT_ONCE, &[("echo one", NOTE)]);
    let t = start(&helper);
    t.type_text("?? say one");
    t.key("Enter");
    t.wait_for_buffer(|b| b == "echo one");
    thread::sleep(READING);
    t.key("Enter");
    t.wait_for_prompt(2);
    // The words of a line given up are kept as well.
    t.type_text("?? say two");
    t.key("Enter");
    t.wait_for_buffer(|b| b == "echo one");
    give_up_line(&t, 3);
    t.type_text("fc -ln 1");
    t.key("Enter");
    t.wait_for_prompt(4);
    assert!(t.screen().contains("fc -ln 1\n?? say one\necho one\n?? say two\n[4]>"), "{}", t.screen());
    t.key("Up");
    t.key("Up");
    t.wait_for_buffer(|b| b == "?? say two");
    // Words that were brought back and run are one entry.
    t.key("C-u");
    t.type_text("echo three");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "echo one");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "echo three");
    thread::sleep(READING);
    t.key("Enter");
    t.wait_for_prompt(5);
    t.type_text("fc -ln -2");
    t.key("Enter");
    t.wait_for_prompt(6);
    assert!(t.screen().ends_with("fc -ln -2\nfc -ln 1\necho three\n[6]>"), "{}", t.screen());
}

#[test]
fn what_was_run_of_a_suggestion_is_reported_with_its_status() {
    let (_dir, helper) = scripted();
    let helper = helper.answer_after(AT_ONCE, &[("sh -c 'exit 3'", NOTE)]);
    let t = start(&helper);
    let ran =
        |status: &str, command: &str| Ran { shell: "zsh".into(), status: status.into(), query: "fail".into(), command: command.into() };

    t.type_text("?? fail");
    t.key("Enter");
    t.wait_for_screen("● offline");
    thread::sleep(READING);
    t.key("Enter");
    t.wait_for_prompt(2);
    t.wait_for(|| (helper.ran() == [ran("3", "sh -c 'exit 3'")]).then_some(()), "the first report");
    assert_eq!(t.screen(), "[1]> sh -c 'exit 3'\n[2]>");

    // Lines that are not from a suggestion: typed, emptied, undone.
    t.type_text("true");
    t.key("Enter");
    t.wait_for_prompt(3);
    for (number, away) in [(4, "C-u"), (5, "C-_")] {
        t.type_text("fail");
        t.key("C-g");
        t.wait_for_buffer(|b| b.starts_with("sh"));
        thread::sleep(READING);
        t.key(away);
        t.key("C-u");
        t.type_text("true");
        t.key("Enter");
        t.wait_for_prompt(number);
    }

    // A suggestion that goes on at the continuation prompt is reported whole.
    t.type_text("fail");
    t.key("C-g");
    t.wait_for_buffer(|b| b.starts_with("sh"));
    thread::sleep(READING);
    t.type_text(" || ");
    t.key("Enter");
    t.wait_for_screen("cmdor>");
    t.type_text("true");
    t.key("Enter");
    t.wait_for_prompt(6);
    t.wait_for(|| (helper.ran().len() == 2).then_some(()), "the second report");
    assert!(helper.ran().contains(&ran("0", "sh -c 'exit 3' || true")), "{:?}", helper.ran());

    // An edited suggestion is reported as it was run.
    t.type_text("fail");
    t.key("C-g");
    t.wait_for_buffer(|b| b.starts_with("sh"));
    thread::sleep(READING);
    t.type_text(" || false");
    t.key("Enter");
    t.wait_for_prompt(7);
    t.wait_for(|| (helper.ran().len() == 3).then_some(()), "the third report");
    assert!(helper.ran().contains(&ran("1", "sh -c 'exit 3' || false")), "{:?}", helper.ran());
}

#[test]
fn long_notes_and_tall_prompts_keep_the_screen_in_order() {
    let (_dir, helper) = scripted();
    let long = "offline · risk high: removes every file below the directory and cannot be undone";
    let helper = helper.answer_after(SOON, &[("echo a", long), ("echo b", NOTE)]).tick(SOON, 300, "openai").tick(SOON, 400, "");
    let rc = "__tall() { PS1=$'above\\n'\"$PS1\" }; precmd_functions+=(__tall); RPROMPT=right".to_owned();
    let t = start_with(&helper, Setup { rc, columns: 40, rows: 12, ..Setup::default() });
    for number in 1..5 {
        t.type_text("?? say it");
        t.key("Enter");
        t.wait_for_screen("risk high: removes");
        t.key("C-g");
        t.wait_for_screen(NOTE);
        assert_eq!(t.buffer(), "echo b");
        thread::sleep(READING);
        t.key("Enter");
        t.wait_for_prompt(number + 1);
        let screen = t.screen();
        let lines: Vec<&str> = screen.lines().map(str::trim_end).collect();
        let right = |text: &str| format!("{text:<34}right");
        let tail = [format!("[{number}]> echo b"), "b".into(), "above".into(), right(&format!("[{}]>", number + 1))];
        let seen: Vec<String> = lines[lines.len() - 4..].iter().map(|line| (*line).to_owned()).collect();
        assert_eq!(seen[1..], tail[1..], "{screen}");
        assert!(seen[0].starts_with(&tail[0]), "{screen}");
        assert!(!screen.contains("gptos:"), "{screen}");
    }
}
