//! What happens to the connections of a provider: kept, opened ahead, dead, refused by HTTP/2, and trusted by a file.

use std::path::PathBuf;
use std::time::Duration;

use gptos::domain::{FailureClass, Stage};
use gptos::providers::{ProxySettings, ServerSettings, WireSettings};
use gptos::suggest::ports::AttemptLimits;

use crate::fake_provider::{FakeProvider, Reply, answer};
use crate::provider::{KEY, ask_with, facts, limits, provider, provider_of};
use crate::scripted::{Act, Channel, Scripted, completion, json};

fn authority() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/integration/data/authority.pem"))
}

pub fn behind_tls(server: &Scripted) -> ServerSettings {
    let base_url = format!("{}/v1", server.origin("https")).parse().expect("a valid base URL");
    ServerSettings { ca_file: Some(authority()), ..ServerSettings::new(WireSettings::OpenAi, base_url) }
}

/// The limits that attempts at this machine have.
fn local_limits() -> AttemptLimits {
    AttemptLimits { connect: Duration::from_millis(250), ..limits() }
}

#[tokio::test]
async fn a_connection_opened_ahead_shows_no_key_and_serves_the_question() {
    let server = Scripted::start(|request, _| match request.head.starts_with("GET ") {
        true => Act::Reply(json("401 Unauthorized", r#"{"error":{"message":"no key"}}"#)),
        false => Act::Reply(completion(&answer("ls"))),
    });
    let provider = provider(&format!("{}/v1", server.origin("http")));
    for _ in 0..3 {
        provider.connect(&facts(&[])).await;
    }
    assert_eq!(server.lines(), ["GET /v1/models"], "one is enough");
    let ahead = server.requests().remove(0);
    assert!(!ahead.head.contains(KEY) && ahead.header("authorization").is_none() && ahead.body.is_empty(), "{ahead:?}");
    assert!(ask_with(&provider, &facts(&[]), local_limits()).await.is_ok());
    assert_eq!((server.connections(), server.lines().len()), (1, 2));
    assert_eq!(server.requests()[1].header("authorization"), Some(format!("Bearer {KEY}").as_str()));
}

#[tokio::test]
async fn opening_ahead_is_quiet_about_a_server_that_is_not_there() {
    let port = FakeProvider::always(Reply::nothing()).address().port();
    provider(&format!("http://127.0.0.1:{port}/v1")).connect(&facts(&[])).await;
}

#[tokio::test]
async fn a_dead_connection_that_was_kept_is_no_fault_of_the_service() {
    let server = Scripted::start(|_, number| if number == 0 { Act::Reply(completion(&answer("ls"))) } else { Act::Close });
    let provider = provider(&format!("{}/v1", server.origin("http")));
    let facts = facts(&[]);
    assert!(ask_with(&provider, &facts, limits()).await.is_ok());
    let error = ask_with(&provider, &facts, limits()).await.expect_err("closed");
    assert_eq!(error.class, FailureClass::Unsent, "{error:?}");
    assert_eq!(error.detail, format!("127.0.0.1:{} had closed the connection that was kept", server.port()));
    assert!(ask_with(&provider, &facts, limits()).await.is_ok(), "the next one takes a new connection");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_new_connection_that_is_closed_is_a_fault() {
    let server = Scripted::start(|_, _| Act::Close);
    let error = ask_with(&provider(&format!("{}/v1", server.origin("http"))), &facts(&[]), limits()).await.expect_err("closed");
    assert_eq!(error.class, FailureClass::Transient, "{error:?}");
}

#[tokio::test]
async fn an_authority_in_a_file_is_trusted_and_no_other_way() {
    let server = Scripted::start_tls(|_, _| Act::Reply(completion(&answer("ls"))));
    let trusting = provider_of(behind_tls(&server), "m");
    assert_eq!(ask_with(&trusting, &facts(&[]), limits()).await.map(|raw| raw.text), Ok(answer("ls")));
    assert_eq!(server.requests()[0].header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    let without = provider_of(ServerSettings { ca_file: None, ..behind_tls(&server) }, "m");
    let error = ask_with(&without, &facts(&[]), limits()).await.expect_err("not trusted");
    assert_eq!(error.class, FailureClass::Tls, "{error:?}");
    assert_eq!(server.requests().len(), 1, "nothing was said to it");
    let absent = provider_of(ServerSettings { ca_file: Some("/nonexistent.pem".into()), ..behind_tls(&server) }, "m");
    let error = ask_with(&absent, &facts(&[]), limits()).await.expect_err("no file");
    assert_eq!((error.class, error.detail.as_str()), (FailureClass::Tls, "ca_file /nonexistent.pem: no such file"));
}

#[tokio::test]
async fn a_provider_without_a_proxy_does_not_ask_one() {
    let proxy = FakeProvider::always(Reply::status("407 Proxy Authentication Required", "", ""));
    let proxied = facts(&[("https_proxy", format!("http://{}", proxy.address()))]);
    let elsewhere = ServerSettings::new(WireSettings::OpenAi, "https://gptos.invalid/v1".parse().expect("a valid base URL"));
    let direct = provider_of(ServerSettings { proxy: ProxySettings::Off, ..elsewhere.clone() }, "m");
    assert!(ask_with(&direct, &proxied, limits()).await.is_err());
    assert_eq!(proxy.connections(), 0);
    assert!(ask_with(&provider_of(elsewhere, "m"), &proxied, limits()).await.is_err());
    assert_ne!(proxy.connections(), 0, "otherwise this test proves nothing");
}

/// A frame of HTTP/2.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("small").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Reads up to the head of the next request and gives its stream.
pub fn next_request(channel: &mut dyn Channel) -> Option<u32> {
    loop {
        let mut head = [0; 9];
        channel.read_exact(&mut head).ok()?;
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        channel.read_exact(&mut payload).ok()?;
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        match head[3] {
            1 => return Some(stream),
            4 if head[4] == 0 => channel.write_all(&frame(4, 1, 0, &[])).ok()?,
            _ => {}
        }
    }
}

pub fn open(channel: &mut dyn Channel) -> Option<()> {
    let mut preface = [0; 24];
    channel.read_exact(&mut preface).ok()?;
    channel.write_all(&frame(4, 0, 0, &[])).ok()
}

/// A response with status 500 and no body: the table of HPACK has an entry for it.
pub fn failure(stream: u32) -> Vec<u8> {
    frame(1, 0x5, stream, &[0x8e])
}

#[tokio::test]
async fn http2_says_when_a_request_was_not_taken() {
    for (name, expected) in [("refused", FailureClass::Unsent), ("leaving", FailureClass::Unsent), ("failed", FailureClass::Transient)] {
        let server = Scripted::start_h2(move |channel, _| {
            let talk = |channel: &mut dyn Channel| {
                open(channel)?;
                let stream = next_request(channel)?;
                let reply = match name {
                    "refused" => frame(3, 0, stream, &7u32.to_be_bytes()),
                    "leaving" => frame(7, 0, 0, &[0; 8]),
                    _ => failure(stream),
                };
                channel.write_all(&reply).ok()?;
                channel.flush().ok()?;
                next_request(channel)
            };
            talk(channel);
        });
        let error = ask_with(&provider_of(behind_tls(&server), "m"), &facts(&[]), limits()).await.expect_err("no answer");
        assert_eq!(error.class, expected, "{name}: {error:?}");
        assert_eq!(server.connections(), 1, "{name}: nothing was sent again behind our back");
    }
}

/// A whole response with this text as the answer.
pub fn success(stream: u32, text: &str) -> Vec<u8> {
    let body = serde_json::json!({ "model": "m", "choices": [{ "message": { "content": text }, "finish_reason": "stop" }] }).to_string();
    // Status 200 and a content type, as HPACK writes them without its table of earlier headers.
    let head = [&[0x88, 0x0f, 0x10, 16][..], b"application/json"].concat();
    [frame(1, 0x4, stream, &head), frame(0, 0x1, stream, body.as_bytes())].concat()
}

#[tokio::test]
async fn n12_a_connection_that_fell_silent_is_not_used_again() {
    let server = Scripted::start_h2(|channel, number| {
        let talk = |channel: &mut dyn Channel| {
            open(channel)?;
            loop {
                let stream = next_request(channel)?;
                // The first connection answers once and is a black hole from then on.
                if number > 0 || stream == 1 {
                    channel.write_all(&success(stream, &answer("ls"))).ok()?;
                    channel.flush().ok()?;
                }
            }
        };
        let _: Option<()> = talk(channel);
    });
    let provider = provider_of(behind_tls(&server), "m");
    let quick = AttemptLimits { first_chunk: Duration::from_millis(400), ..limits() };
    assert_eq!(ask_with(&provider, &facts(&[]), limits()).await.map(|raw| raw.text), Ok(answer("ls")));
    let silent = ask_with(&provider, &facts(&[]), quick).await.expect_err("silence");
    assert_eq!(silent.class, FailureClass::Slow(Stage::FirstChunk), "{silent:?}");
    assert_eq!(ask_with(&provider, &facts(&[]), quick).await.map(|raw| raw.text), Ok(answer("ls")));
    assert_eq!(server.connections(), 2);
}
