//! Tab on a line that asks: several suggestions in rows, the first in the line. Tab elsewhere is what it was.

use std::fs;

use super::notes::records;
use super::*;

const THREE: &[(&str, &str, &str)] = &[
    ("reading", "lists files by size", ""),
    ("cmd", "ls -lS", "cache · risk none"),
    ("cmd", "rm -r build", "offline · risk high: deletes recursively"),
    ("reading", "sizes of all", ""),
    ("cmd", "du -a .", "openai · risk none"),
    ("took", "0.8 ms", ""),
];

fn three(setup: Setup) -> Bench {
    Bench::new(|helper| helper.raw_after(NOW, &records(THREE)), setup)
}

#[test]
fn tab_lists_the_suggestions_and_the_key_cycles_on() {
    for setup in [Setup::default(), vi(), asynchronous(), waiting()] {
        let bench = three(setup);
        bench.type_and_press("?? list files", "Tab");
        bench.expect_buffer("ls -lS");
        bench.expect_screen(
            "1 ls -lS       lists files by size · cache · risk none\n\
             2 rm -r build  offline · risk high: deletes recursively\n\
             3 du -a .      sizes of all · openai · risk none\n\
             [1]> ls -lS",
        );
        assert!(bench.helper.calls()[0].contains(" --list "), "{:?}", bench.helper.calls());
        for wanted in ["rm -r build", "du -a .", "?? list files", "ls -lS"] {
            bench.t.key("C-g");
            bench.expect_buffer(wanted);
        }
        assert_eq!(bench.helper.queries(), ["list files"]);
        bench.expect_prompt(1);
        bench.t.assert_not_spinning();
        bench.t.keys(&["C-e", "C-u"]);
        bench.assert_sane();
    }
}

#[test]
fn the_risk_is_in_sight_however_narrow_the_terminal() {
    let long = "a reading that goes on and on behind the edge";
    let risk = "offline · risk critical: everything below the folder is gone for good";
    let answer = records(&[
        ("reading", long, ""),
        ("cmd", "rm -rf /srv/some/very/long/path/that/fills/the/row", risk),
        ("cmd", "rm -r build", "offline · risk high: deletes everything below this folder"),
        ("reading", long, ""),
        ("cmd", "ls", "cache · risk none"),
    ]);
    for columns in [50, 80] {
        let bench = Bench::new(|helper| helper.raw_after(NOW, &answer), Setup { columns, ..Setup::default() });
        bench.type_and_press("?? delete", "Tab");
        bench.t.wait_for_buffer(|buffer| buffer.starts_with("rm -rf /srv"));
        let screen = bench.t.screen();
        for risk in ["risk critical", "risk high", "risk none"] {
            assert_eq!(screen.matches(risk).count(), 1, "{columns}: {screen}");
        }
    }
}

#[test]
fn one_undo_brings_the_words_back_and_tab_lists_again() {
    let bench = three(Setup::default());
    bench.type_and_press("?? list files", "Tab");
    bench.expect_buffer("ls -lS");
    bench.t.key("C-_");
    bench.expect_buffer("?? list files");
    bench.t.key("Tab");
    bench.expect_buffer("ls -lS");
    assert_eq!(bench.helper.calls().len(), 2);
}

const LIST: &str = "1 ls -lS       lists files by size · cache · risk none
2 rm -r build  offline · risk high: deletes recursively
3 du -a .      sizes of all · openai · risk none
";

#[test]
fn there_is_one_list_at_a_time_and_it_stays_while_its_suggestions_are_gone_through() {
    let bench = three(Setup::default());
    bench.type_and_press("?? list files", "Tab");
    bench.expect_screen(&format!("{LIST}[1]> ls -lS"));
    bench.t.key("C-g");
    bench.expect_screen(&format!("{LIST}● 0.8 ms offline · risk high: deletes recursively\n[1]> rm -r build"));
    for _ in 0..2 {
        bench.t.key("C-g");
    }
    bench.expect_screen(&format!("{LIST}[1]> ?? list files"));
    bench.t.key("Tab");
    bench.expect_screen(&format!("{LIST}[1]> ls -lS"));
    // One suggestion is asked for instead.
    for wanted in ["rm -r build", "du -a .", "?? list files"] {
        bench.t.key("C-g");
        bench.expect_buffer(wanted);
    }
    bench.read_and_enter();
    bench.expect_screen("● 0.8 ms cache · risk none · lists files by size\n[1]> ls -lS");
}

#[test]
fn words_of_every_kind_reach_the_helper_as_they_are() {
    for (line, words) in [
        ("?? what's my ip", "what's my ip"),
        ("?? find \"it", "find \"it"),
        ("?? it's 'all' \"of\" that", "it's 'all' \"of\" that"),
        ("?? sizes of $HOME and ~/x *.rs", "sizes of $HOME and ~/x *.rs"),
        ("   ?? in private", " in private"),
        ("?? größe von é", "größe von é"),
        ("?? ends in a blank ", "ends in a blank "),
    ] {
        let bench = three(Setup::default());
        bench.type_and_press(line, "Tab");
        bench.expect_buffer("ls -lS");
        assert_eq!(bench.helper.queries(), [words], "{line}");
    }
    let bench = three(Setup::default());
    bench.type_and_press("??? at once", "Tab");
    bench.expect_buffer("ls -lS");
    assert!(bench.helper.calls()[0].contains(" --fresh --list "), "{:?}", bench.helper.calls());
    let scoped = three(with("GPTOS_SCOPES='git k'"));
    scoped.type_and_press("git? undo", "Tab");
    scoped.expect_buffer("ls -lS");
    assert_eq!(scoped.helper.queries(), ["undo"]);
}

#[test]
fn tab_is_as_before_on_every_other_line() {
    let rc = "mine() { COMPREPLY=(mine); }; complete -F mine own; touch marker-one marker-two single";
    let bench = three(Setup { rc: rc.into(), ..Setup::default() });
    for (line, buffer) in
        [("cat sin", "cat single "), ("own m", "own mine "), ("cat mar", "cat marker-"), ("echo x; ?? list files", "echo x; ?? list files")]
    {
        bench.type_and_press(line, "Tab");
        bench.expect_buffer(buffer);
        bench.t.key("C-u");
        bench.expect_buffer("");
    }
    bench.t.type_text("cat mar");
    bench.t.keys(&["Tab", "Tab", "Tab"]);
    bench.t.wait_for_screen("marker-one  marker-two");
    assert_eq!(bench.t.buffer(), "cat marker-");
    bench.t.key("C-u");
    // Continuation lines and `read -e`.
    for (line, wanted) in [("echo 'a", "?? list files'"), ("read -e x", "?? list files")] {
        let prompt = bench.t.prompt_number();
        bench.type_and_press(line, "Enter");
        bench.t.wait_until_idle();
        bench.type_and_press("?? list files", "Tab");
        bench.t.wait_until_idle();
        bench.t.type_text(&wanted["?? list files".len()..]);
        bench.t.key("Enter");
        bench.t.wait_for_prompt(prompt + 1);
    }
    assert_eq!(bench.helper.calls().len(), 0);
}

#[test]
fn the_users_completions_are_untouched() {
    let lines = "complete -F x ls; complete -W 'a b' own; complete -D -F y; complete -E -W z; complete -I -W i";
    let bench = three(Setup { before: lines.into(), ..Setup::default() });
    let file = bench.dir.path().join("specs");
    bench.type_and_press(
        &format!("complete -p | grep -v __gptos >{0}; complete -r -- '??' '???'; complete -p | diff - {0} && echo sa'me'", file.display()),
        "Enter",
    );
    bench.t.wait_for_screen("\nsame\n");
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), 5);
}

#[test]
fn no_row_is_wider_than_the_terminal_and_the_risk_stays_in_sight() {
    let long = format!("find /a/long/path {}; rm -rf x", "-name '*.py' ".repeat(6));
    let answer = records(&[
        ("reading", "a reading that goes on and on and does not end before the edge", ""),
        ("cmd", &long, "offline · risk high: deletes"),
        ("reading", "短い説明の文章がここに長く続く", ""),
        ("cmd", "ls 資料フォルダの中の長い名前のもの", "cache · risk none"),
    ]);
    for columns in [40, 60, 100] {
        let env = vec![("NO_COLOR".to_owned(), "1".to_owned())];
        let bench = Bench::new(|helper| helper.raw_after(NOW, &answer), Setup { columns, env, ..Setup::default() });
        bench.type_and_press("?? find it", "Tab");
        bench.expect_buffer(&long);
        bench.t.wait_until_idle();
        let screen = bench.t.screen();
        let rows: Vec<&str> = screen.lines().collect();
        assert!(rows[0].starts_with("1 find ") && rows[0].contains('…'), "{screen}");
        assert!(rows[1].starts_with("2 ls "), "a row was wrapped:\n{screen}");
        assert!(rows[2].starts_with("[1]> find "), "a row was wrapped:\n{screen}");
        assert!(columns < 100 || rows[0].contains("risk high") && rows[0].contains("rm -rf x  "), "{screen}");
        assert!(!bench.t.coloured_screen().contains('\u{1b}'));
    }
}

#[test]
fn where_the_terminal_does_not_answer_the_key_lists() {
    let bench = three(Setup { rc: "__gptos_load; __gptos_call_terminal() { :; }".into(), ..Setup::default() });
    bench.type_and_press("?? list files", "Tab");
    bench.t.wait_until_idle();
    assert_eq!(bench.t.buffer(), "?? list files");
    assert_eq!(bench.helper.calls().len(), 0);
    bench.t.key("C-g");
    // What is typed before is lost where the terminal does not answer, and so is the key that shows the line.
    bench.t.wait_for_screen("[1]> ls -lS");
    bench.expect_buffer("ls -lS");
    assert!(bench.t.screen().starts_with("1 ls -lS "), "{}", bench.t.screen());
}

#[test]
fn a_slow_list_leaves_the_prompt_live_and_never_touches_newer_text() {
    for edited in [false, true] {
        let bench = Bench::new(|helper| helper.raw_after(NOW, &records(THREE)).when_told(), Setup::default());
        bench.type_and_press("?? list files", "Tab");
        bench.t.wait_for_screen("gptos: asking (Ctrl-C cancels)\n[1]> ");
        bench.t.key("Tab");
        bench.t.wait_for_screen("gptos: waiting, Ctrl-C cancels");
        if edited {
            bench.t.type_text(" of mine");
        }
        bench.helper.tell();
        if edited {
            bench.t.wait_for_screen("Ctrl-G shows the answer: ls -lS");
            assert_eq!(bench.t.buffer(), "?? list files of mine");
            bench.t.key("C-g");
        }
        bench.expect_buffer("ls -lS");
        bench.t.wait_for_screen("\n3 du -a .      sizes of all");
        assert_eq!(bench.helper.calls().len(), 1);
        for wanted in ["rm -r build", "du -a .", if edited { "?? list files of mine" } else { "?? list files" }] {
            bench.t.key("C-g");
            bench.expect_buffer(wanted);
        }
    }
}

#[test]
fn a_list_that_fails_is_told_and_one_that_is_cancelled_is_gone() {
    let bench = Bench::new(|helper| helper.message_after(NOW, "no provider").hang(), Setup::default());
    bench.type_and_press("?? list files", "Tab");
    bench.t.wait_for_screen("gptos: no provider");
    assert_eq!(bench.t.buffer(), "?? list files");
    bench.t.key("Tab");
    bench.t.wait_for_screen("gptos: asking");
    bench.t.key("C-c");
    bench.t.wait_for_screen("gptos: cancelled");
    assert_eq!(bench.t.buffer(), "?? list files");
    bench.t.wait_for(|| (!terminal::is_alive(bench.helper.pids()[1])).then_some(()), "the helper to end");
    bench.t.keys(&["C-u"]);
    bench.assert_sane();
}
