//! Work that nobody waits for: it stands in short queues, is done one piece at a time, and is dropped where there is too
//! much of it. Handing work in never waits.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::task::AbortHandle;

use super::metrics::Metrics;

/// A kind of work. What comes first here is done first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Queue {
    /// Opening a connection.
    Warm,
    /// Asking for what somebody is about to ask.
    Prefetch,
    /// Asking anew for what has aged.
    Refresh,
}

impl Queue {
    const ALL: [Self; 3] = [Self::Warm, Self::Prefetch, Self::Refresh];

    fn name(self) -> &'static str {
        match self {
            Self::Warm => "warm",
            Self::Prefetch => "prefetch",
            Self::Refresh => "refresh",
        }
    }

    /// How much may wait. Words that were typed a while ago are worth little, and so is their answer.
    fn capacity(self) -> usize {
        match self {
            Self::Warm => 1,
            Self::Prefetch => 4,
            Self::Refresh => 16,
        }
    }

    fn slot(self) -> Slot {
        match self {
            Self::Warm => Slot::Connections,
            Self::Prefetch | Self::Refresh => Slot::Calls,
        }
    }
}

/// Where work is done, one piece at a time. A connection is of no use when it comes after the question, so it does not
/// stand behind a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Connections,
    Calls,
}

struct Job {
    key: u64,
    work: BoxFuture<'static, ()>,
}

/// The piece of work that is under way in a slot.
struct Running {
    queue: Queue,
    key: u64,
    work: AbortHandle,
}

#[derive(Default)]
struct State {
    waiting: [VecDeque<Job>; Queue::ALL.len()],
    running: [Option<Running>; 2],
}

impl State {
    fn next(&mut self, slot: Slot) -> Option<(Queue, Job)> {
        let queues = Queue::ALL.into_iter().filter(|queue| queue.slot() == slot);
        queues.into_iter().find_map(|queue| Some((queue, self.waiting[queue as usize].pop_front()?)))
    }
}

/// The queues and what is done of them.
pub(super) struct Background {
    state: Arc<Mutex<State>>,
    metrics: Arc<Metrics>,
}

impl Background {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self { state: Arc::default(), metrics }
    }

    /// Hands in work; must be called inside a runtime. It takes the place of earlier work of this kind with the same key,
    /// waiting or under way. Where the queue is full the oldest piece is dropped.
    pub(super) fn submit(&self, queue: Queue, key: u64, work: impl Future<Output = ()> + Send + 'static) {
        let slot = queue.slot();
        let mut state = lock(&self.state);
        let waiting = &mut state.waiting[queue as usize];
        let before = waiting.len();
        waiting.retain(|job| job.key != key);
        if waiting.len() >= queue.capacity() {
            waiting.pop_front();
        }
        let mut dropped = before - waiting.len();
        waiting.push_back(Job { key, work: work.boxed() });
        match &state.running[slot as usize] {
            Some(running) if running.queue == queue && running.key == key => {
                running.work.abort();
                dropped += 1;
            }
            Some(_) => {}
            None => start(&self.state, &mut state, slot),
        }
        drop(state);
        (0..dropped).for_each(|_| self.count_dropped(queue));
    }

    /// Drops what waits, because the configuration that it was made under is another one now.
    pub(super) fn clear(&self) {
        let waiting = std::mem::take(&mut lock(&self.state).waiting);
        for queue in Queue::ALL {
            waiting[queue as usize].iter().for_each(|_| self.count_dropped(queue));
        }
    }

    /// The name of each queue, how much of it waits or is under way, and how much may.
    pub(super) fn queues(&self) -> [(&'static str, usize, usize); Queue::ALL.len()] {
        let state = lock(&self.state);
        Queue::ALL.map(|queue| {
            let under_way = state.running.iter().flatten().filter(|running| running.queue == queue).count();
            (queue.name(), state.waiting[queue as usize].len() + under_way, queue.capacity() + 1)
        })
    }

    /// Counts work that is not going to be done.
    pub(super) fn count_dropped(&self, queue: Queue) {
        self.metrics.queue_dropped.add([queue.name()]);
    }
}

/// Begins the next piece of work of a slot, if any waits; its end begins the one after it.
fn start(shared: &Arc<Mutex<State>>, state: &mut State, slot: Slot) {
    let Some((queue, job)) = state.next(slot) else {
        state.running[slot as usize] = None;
        return;
    };
    // A task of its own, so that a panic or an end by force takes nothing with it.
    let work = tokio::spawn(job.work);
    state.running[slot as usize] = Some(Running { queue, key: job.key, work: work.abort_handle() });
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        let _ = work.await;
        start(&shared, &mut lock(&shared), slot);
    });
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;

    /// What was done, by name, and when it ended.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<(&'static str, u64)>>>);

    impl Log {
        fn work(&self, name: &'static str, begun: Instant, ms: u64) -> impl Future<Output = ()> + Send + 'static {
            let log = self.clone();
            async move {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                let at = u64::try_from(begun.elapsed().as_millis()).unwrap();
                log.0.lock().unwrap().push((name, at));
            }
        }

        fn read(&self) -> Vec<(&'static str, u64)> {
            self.0.lock().unwrap().clone()
        }
    }

    fn dropped(background: &Background, queue: &str) -> u64 {
        background.metrics.counts().get(&format!("gptos_queue_dropped_total{{queue=\"{queue}\"}}")).copied().unwrap_or(0)
    }

    async fn settle() {
        tokio::time::sleep(Duration::from_secs(10)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn calls_are_made_one_after_the_other_and_connections_beside_them() {
        let (background, log, begun) = (Background::new(Arc::default()), Log::default(), Instant::now());
        background.submit(Queue::Refresh, 1, log.work("refresh 1", begun, 100));
        background.submit(Queue::Refresh, 2, log.work("refresh 2", begun, 100));
        background.submit(Queue::Prefetch, 1, log.work("prefetch", begun, 100));
        background.submit(Queue::Warm, 0, log.work("warm", begun, 50));
        assert_eq!(background.queues(), [("warm", 1, 2), ("prefetch", 1, 5), ("refresh", 2, 17)]);
        assert_eq!(begun.elapsed(), Duration::ZERO, "handing in waits for nothing");
        settle().await;
        assert_eq!(log.read(), [("warm", 50), ("refresh 1", 100), ("prefetch", 200), ("refresh 2", 300)]);
        background.submit(Queue::Refresh, 3, log.work("later", begun, 0));
        settle().await;
        assert_eq!(log.read().len(), 5, "an idle slot begins again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_queue_drops_its_oldest_and_counts_it() {
        let (background, log, begun) = (Background::new(Arc::default()), Log::default(), Instant::now());
        let names = ["under way", "a", "b", "c", "d", "e", "f"];
        for (key, name) in (0..).zip(names) {
            background.submit(Queue::Prefetch, key, log.work(name, begun, 10));
        }
        assert_eq!((background.queues()[1], dropped(&background, "prefetch")), (("prefetch", 5, 5), 2));
        settle().await;
        assert_eq!(log.read().iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["under way", "c", "d", "e", "f"]);
    }

    #[tokio::test(start_paused = true)]
    async fn newer_work_of_the_same_key_takes_the_place_of_the_older() {
        let (background, log, begun) = (Background::new(Arc::default()), Log::default(), Instant::now());
        background.submit(Queue::Prefetch, 1, log.work("first", begun, 1000));
        background.submit(Queue::Prefetch, 2, log.work("of another", begun, 100));
        background.submit(Queue::Prefetch, 1, log.work("second", begun, 100));
        background.submit(Queue::Prefetch, 1, log.work("third", begun, 100));
        background.submit(Queue::Refresh, 1, log.work("refresh", begun, 100));
        settle().await;
        assert_eq!(log.read(), [("of another", 100), ("third", 200), ("refresh", 300)]);
        assert_eq!((dropped(&background, "prefetch"), dropped(&background, "refresh")), (3, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_ends_one_piece_of_work_and_clearing_ends_what_waits() {
        let (background, log, begun) = (Background::new(Arc::default()), Log::default(), Instant::now());
        background.submit(Queue::Refresh, 1, async { panic!("on purpose") });
        background.submit(Queue::Refresh, 2, log.work("after it", begun, 100));
        background.submit(Queue::Refresh, 3, log.work("cleared", begun, 100));
        tokio::time::sleep(Duration::from_millis(50)).await;
        background.clear();
        settle().await;
        assert_eq!(log.read(), [("after it", 100)]);
        assert_eq!(dropped(&background, "refresh"), 1);
    }
}
