//! What the line and the screen hold after a request, and what the script does to the session.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{BLOCKING, LIVE, NOTE, NOW, SLOW, Scene, both_modes, read_the_line};
use crate::terminal::{Setup, Shell};

#[test]
fn the_key_cycles_through_suggestions_a_fresh_answer_and_the_words() {
    let s = Scene::new(LIVE, |fake, _| {
        fake.answer_after(NOW, &[("echo one", NOTE), ("echo two", "offline · risk low: writes")])
            .more("openai")
            .fresh_after(SLOW, &[("echo one", "openai · risk none"), ("echo three", "openai · risk none")])
    });
    for round in 1..=2 {
        if round == 1 {
            s.ask("list files");
        } else {
            s.t.key("C-g");
        }
        s.expect("echo one");
        s.t.wait_for_screen("● offline · risk none\n");
        assert_eq!(s.t.cursor(), "echo one".len());
        s.t.key("C-g");
        s.expect("echo two");
        s.t.wait_for_screen("● offline · risk low: writes\n");
        s.t.key("C-g");
        s.expect("echo three");
        s.t.key("C-g");
        s.expect("list files");
        s.t.wait_for_screen_without("gptos:");
        assert_eq!(s.t.screen(), "[1]> list files");
    }
    let calls = s.fake.calls();
    assert_eq!(calls.len(), 2, "{calls:?}");
    assert!(calls[0].starts_with("widget fish --at-once --shell-version "), "{calls:?}");
    assert!(calls[1].starts_with("widget fish --fresh --shell-version "), "{calls:?}");
    assert_eq!(s.fake.queries(), ["list files", "list files"]);
    s.expect_no_files();
}

#[test]
fn a_fresh_answer_that_brings_nothing_new_gives_the_words_back() {
    let s = Scene::new(BLOCKING, |fake, _| {
        fake.answer_after(NOW, &[("echo one", NOTE)]).more("openai").fresh_after(NOW, &[("echo one", "openai · risk none")])
    });
    s.ask("?? list files");
    s.expect("echo one");
    s.t.key("C-g");
    s.expect("?? list files");
    s.t.wait_for_screen("gptos: openai has no other answer\n");
    s.t.key("C-g");
    s.expect("echo one");
    s.t.key("C-g");
    s.expect("?? list files");
    assert_eq!(s.fake.calls().len(), 2);
}

#[test]
fn one_undo_restores_the_words() {
    let s = Scene::new(LIVE, |fake, _| fake.answer_after(NOW, &[("echo one", NOTE)]).answer_after(SLOW, &[("echo two", NOTE)]));
    s.ask("list files");
    s.expect("echo one");
    s.t.key("C-z");
    s.expect("list files");
    s.t.type_text(" now");
    s.t.key("C-g");
    s.expect("echo two");
    s.t.key("C-z");
    s.expect("list files now");
}

#[test]
fn question_marks_and_enter_translate_and_run_nothing() {
    both_modes(|mode| {
        let s = Scene::new(mode, |fake, _| fake.answer_after(NOW, &[("echo answer", NOTE)]).fresh_after(NOW, &[("echo fresh", NOTE)]));
        s.t.type_text("  ?? what's my ip");
        s.t.key("Enter");
        s.expect("echo answer");
        read_the_line();
        s.t.key("C-u");
        s.t.type_text("??? what's \"my\" ip; $(touch x) `y` \\");
        s.t.key("Enter");
        s.expect("echo fresh");
        assert_eq!(s.fake.queries(), [" what's my ip", "what's \"my\" ip; $(touch x) `y` \\"]);
        assert!(s.fake.calls()[1].contains("--fresh"));
        assert!(s.fake.calls().iter().all(|call| !call.contains("ip")), "the query must not be an argument");
        for bare in ["??", "??? "] {
            s.t.key("C-u");
            read_the_line();
            s.t.type_text(bare);
            s.t.key("Enter");
            s.t.wait_for_screen("gptos: type what you want");
            s.expect(bare);
        }
        assert_eq!(s.fake.calls().len(), 2);
        assert_eq!(s.t.prompt_number(), 1, "a line was run");
    });
}

#[test]
fn after_the_answer_the_screen_holds_only_the_note_the_line_and_its_output() {
    both_modes(|mode| {
        let s = Scene::new(mode, |fake, _| fake.answer_after(SLOW, &[("echo done", NOTE)]));
        s.ask("say it");
        s.t.wait_for_screen("gptos: waiting, Ctrl-C cancels");
        s.expect("echo done");
        read_the_line();
        s.t.key("Enter");
        s.t.wait_for_prompt(2);
        assert_eq!(s.t.screen(), format!("● {NOTE}\n[1]> echo done\ndone\n[2]>"));
    });
}

#[test]
fn a_note_survives_a_line_longer_than_the_screen_and_the_bottom_of_the_screen() {
    both_modes(|mode| {
        let long = format!("echo {}", "word ".repeat(30));
        let long = long.trim_end();
        let s = Scene::with(Setup { before: mode.to_owned(), columns: 60, rows: 8, ..Setup::default() }, |fake, _| {
            fake.answer_after(SLOW, &[(long, NOTE)])
        });
        for n in 1..10 {
            s.t.key("Enter");
            s.t.wait_for_prompt(n + 1);
        }
        s.ask("many words");
        s.expect(long);
        s.t.key("C-z");
        s.expect("many words");
        let screen = s.t.screen();
        assert!(screen.ends_with(&format!("[9]>\n● {NOTE}\n[10]> many words")), "{screen}");
    });
}

#[test]
fn a_line_of_several_rows_is_sent_as_it_is() {
    let s = Scene::new(LIVE, |fake, _| fake.answer_after(NOW, &[("echo one", NOTE)]));
    s.t.type_text("first row");
    s.t.key("M-Enter");
    s.t.type_text("second row");
    s.t.key("C-g");
    s.expect("echo one");
    assert_eq!(s.fake.queries(), ["first row\nsecond row"]);
    s.t.key("C-g");
    s.expect("first row\nsecond row");
}

#[test]
fn vi_mode_works_whichever_is_loaded_first() {
    let late = Setup { rc: "fish_vi_key_bindings".to_owned(), ..Setup::default() };
    for setup in [Setup { vi: true, ..Setup::default() }, late] {
        let s = Scene::with(setup, |fake, _| {
            fake.answer_after(NOW, &[("echo one", NOTE), ("echo two", NOTE)]).answer_after(SLOW, &[("echo three", NOTE)])
        });
        s.ask("list files");
        s.expect("echo one");
        s.t.key("Escape");
        s.t.key("C-g");
        s.expect("echo two");
        s.t.key("u");
        s.expect("echo one");
        s.t.key("u");
        s.expect("list files");
        s.t.keys(&["0", "i"]);
        s.t.type_text("?? ");
        read_the_line();
        s.t.key("Enter");
        s.expect("echo three");
        read_the_line();
        s.t.key("Enter");
        s.t.wait_for_screen("\nthree");
    }
}

#[test]
fn the_mode_and_the_status_stay_in_the_prompt_under_the_note() {
    let rc = "function fish_mode_prompt; echo -n \"[$__test_prompt]> $fish_bind_mode \"; end
        function fish_prompt; set -l s $status $pipestatus; echo -n \"$s> \"; end"
        .to_owned();
    let s = Scene::with(Setup { vi: true, rc, ..Setup::default() }, |fake, _| fake.answer_after(NOW, &[("echo one", NOTE)]));
    s.t.type_text("false | true");
    s.t.key("Enter");
    s.t.wait_for_screen("[2]> insert 0 1 0>");
    s.ask("list files");
    s.t.wait_for_screen(&format!("● {NOTE}\n[2]> insert 0 1 0> echo one"));
    s.t.key("Escape");
    s.t.wait_for_screen(&format!("● {NOTE}\n[2]> default 0 1 0> echo one"));
    read_the_line();
    s.t.key("Enter");
    // As in any vi mode of fish, Enter goes back to inserting.
    s.t.wait_for_screen("\none\n[3]> insert 0 0>");
}

#[test]
fn loading_twice_changing_the_key_and_loading_without_a_terminal_are_harmless() {
    let script = Shell::Fish.script();
    let load = format!("set -g GPTOS_KEY alt-j\nset -g GPTOS_KEY2 \\cx\nsource '{0}'\nsource '{0}'", script.display());
    let s = Scene::with(Setup { load: Some(load), ..Setup::default() }, |fake, _| {
        fake.answer_after(NOW, &[("echo one", NOTE), ("echo two", NOTE)])
    });
    s.t.type_text("list files");
    s.t.key("M-j");
    s.expect("echo one");
    s.t.key("C-x");
    s.expect("echo two");
    s.t.key("C-g");
    s.expect("echo two");
    assert_eq!(s.fake.calls().len(), 1);
    s.t.key("C-u");
    s.t.type_text(
        "set -S gptos mode key | string collect; functions -q __gptos_user_prompt; set -U | string match '*GPTOS*'; echo left $status",
    );
    read_the_line();
    s.t.key("Enter");
    s.t.wait_for_screen("\nleft 1");

    let output = Command::new("fish")
        .args(["--no-config", "-c", &format!("source '{}'; and functions -a | string match '*gptos*'; echo end", script.display())])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "end\n");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn variables_of_the_user_keep_their_values_whatever_they_are_called() {
    let names = ["seconds", "hundredths", "sign", "source", "risk", "marks", "words", "scope", "letter", "modifier"];
    let before: String = names.iter().map(|name| format!("set -U {name} mine\n")).collect();
    let s = Scene::with(Setup { before, ..Setup::default() }, |fake, _| {
        fake.answer_after(NOW, &[("echo one", NOTE), ("echo two", "offline · risk low: writes")])
    });
    s.ask("list files");
    s.expect("echo one");
    s.t.key("C-g");
    s.expect("echo two");
    s.t.key("C-u");
    s.t.type_text("?? list files");
    read_the_line();
    s.t.key("Enter");
    s.expect("echo one");
    read_the_line();
    s.t.key("C-u");
    let values: Vec<String> = names.iter().map(|name| format!("${name}")).collect();
    s.t.type_text(&format!("echo all-(string join - {})", values.join(" ")));
    read_the_line();
    s.t.key("Enter");
    s.t.wait_for_screen(&format!("\nall-{}", ["mine"; 10].join("-")));
}

#[test]
fn the_parts_and_the_whole_parse_and_the_parts_are_formatted() {
    let run = |program: &str, argument: &str, file: &Path| {
        let output = Command::new(program).arg(argument).arg(file).output().unwrap();
        assert!(output.status.success(), "{program} {}: {output:?}", file.display());
    };
    run("fish", "--no-execute", &Shell::Fish.script());
    for part in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("shell/fish")).unwrap() {
        let part = part.unwrap().path();
        run("fish", "--no-execute", &part);
        run("fish_indent", "--check", &part);
    }
}
