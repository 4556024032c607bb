//! The note below a suggestion while it is edited.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::{READING, scripted, start_with};
use crate::fake::Ruling;
use crate::resident::{FakeResident, NOTE, Say};
use crate::terminal::Setup;

fn reads() -> FakeResident {
    FakeResident::start(|wish, words| match (wish, words) {
        ("answer", _) => Say::commands(&["ls -l", "ls -a"]),
        ("reading", line) => Say::Records(vec![
            ("reading".to_owned(), format!("reads {line}")),
            ("note".to_owned(), format!("edited · risk {}", if line.starts_with("rm") { "high: it deletes" } else { "none" })),
        ]),
        _ => Say::ask(),
    })
}

fn readings(resident: &FakeResident) -> Vec<String> {
    resident.questions().into_iter().filter(|(wish, _)| wish == "reading").map(|(_, line)| line).collect()
}

#[test]
fn risk_and_reading_follow_what_is_typed() {
    let resident = reads();
    let (_dir, helper) = scripted();
    let t = start_with(&helper.hang(), resident.setup(Setup::default()));
    t.type_text("list files");
    t.wait_until_idle();
    assert!(readings(&resident).is_empty(), "words are no command");
    t.key("C-g");
    t.wait_for_screen(&format!("● {NOTE}"));
    t.type_text(" src");
    t.wait_for_screen("● edited · risk none · reads ls -l src");
    assert_eq!(t.screen(), "[1]> ls -l src\n● edited · risk none · reads ls -l src");
    t.key("C-a");
    t.type_text("rm; ");
    t.wait_for_screen("● edited · risk high: it deletes · reads rm; ls -l src");
    assert_eq!(t.screen().lines().count(), 2, "{}", t.screen());
    t.assert_not_spinning();
    // Back at the suggestion its own note is back.
    t.keys(&["C-_"; 8]);
    t.wait_for_buffer(|b| b == "ls -l");
    t.wait_for_screen(&format!("● {NOTE}"));
    // The next suggestion has its own.
    t.key("C-g");
    t.wait_for_buffer(|b| b == "ls -a");
    assert_eq!(t.screen(), format!("[1]> ls -a\n● {NOTE}"));
    // A line that is no suggestion any more is nobody's business.
    let before = readings(&resident).len();
    t.key("C-u");
    t.type_text("echo secret");
    t.wait_until_idle();
    assert_eq!(readings(&resident).len(), before, "{:?}", readings(&resident));
}

#[test]
fn words_behind_a_suggestion_leave_the_note_to_the_suggestion() {
    let resident = reads();
    let (_dir, helper) = scripted();
    let t = start_with(&helper.hang(), resident.setup(Setup::default()));
    t.type_text("list files");
    t.key("C-g");
    t.wait_for_screen(&format!("● {NOTE}"));
    t.type_text(" ??");
    t.wait_for_screen("● edited · risk none · reads ls -l ??");
    // What stands there now is no command that anybody will run.
    t.type_text(" but");
    t.wait_for_screen(&format!("● {NOTE}"));
    t.type_text(" only rm");
    t.buffer();
    t.wait_until_idle();
    assert_eq!(t.screen(), format!("[1]> ls -l ?? but only rm\n● {NOTE}"));
    assert!(readings(&resident).iter().all(|line| !line.contains("but")), "{:?}", readings(&resident));
    // With another beginning it is a line of the user's own.
    t.key("C-a");
    t.type_text("rm; ");
    t.wait_for_screen("● edited · risk high: it deletes · reads rm; ls -l ?? but only rm");
}

/// zsh covers the first row of a message with the search and leaves the others on the screen.
#[test]
fn a_search_of_the_history_has_the_rows_below_the_line_for_itself() {
    for plugins in ["", "source /usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh"] {
        let resident = FakeResident::start(|wish, words| match (wish, words) {
            ("answer", _) => Say::Records(vec![("cmd".to_owned(), "rm -r x".to_owned()), ("msg".to_owned(), "a remark".to_owned())]),
            ("reading", line) => Say::Records(vec![("note".to_owned(), format!("edited · {line}"))]),
            _ => Say::ask(),
        });
        let (_dir, helper) = scripted();
        let rc = format!("{plugins}\nprint -s 'echo one two'");
        let t = start_with(&helper.hang(), resident.setup(Setup { rc, ..Setup::default() }));
        t.type_text("delete x");
        t.key("C-g");
        let noted = format!("[1]> rm -r x\n● {NOTE}\ngptos: a remark");
        t.wait_for(|| (t.screen() == noted).then_some(()), &noted);
        for end in ["C-c", "End"] {
            t.key("C-r");
            t.wait_for_screen("bck-i-search: _");
            assert_eq!(t.screen(), "[1]> rm -r x\nbck-i-search: _");
            t.type_text("one");
            t.wait_for_screen("bck-i-search: one_");
            t.wait_until_idle();
            assert_eq!(t.screen(), "[1]> echo one two\nbck-i-search: one_");
            assert!(readings(&resident).is_empty(), "{:?}", readings(&resident));
            t.key(end);
            // Given up, it leaves the suggestion with its note; else the line that was found has one.
            let after = if end == "C-c" { noted.clone() } else { "[1]> echo one two\n● edited · echo one two".to_owned() };
            t.wait_for(|| (t.screen() == after).then_some(()), &after);
        }
        t.key("C-u");
        t.type_text("echo 'a'");
        thread::sleep(READING);
        t.key("Enter");
        t.wait_for_screen("\na\n[2]>");
    }
}

#[test]
fn without_a_resident_the_note_stays_as_it_was() {
    let (_dir, helper) = scripted();
    let helper = helper.answer_after(Duration::ZERO, &[("ls", NOTE)]);
    for say in [Say::Raw(b"garbage".to_vec()), Say::Hang(Vec::new()), Say::Records(vec![("note".to_owned(), "a\u{1b}[2Jb".to_owned())])] {
        let hostile = matches!(say, Say::Records(_));
        let resident = FakeResident::start(move |wish, _| if wish == "reading" { say.clone() } else { Say::commands(&["ls"]) });
        let t = start_with(&helper, resident.setup(Setup::default()));
        t.type_text("list files");
        t.key("C-g");
        t.wait_for_screen(&format!("● {NOTE}"));
        t.type_text(" src");
        t.wait_for(|| (!readings(&resident).is_empty()).then_some(()), "the question");
        t.wait_until_idle();
        let said = if hostile { "a?[2Jb" } else { NOTE };
        t.wait_for_screen(&format!("[1]> ls src\n● {said}"));
        t.assert_not_spinning();
    }
    let t = start_with(&helper, Setup::default());
    t.type_text("list files");
    t.key("C-g");
    t.wait_for_screen(&format!("● {NOTE}"));
    t.type_text(" src");
    t.wait_until_idle();
    assert_eq!(t.screen(), format!("[1]> ls src\n● {NOTE}"));
}

#[test]
fn a_reading_that_comes_late_does_not_take_the_place_of_why_enter_did_nothing() {
    let stop = Ruling::Stop("<name> is still to be filled in");
    let hold = Ruling::Hold("high", "risk high: it deletes");
    for (ruling, guard_ms, reason) in [
        (stop, 0, "gptos: <name> is still to be filled in"),
        (hold, 0, "gptos: risk high: it deletes · Enter again runs it"),
        (Ruling::Pass("none"), 600_000, "gptos: cache · risk none · read it first, then Enter"),
    ] {
        let (release, released) = mpsc::channel();
        let resident = FakeResident::start(move |wish, words| {
            if words == "ls -l <name>" {
                released.recv_timeout(Duration::from_secs(60)).unwrap();
            }
            match wish {
                "answer" => Say::commands(&["ls -l"]),
                "reading" => Say::Records(vec![("note".to_owned(), "edited · risk none".to_owned())]),
                _ => Say::ask(),
            }
        });
        let (_dir, helper) = scripted();
        let setup = Setup { before: format!("GPTOS_ENTER_GUARD_MS={guard_ms}"), ..Setup::default() };
        let t = start_with(&helper.ruling("<name>", ruling), resident.setup(setup));
        t.type_text("list files");
        t.key("C-g");
        t.wait_for_buffer(|b| b == "ls -l");
        t.type_text(" <name>");
        t.wait_for(|| readings(&resident).contains(&"ls -l <name>".to_owned()).then_some(()), "the question");
        t.key("Enter");
        t.wait_for_screen(reason);
        release.send(()).unwrap();
        t.wait_for(|| resident.has_served("reading", "ls -l <name>").then_some(()), "the answer to be read");
        t.wait_until_idle();
        assert_eq!(t.screen(), format!("[1]> ls -l <name>\n{reason}"));
    }
}

#[test]
fn the_note_is_back_when_a_line_that_did_not_run_is_edited() {
    let resident = reads();
    let (_dir, helper) = scripted();
    let setup = Setup { before: "GPTOS_ENTER_GUARD_MS=0".to_owned(), ..Setup::default() };
    let t = start_with(&helper.ruling("<name>", Ruling::Stop("<name> is still to be filled in")), resident.setup(setup));
    t.type_text("list files");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "ls -l");
    t.type_text(" <name>");
    t.wait_for_screen("● edited · risk none · reads ls -l <name>");
    t.key("Enter");
    t.wait_for_screen("gptos: <name> is still to be filled in");
    t.type_text("s");
    t.wait_for_screen("● edited · risk none · reads ls -l <name>s");
    t.key("BSpace");
    t.wait_for(|| t.screen().ends_with("reads ls -l <name>").then_some(()), "the note of the line as it is");
}
