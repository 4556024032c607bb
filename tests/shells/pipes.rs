//! A scripted stand-in for the pipes that a resident has for a bash.

use std::fs::File;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use tempfile::TempDir;

/// One question as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub names: Vec<String>,
    pub turn: String,
    pub words: String,
    /// The options and the keyed fields.
    pub rest: Vec<String>,
}

impl Asked {
    /// A proper answer of these commands.
    pub fn told(&self, commands: &[&str]) -> Vec<u8> {
        let commands: String = commands.iter().map(|command| format!("cmd\x1f{command}\x1f{}\x1f", crate::resident::NOTE)).collect();
        self.says(&format!("{commands}end\x1f0\x1f\x1f"))
    }

    /// That the program is to be started.
    pub fn is_for_the_program(&self) -> Vec<u8> {
        self.says("ask\x1f\x1f\x1fend\x1f0\x1f\x1f")
    }

    /// A text behind the head of an answer.
    pub fn says(&self, text: &str) -> Vec<u8> {
        let counts_bytes = self.rest.iter().any(|field| field == "counts=bytes");
        let length = if counts_bytes { text.len() } else { text.chars().count() };
        format!("{}{length:05}{text}", self.turn).into_bytes()
    }
}

/// What a stand-in has for one shell, and what it was asked there. Its thread ends with its rule or with the test.
pub struct FakeEnds<A> {
    pub dir: TempDir,
    pub questions: Arc<Mutex<Vec<A>>>,
}

impl<A: Clone> FakeEnds<A> {
    /// What the name of each end begins with.
    pub fn place(&self) -> PathBuf {
        self.dir.path().join("17.1")
    }

    /// The file of one end, `ask` or `told`.
    pub fn end(&self, which: &str) -> PathBuf {
        self.dir.path().join(format!("17.1.{which}"))
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<A> {
        self.questions.lock().unwrap().clone()
    }
}

/// The stand-in.
pub type FakePipes = FakeEnds<Asked>;

impl FakePipes {
    /// One that answers by this rule; without an answer it closes its ends, as a resident does that dies.
    pub fn serve(rule: impl Fn(&Asked) -> Option<Vec<u8>> + Send + 'static) -> Self {
        let pipes = Self { dir: tempfile::tempdir().unwrap(), questions: Arc::default() };
        for which in ["ask", "told"] {
            let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
            rustix::fs::mknodat(rustix::fs::CWD, pipes.end(which), rustix::fs::FileType::Fifo, mode, 0).unwrap();
        }
        let both = |which| File::options().read(true).write(true).open(pipes.end(which)).unwrap();
        let (mut ask, reader) = (both("ask"), both("told"));
        let mut told = File::options().write(true).open(pipes.end("told")).unwrap();
        drop(reader);
        let asked = Arc::clone(&pipes.questions);
        thread::spawn(move || {
            let (mut bytes, mut chunk) = (Vec::new(), [0; 65536]);
            while let Ok(count) = ask.read(&mut chunk) {
                bytes.extend_from_slice(&chunk[..count]);
                while let Some(question) = take(&mut bytes) {
                    asked.lock().unwrap().push(question.clone());
                    let Some(answer) = rule(&question) else { return };
                    let _ = told.write_all(&answer);
                }
            }
        });
        pipes
    }

    /// The words of all questions.
    pub fn words(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.words).collect()
    }
}

/// The first question, once it is whole.
fn take(bytes: &mut Vec<u8>) -> Option<Asked> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let fields: Vec<&str> = text.split_terminator('\0').collect();
    let end = 4 + fields.get(4..)?.iter().position(|field| *field == "end")?;
    let length: usize = fields[..=end].iter().map(|field| field.len() + 1).sum();
    if length > bytes.len() {
        return None;
    }
    bytes.drain(..length);
    Some(Asked {
        names: fields[0].split_whitespace().map(str::to_owned).collect(),
        turn: fields[1].to_owned(),
        words: fields[2].to_owned(),
        rest: fields[3..end].iter().filter(|field| !field.is_empty()).map(|field| (*field).to_owned()).collect(),
    })
}
