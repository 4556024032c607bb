//! How many calls may be repeated, in proportion to how many are made.

/// Repeats that are free at the start.
const CAP: f64 = 10.0;
/// What each request adds: one repeat for five requests.
const PER_REQUEST: f64 = 0.2;

/// A token bucket for repeated calls. Without it a provider in trouble gets the most calls when it can bear the fewest.
/// It fills by requests and not by time, since somebody who asks once a minute would always find it full.
#[derive(Debug)]
pub struct RetryBudget {
    tokens: f64,
}

impl RetryBudget {
    /// A full budget.
    pub fn new() -> Self {
        Self { tokens: CAP }
    }

    /// A new request begins.
    pub fn request(&mut self) {
        self.tokens = (self.tokens + PER_REQUEST).min(CAP);
    }

    /// Takes one repeat; `false` when there is none left.
    pub fn take(&mut self) -> bool {
        let enough = self.tokens >= 1.0;
        if enough {
            self.tokens -= 1.0;
        }
        enough
    }

    /// A call ran into a time limit: it kept the provider busy for long, so it costs twice what a repeat does.
    pub fn timed_out(&mut self) {
        self.tokens = (self.tokens - 2.0).max(0.0);
    }

    /// What is left, from 0 to 10.
    pub fn left(&self) -> f64 {
        self.tokens
    }
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_allows_ten_and_then_one_in_five() {
        let mut budget = RetryBudget::new();
        assert_eq!((0..20).filter(|_| budget.take()).count(), 10);
        let taken = (0..1000).filter(|_| {
            budget.request();
            budget.take()
        });
        assert!((199..=200).contains(&taken.count()));
    }

    #[test]
    fn a_time_limit_costs_two_and_nothing_goes_below_zero() {
        let mut budget = RetryBudget::new();
        for _ in 0..9 {
            budget.timed_out();
        }
        assert!(!budget.take());
        assert_eq!(budget.left(), 0.0);
    }
}
