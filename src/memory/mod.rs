//! What the user ran for which words: an append-only file of its own, so that it outlives the cache.
//!
//! The file is the truth. Whoever remembers something appends a record, whoever asks reads what was appended since; so a
//! resident, a process that answers for itself and `gptos memory forget` can use it at the same time. A thread of its own
//! touches the file; whoever asks waits for it a moment and then goes on with what was read before. Who may block reads by itself
//! while that thread has nothing to do: to wake it and be woken costs a tenth of an answer that is at hand.

mod entries;
mod file;
mod record;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use tracing::debug;

use self::entries::Entries;
pub use self::entries::MOST_LINES;
use self::file::{File, News};
pub use self::file::{MemoryError, look};
use self::record::{Line, Record};
use crate::domain::{LogEvent, ShellKind};
use crate::suggest::ports::{CacheKey, Memory, RanLine, Remembered};

/// Jobs that may wait for the disk; what comes then is not remembered.
const MOST_WAITING: usize = 256;

/// How long a question waits for the other thread to read the file. A disk that has made one wait so long makes no other wait until it is back.
const PATIENCE: Duration = Duration::from_millis(20);

/// How long somebody waits who wants to see or change the file itself.
const LONG_PATIENCE: Duration = Duration::from_secs(5);

/// How long a process that ends waits for what is not written yet.
const LAST_PATIENCE: Duration = Duration::from_millis(100);

/// A memory that lives as long as the process.
#[derive(Debug, Default)]
pub struct ShortMemory(Mutex<Entries>);

/// The memory on disk.
#[derive(Debug)]
pub struct FileMemory {
    shared: Arc<Shared>,
    waiting: SyncSender<Job>,
}

/// What the thread that touches the file does.
enum Job {
    Write(Record),
    /// Takes up what others have written.
    Read,
    /// Forgets the lines of these words, or all.
    Forget(Option<String>),
}

#[derive(Debug)]
struct Shared {
    /// Jobs handed in. Who hands one in wakes the thread, which needs the state, so that has another lock.
    asked: Mutex<u64>,
    /// Held while the disk is touched, and taken before the state.
    file: Mutex<File>,
    state: Mutex<State>,
    progress: Condvar,
}

#[derive(Debug, Default)]
struct State {
    entries: Entries,
    /// Jobs done.
    done: u64,
    /// Whether a question has waited in vain for a job that is still not done.
    is_stuck: bool,
    /// What came of the last job.
    failure: Option<MemoryError>,
    forgotten: usize,
}

impl FileMemory {
    /// Begins to read the file, which need not exist, and mends its end where a crash has torn it.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn open(directory: &Path) -> Result<Self, MemoryError> {
        let file = Mutex::new(File::new(directory));
        let shared = Arc::new(Shared { asked: Mutex::default(), file, state: Mutex::default(), progress: Condvar::new() });
        let (waiting, jobs) = sync_channel(MOST_WAITING);
        let working = Arc::clone(&shared);
        let worker = std::thread::Builder::new().name("memory".to_owned()).spawn(move || work(&working, &jobs));
        worker.map_err(|error| MemoryError::io(directory, error))?;
        let memory = Self { shared, waiting };
        memory.hand_in(Job::Read);
        Ok(memory)
    }

    /// Everything in it, the latest first.
    ///
    /// # Errors
    /// [`MemoryError`] when the file cannot be read, or not in time.
    pub fn all(&self) -> Result<Vec<Remembered>, MemoryError> {
        Ok(self.see_to(Job::Read)?.entries.all())
    }

    /// Forgets the lines that were run for these words, or all, and rewrites the file so that nothing of them is left in it.
    /// Says how many.
    ///
    /// # Errors
    /// [`MemoryError`] when the file cannot be rewritten, or not in time.
    pub fn forget(&self, query: Option<&str>) -> Result<usize, MemoryError> {
        Ok(self.see_to(Job::Forget(query.map(str::to_owned)))?.forgotten)
    }

    /// Hands a job in and waits for it.
    fn see_to(&self, job: Job) -> Result<MutexGuard<'_, State>, MemoryError> {
        let number = self.hand_in(job).ok_or(MemoryError::Slow)?;
        let (mut state, is_done) = self.wait_for(number, LONG_PATIENCE);
        match (state.failure.take(), is_done) {
            (Some(failure), _) => Err(failure),
            (None, false) => Err(MemoryError::Slow),
            (None, true) => Ok(state),
        }
    }

    /// The job's number; `None` when too many wait.
    fn hand_in(&self, job: Job) -> Option<u64> {
        let mut asked = lock(&self.shared.asked);
        if self.waiting.try_send(job).is_err() {
            debug!(event = LogEvent::MemoryFailed.name(), reason = "queue_full", "there is too much to do for the thread of the memory");
            return None;
        }
        *asked += 1;
        Some(*asked)
    }

    /// Waits for a job, and says whether it is done.
    fn wait_for(&self, number: u64, patience: Duration) -> (MutexGuard<'_, State>, bool) {
        let state = lock(&self.shared.state);
        let waited = self.shared.progress.wait_timeout_while(state, patience, |state| state.done < number);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let is_done = state.done >= number;
        (state, is_done)
    }

    /// What is known, with what others have written, unless the disk is slow.
    fn known(&self, may_block: bool) -> MutexGuard<'_, State> {
        if may_block && let Some(state) = self.read_here() {
            return state;
        }
        if lock(&self.shared.state).is_stuck {
            return lock(&self.shared.state);
        }
        let Some(number) = self.hand_in(Job::Read) else { return lock(&self.shared.state) };
        let (mut state, is_done) = self.wait_for(number, PATIENCE);
        state.is_stuck = !is_done;
        state
    }

    /// Reads on this thread, unless the other one has something to do: what that writes belongs to what is known.
    fn read_here(&self) -> Option<MutexGuard<'_, State>> {
        let mut file = self.shared.file.try_lock().ok()?;
        let asked = *lock(&self.shared.asked);
        if lock(&self.shared.state).done < asked {
            return None;
        }
        let news = file.read();
        let mut state = lock(&self.shared.state);
        // What came of the other thread's jobs is told to who waits for it.
        let failure = state.failure.take();
        state.take_up(news);
        state.failure = failure;
        Some(state)
    }
}

impl State {
    fn take_up(&mut self, news: Result<News, MemoryError>) {
        self.failure = match news {
            Ok(news) => {
                if news.is_another {
                    self.entries = Entries::default();
                }
                news.records.into_iter().for_each(|record| self.entries.apply(record));
                None
            }
            Err(error) => {
                debug!(event = LogEvent::MemoryFailed.name(), reason = "io", detail = %error, "the file of what was run gave trouble");
                Some(error)
            }
        };
    }
}

impl Drop for FileMemory {
    /// Gives what is not written yet a moment.
    fn drop(&mut self) {
        self.flush(LAST_PATIENCE);
    }
}

/// Does the jobs. Where the disk refuses, nothing is remembered.
fn work(shared: &Shared, jobs: &Receiver<Job>) {
    for job in jobs {
        let mut forgotten = 0;
        let mut file = lock(&shared.file);
        let outcome = match job {
            Job::Write(record) => file.append(&record),
            Job::Read => Ok(()),
            Job::Forget(query) => file.rewrite(|entries| forgotten = entries.forget(query.as_deref())),
        };
        let news = outcome.and_then(|()| file.read());
        let mut state = lock(&shared.state);
        state.take_up(news);
        state.forgotten = forgotten;
        state.done += 1;
        state.is_stuck = false;
        drop((state, file));
        shared.progress.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn ran(ran: &RanLine<'_>) -> Record {
    let at = ran.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    Record::Ran(Line {
        key: digits(ran.key),
        shape: ran.shape.map(str::to_owned),
        shell: ran.shell.name().to_owned(),
        query: ran.query.as_str().to_owned(),
        command: ran.command.as_str().to_owned(),
        worked: u32::from(ran.worked),
        failed: u32::from(!ran.worked),
        at: u64::try_from(at).unwrap_or(u64::MAX),
    })
}

/// Half of a key: enough to tell questions apart, and a shorter file.
fn digits(key: &CacheKey) -> String {
    key.0[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Memory for FileMemory {
    fn recall(&self, key: &CacheKey, may_block: bool) -> Vec<Remembered> {
        self.known(may_block).entries.recall(&digits(key))
    }

    fn alike(&self, shape: &str, shell: ShellKind) -> Vec<Remembered> {
        lock(&self.shared.state).entries.alike(shape, shell)
    }

    fn record(&self, line: &RanLine<'_>) {
        self.hand_in(Job::Write(ran(line)));
    }

    fn uses(&self, key: &CacheKey) -> (u32, bool) {
        lock(&self.shared.state).entries.uses(&digits(key))
    }

    fn offered(&self, key: &CacheKey) {
        self.hand_in(Job::Write(Record::Offered { key: digits(key) }));
    }

    fn flush(&self, patience: Duration) {
        let asked = *lock(&self.shared.asked);
        drop(self.wait_for(asked, patience));
    }
}

impl Memory for ShortMemory {
    fn recall(&self, key: &CacheKey, _may_block: bool) -> Vec<Remembered> {
        lock(&self.0).recall(&digits(key))
    }

    fn alike(&self, shape: &str, shell: ShellKind) -> Vec<Remembered> {
        lock(&self.0).alike(shape, shell)
    }

    fn record(&self, line: &RanLine<'_>) {
        lock(&self.0).apply(ran(line));
    }

    fn uses(&self, key: &CacheKey) -> (u32, bool) {
        lock(&self.0).uses(&digits(key))
    }

    fn offered(&self, key: &CacheKey) {
        lock(&self.0).apply(Record::Offered { key: digits(key) });
    }

    fn flush(&self, _patience: Duration) {}
}

/// Where the file of a state directory lies.
pub fn file_in(directory: &Path) -> PathBuf {
    directory.join(file::NAME)
}

#[cfg(test)]
mod tests;
