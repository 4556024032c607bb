//! The command line: its definition, from which help, completions and the manual page are made too, and what a given
//! one asks for.
//!
//! The verbs that a shell waits for are not here but in `hot_verbs`, and so are the plain forms of `init` and `translate`: building
//! this definition takes longer than answering from the cache.

mod audit;
mod auth;
mod configuration;
mod doctor;
mod knowledge;
mod lines;
mod log;
mod provider;
mod queries;
mod resident;
mod setup;
mod ssh;

use std::ffi::OsString;

use clap::builder::PossibleValue;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use thiserror::Error;

pub use audit::{AuditFormat, AuditVerb, AuditVerifyArguments};
pub use auth::{AuthLoginArguments, AuthStatusArguments, AuthVerb, StoreName};
pub use configuration::ConfigVerb;
pub use doctor::DoctorArguments;
pub use knowledge::{IntentsListArguments, IntentsVerb, MemoryVerb, TldrUpdateArguments, TldrVerb};
pub use lines::{CheckArguments, DialectArguments, ExplainArguments, FixArguments};
pub use log::{LogVerb, TailArguments};
pub use provider::{ProviderAddArguments, ProviderDiscoverArguments, ProviderListArguments, ProviderVerb};
pub use queries::{BatchArguments, BatchVerb, TranslateArguments};
use resident::AlertsVerb;
pub use resident::{CacheVerb, DaemonVerb, RunArguments, StatsArguments, StatusArguments};
pub use setup::{KeptKey, SetupArguments};
pub use ssh::SshArguments;

use super::help;
use crate::domain::ShellKind;

/// What a command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invocation {
    /// Print this text and be done: help or the version.
    Print(String),
    /// Turn words into a command.
    Translate(TranslateArguments),
    /// Print the integration of a shell.
    Init(ShellKind),
    /// Be the resident process, stop it, or tell about it.
    Daemon(DaemonVerb),
    /// Tell what the days brought.
    Stats(StatsArguments),
    /// Print the numbers of the resident process.
    Metrics,
    /// Print what Prometheus needs to tell when something is wrong.
    AlertRules,
    /// See to the cache.
    Cache(CacheVerb),
    /// See to the configuration file.
    Config(ConfigVerb),
    /// See to the providers.
    Provider(ProviderVerb),
    /// See to the keys of providers.
    Auth(AuthVerb),
    /// Tell what a command line would do.
    Check(CheckArguments),
    /// See to what the embedded translator knows.
    Intents(IntentsVerb),
    /// Tell what the words of a command line mean.
    Explain(ExplainArguments),
    /// Tell what a line that failed was probably meant to be.
    Fix(FixArguments),
    /// Do something for many lines.
    Batch(BatchVerb),
    /// See to the tldr pages.
    Tldr(TldrVerb),
    /// What was run.
    Memory(MemoryVerb),
    /// What the resident tells of its work.
    Log(LogVerb),
    /// What was recorded.
    Audit(AuditVerb),
    /// Ask what a first run needs, and write it.
    Setup(SetupArguments),
    /// Tell what is kept and what is sent.
    Privacy(StatusArguments),
    /// Find what stands between the user and the keys.
    Doctor(DoctorArguments),
    /// Show the keys, in this shell or the user's own.
    Tour(Option<ShellKind>),
    /// Open an ssh session that has the keys.
    Ssh(SshArguments),
    /// Print a shell's completion script.
    Completions(ShellKind),
    /// Print the manual page.
    Man,
}

/// A command line that asks for nothing sensible.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct UsageError {
    /// What is wrong, in one line.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

#[derive(Debug, Parser)]
#[command(
    name = "gptos",
    version,
    about = "Words in your own shell line become a command you can read before you run it",
    override_usage = "gptos \"WORDS…\"\n       gptos -- WORDS…\n       gptos VERB …",
    after_help = "`gptos help VERB` tells more about one of them, `gptos help all` lists every one.",
    disable_help_subcommand = true,
    infer_subcommands = false
)]
struct CommandLine {
    /// Let a value of the configuration hold for this run, over files and environment; in front of everything else
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Print the command for some words
    #[command(after_help = "Without WORDS the query is read from standard input.\n\
        Exit status: 0 command printed, 1 no answer, 2 internal error, 6 command printed that has <parts> to be filled in, 64 usage or configuration, 130 canceled.")]
    Translate(TranslateArguments),
    /// Tell how dangerous a command line is, and why
    #[command(after_help = "Without COMMAND, or with `-`, the line is read from standard input.\n\
        Exit status: 0 no or low risk, 3 medium, 4 high, 5 critical, 64 usage.")]
    Check(CheckArguments),
    /// Tell what the programs and options of a command line mean
    #[command(after_help = "Without COMMAND, or with `-`, the line is read from standard input. Nothing is run.\n\
        Exit status: 0 explained, 64 usage or no command line of that shell.")]
    Explain(ExplainArguments),
    /// Tell what a line that failed was probably meant to be
    #[command(
        hide = true,
        after_help = "Without LINE, or with `-`, the line is read from standard input. Nothing is run or sent.\n\
        Exit status: 0 a line was found, 1 nothing was, 64 usage."
    )]
    Fix(FixArguments),
    /// Print the integration for a shell's start-up file
    Init {
        /// The shell
        shell: ShellName,
    },
    /// Walk through the five keys in your own shell; nothing is run there
    #[command(after_help = "Where there is no terminal the steps are printed. Exit status: 0, 1 the shell could not be started.")]
    Tour {
        /// The shell; without it, the one you type this in
        shell: Option<ShellName>,
    },
    /// Find out what is wrong with this machine, or with `--shell` why a key does nothing, and what mends it
    #[command(
        after_help = "Looked at: the program, the configuration, your shell, the background process, cache, disk, record, clock, network, proxy,\n\
        certificates, keys. Providers are called with --call, or if you say so at a terminal. Nothing is changed.\n\
        Your shell is started with your start-up files, in a terminal that nobody sees, asked for its keys and ended.\n\
        Exit status: 0 nothing is wrong, 1 something is or the shell could not be asked, 2 nothing could be looked at or the report\n\
        could not be written, 64 usage."
    )]
    Doctor(DoctorArguments),
    /// Set everything up in two minutes: the line for your shell, a key, model servers, services and their keys
    #[command(hide = true, after_help = setup::AFTER_HELP)]
    Setup(SetupArguments),
    /// Tell on one screen what is kept on this machine, what leaves it, and how to end either
    #[command(hide = true, after_help = "Nothing is sent or changed. Exit status: 0, 64 usage.")]
    Privacy(StatusArguments),
    /// Open an ssh session in which the keys work, with nothing installed over there
    #[command(hide = true, after_help = ssh::AFTER_HELP)]
    Ssh(SshArguments),
    /// Tell whether the background process runs, how it is and how the providers have been
    Status(StatusArguments),
    /// Control the background process
    #[command(subcommand, arg_required_else_help = true, hide = true)]
    Daemon(DaemonVerb),
    /// Look at or empty the cache of answers
    #[command(subcommand, arg_required_else_help = true)]
    Cache(CacheVerb),
    /// Look at, change or check the configuration
    #[command(subcommand, arg_required_else_help = true)]
    Config(ConfigVerb),
    /// List or add services that answer
    #[command(subcommand, arg_required_else_help = true)]
    Provider(ProviderVerb),
    /// Hand over, remove or look for the keys of providers
    #[command(subcommand, arg_required_else_help = true, hide = true)]
    Auth(AuthVerb),
    /// List what the embedded translator knows, or check intents of your own
    #[command(subcommand, arg_required_else_help = true, hide = true)]
    Intents(IntentsVerb),
    /// Translate, check, clean or redact many texts, as JSON lines
    #[command(subcommand, hide = true, arg_required_else_help = true)]
    Batch(BatchVerb),
    /// Fetch or search the examples of the tldr collection
    #[command(subcommand, arg_required_else_help = true, hide = true)]
    Tldr(TldrVerb),
    /// Show or forget what was run for which words
    #[command(subcommand, arg_required_else_help = true, hide = true)]
    Memory(MemoryVerb),
    /// Show, check or forget the record of what was asked, offered and run
    #[command(subcommand, arg_required_else_help = true, hide = true)]
    Audit(AuditVerb),
    /// Show what the background process tells of its work, or how much it tells
    #[command(subcommand, arg_required_else_help = true, hide = true)]
    Log(LogVerb),
    /// Tell about a verb, or about all
    #[command(hide = true)]
    Help {
        /// `all`, or a verb such as `config show`
        verb: Vec<String>,
    },
    /// Tell what the days brought: answers, tokens, money
    #[command(hide = true)]
    Stats(StatsArguments),
    /// Print the numbers of the background process, as Prometheus reads them
    #[command(hide = true)]
    Metrics,
    /// Tell operators when something is wrong
    #[command(subcommand, hide = true)]
    Alerts(AlertsVerb),
    /// Print a shell's completion script
    #[command(hide = true)]
    Completions {
        /// The shell
        shell: ShellName,
    },
    /// Print the manual page
    #[command(hide = true)]
    Man,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ShellName(pub(super) ShellKind);

impl ValueEnum for ShellName {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [ShellName; 3] = [ShellName(ShellKind::Zsh), ShellName(ShellKind::Bash), ShellName(ShellKind::Fish)];
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()))
    }
}

/// The definition of the command line.
pub fn definition() -> clap::Command {
    // People read tables and pipe them: help is plain text everywhere.
    CommandLine::command().color(clap::ColorChoice::Never).styles(clap::builder::Styles::plain())
}

/// Reads a command line, without the program's name.
///
/// # Errors
/// [`UsageError`], for exit status 64.
pub fn parse(arguments: &[OsString]) -> Result<Invocation, UsageError> {
    if let Some(query) = bare_query(arguments)? {
        return Ok(Invocation::Translate(query));
    }
    let named = std::iter::once(OsString::from("gptos")).chain(arguments.iter().cloned());
    let parsed =
        definition().try_get_matches_from(named).and_then(|matches| <CommandLine as clap::FromArgMatches>::from_arg_matches(&matches));
    match parsed {
        Ok(line) => invocation(line.verb),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            Ok(Invocation::Print(error.to_string()))
        }
        Err(error) => Err(usage_error(&error, arguments)),
    }
}

/// Words after `--`, or one argument that contains a blank, are a query. A single word never is: it may be a mistyped
/// verb, and would be sent to somebody.
fn bare_query(arguments: &[OsString]) -> Result<Option<TranslateArguments>, UsageError> {
    let words = match arguments {
        [dashes, words @ ..] if dashes == "--" && !words.is_empty() => words,
        [only] if !only.as_encoded_bytes().starts_with(b"-") && only.to_string_lossy().contains(char::is_whitespace) => arguments,
        _ => return Ok(None),
    };
    let text = words.iter().map(|word| word.to_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
    text.map(|words| Some(TranslateArguments::bare(words)))
        .ok_or_else(|| UsageError { message: "the query is not UTF-8 text".to_owned(), hint: None })
}

fn invocation(verb: Verb) -> Result<Invocation, UsageError> {
    Ok(match verb {
        Verb::Translate(arguments) => Invocation::Translate(arguments),
        Verb::Init { shell } => Invocation::Init(shell.0),
        Verb::Setup(arguments) => Invocation::Setup(arguments),
        Verb::Privacy(arguments) => Invocation::Privacy(arguments),
        Verb::Doctor(arguments) => Invocation::Doctor(arguments),
        Verb::Ssh(arguments) => Invocation::Ssh(arguments),
        Verb::Tour { shell } => Invocation::Tour(shell.map(|name| name.0)),
        Verb::Status(arguments) => Invocation::Daemon(DaemonVerb::Status(arguments)),
        Verb::Daemon(verb) => Invocation::Daemon(verb),
        Verb::Stats(arguments) => Invocation::Stats(arguments),
        Verb::Metrics => Invocation::Metrics,
        Verb::Alerts(AlertsVerb::Rules) => Invocation::AlertRules,
        Verb::Cache(verb) => Invocation::Cache(verb),
        Verb::Config(verb) => Invocation::Config(verb),
        Verb::Provider(verb) => Invocation::Provider(verb),
        Verb::Auth(verb) => Invocation::Auth(verb),
        Verb::Check(arguments) => Invocation::Check(arguments),
        Verb::Intents(verb) => Invocation::Intents(verb),
        Verb::Explain(arguments) => Invocation::Explain(arguments),
        Verb::Fix(arguments) => Invocation::Fix(arguments),
        Verb::Batch(verb) => Invocation::Batch(verb),
        Verb::Tldr(verb) => Invocation::Tldr(verb),
        Verb::Memory(verb) => Invocation::Memory(verb),
        Verb::Audit(verb) => Invocation::Audit(verb),
        Verb::Log(verb) => Invocation::Log(verb),
        Verb::Help { verb } => Invocation::Print(help::about(&verb)?),
        Verb::Completions { shell } => Invocation::Completions(shell.0),
        Verb::Man => Invocation::Man,
    })
}

const ASK_WITH_WORDS: &str = "to ask for a command, quote the words or put `--` in front of them";

fn usage_error(error: &clap::Error, arguments: &[OsString]) -> UsageError {
    let context = |kind| error.get(kind).and_then(text_of);
    let hint = match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            let message = match arguments {
                [] => "nothing asked".to_owned(),
                [dashes] if dashes == "--" => "nothing asked".to_owned(),
                [verb, ..] => format!("`{}` needs to know what to do", verb.to_string_lossy()),
            };
            return UsageError { message, hint: Some(help::pointer(arguments)) };
        }
        ErrorKind::InvalidSubcommand => {
            let word = context(ContextKind::InvalidSubcommand).unwrap_or_default();
            let meant = help::nearest_verb(&word, arguments).map(|meant| format!("did you mean `{meant}`?"));
            let at_the_start = arguments.first().is_some_and(|first| first == word.as_str());
            let words_follow = arguments.iter().skip(1).any(|argument| !argument.as_encoded_bytes().starts_with(b"-"));
            let ask = match (at_the_start, words_follow) {
                (true, true) => Some(ASK_WITH_WORDS.to_owned()),
                (true, false) if meant.is_none() => Some("to ask for a command, use several words in quotes".to_owned()),
                _ => None,
            };
            let hints: Vec<_> = meant.into_iter().chain(ask).collect();
            let hint = if hints.is_empty() { help::pointer(arguments) } else { hints.join(" ") };
            return UsageError { message: format!("`{word}` is not a verb"), hint: Some(hint) };
        }
        ErrorKind::UnknownArgument
            if help::is_plain_word(context(ContextKind::InvalidArg)) && arguments.first().is_some_and(|verb| verb == "translate") =>
        {
            "put `--` in front of the words".to_owned()
        }
        _ => match context(ContextKind::SuggestedArg) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => context(ContextKind::ValidValue).map_or_else(|| help::pointer(arguments), |values| format!("one of {values}")),
        },
    };
    // The first paragraph of clap's text is the message; the rest are tips and usage.
    let rendered = error.to_string();
    let paragraph = rendered.split("\n\n").next().unwrap_or(&rendered);
    let lines: Vec<_> = paragraph.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("[possible values")).collect();
    let message = lines.join(" ");
    UsageError { message: message.strip_prefix("error: ").unwrap_or(&message).to_owned(), hint: Some(hint) }
}

fn text_of(value: &ContextValue) -> Option<String> {
    match value {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) if !texts.is_empty() => Some(texts.join(", ")),
        _ => None,
    }
}

#[cfg(test)]
#[path = "arguments_tests.rs"]
mod tests;
