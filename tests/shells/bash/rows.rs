//! `??` after a line of several rows that failed.

use super::*;

fn failing(rc: &str) -> Bench {
    Bench::answering(NOW, "echo mended", Setup { rc: rc.into(), ..Setup::default() })
}

#[test]
fn a_line_of_several_rows_is_mended_as_the_history_has_it() {
    for (rc, rows, line) in [
        ("", &["for i in 1", "do fals", "done"][..], " for i in 1; do fals; done"),
        ("", &["fals \\", "-x"], " fals -x"),
        ("shopt -s lithist", &["if fals", "then :", "else fals; fi"], " if fals\nthen :\nelse fals; fi"),
        ("HISTTIMEFORMAT='%F %T '", &["{ fals", "}"], " { fals; }"),
    ] {
        let bench = failing(rc);
        for row in rows {
            bench.t.wait_until_idle();
            bench.type_and_press(row, "Enter");
        }
        bench.t.wait_for_prompt(2);
        bench.type_and_press("??", "Enter");
        bench.expect_buffer("echo mended");
        assert_eq!(bench.helper.queries(), [line]);
        assert!(bench.helper.calls()[0].contains("--fix 127"), "{:?}", bench.helper.calls());
    }
}

#[test]
fn rows_that_the_history_does_not_have_are_not_guessed() {
    for rc in ["set +o history", "HISTIGNORE='for *'", "HISTCONTROL=ignorespace"] {
        let bench = failing(rc);
        bench.type_and_press("true", "Enter");
        bench.t.wait_for_prompt(2);
        let first = if rc.contains("ignorespace") { " for i in 1" } else { "for i in 1" };
        for row in [first, "do fals", "done"] {
            bench.t.wait_until_idle();
            bench.type_and_press(row, "Enter");
        }
        bench.t.wait_for_prompt(3);
        bench.type_and_press("??", "Enter");
        bench.t.wait_for_screen("gptos: type what you want after ??");
        assert_eq!(bench.helper.calls().len(), 0, "{rc}: {:?}", bench.helper.queries());
    }
}
