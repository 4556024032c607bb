use std::time::Duration;

use super::FailureClass;

/// Whether the endpoint of a provider may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointState {
    /// Nobody has asked it yet.
    Unasked,
    /// It may be asked.
    Ready,
    /// It failed too often and is left alone.
    Open,
    /// One call is under way that decides whether it is left alone any longer.
    HalfOpen,
    /// Its own limit on calls is reached.
    Limited,
    /// It said that too many ask.
    Overloaded,
    /// Something that only its owner can mend: the key, the quota, the model.
    Quarantined,
}

impl EndpointState {
    /// The word for it.
    pub fn label(self) -> &'static str {
        match self {
            EndpointState::Unasked => "unasked",
            EndpointState::Ready => "ready",
            EndpointState::Open => "open",
            EndpointState::HalfOpen => "half_open",
            EndpointState::Limited => "limited",
            EndpointState::Overloaded => "overloaded",
            EndpointState::Quarantined => "quarantined",
        }
    }
}

/// How the endpoint of a provider has been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointHealth {
    /// Whether it may be asked.
    pub state: EndpointState,
    /// How long it has been in this state; `None` when it was never asked.
    pub since: Option<Duration>,
    /// After how long it may be asked again, in a state in which it is not.
    pub retry_in: Option<Duration>,
    /// The time within which half of the answers began, once there are enough to tell.
    pub p50: Option<Duration>,
    /// The same for 95 of 100.
    pub p95: Option<Duration>,
    /// Why the last call that failed did, and how long ago that was.
    pub last_error: Option<(FailureClass, Duration)>,
    /// Why there was no key for that call, so that it was not made.
    pub key_trouble: Option<String>,
    /// Calls that ended.
    pub calls: u64,
    /// How many of them were answered.
    pub successes: u64,
    /// Calls under way.
    pub in_flight: usize,
}

/// How the providers have been.
#[derive(Debug, Clone, PartialEq)]
pub struct ProvidersHealth {
    /// Their endpoints, in the user's order.
    pub endpoints: Vec<EndpointHealth>,
    /// Calls that may be repeated without new requests, from 0 to 10.
    pub retry_budget: f64,
}
