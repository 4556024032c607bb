//! Lists of models, and the look for model servers on this machine.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::Value;

use super::classify::{Fault, printable, status_error};
use super::exchange::{Bound, Keyed, get};
use super::http::{HttpPool, Route};
use super::transport::Way;
use super::{BaseUrl, ProviderSettings, ReachSettings, ServerSettings, WireSettings, wire_of};
use crate::domain::{AttemptError, FailureClass, Secret, ShellFacts, Stage};
use crate::suggest::ports::KeySource;

const TIME: Duration = Duration::from_secs(8);
const CONNECT: Duration = Duration::from_secs(1);
/// A server on this machine that does not answer at once is not found.
const LOOK: Duration = Duration::from_millis(500);
/// Most names of a list that are given on.
const MOST_MODELS: usize = 1000;

/// What Azure's inference interface lists are the models that could be deployed, and what a question needs is the name of
/// a deployment. Those only its management interface tells, which takes no API key.
const NO_LIST: &str = "the deployments on Azure cannot be listed with an API key; hint: `az cognitiveservices account deployment \
                       list --name RESOURCE --resource-group GROUP`, or the page of the deployments in its portal";

/// A program that serves models, and the port that it has unless told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalServer {
    /// A name for its block.
    pub name: &'static str,
    /// The port on this machine.
    pub port: u16,
    /// Whether it speaks Ollama's own protocol; the others speak OpenAI's.
    pub is_ollama: bool,
}

/// The servers that are looked for.
pub const LOCAL_SERVERS: [LocalServer; 4] = [
    LocalServer { name: "ollama", port: 11434, is_ollama: true },
    LocalServer { name: "llama-cpp", port: 8080, is_ollama: false },
    LocalServer { name: "lmstudio", port: 1234, is_ollama: false },
    LocalServer { name: "vllm", port: 8000, is_ollama: false },
];

/// A model server that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which one was looked for.
    pub server: LocalServer,
    /// Where its interface begins.
    pub base_url: BaseUrl,
    /// The models it lists; it may list none.
    pub models: Vec<String>,
}

/// The names of the models that a provider offers, in its own order.
///
/// # Errors
/// Why there is no list.
pub async fn models(
    settings: &ProviderSettings,
    pool: &HttpPool,
    keys: &dyn KeySource,
    facts: &ShellFacts,
) -> Result<Vec<String>, AttemptError> {
    let ReachSettings::Server(server) = &settings.reach else {
        return Err(AttemptError::new(
            FailureClass::Config,
            "a program has no list of models; hint: name one among the words of its `argv`",
        ));
    };
    let bound = Bound::new(Stage::Total, TIME);
    let key = bound.on(keys.key(facts)).await??;
    let listed = list(server, &settings.model, (pool, &facts.proxies), key.as_ref(), bound).await;
    if let (Err(error), Some(key)) = (&listed, &key)
        && error.class == FailureClass::Auth
    {
        keys.rejected(key);
    }
    listed
}

/// Looks for model servers on this machine, and nowhere else. Many programs listen on these ports; one that gives no list
/// of models is not meant.
pub async fn discover(servers: &[LocalServer], pool: &HttpPool) -> Vec<Found> {
    let looks = servers.iter().map(|server| async move {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, server.port));
        let (wire, path) = if server.is_ollama { (WireSettings::Ollama, "") } else { (WireSettings::OpenAi, "/v1") };
        // By number, so that no name service is asked where `localhost` is; by name in what is shown.
        let settings = ServerSettings::new(wire, format!("http://{address}{path}").parse().ok()?);
        let models = list(&settings, "", (pool, &[]), None, Bound::new(Stage::Total, LOOK)).await.ok()?;
        let base_url = format!("http://localhost:{}{path}", server.port).parse().ok()?;
        Some(Found { server: *server, base_url, models })
    });
    futures_util::future::join_all(looks).await.into_iter().flatten().collect()
}

async fn list(
    server: &ServerSettings,
    model: &str,
    (pool, proxies): (&HttpPool, &[(String, String)]),
    key: Option<&Secret>,
    bound: Bound,
) -> Result<Vec<String>, AttemptError> {
    let wire = wire_of(server, model);
    let Some(place) = wire.models() else {
        return Err(AttemptError::new(FailureClass::Config, NO_LIST));
    };
    let route = Route::new(server, CONNECT, proxies);
    let outlet = bound.on(pool.outlet(&route)).await??;
    let way = Way { to: &server.base_url, proxied: route.is_proxied(), kept: false };
    let reply = get(&outlet.client, place, Keyed { header: wire.key_header(), key }, way, bound).await?;
    let (status, advice) = (reply.status, reply.advice);
    let body = reply.small_body(bound).await;
    if !(200..300).contains(&status) {
        return Err(status_error(status, &Fault::from_body(&body), advice, key));
    }
    let not_a_list = || AttemptError::new(FailureClass::Malformed, "the answer is not a list of models; hint: check base_url and kind");
    let value: Value = serde_json::from_slice(&body).map_err(|_| not_a_list())?;
    if !["data", "models"].iter().any(|name| value.get(name).is_some_and(Value::is_array)) {
        return Err(not_a_list());
    }
    let names = wire.model_names(&value).into_iter().take(MOST_MODELS);
    Ok(names.map(|name| printable(&name, key)).filter(|name| !name.is_empty()).collect())
}
