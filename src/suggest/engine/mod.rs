//! Asking the providers: one deadline over all, in the user's order, with everything that keeps one of them in trouble
//! from taking the answer with it.
//!
//! From the outside in: deadline, fallback to the next, retry within a budget, the endpoint's own health (its limits, its
//! quarantine, its breaker), places for calls under way, and the limits of one attempt, which the adapters keep.

mod attempt;
mod consequence;
mod model;
mod race;
mod timing;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::Instant;

pub use consequence::remembered_for;
pub(in crate::suggest) use timing::LEAST;
pub use timing::total;

use self::attempt::{Health, Kind};
use self::consequence::Again;
use super::metrics::Metrics;
use super::ports::{Pace, Prompt, Provider, RawAnswer, Readiness};
use super::waiting::WaitingFor;
use crate::domain::{Answerer, AttemptError, Candidate, FailureClass, ShellFacts, Stage};
use crate::resilience::{Block, Gate, Outage, RetryBudget, backoff};
use crate::validate::Suggestion;

/// Most calls for one request while there is another source.
const MOST_CALLS: u32 = 3;
/// Most calls for one request when this endpoint is the only source there is and was well of late.
const MOST_CALLS_ALONE: u32 = 6;
/// Most calls for one request that nobody waits for.
const MOST_CALLS_UNSEEN: u32 = 1;
/// With fewer retries left than this, a slow provider is not the only trouble.
const SPARE_BUDGET: f64 = 3.0;
/// How often to look whether a model has been loaded.
const LOADING_LOOK: Duration = Duration::from_millis(250);
/// Endpoints remembered; a configuration has a handful, and old ones are forgotten.
const MOST_ENDPOINTS: usize = 64;

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
    failures: Vec<Failure>,
    /// The only source that could answer: nothing is known locally, and no other provider could be asked. For it the cap
    /// on calls, the retry budget and an open breaker give way to the deadline.
    alone: Option<usize>,
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
    pub fn first_usable(&self, providers: &[Arc<dyn Provider>], facts: &ShellFacts) -> Option<Arc<dyn Provider>> {
        let now = Instant::now();
        let mut usable = providers.iter().filter(|provider| self.health(provider, facts).endpoint().is_usable(now));
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
        let healths: Vec<_> = round.providers.iter().map(|provider| self.health(provider, &round.facts)).collect();
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
        Course { calls: 0, failures: Vec::new(), alone }
    }

    async fn turn(self: &Arc<Self>, round: &Arc<Round>, index: usize, course: &mut Course) -> Turn {
        let Some(provider) = round.providers.get(index) else { return Turn::Stop };
        let name = provider.name().to_owned();
        let failed = |course: &mut Course, error: AttemptError| course.failures.push((name.clone(), error));
        let health = self.health(provider, &round.facts);
        let alone = course.alone == Some(index);
        let unseen = round.urgency == Urgency::Nobody;
        let (mut retries, mut resent, mut looked) = (0, false, false);
        loop {
            let now = Instant::now();
            let remaining = round.deadline.saturating_duration_since(now);
            if remaining < LEAST {
                failed(course, AttemptError::new(FailureClass::Slow(Stage::Total), "not asked: no time left"));
                return Turn::Next;
            }
            if provider.pace() == Pace::Remote && self.shared().outage.lasts(now) {
                failed(course, AttemptError::new(FailureClass::LocalNetwork, "not asked: this machine's network was gone a moment ago"));
                return Turn::Next;
            }
            let most = match alone {
                true if health.endpoint().is_promising(now) => MOST_CALLS_ALONE,
                true => 1,
                false if unseen => MOST_CALLS_UNSEEN,
                false => MOST_CALLS,
            };
            if course.calls >= most {
                if retries == 0 {
                    failed(course, AttemptError::new(FailureClass::Transient, "not asked: enough calls were made"));
                }
                return Turn::Next;
            }
            // Whoever waits finds out whether it is well again.
            if unseen && !health.endpoint().is_closed() {
                failed(course, blocked(Block::Open, Duration::ZERO));
                return Turn::Next;
            }
            let gate = health.endpoint().admit(now);
            let kind = match gate {
                Gate::Pass => Kind::Usual,
                Gate::Probe => Kind::Probe,
                Gate::Blocked(Block::Quarantined, until) => {
                    if !looked && health.has_new_key(provider.key_state(&round.facts).await) {
                        looked = true;
                        health.endpoint().release();
                        continue;
                    }
                    self.metrics.rejections.add([block_label(Block::Quarantined)]);
                    failed(course, blocked(Block::Quarantined, until - now));
                    return Turn::Next;
                }
                Gate::Blocked(Block::Open | Block::Overloaded, _) if alone => Kind::Usual,
                Gate::Blocked(_, until) if alone && until + LEAST <= round.deadline => {
                    tokio::time::sleep_until(until).await;
                    continue;
                }
                Gate::Blocked(block, until) => {
                    self.metrics.rejections.add([block_label(block)]);
                    failed(course, blocked(block, until.saturating_duration_since(now)));
                    return Turn::Next;
                }
            };
            if provider.pace() == Pace::Loopback && !self.is_loaded(round, provider, alone).await {
                health.endpoint().abandon(now);
                self.metrics.rejections.add(["loading"]);
                failed(course, AttemptError::new(FailureClass::Overloaded, "not asked: it is loading its model"));
                return Turn::Next;
            }
            if !round.acceptance.admit(&name) {
                health.endpoint().abandon(now);
                let class = FailureClass::RateLimited { retry_after: None };
                let reason = if unseen { "background_limit" } else { "rate_limit" };
                self.metrics.rejections.add([reason]);
                failed(course, AttemptError::new(class, "not asked: too many calls in a short time"));
                return Turn::Next;
            }
            let is_last = index + 1 == round.providers.len() || alone;
            let asked = self.race(round, index, kind, course, is_last).await;
            let error = match asked {
                race::Outcome::Found(suggestion) => return Turn::Found(suggestion),
                race::Outcome::Failed(error) => error,
                race::Outcome::BothFailed(error, second, next) => {
                    failed(course, error);
                    let declined = second.1.class == FailureClass::Refusal;
                    course.failures.push(second);
                    return if declined { Turn::Stop } else { Turn::SkipTo(next) };
                }
            };
            let wait = match consequence::again(&error) {
                Again::AtOnce if !resent => {
                    // Nothing was sent, so it counts neither as a call nor as a retry.
                    resent = true;
                    course.calls = course.calls.saturating_sub(1);
                    Some(Duration::ZERO)
                }
                _ if unseen => None,
                Again::AtOnce | Again::AfterBackoff if alone || (retries == 0 && self.shared().budget.take()) => {
                    Some(backoff(retries, self.jitter()))
                }
                Again::OnceAfterBackoff if retries == 0 && (alone || self.shared().budget.take()) => Some(backoff(retries, self.jitter())),
                Again::After(wait) if alone || (retries == 0 && self.shared().budget.take()) => Some(wait),
                Again::IfAlone if alone => Some(match &error.class {
                    FailureClass::RateLimited { retry_after: Some(wait) } => *wait,
                    _ => backoff(retries, self.jitter()),
                }),
                _ => None,
            };
            let declined = error.class == FailureClass::Refusal;
            let fits = wait.filter(|wait| round.deadline.saturating_duration_since(Instant::now()) >= *wait + LEAST && course.calls < most);
            match fits {
                Some(wait) => {
                    self.metrics.retries.add(["scheduled"]);
                    retries += 1;
                    if !wait.is_zero() {
                        tokio::time::sleep(wait).await;
                    }
                }
                None => {
                    if wait.is_some() {
                        self.metrics.retries.add(["deadline"]);
                    }
                    if !declined && let Some(next) = round.providers.get(index + 1) {
                        self.metrics.fallbacks.add([&name, next.name(), error.class.label()]);
                    }
                    failed(course, error);
                    return if declined { Turn::Stop } else { Turn::Next };
                }
            }
        }
    }

    /// Whether a model on this machine could answer now. Where nobody else could, its loading is waited for.
    async fn is_loaded(&self, round: &Round, provider: &Arc<dyn Provider>, alone: bool) -> bool {
        while provider.readiness(&round.facts).await == Readiness::Loading {
            let next = Instant::now() + LOADING_LOOK;
            if !alone || next + LEAST > round.deadline {
                return false;
            }
            round.waiting.set(provider.name());
            tokio::time::sleep_until(next).await;
        }
        true
    }

    /// The next provider after `index` that could be asked now.
    fn next_usable(&self, round: &Round, index: usize) -> Option<usize> {
        let now = Instant::now();
        (index + 1..round.providers.len())
            .find(|next| round.providers.get(*next).is_some_and(|provider| self.health(provider, &round.facts).endpoint().is_usable(now)))
    }

    fn health(&self, provider: &Arc<dyn Provider>, facts: &ShellFacts) -> Arc<Health> {
        let _ = facts;
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

    fn jitter(&self) -> f64 {
        self.shared().random.f64()
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn block_label(block: Block) -> &'static str {
    match block {
        Block::Open => "breaker",
        Block::Overloaded => "overloaded",
        Block::RateLimited => "provider_limit",
        Block::Quarantined => "quarantine",
    }
}

/// Why a provider was passed over.
fn blocked(block: Block, wait: Duration) -> AttemptError {
    let seconds = wait.as_secs_f64().ceil().max(1.0);
    let (class, why) = match block {
        Block::Open => (FailureClass::Transient, "it failed several times of late"),
        Block::Overloaded => (FailureClass::Overloaded, "it is overloaded"),
        Block::RateLimited => (FailureClass::RateLimited { retry_after: Some(wait) }, "its limit on calls is reached"),
        Block::Quarantined => (FailureClass::Config, "it cannot answer as it is set up"),
    };
    AttemptError::new(class, format!("not asked: {why}; next try in {seconds:.0} s"))
}

#[cfg(test)]
mod tests;
