//! What the callers of a disk cache and its thread both see.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use super::CacheSettings;
use super::bound::Index;
use super::front::Front;
use crate::suggest::ports::{CacheKey, CachedAnswer};

/// Most bytes of answers in front of a disk.
const FRONT_BYTES: u64 = 8 * 1024 * 1024;

/// A thread that has work and shows no progress for so long is taken for lost.
const LOST_AFTER: Duration = Duration::from_secs(5);

/// Work for the thread that owns the store, done in the order of sending.
pub(crate) enum Job {
    Put(CacheKey, Arc<CachedAnswer>),
    /// Brings an answer into the front, if the disk has it.
    Get(CacheKey, mpsc::SyncSender<Option<Arc<CachedAnswer>>>),
    Remove(CacheKey),
    Clear(mpsc::SyncSender<Result<(), String>>),
    Flush(mpsc::SyncSender<()>),
}

/// Shared by callers and thread.
pub(crate) struct Shared {
    pub(crate) settings: CacheSettings,
    pub(crate) front: Front,
    pub(crate) hits: AtomicU64,
    pub(crate) misses: AtomicU64,
    pub(crate) damaged: AtomicU64,
    /// Bytes of all cache files when they were last measured.
    pub(crate) disk_bytes: AtomicU64,
    /// Whether there is a store at all.
    pub(crate) has_disk: AtomicBool,
    /// Jobs sent and not yet done.
    pub(crate) pending: AtomicUsize,
    index: Mutex<Index>,
    started: Instant,
    /// Milliseconds after `started` when the thread last showed progress.
    progress: AtomicU64,
}

impl Shared {
    pub(crate) fn new(settings: CacheSettings) -> Self {
        Self {
            front: Front::new(settings.max_entries, FRONT_BYTES),
            settings,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            damaged: AtomicU64::new(0),
            disk_bytes: AtomicU64::new(0),
            has_disk: AtomicBool::new(false),
            pending: AtomicUsize::new(0),
            index: Mutex::new(Index::default()),
            started: Instant::now(),
            progress: AtomicU64::new(0),
        }
    }

    /// What the disk holds. No lock is held across a call of the store, so this never waits long.
    pub(crate) fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn show_progress(&self) {
        self.progress.store(self.elapsed(), Relaxed);
    }

    pub(crate) fn is_lost(&self) -> bool {
        let silence = self.elapsed().saturating_sub(self.progress.load(Relaxed));
        self.pending.load(Relaxed) > 0 && u128::from(silence) > LOST_AFTER.as_millis()
    }

    pub(crate) fn count_damage(&self) {
        self.damaged.fetch_add(1, Relaxed);
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
