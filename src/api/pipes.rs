//! Pipes with names for a shell that cannot open a socket: bash asks over them what `POST /v1/line` answers, without a process; fish, which
//! cannot open a pipe either without waiting for somebody, gets a [slate](super::slate).
//!
//! A shell has two: it writes its questions to `NAME.ask` and reads the answers from `NAME.told`. A question is the names of its
//! commands, a number, the words, its options, any number of fields `key=value`, and `end`, each with a NUL behind it. All else was
//! told when the pipes were asked for. An answer is that number, five digits for the length of what follows, and the records with
//! fields that end with the sign US, so that the shell reads it in one go. What is no question ends the pipes.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::unix::pipe;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::line::ask;
use super::shell_files::{ShellFiles, is_fit};
use super::slate::Desk;
use super::{MAX_BODY, Shared};
use crate::domain::ShellKind;
use crate::line::question::Question;
use crate::line::records::Records;
use crate::platform;

/// Most shells that are served; others start the program.
const MOST_SHELLS: usize = 128;
/// A question that has begun is whole by then.
const STALL_LIMIT: Duration = Duration::from_secs(2);
/// So much a pipe is to take before somebody reads, so that a shell never waits for a resident that hangs.
const WIDTH: usize = 256 * 1024;
/// Digits of the length in front of an answer.
const LENGTH_DIGITS: usize = 5;
/// Longest number of a question.
const LONGEST_TURN: usize = 8;
/// What a shell writes whose locale has no signs of several bytes.
const COUNTS_BYTES: &[u8] = b"counts=bytes";

/// The pipes and slates of all shells. Without a folder there are none.
#[derive(Debug, Clone, Default)]
pub struct Pipes(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    folder: Option<PathBuf>,
    open: Mutex<Open>,
}

/// Who is served, by process number, and how often pipes were made.
#[derive(Debug, Default)]
struct Open {
    shells: HashMap<i32, (u64, AbortHandle)>,
    desk: Option<Desk>,
    made: u64,
    closed: bool,
}

impl Pipes {
    /// Pipes in this folder. What lies there was left behind by a resident that was killed, and goes.
    pub fn in_folder(folder: PathBuf) -> Self {
        let _ = fs::remove_dir_all(&folder);
        Self(Arc::new(Inner { folder: Some(folder), open: Mutex::default() }))
    }

    /// Ends all of them; a shell that waits for an answer sees it at once.
    pub fn close(&self) {
        let Some(folder) = &self.0.folder else { return };
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        (open.closed, open.desk) = (true, None);
        for (_, (_, task)) in open.shells.drain() {
            task.abort();
        }
        let _ = fs::remove_dir_all(folder);
    }

    /// Makes pipes, or a slate, for the shell that asked this and serves them until it ends. What it had before ends. `None` when there are
    /// too many, or the system has none.
    pub(super) fn open(&self, shared: &Shared, question: Question, shell: i32) -> Option<String> {
        let folder = self.0.folder.as_deref()?;
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.closed || (open.shells.len() >= MOST_SHELLS && !open.shells.contains_key(&shell)) {
            return None;
        }
        open.made += 1;
        let number = open.made;
        let place = folder.join(format!("{shell}.{number}"));
        // The records hold no such signs.
        let name = place.to_str().filter(|name| !name.chars().any(char::is_control))?.to_owned();
        if fs::DirBuilder::new().mode(0o700).create(folder).is_err_and(|error| error.kind() != io::ErrorKind::AlreadyExists) {
            return None;
        }
        let (pipes, shared) = (self.clone(), shared.clone());
        let serving: BoxFuture<'static, ()> = if question.facts.shell == ShellKind::Fish {
            // What is written there must not reach a disk.
            if !platform::lies_in_memory(folder) {
                return None;
            }
            if open.desk.as_ref().is_none_or(Desk::is_deaf) {
                open.desk = Some(Desk::new().ok()?);
            }
            let slate = open.desk.as_ref()?.slate(&name, shell).ok()?;
            Box::pin(async move { slate.serve(&shared, &question).await })
        } else {
            let pair = Pair::make(&name, shell).ok()?;
            Box::pin(async move { pair.serve(&shared, &question).await })
        };
        let task = tokio::spawn(async move {
            serving.await;
            pipes.forget(shell, number);
        });
        if let Some((_, former)) = open.shells.insert(shell, (number, task.abort_handle())) {
            former.abort();
        }
        Some(name)
    }

    fn forget(&self, shell: i32, number: u64) {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.shells.get(&shell).is_some_and(|(known, _)| *known == number) {
            open.shells.remove(&shell);
        }
    }
}

/// The two pipes of one shell.
#[derive(Debug)]
struct Pair {
    _files: ShellFiles,
    shell: i32,
    end: AsyncFd<OwnedFd>,
    asked: pipe::Receiver,
    told: OwnedFd,
    read: Vec<u8>,
}

impl Pair {
    #[expect(deprecated, reason = "it is unsound only for what lends its descriptor to others, and this owns one")]
    fn make(name: &str, shell: i32) -> io::Result<Self> {
        let end = AsyncFd::new(platform::end_of_process(shell)?)?;
        let files = ShellFiles::new(name);
        let (asked, told) = Self::open(&files)?;
        Ok(Self { _files: files, shell, end, asked, told, read: Vec::new() })
    }

    fn open(ShellFiles { ask: asked, told }: &ShellFiles) -> io::Result<(pipe::Receiver, OwnedFd)> {
        platform::make_named_pipe(asked)?;
        platform::make_named_pipe(told)?;
        // Open for writing as well, so that it does not end each time the shell closes it.
        let receiver = pipe::OpenOptions::new().read_write(true).open_receiver(asked)?;
        platform::widen_pipe(&receiver, WIDTH);
        // Without a reader it could not be opened for writing alone, as it has to be: an answer for which the shell no longer waits
        // must not stay in the pipe.
        let reader = pipe::OpenOptions::new().read_write(true).open_receiver(told)?;
        let sender = pipe::OpenOptions::new().open_sender(told)?.into_nonblocking_fd()?;
        drop(reader);
        Ok((receiver, sender))
    }

    async fn serve(mut self, shared: &Shared, first: &Question) {
        loop {
            let written = tokio::select! {
                written = next(&mut self.asked, &mut self.read) => written,
                _ = self.end.readable() => return,
            };
            let (Some(written), Some(cwd)) = (written, platform::directory_of(self.shell)) else { return };
            let Some(asked) = Asked::read(&written) else { return };
            let answered = shared.line(first.again(cwd, &asked.context)).await;
            let Ok(()) = self.tell(&asked.answer(answered)) else { return };
        }
    }

    /// Writes an answer. A shell that has gone on meanwhile reads it no more.
    fn tell(&self, answer: &[u8]) -> io::Result<()> {
        match rustix::io::write(&self.told, answer) {
            Ok(written) if written == answer.len() => Ok(()),
            Err(rustix::io::Errno::PIPE) => Ok(()),
            Ok(_) => Err(io::ErrorKind::WriteZero.into()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The next question as it was written; `None` when what comes is none.
async fn next(pipe: &mut (impl AsyncRead + Unpin), read: &mut Vec<u8>) -> Option<Vec<u8>> {
    let mut end = None;
    loop {
        if let Some(end) = end_of_question(read) {
            let rest = read.split_off(end);
            return Some(std::mem::replace(read, rest));
        }
        if read.len() > MAX_BODY {
            return None;
        }
        if !read.is_empty() {
            end.get_or_insert_with(|| Instant::now() + STALL_LIMIT);
        }
        let more = pipe.read_buf(read);
        let count = match end {
            None => more.await,
            Some(end) => tokio::time::timeout_at(end, more).await.ok()?,
        };
        if count.ok()? == 0 {
            return None;
        }
    }
}

/// Where the first whole question ends.
fn end_of_question(bytes: &[u8]) -> Option<usize> {
    let mut begun = 0;
    for (index, end) in memchr::memchr_iter(0, bytes).enumerate() {
        if index >= 4 && &bytes[begun..end] == b"end" {
            return Some(end + 1);
        }
        begun = end + 1;
    }
    None
}

/// A question that came over a pipe.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    turn: String,
    counts_bytes: bool,
    /// What is written to a program.
    context: Vec<u8>,
}

impl Asked {
    fn read(written: &[u8]) -> Option<Self> {
        let mut fields = written.strip_suffix(b"end\0")?.splitn(4, |byte| *byte == 0);
        let (names, turn, words, rest) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let turn = std::str::from_utf8(turn).ok().filter(|turn| (1..=LONGEST_TURN).contains(&turn.len()))?;
        if !turn.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let counts_bytes = rest.split(|byte| *byte == 0).skip(1).any(|field| field == COUNTS_BYTES);
        Some(Self { turn: turn.to_owned(), counts_bytes, context: [words, b"\0", names, b"\0", rest].concat() })
    }

    /// What the shell reads: without an answer that it is to start the program.
    fn answer(&self, records: Option<Records>) -> Vec<u8> {
        let text = records.filter(is_fit).unwrap_or_else(ask).into_text().replace('\0', "\x1f");
        let length = if self.counts_bytes { text.len() } else { text.chars().count() };
        format!("{}{length:0LENGTH_DIGITS$}{text}", self.turn).into_bytes()
    }
}

#[cfg(test)]
#[path = "pipes_tests.rs"]
mod tests;
