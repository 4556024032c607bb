//! What the engine, the gate and the store add to a provider's own time, over a connection that is open already. The
//! provider answers at once from the same machine; a plain client asks it the same in turn.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::routing::post;
use axum::{Json, Router};
use gptos::cache::{CacheSettings, MemoryCache};
use gptos::domain::{Query, ShellFacts, ShellKind};
use gptos::providers::{HttpPool, ProviderSettings, ReachSettings, ServerSettings, WireSettings, build};
use gptos::secrets;
use gptos::suggest::online::OnlineSettings;
use gptos::suggest::pipeline::{Mode, Outcome, Pipeline, Place, Request, WaitingFor};
use gptos::system::{InstalledShells, SearchPath};

const ROUNDS: usize = 500;

async fn completion() -> Json<serde_json::Value> {
    let content = serde_json::json!({ "command": "ls -la", "reading": "lists" }).to_string();
    Json(serde_json::json!({ "model": "m", "choices": [{ "message": { "content": content }, "finish_reason": "stop" }] }))
}

fn request(number: usize) -> Request {
    Request {
        query: Query::from_bytes(format!("frobnicate the quux {number}").as_bytes()).unwrap(),
        facts: ShellFacts {
            shell: ShellKind::Bash,
            shell_version: String::new(),
            cwd: "/".into(),
            home: None,
            path: "/usr/bin:/bin".to_owned(),
            locale: String::new(),
            proxies: Vec::new(),
            keys: Vec::new(),
            own_commands: Vec::new(),
            comments: true,
        },
        mode: Mode::Normal,
        want: 1,
        use_cache: true,
        patient: false,
        session: 1,
        offered_keys: Vec::new(),
        rules: Arc::default(),
        context: Vec::new(),
        deadline: tokio::time::Instant::now() + Duration::from_secs(8),
        now: SystemTime::now(),
    }
}

fn median(samples: &mut [Duration]) -> f64 {
    samples.sort_unstable();
    samples[samples.len() / 2].as_secs_f64() * 1e3
}

pub fn report() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/v1", listener.local_addr().unwrap());
        let router = Router::new().route("/v1/chat/completions", post(completion));
        tokio::spawn(async move { axum::serve(listener, router).await });

        let settings = CacheSettings::default();
        let place = Place { os: "linux", build: "one".to_owned(), ttl: settings.ttl };
        let pipeline = Pipeline::new(place, Arc::new(MemoryCache::new(settings)), Arc::new(SearchPath), Arc::new(InstalledShells));
        pipeline.reconfigure(OnlineSettings { user_per_minute: 0, session_per_minute: 0, ..OnlineSettings::default() });
        let provider = ProviderSettings {
            name: "own".into(),
            reach: ReachSettings::Server(ServerSettings::new(WireSettings::OpenAi, base.parse().unwrap())),
            model: "m".into(),
            key: None,
        };
        let providers = [build(&provider, &HttpPool::new(), secrets::none())];
        let client = reqwest::Client::new();
        let body = serde_json::json!({ "model": "m", "messages": [], "stream": true }).to_string();
        let (mut ours, mut plain) = (Vec::new(), Vec::new());
        for number in 0..ROUNDS {
            let begun = Instant::now();
            let answer = client.post(format!("{base}/chat/completions")).body(body.clone()).send().await.unwrap();
            answer.bytes().await.unwrap();
            plain.push(begun.elapsed());
            let asked = request(number);
            let begun = Instant::now();
            let Outcome::Reply(reply) = pipeline.suggest(&asked, &providers, &WaitingFor::default()).await else { panic!("an answer") };
            ours.push(begun.elapsed());
            assert_eq!(reply.offers[0].suggestion.command(), "ls -la");
        }
        let (ours, plain) = (median(&mut ours), median(&mut plain));
        println!("engine: a provider's answer p50 {ours:.2} ms, a plain client {plain:.2} ms, difference {:.2} ms", ours - plain);
    });
}
