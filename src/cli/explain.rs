//! `gptos explain`: what the words of a command line mean, and what the analyser says of it.

use std::borrow::Cow;
use std::path::PathBuf;

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use super::arguments::ExplainArguments;
use super::output::{Output, visible};
use super::{ExitStatus, check, facts};
use crate::domain::{Risk, ShellFacts, ShellKind};
use crate::explain::{self, Kind, Node, Reading, Row};
use crate::suggest::ports::Commands;
use crate::syntax::{self, SyntaxError};
use crate::system::{self, SearchPath};
use crate::validate::{self, Policy, Verdict};

/// Widest first column of the rows, in columns of the terminal.
const WIDEST: usize = 36;

/// Longest text in the first column, in characters; a whole document can stand in a line.
const LONGEST: usize = 72;

/// Deepest indentation, in levels.
const DEEPEST: usize = 20;

/// Words that command lines rarely hold and sentences do.
const SENTENCE_WORDS: [&str; 40] = [
    "the", "a", "an", "of", "to", "in", "for", "is", "are", "was", "how", "what", "why", "when", "where", "who", "which", "with",
    "without", "my", "your", "this", "that", "these", "and", "or", "between", "from", "does", "do", "me", "it", "its", "on", "by", "can",
    "i", "you", "vs", "versus",
];

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
    let verdict = validate::check(&line, &Policy::new(shell));
    if arguments.json {
        let reason = verdict.worst().map(|finding| finding.reason.as_str());
        let report = Report { shell: shell.name(), summary: reading.short(), reading: &reading, risk: verdict.risk.name(), reason };
        output.data(&format!("{}\n", harmless(&super::batch::json(&report))));
    } else {
        print(&reading, &verdict, output);
    }
    ExitStatus::Success
}

/// A line as it is read where `#` may be a letter.
fn as_read(line: &str, shell: ShellKind, comments: bool) -> Cow<'_, str> {
    if comments { Cow::Borrowed(line) } else { syntax::hashes_as_words(line, shell) }
}

/// The command line that the words `explain LINE` ask about; `None` for other words, and for English behind `explain`.
pub(super) fn asked<'a>(words: &'a str, facts: &ShellFacts) -> Option<&'a str> {
    let line = words.trim().strip_prefix("explain")?.strip_prefix([' ', '\t'])?.trim();
    let read = as_read(line, facts.shell, facts.comments);
    let first = syntax::parse(&read, facts.shell).ok()?.commands().iter().find_map(|command| command.words.first()?.value.clone())?;
    let is_command = SearchPath.resolves(&first, facts) || explain::knows(&first);
    (is_command && !is_english(line)).then_some(line)
}

/// Whether a line whose first word is a command is a sentence all the same: `find the largest files`.
fn is_english(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let plain = |word: &&str| word.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | ',' | '?'));
    let says = |word: &&str| SENTENCE_WORDS.contains(&word.to_lowercase().trim_end_matches([',', '?']));
    words.len() > 1 && words.iter().all(plain) && words.iter().skip(1).any(says)
}

/// The reading of a line in rows, and its risk with the reason in one more; what a shell shows under its prompt.
///
/// # Errors
/// What is wrong with the line.
pub(super) fn rows(line: &str, facts: &ShellFacts, policy: &Policy) -> Result<(Vec<String>, String), SyntaxError> {
    let reading = explain::read(&as_read(line, facts.shell, facts.comments), facts.shell)?;
    Ok((table(&reading), risk(&validate::check(line, policy))))
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

/// The rows in two columns.
fn table(reading: &Reading) -> Vec<String> {
    let rows = reading.rows();
    let shown: Vec<String> = rows.iter().map(first_column).collect();
    let width = shown.iter().map(|text| text.width()).filter(|width| *width <= WIDEST).max().unwrap_or(0);
    let mut table: Vec<String> = rows
        .iter()
        .zip(shown)
        .map(|(row, text)| {
            let room = width.saturating_sub(text.width());
            format!("{text}{}  {}", " ".repeat(room), row.meaning).trim_end().to_owned()
        })
        .collect();
    if !reading.whole {
        table.push("(not all of it could be read)".to_owned());
    }
    table
}

fn risk(verdict: &Verdict) -> String {
    let reason = match (verdict.worst(), verdict.risk) {
        (Some(finding), _) => finding.reason.as_str(),
        (None, Risk::None) => "it only reads",
        (None, _) => "",
    };
    format!("risk {}  {reason}", verdict.risk.name()).trim_end().to_owned()
}

fn first_column(row: &Row) -> String {
    let text = visible(&row.text);
    let shown: String = if text.chars().count() > LONGEST { text.chars().take(LONGEST).chain(['…']).collect() } else { text };
    format!("{}{shown}", "  ".repeat(row.indent.min(DEEPEST)))
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
    fn words_ask_about_a_command_or_are_english() {
        let facts = crate::system::tests::facts("", std::path::Path::new("/"));
        for (words, line) in [
            ("explain ls -l", Some("ls -l")),
            (" explain   find . -name x ", Some("find . -name x")),
            ("explain git rebase", Some("git rebase")),
            ("explain tar xzf the.tar", Some("tar xzf the.tar")),
            ("explain grep -r the .", Some("grep -r the .")),
            ("explain sudo systemctl restart nginx", Some("sudo systemctl restart nginx")),
            ("explain cat a | sort", Some("cat a | sort")),
            ("explain for f in *; do rm $f; done", Some("for f in *; do rm $f; done")),
            ("explain the difference between two files", None),
            ("explain find the largest files", None),
            ("explain git rebase to me", None),
            ("explain which process is on port", None),
            ("explain what's running", None),
            ("explain how to use tar", None),
            ("explain frobnicate -x", None),
            ("explain", None),
            ("explain ", None),
            ("explained ls", None),
            ("list files", None),
            ("explain ls | | wc", None),
        ] {
            assert_eq!(asked(words, &facts), line, "{words}");
        }
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
