//! Every command that the embedded translator gives for its corpus, and every one that the corpus expects, is read by the
//! shell it was written for.

use std::path::Path;
use std::process::Command;

use gptos::domain::ShellKind;
use gptos::offline::{Machine, Os, intents, translate};

/// The cases of all files of the corpus whose commands can be run.
fn cases() -> Vec<toml::Table> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.file_name().is_some_and(|name| name != "explain.toml" && name != "holes.toml"));
    paths.sort();
    assert!(paths.len() >= 10, "{paths:?}");
    let tables = paths.iter().map(|path| std::fs::read_to_string(path).unwrap().parse::<toml::Table>().unwrap());
    tables.flat_map(|corpus| corpus["case"].as_array().unwrap().clone()).map(|case| case.as_table().unwrap().clone()).collect()
}

/// What people say in a case.
fn said(case: &toml::Table) -> impl Iterator<Item = &str> {
    case["say"].as_array().unwrap().iter().map(|say| say.as_str().unwrap())
}

/// The examples of all intents and what is said in the corpus.
pub(crate) fn sentences() -> Vec<String> {
    let examples = intents().map(|info| info.example.to_owned());
    examples.chain(cases().iter().flat_map(|case| said(case).map(str::to_owned).collect::<Vec<_>>())).collect()
}

/// The command that a case expects in a shell.
fn expected(case: &toml::Table, shell: ShellKind) -> Vec<&str> {
    let text = |key: &str| case.get(key).map(|value| value.as_str().unwrap());
    let only = text("only").unwrap_or("all");
    let common = text("is");
    match shell {
        ShellKind::Bash => common.into_iter().chain(text("mac")).collect(),
        ShellKind::Zsh => text("zsh").or(common.filter(|_| only != "bash")).into_iter().collect(),
        ShellKind::Fish => text("fish").or(common.filter(|_| only == "all")).into_iter().collect(),
    }
}

/// Whether two blanks follow each other outside quotes, as where an option was left out and its blank was not.
fn has_double_blank(command: &str) -> bool {
    let (mut quote, mut before) = (None, ' ');
    command.chars().any(|c| {
        let is_double = quote.is_none() && c == ' ' && before == ' ';
        match quote {
            Some(open) if open == c => quote = None,
            None if matches!(c, '\'' | '"') && before != '\\' => quote = Some(c),
            _ => {}
        }
        before = c;
        is_double
    })
}

/// Has a shell read the commands. One file for all: a wrong command shows with its line number, which is the command's.
fn check(shell: ShellKind, mut commands: Vec<String>) {
    commands.sort();
    commands.dedup();
    assert!(commands.len() > 250, "{}", commands.len());
    assert!(commands.iter().all(|command| !command.contains(char::is_control)), "{commands:#?}");
    let gaping: Vec<&String> = commands.iter().filter(|command| has_double_blank(command)).collect();
    assert!(gaping.is_empty(), "{shell}: {gaping:#?}");
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("commands");
    std::fs::write(&script, commands.join("\n")).unwrap();
    let output = Command::new(shell.name()).arg("-n").arg(&script).output().unwrap();
    assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_real_shells_parse_every_command() {
    let sentences = sentences();
    for shell in ShellKind::ALL {
        for os in [Os::Linux, Os::MacOs] {
            let machine = Machine::usual(shell, os);
            let candidates = sentences.iter().flat_map(|say| translate(say, &machine).candidates);
            check(shell, candidates.filter(|candidate| candidate.holes.is_empty()).map(|best| best.command).collect());
        }
    }
}

#[test]
fn the_real_shells_parse_every_command_that_the_corpus_expects() {
    let cases = cases();
    for shell in ShellKind::ALL {
        check(shell, cases.iter().flat_map(|case| expected(case, shell)).map(str::to_owned).collect());
    }
}
