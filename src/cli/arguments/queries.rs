//! Words to be turned into commands: `translate` and `batch`.

use clap::{Args, Subcommand};

use super::{DialectArguments, ShellName};
use crate::domain::{Aim, AimError, Refined, Scope, ShellKind};

/// Options of `gptos translate`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct TranslateArguments {
    /// Shell to write the command for; without it, the one you are in
    #[arg(long, value_name = "SHELL")]
    pub(in crate::cli) shell: Option<ShellName>,
    /// Print up to N different commands, the best first
    #[arg(short = 'n', long = "count", value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=20))]
    pub count: u8,
    /// Ask nobody over the network
    #[arg(long)]
    pub offline: bool,
    /// Neither read nor write any cache
    #[arg(long)]
    pub no_cache: bool,
    /// Print one JSON object for each command, with risk, source and confidence
    #[arg(long)]
    pub json: bool,
    /// Print the request that the first provider would be sent, and send nothing
    #[arg(long, conflicts_with_all = ["offline", "json", "count"])]
    pub show_request: bool,
    /// Show how the embedded translator reads the words, and ask nobody else
    #[arg(long, conflicts_with_all = ["count", "show_request"])]
    pub why: bool,
    /// Change this command; the words say how
    #[arg(long, value_name = "COMMAND", conflicts_with = "why")]
    pub refine: Option<String>,
    /// The words that the command of --refine answered
    #[arg(long, value_name = "WORDS", requires = "refine")]
    pub asked: Option<String>,
    /// Take commands of this program alone
    #[arg(long, value_name = "PROGRAM", conflicts_with = "why")]
    pub scope: Option<String>,
    /// The query, joined by single spaces; with a blank in front it is for this machine alone
    #[arg(last = true, value_name = "WORDS")]
    pub(in crate::cli) words: Vec<String>,
}

impl TranslateArguments {
    /// The shell asked for.
    pub fn shell(&self) -> Option<ShellKind> {
        self.shell.map(|name| name.0)
    }

    /// The words of the query; `None` means that standard input holds them.
    pub fn words(&self) -> Option<String> {
        (!self.words.is_empty()).then(|| self.words.join(" "))
    }

    /// What the words are about.
    ///
    /// # Errors
    /// [`AimError`].
    pub(in crate::cli) fn aim(&self) -> Result<Aim, AimError> {
        let refines = self.refine.as_deref().map(|command| Refined::new(command, self.asked.as_deref().unwrap_or_default()));
        let scope = self.scope.as_deref().map(Scope::from_word).transpose()?;
        Ok(Aim { refines: refines.transpose()?, scope, cursor: None })
    }

    /// A query with nothing else said.
    pub(in crate::cli) fn bare(words: Vec<String>) -> Self {
        Self {
            shell: None,
            count: 1,
            offline: false,
            no_cache: false,
            json: false,
            show_request: false,
            why: false,
            refine: None,
            asked: None,
            scope: None,
            words,
        }
    }
}

/// What to do for many lines.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum BatchVerb {
    /// Read {"id", "query"} lines, print {"id", "command", …} lines
    #[command(after_help = "Exit status: 0, also when some queries have no answer; 64 when not a single line could be read.")]
    Translate(BatchArguments),
    /// Read {"id", "command"} lines, print {"id", "risk", "findings"} lines
    Check(DialectArguments),
    /// Read {"id", "raw_b64"} lines, print what of those bytes may enter an edit buffer
    Sanitize(DialectArguments),
    /// Read {"id", "text"} lines, print them with secrets replaced
    Redact,
}

/// Options of `gptos batch translate`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct BatchArguments {
    /// Shell to write the commands for; without it, the one you are in
    #[arg(long, value_name = "SHELL")]
    pub(super) shell: Option<ShellName>,
    /// Ask nobody over the network
    #[arg(long)]
    pub offline: bool,
    /// Neither read nor write any cache
    #[arg(long)]
    pub no_cache: bool,
}

impl BatchArguments {
    /// The shell asked for.
    pub fn shell(&self) -> Option<ShellKind> {
        self.shell.map(|name| name.0)
    }
}
