//! The row that tells of a suggestion: what it holds, how wide it is, its colour, and that there is one at a time.

use super::*;

/// Records of the widget protocol, and the end.
pub(super) fn records(list: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (kind, text, note) in list.iter().chain(&[("end", "0", "")]) {
        for field in [kind, text, note] {
            bytes.extend_from_slice(field.as_bytes());
            bytes.push(0);
        }
    }
    bytes
}

const TWO: &[(&str, &str, &str)] = &[
    ("reading", "lists files", ""),
    ("cmd", "ls", "cache · risk none"),
    ("cmd", "rm x", "offline · risk high: deletes files"),
    ("took", "0.8 ms", ""),
];

fn two(setup: Setup) -> Bench {
    Bench::new(|helper| helper.raw_after(NOW, &records(TWO)), setup)
}

#[test]
fn the_row_tells_time_source_risk_and_reading_and_is_replaced() {
    for setup in [Setup::default(), vi(), asynchronous()] {
        let bench = two(setup);
        bench.type_and_press("list files", "C-g");
        bench.expect_screen("● 0.8 ms cache · risk none · lists files\n[1]> ls");
        bench.t.key("C-g");
        bench.expect_screen("● 0.8 ms offline · risk high: deletes files\n[1]> rm x");
        bench.t.key("C-g");
        bench.expect_screen("[1]> list files");
        bench.t.key("C-g");
        bench.expect_screen("● 0.8 ms cache · risk none · lists files\n[1]> ls");
    }
}

#[test]
fn only_the_row_itself_is_replaced() {
    let setup = Setup { rc: "__test_precmd() { PS1=\"path\\n[$((++__test_prompt))]> \"; }".into(), ..Setup::default() };
    let bench = two(setup);
    bench.type_and_press("list files", "C-g");
    bench.expect_screen("path\n● 0.8 ms cache · risk none · lists files\n[1]> ls");
    bench.t.key("C-g");
    bench.expect_screen("path\n● 0.8 ms offline · risk high: deletes files\n[1]> rm x");
    // What was printed by other keys is not ours.
    bench.t.keys(&["C-u"]);
    bench.t.type_text("cat nothing-a");
    bench.t.keys(&["C-u"]);
    bench.expect_buffer("");
    bench.type_and_press("list files", "C-g");
    let first = "path\n● 0.8 ms offline · risk high: deletes files\n● 0.8 ms cache · risk none · lists files\n[1]> ls";
    bench.expect_screen(first);
    // A message of ours goes with it.
    let bench = Bench::new(|helper| helper.answer_after(NOW, &[("ls", NOTE)]).more("x").fresh_after(NOW, &[]), Setup::default());
    bench.type_and_press("list files", "C-g");
    bench.expect_buffer("ls");
    bench.t.key("C-g");
    bench.expect_screen("● offline · risk none\ngptos: no answer\n[1]> ls");
    bench.t.key("C-g");
    bench.expect_screen("[1]> list files");
}

#[test]
fn rows_of_before_are_replaced_and_not_piled_up() {
    // What is said twice stands there once, and the note of the suggestion stays above it.
    let setup = Setup { before: "GPTOS_ENTER_GUARD_MS=0".into(), ..Setup::default() };
    let bench = Bench::new(|helper| helper.holed_after(NOW, &[("cp <file> x", "<file>", NOTE), ("mv <file> x", "<file>", NOTE)]), setup);
    bench.type_and_press("echo the row of a program", "Enter");
    bench.t.wait_for_prompt(2);
    let above = "[1]> echo the row of a program\nthe row of a program\n";
    bench.type_and_press("copy it", "C-g");
    bench.expect_buffer("cp <file> x");
    for _ in 0..3 {
        bench.t.key("Enter");
        bench.expect_screen(&format!("{above}● offline · risk none\ngptos: fill in <file> first\n[2]> cp <file> x"));
    }
    bench.t.key("C-g");
    bench.expect_screen(&format!("{above}● offline · risk none\n[2]> mv <file> x"));
    bench.t.key("C-g");
    bench.expect_screen(&format!("{above}[2]> copy it"));
    bench.t.key("C-g");
    bench.expect_screen(&format!("{above}● offline · risk none\n[2]> cp <file> x"));
}

#[test]
fn a_message_of_several_rows_is_replaced_as_a_whole() {
    let long = "no idea what to make of these words, which is told in more than one row of this terminal";
    let helper = |helper: FakeHelper| helper.message_after(NOW, long).message_after(NOW, "nor now").answer_after(NOW, &[("ls", NOTE)]);
    let bench = Bench::new(helper, Setup { columns: 40, ..Setup::default() });
    bench.type_and_press("echo the row of a program", "Enter");
    bench.t.wait_for_prompt(2);
    let above = "[1]> echo the row of a program\nthe row of a program\n";
    bench.type_and_press("list", "C-g");
    bench.t.wait_for_screen("this terminal");
    bench.t.key("C-g");
    bench.expect_screen(&format!("{above}gptos: nor now\n[2]> list"));
    bench.t.key("C-g");
    bench.expect_screen(&format!("{above}● offline · risk none\n[2]> ls"));
}

#[test]
fn what_other_keys_printed_is_not_taken_away() {
    let bench = two(Setup::default());
    bench.type_and_press("list files", "C-g");
    bench.expect_buffer("ls");
    bench.t.type_text(" x");
    bench.t.key("C-g");
    // The line is another one by now, so its words were asked.
    bench.expect_screen("● 0.8 ms cache · risk none · lists files\n● 0.8 ms cache · risk none · lists files\n[1]> ls");
}

#[test]
fn the_row_is_never_wider_than_the_terminal() {
    for (reading, shown) in [
        ("a reading that goes on and on behind the edge", "● offline · risk none · a reading that…"),
        ("読むと長い文章がここに続いていくのです", "● offline · risk none · 読むと長い文章…"),
        ("naïve café déjà vu, and on it goes", "● offline · risk none · naïve café déj…"),
    ] {
        let answer = records(&[("reading", reading, ""), ("cmd", "ls", NOTE)]);
        let bench = Bench::new(|helper| helper.raw_after(NOW, &answer), Setup { columns: 40, ..Setup::default() });
        bench.type_and_press("list", "C-g");
        bench.expect_buffer("ls");
        bench.expect_screen(&format!("{shown}\n[1]> ls"));
    }
}

#[test]
fn a_very_long_text_costs_no_more_than_its_row() {
    let long = "é".repeat(30_000);
    let answer = records(&[("reading", &long, ""), ("cmd", "ls", NOTE), ("reading", "", ""), ("cmd", &format!("echo {long}"), &long)]);
    for (line, key) in [("list", "C-g"), ("?? list", "Tab")] {
        let bench = Bench::new(|helper| helper.raw_after(NOW, &answer), Setup { columns: 40, ..Setup::default() });
        bench.type_and_press(line, key);
        bench.expect_buffer("ls");
    }
}

#[test]
fn a_command_with_signs_that_can_not_be_seen_is_refused() {
    for sign in ['\u{200b}', '\u{200f}', '\u{202e}', '\u{2060}', '\u{2066}', '\u{feff}'] {
        for setup in [Setup::default(), Setup { env: vec![("LC_ALL".into(), "C".into())], ..Setup::default() }] {
            let answer = records(&[("cmd", &format!("ls {sign}x"), NOTE), ("cmd", "ls", NOTE)]);
            let bench = Bench::new(|helper| helper.raw_after(NOW, &answer), setup);
            bench.type_and_press("list", "C-g");
            bench.expect_buffer("ls");
        }
    }
    let answer = records(&[("cmd", "echo ‘é’ – „中“", NOTE)]);
    let bench = Bench::new(|helper| helper.raw_after(NOW, &answer), Setup::default());
    bench.type_and_press("list", "C-g");
    bench.expect_buffer("echo ‘é’ – „中“");
}

#[test]
fn without_unicode_the_row_is_plain() {
    let setup = Setup { env: vec![("LC_ALL".into(), "C".into())], columns: 40, ..Setup::default() };
    let answer = records(&[("reading", "a reading that goes on and on behind the edge", ""), ("cmd", "ls", NOTE)]);
    let bench = Bench::new(|helper| helper.raw_after(NOW, &answer), setup);
    bench.type_and_press("list", "C-g");
    bench.expect_screen("* offline - risk none - a reading th...\n[1]> ls");
}

#[test]
fn the_dot_is_coloured_only_where_colour_is_allowed() {
    for (env, coloured) in [(vec![], true), (vec![("NO_COLOR".to_owned(), "1".to_owned())], false)] {
        let bench = two(Setup { env, ..Setup::default() });
        bench.type_and_press("list files", "C-g");
        bench.expect_buffer("ls");
        let screen = bench.t.coloured_screen();
        assert_eq!(screen.contains("\u{1b}[32m●\u{1b}[39m 0.8 ms"), coloured, "{screen:?}");
        bench.t.key("C-g");
        bench.expect_buffer("rm x");
        let screen = bench.t.coloured_screen();
        assert_eq!(screen.contains("\u{1b}[31m●\u{1b}[39m 0.8 ms"), coloured, "{screen:?}");
        assert_eq!(screen.contains('\u{1b}'), coloured, "{screen:?}");
    }
}

#[test]
fn the_row_can_be_hidden_but_not_a_high_risk() {
    let bench = two(with("GPTOS_NOTE=0"));
    bench.type_and_press("list files", "C-g");
    bench.expect_screen("[1]> ls");
    bench.t.key("C-g");
    bench.expect_screen("● 0.8 ms offline · risk high: deletes files\n[1]> rm x");
}

#[test]
fn where_lines_scroll_sideways_the_end_of_a_long_command_is_shown() {
    let command = format!("echo {} ; rm -r build", "word ".repeat(20).trim_end());
    let setup = Setup { rc: "bind 'set horizontal-scroll-mode on'".into(), columns: 60, ..Setup::default() };
    let bench = Bench::answering(NOW, &command, setup);
    bench.type_and_press("say it", "C-g");
    bench.expect_buffer(&command);
    bench.t.wait_for_screen("● offline · risk none\n  echo word word word word word word…ord ; rm -r build");
}

#[test]
fn control_characters_of_a_record_never_reach_the_screen() {
    let answer =
        records(&[("reading", "a\u{1b}[31mb\u{7}\r\nc", ""), ("cmd", "ls", "x\u{1b}[8m · risk none"), ("took", "1\u{1b}]0;t\u{7} ms", "")]);
    let bench =
        Bench::new(|helper| helper.raw_after(NOW, &answer), Setup { env: vec![("NO_COLOR".into(), "1".into())], ..Setup::default() });
    bench.type_and_press("list files", "C-g");
    bench.expect_screen("● 1]0;t ms x[8m · risk none · a[31mbc\n[1]> ls");
    assert!(!bench.t.coloured_screen().contains('\u{1b}'));
}

#[test]
fn undo_goes_back_suggestion_by_suggestion() {
    let plain = [("cp a x", "", NOTE), ("mv a x", "", NOTE)];
    let holed = [("cp <file> x", "<file>", NOTE), ("mv <file> x", "<file>", NOTE)];
    for setup in [Setup::default(), asynchronous()] {
        for answers in [plain, holed] {
            let helper = |helper: FakeHelper| helper.holed_after(NOW, &answers).more("x").fresh_after(SOON, &[("ln a x", NOTE)]);
            let bench = Bench::new(helper, setup.clone());
            bench.t.type_text("copy it");
            let [first, second] = answers.map(|(command, _, _)| command);
            for (key, line) in [
                ("C-g", first),
                ("C-g", second),
                ("C-g", "ln a x"),
                ("C-_", second),
                ("C-_", first),
                ("C-_", "copy it"),
                ("C-g", first),
                ("C-g", second),
                ("C-_", first),
                ("C-_", "copy it"),
            ] {
                bench.t.key(key);
                bench.t.wait_for(|| bench.t.screen().ends_with(&format!("> {line}")).then_some(()), line);
            }
        }
    }
}
