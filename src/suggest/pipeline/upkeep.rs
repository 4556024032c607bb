//! What a pipeline that runs is told and asked besides questions: what holds from now on, what was counted, how things stand.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::{BATCH_WIDTH, Pipeline};
use crate::domain::ProvidersHealth;
use crate::offline::{Preferred, Translator};
use crate::suggest::local::Taught;
use crate::suggest::metrics::Page;
use crate::suggest::online::{Online, OnlineSettings};
use crate::suggest::ports::{AnswerCache, Ledger, Memory, Provider, Tracer};

/// How often models on this machine are looked after, give or take a fifth, so that no two processes do it in step.
const LOOK_AFTER_EVERY: Duration = Duration::from_secs(30);

impl Pipeline {
    /// The cache, for its statistics.
    pub fn cache(&self) -> &dyn AnswerCache {
        self.parts.cache.as_ref()
    }

    /// How these providers have been.
    pub fn health(&self, providers: &[Arc<dyn Provider>]) -> ProvidersHealth {
        self.way_out().health(providers)
    }

    /// Looks from time to time whether models on this machine that were in trouble are back. It never ends; nothing is
    /// asked of a provider elsewhere.
    pub async fn look_after(&self, providers: impl Fn() -> Vec<Arc<dyn Provider>>) {
        loop {
            tokio::time::sleep(LOOK_AFTER_EVERY.mul_f64(0.8 + 0.4 * fastrand::f64())).await;
            self.way_out().look_after(&providers()).await;
            self.write_ledger(false).await;
        }
    }

    /// Answers, tokens and money are counted here from now on.
    pub fn count_in(&self, ledger: Arc<dyn Ledger>) {
        self.till.keep(ledger);
    }

    /// Writes what was counted, if that is due or `at_once`.
    pub async fn write_ledger(&self, at_once: bool) {
        if let Some(ledger) = self.till.ledger() {
            // Whoever waits for it has a limit of his own.
            let _ = tokio::task::spawn_blocking(move || ledger.write(at_once)).await;
        }
    }

    /// Why the ledger could not be written, if it could not.
    pub(in crate::suggest) fn ledger_failure(&self) -> Option<String> {
        self.till.ledger().and_then(|ledger| ledger.failure())
    }

    /// What was counted so far, by name and labels.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.metrics.counts()
    }

    /// What was counted so far, and how things stand.
    pub fn measure(&self) -> Page {
        let mut page = self.metrics.page();
        page.cache(&self.parts.cache.stats());
        self.queues().into_iter().for_each(|(queue, depth, capacity)| page.queue(queue, depth, capacity));
        self.way_out().measure(&mut page);
        self.audit_stats().into_iter().for_each(|(stats, _)| page.audit(&stats));
        page
    }

    /// The queues: what each is called, how much waits or is under way in it, and how much it takes.
    pub fn queues(&self) -> Vec<(&'static str, usize, usize)> {
        let batch = ("batch", BATCH_WIDTH - self.batch.available_permits().min(BATCH_WIDTH), BATCH_WIDTH);
        let mut queues = vec![batch, self.way_out().queue()];
        queues.extend(self.background.queues());
        queues.extend(self.audit_stats().map(|(stats, _)| ("audit", stats.depth, stats.capacity)));
        queues
    }

    /// The configuration is this from now on: what was held against providers is forgotten, and these limits hold.
    pub fn reconfigure(&self, settings: OnlineSettings) {
        self.background.clear();
        self.till.forget();
        let mut online = self.online.write().unwrap_or_else(PoisonError::into_inner);
        if online.settings == settings {
            online.forget();
        } else {
            *online = Arc::new(Online::new(Arc::clone(&self.metrics), Arc::clone(&self.till), settings, fastrand::u64(..)));
        }
    }

    /// The embedded translator writes these in the place of usual programs from now on, where they are installed.
    pub fn prefer(&self, preferred: &[Preferred]) {
        self.toolbox.prefer(preferred);
    }

    /// The embedded translator is this one from now on, `None` for the embedded data alone. Answers of another one, kept or
    /// not, are not given again.
    pub fn teach(&self, translator: Option<Arc<Translator>>) {
        *self.taught.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Taught::new(translator));
    }

    /// What the user runs is remembered here from now on; `None`: it is not remembered.
    pub fn remember(&self, memory: Option<Arc<dyn Memory>>) {
        *self.memory.write().unwrap_or_else(PoisonError::into_inner) = memory;
    }

    /// Spans are made by this from now on; `None`: there are none.
    pub fn trace(&self, tracer: Option<Arc<dyn Tracer>>) {
        *self.tracer.write().unwrap_or_else(PoisonError::into_inner) = tracer;
    }

    /// Waits until what was run is written, for so long at most.
    pub fn flush_memory(&self, patience: Duration) {
        self.memory().into_iter().for_each(|memory| memory.flush(patience));
    }
}
