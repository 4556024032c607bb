//! The background process and what it keeps: `daemon`, `status` and `cache`.

use clap::{Args, Subcommand};

use super::audit::milliseconds;

/// What to do with the resident process.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum DaemonVerb {
    /// Run it in the foreground; it starts by itself when it is needed
    Run(RunArguments),
    /// Stop it and wait until it is gone
    Stop,
    /// Tell whether it runs, how it is and how the providers have been
    Status(StatusArguments),
}

/// Options of `gptos daemon run`, for the client that starts it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub struct RunArguments {
    /// Leave the shell that started it
    #[arg(long, hide = true)]
    pub detached: bool,
    /// Started from a remote login, whose end nobody announces
    #[arg(long, hide = true)]
    pub ssh: bool,
}

/// Options of `gptos status` and `gptos cache stats`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
pub struct StatusArguments {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Options of `gptos stats`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
#[command(after_help = "Exit status: 0 printed, 1 nothing can be counted here, 2 it cannot be read, 64 usage.")]
pub struct StatsArguments {
    /// The time that is told of, such as 7d; parts of a day count as a day
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = milliseconds)]
    pub since: u64,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Leave out what is damaged in the file of the counts, and have caps go on with what is known
    #[arg(long, conflicts_with_all = ["json", "since"])]
    pub mend: bool,
}

impl StatsArguments {
    /// The time in days, today included.
    pub fn days(self) -> u64 {
        self.since.div_ceil(24 * 60 * 60 * 1000).max(1)
    }
}

/// What to do with the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum CacheVerb {
    /// Print counts and sizes
    Stats(StatusArguments),
    /// Forget all answers
    Clear,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(super) enum AlertsVerb {
    /// Print the rules for Prometheus, made from the objectives
    #[command(
        after_help = "Put the output into a file that `rule_files` of your Prometheus names; it reads what `gptos metrics` prints.\n\
        Exit status: 0."
    )]
    Rules,
}
