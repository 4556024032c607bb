//! The key and the words go to the configured host, encrypted or on this machine, and nowhere else.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use gptos::domain::{AttemptError, ErrorType, FailureClass, Secret};
use gptos::providers::{HttpPool, ServerSettings, WireSettings, build};
use gptos::secrets::{self, KeySettings};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use crate::fake_provider::{FakeProvider, Reply, Script, answer};
use crate::provider::{KEY, ask, ask_with, facts, limits, provider, settings_of};
use crate::scripted::{Act, Scripted, completion, json};

#[tokio::test]
async fn the_key_goes_to_no_other_host() {
    let other = FakeProvider::always(Reply::stream(&answer("evil")));
    let server = FakeProvider::always(Reply::redirect(&format!("{}/chat/completions", other.base_url())));
    let error = ask(&provider(&server.base_url())).await.expect_err("not followed");
    assert_eq!(error.class, FailureClass::Config);
    assert!(error.detail.contains("HTTP 307: a redirect to http://127.0.0.1 is not followed"), "{}", error.detail);

    // A proxy of the shell is not used for this machine.
    let server = FakeProvider::always(Reply::stream(&answer("ls")));
    let proxy = format!("http://{}", other.address());
    let proxied = facts(&["http_proxy", "https_proxy", "all_proxy"].map(|name| (name, proxy.clone())));
    for host in ["127.0.0.1", "localhost"] {
        let base_url = format!("http://{host}:{}/v1", server.address().port());
        assert!(ask_with(&provider(&base_url), &proxied, limits()).await.is_ok(), "{host}");
    }
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn a_proxy_sees_the_host_and_never_the_key() {
    let proxy = FakeProvider::always(Reply::status("407 Proxy Authentication Required", "", ""));
    let proxied = facts(&[("https_proxy", format!("http://user:pass@{}", proxy.address()))]);
    let error = ask_with(&provider("https://api.example.com/v1"), &proxied, limits()).await.expect_err("refused");
    assert_eq!((&error.class, error.error_type), (&FailureClass::LocalNetwork, ErrorType::Proxy), "{error:?}");
    assert!(!error.detail.contains("pass"), "{}", error.detail);
    let requests = proxy.requests();
    assert!(
        !requests.is_empty() && requests.iter().all(|request| request.head.starts_with("CONNECT api.example.com:443 ")),
        "{requests:?}"
    );
    assert!(requests.iter().all(|request| !request.head.contains(KEY) && request.body.is_empty()), "{requests:?}");

    let closed = facts(&[("all_proxy", "http://127.0.0.1:9".to_owned())]);
    let error = ask_with(&provider("https://api.example.com/v1"), &closed, limits()).await.expect_err("refused");
    assert_eq!((&error.class, error.error_type), (&FailureClass::LocalNetwork, ErrorType::Proxy), "{error:?}");
}

#[tokio::test]
async fn a_server_without_tls_gets_neither_key_nor_words() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a socket");
        let mut heard = vec![0; 16];
        stream.read_exact(&mut heard).expect("the client speaks first");
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").expect("a connection");
        let _ = stream.read_to_end(&mut heard);
        heard
    });
    let error = ask(&provider(&format!("https://{address}/v1"))).await.expect_err("no TLS");
    assert_eq!((error.class, error.detail), (FailureClass::Tls, format!("{address}: the TLS handshake failed")));
    let heard = String::from_utf8_lossy(&server.join().expect("the server ends")).into_owned();
    assert!(!heard.contains(KEY) && !heard.contains("list files") && !heard.contains("POST"), "{heard}");
}

/// A TLS server whose certificate no authority vouches for; it returns what it could decrypt.
fn untrusted_tls_server() -> (SocketAddr, std::thread::JoinHandle<Vec<u8>>) {
    let certificate = CertificateDer::from(include_bytes!("data/untrusted.cert.der").to_vec());
    let key = PrivatePkcs8KeyDer::from(include_bytes!("data/untrusted.key.der").to_vec());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions of TLS");
    let config = versions.with_no_client_auth().with_single_cert(vec![certificate], key.into()).expect("the key fits the certificate");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a socket");
        let mut session = rustls::ServerConnection::new(Arc::new(config)).expect("a session");
        let mut decrypted = Vec::new();
        // It fails as soon as the client refuses the certificate.
        let _ = rustls::Stream::new(&mut session, &mut stream).read_to_end(&mut decrypted);
        decrypted
    });
    (address, server)
}

#[tokio::test]
async fn an_unknown_authority_gets_neither_key_nor_words() {
    let (address, server) = untrusted_tls_server();
    let error = ask(&provider(&format!("https://{address}/v1"))).await.expect_err("not trusted");
    let hint = "its certificate comes from an unknown authority; hint: does a proxy inspect TLS?";
    assert_eq!((error.class, error.detail), (FailureClass::Tls, format!("{address}: {hint}")));
    let decrypted = server.join().expect("the server ends");
    assert!(decrypted.is_empty(), "{decrypted:?}");
}

#[tokio::test]
async fn a_missing_key_is_found_before_anything_is_sent() {
    let server = FakeProvider::always(Reply::stream(&answer("ls")));
    let mut keyless = facts(&[]);
    keyless.keys.clear();
    let error = ask_with(&provider(&server.base_url()), &keyless, limits()).await.expect_err("no key");
    assert_eq!((error.class, error.detail.as_str()), (FailureClass::Auth, "FAKE_KEY: not set in this shell; hint: export FAKE_KEY=…"));
    let mut broken = facts(&[]);
    broken.keys = vec![("FAKE_KEY".into(), Secret::new("a\r\nx-evil: 1".into()))];
    let error = ask_with(&provider(&server.base_url()), &broken, limits()).await.expect_err("no key");
    assert_eq!(error.class, FailureClass::Auth);
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_key_that_was_changed_serves_two_shells_that_asked_with_the_former_one() {
    let home = tempfile::tempdir().expect("makes a directory");
    std::fs::write(home.path().join("key"), "sk-old").expect("writes");
    let (is_changed, may_refuse) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (changed, refuse, asked) = (Arc::clone(&is_changed), Arc::clone(&may_refuse), AtomicUsize::new(0));
    let server = Scripted::start(move |request, _| {
        let is_old = request.header("authorization") == Some("Bearer sk-old");
        match (is_old && changed.load(Ordering::SeqCst), asked.fetch_add(1, Ordering::SeqCst)) {
            (false, _) => Act::Reply(completion(&answer("ls"))),
            // The first of the two is refused last.
            (true, 1) => Act::ReplyWhen(Arc::clone(&refuse), json("401 Unauthorized", "{}")),
            (true, _) => Act::Reply(json("401 Unauthorized", "{}")),
        }
    });
    let key = KeySettings::Command(["cat", "key"].map(str::to_owned).to_vec());
    let base_url = format!("{}/v1", server.origin("http"));
    let place = ServerSettings::new(WireSettings::OpenAi, base_url.parse().expect("a valid base URL"));
    let settings = settings_of(place, "m", Some(key.clone()));
    let provider = build(&settings, &HttpPool::new(), secrets::source(&key, None));
    let mut facts = facts(&[]);
    facts.home = Some(home.path().to_owned());
    let told = |answer: Result<_, AttemptError>| answer.map(drop);
    assert_eq!(told(ask_with(&provider, &facts, limits()).await), Ok(()));
    std::fs::write(home.path().join("key"), "sk-new").expect("writes");
    is_changed.store(true, Ordering::SeqCst);
    let first = ask_with(&provider, &facts, limits());
    let second = async {
        while server.requests().len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let answered = ask_with(&provider, &facts, limits()).await;
        may_refuse.store(true, Ordering::SeqCst);
        answered
    };
    let (first, second) = futures_util::future::join(first, second).await;
    assert_eq!((told(first), told(second)), (Ok(()), Ok(())));
}

#[tokio::test]
async fn a_rejected_key_is_fetched_anew() {
    let home = tempfile::tempdir().expect("makes a directory");
    std::fs::write(home.path().join("key"), "sk-old").expect("writes");
    let server = FakeProvider::always(Reply::status("401 Unauthorized", "", ""));
    let key = KeySettings::Command(["cat", "key"].map(str::to_owned).to_vec());
    let place = ServerSettings::new(WireSettings::OpenAi, server.base_url().parse().expect("a valid base URL"));
    let settings = settings_of(place, "m", Some(key.clone()));
    let provider = build(&settings, &HttpPool::new(), secrets::source(&key, None));
    let mut facts = facts(&[]);
    facts.home = Some(home.path().to_owned());
    assert_eq!(ask_with(&provider, &facts, limits()).await.map_err(|error| error.class), Err(FailureClass::Auth));

    std::fs::write(home.path().join("key"), "sk-new").expect("writes");
    server.set(Script::Always(Reply::stream(&answer("ls"))));
    assert!(ask_with(&provider, &facts, limits()).await.is_ok());
    std::fs::write(home.path().join("key"), "sk-newer").expect("writes");
    assert!(ask_with(&provider, &facts, limits()).await.is_ok());
    let sent: Vec<_> = server.requests().iter().filter_map(|request| request.header("authorization").map(str::to_owned)).collect();
    assert_eq!(sent, ["Bearer sk-old", "Bearer sk-new", "Bearer sk-new"], "a key that works is remembered");

    // One that worked and is refused now was changed: it is fetched and tried once more at once, and only once.
    let refused = || Reply::status("401 Unauthorized", "", "");
    server.set(Script::Sequence(vec![refused(), Reply::stream(&answer("ls"))]));
    assert!(ask_with(&provider, &facts, limits()).await.is_ok());
    std::fs::write(home.path().join("key"), "sk-newest").expect("writes");
    server.set(Script::Always(refused()));
    assert_eq!(ask_with(&provider, &facts, limits()).await.map_err(|error| error.class), Err(FailureClass::Auth));
    let sent: Vec<_> = server.requests().iter().filter_map(|request| request.header("authorization").map(str::to_owned)).collect();
    assert_eq!(sent[3..], ["Bearer sk-new", "Bearer sk-newer", "Bearer sk-newer", "Bearer sk-newest"]);
}
