//! Command lines to be looked at: `check`, `explain` and `fix`.

use clap::Args;

use super::ShellName;

/// Options of `gptos check`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct CheckArguments {
    /// Shell that would run it; without it, the one you are in
    #[arg(long, value_name = "SHELL")]
    pub(in crate::cli) shell: Option<ShellName>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// The command line; several arguments are joined by single spaces
    #[arg(value_name = "COMMAND", trailing_var_arg = true)]
    pub command: Vec<String>,
}

/// Options of `gptos explain`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ExplainArguments {
    /// Shell that would run it; without it, the one you are in
    #[arg(long, value_name = "SHELL")]
    pub(in crate::cli) shell: Option<ShellName>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// Print one line in plain words
    #[arg(long, conflicts_with = "json")]
    pub short: bool,
    /// The command line; several arguments are joined by single spaces
    #[arg(value_name = "COMMAND", trailing_var_arg = true)]
    pub command: Vec<String>,
}

/// Options of `gptos fix`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct FixArguments {
    /// Shell that ran it; without it, the one you are in
    #[arg(long, value_name = "SHELL")]
    pub(in crate::cli) shell: Option<ShellName>,
    /// The exit status of the line
    #[arg(long, value_name = "N")]
    pub status: u8,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
    /// The line; several arguments are joined by single spaces
    #[arg(value_name = "LINE", trailing_var_arg = true)]
    pub command: Vec<String>,
}

/// Options of `gptos batch check` and `gptos batch sanitize`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
pub struct DialectArguments {
    /// Shell that would run the commands; without it, every shell that understands them
    #[arg(long, value_name = "SHELL")]
    pub(in crate::cli) shell: Option<ShellName>,
}
