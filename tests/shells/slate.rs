//! A scripted stand-in for the slate that a resident has for a fish.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use gptos::domain::ShellKind;
use gptos::line::one_go::{Unseen, bare_words, in_one_go, plain_words};

use crate::pipes::FakeEnds;

/// One question as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub names: Vec<String>,
    pub cursor: String,
    pub line: String,
}

impl Asked {
    /// A proper answer of these commands.
    pub fn told(&self, commands: &[&str]) -> String {
        let commands: String = commands.iter().map(|command| format!("cmd\0{command}\0{}\0", crate::resident::NOTE)).collect();
        self.says(&format!("{commands}end\x000\0\0"))
    }

    /// These records in an answer.
    pub fn says(&self, records: &str) -> String {
        let at = format!("cursor={}", self.cursor);
        let (words, told) = plain_words(&self.line).map_or_else(|| (bare_words(&self.line).unwrap(), at.as_str()), |words| (words, ""));
        in_one_go(records, ShellKind::Fish, Some(Unseen { line: &self.line, words, told, uptime: &gptos::platform::uptime() }))
    }
}

/// The stand-in.
pub type FakeSlate = FakeEnds<Asked>;

impl FakeSlate {
    /// One that answers by this rule; without an answer it is dead.
    pub fn serve(rule: impl Fn(&Asked) -> Option<String> + Send + 'static) -> Self {
        Self::serve_in(Path::new("/dev/shm"), rule)
    }

    /// The same in this folder.
    pub fn serve_in(folder: &Path, rule: impl Fn(&Asked) -> Option<String> + Send + 'static) -> Self {
        let slate = Self { dir: tempfile::Builder::new().prefix("gptos-s").tempdir_in(folder).unwrap(), questions: Arc::default() };
        let [ask, told] = ["ask", "told"].map(|which| slate.end(which));
        for file in [&ask, &told] {
            fs::write(file, "").unwrap();
        }
        let asked = Arc::clone(&slate.questions);
        thread::spawn(move || {
            while let Ok(bytes) = fs::read(&ask) {
                if let Some(question) = read(&bytes) {
                    asked.lock().unwrap().push(question.clone());
                    let Some(answer) = rule(&question) else { return };
                    fs::write(&told, answer).unwrap();
                    fs::write(&ask, "").unwrap();
                }
                thread::sleep(Duration::from_millis(1));
            }
        });
        slate
    }

    /// The lines of all questions.
    pub fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

/// A whole question.
fn read(bytes: &[u8]) -> Option<Asked> {
    let text = String::from_utf8_lossy(bytes);
    let (names, rest) = text.split_once('\0')?;
    let (cursor, line) = rest.strip_suffix('\n')?.split_once('\n')?;
    let names = names.split_whitespace().map(str::to_owned).collect();
    Some(Asked { names, cursor: cursor.to_owned(), line: line.to_owned() })
}
