//! How many calls to one endpoint may be under way, so that a slow one cannot take everything.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use thiserror::Error;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// All places are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BulkheadError {
    /// As many are waiting for a place as may wait.
    #[error("too many are waiting already")]
    QueueFull,
    /// No place became free in time.
    #[error("no place became free in time")]
    Late,
    /// Nobody would have found a free place after this one.
    #[error("the last place is kept free")]
    Last,
}

/// Places for calls to one endpoint, with a short queue.
#[derive(Debug)]
pub struct Bulkhead {
    places: Arc<Semaphore>,
    capacity: usize,
    waiting: AtomicUsize,
}

/// Counts whoever waits, also when they stop waiting.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Bulkhead {
    /// `capacity` calls at once, and as many in the queue.
    pub fn new(capacity: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(capacity)), capacity, waiting: AtomicUsize::new(0) }
    }

    /// Takes a place, waiting no longer than `patience`; it is free again when the permit is dropped.
    ///
    /// # Errors
    /// [`BulkheadError`] when there is none.
    pub async fn enter(&self, patience: Duration) -> Result<OwnedSemaphorePermit, BulkheadError> {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            return Ok(place);
        }
        let ahead = self.waiting.fetch_add(1, Ordering::AcqRel);
        let _waiting = Waiting(&self.waiting);
        if ahead >= self.capacity {
            return Err(BulkheadError::QueueFull);
        }
        self.enter_in_turn(patience).await
    }

    /// Takes a place, waiting no longer than `patience`, however many wait already: for work that comes in large numbers
    /// and whose order does not matter.
    ///
    /// # Errors
    /// [`BulkheadError::Late`] when there is none in time.
    pub async fn enter_in_turn(&self, patience: Duration) -> Result<OwnedSemaphorePermit, BulkheadError> {
        let place = tokio::time::timeout(patience, Arc::clone(&self.places).acquire_owned()).await;
        place.ok().and_then(Result::ok).ok_or(BulkheadError::Late)
    }

    /// Takes a place at once, unless it is the last: for work that nobody waits for.
    ///
    /// # Errors
    /// [`BulkheadError::Last`] when fewer than two are free.
    pub fn enter_spare(&self) -> Result<OwnedSemaphorePermit, BulkheadError> {
        // Both are taken in one step, so that no two of us leave nothing between them.
        let mut both = Arc::clone(&self.places).try_acquire_many_owned(2).map_err(|_| BulkheadError::Last)?;
        both.split(1).ok_or(BulkheadError::Last)
    }

    /// How many calls are under way.
    pub fn in_flight(&self) -> usize {
        self.capacity - self.places.available_permits().min(self.capacity)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn places_queue_and_time_are_bounded() {
        let bulkhead = Arc::new(Bulkhead::new(2));
        let patience = Duration::from_millis(250);
        let held = [bulkhead.enter(patience).await.expect("free"), bulkhead.enter(patience).await.expect("free")];
        assert_eq!(bulkhead.in_flight(), 2);
        let waiters: Vec<_> = (0..2)
            .map(|_| {
                let bulkhead = Arc::clone(&bulkhead);
                tokio::spawn(async move { bulkhead.enter(patience).await.map(drop) })
            })
            .collect();
        tokio::task::yield_now().await;
        assert_eq!(bulkhead.enter(patience).await.map(drop), Err(BulkheadError::QueueFull));
        for waiter in waiters {
            assert_eq!(waiter.await.expect("no panic"), Err(BulkheadError::Late));
        }
        drop(held);
        assert_eq!(bulkhead.in_flight(), 0);
        assert!(bulkhead.enter(Duration::ZERO).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_place_is_for_those_who_wait() {
        let bulkhead = Bulkhead::new(3);
        let held = [bulkhead.enter_spare().expect("three free"), bulkhead.enter_spare().expect("two free")];
        assert_eq!(bulkhead.enter_spare().map(drop), Err(BulkheadError::Last));
        let last = bulkhead.enter(Duration::ZERO).await.expect("the last one");
        drop(held);
        assert!(bulkhead.enter_spare().is_ok());
        assert_eq!(bulkhead.in_flight(), 1, "only one of the two is kept");
        drop(last);
        assert_eq!(Bulkhead::new(1).enter_spare().map(drop), Err(BulkheadError::Last));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_gets_the_place_that_becomes_free() {
        let bulkhead = Arc::new(Bulkhead::new(1));
        let held = bulkhead.enter(Duration::ZERO).await.expect("free");
        let waiter = {
            let bulkhead = Arc::clone(&bulkhead);
            tokio::spawn(async move { bulkhead.enter(Duration::from_secs(1)).await.is_ok() })
        };
        tokio::task::yield_now().await;
        drop(held);
        assert!(waiter.await.expect("no panic"));
    }
}
