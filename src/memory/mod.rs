//! What the user ran for which words: an append-only file of its own, so that it outlives the cache.
//!
//! The file is the truth. Whoever remembers something appends a record, whoever asks reads what was appended since; so a
//! resident, a process that answers for itself and `gptos memory forget` can use it at the same time.

mod entries;
mod file;
mod record;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::UNIX_EPOCH;

use tracing::debug;

use self::entries::Entries;
use self::file::File;
pub use self::file::MemoryError;
use self::record::{Line, Record};
use crate::domain::ShellKind;
use crate::suggest::ports::{CacheKey, Memory, RanLine, Remembered};

/// Records that may wait for the disk; what comes then is not remembered.
const MOST_WAITING: usize = 256;

/// A memory that lives as long as the process.
#[derive(Debug, Default)]
pub struct ShortMemory(Mutex<Entries>);

/// The memory on disk.
#[derive(Debug)]
pub struct FileMemory {
    seen: Arc<Mutex<Seen>>,
    waiting: Option<SyncSender<Record>>,
    writer: Option<JoinHandle<()>>,
}

/// The file and what was read of it.
#[derive(Debug)]
struct Seen {
    file: File,
    entries: Entries,
}

impl Seen {
    /// Reads what others have written.
    fn refresh(&mut self) -> &mut Entries {
        if let Err(error) = self.file.read_into(&mut self.entries) {
            debug!("memory: {error}");
        }
        &mut self.entries
    }
}

impl FileMemory {
    /// Reads the file, which need not exist, and mends its end where a crash has torn it.
    ///
    /// # Errors
    /// [`MemoryError`] when the directory or the file cannot be used.
    pub fn open(directory: &Path) -> Result<Self, MemoryError> {
        let mut seen = Seen { file: File::open(directory)?, entries: Entries::default() };
        seen.file.mend()?;
        seen.file.read_into(&mut seen.entries)?;
        let seen = Arc::new(Mutex::new(seen));
        let (waiting, records) = sync_channel(MOST_WAITING);
        let writing = Arc::clone(&seen);
        let writer = std::thread::Builder::new().name("memory".to_owned()).spawn(move || write(&writing, &records));
        Ok(Self { seen, waiting: Some(waiting), writer: Some(writer.map_err(|error| MemoryError::io(directory, error))?) })
    }

    /// Everything in it, the latest first.
    pub fn all(&self) -> Vec<Remembered> {
        lock(&self.seen).refresh().all()
    }

    /// Forgets the lines that were run for these words, or all, and rewrites the file so that nothing of them is left in it.
    /// Says how many.
    ///
    /// # Errors
    /// [`MemoryError`] when the file cannot be rewritten; nothing is forgotten then.
    pub fn forget(&self, query: Option<&str>) -> Result<usize, MemoryError> {
        let mut forgotten = 0;
        lock(&self.seen).file.rewrite(|entries| forgotten = entries.forget(query))?;
        Ok(forgotten)
    }

    fn append(&self, record: Record) {
        if let Some(waiting) = &self.waiting
            && waiting.try_send(record).is_err()
        {
            debug!("memory: too much to write, one line is not remembered");
        }
    }
}

impl Drop for FileMemory {
    /// Waits until all is written.
    fn drop(&mut self) {
        self.waiting = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

/// Appends what is to be remembered. Where the disk refuses, it is remembered as long as the process lives.
fn write(seen: &Mutex<Seen>, records: &Receiver<Record>) {
    for record in records {
        // The lock on the state is not held while the disk works.
        let path = lock(seen).file.path().to_owned();
        let outcome = File::append(&path, &record).and_then(|length| File::shrink(&path, length));
        if let Err(error) = outcome {
            debug!("memory: {error}");
            lock(seen).entries.apply(record);
        }
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
    fn recall(&self, key: &CacheKey) -> Vec<Remembered> {
        lock(&self.seen).refresh().recall(&digits(key))
    }

    fn alike(&self, shape: &str, shell: ShellKind) -> Vec<Remembered> {
        lock(&self.seen).entries.alike(shape, shell)
    }

    fn record(&self, line: &RanLine<'_>) {
        self.append(ran(line));
    }

    fn uses(&self, key: &CacheKey) -> (u32, bool) {
        lock(&self.seen).entries.uses(&digits(key))
    }

    fn offered(&self, key: &CacheKey) {
        self.append(Record::Offered { key: digits(key) });
    }
}

impl Memory for ShortMemory {
    fn recall(&self, key: &CacheKey) -> Vec<Remembered> {
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
}

/// Where the file of a state directory lies.
pub fn file_in(directory: &Path) -> PathBuf {
    directory.join(file::NAME)
}

#[cfg(test)]
mod tests;
