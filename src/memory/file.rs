//! The file: appended to under a lock, read from where the last reading ended, rewritten when it has grown.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use thiserror::Error;
use tracing::warn;

use super::entries::Entries;
use super::record::{self, Record};
use crate::domain::LogEvent;
use crate::platform;

/// The name of the file in the state directory.
pub(super) const NAME: &str = "memory.v1";

/// The first bytes of the file.
const MAGIC: &[u8; 8] = b"gptosm1\n";

/// The file is rewritten when it is larger than that, in bytes.
const MOST_BYTES: u64 = 8 * 1024 * 1024;

/// A file that is read whole must not be larger than that, whoever wrote it.
const MOST_READ: u64 = 4 * MOST_BYTES;

/// Why the memory cannot be used.
#[derive(Debug, Error)]
pub enum MemoryError {
    /// The system refuses.
    #[error("{path}: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is not a private file of the user, or not one of this format.
    #[error("{0}: it is not a memory of gptos that only you can write")]
    Foreign(PathBuf),
    /// A record is longer than records may be.
    #[error("a line is too long to be remembered")]
    Long,
    /// The disk does not answer.
    #[error("the disk that holds what was run does not answer")]
    Slow,
}

impl MemoryError {
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }
}

/// What was appended since the last reading.
#[derive(Debug, Default)]
pub(super) struct News {
    /// Whether the file is another one than before, so that what was read of that is no longer true.
    pub is_another: bool,
    pub records: Vec<Record>,
}

/// The file as it was read last.
#[derive(Debug)]
pub(super) struct File {
    directory: PathBuf,
    path: PathBuf,
    /// The file's number, and how much of it was read.
    read: Option<(u64, u64)>,
}

impl File {
    pub(super) fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), path: directory.join(NAME), read: None }
    }

    /// Reads what was appended since the last time; all of it when the file is another one now.
    pub(super) fn read(&mut self) -> Result<News, MemoryError> {
        let facts = match fs::symlink_metadata(&self.path) {
            // Somebody has removed it, and with it what was remembered.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(News { is_another: self.read.take().is_some(), records: Vec::new() });
            }
            facts => facts.map_err(|error| MemoryError::io(&self.path, error))?,
        };
        let from = match self.read {
            Some((number, length)) if number == facts.ino() && length == facts.len() => return Ok(News::default()),
            Some((number, length)) if number == facts.ino() && length < facts.len() => length,
            _ => 0,
        };
        let mut file = open(&self.path, OpenOptions::new().read(true))?;
        let bytes = read(&mut file, from).map_err(|error| MemoryError::io(&self.path, error))?;
        let whole = if from == 0 { without_magic(&bytes, &self.path)? } else { &bytes };
        let mut records = Vec::new();
        let end = record::decode(whole, |record| records.push(record));
        if end.damaged > 0 {
            let count = u64::try_from(end.damaged).unwrap_or(u64::MAX);
            warn!(event = LogEvent::MemoryFailed.name(), reason = "damaged", count, "damaged places were passed over");
        }
        // What follows the last whole record may be one that is being written.
        let read = from + (bytes.len() - whole.len() + end.whole) as u64;
        self.read = Some((facts.ino(), if read < MAGIC.len() as u64 { 0 } else { read }));
        Ok(News { is_another: from == 0, records })
    }

    /// Appends one record, in a directory for the user alone. What a crash has left of another at the end is cut off before.
    pub(super) fn append(&mut self, record: &Record) -> Result<(), MemoryError> {
        let failed = |error| MemoryError::io(&self.path, error);
        let bytes = record::encode(record).ok_or(MemoryError::Long)?;
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory).map_err(|error| MemoryError::io(&self.directory, error))?;
        let mut file = locked(&self.path)?;
        let mut length = file.seek(SeekFrom::End(0)).map_err(failed)?;
        let known = file.metadata().map_err(failed)?.ino();
        // What was read up to its end is whole.
        if self.read != Some((known, length)) || length < MAGIC.len() as u64 {
            let old = read(&mut file, 0).map_err(failed)?;
            let records = without_magic(&old, &self.path)?;
            let whole = old.len() - records.len() + record::decode(records, |_| {}).whole;
            length = if whole < MAGIC.len() { 0 } else { whole as u64 };
            file.set_len(length).map_err(failed)?;
        }
        let bytes = if length == 0 { [MAGIC.as_slice(), &bytes].concat() } else { bytes };
        file.write_all(&bytes).map_err(failed)?;
        drop(file);
        if length + bytes.len() as u64 > MOST_BYTES
            && let Err(error) = rewrite(&self.path, |_| {})
        {
            // The record is kept all the same.
            warn!(event = LogEvent::MemoryFailed.name(), reason = "rewrite", detail = %error, "the file of what was run cannot be made smaller");
        }
        Ok(())
    }

    /// Rewrites the file in as few records as possible, changed like this.
    pub(super) fn rewrite(&self, change: impl FnOnce(&mut Entries)) -> Result<(), MemoryError> {
        if self.path.exists() { rewrite(&self.path, change) } else { Ok(()) }
    }
}

/// How many lines the file of a state directory holds, and in how many places it is damaged.
///
/// # Errors
/// [`MemoryError`] when it cannot be read.
pub fn look(directory: &Path) -> Result<(usize, usize), MemoryError> {
    let path = directory.join(NAME);
    if fs::symlink_metadata(&path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return Ok((0, 0));
    }
    let bytes = open(&path, OpenOptions::new().read(true))
        .and_then(|mut file| read(&mut file, 0).map_err(|error| MemoryError::io(&path, error)))?;
    let mut entries = Entries::default();
    let end = record::decode(without_magic(&bytes, &path)?, |record| entries.apply(record));
    Ok((entries.all().len(), end.damaged))
}

fn rewrite(path: &Path, change: impl FnOnce(&mut Entries)) -> Result<(), MemoryError> {
    let failed = |error| MemoryError::io(path, error);
    let mut old = locked(path)?;
    let bytes = read(&mut old, 0).map_err(failed)?;
    let mut entries = Entries::default();
    record::decode(without_magic(&bytes, path)?, |record| entries.apply(record));
    change(&mut entries);
    let encoded = |entries: &Entries| -> Vec<u8> { entries.records().iter().filter_map(record::encode).flatten().collect() };
    let mut records = encoded(&entries);
    // Half of the room stays free, or the next record would have it rewritten again.
    while records.len() as u64 > MOST_BYTES / 2 {
        entries.forget_least_used();
        records = encoded(&entries);
    }
    let aside = path.with_extension("v1.new");
    let _ = fs::remove_file(&aside);
    let mut new = open(&aside, OpenOptions::new().write(true).create_new(true))?;
    new.write_all(MAGIC).and_then(|()| new.write_all(&records)).map_err(failed)?;
    new.sync_all().and_then(|()| fs::rename(&aside, path)).map_err(failed)
}

/// Opens the file for writing, made if there is none, and waits for its lock. The lock is gone with the value.
fn locked(path: &Path) -> Result<fs::File, MemoryError> {
    let failed = |error| MemoryError::io(path, error);
    loop {
        let file = open(path, OpenOptions::new().read(true).append(true).create(true))?;
        file.lock().map_err(failed)?;
        // Whoever held the lock before may have put another file in its place.
        let number = |facts: fs::Metadata| facts.ino();
        if fs::symlink_metadata(path).map(number).ok() == Some(number(file.metadata().map_err(failed)?)) {
            return Ok(file);
        }
    }
}

/// Opens a file of the user that nobody else can write, and follows no link to it.
fn open(path: &Path, options: &mut OpenOptions) -> Result<fs::File, MemoryError> {
    let file = platform::open_private(path, options).map_err(|error| MemoryError::io(path, error))?;
    file.ok_or_else(|| MemoryError::Foreign(path.to_owned()))
}

fn read(file: &mut fs::File, from: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(MOST_READ).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The records of a whole file.
fn without_magic<'a>(bytes: &'a [u8], path: &Path) -> Result<&'a [u8], MemoryError> {
    match bytes.strip_prefix(MAGIC.as_slice()) {
        Some(records) => Ok(records),
        // It was made a moment ago, or torn before its first record.
        None if MAGIC.starts_with(bytes) => Ok(&bytes[bytes.len()..]),
        None => Err(MemoryError::Foreign(path.to_owned())),
    }
}
