//! Who is asked over the network: `provider`.

use clap::{Args, Subcommand};

/// What to do with the providers.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum ProviderVerb {
    /// List the configured ones in the order they are asked
    List(ProviderListArguments),
    /// Add one to the configuration file and test it with one call
    Add(ProviderAddArguments),
    /// Ask each of them, or one, a small question
    Test {
        /// Your name for it
        name: Option<String>,
    },
    /// Print the names of the models that one offers
    Models {
        /// Your name for it
        name: String,
    },
    /// Look for model servers on this machine
    Discover(ProviderDiscoverArguments),
}

/// Options of `gptos provider list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ProviderListArguments {
    /// Print nothing but their names, one a line
    #[arg(long)]
    pub names: bool,
}

/// Options of `gptos provider discover`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ProviderDiscoverArguments {
    /// Add what was found to the configuration file without asking
    #[arg(long)]
    pub yes: bool,
}

/// Options of `gptos provider add`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ProviderAddArguments {
    /// Your name for it; openai, anthropic, gemini, openrouter, groq, ollama, llama.cpp, lmstudio and vllm bring their own URL
    pub name: String,
    /// The protocol it speaks: openai, anthropic, gemini, ollama or azure; or command, for a program of yours
    #[arg(long, value_name = "KIND")]
    pub kind: Option<String>,
    /// Where its interface begins, such as https://api.openai.com/v1
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// The model to ask
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// A file that holds the key and that only you can read
    #[arg(long, value_name = "FILE", group = "key")]
    pub key_file: Option<String>,
    /// A command that prints the key, such as "pass show openai"
    #[arg(long, value_name = "COMMAND", group = "key")]
    pub key_command: Option<String>,
    /// An environment variable that holds the key
    #[arg(long, value_name = "NAME", group = "key")]
    pub key_env: Option<String>,
    /// With --kind command: the program that answers, and its own arguments, such as claude -p
    #[arg(last = true, value_name = "ARGV")]
    pub argv: Vec<String>,
}
