//! Where the integration meets what it does not know: a resident that takes no connection, a false one, lists of completions, and terminals
//! without colours.

use std::fs;

use super::list::{open_menu, three};
use super::{AT_ONCE, NOTE, list_files, scripted, start_with};
use crate::resident::{FakeResident, Full, Say};
use crate::terminal::Setup;

#[test]
fn a_queue_that_is_full_holds_no_key() {
    for ghost in [0, 1] {
        let full = Full::new();
        let (_dir, helper) = scripted();
        let helper = list_files(helper);
        let before = format!("GPTOS_GHOST={ghost}");
        let t = start_with(&helper, full.setup(Setup { before, ..Setup::default() }));
        t.type_text("?? list all files");
        assert_eq!(t.buffer(), "?? list all files");
        t.key("C-g");
        t.wait_for_screen(&format!("● {NOTE}"));
        assert_eq!(t.buffer(), "ls");
        t.assert_not_spinning();
    }
}

#[test]
fn a_false_resident_brings_nothing_hidden_into_the_line() {
    let long = format!("echo {}", "a".repeat(9000));
    let hidden = [
        "ls \u{ad}x",
        "ls\u{a0}-l",
        "ls\u{2003}-l",
        "ls \u{3164}",
        "ls \u{180e}x",
        "ls \u{fe01}",
        "ls \u{ffa0}",
        "ls \u{2800}",
        "l\u{200d}s",
        "\u{200d}ls",
        "ls \u{fff9}",
        "ls\u{34f}",
        "ls \u{202e}x",
        "ls \u{e0041}",
        "ls\ntouch x",
        "ls\u{9b}x",
        long.as_str(),
    ];
    for bad in hidden {
        let owned = bad.to_owned();
        let resident = FakeResident::start(move |_, _| Say::commands(&[&owned]));
        let (_dir, helper) = scripted();
        let t = start_with(&list_files(helper), resident.setup(Setup::default()));
        t.type_text("?? list all files");
        t.wait_until_idle();
        t.key("Right");
        assert_eq!(t.buffer(), "?? list all files", "{bad:?} behind the words");
        assert!(!t.screen().contains('→'), "{bad:?}: {}", t.screen());
        t.key("C-g");
        t.wait_for_screen("gptos: no answer (a command with unprintable characters was refused)");
        assert_eq!(t.buffer(), "?? list all files", "{bad:?}");
    }
    for good in ["echo 👩\u{200d}💻 ✂\u{fe0f}", "echo שלום é 漢字", &format!("echo {}", "é".repeat(3000))] {
        let owned = good.to_owned();
        let resident = FakeResident::start(move |wish, _| if wish == "answer" { Say::commands(&[&owned]) } else { Say::ask() });
        let (_dir, helper) = scripted();
        let t = start_with(&list_files(helper), resident.setup(Setup::default()));
        t.type_text("?? list all files");
        t.key("C-g");
        t.wait_for_buffer(|buffer| buffer == good);
    }
}

#[test]
fn a_list_of_completions_on_an_edited_suggestion_stays() {
    let resident = FakeResident::start(|wish, _| match wish {
        "answer" => Say::commands(&["ls"]),
        "reading" => {
            Say::Records(vec![("reading".to_owned(), "reads it".to_owned()), ("note".to_owned(), "edited · risk none".to_owned())])
        }
        _ => Say::ask(),
    });
    let (dir, helper) = scripted();
    for name in ["marker-one", "marker-two"] {
        fs::write(dir.path().join(name), "").unwrap();
    }
    let rc = format!("cd '{}'", dir.path().display());
    let t = start_with(&list_files(helper), resident.setup(Setup { rc, ..Setup::default() }));
    t.type_text("list files");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "ls");
    t.type_text(" mar");
    t.wait_for_screen("edited · risk none");
    t.key("Tab");
    t.wait_for_buffer(|b| b == "ls marker-");
    t.key("Tab");
    t.wait_for_screen("marker-one");
    t.wait_until_idle();
    let screen = t.screen();
    assert!(screen.contains("marker-one") && screen.contains("marker-two"), "{screen}");
    t.type_text("o");
    assert_eq!(t.buffer(), "ls marker-o");
    t.assert_not_spinning();
}

#[test]
fn a_key_of_the_ghost_leaves_the_menu_as_any_other() {
    let (_dir, helper) = scripted();
    let t = start_with(&three(helper, AT_ONCE), Setup::default());
    t.type_text("?? list files");
    open_menu(&t);
    t.key("C-f");
    t.wait_until_idle();
    let buffer = t.buffer();
    assert!(["?? list files", "ls -lS", "find . -name '*.py'"].contains(&buffer.as_str()), "{buffer}");
    assert_eq!(t.prompt_number(), 1);
    t.key("C-u");
    t.type_text("echo alive");
    t.wait_for_buffer(|b| b == "echo alive");
    t.assert_not_spinning();
}

#[test]
fn a_row_of_the_menu_that_is_cut_tells_its_risk() {
    let (_dir, helper) = scripted();
    let t = start_with(&three(helper, AT_ONCE), Setup { columns: 62, ..Setup::default() });
    t.type_text("?? list files");
    open_menu(&t);
    let screen = t.screen();
    for row in [
        "> ls -lS               risk none · all of it, largest first …",
        "  find . -name '*.py'  cache · risk low",
        "  rm -rf x             risk high: deletes a folder · deletes…",
    ] {
        assert!(screen.contains(row), "{row}: {screen}");
    }
}

#[test]
fn without_colours_an_arrow_tells_the_ghost() {
    let resident = FakeResident::start(|_, words| if words == "list files" { Say::commands(&["ls -l --all"]) } else { Say::ask() });
    let (_dir, helper) = scripted();
    let env = vec![("NO_COLOR".to_owned(), "1".to_owned())];
    let t = start_with(&list_files(helper), resident.setup(Setup { env, ..Setup::default() }));
    t.type_text("?? list files");
    t.wait_for_screen("?? list files → ls -l --all");
    assert!(!t.coloured_screen().contains('\u{1b}'), "{:?}", t.coloured_screen());
    t.key("M-f");
    t.wait_for_buffer(|b| b == "ls");
    t.wait_for_screen("ls -l --all");
    // The rest of the command has no arrow, so it is underlined; it has no colour either.
    t.wait_for(|| t.coloured_screen().contains("\u{1b}[4m -l --all").then_some(()), "the rest to be underlined");
    assert!(!t.coloured_screen().contains("\u{1b}[38") && !t.coloured_screen().contains("\u{1b}[90m"), "{:?}", t.coloured_screen());
    t.key("End");
    t.wait_for_buffer(|b| b == "ls -l --all");
}
