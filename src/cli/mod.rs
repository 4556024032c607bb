//! The command line: what was asked for is read in `arguments`, done by one file per verb, and printed in `output`.

pub mod arguments;
mod ask;
mod at_hand;
mod audit;
mod audit_moments;
mod audit_switch;
mod auth;
mod auth_status;
pub mod batch;
mod batch_queue;
mod begun;
mod check;
mod columns;
mod completions;
pub mod config;
mod config_document;
mod config_edit;
mod config_set;
mod daemon;
mod direct;
mod doctor;
mod editor;
mod explain;
mod facts;
mod fix;
mod guard;
mod help;
mod hidden;
mod hints;
pub mod hot_verbs;
pub mod init;
mod intents;
mod log;
pub mod manual;
mod memory;
pub mod output;
mod pages;
mod parts;
mod privacy;
pub mod provider;
mod provider_ask;
mod provider_command;
mod provider_discover;
mod provider_mend;
mod report;
mod sanitize;
mod setup;
mod ssh;
mod ssh_answers;
mod stats;
mod status;
mod tldr;
mod tour;
mod translate;
mod why;
mod widget;

use std::ffi::OsString;
use std::process::ExitCode;

use arguments::{BatchVerb, CacheVerb, ConfigVerb, DaemonVerb, Invocation, ProviderVerb, UsageError};
use hot_verbs::HotVerb;
use output::Output;

use crate::alerts;
use crate::config::{ConfigProblem, locked_out, take_options};
use crate::paths::Paths;

/// The documented exit statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// 0: done; for `translate`, a command was delivered.
    Success,
    /// 1: no answer.
    NoAnswer,
    /// 2: internal error.
    Internal,
    /// 3: the command line that was checked has a medium risk; for `audit verify`, the trail was changed.
    MediumRisk,
    /// 4: it has a high risk.
    HighRisk,
    /// 5: it has a critical risk.
    CriticalRisk,
    /// 6: the command that was printed has parts that are to be filled in.
    Unfilled,
    /// 75: the answer is not at hand, and nobody else was asked for it.
    NotAtOnce,
    /// 64: wrong usage or configuration.
    Usage,
    /// 130: cancelled by the user.
    Cancelled,
    /// That of a program which was run in the user's name.
    Passed(u8),
}

impl ExitStatus {
    /// The number for whoever started this program.
    pub fn code(self) -> u8 {
        match self {
            ExitStatus::Success => 0,
            ExitStatus::NoAnswer => 1,
            ExitStatus::Internal => 2,
            ExitStatus::MediumRisk => 3,
            ExitStatus::HighRisk => 4,
            ExitStatus::CriticalRisk => 5,
            ExitStatus::Unfilled => 6,
            ExitStatus::Usage => 64,
            ExitStatus::NotAtOnce => 75,
            ExitStatus::Cancelled => 130,
            ExitStatus::Passed(code) => code,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        ExitCode::from(status.code())
    }
}

/// Runs the program.
pub fn run(arguments: Vec<OsString>) -> ExitStatus {
    let mut output = Output::standard(&|name| std::env::var_os(name));
    let arguments = match options_taken(arguments) {
        Ok(arguments) => arguments,
        Err(problem) => {
            let status = config::refuse(&problem, &mut output);
            return output.finish(status);
        }
    };
    let status = match hot_verbs::hot_verb(&arguments) {
        Ok(Some(verb)) => {
            // Of those verbs a person calls this one.
            if matches!(verb, HotVerb::Translate(_)) {
                tell_locked_out(&mut output);
            }
            carry_out_hot(verb, &mut output)
        }
        Ok(None) => match arguments::parse(&arguments) {
            Ok(invocation) => {
                if !says_what_is_locked(&invocation) {
                    tell_locked_out(&mut output);
                }
                carry_out(invocation, &mut output)
            }
            Err(error) => misused(&error, &mut output),
        },
        Err(error) => misused(&error, &mut output),
    };
    output.finish(status)
}

/// The command line without the `--set KEY=VALUE` options in front of it, which hold for all that this process reads.
fn options_taken(mut arguments: Vec<OsString>) -> Result<Vec<OsString>, ConfigProblem> {
    let mut options = Vec::new();
    loop {
        let joined = arguments.first().and_then(|first| first.to_str()?.strip_prefix("--set=").map(OsString::from));
        if let Some(option) = joined {
            options.push(option);
            arguments.remove(0);
        } else if arguments.len() > 1 && arguments[0] == "--set" {
            options.extend(arguments.drain(..2).nth(1));
        } else {
            break;
        }
    }
    if !options.is_empty() {
        take_options(&options)?;
    }
    Ok(arguments)
}

/// Says which variables and options do not count because of a lock.
fn tell_locked_out(output: &mut Output<'_>) {
    locked_out().iter().for_each(|problem| output.remark(&problem.in_one_line()));
}

/// Whether a verb tells that itself, or is one that they change nothing about.
fn says_what_is_locked(invocation: &Invocation) -> bool {
    matches!(
        invocation,
        Invocation::Print(_)
            | Invocation::Completions(_)
            | Invocation::Man
            | Invocation::Init(_)
            | Invocation::AlertRules
            | Invocation::Config(ConfigVerb::Show { .. } | ConfigVerb::Check { .. } | ConfigVerb::Path | ConfigVerb::Reference)
            | Invocation::Doctor(_)
            | Invocation::Daemon(DaemonVerb::Run(_))
    )
}

fn misused(error: &UsageError, output: &mut Output<'_>) -> ExitStatus {
    output.error(&error.message, error.hint.as_deref());
    ExitStatus::Usage
}

/// What a shell waits for.
fn carry_out_hot(verb: HotVerb, output: &mut Output<'_>) -> ExitStatus {
    match verb {
        HotVerb::Widget { shell, line: Some(names), holes, shell_version, .. } => {
            return widget::of_line(&at_hand::Asking { shell, version: &shell_version, holes }, &names, output);
        }
        HotVerb::Widget { shell, fresh, list, holes, at_once, line: None, shell_version } => {
            return widget::of_words(shell, shell_version, widget::Wish { fresh, list, holes, at_once }, output);
        }
        HotVerb::Fix { shell, status, shell_version } => return fix::widget(shell, status, shell_version, output),
        HotVerb::Ran { shell, status } => return widget::ran(shell, i32::from(status)),
        HotVerb::Warm { shell } => return widget::warm(shell),
        HotVerb::Prefetch { shell, session, shell_version } => return widget::prefetch(shell, session, shell_version),
        HotVerb::Notice => return widget::notice(output),
        HotVerb::Guard { shell } => return guard::run(shell, output),
        HotVerb::Translate(arguments) => return translate::one(&arguments, output),
        HotVerb::Init { shell } => init::print(shell, &Paths::from_environment(), output),
        HotVerb::Parts { shell, build } => parts::print(shell, &build, &Paths::from_environment(), output),
    }
    ExitStatus::Success
}

fn carry_out(invocation: Invocation, output: &mut Output<'_>) -> ExitStatus {
    let paths = Paths::from_environment();
    match invocation {
        Invocation::Print(text) => output.data(&text),
        Invocation::Completions(shell) => output.data(&completions::script(shell)),
        Invocation::Man => output.data(&manual::page()),
        Invocation::Init(shell) => init::print(shell, &paths, output),
        Invocation::Config(verb) => return config::run(verb, &paths, output),
        Invocation::Provider(ProviderVerb::List(arguments)) => return provider::list(&arguments, &paths, output),
        Invocation::Provider(ProviderVerb::Add(arguments)) => {
            return provider::add(&arguments, &paths, &provider_ask::call_once, output);
        }
        Invocation::Provider(ProviderVerb::Test { name }) => {
            return provider_ask::test(name.as_deref(), &paths, &provider_ask::call_once, output);
        }
        Invocation::Provider(ProviderVerb::Models { name }) => {
            return provider_ask::models(&name, &paths, &provider_ask::list_models, output);
        }
        Invocation::Provider(ProviderVerb::Discover(arguments)) => {
            return provider_discover::run(arguments.yes, &paths, &provider_discover::look, output);
        }
        Invocation::Auth(verb) => return auth::run(&verb, &paths, output),
        Invocation::Setup(arguments) => return setup::run(&arguments, &paths, &provider_discover::look, output),
        Invocation::Privacy(arguments) => return privacy::run(arguments.json, &paths, output),
        Invocation::Doctor(arguments) => return doctor::run(&arguments, &paths, output),
        Invocation::Ssh(arguments) => return ssh::run(&arguments, &paths, output),
        Invocation::Tour(shell) => return tour::run(shell, &paths, output),
        Invocation::Translate(arguments) => return translate::one(&arguments, output),
        Invocation::Check(arguments) => return check::one(&arguments, output),
        Invocation::Intents(verb) => return intents::run(&verb, &paths, output),
        Invocation::Explain(arguments) => return explain::run(&arguments, output),
        Invocation::Fix(arguments) => return fix::run(&arguments, output),
        Invocation::Batch(BatchVerb::Translate(arguments)) => return translate::many(&arguments, output),
        Invocation::Batch(BatchVerb::Check(arguments)) => return check::many(arguments, output),
        Invocation::Batch(BatchVerb::Sanitize(arguments)) => return sanitize::sanitize(arguments, output),
        Invocation::Batch(BatchVerb::Redact) => return sanitize::redact(output),
        Invocation::Tldr(verb) => return tldr::run(&verb, &paths, output),
        Invocation::Audit(verb) => return audit::run(&verb, &paths, output),
        Invocation::Log(verb) => return log::run(&verb, &paths, output),
        Invocation::Memory(verb) => return memory::run(&verb, &paths, output),
        Invocation::Daemon(DaemonVerb::Run(arguments)) => return daemon::run(arguments, output),
        Invocation::Daemon(DaemonVerb::Stop) => return daemon::stop(output),
        Invocation::Daemon(DaemonVerb::Status(arguments)) => return status::status(arguments.json, output),
        Invocation::Stats(arguments) => return stats::run(&arguments, &paths, output),
        Invocation::Metrics => return daemon::metrics(output),
        Invocation::AlertRules => output.data(&alerts::yaml(&alerts::rules())),
        Invocation::Cache(CacheVerb::Stats(arguments)) => return daemon::cache_stats(arguments.json, output),
        Invocation::Cache(CacheVerb::Clear) => return daemon::cache_clear(output),
    }
    ExitStatus::Success
}
