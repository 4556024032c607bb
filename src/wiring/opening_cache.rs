//! The cache of a resident that has just started: it answers before its store is open.

use std::sync::OnceLock;
use std::time::SystemTime;

use crate::cache::{DiskCache, MemoryCache};
use crate::suggest::ports::{AnswerCache, CacheError, CacheKey, CacheStats, CachedAnswer};

/// A cache in memory until the one on disk is open.
pub(super) struct OpeningCache {
    pub(super) early: MemoryCache,
    pub(super) disk: OnceLock<DiskCache>,
}

impl OpeningCache {
    fn now(&self) -> &dyn AnswerCache {
        match self.disk.get() {
            Some(disk) => disk,
            None => &self.early,
        }
    }
}

impl AnswerCache for OpeningCache {
    fn get(&self, key: &CacheKey, now: SystemTime) -> Option<CachedAnswer> {
        let Some(disk) = self.disk.get() else { return self.early.get(key, now) };
        disk.get(key, now).or_else(|| {
            // Stored while the disk was still opening: from now on it is kept there.
            let answer = self.early.get(key, now)?;
            disk.put(key, &answer);
            self.early.remove(key);
            Some(answer)
        })
    }

    fn peek(&self, key: &CacheKey, now: SystemTime) -> Option<CachedAnswer> {
        let found = self.disk.get().and_then(|disk| disk.peek(key, now));
        found.or_else(|| self.early.peek(key, now))
    }

    fn put(&self, key: &CacheKey, answer: &CachedAnswer) {
        self.now().put(key, answer);
    }

    fn remove(&self, key: &CacheKey) {
        self.early.remove(key);
        self.now().remove(key);
    }

    fn clear(&self) -> Result<(), CacheError> {
        self.early.clear()?;
        self.now().clear()
    }

    fn stats(&self) -> CacheStats {
        self.now().stats()
    }

    fn flush(&self) {
        self.now().flush();
    }
}
