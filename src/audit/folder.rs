//! The directory of the segments.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, UNIX_EPOCH};

use rustix::fs::{FlockOperation, Mode, OFlags, flock};

use super::AuditError;
use super::frame::{SEGMENT_HEAD, SegmentHead};
use crate::platform;

/// The name of the directory in the state directory.
const NAME: &str = "audit";
const ENDING: &str = ".seg";
/// How long the lock is waited for. Whoever holds it writes a few records, unless that process was stopped.
const PATIENCE: Duration = Duration::from_secs(4);
const PAUSE: Duration = Duration::from_millis(2);
/// A segment is read no further than that, whoever wrote it.
const MOST_READ: u64 = 4 * 1024 * 1024;

/// Where the segments are, and what belongs to them outside.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    pub(super) state: PathBuf,
    path: PathBuf,
}

/// Holds the trail for one writer, or for readers. The lock is on the directory itself, in which nothing but segments lies.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Folder {
    pub(super) fn new(state: &Path) -> Self {
        Self { state: state.to_owned(), path: state.join(NAME) }
    }

    /// The way to the segment with this number.
    pub(super) fn segment(&self, ordinal: u64) -> PathBuf {
        self.path.join(name(ordinal))
    }

    /// Waits until this process alone may write. The directories are made if they are missing.
    pub(super) fn lock(&self) -> Result<Lock, AuditError> {
        let make = |path: &Path| DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| AuditError::io(path, error));
        make(&self.state)?;
        make(&self.path)?;
        self.locked(FlockOperation::NonBlockingLockExclusive)?.ok_or_else(|| AuditError::Foreign(self.path.clone()))
    }

    /// Waits until nobody writes; `None` when there is no trail.
    pub(super) fn lock_for_reading(&self) -> Result<Option<Lock>, AuditError> {
        self.locked(FlockOperation::NonBlockingLockShared)
    }

    fn locked(&self, operation: FlockOperation) -> Result<Option<Lock>, AuditError> {
        let failed = |error: io::Error| AuditError::io(&self.path, error);
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::RDONLY | OFlags::CLOEXEC;
        let directory = match rustix::fs::open(&self.path, flags, Mode::empty()) {
            Ok(directory) => File::from(directory),
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(failed(errno.into())),
        };
        let facts = directory.metadata().map_err(failed)?;
        if !platform::is_own(&facts) || facts.mode() & 0o077 != 0 {
            return Err(AuditError::Foreign(self.path.clone()));
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            match flock(&directory, operation) {
                Ok(()) => return Ok(Some(Lock(directory))),
                Err(rustix::io::Errno::WOULDBLOCK) if Instant::now() < deadline => std::thread::sleep(PAUSE),
                Err(rustix::io::Errno::WOULDBLOCK) => return Err(AuditError::Busy),
                Err(errno) => return Err(failed(errno.into())),
            }
        }
    }

    /// The numbers of all segments, the oldest first.
    pub(super) fn ordinals(&self) -> Result<Vec<u64>, AuditError> {
        let failed = |error| AuditError::io(&self.path, error);
        let mut ordinals = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(failed)? {
            let file = entry.map_err(failed)?.file_name();
            let number = file.to_str().and_then(|file| file.strip_suffix(ENDING)).and_then(|number| u64::from_str_radix(number, 16).ok());
            // A name in another spelling is no segment of ours.
            ordinals.extend(number.filter(|number| *file == *name(*number)));
        }
        ordinals.sort_unstable();
        Ok(ordinals)
    }

    /// Opens a segment.
    pub(super) fn open(&self, ordinal: u64, options: &mut OpenOptions) -> Result<File, AuditError> {
        let path = self.segment(ordinal);
        let file = platform::open_private(&path, options).map_err(|error| AuditError::io(&path, error))?;
        file.ok_or(AuditError::Foreign(path))
    }

    /// A segment's bytes from a place on.
    pub(super) fn read(&self, ordinal: u64, from: u64) -> Result<Vec<u8>, AuditError> {
        let mut file = self.open(ordinal, OpenOptions::new().read(true))?;
        let mut bytes = Vec::new();
        let read = file.seek(SeekFrom::Start(from)).and_then(|_| file.take(MOST_READ).read_to_end(&mut bytes));
        read.map_err(|error| AuditError::io(&self.segment(ordinal), error))?;
        Ok(bytes)
    }

    /// A segment's head, if it is whole and in a private file, and its size.
    pub(super) fn look(&self, ordinal: u64) -> Result<(Option<SegmentHead>, u64), AuditError> {
        let failed = |error| AuditError::io(&self.segment(ordinal), error);
        let Ok(file) = self.open(ordinal, OpenOptions::new().read(true)) else {
            let facts = fs::symlink_metadata(self.segment(ordinal)).map_err(failed)?;
            return Ok((None, facts.len()));
        };
        let size = file.metadata().map_err(failed)?.len();
        let mut bytes = Vec::new();
        file.take(SEGMENT_HEAD as u64).read_to_end(&mut bytes).map_err(failed)?;
        Ok((SegmentHead::decode(&bytes).map(|(head, _)| head), size))
    }

    /// When a segment was written to last, in milliseconds since the epoch. It is no older than its beginning, whatever the clock of the disk says.
    pub(super) fn written(&self, ordinal: u64) -> Result<u64, AuditError> {
        let begun = self.look(ordinal)?.0.map_or(0, |head| head.created);
        let failed = |error| AuditError::io(&self.segment(ordinal), error);
        let at = fs::symlink_metadata(self.segment(ordinal)).and_then(|facts| facts.modified()).map_err(failed)?;
        Ok(u64::try_from(at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()).unwrap_or(u64::MAX).max(begun))
    }

    /// Removes a segment.
    pub(super) fn remove(&self, ordinal: u64) -> Result<(), AuditError> {
        let path = self.segment(ordinal);
        fs::remove_file(&path).map_err(|error| AuditError::io(&path, error))
    }
}

impl Lock {
    /// Makes names that came and went survive a loss of power.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.0.sync_all()
    }
}

/// Writes the bytes at the end of a file of this length, or leaves it as it was.
pub(super) fn append(file: &mut File, length: u64, bytes: &[u8], sync: bool) -> io::Result<()> {
    let written = file.write_all(bytes).and_then(|()| if sync { file.sync_data() } else { Ok(()) });
    if written.is_err() {
        // What cannot be cut off now is cut off as a torn end by whoever writes next.
        let _ = file.set_len(length);
    }
    written
}

pub(super) fn name(ordinal: u64) -> String {
    format!("{ordinal:08x}{ENDING}")
}
