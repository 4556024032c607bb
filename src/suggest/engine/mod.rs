//! Asking the providers: one deadline over all, in the user's order, with everything that keeps one of them in trouble
//! from taking the answer with it.
//!
//! From the outside in: deadline, fallback to the next, retry within a budget, the endpoint's own health (its limits, its
//! quarantine, its breaker), places for calls under way, and the limits of one attempt, which the adapters keep.

mod attempt;
mod consequence;
mod gate;
mod health;
mod model;
mod race;
mod spans;
mod timing;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::Instant;
use tracing::{debug, info};

pub use consequence::remembered_for;
pub(in crate::suggest) use timing::LEAST;
pub use timing::total;

use self::attempt::AttemptKind;
use self::consequence::Again;
use self::health::Health;
use super::metrics::Metrics;
use super::ports::{Prompt, Provider, RawAnswer, SpanValue};
use super::till::Counted;
use super::track::Track;
use super::waiting::WaitingFor;
use crate::domain::{Answerer, AttemptError, Candidate, FailureClass, LogEvent, ShellFacts};
use crate::resilience::{Outage, RetryBudget, backoff};
use crate::validate::Suggestion;

/// Most calls for one request while there is another source.
const MOST_CALLS: u32 = 3;
/// Most calls for one request when this endpoint is the only source there is and was well of late.
const MOST_CALLS_ALONE: u32 = 6;
/// Most calls for one request that nobody waits for.
const MOST_CALLS_UNSEEN: u32 = 1;
/// With fewer retries left than this, a slow provider is not the only trouble.
const SPARE_BUDGET: f64 = 3.0;

/// A provider that gave no command, by name, and why.
pub type Failure = (String, AttemptError);

/// Decides what an answer is worth.
pub trait Acceptance: Send + Sync {
    /// Finds the command in an answer.
    ///
    /// # Errors
    /// That there is none; it counts against the provider's health.
    fn read(&self, answer: &RawAnswer, from: Answerer) -> Result<Candidate, AttemptError>;
    /// Lets the command through the gate, or does not.
    fn accept(&self, candidate: Candidate) -> BoxFuture<'_, Result<Suggestion, AttemptError>>;
    /// Whether one more call to the named provider is within the user's limits.
    fn admit(&self, provider: &str) -> bool;
    /// Counts a call that is about to be made.
    fn count<'a>(&'a self, _provider: &'a dyn Provider, _prompt: &'a Prompt) -> BoxFuture<'a, Result<Option<Counted>, AttemptError>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}

/// Who waits for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// Somebody at a prompt.
    Person,
    /// A batch: it waits for a place among the calls under way as long as the deadline allows.
    Batch,
    /// Nobody. One call, to a provider that is well and has more than one place left, and no second attempt.
    Nobody,
}

/// One request to the providers. It is complete in itself, because parts of it may outlive whoever asked.
pub struct Round {
    /// Whom to ask, in the user's order.
    pub providers: Vec<Arc<dyn Provider>>,
    /// What to send.
    pub prompt: Prompt,
    /// The asking shell.
    pub facts: ShellFacts,
    /// When the answer is due.
    pub deadline: Instant,
    /// Whether this machine has something to offer if nobody answers.
    pub has_local: bool,
    /// Who waits for the answer.
    pub urgency: Urgency,
    /// What an answer is worth.
    pub acceptance: Arc<dyn Acceptance>,
    /// Where to say who is waited for.
    pub waiting: WaitingFor,
    /// What is told of it is told under this.
    pub track: Track,
}

/// What all requests share.
struct Shared {
    budget: RetryBudget,
    outage: Outage,
    /// When a provider last said that its limit is reached.
    limited: Option<Instant>,
    random: fastrand::Rng,
    endpoints: HashMap<String, Arc<Health>>,
}

/// The engine; one for all requests of a process.
pub struct Engine {
    metrics: Arc<Metrics>,
    hedges: bool,
    width: usize,
    shared: Mutex<Shared>,
}

/// How the request stands.
struct Course {
    calls: u32,
    /// Whom the last call went to.
    asked: Option<usize>,
    /// How often the same was sent to it before.
    resends: u32,
    failures: Vec<Failure>,
    /// The only source that could answer: nothing is known locally, and no other provider could be asked. For it the cap
    /// on calls, the retry budget and an open breaker give way to the deadline.
    alone: Option<usize>,
}

/// The repeated calls of one provider's turn.
#[derive(Default)]
struct Retries {
    /// Nobody waits, so none is made.
    never: bool,
    made: u32,
    /// Whether a request that was not taken was sent again.
    resent: bool,
}

/// How one provider's turn ended.
enum Turn {
    Found(Box<Suggestion>),
    Next,
    /// Nobody else should be asked.
    Stop,
    /// Those before this one have been asked.
    SkipTo(usize),
}

impl Course {
    /// The call that is about to be made to the provider at `index`.
    fn next_call(&mut self, index: usize, is_probe: bool) -> AttemptKind {
        let before = self.asked.replace(index);
        self.calls += 1;
        self.resends = if before == Some(index) { self.resends + 1 } else { 0 };
        match before {
            _ if is_probe => AttemptKind::Probe,
            None => AttemptKind::First,
            Some(before) if before == index => AttemptKind::Retry,
            Some(_) => AttemptKind::Fallback,
        }
    }

    /// This provider is not asked at all.
    fn pass_over(&mut self, round: &Round, provider: &Arc<dyn Provider>, error: AttemptError) -> Turn {
        info!(
            event = LogEvent::ProviderPassedOver.name(),
            request_id = %round.track.id,
            provider = provider.name(),
            model = provider.model(),
            error_type = error.error_type.label(),
            detail = %error.detail,
            "a provider was not asked"
        );
        self.skip(provider, error)
    }

    /// The turn of this provider is over without a command, and why.
    fn skip(&mut self, provider: &Arc<dyn Provider>, error: AttemptError) -> Turn {
        self.failures.push((provider.name().to_owned(), error));
        Turn::Next
    }
}

impl Engine {
    /// An engine that knows nothing yet. `hedges` says whether a second provider may be asked when the first is slow;
    /// `width` calls to one endpoint may be under way at once; `seed` makes its random choices repeatable.
    pub fn new(metrics: Arc<Metrics>, hedges: bool, width: usize, seed: u64) -> Self {
        let random = fastrand::Rng::with_seed(seed);
        let shared = Shared { budget: RetryBudget::new(), outage: Outage::default(), limited: None, random, endpoints: HashMap::new() };
        Self { metrics, hedges, width, shared: Mutex::new(shared) }
    }

    /// Asks until somebody gives a command that passes the gate.
    ///
    /// # Errors
    /// Why each gave none, in the order of asking. A model that declines ends the round: another one is not asked in the
    /// hope that it is laxer.
    pub async fn ask(self: &Arc<Self>, round: &Arc<Round>) -> Result<Suggestion, Vec<Failure>> {
        if round.urgency != Urgency::Nobody {
            self.shared().budget.request();
        }
        let mut course = self.begin(round);
        let mut index = 0;
        while index < round.providers.len() {
            index = match self.turn(round, index, &mut course).await {
                Turn::Found(suggestion) => return Ok(*suggestion),
                Turn::Next => index + 1,
                Turn::SkipTo(next) => next,
                Turn::Stop => break,
            };
        }
        Err(course.failures)
    }

    /// The provider that would be asked first.
    pub fn first_usable(&self, providers: &[Arc<dyn Provider>]) -> Option<Arc<dyn Provider>> {
        let now = Instant::now();
        let mut usable = providers.iter().filter(|provider| self.health(provider).endpoint().is_usable(now));
        usable.next().cloned()
    }

    /// Whether calls that nobody waits for may be made: this machine's network is there, and there is no lack of retries.
    pub fn is_calm(&self) -> bool {
        let shared = self.shared();
        shared.budget.left() >= SPARE_BUDGET && !shared.outage.lasts(Instant::now())
    }

    /// Forgets what was held against the endpoints, because their configuration changed.
    pub fn forget(&self) {
        let mut shared = self.shared();
        shared.endpoints.clear();
        shared.outage.end();
    }

    /// Repeats that are left, from 0 to 10.
    pub fn retry_budget(&self) -> f64 {
        self.shared().budget.left()
    }

    fn begin(&self, round: &Round) -> Course {
        let now = Instant::now();
        let healths: Vec<_> = round.providers.iter().map(|provider| self.health(provider)).collect();
        let usable: Vec<usize> = (0..healths.len()).filter(|index| healths[*index].endpoint().is_usable(now)).collect();
        let alone = match usable[..] {
            _ if round.has_local || round.urgency == Urgency::Nobody => None,
            [only] => Some(only),
            // All are blocked: the one that is free again first is asked all the same.
            [] => {
                let moments = healths.iter().enumerate().filter_map(|(index, health)| Some((health.endpoint().usable_at(now)?, index)));
                moments.min().map(|(_, index)| index)
            }
            _ => None,
        };
        Course { calls: 0, asked: None, resends: 0, failures: Vec::new(), alone }
    }

    async fn turn(self: &Arc<Self>, round: &Arc<Round>, index: usize, course: &mut Course) -> Turn {
        let Some(provider) = round.providers.get(index) else { return Turn::Stop };
        let alone = course.alone == Some(index);
        let is_last = index + 1 == round.providers.len() || alone;
        let mut retries = Retries { never: round.urgency == Urgency::Nobody, ..Retries::default() };
        let mut last = None;
        loop {
            let select = round.track.span("gptos.provider.select");
            select.text("gptos.provider", provider.name());
            if let Some(error) = self.hindrance(round, provider) {
                select.text("gptos.select.result", error.class.label());
                return course.pass_over(round, provider, error);
            }
            if course.calls >= self.most_calls(round, provider, alone) {
                select.text("gptos.select.result", "enough_calls");
                let enough = || AttemptError::new(FailureClass::Transient, "not asked: enough calls were made");
                return course.skip(provider, last.unwrap_or_else(enough));
            }
            let leave = match self.leave(round, provider, alone).await {
                Ok(leave) => leave,
                Err(error) => {
                    select.text("gptos.select.result", error.class.label());
                    return course.pass_over(round, provider, error);
                }
            };
            select.text("gptos.select.result", if leave.is_probe() { "probe" } else { "chosen" });
            drop(select);
            let error = match self.race(round, index, leave, course, is_last).await {
                race::Outcome::Found(suggestion) => return Turn::Found(suggestion),
                race::Outcome::Failed(error) => error,
                race::Outcome::BothFailed(error, second, next) => {
                    let declined = second.1.class == FailureClass::Refusal;
                    course.skip(provider, error);
                    course.failures.push(second);
                    return if declined { Turn::Stop } else { Turn::SkipTo(next) };
                }
            };
            let wait = self.wait_before_retry(round, &error, &mut retries, course, alone);
            let fits = wait.is_none_or(|wait| {
                let remaining = round.deadline.saturating_duration_since(Instant::now());
                remaining >= wait + LEAST && course.calls < self.most_calls(round, provider, alone)
            });
            if let Some(wait) = wait {
                self.metrics.retries.add([if fits { "scheduled" } else { "deadline" }]);
                let decided = [("gptos.retry.result", SpanValue::Text(if fits { "scheduled" } else { "deadline" }))];
                round.track.event("gptos.retry", &decided);
                debug!(
                    event = LogEvent::RetryScheduled.name(),
                    request_id = %round.track.id,
                    provider = provider.name(),
                    reason = if fits { "scheduled" } else { "deadline" },
                    error_type = error.error_type.label(),
                    retry_after_ms = attempt::milliseconds(wait),
                    "a call may be repeated"
                );
                if fits {
                    retries.made += 1;
                    last = Some(error);
                    if !wait.is_zero() {
                        tokio::time::sleep(wait).await;
                    }
                    continue;
                }
            }
            let declined = error.class == FailureClass::Refusal;
            if !declined && let Some(next) = round.providers.get(index + 1) {
                self.metrics.fallbacks.add([provider.name(), next.name(), error.error_type.label()]);
            }
            course.skip(provider, error);
            return if declined { Turn::Stop } else { Turn::Next };
        }
    }

    /// The number of calls after which this provider is not asked any more.
    fn most_calls(&self, round: &Round, provider: &Arc<dyn Provider>, alone: bool) -> u32 {
        match alone {
            true if self.health(provider).endpoint().is_promising(Instant::now()) => MOST_CALLS_ALONE,
            true => 1,
            false if round.urgency == Urgency::Nobody => MOST_CALLS_UNSEEN,
            false => MOST_CALLS,
        }
    }

    /// How long to wait before the same provider is asked once more; `None` when it is not.
    fn wait_before_retry(
        &self,
        round: &Round,
        error: &AttemptError,
        retries: &mut Retries,
        course: &mut Course,
        alone: bool,
    ) -> Option<Duration> {
        let is_first = retries.made == 0;
        let again = consequence::again(error);
        if again == Again::AtOnce && !retries.resent {
            // Nothing was sent, so it counts neither as a call nor as a retry.
            retries.resent = true;
            course.calls = course.calls.saturating_sub(1);
            return Some(Duration::ZERO);
        }
        let may = match again {
            _ if retries.never => false,
            Again::Never => false,
            Again::IfAlone => alone,
            Again::OnceAfterBackoff => is_first && (alone || self.has_budget(round)),
            Again::AtOnce | Again::AfterBackoff | Again::After(_) => alone || (is_first && self.has_budget(round)),
        };
        may.then(|| match (again, &error.class) {
            (Again::After(wait), _) => wait,
            (Again::IfAlone, FailureClass::RateLimited { retry_after: Some(wait) }) => *wait,
            _ => backoff(retries.made, self.jitter()),
        })
    }

    /// Whether one more repeat is within the budget.
    fn has_budget(&self, round: &Round) -> bool {
        let has = self.shared().budget.take();
        if !has {
            round.track.event("gptos.retry_budget.exhausted", &[]);
        }
        has
    }

    /// The next provider after `index` that could be asked now.
    fn next_usable(&self, round: &Round, index: usize) -> Option<usize> {
        let is_usable = |next| round.providers.get(next).is_some_and(|found| self.health(found).endpoint().is_usable(Instant::now()));
        (index + 1..round.providers.len()).find(|next| is_usable(*next))
    }

    fn jitter(&self) -> f64 {
        self.shared().random.f64()
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
