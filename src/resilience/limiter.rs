//! How often providers may be called.

use std::num::NonZeroU32;

use governor::clock::DefaultClock;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// The part of a minute's calls that may come at once.
const BURST_SHARE: u32 = 3;
/// Shells remembered; those that have not asked for a minute are forgotten first.
const MOST_SESSIONS: usize = 1024;

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

#[cfg(test)]
mod tests {
    use super::*;

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
