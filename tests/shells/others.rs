//! Other ways than the answer: in a list, and at the next press of the key.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::fake::FakeHelper;
use crate::terminal::{Setup, Shell, Terminal};

const SHELLS: [Shell; 3] = [Shell::Zsh, Shell::Bash, Shell::Fish];

fn records(fields: &[(&str, &str, &str)]) -> Vec<u8> {
    let end = [("end", "0", "")];
    fields.iter().chain(&end).flat_map(|(kind, text, note)| format!("{kind}\0{text}\0{note}\0").into_bytes()).collect()
}

const NOTE: &str = "offline · risk none";
const OFFER: &str = "from tldr: ls --zap <file> · Zap 100% of it";

/// A stand-in whose first answer says that there may be others, and whose second one holds `others`.
fn helper(dir: &tempfile::TempDir, first: &[(&str, &str, &str)], others: &[(&str, &str, &str)]) -> FakeHelper {
    let helper = FakeHelper::new(dir.path()).raw_after(Duration::ZERO, &records(first)).raw_after(Duration::ZERO, &records(others));
    helper.fresh_after(Duration::ZERO, &[("ls --fresh", "scripted · risk none")])
}

fn expect(t: &Terminal, line: &str) {
    t.wait_for_buffer(|buffer| buffer == line);
    t.wait_until_idle();
}

#[test]
fn the_next_press_of_the_key_brings_other_ways_and_then_the_words() {
    for shell in SHELLS {
        let dir = tempfile::tempdir().unwrap();
        let helper = helper(&dir, &[("cmd", "ls -lS", NOTE), ("others", "", "")], &[("cmd", "ls -lS", NOTE), ("cmd", "du -a", NOTE)]);
        let t = Terminal::start(shell, Setup { bin: helper.write(), ..Setup::default() });
        t.type_text("?? list files");
        for line in ["ls -lS", "du -a", "?? list files", "ls -lS", "du -a"] {
            t.key("C-g");
            expect(&t, line);
        }
        let calls = helper.calls();
        assert_eq!(calls.len(), 2, "{shell:?}: they are looked for once: {calls:?}");
        assert!(!calls[0].contains("--list") && calls[1].contains("--list"), "{shell:?}: {calls:?}");
        assert_eq!(helper.queries(), ["list files"; 2], "{shell:?}");
        assert_eq!(t.prompt_number(), 1, "{shell:?}");
        t.assert_not_spinning();
    }
}

#[test]
fn where_there_is_no_other_way_the_key_goes_on_at_once() {
    for shell in SHELLS {
        for (more, lines) in [
            (None, ["?? list files", "ls -lS", "?? list files"]),
            (Some(("more", "scripted", "")), ["ls --fresh", "?? list files", "ls -lS"]),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let first: Vec<_> = [("cmd", "ls -lS", NOTE), ("others", "", "")].into_iter().chain(more).collect();
            let helper = helper(&dir, &first, &[("cmd", "ls -lS", NOTE)]);
            let t = Terminal::start(shell, Setup { bin: helper.write(), ..Setup::default() });
            t.type_text("?? list files");
            t.key("C-g");
            expect(&t, "ls -lS");
            for line in lines {
                t.key("C-g");
                expect(&t, line);
            }
            let calls = helper.calls();
            assert_eq!(calls.len(), 2 + usize::from(more.is_some()), "{shell:?}: {calls:?}");
            t.assert_not_spinning();
        }
    }
}

#[test]
fn keys_that_are_typed_while_bash_looks_for_others_are_not_lost() {
    for more in [None, Some(("more", "scripted", ""))] {
        let dir = tempfile::tempdir().unwrap();
        let first: Vec<_> = [("cmd", "ls -lS", NOTE), ("others", "", "")].into_iter().chain(more).collect();
        let helper = FakeHelper::new(dir.path())
            .raw_after(Duration::ZERO, &records(&first))
            .raw_after(Duration::ZERO, &records(&[("cmd", "ls -lS", NOTE)]))
            .when_told()
            .fresh_after(Duration::ZERO, &[("ls --fresh", NOTE)]);
        let t = Terminal::start(Shell::Bash, Setup { bin: helper.write(), before: "GPTOS_ASYNC=0".into(), ..Setup::default() });
        t.type_text("?? list files");
        t.key("C-g");
        expect(&t, "ls -lS");
        t.key("C-g");
        t.wait_for(|| (helper.pids().len() == 2).then_some(()), "the second call");
        t.wait_for_screen("asking");
        t.type_text("xyz");
        helper.tell();
        expect(&t, if more.is_some() { "ls --freshxyz" } else { "?? list filesxyz" });
    }
}

#[test]
fn offers_to_be_read_stand_below_the_list_and_do_not_come_into_the_line() {
    for shell in SHELLS {
        let dir = tempfile::tempdir().unwrap();
        let list = [("cmd", "ls -lS", NOTE), ("cmd", "du -a", NOTE), ("row", OFFER, "")];
        let helper = helper(&dir, &list, &list);
        let t = Terminal::start(shell, Setup { bin: helper.write(), ..Setup::default() });
        t.type_text("?? list files");
        t.key("Tab");
        let screen = t.wait_for(|| Some(t.screen()).filter(|screen| screen.contains(OFFER) && screen.contains("du -a")), "the list");
        let place = |text: &str| screen.rfind(text).unwrap();
        // The line itself stands above a menu and below a list.
        assert!(place("du -a  ") < place(OFFER), "{shell:?}: {screen}");
        t.wait_until_idle();
        if shell == Shell::Zsh {
            t.keys(&["Down", "Enter"]);
            expect(&t, "du -a");
        } else {
            expect(&t, "ls -lS");
            t.key("C-g");
            expect(&t, "du -a");
            t.key("C-g");
            expect(&t, "?? list files");
        }
        assert_eq!(t.prompt_number(), 1, "{shell:?}");
    }
}

#[test]
fn the_program_itself_lists_other_ways_and_leads_to_them() {
    for shell in SHELLS {
        let t = Terminal::start(shell, Setup { bin: PathBuf::from(env!("CARGO_BIN_EXE_gptos")), ..Setup::default() });
        // It answers by itself, so that no resident outlives the test.
        let file = t.dir().join("home/.config/gptos/config.toml");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "resident = \"off\"\n").unwrap();
        t.type_text("?? how many lines are in notes.txt");
        t.key("C-g");
        expect(&t, "wc -l notes.txt");
        let first = t.screen();
        assert!(!first.contains("awk"), "{shell:?}: {first}");
        t.key("C-g");
        let second = t.wait_for_buffer(|buffer| buffer != "wc -l notes.txt" && !buffer.starts_with("??"));
        assert!(second.contains("notes.txt"), "{shell:?}: {second}");
        t.wait_until_idle();
        t.key("C-u");
        t.wait_for_buffer(str::is_empty);
        t.type_text("?? how many lines are in notes.txt");
        t.key("Tab");
        t.wait_for_screen("awk 'END {print NR}' notes.txt");
        t.wait_until_idle();
        assert_eq!(t.prompt_number(), 1, "{shell:?}");
    }
}
