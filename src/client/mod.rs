//! Asks the resident, blocking and with nothing but the standard library: no runtime, no TLS, no configuration file,
//! because every key press starts this code in a fresh process.
//!
//! It returns an answer or [`Unavailable`]; then the caller answers in its own process with what is left of the
//! deadline. The resident is an accelerator and never a single point of failure.

pub mod autostart;
mod connect;

use std::io::{self, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::domain::{ShellFacts, TraceParent};
use crate::platform::OwnBinary;
use crate::protocol::{
    Answer, BUILD_HEADER, BUILD_TIME_HEADER, BodyReader, HttpError, Record, ResponseHead, SuggestRequest, TRACE_HEADER, WireCandidate,
    WireShell, read_head, request_bytes,
};

/// A client that sees no response head within this time stops waiting for the resident.
pub const HEAD_LIMIT: Duration = Duration::from_millis(150);
/// The resident sends a progress record every 500 ms, so a longer silence means that it is stuck.
pub const SILENCE_LIMIT: Duration = Duration::from_millis(1200);
/// How often a waiting client gets the chance to show progress.
const TICK: Duration = Duration::from_millis(120);
/// The resident answers by the deadline; this much later the client stops believing it.
const GRACE: Duration = Duration::from_millis(300);

/// How long asking an older resident to go may take.
const DRAIN_LIMIT: Duration = Duration::from_millis(50);
/// How a refusal begins when the resident does not know a field of the request.
const UNREADABLE: &str = "HTTP 422";

/// Why the resident did not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unavailable {
    /// Nothing listens.
    NotRunning,
    /// It listens but does not answer in time.
    Unresponsive,
    /// The socket belongs to somebody else; nothing was sent.
    Foreign,
    /// The configuration turned it off.
    Off,
    /// It answered with something else than an answer: the reason in one line.
    Refused(String),
}

/// Where the resident is and who asks.
#[derive(Debug, Clone)]
pub struct Channel {
    /// The resident's socket.
    pub socket: PathBuf,
    /// The asking binary, when the system tells.
    pub binary: Option<OwnBinary>,
    /// The trace that the asking process is part of.
    pub caller: Option<TraceParent>,
}

/// One question to the resident.
pub struct Question<'a> {
    /// The request without key variables; they are added when the resident asks for them.
    pub request: SuggestRequest,
    /// The asking shell.
    pub facts: &'a ShellFacts,
    /// Reads a variable of the asking shell's environment.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// When the answer is due.
    pub deadline: Instant,
}

/// What a waiting client knows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Waiting {
    /// The provider that is being asked.
    pub on: Option<String>,
    /// What could be had at once, unchecked like every candidate on the wire.
    pub meanwhile: Option<WireCandidate>,
}

impl Channel {
    /// Asks for suggestions. `progress` is called about every 120 ms while waiting.
    ///
    /// # Errors
    /// [`Unavailable`] in every case in which the resident gave no answer of its own.
    pub fn suggest(&self, question: Question<'_>, progress: &mut dyn FnMut(&Waiting)) -> Result<Answer, Unavailable> {
        let mut request = question.request;
        // One more round for the resident that needs key variables, and no third: it named them all the first time.
        for _ in 0..2 {
            let left = question.deadline.saturating_duration_since(Instant::now());
            request.deadline_ms = Some(u64::try_from(left.as_millis()).unwrap_or(u64::MAX));
            let body = serde_json::to_vec(&request).map_err(|error| Unavailable::Refused(error.to_string()))?;
            match self.last_record(&body, question.deadline, progress)? {
                Record::Answer(answer) => return Ok(answer),
                Record::Off => return Err(Unavailable::Off),
                Record::NeedKeys { names } => {
                    request.shell = WireShell::from_facts(question.facts, &[]);
                    request.shell.keys = offered(names, question.variable);
                }
                Record::Progress { .. } => return Err(Unavailable::Unresponsive),
            }
        }
        Err(Unavailable::Refused("the resident keeps asking for key variables".to_owned()))
    }

    /// Hands over words that are being typed, so that their answer is at hand when they are asked.
    ///
    /// # Errors
    /// [`Unavailable`] when the resident did not take them within `limit`.
    pub fn prefetch(
        &self,
        mut request: SuggestRequest,
        variable: &dyn Fn(&str) -> Option<String>,
        limit: Duration,
    ) -> Result<(), Unavailable> {
        for _ in 0..2 {
            let body = serde_json::to_vec(&request).map_err(|error| Unavailable::Refused(error.to_string()))?;
            match serde_json::from_slice(&self.exchange("POST", "/v1/prefetch", &body, limit)?) {
                Ok(Record::NeedKeys { names }) => request.shell.keys = offered(names, variable),
                _ => break,
            }
        }
        Ok(())
    }

    fn last_record(&self, body: &[u8], deadline: Instant, progress: &mut dyn FnMut(&Waiting)) -> Result<Record, Unavailable> {
        let sent = self.send("POST", "/v1/suggest", body, HEAD_LIMIT);
        if matches!(&sent, Err(Unavailable::Refused(reason)) if reason.starts_with(UNREADABLE)) {
            self.drain_unreadable();
        }
        let (mut reader, head) = sent?;
        let mut framing = BodyReader::new(&head).map_err(broken)?;
        let mut waiting = Waiting::default();
        let mut text = Vec::new();
        let mut last_heard = Instant::now();
        loop {
            let end = (last_heard + SILENCE_LIMIT).min(deadline + GRACE);
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Unavailable::Unresponsive);
            }
            reader.get_ref().set_read_timeout(Some(left.min(TICK))).map_err(|error| broken(error.into()))?;
            match framing.next(&mut reader) {
                Ok(Some(piece)) => {
                    last_heard = Instant::now();
                    text.extend(piece);
                    if let Some(record) = take_records(&mut text, &mut waiting)? {
                        self.drain_older(&head);
                        return Ok(record);
                    }
                }
                Ok(None) => return Err(Unavailable::Refused("the answer ended without a result".to_owned())),
                Err(HttpError::Io(error)) if is_timeout(&error) => progress(&waiting),
                Err(error) => return Err(broken(error)),
            }
        }
    }

    /// Sends one request and reads the whole reply; for short exchanges such as status.
    ///
    /// # Errors
    /// [`Unavailable`] when there is no complete reply within `limit`, or the resident refuses.
    pub fn exchange(&self, method: &str, path: &str, body: &[u8], limit: Duration) -> Result<Vec<u8>, Unavailable> {
        let (mut reader, head) = self.send(method, path, body, limit)?;
        let mut framing = BodyReader::new(&head).map_err(broken)?;
        let mut whole = Vec::new();
        while let Some(piece) = framing.next(&mut reader).map_err(broken)? {
            whole.extend(piece);
        }
        Ok(whole)
    }

    /// Whether no process listens on the socket.
    pub fn is_absent(&self) -> bool {
        matches!(connect::connect(&self.socket, HEAD_LIMIT), Err(Unavailable::NotRunning))
    }

    /// Whether a process listens on the socket and belongs to this user.
    pub fn is_listening(&self) -> bool {
        connect::connect(&self.socket, HEAD_LIMIT).is_ok()
    }

    fn send(&self, method: &str, path: &str, body: &[u8], limit: Duration) -> Result<(BufReader<UnixStream>, ResponseHead), Unavailable> {
        let mut stream = connect::connect(&self.socket, limit)?;
        let (build, time) = match &self.binary {
            Some(binary) => (binary.build(), binary.modified_ns().to_string()),
            None => (String::new(), String::new()),
        };
        let caller = self.caller.map(|caller| caller.to_string());
        let mut headers = vec![(BUILD_HEADER, build.as_str()), (BUILD_TIME_HEADER, time.as_str())];
        headers.extend(caller.iter().map(|caller| (TRACE_HEADER, caller.as_str())));
        let request = request_bytes(method, path, &headers, body);
        stream.set_read_timeout(Some(limit)).and_then(|()| stream.write_all(&request)).map_err(|error| broken(error.into()))?;
        let mut reader = BufReader::new(stream);
        let head = read_head(&mut reader).map_err(broken)?;
        if head.status == 200 {
            return Ok((reader, head));
        }
        let mut reason = Vec::new();
        if let Ok(mut framing) = BodyReader::new(&head) {
            reason = framing.next(&mut reader).ok().flatten().unwrap_or_default();
        }
        Err(Unavailable::Refused(format!("HTTP {}: {}", head.status, String::from_utf8_lossy(&reason).trim())))
    }

    /// A resident that cannot read the request was built before something that is in it; it says its build elsewhere.
    fn drain_unreadable(&self) {
        if let Ok((_, head)) = self.send("GET", "/v1/status", b"", DRAIN_LIMIT) {
            self.drain_older(&head);
        }
    }

    /// Asks an older resident to finish and go, so that an upgrade needs no hand: this request has its answer, the
    /// next one starts the new binary.
    fn drain_older(&self, head: &ResponseHead) {
        let Some(binary) = &self.binary else { return };
        let (Some(build), Some(time)) = (head.header(BUILD_HEADER), head.header(BUILD_TIME_HEADER)) else { return };
        if build != binary.build() && time.parse::<i128>().is_ok_and(|time| time < binary.modified_ns()) {
            let _ = self.exchange("POST", "/v1/drain", b"", DRAIN_LIMIT);
        }
    }
}

/// Key variables as the asking shell has them, set or not.
fn offered(names: Vec<String>, variable: &dyn Fn(&str) -> Option<String>) -> Vec<(String, Option<String>)> {
    names.into_iter().map(|name| (name.clone(), variable(&name))).collect()
}

/// Takes whole lines off `text`; returns the first record that is not progress.
fn take_records(text: &mut Vec<u8>, waiting: &mut Waiting) -> Result<Option<Record>, Unavailable> {
    while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
        let line: Vec<u8> = text.drain(..=end).collect();
        let record = serde_json::from_slice(&line).map_err(|error| Unavailable::Refused(format!("unreadable record: {error}")))?;
        match record {
            Record::Progress { waiting_for, meanwhile, .. } => *waiting = Waiting { on: waiting_for, meanwhile },
            last => return Ok(Some(last)),
        }
    }
    Ok(None)
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

fn broken(error: HttpError) -> Unavailable {
    match error {
        HttpError::Io(_) => Unavailable::Unresponsive,
        HttpError::Malformed(what) => Unavailable::Refused(what.to_owned()),
    }
}
