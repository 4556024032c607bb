//! What is done towards providers before somebody asks or behind their back: connections, answers to words that are being
//! typed, and answers that have aged.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::background::{Background, Queue};
use super::engine::{LEAST, Round, Urgency};
use super::key::Kind;
use super::online::{Asked, FlightKey, Landed, Online};
use super::pipeline::{Mode, Parts};
use super::ports::{CacheKey, Provider};
use super::waiting::WaitingFor;
use crate::domain::ShellFacts;
use crate::resilience::Role;

/// An answer is not made anew more often.
const REFRESH_EVERY: Duration = Duration::from_secs(3600);
/// Refreshing may take this long; nobody waits for it.
const REFRESH_TIME: Duration = Duration::from_secs(8);
/// A connection lives longer than this without being used, so none is opened more often.
const WARM_EVERY: Duration = Duration::from_secs(15);
const WARM_TIME: Duration = Duration::from_secs(2);
/// All connections are opened in one place of the queue.
const WARM_KEY: u64 = 0;

impl Online {
    /// Asks anew for an answer that has aged, unless that was done lately. Nobody waits for it.
    pub(super) fn refresh(self: &Arc<Self>, background: &Arc<Background>, parts: &Arc<Parts>, asked: &Asked<'_>) {
        let key = parts.place.key(Kind::Provider, asked.request, asked.redacted);
        if !asked.redacted.is_clean() || self.was_refreshed(&key) {
            return;
        }
        let round = self.round(parts, asked, Urgency::Nobody, WaitingFor::default());
        let (online, queues) = (Arc::clone(self), Arc::clone(background));
        background.submit(Queue::Refresh, short(&key), async move {
            if !online.has_room() {
                return queues.count_dropped(Queue::Refresh);
            }
            if !online.was_refreshed(&key) {
                let now = Instant::now();
                online.refreshed.insert(key, now);
                // Whatever comes of it, the answer at hand has been given already.
                let _ = online.engine.ask(&Arc::new(Round { deadline: now + REFRESH_TIME, ..round })).await;
            }
        });
    }

    fn was_refreshed(&self, key: &CacheKey) -> bool {
        self.refreshed.get(key).is_some_and(|at| Instant::now().duration_since(at) < REFRESH_EVERY)
    }

    /// Asks for words that somebody is typing, so that the answer is in the cache when they ask. Whoever asks before it is
    /// there joins the flight. Newer words of the same shell end it unless somebody has joined: calls are made one at a
    /// time, and the newer words are those that will be asked.
    pub(super) fn prefetch(self: &Arc<Self>, background: &Arc<Background>, parts: &Arc<Parts>, asked: &Asked<'_>) {
        let request = asked.request;
        self.notice_sleep(request.now, asked.providers);
        let key = parts.place.key(Kind::Provider, request, asked.redacted);
        let was_rejected = self.rejected.get(&key).is_some_and(|(until, _)| Instant::now() < until);
        if was_rejected {
            return;
        }
        let round = self.round(parts, asked, Urgency::Nobody, WaitingFor::default());
        let (online, queues, parts, handed_in) = (Arc::clone(self), Arc::clone(background), Arc::clone(parts), request.now);
        let flight: FlightKey = (key, Mode::Normal, Arc::clone(&request.rules));
        background.submit(Queue::Prefetch, request.session, async move {
            let deadline = round.deadline;
            // While this waited somebody may have asked.
            if parts.cache.get(&key, handed_in).is_some_and(|kept| kept.created >= handed_in) {
                return;
            }
            if !online.has_room() || deadline.saturating_duration_since(Instant::now()) < LEAST {
                return queues.count_dropped(Queue::Prefetch);
            }
            let engine = Arc::clone(&online.engine);
            let mut ticket = online.flights.join(flight, || async move {
                let result = engine.ask(&Arc::new(round)).await.map_err(Arc::new);
                Landed { result, unseen: true }
            });
            // Somebody asks the same already.
            if ticket.role == Role::Follower {
                return;
            }
            let _ = tokio::time::timeout_at(deadline, ticket.landed()).await;
        });
    }

    /// Opens a connection to the provider that would be asked first, unless that was done lately.
    pub(super) fn warm(&self, background: &Background, facts: ShellFacts, providers: &[Arc<dyn Provider>]) {
        let now = Instant::now();
        let mut warmed = self.warmed.lock().unwrap_or_else(PoisonError::into_inner);
        if warmed.is_some_and(|at| now.duration_since(at) < WARM_EVERY) {
            return;
        }
        if let Some(first) = self.engine.first_usable(providers) {
            *warmed = Some(now);
            background.submit(Queue::Warm, WARM_KEY, async move {
                // Whoever does not answer now will be found out by the question itself.
                let _ = tokio::time::timeout(WARM_TIME, first.connect(&facts)).await;
            });
        }
    }
}

/// Tells a piece of work from others as well as need be.
fn short(key: &CacheKey) -> u64 {
    key.0.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}
