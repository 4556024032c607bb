//! What stands below the line is about what stands in the line, also when undo put it there.

use std::thread;
use std::time::Duration;

use super::{AT_ONCE, NOTE, list_files, scripted, start_with};
use crate::resident::{FakeResident, Say};
use crate::terminal::{Setup, Terminal};

const RISKY: &str = "offline · risk medium: overwrites a file";
/// Longer than the guard of a suggestion of medium risk.
const READING_RISK: Duration = Duration::from_millis(1000);

fn wait_for_whole_screen(t: &Terminal, expected: &str) {
    t.wait_for(|| (t.screen() == expected).then_some(()), expected);
}

#[test]
fn a_riskier_suggestion_that_undo_brings_back_has_its_own_note_and_is_guarded_anew() {
    let (dir, helper) = scripted();
    let marker = dir.path().join("marker");
    let risky = format!("touch {}", marker.display());
    let mild = format!("touch -c {}", marker.display());
    let helper = helper.answer_after(AT_ONCE, &[(risky.as_str(), RISKY), (mild.as_str(), NOTE)]);
    let t = start_with(&helper, Setup::default());
    t.type_text("make a marker");
    t.key("C-g");
    t.wait_for_screen(RISKY);
    t.key("C-g");
    t.wait_for_screen(NOTE);
    thread::sleep(READING_RISK);
    t.keys(&["C-_", "Enter", "Enter"]);
    t.wait_for_screen(&format!("{RISKY} · read it first, then Enter"));
    assert_eq!(t.buffer(), risky);
    assert!(!marker.exists());
    // The key goes on from there.
    t.key("C-g");
    wait_for_whole_screen(&t, &format!("[1]> {mild}\n● {NOTE}"));
    t.keys(&["C-_", "C-_"]);
    wait_for_whole_screen(&t, "[1]> make a marker");
    assert_eq!(helper.queries().len(), 1);
}

#[test]
fn the_note_goes_with_the_suggestion_when_the_line_is_emptied() {
    let reading = |wish: &str, _: &str| match wish {
        "answer" => Say::commands(&["ls -l"]),
        "reading" => Say::Records(vec![("note".to_owned(), "edited · risk none".to_owned())]),
        _ => Say::ask(),
    };
    for more in ["", " src"] {
        let resident = FakeResident::start(reading);
        let (_dir, helper) = scripted();
        let t = start_with(&helper.hang(), resident.setup(Setup::default()));
        t.type_text("list files");
        t.key("C-g");
        t.wait_for_screen("● cache · risk none");
        t.type_text(more);
        t.wait_for_screen(if more.is_empty() { "● cache" } else { "● edited" });
        t.key("C-u");
        wait_for_whole_screen(&t, "[1]>");
        t.type_text("rm x");
        wait_for_whole_screen(&t, "[1]> rm x");
        t.assert_not_spinning();
    }
}

#[test]
fn words_that_undo_brings_back_are_judged_by_nobody() {
    let resident = FakeResident::start(|wish, line| match wish {
        "answer" => Say::commands(&["ls -l"]),
        "reading" => Say::Records(vec![("note".to_owned(), format!("edited · reads {line}"))]),
        _ => Say::ask(),
    });
    let (_dir, helper) = scripted();
    let t = start_with(&helper.hang(), resident.setup(Setup::default()));
    t.type_text("list files");
    t.key("C-g");
    t.wait_for_screen("● cache");
    t.key("C-_");
    t.wait_for_buffer(|b| b == "list files");
    wait_for_whole_screen(&t, "[1]> list files");
    t.wait_until_idle();
    assert!(resident.questions().iter().all(|(wish, _)| wish != "reading"), "{:?}", resident.questions());
    t.assert_not_spinning();
    // Words that the key brought back are told of, but not where undo goes on to a command.
    let (_dir, helper) = scripted();
    let t = start_with(&list_files(helper), Setup::default());
    t.type_text("list files");
    t.key("C-g");
    t.wait_for_screen(NOTE);
    t.key("C-g");
    t.wait_for_screen("gptos: your words");
    t.key("C-_");
    wait_for_whole_screen(&t, &format!("[1]> ls\n● {NOTE}"));
}

/// zle counts a row more than there is where the last one is full, and draws what comes next that much higher.
#[test]
fn a_message_that_ends_on_the_last_column_leaves_the_line_in_its_place() {
    let (_dir, helper) = scripted();
    let full = format!("offline · risk high: {}", "x".repeat(27));
    let helper = helper.answer_after(AT_ONCE, &[("ls", full.as_str())]);
    for columns in [50, 25] {
        let t = start_with(&helper, Setup { columns, ..Setup::default() });
        t.type_text("echo above");
        t.key("Enter");
        t.wait_for_prompt(2);
        t.type_text("??");
        t.key("Enter");
        t.wait_for(|| t.screen().replace('\n', "").ends_with("type what you want after the question marks").then_some(()), "the message");
        t.type_text("  a");
        t.wait_for_buffer(|b| b == "??  a");
        assert!(t.screen().contains("above\n[2]> ??  a\ngptos: type what"), "{}", t.screen());
        t.key("Enter");
        t.wait_for(|| t.screen().replace('\n', "").ends_with("x").then_some(()), "the note");
        t.type_text(" -l");
        t.wait_for_buffer(|b| b == "ls -l");
        assert!(t.screen().contains("above\n[2]> ls -l\n● offline · risk high: xx"), "{}", t.screen());
    }
}
