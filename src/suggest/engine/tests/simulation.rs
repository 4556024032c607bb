//! Years of requests in seconds: the engine against providers that fail as real ones do, on a clock that jumps and with
//! chance from a seed. `SIMULATED_REQUESTS` and `SIMULATED_SEEDS` set how many.

#![expect(clippy::print_stdout, reason = "the figures of a simulation are what it is for")]

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt;

use super::super::*;
use super::scripted::facts;
use crate::domain::{Answerer, Origin, ShellKind};
use crate::resilience::SingleFlight;
use crate::suggest::ports::Call;
use crate::validate::{Policy, judge};

const DEADLINE: Duration = Duration::from_secs(8);
/// One in so many arrivals is several shells at once.
const BURST_EVERY: u64 = 25;
const BURST: usize = 8;

/// How a world treats its providers.
#[derive(Clone, Copy)]
struct Faults {
    /// Chance that a call fails by itself.
    transient: f64,
    /// Share of time that a provider is down, for half an hour at a time.
    outage: f64,
    /// Share of time that this machine has no network.
    network: f64,
    providers: usize,
    /// Whether only the first provider has outages.
    first_only: bool,
    /// Chance that a call meets a limit of a fifth of a second.
    limited: f64,
}

const USUAL: Faults = Faults { transient: 0.01, outage: 0.003, network: 0.0002, providers: 2, first_only: false, limited: 0.0 };
const NONE: Faults = Faults { transient: 0.0, outage: 0.0, network: 0.0, ..USUAL };

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

struct World {
    faults: Faults,
    random: Mutex<fastrand::Rng>,
    outages: Vec<Mutex<Outages>>,
    network: Mutex<Outages>,
    calls: AtomicUsize,
    /// Calls to providers that were down, and of them those since the engine could have known.
    in_outage: AtomicUsize,
    /// When repeated calls came, to see whether they come together.
    under_way: Vec<AtomicUsize>,
    most_under_way_when_known: AtomicUsize,
    failures_in_a_row: Vec<AtomicUsize>,
}

fn exponential(random: &mut fastrand::Rng, mean: Duration) -> Duration {
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
    fn new(faults: Faults, seed: u64) -> Arc<Self> {
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

struct Vendor {
    world: Arc<World>,
    index: usize,
}

/// Counts a call for as long as it lasts.
struct UnderWay<'a>(&'a AtomicUsize);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Vendor {
    async fn answer(&self, call: Call<'_>) -> Result<RawAnswer, AttemptError> {
        let world = &self.world;
        world.calls.fetch_add(1, Ordering::Relaxed);
        let before = world.under_way[self.index].fetch_add(1, Ordering::Relaxed);
        let _under_way = UnderWay(&world.under_way[self.index]);
        let (down, offline) = world.state(self.index);
        let row = &world.failures_in_a_row[self.index];
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
            tokio::time::sleep(world.latency()).await;
            Ok(RawAnswer { text: "ls".to_owned(), model: "m".to_owned(), pause: None })
        };
        // The first chunk of a slow answer comes in the last third of it.
        let limit = call.limits.first_chunk.mul_f64(1.4).min(call.limits.total);
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

impl Provider for Vendor {
    fn name(&self) -> &str {
        ["a", "b", "c"][self.index]
    }

    fn model(&self) -> &str {
        "m"
    }

    fn pace(&self) -> Pace {
        Pace::Remote
    }

    fn endpoint(&self) -> String {
        self.name().to_owned()
    }

    fn key_variables(&self) -> Vec<&str> {
        Vec::new()
    }

    fn ask<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Result<RawAnswer, AttemptError>> {
        self.answer(call).boxed()
    }
}

/// Takes every answer for the same command, which passed the gate once.
struct Same(Suggestion);

impl Acceptance for Same {
    fn read(&self, answer: &RawAnswer, from: Answerer) -> Result<Candidate, AttemptError> {
        Ok(Candidate { command: answer.text.clone(), reading: None, origin: Origin::Provider(from), confidence: 0.8 })
    }

    fn accept(&self, _candidate: Candidate) -> BoxFuture<'_, Result<Suggestion, AttemptError>> {
        std::future::ready(Ok(self.0.clone())).boxed()
    }

    fn admit(&self, _provider: &str) -> bool {
        true
    }
}

#[derive(Default, Debug)]
struct Tally {
    requests: usize,
    answered: usize,
    given_up: usize,
    late: usize,
    times: Vec<Duration>,
}

impl Tally {
    fn share(&self) -> f64 {
        self.answered as f64 / (self.requests - self.given_up) as f64
    }

    fn percentile(&mut self, share: f64) -> Duration {
        self.times.sort_unstable();
        self.times[((self.times.len() - 1) as f64 * share) as usize]
    }
}

type Landed = Result<(), ()>;

struct Bench {
    engine: Arc<Engine>,
    providers: Vec<Arc<dyn Provider>>,
    acceptance: Arc<Same>,
    flights: SingleFlight<u64, Landed>,
}

impl Bench {
    fn new(world: &Arc<World>, seed: u64) -> Arc<Self> {
        let candidate = Candidate { command: "ls".into(), reading: None, origin: Origin::Provider(Answerer::named("a")), confidence: 0.8 };
        let suggestion = judge(&candidate, &Policy::new(ShellKind::Bash)).unwrap();
        let vendor = |index| Arc::new(Vendor { world: Arc::clone(world), index }) as Arc<dyn Provider>;
        Arc::new(Self {
            engine: Arc::new(Engine::new(Arc::default(), false, 16, seed)),
            providers: (0..world.faults.providers).map(vendor).collect(),
            acceptance: Arc::new(Same(suggestion)),
            flights: SingleFlight::new(),
        })
    }

    fn round(&self) -> Arc<Round> {
        Arc::new(Round {
            providers: self.providers.clone(),
            prompt: Prompt { system: "s".into(), user: crate::redact::RedactedText::mask("u"), max_tokens: 200 },
            facts: facts(),
            deadline: Instant::now() + DEADLINE,
            has_local: false,
            urgency: Urgency::Person,
            acceptance: Arc::clone(&self.acceptance) as _,
            waiting: WaitingFor::default(),
        })
    }

    /// One request, shared with whoever asks the same; the answer and the time it took. `None`: no definite outcome.
    async fn ask(&self, words: u64) -> (Option<Landed>, Duration) {
        let start = Instant::now();
        let mut ticket = self.flights.join(words, || {
            let (engine, round) = (Arc::clone(&self.engine), self.round());
            async move { engine.ask(&round).await.map(drop).map_err(drop) }
        });
        (ticket.landed().await, start.elapsed())
    }
}

async fn run(world: &Arc<World>, requests: usize, seed: u64) -> Tally {
    let bench = Bench::new(world, seed);
    let mut random = fastrand::Rng::with_seed(seed ^ 0xa5a5);
    let mut tally = Tally::default();
    let mut number = 0;
    while tally.requests < requests {
        tokio::time::sleep(exponential(&mut random, Duration::from_secs(50))).await;
        number += 1;
        let burst = if number % BURST_EVERY == 0 { BURST } else { 1 };
        let mut tasks = Vec::new();
        for shell in 0..burst {
            // Half of a burst asks the same.
            let words = number * 100 + (shell / 2) as u64;
            let bench = Arc::clone(&bench);
            let task = tokio::spawn(async move { bench.ask(words).await });
            // Some people give up.
            if random.f64() < 0.02 {
                tokio::time::sleep(Duration::from_millis(random.u64(1..400))).await;
                task.abort();
            }
            tasks.push(task);
        }
        for task in tasks {
            tally.requests += 1;
            match task.await {
                Err(error) if error.is_cancelled() => tally.given_up += 1,
                Err(_) => tally.late += 1,
                Ok((outcome, took)) => {
                    tally.late += usize::from(outcome.is_none() || took > DEADLINE + Duration::from_millis(200));
                    tally.answered += usize::from(outcome == Some(Ok(())));
                    tally.times.push(took);
                }
            }
        }
    }
    assert!(bench.flights.is_empty(), "no flight is left over");
    tally
}

fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

#[tokio::test(start_paused = true)]
async fn every_request_ends_in_time_and_nearly_all_with_a_command() {
    let (requests, seeds) = (number("SIMULATED_REQUESTS", 20_000), number("SIMULATED_SEEDS", 1) as u64);
    let mut worst: f64 = 1.0;
    let (mut answered, mut asked) = (0, 0);
    for seed in 1..=seeds {
        let world = World::new(USUAL, seed);
        let mut tally = run(&world, requests, seed).await;
        let calls = world.calls.load(Ordering::Relaxed) as f64 / tally.requests as f64;
        worst = worst.min(tally.share());
        answered += tally.answered;
        asked += tally.requests - tally.given_up;
        let times = [0.5, 0.95, 0.99, 1.0].map(|share| tally.percentile(share).as_millis());
        println!(
            "seed {seed}: answered {:.5}, late {}, calls a request {calls:.3}, p50/p95/p99/max ms {times:?}",
            tally.share(),
            tally.late
        );
        assert_eq!(tally.late, 0, "seed {seed}");
        assert!(calls <= 1.2, "seed {seed}: {calls}");
        assert!(times[1] <= 2500, "seed {seed}: {times:?}");
    }
    let share = answered as f64 / asked as f64;
    println!("answered {share:.6} of {asked}, worst seed {worst:.6}");
    assert!(share >= 0.999, "{share}");
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_fails_now_and_then_is_not_asked_much_more() {
    let requests = number("SIMULATED_REQUESTS", 20_000) / 4;
    let world = World::new(Faults { transient: 0.3, providers: 3, ..NONE }, 3);
    let tally = run(&world, requests, 3).await;
    let per_request = world.calls.load(Ordering::Relaxed) as f64 / tally.requests as f64;
    println!("a third of calls fails: {per_request:.3} calls a request, answered {:.5}", tally.share());
    assert!(per_request <= 1.45, "{per_request}");
    assert!(tally.share() > 0.96, "{}", tally.share());
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_known_to_be_down_gets_one_probe_at_a_time() {
    let world = World::new(Faults { outage: 0.3, first_only: true, ..NONE }, 6);
    let tally = run(&world, 5000, 6).await;
    assert!(tally.share() > 0.99, "{}", tally.share());
    assert!(world.in_outage.load(Ordering::Relaxed) > 300, "there were outages");
    assert_eq!(world.most_under_way_when_known.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_limits_is_not_made_worse() {
    let world = World::new(Faults { limited: 0.9, ..NONE }, 7);
    let tally = run(&world, 5000, 7).await;
    let per_provider = world.calls.load(Ordering::Relaxed) as f64 / tally.requests as f64 / 2.0;
    println!("nine of ten calls meet a limit: {per_provider:.3} calls a request and provider");
    assert!(per_provider <= 1.2, "{per_provider}");
}

#[tokio::test(start_paused = true)]
async fn providers_that_hang_cost_no_more_than_the_deadline() {
    let world = World::new(Faults { outage: 0.5, ..NONE }, 8);
    let tally = run(&world, 3000, 8).await;
    assert_eq!(tally.late, 0);
}

#[tokio::test(start_paused = true)]
async fn in_an_outage_of_everybody_each_request_costs_about_one_call() {
    let world = World::new(Faults { transient: 1.0, ..NONE }, 4);
    let tally = run(&world, 2000, 4).await;
    let per_request = world.calls.load(Ordering::Relaxed) as f64 / tally.requests as f64;
    println!("nobody answers: {per_request:.3} calls a request");
    assert_eq!(tally.answered, 0);
    assert!(per_request <= 1.2, "{per_request}");
}

#[tokio::test(start_paused = true)]
async fn retries_of_many_shells_do_not_come_at_the_same_moment() {
    let engine = Arc::new(Engine::new(Arc::default(), false, 4, 5));
    let waits: std::collections::BTreeSet<_> = (0..100).map(|_| backoff(0, engine.jitter()).as_micros()).collect();
    assert!(waits.len() > 90, "{waits:?}");
}
