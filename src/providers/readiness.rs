//! Whether a model on this machine is in memory. A model that is not takes longer to load than anybody waits, and
//! servers give up loading when the client hangs up, so loading is a task of its own.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::{Value, json};

use super::http::Route;
use super::ollama::KEEP_ALIVE;
use super::settings::WireSettings;
use super::{HttpPool, ServerSettings};
use crate::suggest::ports::Readiness;

const CONNECT: Duration = Duration::from_millis(100);
/// For all questions together, after the connection stands.
const LOOK: Duration = Duration::from_millis(250);
/// How long a large model on a slow disk takes.
const WARM_UP: Duration = Duration::from_secs(120);
/// How soon a server says that it has no such model.
const EARLY_END: Duration = Duration::from_millis(100);
/// After a failure attempts go through, since their error says more than "loading" does.
const FAILURE_KEPT: Duration = Duration::from_secs(60);
const BODY_LIMIT: usize = 256 * 1024;

/// The loading of one provider's model; there is at most one at a time.
#[derive(Debug, Clone, Default)]
pub(super) struct Warming(Arc<Mutex<State>>);

#[derive(Debug, Clone, Copy, Default)]
enum State {
    #[default]
    Idle,
    Running,
    Failed(Instant),
}

impl Warming {
    /// Whether the model could answer now; one that is not loaded begins to load. Whoever cannot be asked is taken for
    /// ready: the attempt itself tells more.
    pub(super) async fn readiness(&self, server: &ServerSettings, model: &str, pool: &HttpPool) -> Readiness {
        if !may_be_asked(server) {
            return Readiness::Ready;
        }
        let Ok(outlet) = pool.outlet(&Route::new(server, CONNECT, &[])).await else { return Readiness::Ready };
        let look = look(&outlet.client, server, model);
        match tokio::time::timeout(CONNECT + LOOK, look).await {
            Ok(Seen::Loading) => Readiness::Loading,
            Ok(Seen::NotLoaded) => self.warm_up(outlet.client, server, model).await,
            Ok(Seen::Works | Seen::Loaded | Seen::Unknown) | Err(_) => Readiness::Ready,
        }
    }

    /// Whether the server says that it works, without anything being begun: one that answers nothing, is loading, is full
    /// or cannot tell does not.
    pub(super) async fn is_back(&self, server: &ServerSettings, model: &str, pool: &HttpPool) -> bool {
        if !may_be_asked(server) {
            return false;
        }
        let Ok(outlet) = pool.outlet(&Route::new(server, CONNECT, &[])).await else { return false };
        let seen = tokio::time::timeout(CONNECT + LOOK, look(&outlet.client, server, model)).await;
        // A model that is not in memory is loaded by the next question, as always.
        matches!(seen, Ok(Seen::Works | Seen::Loaded | Seen::NotLoaded))
    }

    async fn warm_up(&self, client: Client, server: &ServerSettings, model: &str) -> Readiness {
        {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match *state {
                State::Running => return Readiness::Loading,
                State::Failed(at) if at.elapsed() < FAILURE_KEPT => return Readiness::Ready,
                State::Failed(_) | State::Idle => *state = State::Running,
            }
        }
        let url = server.base_url.at_root("/api/generate");
        // No prompt: the server loads the model and generates nothing.
        let body = json!({ "model": model, "prompt": "", "stream": false, "keep_alive": KEEP_ALIVE }).to_string();
        let running = Running(Arc::clone(&self.0));
        let mut task = tokio::spawn(async move {
            let request = client.post(url).header("content-type", "application/json").body(body).send();
            let loaded = tokio::time::timeout(WARM_UP, request).await.is_ok_and(|sent| sent.is_ok_and(|reply| reply.status().is_success()));
            running.end(loaded)
        });
        // Dropping the handle, here or with the request, leaves the task running.
        match tokio::time::timeout(EARLY_END, &mut task).await {
            Ok(_) => Readiness::Ready,
            Err(_) => Readiness::Loading,
        }
    }
}

/// A loading under way; however its task ends, another one may follow.
struct Running(Arc<Mutex<State>>);

impl Running {
    fn end(self, loaded: bool) {
        if loaded {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = State::Idle;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Running) {
            *state = State::Failed(Instant::now());
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// The server has one model and says that it works.
    Works,
    Loaded,
    /// The server loads its only model by itself.
    Loading,
    NotLoaded,
    Unknown,
}

/// Only servers on this machine that speak one of these protocols have free questions.
fn may_be_asked(server: &ServerSettings) -> bool {
    server.base_url.is_loopback() && matches!(server.wire, WireSettings::Ollama | WireSettings::OpenAi)
}

async fn look(client: &Client, server: &ServerSettings, model: &str) -> Seen {
    if server.wire == WireSettings::OpenAi {
        match fetch(client, server, "/health").await {
            Some((503, body)) => return if says_loading(&body) { Seen::Loading } else { Seen::Unknown },
            Some((200, _)) => return Seen::Works,
            Some((404 | 405, _)) => {}
            _ => return Seen::Unknown,
        }
    }
    match fetch(client, server, "/api/ps").await {
        Some((200, body)) => loaded_models(&body).map_or(Seen::Unknown, |models| {
            if models.iter().any(|loaded| is_same(loaded, model)) { Seen::Loaded } else { Seen::NotLoaded }
        }),
        _ => Seen::Unknown,
    }
}

async fn fetch(client: &Client, server: &ServerSettings, path: &str) -> Option<(u16, Vec<u8>)> {
    let mut reply = client.get(server.base_url.at_root(path)).send().await.ok()?;
    let mut body = Vec::new();
    while let Some(chunk) = reply.chunk().await.ok()? {
        body.extend_from_slice(&chunk);
        if body.len() > BODY_LIMIT {
            return None;
        }
    }
    Some((reply.status().as_u16(), body))
}

/// llama.cpp says 503 while it loads, and other servers when they are full.
fn says_loading(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).to_lowercase().contains("loading")
}

/// The names in Ollama's list of models in memory.
fn loaded_models(body: &[u8]) -> Option<Vec<String>> {
    let list: Value = serde_json::from_slice(body).ok()?;
    let models = list.get("models")?.as_array()?;
    let names = models.iter().flat_map(|model| ["name", "model"].into_iter().filter_map(|name| model.get(name)?.as_str()));
    Some(names.map(str::to_owned).collect())
}

/// A name without a tag means the latest.
fn is_same(loaded: &str, wanted: &str) -> bool {
    loaded == wanted || loaded.strip_suffix(":latest") == Some(wanted) || wanted.strip_suffix(":latest") == Some(loaded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_and_without_the_usual_tag_are_the_same() {
        for (loaded, wanted, same) in [
            ("qwen:latest", "qwen", true),
            ("qwen", "qwen:latest", true),
            ("qwen:7b", "qwen:7b", true),
            ("qwen:7b", "qwen", false),
            ("qwen:7b", "qwen:8b", false),
        ] {
            assert_eq!(is_same(loaded, wanted), same, "{loaded} {wanted}");
        }
    }

    #[test]
    fn only_a_list_of_models_is_one() {
        for (body, expected) in [
            (r#"{"models":[{"name":"a:1","model":"a:1"}]}"#, Some(vec!["a:1", "a:1"])),
            (r#"{"models":[]}"#, Some(vec![])),
            (r#"{"data":[]}"#, None),
            ("<html>", None),
        ] {
            assert_eq!(loaded_models(body.as_bytes()), expected.map(|names| names.into_iter().map(str::to_owned).collect()), "{body}");
        }
        assert!(says_loading(br#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#));
        assert!(!says_loading(b"busy"));
    }
}
