//! What is remembered of each endpoint: leave to call it, how it has been, and whether it is back.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Engine;
use crate::domain::{AttemptError, EndpointHealth, EndpointState, FailureClass, ProvidersHealth};
use crate::resilience::{Block, Bulkhead, Endpoint, Probe, Report, Standing, Trip};
use crate::suggest::ports::{NO_KEY, Pace, Provider};

/// Endpoints remembered; a configuration has a handful, and old ones are forgotten.
const MOST_ENDPOINTS: usize = 64;
/// How long one model on this machine may take to say that it is back.
const LOOK_LIMIT: Duration = Duration::from_secs(1);

/// What is remembered of an endpoint, and the places for calls to it.
pub(super) struct Health {
    endpoint: Mutex<Endpoint>,
    /// The state of the key that was rejected last; 0 when none was.
    rejected_key: AtomicU64,
    /// Whether a shell that had what it takes has asked it.
    was_called: AtomicBool,
    last_error: Mutex<Option<(AttemptError, Instant)>>,
    pub(super) places: Bulkhead,
}

impl Health {
    fn new(width: usize) -> Self {
        Self {
            endpoint: Mutex::default(),
            rejected_key: AtomicU64::new(0),
            was_called: AtomicBool::new(false),
            last_error: Mutex::default(),
            places: Bulkhead::new(width),
        }
    }

    /// Whether the key in this state is another one than the one that was rejected.
    pub(super) fn has_new_key(&self, state: u64) -> bool {
        let rejected = self.rejected_key.load(Ordering::Acquire);
        rejected != 0 && rejected != state && state != NO_KEY
    }

    /// Whether a failure tells of the endpoint: what one shell lacks does not where another has shown how the endpoint is.
    pub(super) fn is_told_by(&self, error: Option<&AttemptError>) -> bool {
        let is_askers = error.is_some_and(|error| error.is_askers);
        if !is_askers {
            self.was_called.store(true, Ordering::Release);
        }
        !is_askers || !self.was_called.load(Ordering::Acquire)
    }

    /// The key in this state was rejected; 0: none was.
    pub(super) fn set_rejected_key(&self, state: u64) {
        self.rejected_key.store(state, Ordering::Release);
    }

    /// A call failed.
    pub(super) fn note_error(&self, error: &AttemptError, now: Instant) {
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = Some((error.clone(), now));
    }

    /// A call was answered: whatever its key or its account lacked is there by now.
    pub(super) fn note_answer(&self) {
        let is_over =
            |(error, _): &mut (AttemptError, Instant)| !error.was_made || matches!(error.class, FailureClass::Auth | FailureClass::Quota);
        self.last_error.lock().unwrap_or_else(PoisonError::into_inner).take_if(is_over);
    }

    pub(super) fn endpoint(&self) -> MutexGuard<'_, Endpoint> {
        self.endpoint.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seen(&self, now: Instant) -> EndpointHealth {
        let view = self.endpoint().view(now);
        let last_error = self.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone();
        EndpointHealth {
            state: match view.standing {
                Standing::Unasked => EndpointState::Unasked,
                Standing::Ready => EndpointState::Ready,
                Standing::Probed => EndpointState::HalfOpen,
                Standing::Blocked(Block::Open) => EndpointState::Open,
                Standing::Blocked(Block::RateLimited) => EndpointState::Limited,
                Standing::Blocked(Block::Overloaded) => EndpointState::Overloaded,
                Standing::Blocked(Block::Quarantined) => EndpointState::Quarantined,
            },
            since: view.since.map(|since| now.saturating_duration_since(since)),
            retry_in: view.until.map(|until| until.saturating_duration_since(now)),
            p50: view.p50,
            p95: view.p95,
            key_trouble: last_error.as_ref().filter(|(error, _)| !error.was_made).map(|(error, _)| error.detail.clone()),
            last_error: last_error.map(|(error, at)| (error.class, now.saturating_duration_since(at))),
            calls: view.calls,
            successes: view.successes,
            in_flight: self.places.in_flight(),
        }
    }
}

/// Leave to make one call. Dropped before the call has ended, it frees the probe that it may be.
pub(super) struct Leave {
    pub(super) health: Arc<Health>,
    probe: Option<Probe>,
}

impl Leave {
    pub(super) fn new(health: &Arc<Health>, probe: Option<Probe>) -> Self {
        Self { health: Arc::clone(health), probe }
    }

    /// Whether the call decides for others.
    pub(super) fn is_probe(&self) -> bool {
        self.probe.is_some()
    }

    /// The call has ended.
    pub(super) fn end(mut self, now: Instant, report: Report, jitter: f64) -> Option<Trip> {
        let probe = self.probe.take();
        self.health.endpoint().report(now, report, probe, jitter)
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        if let Some(probe) = self.probe {
            self.health.endpoint().abandon(Instant::now(), probe);
        }
    }
}

impl Engine {
    pub(super) fn health(&self, provider: &Arc<dyn Provider>) -> Arc<Health> {
        let identity = provider.endpoint();
        let mut shared = self.shared();
        if let Some(health) = shared.endpoints.get(&identity) {
            return Arc::clone(health);
        }
        if shared.endpoints.len() >= MOST_ENDPOINTS {
            shared.endpoints.retain(|_, health| Arc::strong_count(health) > 1);
        }
        let health = Arc::new(Health::new(self.width));
        shared.endpoints.insert(identity, Arc::clone(&health));
        health
    }

    /// How these providers have been.
    pub fn seen(&self, providers: &[Arc<dyn Provider>]) -> ProvidersHealth {
        let now = Instant::now();
        let endpoints = providers.iter().map(|provider| self.health(provider).seen(now)).collect();
        ProvidersHealth { endpoints, retry_budget: self.retry_budget() }
    }

    /// Asks the models on this machine that are left alone whether they are back: then the next question may go to them at
    /// once. Nobody else is asked, since this must cost nothing.
    pub async fn look_after(&self, providers: &[Arc<dyn Provider>]) {
        for provider in providers.iter().filter(|provider| provider.pace() == Pace::Loopback) {
            let health = self.health(provider);
            if !health.endpoint().is_left_alone(Instant::now()) {
                continue;
            }
            if tokio::time::timeout(LOOK_LIMIT, provider.is_back()).await == Ok(true) {
                health.endpoint().seems_back(Instant::now());
            }
        }
    }
}
