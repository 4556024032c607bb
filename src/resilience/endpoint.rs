//! What is remembered of one endpoint: whether it may be called, and how it has been lately.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::breaker::{Admission, Breaker, Trip};

/// Latencies remembered.
const LATENCIES: usize = 20;
/// Fewer than this make no percentile.
const LEAST_LATENCIES: usize = 5;
/// An endpoint that answered one of so many last calls is not in an outage.
const RECENT_CALLS: u32 = 20;
/// Nor is one that answered within this time.
const RECENT: Duration = Duration::from_secs(60);
/// Longest time for which a limit the provider told of is believed.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How long an endpoint that said it is overloaded is left alone.
const OVERLOADED: Duration = Duration::from_secs(5);

/// Why an endpoint is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// It failed too often of late.
    Open,
    /// Its own limit on calls is reached.
    RateLimited,
    /// It said it is overloaded.
    Overloaded,
    /// Something that only its owner can mend: the key, the quota, the model.
    Quarantined,
}

/// What an endpoint says to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Go on.
    Pass,
    /// Go on; this call decides whether others may follow.
    Probe,
    /// Do not call.
    Blocked(Block, Instant),
}

/// How a call to an endpoint ended, as far as its health is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// It answered.
    Success {
        /// How long the whole answer took.
        took: Duration,
        /// How long the provider asks not to be called.
        pause: Option<Duration>,
    },
    /// It failed, and that tells of its health.
    Failure {
        /// Whether a time limit ended the call.
        slow: bool,
        /// How long the provider asks not to be called.
        at_least: Option<Duration>,
        /// Whether it says that too many ask.
        overloaded: bool,
    },
    /// Its limit on calls is reached; it is well.
    RateLimited(Option<Duration>),
    /// It cannot answer before its owner does something; it is not asked for this long.
    Quarantine(Duration),
    /// It failed for a reason that lies elsewhere.
    Neutral,
}

/// The health of one endpoint.
#[derive(Debug, Default)]
pub struct Endpoint {
    breaker: Breaker,
    blocked: Option<(Block, Instant)>,
    calls_since_success: u32,
    last_success: Option<Instant>,
    calls: u64,
    latencies: VecDeque<Duration>,
}

impl Endpoint {
    /// Asks whether it may be called at `now`.
    pub fn admit(&mut self, now: Instant) -> Gate {
        if let Some(blocked) = self.block(now) {
            return blocked;
        }
        match self.breaker.admit(now) {
            Admission::Pass => Gate::Pass,
            Admission::Probe => Gate::Probe,
            Admission::Refused(until) => Gate::Blocked(Block::Open, until),
        }
    }

    /// Whether [`Endpoint::admit`] would let a call pass, without taking the probe.
    pub fn is_usable(&self, now: Instant) -> bool {
        self.block(now).is_none() && (self.breaker.is_closed() || self.breaker.opens_at().is_some_and(|until| now >= until))
    }

    /// When it could be called again; the past for one that could be called now. A quarantine has no such moment.
    pub fn usable_at(&self, now: Instant) -> Option<Instant> {
        match self.blocked {
            Some((Block::Quarantined, until)) if now < until => None,
            Some((_, until)) if now < until => Some(until),
            _ => Some(self.breaker.opens_at().unwrap_or(now)),
        }
    }

    fn block(&self, now: Instant) -> Option<Gate> {
        let (block, until) = self.blocked?;
        (now < until).then_some(Gate::Blocked(block, until))
    }

    /// Whether it has answered lately, or has hardly been asked: then an error is more likely chance than an outage.
    pub fn is_promising(&self, now: Instant) -> bool {
        self.calls < u64::from(RECENT_CALLS)
            || (self.last_success.is_some() && self.calls_since_success < RECENT_CALLS)
            || self.last_success.is_some_and(|at| now.duration_since(at) <= RECENT)
    }

    /// The time within which 95 of 100 answers came, once there are enough to tell.
    pub fn p95(&self) -> Option<Duration> {
        if self.latencies.len() < LEAST_LATENCIES {
            return None;
        }
        let mut sorted: Vec<_> = self.latencies.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get((sorted.len() * 95).div_ceil(100) - 1).copied()
    }

    /// Whether calls pass without a probe.
    pub fn is_closed(&self) -> bool {
        self.breaker.is_closed()
    }

    /// A call ended. `jitter` is a random number from 0 to 1. Returns why the breaker opened, if it did.
    pub fn report(&mut self, now: Instant, report: Report, jitter: f64) -> Option<Trip> {
        self.calls += 1;
        match report {
            Report::Success { took, pause } => {
                self.calls_since_success = 0;
                self.last_success = Some(now);
                self.blocked = pause.map(|pause| (Block::RateLimited, now + pause.min(LONGEST_PAUSE)));
                if self.latencies.len() >= LATENCIES {
                    self.latencies.pop_front();
                }
                self.latencies.push_back(took);
                self.breaker.success(now, took, jitter)
            }
            Report::Failure { slow, at_least, overloaded } => {
                self.calls_since_success = self.calls_since_success.saturating_add(1);
                if overloaded {
                    self.blocked = Some((Block::Overloaded, now + OVERLOADED.max(at_least.unwrap_or_default()).min(LONGEST_PAUSE)));
                }
                self.breaker.failure(now, slow, at_least, jitter)
            }
            Report::RateLimited(wait) => {
                if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
                    self.blocked = Some((Block::RateLimited, now + wait.min(LONGEST_PAUSE)));
                }
                // A probe that meets a limit proved nothing.
                if self.breaker.is_half_open() { self.breaker.failure(now, false, wait, jitter) } else { None }
            }
            Report::Quarantine(period) => {
                self.blocked = Some((Block::Quarantined, now + period));
                self.breaker.abandon(now);
                None
            }
            Report::Neutral => {
                self.breaker.abandon(now);
                None
            }
        }
    }

    /// What its owner had to mend may be mended.
    pub fn release(&mut self) {
        self.blocked = None;
    }

    /// A call was given up before it ended.
    pub fn abandon(&mut self, now: Instant) {
        self.breaker.abandon(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILURE: Report = Report::Failure { slow: false, at_least: None, overloaded: false };

    fn success(ms: u64) -> Report {
        Report::Success { took: Duration::from_millis(ms), pause: None }
    }

    fn blocked(gate: Gate, now: Instant) -> Option<(Block, u128)> {
        match gate {
            Gate::Blocked(block, until) => Some((block, until.saturating_duration_since(now).as_millis())),
            Gate::Pass | Gate::Probe => None,
        }
    }

    #[test]
    fn each_report_blocks_for_its_own_time() {
        let now = Instant::now();
        let second = Duration::from_secs(1);
        let overloaded = Report::Failure { slow: false, at_least: None, overloaded: true };
        for (report, expected) in [
            (success(100), None),
            (FAILURE, None),
            (Report::Neutral, None),
            (overloaded, Some((Block::Overloaded, 5000))),
            (Report::RateLimited(Some(7 * second)), Some((Block::RateLimited, 7000))),
            (Report::RateLimited(Some(3600 * second)), Some((Block::RateLimited, 60_000))),
            (Report::RateLimited(None), None),
            (Report::RateLimited(Some(Duration::ZERO)), None),
            (Report::Quarantine(300 * second), Some((Block::Quarantined, 300_000))),
            (Report::Success { took: second, pause: Some(3 * second) }, Some((Block::RateLimited, 3000))),
        ] {
            let mut endpoint = Endpoint::default();
            endpoint.report(now, report, 0.5);
            assert_eq!(blocked(endpoint.admit(now), now), expected, "{report:?}");
            assert_eq!(endpoint.is_usable(now), expected.is_none(), "{report:?}");
        }
    }

    #[test]
    fn a_probe_that_meets_a_limit_fails_and_one_that_meets_something_else_is_free_again() {
        let now = Instant::now();
        let open = || {
            let mut endpoint = Endpoint::default();
            for _ in 0..3 {
                endpoint.report(now, FAILURE, 0.5);
            }
            endpoint
        };
        let later = now + Duration::from_secs(5);
        let mut endpoint = open();
        assert_eq!(blocked(endpoint.admit(now), now), Some((Block::Open, 5000)));
        assert!(endpoint.is_usable(later));
        assert_eq!(endpoint.admit(later), Gate::Probe);
        assert!(!endpoint.is_usable(later), "one probe at a time");
        assert_eq!(endpoint.report(later, Report::RateLimited(None), 0.5), Some(Trip::ProbeFailed));
        let mut endpoint = open();
        assert_eq!(endpoint.admit(later), Gate::Probe);
        endpoint.report(later, Report::Neutral, 0.5);
        assert_eq!(endpoint.admit(later), Gate::Probe);
    }

    #[test]
    fn it_is_promising_until_twenty_calls_and_a_minute_have_failed() {
        let start = Instant::now();
        let mut endpoint = Endpoint::default();
        for _ in 0..19 {
            assert!(endpoint.is_promising(start));
            endpoint.report(start, FAILURE, 0.5);
        }
        endpoint.report(start, FAILURE, 0.5);
        assert!(!endpoint.is_promising(start));
        endpoint.report(start, success(10), 0.5);
        for _ in 0..25 {
            endpoint.report(start, FAILURE, 0.5);
        }
        assert!(endpoint.is_promising(start + Duration::from_secs(60)));
        assert!(!endpoint.is_promising(start + Duration::from_secs(61)));
    }

    #[test]
    fn the_percentile_needs_some_answers_and_forgets_old_ones() {
        let (now, mut endpoint) = (Instant::now(), Endpoint::default());
        for ms in 1..=4 {
            endpoint.report(now, success(ms), 0.5);
        }
        assert_eq!(endpoint.p95(), None);
        for ms in 5..=100 {
            endpoint.report(now, success(ms), 0.5);
        }
        assert_eq!(endpoint.p95(), Some(Duration::from_millis(99)), "of 81 to 100");
    }
}
