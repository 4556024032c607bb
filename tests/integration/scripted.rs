//! A server on a loopback port that keeps its connections, with or without TLS. What it does with a request, a function
//! says.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use crate::fake_provider::Recorded;

/// What to do with one request.
pub enum Act {
    /// Answer and keep the connection.
    Reply(String),
    /// Close the connection without a word.
    Close,
    /// Answer after a signal was given, and tell whether the client was still there.
    ReplyWhen(Arc<AtomicBool>, String),
}

/// Gets a request and its number on its connection, from 0.
pub type Script = dyn Fn(&Recorded, usize) -> Act + Send + Sync;

/// Any connection.
pub trait Channel: Read + Write + Send {}
impl<T: Read + Write + Send> Channel for T {}

/// A running server; it ends when it is dropped.
pub struct Scripted {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    stop: AtomicBool,
    connections: AtomicUsize,
    requests: Mutex<Vec<Recorded>>,
}

/// A whole JSON answer.
pub fn json(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// The answer of a chat completions server.
pub fn completion(text: &str) -> String {
    let body = serde_json::json!({ "model": "fake-1", "choices": [{ "message": { "content": text }, "finish_reason": "stop" }] });
    json("200 OK", &body.to_string())
}

impl Scripted {
    pub fn start(script: impl Fn(&Recorded, usize) -> Act + Send + Sync + 'static) -> Self {
        let script: Arc<Script> = Arc::new(script);
        Self::serve(move |stream, state| converse(Box::new(stream), state, script.as_ref()))
    }

    /// The same behind TLS, with a certificate that `data/authority.pem` vouches for.
    pub fn start_tls(script: impl Fn(&Recorded, usize) -> Act + Send + Sync + 'static) -> Self {
        let script: Arc<Script> = Arc::new(script);
        let config = tls(&[b"http/1.1"]);
        Self::serve(move |stream, state| converse(Box::new(secured(stream, &config)), state, script.as_ref()))
    }

    /// The same at an address of one's own choice; `None` where this machine does not have it.
    pub fn start_tls_at(address: &str, script: impl Fn(&Recorded, usize) -> Act + Send + Sync + 'static) -> Option<Self> {
        let (script, config): (Arc<Script>, _) = (Arc::new(script), tls(&[b"http/1.1"]));
        let listener = TcpListener::bind(address).ok()?;
        Some(Self::serve_on(listener, move |stream, state| converse(Box::new(secured(stream, &config)), state, script.as_ref())))
    }

    /// A TLS server that offers HTTP/2 and leaves the bytes to `talk`, which gets the number of the connection, from 0.
    pub fn start_h2(talk: impl Fn(&mut dyn Channel, usize) + Send + Sync + 'static) -> Self {
        let config = tls(&[b"h2"]);
        Self::serve(move |stream, state| {
            stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a socket");
            talk(&mut secured(stream, &config), state.connections.load(Ordering::SeqCst) - 1);
        })
    }

    fn serve(each: impl Fn(TcpStream, &State) + Send + Sync + 'static) -> Self {
        Self::serve_on(TcpListener::bind("127.0.0.1:0").expect("a free port"), each)
    }

    fn serve_on(listener: TcpListener, each: impl Fn(TcpStream, &State) + Send + Sync + 'static) -> Self {
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State::default());
        let (shared, each) = (Arc::clone(&state), Arc::new(each));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if shared.stop.load(Ordering::SeqCst) {
                    return;
                }
                shared.connections.fetch_add(1, Ordering::SeqCst);
                stream.set_read_timeout(Some(Duration::from_millis(20))).expect("a socket");
                let (state, each) = (Arc::clone(&shared), Arc::clone(&each));
                std::thread::spawn(move || each(stream, &state));
            }
        });
        Self { address, state }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// `http://127.0.0.1:PORT`, or with another scheme.
    pub fn origin(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address)
    }

    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    pub fn requests(&self) -> Vec<Recorded> {
        self.state.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The request lines so far, without the version.
    pub fn lines(&self) -> Vec<String> {
        let line = |request: &Recorded| request.head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
        self.requests().iter().map(line).collect()
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.state.stop.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

fn tls(protocols: &[&[u8]]) -> Arc<rustls::ServerConfig> {
    let certificate = CertificateDer::from(include_bytes!("data/vouched.cert.der").to_vec());
    let key = PrivatePkcs8KeyDer::from(include_bytes!("data/vouched.key.der").to_vec());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions of TLS");
    let mut config = versions.with_no_client_auth().with_single_cert(vec![certificate], key.into()).expect("the key fits the certificate");
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Arc::new(config)
}

fn secured(stream: TcpStream, config: &Arc<rustls::ServerConfig>) -> rustls::StreamOwned<rustls::ServerConnection, TcpStream> {
    rustls::StreamOwned::new(rustls::ServerConnection::new(Arc::clone(config)).expect("a session"), stream)
}

fn converse(mut stream: Box<dyn Channel>, state: &State, script: &Script) {
    let mut bytes = Vec::new();
    for number in 0.. {
        let Some(request) = read_request(stream.as_mut(), &mut bytes, state) else { return };
        let act = script(&request, number);
        state.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        let reply = match act {
            Act::Reply(reply) => reply,
            Act::Close => return,
            Act::ReplyWhen(signal, reply) => {
                if !wait_for(stream.as_mut(), &signal, state) {
                    return;
                }
                reply
            }
        };
        if stream.write_all(reply.as_bytes()).and_then(|()| stream.flush()).is_err() {
            return;
        }
    }
}

/// False when the client went away first.
fn wait_for(stream: &mut dyn Channel, signal: &AtomicBool, state: &State) -> bool {
    let mut buffer = [0; 64];
    while !signal.load(Ordering::SeqCst) {
        match stream.read(&mut buffer) {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            _ => return false,
        }
        if state.stop.load(Ordering::SeqCst) {
            return false;
        }
    }
    true
}

fn read_request(stream: &mut dyn Channel, bytes: &mut Vec<u8>, state: &State) -> Option<Recorded> {
    let mut buffer = [0; 8192];
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let (line, headers) = text.split_once("\r\n").unwrap_or((&text, ""));
            let headers: Vec<String> = headers
                .lines()
                .filter_map(|header| header.split_once(": "))
                .map(|(name, value)| format!("{}: {value}", name.to_lowercase()))
                .collect();
            let length = headers.iter().find_map(|header| header.strip_prefix("content-length: ")?.parse::<usize>().ok()).unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                let body = String::from_utf8_lossy(&bytes[end + 4..end + 4 + length]).into_owned();
                bytes.drain(..end + 4 + length);
                return Some(Recorded { head: format!("{line}\n{}", headers.join("\n")), body });
            }
        }
        match stream.read(&mut buffer) {
            Ok(count) if count > 0 => bytes.extend_from_slice(&buffer[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                if state.stop.load(Ordering::SeqCst) {
                    return None;
                }
            }
            _ => return None,
        }
    }
}
