//! What is asked of the pipeline, and what comes of it.

use std::sync::Arc;
use std::time::SystemTime;

use tokio::time::Instant;

use super::ports::{RedactedText, Span};
use super::track::Track;
use crate::domain::{Aim, ContextField, PageOffer, Query, ShellFacts};
use crate::validate::{CustomRules, Policy, Suggestion};

/// Which sources may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// What they are about beside what they say.
    pub aim: Aim,
    /// The asking shell.
    pub facts: ShellFacts,
    /// Which sources may answer.
    pub mode: Mode,
    /// How many suggestions at most.
    pub want: usize,
    /// Whether other ways than the answer are wanted as well.
    pub others: bool,
    /// Whether any cache may be read or written.
    pub use_cache: bool,
    /// Whether it belongs to a batch: it waits its turn instead of being refused, and no limit counts it.
    pub patient: bool,
    /// Which shell asks, as any number that tells it from others.
    pub session: u64,
    /// Key variables the client was asked for already, set or not.
    pub offered_keys: Vec<String>,
    /// The rules beside the embedded ones that hold where the shell stands: the user's and its project's.
    pub rules: Arc<CustomRules>,
    /// What a provider may be told about the place where the shell stands.
    pub context: Vec<ContextField>,
    /// When the answer is due.
    pub deadline: Instant,
    /// The present, for the age of what is cached.
    pub now: SystemTime,
    /// What is told of it is told under this.
    pub track: Track,
}

impl Request {
    /// The same request inside a span, where there is one.
    pub(super) fn inside(&self, span: &Span) -> Option<Self> {
        span.is_wanted().then(|| Self { track: self.track.inside(span), ..self.clone() })
    }

    /// What its answers are judged against.
    pub(super) fn policy(&self) -> Policy {
        let policy = Policy::new(self.facts.shell).with_comments(self.facts.comments).with_rules(Arc::clone(&self.rules));
        policy.for_words(self.query.as_str())
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
    /// Examples out of pages on this machine, to be read only, when nothing above is sure.
    pub pages: Vec<PageOffer>,
}

/// The end of a request.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Suggestions, or the reasons why there are none.
    Reply(Reply),
    /// A provider has to be asked and needs these variables of the asking shell.
    NeedKeys(Vec<String>),
}
