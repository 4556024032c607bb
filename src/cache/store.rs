//! The sled store, one guarded call at a time.

use std::fs::File;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::guard::{Fault, guarded};
use crate::suggest::ports::CacheKey;

/// sled's own page cache. The memory front holds what is asked for again, so this can be small.
const PAGE_CACHE_BYTES: u64 = 4 * 1024 * 1024;

/// sled's unit of allocation: the smaller it is, the more of the file can be used again.
const SEGMENT_BYTES: usize = 64 * 1024;

/// sled's threads may hold a store's file for a moment after it was closed.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

/// An open store. Dropping it leaks the database: after damage nothing may run that writes or waits for threads that
/// have died, and sled's own destructor does both. [`Store::close`] is the orderly end.
pub(crate) struct Store {
    db: ManuallyDrop<sled::Db>,
    path: PathBuf,
}

impl Store {
    pub(crate) fn open(path: &Path) -> Result<Self, Fault> {
        let patience = Instant::now() + LOCK_PATIENCE;
        loop {
            let opened = guarded(|| {
                sled::Config::new()
                    .path(path)
                    .cache_capacity(PAGE_CACHE_BYTES)
                    .segment_size(SEGMENT_BYTES)
                    // The periodic thread would write at its own time, and wait for ever at the end if it had panicked.
                    .flush_every_ms(None)
                    .open()
            });
            match opened {
                Ok(db) => return Ok(Self { db: ManuallyDrop::new(db), path: path.to_owned() }),
                Err(Fault::Unusable(reason)) if reason.contains("could not acquire lock") && Instant::now() < patience => {
                    thread::sleep(Duration::from_millis(10));
                }
                Err(fault) => return Err(fault),
            }
        }
    }

    /// Shows every row to `see`.
    pub(crate) fn scan(&self, mut see: impl FnMut(&[u8], &[u8])) -> Result<(), Fault> {
        guarded(|| {
            for row in self.db.iter() {
                let (key, value) = row?;
                see(&key, &value);
            }
            Ok(())
        })
    }

    pub(crate) fn get(&self, key: &CacheKey) -> Result<Option<sled::IVec>, Fault> {
        guarded(|| self.db.get(key.0))
    }

    pub(crate) fn insert(&self, key: &CacheKey, row: &[u8]) -> Result<(), Fault> {
        guarded(|| self.db.insert(key.0, row).map(drop))
    }

    pub(crate) fn remove(&self, key: &[u8]) -> Result<(), Fault> {
        guarded(|| self.db.remove(key).map(drop))
    }

    /// Hands what was written to the system: it survives the end of the process, however that comes.
    pub(crate) fn flush(&self) -> Result<(), Fault> {
        guarded(|| self.db.flush().map(drop))
    }

    /// Also asks the disk to keep it, which sled's `flush` does not.
    pub(crate) fn sync(&self) -> Result<(), Fault> {
        self.flush()?;
        guarded(|| Ok(File::open(self.path.join("db"))?.sync_all()?))
    }

    /// Writes all and lets go of the files.
    pub(crate) fn close(self) -> Result<(), Fault> {
        guarded(|| {
            drop(ManuallyDrop::into_inner(self.db));
            Ok(())
        })
    }
}
