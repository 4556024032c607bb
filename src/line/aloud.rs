//! A command line read aloud in rows, for the words `explain LINE` and for the verb.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

use super::checked::check;
use crate::complete;
use crate::domain::{Risk, ShellFacts, ShellKind, visible};
use crate::explain::{self, Reading, Row};
use crate::suggest::ports::Commands;
use crate::syntax::{self, SyntaxError};
use crate::system::SearchPath;
use crate::validate::{Policy, Verdict};

/// Widest first column of the rows, in columns of the terminal.
const WIDEST: usize = 36;

/// Longest text in the first column, in characters; a whole document can stand in a line.
const LONGEST: usize = 72;

/// Deepest indentation, in levels.
const DEEPEST: usize = 20;

/// What is said to who asks about a command and names none.
pub const NOTHING_NAMED: &str = "explain needs a command behind it, for example: ?? explain tar xzf a.tgz";

/// Words that command lines rarely hold and sentences do.
const SENTENCE_WORDS: [&str; 40] = [
    "the", "a", "an", "of", "to", "in", "for", "is", "are", "was", "how", "what", "why", "when", "where", "who", "which", "with",
    "without", "my", "your", "this", "that", "these", "and", "or", "between", "from", "does", "do", "me", "it", "its", "on", "by", "can",
    "i", "you", "vs", "versus",
];

/// A line as it is read where `#` may be a letter.
pub fn as_read(line: &str, shell: ShellKind, comments: bool) -> Cow<'_, str> {
    if comments { Cow::Borrowed(line) } else { syntax::hashes_as_words(line, shell) }
}

/// The command line that the words `explain LINE` ask about; `None` for other words, and for English behind `explain`. Its program need not be
/// known here, or anywhere.
pub fn asked<'a>(words: &'a str, facts: &ShellFacts) -> Option<&'a str> {
    let line = words.trim().strip_prefix("explain")?.strip_prefix([' ', '\t'])?.trim();
    let read = as_read(line, facts.shell, facts.comments);
    let first = syntax::parse(&read, facts.shell).ok()?.commands().iter().find_map(|command| command.words.first()?.value.clone())?;
    let is_known = SearchPath.resolves(&first, facts) || explain::knows(&first);
    // One word that no program here is called by is more likely something that is to be explained in words.
    let is_plain = line.bytes().all(|b| b.is_ascii_alphabetic());
    (if is_known { !is_english(line) } else { complete::has_form(line) && !is_plain }).then_some(line)
}

/// Whether words ask about a command and name none.
pub fn asks_about_nothing(words: &str) -> bool {
    words.trim() == "explain"
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
pub fn rows(line: &str, facts: &ShellFacts, policy: &Policy) -> Result<(Vec<String>, String), SyntaxError> {
    let reading = explain::read(&as_read(line, facts.shell, facts.comments), facts.shell)?;
    Ok((table(&reading), risk(&check(line, policy, facts))))
}

/// Whether the tables know all that a line does.
pub fn is_known(mut reading: Reading) -> bool {
    let mut known = reading.whole && !reading.commands.is_empty();
    reading.commands.iter_mut().for_each(|node| node.each(&mut |node| known &= node.known));
    known
}

/// The rows of a reading in two columns.
pub fn table(reading: &Reading) -> Vec<String> {
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

/// The risk of a line with the reason, in one row.
pub fn risk(verdict: &Verdict) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

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
            ("explain frobnicate -x", Some("frobnicate -x")),
            ("explain frobnicate", None),
            ("explain recursion", None),
            ("explain frob-nicate", Some("frob-nicate")),
            ("explain FOO=1 frobnicate in.txt > out", Some("FOO=1 frobnicate in.txt > out")),
            ("explain ./frobnicate.sh", Some("./frobnicate.sh")),
            ("explain regular expressions", None),
            ("explain quantum entanglement with -x", None),
            ("explain it", None),
            ("explain everything?", None),
            ("explain", None),
            ("explain ", None),
            ("explained ls", None),
            ("list files", None),
            ("explain ls | | wc", None),
        ] {
            assert_eq!(asked(words, &facts), line, "{words}");
        }
        for (words, expected) in [("explain", true), (" explain ", true), ("explain ls", false), ("explained", false), ("", false)] {
            assert_eq!(asks_about_nothing(words), expected, "{words:?}");
        }
    }
}
