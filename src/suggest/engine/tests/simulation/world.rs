//! Providers that fail as real ones do, with chance from a seed.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt;

use super::super::super::*;
use crate::domain::Stage;
use crate::suggest::ports::Call;
use crate::suggest::tests::scripted::{Scripted, plain};

/// A whole answer takes so many times as long as its first piece.
const REST: f64 = 1.4;

/// How a world treats its providers.
#[derive(Clone, Copy)]
pub(super) struct Faults {
    /// Chance that a call fails by itself.
    pub(super) transient: f64,
    /// Share of time that a provider is down, for half an hour at a time.
    pub(super) outage: f64,
    /// Share of time that this machine has no network.
    pub(super) network: f64,
    pub(super) providers: usize,
    /// Whether only the first provider has outages.
    pub(super) first_only: bool,
    /// Chance that a call meets a limit of a fifth of a second.
    pub(super) limited: f64,
}

/// How a provider that is down behaves.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Refuses,
    Hangs,
    CutsOff,
}

struct Outages {
    until: Option<Instant>,
    way: Way,
    next: Instant,
}

pub(super) struct World {
    pub(super) faults: Faults,
    random: Mutex<fastrand::Rng>,
    outages: Vec<Mutex<Outages>>,
    network: Mutex<Outages>,
    pub(super) calls: AtomicUsize,
    /// Calls to providers that were down, and of them those since the engine could have known.
    pub(super) in_outage: AtomicUsize,
    /// When repeated calls came, to see whether they come together.
    under_way: Vec<AtomicUsize>,
    pub(super) most_under_way_when_known: AtomicUsize,
    failures_in_a_row: Vec<AtomicUsize>,
}

pub(super) fn exponential(random: &mut fastrand::Rng, mean: Duration) -> Duration {
    mean.mul_f64(-(1.0 - random.f64()).ln())
}

impl Outages {
    fn new(random: &mut fastrand::Rng, share: f64) -> Self {
        Self { until: None, way: Way::Refuses, next: Instant::now() + Self::pause(random, share) }
    }

    fn pause(random: &mut fastrand::Rng, share: f64) -> Duration {
        if share <= 0.0 {
            return Duration::from_secs(100 * 365 * 24 * 3600);
        }
        exponential(random, Duration::from_secs(1800).mul_f64(1.0 / share))
    }

    fn now(&mut self, random: &mut fastrand::Rng, share: f64) -> Option<Way> {
        let now = Instant::now();
        while now >= self.next {
            self.until = Some(self.next + exponential(random, Duration::from_secs(1800)));
            self.way = [Way::Refuses, Way::Hangs, Way::CutsOff][random.usize(..3)];
            self.next = self.until.unwrap() + Self::pause(random, share);
        }
        self.until.filter(|until| now < *until).map(|_| self.way)
    }
}

impl World {
    pub(super) fn new(faults: Faults, seed: u64) -> Arc<Self> {
        let mut random = fastrand::Rng::with_seed(seed);
        let share = |index| if faults.first_only && index > 0 { 0.0 } else { faults.outage };
        let outages = (0..faults.providers).map(|index| Mutex::new(Outages::new(&mut random, share(index)))).collect();
        Arc::new(Self {
            faults,
            outages,
            network: Mutex::new(Outages::new(&mut random, faults.network)),
            random: Mutex::new(random),
            calls: AtomicUsize::new(0),
            in_outage: AtomicUsize::new(0),
            under_way: (0..faults.providers).map(|_| AtomicUsize::new(0)).collect(),
            most_under_way_when_known: AtomicUsize::new(0),
            failures_in_a_row: (0..faults.providers).map(|_| AtomicUsize::new(0)).collect(),
        })
    }

    fn state(&self, provider: usize) -> (Option<Way>, bool) {
        let mut random = self.random.lock().unwrap();
        let down = self.outages[provider].lock().unwrap().now(&mut random, self.faults.outage);
        let offline = self.network.lock().unwrap().now(&mut random, self.faults.network).is_some();
        (down, offline)
    }

    /// Seconds of a whole answer: a log-normal time of median 0.7 and 95th percentile 1.8, and one in a hundred twelve
    /// times as long.
    fn latency(&self) -> Duration {
        let mut random = self.random.lock().unwrap();
        let (one, two) = (random.f64().max(f64::MIN_POSITIVE), random.f64());
        let normal = (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * two).cos();
        let factor = if random.f64() < 0.01 { 12.0 } else { 1.0 };
        Duration::from_secs_f64((0.7 * (0.574 * normal).exp() * factor).min(60.0))
    }

    fn chance(&self, share: f64) -> bool {
        self.random.lock().unwrap().f64() < share
    }
}

/// Counts a call for as long as it lasts.
struct UnderWay<'a>(&'a AtomicUsize);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl World {
    /// The provider of this number, as far as the engine can tell.
    pub(super) fn provider(self: &Arc<Self>, index: usize) -> Arc<dyn Provider> {
        let world = Arc::clone(self);
        Scripted::doing(["a", "b", "c"][index], move |call| {
            let world = Arc::clone(&world);
            async move { world.answer(index, call).await }.boxed()
        })
    }

    async fn answer(&self, index: usize, call: Call<'_>) -> Result<RawAnswer, AttemptError> {
        let world = self;
        world.calls.fetch_add(1, Ordering::Relaxed);
        let before = world.under_way[index].fetch_add(1, Ordering::Relaxed);
        let _under_way = UnderWay(&world.under_way[index]);
        let (down, offline) = world.state(index);
        let row = &world.failures_in_a_row[index];
        if down.is_some() {
            world.in_outage.fetch_add(1, Ordering::Relaxed);
            if row.load(Ordering::Relaxed) >= 12 {
                world.most_under_way_when_known.fetch_max(before + 1, Ordering::Relaxed);
            }
        }
        let fail = |class| Err(AttemptError::new(class, "simulated"));
        let answered = async {
            if offline {
                return fail(FailureClass::LocalNetwork);
            }
            match down {
                Some(Way::Refuses) => {
                    tokio::time::sleep(Duration::from_millis(80)).await;
                    return fail(FailureClass::Transient);
                }
                Some(Way::Hangs) => std::future::pending::<()>().await,
                Some(Way::CutsOff) => {
                    tokio::time::sleep(world.latency() / 2).await;
                    return fail(FailureClass::Truncated);
                }
                None => {}
            }
            if world.chance(world.faults.limited) {
                return fail(FailureClass::RateLimited { retry_after: Some(Duration::from_millis(200)) });
            }
            if world.chance(world.faults.transient) {
                tokio::time::sleep(Duration::from_millis(80)).await;
                return fail(FailureClass::Transient);
            }
            let latency = world.latency();
            let first_chunk = latency.div_f64(REST);
            tokio::time::sleep(first_chunk).await;
            call.heard.tell();
            tokio::time::sleep(latency - first_chunk).await;
            Ok(RawAnswer { first_chunk: Some(first_chunk), ..plain("ls") })
        };
        let limit = call.limits.first_chunk.mul_f64(REST).min(call.limits.total);
        let result = match tokio::time::timeout(limit, answered).await {
            Ok(result) => result,
            Err(_) => fail(FailureClass::Slow(Stage::FirstChunk)),
        };
        match &result {
            Ok(_) => row.store(0, Ordering::Relaxed),
            Err(_) => drop(row.fetch_add(1, Ordering::Relaxed)),
        }
        result
    }
}
