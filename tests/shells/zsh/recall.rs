//! Earlier lines of words come back, and the history holds what was typed.

use std::thread;

use super::{AT_ONCE, NOTE, READING, give_up_line, list_files, scripted, start_with};
use crate::terminal::Setup;

const PAST: &str = "print -s '?? list files'; print -s 'ls ??'; print -s '?? find it'; print -s 'echo last'";

#[test]
fn up_leads_through_earlier_lines_of_words() {
    for (vi, up, down) in [(false, "Up", "Down"), (true, "Up", "Down"), (false, "C-p", "C-n")] {
        let (_dir, helper) = scripted();
        let helper = list_files(helper);
        let t = start_with(&helper, Setup { vi, rc: PAST.into(), ..Setup::default() });
        t.type_text("??");
        for (key, expected) in [(up, "?? find it"), (up, "?? list files"), (up, "?? list files"), (down, "?? find it"), (down, "??")] {
            t.key(key);
            assert_eq!(t.wait_for_buffer(|b| b == expected), expected);
            t.buffer();
        }
        assert_eq!(t.cursor(), 2);
        // What was typed behind the marks is looked for as well, and what came back can be asked at once.
        t.type_text(" li");
        t.key(up);
        t.wait_for_buffer(|b| b == "?? list files");
        assert_eq!(t.cursor(), 13);
        t.key("Enter");
        t.wait_for_buffer(|b| b == "ls");
        assert_eq!(helper.queries(), ["list files"]);
    }
}

#[test]
fn on_other_lines_up_is_the_history_as_ever() {
    let (_dir, helper) = scripted();
    let helper = list_files(helper);
    let t = start_with(&helper, Setup { rc: PAST.into(), ..Setup::default() });
    for expected in ["echo last", "?? find it", "ls ??"] {
        t.key("Up");
        t.wait_for_buffer(|b| b == expected);
    }
}

/// Words behind a blank are in no history and in no file of it, also when the line is given up; of the command the user's own options decide.
#[test]
fn a_blank_in_front_keeps_the_words_out_of_the_history() {
    for (options, hidden) in [("setopt hist_ignore_space", true), ("", false)] {
        let (_dir, helper) = scripted();
        let helper = helper.answer_after(AT_ONCE, &[(" echo one", NOTE)]);
        let before = format!("{options}\nHISTFILE=~/past SAVEHIST=100");
        let t = start_with(&helper, Setup { before, ..Setup::default() });
        t.type_text("echo first");
        t.key("Enter");
        t.wait_for_prompt(2);
        t.type_text(" ?? say one");
        t.key("Enter");
        t.wait_for_buffer(|b| b == " echo one");
        thread::sleep(READING);
        t.key("Enter");
        t.wait_for_prompt(3);
        t.type_text(" ?? say one");
        t.key("Enter");
        t.wait_for_buffer(|b| b == " echo one");
        give_up_line(&t, 4);
        t.type_text("fc -W; cat ~/past");
        t.key("Enter");
        t.wait_for_prompt(5);
        let command = if hidden { "" } else { " echo one\n" };
        let expected = format!("fc -W; cat ~/past\necho first\n{command}fc -W; cat ~/past\n[5]>");
        assert!(t.screen().ends_with(&expected), "{}", t.screen());
    }
}

/// The command is in the history as it was edited, and equal lines in a row are one where the user wants that.
#[test]
fn the_history_holds_what_ran_and_keeps_the_users_rules() {
    let (_dir, helper) = scripted();
    let helper = helper.answer_after(AT_ONCE, &[("echo one", NOTE)]);
    let t = start_with(&helper, Setup { before: "setopt hist_ignore_all_dups".into(), ..Setup::default() });
    for number in 2..4 {
        t.type_text("?? say one");
        t.key("Enter");
        t.wait_for_buffer(|b| b == "echo one");
        thread::sleep(READING);
        t.type_text(" two");
        t.key("Enter");
        t.wait_for_prompt(number);
    }
    t.type_text("fc -ln 1");
    t.key("Enter");
    t.wait_for_prompt(4);
    assert!(t.screen().ends_with("fc -ln 1\n?? say one\necho one two\n[4]>"), "{}", t.screen());
}
