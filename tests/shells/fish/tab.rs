//! Tab on a request: a list above the prompt, and everywhere else what Tab always did.

use super::{BLOCKING, LIVE, NOTE, NOW, SLOW, Scene, both_modes, read_the_line};
use crate::fake::FakeHelper;
use crate::terminal::Setup;

/// Three candidates with readings, as the helper sends them.
fn listed(fake: FakeHelper) -> FakeHelper {
    let mut bytes = Vec::new();
    for (command, reading, note) in [
        ("find . -name a", "files called a", "offline · risk none"),
        ("touch b", "", "openai · risk low: writes a file"),
        ("rm -r c", "removes c and what is in it, for good and without asking anybody", "cache · risk high: deletes · 3 files"),
    ] {
        if !reading.is_empty() {
            bytes.extend_from_slice(format!("reading\0{reading}\0\0").as_bytes());
        }
        bytes.extend_from_slice(format!("cmd\0{command}\0{note}\0").as_bytes());
    }
    bytes.extend_from_slice("took\x000.8 ms\0\0end\x000\0\0".as_bytes());
    fake.raw_after(NOW, &bytes)
}

const LIST: &str = "  find . -name a  files called a · offline · risk none\n  touch b         openai · risk low\n";

/// The list with the mark on a row.
fn marked(row: usize) -> String {
    LIST.lines()
        .enumerate()
        .map(|(number, line)| if number == row { line.replacen(' ', ">", 1) + "\n" } else { line.to_owned() + "\n" })
        .collect()
}

#[test]
fn tab_shows_the_candidates_with_reading_source_and_risk_and_leads_through_them() {
    both_modes(|mode| {
        let s = Scene::new(mode, |fake, _| listed(fake));
        s.t.type_text("?? what is here");
        s.t.key("Tab");
        s.expect("find . -name a");
        let screen = s.t.wait_for_screen("● 0.8 ms offline · risk none · files called a\n[1]> find . -name a");
        assert!(screen.starts_with(&marked(0)), "{screen}");
        let third = screen.lines().nth(2).unwrap();
        assert!(third.starts_with("  rm -r c         removes c and") && third.ends_with(" · cache · risk high"), "{third}");
        assert!(third.chars().count() < 100, "{third}");
        s.t.key("Tab");
        s.expect("touch b");
        let screen = s.t.wait_for_screen("● 0.8 ms openai · risk low: writes a file\n[1]> touch b");
        assert!(screen.starts_with(&marked(1)), "{screen}");
        s.t.key("C-g");
        s.expect("rm -r c");
        s.t.wait_for_screen("● 0.8 ms cache · risk high: deletes · 3 files · removes c");
        s.t.key("Tab");
        s.expect("?? what is here");
        s.t.key("Tab");
        s.expect("find . -name a");
        let screen = s.t.wait_for_screen("● 0.8 ms offline · risk none");
        assert_eq!(screen.lines().count(), 5, "the list is drawn anew, not once more: {screen}");
        assert_eq!(s.fake.calls().len(), 1);
        assert!(s.fake.calls()[0].starts_with("widget fish --list "), "{:?}", s.fake.calls());
        s.t.key("C-z");
        s.expect("?? what is here");
        assert_eq!(s.t.prompt_number(), 1);
        s.t.assert_not_spinning();
    });
}

#[test]
fn what_was_chosen_from_the_list_runs_at_enter_and_the_list_goes() {
    let s = Scene::new(LIVE, |fake, _| listed(fake));
    s.t.type_text("?? what is here");
    s.t.keys(&["Tab", "Tab"]);
    s.t.wait_for_buffer(|buffer| buffer == "find . -name a" || buffer == "touch b");
    s.t.wait_for(
        || {
            s.t.key("Tab");
            (s.t.buffer() == "touch b").then_some(())
        },
        "Tab to lead to the second",
    );
    read_the_line();
    s.t.key("Enter");
    s.t.wait_for_prompt(2);
    assert!(s.t.dir().join("cwd/b").exists());
    assert!(s.t.screen().ends_with("[1]> touch b\n[2]>"), "{}", s.t.screen());
    // The next line is not the list's.
    s.t.type_text("touch b");
    s.t.key("Tab");
    s.t.wait_until_idle();
    assert!(s.t.buffer().starts_with("touch b"));
    assert_eq!(s.fake.calls().len(), 1);
}

#[test]
fn a_narrow_terminal_and_a_prompt_of_two_rows_show_no_row_twice_and_none_too_wide() {
    let rc = "function fish_prompt; printf 'above\\n[%s]> ' $__test_prompt; end".to_owned();
    let setup = Setup { columns: 40, rows: 12, rc, ..Setup::default() };
    let s = Scene::with(setup, |fake, _| listed(fake));
    s.t.type_text("?? what is here");
    s.t.key("Tab");
    s.t.wait_for_screen("]> find . -name a");
    // A key that comes before the terminal has reported the line is ignored; reading the line waits for that.
    s.expect("find . -name a");
    for wanted in ["touch b", "rm -r c"] {
        s.t.key("Tab");
        s.expect(wanted);
        let screen = s.t.wait_for_screen(&format!("]> {wanted}"));
        assert!(screen.lines().all(|line| line.chars().count() < 40), "{screen}");
        assert_eq!(screen.matches("above").count(), 1, "{screen}");
        assert_eq!(screen.matches("risk high").count(), 1 + usize::from(wanted == "rm -r c"), "{screen}");
    }
}

#[test]
fn wide_characters_push_no_risk_out_of_the_list() {
    let setup = Setup { columns: 40, ..Setup::default() };
    let answers = [("mkdir 文文文文文文文文文文文文", "anthropic-in-the-cloud · risk high: deletes"), ("touch 文件", NOTE)];
    let s = Scene::with(setup, |fake, _| fake.answer_after(NOW, &answers));
    s.t.type_text("?? what is here");
    s.t.key("Tab");
    s.expect(answers[0].0);
    let screen = s.t.wait_for_screen("]> mkdir");
    let rows: Vec<&str> = screen.lines().take(2).collect();
    assert_eq!(rows, ["> mkdir 文文文文文…  anthr… · risk high", "  touch 文件         offli… · risk none"], "{screen}");
}

#[test]
fn a_late_list_can_be_cancelled_and_typing_goes_on() {
    let s = Scene::new(LIVE, |fake, _| fake.hang());
    s.t.type_text("?? what is here");
    s.t.key("Tab");
    s.t.wait_for_screen("gptos: waiting");
    let helper = s.wait_for_helper(1);
    s.t.type_text("now");
    s.expect("?? what is herenow");
    s.cancel();
    s.t.wait_for(|| (!crate::terminal::is_alive(helper)).then_some(()), "the helper to end");
    s.expect("?? what is herenow");
    s.expect_no_files();
    s.t.assert_not_spinning();
}

#[test]
fn on_other_lines_tab_completes_as_before() {
    let s = Scene::new(BLOCKING, |fake, _| listed(fake));
    for name in ["alpha-one", "alpha-two"] {
        std::fs::write(s.t.dir().join("cwd").join(name), "").unwrap();
    }
    s.t.type_text("cat alp");
    s.t.key("Tab");
    s.expect("cat alpha-");
    s.t.keys(&["Tab", "Tab"]);
    s.t.wait_for_buffer(|buffer| buffer.starts_with("cat alpha-one") || buffer.starts_with("cat alpha-two"));
    s.t.wait_for_screen("alpha-two");
    s.clear();
    s.t.type_text("??");
    s.t.key("Tab");
    s.t.wait_until_idle();
    assert!(s.t.buffer().starts_with("??"));
    assert!(s.fake.calls().is_empty(), "{:?}", s.fake.calls());
}

#[test]
fn what_the_user_had_bound_to_tab_before_stays_for_other_lines() {
    for (bound, wanted) in
        [("'commandline -i mine' end-of-buffer", "echo mine"), ("accept-autosuggestion", "echo "), ("end-of-line", "echo ")]
    {
        let before = format!("bind \\t {bound}");
        let load = format!("source '{0}'\nsource '{0}'", crate::terminal::Shell::Fish.script().display());
        let s = Scene::with(Setup { before, load: Some(load), ..Setup::default() }, |fake, _| listed(fake));
        s.t.type_text("echo ");
        s.t.key("Tab");
        s.expect(wanted);
        s.clear();
        s.t.type_text("?? what is here");
        s.t.key("Tab");
        s.expect("find . -name a");
        assert_eq!(s.fake.calls().len(), 1);
    }
}

#[test]
fn tab_works_in_vi_mode_and_failures_are_said() {
    let s = Scene::with(Setup { vi: true, ..Setup::default() }, |fake, _| listed(fake).message_after(SLOW, "no idea"));
    s.t.type_text("?? what is here");
    s.t.key("Tab");
    s.expect("find . -name a");
    s.t.key("Escape");
    s.t.key("Tab");
    s.expect("touch b");
    s.clear();
    s.t.type_text("?? something else");
    s.t.wait_for_buffer(|buffer| buffer.contains("something else"));
    s.t.key("Tab");
    s.t.wait_for_screen("gptos: no idea");
    assert!(s.t.buffer().ends_with("?? something else"));
}

#[test]
fn colours_are_used_only_where_they_are_allowed() {
    for (no_colour, coloured) in [("", true), ("1", false)] {
        let before = format!("set -gx NO_COLOR '{no_colour}'");
        let s = Scene::new(&before, |fake, _| listed(fake));
        s.t.type_text("?? what is here");
        s.t.keys(&["Tab"]);
        s.t.wait_for_screen("● 0.8 ms");
        s.t.wait_until_idle();
        let screen = s.t.coloured_screen();
        let dot = screen.lines().find(|line| line.contains('●')).unwrap();
        assert_eq!(dot.contains('\u{1b}'), coloured, "{dot:?}");
    }
}
