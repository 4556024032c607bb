//! What is remembered of one endpoint: whether it may be called, and how it has been lately.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::breaker::{Admission, Breaker, Probe, Trip};

/// Times to the first piece of an answer that are remembered.
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
    /// Go on; this call decides whether others may follow. Whoever makes it reports the result or
    /// [abandons](Endpoint::abandon) it.
    Probe(Probe),
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
        /// How long its first piece took, when that is known.
        first_chunk: Option<Duration>,
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
    /// The same before it was called.
    Barred(Duration),
    /// It failed for a reason that lies elsewhere.
    Neutral,
}

/// Whether an endpoint is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// No call to it has ended yet.
    Unasked,
    /// It may be called.
    Ready,
    /// A probe is under way.
    Probed,
    /// It is not called. One that failed too often stays so until a probe says otherwise, also when its time is over.
    Blocked(Block),
}

/// How an endpoint stands at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// Whether it is called.
    pub standing: Standing,
    /// Since when.
    pub since: Option<Instant>,
    /// When a blocked one may be called again.
    pub until: Option<Instant>,
    /// The time within which half of the answers began, once there are enough to tell.
    pub p50: Option<Duration>,
    /// The same for 95 of 100.
    pub p95: Option<Duration>,
    /// Calls that ended.
    pub calls: u64,
    /// How many of them were answered.
    pub successes: u64,
}

/// The health of one endpoint.
#[derive(Debug, Default)]
pub struct Endpoint {
    breaker: Breaker,
    blocked: Option<(Block, Instant)>,
    calls_since_success: u32,
    last_success: Option<Instant>,
    calls: u64,
    successes: u64,
    first_chunks: VecDeque<Duration>,
    /// How it stood after the last change, and since when.
    stood: Option<(Standing, Instant)>,
}

impl Endpoint {
    /// Asks whether it may be called at `now`.
    pub fn admit(&mut self, now: Instant) -> Gate {
        if let Some(blocked) = self.block(now) {
            return blocked;
        }
        self.change(now, |endpoint| match endpoint.breaker.admit(now) {
            Admission::Pass => Gate::Pass,
            Admission::Probe(probe) => Gate::Probe(probe),
            Admission::Refused(until) => Gate::Blocked(Block::Open, until),
        })
    }

    /// How it stands.
    pub fn view(&self, now: Instant) -> View {
        let (standing, since) = self.stood_at(now);
        let until = match standing {
            // What is blocked for two reasons waits for both.
            Standing::Blocked(_) => {
                let blocked = self.blocked.map(|(_, until)| until).filter(|until| now < *until);
                blocked.into_iter().chain(self.breaker.opens_at()).max()
            }
            Standing::Unasked | Standing::Ready | Standing::Probed => None,
        };
        let (p50, p95) = (self.percentile(50), self.percentile(95));
        View { standing, since, until, p50, p95, calls: self.calls, successes: self.successes }
    }

    /// Whether it is left alone for trouble that may be over before its time is: it failed too often, or too many asked.
    pub fn is_left_alone(&self, now: Instant) -> bool {
        let View { standing, until, .. } = self.view(now);
        matches!(standing, Standing::Blocked(Block::Open | Block::Overloaded)) && until.is_some_and(|until| now < until)
    }

    /// It seems to be back: the next call may go to it at once.
    pub fn seems_back(&mut self, now: Instant) {
        self.change(now, |endpoint| {
            endpoint.blocked.take_if(|(block, _)| *block == Block::Overloaded);
            endpoint.breaker.may_probe(now);
        });
    }

    fn standing(&self, now: Instant) -> Standing {
        match self.block(now) {
            Some(Gate::Blocked(block, _)) => Standing::Blocked(block),
            _ if self.breaker.is_half_open() => Standing::Probed,
            _ if !self.breaker.is_closed() => Standing::Blocked(Block::Open),
            _ if self.calls == 0 => Standing::Unasked,
            _ => Standing::Ready,
        }
    }

    /// How it stands, and since when: it changes by what happens to it, and when a block has expired.
    fn stood_at(&self, now: Instant) -> (Standing, Option<Instant>) {
        let standing = self.standing(now);
        let since = match self.stood {
            Some((before, since)) if before == standing => Some(since),
            _ if standing == Standing::Unasked => None,
            _ => Some(self.blocked.map_or(now, |(_, until)| until.min(now))),
        };
        (standing, since)
    }

    /// Makes a change and remembers how it stood before and stands after: a block that has expired ended when its time
    /// was over, and not with this change.
    fn change<T>(&mut self, now: Instant, make: impl FnOnce(&mut Self) -> T) -> T {
        self.note(now);
        let made = make(self);
        self.note(now);
        made
    }

    fn note(&mut self, now: Instant) {
        let (standing, since) = self.stood_at(now);
        self.stood = since.map(|since| (standing, since));
        self.blocked.take_if(|(_, until)| *until <= now);
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

    /// The time within which so many of 100 answers began, once there are enough to tell.
    fn percentile(&self, share: usize) -> Option<Duration> {
        if self.first_chunks.len() < LEAST_LATENCIES {
            return None;
        }
        let mut sorted: Vec<_> = self.first_chunks.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get((sorted.len() * share).div_ceil(100).saturating_sub(1)).copied()
    }

    /// The time within which 95 of 100 answers began, once there are enough to tell.
    pub fn p95(&self) -> Option<Duration> {
        self.percentile(95)
    }

    /// Whether calls pass without a probe.
    pub fn is_closed(&self) -> bool {
        self.breaker.is_closed()
    }

    /// A call ended; `probe` says which probe it was, if it was one. `jitter` is a random number from 0 to 1. Returns why
    /// the breaker opened, if it did.
    pub fn report(&mut self, now: Instant, report: Report, probe: Option<Probe>, jitter: f64) -> Option<Trip> {
        self.change(now, |endpoint| {
            endpoint.calls += u64::from(!matches!(report, Report::Barred(_)));
            endpoint.learn(now, report, probe, jitter)
        })
    }

    fn learn(&mut self, now: Instant, report: Report, probe: Option<Probe>, jitter: f64) -> Option<Trip> {
        match report {
            Report::Success { took, first_chunk, pause } => {
                self.calls_since_success = 0;
                self.successes += 1;
                self.last_success = Some(now);
                self.blocked = pause.map(|pause| (Block::RateLimited, now + pause.min(LONGEST_PAUSE)));
                if let Some(first_chunk) = first_chunk {
                    if self.first_chunks.len() >= LATENCIES {
                        self.first_chunks.pop_front();
                    }
                    self.first_chunks.push_back(first_chunk);
                }
                self.breaker.success(now, took, jitter)
            }
            Report::Failure { slow, at_least, overloaded } => {
                self.calls_since_success = self.calls_since_success.saturating_add(1);
                if overloaded {
                    self.blocked = Some((Block::Overloaded, now + OVERLOADED.max(at_least.unwrap_or_default()).min(LONGEST_PAUSE)));
                }
                self.breaker.failure(now, slow, at_least, probe, jitter)
            }
            Report::RateLimited(wait) => {
                if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
                    self.blocked = Some((Block::RateLimited, now + wait.min(LONGEST_PAUSE)));
                }
                // A probe that meets a limit proved nothing.
                if self.breaker.awaits(probe) { self.breaker.failure(now, false, wait, probe, jitter) } else { None }
            }
            Report::Quarantine(period) | Report::Barred(period) => {
                self.blocked = Some((Block::Quarantined, now + period));
                self.free(now, probe)
            }
            Report::Neutral => self.free(now, probe),
        }
    }

    fn free(&mut self, now: Instant, probe: Option<Probe>) -> Option<Trip> {
        if let Some(probe) = probe {
            self.breaker.abandon(now, probe);
        }
        None
    }

    /// What its owner had to mend may be mended.
    pub fn release(&mut self, now: Instant) {
        self.change(now, |endpoint| endpoint.blocked = None);
    }

    /// A probe was given up before it ended.
    pub fn abandon(&mut self, now: Instant, probe: Probe) {
        self.change(now, |endpoint| endpoint.breaker.abandon(now, probe));
    }
}

#[cfg(test)]
#[path = "endpoint_tests.rs"]
mod tests;
