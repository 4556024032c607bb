//! What a shell says of the words beside the words, and what it is told of the answer.

use crate::environment::{Resident, TestEnv};
use crate::fake_provider::{FakeProvider, Reply, answer};

/// The records of a reply: kind, text, note.
fn records(out: &str) -> Vec<(&str, &str, &str)> {
    let fields: Vec<&str> = out.split('\0').collect();
    fields.chunks_exact(3).map(|record| (record[0], record[1], record[2])).collect()
}

fn texts<'a>(out: &'a str, kind: &str) -> Vec<&'a str> {
    records(out).into_iter().filter(|record| record.0 == kind).map(|record| record.1).collect()
}

#[test]
fn each_suggestion_is_read_aloud_and_the_time_is_told_once() {
    let env = TestEnv::new();
    for resident in [false, true] {
        let _resident = resident.then(|| Resident(env.start_resident()));
        let run = env.run_with_input(&["widget", "zsh"], b"find files bigger than 100 MB changed this week");
        let kinds: Vec<&str> = records(&run.out).iter().map(|record| record.0).filter(|kind| !["tick", "row"].contains(kind)).collect();
        assert_eq!(&kinds[..2], ["reading", "cmd"], "{}", run.out);
        assert_eq!(&kinds[kinds.len() - 2..], ["took", "end"], "{}", run.out);
        assert!(texts(&run.out, "reading")[0].contains("100 M"), "{}", run.out);
        let took = texts(&run.out, "took");
        assert!(took.len() == 1 && took[0].ends_with('s') && took[0].starts_with(|c: char| c.is_ascii_digit()), "{took:?}");
        let none = env.run_with_input(&["widget", "zsh"], b"frobnicate the quux");
        assert!(texts(&none.out, "took").is_empty() && texts(&none.out, "reading").is_empty(), "{}", none.out);
    }
}

#[test]
fn a_provider_cannot_put_words_into_the_mouth_of_a_command_that_is_known() {
    let env = TestEnv::new();
    let said = r#"{"command": "rm -r build", "reading": "shows the folder \u001b[2J build"}"#;
    let provider = FakeProvider::always(Reply::stream(said));
    env.with_provider("fake", &provider.base_url(), "");
    let run = env.run_with_input(&["widget", "bash"], b"frobnicate the build folder");
    let reading = texts(&run.out, "reading")[0];
    assert!(!reading.contains("shows") && !run.out.contains('\x1b'), "{}", run.out);
}

#[test]
fn a_list_has_more_of_them() {
    let env = TestEnv::new();
    let count = |arguments: &[&str]| {
        let run = env.run_with_input(&[&["widget", "zsh"], arguments].concat(), b"show disk usage");
        texts(&run.out, "cmd").len()
    };
    assert!(count(&[]) <= 4 && count(&["--list"]) >= count(&[]));
}

#[test]
fn a_scope_and_a_change_reach_the_provider_through_the_resident_and_without_it() {
    let env = TestEnv::new();
    let provider = FakeProvider::always(Reply::stream(&answer("git log --frobnicated")));
    env.with_provider("fake", &provider.base_url(), "");
    for resident in [false, true] {
        let _resident = resident.then(|| Resident(env.start_resident()));
        let ask = |fields: &str| env.run_with_input(&["widget", "bash", "--fresh"], format!("frobnicate it\0\0\0{fields}").as_bytes());
        let run = ask("scope=git");
        assert_eq!(texts(&run.out, "cmd"), ["git log --frobnicated"], "{}", run.out);
        let run = ask("scope=k");
        assert!(texts(&run.out, "cmd").is_empty() && run.out.contains("it is no command of kubectl"), "{}", run.out);
        let run = ask("refines=git log\0asked=show the log");
        assert_eq!(texts(&run.out, "cmd"), ["git log --frobnicated"], "{}", run.out);
        let sent = provider.requests().last().unwrap().body.clone();
        assert!(sent.contains("git log") && sent.contains("show the log"), "{sent}");
        for wrong in ["scope=a b", "refines=ls\x1b[2J", "refines=", "refines=ls\0asked=\x07"] {
            let run = ask(wrong);
            assert_eq!((run.code, texts(&run.out, "msg").len()), (Some(64), 1), "{wrong:?}: {}", run.out);
        }
    }
}

#[test]
fn what_belongs_to_words_with_a_blank_in_front_stays_here() {
    let env = TestEnv::new();
    let provider = FakeProvider::always(Reply::stream(&answer("git log --frobnicated")));
    env.with_provider("fake", &provider.base_url(), "");
    let run = env.run_with_input(&["widget", "bash"], b"frobnicate it\0\0\0refines=git log\0asked= show the log");
    assert!(run.out.contains("begin with a blank"), "{}", run.out);
    assert!(provider.requests().is_empty());
}

#[test]
fn scripts_change_commands_and_keep_to_a_program() {
    let env = TestEnv::new();
    let run = |arguments: &[&str]| env.run(&[&["translate", "--offline"], arguments].concat());
    let changed = run(&["--refine", "grep -n foo src", "--", "but case insensitive"]);
    assert_eq!((changed.code, changed.out.as_str()), (Some(0), "grep -ni foo src\n"), "{}", changed.err);
    let changed = run(&["--refine", "find . -size +100M", "--asked", "find files bigger than 100 MB", "--", "but only python files"]);
    assert_eq!(changed.out, "find . -name '*.py' -size +100M\n", "{}", changed.err);
    let scoped = run(&["--scope", "k", "--json", "--", "list pods"]);
    assert!(scoped.out.contains(r#""command":"kubectl get pods""#) && scoped.out.contains(r#""reading":""#), "{}", scoped.out);
    assert_eq!(run(&["--scope", "svn", "--", "list files by size"]).code, Some(1));
    for wrong in [&["--scope", "a b", "--", "x"][..], &["--refine", "ls\nrm x", "--", "x"], &["--asked", "x", "--", "x"]] {
        let run = run(wrong);
        assert!(run.code == Some(64) && run.out.is_empty() && !run.err.is_empty(), "{wrong:?}: {}", run.err);
    }
}

#[test]
fn a_line_that_was_begun_goes_on_where_the_cursor_is_and_words_are_asked() {
    let env = TestEnv::new();
    let ask = |line: &str, cursor: usize| {
        let run = env.run_with_input(&["widget", "bash", "--holes"], format!("{line}\0\0\0cursor={cursor}").as_bytes());
        texts(&run.out, "cmd").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    for resident in [false, true] {
        let _resident = resident.then(|| Resident(env.start_resident()));
        assert_eq!(ask("find . -name", 12), ["find . -name <pattern>"]);
        assert_eq!(ask("find files bigger than 100 MB", 4)[0], "find . -size +100M");
        assert_eq!(ask("fnid . -name x", 14)[0], "find . -name x");
        assert_eq!(ask("find . -nam x", 11)[0], "find . -name x");
        let none = env.run_with_input(&["widget", "bash"], b"find . -name\0\0\0cursor=12");
        assert!(!none.out.contains('<'), "holes are for those who know them: {}", none.out);
    }
    // A provider is asked only where nothing is found here, and then to complete the line.
    let provider = FakeProvider::always(Reply::stream(&answer("find . -frobnicated")));
    env.with_provider("fake", &provider.base_url(), "");
    assert_eq!(ask("find . -name", 12), ["find . -name <pattern>"]);
    assert_eq!(provider.count(), 0);
    assert_eq!(ask("find . -frobni", 14), ["find . -frobnicated"]);
    assert!(provider.requests()[0].body.contains("begun to type"), "{}", provider.requests()[0].body);
}
