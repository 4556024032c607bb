//! What the analyser says of a command line.

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;

use crate::domain::{Risk, ShellFacts, ShellKind};
use crate::syntax::{self, Comment, SyntaxError, Tree};

use super::custom::CustomRules;
use super::text;

/// What a command line is judged against.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The shell that the command would run in.
    pub shell: ShellKind,
    /// The rules of the user and of the project, beside the embedded ones.
    pub rules: Arc<CustomRules>,
    /// Whether `#` begins a comment. Where it does not, it is a word and what follows it runs.
    pub comments: bool,
    /// Words that the user typed and that look like gaps of a manual: they are no gaps of who answers.
    pub(super) typed: Vec<String>,
}

impl Policy {
    /// The embedded rules alone, for a shell whose options nobody changed.
    pub fn new(shell: ShellKind) -> Self {
        Self { shell, rules: Arc::default(), comments: ShellFacts::usual_comments(shell), typed: Vec::new() }
    }

    /// The same for a shell that takes `#` on its command line as the beginning of a comment, or as a word.
    #[must_use]
    pub fn with_comments(self, comments: bool) -> Self {
        Self { comments, ..self }
    }

    /// The same for an answer to these words: `/path/to/x` in it is a gap unless they hold that very word.
    #[must_use]
    pub fn for_words(self, words: &str) -> Self {
        Self { typed: text::gap_words(words).map(str::to_owned).collect(), ..self }
    }

    /// Reads a line as this shell would.
    pub(super) fn parse(&self, line: &str) -> Result<Tree, SyntaxError> {
        if self.comments { syntax::parse(line, self.shell) } else { syntax::parse(&syntax::hashes_as_words(line, self.shell), self.shell) }
    }

    /// The characters of a line outside quotes, and whether a `#` stands there that begins a comment elsewhere.
    pub(super) fn unquoted(&self, line: &str) -> (Vec<(usize, char)>, Comment) {
        if self.comments { syntax::unquoted(line, self.shell) } else { syntax::unquoted_without_comments(line, self.shell) }
    }

    /// The same with the rules of the user and of the project.
    #[must_use]
    pub fn with_rules(self, rules: Arc<CustomRules>) -> Self {
        Self { rules, ..self }
    }
}

/// Something that the user should know before the command runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name.
    pub rule: String,
    /// How bad it is.
    pub risk: Risk,
    /// The bytes of the line it is about; empty at 0 when it is about the line as a whole.
    pub span: Range<usize>,
    /// Why, in plain words.
    pub reason: String,
    /// What would do the same with less danger, when there is such a thing.
    pub safer: Option<String>,
}

/// What happens to files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffectKind {
    /// They are deleted.
    Delete,
    /// What they held is lost.
    Overwrite,
    /// Who may use them changes.
    ChangeAccess,
}

/// Files that a command line names and what it does to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// What happens.
    pub kind: EffectKind,
    /// A path, absolute, below `~/`, or relative to the working directory. `*`, `?` and `[` are patterns unless a
    /// backslash stands before them; a backslash itself is doubled.
    pub path: String,
    /// Whether everything below it is meant as well.
    pub recursive: bool,
    /// What is to be said beside the findings when it reaches a file: the analyser does not know whether there is one.
    pub loss: Option<Finding>,
}

/// Everything that there is to say of a command line.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The worst of the findings.
    pub risk: Risk,
    /// The worst first; those of one risk in the order of the line.
    pub findings: Vec<Finding>,
    /// What happens to named files.
    pub effects: Vec<Effect>,
    /// The programs it runs by name, as written and once each, those inside wrappers included.
    pub programs: Vec<String>,
}

impl Verdict {
    /// The finding that decides the risk.
    pub fn worst(&self) -> Option<&Finding> {
        self.findings.first().filter(|finding| finding.risk > Risk::None)
    }

    /// The most that the risk may come to when somebody looks which files are there.
    pub fn highest(&self) -> Risk {
        self.effects.iter().filter_map(|effect| effect.loss.as_ref()).fold(self.risk, |risk, loss| risk.max(loss.risk))
    }

    /// Whether a look at the disk may add to what is said of it.
    pub fn may_lose(&self) -> bool {
        self.effects.iter().any(|effect| effect.loss.is_some())
    }

    /// Takes in which of the effects, by their places, reach files: what is lost there is a finding then.
    pub fn take_in(&mut self, reached: &[usize]) {
        let losses: Vec<Finding> =
            self.effects.iter().enumerate().filter(|(at, _)| reached.contains(at)).filter_map(|(_, effect)| effect.loss.clone()).collect();
        if losses.is_empty() {
            return;
        }
        // The same word that was only said to overwrite something is told of once.
        let said = |finding: &Finding| finding.rule == "overwrite" && losses.iter().any(|loss| loss.span == finding.span);
        self.findings.retain(|finding| !said(finding));
        self.findings.extend(losses);
        self.order();
    }

    /// The worst first, and of two findings of one risk the one that says more.
    pub(super) fn order(&mut self) {
        self.findings.sort_by_key(|finding| (Reverse(finding.risk), finding.rule == "program", finding.span.start));
        self.risk = self.findings.first().map_or(Risk::None, |finding| finding.risk);
    }
}
