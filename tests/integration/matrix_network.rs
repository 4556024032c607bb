//! The rows of the fault matrix about the way to a provider: name service, two families of addresses, HTTP/2, and kept
//! connections. Where a row needs a name, the binary runs with a hosts file or a resolver of its own.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gptos::domain::FailureClass;
use gptos::suggest::pipeline::{Outcome, WaitingFor};
use gptos::suggest::ports::Provider;

use crate::environment::{TestEnv, provider_block, run, skipped};
use crate::fake_provider::{FakeProvider, Reply, answer};
use crate::matrix::{GOOD, Remote};
use crate::matrix_host::{IN_TIME, KNOWN, UNKNOWN, assert_answers};
use crate::provider::{facts, provider, provider_of};
use crate::provider_connections::{behind_tls, failure, frame, next_request, open, success};
use crate::questions;
use crate::scripted::{Act, Channel, Scripted, completion};

const AUTHORITY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/integration/data/authority.pem");

/// A program in front of the binary that puts `file` in the place of `target`, for the binary alone; `None`, loudly, where
/// that is not allowed.
fn with_file_in_place(env: &TestEnv, file: &str, target: &str) -> Option<Vec<String>> {
    let script = format!("mount --bind '{}' {target} && exec \"$@\"", env.work().join(file).display());
    let wrapper = ["unshare", "-rm", "sh", "-c", &script, "sh"].map(str::to_owned);
    let probe = Command::new(&wrapper[0]).args(&wrapper[1..]).arg("true").output().expect("util-linux is installed");
    if !probe.status.success() {
        skipped(&format!("no namespace of mounts here: {}", String::from_utf8_lossy(&probe.stderr).trim()));
        return None;
    }
    Some(wrapper.to_vec())
}

fn asked(env: &TestEnv, wrapper: &[String], words: &str) -> crate::environment::Run {
    let wrapper: Vec<&str> = wrapper.iter().map(String::as_str).collect();
    run(env.wrapped(&wrapper, &["translate", "--shell", "bash", "--no-cache", "--", words]), b"")
}

/// An address that swallows attempts to connect: a listener whose queue is full and that accepts nobody.
struct Void {
    _listener: TcpListener,
    _queued: Vec<TcpStream>,
}

impl Void {
    /// `None` when the system gives no such listener.
    fn at(address: SocketAddr) -> Option<Self> {
        let listener = TcpListener::bind(address).ok()?;
        rustix::net::listen(&listener, 0).ok()?;
        let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(300)).ok();
        let queued: Vec<_> = std::iter::from_fn(connect).take(16).collect();
        assert!(connect().is_none(), "the queue at {address} is not full");
        Some(Self { _listener: listener, _queued: queued })
    }
}

#[test]
fn n03_a_family_of_addresses_that_leads_nowhere_costs_a_moment() {
    // The good server is reached by the one family, the void stands where the other leads.
    for (good, void) in [("127.0.0.1:0", "[::1]"), ("[::1]:0", "127.0.0.2")] {
        let Some(server) = Scripted::start_tls_at(good, |_, _| Act::Reply(completion(&answer(GOOD)))) else {
            skipped(&format!("no address {good} here"));
            continue;
        };
        let Some(_void) = Void::at(format!("{void}:{}", server.port()).parse().unwrap()) else {
            skipped(&format!("no address {void} here"));
            continue;
        };
        let env = TestEnv::new();
        let address = |text: &str| text.trim_end_matches(":0").trim_matches(['[', ']']).to_owned();
        fs::write(env.work().join("hosts"), format!("{} provider.test\n{} provider.test\n", address(void), address(good))).unwrap();
        let Some(wrapper) = with_file_in_place(&env, "hosts", "/etc/hosts") else { return };
        let url = format!("https://provider.test:{}/v1", server.port());
        env.configure(&format!("resident = \"off\"\n{}", provider_block("own", &url, &format!("ca_file = \"{AUTHORITY}\""))));
        let run = asked(&env, &wrapper, UNKNOWN);
        assert_eq!((run.code, run.out.as_str()), (Some(0), "echo good\n"), "{void}: {}", run.err);
        assert!(run.took < IN_TIME, "{void}: {:?}", run.took);
        assert_eq!(server.requests().len(), 1, "{void}: one call");
    }
}

/// A name server on this machine; `reply` makes an answer out of a question, or none.
fn name_server(address: &str, reply: impl Fn(&[u8]) -> Option<Vec<u8>> + Send + 'static) -> bool {
    let Ok(socket) = UdpSocket::bind((address, 53)) else {
        skipped(&format!("no name server can be put at {address}:53 here"));
        return false;
    };
    std::thread::spawn(move || {
        let mut question = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut question) {
            if let Some(answer) = reply(&question[..length]) {
                let _ = socket.send_to(&answer, from);
            }
        }
    });
    true
}

/// The question as its own answer, with this code and no records.
fn without_records(question: &[u8], code: u8) -> Option<Vec<u8>> {
    let mut answer = question.to_vec();
    *answer.get_mut(2)? |= 0x80;
    *answer.get_mut(3)? = 0x80 | code;
    Some(answer)
}

#[test]
fn n02_a_name_service_that_fails_or_is_silent_leaves_what_this_machine_knows() {
    let servers: [(&str, &str, Option<u8>); 3] =
        [("silence", "127.0.53.1", None), ("SERVFAIL", "127.0.53.2", Some(2)), ("NXDOMAIN", "127.0.53.3", Some(3))];
    for (name, address, code) in servers {
        if !name_server(address, move |question| without_records(question, code?)) {
            continue;
        }
        let second = FakeProvider::always(Reply::stream(&answer("echo second")));
        let env = TestEnv::new();
        fs::write(env.work().join("resolv.conf"), format!("nameserver {address}\n")).unwrap();
        let Some(wrapper) = with_file_in_place(&env, "resolv.conf", "/etc/resolv.conf") else { return };
        let far = provider_block("far", "https://provider.test/v1", "");
        env.configure(&format!("resident = \"off\"\n{far}"));
        assert_answers(name, &asked(&env, &wrapper, KNOWN));
        let alone = asked(&env, &wrapper, UNKNOWN);
        assert_eq!((alone.code, alone.out.as_str()), (Some(1), ""), "{name}");
        assert!(alone.err.starts_with("gptos: no answer: far: ") && alone.took < Duration::from_secs(8) + IN_TIME, "{name}: {}", alone.err);
        env.configure(&format!("resident = \"off\"\n{far}{}", provider_block("second", &second.base_url(), "")));
        let run = asked(&env, &wrapper, UNKNOWN);
        assert_eq!(run.out, "echo second\n", "{name}: {}", run.err);
        assert!(run.took < IN_TIME, "{name}: {:?}", run.took);
    }
}

/// What the whole way through the engine gives for two questions, with what it counted, and why the last call that failed did.
async fn two_questions(inner: Arc<dyn Provider>) -> (Vec<Option<String>>, Vec<(String, u64)>, Option<FailureClass>) {
    let pipeline = questions::pipeline();
    let providers: Vec<Arc<dyn Provider>> = vec![Arc::new(Remote { name: "own", inner })];
    let mut commands = Vec::new();
    for words in ["frobnicate the quux", "frobnicate another quux"] {
        let request = questions::request(words, facts(&[]));
        let Outcome::Reply(reply) = pipeline.suggest(&request, &providers, &WaitingFor::default()).await else { panic!("needs a key") };
        commands.push(reply.offers.first().map(|offer| offer.suggestion.command().to_owned()));
    }
    let attempts = pipeline.counts().into_iter().filter(|(series, _)| series.starts_with("gptos_provider_attempts_total"));
    let last_error = pipeline.health(&providers).endpoints[0].last_error.clone().map(|(class, _)| class);
    (commands, attempts.collect(), last_error)
}

fn attempts(result: &str, count: u64) -> (String, u64) {
    (format!("gptos_provider_attempts_total{{provider=\"own\",result=\"{result}\"}}"), count)
}

#[tokio::test]
async fn n09_n10_a_server_that_leaves_refuses_or_fails_is_asked_again_once() {
    for (name, result, class) in [
        ("leaving", "conn_reset", FailureClass::Unsent),
        ("refused", "conn_reset", FailureClass::Unsent),
        ("failed", "http_5xx", FailureClass::Transient),
    ] {
        let server = Scripted::start_h2(move |channel, number| {
            let talk = |channel: &mut dyn Channel| {
                open(channel)?;
                loop {
                    let stream = next_request(channel)?;
                    let is_second = number == 0 && stream > 1;
                    let reply = match name {
                        // A graceful end: the stream that it names last was answered, this one was not taken.
                        "leaving" if is_second => frame(7, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 0]),
                        "refused" if is_second && stream == 3 => frame(3, 0, stream, &7_u32.to_be_bytes()),
                        "failed" if is_second && stream == 3 => failure(stream),
                        _ => success(stream, &answer(GOOD)),
                    };
                    channel.write_all(&reply).ok()?;
                    channel.flush().ok()?;
                }
            };
            let _: Option<()> = talk(channel);
        });
        let (commands, counted, last_error) = two_questions(provider_of(behind_tls(&server), "m")).await;
        assert_eq!((commands, last_error), (vec![Some(GOOD.to_owned()), Some(GOOD.to_owned())], Some(class)), "{name}");
        let mut expected = vec![attempts("ok", 2), attempts(result, 1)];
        expected.sort();
        let mut counted = counted;
        counted.sort();
        assert_eq!(counted, expected, "{name}");
    }
}

#[tokio::test]
async fn n11_a_kept_connection_that_is_closed_just_now_is_not_seen() {
    let server = Scripted::start(|_, number| if number == 0 { Act::Reply(completion(&answer(GOOD))) } else { Act::Close });
    let (commands, counted, last_error) = two_questions(provider(&format!("{}/v1", server.origin("http")))).await;
    assert_eq!(commands, [Some(GOOD.to_owned()), Some(GOOD.to_owned())]);
    let mut counted = counted;
    counted.sort();
    assert_eq!((counted, last_error), (vec![attempts("conn_reset", 1), attempts("ok", 2)], Some(FailureClass::Unsent)));
}

#[tokio::test]
async fn n12_a_kept_connection_that_fell_silent_costs_no_answer() {
    let server = Scripted::start_h2(|channel, number| {
        let talk = |channel: &mut dyn Channel| {
            open(channel)?;
            loop {
                let stream = next_request(channel)?;
                // The first connection answers once and is a void from then on.
                if number > 0 || stream == 1 {
                    channel.write_all(&success(stream, &answer(GOOD))).ok()?;
                    channel.flush().ok()?;
                }
            }
        };
        let _: Option<()> = talk(channel);
    });
    let begun = Instant::now();
    let (commands, ..) = two_questions(provider_of(behind_tls(&server), "m")).await;
    assert_eq!(commands, [Some(GOOD.to_owned()), Some(GOOD.to_owned())]);
    assert!(begun.elapsed() < Duration::from_millis(2500) + IN_TIME, "{:?}", begun.elapsed());
    assert_eq!(server.connections(), 2, "the silent one was let go");
}

#[test]
fn n05_a_proxy_that_refuses_or_is_gone_is_named_and_the_rest_goes_on() {
    let refusing = FakeProvider::always(Reply::status("407 Proxy Authentication Required", "", ""));
    let gone = FakeProvider::always(Reply::nothing()).address();
    let second = FakeProvider::always(Reply::stream(&answer("echo second")));
    for (name, proxy) in [("407", refusing.address()), ("gone", gone)] {
        let env = TestEnv::new().set("https_proxy", &format!("http://user:pass-4711@{proxy}"));
        let far = provider_block("far", "https://provider.test/v1", "");
        env.configure(&format!("resident = \"off\"\n{far}"));
        let ask = |env: &TestEnv, words: &str| env.run(&["translate", "--shell", "bash", "--no-cache", "--", words]);
        assert_answers(name, &ask(&env, KNOWN));
        let alone = ask(&env, UNKNOWN);
        assert_eq!((alone.code, alone.out.as_str()), (Some(1), ""), "{name}");
        assert!(alone.err.contains("far: ") && alone.err.contains("proxy") && !alone.err.contains("4711"), "{name}: {}", alone.err);
        assert!(alone.took < IN_TIME, "{name}: {:?}", alone.took);
        env.configure(&format!("resident = \"off\"\n{far}{}", provider_block("second", &second.base_url(), "")));
        let run = ask(&env, UNKNOWN);
        assert_eq!(run.out, "echo second\n", "{name}: {}", run.err);
        assert!(run.took < IN_TIME, "{name}: {:?}", run.took);
        // Whoever is excepted is reached without it, and then there is no such name.
        let excepted = TestEnv::new().set("https_proxy", &format!("http://{proxy}")).set("no_proxy", "provider.test");
        excepted.configure(&format!("resident = \"off\"\n{far}"));
        let direct = ask(&excepted, UNKNOWN);
        assert!(direct.code == Some(1) && !direct.err.contains("proxy"), "{name}: {}", direct.err);
    }
    assert!(refusing.requests().iter().all(|request| request.head.starts_with("CONNECT provider.test:443 ")));
}
