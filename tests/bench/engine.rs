//! What the engine, the gate and the store add to a provider's own time, over a connection that is open already. The
//! provider answers at once from the same machine; a plain client asks it the same in turn.

use std::time::{Duration, Instant};

use axum::routing::post;
use axum::{Json, Router};
use gptos::domain::ShellKind;
use gptos::providers::{HttpPool, ProviderSettings, ReachSettings, ServerSettings, WireSettings, build};
use gptos::secrets;
use gptos::suggest::pipeline::{Outcome, WaitingFor};

use crate::questions::{pipeline, plain_facts, request};

const ROUNDS: usize = 500;

async fn completion() -> Json<serde_json::Value> {
    let content = serde_json::json!({ "command": "ls -la", "reading": "lists" }).to_string();
    Json(serde_json::json!({ "model": "m", "choices": [{ "message": { "content": content }, "finish_reason": "stop" }] }))
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

        let pipeline = pipeline();
        let provider = ProviderSettings {
            name: "own".into(),
            reach: ReachSettings::Server(ServerSettings::new(WireSettings::OpenAi, base.parse().unwrap())),
            model: "m".into(),
            key: None,
            price: None,
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
            let asked = request(&format!("frobnicate the quux {number}"), plain_facts(ShellKind::Bash));
            let begun = Instant::now();
            let Outcome::Reply(reply) = pipeline.suggest(&asked, &providers, &WaitingFor::default()).await else { panic!("an answer") };
            ours.push(begun.elapsed());
            assert_eq!(reply.offers[0].suggestion.command(), "ls -la");
        }
        let (ours, plain) = (median(&mut ours), median(&mut plain));
        println!("engine: a provider's answer p50 {ours:.2} ms, a plain client {plain:.2} ms, difference {:.2} ms", ours - plain);
    });
}
