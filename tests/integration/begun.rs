//! The key on a line without `??`, and words that ask about a command.

use crate::environment::{TestEnv, commands, provider_block, records};
use crate::fake_provider::{FakeProvider, Reply, answer};

/// What the key at the end of a line comes to.
fn pressed(env: &TestEnv, line: &str) -> Vec<(String, String)> {
    let run = env.run_with_input(&["widget", "bash", "--holes"], format!("{line}\0\0\0cursor={}\0", line.chars().count()).as_bytes());
    commands(&run.out)
}

#[test]
fn a_line_that_is_a_whole_command_stays_what_it_is() {
    let env = TestEnv::new();
    std::fs::write(env.work().join("a.txt"), "x").unwrap();
    for line in [
        "ls -la",
        "df -h",
        "cat a.txt | wc -l",
        "sort -n a.txt",
        "find . -type f",
        "time ls",
        "file a.txt",
        "ls",
        "ls | grep x",
        "for f in *; do echo $f; done",
        "FOO=1 env",
        "ls -la --no-such-option",
    ] {
        let found = pressed(&env, line);
        let Some((first, note)) = found.first() else { panic!("{line}: nothing") };
        assert_eq!(first, line, "{found:?}");
        assert!(note.starts_with("a command already · risk "), "{line}: {note}");
    }
    // What is only begun is completed, and words are answered, as before.
    for (line, expected) in
        [("cat a.t", "cat a.txt"), ("tar xzf", "tar xzf <archive>"), ("git stauts", "git status"), ("git log today", "git log")]
    {
        let found = pressed(&env, line);
        assert!(found.first().is_some_and(|(first, _)| first.starts_with(expected) && first != line), "{line}: {found:?}");
    }
    let words = pressed(&env, "find the largest files");
    assert!(words.first().is_some_and(|(first, note)| first.contains("sort") && !note.starts_with("a command")), "{words:?}");
}

#[test]
fn a_name_that_is_there_is_not_exchanged_for_a_longer_one() {
    let env = TestEnv::new();
    for name in ["notes.txt", "notes.txt.old", "status.txt"] {
        std::fs::write(env.work().join(name), "x").unwrap();
    }
    for name in ["src", "srcfoo"] {
        std::fs::create_dir(env.work().join(name)).unwrap();
    }
    for (line, other) in [
        ("rm notes.txt", "rm notes.txt.old"),
        ("cat notes.txt", "cat notes.txt.old"),
        ("ls -la ./notes.txt", "ls -la ./notes.txt.old"),
        ("rm -rf src", "rm -rf srcfoo/"),
        ("git status", ""),
        ("make", "make clean"),
    ] {
        let found = pressed(&env, line);
        assert_eq!(found.first().map(|(first, _)| first.as_str()), Some(line), "{found:?}");
        assert!(other.is_empty() || found.iter().any(|(command, _)| command == other), "{line}: {found:?}");
    }
    // What is only a beginning, or lacks something, is completed.
    for (line, expected) in [("rm note", "rm notes.txt"), ("cp notes.txt", "cp notes.txt <"), ("git", "git status"), ("cat ", "cat ")] {
        let found = pressed(&env, line);
        assert!(found.first().is_some_and(|(first, _)| first.starts_with(expected) && first.len() > line.len()), "{line}: {found:?}");
    }
    // What nobody records is not given where a record is required, not even the line itself.
    env.configure("audit = \"required\"\n");
    for line in ["rm -rf src", "rm notes.txt", "rm -rf nosuch"] {
        let found = pressed(&env, line);
        let steps = env.run(&["audit", "export"]).out;
        let is_recorded = |command: &str| steps.contains(&format!("\"{command}\""));
        assert!(found.iter().all(|(command, note)| note.contains("risk low") || is_recorded(command)), "{line}: {found:?} {steps}");
    }
}

#[test]
fn a_provider_is_asked_for_a_whole_command_only_by_the_key_once_more() {
    let server = FakeProvider::always(Reply::stream(&answer("ls -l --full-time")));
    let env = TestEnv::new();
    env.configure(&provider_block("fake", &server.base_url(), ""));
    let press = |line: &str, options: &[&str]| {
        let arguments = [&["widget", "bash", "--holes"], options].concat();
        env.run_with_input(&arguments, format!("{line}\0\0\0cursor={}\0", line.chars().count()).as_bytes()).out
    };
    let out = press("ls -la", &[]);
    assert_eq!((commands(&out)[0].0.as_str(), server.connections()), ("ls -la", 0), "{out}");
    assert!(records(&out).iter().any(|(kind, name, _)| kind == "more" && name == "fake"), "{out}");
    let out = press("ls -la", &["--fresh"]);
    assert!(commands(&out)[0].0 == "ls -l --full-time" && server.connections() > 0, "{out}");
    assert!(!press(" ls -la", &[]).contains("more\0"), "a line behind a blank is for this machine alone");
    // What the tables do not know may be a mistake.
    let out = press("ls -la --no-such-option", &[]);
    assert_eq!(commands(&out)[0].0, "ls -l --full-time", "{out}");
}

#[test]
fn explain_reads_a_command_that_is_not_here_and_says_what_it_lacks() {
    let env = TestEnv::new();
    for shell in ["zsh", "bash", "fish"] {
        let run = env.run_with_input(&["widget", shell], b"explain frobnicate -x in.txt\0\0");
        let records = records(&run.out);
        assert!(
            records.iter().any(|(kind, text, _)| kind == "row" && text.contains("frobnicate") && text.contains("not known here")),
            "{}",
            run.out
        );
        assert!(records.iter().any(|(kind, text, _)| kind == "cmd" && text == "frobnicate -x in.txt"), "{}", run.out);
        let run = env.run_with_input(&["widget", shell], b"explain\0\0");
        assert_eq!(run.code, Some(1));
        assert!(run.out.starts_with("msg\0explain needs a command behind it"), "{}", run.out);
    }
}

#[test]
fn the_first_answer_says_what_the_key_is_called() {
    for (config, name) in [("", "Ctrl-G"), ("[shell]\nkey = \"alt-s\"\n", "Alt-s"), ("[shell]\nkey = \"\"\n", "the key")] {
        let env = TestEnv::new();
        env.configure(config);
        let said = || env.run_with_input(&["widget", "bash"], b"list files by size\0\0").out;
        let first = said();
        assert!(first.contains(&format!("Enter runs it, {name}: the next")), "{config}: {first}");
        assert!(!said().contains("Enter runs it"), "{config}");
    }
}

#[test]
fn other_ways_may_be_asked_for_of_words_without_marks_too() {
    let env = TestEnv::new();
    env.configure("resident = \"off\"\n");
    for (line, may_widen) in [("list files by size", true), ("git che", false)] {
        let run = env.run_with_input(&["widget", "bash"], format!("{line}\0\0\0cursor={}\0", line.len()).as_bytes());
        let found = records(&run.out);
        assert!(found.iter().any(|(kind, ..)| kind == "cmd"), "{line}: {}", run.out);
        assert_eq!(found.iter().any(|(kind, ..)| kind == "others"), may_widen, "{line}: {}", run.out);
    }
}
