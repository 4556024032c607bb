use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::SystemTime;

use super::CacheSettings;
use super::front::Front;
use super::value;
use crate::suggest::ports::{AnswerCache, CacheError, CacheKey, CacheStats, CachedAnswer};

/// Most bytes of answers that a memory cache holds.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// A cache that ends with the process: for direct mode, and where the disk cannot be used.
pub struct MemoryCache {
    settings: CacheSettings,
    front: Front,
    hits: AtomicU64,
    misses: AtomicU64,
}

impl MemoryCache {
    /// An empty cache of at most `max_entries` entries and 8 MiB.
    pub fn new(settings: CacheSettings) -> Self {
        let front = Front::new(settings.max_entries, MAX_BYTES);
        Self { settings, front, hits: AtomicU64::new(0), misses: AtomicU64::new(0) }
    }
}

impl AnswerCache for MemoryCache {
    fn get(&self, key: &CacheKey, now: SystemTime) -> Option<CachedAnswer> {
        let answer = self.peek(key, now);
        let counter = if answer.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Relaxed);
        answer
    }

    fn peek(&self, key: &CacheKey, now: SystemTime) -> Option<CachedAnswer> {
        let found = self.front.get(key);
        let answer = found.filter(|answer| {
            let is_kept = self.settings.is_kept(answer.created, now);
            if !is_kept {
                self.front.remove(key);
            }
            is_kept
        });
        answer.map(|answer| (*answer).clone())
    }

    fn put(&self, key: &CacheKey, answer: &CachedAnswer) {
        if value::fits(answer) {
            self.front.insert(*key, Arc::new(answer.clone()));
        }
    }

    fn remove(&self, key: &CacheKey) {
        self.front.remove(key);
    }

    fn clear(&self) -> Result<(), CacheError> {
        self.front.clear();
        Ok(())
    }

    fn stats(&self) -> CacheStats {
        CacheStats {
            entries: self.front.len(),
            live_bytes: self.front.bytes(),
            disk_bytes: 0,
            hits: self.hits.load(Relaxed),
            misses: self.misses.load(Relaxed),
            damaged: 0,
            mode: "memory",
        }
    }

    fn flush(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Origin;
    use crate::suggest::ports::{KeptCandidate, RedactedText};
    use std::time::Duration;

    fn answer(command: &str, created: SystemTime) -> CachedAnswer {
        CachedAnswer {
            candidate: KeptCandidate { command: RedactedText::mask(command), reading: None, origin: Origin::Ran, confidence: 1.0 },
            created,
        }
    }

    fn key(number: u64) -> CacheKey {
        CacheKey(*blake3::hash(&number.to_le_bytes()).as_bytes())
    }

    #[test]
    fn entries_are_bounded_whatever_their_size() {
        for (max_entries, inserts) in [(10, 500), (1000, 5000)] {
            let cache = MemoryCache::new(CacheSettings { max_entries, ..CacheSettings::default() });
            for number in 0..inserts {
                cache.put(&key(number), &answer("ls", SystemTime::now()));
                assert!(cache.stats().entries <= max_entries);
            }
            assert!(cache.stats().entries * 10 >= max_entries * 9, "{} of {max_entries}", cache.stats().entries);
        }
    }

    #[test]
    fn bytes_are_bounded() {
        let cache = MemoryCache::new(CacheSettings { max_entries: 1_000_000, ..CacheSettings::default() });
        for number in 0..3000 {
            cache.put(&key(number), &answer(&"x".repeat(10_000), SystemTime::now()));
        }
        assert!(cache.stats().live_bytes <= MAX_BYTES);
        assert!(cache.stats().entries > 500);
    }

    #[test]
    fn an_entry_lives_for_its_time_and_the_stale_period() {
        let settings = CacheSettings { ttl: Duration::from_secs(10), stale: Duration::from_secs(5), ..CacheSettings::default() };
        let cache = MemoryCache::new(settings);
        let created = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        cache.put(&key(1), &answer("ls", created));
        for (seconds, is_there) in [(0, true), (14, true), (15, false), (0, false)] {
            assert_eq!(cache.get(&key(1), created + Duration::from_secs(seconds)).is_some(), is_there, "after {seconds} s");
        }
        assert_eq!((cache.stats().hits, cache.stats().misses, cache.stats().entries), (2, 2, 0));
    }

    #[test]
    fn remove_and_clear() {
        let cache = MemoryCache::new(CacheSettings::default());
        let now = SystemTime::now();
        cache.put(&key(1), &answer("one", now));
        cache.put(&key(2), &answer("two", now));
        cache.remove(&key(1));
        assert_eq!(cache.get(&key(1), now), None);
        assert_eq!(cache.get(&key(2), now), Some(answer("two", now)));
        cache.clear().unwrap();
        assert_eq!(cache.get(&key(2), now), None);
    }
}
