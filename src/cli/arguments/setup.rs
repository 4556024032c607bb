//! The first run: `setup`.

use clap::{Args, ValueEnum};

use super::ShellName;

/// Exit statuses and what happens without a terminal.
pub(super) const AFTER_HELP: &str = "At a terminal it asks what no option has said; Enter skips a question, Ctrl-C leaves everything as it was. \
    Without one it does what the options say. A vendor is added only with your consent: at the terminal, after a request as it would be sent \
    was shown, or by --consent.\n\
    gptos setup --shell zsh --key ctrl-o --provider openai --consent openai --yes\n\
    Exit status: 0 done, 1 something could not be done or a service that was named has no consent, 2 there is no terminal to ask at and no option, 64 usage.";

/// Options of `gptos setup`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct SetupArguments {
    /// Add the line that loads gptos to the start-up file of this shell; a copy of the file is kept
    #[arg(long, value_name = "SHELL")]
    pub(in crate::cli) shell: Option<ShellName>,
    /// The key that asks, such as ctrl-o
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// Add this service, or a model server of this machine; may be repeated
    #[arg(long, value_name = "NAME")]
    pub provider: Vec<String>,
    /// Let this service be sent your words, secrets taken out; may be repeated
    #[arg(long, value_name = "NAME")]
    pub consent: Vec<String>,
    /// Where keys go that are in the environment now
    #[arg(long, value_name = "PLACE")]
    pub keep_key: Option<KeptKey>,
    /// Say yes to all that concerns this machine alone, and ask nothing
    #[arg(long)]
    pub yes: bool,
    /// Show the whole of each request before the consent, not what matters of it alone
    #[arg(long)]
    pub show_request: bool,
    /// Print what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Where the key of a service is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KeptKey {
    /// In the keyring of the session
    Keyring,
    /// In a file that only you can read
    File,
    /// In the variable where it is
    Env,
}
