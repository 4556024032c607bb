//! What the router and the process it runs in tell each other: what is under way, since when nothing is, and who is to go.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::Notify;

use super::health;

/// Counters and switches that the router shares with the process it runs in.
#[derive(Debug)]
pub struct Activity {
    pub(super) started: Instant,
    pub(super) started_at: SystemTime,
    pub(super) requests: AtomicU64,
    pub(super) in_flight: AtomicUsize,
    behind: AtomicUsize,
    settled: Notify,
    last_ms: AtomicU64,
    numbers: Mutex<Option<String>>,
    pub(super) listening: AtomicBool,
    pub(super) draining: AtomicBool,
    pub(super) pulse: health::Pulse,
    /// Notified when a client asks this process to finish and go.
    pub drain: Notify,
}

impl Activity {
    /// Starts counting now.
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
            started_at: SystemTime::now(),
            requests: AtomicU64::new(0),
            in_flight: AtomicUsize::new(0),
            behind: AtomicUsize::new(0),
            settled: Notify::new(),
            last_ms: AtomicU64::new(0),
            numbers: Mutex::new(None),
            listening: AtomicBool::new(false),
            draining: AtomicBool::new(false),
            pulse: health::Pulse::default(),
            drain: Notify::new(),
        }
    }

    /// Counts a question that was put.
    pub(super) fn note_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes where the numbers are served, or why they are not; says whether that is news.
    pub fn note_numbers(&self, told: Option<String>) -> bool {
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = *numbers != told;
        *numbers = told;
        is_news
    }

    /// Why the numbers are not served although they should be.
    pub(super) fn unserved(&self) -> Option<String> {
        self.numbers().filter(|told| told.starts_with("not "))
    }

    /// Where the numbers are served, or why they are not.
    pub(super) fn numbers(&self) -> Option<String> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes whether the socket takes connections.
    pub fn note_listening(&self, listening: bool) {
        self.listening.store(listening, Ordering::Release);
    }

    /// Notes that the process is about to go: nobody new should ask it.
    pub fn note_draining(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// How long nothing has been asked; zero while something is being answered.
    pub fn idle(&self) -> Duration {
        if self.in_flight.load(Ordering::Acquire) > 0 {
            return Duration::ZERO;
        }
        self.started.elapsed().saturating_sub(Duration::from_millis(self.last_ms.load(Ordering::Acquire)))
    }

    /// Waits until every answer that was given is counted and recorded.
    pub async fn settled(&self) {
        loop {
            let settled = self.settled.notified();
            if self.behind.load(Ordering::Acquire) == 0 {
                return;
            }
            settled.await;
        }
    }

    fn touch(&self) {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_ms.store(now, Ordering::Release);
    }
}

impl Default for Activity {
    fn default() -> Self {
        Self::new()
    }
}

/// Counts a request for as long as it lives, also when its client goes away.
pub(super) struct InFlight(Arc<Activity>);

impl InFlight {
    pub(super) fn new(activity: &Arc<Activity>) -> Self {
        activity.in_flight.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(activity))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.touch();
        self.0.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What is still to be done behind a reply, for as long as it lives.
pub(super) struct Behind(Arc<Activity>);

impl Behind {
    pub(super) fn new(activity: &Arc<Activity>) -> Self {
        activity.behind.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(activity))
    }
}

impl Drop for Behind {
    fn drop(&mut self) {
        if self.0.behind.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.settled.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn who_wants_all_to_be_recorded_waits_for_the_last_of_it() {
        let activity = Arc::new(Activity::new());
        assert_eq!(activity.settled().now_or_never(), Some(()));
        let [first, last] = [(); 2].map(|()| Behind::new(&activity));
        let mut settled = Box::pin(activity.settled());
        assert_eq!((&mut settled).now_or_never(), None);
        drop(first);
        assert_eq!((&mut settled).now_or_never(), None, "one is left");
        drop(last);
        assert_eq!(settled.now_or_never(), Some(()));
    }
}
