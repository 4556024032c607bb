//! Answers kept for next time: a memory front over a sled store, both bounded, both disposable.
//!
//! [`DiskCache`] never fails and never waits long for its disk. One thread owns everything that touches sled; a caller
//! that misses the memory front asks that thread and gives up after 100 ms with a miss. sled 0.34 panics on damaged
//! files, so each call is guarded: a damaged store is set aside, a new one started, and what memory holds is written to
//! it. Where the directory cannot be used, or another process holds it, the cache lives in memory and says so once.
//!
//! What survives: a clean end, everything. A killed process, everything up to the last [`flush`] and, without one,
//! all but about the last second. A power loss, what was there about a second before, if the disk keeps its word;
//! a store that did not survive it is set aside at the next start. Never a wrong answer: each row carries a keyed hash
//! over its key and content, so what is damaged, moved or written by someone else is a miss.
//!
//! [`flush`]: crate::suggest::ports::AnswerCache::flush

mod bound;
mod disk;
mod folder;
mod front;
mod guard;
mod key_file;
mod memory;
mod state;
mod store;
mod upkeep;
mod value;
mod worker;

use std::time::{Duration, SystemTime};

pub use disk::DiskCache;
pub use memory::MemoryCache;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The bounds of a cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheSettings {
    /// Most entries; the oldest go first. About 200 bytes of memory each, besides the answers in the memory front.
    pub max_entries: u64,
    /// Most bytes of all cache files together, the set-aside copy of a damaged store included. Values below 1 MiB count
    /// as 1 MiB. A tenth of it is for live answers: sled writes a log and needs room to rewrite it.
    pub max_disk_bytes: u64,
    /// How long an answer is as good as new.
    pub ttl: Duration,
    /// How long after that it is still kept, to be served when nothing better answers.
    pub stale: Duration,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self { max_entries: 10_000, max_disk_bytes: 64 * 1024 * 1024, ttl: 30 * DAY, stale: 150 * DAY }
    }
}

impl CacheSettings {
    /// Whether an answer of that age is as good as new.
    pub fn is_fresh(&self, created: SystemTime, now: SystemTime) -> bool {
        age(created, now) < self.ttl
    }

    /// Whether an answer of that age is given out at all, fresh or stale.
    pub fn is_kept(&self, created: SystemTime, now: SystemTime) -> bool {
        age(created, now) < self.ttl.saturating_add(self.stale)
    }
}

/// An answer from the future is new: the clock was set back, the answer did not change.
fn age(created: SystemTime, now: SystemTime) -> Duration {
    now.duration_since(created).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fresh_then_stale_then_gone() {
        let settings = CacheSettings::default();
        let created = SystemTime::UNIX_EPOCH + 1000 * DAY;
        for (days, fresh, kept) in [(0, true, true), (29, true, true), (30, false, true), (179, false, true), (180, false, false)] {
            let now = created + days * DAY;
            assert_eq!((settings.is_fresh(created, now), settings.is_kept(created, now)), (fresh, kept), "after {days} days");
        }
    }

    #[test]
    fn an_answer_from_the_future_is_new() {
        let now = SystemTime::UNIX_EPOCH + 1000 * DAY;
        assert!(CacheSettings::default().is_fresh(now + 500 * DAY, now));
    }

    #[test]
    fn endless_times_do_not_overflow() {
        let settings = CacheSettings { ttl: Duration::MAX, stale: Duration::MAX, ..CacheSettings::default() };
        assert!(settings.is_kept(SystemTime::UNIX_EPOCH, SystemTime::now()));
    }
}
