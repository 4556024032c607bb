//! What the pipeline needs from the outside, as traits. Adapters live in `cache/`, `providers/` and `secrets/`.

use std::path::Path;
use std::time::{Duration, SystemTime};

use futures_util::future::BoxFuture;
use thiserror::Error;

pub use super::heard::{Heard, ReplyHead};
pub use super::ledger::{Callee, Caps, EndedCall, HELD_BACK, Held, Ledger, Reached, more_money, more_tokens};
pub use super::track::{OpenSpan, Span, SpanAttributes, SpanKind, SpanValue, Tracer, Track};
pub use super::trail::{MakeEvents, Trail, TrailEvent, TrailId, TrailOffer, TrailStats, TrailStep};
use crate::domain::{AttemptError, ContextField, Origin, PageOffer, Price, Secret, ShellFacts, ShellKind, Usage};
pub use crate::redact::{RedactedObject, RedactedText};
use crate::validate::Effect;

/// The identity of a cached answer: a BLAKE3 digest of everything the answer depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CacheKey(pub [u8; 32]);

/// A candidate in the form in which it may be kept: secrets are words that stand for them.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptCandidate {
    /// The command as its source gave it.
    pub command: RedactedText,
    /// What it does, when the source said so.
    pub reading: Option<RedactedText>,
    /// Who proposed it.
    pub origin: Origin,
    /// The source's own confidence, from 0 to 1.
    pub confidence: f64,
}

/// A stored candidate. Verdicts are never stored: the gate judges every answer afresh.
#[derive(Debug, Clone, PartialEq)]
pub struct CachedAnswer {
    /// The candidate as its source gave it.
    pub candidate: KeptCandidate,
    /// When it was stored.
    pub created: SystemTime,
}

/// What a cache holds right now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Live entries.
    pub entries: u64,
    /// Bytes of live keys and values.
    pub live_bytes: u64,
    /// Bytes on disk, 0 for a memory cache.
    pub disk_bytes: u64,
    /// Lookups that found a valid entry since start.
    pub hits: u64,
    /// Lookups that found none.
    pub misses: u64,
    /// Damaged files set aside and damaged entries dropped since start.
    pub damaged: u64,
    /// `disk` or `memory`.
    pub mode: &'static str,
}

/// Why a cache could not do what was asked.
#[derive(Debug, Error)]
#[error("cache: {0}")]
pub struct CacheError(pub String);

/// Answers kept for next time. Losing it costs time and nothing else, so reads and writes do not fail: a damaged or
/// missing entry is a miss.
pub trait AnswerCache: Send + Sync {
    /// The answer stored under `key`, when it is intact and not past its time to live plus the stale period.
    fn get(&self, key: &CacheKey, now: SystemTime) -> Option<CachedAnswer>;
    /// The same for words that nobody has asked for yet: it counts as no use of the cache.
    fn peek(&self, key: &CacheKey, now: SystemTime) -> Option<CachedAnswer>;
    /// Stores an answer.
    fn put(&self, key: &CacheKey, answer: &CachedAnswer);
    /// Removes one answer.
    fn remove(&self, key: &CacheKey);
    /// Removes all.
    ///
    /// # Errors
    /// When the store refuses; then some entries may remain.
    fn clear(&self) -> Result<(), CacheError>;
    /// Counts.
    fn stats(&self) -> CacheStats;
    /// Makes what was put survive the end of the process.
    fn flush(&self);
}

/// What was seen of the place. Every text in it may have been chosen by anybody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeenPlace {
    /// The name of the working directory.
    pub folder: Option<String>,
    /// The git branch.
    pub branch: Option<String>,
    /// Names of files, sorted.
    pub files: Vec<String>,
}

/// Looks at the place where the asking shell stands.
pub trait Surroundings: Send + Sync {
    /// Sees as much as `fields` names. It may block on a slow file system.
    fn look(&self, fields: &[ContextField], cwd: &Path) -> SeenPlace;
}

/// Pages of examples on this machine.
pub trait Pages: Send + Sync {
    /// Up to `most` examples that fit the words, the best first. It may block on a slow file system.
    fn offers(&self, words: &str, most: usize) -> Vec<PageOffer>;
}

/// A request as a provider would be sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestPreview {
    /// Such as `POST`.
    pub method: &'static str,
    /// Where it goes.
    pub url: String,
    /// The headers in lower case; the value of one that carries a key is `None`.
    pub headers: Vec<(String, Option<String>)>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

/// What is sent to a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The instructions: static text first, this machine's facts last.
    pub system: String,
    /// The user's words and what goes with them, as one JSON object.
    pub user: RedactedText,
    /// Cap on the visible answer, in tokens.
    pub max_tokens: u32,
}

impl Prompt {
    /// The tokens that it takes at most, as far as its length tells: a token has three bytes or more, and the form of the
    /// request around it is as long as a short text.
    pub fn most_tokens(&self) -> u64 {
        ((self.system.len() + self.user.as_str().len()) as u64).div_ceil(3) + 200
    }

    /// The tokens that it probably takes.
    pub fn likely_tokens(&self) -> u64 {
        ((self.system.len() + self.user.as_str().len()) as u64).div_ceil(4)
    }
}

/// Text of an answer whose stream ended properly. It is not yet known to be a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawAnswer {
    /// The visible text.
    pub text: String,
    /// The model that answered, as the provider names it.
    pub model: String,
    /// How long the provider asks not to be called, when this answer used up what it allows.
    pub pause: Option<Duration>,
    /// The tokens that it took, where the provider told.
    pub usage: Option<Usage>,
    /// From the start of the exchange to the first piece of the model's text; of an answer that came in one piece, to its
    /// first byte.
    pub first_chunk: Option<Duration>,
}

/// How a provider keeps time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// A service elsewhere.
    Remote,
    /// A model on this machine. It may be loading, and it shares the machine with everything else.
    Loopback,
    /// A program of the user's, which may take half a minute.
    Command,
}

/// Whether a model could answer now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// It could, or nobody can tell.
    Ready,
    /// It is being loaded into memory.
    Loading,
}

/// Time limits of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptLimits {
    /// Name look-up, TCP and TLS.
    pub connect: Duration,
    /// First byte of the answer's body.
    pub first_chunk: Duration,
    /// Between two chunks.
    pub gap: Duration,
    /// The whole attempt; never more than what remains of the deadline.
    pub total: Duration,
}

/// One attempt to make.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// What to send.
    pub prompt: &'a Prompt,
    /// The asking shell: its proxies and key variables.
    pub facts: &'a ShellFacts,
    /// Its time limits.
    pub limits: AttemptLimits,
    /// Where to say that the answer has begun.
    pub heard: &'a Heard,
    /// The span of the attempt.
    pub span: &'a Span,
    /// How often this provider was sent the same before.
    pub resends: u32,
}

/// A source of answers over the network.
pub trait Provider: Send + Sync {
    /// The user's name for it.
    fn name(&self) -> &str;
    /// The model asked for.
    fn model(&self) -> &str;
    /// The word for its kind in the configuration.
    fn kind(&self) -> Option<&'static str> {
        None
    }
    /// Scheme, host and port of the server; `None` for a program.
    fn address(&self) -> Option<String> {
        None
    }
    /// What its calls cost.
    fn price(&self) -> Price {
        Price::Unknown
    }
    /// The most tokens that a call with this prompt may take, which nobody is told of before.
    fn most_tokens(&self, prompt: &Prompt) -> Usage {
        Usage { input: prompt.most_tokens(), output: u64::from(prompt.max_tokens) }
    }
    /// How it keeps time.
    fn pace(&self) -> Pace;
    /// What its health is remembered under: address, model and the place of the key, so that a bad key or one missing
    /// model does not shut the whole vendor.
    fn endpoint(&self) -> String;
    /// A number that changes when its key may have become another one: then a rejected key is no reason not to ask.
    fn key_state<'a>(&'a self, _facts: &'a ShellFacts) -> BoxFuture<'a, u64> {
        Box::pin(std::future::ready(0))
    }
    /// Whether its model could answer now. A model that is not loaded begins to load, in a task of its own that no
    /// deadline of a request ends: a client that hangs up would abort the loading.
    fn readiness<'a>(&'a self, _facts: &'a ShellFacts) -> BoxFuture<'a, Readiness> {
        Box::pin(std::future::ready(Readiness::Ready))
    }
    /// Whether a model on this machine is known to be able to answer again. Asking costs nothing and starts nothing; a
    /// server that cannot tell says no.
    fn is_back(&self) -> BoxFuture<'_, bool> {
        Box::pin(std::future::ready(false))
    }
    /// The machine slept: connections that were open are dead, though nothing says so.
    fn resumed(&self) {}
    /// Opens a connection, so that the next attempt need not wait for one. Nothing of a query is sent.
    fn connect<'a>(&'a self, _facts: &'a ShellFacts) -> BoxFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }
    /// The variables of the asking shell that it takes to find its key.
    fn key_variables(&self) -> Vec<&str>;
    /// What an attempt would send, without sending it; `None` when the wire cannot tell.
    fn preview(&self, _prompt: &Prompt) -> Option<RequestPreview> {
        None
    }
    /// Makes one attempt. Dropping the future cancels the request.
    fn ask<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Result<RawAnswer, AttemptError>>;
}

/// Gives the credential of one provider.
pub trait KeySource: Send + Sync {
    /// The key, or `None` for a provider that needs none.
    ///
    /// # Errors
    /// An `Auth` error that names the place of the key and what is wrong with it, never the key.
    fn key<'a>(&'a self, facts: &'a ShellFacts) -> BoxFuture<'a, Result<Option<Secret>, AttemptError>>;
    /// The variables of the asking shell that it needs.
    fn variables(&self) -> Vec<&str>;
    /// A number that changes when the key may have become another one; [`NO_KEY`] where the asking shell has none.
    fn state<'a>(&'a self, _facts: &'a ShellFacts) -> BoxFuture<'a, u64> {
        Box::pin(std::future::ready(0))
    }
    /// The provider did not accept this key: if it is remembered it is forgotten, so that a new one is found. Whether
    /// asking once more now may give another one.
    fn rejected(&self, _refused: &Secret) -> bool {
        true
    }
}

/// The state of a key that the asking shell lacks.
pub const NO_KEY: u64 = 1;

/// A line that was run for some words. Neither holds a secret.
#[derive(Debug, Clone, Copy)]
pub struct RanLine<'a> {
    /// The key of the question.
    pub key: &'a CacheKey,
    /// The shape of the question, if the translator knows it.
    pub shape: Option<&'a str>,
    /// The shell it was run in.
    pub shell: ShellKind,
    /// The words.
    pub query: &'a RedactedText,
    /// The line.
    pub command: &'a RedactedText,
    /// Whether it ended with status 0.
    pub worked: bool,
    /// When it was run.
    pub at: SystemTime,
}

/// A line that worked for some words before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// The words.
    pub query: String,
    /// The line.
    pub command: String,
    /// The shell it was run in.
    pub shell: ShellKind,
    /// How often it worked.
    pub worked: u32,
    /// Whether it has failed so often lately that others come first.
    pub demoted: bool,
    /// When it was run last.
    pub at: SystemTime,
}

/// What the user ran. Nothing in it waits long for a disk, unless who asks may.
pub trait Memory: Send + Sync {
    /// The lines for a question, best first. Who `may_block` is not kept from waiting for the disk, which spares it the way through another thread.
    fn recall(&self, key: &CacheKey, may_block: bool) -> Vec<Remembered>;
    /// The lines for other questions of the same shape, the latest first.
    fn alike(&self, shape: &str, shell: ShellKind) -> Vec<Remembered>;
    /// Remembers what became of a line.
    fn record(&self, ran: &RanLine<'_>);
    /// How often lines for this question worked, and whether a short name for it was offered.
    fn uses(&self, key: &CacheKey) -> (u32, bool);
    /// A short name for the line of this question has been offered.
    fn offered(&self, key: &CacheKey);
    /// Waits until all is written, for so long at most.
    fn flush(&self, patience: Duration);
}

/// What can be run on this machine, seen from the asking shell.
pub trait Commands: Send + Sync {
    /// Whether `word` names a builtin of the shell or an executable on its search path.
    fn resolves(&self, word: &str, facts: &ShellFacts) -> bool;
}

/// The files of this machine, seen from the asking shell.
pub trait Reach: Send + Sync {
    /// The places of the effects that reach something right now; none where so much time did not tell.
    fn reached(&self, effects: &[Effect], facts: &ShellFacts, limit: Duration) -> Vec<usize>;
}

/// Which family of standard tools a program belongs to. Their options differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// The tools of the GNU project.
    Gnu,
    /// Those of the BSD systems and of macOS.
    Bsd,
    /// All in one small program.
    Busybox,
}

/// What is known of the programs of this machine without running them.
pub trait Tools: Send + Sync {
    /// The flavour of the program that a name stands for on the asking shell's search path; `None` when it is not there
    /// or not known.
    fn flavour(&self, program: &str, facts: &ShellFacts) -> Option<Flavour>;
    /// The name under which this system has a program, when it is another one: Debian calls `fd` `fdfind`.
    fn other_name(&self, program: &str) -> Option<&'static str>;
    /// The package of this system that has a program, when it is known.
    fn package(&self, program: &str) -> Option<&'static str>;
}

/// The real shells, asked whether they would accept a line. Nothing runs.
pub trait ShellSyntax: Send + Sync {
    /// Whether the asking shell's program reads `line` without a syntax error; `None` when it is not installed or does
    /// not say so in time.
    fn accepts<'a>(&'a self, line: &'a str, facts: &'a ShellFacts) -> BoxFuture<'a, Option<bool>>;
}
