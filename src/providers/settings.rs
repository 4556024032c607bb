//! What a `[[provider]]` block says, once it is checked.

use std::path::PathBuf;

use super::BaseUrl;
use crate::domain::{KeySettings, Rate};

/// The words for the kinds of providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderKind {
    /// Chat completions as OpenAI defined them and most servers offer them.
    OpenAi,
    /// Anthropic's messages.
    Anthropic,
    /// Google's `generateContent`.
    Gemini,
    /// Ollama's own interface.
    Ollama,
    /// Chat completions of a deployment on Azure.
    Azure,
    /// A program of the user's.
    Command,
}

impl ProviderKind {
    /// All of them, in the order the manual names them.
    pub const ALL: [ProviderKind; 6] = [
        ProviderKind::OpenAi,
        ProviderKind::Anthropic,
        ProviderKind::Gemini,
        ProviderKind::Ollama,
        ProviderKind::Azure,
        ProviderKind::Command,
    ];

    /// The word for it in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            ProviderKind::OpenAi => "openai",
            ProviderKind::Anthropic => "anthropic",
            ProviderKind::Gemini => "gemini",
            ProviderKind::Ollama => "ollama",
            ProviderKind::Azure => "azure",
            ProviderKind::Command => "command",
        }
    }

    /// Reads what [`ProviderKind::name`] wrote.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Where the vendor's own service is; `None` for a kind that has no single one.
    pub fn vendor_url(self) -> Option<&'static str> {
        match self {
            ProviderKind::OpenAi => Some("https://api.openai.com/v1"),
            ProviderKind::Anthropic => Some("https://api.anthropic.com/v1"),
            ProviderKind::Gemini => Some("https://generativelanguage.googleapis.com/v1beta"),
            ProviderKind::Ollama => Some("http://localhost:11434"),
            ProviderKind::Azure | ProviderKind::Command => None,
        }
    }
}

/// What a server on the network speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WireSettings {
    /// Chat completions.
    OpenAi,
    /// Messages.
    Anthropic,
    /// `generateContent`.
    Gemini,
    /// Ollama's own interface.
    Ollama,
    /// Chat completions of one deployment.
    Azure {
        /// The version of the interface, as the address names it.
        api_version: String,
    },
}

impl WireSettings {
    /// The word for it.
    pub(super) fn kind(&self) -> ProviderKind {
        match self {
            WireSettings::OpenAi => ProviderKind::OpenAi,
            WireSettings::Anthropic => ProviderKind::Anthropic,
            WireSettings::Gemini => ProviderKind::Gemini,
            WireSettings::Ollama => ProviderKind::Ollama,
            WireSettings::Azure { .. } => ProviderKind::Azure,
        }
    }
}

/// Whether a proxy stands between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProxySettings {
    /// The one the asking shell's variables name; never for this machine.
    #[default]
    OfTheShell,
    /// None, whatever the variables say.
    Off,
}

/// A server on the network or on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSettings {
    /// What it speaks.
    pub wire: WireSettings,
    /// Where it listens; the key goes nowhere else.
    pub base_url: BaseUrl,
    /// The way to it.
    pub proxy: ProxySettings,
    /// A file with certificates of authorities that are trusted beside those of the system.
    pub ca_file: Option<PathBuf>,
}

impl ServerSettings {
    /// A server without anything special about the way to it.
    pub fn new(wire: WireSettings, base_url: BaseUrl) -> Self {
        Self { wire, base_url, proxy: ProxySettings::default(), ca_file: None }
    }
}

/// How a provider is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReachSettings {
    /// Over HTTP.
    Server(ServerSettings),
    /// By running this program; no shell reads its words.
    Program(Vec<String>),
}

/// One provider as the user configured it.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderSettings {
    /// The user's name for it.
    pub name: String,
    /// How it is reached.
    pub reach: ReachSettings,
    /// The model to ask for; for a program, the program's own name.
    pub model: String,
    /// Where its key is, `None` for one that wants none.
    pub key: Option<KeySettings>,
    /// What its model costs, if the user says so.
    pub price: Option<Rate>,
}

impl ProviderSettings {
    /// The word for its kind.
    pub fn kind(&self) -> ProviderKind {
        match &self.reach {
            ReachSettings::Program(_) => ProviderKind::Command,
            ReachSettings::Server(server) => server.wire.kind(),
        }
    }

    /// The server, unless it is a program.
    pub fn server(&self) -> Option<&ServerSettings> {
        match &self.reach {
            ReachSettings::Server(server) => Some(server),
            ReachSettings::Program(_) => None,
        }
    }

    /// What the health of this endpoint is remembered under; see [`Provider::endpoint`].
    ///
    /// [`Provider::endpoint`]: crate::suggest::ports::Provider::endpoint
    pub(super) fn endpoint(&self) -> String {
        match &self.reach {
            ReachSettings::Server(server) => format!("{} {} {:?}", server.base_url, self.model, self.key),
            ReachSettings::Program(argv) => format!("{argv:?}"),
        }
    }
}
