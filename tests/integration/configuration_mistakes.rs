//! Two hundred files with a mistake: each is told of in one line, and none disturbs a running resident.

use std::path::Path;

use gptos::config::parse;

use crate::environment::TestEnv;
use crate::fake_provider::{FakeProvider, Reply, answer};

const N_FILES: usize = 200;

const BY_HAND: &[&str] = &[
    "deadline_ms = 1",
    "deadline_ms = 8_000_000",
    "deadline_ms = \"8s\"",
    "deadline_ms = 8.0",
    "deadline_ms = 8000 8000",
    "deadline_ms 8000",
    "deadline_ms: 8000",
    "deadline_ms = 8000\ndeadline_ms = 8000",
    "= 3",
    "resident",
    "resident = on",
    "resident = 'ON'",
    "resident = \"on",
    "memory = true",
    "guard = \"none\"",
    "context = \"cwd\"",
    "context = [\"pwd\"]",
    "context = [\"cwd\"",
    "[shell",
    "[shell]]\nkey = \"x\"",
    "[[shell]]\nkey = \"x\"",
    "[shell]\nkey = 7",
    "[shell]\nscopes = [\"-rf\"]",
    "[Shell]",
    "[shell]\n[shell]",
    "[cache]\nttl = 3",
    "[cache]\nttl_days = 0",
    "[cache]\nmax_disk_mib = 1e3",
    "[limits]\nper_minute = 3",
    "[offline]\nprefer = \"rg\"",
    "{\"deadline_ms\": 8000}",
    "export GPTOS_KEY=x",
    "[provider]\nname = \"a\"",
    "[[provider]]",
    "[[providers]]\nname = \"a\"",
    "[[provider]]\nname = \"a\"\nkind = \"openai\"",
    "[[provider]]\nname = \"\"\nkind = \"openai\"\nmodel = \"m\"",
    "[[provider]]\nname = \"a\"\nbase_url = \"http://far.example\"\nmodel = \"m\"",
    "[[provider]]\nname = \"a\"\nkind = \"ollama\"\nmodel = \"m\"\nargv = [\"x\"]",
    "[[provider]]\nname = \"a\"\nkind = \"openai\"\nmodel = \"m\"\nkey = \"sk-live-0123456789\"",
    "[[provider]]\nname = \"a\"\nkind = \"openai\"\nmodel = \"m\"\nkey = { env = \"A\", file = \"b\" }",
    "[[provider]]\nname = \"a\"\nkind = \"openai\"\nmodel = \"m\"\nproxy = \"on\"",
    "[rules]\nsilence = [\"no-such-rule\"]",
    "[[rules.add]]\nid = \"x\"",
    "[[rules.add]]\nid = \"x y\"\nprograms = [\"a\"]\nrisk = \"low\"\nreason = \"r\"",
    "locked = [\"memory\"]",
    "\u{feff}\u{feff}resident = \"on\"",
    "resident = \"\u{0}\"",
    "# a comment\r# another\nresident = \"on\"",
    "memory = \"\"\"on",
];

/// A file with every kind of value, of which others are made by slips of the hand.
const WHOLE: &str = r#"# what I like
resident = "on"
deadline_ms = 5000
context = ["cwd", "files"]

[shell]
key = "ctrl-g"
note = true
scopes = ["git", "docker"]

[cache]
ttl_days = 7

[[provider]]
name = "local"
kind = "ollama"
model = "qwen"

[[rules.add]]
id = "no-apply"
programs = ["terraform"]
flags = [["-a", "--auto"]]
risk = "high"
reason = "changes what runs"
"#;

/// One slip: a letter too few, too many, another one or two the wrong way round; a line cut off; a value of another kind.
fn slip(random: &mut fastrand::Rng) -> String {
    let mut lines: Vec<String> = WHOLE.lines().map(str::to_owned).collect();
    let at = random.usize(1..lines.len());
    let line = lines[at].clone();
    let letters: Vec<char> = line.chars().collect();
    let place = if letters.is_empty() { 0 } else { random.usize(..letters.len()) };
    let text = |letters: Vec<char>| letters.into_iter().collect::<String>();
    lines[at] = match random.u8(..7) {
        0 if !letters.is_empty() => text([&letters[..place], &letters[place + 1..]].concat()),
        1 => text([&letters[..place], &[random.alphanumeric()], &letters[place..]].concat()),
        2 if place > 0 => {
            let mut swapped = letters;
            swapped.swap(place - 1, place);
            text(swapped)
        }
        3 => text(letters[..place].to_vec()),
        4 => line.replace(['"', '['], ""),
        5 => match line.split_once(" = ") {
            Some((key, _)) => format!("{key} = {}", ["-1", "{}", "[1]", "1979-05-27", "\"\\u0000\"", "nan"][random.usize(..6)]),
            None => line,
        },
        _ => format!("{line}\n{line}"),
    };
    lines.join("\n")
}

fn files() -> Vec<String> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut all: Vec<String> = BY_HAND.iter().map(|text| (*text).to_owned()).collect();
    while all.len() < N_FILES {
        let text = slip(&mut random);
        if !all.contains(&text) && parse(&text, Path::new("/c.toml"), None).is_err() {
            all.push(text);
        }
    }
    all
}

#[test]
fn every_mistake_has_one_line_with_its_place_and_what_would_be_right() {
    for text in files() {
        let problem = parse(&text, Path::new("/c.toml"), None).expect_err(&text);
        let line = problem.line.unwrap_or_else(|| panic!("no line: {problem}\n{text}"));
        assert!((1..=text.lines().count().max(1)).contains(&line), "{problem}\n{text}");
        let said = problem.to_string();
        assert!(said.starts_with(&format!("/c.toml:{line}: ")) && !said.chars().any(char::is_control), "{said:?}\n{text}");
        assert!(!problem.cause.is_empty() && said.len() < 400 && !said.contains("sk-live"), "{said}\n{text}");
        if problem.cause == "unknown key" {
            assert!(problem.hint.is_some(), "{said}\n{text}");
        }
    }
}

#[test]
fn no_mistake_changes_what_a_running_resident_does() {
    let provider = FakeProvider::always(Reply::stream(&answer("printf good")));
    let env = TestEnv::new();
    env.with_provider("good", &provider.base_url(), "");
    let mut resident = env.start_resident();
    let now = || {
        let status = env.status().expect("it runs");
        let asked: Vec<_> =
            status["endpoints"].as_array().unwrap().iter().map(|one| [one["name"].clone(), one["address"].clone()]).collect();
        (status["pid"].clone(), asked)
    };
    let before = now();
    assert_eq!(before.1.len(), 1);
    for text in files() {
        env.configure(&text);
        assert_eq!(now(), before, "{text}");
        let checked = env.run(&["config", "check"]);
        let said: Vec<&str> = checked.err.lines().filter(|line| !line.starts_with("hint: ")).collect();
        assert_eq!((checked.code, said.len()), (Some(64), 1), "{}\n{text}", checked.err);
        assert!(said[0].starts_with(&format!("gptos: {}:", env.config_file().display())), "{}\n{text}", checked.err);
    }
    let asked = env.run(&["translate", "--no-cache", "--shell", "bash", "--", "frobnicate the quux"]);
    assert_eq!(asked.out, "printf good\n", "{}", asked.err);
    assert_eq!(asked.err.lines().filter(|line| line.contains("config.toml")).count(), 1, "{}", asked.err);
    let rejected = format!("gptos_config_reload_total{{result=\"rejected\"}} {N_FILES}\n");
    assert!(env.run(&["metrics"]).out.contains(&rejected));
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn a_file_that_is_no_text_is_refused_with_what_to_do() {
    let env = TestEnv::new();
    env.configure("hedge = \"on\"\n");
    std::fs::write(env.config_file(), b"hedge = \"on\" # caf\xe9\n").unwrap();
    for arguments in [&["audit", "off"][..], &["config", "set", "hedge", "off"], &["config", "unset", "hedge"]] {
        let run = env.run(arguments);
        assert_eq!(run.code, Some(64), "{arguments:?}: {}", run.err);
        assert!(run.err.contains("not UTF-8 text") && run.err.contains("\nhint: save it as UTF-8, in `gptos config edit`"), "{}", run.err);
    }
}
