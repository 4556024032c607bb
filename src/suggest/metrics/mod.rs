//! What happens, in numbers: events are counted where they happen, and how things stand is looked up when somebody wants
//! to know. Labels never hold words, commands, paths or the texts of errors.

mod asking;
pub mod families;
mod page;
mod series;

use std::collections::BTreeMap;

pub(super) use asking::Asking;
pub use page::Page;

use tokio::time::Instant;

use self::series::{Collect, Counter, Histogram};
use super::ports::{CacheStats, TrailStats};
use super::track::Track;

/// Everything that is counted as it happens.
#[derive(Debug)]
pub struct Metrics {
    pub(super) requests: Counter<2>,
    pub(super) request_duration: Histogram<1>,
    pub(super) provider_attempts: Counter<2>,
    pub(super) call_duration: Histogram<3>,
    pub(super) other_model: Counter<1>,
    pub(super) retries: Counter<1>,
    pub(super) hedges: Counter<1>,
    pub(super) fallbacks: Counter<3>,
    pub(super) breaker_transitions: Counter<3>,
    pub(super) rejections: Counter<1>,
    pub(super) ratelimit_decisions: Counter<2>,
    pub(super) queue_dropped: Counter<1>,
    pub(super) single_flight: Counter<1>,
    pub(super) pool_purges: Counter<1>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Counter::new(&families::REQUESTS),
            request_duration: Histogram::new(&families::REQUEST_DURATION),
            provider_attempts: Counter::new(&families::PROVIDER_ATTEMPTS),
            call_duration: Histogram::new(&families::CALL_DURATION),
            other_model: Counter::new(&families::OTHER_MODEL),
            retries: Counter::new(&families::RETRIES),
            hedges: Counter::new(&families::HEDGES),
            fallbacks: Counter::new(&families::FALLBACKS),
            breaker_transitions: Counter::new(&families::BREAKER_TRANSITIONS),
            rejections: Counter::new(&families::REJECTIONS),
            ratelimit_decisions: Counter::new(&families::RATELIMIT_DECISIONS),
            queue_dropped: Counter::new(&families::QUEUE_DROPPED),
            single_flight: Counter::new(&families::SINGLE_FLIGHT),
            pool_purges: Counter::new(&families::POOL_PURGES),
        }
    }
}

impl Metrics {
    /// A question has come.
    pub(super) fn asking(&self, track: &Track) -> Asking<'_> {
        Asking::since(self, track, Instant::now())
    }

    /// A question has come at that time.
    pub(super) fn asking_since(&self, track: &Track, begun: Instant) -> Asking<'_> {
        Asking::since(self, track, begun)
    }

    /// What was counted so far.
    pub(super) fn page(&self) -> Page {
        let mut page = Page::default();
        let all = self.all();
        all.iter().for_each(|registry| registry.collect(&mut page));
        page.count(&families::TELEMETRY_DROPPED, ["series_limit"], all.iter().map(|registry| registry.folded()).sum());
        page
    }

    /// Events so far, by name and labels.
    pub(super) fn counts(&self) -> BTreeMap<String, u64> {
        self.page().counts()
    }

    fn all(&self) -> [&dyn Collect; 14] {
        // A field that is left out here does not compile.
        let Self {
            requests,
            request_duration,
            provider_attempts,
            call_duration,
            other_model,
            retries,
            hedges,
            fallbacks,
            breaker_transitions,
            rejections,
            ratelimit_decisions,
            queue_dropped,
            single_flight,
            pool_purges,
        } = self;
        [
            requests,
            request_duration,
            provider_attempts,
            call_duration,
            other_model,
            retries,
            hedges,
            fallbacks,
            breaker_transitions,
            rejections,
            ratelimit_decisions,
            queue_dropped,
            single_flight,
            pool_purges,
        ]
    }
}

impl Page {
    /// Puts on it what a cache counts by itself.
    pub(super) fn cache(&mut self, stats: &CacheStats) {
        let tier = stats.mode;
        self.count(&families::CACHE_OPERATIONS, [tier, "get", "hit"], stats.hits);
        self.count(&families::CACHE_OPERATIONS, [tier, "get", "miss"], stats.misses);
        self.count(&families::CACHE_DAMAGED, [tier], stats.damaged);
        self.level(&families::CACHE_ENTRIES, [tier], stats.entries as f64);
        self.level(&families::CACHE_BYTES, [tier], stats.live_bytes as f64);
        self.level(&families::CACHE_FILE_BYTES, [], stats.disk_bytes as f64);
    }

    /// Puts on it what an audit trail counts by itself.
    pub(super) fn audit(&mut self, stats: &TrailStats) {
        self.count(&families::AUDIT_RECORDS, [], stats.records);
        self.count(&families::AUDIT_WRITE_FAILURES, [], stats.write_failures);
        self.count(&families::AUDIT_VERIFY_FAILURES, [], stats.verify_failures);
        self.count(&families::AUDIT_TORN_TAIL, [], stats.torn);
        self.level(&families::AUDIT_UNANCHORED, [], stats.unsealed as f64);
        self.count(&families::QUEUE_DROPPED, ["audit"], stats.dropped);
    }

    /// Puts on it how full a queue is.
    pub(super) fn queue(&mut self, queue: &str, depth: usize, capacity: usize) {
        self.level(&families::QUEUE_DEPTH, [queue], depth as f64);
        self.level(&families::QUEUE_CAPACITY, [queue], capacity as f64);
    }
}

#[cfg(test)]
mod tests;
