//! The part of a cache that is memory: a weighted quick_cache of verified answers.

use std::convert::Infallible;
use std::sync::Arc;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};

use crate::suggest::ports::{CacheKey, CachedAnswer};

/// What an entry takes besides its texts: key, candidate, two links and the table's own word.
const ENTRY_OVERHEAD: u64 = 256;

/// Weighs an answer by its size, and by so much at least that no more than the wanted number of entries fits.
#[derive(Clone)]
struct Weight {
    least: u64,
}

impl Weighter<CacheKey, Arc<CachedAnswer>> for Weight {
    fn weight(&self, _: &CacheKey, answer: &Arc<CachedAnswer>) -> u64 {
        let reading = answer.candidate.reading.as_ref().map_or(0, |reading| reading.as_str().len());
        (ENTRY_OVERHEAD + (answer.candidate.command.as_str().len() + reading) as u64).max(self.least)
    }
}

/// Answers in memory, bounded in entries and bytes.
pub(crate) struct Front(Cache<CacheKey, Arc<CachedAnswer>, Weight>);

impl Front {
    pub(crate) fn new(max_entries: u64, max_bytes: u64) -> Self {
        let max_entries = max_entries.max(1);
        let options = OptionsBuilder::new()
            // The bound is per shard, and only one shard holds exactly what it was told.
            .shards(1)
            .estimated_items_capacity(usize::try_from(max_entries.min(max_bytes / ENTRY_OVERHEAD)).unwrap_or(usize::MAX).max(1))
            .weight_capacity(max_bytes)
            .build()
            .expect("both capacities are given");
        let weight = Weight { least: max_bytes.div_ceil(max_entries) };
        Self(Cache::with_options(options, weight, DefaultHashBuilder::default(), DefaultLifecycle::default()))
    }

    pub(crate) fn get(&self, key: &CacheKey) -> Option<Arc<CachedAnswer>> {
        self.0.get(key)
    }

    pub(crate) fn insert(&self, key: CacheKey, answer: Arc<CachedAnswer>) {
        self.0.insert(key, answer);
    }

    /// Brings in what the disk holds, unless a newer answer came meanwhile, and gives the answer that counts.
    pub(crate) fn insert_from_disk(&self, key: &CacheKey, answer: Arc<CachedAnswer>) -> Arc<CachedAnswer> {
        match self.0.get_or_insert_with(key, || Ok::<_, Infallible>(answer)) {
            Ok(answer) => answer,
            Err(never) => match never {},
        }
    }

    pub(crate) fn remove(&self, key: &CacheKey) {
        self.0.remove(key);
    }

    pub(crate) fn clear(&self) {
        self.0.clear();
    }

    pub(crate) fn all(&self) -> Vec<(CacheKey, Arc<CachedAnswer>)> {
        self.0.iter().collect()
    }

    pub(crate) fn len(&self) -> u64 {
        self.0.len() as u64
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.0.weight()
    }
}
