//! A stand-in for an OpenTelemetry collector. It takes OTLP over HTTP and reads protobuf by the numbers of the fields in
//! the specification, so that what is sent is not checked by the code that sends it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

/// One span as it arrived.
#[derive(Debug, Clone)]
pub struct Span {
    pub trace: String,
    pub id: String,
    pub parent: String,
    pub name: String,
    /// 1 internal, 3 client.
    pub kind: u64,
    pub nanoseconds: u64,
    pub attributes: BTreeMap<String, Value>,
    pub events: Vec<(String, BTreeMap<String, Value>)>,
    /// 2 is an error.
    pub status: u64,
    pub resource: BTreeMap<String, Value>,
}

impl Span {
    pub fn text(&self, name: &str) -> &str {
        self.attributes.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// What it does with what it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Takes,
    /// Says that it is not there for now, nor for the next day.
    Refuses,
    /// Says yes, and then more than anybody wants to read.
    Floods,
    /// Reads, and never answers.
    Hangs,
}

struct State {
    manner: Mutex<Manner>,
    requests: Mutex<Vec<(String, Vec<u8>)>>,
    connections: AtomicUsize,
    ended: AtomicBool,
}

pub struct Collector {
    address: SocketAddr,
    state: Arc<State>,
}

impl Collector {
    pub fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(State {
            manner: Mutex::new(manner),
            requests: Mutex::default(),
            connections: AtomicUsize::new(0),
            ended: AtomicBool::new(false),
        });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if shared.ended.load(Ordering::Relaxed) {
                    return;
                }
                shared.connections.fetch_add(1, Ordering::Relaxed);
                let state = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        Self { address, state }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::Relaxed)
    }

    /// Everything that was sent, heads and bodies, taken or not.
    pub fn requests(&self) -> Vec<(String, Vec<u8>)> {
        self.state.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All spans that arrived.
    pub fn spans(&self) -> Vec<Span> {
        let whole = |(head, body): (String, Vec<u8>)| if head.contains("content-encoding: gzip") { unpacked(&body) } else { body };
        self.requests().into_iter().map(whole).flat_map(|body| spans(&body)).collect()
    }

    /// The spans of the last trace in which a request ended with this source and was recorded, which comes last, behind the reply.
    pub fn trace_of(&self, source: &str) -> Vec<Span> {
        let all = self.spans();
        let is_recorded = |root: &Span| all.iter().any(|span| span.trace == root.trace && span.name == "gptos.audit.append");
        let is_asked_for = |span: &&Span| span.name == "gptos.translate" && span.text("gptos.source") == source && is_recorded(span);
        let Some(trace) = all.iter().rev().find(is_asked_for).map(|root| root.trace.clone()) else { return Vec::new() };
        all.into_iter().filter(|span| span.trace == trace).collect()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

/// What somebody else's program makes of a compressed body.
fn unpacked(body: &[u8]) -> Vec<u8> {
    let mut command = Command::new("gzip");
    let mut child = command.arg("-dc").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("gzip");
    child.stdin.take().expect("its input").write_all(body).expect("it reads");
    child.wait_with_output().expect("its end").stdout
}

fn serve(stream: TcpStream, state: &State) {
    let Ok(mut answers) = stream.try_clone() else { return };
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if line == "\r\n" {
                break;
            }
            head.push_str(&line);
        }
        let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.trim().parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        state.requests.lock().unwrap_or_else(PoisonError::into_inner).push((head, body));
        let answer = match *state.manner.lock().unwrap_or_else(PoisonError::into_inner) {
            Manner::Takes => "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n",
            Manner::Refuses => "HTTP/1.1 503 Service Unavailable\r\nretry-after: 86400\r\ncontent-length: 0\r\n\r\n",
            Manner::Floods => "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\n\r\n",
            Manner::Hangs => "",
        };
        if answers.write_all(answer.as_bytes()).is_err() {
            return;
        }
        if answer.ends_with("x-protobuf\r\n\r\n") {
            while answers.write_all(&[b'x'; 65536]).is_ok() {}
            return;
        }
    }
}

// === Protobuf ===

enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl<'a> Field<'a> {
    fn bytes(&self) -> &'a [u8] {
        match self {
            Field::Bytes(bytes) => bytes,
            Field::Number(number) => panic!("bytes expected, not {number}"),
        }
    }

    fn number(&self) -> u64 {
        match self {
            Field::Number(number) => *number,
            Field::Bytes(_) => panic!("a number expected"),
        }
    }
}

/// The fields of a message, by their numbers.
fn fields(mut message: &[u8]) -> Vec<(u64, Field<'_>)> {
    fn varint(message: &mut &[u8]) -> u64 {
        let mut number = 0;
        for shift in (0..).step_by(7) {
            let (byte, rest) = message.split_first().expect("a whole number");
            *message = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                break;
            }
        }
        number
    }
    let mut found = Vec::new();
    while !message.is_empty() {
        let tag = varint(&mut message);
        let field = match tag & 7 {
            0 => Field::Number(varint(&mut message)),
            1 => {
                let (bytes, rest) = message.split_at(8);
                message = rest;
                Field::Number(u64::from_le_bytes(bytes.try_into().expect("eight bytes")))
            }
            2 => {
                let length = usize::try_from(varint(&mut message)).expect("a length");
                let (bytes, rest) = message.split_at(length);
                message = rest;
                Field::Bytes(bytes)
            }
            5 => {
                let (bytes, rest) = message.split_at(4);
                message = rest;
                Field::Number(u64::from(u32::from_le_bytes(bytes.try_into().expect("four bytes"))))
            }
            other => panic!("no such wire type: {other}"),
        };
        found.push((tag >> 3, field));
    }
    found
}

fn all(message: &[u8], number: u64) -> impl Iterator<Item = &[u8]> {
    fields(message).into_iter().filter(move |(found, _)| *found == number).map(|(_, field)| field.bytes())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn value(any: &[u8]) -> Value {
    let Some((number, field)) = fields(any).into_iter().next() else { return Value::Null };
    match number {
        1 => text(field.bytes()).into(),
        2 => (field.number() != 0).into(),
        3 => field.number().into(),
        4 => f64::from_bits(field.number()).into(),
        5 => all(field.bytes(), 1).map(value).collect(),
        other => panic!("no such kind of value: {other}"),
    }
}

fn attributes(message: &[u8], number: u64) -> BTreeMap<String, Value> {
    let pair = |pair: &[u8]| {
        let name = all(pair, 1).next().map(text).unwrap_or_default();
        (name, all(pair, 2).next().map_or(Value::Null, value))
    };
    all(message, number).map(pair).collect()
}

fn spans(request: &[u8]) -> Vec<Span> {
    let mut found = Vec::new();
    for of_resource in all(request, 1) {
        let resource = all(of_resource, 1).next().map(|resource| attributes(resource, 1)).unwrap_or_default();
        for message in all(of_resource, 2).flat_map(|scope| all(scope, 2).collect::<Vec<_>>()) {
            let parts = fields(message);
            let bytes = |number: u64| parts.iter().find(|(found, _)| *found == number).map_or(&[][..], |(_, field)| field.bytes());
            let number = |number: u64| parts.iter().find(|(found, _)| *found == number).map_or(0, |(_, field)| field.number());
            let event = |event: &[u8]| (all(event, 2).next().map(text).unwrap_or_default(), attributes(event, 3));
            found.push(Span {
                trace: hex(bytes(1)),
                id: hex(bytes(2)),
                parent: hex(bytes(4)),
                name: text(bytes(5)),
                kind: number(6),
                nanoseconds: number(8).checked_sub(number(7)).expect("it ends after it began"),
                attributes: attributes(message, 9),
                events: all(message, 11).map(event).collect(),
                status: fields(bytes(15)).iter().find(|(found, _)| *found == 3).map_or(0, |(_, field)| field.number()),
                resource: resource.clone(),
            });
        }
    }
    found
}
