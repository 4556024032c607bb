//! Sources of answers over the network. Each wire is an adapter of [`Provider`]; the shared parts are the pool of
//! connections, one exchange over it, and the one function that says what a failure means.

mod answer;
mod base_url;
mod classify;
mod exchange;
mod http;
mod openai;
mod sse;

use std::sync::Arc;

pub use base_url::{BaseUrl, BaseUrlError};
pub use http::HttpPool;

use crate::domain::KeySettings;
use crate::suggest::ports::{KeySource, Provider};

/// The wire a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderKind {
    /// Chat completions as OpenAI defined them and most servers offer them.
    OpenAi,
}

impl ProviderKind {
    /// The word for it in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            ProviderKind::OpenAi => "openai",
        }
    }

    /// Reads what [`ProviderKind::name`] wrote.
    pub fn from_name(name: &str) -> Option<Self> {
        (name == "openai").then_some(ProviderKind::OpenAi)
    }
}

/// One provider as the user configured it.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderSettings {
    /// The user's name for it.
    pub name: String,
    /// The wire.
    pub kind: ProviderKind,
    /// Where it listens; the key goes nowhere else.
    pub base_url: BaseUrl,
    /// The model to ask for.
    pub model: String,
    /// Where its key is, `None` for a server that wants none.
    pub key: Option<KeySettings>,
}

impl ProviderSettings {
    /// What the health of this endpoint is remembered under; see [`Provider::endpoint`].
    fn endpoint(&self) -> String {
        format!("{} {} {:?}", self.base_url, self.model, self.key)
    }
}

/// Makes the adapter. It opens nothing: the first attempt does.
pub fn build(settings: &ProviderSettings, pool: &HttpPool, keys: Arc<dyn KeySource>) -> Arc<dyn Provider> {
    match settings.kind {
        ProviderKind::OpenAi => Arc::new(openai::OpenAi::new(settings, pool.clone(), keys)),
    }
}
