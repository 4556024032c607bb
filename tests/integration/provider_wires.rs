//! Every wire against a real server on a loopback port: where the key goes, what proves that an answer is complete, and
//! what a server teaches about its model.

use std::time::Duration;

use gptos::domain::{FailureClass, Stage};
use gptos::providers::{ServerSettings, WireSettings};
use gptos::suggest::ports::RawAnswer;
use serde_json::{Value, json};

use crate::fake_provider::{FakeProvider, Recorded, Reply, Script, Step, answer};
use crate::provider::{KEY, ask, provider_of};

/// A wire, where its interface begins below the address of the server, and the address of its one method.
fn wires() -> Vec<(WireSettings, &'static str, &'static str)> {
    vec![
        (WireSettings::OpenAi, "/v1", "/v1/chat/completions"),
        (WireSettings::Anthropic, "/v1", "/v1/messages"),
        (WireSettings::Gemini, "/v1beta", "/v1beta/models/some-model:streamGenerateContent?alt=sse"),
        (WireSettings::Ollama, "", "/api/chat"),
        (
            WireSettings::Azure { api_version: "2024-10-21".into() },
            "/openai/deployments/d",
            "/openai/deployments/d/chat/completions?api-version=2024-10-21",
        ),
    ]
}

fn settings(wire: &WireSettings, path: &str, server: &FakeProvider) -> ServerSettings {
    let base_url = format!("http://{}{path}", server.address()).parse().expect("a valid base URL");
    ServerSettings::new(wire.clone(), base_url)
}

/// The events of an answer with this reason to stop, in the wire's own words; the last element is its end.
fn events(wire: &WireSettings, text: &str, is_whole: bool) -> Vec<String> {
    let (first, second) = text.split_at(text.len() / 2);
    let sse = |value: Value| format!("data: {value}\n\n");
    match wire {
        WireSettings::OpenAi | WireSettings::Azure { .. } => {
            let piece = |text: &str| sse(json!({ "model": "fake-1", "choices": [{ "delta": { "content": text } }] }));
            let reason = if is_whole { "stop" } else { "length" };
            let end = sse(json!({ "choices": [{ "delta": {}, "finish_reason": reason }] }));
            vec![piece(first), piece(second), end, "data: [DONE]\n\n".into()]
        }
        WireSettings::Anthropic => {
            let named = |value: Value| format!("event: {}\ndata: {value}\n\n", value["type"].as_str().unwrap());
            let piece = |text: &str| {
                named(json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "input_json_delta", "partial_json": text } }))
            };
            let reason = if is_whole { "tool_use" } else { "max_tokens" };
            let tool = json!({ "type": "tool_use", "id": "t", "name": "answer", "input": {} });
            vec![
                named(json!({ "type": "message_start", "message": { "model": "fake-1", "content": [] } })),
                named(json!({ "type": "ping" })),
                named(json!({ "type": "content_block_start", "index": 0, "content_block": tool })),
                piece(first),
                piece(second),
                named(json!({ "type": "content_block_stop", "index": 0 })),
                named(json!({ "type": "message_delta", "delta": { "stop_reason": reason } })),
                named(json!({ "type": "message_stop" })),
            ]
        }
        WireSettings::Gemini => {
            let piece = |text: &str, reason: Option<&str>| {
                let candidate = json!({ "content": { "parts": [{ "text": text }] }, "finishReason": reason });
                sse(json!({ "modelVersion": "fake-1", "candidates": [candidate] }))
            };
            vec![piece(first, None), piece(second, Some(if is_whole { "STOP" } else { "MAX_TOKENS" }))]
        }
        WireSettings::Ollama => {
            let piece = |text: &str| format!("{}\n", json!({ "model": "fake-1", "message": { "content": text }, "done": false }));
            let reason = if is_whole { "stop" } else { "length" };
            let end = json!({ "model": "fake-1", "message": { "content": "" }, "done": true, "done_reason": reason });
            vec![piece(first), piece(second), format!("{end}\n")]
        }
    }
}

/// A stream of these events; without its end, the body is cut.
fn stream(events: &[String], has_end: bool) -> Reply {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n";
    let mut steps = vec![Step::Send(format!("{head}\r\n").into_bytes())];
    steps.extend(events.iter().map(|event| Step::Send(format!("{:x}\r\n{event}\r\n", event.len()).into_bytes())));
    steps.extend(has_end.then(|| Step::Send(b"0\r\n\r\n".to_vec())));
    Reply(steps)
}

async fn ask_once(wire: &WireSettings, path: &str, reply: Reply) -> Result<RawAnswer, FailureClass> {
    let server = FakeProvider::always(reply);
    let result = ask(&provider_of(settings(wire, path, &server), "some-model")).await;
    assert_eq!(server.count(), 1, "one attempt is one request");
    result.map_err(|error| error.class)
}

#[tokio::test]
async fn a_whole_answer_counts_and_the_key_stands_in_its_header_alone() {
    for (wire, path, method) in wires() {
        let server = FakeProvider::always(stream(&events(&wire, &answer("ls 'größe'"), true), true));
        let got = ask(&provider_of(settings(&wire, path, &server), "some-model")).await.expect("an answer");
        let expected =
            RawAnswer { text: answer("ls 'größe'"), model: "fake-1".into(), pause: None, usage: None, first_chunk: got.first_chunk };
        assert_eq!(got, expected, "{wire:?}");
        assert!(got.first_chunk.is_some(), "{wire:?}");
        let request = server.requests().remove(0);
        assert_eq!(request.head.lines().next(), Some(format!("POST {method} HTTP/1.1").as_str()));
        let header = match wire {
            WireSettings::OpenAi | WireSettings::Ollama => format!("authorization: Bearer {KEY}"),
            WireSettings::Anthropic => format!("x-api-key: {KEY}"),
            WireSettings::Gemini => format!("x-goog-api-key: {KEY}"),
            WireSettings::Azure { .. } => format!("api-key: {KEY}"),
        };
        let with_key: Vec<&str> = request.head.lines().filter(|line| line.contains(KEY)).collect();
        assert_eq!(with_key, [header.as_str()], "{wire:?}");
        assert!(!request.body.contains(KEY));
    }
}

#[tokio::test]
async fn what_is_not_proven_complete_is_no_answer() {
    use FailureClass::*;
    for (wire, path, _) in wires() {
        let all = events(&wire, &answer("rm -rf /tmp/x"), true);
        // The terminal event is the end for all but one, which has none.
        let before_end = if wire == WireSettings::Gemini { all.len() } else { all.len() - 1 };
        let half = &all[..before_end.div_ceil(2)];
        let too_long = events(&wire, &answer("rm -rf /tmp/x"), false);
        for (name, reply, expected) in [
            ("half, reset", stream(half, false).then(Step::Reset), Truncated),
            ("half, closed", stream(half, false), Truncated),
            ("half, proper end", stream(half, true), Truncated),
            ("without the end", stream(&all[..before_end], false), Truncated),
            ("too long", stream(&too_long, true), Truncated),
            ("nothing", stream(&[], true), Malformed),
            ("stall", stream(half, false).then(Step::Hang), Slow(Stage::Gap)),
            ("html", Reply::html(), Malformed),
            ("flood", Reply::flood(), Malformed),
            ("overloaded", Reply::status("529 Overloaded", "", ""), Overloaded),
            ("401", Reply::status("401 Unauthorized", "", &format!("bad key {KEY}")), Auth),
            (
                "error in JSON",
                Reply::status("200 OK", "content-type: application/json\r\n", r#"{"error":{"type":"overloaded_error"}}"#),
                Overloaded,
            ),
        ] {
            let result = ask_once(&wire, path, reply).await;
            assert_eq!(result.as_ref().err(), Some(&expected), "{wire:?}, {name}: {result:?}");
        }
    }
}

fn body(request: &Recorded) -> Value {
    serde_json::from_str(&request.body).expect("the body is JSON")
}

#[tokio::test]
async fn the_first_answer_that_does_not_fit_raises_the_cap_once() {
    let cap = |wire: &WireSettings, body: &Value| match wire {
        WireSettings::Gemini => body["generationConfig"]["maxOutputTokens"].as_u64(),
        WireSettings::Ollama => body["options"]["num_predict"].as_u64(),
        _ => body["max_tokens"].as_u64(),
    };
    for (wire, path, _) in wires() {
        let too_long = stream(&events(&wire, &answer("ls"), false), true);
        let server = FakeProvider::always(too_long);
        let provider = provider_of(settings(&wire, path, &server), "some-model");
        let mut may_retry = Vec::new();
        for _ in 0..3 {
            let error = ask(&provider).await.expect_err("too long");
            assert_eq!(error.class, FailureClass::Truncated);
            may_retry.push(error.may_retry);
        }
        assert_eq!(may_retry, [Some(true), Some(false), Some(false)], "{wire:?}");
        let caps: Vec<_> = server.requests().iter().map(|request| cap(&wire, &body(request)).expect("a cap")).collect();
        assert_eq!(caps, [caps[0], 4 * caps[0], 4 * caps[0]], "{wire:?}");
        server.set(Script::Always(stream(&events(&wire, &answer("ls"), true), true)));
        assert!(ask(&provider).await.is_ok());
    }
}

#[tokio::test]
async fn a_complaint_about_thinking_changes_the_request_and_is_remembered() {
    let complaint = |message: &str| {
        let body = json!({ "error": { "message": message } }).to_string();
        Reply::status("400 Bad Request", "content-type: application/json\r\n", &body)
    };
    let effort = |wire: &WireSettings, body: &Value| match wire {
        WireSettings::Gemini => body["generationConfig"]["thinkingConfig"].clone(),
        WireSettings::Anthropic => body["thinking"].clone(),
        WireSettings::Ollama => body["think"].clone(),
        _ => body["reasoning_effort"].clone(),
    };
    for (wire, path, _) in wires() {
        let (model, message, expected) = match wire {
            WireSettings::Gemini => {
                let expected = vec![json!({ "thinkingBudget": 0 }), json!({ "thinkingBudget": 128 })];
                ("gemini-2.5-pro", "Budget 0 is invalid. This model only works in thinking mode.", expected)
            }
            WireSettings::Anthropic => ("claude", "thinking: Input should be adaptive", vec![json!({ "type": "disabled" }), Value::Null]),
            WireSettings::Ollama => ("qwen", "\"qwen\" does not support thinking", vec![json!(false), Value::Null]),
            _ => ("gpt-5-mini", "Unsupported value: 'reasoning_effort'", vec![json!("minimal"), json!("low")]),
        };
        let good = stream(&events(&wire, &answer("ls"), true), true);
        let server = FakeProvider::start(Script::Sequence(vec![complaint(message), good]));
        let provider = provider_of(settings(&wire, path, &server), model);
        for _ in 0..2 {
            assert_eq!(ask(&provider).await.map(|raw| raw.text), Ok(answer("ls")), "{wire:?}");
        }
        let sent: Vec<_> = server.requests().iter().map(|request| effort(&wire, &body(request))).collect();
        assert_eq!(sent, [expected[0].clone(), expected[1].clone(), expected[1].clone()], "{wire:?}");
    }
}

#[tokio::test]
async fn an_answer_may_ask_for_a_pause_and_a_refusal_say_whether_to_ask_again() {
    let mut reply = Reply::unstreamed(&answer("ls"));
    if let Some(Step::Send(bytes)) = reply.0.first_mut() {
        let limits = "x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 6s\r\n";
        let text = String::from_utf8_lossy(bytes).replacen("content-length", &format!("{limits}content-length"), 1);
        *bytes = text.into_bytes();
    }
    let answered = ask_once(&WireSettings::OpenAi, "/v1", reply).await.expect("an answer");
    assert_eq!(answered.pause, Some(Duration::from_secs(6)));

    let server = FakeProvider::always(Reply::status("503 Service Unavailable", "x-should-retry: false\r\n", ""));
    let error = ask(&provider_of(settings(&WireSettings::OpenAi, "/v1", &server), "m")).await.expect_err("unavailable");
    assert_eq!((error.class, error.may_retry), (FailureClass::Transient, Some(false)));
}

#[tokio::test]
async fn waits_are_read_in_all_their_forms() {
    for (headers, expected) in [
        ("retry-after: 0.2\r\n", Some(200)),
        ("retry-after: 5\r\n", Some(5000)),
        ("retry-after: 3600\r\n", Some(3_600_000)),
        ("retry-after: Wed, 21 Oct 2015 07:28:00 GMT\r\n", Some(0)),
        ("retry-after: garbage\r\n", None),
        ("retry-after: -5\r\n", None),
        ("retry-after-ms: 250\r\n", Some(250)),
        ("anthropic-ratelimit-requests-remaining: 0\r\nanthropic-ratelimit-requests-reset: 2015-10-21T07:28:00Z\r\n", Some(0)),
    ] {
        let result = ask_once(&WireSettings::Anthropic, "/v1", Reply::status("429 Too Many Requests", headers, "")).await;
        assert_eq!(result, Err(FailureClass::RateLimited { retry_after: expected.map(Duration::from_millis) }), "{headers}");
    }
}
