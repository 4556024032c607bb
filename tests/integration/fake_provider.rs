//! A scripted chat completions server on a loopback port. It runs on a thread of its own, so a test of any kind can use
//! it, and records what it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// One request as it arrived.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// `POST /v1/chat/completions HTTP/1.1`, followed by the headers, in lower case but for the request line.
    pub head: String,
    pub body: String,
}

impl Recorded {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| line.split_once(": ").filter(|(found, _)| *found == name).map(|(_, value)| value))
    }
}

/// What the server does with a request, step by step.
#[derive(Debug, Clone)]
pub enum Step {
    Wait(Duration),
    Send(Vec<u8>),
    /// The same bytes again and again.
    Repeat(Vec<u8>, usize),
    /// Ends the connection with a reset instead of a close.
    Reset,
    /// Keeps the connection open and says nothing more.
    Hang,
}

/// The reaction to one request. The connection is closed after its last step.
#[derive(Debug, Clone)]
pub struct Reply(pub Vec<Step>);

const STREAM_HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";

/// One piece of a body of unknown length.
fn chunk(data: &str) -> Vec<u8> {
    format!("{:x}\r\n{data}\r\n", data.len()).into_bytes()
}

fn event(content: &str) -> String {
    let value =
        serde_json::json!({ "model": "fake-1", "choices": [{ "index": 0, "delta": { "content": content }, "finish_reason": null }] });
    format!("data: {value}\n\n")
}

fn finish(reason: &str) -> String {
    format!("data: {}\n\n", serde_json::json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] }))
}

/// The text of an answer as the model is asked to give it.
pub fn answer(command: &str) -> String {
    serde_json::json!({ "command": command, "reading": "as asked" }).to_string()
}

impl Reply {
    fn one(bytes: impl Into<Vec<u8>>) -> Self {
        Self(vec![Step::Send(bytes.into())])
    }

    /// A well-formed stream with this text in pieces of a few characters.
    pub fn stream(text: &str) -> Self {
        Self::stream_ending(text, "stop")
    }

    /// A stream with another finish reason.
    pub fn stream_ending(text: &str, reason: &str) -> Self {
        let mut reply = Self::half_stream(text);
        for data in [finish(reason), "data: [DONE]\n\n".to_owned()] {
            reply.0.push(Step::Send(chunk(&data)));
        }
        reply.then(Step::Send(b"0\r\n\r\n".to_vec()))
    }

    /// The head and the text of a stream, without its end.
    pub fn half_stream(text: &str) -> Self {
        let characters: Vec<char> = text.chars().collect();
        let pieces = characters.chunks(7).map(|piece| Step::Send(chunk(&event(&piece.iter().collect::<String>()))));
        Self(std::iter::once(Step::Send(STREAM_HEAD.into())).chain(pieces).collect())
    }

    /// A stream without a terminal event whose body ends properly.
    pub fn clean_end_without_done(text: &str) -> Self {
        Self::half_stream(text).then(Step::Send(b"0\r\n\r\n".to_vec()))
    }

    /// A stream of these events, verbatim.
    pub fn events(data: &str) -> Self {
        Self(vec![Step::Send(STREAM_HEAD.into()), Step::Send(chunk(data)), Step::Send(b"0\r\n\r\n".to_vec())])
    }

    /// A whole response of known length.
    pub fn status(status: &str, headers: &str, body: &str) -> Self {
        Self::one(format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()))
    }

    /// An answer that is not streamed although a stream was asked for.
    pub fn unstreamed(text: &str) -> Self {
        let body = serde_json::json!({ "model": "fake-1", "choices": [{ "message": { "content": text }, "finish_reason": "stop" }] });
        Self::status("200 OK", "content-type: application/json\r\n", &body.to_string())
    }

    /// An answer whose body is shorter than announced.
    pub fn short_body(text: &str) -> Self {
        let body = serde_json::json!({ "choices": [{ "message": { "content": text }, "finish_reason": "stop" }] }).to_string();
        let length = body.len() + 1;
        Self::one(format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        ))
    }

    /// A refusal of a parameter.
    pub fn unknown_parameter(name: &str) -> Self {
        let body = serde_json::json!({ "error": { "message": format!("Unsupported parameter: '{name}'"), "type": "invalid_request_error", "param": name } });
        Self::status("400 Bad Request", "content-type: application/json\r\n", &body.to_string())
    }

    /// Another host is named as the place of the answer.
    pub fn redirect(to: &str) -> Self {
        Self::status("307 Temporary Redirect", &format!("location: {to}\r\n"), "")
    }

    /// The login page of a network.
    pub fn html() -> Self {
        Self::status("200 OK", "content-type: text/html; charset=utf-8\r\n", "<!DOCTYPE html><title>Welcome to the hotel</title>")
    }

    /// 100 MB of a stream that never says anything.
    pub fn flood() -> Self {
        let piece = chunk(&format!(": {}\n", "x".repeat(64 * 1024 - 3)));
        Self(vec![Step::Send(STREAM_HEAD.into()), Step::Repeat(piece, 1600)])
    }

    /// 100 KB that decompress to far more than any answer.
    pub fn gzip_bomb() -> Self {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n";
        Self(vec![Step::Send(head.into()), Step::Send(compressed_spaces(64 * 1024)), Step::Hang])
    }

    /// Accepts the request and stays silent.
    pub fn nothing() -> Self {
        Self(vec![Step::Hang])
    }

    /// Adds a step.
    pub fn then(mut self, step: Step) -> Self {
        self.0.push(step);
        self
    }

    /// The same, later.
    pub fn after(mut self, delay: Duration) -> Self {
        self.0.insert(0, Step::Wait(delay));
        self
    }
}

/// A gzip stream, without its end, of `runs` times 258 spaces: one literal, then copies of it in fixed Huffman codes.
fn compressed_spaces(runs: usize) -> Vec<u8> {
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let (mut pending, mut count) = (0u32, 0);
    let mut put = |code: u32, length: u32| {
        for bit in (0..length).rev() {
            pending |= ((code >> bit) & 1) << count;
            count += 1;
            if count == 8 {
                bytes.push(u8::try_from(pending).expect("eight bits"));
                (pending, count) = (0, 0);
            }
        }
    };
    put(0b110, 3); // Last block; its type 01, low bit first.
    put(0b0011_0000 + 32, 8);
    for _ in 0..runs {
        put(0b1100_0101, 8); // Length 258.
        put(0, 5); // Distance 1.
    }
    bytes
}

/// How the reply to a request is chosen.
#[derive(Clone)]
pub enum Script {
    Always(Reply),
    /// One after the other; the last one stays.
    Sequence(Vec<Reply>),
    /// The first whose word the body of the request contains; otherwise status 500.
    ByWord(Vec<(&'static str, Reply)>),
    /// After a delay a command that echoes the word of the request that begins with `word-`, but with this chance, out of
    /// a hundred, a status 503.
    Echo {
        delay: Duration,
        failures: u32,
        seed: u32,
    },
}

/// A running server; it ends when it is dropped.
pub struct FakeProvider {
    address: SocketAddr,
    state: Arc<State>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct State {
    script: Mutex<Script>,
    requests: Mutex<Vec<Recorded>>,
    connections: Mutex<usize>,
    open: Mutex<usize>,
}

impl FakeProvider {
    /// Starts a server on a free port.
    pub fn start(script: Script) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            script: Mutex::new(script),
            requests: Mutex::default(),
            connections: Mutex::default(),
            open: Mutex::default(),
        });
        let (stop, stopped) = oneshot::channel();
        let shared = Arc::clone(&state);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("inside a runtime");
                tokio::select! {
                    () = accept(listener, shared) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address, state, stop: Some(stop), thread: Some(thread) }
    }

    /// A server that gives this reply to everything.
    pub fn always(reply: Reply) -> Self {
        Self::start(Script::Always(reply))
    }

    /// `http://127.0.0.1:PORT/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Replaces the script from the next request on.
    pub fn set(&self, script: Script) {
        *lock(&self.state.script) = script;
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.state.requests).clone()
    }

    /// The number of requests so far.
    pub fn count(&self) -> usize {
        lock(&self.state.requests).len()
    }

    /// Waits until no connection is open; false when one stays.
    pub fn wait_until_idle(&self, limit: Duration) -> bool {
        let start = std::time::Instant::now();
        while *lock(&self.state.open) > 0 {
            if start.elapsed() > limit {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        true
    }

    /// The number of connections so far, used or not.
    pub fn connections(&self) -> usize {
        *lock(&self.state.connections)
    }
}

impl Drop for FakeProvider {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        *lock(&state.connections) += 1;
        *lock(&state.open) += 1;
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            serve(stream, &state).await;
            *lock(&state.open) -= 1;
        });
    }
}

async fn serve(mut stream: TcpStream, state: &State) {
    let Some(request) = read_request(&mut stream).await else { return };
    // Asked beside the questions, whether a model is loaded; this server does not say.
    if ["GET /health ", "GET /api/ps "].iter().any(|line| request.head.starts_with(line)) {
        let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
        return;
    }
    let reply = choose(state, &request);
    lock(&state.requests).push(request);
    for step in reply.0 {
        match step {
            Step::Wait(delay) => tokio::time::sleep(delay).await,
            Step::Send(bytes) => {
                if stream.write_all(&bytes).await.is_err() {
                    return;
                }
                // So that each piece arrives as one of its own.
                let _ = stream.flush().await;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            Step::Repeat(bytes, times) => {
                for _ in 0..times {
                    if stream.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
            }
            Step::Reset => {
                // What was sent before shall arrive before.
                tokio::time::sleep(Duration::from_millis(50)).await;
                let _ = stream.set_zero_linger();
                return;
            }
            Step::Hang => {
                let mut rest = [0; 64];
                while stream.read(&mut rest).await.is_ok_and(|count| count > 0) {}
                return;
            }
        }
    }
    let _ = stream.shutdown().await;
}

fn choose(state: &State, request: &Recorded) -> Reply {
    match &mut *lock(&state.script) {
        Script::Always(reply) => reply.clone(),
        Script::Sequence(replies) if replies.len() > 1 => replies.remove(0),
        Script::Sequence(replies) => replies.first().cloned().unwrap_or_else(Reply::nothing),
        Script::Echo { delay, failures, seed } => {
            *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if (*seed >> 16) % 100 < *failures {
                return Reply::status("503 Service Unavailable", "", "");
            }
            let word = request.body.split(|c: char| !c.is_alphanumeric() && c != '-').find(|word| word.starts_with("word-"));
            Reply::unstreamed(&answer(&format!("echo {}", word.unwrap_or("nothing")))).after(*delay)
        }
        Script::ByWord(table) => {
            let found = table.iter().find(|(word, _)| request.body.contains(word)).map(|(_, reply)| reply.clone());
            found.unwrap_or_else(|| Reply::status("500 Internal Server Error", "", ""))
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<Recorded> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let (line, headers) = text.split_once("\r\n").unwrap_or((&text, ""));
            let names_lowered: Vec<String> = headers
                .lines()
                .filter_map(|header| header.split_once(": "))
                .map(|(name, value)| format!("{}: {value}", name.to_lowercase()))
                .collect();
            let head = format!("{line}\n{}", names_lowered.join("\n"));
            let length =
                names_lowered.iter().find_map(|header| header.strip_prefix("content-length: ")?.parse::<usize>().ok()).unwrap_or(0);
            if bytes.len() >= end + 4 + length {
                let body = String::from_utf8_lossy(&bytes[end + 4..end + 4 + length]).into_owned();
                return Some(Recorded { head, body });
            }
        }
        match stream.read(&mut buffer).await {
            Ok(count) if count > 0 => bytes.extend_from_slice(&buffer[..count]),
            _ => return None,
        }
    }
}
