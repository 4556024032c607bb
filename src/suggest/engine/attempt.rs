//! One attempt at one endpoint, and what its health learns from it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::consequence;
use super::timing::{Moment, limits};
use super::{Engine, Round};
use crate::domain::{AttemptError, FailureClass, Stage};
use crate::resilience::{Bulkhead, Endpoint, Report, Trip};
use crate::suggest::ports::Call;
use crate::validate::Suggestion;

/// How long somebody who waits for an answer waits for a place among the calls under way.
const PATIENCE: Duration = Duration::from_millis(250);

/// An adapter that keeps its limits is done by then.
const GRACE: Duration = Duration::from_millis(50);

/// What is remembered of an endpoint, and the places for calls to it.
pub(super) struct Health {
    endpoint: Mutex<Endpoint>,
    /// The state of the key that was rejected last; 0 when none was.
    rejected_key: AtomicU64,
    places: Bulkhead,
}

impl Health {
    pub(super) fn new(width: usize) -> Self {
        Self { endpoint: Mutex::new(Endpoint::default()), rejected_key: AtomicU64::new(0), places: Bulkhead::new(width) }
    }

    /// Whether the key in this state is another one than the one that was rejected.
    pub(super) fn has_new_key(&self, state: u64) -> bool {
        let rejected = self.rejected_key.load(Ordering::Acquire);
        rejected != 0 && rejected != state
    }

    pub(super) fn endpoint(&self) -> MutexGuard<'_, Endpoint> {
        self.endpoint.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an attempt decides for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Usual,
    Probe,
}

/// Where an attempt stands in its request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position {
    /// Calls made before it.
    pub(super) calls: u32,
    /// Whether nobody is asked after it.
    pub(super) is_last: bool,
    /// Whether nobody else could answer.
    pub(super) alone: bool,
}

/// Frees the probe when the attempt is dropped before its end.
struct Watch<'a> {
    health: &'a Health,
    armed: bool,
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if self.armed {
            self.health.endpoint().abandon(Instant::now());
        }
    }
}

impl Engine {
    /// Makes one attempt. Dropping the future cancels it.
    pub(super) async fn attempt(&self, round: &Round, index: usize, kind: Kind, position: Position) -> Result<Suggestion, AttemptError> {
        let Some(provider) = round.providers.get(index) else { return Err(gone()) };
        let health = self.health(provider, &round.facts);
        let mut watch = Watch { health: &health, armed: kind == Kind::Probe };
        let remaining = round.deadline.saturating_duration_since(Instant::now());
        let Position { calls, is_last, alone } = position;
        let place = match round.patient || alone {
            true => health.places.enter_in_turn(remaining).await,
            false => health.places.enter(PATIENCE.min(remaining)).await,
        };
        let _place = place.map_err(|error| {
            self.metrics.rejections.add(["bulkhead"]);
            AttemptError::new(FailureClass::RateLimited { retry_after: None }, format!("not asked: many calls are under way, {error}"))
        })?;
        round.waiting.set(provider.name());
        let begun = Instant::now();
        let remaining = round.deadline.saturating_duration_since(begun);
        let p95 = health.endpoint().p95();
        let limits = limits(provider.pace(), Moment { remaining, calls, is_last, p95 });
        let call = Call { prompt: &round.prompt, facts: &round.facts, limits };
        // The adapter keeps its limits; the deadline does not depend on that.
        let end = round.deadline.min(begun + limits.total + GRACE);
        let asked = tokio::time::timeout_at(end, provider.ask(call)).await;
        let late = |_| AttemptError::new(FailureClass::Slow(Stage::Total), "no complete answer in time");
        let answered = asked.map_err(late).and_then(|answer| answer);
        if answered.as_ref().is_ok_and(|answer| !is_kin(&answer.model, provider.model())) {
            self.metrics.other_model.add([provider.name()]);
        }
        let pause = answered.as_ref().ok().and_then(|answer| answer.pause);
        let read = answered.and_then(|answer| round.acceptance.read(&answer, provider.name()));

        let now = Instant::now();
        let report = match &read {
            Ok(_) => Report::Success { took: now - begun, pause },
            Err(error) => consequence::report(error),
        };
        let jitter = self.jitter();
        {
            let mut shared = self.shared();
            match &read {
                Err(error) if error.class == FailureClass::LocalNetwork => shared.outage.begin(now),
                Err(error) if matches!(error.class, FailureClass::Slow(_)) => shared.budget.timed_out(),
                Err(error) if matches!(error.class, FailureClass::RateLimited { .. }) => shared.limited = Some(now),
                Err(_) => {}
                Ok(_) => shared.outage.end(),
            }
        }
        watch.armed = false;
        // One who declines to answer is well.
        let declined = matches!(&read, Err(error) if error.class == FailureClass::Refusal);
        let report = if declined { Report::Success { took: now - begun, pause } } else { report };
        let rejected = match &read {
            Err(error) if error.class == FailureClass::Auth => provider.key_state(&round.facts).await,
            _ => 0,
        };
        health.rejected_key.store(rejected, Ordering::Release);
        let result = read.as_ref().map_or_else(|error| error.class.label(), |_| "ok");
        self.metrics.provider_attempts.add([provider.name(), result]);
        self.metrics.call_duration.observe(["chat", provider.name(), provider.model()], now - begun);
        if let Some(trip) = health.endpoint().report(now, report, jitter) {
            let reason = match trip {
                Trip::Consecutive => "consecutive",
                Trip::FailureRate => "failure_rate",
                Trip::SlowRate => "slow_rate",
                Trip::ProbeFailed => "probe_fail",
            };
            self.metrics.breaker_transitions.add([provider.name(), "open", reason]);
        }
        let candidate = read?;
        round.acceptance.accept(candidate).await
    }
}

/// Whether a model that answered is the one that was asked: services add dates and leave out vendors.
fn is_kin(answered: &str, asked: &str) -> bool {
    let plain = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase();
    let (answered, asked) = (plain(answered), plain(asked));
    answered.is_empty() || answered.starts_with(&asked) || asked.starts_with(&answered)
}

fn gone() -> AttemptError {
    AttemptError::new(FailureClass::Config, "not asked: there is no such provider")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_vendors_make_no_other_model() {
        for (answered, asked, kin) in [
            ("gpt-4o-mini-2024-07-18", "gpt-4o-mini", true),
            ("gpt-4o", "openai/gpt-4o", true),
            ("llama3.2", "llama3.2:3b", true),
            ("", "m", true),
            ("gpt-3.5-turbo", "gpt-4o", false),
            ("vendor/small", "vendor/large", false),
        ] {
            assert_eq!(is_kin(answered, asked), kin, "{answered} for {asked}");
        }
    }
}
