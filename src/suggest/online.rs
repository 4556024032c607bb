//! What stands between a query and the engine: the gate that every answer passes, one flight for all who ask the same, and
//! what is remembered of words that were rejected.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::engine::{Acceptance, Engine, Failure, Round, Urgency, remembered_for};
use super::extract::extract;
use super::key::Kind;
use super::local::verdict;
use super::metrics::{Metrics, Page, families};
use super::pipeline::{Mode, Parts, Request};
use super::ports::{CacheKey, CachedAnswer, Caps, KeptCandidate, Prompt, Provider, RawAnswer, RedactedText, SpanValue};
use super::till::{Counted, Till};
use super::waiting::WaitingFor;
use crate::domain::{Answerer, AttemptError, Candidate, FailureClass, Origin, ProvidersHealth};
use crate::redact::Redacted;
use crate::resilience::{CallLimiter, PerMinute, Role, SingleFlight};
use crate::validate::{CustomRules, Rejection, Suggestion, judge};

/// Providers give no confidence of their own.
const CONFIDENCE: f64 = 0.8;
/// Rejected words remembered.
const MOST_REJECTED: usize = 256;
/// Refreshed answers remembered, so that none is refreshed twice within an hour.
const MOST_REFRESHED: usize = 1024;
/// Clocks that drift apart further than this were apart for a sleep, or somebody set one of them.
const SLEEP: Duration = Duration::from_secs(5);
/// Most calls in any minute that nobody waits for.
const UNSEEN_PER_MINUTE: u32 = 10;
/// A follower whose flight crashed begins one of its own if at least this much time is left.
const ENOUGH: Duration = Duration::from_millis(2500);

/// What an answer in flight is shared by: the words with everything the answer depends on, whether it must be new, and what it is
/// judged against.
pub(super) type FlightKey = (CacheKey, Mode, Arc<CustomRules>);

/// What a flight comes to.
#[derive(Clone)]
pub(super) struct Landed {
    pub(super) result: Result<Suggestion, Arc<Vec<Failure>>>,
    /// Nobody waited when it began, so less was done for it than is for a question.
    pub(super) unseen: bool,
}

/// The way to the providers.
pub(super) struct Online {
    pub(super) engine: Arc<Engine>,
    limiter: Arc<CallLimiter>,
    unseen: Arc<Mutex<PerMinute>>,
    till: Arc<Till>,
    pub(super) flights: SingleFlight<FlightKey, Landed>,
    pub(super) rejected: quick_cache::sync::Cache<CacheKey, (Instant, Failure)>,
    pub(super) refreshed: quick_cache::sync::Cache<CacheKey, Instant>,
    in_flight: Arc<AtomicUsize>,
    pub(super) warmed: Mutex<Option<Instant>>,
    last_asked: Mutex<Option<(Instant, SystemTime)>>,
    metrics: Arc<Metrics>,
    pub(super) settings: OnlineSettings,
}

/// How much may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnlineSettings {
    /// Whether a second provider may be asked when the first is slow.
    pub hedge: bool,
    /// Requests that may wait for providers at once; more get what this machine knows.
    pub most_in_flight: u32,
    /// Calls to providers per minute that one user may make; 0 sets no limit.
    pub user_per_minute: u32,
    /// The same for one shell.
    pub session_per_minute: u32,
    /// Calls to one provider that may be under way at once.
    pub calls_per_provider: u32,
    /// What may be spent.
    pub caps: Caps,
}

impl Default for OnlineSettings {
    fn default() -> Self {
        Self { hedge: false, most_in_flight: 64, user_per_minute: 60, session_per_minute: 30, calls_per_provider: 4, caps: Caps::default() }
    }
}

/// One question for the providers.
pub(super) struct Asked<'a> {
    pub(super) request: &'a Request,
    pub(super) redacted: &'a Redacted,
    pub(super) prompt: Prompt,
    pub(super) providers: &'a [Arc<dyn Provider>],
    pub(super) has_local: bool,
}

/// Counts a request among those that wait, for as long as it does.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Online {
    pub(super) fn new(metrics: Arc<Metrics>, till: Arc<Till>, settings: OnlineSettings, seed: u64) -> Self {
        Self {
            engine: Arc::new(Engine::new(Arc::clone(&metrics), settings.hedge, settings.calls_per_provider as usize, seed)),
            limiter: Arc::new(CallLimiter::new(settings.user_per_minute, settings.session_per_minute)),
            unseen: Arc::new(Mutex::new(PerMinute::new(unseen_per_minute(settings.user_per_minute)))),
            till,
            flights: SingleFlight::new(),
            rejected: quick_cache::sync::Cache::new(MOST_REJECTED),
            refreshed: quick_cache::sync::Cache::new(MOST_REFRESHED),
            in_flight: Arc::default(),
            warmed: Mutex::default(),
            last_asked: Mutex::default(),
            metrics,
            settings,
        }
    }

    /// Forgets what was held against providers and words, because the configuration changed.
    pub(super) fn forget(&self) {
        self.engine.forget();
        self.rejected.clear();
    }

    /// Puts on a page how things stand on the way to the providers.
    pub(super) fn measure(&self, page: &mut Page) {
        page.level(&families::RETRY_BUDGET, [], self.engine.retry_budget());
    }

    /// The questions that wait for providers, and how many may.
    pub(super) fn queue(&self) -> (&'static str, usize, usize) {
        ("providers", self.in_flight.load(Ordering::Acquire), self.settings.most_in_flight as usize)
    }

    /// Asks the providers, or joins somebody who asks them the same.
    ///
    /// # Errors
    /// Why there is no answer, by provider.
    pub(super) async fn ask(&self, parts: &Arc<Parts>, asked: Asked<'_>, waiting: &WaitingFor) -> Result<Suggestion, Vec<Failure>> {
        let request = asked.request;
        self.notice_sleep(request.now, asked.providers);
        let _place = self.admit(request)?;
        let key = parts.place.key(Kind::Provider, request, asked.redacted);
        let remembers = request.use_cache && request.mode == Mode::Normal;
        if remembers
            && let Some((until, failure)) = self.rejected.get(&key)
            && Instant::now() < until
        {
            return Err(vec![failure]);
        }
        // A secret is put back where its placeholder stands, and placeholders belong to one request.
        let result = if request.use_cache && asked.redacted.is_clean() {
            self.together((key, request.mode, Arc::clone(&request.rules)), parts, &asked, waiting).await
        } else {
            self.engine.ask(&Arc::new(self.round(parts, &asked, urgency(request), waiting.clone()))).await
        };
        if let Err(failures) = &result
            && remembers
            && let [failure] = &failures[..]
            && let Some(period) = remembered_for(&failure.1.class)
        {
            self.rejected.insert(key, (Instant::now() + period, failure.clone()));
        }
        result
    }

    /// The clock of timeouts stands still while the machine sleeps and that of the wall goes on. After a sleep connections
    /// are dead and what was held against providers is old.
    pub(super) fn notice_sleep(&self, wall: SystemTime, providers: &[Arc<dyn Provider>]) {
        let now = Instant::now();
        let before = self.last_asked.lock().unwrap_or_else(PoisonError::into_inner).replace((now, wall));
        let Some((then, wall_then)) = before else { return };
        let slept = wall.duration_since(wall_then).unwrap_or_default().saturating_sub(now.duration_since(then));
        if slept > SLEEP {
            self.metrics.pool_purges.add(["resume"]);
            self.engine.forget();
            providers.iter().for_each(|provider| provider.resumed());
        }
    }

    /// How these providers have been.
    pub(super) fn health(&self, providers: &[Arc<dyn Provider>]) -> ProvidersHealth {
        self.engine.seen(providers)
    }

    /// Looks whether models on this machine that were in trouble are back.
    pub(super) async fn look_after(&self, providers: &[Arc<dyn Provider>]) {
        self.engine.look_after(providers).await;
    }

    async fn together(
        &self,
        key: FlightKey,
        parts: &Arc<Parts>,
        asked: &Asked<'_>,
        waiting: &WaitingFor,
    ) -> Result<Suggestion, Vec<Failure>> {
        let deadline = asked.request.deadline;
        for _ in 0..3 {
            let shared = WaitingFor::default();
            let mut ticket = self.flights.join(key.clone(), || {
                let round = Arc::new(self.round(parts, asked, urgency(asked.request), shared.clone()));
                let engine = Arc::clone(&self.engine);
                async move { Landed { result: engine.ask(&round).await.map_err(Arc::new), unseen: false } }
            });
            let role = if ticket.role == Role::Leader { "leader" } else { "follower" };
            self.metrics.single_flight.add([role]);
            asked.request.track.event("gptos.single_flight", &[("gptos.role", SpanValue::Text(role))]);
            waiting.follow(shared);
            match tokio::time::timeout_at(deadline, ticket.landed()).await {
                // For a question more is tried than was for words that were being typed.
                Ok(Some(Landed { result: Err(_), unseen: true })) if deadline.saturating_duration_since(Instant::now()) >= ENOUGH => {}
                Ok(Some(landed)) => return landed.result.map_err(|failures| failures.to_vec()),
                Ok(None) if deadline.saturating_duration_since(Instant::now()) >= ENOUGH => {}
                Ok(None) => return Err(vec![(String::new(), AttemptError::new(FailureClass::Transient, "the request failed inside"))]),
                Err(_) => break,
            }
        }
        let late = FailureClass::Slow(crate::domain::Stage::Total);
        Err(vec![(
            asked.providers.first().map_or_else(String::new, |provider| provider.name().to_owned()),
            AttemptError::new(late, "no complete answer in time"),
        )])
    }

    pub(super) fn round(&self, parts: &Arc<Parts>, asked: &Asked<'_>, urgency: Urgency, waiting: WaitingFor) -> Round {
        let request = asked.request;
        let judgement = Judgement {
            parts: Arc::clone(parts),
            request: request.clone(),
            redacted: asked.redacted.clone(),
            urgency,
            limiter: Arc::clone(&self.limiter),
            unseen: Arc::clone(&self.unseen),
            till: Arc::clone(&self.till),
            caps: self.settings.caps,
        };
        Round {
            providers: asked.providers.to_vec(),
            prompt: asked.prompt.clone(),
            facts: request.facts.clone(),
            deadline: request.deadline,
            has_local: asked.has_local,
            urgency,
            acceptance: Arc::new(judgement),
            waiting,
            track: request.track.clone(),
        }
    }

    /// Whether there is room for work that nobody waits for: it is the first to be left out when much is asked.
    pub(super) fn has_room(&self) -> bool {
        let busy = self.in_flight.load(Ordering::Acquire) >= self.settings.most_in_flight.div_ceil(2) as usize;
        !busy && self.engine.is_calm()
    }

    /// Too many at once are not made to wait for each other: the newest gets what this machine knows.
    fn admit(&self, request: &Request) -> Result<Place, Vec<Failure>> {
        let place = Place(Arc::clone(&self.in_flight));
        let before = self.in_flight.fetch_add(1, Ordering::AcqRel);
        if before >= self.settings.most_in_flight as usize && !request.patient {
            let class = FailureClass::RateLimited { retry_after: None };
            self.metrics.rejections.add(["load_shed"]);
            return Err(vec![(
                "providers".to_owned(),
                AttemptError::new(class, format!("not asked: {before} questions are waiting already")),
            )]);
        }
        Ok(place)
    }
}

fn urgency(request: &Request) -> Urgency {
    if request.patient { Urgency::Batch } else { Urgency::Person }
}

/// What nobody waits for is counted apart, so that it refuses no question, and keeps to the user's own limit where that
/// is lower.
fn unseen_per_minute(user_per_minute: u32) -> u32 {
    if user_per_minute == 0 { UNSEEN_PER_MINUTE } else { user_per_minute.min(UNSEEN_PER_MINUTE) }
}

/// What an answer to one request is worth.
struct Judgement {
    parts: Arc<Parts>,
    request: Request,
    redacted: Redacted,
    urgency: Urgency,
    limiter: Arc<CallLimiter>,
    unseen: Arc<Mutex<PerMinute>>,
    till: Arc<Till>,
    caps: Caps,
}

impl Acceptance for Judgement {
    fn read(&self, answer: &RawAnswer, from: Answerer) -> Result<Candidate, AttemptError> {
        let facts = &self.request.facts;
        let resolves = |word: &str| self.parts.commands.resolves(word, facts);
        let parses = |text: &str| crate::syntax::parse(text, facts.shell).is_ok();
        // The answer came whole: the same words would be answered the same way again.
        let found = extract(answer, &resolves, &parses).map_err(|error| AttemptError { may_retry: Some(false), ..error })?;
        Ok(Candidate {
            command: found.command,
            holes: Vec::new(),
            reading: found.reading,
            origin: Origin::Provider(from),
            confidence: CONFIDENCE,
        })
    }

    fn accept(&self, candidate: Candidate) -> BoxFuture<'_, Result<Suggestion, AttemptError>> {
        self.pass(candidate).boxed()
    }

    fn count<'a>(&'a self, provider: &'a dyn Provider, prompt: &'a Prompt) -> BoxFuture<'a, Result<Option<Counted>, AttemptError>> {
        self.till.call(provider, prompt, self.caps, self.request.now).boxed()
    }

    fn admit(&self, _provider: &str) -> bool {
        match self.urgency {
            Urgency::Batch => true,
            Urgency::Person => self.limiter.admit(self.request.session),
            Urgency::Nobody => self.unseen.lock().unwrap_or_else(PoisonError::into_inner).admit(Instant::now()),
        }
    }
}

impl Judgement {
    /// Lets a provider's candidate through the gate and stores it as the provider gave it: the verdict is made anew
    /// each time, and the secrets, of which the provider only knows the placeholders, are put back each time. A new
    /// answer is also shown to the real shell, which knows its syntax best and runs nothing; what is cached has been.
    async fn pass(&self, candidate: Candidate) -> Result<Suggestion, AttemptError> {
        let (request, redacted) = (&self.request, &self.redacted);
        let refused = |reason: String| AttemptError::new(FailureClass::Malformed, format!("its command was refused: {reason}"));
        if let Some(scope) = request.aim.scope.as_ref().filter(|scope| !scope.holds(&candidate.command)) {
            return Err(refused(format!("it is no command of {scope}")));
        }
        let command = redacted.restore(&candidate.command, request.facts.shell).map_err(|error| refused(error.to_string()))?;
        let reading = candidate.reading.as_deref().map(|reading| redacted.mask(reading));
        let restored = Candidate { command, reading: reading.clone(), ..candidate.clone() };
        let policy = request.policy();
        let span = request.track.span("gptos.validate");
        let judged = judge(&restored, &policy);
        span.text("gptos.validate.verdict", verdict(&judged));
        drop(span);
        let suggestion = judged.map_err(|rejection| {
            // This may reach a log, so it tells of the command as it was before the secrets were put back.
            let told = match rejection {
                Rejection::Shown { why, .. } => judge(&candidate, &policy).err().unwrap_or(*why),
                other => other,
            };
            refused(told.to_string())
        })?;
        if self.parts.shells.accepts(suggestion.command(), &request.facts).await == Some(false) {
            return Err(refused(format!("it is not valid for {}", request.facts.shell)));
        }
        if request.use_cache
            && let Some(command) = redacted.keep(&candidate.command)
        {
            let reading = reading.map(|reading| RedactedText::mask(&reading));
            let kept = KeptCandidate { command, reading, origin: candidate.origin.clone(), confidence: candidate.confidence };
            let key = self.parts.place.key(Kind::Provider, request, redacted);
            self.parts.cache.put(&key, &CachedAnswer { candidate: kept, created: request.now });
        }
        Ok(suggestion)
    }
}
