//! Hostile answers that reach the shell in spite of the gate: by Enter, Tab, cycling and a change of a suggestion.

use super::notes::records;
use super::*;
use crate::attacks::table;

#[test]
fn hostile_records_run_nothing_and_print_no_controls() {
    let marks = tempfile::tempdir().unwrap();
    let attacks = table::records(&marks.path().display().to_string());
    assert!(attacks.len() > 80);
    let bench = Bench::new(
        |mut helper| {
            // Each is the first suggestion, a later one, a reading, a note and a time, with an honest one around.
            for (_, text) in &attacks {
                let answer = records(&[
                    ("reading", text, ""),
                    ("cmd", text, text),
                    ("reading", text, ""),
                    ("cmd", "echo honest", &format!("{text} · risk none")),
                    ("holes", text, ""),
                    ("cmd", &format!("echo {text}"), "x"),
                    ("took", text, ""),
                ]);
                for _ in 0..3 {
                    helper = helper.raw_after(NOW, &answer);
                }
            }
            helper.answer_after(NOW, &[("echo honest", NOTE)])
        },
        Setup {
            env: vec![("NO_COLOR".into(), "1".into())],
            columns: 200,
            rows: 50,
            before: "GPTOS_ENTER_GUARD_MS=0".into(),
            ..Setup::default()
        },
    );
    let t = &bench.t;
    let (state, mut calls) = (t.state(), 0);
    let check = |id: &str, way: &str| {
        let buffer = t.buffer();
        t.wait_until_idle();
        assert!(!buffer.contains(|c: char| c.is_control()), "{id}, {way}: {buffer:?}");
        assert!(!t.coloured_screen().contains('\u{1b}'), "{id}, {way}:\n{}", t.screen());
        assert_eq!(t.state(), state, "{id}, {way}: the terminal was changed");
        assert_eq!(std::fs::read_dir(marks.path()).unwrap().count(), 0, "{id}, {way}: a command ran");
        assert_eq!(t.prompt_number(), 1, "{id}, {way}: a line ran");
    };
    for (id, _) in &attacks {
        for (way, key) in [("Enter", "Enter"), ("Tab", "Tab"), ("refine", "Enter")] {
            let before = if way == "refine" { t.buffer() } else { String::new() };
            if before.is_empty() {
                t.keys(&["C-e", "C-u", "C-k", "C-l"]);
                t.wait_for_buffer(str::is_empty);
                t.type_text("?? say it");
            } else {
                t.key("C-e");
                t.type_text(" ?? but more");
            }
            t.key(key);
            calls += 1;
            t.wait_for(|| (bench.helper.answered_at().len() >= calls).then_some(()), "the answer");
            t.wait_for_buffer(|buffer| !buffer.contains("??"));
            check(id, way);
            for _ in 0..3 {
                t.key("C-g");
                check(id, "cycling");
            }
            // The ring has brought the words back, or has led on to a suggestion; the next request begins from one.
            t.key("C-g");
        }
    }
    t.keys(&["C-e", "C-u", "C-k"]);
    t.wait_for_buffer(str::is_empty);
    t.type_text("?? say it");
    t.key("Enter");
    bench.expect_buffer("echo honest");
}
