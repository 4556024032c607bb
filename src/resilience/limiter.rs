//! How often providers may be called.

use std::num::NonZeroU32;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// Calls one user may make per minute; whoever asks more often is not typing.
const PER_MINUTE: NonZeroU32 = NonZeroU32::new(60).expect("not zero");
/// Calls that may come at once.
const BURST: NonZeroU32 = NonZeroU32::new(20).expect("not zero");

/// A limit on provider calls, as a GCRA. Local answers are never counted.
#[derive(Debug)]
pub struct CallLimiter(DefaultDirectRateLimiter);

impl CallLimiter {
    /// A full budget: 60 calls a minute, 20 of them at once.
    pub fn new() -> Self {
        Self(RateLimiter::direct(Quota::per_minute(PER_MINUTE).allow_burst(BURST)))
    }

    /// Takes one call from the budget; `false` when there is none left.
    pub fn admit(&self) -> bool {
        self.0.check().is_ok()
    }

    /// Waits until a call would be admitted and takes it.
    pub async fn wait(&self) {
        self.0.until_ready().await;
    }
}

impl Default for CallLimiter {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_the_next_call_does_not() {
        let limiter = CallLimiter::new();
        assert!((0..20).all(|_| limiter.admit()));
        assert!(!limiter.admit());
    }
}
