//! Asking the providers, in the user's order, within one deadline.

use std::time::Duration;

use tokio::time::Instant;

use super::extract::extract;
use super::ports::{AttemptLimits, Call, Pace, Prompt, Provider};
use crate::domain::{AttemptError, Candidate, FailureClass, Origin, ShellFacts, Stage};

/// Providers give no confidence of their own.
const CONFIDENCE: f64 = 0.8;
/// With less left, an answer cannot come in time, but it would cost money.
const LEAST: Duration = Duration::from_millis(300);
const CONNECT: Duration = Duration::from_millis(1000);
const CONNECT_LOOPBACK: Duration = Duration::from_millis(250);
const FIRST_CHUNK: Duration = Duration::from_millis(2500);
/// Later attempts wait less, so that three of them fit.
const LATER_FIRST_CHUNK: Duration = Duration::from_millis(2000);
const GAP: Duration = Duration::from_millis(1000);
/// A model on this machine shares it with everything else.
const GAP_LOOPBACK: Duration = Duration::from_millis(4000);
const TOTAL: Duration = Duration::from_millis(4000);

/// Asks one provider after the other until one gives a command. Each is asked at most once. `admit` is asked before each
/// call and may refuse it; `resolves` and `parses` judge an answer that is a bare line, see [`extract`].
///
/// # Errors
/// Why each provider gave none, in the order of asking. A model that declines ends the round: another one is not asked
/// in the hope that it is laxer.
pub async fn ask_in_order(
    providers: &[std::sync::Arc<dyn Provider>],
    prompt: &Prompt,
    facts: &ShellFacts,
    deadline: Instant,
    resolves: &(dyn Fn(&str) -> bool + Sync),
    parses: &(dyn Fn(&str) -> bool + Sync),
    admit: &(dyn Fn(&str) -> bool + Sync),
) -> Result<Candidate, Vec<(String, AttemptError)>> {
    let mut failures = Vec::new();
    let mut calls = 0;
    for (index, provider) in providers.iter().enumerate() {
        let is_last = index + 1 == providers.len();
        let name = provider.name().to_owned();
        let remaining = deadline.saturating_duration_since(Instant::now());
        if remaining < LEAST {
            failures.push((name, AttemptError::new(FailureClass::Slow(Stage::Total), "not asked: no time left")));
            continue;
        }
        if !admit(&name) {
            let class = FailureClass::RateLimited { retry_after: None };
            failures.push((name, AttemptError::new(class, "not asked: too many calls in a short time")));
            continue;
        }
        let call = Call { prompt, facts, limits: limits(provider.pace() == Pace::Loopback, is_last, calls, remaining) };
        calls += 1;
        // The adapter keeps its limits; the deadline does not depend on that.
        let asked = tokio::time::timeout_at(deadline, provider.ask(call)).await;
        let late = |_| AttemptError::new(FailureClass::Slow(Stage::Total), "no complete answer in time");
        match asked.map_err(late).and_then(|answer| answer).and_then(|answer| extract(&answer, resolves, parses)) {
            Ok(found) => {
                let origin = Origin::Provider(name);
                return Ok(Candidate { command: found.command, reading: found.reading, origin, confidence: CONFIDENCE });
            }
            Err(error) => {
                let declined = error.class == FailureClass::Refusal;
                failures.push((name, error));
                if declined {
                    break;
                }
            }
        }
    }
    Err(failures)
}

/// The limits of an attempt. A model on this machine may still be loading, and a client that hangs up aborts the
/// loading, so it may use all that remains.
fn limits(is_loopback: bool, is_last: bool, earlier_calls: u32, remaining: Duration) -> AttemptLimits {
    if is_loopback {
        return AttemptLimits {
            connect: CONNECT_LOOPBACK.min(remaining),
            first_chunk: remaining,
            gap: GAP_LOOPBACK.min(remaining),
            total: remaining,
        };
    }
    // Whoever is asked last leaves time to nobody, so a slow model may use all that remains.
    if is_last {
        return AttemptLimits { connect: CONNECT.min(remaining), first_chunk: remaining, gap: remaining, total: remaining };
    }
    let first_chunk = if earlier_calls == 0 { FIRST_CHUNK } else { LATER_FIRST_CHUNK };
    AttemptLimits {
        connect: CONNECT.min(remaining),
        first_chunk: first_chunk.min(remaining),
        gap: GAP.min(remaining),
        total: TOTAL.min(remaining),
    }
}

#[cfg(test)]
#[path = "online_tests.rs"]
mod tests;
