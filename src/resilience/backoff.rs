//! How long to wait before the same endpoint is asked again.

use std::time::Duration;

const BASE: Duration = Duration::from_millis(100);
const CAP: Duration = Duration::from_millis(800);

/// Full jitter: a random time below a bound that doubles, so that clients which failed together do not return together.
/// `retry` counts from 0; `jitter` is a random number from 0 to 1. (Source: the "full jitter" of Amazon's architecture
/// blog on exponential backoff; the bounds are those of a person who waits.)
pub fn backoff(retry: u32, jitter: f64) -> Duration {
    let bound = BASE.saturating_mul(2_u32.saturating_pow(retry)).min(CAP);
    bound.mul_f64(jitter.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_doubles_and_ends() {
        let bounds: Vec<_> = [0, 1, 2, 3, 4, 40].iter().map(|retry| backoff(*retry, 1.0).as_millis()).collect();
        assert_eq!(bounds, [100, 200, 400, 800, 800, 800]);
        assert_eq!(backoff(3, 0.0), Duration::ZERO);
        assert_eq!(backoff(3, 0.5).as_millis(), 400);
    }
}
