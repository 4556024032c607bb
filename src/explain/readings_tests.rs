use std::collections::BTreeSet;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::offline::{Machine, Os, intents, translate};
use crate::validate::{Policy, check};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Corpus {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    line: String,
    shell: Option<String>,
    short: String,
    #[serde(default)]
    rows: Vec<String>,
}

impl Case {
    fn shell(&self) -> ShellKind {
        self.shell.as_deref().map_or(ShellKind::Bash, |name| name.parse().expect("a shell"))
    }
}

fn corpus() -> Vec<Case> {
    let corpus: Corpus = toml::from_str(include_str!("../../tests/corpus/explain.toml")).expect("the corpus is valid TOML");
    corpus.case
}

fn rows(reading: &Reading) -> Vec<String> {
    reading.rows().into_iter().map(|row| format!("{}{} — {}", "  ".repeat(row.indent), row.text, row.meaning)).collect()
}

fn unknown(nodes: &[Node]) -> Vec<String> {
    let here = |node: &Node| (!node.known).then(|| node.text.clone());
    nodes.iter().flat_map(|node| here(node).into_iter().chain(unknown(&node.inside))).collect()
}

#[test]
fn every_line_of_the_corpus_has_its_reading() {
    let mut wrong = String::new();
    let cases = corpus();
    for case in &cases {
        let reading = read(&case.line, case.shell()).unwrap_or_else(|error| panic!("{}: {error}", case.line));
        let (short, found) = (reading.short(), rows(&reading));
        if short != case.short || (!case.rows.is_empty() && found != case.rows) {
            let quoted = |text: &str| serde_json::Value::from(text).to_string();
            let list: Vec<String> = found.iter().map(|row| format!("    {},\n", quoted(row))).collect();
            wrong.push_str(&format!("line = {}\nshort = {}\nrows = [\n{}]\n\n", quoted(&case.line), quoted(&short), list.concat()));
        }
    }
    assert!(wrong.is_empty(), "these are read so:\n{wrong}");
    assert!(cases.len() >= 80, "the corpus has only {} lines", cases.len());
}

#[test]
fn nearly_all_that_the_translator_writes_is_known() {
    let mut strange = BTreeSet::new();
    let mut read_lines = 0;
    for (shell, os) in
        [(ShellKind::Bash, Os::Linux), (ShellKind::Zsh, Os::Linux), (ShellKind::Fish, Os::Linux), (ShellKind::Bash, Os::MacOs)]
    {
        let machine = Machine::usual(shell, os);
        for candidate in intents().flat_map(|info| translate(info.example, &machine).candidates) {
            let reading = read(&candidate.command, shell).unwrap_or_else(|error| panic!("{}: {error}", candidate.command));
            let lost = unknown(&reading.commands);
            if !lost.is_empty() {
                strange.insert(format!("{}: {lost:?}", candidate.command));
            }
            read_lines += 1;
        }
    }
    // What is not known is said to be so, never guessed.
    assert!(strange.len() * 12 < read_lines, "{} of {read_lines}: {strange:#?}", strange.len());
    assert!(read_lines > 400, "only {read_lines} lines were read");
}

#[test]
fn the_programs_are_those_that_the_analyser_finds() {
    let mut lost = Vec::new();
    for case in corpus() {
        let mut named = BTreeSet::new();
        let mut reading = read(&case.line, case.shell()).expect("a line");
        for node in &mut reading.commands {
            node.each(&mut |node| {
                if matches!(node.kind, Kind::Command | Kind::Test) {
                    named.extend(node.text.split_whitespace().next().map(str::to_owned));
                }
            });
        }
        // What is only looked up, and what is a line for cron.
        let elsewhere = ["command -v python3", "/x' | crontab -"];
        if elsewhere.iter().any(|end| case.line.ends_with(end)) {
            continue;
        }
        let programs = check(&case.line, &Policy::new(case.shell())).programs;
        lost.extend(programs.into_iter().filter(|program| !named.contains(program)).map(|program| format!("{program} in {}", case.line)));
    }
    assert!(lost.is_empty(), "{lost:#?}");
}

#[test]
fn what_is_not_known_is_said_to_be() {
    for (line, expected) in [
        ("frobnicate -x y", vec!["frobnicate -x y"]),
        ("ls --frob", vec!["--frob"]),
        ("sudo frobnicate", vec!["frobnicate"]),
        ("git frob x", vec!["frob", "x"]),
        ("$x y", vec!["$x y"]),
        ("find . -frob", vec!["-frob"]),
        ("ls -lY", vec!["-Y"]),
        ("apt frob", vec!["frob"]),
    ] {
        assert_eq!(unknown(&read(line, ShellKind::Bash).expect("a line").commands), expected, "{line}");
    }
}

#[test]
fn lines_that_call_themselves_end() {
    let nested = (0..12).fold("ls".to_owned(), |line, _| format!("sh -c {}", syntax::quote(&line, ShellKind::Bash)));
    if let Ok(reading) = read(&nested, ShellKind::Bash) {
        assert!(reading.rows().len() < 40, "{}", reading.rows().len());
    }
    let wide = "a; ".repeat(5000);
    let reading = read(&wide, ShellKind::Bash).expect("a line");
    assert!(!reading.whole && reading.rows().len() <= MOST_NODES);
    let wrapped = format!("{} ls", "env ".repeat(3000));
    assert!(!read(&wrapped, ShellKind::Bash).expect("a line").whole);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn mutated_lines_are_read_or_refused(at in any::<prop::sample::Index>(), cut in any::<prop::sample::Index>(), more in "[ -~é\u{1b}]{0,6}") {
        let cases = corpus();
        let line = &cases[at.index(cases.len())].line;
        let chars: Vec<char> = line.chars().collect();
        let place = cut.index(chars.len() + 1);
        for rest in [place, (place + 1).min(chars.len())] {
            let text: String = chars[..place].iter().copied().chain(more.chars()).chain(chars[rest..].iter().copied()).collect();
            for shell in ShellKind::ALL {
                if let Ok(reading) = read(&text, shell) {
                    prop_assert!(reading.short().chars().count() <= 240);
                    let _ = reading.rows();
                }
            }
        }
    }
}
