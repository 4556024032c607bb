//! A circuit breaker for somebody who asks once a minute.
//!
//! Breakers made for servers look at rates over many calls and never see enough of them here, so consecutive failures
//! trip this one; the rate over some minutes catches an endpoint that fails every other time.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Failures in a row that open it.
const CONSECUTIVE: u32 = 3;
/// How far back calls count for a rate.
const WINDOW: Duration = Duration::from_secs(5 * 60);
/// Fewer calls than this make no rate.
const LEAST_CALLS: usize = 5;
/// Calls remembered; more would only tell of longer ago.
const MOST_CALLS: usize = 64;
const FAILED_SHARE: f64 = 0.5;
const SLOW_SHARE: f64 = 0.8;
/// An answer that took longer counts as slow.
const SLOW_CALL: Duration = Duration::from_secs(4);
const FIRST_OPEN: Duration = Duration::from_secs(5);
const LONGEST_OPEN: Duration = Duration::from_secs(60);

/// Tells the probe of one open period from every other call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Probe(u64);

/// What a breaker says to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Go on.
    Pass,
    /// Go on: this call decides whether others may follow. Whoever makes it reports the result or
    /// [abandons](Breaker::abandon) it.
    Probe(Probe),
    /// Not before this moment.
    Refused(Instant),
}

/// Why a breaker opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trip {
    /// Too many failures in a row.
    Consecutive,
    /// Too many failures in the last minutes.
    FailureRate,
    /// Too many slow answers in the last minutes.
    SlowRate,
    /// The probe failed.
    ProbeFailed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    Open { until: Instant, period: Duration },
    HalfOpen { period: Duration, probe: Probe },
}

#[derive(Debug, Clone, Copy)]
struct Past {
    at: Instant,
    failed: bool,
    slow: bool,
}

/// A breaker of one endpoint. Closed lets calls pass, open refuses them, half-open has one probe under way.
#[derive(Debug)]
pub struct Breaker {
    state: State,
    probes: u64,
    in_a_row: u32,
    calls: VecDeque<Past>,
}

impl Breaker {
    /// A closed breaker.
    pub fn new() -> Self {
        Self { state: State::Closed, probes: 0, in_a_row: 0, calls: VecDeque::new() }
    }

    /// Asks whether a call may be made at `now`.
    pub fn admit(&mut self, now: Instant) -> Admission {
        match self.state {
            State::Closed => Admission::Pass,
            State::Open { until, .. } if now < until => Admission::Refused(until),
            State::Open { period, .. } => {
                self.probes += 1;
                let probe = Probe(self.probes);
                self.state = State::HalfOpen { period, probe };
                Admission::Probe(probe)
            }
            // Somebody else's probe is under way; nobody knows for how long.
            State::HalfOpen { .. } => Admission::Refused(now),
        }
    }

    /// When the next call could be made, without asking for it; `None` when it is closed.
    pub fn opens_at(&self) -> Option<Instant> {
        match self.state {
            State::Open { until, .. } => Some(until),
            State::Closed | State::HalfOpen { .. } => None,
        }
    }

    /// Whether calls pass without a probe.
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Whether a probe is under way.
    pub fn is_half_open(&self) -> bool {
        matches!(self.state, State::HalfOpen { .. })
    }

    /// Whether this probe is the one under way: a late one of an earlier period decides nothing.
    pub fn awaits(&self, probe: Option<Probe>) -> bool {
        matches!(self.state, State::HalfOpen { probe: awaited, .. } if Some(awaited) == probe)
    }

    /// The endpoint seems to be back: the next call may be the probe, whatever is left of the open period.
    pub fn may_probe(&mut self, now: Instant) {
        if let State::Open { until, .. } = &mut self.state {
            *until = now.min(*until);
        }
    }

    /// A call succeeded after `took`. It closes the breaker, unless too many answers were slow.
    pub fn success(&mut self, now: Instant, took: Duration, jitter: f64) -> Option<Trip> {
        self.in_a_row = 0;
        if !self.is_closed() {
            self.state = State::Closed;
            self.calls.clear();
        }
        self.remember(Past { at: now, failed: false, slow: took > SLOW_CALL });
        self.judge_rates(now, None, jitter)
    }

    /// A call failed at `now`. `jitter` is a random number from 0 to 1; `at_least` is how long the server asked not to be
    /// called; `probe` says which probe it was, if it was one. Returns why it opened, if it did.
    pub fn failure(&mut self, now: Instant, slow: bool, at_least: Option<Duration>, probe: Option<Probe>, jitter: f64) -> Option<Trip> {
        self.in_a_row += 1;
        self.remember(Past { at: now, failed: true, slow });
        match self.state {
            State::HalfOpen { period, .. } if self.awaits(probe) => {
                self.open(now, (period * 2).min(LONGEST_OPEN), at_least, jitter);
                Some(Trip::ProbeFailed)
            }
            State::Closed if self.in_a_row >= CONSECUTIVE => {
                self.open(now, FIRST_OPEN, at_least, jitter);
                Some(Trip::Consecutive)
            }
            State::Closed => self.judge_rates(now, at_least, jitter),
            // A call that began before it opened, or that was made although it is open: it decides nothing, but a server
            // that asks for time gets it.
            State::Open { until, period } => {
                let asked = now + at_least.unwrap_or_default().min(LONGEST_OPEN);
                self.state = State::Open { until: until.max(asked), period };
                None
            }
            State::HalfOpen { .. } => None,
        }
    }

    /// The probe ended without a result: nobody waits for it any more, or what it met says nothing of the endpoint.
    pub fn abandon(&mut self, now: Instant, probe: Probe) {
        if let State::HalfOpen { period, probe: awaited } = self.state
            && awaited == probe
        {
            self.state = State::Open { until: now, period };
        }
    }

    fn remember(&mut self, call: Past) {
        while self.calls.len() >= MOST_CALLS || self.calls.front().is_some_and(|first| call.at.duration_since(first.at) > WINDOW) {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }

    fn judge_rates(&mut self, now: Instant, at_least: Option<Duration>, jitter: f64) -> Option<Trip> {
        let recent = || self.calls.iter().filter(|call| now.duration_since(call.at) <= WINDOW);
        let all = recent().count();
        if all < LEAST_CALLS {
            return None;
        }
        let share = |count: usize| count as f64 / all as f64;
        let trip = if share(recent().filter(|call| call.failed).count()) >= FAILED_SHARE {
            Trip::FailureRate
        } else if share(recent().filter(|call| call.slow).count()) >= SLOW_SHARE {
            Trip::SlowRate
        } else {
            return None;
        };
        self.open(now, FIRST_OPEN, at_least, jitter);
        Some(trip)
    }

    /// Opens for a fifth more or less than `period`, so that many processes do not probe at the same moment.
    fn open(&mut self, now: Instant, period: Duration, at_least: Option<Duration>, jitter: f64) {
        let spread = period.mul_f64(0.8 + 0.4 * jitter.clamp(0.0, 1.0));
        let wait = spread.max(at_least.unwrap_or_default()).min(LONGEST_OPEN);
        self.state = State::Open { until: now + wait, period };
        self.calls.clear();
        self.in_a_row = 0;
    }
}

impl Default for Breaker {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(300);

    fn probe_of(breaker: &mut Breaker, now: Instant) -> Probe {
        match breaker.admit(now) {
            Admission::Probe(probe) => probe,
            other => panic!("{other:?}"),
        }
    }

    fn tripped(now: Instant) -> Breaker {
        let mut breaker = Breaker::new();
        assert_eq!(breaker.failure(now, false, None, None, 0.5), None);
        assert_eq!(breaker.failure(now, false, None, None, 0.5), None);
        assert_eq!(breaker.failure(now, false, None, None, 0.5), Some(Trip::Consecutive));
        breaker
    }

    #[test]
    fn three_failures_in_a_row_open_it_for_five_seconds() {
        let start = Instant::now();
        let mut breaker = tripped(start);
        let until = start + Duration::from_secs(5);
        assert_eq!(breaker.admit(start), Admission::Refused(until));
        assert_eq!(breaker.admit(until - Duration::from_millis(1)), Admission::Refused(until));
        probe_of(&mut breaker, until);
    }

    #[test]
    fn a_success_between_failures_keeps_it_closed() {
        let (start, mut breaker) = (Instant::now(), Breaker::new());
        for failed in [true, true, false, true, false] {
            let trip = if failed { breaker.failure(start, false, None, None, 0.5) } else { breaker.success(start, QUICK, 0.5) };
            // The fifth call makes a rate of three out of five.
            assert_eq!(trip.is_some(), breaker.calls.is_empty());
        }
        assert!(!breaker.is_closed());
        let mut breaker = Breaker::new();
        for number in 0..50 {
            let trip = if number % 3 == 0 { breaker.failure(start, false, None, None, 0.5) } else { breaker.success(start, QUICK, 0.5) };
            assert_eq!(trip, None, "a third of failures");
        }
    }

    #[test]
    fn half_open_lets_exactly_one_probe_pass() {
        let start = Instant::now();
        let mut breaker = tripped(start);
        let later = start + Duration::from_secs(6);
        let first = probe_of(&mut breaker, later);
        for _ in 0..10 {
            assert_eq!(breaker.admit(later), Admission::Refused(later));
        }
        breaker.abandon(later, first);
        let second = probe_of(&mut breaker, later);
        breaker.abandon(later, first);
        assert_eq!(breaker.failure(later, false, None, Some(first), 0.5), None, "nor does its late failure");
        assert_eq!(breaker.failure(later, false, None, None, 0.5), None, "nor that of a call which is no probe");
        assert!(breaker.is_half_open(), "a probe that was given up does not free the next one");
        assert!(breaker.awaits(Some(second)));
        assert_eq!(breaker.success(later, QUICK, 0.5), None);
        assert_eq!(breaker.admit(later), Admission::Pass);
    }

    #[test]
    fn each_failed_probe_doubles_the_wait_up_to_a_minute() {
        let mut now = Instant::now();
        let mut breaker = tripped(now);
        for seconds in [5, 10, 20, 40, 60, 60] {
            let Admission::Refused(until) = breaker.admit(now) else { panic!("it is open") };
            assert_eq!((until - now).as_secs(), seconds);
            now = until;
            let probe = probe_of(&mut breaker, now);
            assert_eq!(breaker.failure(now, false, None, Some(probe), 0.5), Some(Trip::ProbeFailed));
        }
    }

    #[test]
    fn the_server_may_lengthen_the_wait_and_chance_spreads_it() {
        let now = Instant::now();
        let wait = |at_least: Option<u64>, jitter: f64| {
            let mut breaker = Breaker::new();
            for _ in 0..3 {
                breaker.failure(now, false, at_least.map(Duration::from_secs), None, jitter);
            }
            match breaker.admit(now) {
                Admission::Refused(until) => (until - now).as_millis(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!([wait(None, 0.0), wait(None, 1.0)], [4000, 6000]);
        assert_eq!([wait(Some(30), 0.5), wait(Some(3600), 0.5)], [30_000, 60_000]);
    }

    #[test]
    fn a_server_that_asks_for_time_gets_it_however_the_breaker_opened() {
        let now = Instant::now();
        let left = |breaker: &mut Breaker| match breaker.admit(now) {
            Admission::Refused(until) => (until - now).as_secs(),
            other => panic!("{other:?}"),
        };
        let ask = Some(Duration::from_secs(40));
        let mut late = tripped(now);
        late.failure(now, false, None, None, 0.5);
        assert_eq!(left(&mut late), 5);
        late.failure(now, false, ask, None, 0.5);
        late.failure(now, false, Some(Duration::from_secs(7)), None, 0.5);
        assert_eq!(left(&mut late), 40, "a shorter wish takes nothing back");
        late.failure(now, false, Some(Duration::from_secs(3600)), None, 0.5);
        assert_eq!(left(&mut late), 60);
        let mut rate = Breaker::new();
        for failed in [true, false, true, false] {
            if failed {
                rate.failure(now, false, None, None, 0.5)
            } else {
                rate.success(now, QUICK, 0.5)
            };
        }
        assert_eq!(rate.failure(now, false, ask, None, 0.5), Some(Trip::FailureRate));
        assert_eq!(left(&mut rate), 40);
        let mut probed = tripped(now - Duration::from_secs(5));
        let probe = probe_of(&mut probed, now);
        probed.failure(now, false, ask, Some(probe), 0.5);
        assert_eq!(left(&mut probed), 40);
    }

    #[test]
    fn an_endpoint_that_seems_to_be_back_is_probed_at_once() {
        let now = Instant::now();
        let mut breaker = tripped(now);
        breaker.may_probe(now);
        let probe = probe_of(&mut breaker, now);
        breaker.may_probe(now);
        assert_eq!(breaker.failure(now, false, None, Some(probe), 0.5), Some(Trip::ProbeFailed));
        assert_eq!(breaker.admit(now), Admission::Refused(now + Duration::from_secs(10)), "its open periods go on growing");
        let mut closed = Breaker::new();
        closed.may_probe(now);
        assert_eq!(closed.admit(now), Admission::Pass);
    }

    #[test]
    fn rates_count_only_the_last_minutes() {
        let (mut now, mut breaker) = (Instant::now(), Breaker::new());
        for number in 0..40 {
            now += Duration::from_secs(100);
            let trip = if number % 2 == 0 { breaker.failure(now, false, None, None, 0.5) } else { breaker.success(now, QUICK, 0.5) };
            assert_eq!(trip, None, "four calls in five minutes make no rate");
        }
        let mut breaker = Breaker::new();
        let trips: Vec<_> = (0..5).filter_map(|_| breaker.success(now, Duration::from_secs(5), 0.5)).collect();
        assert_eq!(trips, [Trip::SlowRate]);
    }
}
