use std::time::Duration;

use thiserror::Error;

/// Which part of an attempt ran out of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Name look-up, TCP and TLS.
    Connect,
    /// Waiting for the first byte of the answer.
    FirstChunk,
    /// Between two chunks of the answer.
    Gap,
    /// The attempt as a whole.
    Total,
}

/// What a failed attempt means. One function per wire decides it; retry, fallback, breaker and the user's message
/// all read the same value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailureClass {
    /// 5xx, 408, 409, a reset connection.
    Transient,
    /// The server did not take the request: a pooled connection had died, or it refused the stream. It says nothing
    /// about the service, and asking again at once costs nothing.
    Unsent,
    /// The provider says it is overloaded.
    Overloaded,
    /// 429 with or without a time to wait.
    RateLimited {
        /// How long the provider asks to wait.
        retry_after: Option<Duration>,
    },
    /// Money or a daily quota is used up.
    Quota,
    /// What the user lets this program spend is spent.
    Spent,
    /// 401, 403, or no key.
    Auth,
    /// The model or the endpoint does not exist, or the request is too large.
    Config,
    /// The provider rejects this request.
    Request,
    /// The model declines to answer.
    Refusal,
    /// Not the promised format: HTML, an empty answer, an error object inside a 200.
    Malformed,
    /// The answer ended before it was complete.
    Truncated,
    /// A time limit.
    Slow(Stage),
    /// This machine's network: no route, no name service, a refusing proxy.
    LocalNetwork,
    /// Certificate or protocol failure.
    Tls,
}

impl FailureClass {
    /// The low-cardinality word for messages and metrics.
    pub fn label(&self) -> &'static str {
        match self {
            FailureClass::Transient => "transient",
            FailureClass::Unsent => "unsent",
            FailureClass::Overloaded => "overloaded",
            FailureClass::RateLimited { .. } => "rate-limited",
            FailureClass::Quota => "quota",
            FailureClass::Spent => "spend",
            FailureClass::Auth => "auth",
            FailureClass::Config => "config",
            FailureClass::Request => "request",
            FailureClass::Refusal => "refusal",
            FailureClass::Malformed => "malformed",
            FailureClass::Truncated => "truncated",
            FailureClass::Slow(_) => "slow",
            FailureClass::LocalNetwork => "network",
            FailureClass::Tls => "tls",
        }
    }
}

/// One attempt at one provider failed. `detail` is one line for people and holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{detail}")]
pub struct AttemptError {
    /// What it means.
    pub class: FailureClass,
    /// What happened, in one line: `HTTP 500`, `no answer within 2.5 s`.
    pub detail: String,
    /// What the server itself said about asking again (`x-should-retry`).
    pub may_retry: Option<bool>,
    /// How long a server in trouble asks not to be called. A limit on calls carries its own time.
    pub leave_alone: Option<Duration>,
}

impl AttemptError {
    /// Builds one.
    pub fn new(class: FailureClass, detail: impl Into<String>) -> Self {
        Self { class, detail: detail.into(), may_retry: None, leave_alone: None }
    }
}
