//! What follows from a failure: for the health of the endpoint, for the same endpoint, and for the next. One table, so that
//! all mechanisms agree.

use std::time::Duration;

use crate::domain::{AttemptError, FailureClass, Stage};
use crate::resilience::Report;

/// The longest wait that a person is made to wait for a retry.
const SHORT_WAIT: Duration = Duration::from_millis(400);
const QUOTA: Duration = Duration::from_secs(15 * 60);
const AUTH: Duration = Duration::from_secs(5 * 60);
const CONFIG: Duration = Duration::from_secs(10 * 60);
const TLS: Duration = Duration::from_secs(5 * 60);

/// Whether the same endpoint may be asked once more for the same request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// No.
    Never,
    /// At once: the request was not taken.
    AtOnce,
    /// After a random pause, if the retry budget allows it.
    AfterBackoff,
    /// The same, but never twice: who sends something else than an answer will do so again.
    OnceAfterBackoff,
    /// After so long.
    After(Duration),
    /// Only when nobody else can answer.
    IfAlone,
}

/// What the endpoint's health is told of a call without a command. `well` is what it is told of one that is answered.
pub(super) fn report(error: &AttemptError, well: Report) -> Report {
    let failure = |slow, overloaded| Report::Failure { slow, at_least: error.leave_alone, overloaded };
    match &error.class {
        // One who declines to answer is well.
        FailureClass::Refusal => well,
        FailureClass::Transient | FailureClass::Malformed | FailureClass::Truncated => failure(false, false),
        FailureClass::Overloaded => failure(false, true),
        FailureClass::Slow(_) => failure(true, false),
        FailureClass::RateLimited { retry_after } => Report::RateLimited(*retry_after),
        FailureClass::Quota => Report::Quarantine(QUOTA),
        FailureClass::Auth if !error.was_made => Report::Barred(AUTH),
        FailureClass::Auth => Report::Quarantine(AUTH),
        FailureClass::Config => Report::Quarantine(CONFIG),
        FailureClass::Tls => Report::Quarantine(TLS),
        // The endpoint is not to blame: it never saw the request, the request is at fault, or this machine has no network.
        FailureClass::Unsent | FailureClass::Request | FailureClass::LocalNetwork | FailureClass::Spent => Report::Neutral,
    }
}

/// Whether the same endpoint may be asked again.
pub(super) fn again(error: &AttemptError) -> Again {
    let usual = match &error.class {
        FailureClass::Unsent => Again::AtOnce,
        FailureClass::Transient => Again::AfterBackoff,
        FailureClass::Malformed | FailureClass::Truncated => Again::OnceAfterBackoff,
        FailureClass::RateLimited { retry_after: Some(wait) } if *wait <= SHORT_WAIT => Again::After(*wait),
        FailureClass::RateLimited { .. } | FailureClass::Overloaded => Again::IfAlone,
        FailureClass::Slow(Stage::Connect | Stage::FirstChunk | Stage::Gap) => Again::IfAlone,
        _ => Again::Never,
    };
    match (&error.class, error.may_retry) {
        (
            FailureClass::Transient
            | FailureClass::Overloaded
            | FailureClass::RateLimited { .. }
            | FailureClass::Malformed
            | FailureClass::Truncated,
            Some(false),
        ) => Again::Never,
        (FailureClass::Transient | FailureClass::Overloaded | FailureClass::Truncated, Some(true)) => Again::AfterBackoff,
        _ => usual,
    }
}

/// How long the same words need not be asked again, because the answer would be the same.
pub fn remembered_for(class: &FailureClass) -> Option<Duration> {
    match class {
        FailureClass::Request => Some(Duration::from_secs(60)),
        FailureClass::Refusal => Some(Duration::from_secs(10 * 60)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use FailureClass::*;

    use super::*;

    #[test]
    fn every_class_has_its_consequences() {
        let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
        let failure = |slow, overloaded| Report::Failure { slow, at_least: None, overloaded };
        let limited = |wait| RateLimited { retry_after: wait };
        let well = Report::Success { took: second, first_chunk: None, pause: None };
        for (class, health, retry) in [
            (Transient, failure(false, false), Again::AfterBackoff),
            (Unsent, Report::Neutral, Again::AtOnce),
            (Overloaded, failure(false, true), Again::IfAlone),
            (limited(None), Report::RateLimited(None), Again::IfAlone),
            (limited(Some(second / 5)), Report::RateLimited(Some(second / 5)), Again::After(second / 5)),
            (limited(Some(5 * second)), Report::RateLimited(Some(5 * second)), Again::IfAlone),
            (Quota, Report::Quarantine(15 * minute), Again::Never),
            (Auth, Report::Quarantine(5 * minute), Again::Never),
            (Spent, Report::Neutral, Again::Never),
            (Config, Report::Quarantine(10 * minute), Again::Never),
            (Request, Report::Neutral, Again::Never),
            (Refusal, well, Again::Never),
            (Malformed, failure(false, false), Again::OnceAfterBackoff),
            (Truncated, failure(false, false), Again::OnceAfterBackoff),
            (Slow(Stage::Connect), failure(true, false), Again::IfAlone),
            (Slow(Stage::FirstChunk), failure(true, false), Again::IfAlone),
            (Slow(Stage::Gap), failure(true, false), Again::IfAlone),
            (Slow(Stage::Total), failure(true, false), Again::Never),
            (LocalNetwork, Report::Neutral, Again::Never),
            (Tls, Report::Quarantine(5 * minute), Again::Never),
        ] {
            let error = AttemptError::new(class.clone(), "x");
            assert_eq!((report(&error, well), again(&error)), (health, retry), "{class:?}");
        }
    }

    #[test]
    fn a_server_in_trouble_that_asks_for_time_gets_it() {
        let wait = Some(Duration::from_secs(30));
        let failure = |slow, overloaded| Report::Failure { slow, at_least: wait, overloaded };
        for (class, expected) in [
            (Transient, failure(false, false)),
            (Overloaded, failure(false, true)),
            (Malformed, failure(false, false)),
            (RateLimited { retry_after: None }, Report::RateLimited(None)),
            (Request, Report::Neutral),
        ] {
            let error = AttemptError { leave_alone: wait, ..AttemptError::new(class.clone(), "x") };
            assert_eq!(report(&error, Report::Neutral), expected, "{class:?}");
        }
    }

    #[test]
    fn the_server_has_the_last_word_on_its_own_trouble_and_on_nothing_else() {
        for (class, said, expected) in [
            (Transient, false, Again::Never),
            (Overloaded, false, Again::Never),
            (Overloaded, true, Again::AfterBackoff),
            (Truncated, false, Again::Never),
            (RateLimited { retry_after: Some(Duration::ZERO) }, false, Again::Never),
            (Auth, true, Again::Never),
            (Request, true, Again::Never),
            (Unsent, false, Again::AtOnce),
        ] {
            let error = AttemptError { may_retry: Some(said), ..AttemptError::new(class.clone(), "x") };
            assert_eq!(again(&error), expected, "{class:?} {said}");
        }
    }
}
