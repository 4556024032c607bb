//! Tab on a line of words: several suggestions to choose from.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::words::{asked, record, records};
use super::{AT_ONCE, READING, give_up_line, scripted, start, start_with};
use crate::fake::FakeHelper;
use crate::terminal::{Setup, Terminal, is_alive};

/// What begins the last row of each menu.
const LAST_ROW: &str = "\n  rm -rf x  ";

/// Three commands, of which one is dangerous.
pub fn three(helper: FakeHelper, delay: Duration) -> FakeHelper {
    helper.raw_after(
        delay,
        &records(&[
            ("reading", "all of it, largest first", ""),
            ("cmd", "ls -lS", "offline · risk none"),
            ("cmd", "find . -name '*.py'", "cache · risk low"),
            ("reading", "deletes x", ""),
            ("cmd", "rm -rf x", "openai · risk high: deletes a folder"),
            ("took", "0.8 ms", ""),
            ("end", "0", ""),
        ]),
    )
}

/// Presses Tab until the menu is open: on a busy machine the stand-in may need longer than Tab waits for it, and then Tab is pressed twice.
pub fn open_menu(t: &Terminal) {
    t.key("Tab");
    let screen = t.wait_for(|| Some(t.screen()).filter(|screen| screen.contains(LAST_ROW) || screen.contains("Tab shows all")), "a list");
    if !screen.contains(LAST_ROW) {
        t.key("Tab");
        t.wait_for_screen(LAST_ROW);
    }
    t.wait_until_idle();
}

#[test]
fn tab_opens_a_menu_and_the_choice_takes_the_whole_line() {
    for vi in [false, true] {
        let (dir, helper) = scripted();
        let helper = three(helper, AT_ONCE);
        let t = start_with(&helper, Setup { vi, ..Setup::default() });
        t.type_text("?? what's here");
        open_menu(&t);
        let screen = t.screen();
        for row in [
            "ls -lS               all of it, largest first · offline · risk none",
            "find . -name '*.py'  cache · risk low",
            "rm -rf x             deletes x · openai · risk high: deletes a folder",
        ] {
            assert!(screen.contains(row), "{row}: {screen}");
        }
        assert!(helper.calls()[0].ends_with(" --list"), "{:?}", helper.calls());
        assert_eq!(asked(dir.path(), 1)[0], "what's here");
        t.key("Down");
        t.key("Enter");
        t.wait_for_screen("0.8 ms cache · risk low");
        assert_eq!(t.buffer(), "find . -name '*.py'");
        assert_eq!(t.prompt_number(), 1);
        t.keys(if vi { &["Escape", "u"] } else { &["C-_"] });
        assert_eq!(t.wait_for_buffer(|b| !b.starts_with("find")), "?? what's here");
        t.assert_not_spinning();
    }
}

#[test]
fn what_is_typed_narrows_the_menu_down() {
    let (_dir, helper) = scripted();
    let helper = three(helper, AT_ONCE);
    let t = start(&helper);
    t.type_text("?? list files");
    open_menu(&t);
    t.type_text("py");
    t.wait_for_screen_without("rm -rf x");
    t.key("Enter");
    t.wait_for_screen("0.8 ms cache · risk low");
    assert_eq!(t.buffer(), "find . -name '*.py'");

    // Two words, one of them of what it says of itself.
    t.key("C-u");
    t.type_text("?? list files");
    open_menu(&t);
    t.type_text("deletes high");
    t.wait_for_screen("\"deletes high\": 1 of 3");
    t.key("Enter");
    t.wait_for_buffer(|b| b == "rm -rf x");
    assert_eq!(t.prompt_number(), 1);
}

#[test]
fn behind_the_arrows_typing_narrows_as_well_and_what_nothing_fits_shows_nothing() {
    for vi in [false, true] {
        let (_dir, helper) = scripted();
        let helper = three(helper, AT_ONCE);
        let t = start_with(&helper, Setup { vi, ..Setup::default() });
        t.type_text("?? list files");
        open_menu(&t);
        assert!(t.screen().contains("\n> ls -lS  "), "{}", t.screen());
        t.key("Down");
        t.wait_for_screen("\n> find . -name '*.py'  ");
        // The row stays the one that is marked as long as it fits.
        t.type_text("r");
        t.wait_for_screen("\"r\": 3 of 3");
        assert!(t.screen().contains("\n> find . -name '*.py'  "), "{}", t.screen());
        t.type_text("m -");
        t.wait_for_screen("\"rm -\": 1 of 3");
        let screen = t.screen();
        assert!(screen.contains("\n> rm -rf x  ") && !screen.contains("ls -lS") && screen.starts_with("[1]> ?? list files\n"), "{screen}");
        t.type_text("zü");
        let screen = t.wait_for_screen("gptos: nothing fits \"rm -zü\"");
        assert_eq!(screen, "[1]> ?? list files\ngptos: nothing fits \"rm -zü\" · Backspace takes it back");
        // Nothing is there to be taken, so Enter takes nothing.
        t.keys(&["Enter", "Down", "Up", "BSpace", "BSpace"]);
        t.wait_for_screen("\n> rm -rf x  ");
        t.key("C-w");
        t.wait_for_screen("\"rm \": 1 of 3");
        t.key("C-u");
        t.wait_for_screen("\n  ls -lS  ");
        t.keys(&["Up", "BTab"]);
        t.wait_for_screen("\n> ls -lS  ");
        t.key("Up");
        t.wait_for_screen("\n> rm -rf x  ");
        t.key("Tab");
        t.wait_for_screen("\n> ls -lS  ");
        t.key("Enter");
        t.wait_for_buffer(|b| b == "ls -lS");
        assert_eq!(t.screen(), "[1]> ls -lS\n● 0.8 ms offline · risk none · all of it, largest first");
        assert_eq!(helper.calls().len(), 1);
        t.assert_not_spinning();
    }
}

#[test]
fn who_leaves_the_menu_has_the_words_again() {
    // A trap of the user's stays and has no part in it; who shows the keymap in the prompt hears nothing of the menu.
    const RC: &str = "zle-keymap-select() { HEARD+=x }; zle -N zle-keymap-select; TRAPINT() { TRAPPED=yes; return 0 }";
    for (vi, rc, keys) in
        [(false, "", ["C-c", "C-g", "Escape"]), (true, "", ["Escape", "C-c", "C-g"]), (false, RC, ["C-c", "Escape", "C-c"])]
    {
        let (_dir, helper) = scripted();
        let helper = three(helper, AT_ONCE);
        let t = start_with(&helper, Setup { vi, rc: rc.to_owned(), ..Setup::default() });
        t.type_text("?? list files");
        open_menu(&t);
        for key in keys {
            t.type_text("r");
            t.wait_for_screen("\"r\": 3 of 3");
            t.key("Down");
            t.wait_for_screen("\n> find");
            t.key(key);
            let screen = t.wait_for_screen("Tab shows the 3 suggestions again");
            assert_eq!(screen, "[1]> ?? list files\ngptos: Tab shows the 3 suggestions again", "{key}");
            assert_eq!((t.buffer().as_str(), t.cursor()), ("?? list files", 13), "{key}");
            t.assert_not_spinning();
            // The list is here already.
            t.key("Tab");
            t.wait_for_screen(LAST_ROW);
            t.wait_until_idle();
        }
        t.keys(&["Down", "Down", "Enter"]);
        t.wait_for_screen("● 0.8 ms openai · risk high");
        assert_eq!(t.buffer(), "rm -rf x");
        t.keys(if vi { &["Escape", "u"] } else { &["C-_"] });
        t.wait_for_buffer(|b| b == "?? list files");
        assert_eq!(helper.calls().len(), 1);
        if !rc.is_empty() {
            t.key("C-u");
            thread::sleep(READING);
            t.type_text("trap; echo \"heard <$HEARD$TRAPPED>\"; zle -l zle-keymap-select && echo kept");
            t.key("Enter");
            let screen = t.wait_for_screen("\nkept");
            assert!(screen.contains("\nheard <>") && screen.contains("\nTRAPINT () {"), "{screen}");
        }
    }
}

#[test]
fn a_key_that_is_none_of_the_menu_takes_the_row_and_does_what_it_does() {
    let (_dir, helper) = scripted();
    let helper = three(helper, AT_ONCE);
    let t =
        start_with(&helper, Setup { rc: "_mine() { BUFFER+=' mine' }; zle -N _mine; bindkey '^Xm' _mine".to_owned(), ..Setup::default() });
    t.type_text("?? list files");
    open_menu(&t);
    // Keys that nobody has bound do nothing, and nothing of them is typed.
    t.keys(&["Down", "F11", "C-Right", "F1"]);
    t.wait_for_screen("\n> find . -name '*.py'  ");
    t.wait_until_idle();
    t.key("C-a");
    t.wait_for_buffer(|b| b == "find . -name '*.py'");
    assert_eq!(t.cursor(), 0);
    t.key("C-_");
    t.wait_for_buffer(|b| b == "?? list files");
    t.key("C-u");
    t.type_text("?? list files");
    open_menu(&t);
    t.keys(&["C-x", "m"]);
    t.wait_for_buffer(|b| b == "ls -lS mine");
    assert!(t.screen().starts_with("[1]> ls -lS mine\n"), "{}", t.screen());
}

#[test]
fn a_menu_of_many_rows_leaves_the_line_in_sight() {
    let (_dir, helper) = scripted();
    let mut rows: Vec<(String, String, String)> = Vec::new();
    for number in 1..=30 {
        rows.push(("cmd".to_owned(), format!("echo {number}"), "offline · risk none".to_owned()));
    }
    rows.push(("end".to_owned(), "0".to_owned(), String::new()));
    let rows: Vec<(&str, &str, &str)> = rows.iter().map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str())).collect();
    let helper = helper.raw_after(AT_ONCE, &records(&rows));
    let t = start_with(&helper, Setup { rows: 14, ..Setup::default() });
    t.type_text("?? print");
    t.key("Tab");
    t.wait_for(|| (t.screen().contains("> echo 1 ") || t.screen().contains("Tab shows all")).then_some(()), "a list");
    if !t.screen().contains("> echo 1 ") {
        t.key("Tab");
    }
    for (keys, row) in [(&["Down"][..], "> echo 2 "), (&["Up", "Up"], "> echo 30 "), (&["Down"], "> echo 1 "), (&["NPage"], "> echo 11 ")] {
        t.keys(keys);
        let screen = t.wait_for_screen(row);
        assert!(screen.starts_with("[1]> ?? print\n") && screen.lines().count() <= 13, "{screen}");
    }
    t.type_text("29");
    t.wait_for_screen("\n> echo 29 ");
    t.key("Enter");
    t.wait_for_buffer(|b| b == "echo 29");
    assert_eq!(t.screen(), "[1]> echo 29\n● offline · risk none");
}

#[test]
fn a_list_that_takes_long_leaves_the_line_live() {
    let (_dir, helper) = scripted();
    let helper = three(helper, AT_ONCE).when_told();
    let t = start(&helper);
    t.type_text("?? list files");
    t.key("Tab");
    t.wait_for(|| helper.pids().first().copied(), "the request");
    t.type_text("x");
    assert_eq!(t.wait_for_buffer(|b| b.ends_with('x')), "?? list filesx");
    t.key("BSpace");
    t.buffer();
    helper.tell();
    t.wait_for_screen("gptos: Tab shows all 3");
    assert_eq!(t.buffer(), "ls -lS");
    t.key("Tab");
    t.wait_for_screen("rm -rf x");
    t.wait_until_idle();
    t.key("Down");
    t.key("Enter");
    t.wait_for_screen("risk low");
    assert_eq!(t.buffer(), "find . -name '*.py'");
    for expected in ["rm -rf x", "?? list files"] {
        t.key("C-g");
        t.wait_for_buffer(|b| b == expected);
    }
}

#[test]
fn ctrl_c_ends_the_wait_for_a_list() {
    let (_dir, helper) = scripted();
    let helper = helper.hang();
    let t = start(&helper);
    t.type_text("?? list files");
    t.key("Tab");
    let pid = t.wait_for(|| helper.pids().first().copied(), "the request");
    t.wait_until_idle();
    t.key("C-c");
    t.wait_for_screen("gptos: cancelled");
    assert_eq!(t.buffer(), "?? list files");
    t.wait_for(|| (!is_alive(pid)).then_some(()), "the end of the request");
    t.assert_not_spinning();
}

#[test]
fn one_suggestion_needs_no_menu_and_none_is_said() {
    let (_dir, helper) = scripted();
    let helper = helper.answer_after(AT_ONCE, &[("ls", "offline · risk none")]).message_after(AT_ONCE, "nothing is known");
    let t = start(&helper);
    t.type_text("?? list files");
    t.key("Tab");
    t.wait_for_screen("● offline · risk none");
    assert_eq!(t.buffer(), "ls");
    t.key("C-u");
    t.type_text("?? no such thing");
    t.key("Tab");
    t.wait_for_screen("gptos: nothing is known");
    assert_eq!(t.buffer(), "?? no such thing");
}

#[test]
fn on_every_other_line_tab_and_the_arrows_are_what_they_were() {
    let (dir, helper) = scripted();
    let helper = three(helper, AT_ONCE);
    fs::write(dir.path().join("readme-first"), "").unwrap();
    let rc =
        "_mine() { BUFFER+=' mine'; CURSOR=$#BUFFER }; zle -N _mine; bindkey '^[[A' _mine; bindkey '^[OA' _mine; bindkey -s '^N' ' text'"
            .to_owned();
    let t = start_with(&helper, Setup { rc, ..Setup::default() });
    // With the words before it on the same line as well.
    for words in ["", "?? list files"] {
        t.type_text(words);
        t.buffer();
        t.key("C-u");
        t.type_text(&format!("cat {}/rea", dir.path().display()));
        t.key("Tab");
        t.wait_for_buffer(|b| b.trim_end().ends_with("/readme-first"));
        t.key("Up");
        t.wait_for_buffer(|b| b.ends_with(" mine"));
        t.key("C-n");
        t.wait_for_buffer(|b| b.ends_with(" mine text"));
        t.key("C-u");
    }
    t.type_text("?? list files");
    t.key("Enter");
    t.wait_for_buffer(|b| b == "ls -lS");
    thread::sleep(READING);
    t.key("Enter");
    t.wait_for_prompt(2);
    t.type_text("bindkey -M main '^I'; bindkey -M main '^[[A'; bindkey -M main '^P'");
    t.key("Enter");
    t.wait_for_prompt(3);
    let screen = t.wait_for_screen("\"^I\" expand-or-complete");
    assert!(screen.ends_with("\"^I\" expand-or-complete\n\"^[[A\" _mine\n\"^P\" up-line-or-history\n[3]>"), "{screen}");
    assert_eq!(helper.calls().len(), 1);
}

/// Others bind the key before or after, take it while a line of words is typed, or wrap every widget there is.
#[test]
fn others_who_want_tab_come_before_or_after() {
    const PLUGINS: &str = "autoload -Uz compinit; compinit -u -D
source /usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh || echo MISSING
source /usr/share/doc/fzf/examples/key-bindings.zsh || echo MISSING
source /usr/share/doc/fzf/examples/completion.zsh || echo MISSING
source /usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh || echo MISSING";
    let script = format!("source '{}'", crate::terminal::Shell::Zsh.script().display());
    for (before, vi) in [(PLUGINS.to_owned(), false), (PLUGINS.to_owned(), true), (String::new(), false), (String::new(), true)] {
        let rc = if before.is_empty() { format!("{PLUGINS}\n{script}") } else { String::new() };
        let (dir, helper) = scripted();
        let helper = three(helper, AT_ONCE);
        fs::write(dir.path().join("readme-first"), "").unwrap();
        let t = start_with(&helper, Setup { before, rc, vi, ..Setup::default() });
        assert!(!t.screen().contains("MISSING"), "install the plugins; {}", t.screen());
        for number in 1..3 {
            t.type_text("?? list files");
            open_menu(&t);
            t.key("Down");
            t.key("Enter");
            t.wait_for_screen("0.8 ms cache · risk low");
            assert_eq!(t.buffer(), "find . -name '*.py'");
            give_up_line(&t, number * 2);
            t.type_text(&format!("echo {}/rea", dir.path().display()));
            t.key("Tab");
            t.wait_for_buffer(|b| b.trim_end().ends_with("/readme-first"));
            thread::sleep(READING);
            t.key("Enter");
            t.wait_for_prompt(number * 2 + 1);
        }
        t.assert_not_spinning();
    }
}

#[test]
fn a_menu_in_a_narrow_terminal_keeps_one_row_for_each() {
    let (_dir, helper) = scripted();
    let long = format!("echo {}", "far ".repeat(30));
    let helper = helper.raw_after(
        AT_ONCE,
        &records(&[
            ("reading", "prints ümläute und 漢字 far beyond the end of the screen", ""),
            ("cmd", long.trim_end(), "offline · risk none"),
            ("cmd", "rm -rf x", "openai · risk high: deletes a folder"),
            ("end", "0", ""),
        ]),
    );
    let t = start_with(&helper, Setup { columns: 40, ..Setup::default() });
    t.type_text("?? print");
    open_menu(&t);
    let screen = t.screen();
    assert_eq!(screen.lines().count(), 4, "{screen}");
    t.key("Enter");
    t.wait_for_screen("● offline");
    assert_eq!(t.buffer(), long.trim_end());
    t.assert_not_spinning();
}

/// What a hostile binary writes is neither run nor hidden, in the menu, in the line and in the message.
#[test]
fn nothing_hostile_comes_in_by_a_list() {
    let (dir, helper) = scripted();
    let marker = dir.path().join("marker");
    let touch = format!("touch {}", marker.display());
    let mut bytes = Vec::new();
    for command in [format!("ls\n{touch}"), format!("ls\r{touch}"), format!("\u{1b}[8m{touch}"), format!("ls \u{7}{touch}"), String::new()]
    {
        record(&mut bytes, "reading", "\u{1b}]0;owned\u{7}", "");
        record(&mut bytes, "cmd", &command, "offline");
    }
    for (command, note) in [("echo `id` $(id) %n %B", "%F{red}red\u{1b}[31m $(id)"), ("echo *", "a\nb\rc")] {
        record(&mut bytes, "reading", "\u{1b}]0;owned\u{7}\u{1b}[8m `id`", "");
        record(&mut bytes, "cmd", command, note);
    }
    record(&mut bytes, "took", "\u{1b}[2J", "");
    record(&mut bytes, "end", "0", "");
    let helper = helper.raw_after(AT_ONCE, &bytes);
    let t = start(&helper);
    let state = t.state();
    t.type_text("?? list files");
    t.key("Tab");
    t.wait_for_screen("%F{red}red?[31m $(id)");
    t.wait_until_idle();
    if !t.screen().contains("a?b?c") {
        t.key("Tab");
        t.wait_for_screen("a?b?c");
    }
    assert!(t.screen().contains("echo `id` $(id) %n %B") && t.screen().contains("a?b?c"), "{}", t.screen());
    t.key("Enter");
    t.wait_for_screen("● ?[2J");
    assert_eq!(t.buffer(), "echo `id` $(id) %n %B");
    assert_eq!(t.state(), state);
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(200) {
        assert!(!marker.exists());
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(t.prompt_number(), 1);
}
