//! The note below a suggestion while it is edited.

use std::time::Duration;

use super::{scripted, start_with};
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
