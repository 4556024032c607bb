//! What happens to a query, from the words to checked suggestions. This file tells the whole story; every step is
//! one call into the module that knows how.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::key::{self, KeyContext, Kind};
use super::local::LocalSources;
use super::online;
use super::ports::{
    AnswerCache, CachedAnswer, Commands, KeptCandidate, Prompt, Provider, RedactedText, SeenPlace, ShellSyntax, Surroundings,
};
use super::prompt;
use crate::domain::{AttemptError, Candidate, ContextField, FailureClass, Origin, Query, ShellFacts, ShellKind};
use crate::offline::Translation;
use crate::redact::{self, Redacted};
use crate::resilience::CallLimiter;
use crate::validate::{CustomRules, Policy, Rejection, Suggestion, judge};

/// Which sources may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// All sources in their order.
    Normal,
    /// A provider at once; the cache is only written.
    Fresh,
    /// No provider.
    Offline,
}

/// How a suggestion was obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// Made for this request.
    Live,
    /// From the cache, within its time to live.
    Cache,
    /// From the cache, past its time to live, because nothing better could answer.
    Stale,
    /// Below the confidence that is offered unmarked.
    Guess,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    /// The words.
    pub query: Query,
    /// The asking shell.
    pub facts: ShellFacts,
    /// Which sources may answer.
    pub mode: Mode,
    /// How many suggestions at most.
    pub want: usize,
    /// Whether any cache may be read or written.
    pub use_cache: bool,
    /// Whether to wait for the limiter instead of being refused.
    pub patient: bool,
    /// Key variables the client was asked for already, set or not.
    pub offered_keys: Vec<String>,
    /// The user's rules beside the embedded ones.
    pub rules: Arc<CustomRules>,
    /// What a provider may be told about the place where the shell stands.
    pub context: Vec<ContextField>,
    /// When the answer is due.
    pub deadline: Instant,
    /// The present, for the age of what is cached.
    pub now: SystemTime,
}

impl Request {
    /// What its answers are judged against. A project's rules are not among them: they belong to the asking process,
    /// which judges again; nothing here may touch the directory that a shell stands in.
    pub(super) fn policy(&self) -> Policy {
        Policy::new(self.facts.shell).with_comments(self.facts.comments).with_rules(Arc::clone(&self.rules))
    }

    /// The place that a provider's answer depends on because it is told about it; empty when it is not.
    pub(super) fn seen(&self) -> &str {
        if self.context.is_empty() { "" } else { self.facts.cwd.to_str().unwrap_or("?") }
    }

    /// Whether anything that is kept may be read or written.
    pub(super) fn may_use_cache(&self) -> bool {
        self.use_cache && !self.query.is_private()
    }
}

/// A suggestion and how it was obtained.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The checked command.
    pub suggestion: Suggestion,
    /// How it was obtained.
    pub via: Via,
}

/// What came of a request.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// Best first.
    pub offers: Vec<Offer>,
    /// A provider that could be asked for another suggestion.
    pub more: Option<String>,
    /// What failed, one line each.
    pub remarks: Vec<RedactedText>,
    /// Sentences near the query that the embedded translator knows.
    pub nearest: Vec<String>,
}

/// The end of a request.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Suggestions, or the reasons why there are none.
    Reply(Reply),
    /// A provider has to be asked and needs these variables of the asking shell.
    NeedKeys(Vec<String>),
}

/// Which provider a request waits for at this moment, for progress.
#[derive(Debug, Clone, Default)]
pub struct WaitingFor(Arc<Mutex<Option<String>>>);

impl WaitingFor {
    /// The provider's name, if one is asked right now.
    pub fn name(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, name: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(name.to_owned());
    }
}

/// What the embedded translator made of recent words. It is a pure function of words and shell, so this changes nothing
/// but the time that a cached answer with its alternatives takes.
pub(super) type Translations = quick_cache::sync::Cache<(String, ShellKind), Arc<Translation>>;
/// Translations remembered, a few hundred bytes each.
const TRANSLATIONS_KEPT: usize = 256;

/// How long looking at the place may take.
const LOOK_LIMIT: Duration = Duration::from_millis(50);

/// Why nobody was asked.
const PRIVATE: &str = "the words begin with a blank, so nobody was asked over the network";

/// A provider that gave no command, by name, and why.
type Failure = (String, AttemptError);

/// Where the pipeline stands: things that do not change from request to request.
#[derive(Debug, Clone)]
pub struct Place {
    /// The operating system's name.
    pub os: &'static str,
    /// This build's identity; answers of the embedded translator are kept for it alone.
    pub build: String,
    /// How long a cached answer counts as fresh.
    pub ttl: Duration,
}

impl Place {
    /// What cached answers depend on beside the words and the shell. A provider's model is left out on purpose: another
    /// model's answer to the same words stays an answer, and `???` asks anew.
    pub fn key_context<'a>(&'a self, seen: &'a str) -> KeyContext<'a> {
        KeyContext { os: self.os, build: Some(&self.build), tools: "", models: "", seen }
    }
}

/// The way of a query through all sources.
pub struct Pipeline {
    place: Place,
    cache: Arc<dyn AnswerCache>,
    commands: Arc<dyn Commands>,
    shells: Arc<dyn ShellSyntax>,
    surroundings: Option<Arc<dyn Surroundings>>,
    limiter: CallLimiter,
    translations: Translations,
}

impl Pipeline {
    /// Puts the pipeline together.
    pub fn new(place: Place, cache: Arc<dyn AnswerCache>, commands: Arc<dyn Commands>, shells: Arc<dyn ShellSyntax>) -> Self {
        let translations = Translations::new(TRANSLATIONS_KEPT);
        Self { place, cache, commands, shells, surroundings: None, limiter: CallLimiter::new(), translations }
    }

    /// Lets providers be told about the place where the shell stands, as far as each request allows it.
    #[must_use]
    pub fn with_surroundings(self, surroundings: Arc<dyn Surroundings>) -> Self {
        Self { surroundings: Some(surroundings), ..self }
    }

    /// The cache, for its statistics.
    pub fn cache(&self) -> &dyn AnswerCache {
        self.cache.as_ref()
    }

    /// Answers one request by its deadline. Dropping the future cancels everything it started.
    pub async fn suggest(&self, request: &Request, providers: &[Arc<dyn Provider>], waiting: &WaitingFor) -> Outcome {
        // Secrets become placeholders before anything is keyed, stored or sent; they return in the final command only.
        let redacted = redact::redact(request.query.as_str());

        // What this machine knows by itself costs no waiting, so it is ready before any provider is asked, and
        // whatever fails later fails towards it.
        let sources = LocalSources { place: &self.place, cache: self.cache.as_ref(), translations: &self.translations };
        let local = sources.collect(request, &redacted);
        // Words with a blank in front are for this machine alone.
        if request.query.is_private() {
            let remarks = if local.is_sure() || request.mode == Mode::Offline { Vec::new() } else { vec![RedactedText::mask(PRIVATE)] };
            return Outcome::Reply(local.reply(request, remarks, None));
        }
        if request.mode == Mode::Offline || providers.is_empty() {
            return Outcome::Reply(local.reply(request, Vec::new(), None));
        }
        if request.mode == Mode::Normal && local.is_sure() {
            let more = if local.has_provider_answer() { None } else { providers.first().map(|provider| provider.name().to_owned()) };
            return Outcome::Reply(local.reply(request, Vec::new(), more));
        }

        let needed = missing_keys(providers, &request.offered_keys);
        if !needed.is_empty() {
            return Outcome::NeedKeys(needed);
        }
        match self.online(request, &redacted, providers, waiting).await {
            Ok((suggestion, remarks)) => Outcome::Reply(local.reply_with(request, suggestion, remarks)),
            Err(failures) => {
                let remarks = failures.into_iter().map(|(name, error)| RedactedText::mask(&format!("{name}: {error}"))).collect();
                Outcome::Reply(local.reply(request, remarks, None))
            }
        }
    }

    /// Asks the providers in the user's order until one gives a command that passes the gate, and stores it.
    async fn online(
        &self,
        request: &Request,
        redacted: &Redacted,
        providers: &[Arc<dyn Provider>],
        waiting: &WaitingFor,
    ) -> Result<(Suggestion, Vec<RedactedText>), Vec<Failure>> {
        let (prompt, removed) = self.prompt((&request.facts, &request.context), redacted).await;
        let remarks = match removed {
            0 => Vec::new(),
            count => vec![RedactedText::mask(&format!("{count} invisible characters were not sent"))],
        };
        let resolves = |word: &str| self.commands.resolves(word, &request.facts);
        let parses = |text: &str| crate::syntax::parse(text, request.facts.shell).is_ok();
        let admit = |name: &str| {
            waiting.set(name);
            request.patient || self.limiter.admit()
        };
        if request.patient {
            self.limiter.wait().await;
        }
        let mut failures = Vec::new();
        let mut rest = providers;
        loop {
            let asked = online::ask_in_order(rest, &prompt, &request.facts, request.deadline, &resolves, &parses, &admit);
            let candidate = match asked.await {
                Ok(candidate) => candidate,
                Err(more) => {
                    failures.extend(more);
                    return Err(failures);
                }
            };
            match self.accept(request, redacted, &candidate).await {
                Ok(suggestion) => return Ok((suggestion, remarks)),
                Err((name, error)) => {
                    let asked = rest.iter().position(|provider| provider.name() == name).map_or(rest.len(), |index| index + 1);
                    failures.push((name, error));
                    rest = &rest[asked..];
                    if rest.is_empty() {
                        return Err(failures);
                    }
                }
            }
        }
    }

    /// Lets a provider's candidate through the gate and stores it as the provider gave it: the verdict is made anew
    /// each time, and the secrets, of which the provider only knows the placeholders, are put back each time. A new
    /// answer is also shown to the real shell, which knows its syntax best and runs nothing; what is cached has been.
    async fn accept(&self, request: &Request, redacted: &Redacted, candidate: &Candidate) -> Result<Suggestion, Failure> {
        let refused = |reason: String| {
            let name = match &candidate.origin {
                Origin::Provider(name) => name.clone(),
                other => other.label(),
            };
            (name, AttemptError::new(FailureClass::Malformed, format!("its command was refused: {reason}")))
        };
        let command = redacted.restore(&candidate.command, request.facts.shell).map_err(|error| refused(error.to_string()))?;
        let reading = candidate.reading.as_deref().map(|reading| redacted.mask(reading));
        let restored = Candidate { command, reading: reading.clone(), ..candidate.clone() };
        let policy = request.policy();
        let suggestion = judge(&restored, &policy).map_err(|rejection| {
            // This may reach a log, so it tells of the command as it was before the secrets were put back.
            let told = match rejection {
                Rejection::Shown { why, .. } => judge(candidate, &policy).err().unwrap_or(*why),
                other => other,
            };
            refused(told.to_string())
        })?;
        if self.shells.accepts(suggestion.command(), &request.facts).await == Some(false) {
            return Err(refused(format!("it is not valid for {}", request.facts.shell)));
        }
        if request.use_cache
            && let Some(command) = redacted.keep(&candidate.command)
        {
            let reading = reading.map(|reading| RedactedText::mask(&reading));
            let kept = KeptCandidate { command, reading, origin: candidate.origin.clone(), confidence: candidate.confidence };
            let key = key::derive(Kind::Provider, redacted.stable(), &request.facts, &self.place.key_context(request.seen()));
            self.cache.put(&key, &CachedAnswer { candidate: kept, created: request.now });
        }
        Ok(suggestion)
    }

    /// What a provider would be sent for words from that shell, told so much of its place, and how many characters were taken out of it.
    pub async fn prompt(&self, (facts, context): (&ShellFacts, &[ContextField]), redacted: &Redacted) -> (Prompt, usize) {
        let place = match &self.surroundings {
            Some(surroundings) if !context.is_empty() => {
                let (surroundings, fields, cwd) = (Arc::clone(surroundings), context.to_vec(), facts.cwd.clone());
                // A network mount that hangs costs this much and no more.
                let look = tokio::task::spawn_blocking(move || surroundings.look(&fields, &cwd));
                tokio::time::timeout(LOOK_LIMIT, look).await.ok().and_then(Result::ok).unwrap_or_default()
            }
            _ => SeenPlace::default(),
        };
        prompt::build(&redacted.text, facts, self.place.os, &place)
    }

    /// Remembers what the user ran for a query: it is the first answer next time. A failed command is forgotten, and
    /// one that holds a secret or does not pass the gate is not kept at all.
    pub fn record_ran(&self, query: &Query, command: &str, status: i32, facts: &ShellFacts, now: SystemTime) {
        if query.is_private() {
            return;
        }
        let redacted = redact::redact(query.as_str());
        let key = key::derive(Kind::Ran, redacted.stable(), facts, &self.place.key_context(""));
        let candidate = Candidate { command: command.to_owned(), reading: None, origin: Origin::Ran, confidence: 1.0 };
        let keep = status == 0
            && redacted.is_clean()
            && judge(&candidate, &Policy::new(facts.shell).with_comments(facts.comments)).is_ok()
            && self.was_suggested(query, command, facts, now);
        // A command that holds a secret has no form in which it may be kept.
        if keep && let Some(command) = redacted.keep(command) {
            let kept = KeptCandidate { command, reading: None, origin: Origin::Ran, confidence: 1.0 };
            self.cache.put(&key, &CachedAnswer { candidate: kept, created: now });
        } else if self.cache.get(&key, now).is_some_and(|known| known.candidate.command.as_str() == command) {
            self.cache.remove(&key);
        }
    }

    /// Whether a line that was run still answers the query: it resembles something that would be suggested for it. A
    /// shell only knows that the line once held a suggestion, and its user may have typed another command over it.
    fn was_suggested(&self, query: &Query, command: &str, facts: &ShellFacts, now: SystemTime) -> bool {
        // The answer may have been given under either setting of the context.
        let request = |context: &[ContextField]| Request {
            query: query.clone(),
            facts: facts.clone(),
            mode: Mode::Offline,
            want: usize::MAX,
            use_cache: true,
            patient: false,
            offered_keys: Vec::new(),
            rules: Arc::default(),
            context: context.to_vec(),
            deadline: Instant::now(),
            now,
        };
        let sources = LocalSources { place: &self.place, cache: self.cache.as_ref(), translations: &self.translations };
        let redacted = redact::redact(query.as_str());
        [request(&[]), request(&ContextField::ALL)].iter().any(|request| {
            let local = sources.collect(request, &redacted).reply(request, Vec::new(), None);
            local.offers.iter().any(|offer| resembles(command, offer.suggestion.command()))
        })
    }
}

/// Whether a line is an edited suggestion: it begins with the same program, and at least half of the suggestion's words,
/// and more than the first, are there in this form or a longer or shorter one.
fn resembles(line: &str, suggestion: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let wanted: Vec<&str> = suggestion.split_whitespace().collect();
    let kept = |word: &&&str| {
        words
            .iter()
            .any(|other| other == *word || (word.len().min(other.len()) > 1 && (other.starts_with(**word) || word.starts_with(other))))
    };
    let count = wanted.iter().filter(kept).count();
    words.contains(&wanted.first().copied().unwrap_or_default()) && count * 2 >= wanted.len() && (count > 1 || wanted.len() == 1)
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
#[path = "pipeline_tests.rs"]
mod tests;
