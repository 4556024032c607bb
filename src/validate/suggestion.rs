use std::panic::{AssertUnwindSafe, catch_unwind};

use thiserror::Error;

use super::analyse::analyse;
use super::verdict::{Finding, Policy, Verdict};
use super::{holes, sanitize, text};
use crate::domain::{Candidate, Hole, Origin, Risk};
use crate::syntax::{SyntaxError, Tree};

/// A command that passed the gate, with what the gate found out about it. Only [`judge`] makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    command: String,
    holes: Vec<Hole>,
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

    /// What of it the user has yet to write; the shell does not run it as long as one is left.
    pub fn holes(&self) -> &[Hole] {
        &self.holes
    }

    /// How much it can destroy.
    pub fn risk(&self) -> Risk {
        self.verdict.risk
    }

    /// Whether it may be given only with a record of it, where one is required. Nobody has to look at the disk for that: what may
    /// be shown as a risk there counts as one, whether or not the file is there when it is asked.
    pub fn wants_a_record(&self) -> bool {
        self.verdict.highest().wants_a_record()
    }

    /// Why the risk is what it is, in plain words; `None` without risk.
    pub fn reason(&self) -> Option<&str> {
        self.verdict.worst().map(|finding| finding.reason.as_str())
    }

    /// Everything that the analyser found.
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// Takes in which of its effects, by their places, reach files right now. The risk may rise by it and never falls.
    pub fn take_in(&mut self, reached: &[usize]) {
        self.verdict.take_in(reached);
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
}

/// Why a candidate must not enter the edit buffer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Rejection {
    /// Bytes that are no UTF-8.
    #[error("the answer is not UTF-8 text")]
    NotText,
    /// None of the forms that an answer may have.
    #[error("the answer is not one command: {0}")]
    Form(&'static str),
    /// Something a reader would take for something else.
    #[error("the answer is easily misread: {0}")]
    Misleading(&'static str),
    /// Something that people may want to see, and that does not enter the buffer by itself.
    #[error("{why}; it stays out of the line (risk {risk}): {text}")]
    Shown {
        /// The command, with everything invisible written out.
        text: String,
        /// How much it can destroy.
        risk: Risk,
        /// Why it is only shown.
        why: Box<Rejection>,
    },
    /// A `!` that the shell replaces by an earlier command.
    #[error("`!` takes in an earlier command from the history")]
    History,
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
    /// Nothing but a comment.
    #[error("the answer holds a comment")]
    Comment,
    /// A gap that the source left for the user to fill.
    #[error("the answer leaves `{0}` to be filled in")]
    Placeholder(String),
    /// The shell would not accept it.
    #[error("the answer is no valid command: {0}")]
    Syntax(#[from] SyntaxError),
}

/// Judges a candidate of any origin, the cache included; the origin has no say in the verdict. It reads the candidate as
/// [`super::sanitize()`] does, and differs in one thing: one command that needs several lines (a loop, a here-document) is a
/// suggestion here, which the command line prints and the widget keeps out of the buffer with a message, while
/// `sanitize`, which answers for the buffer alone, says "show" and gives no text. A command with holes is judged as one
/// with words of unknown content in their place.
///
/// # Errors
/// [`Rejection`] in one line that can be shown to the user.
pub fn judge(candidate: &Candidate, policy: &Policy) -> Result<Suggestion, Rejection> {
    let subject = holes::subject(candidate, policy)?;
    let reading = sanitize::read(&subject, policy)?;
    let verdict = verdict(policy.parse(&reading.text)?, policy);
    let is_block = reading.is_block();
    let has_holes = !candidate.holes.is_empty();
    if has_holes && (reading.text != subject || reading.why.is_some() || !holes::may_ask(&verdict)) {
        return Err(reading.why.unwrap_or(Rejection::Form("it leaves something open that must be said")));
    }
    if let Some(why) = reading.why.filter(|_| !is_block) {
        let risk = verdict.risk.max(reading.floor);
        return Err(Rejection::Shown { text: text::escaped(&reading.text), risk, why: Box::new(why) });
    }
    Ok(Suggestion {
        command: if has_holes { candidate.command.clone() } else { reading.text },
        holes: candidate.holes.clone(),
        reading: candidate.reading.as_deref().map(text::printable_line).filter(|line| !line.is_empty()),
        origin: candidate.origin.clone(),
        confidence: candidate.confidence,
        verdict,
    })
}

/// Judges a line as it stands, whoever wrote it. It never refuses: what cannot be understood is a finding.
pub fn check(line: &str, policy: &Policy) -> Verdict {
    let error = match policy.parse(line) {
        Ok(tree) => return verdict(tree, policy),
        Err(error) => error,
    };
    // What a shell would complain about may still be run after a small repair, so it is judged as far as it can be read.
    let plain = line.replace(['\'', '"', '`', '\\'], " ");
    let readable = [line.trim_end_matches('\\'), plain.as_str()].into_iter().find_map(|text| policy.parse(text).ok());
    let mut judged = unjudged("syntax", error.to_string());
    if let Some(found) = readable.map(|tree| verdict(tree, policy)).filter(|found| found.risk > Risk::Low) {
        judged.risk = judged.risk.max(found.risk);
        judged.findings.extend(found.findings.into_iter().map(|finding| Finding { span: 0..0, ..finding }));
        judged.findings.sort_by_key(|finding| std::cmp::Reverse(finding.risk));
    }
    judged
}

/// What cannot be judged deserves a second look.
fn unjudged(rule: &str, reason: String) -> Verdict {
    let finding = Finding { rule: rule.to_owned(), risk: Risk::Medium, span: 0..0, reason, safer: None };
    Verdict { risk: Risk::Medium, findings: vec![finding], effects: Vec::new(), programs: Vec::new() }
}

fn verdict(tree: Tree, policy: &Policy) -> Verdict {
    // A failure of the analyser must not take a shell's line with it, and it is no all-clear.
    let Ok(analysis) = catch_unwind(AssertUnwindSafe(|| analyse(tree, policy))) else {
        return unjudged("analyser", "the analyser failed on it".to_owned());
    };
    let (mut findings, mut effects, programs) = (analysis.findings, analysis.effects, analysis.programs);
    // What a program does in general says nothing where something more is known.
    let specific: Vec<_> =
        findings.iter().filter(|finding| finding.rule != "program").map(|finding| (finding.span.clone(), finding.risk)).collect();
    findings.retain(|finding| {
        let said = |(span, risk): &(std::ops::Range<usize>, Risk)| {
            *risk >= finding.risk && span.start >= finding.span.start && span.end <= finding.span.end && !span.is_empty()
        };
        finding.rule != "program" || !specific.iter().any(said)
    });
    for finding in findings.iter_mut().chain(effects.iter_mut().filter_map(|effect| effect.loss.as_mut())) {
        finding.reason = text::printable_line(&finding.reason);
    }
    let mut verdict = Verdict { risk: Risk::None, findings, effects, programs };
    verdict.order();
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ShellKind;

    fn candidate(command: &str) -> Candidate {
        Candidate { command: command.to_owned(), holes: Vec::new(), reading: None, origin: Origin::Offline, confidence: 0.9 }
    }

    fn judged(command: &str, shell: ShellKind) -> Result<Suggestion, Rejection> {
        judge(&candidate(command), &Policy::new(shell))
    }

    #[test]
    fn cleans_the_outer_edges_only() {
        for text in [
            "ls -l",
            "  ls -l ",
            "ls -l\n",
            "$ ls -l",
            "\u{feff}ls -l",
            "\u{feff}  $ ls -l \n",
            "\nls -l\n\n",
            "ls -l\r",
            "ls\t-l",
            "ls -l \u{7}",
        ] {
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
            "ls\nrm -rf x",
            "ls\rrm x",
            "ls \u{1b}[31m",
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
    }

    #[test]
    fn a_path_of_a_manual_is_no_gap_where_the_user_typed_that_very_word() {
        let words = "compare '/path/to/a', and /path/to/dir/ with ~/x";
        let judged = |command: &str| judge(&candidate(command), &Policy::new(ShellKind::Bash).for_words(words)).is_ok();
        for command in ["diff -r /path/to/a /path/to/dir", "ls /path/to/dir/", "cat '/path/to/a' > out"] {
            assert!(judged(command), "{command}");
        }
        for command in
            ["cat /path/to/b", "ls /path/to/dir/x", "diff /path/to/a /path/to/b", "tar --file=/path/to/x", "cat <file>", "cat ~/path/to/x"]
        {
            assert!(!judged(command), "{command}");
        }
        assert!(judge(&candidate("cat /path/to/a"), &Policy::new(ShellKind::Bash).for_words("show path to a")).is_err());
    }

    #[test]
    fn what_is_only_shown_names_the_command_its_risk_and_the_reason() {
        let Err(shown @ Rejection::Shown { .. }) = judged("cd src\nrm -rf /", ShellKind::Bash) else { panic!("not shown") };
        let line = shown.to_string();
        assert!(line.contains("several lines") && line.contains("risk critical") && line.ends_with(": cd src; rm -rf /"), "{line}");
        let Err(shown) = judged("ssh ro\u{43e}t@host", ShellKind::Zsh) else { panic!("not shown") };
        assert!(shown.to_string().ends_with("ssh ro\\u{43e}t@host"), "{shown}");
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
    fn reason_and_reading_are_one_plain_line() {
        let suggestion = judged("rm -r build", ShellKind::Bash).expect("valid");
        assert_eq!((suggestion.risk(), suggestion.reason()), (Risk::Medium, Some("deletes recursively")));
        let reading = Candidate { reading: Some("lists\n\u{1b}[31mall \u{202e} files\u{200b}".to_owned()), ..candidate("ls") };
        let suggestion = judge(&reading, &Policy::new(ShellKind::Bash)).expect("valid");
        assert_eq!(suggestion.reading(), Some("lists [31mall files"));
    }
}
