//! Lines of words other than `?? words`, what goes along with them, and what is said of the answer.

use std::fs;
use std::path::Path;
use std::thread;

use super::{AT_ONCE, NOTE, READING, give_up_line, list_files, scripted, start, start_with};
use crate::terminal::{Setup, Terminal};

/// One record of the protocol.
pub fn record(output: &mut Vec<u8>, kind: &str, text: &str, note: &str) {
    for field in [kind, text, note] {
        output.extend_from_slice(field.as_bytes());
        output.push(0);
    }
}

/// Several of them.
pub fn records(all: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut output = Vec::new();
    for (kind, text, note) in all {
        record(&mut output, kind, text, note);
    }
    output
}

/// What the stand-in was asked in this call: the words, and the fields behind the names and the options.
pub fn asked(dir: &Path, call: usize) -> Vec<String> {
    let text = fs::read_to_string(dir.join("fake-gptos").join(format!("query-{call}"))).unwrap();
    let fields: Vec<String> = text.split('\0').map(str::to_owned).collect();
    fields.iter().take(1).chain(fields.iter().skip(3)).cloned().collect()
}

#[test]
fn the_key_on_any_other_line_tells_where_the_cursor_is() {
    let (dir, helper) = scripted();
    let helper = helper.message_after(AT_ONCE, "nothing");
    let t = start(&helper);
    for (call, (line, keys, expected)) in [
        ("git checkout ma", vec![], vec!["git checkout ma", "cursor=15"]),
        ("  tar xf ärchiv ", vec!["C-b", "C-b"], vec!["  tar xf ärchiv ", "cursor=14"]),
        ("?? list files", vec![], vec!["list files"]),
        (" ??? list files", vec![], vec![" list files"]),
        ("# list files", vec![], vec!["# list files", "cursor=12"]),
    ]
    .into_iter()
    .enumerate()
    {
        t.type_text(line);
        t.keys(&[keys, vec!["C-g"]].concat());
        t.wait_for(|| (helper.queries().len() > call).then_some(()), "the question");
        t.wait_for_screen("gptos: nothing");
        assert_eq!(asked(dir.path(), call + 1), expected);
        assert_eq!(t.buffer(), line);
        give_up_line(&t, u32::try_from(call).unwrap() + 2);
    }
}

#[test]
fn words_behind_a_suggestion_ask_for_a_change_of_it() {
    let (dir, helper) = scripted();
    let marker = dir.path().join("marker");
    let touch = format!("touch {}", marker.display());
    let helper = helper
        .answer_after(AT_ONCE, &[("ls", NOTE)])
        .answer_after(AT_ONCE, &[("ls -A", "openai · risk none")])
        .answer_after(AT_ONCE, &[(touch.as_str(), "cache · risk none")]);
    let t = start(&helper);
    t.type_text("?? list files");
    t.key("Enter");
    t.wait_for_buffer(|b| b == "ls");
    thread::sleep(READING);
    t.type_text(" ?? but what's hidden too");
    t.key("Enter");
    t.wait_for_screen("● openai");
    assert_eq!(t.buffer(), "ls -A");
    assert_eq!(asked(dir.path(), 2), ["but what's hidden too", "refines=ls", "asked=list files"]);
    // The change of a change, by the key; undo goes back step by step.
    thread::sleep(READING);
    t.type_text(" ?? and make it new");
    t.key("C-g");
    t.wait_for_screen("● cache");
    assert_eq!(t.buffer(), touch);
    assert_eq!(asked(dir.path(), 3), ["and make it new", "refines=ls -A", "asked=list files, but what's hidden too"]);
    t.key("C-_");
    t.wait_for_buffer(|b| b == "ls -A ?? and make it new");
    t.key("C-g");
    t.wait_for_buffer(|b| b == touch);
    assert!(!marker.exists());
    thread::sleep(READING);
    t.key("Enter");
    t.wait_for_prompt(2);
    assert!(marker.exists());
    // All that was typed is in the history, and the report says what was changed.
    t.type_text("fc -ln -4");
    t.key("Enter");
    t.wait_for_prompt(3);
    let expected = format!("?? list files\n?? but what's hidden too\n?? and make it new\n{touch}\n[3]>");
    assert!(t.screen().ends_with(&expected), "{}", t.screen());
    let ran = t.wait_for(|| helper.ran().pop(), "the report");
    assert_eq!(ran.query, "and make it new");
    assert_eq!(ran.command, format!("{touch}\0refines=ls -A\0asked=list files, but what's hidden too"));
}

#[test]
fn what_was_run_is_reported_as_it_was_typed() {
    let (_dir, helper) = scripted();
    let helper = helper.answer_after(AT_ONCE, &[("echo one", NOTE)]);
    let t = start_with(&helper, Setup { before: "alias short='echo long'".into(), ..Setup::default() });
    for (number, behind) in ["; short two", " | cat", "; for i in 3; do short $i; done"].into_iter().enumerate() {
        t.type_text("?? say one");
        t.key("Enter");
        t.wait_for_buffer(|b| b == "echo one");
        t.type_text(behind);
        thread::sleep(READING);
        t.key("Enter");
        t.wait_for_prompt(number as u32 + 2);
        let entered = format!("echo one{behind}");
        t.wait_for(|| helper.ran().iter().any(|ran| ran.command == entered).then_some(()), "the report");
    }
}

/// Window titles and the histories of others are made of what zsh tells its hooks.
#[test]
fn hooks_of_others_are_told_what_runs_and_the_words_stand_before_it() {
    for (options, answers_bangs) in
        [("GPTOS_GUARD=suggested", true), ("GPTOS_GUARD=off", true), ("GPTOS_GUARD=off; setopt no_bang_hist", false)]
    {
        let (_dir, helper) = scripted();
        let helper = helper.answer_after(AT_ONCE, &[("echo one", NOTE)]);
        let before = format!("{options}; preexec() {{ print -r -- \"told <$1>\" }}");
        let t = start_with(&helper, Setup { before, ..Setup::default() });
        let mut kept = Vec::new();
        let mut run = |behind: &str, runs: &str| {
            let next = t.prompt_number() + 1;
            let words = format!("?? say number {next}");
            t.type_text(&words);
            t.key("Enter");
            t.wait_for_buffer(|b| b == "echo one");
            t.type_text(behind);
            thread::sleep(READING);
            t.key("Enter");
            t.wait_for_prompt(next);
            assert!(t.screen().contains(&format!("told <{runs}>")), "{options}, {behind}: {}", t.screen());
            kept.extend([words, runs.to_owned()]);
        };
        for behind in ["", "; echo two ! =", " '!seen[$0]++'"] {
            run(behind, &format!("echo one{behind}"));
        }
        if answers_bangs {
            // What it stands for is the command, as if there were no words.
            run(" !!", "echo one echo one '!seen[$0]++'");
        } else {
            run(" !!", "echo one !!");
        }
        let next = t.prompt_number() + 1;
        t.type_text("fc -ln 1 -1 >kept");
        t.key("Enter");
        t.wait_for_prompt(next);
        assert_eq!(fs::read_to_string(t.dir().join("cwd/kept")).unwrap().lines().collect::<Vec<_>>(), kept, "{options}");
    }
}

/// A shell that has run `echo zero` and shows the suggestion `echo one`.
fn behind_a_command(before: String) -> (tempfile::TempDir, Terminal) {
    let (dir, helper) = scripted();
    let helper = helper.answer_after(AT_ONCE, &[("echo one", NOTE)]);
    let t = start_with(&helper, Setup { before, ..Setup::default() });
    t.type_text("echo zero");
    t.key("Enter");
    t.wait_for_prompt(2);
    t.type_text("?? say one");
    t.key("Enter");
    t.wait_for_buffer(|b| b == "echo one");
    (dir, t)
}

#[test]
fn an_event_in_a_further_row_means_the_command_before_the_words() {
    for (first, second) in [(" \\", "!!"), ("; for x in 1; do", "!!; done"), (" &&", "!!"), ("; { ", "!!; }")] {
        let (_dir, t) = behind_a_command(String::new());
        t.type_text(first);
        thread::sleep(READING);
        t.key("Enter");
        t.wait_until_idle();
        t.type_text(second);
        t.key("Enter");
        t.wait_for_prompt(3);
        let screen = t.screen();
        assert!(screen.contains("echo zero") && !screen.contains("??"), "{first}: {screen}");
        assert!(screen.ends_with("zero\n[3]>"), "{first}: {screen}");
    }
}

/// Who has zsh show what an event stands for sees it also behind a suggestion.
#[test]
fn what_is_to_be_seen_first_is_shown_by_enter() {
    for guard in ["suggested", "off"] {
        let (_dir, t) = behind_a_command(format!("GPTOS_GUARD={guard}; setopt hist_verify"));
        t.type_text("; !!");
        thread::sleep(READING);
        t.key("Enter");
        t.wait_for_buffer(|b| b == "echo one; echo zero");
        t.wait_until_idle();
        assert!(!t.screen().contains("\none\n"), "{}", t.screen());
        t.key("Enter");
        t.wait_for_screen("\none\nzero\n");
    }
}

#[test]
fn a_wish_behind_what_was_added_to_the_suggestion_runs_nothing_and_is_about_both() {
    for key in ["Enter", "C-g"] {
        let (dir, helper) = scripted();
        let helper = helper.answer_after(AT_ONCE, &[("echo one", NOTE)]).answer_after(AT_ONCE, &[("echo two", "openai · risk none")]);
        let t = start_with(&helper, Setup { before: "setopt no_nomatch".into(), ..Setup::default() });
        t.type_text("?? say one");
        t.key("Enter");
        t.wait_for_buffer(|b| b == "echo one");
        thread::sleep(READING);
        // Marks that no wish stands behind are a pattern.
        t.type_text(" more ?? butter ?? but two");
        t.key(key);
        t.wait_for_buffer(|b| b == "echo two");
        assert_eq!(asked(dir.path(), 2), ["but two", "refines=echo one more ?? butter", "asked=say one"]);
        give_up_line(&t, 2);
        t.type_text("?? say one");
        t.key("Enter");
        t.wait_for_buffer(|b| b == "echo two");
        thread::sleep(READING);
        t.type_text(" and ?? butter");
        t.key("Enter");
        t.wait_for_screen("\ntwo and ?? butter");
    }
}

#[test]
fn a_line_that_no_longer_begins_with_the_suggestion_runs_untouched() {
    let (_dir, helper) = scripted();
    let helper = helper.answer_after(AT_ONCE, &[("echo one", NOTE)]);
    let t = start_with(&helper, Setup { before: "setopt no_nomatch".into(), ..Setup::default() });
    t.type_text("?? say one");
    t.key("Enter");
    t.wait_for_buffer(|b| b == "echo one");
    thread::sleep(READING);
    t.type_text(" ?? but two");
    t.key("C-a");
    t.type_text(" ");
    t.key("Enter");
    t.wait_for_prompt(2);
    assert!(t.screen().contains("one ?? but two\n[2]>"), "{}", t.screen());
    // Neither does a line that was never suggested.
    t.type_text("echo one ?? but two");
    t.key("Enter");
    t.wait_for_prompt(3);
    assert!(t.screen().ends_with("one ?? but two\n[3]>"), "{}", t.screen());
    assert_eq!(helper.queries().len(), 1);
}

#[test]
fn words_of_change_on_a_new_line_are_about_the_last_suggestion() {
    let (dir, helper) = scripted();
    let helper = list_files(helper);
    let t = start(&helper);
    let mut call = 0;
    let mut ask = |line: &str| {
        t.type_text(line);
        t.key("Enter");
        t.wait_for_buffer(|b| b == "ls");
        call += 1;
        give_up_line(&t, call + 1);
        asked(dir.path(), call as usize)
    };
    // Nothing was suggested yet; then the words of a secret line are not the last ones, and a secret line knows of no others.
    assert_eq!(ask("?? but only python files"), ["but only python files"]);
    assert_eq!(ask("?? list files"), ["list files"]);
    assert_eq!(ask(" ?? list secrets"), [" list secrets"]);
    assert_eq!(ask("?? no, hidden ones"), ["no, hidden ones", "refines=ls", "asked=list files"]);
    assert_eq!(ask("?? Only two"), ["Only two", "refines=ls", "asked=list files, no, hidden ones"]);
    assert_eq!(ask(" ?? without links"), [" without links"]);
    assert_eq!(ask("?? android devices"), ["android devices"]);
    assert_eq!(ask("?? but only mine"), ["but only mine", "refines=ls", "asked=android devices"]);
    // Ten minutes later they are about nothing.
    t.type_text("_GPTOS_LATEST_AT=$(( _GPTOS_LATEST_AT - 601 ))");
    t.key("Enter");
    t.wait_for_prompt(10);
    t.type_text("?? but only mine");
    t.key("Enter");
    t.wait_for_buffer(|b| b == "ls");
    assert_eq!(asked(dir.path(), 9), ["but only mine"]);
}

#[test]
fn more_of_a_change_is_asked_with_the_same_context() {
    let (dir, helper) = scripted();
    let helper = list_files(helper).more("openai").fresh_after(AT_ONCE, &[("ls -A", "openai · risk none")]);
    let t = start(&helper);
    t.type_text("?? list files");
    t.key("Enter");
    t.wait_for_buffer(|b| b == "ls");
    t.type_text(" ?? but all");
    t.key("C-g");
    t.wait_for(|| (helper.queries().len() == 2).then_some(()), "the change");
    t.wait_for_buffer(|b| b == "ls");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "ls -A");
    assert!(helper.calls()[2].contains("--fresh"), "{:?}", helper.calls());
    assert_eq!(asked(dir.path(), 3), ["but all", "refines=ls", "asked=list files"]);
}

#[test]
fn scopes_and_hashes_are_words_where_the_user_says_so() {
    let (dir, helper) = scripted();
    let helper = list_files(helper);
    let before = "GPTOS_SCOPES='git k' GPTOS_HASH=1; setopt interactive_comments".to_owned();
    let t = start_with(&helper, Setup { before, ..Setup::default() });
    let mut call = 0;
    for (line, key, expected) in [
        ("git? undo what's last", "Enter", vec!["undo what's last", "scope=git"]),
        (" k? list pods ", "Enter", vec![" list pods", "scope=k"]),
        ("git? undo it", "C-g", vec!["undo it", "scope=git"]),
        ("git? undo it", "Tab", vec!["undo it", "scope=git"]),
        ("# list files", "Enter", vec!["list files"]),
        ("#  list files", "Tab", vec!["list files"]),
    ] {
        t.type_text(line);
        t.key(key);
        t.wait_for_buffer(|b| b == "ls");
        call += 1;
        assert_eq!(asked(dir.path(), call), expected);
        give_up_line(&t, u32::try_from(call).unwrap() + 1);
    }
    // All these are lines like any other.
    for (number, line) in [(8, "docker? a || true"), (9, "#!/bin/sh"), (10, "## list"), (11, " # list"), (12, "#list")] {
        t.type_text(line);
        t.key("Enter");
        t.wait_for_prompt(number);
    }
    assert_eq!(helper.queries().len(), call);

    let (_dir, helper) = scripted();
    let t = start_with(&list_files(helper.clone()), Setup { before: "setopt interactive_comments".into(), ..Setup::default() });
    for (number, line) in [(2, "# list files"), (3, "git? undo it || true")] {
        t.type_text(line);
        t.key("Enter");
        t.wait_for_prompt(number);
    }
    assert!(helper.queries().is_empty());
}

#[test]
fn the_note_says_how_long_it_took_and_what_the_line_does() {
    let (_dir, helper) = scripted();
    let answer = [
        ("reading", "lists 漢字 files, and says so at a length that no line of this terminal has room for", ""),
        ("cmd", "ls", "offline · risk none"),
        ("cmd", "rm -rf x", "openai · risk high: removes a folder"),
        ("took", "0.8 ms", ""),
        ("msg", "a remark", ""),
        ("end", "0", ""),
    ];
    let helper = helper.raw_after(AT_ONCE, &records(&answer));
    let t = start_with(&helper, Setup { columns: 60, ..Setup::default() });
    t.type_text("?? list files");
    t.key("Enter");
    t.wait_for_screen("gptos: a remark");
    let screen = t.screen();
    let rows: Vec<&str> = screen.lines().collect();
    assert_eq!(rows.len(), 3, "{screen}");
    assert!(rows[1].starts_with("● 0.8 ms offline · risk none · lists 漢字 files") && rows[1].ends_with('…'), "{screen}");
    t.key("C-g");
    t.wait_for_screen("● 0.8 ms openai · risk high: removes a folder");
    assert_eq!(t.buffer(), "rm -rf x");

    let t = start_with(&helper, Setup { before: "GPTOS_NOTE=0".into(), columns: 60, ..Setup::default() });
    t.type_text("?? list files");
    t.key("Enter");
    t.wait_for_screen("gptos: a remark");
    assert_eq!(t.screen(), "[1]> ls\ngptos: a remark");
    t.key("C-g");
    t.wait_for_screen("● 0.8 ms openai · risk high: removes a folder");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "?? list files");
    assert_eq!(t.screen(), "[1]> ?? list files");
}
