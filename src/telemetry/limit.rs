//! How many lines of one event are written, so that one that happens all the time does not push out the others.

use std::time::{Duration, Instant};

use crate::domain::LogEvent;

/// Most lines of one event in a second.
const MOST: u32 = 50;
const SECOND: Duration = Duration::from_secs(1);

/// How often each event was told of in its present second.
#[derive(Debug, Default)]
pub(super) struct Limiter(Vec<Told>);

#[derive(Debug)]
struct Told {
    event: LogEvent,
    since: Instant,
    written: u32,
    left_out: u64,
}

impl Limiter {
    /// Whether a line about this event is to be written now.
    pub(super) fn admits(&mut self, event: LogEvent, now: Instant) -> bool {
        let at = self.0.iter().position(|told| told.event == event).unwrap_or_else(|| {
            self.0.push(Told { event, since: now, written: 0, left_out: 0 });
            self.0.len() - 1
        });
        let told = &mut self.0[at];
        if told.left_out == 0 && now.duration_since(told.since) >= SECOND {
            (told.since, told.written) = (now, 0);
        }
        if told.written < MOST {
            told.written += 1;
            return true;
        }
        told.left_out += 1;
        false
    }

    /// The events of which lines were left out in a second that is over, with how many.
    pub(super) fn over(&mut self, now: Instant) -> Vec<(LogEvent, u64)> {
        let mut over = Vec::new();
        for told in self.0.iter_mut().filter(|told| told.left_out > 0 && now.duration_since(told.since) >= SECOND) {
            over.push((told.event, told.left_out));
            (told.since, told.written, told.left_out) = (now, 0, 0);
        }
        over
    }

    /// Whether lines were left out that nobody was told of.
    pub(super) fn is_owing(&self) -> bool {
        self.0.iter().any(|told| told.left_out > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifty_lines_a_second_of_each_event_and_a_count_of_the_rest() {
        let (mut limiter, begun) = (Limiter::default(), Instant::now());
        let (flood, other) = (LogEvent::AttemptEnded, LogEvent::RequestEnded);
        let written = (0..120).filter(|_| limiter.admits(flood, begun)).count();
        assert_eq!(written, 50);
        assert!(limiter.admits(other, begun), "the others are not pushed out");
        assert!(limiter.is_owing());
        assert!(limiter.over(begun + SECOND / 2).is_empty());
        assert_eq!(limiter.over(begun + SECOND), [(flood, 70)]);
        assert!(!limiter.is_owing());
        assert!(limiter.admits(flood, begun + SECOND));
        let written = (0..120).filter(|_| limiter.admits(flood, begun + 3 * SECOND)).count();
        assert_eq!(written, 50, "a new second begins by itself");
    }
}
