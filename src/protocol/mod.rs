//! What client and resident say to each other: HTTP/1.1 over a Unix socket, JSON bodies, one JSON record a line in
//! the answer. These types are promises to other versions of the program; the vocabulary of `domain` is not.

mod convert;
mod health;
mod http;
mod rules;
mod status;

use serde::{Deserialize, Serialize};

pub use health::{Ailment, HealthWord, WireHealth, WireProviderHealth, WireQueue, WireTrouble, WireVersions};
pub use http::{BodyReader, HttpError, ResponseHead, read_head, request_bytes};
pub use rules::{WireRule, WireRules};
pub use status::{KEY_UNAVAILABLE, Status, WireAudit, WireEndpoint};

/// Number of the protocol; it is part of the socket's name, so two protocols never meet.
pub const PROTOCOL: u32 = 1;

/// Header in which each side names its build.
pub const BUILD_HEADER: &str = "x-gptos-build";

/// Header in which each side says when its build was made (nanoseconds since the epoch).
pub const BUILD_TIME_HEADER: &str = "x-gptos-build-time";

/// Header in which a client names the trace that a request is part of, as W3C Trace Context writes it.
pub const TRACE_HEADER: &str = "traceparent";

/// Which sources may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// All sources in their order.
    #[default]
    Normal,
    /// A provider at once; the cache is only written.
    Fresh,
    /// No provider.
    Offline,
}

/// `POST /v1/suggest`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuggestRequest {
    /// The user's words.
    pub query: String,
    /// Which sources may answer.
    #[serde(default)]
    pub mode: Mode,
    /// How many candidates at most.
    pub want: usize,
    /// Whether other ways than the answer are wanted as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub others: bool,
    /// Neither read nor write any cache.
    #[serde(default)]
    pub no_cache: bool,
    /// Wait for the provider limiter instead of being refused by it.
    #[serde(default)]
    pub patient: bool,
    /// Which shell asks, as any number that tells it from others; limits per shell count by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<u64>,
    /// The asking shell's configuration file; a resident that serves another one answers `Off`.
    #[serde(default)]
    pub config_file: Option<String>,
    /// What remains of the deadline, in milliseconds; absent: the configured one.
    #[serde(default)]
    pub deadline_ms: Option<u64>,
    /// What the words are about beside what they say.
    #[serde(default, skip_serializing_if = "WireAim::is_empty")]
    pub aim: WireAim,
    /// The rules that hold where the shell stands; absent: those that the resident knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<WireRules>,
    /// The asking shell.
    pub shell: WireShell,
}

/// What words are about beside what they say. What is not valid is refused, not left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireAim {
    /// The command that they are to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refines: Option<String>,
    /// The words that this command answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// The program that the command must be one of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Where the cursor stands in them, in characters, when they may be a command that somebody has begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<usize>,
}

/// The facts of the asking shell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireShell {
    /// `zsh`, `bash` or `fish`.
    pub name: String,
    /// Its version, or empty.
    #[serde(default)]
    pub version: String,
    /// Working directory.
    pub cwd: String,
    /// `$HOME`.
    #[serde(default)]
    pub home: Option<String>,
    /// `$PATH`.
    pub path: String,
    /// Locale.
    #[serde(default)]
    pub locale: String,
    /// Proxy variables: lower-case name, value.
    #[serde(default)]
    pub proxies: Vec<(String, String)>,
    /// Key variables the resident asked for, with their values; `None` when unset in the shell.
    #[serde(default)]
    pub keys: Vec<(String, Option<String>)>,
    /// Functions and aliases of this shell, apart by blanks: many short names travel faster as one text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub own_commands: String,
    /// Whether `#` begins a comment on its command line; absent when it does as the shell comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comments: Option<bool>,
}

/// One line of the answer to `POST /v1/suggest`. `Progress` may repeat; any other kind is the last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// Still working.
    Progress {
        /// Since the request arrived.
        elapsed_ms: u64,
        /// The provider that is asked, if one is.
        #[serde(default)]
        waiting_for: Option<String>,
        /// What this machine could offer instead, once the wait has become long.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        meanwhile: Option<WireCandidate>,
    },
    /// A provider needs these environment variables of the asking shell: ask again with them.
    NeedKeys {
        /// Their names.
        names: Vec<String>,
    },
    /// The configuration says `resident = "off"`, or the asking shell has another configuration: answer in your own
    /// process.
    Off,
    /// The answer.
    Answer(Answer),
}

/// What came of a query.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Answer {
    /// Candidates, best first. Whoever receives them judges them again.
    pub candidates: Vec<WireCandidate>,
    /// A provider that could be asked for another candidate.
    #[serde(default)]
    pub more: Option<String>,
    /// What went wrong or should be known, one line each: failed providers, a broken configuration.
    #[serde(default)]
    pub remarks: Vec<String>,
    /// Example sentences of the embedded translator near the query, when there is no candidate.
    #[serde(default)]
    pub nearest: Vec<String>,
    /// Examples out of pages on this machine, to be read only. Whoever receives them judges them again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<WirePage>,
    /// Whether any provider is configured.
    #[serde(default)]
    pub has_provider: bool,
    /// What only the user can see to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<WireNeed>,
}

/// Something that only the user can see to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireNeed {
    /// A word for why, which tells what was told already.
    pub cause: String,
    /// What is wrong and what to do, in one line.
    pub text: String,
}

/// An example out of a page on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WirePage {
    /// The page it is from.
    pub page: String,
    /// What it does.
    pub reading: String,
    /// The command, with its gaps in double braces.
    pub command: String,
    /// From 0 to 1.
    pub confidence: f64,
    /// What is known of its options.
    #[serde(default, skip_serializing_if = "WireOptions::is_unknown")]
    pub options: WireOptions,
}

/// What the lists of options on the machine say of those in a command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WireOptions {
    /// Nothing.
    #[default]
    Unknown,
    /// All of them exist.
    Listed,
    /// One may not exist.
    Unlisted {
        /// The program.
        program: String,
        /// The option.
        option: String,
    },
}

/// How a candidate was obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// Made for this request.
    Live,
    /// From the cache, within its time to live.
    Cache,
    /// From the cache, past its time to live, because nothing better could answer.
    Stale,
    /// Below the confidence that is inserted unasked.
    Guess,
}

/// A candidate on the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WireCandidate {
    /// The command text.
    pub command: String,
    /// The bytes of what the user has yet to write in it: where each begins and ends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holes: Vec<(usize, usize)>,
    /// What it does, in one line.
    #[serde(default)]
    pub reading: Option<String>,
    /// `ran`, `offline`, `fix` or `provider:NAME`.
    pub origin: String,
    /// The model that answered, where a provider said which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The model that was asked, where another one answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_model: Option<String>,
    /// How it was obtained.
    pub via: Via,
    /// From 0 to 1.
    pub confidence: f64,
}

/// `POST /v1/ran`: what the user really ran for a suggestion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RanRequest {
    /// The words the suggestion answered.
    pub query: String,
    /// The line that was run.
    pub command: String,
    /// Its exit status.
    pub status: i32,
    /// What the words were about beside what they say.
    #[serde(default, skip_serializing_if = "WireAim::is_empty")]
    pub aim: WireAim,
    /// Record it, but do not remember it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_memory: bool,
    /// The rules that hold where the shell stands; absent: those that the resident knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<WireRules>,
    /// The asking shell's configuration file; a resident that serves another one keeps nothing.
    #[serde(default)]
    pub config_file: Option<String>,
    /// The shell it ran in.
    pub shell: WireShell,
}

/// `POST /v1/fix`: a line failed. The answer is an [`Answer`]. Nothing of it is kept or sent to anybody.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixRequest {
    /// The line that was run.
    pub line: String,
    /// Its exit status.
    pub status: i32,
    /// The rules that hold where the shell stands; absent: those that the resident knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<WireRules>,
    /// The shell it ran in.
    pub shell: WireShell,
}

/// `POST /v1/warm`: words for a provider are being typed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WarmRequest {
    /// The asking shell's configuration file.
    #[serde(default)]
    pub config_file: Option<String>,
    /// The asking shell: its proxies.
    pub shell: WireShell,
}

/// `GET /v1/log`, and what `PUT /v1/log` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireLog {
    /// Which lines are written, such as `info,suggest=debug`.
    pub levels: String,
    /// Which the configuration wants.
    pub configured: String,
    /// Whether the last lines could not be written.
    #[serde(default)]
    pub fails: bool,
}

/// `PUT /v1/log`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogRequest {
    /// What is to change in the levels, until the resident ends; without it the configuration holds again.
    #[serde(default)]
    pub change: Option<String>,
}

/// `GET /v1/cache`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WireCacheStats {
    /// Live entries.
    pub entries: u64,
    /// Bytes of live keys and values.
    pub live_bytes: u64,
    /// Bytes on disk.
    pub disk_bytes: u64,
    /// Lookups that found an entry since start.
    pub hits: u64,
    /// Lookups that found none.
    pub misses: u64,
    /// Damaged files and entries dropped since start.
    pub damaged: u64,
    /// `disk` or `memory`.
    pub mode: String,
}
