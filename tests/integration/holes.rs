//! Commands with holes, from the words to what scripts and shells get.

use std::process::Command;

use gptos::domain::ShellKind;
use gptos::offline::{Machine, Os, translate};
use gptos::validate::{Policy, judge};
use serde_json::Value;

use crate::environment::{Resident, TestEnv};
use crate::fake_provider::{FakeProvider, Reply, answer};

const WORDS: &str = "copy a file to the server";
const COMMAND: &str = "scp <file> <host>: <>";

fn sentences() -> Vec<String> {
    let corpus: toml::Table = include_str!("../corpus/holes.toml").parse().unwrap();
    let cases = corpus["case"].as_array().unwrap().iter();
    cases.flat_map(|case| case["say"].as_array().unwrap()).map(|say| say.as_str().unwrap().to_owned()).collect()
}

#[test]
fn scripts_are_told_by_the_status_that_a_command_is_not_complete() {
    let env = TestEnv::new();
    let run = env.run(&["translate", "--offline", "--", WORDS]);
    assert_eq!((run.code, run.out.as_str()), (Some(6), "scp <file> <host>: <>\n"), "{}", run.err);
    assert!(run.err.contains("fill in <file> and <host>") && run.err.contains("cannot be run as it is"), "{}", run.err);
    let run = env.run(&["--", WORDS]);
    assert_eq!(run.code, Some(6), "{} {}", run.out, run.err);
    let run = env.run(&["translate", "--offline", "--json", "--", WORDS]);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    let hole = |name: &str, start: usize, end: usize| serde_json::json!({ "name": name, "start": start, "end": end });
    assert_eq!((run.code, report["command"].as_str(), report["guess"].as_bool()), (Some(6), Some(COMMAND), Some(true)));
    assert_eq!(report["holes"], serde_json::json!([hole("file", 4, 10), hole("host", 11, 17), hole("", 19, 21)]));
    let complete = env.run(&["translate", "--offline", "--json", "--", "list files by size"]);
    let report: Value = serde_json::from_str(&complete.out).unwrap();
    assert_eq!((complete.code, report["holes"].as_array().map(Vec::len)), (Some(0), Some(0)), "{report}");
    let batch = env.run_with_input(&["batch", "translate", "--offline"], format!("{{\"id\":1,\"query\":\"{WORDS}\"}}\n").as_bytes());
    assert!(batch.out.contains("\"command\":null") && !batch.out.contains('<'), "{}", batch.out);
}

#[test]
fn the_resident_hands_the_holes_on_and_only_to_integrations_that_know_them() {
    let env = TestEnv::new();
    let _resident = Resident(env.start_resident());
    let widget = |arguments: &[&str]| env.run_with_input(&[&["widget", "zsh"], arguments].concat(), WORDS.as_bytes());
    let told = widget(&["--holes"]);
    assert_eq!(told.code, Some(0), "{}", told.out);
    assert!(told.out.starts_with("holes\0<file> <host> <>\0\0reading\0"), "{}", told.out);
    assert!(told.out.contains(&format!("\0\0cmd\0{COMMAND}\0offline, fill in <file> and <host>")), "{}", told.out);
    let untold = widget(&[]);
    assert!(!untold.out.contains('<') && untold.out.starts_with("msg\0"), "{}", untold.out);
    let translated = env.run(&["translate", "--", WORDS]);
    assert_eq!((translated.code, translated.out.as_str()), (Some(6), "scp <file> <host>: <>\n"));
}

#[test]
fn what_a_provider_writes_in_brackets_is_no_hole() {
    let env = TestEnv::new();
    let provider = FakeProvider::always(Reply::stream(&answer("tar -cf <file>")));
    env.with_provider("fake", &provider.base_url(), "");
    let run = env.run_with_input(&["widget", "bash", "--holes"], b"pack everything that glitters purple");
    assert!(!run.out.contains("cmd\0"), "{}", run.out);
}

#[test]
fn the_real_shells_refuse_every_line_until_its_last_hole_is_filled_in() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ShellKind::ALL {
        let machine = Machine::usual(shell, Os::Linux);
        let mut lines = Vec::new();
        for candidate in sentences().iter().flat_map(|say| translate(say, &machine).candidates) {
            assert!(judge(&candidate, &Policy::new(shell)).is_ok(), "{candidate:?} in {shell}");
            for n_filled in 0..candidate.holes.len() {
                let mut line = candidate.command.clone();
                for hole in candidate.holes[..n_filled].iter().rev() {
                    line.replace_range(hole.at.clone(), "made");
                }
                lines.push(line);
            }
        }
        lines.sort();
        lines.dedup();
        assert!(lines.len() > 50, "{}", lines.len());
        for line in lines {
            // A command before it on the line does not run either, and nothing is made.
            let output = Command::new(shell.name()).args(["-c", &format!("echo ran; {line}")]).current_dir(folder.path()).output().unwrap();
            assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{shell} ran {line}: {output:?}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{shell}");
    }
}
