//! The sources that need no network: what the user ran before, the cache, the embedded translator.

use std::borrow::Cow;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use tracing::error;

use super::aimed;
use super::key::{self, KeyContext, Kind};
use super::pipeline::{Mode, Offer, Place, Reply, Request, Via};
use super::ports::{AnswerCache, CacheKey, CachedAnswer, KeptCandidate, Memory, RedactedText, SpanValue};
use crate::domain::{Candidate, LogEvent, Origin, Risk};
use crate::offline::{self, Machine, ToolSet, Translation, Translator};
use crate::redact::Redacted;
use crate::validate::{Rejection, Suggestion, judge};

/// An answer whose words point at the present directory ages faster than one that does not: the directory changes.
const CONTEXT_TTL: Duration = Duration::from_secs(24 * 3600);

/// How long after its time to live an answer is still given at once.
const SERVED_STALE: Duration = Duration::from_secs(30 * 24 * 3600);

/// Translations remembered, a few hundred bytes each.
const TRANSLATIONS_KEPT: usize = 256;

/// What is said when nothing is known and the words are of another language.
const SPEAKS_ENGLISH: &str = "the embedded translator speaks English";

/// The embedded translator and what it made of recent words. That is a function of words and machine, so remembering it
/// changes nothing but the time that a cached answer with its alternatives takes.
pub(super) struct Taught {
    /// `None` for the embedded data alone.
    translator: Option<Arc<Translator>>,
    recent: quick_cache::sync::Cache<(String, Machine), Arc<Translation>>,
}

impl Taught {
    pub(super) fn new(translator: Option<Arc<Translator>>) -> Self {
        Self { translator, recent: quick_cache::sync::Cache::new(TRANSLATIONS_KEPT) }
    }

    fn translator(&self) -> &Translator {
        self.translator.as_deref().unwrap_or_else(|| Translator::embedded())
    }

    pub(super) fn translate(&self, query: &str, machine: &Machine) -> Translation {
        walled(|| self.translator().translate(query, machine))
    }

    /// The programs on whose presence its commands depend.
    pub(super) fn tools(&self) -> &[String] {
        self.translator().tools()
    }

    /// The source of its answers: this build, with these packs.
    fn identity<'a>(&self, build: &'a str) -> Cow<'a, str> {
        match &self.translator {
            Some(translator) => Cow::Owned(format!("{build} {}", translator.identity())),
            None => Cow::Borrowed(build),
        }
    }
}

/// What the translator makes of a sentence, or nothing if a mistake of ours ends the reading: a provider may still answer, and
/// that is no reason to end for the process.
fn walled(translate: impl FnOnce() -> Translation) -> Translation {
    panic::catch_unwind(AssertUnwindSafe(translate)).unwrap_or_else(|_| {
        error!(event = LogEvent::TranslatorFailed.name(), "the translator could not read a sentence");
        Translation::default()
    })
}

/// Where local answers come from.
pub struct LocalSources<'a> {
    /// Where the pipeline stands.
    pub place: &'a Place,
    /// The answers kept.
    pub cache: &'a dyn AnswerCache,
    /// The translator.
    pub(super) taught: Arc<Taught>,
    /// What its commands are written for.
    pub(super) machine: Machine,
    /// What the user ran, if it is remembered.
    pub(super) memory: Option<Arc<dyn Memory>>,
    /// Whether this thread may wait for the disk.
    pub(super) may_block: bool,
    /// Whether what the translator makes is kept. Of words that are still being typed it is not.
    pub(super) keeps: bool,
}

/// All local answers to one request that passed the gate, best first.
pub struct Local {
    offers: Vec<Offer>,
    nearest: Vec<String>,
    /// Whether the words look like another language and the translator knows nothing.
    is_foreign: bool,
    /// Whether the best answer has aged, but only so much that it may be given at once.
    served_stale: bool,
    /// What the user may see and the buffer may not hold, one line each.
    told: Vec<RedactedText>,
    /// A short name for the best answer.
    pub(super) alias: Option<(CacheKey, RedactedText)>,
}

impl LocalSources<'_> {
    /// Asks all local sources.
    pub fn collect(&self, request: &Request, redacted: &Redacted) -> Local {
        let mut local =
            Local { offers: Vec::new(), nearest: Vec::new(), is_foreign: false, served_stale: false, told: Vec::new(), alias: None };
        let cached = request.may_use_cache() && request.mode != Mode::Fresh;
        let mut aged_little = false;
        let lookup = request.track.span("gptos.cache.lookup");
        if cached {
            self.recall(request, redacted, &mut local);
            for kind in [Kind::Provider, Kind::Offline] {
                if let Some(answer) = self.look_up(&self.key(kind, request, redacted), request.now) {
                    let via = if self.is_fresh(&answer, request, redacted) { Via::Cache } else { Via::Stale };
                    // A stale answer of the embedded translator is made anew, at no cost.
                    if via == Via::Stale && kind == Kind::Offline {
                        continue;
                    }
                    aged_little |= via == Via::Stale && self.aged_little(&answer, request, redacted);
                    let kept = answer.candidate;
                    let Ok(command) = redacted.restore_kept(&kept.command, request.facts.shell) else { continue };
                    let reading = kept.reading.map(|reading| reading.to_string());
                    local.add(
                        &Candidate { command, holes: Vec::new(), reading, origin: kept.origin, confidence: kept.confidence },
                        kept.command.as_str(),
                        via,
                        request,
                    );
                }
            }
        }
        lookup.text("gptos.cache.result", local.found(cached));
        drop(lookup);
        let has_offline = local.offers.iter().any(|offer| *offer.suggestion.origin() == Origin::Offline);
        let has_run = local.offers.iter().any(|offer| *offer.suggestion.origin() == Origin::Ran);
        // An answer already found is complete with one command; more are needed only to cycle through. But what was run for
        // words like these goes before what the cache holds.
        if !(has_offline || has_run) || request.want > 1 || (self.memory.is_some() && !has_run) {
            self.translate(request, redacted, &mut local);
        }
        local.offers.sort_by_key(rank);
        local.served_stale =
            aged_little && local.offers.first().is_some_and(|best| best.via == Via::Stale && best.suggestion.risk() < Risk::Medium);
        local
    }

    /// What the translator makes of the words, remembered if it was made a moment ago.
    pub(super) fn translation(&self, query: &str, may_keep: bool) -> Arc<Translation> {
        let words = (query.to_owned(), self.machine.clone());
        self.taught.recent.get(&words).unwrap_or_else(|| {
            let made = Arc::new(self.taught.translate(query, &self.machine));
            if may_keep {
                self.taught.recent.insert(words, Arc::clone(&made));
            }
            made
        })
    }

    fn translate(&self, request: &Request, redacted: &Redacted, local: &mut Local) {
        // Words that hold a secret are not remembered, not even here.
        let may_keep = self.keeps && redacted.is_clean() && !request.query.is_private();
        let span = request.track.span("gptos.offline.match");
        let translation = self.aimed(&request.query, &request.aim, may_keep);
        span.set("gptos.offline.candidates", SpanValue::Number(translation.candidates.len() as u64));
        if let Some(best) = translation.candidates.first() {
            span.set("gptos.offline.confidence", SpanValue::Seconds(best.confidence));
        }
        drop(span);
        if request.may_use_cache() && request.mode != Mode::Fresh && redacted.is_clean() {
            self.recall_alike(request, &translation, local);
        }
        for candidate in translation.candidates.iter().filter(|candidate| candidate.confidence >= offline::PLAUSIBLE) {
            let sure = candidate.confidence >= offline::SURE;
            local.add(candidate, &candidate.command, if sure { Via::Live } else { Via::Guess }, request);
        }
        if let Some(best) = translation.candidates.first()
            && request.may_use_cache()
            && self.keeps
            && best.confidence >= offline::SURE
            && redacted.is_clean()
        {
            let key = self.key(Kind::Offline, request, redacted);
            if self.cache.get(&key, request.now).is_none()
                && let Some(command) = redacted.keep(&best.command)
            {
                let reading = best.reading.as_deref().map(RedactedText::mask);
                let kept = KeptCandidate { command, reading, origin: best.origin.clone(), confidence: best.confidence };
                self.cache.put(&key, &CachedAnswer { candidate: kept, created: request.now });
            }
        }
        local.nearest = translation.nearest.clone();
        local.is_foreign = translation.is_foreign;
    }

    /// Of words that nobody has asked for yet the cache counts nothing.
    fn look_up(&self, key: &CacheKey, now: std::time::SystemTime) -> Option<CachedAnswer> {
        if self.keeps { self.cache.get(key, now) } else { self.cache.peek(key, now) }
    }

    pub(super) fn key(&self, kind: Kind, request: &Request, redacted: &Redacted) -> CacheKey {
        let (build, about) = (self.taught.identity(&self.place.build), aimed::about(&request.aim, redacted));
        let mut tools = self.machine.tools.as_ref().filter(|_| kind == Kind::Offline).map(ToolSet::names).unwrap_or_default();
        if !tools.is_empty() {
            self.machine.preferred.iter().for_each(|preferred| tools.push_str(&format!(";{}", preferred.name())));
        }
        let context = KeyContext { build: Some(&build), tools: &tools, ..self.place.key_context(request.seen(), &about) };
        key::derive(kind, redacted.stable(), &request.facts, &context)
    }

    /// Whether a stale answer may be given at once while it is made anew. A command ages with the tools of the machine, so
    /// slowly; one that is about a place ages with the place.
    fn aged_little(&self, answer: &CachedAnswer, request: &Request, redacted: &Redacted) -> bool {
        let age = request.now.duration_since(answer.created).unwrap_or_default();
        !key::is_context_bound(redacted.stable().as_str()) && age <= self.place.ttl + SERVED_STALE
    }

    fn is_fresh(&self, answer: &CachedAnswer, request: &Request, redacted: &Redacted) -> bool {
        let ttl = if key::is_context_bound(redacted.stable().as_str()) { self.place.ttl.min(CONTEXT_TTL) } else { self.place.ttl };
        // A stamp from the future counts as just made: the clock was set back, the answer is not older for it.
        request.now.duration_since(answer.created).unwrap_or_default() <= ttl
    }
}

impl Local {
    /// Judges a candidate and keeps it unless the same command is there already. One that may only be shown is told of by
    /// `kept`, the command before its secrets were put back: a remark may reach a log.
    pub(super) fn add(&mut self, candidate: &Candidate, kept: &str, via: Via, request: &Request) {
        // What is there already has been judged, and the judge costs more than all else here.
        let is_known = self.offers.iter().any(|known| known.suggestion.command() == candidate.command);
        if is_known || !aimed::fits(&candidate.command, &request.aim) {
            return;
        }
        let policy = request.policy();
        let span = request.track.span("gptos.validate");
        let judged = judge(candidate, &policy);
        span.text("gptos.validate.verdict", verdict(&judged));
        drop(span);
        let suggestion = match judged {
            Ok(suggestion) => suggestion,
            Err(Rejection::Shown { why, .. }) => {
                let before = Candidate { command: kept.to_owned(), ..candidate.clone() };
                let told = RedactedText::mask(&judge(&before, &policy).err().unwrap_or(*why).to_string());
                if !self.told.contains(&told) {
                    self.told.push(told);
                }
                return;
            }
            Err(_) => return,
        };
        if self.offers.iter().all(|known| known.suggestion.command() != suggestion.command()) {
            self.offers.push(Offer { suggestion, via });
        }
    }

    /// What the cache and the memory gave.
    fn found(&self, was_asked: bool) -> &'static str {
        match self.offers.first() {
            _ if !was_asked => "unasked",
            None => "miss",
            Some(_) if self.offers.iter().all(|offer| offer.via == Via::Stale) => "stale",
            Some(_) => "hit",
        }
    }

    /// Whether the best local answer can be given without asking anybody.
    pub fn is_sure(&self) -> bool {
        self.offers.first().is_some_and(|offer| matches!(offer.via, Via::Live | Via::Cache))
    }

    /// Whether the best answer is one that has aged and may be given all the same, because it changes nothing.
    pub fn may_be_served(&self) -> bool {
        self.served_stale
    }

    /// Whether there is nothing but guesses, or nothing at all.
    pub fn only_guesses(&self) -> bool {
        self.offers.iter().all(|offer| offer.via == Via::Guess)
    }

    /// Whether there is anything to offer.
    pub fn has_offers(&self) -> bool {
        !self.offers.is_empty()
    }

    /// All of it, the best first.
    pub fn offers(&self) -> &[Offer] {
        &self.offers
    }

    /// The best answer.
    pub fn best(&self) -> Option<&Offer> {
        self.offers.first()
    }

    /// Whether a fresh answer of a provider is among them.
    pub fn has_provider_answer(&self) -> bool {
        self.offers.iter().any(|offer| offer.via == Via::Cache && matches!(offer.suggestion.origin(), Origin::Provider(_)))
    }

    /// The reply made of local answers alone.
    pub fn reply(self, request: &Request, mut remarks: Vec<RedactedText>, more: Option<String>) -> Reply {
        let mut offers = self.offers;
        offers.truncate(request.want.max(1));
        remarks.extend(self.told);
        remarks.extend(self.alias.map(|(_, alias)| alias));
        if self.is_foreign && offers.is_empty() {
            remarks.push(RedactedText::mask(SPEAKS_ENGLISH));
        }
        Reply { offers, more, remarks, nearest: self.nearest, pages: Vec::new() }
    }

    /// The reply when a provider answered: its answer first, what is known locally after it.
    pub fn reply_with(self, request: &Request, suggestion: Suggestion, remarks: Vec<RedactedText>) -> Reply {
        let mut offers = self.offers;
        offers.retain(|offer| request.mode != Mode::Fresh && offer.suggestion.command() != suggestion.command());
        offers.insert(0, Offer { suggestion, via: Via::Live });
        offers.truncate(request.want.max(1));
        Reply { offers, remarks, ..Reply::default() }
    }
}

/// What the gate said, in a word.
pub(super) fn verdict(judged: &Result<Suggestion, Rejection>) -> &'static str {
    match judged {
        Ok(suggestion) => suggestion.risk().name(),
        Err(Rejection::Shown { .. }) => "shown",
        Err(_) => "rejected",
    }
}

/// What may be given at once comes first, and of that what the user ran; then stale answers, then guesses.
fn rank(offer: &Offer) -> (u8, bool) {
    let via = match offer.via {
        Via::Live | Via::Cache => 0,
        Via::Stale => 1,
        Via::Guess => 2,
    };
    (via, *offer.suggestion.origin() != Origin::Ran)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_of_the_translator_is_an_answer_that_knows_nothing() {
        let translation = walled(|| panic!("a sentence that nobody thought of"));
        assert!(translation.candidates.is_empty() && translation.nearest.is_empty());
        assert!(walled(|| Translation { is_foreign: true, ..Translation::default() }).is_foreign);
    }
}
