//! A provider, or somebody in its place, that means harm: each trick ends before the deadline, in little memory, and nothing
//! of the question or the key reaches whoever is not the provider.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use gptos::domain::FailureClass;
use gptos::providers::{ServerSettings, WireSettings};

use crate::environment::{Resident, TestEnv, faketime, provider_block};
use crate::fake_provider::{FakeProvider, Reply, Step, answer};
use crate::provider::{ask_with, facts, limits, provider_of};
use crate::provider_connections::behind_tls;
use crate::scripted::{Act, Scripted, completion};

const DEADLINE: Duration = Duration::from_secs(3);
/// What a loaded machine may add.
const SLACK: Duration = Duration::from_secs(3);
const MOST_MEMORY: u64 = 64 << 20;

/// The most memory that a process ever had.
fn peak(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[test]
fn every_trick_ends_in_time_and_in_little_memory() {
    let json = "content-type: application/json\r\n";
    let deep = format!("{{\"choices\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let twice = r#"{"choices":[{"message":{"content":"ls"},"finish_reason":"stop"}],"choices":[]}"#;
    let header = format!("x-filler: {}\r\n", "y".repeat(8000));
    let tools = serde_json::json!({ "choices": [{ "message": { "content": null, "tool_calls": [{ "function": { "name": "run", "arguments": "{\"command\":\"rm -rf /\"}" } }] }, "finish_reason": "tool_calls" }] });
    let drip = (0..8)
        .fold(Reply::half_stream("{"), |reply, _| reply.then(Step::Wait(Duration::from_secs(1))).then(Step::Send(b"1\r\n:\r\n".to_vec())));
    let tricks = [
        ("a redirect to the metadata service", Reply::redirect("http://169.254.169.254/latest/meta-data")),
        ("a bomb", Reply::gzip_bomb()),
        ("an endless stream", Reply::flood()),
        ("a drip", drip),
        ("a deep body", Reply::status("200 OK", json, &deep)),
        ("the same key twice", Reply::status("200 OK", json, twice)),
        ("endless headers", Reply(vec![Step::Send(b"HTTP/1.1 200 OK\r\n".to_vec()), Step::Repeat(header.into_bytes(), 4000)])),
        ("a tool nobody asked for", Reply::status("200 OK", json, &tools.to_string())),
        ("an early close", Reply(Vec::new())),
        ("a reset", Reply(vec![Step::Reset])),
        ("silence", Reply::nothing()),
    ];
    for (name, reply) in tricks {
        let server = FakeProvider::always(reply);
        let env = TestEnv::new();
        env.configure(&format!("deadline_ms = {}\n{}", DEADLINE.as_millis(), provider_block("bad", &server.base_url(), "")));
        let resident = Resident(env.start_resident());
        let run = env.run(&["translate", "--shell", "bash", "--no-cache", "--", "frobnicate the quux"]);
        assert_eq!((run.code, run.out.as_str()), (Some(1), ""), "{name}: {}", run.err);
        assert!(run.took < DEADLINE + SLACK, "{name}: {:?}", run.took);
        assert!(peak(resident.pid()) < MOST_MEMORY, "{name}: {} bytes", peak(resident.pid()));
        assert!(server.count() > 0, "{name}: it was asked");
    }
}

/// A proxy that connects every host to the same port of this machine.
fn diverting_proxy(port: u16) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut client) = stream else { return };
            std::thread::spawn(move || {
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte).is_ok_and(|count| count > 0) {
                    head.push(byte[0]);
                }
                let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)) else { return };
                let _ = client.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
                let (mut back, mut forth) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                std::thread::spawn(move || std::io::copy(&mut back, &mut forth));
                let _ = std::io::copy(&mut client, &mut server);
            });
        }
    });
    format!("http://{address}")
}

#[tokio::test]
async fn a_certificate_of_another_host_gets_neither_key_nor_words() {
    let server = Scripted::start_tls(|_, _| Act::Reply(completion(&answer("ls"))));
    let proxies = facts(&[("https_proxy", diverting_proxy(server.port()))]);
    let ca_file = behind_tls(&server).ca_file;
    let elsewhere =
        ServerSettings { ca_file, ..ServerSettings::new(WireSettings::OpenAi, "https://gptos.invalid/v1".parse().expect("valid")) };
    let start = Instant::now();
    let error = ask_with(&provider_of(elsewhere, "m"), &proxies, limits()).await.expect_err("another host");
    assert_eq!(error.class, FailureClass::Tls, "{error:?}");
    assert!(error.detail.contains("belongs to another host"), "{error:?}");
    assert!(start.elapsed() < SLACK && server.requests().is_empty());
}

#[test]
fn a_certificate_whose_time_is_over_gets_neither_key_nor_words() {
    let server = Scripted::start_tls(|_, _| Act::Reply(completion(&answer("ls"))));
    let env = TestEnv::new();
    let authority = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/integration/data/authority.pem");
    let block = provider_block("own", &format!("{}/v1", server.origin("https")), &format!("ca_file = \"{authority}\""));
    env.configure(&format!("resident = \"off\"\n{block}"));
    let ask = |env: &TestEnv| env.run(&["translate", "--shell", "bash", "--no-cache", "--", "frobnicate the quux"]);
    assert_eq!(ask(&env).out, "ls\n", "today it is valid");
    let asked = server.requests().len();
    let env = env.set("LD_PRELOAD", faketime()).set("FAKETIME", "@2199-01-01 00:00:00").set("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let run = ask(&env);
    assert!(run.err.contains("not valid now") && run.err.contains("clock"), "{}", run.err);
    assert_eq!((run.code, server.requests().len()), (Some(1), asked));
}
