//! Keys of providers: `auth`.

use clap::{Args, Subcommand, ValueEnum};

use crate::domain::LoginStore;

/// What to do with the keys of providers.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum AuthVerb {
    /// Hand over the key of a provider: it is asked for, tried with one call and stored
    #[command(
        after_help = "What is typed is not shown. A provider that brings its own address, such as openai, is added to the configuration if it is not there.\n\
        Exit status: 0 stored, 1 the provider refused it or it could not be stored, 64 usage, 130 canceled."
    )]
    Login(AuthLoginArguments),
    /// Remove the key that was handed over for a provider
    #[command(after_help = "Exit status: 0 removed, 1 there was none or it could not be removed, 64 usage.")]
    Logout {
        /// Your name for the provider; not needed where only one has such a key
        provider: Option<String>,
    },
    /// Tell of each provider where its key is and whether it is there, never the key
    #[command(
        after_help = "Commands that print keys are not run. Exit status: 0 nothing is missing, 1 a key is missing or cannot be used as it stands, 64 usage.\n\
        What a provider said of a key is its last failure, which changes no exit status; an answer clears it."
    )]
    Status(AuthStatusArguments),
}

/// Options of `gptos auth login`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct AuthLoginArguments {
    /// Your name for the provider, or openai, anthropic, gemini, openrouter or groq; not needed where only one is configured
    pub provider: Option<String>,
    /// Read the key from standard input
    #[arg(long)]
    pub stdin: bool,
    /// Store it without asking the provider
    #[arg(long)]
    pub no_check: bool,
    /// Also where the configuration names a file, a command or a variable for the key
    #[arg(long)]
    pub replace: bool,
    /// Where to store it; without it the keyring if one answers, otherwise a file that only you can read
    #[arg(long, value_name = "STORE")]
    pub store: Option<StoreName>,
}

/// Options of `gptos auth status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct AuthStatusArguments {
    /// Your name for the provider; without it all of them
    pub provider: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// The name of a store on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreName(pub LoginStore);

impl ValueEnum for StoreName {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [StoreName; 2] = [StoreName(LoginStore::Keyring), StoreName(LoginStore::File)];
        &ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.0.name()))
    }
}
