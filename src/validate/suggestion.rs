use thiserror::Error;

use super::analyse::analyse;
use super::text;
use super::verdict::{Finding, Policy, Verdict};
use crate::domain::{Candidate, Origin, Risk, ShellKind};
use crate::syntax::{self, Comment, SyntaxError};

/// A command that passed the gate, with what the gate found out about it. Only [`judge`] makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    command: String,
    reading: Option<String>,
    origin: Origin,
    confidence: f64,
    verdict: Verdict,
}

impl Suggestion {
    /// Exactly what enters the edit buffer.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// How much it can destroy.
    pub fn risk(&self) -> Risk {
        self.verdict.risk
    }

    /// Why the risk is what it is, in plain words; `None` without risk.
    pub fn reason(&self) -> Option<&str> {
        self.verdict.worst().map(|finding| finding.reason.as_str())
    }

    /// Everything that the analyser found.
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// Who proposed it.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The source's own confidence, from 0 to 1.
    pub fn confidence(&self) -> f64 {
        self.confidence
    }

    /// What the command does, in the words of its source, made safe to print.
    pub fn reading(&self) -> Option<&str> {
        self.reading.as_deref()
    }

    /// One line for the user: `offline · risk none`, `openai · risk high: deletes recursively`.
    pub fn note(&self) -> String {
        let source = match &self.origin {
            Origin::Provider(name) => name.clone(),
            other => other.label(),
        };
        let line = match self.reason() {
            Some(reason) => format!("{source} · risk {}: {reason}", self.risk()),
            None => format!("{source} · risk {}", self.risk()),
        };
        text::printable_line(&line)
    }
}

/// Why a candidate must not enter the edit buffer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Rejection {
    /// Nothing but blanks.
    #[error("the answer is empty")]
    Empty,
    /// More than 8 KiB.
    #[error("the answer has more than {} bytes", text::MAX_BYTES)]
    TooLong,
    /// A control character.
    #[error("the answer holds the control character U+{:04X}", u32::from(*.0))]
    Control(char),
    /// A character that reorders the text around it.
    #[error("the answer holds the text direction mark U+{:04X}", u32::from(*.0))]
    Direction(char),
    /// A character that nobody sees, or a blank that is no blank to the shell.
    #[error("the answer holds the invisible character U+{:04X}", u32::from(*.0))]
    Invisible(char),
    /// A character without a meaning that people agree on.
    #[error("the answer holds the unassigned character U+{:04X}", u32::from(*.0))]
    Unassigned(char),
    /// A curly quote or a long dash where the shell needs the plain one.
    #[error("the answer holds `{0}`, which the shell does not read as a quote or a dash")]
    Typographic(char),
    /// More than one command, on lines of their own.
    #[error("the answer is several commands on several lines")]
    SeveralLines,
    /// It ends in a backslash.
    #[error("the answer ends in a backslash")]
    TrailingBackslash,
    /// Nothing but a comment, or a comment that an interactive zsh would run.
    #[error("the answer holds a comment")]
    Comment,
    /// A gap that the source left for the user to fill.
    #[error("the answer leaves `{0}` to be filled in")]
    Placeholder(String),
    /// The shell would not accept it.
    #[error("the answer is no valid command: {0}")]
    Syntax(#[from] SyntaxError),
}

/// Judges a candidate of any origin, the cache included.
///
/// # Errors
/// [`Rejection`] in one line that can be shown to the user.
pub fn judge(candidate: &Candidate, policy: &Policy) -> Result<Suggestion, Rejection> {
    let command = text::clean(&candidate.command)?;
    let (outside, comment) = syntax::unquoted(command, policy.shell);
    // An interactive zsh takes `#` as a word unless the user changed that, and then runs what follows.
    if comment == Comment::Present && policy.shell == ShellKind::Zsh {
        return Err(Rejection::Comment);
    }
    text::check_unquoted(command, &outside)?;
    let tree = syntax::parse(command, policy.shell)?;
    match tree.complete_commands() {
        0 => return Err(Rejection::Comment),
        1 => {}
        _ => return Err(Rejection::SeveralLines),
    }
    let verdict = verdict(&tree);
    Ok(Suggestion {
        command: command.to_owned(),
        reading: candidate.reading.as_deref().map(text::printable_line).filter(|line| !line.is_empty()),
        origin: candidate.origin.clone(),
        confidence: candidate.confidence,
        verdict,
    })
}

/// Judges a line as it stands, whoever wrote it. It never refuses: what cannot be understood is a finding.
pub fn check(line: &str, policy: &Policy) -> Verdict {
    match syntax::parse(line, policy.shell) {
        Ok(tree) => verdict(&tree),
        Err(error) => Verdict {
            risk: Risk::Medium,
            findings: vec![Finding { rule: "syntax".to_owned(), risk: Risk::Medium, span: 0..0, reason: error.to_string(), safer: None }],
            effects: Vec::new(),
            programs: Vec::new(),
        },
    }
}

fn verdict(tree: &syntax::Tree) -> Verdict {
    let mut findings: Vec<Finding> = analyse(tree)
        .into_iter()
        .map(|found| Finding { rule: found.rule, risk: found.risk, span: 0..0, reason: text::printable_line(&found.reason), safer: None })
        .collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.risk));
    let risk = findings.first().map_or(Risk::None, |finding| finding.risk);
    Verdict { risk, findings, effects: Vec::new(), programs: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(command: &str) -> Candidate {
        Candidate { command: command.to_owned(), reading: None, origin: Origin::Offline, confidence: 0.9 }
    }

    fn judged(command: &str, shell: ShellKind) -> Result<Suggestion, Rejection> {
        judge(&candidate(command), &Policy::new(shell))
    }

    #[test]
    fn cleans_the_outer_edges_only() {
        for text in ["ls -l", "  ls -l ", "ls -l\n", "$ ls -l", "\u{feff}ls -l", "\u{feff}  $ ls -l \n"] {
            assert_eq!(judged(text, ShellKind::Bash).map(|s| s.command().to_owned()), Ok("ls -l".to_owned()), "{text:?}");
        }
        assert_eq!(judged("echo 'a  b '", ShellKind::Zsh).expect("valid").command(), "echo 'a  b '");
    }

    #[test]
    fn refuses_what_must_not_enter_a_buffer() {
        for text in [
            "",
            "   ",
            "\n",
            "$ ",
            "ls\n\n",
            "\nls",
            "ls\nrm -rf x",
            "ls\r",
            "ls\rrm x",
            "ls\tx",
            "ls \u{1b}[31m",
            "ls \u{7}",
            "ls \u{0}",
            "ls \u{7f}",
            "ls \u{9b}31m",
            "ls \u{85}",
            "ls \u{202e}x",
            "ls \u{2066}x",
            "ls \u{200f}",
            "ls \u{61c}",
            "ls\u{200b}",
            "l\u{200d}s",
            "ls \u{2060}",
            "ls \u{feff}x",
            "ls \u{e0041}",
            "ls \u{2028}rm",
            "ls \u{2029}",
            "ls\u{a0}-l",
            "ls \u{ad}",
            "ls \u{3164}",
            "ls \u{fdd0}",
            "ls \u{ffff}",
            "ls \u{e000}",
            "ls \u{fe0f}",
            "echo 'a",
            "echo \"a",
            "echo $(a",
            "ls \\",
            "ls |",
            "# only",
            "cat <file>",
            "cp <src> <dst>",
            "ssh <user>@<host>",
            "curl -H YOUR_API_KEY x",
            "cat /path/to/file",
            "echo \u{201c}a\u{201d}",
            "find . \u{2013}name x",
            "for x in 1; do\nls",
        ] {
            for shell in ShellKind::ALL {
                assert!(judged(text, shell).is_err(), "{text:?} in {shell}");
            }
        }
        assert_eq!(judged(&"a".repeat(text::MAX_BYTES + 1), ShellKind::Bash), Err(Rejection::TooLong));
        assert_eq!(judged("touch A # ; touch B", ShellKind::Zsh), Err(Rejection::Comment));
    }

    #[test]
    fn takes_every_language_and_honest_syntax() {
        for text in [
            "ls 'תיקייה שלי'",
            "ls תיקייה",
            "cat résumé.txt",
            "ls 文件",
            "echo 'ファイル\u{3000}名'",
            "touch 👩\u{200d}💻.txt",
            "echo '❤\u{fe0f}'",
            "echo 👍🏽",
            "echo '🏳\u{fe0f}\u{200d}🌈'",
            "grep '<title>' index.html",
            "sort < in.txt > out.txt",
            "ls *.txt",
            "echo \"it's\"",
            "echo '# no comment'",
            "echo a#b",
            "mv Bob\u{2019}s.txt b.txt",
            "echo 'dash \u{2014} here'",
        ] {
            for shell in ShellKind::ALL {
                assert_eq!(judged(text, shell).map(|s| s.command().to_owned()), Ok(text.to_owned()), "{shell}");
            }
        }
        for text in ["for x in 1 2; do\n  echo $x\ndone", "cat <<'E'\na\nE", "echo 'a\nb'", "ls |\nhead", "ls # comment"] {
            assert!(judged(text, ShellKind::Bash).is_ok(), "{text:?}");
        }
        assert!(judged("for x in 1 2\n  echo $x\nend", ShellKind::Fish).is_ok());
    }

    #[test]
    fn the_note_is_one_plain_line() {
        assert_eq!(judged("ls", ShellKind::Bash).expect("valid").note(), "offline · risk none");
        let provider = Candidate { origin: Origin::Provider("openai".to_owned()), ..candidate("rm -r build") };
        let suggestion = judge(&provider, &Policy::new(ShellKind::Bash)).expect("valid");
        assert_eq!(suggestion.note(), "openai · risk high: deletes recursively");
        assert_eq!((suggestion.risk(), suggestion.reason()), (Risk::High, Some("deletes recursively")));
        let reading = Candidate { reading: Some("lists\n\u{1b}[31mall \u{202e} files\u{200b}".to_owned()), ..candidate("ls") };
        let suggestion = judge(&reading, &Policy::new(ShellKind::Bash)).expect("valid");
        assert_eq!(suggestion.reading(), Some("lists [31mall files"));
    }
}
