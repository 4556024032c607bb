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
