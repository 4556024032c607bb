//! A scripted stand-in for the resident: it listens where a shell looks for it and says what the test has it say.

use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use tempfile::TempDir;

use crate::terminal::Setup;

/// What it answers.
#[derive(Clone)]
pub enum Say {
    /// Records, in a proper answer.
    Records(Vec<(String, String)>),
    /// These bytes, and then the connection is closed.
    Raw(Vec<u8>),
    /// These bytes, again and again until nobody reads any more.
    Endless(Vec<u8>),
    /// These bytes, and then nothing more.
    Hang(Vec<u8>),
}

impl Say {
    /// The suggestions of an answer, each with a plain note.
    pub fn commands(commands: &[&str]) -> Self {
        Self::Records(commands.iter().map(|command| ("cmd".to_owned(), (*command).to_owned())).collect())
    }

    /// That the program is to be started.
    pub fn ask() -> Self {
        Self::Records(vec![("ask".to_owned(), String::new())])
    }

    /// A proper answer with this body.
    pub fn body(body: &[u8]) -> Vec<u8> {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        [head.as_bytes(), body].concat()
    }
}

/// The note of every suggestion it makes.
pub const NOTE: &str = "cache · risk none";

/// One question: what for, and the words.
pub type Question = (String, String);

/// The listening stand-in. Dropping it leaves the thread behind with the socket gone; it ends with the test.
pub struct FakeResident {
    root: TempDir,
    questions: Arc<Mutex<Vec<Question>>>,
    /// The last question for an answer as it came.
    body: Arc<Mutex<Vec<u8>>>,
    /// The questions whose askers have closed the connection.
    done: Arc<Mutex<Vec<Question>>>,
}

impl FakeResident {
    /// One that answers by this rule.
    pub fn start(rule: impl Fn(&str, &str) -> Say + Send + 'static) -> Self {
        let root = tempfile::Builder::new().prefix("gptos-r").tempdir().unwrap();
        let resident = Self { root, questions: Arc::default(), body: Arc::default(), done: Arc::default() };
        let folder = resident.folder();
        for part in [folder.parent().unwrap(), &folder] {
            fs::create_dir(part).unwrap();
            fs::set_permissions(part, fs::Permissions::from_mode(0o700)).unwrap();
        }
        let listener = UnixListener::bind(resident.socket()).unwrap();
        fs::set_permissions(resident.socket(), fs::Permissions::from_mode(0o600)).unwrap();
        let (questions, body, done) = (Arc::clone(&resident.questions), Arc::clone(&resident.body), Arc::clone(&resident.done));
        let rule = Arc::new(Mutex::new(rule));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (questions, body, rule, done) = (Arc::clone(&questions), Arc::clone(&body), Arc::clone(&rule), Arc::clone(&done));
                thread::spawn(move || {
                    let question = serve(stream, (&questions, &body), &|wish, words| rule.lock().unwrap()(wish, words));
                    done.lock().unwrap().push(question);
                });
            }
        });
        resident
    }

    /// The folder of the socket.
    pub fn folder(&self) -> PathBuf {
        self.root.path().join("run/gptos")
    }

    /// The socket.
    pub fn socket(&self) -> PathBuf {
        self.folder().join("v1.sock")
    }

    /// What was asked so far, also connections without a question.
    pub fn questions(&self) -> Vec<Question> {
        self.questions.lock().unwrap().clone()
    }

    /// Whether somebody who asked this about these words has got the answer and closed the connection.
    pub fn has_served(&self, wish: &str, words: &str) -> bool {
        self.done.lock().unwrap().iter().any(|(done, about)| done == wish && about == words)
    }

    /// The words that were asked for an answer.
    pub fn asked(&self) -> Vec<String> {
        self.questions().into_iter().filter(|(wish, _)| wish != "ghost" && wish != "reading").map(|(_, words)| words).collect()
    }

    /// The last question for an answer as it came.
    pub fn last_body(&self) -> String {
        String::from_utf8(self.body.lock().unwrap().clone()).unwrap()
    }

    /// A shell whose script belongs to its build. On a busy machine the stand-in is slower than a key waits by default.
    pub fn setup(&self, setup: Setup) -> Setup {
        let runtime = ("XDG_RUNTIME_DIR".to_owned(), self.folder().parent().unwrap().display().to_string());
        let before = format!("_GPTOS_BUILD=test _GPTOS_BUILD_BIN=$GPTOS_BIN _GPTOS_SOCKET_LIMIT=10\n{}", setup.before);
        Setup { before, env: [setup.env, vec![runtime]].concat(), ..setup }
    }
}

/// A listener that takes no connection, and whose queue is full.
pub struct Full {
    root: TempDir,
    _listener: UnixListener,
    _waiting: Vec<std::os::fd::OwnedFd>,
}

impl Full {
    /// One with as many waiting connections as the system keeps.
    pub fn new() -> Self {
        let root = tempfile::Builder::new().prefix("gptos-r").tempdir().unwrap();
        let folder = root.path().join("run/gptos");
        for part in [folder.parent().unwrap(), &folder] {
            fs::create_dir(part).unwrap();
            fs::set_permissions(part, fs::Permissions::from_mode(0o700)).unwrap();
        }
        let socket = folder.join("v1.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o600)).unwrap();
        let address = rustix::net::SocketAddrUnix::new(&socket).unwrap();
        let mut waiting = Vec::new();
        loop {
            let flags = rustix::net::SocketFlags::NONBLOCK;
            let one = rustix::net::socket_with(rustix::net::AddressFamily::UNIX, rustix::net::SocketType::STREAM, flags, None).unwrap();
            match rustix::net::connect(&one, &address) {
                Ok(()) => waiting.push(one),
                Err(rustix::io::Errno::AGAIN) => break,
                Err(error) => panic!("{error}"),
            }
        }
        Self { root, _listener: listener, _waiting: waiting }
    }

    /// A shell that would ask it.
    pub fn setup(&self, setup: Setup) -> Setup {
        let runtime = ("XDG_RUNTIME_DIR".to_owned(), self.root.path().join("run").display().to_string());
        let before = format!("_GPTOS_BUILD=test _GPTOS_BUILD_BIN=$GPTOS_BIN\n{}", setup.before);
        Setup { before, env: [setup.env, vec![runtime]].concat(), ..setup }
    }
}

fn serve(
    mut stream: UnixStream,
    (questions, body): (&Mutex<Vec<Question>>, &Mutex<Vec<u8>>),
    rule: &dyn Fn(&str, &str) -> Say,
) -> Question {
    let mut bytes = Vec::new();
    let mut chunk = [0; 65536];
    let question = loop {
        match stream.read(&mut chunk) {
            Ok(count) if count > 0 => bytes.extend_from_slice(&chunk[..count]),
            _ => break (String::new(), String::new()),
        }
        if let Some(question) = read(&bytes) {
            break question;
        }
    };
    if question.0 == "answer" {
        *body.lock().unwrap() = bytes;
    }
    questions.lock().unwrap().push(question.clone());
    match rule(&question.0, &question.1) {
        Say::Records(records) => {
            let ended = [("end".to_owned(), "0".to_owned())];
            let note = |kind: &str| if kind == "cmd" { NOTE } else { "" };
            let body: String = records.iter().chain(&ended).map(|(kind, text)| format!("{kind}\0{text}\0{}\0", note(kind))).collect();
            let _ = stream.write_all(&Say::body(body.as_bytes()));
        }
        Say::Raw(bytes) => {
            let _ = stream.write_all(&bytes);
        }
        Say::Endless(bytes) => while stream.write_all(&bytes).is_ok() {},
        Say::Hang(bytes) => {
            let _ = stream.write_all(&bytes);
            // Until the other end closes.
            let _ = stream.read(&mut chunk);
        }
    }
    let _ = stream.shutdown(Shutdown::Write);
    while stream.read(&mut chunk).is_ok_and(|count| count > 0) {}
    question
}

/// A question, once it is whole.
fn read(bytes: &[u8]) -> Option<Question> {
    let text = String::from_utf8_lossy(bytes);
    let (head, _) = text.split_once("\r\n\r\n")?;
    let length: usize = head.split("content-length: ").nth(1)?.split("\r\n").next()?.parse().ok()?;
    let body = bytes.windows(4).position(|part| part == b"\r\n\r\n").map(|at| &bytes[at + 4..])?;
    if body.len() < length {
        return None;
    }
    let body = String::from_utf8_lossy(body).into_owned();
    let (facts, rest) = body.split_once("\0\0")?;
    let wish = facts.split('\0').find_map(|field| field.strip_prefix("wish=")).unwrap_or_default();
    Some((wish.to_owned(), rest.split('\0').next().unwrap_or_default().to_owned()))
}
