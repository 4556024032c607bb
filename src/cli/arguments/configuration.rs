//! The configuration: `config`.

use std::path::PathBuf;

use clap::Subcommand;

/// What to do with the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum ConfigVerb {
    /// Print where the file is or would be
    Path,
    /// Print every value in force and where it comes from
    Show {
        /// Say by whom each was set: default, administrator, user, environment or option, and what is locked
        #[arg(long)]
        origin: bool,
    },
    /// Print one value in force, or those of a table
    Get {
        /// The key, such as `deadline_ms`, `shell.key` or `provider.NAME.model`
        key: String,
    },
    /// Set a value in your file; comments stay
    Set {
        /// The key
        key: String,
        /// The value, with or without the quotes of TOML
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
    /// Take a key out of your file, or a provider with `provider.NAME`
    Unset {
        /// The key
        key: String,
    },
    /// Open your file in $VISUAL or $EDITOR; it is checked before it takes effect
    Edit,
    /// Check the files and name the line of a mistake
    #[command(after_help = "Exit status: 0 nothing is wrong, 64 something is.")]
    Check {
        /// Another file than your own
        file: Option<PathBuf>,
    },
    /// Print every key with what it takes and does
    Reference,
}
