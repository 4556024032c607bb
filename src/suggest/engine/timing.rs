//! How long an attempt may take, and how long a request as a whole.

use std::time::Duration;

use crate::suggest::ports::{AttemptLimits, Pace, Provider};

/// With less left, an answer cannot come in time, but it would cost money.
pub(in crate::suggest) const LEAST: Duration = Duration::from_millis(300);
const CONNECT: Duration = Duration::from_millis(1000);
const CONNECT_LOOPBACK: Duration = Duration::from_millis(250);
const FIRST_CHUNK: Duration = Duration::from_millis(2500);
/// Later attempts wait less, so that three of them fit.
const LATER_FIRST_CHUNK: Duration = Duration::from_millis(2000);
/// An endpoint known to be quick is not given less than this.
const SHORTEST_FIRST_CHUNK: Duration = Duration::from_millis(1200);
const GAP: Duration = Duration::from_millis(1000);
/// Nobody is asked after the last one, so a pause costs less than giving up.
const LAST_GAP: Duration = Duration::from_millis(2500);
/// A model on this machine shares it with everything else.
const GAP_LOOPBACK: Duration = Duration::from_millis(4000);
const TOTAL: Duration = Duration::from_millis(4000);
/// The longest attempt at a service elsewhere, where a request has more time than usual.
const LONGEST_REMOTE: Duration = Duration::from_secs(8);
/// What a model on this machine or a program of the user's may take, when nobody else is asked.
const UNHURRIED: Duration = Duration::from_secs(30);

/// What an attempt's limits depend on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// What is left of the request's deadline.
    pub(super) remaining: Duration,
    /// Calls made for the request so far.
    pub(super) calls: u32,
    /// Whether nobody is asked after this endpoint.
    pub(super) is_last: bool,
    /// Within which time its answers usually begin, if that is known.
    pub(super) p95: Option<Duration>,
}

/// The limits of an attempt.
pub(super) fn limits(pace: Pace, moment: Moment) -> AttemptLimits {
    let Moment { calls, is_last, p95, .. } = moment;
    let remaining = if pace == Pace::Remote { moment.remaining.min(LONGEST_REMOTE) } else { moment.remaining };
    let within = |connect: Duration, first_chunk: Duration, gap: Duration, total: Duration| AttemptLimits {
        connect: connect.min(remaining),
        first_chunk: first_chunk.min(remaining),
        gap: gap.min(remaining),
        total: total.min(remaining),
    };
    match pace {
        // It may still be loading its model, and a client that hangs up aborts the loading.
        Pace::Loopback => within(CONNECT_LOOPBACK, remaining, GAP_LOOPBACK, remaining),
        // Whoever comes after it has time for one attempt.
        Pace::Command if !is_last => within(CONNECT, remaining, remaining, remaining.saturating_sub(TOTAL).max(remaining / 2)),
        Pace::Command => within(CONNECT, remaining, remaining, remaining),
        Pace::Remote => {
            let usual = p95.map(|p95| (p95 * 3).clamp(SHORTEST_FIRST_CHUNK, FIRST_CHUNK));
            if is_last {
                // Whoever is asked last leaves time to nobody, so a slow model may use all that remains. From one that is
                // always quick silence means a dead connection, and a new one still has time.
                let patience = usual.filter(|usual| calls == 0 && *usual * 2 <= remaining).unwrap_or(remaining);
                return within(CONNECT, patience, LAST_GAP, remaining);
            }
            let first_chunk = usual.unwrap_or(FIRST_CHUNK).min(if calls == 0 { FIRST_CHUNK } else { LATER_FIRST_CHUNK });
            within(CONNECT, first_chunk, GAP, TOTAL)
        }
    }
}

/// The time for a whole request: the configured one, and more when a program is among the sources, or when only models on
/// this machine are.
pub fn total(configured: Duration, providers: &[std::sync::Arc<dyn Provider>]) -> Duration {
    let has_program = providers.iter().any(|provider| provider.pace() == Pace::Command);
    let unhurried = has_program || (!providers.is_empty() && providers.iter().all(|provider| provider.pace() == Pace::Loopback));
    if unhurried { configured.max(UNHURRIED) } else { configured }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(limits: AttemptLimits) -> [u128; 4] {
        [limits.connect, limits.first_chunk, limits.gap, limits.total].map(|limit| limit.as_millis())
    }

    #[test]
    fn limits_fit_the_kind_of_source_and_what_remains() {
        let moment = |remaining: u64, calls, is_last, p95: Option<u64>| Moment {
            remaining: Duration::from_millis(remaining),
            calls,
            is_last,
            p95: p95.map(Duration::from_millis),
        };
        for (pace, moment, expected) in [
            (Pace::Remote, moment(8000, 0, false, None), [1000, 2500, 1000, 4000]),
            (Pace::Remote, moment(5400, 1, false, None), [1000, 2000, 1000, 4000]),
            (Pace::Remote, moment(2800, 2, true, None), [1000, 2800, 2500, 2800]),
            (Pace::Remote, moment(8000, 0, false, Some(100)), [1000, 1200, 1000, 4000]),
            (Pace::Remote, moment(8000, 0, false, Some(600)), [1000, 1800, 1000, 4000]),
            (Pace::Remote, moment(8000, 0, false, Some(5000)), [1000, 2500, 1000, 4000]),
            (Pace::Remote, moment(8000, 0, true, Some(600)), [1000, 1800, 2500, 8000]),
            (Pace::Remote, moment(6000, 1, true, Some(600)), [1000, 6000, 2500, 6000]),
            (Pace::Remote, moment(2000, 0, true, Some(600)), [1000, 2000, 2000, 2000]),
            (Pace::Loopback, moment(8000, 0, true, None), [250, 8000, 4000, 8000]),
            (Pace::Command, moment(30_000, 0, true, None), [1000, 30_000, 30_000, 30_000]),
            (Pace::Command, moment(30_000, 0, false, None), [1000, 30_000, 30_000, 26_000]),
            (Pace::Remote, moment(30_000, 0, true, None), [1000, 8000, 2500, 8000]),
            (Pace::Remote, moment(500, 0, false, None), [500, 500, 500, 500]),
        ] {
            assert_eq!(ms(limits(pace, moment)), expected, "{pace:?} {moment:?}");
        }
    }
}
