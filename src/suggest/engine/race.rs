//! Two providers at the same time: a probe of one that was in trouble beside the one that is well, or a second one when the
//! first is slow.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::attempt::{Kind, Position};
use super::{Course, Engine, Failure, Round};
use crate::domain::{AttemptError, FailureClass};
use crate::validate::Suggestion;

/// A hedge is sent neither earlier nor later than this.
const HEDGE_AFTER: (Duration, Duration) = (Duration::from_millis(1200), Duration::from_millis(2000));
/// So long after a limit was met nobody is asked more than need be.
const HEDGE_AFTER_LIMIT: Duration = Duration::from_secs(60);
/// With fewer retries left than this, a slow provider is not the only trouble.
const HEDGE_BUDGET: f64 = 3.0;

pub(super) enum Outcome {
    Found(Box<Suggestion>),
    Failed(AttemptError),
    /// The first, the second, and the provider to go on with.
    BothFailed(AttemptError, Failure, usize),
}

type Answered = Result<Suggestion, AttemptError>;

/// An attempt in a task of its own, which ends with this value unless it is let go.
struct Task(Option<JoinHandle<Answered>>);

impl Task {
    async fn ended(&mut self) -> Answered {
        let Some(handle) = self.0.as_mut() else { return Err(panicked()) };
        let answered = handle.await.unwrap_or_else(|_| Err(panicked()));
        self.0 = None;
        answered
    }

    /// Lets it go on alone: what it finds out is remembered.
    fn release(mut self) {
        self.0 = None;
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(handle) = &self.0 {
            handle.abort();
        }
    }
}

impl Engine {
    /// Asks the provider at `index`, and the next one beside it where that is called for.
    pub(super) async fn race(
        self: &Arc<Self>,
        round: &Arc<Round>,
        index: usize,
        kind: Kind,
        course: &mut Course,
        is_last: bool,
    ) -> Outcome {
        let alone = course.alone == Some(index);
        let calls = course.calls;
        course.calls += 1;
        let delay = match kind {
            // Whoever asks does not pay for the probe.
            Kind::Probe => Some(Duration::ZERO),
            Kind::Usual => self.hedge_delay(round, index),
        };
        let second = delay.and_then(|delay| Some((delay, self.next_usable(round, index)?)));
        let Some((delay, next)) = second else {
            return match self.attempt(round, index, kind, Position { calls, is_last, alone }).await {
                Ok(suggestion) => Outcome::Found(Box::new(suggestion)),
                Err(error) => Outcome::Failed(error),
            };
        };
        let mut first = self.spawn(round, index, kind, Position { calls, is_last: false, alone: false });
        if !delay.is_zero()
            && let Ok(answered) = tokio::time::timeout(delay, first.ended()).await
        {
            return match answered {
                Ok(suggestion) => Outcome::Found(Box::new(suggestion)),
                Err(error) => Outcome::Failed(error),
            };
        }
        if !self.may_go_second(round, next, kind) {
            return match first.ended().await {
                Ok(suggestion) => Outcome::Found(Box::new(suggestion)),
                Err(error) => Outcome::Failed(error),
            };
        }
        if kind == Kind::Usual {
            self.metrics.hedges.add(["fired"]);
        }
        course.calls += 1;
        let is_last = next + 1 == round.providers.len();
        let mut other = self.spawn(round, next, Kind::Usual, Position { calls, is_last, alone: false });
        let (found, failed) = tokio::select! {
            answered = first.ended() => match answered {
                Ok(suggestion) => (Some(suggestion), None),
                Err(error) => (None, Some((true, error))),
            },
            answered = other.ended() => match answered {
                Ok(suggestion) => {
                    // The probe goes on, or a slow endpoint would never be found well again; a hedged one is given up.
                    if kind == Kind::Probe {
                        first.release();
                    }
                    return Outcome::Found(Box::new(suggestion));
                }
                Err(error) => (None, Some((false, error))),
            },
        };
        if let Some(suggestion) = found {
            return Outcome::Found(Box::new(suggestion));
        }
        let Some((first_failed, error)) = failed else { return Outcome::Failed(panicked()) };
        let rest = if first_failed { other.ended().await } else { first.ended().await };
        match rest {
            Ok(suggestion) => Outcome::Found(Box::new(suggestion)),
            Err(later) => {
                let (first_error, second_error) = if first_failed { (error, later) } else { (later, error) };
                let name = round.providers.get(next).map_or_else(String::new, |provider| provider.name().to_owned());
                Outcome::BothFailed(first_error, (name, second_error), next + 1)
            }
        }
    }

    fn spawn(self: &Arc<Self>, round: &Arc<Round>, index: usize, kind: Kind, position: Position) -> Task {
        let (engine, round) = (Arc::clone(self), Arc::clone(round));
        Task(Some(tokio::spawn(async move { engine.attempt(&round, index, kind, position).await })))
    }

    /// Whether the second call is within all limits.
    fn may_go_second(&self, round: &Round, next: usize, kind: Kind) -> bool {
        let Some(provider) = round.providers.get(next) else { return false };
        round.acceptance.admit(provider.name()) && (kind == Kind::Probe || self.shared().budget.take())
    }

    /// When a second provider is asked although the first has not failed; `None` where it should not be.
    fn hedge_delay(&self, round: &Round, index: usize) -> Option<Duration> {
        let provider = round.providers.get(index).filter(|_| self.hedges)?;
        let next = round.providers.get(self.next_usable(round, index)?)?;
        let both_well = [provider, next].iter().all(|provider| self.health(provider, &round.facts).endpoint().is_closed());
        let (budget, limited) = {
            let shared = self.shared();
            (shared.budget.left(), shared.limited)
        };
        let lately = limited.is_some_and(|at| Instant::now().duration_since(at) < HEDGE_AFTER_LIMIT);
        if !both_well || budget < HEDGE_BUDGET || lately {
            return None;
        }
        let p95 = self.health(provider, &round.facts).endpoint().p95();
        Some(p95.unwrap_or(HEDGE_AFTER.1).clamp(HEDGE_AFTER.0, HEDGE_AFTER.1))
    }
}

fn panicked() -> AttemptError {
    AttemptError::new(FailureClass::Transient, "the attempt ended without a result")
}
