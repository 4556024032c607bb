//! What this machine knows by itself: `intents`, `tldr` and `memory`.

use clap::{ArgGroup, Args, Subcommand};

/// What to do with the intents of the embedded translator.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum IntentsVerb {
    /// Print what it knows, each with a sentence that it understands
    List(IntentsListArguments),
    /// Check files of your own intents and show what their examples become
    #[command(after_help = concat!("Exit status: 0 all files are right, 64 a mistake.\n\nA whole file:\n\n", include_str!("../intents_example.toml")))]
    Check {
        /// The files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<String>,
    },
}

/// Options of `gptos intents list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct IntentsListArguments {
    /// Only this family, such as git
    pub family: Option<String>,
    /// Print one JSON list
    #[arg(long)]
    pub json: bool,
}

/// What to do with what was run.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum MemoryVerb {
    /// Print what was run for which words, the latest first
    List {
        /// Print one JSON list
        #[arg(long)]
        json: bool,
    },
    /// Forget what was run for some words, or all
    #[command(
        group(ArgGroup::new("what").required(true).args(["all", "words"])),
        after_help = "Exit status: 0 forgotten, 1 there was nothing, 64 usage."
    )]
    Forget {
        /// Forget everything
        #[arg(long)]
        all: bool,
        /// The words, as `gptos memory list` prints them
        #[arg(value_name = "WORDS")]
        words: Vec<String>,
    },
    /// Print everything as JSON lines, the oldest first
    Export,
}

/// What to do with the tldr pages.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum TldrVerb {
    /// Fetch the pages from the project's latest release, in place of those fetched before
    #[command(after_help = "Pages that another tldr client keeps on this machine are used without this.\n\
        Exit status: 0 the pages are here, 1 they could not be fetched, 64 usage.")]
    Update(TldrUpdateArguments),
    /// Print examples that fit some words; what stands in <…> is yours to fill in
    #[command(after_help = "Exit status: 0 examples printed, 1 none found.")]
    Search {
        /// What the command should do
        #[arg(required = true, value_name = "WORDS")]
        words: Vec<String>,
    },
}

/// Options of `gptos tldr update`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct TldrUpdateArguments {
    /// The archive on a mirror; its checksum is read from tldr.sha256sums beside it
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
}
