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
    /// The word for messages.
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

/// What went wrong in a call, in the closed set of words of metrics, spans and logs. It tells apart what is met alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorType {
    /// The name could not be resolved.
    Dns,
    /// The proxy does not listen, refuses, or wants a login.
    Proxy,
    /// No way to the server.
    Net,
    /// The certificate or the handshake.
    Tls,
    /// No connection in time.
    TimeoutConnect,
    /// No first byte in time.
    TimeoutTtfb,
    /// Too long a pause within the answer.
    TimeoutGap,
    /// No complete answer in time.
    TimeoutTotal,
    /// The connection was refused, or ended without an answer.
    ConnReset,
    /// The request was rejected.
    Http4xx,
    /// The key was.
    Auth,
    /// Money or a quota is used up.
    Quota,
    /// Too many calls.
    RateLimited,
    /// The server has too much to do.
    Overloaded,
    /// The server failed.
    Http5xx,
    /// The answer is not what was promised.
    Malformed,
    /// The answer ended too soon.
    Truncated,
    /// The model or its keeper declines.
    Policy,
    /// Nobody waited for the end.
    Cancelled,
    /// Anything else.
    Other,
}

impl ErrorType {
    /// Its word.
    pub fn label(self) -> &'static str {
        match self {
            ErrorType::Dns => "dns",
            ErrorType::Proxy => "proxy",
            ErrorType::Net => "net",
            ErrorType::Tls => "tls",
            ErrorType::TimeoutConnect => "timeout_connect",
            ErrorType::TimeoutTtfb => "timeout_ttfb",
            ErrorType::TimeoutGap => "timeout_gap",
            ErrorType::TimeoutTotal => "timeout_total",
            ErrorType::ConnReset => "conn_reset",
            ErrorType::Http4xx => "http_4xx",
            ErrorType::Auth => "auth",
            ErrorType::Quota => "quota",
            ErrorType::RateLimited => "rate_limited",
            ErrorType::Overloaded => "overloaded",
            ErrorType::Http5xx => "http_5xx",
            ErrorType::Malformed => "malformed",
            ErrorType::Truncated => "truncated",
            ErrorType::Policy => "policy",
            ErrorType::Cancelled => "cancelled",
            ErrorType::Other => "_OTHER",
        }
    }

    /// What a class says by itself. Who knows more says more.
    fn of_class(class: &FailureClass) -> Self {
        match class {
            FailureClass::Transient | FailureClass::Config | FailureClass::Request | FailureClass::Spent => ErrorType::Other,
            FailureClass::Unsent => ErrorType::ConnReset,
            FailureClass::Overloaded => ErrorType::Overloaded,
            FailureClass::RateLimited { .. } => ErrorType::RateLimited,
            FailureClass::Quota => ErrorType::Quota,
            FailureClass::Auth => ErrorType::Auth,
            FailureClass::Refusal => ErrorType::Policy,
            FailureClass::Malformed => ErrorType::Malformed,
            FailureClass::Truncated => ErrorType::Truncated,
            FailureClass::Slow(Stage::Connect) => ErrorType::TimeoutConnect,
            FailureClass::Slow(Stage::FirstChunk) => ErrorType::TimeoutTtfb,
            FailureClass::Slow(Stage::Gap) => ErrorType::TimeoutGap,
            FailureClass::Slow(Stage::Total) => ErrorType::TimeoutTotal,
            FailureClass::LocalNetwork => ErrorType::Net,
            FailureClass::Tls => ErrorType::Tls,
        }
    }
}

/// One attempt at one provider failed. `detail` is one line for people and holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{detail}")]
pub struct AttemptError {
    /// What it means.
    pub class: FailureClass,
    /// The word for it in numbers, spans and logs.
    pub error_type: ErrorType,
    /// What happened, in one line: `HTTP 500`, `no answer within 2.5 s`.
    pub detail: String,
    /// What the server itself said about asking again (`x-should-retry`).
    pub may_retry: Option<bool>,
    /// How long a server in trouble asks not to be called. A limit on calls carries its own time.
    pub leave_alone: Option<Duration>,
    /// Whether a call was made at all.
    pub was_made: bool,
    /// Whether it lies with the asking shell alone, and says nothing to the others.
    pub is_askers: bool,
}

impl AttemptError {
    /// Builds one.
    pub fn new(class: FailureClass, detail: impl Into<String>) -> Self {
        Self {
            error_type: ErrorType::of_class(&class),
            class,
            detail: detail.into(),
            may_retry: None,
            leave_alone: None,
            was_made: true,
            is_askers: false,
        }
    }

    /// The same of a call that was not made, because something was missing before.
    #[must_use]
    pub fn not_made(self) -> Self {
        Self { was_made: false, ..self }
    }

    /// The same for want of something that another shell may have.
    #[must_use]
    pub fn of_asker(self) -> Self {
        Self { is_askers: true, ..self }
    }

    /// The same by a word that says more than its class.
    #[must_use]
    pub fn told_as(self, error_type: ErrorType) -> Self {
        Self { error_type, ..self }
    }
}
