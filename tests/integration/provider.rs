//! The provider wire against a real server on a loopback port: what each fault is called and how long it may take.

use std::sync::Arc;
use std::time::{Duration, Instant};

use gptos::domain::{Aim, AttemptError, FailureClass, Secret, ShellFacts, ShellKind, Stage};
use gptos::providers::{HttpPool, ProviderSettings, ReachSettings, ServerSettings, WireSettings, build};
use gptos::redact::redact;
use gptos::secrets::{self, KeySettings};
use gptos::suggest::pipeline::{Outcome, Request, WaitingFor};
use gptos::suggest::ports::{AttemptLimits, Call, Heard, Prompt, Provider, RawAnswer, RedactedText, SeenPlace, Span};
use gptos::suggest::prompt;

use crate::fake_provider::{FakeProvider, Recorded, Reply, Script, Step, answer};
use crate::questions;

pub const KEY: &str = "sk-canary-4711";
pub const MS: Duration = Duration::from_millis(1);
/// What a loaded machine may add to any limit.
const SLACK: Duration = Duration::from_millis(2500);

pub fn facts(proxies: &[(&str, String)]) -> ShellFacts {
    ShellFacts {
        shell_version: "5.9".into(),
        cwd: "/home/ann".into(),
        locale: "C".into(),
        proxies: proxies.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        keys: vec![("FAKE_KEY".into(), Secret::new(KEY.into()))],
        ..questions::plain_facts(ShellKind::Zsh)
    }
}

pub fn provider(base_url: &str) -> Arc<dyn Provider> {
    provider_of(ServerSettings::new(WireSettings::OpenAi, base_url.parse().expect("a valid base URL")), "fake-model")
}

/// A provider that has a key.
pub fn provider_of(server: ServerSettings, model: &str) -> Arc<dyn Provider> {
    let key = KeySettings::Env("FAKE_KEY".into());
    let settings = settings_of(server, model, Some(key.clone()));
    build(&settings, &HttpPool::new(), secrets::source(&key, None))
}

pub fn settings_of(server: ServerSettings, model: &str, key: Option<KeySettings>) -> ProviderSettings {
    ProviderSettings { name: "fake".into(), reach: ReachSettings::Server(server), model: model.into(), key, price: None }
}

pub fn limits() -> AttemptLimits {
    AttemptLimits { connect: 1000 * MS, first_chunk: 1500 * MS, gap: 1000 * MS, total: 5000 * MS }
}

pub async fn ask_with(provider: &Arc<dyn Provider>, facts: &ShellFacts, limits: AttemptLimits) -> Result<RawAnswer, AttemptError> {
    let (prompt, _) = prompt::build(&redact("list files"), &Aim::default(), facts, "Debian", &SeenPlace::default());
    let start = Instant::now();
    let result = provider.ask(Call { prompt: &prompt, facts, limits, heard: &Heard::default(), span: &Span::default(), resends: 0 }).await;
    assert!(start.elapsed() < limits.total + SLACK, "took {:?}", start.elapsed());
    if let Err(error) = &result {
        assert!(!format!("{error:?} {error}").contains(KEY), "the key is in {error:?}");
        assert!(!error.detail.contains(char::is_control), "{error:?}");
    }
    result
}

pub async fn ask(provider: &Arc<dyn Provider>) -> Result<RawAnswer, AttemptError> {
    ask_with(provider, &facts(&[]), limits()).await
}

async fn ask_once(reply: Reply) -> Result<RawAnswer, AttemptError> {
    let server = FakeProvider::always(reply);
    let result = ask(&provider(&server.base_url())).await;
    assert_eq!(server.count(), 1, "one attempt is one request");
    result
}

fn json(request: &Recorded) -> serde_json::Value {
    serde_json::from_str(&request.body).expect("the body is JSON")
}

#[tokio::test]
async fn a_stream_is_read_to_its_end() {
    let server = FakeProvider::always(Reply::stream(&answer("ls -l 'größe'")));
    let provider = provider(&server.base_url());
    let got = ask(&provider).await.expect("an answer");
    let expected =
        RawAnswer { text: answer("ls -l 'größe'"), model: "fake-1".into(), pause: None, usage: None, first_chunk: got.first_chunk };
    assert_eq!(got, expected);
    assert!(got.first_chunk.is_some());

    let request = server.requests().remove(0);
    assert!(request.head.starts_with("POST /v1/chat/completions HTTP/1.1\n"), "{}", request.head);
    assert_eq!(request.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("cookie"), None);
    let body = json(&request);
    assert_eq!((&body["model"], &body["stream"]), (&"fake-model".into(), &true.into()));
    assert!(!request.body.contains("/home/ann"));
}

#[tokio::test]
async fn each_fault_has_its_class() {
    use FailureClass::*;
    let text = answer("ls");
    let json_type = "content-type: application/json\r\n";
    let limited = |seconds| RateLimited { retry_after: Some(Duration::from_secs(seconds)) };
    for (name, reply, expected) in [
        ("500", Reply::status("500 Internal Server Error", "", "oops"), Transient),
        ("529", Reply::status("529 Overloaded", "", ""), Overloaded),
        ("429", Reply::status("429 Too Many Requests", "retry-after: 7\r\n", ""), limited(7)),
        ("quota", Reply::status("429 Too Many Requests", json_type, r#"{"error":{"code":"insufficient_quota"}}"#), Quota),
        ("401", Reply::status("401 Unauthorized", json_type, &format!(r#"{{"error":{{"message":"bad key {KEY}"}}}}"#)), Auth),
        ("400", Reply::status("400 Bad Request", json_type, &format!(r#"{{"error":{{"message":"bad {KEY}"}}}}"#)), Request),
        ("404", Reply::status("404 Not Found", "", ""), Config),
        ("half, reset", Reply::half_stream(&text).then(Step::Reset), Truncated),
        ("half, closed", Reply::half_stream(&text), Truncated),
        ("no terminal event", Reply::clean_end_without_done(&text), Truncated),
        ("length", Reply::stream_ending(&text, "length"), Truncated),
        ("filter", Reply::stream_ending(&text, "content_filter"), Refusal),
        ("tools", Reply::stream_ending(&text, "tool_calls"), Malformed),
        ("html", Reply::html(), Malformed),
        ("html without a type", Reply::status("200 OK", "", "\n<html>"), Malformed),
        ("image", Reply::status("200 OK", "content-type: image/png\r\n", "x"), Malformed),
        ("empty body", Reply::status("200 OK", json_type, ""), Malformed),
        ("empty stream", Reply::events(""), Malformed),
        ("only done", Reply::events("data: [DONE]\n\n"), Malformed),
        ("not JSON", Reply::events("data: hello\n\n"), Malformed),
        ("not text", Reply(vec![Step::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ndata: \xff\n\n".to_vec())]), Malformed),
        ("error in a stream", Reply::events("data: {\"error\":{\"message\":\"x\",\"code\":502}}\n\n"), Transient),
        ("error in JSON", Reply::status("200 OK", json_type, r#"{"error":{"type":"overloaded_error"}}"#), Overloaded),
        ("odd error", Reply::status("200 OK", json_type, r#"{"error":"x"}"#), Malformed),
        ("short body", Reply::short_body(&text), Truncated),
        ("half JSON", Reply::status("200 OK", json_type, r#"{"choices":[{"message":{"content":"ls"#), Truncated),
        ("100 MB", Reply::flood(), Malformed),
        (
            "100 MB announced",
            Reply(vec![Step::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\ndata: ".to_vec()), Step::Hang]),
            Malformed,
        ),
        ("gzip bomb", Reply::gzip_bomb(), Malformed),
        ("damaged gzip", Reply::status("200 OK", "content-encoding: gzip\r\n", "this is not gzip at all"), Truncated),
        ("nothing", Reply::nothing(), Slow(Stage::FirstChunk)),
        ("head, then nothing", Reply::half_stream("").then(Step::Hang), Slow(Stage::FirstChunk)),
        ("stall", Reply::half_stream(&text).then(Step::Hang), Slow(Stage::Gap)),
        ("reset at once", Reply(vec![Step::Reset]), Transient),
        ("close at once", Reply(vec![]), Transient),
        ("not HTTP", Reply(vec![Step::Send(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()), Step::Hang]), Transient),
    ] {
        let result = ask_once(reply).await;
        assert_eq!(result.as_ref().map_err(|error| &error.class).err(), Some(&expected), "{name}: {result:?}");
    }
}

#[tokio::test]
async fn details_say_what_to_do() {
    for (reply, expected) in [
        (Reply::html(), "the answer is a web page; hint: a network login page?"),
        (Reply::flood(), "the answer is larger than 1 MiB"),
        (Reply::gzip_bomb(), "the answer is larger than 1 MiB"),
        (Reply::nothing(), "no answer within 1.5 s"),
        (Reply::status("429 Too Many Requests", "retry-after: 7\r\n", ""), "HTTP 429: too many requests, try again in 7 s"),
    ] {
        assert_eq!(ask_once(reply).await.map_err(|error| error.detail), Err(expected.to_owned()));
    }
}

#[tokio::test]
async fn an_endless_drip_ends_with_the_attempt() {
    let mut comments = Reply::half_stream("");
    let mut text = Reply::half_stream("");
    for _ in 0..100 {
        comments = comments.then(Step::Send(b"4\r\n: x\n\r\n".to_vec())).then(Step::Wait(100 * MS));
        let piece = "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n";
        text = text.then(Step::Send(format!("{:x}\r\n{piece}\r\n", piece.len()).into_bytes())).then(Step::Wait(100 * MS));
    }
    for (reply, stage) in [(comments, Stage::FirstChunk), (text, Stage::Total)] {
        let result = ask_once(reply).await;
        assert_eq!(result.map_err(|error| error.class), Err(FailureClass::Slow(stage)));
    }
}

#[tokio::test]
async fn an_answer_that_is_slow_but_in_time_counts() {
    for reply in [
        Reply::stream(&answer("ls")).after(300 * MS),
        Reply::unstreamed(&answer("ls")).after(300 * MS),
        Reply::unstreamed(&answer("ls")),
        Reply::events(&format!(
            "data: {}\r\n\r\ndata: [DONE]",
            serde_json::json!({ "choices": [{ "delta": { "content": answer("ls") } }] })
        )),
    ] {
        assert_eq!(ask_once(reply).await.map(|answer| answer.text), Ok(answer("ls")));
    }
}

#[tokio::test]
async fn what_follows_the_terminal_event_does_not_matter() {
    let mut reply = Reply::stream(&answer("ls"));
    reply.0.pop();
    for last in [Step::Hang, Step::Reset] {
        assert_eq!(ask_once(reply.clone().then(last)).await.map(|answer| answer.text), Ok(answer("ls")));
    }
}

#[tokio::test]
async fn rejected_parameters_are_left_out_and_remembered() {
    let good = Reply::stream(&answer("ls"));
    let names = ["response_format", "response_format", "max_tokens", "temperature"];
    let mut script: Vec<Reply> = names.iter().map(|name| Reply::unknown_parameter(name)).collect();
    script.push(good);
    let server = FakeProvider::start(Script::Sequence(script));
    let provider = provider(&server.base_url());
    assert_eq!(ask(&provider).await.map(|answer| answer.text), Ok(answer("ls")));
    let seen = |request: &Recorded| {
        let body = json(request);
        let there = ["max_tokens", "max_completion_tokens", "temperature"].map(|name| body.get(name).is_some());
        (body["response_format"]["type"].as_str().map(str::to_owned), there)
    };
    let forms: Vec<_> = server.requests().iter().map(seen).collect();
    let (schema, mode) = (Some("json_schema".to_owned()), Some("json_object".to_owned()));
    let last = (None, [false, true, false]);
    let expected = [
        (schema, [true, false, true]),
        (mode, [true, false, true]),
        (None, [true, false, true]),
        (None, [false, true, true]),
        last.clone(),
    ];
    assert_eq!(forms, expected);

    assert!(ask(&provider).await.is_ok());
    assert_eq!(server.requests().iter().skip(5).map(seen).collect::<Vec<_>>(), [last], "remembered");
}

#[tokio::test]
async fn a_server_that_rejects_everything_is_asked_few_times() {
    let server = FakeProvider::always(Reply::unknown_parameter("response_format"));
    let error = ask(&provider(&server.base_url())).await.expect_err("rejected");
    assert_eq!((error.class, server.count()), (FailureClass::Config, 3));
    let everything = r#"{"error":"response_format temperature max_tokens max_completion_tokens"}"#;
    let server = FakeProvider::always(Reply::status("400 Bad Request", "", everything));
    let error = ask(&provider(&server.base_url())).await.expect_err("rejected");
    assert_eq!((error.class, server.count()), (FailureClass::Request, 6));
}

#[tokio::test]
async fn nothing_listens() {
    let port = FakeProvider::always(Reply::nothing()).address().port();
    let error = ask(&provider(&format!("http://127.0.0.1:{port}/v1"))).await.expect_err("nobody there");
    assert_eq!(error.class, FailureClass::Transient);
    assert_eq!(error.detail, format!("nothing listens on 127.0.0.1:{port}; hint: start the model server"));
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_attempt_closes_the_connection() {
    let server = FakeProvider::always(Reply::half_stream("l").then(Step::Hang));
    let provider = provider(&server.base_url());
    let long = AttemptLimits { connect: 1000 * MS, first_chunk: 60_000 * MS, gap: 60_000 * MS, total: 60_000 * MS };
    let (facts, prompt) = (facts(&[]), Prompt { system: "s".into(), user: RedactedText::mask("u"), max_tokens: 200 });
    let dropped = tokio::time::timeout(
        400 * MS,
        provider.ask(Call { prompt: &prompt, facts: &facts, limits: long, heard: &Heard::default(), span: &Span::default(), resends: 0 }),
    )
    .await;
    assert!(dropped.is_err());
    assert!(server.wait_until_idle(Duration::from_secs(5)), "the server still sees the connection");
}

#[tokio::test]
async fn answers_of_simultaneous_requests_are_not_mixed_up() {
    let words = ["alpha", "bravo", "charlie", "delta"];
    let table = words.iter().map(|word| (*word, Reply::stream(&answer(&format!("ls {word}"))).after(20 * MS))).collect();
    let server = FakeProvider::start(Script::ByWord(table));
    let provider = provider(&server.base_url());
    let facts = facts(&[]);
    let asked = (0..40).map(|number| words[number % words.len()]).map(|word| {
        let (provider, facts) = (&provider, &facts);
        async move {
            let (prompt, _) = prompt::build(&redact(word), &Aim::default(), facts, "Debian", &SeenPlace::default());
            (
                word,
                provider
                    .ask(Call { prompt: &prompt, facts, limits: limits(), heard: &Heard::default(), span: &Span::default(), resends: 0 })
                    .await,
            )
        }
    });
    for (word, result) in futures_util::future::join_all(asked).await {
        assert_eq!(result.map(|raw| raw.text), Ok(answer(&format!("ls {word}"))));
    }
    assert_eq!(server.count(), 40);
}

#[tokio::test]
async fn the_next_provider_answers_within_the_deadline() {
    let (silent, broken, good) = (
        FakeProvider::always(Reply::nothing()),
        FakeProvider::always(Reply::half_stream(&answer("rm -rf /tmp/x"))),
        FakeProvider::always(Reply::stream(&answer("ls"))),
    );
    let pipeline = questions::pipeline();
    let request = |words: &str, ms: u64| {
        let deadline = tokio::time::Instant::now() + Duration::from_millis(ms);
        Request { deadline, ..questions::request(words, facts(&[])) }
    };
    let ask = async |servers: &[&FakeProvider], request: Request| {
        let providers: Vec<_> = servers.iter().map(|server| provider(&server.base_url())).collect();
        match pipeline.suggest(&request, &providers, &WaitingFor::default()).await {
            Outcome::Reply(reply) => reply,
            Outcome::NeedKeys(names) => panic!("needs {names:?}"),
        }
    };
    let reply = ask(&[&broken, &good, &silent], request("frobnicate the quux", 8000)).await;
    assert_eq!(reply.offers[0].suggestion.command(), "ls");
    assert_eq!((broken.count(), good.count(), silent.count()), (2, 1, 0));

    let start = Instant::now();
    let reply = ask(&[&silent], request("frobnicate another quux", 1000)).await;
    assert!(start.elapsed() >= 900 * MS && start.elapsed() < 1000 * MS + SLACK, "{:?}", start.elapsed());
    assert!(reply.offers.is_empty() && reply.remarks.len() == 1, "{reply:?}");
}
