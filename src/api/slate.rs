//! Slates: two files in memory for a shell that can neither open a socket nor look at a pipe without waiting for its other end, which is fish.
//!
//! It writes its question to `NAME.ask`: the names of its commands, a NUL, where the cursor stands, and the line, each with a line break
//! behind it. The resident is told when that is closed, writes the answer to `NAME.told`, as a program would print it, and empties the
//! question; that is how the shell sees that it may read. A slate holds one question: who does not wait for its answer asks on a new one.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::unix::AsyncFd;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::shell_files::{ShellFiles, is_fit};
use super::{MAX_BODY, Shared};
use crate::domain::ShellKind;
use crate::line::one_go::{Unseen, bare_words, in_one_go, plain_words};
use crate::line::question::Question;
use crate::platform;

/// How long an answer stands there after it was given.
const STANDS: Duration = Duration::from_secs(1);
/// What is said of a line that is neither `?? words` nor words alone: the shell is to read it itself.
const OTHER: &str = "other\n";
/// What is said when nothing is at hand: the shell is to start the program.
const TRIED: &str = "tried\n";

/// Where all slates lie, and who is told that something was written on them.
#[derive(Debug)]
pub(super) struct Desk {
    watcher: Arc<AsyncFd<OwnedFd>>,
    written: Arc<Mutex<HashMap<OsString, Arc<Notify>>>>,
    task: AbortHandle,
}

#[expect(deprecated, reason = "it is unsound only for what lends its descriptor to others, and these own one")]
impl Desk {
    /// An empty one, whose task ends with it.
    ///
    /// # Errors
    /// When the system watches no files, or no more of them.
    pub(super) fn new() -> io::Result<Self> {
        let watcher = Arc::new(AsyncFd::new(platform::watcher()?)?);
        let written: Arc<Mutex<HashMap<OsString, Arc<Notify>>>> = Arc::default();
        let (watched, told) = (Arc::clone(&watcher), Arc::clone(&written));
        let task = tokio::spawn(async move {
            while let Ok(mut ready) = watched.readable().await {
                match platform::written_files(watched.get_ref()) {
                    Ok(names) => {
                        let told = told.lock().unwrap_or_else(PoisonError::into_inner);
                        names.iter().filter_map(|name| told.get(name)).for_each(|slate| slate.notify_one());
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready.clear_ready(),
                    Err(_) => return,
                }
            }
        });
        Ok(Self { watcher, written, task: task.abort_handle() })
    }

    /// Whether it hears of nothing any more.
    pub(super) fn is_deaf(&self) -> bool {
        self.task.is_finished()
    }

    /// Makes a slate with this name, which lies in the folder of all, for a process that stands for a shell.
    ///
    /// # Errors
    /// When something stands there already, or there is no such process.
    pub(super) fn slate(&self, name: &str, shell: i32) -> io::Result<Slate> {
        let end = AsyncFd::new(platform::end_of_process(shell)?)?;
        let files = ShellFiles::new(name);
        let (folder, file_name) = files.ask.parent().zip(files.ask.file_name()).ok_or(io::ErrorKind::InvalidInput)?;
        platform::watch_folder(self.watcher.get_ref(), folder)?;
        let file_name = file_name.to_owned();
        let (asked, told) = (new_file(&files.ask)?, new_file(&files.told)?);
        let notify = Arc::new(Notify::new());
        let known = Arc::clone(&self.written);
        known.lock().unwrap_or_else(PoisonError::into_inner).insert(file_name.clone(), Arc::clone(&notify));
        Ok(Slate { _files: files, asked, told, shell, end, notify, known, file_name })
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An empty file that only this user may open.
fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}

/// The two files of one shell.
#[derive(Debug)]
pub(super) struct Slate {
    _files: ShellFiles,
    asked: File,
    told: File,
    shell: i32,
    end: AsyncFd<OwnedFd>,
    notify: Arc<Notify>,
    known: Arc<Mutex<HashMap<OsString, Arc<Notify>>>>,
    file_name: OsString,
}

impl Drop for Slate {
    fn drop(&mut self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.file_name);
    }
}

impl Slate {
    /// Answers what the shell writes until it ends. `first` is what it asked when it wanted the slate, and tells of it what does not change.
    pub(super) async fn serve(self, shared: &Shared, first: &Question) {
        let mut stands = false;
        loop {
            tokio::select! {
                () = self.notify.notified() => {}
                _ = self.end.readable() => return,
                () = tokio::time::sleep(STANDS), if stands => {
                    stands = false;
                    let Ok(()) = self.told.set_len(0) else { return };
                    continue;
                }
            }
            let Ok(written) = self.read() else { return };
            if written.is_empty() {
                continue;
            }
            let Some(cwd) = platform::directory_of(self.shell) else { return };
            let answer = match Written::read(&written) {
                Some(written) => written.answer(shared, first, cwd).await,
                None => OTHER.to_owned(),
            };
            let Ok(()) = self.tell(&answer) else { return };
            stands = true;
        }
    }

    /// What stands there, no more of it than a question may have.
    fn read(&self) -> io::Result<Vec<u8>> {
        let length = usize::try_from(self.asked.metadata()?.len()).unwrap_or(usize::MAX);
        let mut bytes = vec![0; length.min(MAX_BODY + 1)];
        let mut filled = 0;
        while filled < bytes.len() {
            match self.asked.read_at(&mut bytes[filled..], filled as u64)? {
                0 => break,
                count => filled += count,
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }

    fn tell(&self, answer: &str) -> io::Result<()> {
        self.told.set_len(0)?;
        self.told.write_all_at(answer.as_bytes(), 0)?;
        self.asked.set_len(0)
    }
}

/// A question: `?? words` and nothing else, or what is either words or a command that is begun.
#[derive(Debug, PartialEq, Eq)]
struct Written<'a> {
    names: &'a str,
    line: &'a str,
    words: &'a str,
    /// Where the cursor stands matters for a command that is begun.
    told: String,
}

impl<'a> Written<'a> {
    /// `None` for a line that the shell is to read itself.
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= MAX_BODY)?;
        let (names, rest) = text.split_once('\0')?;
        let (cursor, line) = rest.strip_suffix('\n')?.split_once('\n')?;
        let cursor: usize = cursor.parse().ok()?;
        let told = || format!("cursor={cursor}");
        let (words, told) = plain_words(line).map(|words| (words, String::new())).or_else(|| Some((bare_words(line)?, told())))?;
        Some(Self { names, line, words, told })
    }

    async fn answer(&self, shared: &Shared, first: &Question, cwd: PathBuf) -> String {
        let Self { names, line, words, told } = self;
        let records = shared.line(first.again(cwd, format!("{words}\0{names}\0\0{told}\0").as_bytes())).await;
        let unseen = Unseen { line, words, told, uptime: &platform::uptime() };
        records.filter(is_fit).map_or(TRIED.to_owned(), |records| in_one_go(records.as_str(), ShellKind::Fish, Some(unseen)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_commands_that_are_begun_are_answered_and_nothing_else() {
        let read = |bytes: &'static [u8]| Written::read(bytes).map(|written| (written.names, written.line, written.words, written.told));
        assert_eq!(read(b"ll gs\x0012\n?? list files \n"), Some(("ll gs", "?? list files ", "list files", String::new())));
        assert_eq!(read(b"\x003\n?? \xc3\xa9\n"), Some(("", "?? \u{e9}", "\u{e9}", String::new())));
        assert_eq!(read(b"\x005\nls -l\n"), Some(("", "ls -l", "ls -l", "cursor=5".to_owned())));
        for other in [
            &b"\x003\n ?? list files\n"[..],
            b"\x003\n?? but smaller\n",
            b"\x003\n?? list\nfiles\n",
            b"\x003\nlist\nfiles\n",
            b"\x003\nlist\0files\n",
            b"\x003\n list files\n",
            b"\x003\n# list files\n",
            b"\x003\ngit? undo\n",
            b"\x003\n?? list files",
            b"\0-3\n?? list files\n",
            b"\0x\n?? list files\n",
            b"\0?? list files\n",
            b"3\n?? list files\n",
            b"\x003\n?? \xff\n",
            b"\x000\n\n",
            b"\0\n",
            b"\n",
        ] {
            assert_eq!(read(other), None, "{}", String::from_utf8_lossy(other));
        }
    }

    #[tokio::test]
    async fn a_desk_that_hears_nothing_more_says_so() {
        let desk = Desk::new().unwrap();
        assert!(!desk.is_deaf());
        desk.task.abort();
        tokio::task::yield_now().await;
        assert!(desk.is_deaf());
    }
}
