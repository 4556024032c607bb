//! `gptos audit`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

/// What to do with the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum AuditVerb {
    /// Print what was asked, offered and run, the latest last
    Show {
        /// Only what is younger, such as 2h or 7d
        #[arg(long, value_name = "TIME", value_parser = milliseconds)]
        since: Option<u64>,
    },
    /// Tell whether the trail is as it was written
    #[command(
        after_help = "Exit status: 0 whole, 1 only the end of the last record is missing, 2 it cannot be read, 3 something was changed, 64 usage."
    )]
    Verify(AuditVerifyArguments),
    /// Print everything, the oldest first
    Export {
        /// As JSON lines, or as a table for spreadsheets
        #[arg(long, value_name = "FORMAT", default_value = "jsonl")]
        format: AuditFormat,
    },
    /// Drop the oldest files; what is older than 90 days goes by itself
    Prune {
        /// What is older, such as 30d; only files of which everything is older are dropped
        #[arg(long, value_name = "TIME", default_value = "90d", value_parser = milliseconds)]
        older_than: u64,
    },
    /// Make what was recorded unreadable for good; the trail stays whole
    #[command(
        group(ArgGroup::new("what").required(true).args(["since", "all"])),
        after_help = "Exit status: 0 forgotten, 1 there was nothing, 64 usage."
    )]
    Forget {
        /// What is younger, such as 30m, 2h or 7d
        #[arg(long, value_name = "TIME", value_parser = milliseconds)]
        since: Option<u64>,
        /// Everything
        #[arg(long)]
        all: bool,
    },
    /// Record nothing more
    Off,
    /// Record again
    On,
    /// Seal the trail, so that nobody can rewrite what is in it, not even with your rights
    Seal {
        /// Begin; prints the key that the seals are checked with, this once
        #[arg(long, required = true)]
        init: bool,
        /// Also if it is not as it was written; what is wrong stays wrong
        #[arg(long)]
        anyway: bool,
    },
}

/// Options of `gptos audit verify`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct AuditVerifyArguments {
    /// Check the seals with the key in this file; `-` reads it from standard input
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// How the trail is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AuditFormat {
    /// One JSON object a line
    Jsonl,
    /// Comma-separated values
    Csv,
}

/// A time such as `30m` in milliseconds.
pub(super) fn milliseconds(text: &str) -> Result<u64, String> {
    let units = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];
    let read = |(unit, seconds): (&str, u64)| text.strip_suffix(unit)?.parse::<u64>().ok()?.checked_mul(seconds * 1000);
    units.into_iter().find_map(read).ok_or_else(|| "a number with s, m, h or d behind it, such as 2h".to_owned())
}
