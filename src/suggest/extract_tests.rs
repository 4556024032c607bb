use FailureClass::{Malformed, Refusal, Truncated};
use proptest::prelude::*;

use super::*;

/// Extracts as on a machine with a few commands, on which everything parses that has no `<`.
fn run(text: &str) -> Result<Extracted, AttemptError> {
    let commands = ["ls", "find", "make", "test", "which", "git", "sudo", "echo", "time", "grep", "for", "who", "I"];
    let answer = RawAnswer { text: text.to_owned(), model: "m".to_owned(), pause: None, usage: None, first_chunk: None };
    extract(&answer, &|word| commands.contains(&word), &|line| !line.contains('<'))
}

fn command(text: &str) -> Result<String, FailureClass> {
    run(text).map(|extracted| extracted.command).map_err(|error| error.class)
}

#[test]
fn one_json_object_is_an_answer() {
    for (text, expected) in [
        (r#"{"command":"ls -l","reading":"lists"}"#, Ok("ls -l")),
        (" \n{\"command\": \"ls\"}\n ", Ok("ls")),
        (r#"{"reading":"x","command":"nosuchcommand a"}"#, Ok("nosuchcommand a")),
        (r#"{"command":"$ ls"}"#, Ok("ls")),
        (r#"{"command":" ls \n"}"#, Ok("ls")),
        (r#"{"command":"ls a\\ "}"#, Ok("ls a\\ ")),
        (r#"{"command":"cat <<E\na\nE\n"}"#, Ok("cat <<E\na\nE")),
        (r#"{"command":"echo '</think>'"}"#, Ok("echo '</think>'")),
        (r#"{"command":"ls","extra":{"a":[1,2]},"confidence":0.9}"#, Ok("ls")),
        (r#"{"command":"ls","reading":7}"#, Ok("ls")),
        (r#"{"command":null}"#, Err(Refusal)),
        (r#"{"command":""}"#, Err(Refusal)),
        (r#"{"command":"  "}"#, Err(Refusal)),
        (r#"{"command":"ls","command":"rm -rf ~"}"#, Err(Malformed)),
        (r#"{"command":"ls","\u0063ommand":"rm -rf ~"}"#, Err(Malformed)),
        (r#"{"command":"ls","x":1,"x":2}"#, Err(Malformed)),
        (r#"{"command":["ls"]}"#, Err(Malformed)),
        (r#"{"command":7}"#, Err(Malformed)),
        (r#"{"cmd":"ls"}"#, Err(Malformed)),
        ("{}", Err(Malformed)),
        (r#"{"command":"ls"}{"command":"pwd"}"#, Err(Malformed)),
        (r#"{"command":"ls"} That lists."#, Err(Malformed)),
        (r#"Here: {"command":"ls"}"#, Err(Malformed)),
        (r#"[{"command":"ls"}]"#, Err(Malformed)),
        (r#"{"command":"ls"#, Err(Truncated)),
        (r#"{"command":"ls","reading":"#, Err(Truncated)),
        ("{", Err(Truncated)),
        ("{ ls; }", Err(Malformed)),
    ] {
        assert_eq!(command(text), expected.map(str::to_owned), "{text}");
    }
    let deep = format!(r#"{{"command":"ls","x":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(command(&deep), Err(Malformed));
}

#[test]
fn one_fenced_block_is_an_answer() {
    for (text, expected) in [
        ("```\nls -l\n```", Ok("ls -l")),
        ("```bash\nls -l\n```\n\n", Ok("ls -l")),
        ("```sh\r\nls -l\r\n```", Ok("ls -l")),
        ("```console\n$ ls -l\n```", Ok("ls -l")),
        ("```zsh\nnosuchcommand\n```", Ok("nosuchcommand")),
        ("```bash\ncd a\nls\n```", Ok("cd a\nls")),
        ("```json\n{\"command\":\"ls\"}\n```", Ok("ls")),
        ("```\n{\"command\":\"ls\"}\n```", Ok("ls")),
        ("```bash\n{ ls; }\n```", Ok("{ ls; }")),
        ("```json\n{\"command\":null}\n```", Err(Refusal)),
        ("```json\nls\n```", Err(Malformed)),
        ("```\n\n```", Err(Malformed)),
        ("```python\nprint(1)\n```", Err(Malformed)),
        ("```text\nuse ls\n```", Err(Malformed)),
        ("Use this:\n```bash\nls\n```", Err(Malformed)),
        ("```bash\nls\n```\nIt lists.", Err(Malformed)),
        ("```bash\nls\n```\n```bash\npwd\n```", Err(Malformed)),
        ("```bash\nrm -rf /tmp", Err(Truncated)),
        ("```bash\nrm -rf /tmp\n``", Err(Truncated)),
        ("```bash", Err(Truncated)),
        ("```", Err(Truncated)),
        ("```ls```", Err(Truncated)),
    ] {
        assert_eq!(command(text), expected.map(str::to_owned), "{text}");
    }
}

#[test]
fn one_line_is_an_answer_when_it_is_a_command() {
    for (text, expected) in [
        ("ls -l", Ok("ls -l")),
        ("$ ls -l\n", Ok("ls -l")),
        ("LC_ALL=C FOO=1 ls -l", Ok("LC_ALL=C FOO=1 ls -l")),
        ("find . -type f -size +100M", Ok("find . -type f -size +100M")),
        ("find .", Ok("find .")),
        ("ls a b c.", Ok("ls a b c.")),
        ("git commit -m 'that is the end of it'", Ok("git commit -m 'that is the end of it'")),
        ("echo \"you are here\"", Ok("echo \"you are here\"")),
        ("for f in *.txt; do echo \"$f\"; done", Ok("for f in *.txt; do echo \"$f\"; done")),
        ("grep -r the .", Ok("grep -r the .")),
        ("nosuchcommand -l", Err(Malformed)),
        ("ls < ", Err(Malformed)),
        ("ls\npwd", Err(Malformed)),
        ("`ls`", Err(Malformed)),
        ("FOO=1", Err(Malformed)),
        ("", Err(Malformed)),
        (" \n ", Err(Malformed)),
        ("$ ", Err(Malformed)),
        ("I cannot help with that", Err(Malformed)),
        ("I'm sorry, but I can't do that.", Err(Malformed)),
        ("To list files, use ls", Err(Malformed)),
        ("make sure docker is installed on your machine", Err(Malformed)),
        ("make sure docker works first.", Err(Malformed)),
        ("find all big files here:", Err(Malformed)),
        ("which one do you want to see?", Err(Malformed)),
        ("test it before you use it", Err(Malformed)),
        ("time is not on your side", Err(Malformed)),
        ("You can use ls -l", Err(Malformed)),
    ] {
        assert_eq!(command(text), expected.map(str::to_owned), "{text:?}");
    }
}

#[test]
fn thoughts_are_dropped() {
    for (text, expected) in [
        ("<think>rm -rf / is bad</think>{\"command\":\"ls\"}", Ok("ls")),
        ("\n<think>\n\n</think>\n\nls", Ok("ls")),
        ("<think>a</think><think>b</think>ls", Ok("ls")),
        ("<thinking>a</thinking>\n```\nls\n```", Ok("ls")),
        ("so the user wants ls\n</think>\nls", Ok("ls")),
        ("<think>a {\"command\":\"rm\"}", Err(Truncated)),
        ("<think>a</think>", Err(Malformed)),
        ("<think>a</thinking>ls", Err(Truncated)),
        ("<think>a</think> b </think> ls", Ok("ls")),
        ("ls <think>a</think>", Err(Malformed)),
    ] {
        assert_eq!(command(text), expected.map(str::to_owned), "{text}");
    }
}

#[test]
fn the_reading_is_one_plain_line() {
    let reading = |json: &str| run(json).map(|extracted| extracted.reading).unwrap_or_else(|error| panic!("{json}: {error}"));
    for (json, expected) in [
        (r#"{"command":"ls","reading":"lists  all\nfiles "}"#, Some("lists all files")),
        (r#"{"command":"ls","reading":"\u001b[31mred\u0007\u202eevil\u200b"}"#, Some("[31mred evil")),
        (r#"{"command":"ls","reading":" "}"#, None),
        (r#"{"command":"ls","reading":null}"#, None),
        (r#"{"command":"ls","reading":["x"]}"#, None),
        (r#"{"command":"ls"}"#, None),
        (r#"{"command":"ls","reading":"größte Dateien"}"#, Some("größte Dateien")),
    ] {
        assert_eq!(reading(json).as_deref(), expected, "{json}");
    }
    let long = format!(r#"{{"command":"ls","reading":"{}"}}"#, "é".repeat(1000));
    assert_eq!(reading(&long).map(|line| line.chars().count()), Some(200));
    let why = run(r#"{"command":null,"reading":"which\nhost?"}"#).expect_err("a refusal");
    assert_eq!(why.detail, "the model has no command: which host?");
}

proptest! {
    #[test]
    fn no_prefix_of_an_answer_is_another_command(name in "[a-z/. -]{1,20}", cut in 0usize..200) {
        let command_text = format!("rm -rf {name}x");
        let json = serde_json::json!({ "command": command_text, "reading": "removes" }).to_string();
        for whole in [json.clone(), format!("```bash\n{command_text}\n```"), format!("<think>hm</think>{json}")] {
            let part: String = whole.chars().take(cut.min(whole.chars().count())).collect();
            if let Ok(found) = command(&part) {
                prop_assert_eq!(found, command_text.trim().to_owned());
            }
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,40}|[{}`<>think/\"\\\\$ \n=a-z:]{0,60}") {
        let _ = run(&text);
    }
}
