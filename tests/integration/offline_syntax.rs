//! Every command that the embedded translator gives for its corpus is read by the shell it was written for.

use std::process::Command;

use gptos::domain::ShellKind;
use gptos::offline::{Machine, Os, intents, translate};

const CORPUS: [&str; 3] = [
    include_str!("../corpus/offline.files.toml"),
    include_str!("../corpus/offline.system.toml"),
    include_str!("../corpus/offline.tools.toml"),
];

fn sentences() -> Vec<String> {
    let mut all: Vec<String> = intents().map(|info| info.example.to_owned()).collect();
    for text in CORPUS {
        let corpus: toml::Table = text.parse().unwrap();
        for case in corpus["case"].as_array().unwrap() {
            all.extend(case["say"].as_array().unwrap().iter().map(|say| say.as_str().unwrap().to_owned()));
        }
    }
    all
}

#[test]
fn the_real_shells_parse_every_command() {
    let sentences = sentences();
    let folder = tempfile::tempdir().unwrap();
    for shell in ShellKind::ALL {
        for os in [Os::Linux, Os::MacOs] {
            let machine = Machine::usual(shell, os);
            let mut commands: Vec<String> =
                sentences.iter().flat_map(|say| translate(say, &machine).candidates).map(|candidate| candidate.command).collect();
            commands.sort();
            commands.dedup();
            assert!(commands.len() > 250, "{}", commands.len());
            assert!(commands.iter().all(|command| !command.contains(char::is_control) && !command.contains("  ")), "{commands:#?}");
            // One file for all: a wrong command shows with its line number, which is the command's.
            let script = folder.path().join("commands");
            std::fs::write(&script, commands.join("\n")).unwrap();
            let output = Command::new(shell.name()).arg("-n").arg(&script).output().unwrap();
            assert!(output.status.success(), "{shell} {os:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
}
