//! One piece of work for all who ask for the same thing at the same time.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;
use tokio::task::AbortHandle;

/// What one work gives to all.
type Seen<V> = watch::Receiver<Option<V>>;

struct Flight<V> {
    /// Tells a flight from an earlier one under the same key.
    generation: u64,
    passengers: usize,
    seen: Seen<V>,
    work: AbortHandle,
}

struct Flights<K, V> {
    under_way: HashMap<K, Flight<V>>,
    next_generation: u64,
}

/// Shares work by key. The work runs in a task of its own, so that it does not die with whoever asked first; it is
/// ended when nobody waits for it any more.
pub struct SingleFlight<K, V> {
    flights: Arc<Mutex<Flights<K, V>>>,
}

/// Whether a passenger began the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// This one began it.
    Leader,
    /// It was under way already.
    Follower,
}

/// A place in a flight.
pub struct Ticket<K: Eq + Hash + Clone, V> {
    flights: Arc<Mutex<Flights<K, V>>>,
    key: K,
    generation: u64,
    seen: Seen<V>,
    /// Whether this passenger began the work.
    pub role: Role,
}

impl<K: Eq + Hash + Clone + Send + 'static, V: Clone + Send + Sync + 'static> SingleFlight<K, V> {
    /// Nothing under way.
    pub fn new() -> Self {
        Self { flights: Arc::new(Mutex::new(Flights { under_way: HashMap::new(), next_generation: 0 })) }
    }

    /// Joins the work under way for `key`, or begins it. Must be called inside a runtime.
    pub fn join<F: Future<Output = V> + Send + 'static>(&self, key: K, work: impl FnOnce() -> F) -> Ticket<K, V> {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        // A flight that has ended is not joined: its answer belongs to whoever asked before.
        if let Some(flight) = flights.under_way.get_mut(&key)
            && flight.seen.borrow().is_none()
            && flight.seen.has_changed().is_ok()
        {
            flight.passengers += 1;
            let (generation, seen) = (flight.generation, flight.seen.clone());
            return Ticket { flights: Arc::clone(&self.flights), key, generation, seen, role: Role::Follower };
        }
        let generation = flights.next_generation;
        flights.next_generation += 1;
        let (tell, seen) = watch::channel(None);
        let work = work();
        let work = tokio::spawn(async move {
            let value = work.await;
            tell.send_replace(Some(value));
        });
        let flight = Flight { generation, passengers: 1, seen: seen.clone(), work: work.abort_handle() };
        flights.under_way.insert(key.clone(), flight);
        Ticket { flights: Arc::clone(&self.flights), key, generation, seen, role: Role::Leader }
    }

    /// How many different works are under way.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner).under_way.len()
    }

    /// Whether nothing is under way.
    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<K: Eq + Hash + Clone + Send + 'static, V: Clone + Send + Sync + 'static> Default for SingleFlight<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Eq + Hash + Clone, V: Clone> Ticket<K, V> {
    /// Waits for the work; `None` when it ended without a result, because it panicked.
    pub async fn landed(&mut self) -> Option<V> {
        let seen = self.seen.wait_for(Option::is_some).await.ok()?;
        seen.clone()
    }
}

impl<K: Eq + Hash + Clone, V> Drop for Ticket<K, V> {
    fn drop(&mut self) {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(flight) = flights.under_way.get_mut(&self.key).filter(|flight| flight.generation == self.generation) else { return };
        flight.passengers -= 1;
        if flight.passengers == 0 {
            // It leaves the table before it ends, so that nobody boards a flight that is being given up.
            let ended = flights.under_way.remove(&self.key);
            drop(flights);
            ended.inspect(|flight| flight.work.abort());
        }
    }
}

impl<K, V> fmt::Debug for SingleFlight<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SingleFlight")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    static NONE: AtomicUsize = AtomicUsize::new(0);

    async fn slow(count: &AtomicUsize, value: u32) -> u32 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        count.fetch_add(1, Ordering::SeqCst);
        value
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_ask_together_share_one_work_and_different_keys_do_not() {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let flights = SingleFlight::new();
        let mut tickets: Vec<_> = [1, 2, 1, 1].iter().map(|key| flights.join(*key, move || slow(&COUNT, *key * 10))).collect();
        let roles: Vec<_> = tickets.iter().map(|ticket| ticket.role).collect();
        assert_eq!(roles, [Role::Leader, Role::Leader, Role::Follower, Role::Follower]);
        let mut values = Vec::new();
        for ticket in &mut tickets {
            values.push(ticket.landed().await);
        }
        assert_eq!(values, [Some(10), Some(20), Some(10), Some(10)]);
        assert_eq!(COUNT.load(Ordering::SeqCst), 2);
        assert_eq!(flights.join(1, || slow(&COUNT, 7)).role, Role::Leader, "one that has landed is not joined");
        drop(tickets);
        assert!(flights.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn the_work_outlives_whoever_began_it_and_ends_with_the_last() {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let flights = SingleFlight::new();
        let leader = flights.join(1, || slow(&COUNT, 1));
        let mut follower = flights.join(1, || slow(&NONE, 0));
        drop(leader);
        assert_eq!(follower.landed().await, Some(1));
        drop(follower);
        let alone = flights.join(1, || slow(&COUNT, 2));
        drop(alone);
        assert!(flights.is_empty());
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(COUNT.load(Ordering::SeqCst), 1, "given up");
    }

    #[tokio::test(start_paused = true)]
    async fn a_newcomer_never_boards_a_flight_that_was_given_up() {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let flights = SingleFlight::new();
        for round in 0..100 {
            drop(flights.join(1, || slow(&NONE, 0)));
            let mut ticket = flights.join(1, || slow(&COUNT, round));
            assert_eq!((ticket.role, ticket.landed().await), (Role::Leader, Some(round)));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_is_nobodys_answer() {
        let flights: SingleFlight<u32, u32> = SingleFlight::new();
        let mut leader = flights.join(1, || async { panic!("on purpose") });
        let mut follower = flights.join(1, || async { 1 });
        assert_eq!((follower.role, leader.landed().await, follower.landed().await), (Role::Follower, None, None));
        let mut next = flights.join(1, || async { 2 });
        assert_eq!((next.role, next.landed().await), (Role::Leader, Some(2)));
        drop(leader);
        assert_eq!(flights.len(), 1, "an old ticket does not end a new flight");
    }
}
