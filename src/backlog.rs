//! A queue to a thread that works behind the answers. A thread that is woken for every item runs beside the answer, or beside the
//! client that reads it, and takes one of few cores away from them; here items gather for a while before somebody takes them.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How items gather.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// So many may wait.
    pub capacity: usize,
    /// So many are taken as soon as they are there, and not more at once.
    pub enough: usize,
    /// How long the first of them waits for others.
    pub lull: Duration,
}

/// Items that were taken together, in the order in which they were put in.
#[derive(Debug)]
pub struct Taken<T> {
    /// At least one.
    pub items: Vec<T>,
    /// When the first of them was put in, or one before it.
    pub since: Instant,
}

/// Why nothing was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nothing {
    /// Nothing was to be taken in that time.
    Yet,
    /// Nothing is left and nobody can put anything in any more.
    Ever,
}

/// The end where items are put in. It never waits for anybody.
pub struct Sender<T>(Arc<Shared<T>>);

/// The end where they are taken. When it is gone, nothing more is taken in.
pub struct Receiver<T>(Arc<Shared<T>>);

struct Shared<T> {
    manner: Manner,
    state: Mutex<State<T>>,
    wake: Condvar,
}

struct State<T> {
    items: VecDeque<T>,
    /// When the first of them was put in.
    since: Option<Instant>,
    /// Somebody waits until all of them are taken.
    is_urgent: bool,
    waits: Waits,
    senders: usize,
    is_open: bool,
}

/// What the thread waits for that takes items, and so what it is woken for. To wake it costs a call of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waits {
    /// For nothing: it works, or has been woken.
    No,
    /// For the first item.
    First,
    /// For others.
    Others,
}

/// Both ends of a new queue.
pub fn backlog<T>(manner: Manner) -> (Sender<T>, Receiver<T>) {
    let state = State { items: VecDeque::new(), since: None, is_urgent: false, waits: Waits::No, senders: 1, is_open: true };
    let shared = Arc::new(Shared { manner, state: Mutex::new(state), wake: Condvar::new() });
    (Sender(Arc::clone(&shared)), Receiver(shared))
}

impl<T> Shared<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> State<T> {
    /// When the items are to be taken; `None` while there are none.
    fn due(&self, manner: &Manner, not_before: Option<Instant>) -> Option<Instant> {
        let since = self.since?;
        if self.is_urgent || self.senders == 0 {
            return Some(since);
        }
        let due = if self.items.len() >= manner.enough { since } else { since + manner.lull };
        Some(not_before.map_or(due, |not_before| due.max(not_before)))
    }

    fn take(&mut self, most: usize) -> Option<Taken<T>> {
        let since = self.since?;
        let count = most.min(self.items.len());
        let items = self.items.drain(..count).collect();
        if self.items.is_empty() {
            (self.since, self.is_urgent) = (None, false);
        }
        Some(Taken { items, since })
    }
}

// === impl Sender ===

impl<T> Sender<T> {
    /// Puts an item in, to be taken with those that follow.
    ///
    /// # Errors
    /// The item, where there is no place for it or nobody to take it.
    pub fn put(&self, item: T) -> Result<(), T> {
        self.add(item, false)
    }

    /// Puts an item in that is waited for: it is taken at once, after all that came before it.
    ///
    /// # Errors
    /// The item, where there is no place for it or nobody to take it.
    pub fn put_urgently(&self, item: T) -> Result<(), T> {
        self.add(item, true)
    }

    fn add(&self, item: T, is_urgent: bool) -> Result<(), T> {
        let mut state = self.0.state();
        if !state.is_open || state.items.len() >= self.0.manner.capacity {
            return Err(item);
        }
        state.since.get_or_insert_with(Instant::now);
        state.items.push_back(item);
        state.is_urgent |= is_urgent;
        let wakes = match state.waits {
            Waits::No => false,
            Waits::First => true,
            Waits::Others => state.is_urgent || state.items.len() >= self.0.manner.enough,
        };
        if wakes {
            state.waits = Waits::No;
        }
        drop(state);
        if wakes {
            self.0.wake.notify_one();
        }
        Ok(())
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.0.state().senders += 1;
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.state().senders -= 1;
        self.0.wake.notify_one();
    }
}

// === impl Receiver ===

impl<T> Receiver<T> {
    /// Waits until items are to be taken, for so long at most, and takes them. None are before a moment that is named, unless they
    /// are waited for.
    ///
    /// # Errors
    /// Why there are none.
    pub fn take(&self, patience: Duration, not_before: Option<Instant>) -> Result<Taken<T>, Nothing> {
        let manner = &self.0.manner;
        let end = Instant::now() + patience;
        let mut state = self.0.state();
        loop {
            let now = Instant::now();
            let due = state.due(manner, not_before);
            if due.is_some_and(|due| due <= now)
                && let Some(taken) = state.take(manner.enough)
            {
                return Ok(taken);
            }
            if due.is_none() && state.senders == 0 {
                return Err(Nothing::Ever);
            }
            if now >= end {
                return Err(Nothing::Yet);
            }
            state.waits = if due.is_some() { Waits::Others } else { Waits::First };
            let wait = due.map_or(end, |due| due.min(end)).saturating_duration_since(now);
            (state, _) = self.0.wake.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner);
            state.waits = Waits::No;
        }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let left = {
            let mut state = self.0.state();
            state.is_open = false;
            std::mem::take(&mut state.items)
        };
        // Outside the lock: what is dropped with them may put something in.
        drop(left);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const LONG: Duration = Duration::from_secs(3600);
    const PATIENCE: Duration = Duration::from_secs(30);
    const FEW: Manner = Manner { capacity: 4, enough: 3, lull: LONG };

    fn taken<T>(receiver: &Receiver<T>, patience: Duration) -> Result<Vec<T>, Nothing> {
        receiver.take(patience, None).map(|taken| taken.items)
    }

    /// Waits until the thread that takes items waits for this.
    fn until_it_waits<T>(sender: &Sender<T>, waits: Waits) {
        let deadline = Instant::now() + PATIENCE;
        while sender.0.state().waits != waits {
            assert!(Instant::now() < deadline, "it never waits for {waits:?}");
            std::thread::yield_now();
        }
    }

    #[test]
    fn items_gather_until_they_are_enough_and_more_are_left_for_next_time() {
        let (sender, receiver) = backlog(FEW);
        assert_eq!(taken(&receiver, Duration::ZERO), Err(Nothing::Yet));
        sender.put(1).unwrap();
        sender.put(2).unwrap();
        assert_eq!(taken(&receiver, Duration::ZERO), Err(Nothing::Yet), "they wait for others");
        sender.put(3).unwrap();
        sender.put(4).unwrap();
        assert_eq!(sender.put(5), Err(5), "there is no place");
        assert_eq!(taken(&receiver, Duration::ZERO), Ok(vec![1, 2, 3]));
        assert_eq!(taken(&receiver, Duration::ZERO), Err(Nothing::Yet), "the rest waits again");
        sender.put_urgently(5).unwrap();
        assert_eq!(taken(&receiver, Duration::ZERO), Ok(vec![4, 5]));
        sender.put(6).unwrap();
        assert_eq!(taken(&receiver, Duration::ZERO), Err(Nothing::Yet), "nobody waits for that one");
    }

    #[test]
    fn who_waits_gets_everything_before_and_is_not_kept_by_a_pause() {
        let (sender, receiver) = backlog(Manner { capacity: 8, ..FEW });
        let later = Some(Instant::now() + LONG);
        for item in 0..4 {
            sender.put(item).unwrap();
        }
        assert!(receiver.take(Duration::ZERO, later).is_err(), "enough are there, and it is too early");
        sender.put_urgently(4).unwrap();
        let rounds: Vec<_> = std::iter::from_fn(|| receiver.take(Duration::ZERO, later).ok()).map(|taken| taken.items).collect();
        assert_eq!(rounds, [vec![0, 1, 2], vec![3, 4]]);
    }

    #[test]
    fn the_first_item_waits_for_the_lull_and_no_longer() {
        let lull = Duration::from_millis(1);
        let (sender, receiver) = backlog(Manner { lull, ..FEW });
        let before = Instant::now();
        sender.put(1).unwrap();
        let taken = receiver.take(PATIENCE, None).unwrap();
        assert_eq!(taken.items, [1]);
        assert!(taken.since >= before && taken.since.elapsed() >= lull);
    }

    /// What a thread takes that would wait for an hour, a result for each time that it does.
    fn thread(receiver: Receiver<u32>) -> mpsc::Receiver<Result<Vec<u32>, Nothing>> {
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || while tell.send(taken(&receiver, LONG)).is_ok() {});
        told
    }

    #[test]
    fn a_thread_that_waits_is_woken_for_the_first_for_enough_and_for_what_is_urgent() {
        for enough in [true, false] {
            let (sender, receiver) = backlog(FEW);
            let told = thread(receiver);
            until_it_waits(&sender, Waits::First);
            sender.put(1).unwrap();
            until_it_waits(&sender, Waits::Others);
            sender.put(2).unwrap();
            assert_eq!(sender.0.state().waits, Waits::Others, "it sleeps on");
            if enough { sender.put(3) } else { sender.put_urgently(3) }.unwrap();
            assert_eq!(told.recv_timeout(PATIENCE), Ok(Ok(vec![1, 2, 3])));
        }
    }

    #[test]
    fn what_is_left_is_taken_when_nobody_puts_anything_in_any_more() {
        let (sender, receiver) = backlog(FEW);
        let (other, told) = (sender.clone(), thread(receiver));
        until_it_waits(&sender, Waits::First);
        sender.put(1).unwrap();
        until_it_waits(&sender, Waits::Others);
        drop(sender);
        drop(other);
        assert_eq!(told.recv_timeout(PATIENCE), Ok(Ok(vec![1])));
        assert_eq!(told.recv_timeout(PATIENCE), Ok(Err(Nothing::Ever)));
        let (sender, receiver) = backlog(FEW);
        drop(receiver);
        assert_eq!(sender.put(1), Err(1));
    }
}
