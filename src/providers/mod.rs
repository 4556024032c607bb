//! Sources of answers outside this process. What is common to those on the network is in `server`; a wire is the part
//! that knows one protocol and does no I/O. One module says what a failure means, for all of them.

mod answer;
mod anthropic;
mod base_url;
mod body;
mod classify;
mod command;
mod download;
mod exchange;
mod form;
mod gemini;
mod http;
mod look;
mod models;
mod ollama;
mod openai;
mod prices;
mod proxy;
mod readiness;
mod server;
mod settings;
mod splitter;
mod sse;
mod told;
mod transport;
mod waits;
mod wire;

use std::sync::Arc;
use std::time::Duration;

pub use base_url::{BaseUrl, BaseUrlError};
pub use download::download;
pub use http::HttpPool;
pub use look::{addresses, check_way, clock};
pub use models::{Found, LOCAL_SERVERS, LocalServer, discover, models};
pub use prices::{AS_OF, is_listed};
pub use settings::{ProviderKind, ProviderSettings, ProxySettings, ReachSettings, ServerSettings, WireSettings};

use crate::suggest::ports::{KeySource, Provider};
use openai::Door;
use wire::Wire;

/// Makes the adapter. It opens nothing: the first attempt does.
pub fn build(settings: &ProviderSettings, pool: &HttpPool, keys: Arc<dyn KeySource>) -> Arc<dyn Provider> {
    match &settings.reach {
        ReachSettings::Program(argv) => Arc::new(command::CommandProvider::new(settings, argv)),
        ReachSettings::Server(server) => {
            let wire = wire_of(server, &settings.model);
            Arc::new(server::Server::new(settings, server.clone(), wire, pool.clone(), keys))
        }
    }
}

/// The way that requests to this server take from a shell with these variables: `direct`, or `proxy http://host:port`.
pub fn way_to(server: &ServerSettings, proxies: &[(String, String)]) -> String {
    http::Route::new(server, Duration::ZERO, proxies).shown()
}

fn wire_of(server: &ServerSettings, model: &str) -> Box<dyn Wire> {
    let (base_url, model) = (server.base_url.clone(), model.to_owned());
    match &server.wire {
        WireSettings::OpenAi => Box::new(openai::OpenAi { base_url, model, door: Door::Model }),
        WireSettings::Azure { api_version } => {
            let door = Door::Deployment { api_version: api_version.clone() };
            Box::new(openai::OpenAi { base_url, model, door })
        }
        WireSettings::Anthropic => Box::new(anthropic::Anthropic { base_url, model }),
        WireSettings::Gemini => Box::new(gemini::Gemini { base_url, model }),
        WireSettings::Ollama => Box::new(ollama::Ollama { base_url, model }),
    }
}

#[cfg(test)]
mod usage_tests;
