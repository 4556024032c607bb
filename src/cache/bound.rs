//! What the disk holds, known without asking it: which keys, how old, how many bytes. The bounds rest on this count,
//! which is exact, because sled keeps none and compacts when it likes.

use std::collections::{BTreeSet, HashMap};

use super::CacheSettings;
use crate::suggest::ports::CacheKey;

/// Smallest bound on disk; a fresh store alone takes a part of it.
const LEAST_DISK_BYTES: u64 = 1024 * 1024;

/// What is left for the rows of a full store after a rewrite, as parts of the bound on disk: a fresh store takes
/// about twice the bytes of its rows, and it stands beside the old one until they are swapped.
const LIVE_DIVISOR: u64 = 10;

/// The bounds of a disk cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Most rows.
    pub(crate) entries: u64,
    /// Most bytes of keys and rows.
    pub(crate) live_bytes: u64,
    /// Bytes of files from which on the store is rewritten.
    pub(crate) rewrite_at: u64,
    /// Bytes of files that are too many even to open.
    pub(crate) refuse_at: u64,
    /// Bytes written after which the files are measured.
    pub(crate) measure_every: u64,
}

impl Limits {
    pub(crate) fn of(settings: &CacheSettings) -> Self {
        let disk = settings.max_disk_bytes.max(LEAST_DISK_BYTES);
        Self {
            entries: settings.max_entries.max(1),
            live_bytes: disk / LIVE_DIVISOR,
            rewrite_at: disk / 2,
            refuse_at: disk,
            measure_every: (disk / 64).min(256 * 1024),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Row {
    created: u64,
    bytes: u64,
}

/// The rows of a store, by key and by age.
#[derive(Debug, Default)]
pub(crate) struct Index {
    rows: HashMap<CacheKey, Row>,
    by_age: BTreeSet<(u64, [u8; 32])>,
    live_bytes: u64,
}

impl Index {
    /// Notes a row that was written at `created` (milliseconds) and takes `bytes`, instead of an earlier one.
    pub(crate) fn insert(&mut self, key: CacheKey, created: u64, bytes: usize) {
        self.remove(&key);
        let bytes = (bytes + key.0.len()) as u64;
        self.rows.insert(key, Row { created, bytes });
        self.by_age.insert((created, key.0));
        self.live_bytes += bytes;
    }

    pub(crate) fn remove(&mut self, key: &CacheKey) {
        if let Some(row) = self.rows.remove(key) {
            self.by_age.remove(&(row.created, key.0));
            self.live_bytes -= row.bytes;
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn contains(&self, key: &CacheKey) -> bool {
        self.rows.contains_key(key)
    }

    pub(crate) fn len(&self) -> u64 {
        self.rows.len() as u64
    }

    pub(crate) fn live_bytes(&self) -> u64 {
        self.live_bytes
    }

    /// The oldest row, when there are more rows or bytes than the limits allow.
    pub(crate) fn surplus(&self, limits: &Limits) -> Option<CacheKey> {
        let is_over = self.len() > limits.entries || self.live_bytes > limits.live_bytes;
        if is_over { self.oldest().map(|(_, key)| key) } else { None }
    }

    /// The oldest row and when it was created.
    pub(crate) fn oldest(&self) -> Option<(u64, CacheKey)> {
        self.by_age.first().map(|&(created, key)| (created, CacheKey(key)))
    }

    /// All keys, oldest first.
    pub(crate) fn keys(&self) -> Vec<CacheKey> {
        self.by_age.iter().map(|&(_, key)| CacheKey(key)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(number: u8) -> CacheKey {
        CacheKey([number; 32])
    }

    #[test]
    fn the_oldest_row_is_the_surplus() {
        let limits = Limits { entries: 2, ..Limits::of(&CacheSettings::default()) };
        let mut index = Index::default();
        index.insert(key(1), 30, 5);
        index.insert(key(2), 10, 5);
        assert_eq!(index.surplus(&limits), None);
        index.insert(key(3), 20, 5);
        assert_eq!(index.surplus(&limits), Some(key(2)));
        index.remove(&key(2));
        assert_eq!(index.surplus(&limits), None);
        assert_eq!(index.keys(), [key(3), key(1)]);
    }

    #[test]
    fn bytes_count_too() {
        let limits = Limits { live_bytes: 100, ..Limits::of(&CacheSettings::default()) };
        let mut index = Index::default();
        index.insert(key(1), 1, 60);
        assert_eq!(index.surplus(&limits), None);
        index.insert(key(2), 2, 60);
        assert_eq!(index.surplus(&limits), Some(key(1)));
    }

    #[test]
    fn a_tiny_bound_is_raised_to_the_least() {
        let tiny = CacheSettings { max_disk_bytes: 1, max_entries: 0, ..CacheSettings::default() };
        assert_eq!(Limits::of(&tiny).refuse_at, LEAST_DISK_BYTES);
        assert_eq!(Limits::of(&tiny).entries, 1);
    }

    proptest! {
        #[test]
        fn the_count_is_exact(steps in proptest::collection::vec((0..20_u8, 0..9_u64, 0..100_usize, any::<bool>()), 0..200)) {
            let mut index = Index::default();
            let mut model = std::collections::BTreeMap::new();
            for (number, created, bytes, is_insert) in steps {
                if is_insert {
                    index.insert(key(number), created, bytes);
                    model.insert(number, (created, bytes as u64 + 32));
                } else {
                    index.remove(&key(number));
                    model.remove(&number);
                }
                prop_assert_eq!(index.len(), model.len() as u64);
                prop_assert_eq!(index.keys().len(), model.len());
                prop_assert_eq!(index.live_bytes(), model.values().map(|(_, bytes)| bytes).sum::<u64>());
                prop_assert_eq!(index.oldest().map(|(created, _)| created), model.values().map(|&(created, _)| created).min());
            }
        }
    }
}
