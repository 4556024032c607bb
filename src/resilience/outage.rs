//! The network of this machine, which all endpoints share.

use std::time::Duration;

use tokio::time::Instant;

/// How long nobody is asked after the network was found to be gone.
const PERIOD: Duration = Duration::from_secs(2);

/// Remembers that this machine's own network failed: then no endpoint is to blame, and asking the next one is useless.
#[derive(Debug, Default)]
pub struct Outage {
    until: Option<Instant>,
}

impl Outage {
    /// The network failed at `now`.
    pub fn begin(&mut self, now: Instant) {
        self.until = Some(now + PERIOD);
    }

    /// Somebody was reached.
    pub fn end(&mut self) {
        self.until = None;
    }

    /// Whether it is still useless to ask.
    pub fn lasts(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| now < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lasts_two_seconds_or_until_somebody_is_reached() {
        let (now, mut outage) = (Instant::now(), Outage::default());
        assert!(!outage.lasts(now));
        outage.begin(now);
        assert!(outage.lasts(now + Duration::from_millis(1999)));
        assert!(!outage.lasts(now + Duration::from_secs(2)));
        outage.begin(now);
        outage.end();
        assert!(!outage.lasts(now));
    }
}
