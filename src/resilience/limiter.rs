//! How often providers may be called.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::DefaultClock;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::time::Instant;

/// The part of a minute's calls that may come at once.
const BURST_SHARE: u32 = 3;
/// Shells remembered; those that have not asked for a minute are forgotten first.
const MOST_SESSIONS: usize = 1024;
const MINUTE: Duration = Duration::from_secs(60);

/// A limit on provider calls per user and per shell, as a GCRA. Local answers are never counted.
#[derive(Debug)]
pub struct CallLimiter {
    user: Option<DefaultDirectRateLimiter>,
    sessions: Option<RateLimiter<u64, DefaultKeyedStateStore<u64>, DefaultClock>>,
}

impl CallLimiter {
    /// A full budget: so many calls a minute, a third of them at once; 0 sets no limit.
    pub fn new(user_per_minute: u32, session_per_minute: u32) -> Self {
        let quota = |per_minute: u32| {
            let rate = NonZeroU32::new(per_minute)?;
            Some(Quota::per_minute(rate).allow_burst(NonZeroU32::new(per_minute.div_ceil(BURST_SHARE))?))
        };
        Self { user: quota(user_per_minute).map(RateLimiter::direct), sessions: quota(session_per_minute).map(RateLimiter::keyed) }
    }

    /// Takes one call of that shell from the budgets; `false` when there is none left.
    pub fn admit(&self, session: u64) -> bool {
        let session_may = self.sessions.as_ref().is_none_or(|sessions| {
            if sessions.len() >= MOST_SESSIONS {
                sessions.retain_recent();
            }
            sessions.check_key(&session).is_ok()
        });
        session_may && self.user.as_ref().is_none_or(|user| user.check().is_ok())
    }
}

/// At most so many in any minute: for work that nobody waits for, where a burst has no purpose.
#[derive(Debug)]
pub struct PerMinute {
    most: usize,
    taken: VecDeque<Instant>,
}

impl PerMinute {
    /// Nothing taken yet.
    pub fn new(most: u32) -> Self {
        Self { most: most as usize, taken: VecDeque::new() }
    }

    /// Takes one at `now`; `false` when so many were taken within the last minute.
    pub fn admit(&mut self, now: Instant) -> bool {
        while self.taken.front().is_some_and(|at| now.duration_since(*at) >= MINUTE) {
            self.taken.pop_front();
        }
        let admitted = self.taken.len() < self.most;
        if admitted {
            self.taken.push_back(now);
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_minute_holds_more_than_its_number() {
        let (mut limit, start) = (PerMinute::new(3), Instant::now());
        let at = |second: u64| start + Duration::from_secs(second);
        assert_eq!([0, 10, 20, 30, 59].map(|second| limit.admit(at(second))), [true, true, true, false, false]);
        assert_eq!([60, 61, 70, 79, 80].map(|second| limit.admit(at(second))), [true, false, true, false, true]);
        assert!(!PerMinute::new(0).admit(start));
    }

    #[test]
    fn a_burst_passes_and_the_next_call_does_not() {
        let limiter = CallLimiter::new(60, 30);
        assert_eq!((0..15).filter(|_| limiter.admit(1)).count(), 10, "of one shell");
        assert_eq!((0..15).filter(|_| limiter.admit(2)).count(), 10, "of another");
        assert!(!limiter.admit(3), "of all shells together");
        let unlimited = CallLimiter::new(0, 0);
        assert!((0..10_000).all(|_| unlimited.admit(1)));
    }

    #[test]
    fn many_shells_are_not_remembered_for_ever() {
        let limiter = CallLimiter::new(0, 60_000_000);
        for session in 0..5000 {
            assert!(limiter.admit(session));
        }
        assert!(limiter.sessions.as_ref().is_some_and(|sessions| sessions.len() <= MOST_SESSIONS + 1));
    }
}
