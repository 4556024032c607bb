//! `gptos explain`: what the words of a command line mean, and what the analyser says of it.

use std::path::PathBuf;

use serde::Serialize;

use super::arguments::ExplainArguments;
use super::output::{Output, visible};
use super::{ExitStatus, check, facts};
use crate::domain::{ShellFacts, ShellKind};
use crate::explain::{self, Kind, Node, Reading};
use crate::line::aloud::{as_read, risk, table};
use crate::line::checked;
use crate::syntax::{self, SyntaxError};
use crate::system;
use crate::validate::{Policy, Verdict};

/// Most programs whose manuals are looked for.
const MOST_LOOKUPS: usize = 20;

#[derive(Serialize)]
struct Report<'a> {
    shell: &'static str,
    summary: String,
    #[serde(flatten)]
    reading: &'a Reading,
    risk: &'static str,
    reason: Option<&'a str>,
}

/// Explains one command line.
pub(super) fn run(arguments: &ExplainArguments, output: &mut Output<'_>) -> ExitStatus {
    let Some(line) = check::line_of(&arguments.command, "explain", output) else { return ExitStatus::Usage };
    let shell = arguments.shell.map_or_else(facts::default_shell, |name| name.0);
    let as_read = as_read(&line, shell, ShellFacts::usual_comments(shell));
    let mut reading = match explain::read(&as_read, shell) {
        Ok(reading) => reading,
        Err(error) => {
            refuse(&as_read, shell, &error, output);
            return ExitStatus::Usage;
        }
    };
    if arguments.short {
        output.line(&reading.short());
        return ExitStatus::Success;
    }
    point_to_manuals(&mut reading);
    let verdict = checked::check(&line, &Policy::new(shell), &facts::gather(shell, String::new()));
    if arguments.json {
        let reason = verdict.worst().map(|finding| finding.reason.as_str());
        let report = Report { shell: shell.name(), summary: reading.short(), reading: &reading, risk: verdict.risk.name(), reason };
        output.data(&format!("{}\n", harmless(&super::batch::json(&report))));
    } else {
        print(&reading, &verdict, output);
    }
    ExitStatus::Success
}

/// Says where the line stops being one.
fn refuse(line: &str, shell: ShellKind, error: &SyntaxError, output: &mut Output<'_>) {
    let place = syntax::place_of_error(line, shell).and_then(|at| {
        let (before, after) = (line.get(..at)?, line.get(at..)?);
        let column = before.chars().count() + 1;
        let near: String = after.trim_start().chars().take(20).collect();
        Some(if near.is_empty() { "at the end of the command".to_owned() } else { format!("at character {column}, near `{near}`") })
    });
    let place = place.unwrap_or_else(|| "in the command".to_owned());
    output.error(&format!("{place}: {error}"), Some("gptos explain --shell SHELL reads it as another shell would"));
}

/// Tells of each unknown program where this machine has more about it.
fn point_to_manuals(reading: &mut Reading) {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let mut left = MOST_LOOKUPS;
    for node in &mut reading.commands {
        node.each(&mut |node: &mut Node| {
            let name = node.text.split_whitespace().next().unwrap_or_default();
            let lacks = node.kind == Kind::Command
                && (!node.known || node.inside.iter().any(|inside| !inside.known && inside.kind != Kind::Command));
            if lacks && left > 0 {
                left -= 1;
                node.see = system::manual(name, home.as_deref());
            }
        });
    }
}

fn print(reading: &Reading, verdict: &Verdict, output: &mut Output<'_>) {
    for row in table(reading) {
        output.line(&row);
    }
    output.line("");
    output.line(&risk(verdict));
}

/// JSON text in which nothing is left that a terminal would obey or hide.
fn harmless(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() && c != '\x7f' || visible(c.encode_utf8(&mut [0; 4])).starts_with(c) {
            text.push(c);
        } else {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::Captured;

    fn explained(line: &str, json: bool, short: bool) -> (ExitStatus, String, String) {
        let captured = Captured::default();
        let arguments = ExplainArguments { shell: None, json, short, command: vec![line.to_owned()] };
        let status = run(&arguments, &mut captured.output());
        (status, captured.out(), captured.err())
    }

    #[test]
    fn the_rows_stand_in_two_columns_and_the_risk_at_the_end() {
        let (status, out, err) = explained("find . -type f -size +100M -mtime -7 | head -n 5", false, false);
        assert_eq!(status, ExitStatus::Success, "{err}");
        let expected = "\
find           look for files
  .            below this folder
  -type f      plain files
  -size +100M  larger than 100 MiB
  -mtime -7    changed less than 7 days ago
| head         print the beginning
  -n 5         the first 5 lines

risk none  it only reads
";
        assert_eq!(out, expected);
        let (_, out, _) = explained("sudo rm -rf /", false, false);
        assert!(out.lines().last().is_some_and(|line| line.starts_with("risk critical  ")), "{out}");
    }

    #[test]
    fn what_a_terminal_would_obey_is_written_out_in_every_form() {
        let line = "echo '\x1b[31m\u{9b}2J\u{202e}\u{7f}' x\u{200b}";
        for (json, short) in [(false, false), (true, false), (false, true)] {
            let (status, out, err) = explained(line, json, short);
            assert_eq!(status, ExitStatus::Success, "{err}");
            assert!(!out.contains(['\x1b', '\u{9b}', '\u{202e}', '\u{7f}', '\u{200b}']), "{out:?}");
        }
        let (_, out, _) = explained(line, true, false);
        let value: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!(value["commands"][0]["inside"][0]["text"], "'\x1b[31m\u{9b}2J\u{202e}\u{7f}'");
        let (_, _, err) = explained("echo ' \x1b[31m", false, false);
        assert!(!err.contains('\x1b') && !err.is_empty(), "{err:?}");
    }

    #[test]
    fn a_line_that_is_none_is_refused_with_its_place() {
        let arguments = |line: &str| ExplainArguments {
            shell: Some(super::super::arguments::ShellName(ShellKind::Bash)),
            json: false,
            short: false,
            command: vec![line.to_owned()],
        };
        for (line, place) in [("ls | | wc", "at character 6, near `| wc`"), ("if true", "at the end of the command")] {
            let captured = Captured::default();
            assert_eq!(run(&arguments(line), &mut captured.output()), ExitStatus::Usage);
            assert!(captured.err().contains(place) && captured.out().is_empty(), "{}", captured.err());
        }
    }
}
