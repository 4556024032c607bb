//! The key on a line without `??`, and words that ask about a command.

use crate::environment::{TestEnv, commands, records};

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
