//! The arguments of `gptos ssh`.

use std::ffi::OsString;

use clap::Args;

/// What stands below the options in the help text.
pub(super) const AFTER_HELP: &str = "Everything but --providers goes to your own ssh as it is, and its exit status comes back. The keys work in zsh, bash and fish over there;\n\
    where they cannot, one line says why and the session is a plain one. Put --providers first.";

/// The arguments of `gptos ssh`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
#[command(override_usage = "gptos ssh [--providers] HOST [SSH ARGUMENTS...]")]
pub struct SshArguments {
    /// Let your providers be asked for words that come from there, at your expense; without it only the embedded translator answers
    #[arg(long)]
    pub providers: bool,
    /// The host and whatever else ssh takes
    #[arg(value_name = "SSH ARGUMENTS", trailing_var_arg = true, allow_hyphen_values = true, num_args = 0..)]
    pub rest: Vec<OsString>,
}
