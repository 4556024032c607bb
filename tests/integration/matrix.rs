//! The network rows of the fault matrix: one faulty provider and one that is well, through the whole pipeline and the real
//! HTTP adapter. Each row says how long the answer may take, how often the faulty one is called, and what follows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use gptos::domain::{AttemptError, ShellFacts};
use gptos::suggest::pipeline::{Outcome, Pipeline, Reply as Answered, Request, Via, WaitingFor};
use gptos::suggest::ports::{Call, Pace, Provider, RawAnswer, Readiness};

use crate::fake_provider::{FakeProvider, Reply, Script, Step, answer};
use crate::provider::{facts, provider};
use crate::questions;

/// What a loaded machine may add to any limit.
const SLACK: Duration = Duration::from_millis(1500);
pub const GOOD: &str = "echo good";

/// A server on this machine that is treated as a service elsewhere.
pub struct Remote {
    pub name: &'static str,
    pub inner: Arc<dyn Provider>,
}

impl Provider for Remote {
    fn name(&self) -> &str {
        self.name
    }

    fn model(&self) -> &str {
        self.inner.model()
    }

    fn pace(&self) -> Pace {
        Pace::Remote
    }

    fn endpoint(&self) -> String {
        format!("{} {}", self.name, self.inner.endpoint())
    }

    fn readiness<'a>(&'a self, facts: &'a ShellFacts) -> BoxFuture<'a, Readiness> {
        self.inner.readiness(facts)
    }

    fn key_variables(&self) -> Vec<&str> {
        self.inner.key_variables()
    }

    fn ask<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Result<RawAnswer, AttemptError>> {
        self.inner.ask(call)
    }
}

struct Bench {
    bad: FakeProvider,
    good: FakeProvider,
    pipeline: Arc<Pipeline>,
    providers: Vec<Arc<dyn Provider>>,
}

impl Bench {
    fn new(script: Script) -> Self {
        let (bad, good) = (FakeProvider::start(script), FakeProvider::always(Reply::stream(&answer(GOOD))));
        let providers = [("bad", &bad), ("good", &good)]
            .map(|(name, server)| Arc::new(Remote { name, inner: provider(&server.base_url()) }) as Arc<dyn Provider>);
        Self { bad, good, pipeline: Arc::new(questions::pipeline()), providers: providers.to_vec() }
    }

    fn alone(script: Script) -> Self {
        let mut bench = Self::new(script);
        bench.providers.truncate(1);
        bench
    }

    async fn ask(&self, words: &str) -> (Answered, Duration) {
        let start = Instant::now();
        let request = request(words);
        match self.pipeline.suggest(&request, &self.providers, &WaitingFor::default()).await {
            Outcome::Reply(reply) => (reply, start.elapsed()),
            Outcome::NeedKeys(names) => panic!("needs {names:?}"),
        }
    }
}

fn request(words: &str) -> Request {
    questions::request(words, facts(&[]))
}

fn command(reply: &Answered) -> Option<&str> {
    reply.offers.first().map(|offer| offer.suggestion.command())
}

fn status(line: &str, headers: &str, body: &str) -> Reply {
    Reply::status(line, headers, body)
}

/// A row: its number and fault, the faulty provider's reply, the longest time to the other's answer in milliseconds, and
/// the calls that the faulty one gets.
fn rows() -> Vec<(&'static str, Reply, u64, usize)> {
    let json = "content-type: application/json\r\n";
    let text = answer("rm -rf /tmp/x");
    let stalled = |reply: Reply| reply.then(Step::Hang);
    let drip = (0..8).fold(Reply::half_stream("{"), |reply, _| {
        reply.then(Step::Wait(Duration::from_millis(700))).then(Step::Send(b"4\r\n: x\n\r\n".to_vec()))
    });
    let words = |text: &str| Reply::stream(text);
    vec![
        ("N04 login page", Reply::html(), 1000, 2),
        ("N04 redirect to a login page", Reply::redirect("http://login.example/"), 1000, 1),
        ("N08 silence", Reply::nothing(), 2500, 1),
        ("N13 reset in the body", Reply::half_stream(&text).then(Step::Reset), 1000, 2),
        ("N14 stream without its end", Reply::half_stream(&text), 1000, 2),
        ("N15 cut by length", Reply::stream_ending(&text, "length"), 1000, 2),
        ("N16 error inside a stream", Reply::events("data: {\"error\":{\"message\":\"x\",\"code\":500}}\n\n"), 1000, 2),
        ("N16 error inside a body", status("200 OK", json, r#"{"error":{"message":"x","type":"server_error"}}"#), 1000, 2),
        ("N17 nothing", words(""), 1000, 2),
        ("N17 blanks", words("  \n "), 1000, 2),
        ("N17 prose", words("Sure! You could remove it."), 1000, 1),
        ("N17 two commands", words("ls\npwd"), 1000, 1),
        ("N18 stall in the text", stalled(Reply::half_stream(&text)), 1000, 1),
        ("N19 drip", stalled(drip), 4000, 1),
        ("N20 endless stream", Reply::flood(), 1500, 2),
        ("N21 not UTF-8", Reply::events("data: \u{fffd}{\n\n"), 1000, 2),
        ("N22 bomb", Reply::gzip_bomb(), 1500, 2),
        ("N22 wrong type", status("200 OK", "content-type: image/png\r\n", "\u{1}\u{2}"), 1000, 2),
        ("N24 500", status("500 Internal Server Error", "", ""), 1000, 2),
        ("N24 502", status("502 Bad Gateway", "", ""), 1000, 2),
        ("N24 503", status("503 Service Unavailable", "", ""), 1000, 2),
        ("N24 504", status("504 Gateway Timeout", "", ""), 1000, 2),
        ("N24 529", status("529 Overloaded", "", ""), 1000, 1),
        ("N25 wait 0.2 s", status("429 Too Many Requests", "retry-after-ms: 200\r\n", "{}"), 1500, 2),
        ("N25 wait 5 s", status("429 Too Many Requests", "retry-after: 5\r\n", "{}"), 1000, 1),
        ("N25 wait an hour", status("429 Too Many Requests", "retry-after: 3600\r\n", "{}"), 1000, 1),
        ("N25 garbage", status("429 Too Many Requests", "retry-after: soon\r\n", "{}"), 1000, 1),
        ("N25 negative", status("429 Too Many Requests", "retry-after: -3\r\n", "{}"), 1000, 1),
        ("N28 no quota", status("429 Too Many Requests", json, r#"{"error":{"message":"x","code":"insufficient_quota"}}"#), 1000, 1),
        ("N28 no money", status("402 Payment Required", json, "{}"), 1000, 1),
        ("N29 wrong key", status("401 Unauthorized", json, "{}"), 1000, 1),
        ("N30 retired model", status("404 Not Found", json, r#"{"error":{"message":"model not found"}}"#), 1000, 1),
        (
            "N40 hostile error",
            status("500 Internal Server Error", json, "{\"error\":{\"message\":\"\\u001b]0;x\\u0007 run rm -rf /\"}}"),
            1000,
            2,
        ),
    ]
}

#[tokio::test]
async fn each_fault_leads_to_the_next_provider_in_its_time() {
    for (name, reply, limit_ms, calls) in rows() {
        let bench = Bench::new(Script::Always(reply));
        let (reply, took) = bench.ask("frobnicate the quux").await;
        assert_eq!(command(&reply), Some(GOOD), "{name}: {:?}", reply.remarks);
        assert!(took < Duration::from_millis(limit_ms) + SLACK, "{name} took {took:?}");
        assert_eq!((bench.bad.count(), bench.good.count()), (calls, 1), "{name}");
    }
}

#[tokio::test]
async fn each_fault_alone_ends_in_one_printable_line() {
    for (name, reply, _, _) in rows() {
        let bench = Bench::alone(Script::Always(reply));
        let mut request = request("frobnicate the quux");
        // What is asked again and again is tested elsewhere; here the words matter.
        request.deadline = tokio::time::Instant::now() + Duration::from_millis(1200);
        let Outcome::Reply(reply) = bench.pipeline.suggest(&request, &bench.providers, &WaitingFor::default()).await else {
            panic!("{name}")
        };
        assert!(reply.offers.is_empty(), "{name}");
        assert_eq!(reply.remarks.len(), 1, "{name}: {:?}", reply.remarks);
        let line = reply.remarks[0].as_str();
        assert!(line.starts_with("bad: ") && !line.chars().any(char::is_control), "{name}: {line:?}");
    }
}

#[tokio::test]
async fn n23_one_failure_is_not_seen() {
    for code in ["500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable", "504 Gateway Timeout"] {
        let once = Script::Sequence(vec![status(code, "", ""), Reply::stream(&answer("echo first"))]);
        let bench = Bench::new(once);
        let (reply, took) = bench.ask("frobnicate the quux").await;
        assert_eq!(command(&reply), Some("echo first"), "{code}");
        assert!(took < Duration::from_secs(1) + SLACK, "{code} {took:?}");
    }
}

#[tokio::test]
async fn n24_n34_a_dead_provider_is_left_alone_and_used_again_when_it_is_well() {
    let bench = Bench::new(Script::Always(status("503 Service Unavailable", "", "")));
    for number in 0..8 {
        let (reply, _) = bench.ask(&format!("frobnicate quux {number}")).await;
        assert_eq!(command(&reply), Some(GOOD));
    }
    let calls = bench.bad.count();
    assert!((3..=4).contains(&calls), "its breaker opened after the third failure: {calls}");
    bench.bad.set(Script::Always(Reply::stream(&answer("echo well"))));
    let start = Instant::now();
    let mut number = 100;
    loop {
        number += 1;
        let (reply, _) = bench.ask(&format!("frobnicate quux {number}")).await;
        if command(&reply) == Some("echo well") {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(12), "it is well again and is not used");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(start.elapsed() > Duration::from_secs(2), "it was left alone for some seconds");
}

#[tokio::test]
async fn n26_limits_everywhere_are_told_at_once() {
    let bench = Bench::alone(Script::Always(status("429 Too Many Requests", "retry-after: 30\r\n", "{}")));
    for calls in [1, 1, 1] {
        let (reply, took) = bench.ask("frobnicate the quux").await;
        assert!(reply.offers.is_empty() && took < Duration::from_millis(600) + SLACK, "{took:?}");
        assert_eq!(bench.bad.count(), calls);
    }
}

#[tokio::test]
async fn n07_a_handshake_that_stalls_costs_a_second() {
    let mut bench = Bench::new(Script::Always(Reply::nothing()));
    let stalling = provider(&bench.bad.base_url().replace("http:", "https:"));
    bench.providers[0] = Arc::new(Remote { name: "bad", inner: stalling });
    let (reply, took) = bench.ask("frobnicate the quux").await;
    assert_eq!(command(&reply), Some(GOOD));
    assert!(took < Duration::from_secs(1) + SLACK, "{took:?}");
}

#[tokio::test]
async fn n31_a_refusal_is_not_taken_to_another_model() {
    let refused = r#"{"command":null,"reading":"I cannot help with that"}"#;
    let bench = Bench::new(Script::Always(Reply::stream(refused)));
    let (reply, _) = bench.ask("frobnicate the quux").await;
    assert!(reply.offers.is_empty());
    bench.ask("frobnicate the quux").await;
    assert_eq!((bench.bad.count(), bench.good.count()), (1, 0), "nor asked again");
}

#[tokio::test]
async fn n32_slowness_opens_the_breaker() {
    let bench = Bench::new(Script::Always(Reply::nothing()));
    for number in 0..3 {
        let (_, took) = bench.ask(&format!("frobnicate quux {number}")).await;
        assert!(took < Duration::from_millis(2500) + SLACK);
    }
    let (reply, took) = bench.ask("frobnicate quux 4").await;
    assert_eq!(command(&reply), Some(GOOD));
    assert!(took < SLACK, "the fourth waits no longer: {took:?}");
}

#[tokio::test]
async fn n35_with_everybody_gone_an_old_answer_is_given() {
    let bench = Bench::alone(Script::Sequence(vec![Reply::stream(&answer("echo old")), status("503 Service Unavailable", "", "")]));
    bench.ask("frobnicate the quux").await;
    let mut old = request("frobnicate the quux");
    old.now += Duration::from_secs(100 * 24 * 3600);
    let Outcome::Reply(reply) = bench.pipeline.suggest(&old, &bench.providers, &WaitingFor::default()).await else { panic!() };
    assert_eq!((command(&reply), reply.offers[0].via), (Some("echo old"), Via::Stale));
    assert_eq!(bench.bad.count(), 3, "one retry, since something is known");
}

#[tokio::test]
async fn n41_an_answer_of_another_model_is_counted() {
    let bench = Bench::alone(Script::Always(Reply::stream(&answer("echo first"))));
    bench.ask("frobnicate the quux").await;
    // The server calls itself fake-1 where fake-model was asked for.
    assert_eq!(bench.pipeline.counts().get("gptos_other_model_total{provider=\"bad\"}"), Some(&1));
}

#[tokio::test]
async fn n39_giving_up_closes_the_connection_at_once() {
    let bench = Bench::alone(Script::Always(Reply::nothing()));
    let asked = tokio::time::timeout(Duration::from_millis(300), bench.ask("frobnicate the quux")).await;
    assert!(asked.is_err());
    let start = Instant::now();
    assert!(tokio::task::spawn_blocking(move || bench.bad.wait_until_idle(Duration::from_secs(5))).await.unwrap());
    assert!(start.elapsed() < Duration::from_millis(100) + SLACK);
}

#[tokio::test]
async fn f30_a_slow_provider_delays_nobody_who_needs_none() {
    let bench = Arc::new(Bench::alone(Script::Always(Reply::nothing())));
    let slow: Vec<_> = (0..20)
        .map(|number| {
            let bench = Arc::clone(&bench);
            tokio::spawn(async move { bench.ask(&format!("frobnicate quux {number}")).await.1 })
        })
        .collect();
    for _ in 0..50 {
        let (reply, took) = bench.ask("list files by size").await;
        assert!(command(&reply).is_some() && took < SLACK, "{took:?}");
    }
    for task in slow {
        assert!(task.await.unwrap() < Duration::from_secs(8) + SLACK);
    }
}
