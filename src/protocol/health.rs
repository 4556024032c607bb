//! `GET /healthz?verbose`: how the resident is. `GET /v1/status` holds the same.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{WireAudit, WireCacheStats};

/// How something is, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthWord {
    /// As it should be.
    #[default]
    Ok,
    /// It works, but not as well as it should.
    Degraded,
    /// It does not work.
    Down,
}

impl fmt::Display for HealthWord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Down => "down",
        })
    }
}

/// How the resident is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WireHealth {
    /// `down`: it does not answer, or is about to go. `degraded`: it answers, and something else is not well.
    pub status: HealthWord,
    /// Why it is not `ok`, one line each.
    pub reasons: Vec<String>,
    /// The same for programs, in the same order.
    pub troubles: Vec<WireTrouble>,
    /// The providers, in the user's order.
    pub providers: Vec<WireProviderHealth>,
    /// Where answers are kept.
    pub store: WireCacheStats,
    /// The store that several machines share, if there is one.
    pub redis: Option<HealthWord>,
    /// What waits.
    pub queues: Vec<WireQueue>,
    /// How the audit trail stands.
    pub audit: WireAudit,
    /// What runs.
    pub versions: WireVersions,
}

/// Something that is not well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireTrouble {
    /// What kind of thing it is.
    pub kind: Ailment,
    /// Which provider, queue or key of the configuration it is about.
    #[serde(default)]
    pub of: Option<String>,
    /// The same in words.
    #[serde(default)]
    pub text: String,
}

/// What keeps a resident from being well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ailment {
    /// It is about to go.
    Draining,
    /// Its socket does not listen.
    NotListening,
    /// The files of the configuration have a mistake.
    Configuration,
    /// It does not do its work in time.
    Hangs,
    /// A provider is not asked, or asked less.
    Provider,
    /// The key of a provider cannot be had, so that it is not asked.
    KeyUnavailable,
    /// The audit trail was changed.
    AuditChanged,
    /// The audit trail cannot be written.
    AuditUnwritten,
    /// Answers are kept in memory only.
    MemoryOnly,
    /// A queue is nearly full.
    QueueFull,
    /// A cap on spending is reached.
    Spend,
    /// What was counted of the days is damaged.
    Stats,
    /// The log cannot be written.
    Log,
    /// Spans are wanted and not handed over.
    Traces,
    /// The numbers are not served on their port.
    Numbers,
    /// What a later version tells of.
    #[serde(other)]
    Other,
}

/// How a provider is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WireProviderHealth {
    /// The user's name for it.
    pub name: String,
    /// Its state in a word: `down` is one that is not asked for now, `degraded` one that is asked less.
    pub status: HealthWord,
    /// Its state as `gptos status` shows it.
    pub state: String,
    /// How long it has been so, in seconds.
    pub since_s: Option<u64>,
    /// The time within which half of its answers began, in milliseconds.
    pub p50_ms: Option<u64>,
    /// The same for 95 of 100.
    pub p95_ms: Option<u64>,
    /// Why the last call that failed did, in a word.
    pub last_error: Option<String>,
    /// Why there was no key for it.
    pub key_trouble: Option<String>,
    /// How long ago that was, in seconds.
    pub last_error_s: Option<u64>,
}

/// How full a queue is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WireQueue {
    /// What it is called.
    pub name: String,
    /// What waits in it or is under way.
    pub depth: u64,
    /// How much it takes.
    pub capacity: u64,
}

/// What runs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WireVersions {
    /// The program.
    pub program: String,
    /// Its build.
    pub build: String,
    /// The protocol.
    pub protocol: u32,
}
