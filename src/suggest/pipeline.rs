//! What happens to a query, from the words to checked suggestions. This file tells the whole story; every step is
//! one call into the module that knows how.

mod upkeep;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;
use tracing::debug;

use super::background::Background;
use super::engine::Failure;
use super::key::{self, KeyContext, Kind};
use super::local::{Local, LocalSources, Taught};
use super::metrics::{Asking, Metrics};
use super::online::{Asked, Online, OnlineSettings};
use super::ports::{
    AnswerCache, CacheKey, Commands, Memory, Pages, Prompt, Provider, RedactedText, SeenPlace, ShellSyntax, Span, Surroundings, Tracer,
};
pub use super::ran::Ran;
use super::recording::{Recorder, Recording, Unrecorded};
pub use super::request::{Mode, Offer, Outcome, Reply, Request, Via};
use super::till::Till;
use super::toolbox::Toolbox;
pub use super::waiting::WaitingFor;
use super::{aimed, pages, prompt};
use crate::domain::{Aim, ContextField, FailureClass, LogEvent, ShellFacts};
use crate::redact::Redacted;
use crate::validate::Suggestion;

/// How long looking at the place may take.
const LOOK_LIMIT: Duration = Duration::from_millis(50);

/// Questions of batches that are under way at once.
const BATCH_WIDTH: usize = 10;

/// Fewer words are hardly a question yet.
const LEAST_WORDS: usize = 3;

/// Why nobody was asked.
pub(super) const PRIVATE: &str = "the words begin with a blank, so nobody was asked over the network";

/// Where the pipeline stands: things that do not change from request to request.
#[derive(Debug, Clone)]
pub struct Place {
    /// The operating system's name.
    pub os: &'static str,
    /// This build's identity; answers of the embedded translator are kept for it and its packs alone.
    pub build: String,
    /// How long a cached answer counts as fresh.
    pub ttl: Duration,
}

impl Place {
    /// What cached answers depend on beside the words and the shell. A provider's model is left out on purpose: another
    /// model's answer to the same words stays an answer, and `???` asks anew.
    pub fn key_context<'a>(&'a self, seen: &'a str, about: &'a str) -> KeyContext<'a> {
        KeyContext { os: self.os, build: Some(&self.build), tools: "", models: "", seen, about }
    }

    /// What an answer of this kind to these words is kept under.
    pub(super) fn key(&self, kind: Kind, request: &Request, redacted: &Redacted) -> CacheKey {
        let about = aimed::about(&request.aim, redacted);
        key::derive(kind, redacted.stable(), &request.facts, &self.key_context(request.seen(), &about))
    }
}

/// What all requests are answered with.
pub(super) struct Parts {
    pub(super) place: Place,
    pub(super) cache: Arc<dyn AnswerCache>,
    pub(super) commands: Arc<dyn Commands>,
    pub(super) shells: Arc<dyn ShellSyntax>,
}

/// The way of a query through all sources.
pub struct Pipeline {
    pub(super) parts: Arc<Parts>,
    surroundings: Option<Arc<dyn Surroundings>>,
    pub(super) pages: Option<Arc<dyn Pages>>,
    online: RwLock<Arc<Online>>,
    background: Arc<Background>,
    pub(super) metrics: Arc<Metrics>,
    till: Arc<Till>,
    pub(super) toolbox: Toolbox,
    taught: RwLock<Arc<Taught>>,
    memory: RwLock<Option<Arc<dyn Memory>>>,
    pub(super) recorder: RwLock<Option<Recorder>>,
    tracer: RwLock<Option<Arc<dyn Tracer>>>,
    batch: Semaphore,
}

impl Pipeline {
    /// Puts the pipeline together.
    pub fn new(place: Place, cache: Arc<dyn AnswerCache>, commands: Arc<dyn Commands>, shells: Arc<dyn ShellSyntax>) -> Self {
        let metrics = Arc::<Metrics>::default();
        let till = Arc::new(Till::new(Arc::clone(&metrics)));
        let toolbox = Toolbox::new(Arc::clone(&commands), place.os);
        Self {
            parts: Arc::new(Parts { place, cache, commands, shells }),
            surroundings: None,
            pages: None,
            online: RwLock::new(Arc::new(Online::new(
                Arc::clone(&metrics),
                Arc::clone(&till),
                OnlineSettings::default(),
                fastrand::u64(..),
            ))),
            toolbox,
            background: Arc::new(Background::new(Arc::clone(&metrics))),
            metrics,
            till,
            taught: RwLock::new(Arc::new(Taught::new(None))),
            memory: RwLock::new(None),
            recorder: RwLock::new(None),
            tracer: RwLock::new(None),
            batch: Semaphore::new(BATCH_WIDTH),
        }
    }

    /// Lets providers be told about the place where the shell stands, as far as each request allows it.
    #[must_use]
    pub fn with_surroundings(self, surroundings: Arc<dyn Surroundings>) -> Self {
        Self { surroundings: Some(surroundings), ..self }
    }

    /// Lets examples out of pages be offered where nothing else is sure.
    #[must_use]
    pub fn with_pages(self, pages: Arc<dyn Pages>) -> Self {
        Self { pages: Some(pages), ..self }
    }

    /// Where calls are counted, and what they may cost.
    pub(super) fn till(&self) -> (&Till, super::ports::Caps) {
        (&self.till, self.way_out().settings.caps)
    }

    /// Counts an answer. Of private words not even that there was one is kept.
    pub(super) fn count_answer(&self, request: &Request, ended: Option<(&'static str, Duration)>) {
        if let Some((source, took)) = ended.filter(|_| !request.query.is_private()) {
            self.till.answered(source, took, request.now);
        }
    }

    /// The span of a request, or nothing where nobody wants it. Of words behind a blank nobody is told.
    pub(super) fn span(&self, request: &Request) -> Span {
        let tracer = self.tracer.read().unwrap_or_else(PoisonError::into_inner);
        let tracer = tracer.as_ref().filter(|_| !request.query.is_private());
        Span::begin(tracer, "gptos.translate", request.track.caller, request.now)
    }

    /// Words for a provider are being typed: opens a connection, so that the question need not wait for it.
    pub fn warm(&self, facts: ShellFacts, providers: &[Arc<dyn Provider>]) {
        self.way_out().warm(&self.background, facts, providers);
    }

    /// Somebody is typing these words and has paused: asks the providers for them behind their back, where that is worth a
    /// call, and keeps the answer. Returns the key variables that are needed for it and were not offered; with them it may
    /// be tried again.
    pub async fn prefetch(&self, request: &Request, providers: &[Arc<dyn Provider>]) -> Vec<String> {
        let words = request.query.as_str().split_whitespace().count();
        if providers.is_empty() || words < LEAST_WORDS || request.mode != Mode::Normal || !request.may_use_cache() {
            return Vec::new();
        }
        let redacted = request.redacted();
        // Nobody has asked for anything yet, so what could be a secret is not sent, not even by its place.
        if !redacted.is_clean() {
            return Vec::new();
        }
        let local = self.sources(&request.facts).collect(request, &redacted);
        if local.is_sure() || local.may_be_served() {
            return Vec::new();
        }
        let needed = missing_keys(providers, &request.offered_keys);
        if needed.is_empty() {
            let (prompt, _) = self.prompt((&request.facts, &request.context), &redacted, &request.aim).await;
            let asked = Asked { request, redacted: &redacted, prompt, providers, has_local: local.has_offers() };
            self.way_out().prefetch(&self.background, &self.parts, &asked);
        }
        needed
    }

    fn way_out(&self) -> Arc<Online> {
        Arc::clone(&self.online.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn taught(&self) -> Arc<Taught> {
        Arc::clone(&self.taught.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The local sources for a shell, with what is known of its programs by now.
    pub(super) fn sources(&self, facts: &ShellFacts) -> LocalSources<'_> {
        let (taught, machine) = (self.taught(), self.toolbox.machine(facts));
        LocalSources {
            place: &self.parts.place,
            cache: self.parts.cache.as_ref(),
            taught,
            machine,
            memory: self.memory(),
            may_block: false,
            keeps: true,
        }
    }

    pub(super) fn memory(&self) -> Option<Arc<dyn Memory>> {
        self.memory.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Answers one request by its deadline. Dropping the future cancels everything it started that nobody else waits for.
    pub async fn suggest(&self, request: &Request, providers: &[Arc<dyn Provider>], waiting: &WaitingFor) -> Outcome {
        self.suggest_unrecorded(request, providers, waiting).await.0
    }

    /// The same for who has something more urgent to do than to record it: what is to be recorded is handed over when it is dropped.
    pub async fn suggest_unrecorded(
        &self,
        request: &Request,
        providers: &[Arc<dyn Provider>],
        waiting: &WaitingFor,
    ) -> (Outcome, Unrecorded) {
        let span = self.span(request);
        let traced = request.inside(&span);
        let request = traced.as_ref().unwrap_or(request);
        let mut asking = self.metrics.asking(&request.track);
        let recording = Recording::begin(self.recorder(), request, waiting);
        let mut outcome = self.answer(request, providers, waiting, &mut asking).await;
        self.count_answer(request, asking.ended(&outcome, providers));
        if let Outcome::Reply(reply) = &mut outcome
            && request.others
        {
            self.add_others(reply, request).await;
        }
        recording.ended(outcome).await
    }

    async fn answer(&self, request: &Request, providers: &[Arc<dyn Provider>], waiting: &WaitingFor, asking: &mut Asking<'_>) -> Outcome {
        // Secrets become placeholders before anything is keyed, stored or sent; they return in the final command only.
        let redacted = request.redacted();
        // A round that only asks the shell for keys is no question yet: the same words come again with them.
        let begins = || debug!(event = LogEvent::RequestBegan.name(), request_id = %request.track.id, query = %redacted.stable(), "words were asked");

        // Which of several commands fits depends on what the machine has.
        self.toolbox.look(self.taught().tools(), &request.facts).await;
        // What this machine knows by itself costs no waiting, so it is ready before any provider is asked, and
        // whatever fails later fails towards it.
        let local = self.sources(&request.facts).collect(request, &redacted);
        local.note_alias(self.memory().as_deref());
        // Words with a blank in front are for this machine alone.
        if request.query.is_private() {
            let remarks = if local.is_sure() || request.mode == Mode::Offline { Vec::new() } else { vec![RedactedText::mask(PRIVATE)] };
            return self.unaided(local, request, remarks).await;
        }
        if request.mode == Mode::Offline || providers.is_empty() {
            begins();
            return self.unaided(local, request, Vec::new()).await;
        }
        if request.mode == Mode::Normal && local.is_sure() {
            begins();
            let more = if local.has_provider_answer() { None } else { providers.first().map(|provider| provider.name().to_owned()) };
            return Outcome::Reply(local.reply(request, Vec::new(), more));
        }

        let needed = missing_keys(providers, &request.offered_keys);
        let may_be_served = request.mode == Mode::Normal && local.may_be_served();
        // An answer that has only aged is not worth another round trip to the shell.
        if !needed.is_empty() && !may_be_served {
            return Outcome::NeedKeys(needed);
        }
        begins();
        if !needed.is_empty() {
            return Outcome::Reply(local.reply(request, Vec::new(), None));
        }
        let (prompt, removed) = self.prompt((&request.facts, &request.context), &redacted, &request.aim).await;
        let mut remarks = match removed {
            0 => Vec::new(),
            count => vec![RedactedText::mask(&format!("{count} invisible characters were not sent"))],
        };
        let asked = Asked { request, redacted: &redacted, prompt, providers, has_local: local.has_offers() };
        // An answer that has aged but harms nobody is given at once, and made anew for next time.
        if may_be_served {
            self.way_out().refresh(&self.background, &self.parts, &asked);
            return Outcome::Reply(local.reply(request, Vec::new(), None));
        }
        waiting.set_meanwhile(local.best().filter(|offer| self.may_give_unrecorded(offer)).cloned());
        match self.online(asked, waiting).await {
            Ok(suggestion) => Outcome::Reply(local.reply_with(request, suggestion, remarks)),
            Err(failures) => {
                asking.failed(&failures);
                // Only what went wrong: that invisible characters were left out matters beside an answer.
                remarks = told(failures);
                self.unaided(local, request, remarks).await
            }
        }
    }

    /// The answer of this machine alone, with examples to read where it is not sure of one. In a batch nobody reads them.
    async fn unaided(&self, local: Local, request: &Request, remarks: Vec<RedactedText>) -> Outcome {
        let pages = match &self.pages {
            Some(pages) if local.only_guesses() && !request.patient && request.aim.is_plain() => {
                pages::offers(pages, request.query.as_str(), &request.policy()).await
            }
            _ => Vec::new(),
        };
        Outcome::Reply(Reply { pages, ..local.reply(request, remarks, None) })
    }

    /// Asks the providers. One of a batch waits its turn first, and its time begins then.
    async fn online(&self, mut asked: Asked<'_>, waiting: &WaitingFor) -> Result<Suggestion, Vec<Failure>> {
        if !asked.request.patient {
            return self.way_out().ask(&self.parts, asked, waiting).await;
        }
        let time = asked.request.deadline.saturating_duration_since(Instant::now());
        let _turn = self.batch.acquire().await;
        let request = Request { deadline: Instant::now() + time, ..asked.request.clone() };
        asked.request = &request;
        self.way_out().ask(&self.parts, asked, waiting).await
    }

    /// What a provider would be sent for words from that shell, told so much of its place, and how many characters were taken out of it.
    pub async fn prompt(&self, (facts, context): (&ShellFacts, &[ContextField]), redacted: &Redacted, aim: &Aim) -> (Prompt, usize) {
        let place = match &self.surroundings {
            Some(surroundings) if !context.is_empty() => {
                let (surroundings, fields, cwd) = (Arc::clone(surroundings), context.to_vec(), facts.cwd.clone());
                // A network mount that hangs costs this much and no more.
                let look = tokio::task::spawn_blocking(move || surroundings.look(&fields, &cwd));
                tokio::time::timeout(LOOK_LIMIT, look).await.ok().and_then(Result::ok).unwrap_or_default()
            }
            _ => SeenPlace::default(),
        };
        prompt::build(redacted, aim, facts, self.parts.place.os, &place)
    }
}

/// What went wrong with whom, a line each. What may be spent is the same for all, and told once.
fn told(failures: Vec<Failure>) -> Vec<RedactedText> {
    let mut lines: Vec<RedactedText> = Vec::new();
    for (name, error) in failures {
        let line = RedactedText::mask(&if error.class == FailureClass::Spent { error.to_string() } else { format!("{name}: {error}") });
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// Key variables that the providers need and the client has not been asked for.
fn missing_keys(providers: &[Arc<dyn Provider>], offered: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in providers.iter().flat_map(|provider| provider.key_variables()) {
        if !offered.iter().any(|known| known == name) && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests;
