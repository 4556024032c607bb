//! Wishes about a suggestion, questions about one program, `# words`, lines that are begun, and what is said of a suggestion.

use super::{LIVE, NOTE, NOW, Scene, read_the_line};
use crate::fake::FakeHelper;
use crate::terminal::Setup;

/// Answers `touch one`, `touch two`, `touch three` in turn.
fn counting(fake: FakeHelper) -> FakeHelper {
    ["one", "two", "three"].iter().fold(fake, |fake, name| fake.answer_after(NOW, &[(&format!("touch {name}"), NOTE)]))
}

fn counted(before: &str) -> Scene {
    Scene::new(before, |fake, _| counting(fake))
}

impl Scene {
    /// Types a line, presses Enter and waits for what comes into the line.
    fn request(&self, line: &str, answer: &str) {
        read_the_line();
        self.t.type_text(line);
        self.t.key("Enter");
        self.expect(answer);
    }

    fn told(&self) -> Vec<String> {
        self.fake.told()
    }
}

#[test]
fn a_wish_behind_the_suggestion_changes_it() {
    let s = counted(LIVE);
    s.request("?? make a file", "touch one");
    s.request(" ?? but another", "touch two");
    assert_eq!(s.fake.queries(), ["make a file", "but another"]);
    assert_eq!(s.told(), ["", "refines=touch one asked=make a file"]);
    // One undo brings the wish back, and Enter asks it again, about the same suggestion.
    s.t.key("C-z");
    s.expect("touch one ?? but another");
    read_the_line();
    s.t.key("Enter");
    s.expect("touch three");
    assert_eq!(s.told()[2], "refines=touch one asked=make a file");
    // A wish about a changed suggestion knows both.
    read_the_line();
    s.t.type_text(" ?? and a third");
    s.t.key("C-g");
    s.t.wait_for(|| (s.told().len() == 4).then_some(()), "the fourth question");
    assert_eq!(s.told()[3], "refines=touch three asked=make a file, but another");
    assert_eq!(s.t.prompt_number(), 1);
    assert!(!s.made("one") && !s.made("??"));
}

#[test]
fn a_wish_behind_what_was_added_to_the_suggestion_runs_nothing_and_is_about_both() {
    let s = counted(LIVE);
    s.request("?? make a file", "touch one");
    s.request(" more '??' x  ?? but another", "touch two");
    assert_eq!(s.told(), ["", "refines=touch one more '??' x  asked=make a file"]);
    assert_eq!(s.fake.queries()[1], "but another");
    // Marks that no wish stands behind are a pattern.
    read_the_line();
    s.t.type_text(" '??' butter");
    s.t.key("Enter");
    s.t.wait_for_prompt(2);
    assert!(s.made("two") && s.made("butter") && !s.made("one") && s.fake.calls().len() == 2);
}

#[test]
fn a_wish_behind_anything_else_runs_as_it_is() {
    let s = counted(LIVE);
    s.t.type_text("echo touch one ?? but another");
    s.t.key("Enter");
    s.t.wait_for_prompt(2);
    s.request("?? make a file", "touch one");
    s.t.key("C-a");
    s.t.type_text("echo ");
    s.t.key("C-e");
    s.t.type_text(" '??' but another");
    read_the_line();
    s.t.key("Enter");
    s.t.wait_for_screen("\ntouch one ?? but another");
    s.t.wait_for_prompt(3);
    // The suggestion of an earlier line is none of this one.
    s.t.type_text("touch one '??' but");
    s.t.key("Enter");
    s.t.wait_for_prompt(4);
    assert_eq!(s.fake.calls().len(), 1);
    assert!(s.made("one") && s.made("but"));
}

#[test]
fn a_wish_on_a_fresh_line_is_about_the_last_suggestion() {
    let s = counted(LIVE);
    s.request("?? but nothing was asked", "touch one");
    s.clear();
    s.request("?? without more", "touch two");
    s.clear();
    s.request("?? butter the bread", "touch three");
    s.clear();
    // A private line neither uses nor leaves anything.
    s.request(" ?? but in private", "touch three");
    s.clear();
    s.request("?? Only this", "touch three");
    assert_eq!(s.told(), ["", "refines=touch one asked=but nothing was asked", "", "", "refines=touch three asked=butter the bread"]);
    assert_eq!(s.fake.queries()[3], " but in private");
    s.clear();
    // In another folder it is none of what was suggested.
    s.t.type_text("cd ..");
    read_the_line();
    s.t.key("Enter");
    s.t.wait_for_prompt(2);
    s.request("?? but elsewhere", "touch three");
    assert_eq!(s.told()[5], "");
    s.clear();
    // Ten minutes later it is forgotten.
    s.t.type_text("set _GPTOS_CONTEXT[3] (math $_GPTOS_CONTEXT[3] - 600001)");
    read_the_line();
    s.t.key("Enter");
    s.t.wait_for_prompt(3);
    s.request("?? but later", "touch three");
    assert_eq!(s.told()[6], "");
}

#[test]
fn a_wish_about_a_private_suggestion_stays_private() {
    let s = counted(LIVE);
    s.request(" ?? make a file", "touch one");
    s.request(" ?? but another", "touch two");
    assert_eq!(s.fake.queries(), [" make a file", " but another"]);
    read_the_line();
    s.t.key("Enter");
    s.t.wait_for_prompt(2);
    assert!(s.made("two"));
    s.request("?? but a third", "touch three");
    assert_eq!(s.told()[2], "", "nothing private is about anything");
    assert_eq!(s.fake.ran(), []);
}

#[test]
fn scopes_and_hashes_ask_where_they_are_wanted() {
    let s = counted("set -g GPTOS_SCOPES 'git docker k'; set -g GPTOS_HASH 1");
    s.request("git? undo what's done", "touch one");
    s.clear();
    s.request("k? all pods", "touch two");
    s.clear();
    s.request("# make a file", "touch three");
    assert_eq!(s.fake.queries(), ["undo what's done", "all pods", "make a file"]);
    assert_eq!(s.told(), ["scope=git", "scope=k", ""]);
    s.clear();
    // What comes of the words is reported with the program.
    s.request("git? undo it all", "touch three");
    read_the_line();
    s.t.key("Enter");
    s.t.wait_for_prompt(2);
    let ran = s.t.wait_for(|| s.fake.ran().pop(), "the report");
    assert_eq!((ran.query.as_str(), ran.command.as_str()), ("undo it all", "touch three\0scope=git"));
    // Neither a private comment, nor signs that mean something else, nor another program.
    for line in [" # make a file", "#! make a file", "## make a file", "#make a file", "#"] {
        let prompt = s.t.prompt_number();
        s.t.type_text(line);
        read_the_line();
        s.t.key("Enter");
        s.t.wait_for_prompt(prompt + 1);
    }
    assert_eq!(s.fake.calls().len(), 4);

    let s = counted(LIVE);
    for line in ["# make a file", "git? undo"] {
        let prompt = s.t.prompt_number();
        s.t.type_text(line);
        s.t.key("Enter");
        s.t.wait_for_prompt(prompt + 1);
    }
    assert_eq!(s.fake.calls(), Vec::<String>::new(), "they are options");
}

#[test]
fn the_key_tells_where_the_cursor_is_on_a_line_that_is_no_request() {
    let s = counted(LIVE);
    s.t.type_text("tär -xzf  in");
    for _ in 0..3 {
        s.t.key("Left");
    }
    s.t.key("C-g");
    s.expect("touch one");
    assert_eq!(s.fake.queries(), ["tär -xzf  in"]);
    s.clear();
    s.ask("?? in words");
    s.expect("touch two");
    assert_eq!(s.told(), ["cursor=9", ""]);
    read_the_line();
    s.t.key("Enter");
    s.t.wait_for_prompt(2);
    let ran = s.t.wait_for(|| s.fake.ran().pop(), "the report");
    assert_eq!(ran.command, "touch two");
}

#[test]
fn all_words_are_private_in_private_mode() {
    let s = counted("set -g fish_private_mode 1");
    s.request("?? make a file", "touch one");
    s.request(" ?? but another", "touch two");
    s.clear();
    s.ask("tar -xzf");
    s.expect("touch three");
    assert_eq!(s.fake.queries(), [" make a file", " but another", " tar -xzf"]);
    assert_eq!(s.told()[2], "cursor=9");
    read_the_line();
    s.t.key("Enter");
    s.t.wait_for_prompt(2);
    assert_eq!(s.fake.ran(), []);
}

/// Time and reading, and a remark that has no room beside them.
fn told_more(fake: FakeHelper, risk: &str) -> FakeHelper {
    let reading = "files under ./src larger than 100 MB";
    let remark = "the first answer of this installation: Ctrl-G shows the next one, Enter runs it";
    fake.raw_after(
        NOW,
        format!(
            "new-kind\0x\0y\0reading\0{reading}\0\0cmd\0touch one\0cache · risk {risk}\0cmd\0touch two\0cache · risk low\0took\x000.8 ms\0\0msg\0{remark}\0\0end\x000\0\0"
        )
        .as_bytes(),
    )
}

#[test]
fn the_note_tells_time_source_risk_and_reading_and_a_remark_has_a_row_of_its_own() {
    let s = Scene::new(LIVE, |fake, _| told_more(fake, "low"));
    s.ask("make a file");
    s.t.wait_for_screen(
        "● 0.8 ms cache · risk low · files under ./src larger than 100 MB\n\
         gptos: the first answer of this installation: Ctrl-G shows the next one, Enter runs it\n[1]> touch one",
    );
    s.t.key("C-g");
    s.expect("touch two");
    s.t.wait_for_screen("● 0.8 ms cache · risk low\n[1]> touch two");
    assert_eq!(s.t.screen().lines().count(), 2, "{}", s.t.screen());
}

#[test]
fn the_note_can_be_hidden_but_for_what_is_dangerous() {
    for (risk, shown) in [("low", false), ("medium: changes", false), ("high: deletes", true), ("critical", true)] {
        let s = Scene::new("set -g GPTOS_NOTE 0", |fake, _| told_more(fake, risk));
        s.ask("make a file");
        s.expect("touch one");
        s.t.wait_for_screen("gptos: the first answer of this installation");
        assert_eq!(s.t.screen().contains("● 0.8 ms"), shown, "{risk}: {}", s.t.screen());
    }
}

#[test]
fn the_note_is_never_wider_than_the_terminal_and_ascii_where_that_is_all() {
    let setup = Setup { columns: 40, before: "set -gx LC_ALL C".to_owned(), ..Setup::default() };
    let s = Scene::with(setup, |fake, _| told_more(fake, "low"));
    s.ask("make a file");
    s.expect("touch one");
    let screen = s.t.wait_for_screen("* 0.8 ms cache");
    assert!(screen.lines().all(|line| line.chars().count() < 40), "{screen}");
    assert_eq!(screen.lines().filter(|line| line.starts_with("* ")).count(), 1, "{screen}");
}
