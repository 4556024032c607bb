//! `GET /v1/status`: what a resident is and does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::WireHealth;

/// `GET /v1/status`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Process id of the resident.
    pub pid: u32,
    /// Version of the resident.
    pub version: String,
    /// Since it started, in seconds.
    pub uptime_s: u64,
    /// Resident set size in bytes.
    pub rss_bytes: u64,
    /// Suggest requests answered since it started.
    pub requests: u64,
    /// What happened on the way to the providers since it started, by name and labels.
    #[serde(default)]
    pub counts: BTreeMap<String, u64>,
    /// The configured providers, in the user's order.
    #[serde(default)]
    pub endpoints: Vec<WireEndpoint>,
    /// How the audit trail stands.
    #[serde(default)]
    pub audit: Option<WireAudit>,
    /// Calls that may be repeated without new requests, from 0 to 10.
    #[serde(default)]
    pub retry_budget: Option<f64>,
    /// Where the numbers are served to Prometheus, or why they are not; `None` where nobody wants them to be.
    #[serde(default)]
    pub numbers: Option<String>,
    /// Where spans of requests go, or why they do not; `None` where nobody wants them.
    #[serde(default)]
    pub traces: Option<String>,
    /// How everything is, in a word and in detail.
    #[serde(default)]
    pub health: Option<WireHealth>,
}

/// How the audit trail stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WireAudit {
    /// `off`, `local` or `required`.
    pub mode: String,
    /// Records that the resident has written.
    pub records: u64,
    /// Events that wait to be written.
    pub waiting: u64,
    /// Events that were lost.
    pub dropped: u64,
    /// The number of the last record; `None` when there is none, or nobody has looked yet.
    pub head: Option<u64>,
    /// What a change of it is found by: `off`, `chained` or `sealed`.
    pub level: String,
    /// Whether it is sealed.
    pub sealed: bool,
    /// Records that no seal covers.
    pub unsealed: u64,
    /// Whether it was found to be changed.
    pub damaged: bool,
    /// Why it cannot be written, if it cannot.
    pub failure: Option<String>,
}

/// What [`WireEndpoint::last_error`] says where there was no key for a call.
pub const KEY_UNAVAILABLE: &str = "key_unavailable";

/// How a provider has been.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WireEndpoint {
    /// The user's name for it.
    pub name: String,
    /// The model asked for.
    pub model: String,
    /// Its kind as the configuration calls it.
    pub kind: Option<String>,
    /// Scheme, host and port; `None` for a program.
    pub address: Option<String>,
    /// `ready`, `open`, `half_open`, `limited`, `overloaded`, `quarantined` or `unasked`.
    pub state: String,
    /// How long it has been in this state, in seconds.
    pub since_s: Option<u64>,
    /// After how long it may be asked again, in a state in which it is not.
    pub retry_in_ms: Option<u64>,
    /// The time within which half of its answers began, once there are enough to tell.
    pub p50_ms: Option<u64>,
    /// The same for 95 of 100.
    pub p95_ms: Option<u64>,
    /// Why the last call that failed did, in a word.
    /// `key_unavailable`: there was no key for it, so that it was not made.
    pub last_error: Option<String>,
    /// Why there was none, with what to do.
    pub key_trouble: Option<String>,
    /// How long ago that was, in seconds.
    pub last_error_s: Option<u64>,
    /// Calls that ended.
    pub calls: u64,
    /// How many of them were answered.
    pub successes: u64,
    /// Calls under way.
    pub in_flight: u64,
    /// The way a request takes from the asking shell: `direct` or `proxy http://host:port`. The resident does not know the
    /// shell; `gptos status` adds it.
    pub proxy: Option<String>,
}
