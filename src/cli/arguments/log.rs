//! `gptos log`.

use clap::{Args, Subcommand};

/// What to do with the log of the resident.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum LogVerb {
    /// Show which lines are written, or change that until the background process ends
    #[command(
        after_help = "LEVEL is off, error, warn, info, debug or trace; MODULE is audit, cache, daemon, memory, stats, suggest, telemetry, wiring, or a \
        part such as suggest::engine.\nYour words are written with debug and trace only, secrets never. `log.level` in the configuration outlasts the process.\n\
        Exit status: 0, 1 no background process to change, 64 usage."
    )]
    Level {
        /// A level for all modules, or for one
        #[arg(value_name = "[MODULE=]LEVEL")]
        levels: Vec<String>,
        /// Let what the configuration says hold again
        #[arg(long, conflicts_with = "levels")]
        reset: bool,
    },
    /// Print the last lines: for people on a terminal, as they were written (JSON lines) anywhere else
    #[command(after_help = "Exit status: 0, 1 nothing was written yet, 2 it cannot be read.")]
    Tail(TailArguments),
    /// Print the path of the file that is written; older ones lie beside it
    Path,
}

/// Options of `gptos log tail`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct TailArguments {
    /// Go on with what is written from now on
    #[arg(short, long)]
    pub follow: bool,
    /// How many lines
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 20)]
    pub lines: usize,
    /// As they were written, also on a terminal
    #[arg(long)]
    pub json: bool,
}
