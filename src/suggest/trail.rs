//! What the pipeline tells an audit trail.

use std::time::{Duration, SystemTime};

use futures_util::future::BoxFuture;

use crate::domain::{Risk, ShellKind};
use crate::redact::RedactedText;

/// Joins the steps of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TrailId(pub [u8; 8]);

/// One step of a request. Nothing in it holds a secret.
#[derive(Debug, Clone, PartialEq)]
pub struct TrailEvent {
    /// The request; `None`: the last one with these words in this shell.
    pub id: Option<TrailId>,
    /// When it happened.
    pub at: SystemTime,
    /// What happened.
    pub step: TrailStep,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum TrailStep {
    /// Words were asked.
    Asked {
        /// The words.
        query: RedactedText,
        /// The asking shell.
        shell: ShellKind,
        /// Which sources were to answer.
        mode: &'static str,
    },
    /// These suggestions were given.
    Offered(Vec<TrailOffer>),
    /// Nobody waited for the answer any more.
    Canceled,
    /// A line was run in the place of a suggestion.
    Ran {
        /// The words that the suggestion answered.
        query: RedactedText,
        /// The line.
        command: RedactedText,
        /// Its exit status.
        status: i32,
        /// The shell it ran in.
        shell: ShellKind,
        /// How much it can destroy.
        risk: Risk,
        /// Names of the rules that apply to it.
        findings: Vec<String>,
    },
}

/// A suggestion that was given.
#[derive(Debug, Clone, PartialEq)]
pub struct TrailOffer {
    /// The command.
    pub command: RedactedText,
    /// Where it is from.
    pub source: String,
    /// The model that answered.
    pub model: Option<String>,
    /// How much it can destroy.
    pub risk: Risk,
    /// Names of the rules that apply to it.
    pub findings: Vec<String>,
}

/// How a trail stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrailStats {
    /// Records written by this process.
    pub records: u64,
    /// Times that writing failed.
    pub write_failures: u64,
    /// Times that the trail was found to be changed.
    pub verify_failures: u64,
    /// Torn ends that were cut off.
    pub torn: u64,
    /// The number of the last record that this process has seen.
    pub head: Option<u64>,
    /// Records that no seal covers.
    pub unsealed: u64,
    /// Whether it is sealed.
    pub is_sealed: bool,
    /// Events that wait, and how many may.
    pub depth: usize,
    /// How many events may wait.
    pub capacity: usize,
    /// Events that there was no place for.
    pub dropped: u64,
    /// Why the last attempt to write failed, if it did.
    pub failure: Option<String>,
}

/// Makes events out of what happened. It runs where the trail is written, so that nobody waits for the redactor.
pub type MakeEvents = Box<dyn FnOnce() -> Vec<TrailEvent> + Send>;

/// Where events are kept.
pub trait Trail: Send + Sync {
    /// Hands events in. It never waits; when too many wait already they are lost and counted.
    fn record(&self, make: MakeEvents);
    /// The same, and waits until they are on the disk. Events that are not are given up.
    fn record_durably(&self, make: MakeEvents) -> BoxFuture<'_, Result<(), String>>;
    /// Waits until everything that was handed in is written, for so long at most; says whether it is.
    fn flush(&self, patience: Duration) -> bool;
    /// The process ends: the same, and what can be sealed is sealed.
    fn close(&self, patience: Duration);
    /// How it stands.
    fn stats(&self) -> TrailStats;
}
