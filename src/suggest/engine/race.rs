//! Two providers at the same time: a probe of one that was in trouble beside the one that is well, or a second one when the
//! first is slow.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::attempt::{AttemptKind, Position};
use super::health::Leave;
use super::{Course, Engine, Failure, Round, SPARE_BUDGET, Urgency};
use crate::domain::{AttemptError, FailureClass};
use crate::suggest::ports::Heard;
use crate::validate::Suggestion;

/// A hedge is sent neither earlier nor later than this.
const HEDGE_AFTER: (Duration, Duration) = (Duration::from_millis(1200), Duration::from_millis(2000));
/// So long after a limit was met nobody is asked more than need be.
const HEDGE_AFTER_LIMIT: Duration = Duration::from_secs(60);

pub(super) enum Outcome {
    Found(Box<Suggestion>),
    Failed(AttemptError),
    /// The first, the second, and the provider to go on with.
    BothFailed(AttemptError, Failure, usize),
}

type Answered = Result<Suggestion, AttemptError>;

impl From<Answered> for Outcome {
    fn from(answered: Answered) -> Self {
        match answered {
            Ok(suggestion) => Outcome::Found(Box::new(suggestion)),
            Err(error) => Outcome::Failed(error),
        }
    }
}

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
        leave: Leave,
        course: &mut Course,
        is_last: bool,
    ) -> Outcome {
        let alone = course.alone == Some(index);
        let (calls, is_probe) = (course.calls, leave.is_probe());
        let kind = course.next_call(index, is_probe);
        // Whoever asks does not pay for the probe.
        let delay = if is_probe { Some(Duration::ZERO) } else { self.hedge_delay(round, index) };
        let second = delay.and_then(|delay| Some((delay, self.next_usable(round, index)?)));
        let heard = Arc::<Heard>::default();
        let Some((delay, next)) = second else {
            return self
                .attempt(round, index, leave, Position { calls, kind, resends: course.resends, is_last, alone }, &heard)
                .await
                .into();
        };
        let position = Position { calls, kind, resends: course.resends, is_last: false, alone: false };
        let mut first = self.spawn(round, index, leave, position, Arc::clone(&heard));
        if !delay.is_zero() {
            tokio::select! {
                biased;
                answered = first.ended() => return answered.into(),
                // An answer that has begun is not slow any more.
                () = heard.wait() => return first.ended().await.into(),
                () = tokio::time::sleep(delay) => {}
            }
        }
        let Some(other_leave) = self.leave_for_second(round, next, is_probe) else { return first.ended().await.into() };
        if !is_probe {
            self.metrics.hedges.add(["fired"]);
            round.track.event("gptos.hedge.fired", &[]);
        }
        let calls = course.calls;
        let kind = if is_probe { course.next_call(next, false) } else { AttemptKind::Hedge };
        if !is_probe {
            course.next_call(next, false);
        }
        let is_last = next + 1 == round.providers.len();
        let mut other = self.spawn(round, next, other_leave, Position { calls, kind, resends: 0, is_last, alone: false }, Arc::default());
        let (found, failed) = tokio::select! {
            answered = first.ended() => match answered {
                Ok(suggestion) => (Some(suggestion), None),
                Err(error) => (None, Some((true, error))),
            },
            answered = other.ended() => match answered {
                Ok(suggestion) => {
                    // The probe goes on, or a slow endpoint would never be found well again; a hedged one is given up.
                    if is_probe {
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

    fn spawn(self: &Arc<Self>, round: &Arc<Round>, index: usize, leave: Leave, position: Position, heard: Arc<Heard>) -> Task {
        let (engine, round) = (Arc::clone(self), Arc::clone(round));
        Task(Some(tokio::spawn(async move { engine.attempt(&round, index, leave, position, &heard).await })))
    }

    /// Leave for the second call, if it is within all limits. It is never a probe: two that fail in one request would be due
    /// again together, and in an outage of everybody the requests would pay for both each time.
    fn leave_for_second(&self, round: &Round, next: usize, beside_probe: bool) -> Option<Leave> {
        let provider = round.providers.get(next)?;
        let may = round.acceptance.admit(provider.name()) && (beside_probe || self.shared().budget.take());
        may.then(|| Leave::new(&self.health(provider), None))
    }

    /// When a second provider is asked although the first has not failed; `None` where it should not be.
    fn hedge_delay(&self, round: &Round, index: usize) -> Option<Duration> {
        let provider = round.providers.get(index).filter(|_| self.hedges && round.urgency != Urgency::Nobody)?;
        let next = round.providers.get(self.next_usable(round, index)?)?;
        let both_well = [provider, next].iter().all(|provider| self.health(provider).endpoint().is_closed());
        let (budget, limited) = {
            let shared = self.shared();
            (shared.budget.left(), shared.limited)
        };
        let lately = limited.is_some_and(|at| Instant::now().duration_since(at) < HEDGE_AFTER_LIMIT);
        if !both_well || budget < SPARE_BUDGET || lately {
            return None;
        }
        let p95 = self.health(provider).endpoint().p95();
        Some(p95.unwrap_or(HEDGE_AFTER.1).clamp(HEDGE_AFTER.0, HEDGE_AFTER.1))
    }
}

fn panicked() -> AttemptError {
    AttemptError::new(FailureClass::Transient, "the attempt ended without a result")
}
