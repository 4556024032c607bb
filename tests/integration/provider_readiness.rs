//! Models on this machine: whether they are loaded, and that loading goes on when nobody waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use gptos::providers::{ServerSettings, WireSettings};
use gptos::suggest::ports::{Provider, Readiness};

use crate::environment::wait_until;
use crate::provider::{KEY, facts, provider_of};
use crate::scripted::{Act, Scripted, json};

fn provider(server: &Scripted, wire: WireSettings, path: &str) -> Arc<dyn Provider> {
    let base_url = format!("{}{path}", server.origin("http")).parse().expect("a valid base URL");
    provider_of(ServerSettings::new(wire, base_url), "qwen")
}

async fn ready(provider: &Arc<dyn Provider>) -> Readiness {
    let start = Instant::now();
    let readiness = provider.readiness(&facts(&[])).await;
    assert!(start.elapsed() < Duration::from_millis(350 + 100 + 1500), "took {:?}", start.elapsed());
    readiness
}

/// An Ollama whose model is loaded once the signal was given.
fn ollama(loaded: &Arc<AtomicBool>) -> Scripted {
    let loaded = Arc::clone(loaded);
    Scripted::start(move |request, _| {
        let line = request.head.lines().next().unwrap_or_default();
        match line.split(' ').nth(1) {
            Some("/api/ps") if loaded.load(Ordering::SeqCst) => {
                Act::Reply(json("200 OK", r#"{"models":[{"name":"qwen:latest","model":"qwen:latest"}]}"#))
            }
            Some("/api/ps") => Act::Reply(json("200 OK", r#"{"models":[{"name":"other:7b"}]}"#)),
            Some("/api/generate") => Act::ReplyWhen(Arc::clone(&loaded), json("200 OK", r#"{"done":true,"done_reason":"load"}"#)),
            _ => Act::Reply(json("404 Not Found", "404 page not found")),
        }
    })
}

fn loads(server: &Scripted) -> usize {
    server.lines().iter().filter(|line| *line == "POST /api/generate").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_not_loaded_is_loaded_once_and_nobody_waits() {
    for (wire, path) in [(WireSettings::Ollama, ""), (WireSettings::OpenAi, "/v1")] {
        let loaded = Arc::new(AtomicBool::new(false));
        let server = ollama(&loaded);
        let provider = provider(&server, wire, path);
        assert_eq!(ready(&provider).await, Readiness::Loading);
        for _ in 0..3 {
            assert_eq!(ready(&provider).await, Readiness::Loading);
        }
        // A request that gives up takes nothing down with it.
        let given_up = tokio::time::timeout(Duration::from_millis(1), provider.readiness(&facts(&[]))).await;
        drop(given_up);
        wait_until("the model is being loaded", || loads(&server) == 1);
        let request = server.requests().into_iter().find(|request| request.head.starts_with("POST")).expect("was sent");
        let body: serde_json::Value = serde_json::from_str(&request.body).expect("the body is JSON");
        assert_eq!(body, serde_json::json!({ "model": "qwen", "prompt": "", "stream": false, "keep_alive": "30m" }));
        assert!(server.requests().iter().all(|request| !request.head.contains(KEY)), "the key is not needed for this");
        loaded.store(true, Ordering::SeqCst);
        assert_eq!(ready(&provider).await, Readiness::Ready);
        assert_eq!(loads(&server), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn loading_goes_on_when_the_request_is_dropped() {
    let loaded = Arc::new(AtomicBool::new(false));
    let server = ollama(&loaded);
    let provider = provider(&server, WireSettings::Ollama, "");
    let facts = facts(&[]);
    let seen = async {
        while loads(&server) == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::select! {
        biased;
        () = seen => {}
        readiness = provider.readiness(&facts) => assert_eq!(readiness, Readiness::Loading),
    }
    // Were the loading aborted, it would have to begin again.
    assert_eq!(ready(&provider).await, Readiness::Loading);
    assert_eq!(loads(&server), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_does_not_exist_is_left_to_the_attempt() {
    let server = Scripted::start(|request, _| match request.head.starts_with("GET /api/ps") {
        true => Act::Reply(json("200 OK", r#"{"models":[]}"#)),
        false => Act::Reply(json("404 Not Found", r#"{"error":"model 'qwen' not found"}"#)),
    });
    let provider = provider(&server, WireSettings::Ollama, "");
    for _ in 0..3 {
        wait_until("the server has said no", || loads(&server) <= 1);
        assert_eq!(ready(&provider).await, Readiness::Ready);
    }
    assert_eq!(loads(&server), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn llama_cpp_says_itself_that_it_loads() {
    let loading = json("503 Service Unavailable", r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#);
    for (reply, expected) in [
        (loading, Readiness::Loading),
        (json("200 OK", r#"{"status":"ok"}"#), Readiness::Ready),
        (json("503 Service Unavailable", r#"{"error":"no slot available"}"#), Readiness::Ready),
        (json("500 Internal Server Error", ""), Readiness::Ready),
    ] {
        let server = Scripted::start(move |_, _| Act::Reply(reply.clone()));
        assert_eq!(ready(&provider(&server, WireSettings::OpenAi, "/v1")).await, expected);
        assert_eq!(server.lines(), ["GET /health"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_cannot_be_asked_is_taken_for_ready() {
    let silent = Scripted::start(|_, _| Act::ReplyWhen(Arc::default(), String::new()));
    assert_eq!(ready(&provider(&silent, WireSettings::Ollama, "")).await, Readiness::Ready);
    assert_eq!(ready(&provider(&silent, WireSettings::OpenAi, "/v1")).await, Readiness::Ready);
    let other = Scripted::start(|_, _| Act::Reply(json("404 Not Found", "")));
    assert_eq!(ready(&provider(&other, WireSettings::OpenAi, "/v1")).await, Readiness::Ready);
    assert_eq!(ready(&provider(&other, WireSettings::Anthropic, "/v1")).await, Readiness::Ready);
    let gone = provider(&Scripted::start(|_, _| Act::Close), WireSettings::Ollama, "");
    assert_eq!(ready(&gone).await, Readiness::Ready);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_server_that_says_that_it_works_is_back_and_nothing_is_begun() {
    let loading = json("503 Service Unavailable", r#"{"error":{"message":"Loading model"}}"#);
    let (wire, other) = (WireSettings::OpenAi, WireSettings::Ollama);
    for (wire, reply, back, asked) in [
        (&wire, json("200 OK", r#"{"status":"ok"}"#), true, vec!["GET /health"]),
        (&wire, loading, false, vec!["GET /health"]),
        (&wire, json("503 Service Unavailable", r#"{"error":"no slot available"}"#), false, vec!["GET /health"]),
        (&wire, json("404 Not Found", ""), false, vec!["GET /health", "GET /api/ps"]),
        (&other, json("200 OK", r#"{"models":[{"name":"qwen:latest"}]}"#), true, vec!["GET /api/ps"]),
        (&other, json("200 OK", r#"{"models":[]}"#), true, vec!["GET /api/ps"]),
        (&other, json("500 Internal Server Error", ""), false, vec!["GET /api/ps"]),
        (&WireSettings::Anthropic, json("200 OK", "{}"), false, vec![]),
    ] {
        let server = Scripted::start(move |_, _| Act::Reply(reply.clone()));
        assert_eq!(provider(&server, wire.clone(), "").is_back().await, back, "{wire:?} {asked:?}");
        assert_eq!(server.lines(), asked, "{wire:?}");
        assert!(server.requests().iter().all(|request| !request.head.contains(KEY)), "the key is not needed for this");
    }
    let silent = Scripted::start(|_, _| Act::ReplyWhen(Arc::default(), String::new()));
    assert!(!provider(&silent, WireSettings::Ollama, "").is_back().await);
    let gone = provider(&Scripted::start(|_, _| Act::Close), WireSettings::Ollama, "");
    assert!(!gone.is_back().await);
    let far = ServerSettings::new(WireSettings::OpenAi, "https://far.example/v1".parse().expect("a valid base URL"));
    assert!(!provider_of(far, "m").is_back().await, "nobody elsewhere is asked");
}
