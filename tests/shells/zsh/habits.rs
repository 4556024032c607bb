//! The integration among habits of its user: a shell that ends at the first failure, directories with other rules, menus and kills.

use super::{AT_ONCE, NOTE, give_up_line, list_files, scripted, start_with};
use crate::resident::{FakeResident, Say};
use crate::terminal::{Setup, Terminal};

fn still_answers(t: &Terminal) {
    t.key("C-u");
    t.type_text("echo alive");
    t.wait_for_buffer(|b| b == "echo alive");
    assert_eq!(t.prompt_number(), 1);
}

#[test]
fn keys_that_lead_nowhere_do_not_end_a_shell_that_ends_at_failures() {
    let (_dir, helper) = scripted();
    let helper = list_files(helper);
    for vi in [false, true] {
        let before = "_GPTOS_BUILD=test _GPTOS_BUILD_BIN=none".to_owned();
        let rc = "setopt err_exit; for map in emacs viins; do bindkey -M $map '^Xn' accept-and-infer-next-history; done".to_owned();
        let t = start_with(&helper, Setup { vi, before, rc, ..Setup::default() });
        t.type_text("?? x");
        t.keys(if vi { &["Right", "End", "Down"] } else { &["Right", "End", "C-f", "M-f", "Down", "C-n"] });
        still_answers(&t);
        t.keys(&["Right", "End", "Down"]);
        still_answers(&t);
        t.key("C-u");
        t.type_text("list files");
        t.key("C-g");
        t.wait_for_buffer(|b| b == "ls");
        t.keys(&["Right", "Right"]);
        still_answers(&t);
        // No line of the history follows this one, so the key has nothing to do.
        std::thread::sleep(super::READING);
        t.keys(&["C-x", "n"]);
        still_answers(&t);
    }
}

#[test]
fn a_change_is_of_a_suggestion_of_the_same_directory() {
    let (dir, helper) = scripted();
    let helper = helper.answer_after(AT_ONCE, &[("echo one", NOTE)]);
    let t = start_with(&helper, Setup::default());
    t.type_text("?? say one");
    t.key("Enter");
    t.wait_for_buffer(|b| b == "echo one");
    give_up_line(&t, 2);
    t.type_text(&format!("cd '{}'", dir.path().display()));
    t.key("Enter");
    t.wait_for_prompt(3);
    t.type_text("?? but louder");
    t.key("Enter");
    t.wait_for_buffer(|b| b == "echo one");
    assert_eq!(helper.told()[1], "");
    // Here there is one by now.
    give_up_line(&t, 4);
    t.type_text("?? but louder");
    t.key("Enter");
    t.wait_for_buffer(|b| b == "echo one");
    assert_eq!(helper.told()[2], "refines=echo one asked=but louder");
}

#[test]
fn what_is_not_seen_in_a_command_is_refused_and_shown_in_a_message() {
    for bad in ["ls \u{202e}x", "ls\u{200b}", "\u{feff}ls", "ls \u{2066}x", "ls \u{e0041}"] {
        let (_dir, helper) = scripted();
        let helper = helper.answer_after(AT_ONCE, &[(bad, NOTE)]);
        let t = start_with(&helper, Setup::default());
        t.type_text("list files");
        t.key("C-g");
        t.wait_for_screen("gptos: no answer (a command with unprintable characters was refused)");
        assert_eq!(t.buffer(), "list files", "{bad:?}");
    }
    let (_dir, helper) = scripted();
    let helper = helper.answer_after(AT_ONCE, &[("echo 👩\u{200d}💻", "a\u{202e}b\u{200b}c · risk none")]);
    let t = start_with(&helper, Setup::default());
    t.type_text("list files");
    t.key("C-g");
    t.wait_for_screen("● a?b?c · risk none");
    assert_eq!(t.buffer(), "echo 👩\u{200d}💻");
}

#[test]
fn what_was_cut_comes_back_whole_although_an_answer_came_between() {
    let resident = FakeResident::start(|_, words| if words.len() > 3 { Say::commands(&["ls"]) } else { Say::ask() });
    let (_dir, helper) = scripted();
    let t = start_with(&helper, resident.setup(Setup::default()));
    t.type_text("?? list big files");
    t.wait_for_screen("→ ls");
    // Looking at the buffer would be a key of its own.
    for left in ["[1]> ?? list big", "[1]> ?? list"] {
        t.key("C-w");
        t.wait_for(|| (t.screen().trim_end() == left).then_some(()), "the word to go");
        t.wait_until_idle();
    }
    t.key("C-y");
    t.wait_for_buffer(|b| b == "?? list big files");
}

#[test]
fn the_key_gives_up_a_history_search_as_it_did_before_it_was_ours() {
    for rc in ["", "bindkey -v; bindkey -M viins '^R' history-incremental-search-backward", "GPTOS_KEY=ctrl-t"] {
        let (_dir, helper) = scripted();
        let helper = list_files(helper);
        let t = start_with(&helper, Setup { before: rc.to_owned(), ..Setup::default() });
        t.type_text("echo from before");
        t.key("Enter");
        t.wait_for_prompt(2);
        t.type_text("echo mine");
        t.key("C-r");
        t.type_text("from");
        t.wait_for_screen("bck-i-search: from");
        t.key("C-g");
        t.wait_for_buffer(|b| b == "echo mine");
        assert_eq!(helper.calls().len(), 0);
    }
}
