//! When what was handed in is written: together, soon, and after a failure not at once again.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// So many are written as soon as they are there, and not more at once.
pub(super) const ENOUGH: usize = 64;
/// Nothing waits longer than that.
pub(super) const MOST_DELAY: Duration = Duration::from_millis(200);
/// How long a disk that refused is left alone.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// What is kept in memory while the disk refuses; then the oldest are lost.
const MOST_KEPT: usize = 1024;

/// What waits to be written.
#[derive(Debug)]
pub(super) struct Batch<T> {
    waiting: VecDeque<T>,
    since: Option<Instant>,
    not_before: Option<Instant>,
    lost: u64,
}

impl<T> Default for Batch<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), since: None, not_before: None, lost: 0 }
    }
}

impl<T> Batch<T> {
    pub(super) fn push(&mut self, item: T, now: Instant) {
        self.since.get_or_insert(now);
        self.waiting.push_back(item);
        while self.waiting.len() > MOST_KEPT {
            self.waiting.pop_front();
            self.lost += 1;
        }
    }

    /// When it is to be written; `None` when nothing waits.
    pub(super) fn due(&self) -> Option<Instant> {
        let since = self.since?;
        let due = if self.waiting.len() >= ENOUGH { since } else { since + MOST_DELAY };
        Some(self.not_before.map_or(due, |not_before| due.max(not_before)))
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.due().is_some_and(|due| due <= now)
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// How many were lost for want of room.
    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    /// Everything, to be written now.
    pub(super) fn take(&mut self) -> Vec<T> {
        (self.since, self.not_before) = (None, None);
        self.waiting.drain(..).collect()
    }

    /// It could not be written.
    pub(super) fn put_back(&mut self, items: Vec<T>, now: Instant) {
        let later = std::mem::replace(&mut self.waiting, items.into());
        self.since = Some(now);
        later.into_iter().for_each(|item| self.push(item, now));
        self.not_before = Some(now + RETRY_AFTER);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_batch_waits_longest_and_a_full_one_not_at_all() {
        let (mut batch, start) = (Batch::default(), Instant::now());
        assert_eq!(batch.due(), None);
        batch.push(0, start);
        batch.push(1, start + MOST_DELAY / 2);
        assert_eq!(batch.due(), Some(start + MOST_DELAY));
        assert!(!batch.is_due(start + MOST_DELAY / 2) && batch.is_due(start + MOST_DELAY));
        (2..64).for_each(|number| batch.push(number, start));
        assert!(batch.is_due(start));
        assert_eq!(batch.take(), (0..64).collect::<Vec<_>>());
        assert_eq!(batch.due(), None);
    }

    #[test]
    fn a_disk_that_refuses_is_left_alone_and_the_oldest_are_lost() {
        let (mut batch, start) = (Batch::default(), Instant::now());
        batch.put_back((0..1000).collect(), start);
        assert!(!batch.is_due(start + RETRY_AFTER / 2) && batch.is_due(start + RETRY_AFTER));
        (1000..1100).for_each(|number| batch.push(number, start));
        assert_eq!((batch.len(), batch.lost()), (MOST_KEPT, 76));
        assert_eq!(batch.take()[0], 76);
        batch.push(7, start);
        assert_eq!(batch.due(), Some(start + MOST_DELAY), "who asks for it writes at once");
    }
}
