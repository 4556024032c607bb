//! What a line asks for besides words of its own: a change of a suggestion, one program's words, comments, partial commands.

use super::notes::records;
use super::*;

impl Bench {
    /// What the helper was given on its standard input at its call number `call`, from 1 on, without the names and the
    /// wish for pipes: the words, the options and the keyed fields.
    fn sent(&self, call: usize) -> Vec<String> {
        let file = self.dir.path().join(format!("fake-gptos/query-{call}"));
        let text = self.t.wait_for(|| std::fs::read_to_string(&file).ok(), "the request");
        let mut fields: Vec<String> = text.split('\0').map(str::to_owned).collect();
        fields.remove(1);
        fields.retain(|field| !field.starts_with("pipes="));
        fields
    }

    fn clear(&self) {
        self.t.keys(&["C-e", "C-u"]);
        self.expect_buffer("");
    }
}

fn found(setup: Setup) -> Bench {
    Bench::new(
        |helper| helper.answer_after(NOW, &[("find .", NOTE), ("ls", NOTE)]).answer_after(NOW, &[("find . -name '*.py'", NOTE)]),
        setup,
    )
}

#[test]
fn words_behind_the_suggestion_change_it() {
    for (setup, key) in [(Setup::default(), "Enter"), (Setup::default(), "C-g"), (vi(), "Enter"), (asynchronous(), "Enter")] {
        let bench = found(setup);
        bench.type_and_press("?? all files", "Enter");
        bench.expect_buffer("find .");
        bench.type_and_press(" ?? but only python's", key);
        bench.expect_buffer("find . -name '*.py'");
        assert_eq!(bench.sent(1), ["all files", ""]);
        assert_eq!(bench.sent(2), ["but only python's", "", "refines=find .", "asked=all files"]);
        // And that change is changed.
        bench.type_and_press(" ?? and big", key);
        assert_eq!(bench.sent(3), ["and big", "", "refines=find . -name '*.py'", "asked=all files, but only python's"]);
        bench.expect_prompt(1);
        bench.clear();
        bench.assert_sane();
    }
}

#[test]
fn a_wish_behind_what_was_added_to_the_suggestion_runs_nothing_and_is_about_both() {
    for key in ["Enter", "C-g"] {
        let bench = found(Setup::default());
        bench.type_and_press("?? all files", "Enter");
        bench.expect_buffer("find .");
        bench.type_and_press(" -size ?? +1M ?? but only python's", key);
        bench.expect_buffer("find . -name '*.py'");
        assert_eq!(bench.sent(2), ["but only python's", "", "refines=find . -size ?? +1M", "asked=all files"]);
        bench.expect_prompt(1);
    }
    // Marks that no wish stands behind are a pattern.
    let bench = Bench::answering(NOW, "echo found", Setup { rc: "cd \"$HOME\"".into(), ..Setup::default() });
    bench.type_and_press("?? all files", "Enter");
    bench.expect_buffer("echo found");
    bench.t.type_text(" it ?? butter");
    bench.read_and_enter();
    bench.t.wait_for_screen("\nfound it ?? butter");
    assert_eq!(bench.helper.calls().len(), 1);
}

#[test]
fn the_changed_command_is_reported_for_all_its_words_and_undo_restores_the_line() {
    let bench = Bench::new(|helper| helper.answer_after(NOW, &[("echo a", NOTE)]).answer_after(NOW, &[("echo b", NOTE)]), Setup::default());
    bench.type_and_press("?? say a", "Enter");
    bench.expect_buffer("echo a");
    bench.type_and_press(" ?? no, b", "Enter");
    bench.expect_buffer("echo b");
    bench.t.key("C-_");
    bench.expect_buffer("echo a ?? no, b");
    bench.t.key("C-g");
    bench.expect_buffer("echo b");
    bench.read_and_enter();
    bench.t.wait_for_prompt(2);
    bench.t.wait_for(|| (bench.helper.ran().len() == 1).then_some(()), "the report");
    let ran = &bench.helper.ran()[0];
    assert_eq!((&*ran.query, &*ran.command), ("no, b", "echo b\0refines=echo a\0asked=say a"));
    for wanted in ["echo b", "echo a ?? no, b", "?? say a"] {
        bench.t.key("Up");
        bench.expect_buffer(wanted);
    }
}

#[test]
fn words_behind_anything_else_are_a_line_that_runs() {
    for edited in ["C-a", "BSpace"] {
        let bench = Bench::answering(NOW, "echo found", Setup { rc: "cd \"$HOME\"".into(), ..Setup::default() });
        bench.type_and_press("?? all files", "Enter");
        bench.expect_buffer("echo found");
        bench.t.key(edited);
        bench.t.type_text("x");
        bench.t.key("C-e");
        bench.t.type_text(" ?? but only python");
        bench.read_and_enter();
        bench.t.wait_for_prompt(2);
        assert_eq!(bench.helper.calls().len(), 1, "{}", bench.t.screen());
    }
    let bench = Bench::answering(NOW, "echo found", Setup::default());
    bench.type_and_press("echo ran ?? but only python", "Enter");
    bench.t.wait_for_screen("\nran ?? but only python");
    assert_eq!(bench.helper.calls().len(), 0);
}

#[test]
fn words_on_a_line_of_their_own_change_the_last_suggestion() {
    for words in
        ["but only python", "and big", "only big", "now by size", "instead of files", "also hidden", "without git", "no, links", "BUT big"]
    {
        let bench = found(Setup::default());
        bench.type_and_press("all files", "C-g");
        bench.expect_buffer("find .");
        bench.t.key("C-g");
        bench.expect_buffer("ls");
        bench.clear();
        bench.type_and_press(&format!("?? {words}"), "Enter");
        bench.expect_buffer("find . -name '*.py'");
        assert_eq!(bench.sent(2), [words, "", "refines=ls", "asked=all files"]);
    }
}

#[test]
fn other_words_later_words_and_lines_with_a_blank_know_nothing_of_it() {
    for (before, first, second) in [
        ("", "?? all files", "?? butter"),
        ("", "?? all files", "?? but"),
        ("", "?? all files", " ?? but only python"),
        ("", " ?? all files", "?? but only python"),
        ("__gptos_load; _GPTOS_REFINE_SECONDS=-1", "?? all files", "?? but only python"),
    ] {
        let bench = found(Setup { rc: before.into(), ..Setup::default() });
        bench.type_and_press(first, "Enter");
        bench.expect_buffer("find .");
        bench.clear();
        bench.type_and_press(second, "Enter");
        bench.t.wait_for(|| (bench.helper.calls().len() == 2).then_some(()), "the second request");
        assert_eq!(bench.sent(2).len(), 2, "{second:?}: {:?}", bench.sent(2));
    }
    // Nor does another folder, which may be one that tells no provider.
    let bench = found(Setup::default());
    bench.type_and_press("?? all files", "Enter");
    bench.expect_buffer("find .");
    bench.clear();
    bench.t.type_text("cd /");
    bench.read_and_enter();
    bench.t.wait_for_prompt(2);
    bench.type_and_press("?? but only python", "Enter");
    bench.expect_buffer("find . -name '*.py'");
    assert_eq!(bench.sent(2), ["but only python", ""]);
    let bench = found(Setup::default());
    bench.type_and_press("?? but only python", "Enter");
    bench.expect_buffer("find .");
    assert_eq!(bench.sent(1), ["but only python", ""]);
}

#[test]
fn a_private_suggestion_is_changed_in_private() {
    let bench = found(Setup::default());
    bench.type_and_press(" ?? all files", "Enter");
    bench.expect_buffer("find .");
    bench.type_and_press(" ?? but only python", "Enter");
    bench.expect_buffer("find . -name '*.py'");
    assert_eq!(bench.sent(2), [" but only python", "", "refines=find .", "asked=all files"]);
}

#[test]
fn a_provider_asked_by_cycling_is_told_the_same() {
    let bench = Bench::new(
        |helper| {
            let helper = helper.answer_after(NOW, &[("find .", NOTE)]).answer_after(NOW, &[("find . -x", NOTE)]).more("openai");
            helper.fresh_after(NOW, &[("find . -y", NOTE)])
        },
        Setup::default(),
    );
    bench.type_and_press("?? all files", "Enter");
    bench.expect_buffer("find .");
    bench.type_and_press(" ?? but x", "Enter");
    bench.expect_buffer("find . -x");
    bench.t.key("C-g");
    bench.expect_buffer("find . -y");
    assert_eq!(bench.sent(3), bench.sent(2));
    assert!(bench.helper.calls()[2].contains(" --fresh "));
}

#[test]
fn a_named_program_has_words_of_its_own_where_the_user_wants_it() {
    for (key, scope) in [("Enter", "git"), ("C-g", "git"), ("Enter", "k")] {
        let bench = found(with("GPTOS_SCOPES='git docker k'"));
        bench.type_and_press(&format!("{scope}? undo what's last"), key);
        bench.expect_buffer("find .");
        assert_eq!(bench.sent(1), ["undo what's last", "", &format!("scope={scope}")]);
    }
    // What ran is told with the program, but without the place of the cursor.
    for (line, command) in [("git? say it", "echo a\0scope=git"), ("say it", "echo a")] {
        let bench = Bench::answering(NOW, "echo a", with("GPTOS_SCOPES='git docker k'"));
        bench.type_and_press(line, "C-g");
        bench.expect_buffer("echo a");
        bench.read_and_enter();
        bench.t.wait_for(|| (bench.helper.ran().len() == 1).then_some(()), "the report");
        assert_eq!(bench.helper.ran()[0].command, command);
    }
    let bench = found(with("GPTOS_SCOPES='git docker k'"));
    bench.type_and_press("  git? undo", "Enter");
    bench.expect_buffer("find .");
    assert_eq!(bench.sent(1), [" undo", "", "scope=git"]);
    for (before, line) in
        [("", "git? undo"), ("GPTOS_SCOPES='git k'", "gi? undo"), ("GPTOS_SCOPES='git k'", "git?"), ("GPTOS_SCOPES='git k'", "'?'? undo")]
    {
        let bench = found(with(before));
        bench.type_and_press(line, "Enter");
        bench.t.wait_for_prompt(2);
        assert_eq!(bench.helper.calls().len(), 0, "{line}");
    }
}

#[test]
fn comments_ask_where_the_user_wants_it() {
    let bench = found(with("GPTOS_HASH=1"));
    bench.type_and_press("#  list what's here", "Enter");
    bench.expect_buffer("find .");
    assert_eq!(bench.sent(1), ["list what's here", ""]);
    bench.clear();
    for (number, line) in ["## list", "#! list", " # list", "#", "#list"].iter().enumerate() {
        bench.t.type_text(line);
        bench.read_and_enter();
        bench.t.wait_for_prompt(u32::try_from(number).unwrap() + 2);
    }
    let off = found(Setup::default());
    off.type_and_press("# list", "Enter");
    off.t.wait_for_prompt(2);
    assert_eq!((bench.helper.calls().len(), off.helper.calls().len()), (1, 0));
}

#[test]
fn the_key_on_a_plain_line_tells_the_place_of_the_cursor() {
    for (text, back, cursor) in [("tar -xz", 0, 7), ("naïve café x", 2, 10), ("  ls -l é", 1, 8)] {
        let bench = found(Setup::default());
        bench.t.type_text(text);
        for _ in 0..back {
            bench.t.key("Left");
        }
        bench.t.key("C-g");
        bench.expect_buffer("find .");
        assert_eq!(bench.sent(1), [text, "", &format!("cursor={cursor}")]);
    }
    let bench = found(Setup::default());
    bench.type_and_press("?? list files", "C-g");
    bench.expect_buffer("find .");
    assert_eq!(bench.sent(1), ["list files", ""]);
}

#[test]
fn unknown_records_are_ignored() {
    let answer = records(&[("novelty", "touch x", "y"), ("cmd", "ls", NOTE)]);
    let bench = Bench::new(|helper| helper.raw_after(NOW, &answer), Setup::default());
    bench.type_and_press("list", "C-g");
    bench.expect_buffer("ls");
}
