//! Years of requests in seconds: the engine against providers that fail as real ones do, on a clock that jumps and with
//! chance from a seed. `SIMULATED_REQUESTS` and `SIMULATED_SEEDS` set how many.

#![expect(clippy::print_stdout, reason = "the figures of a simulation are what it is for")]

mod world;

use std::sync::atomic::Ordering;

use futures_util::FutureExt;

use self::world::{Faults, World, exponential};
use super::super::*;
use super::scripted::facts;
use crate::domain::{Answerer, Origin, ShellKind};
use crate::resilience::SingleFlight;
use crate::validate::{Policy, judge};

const DEADLINE: Duration = Duration::from_secs(8);
/// One in so many arrivals is several shells at once.
const BURST_EVERY: u64 = 25;
const BURST: usize = 8;

const USUAL: Faults = Faults { transient: 0.01, outage: 0.003, network: 0.0002, providers: 2, first_only: false, limited: 0.0 };
const NONE: Faults = Faults { transient: 0.0, outage: 0.0, network: 0.0, ..USUAL };

/// Takes every answer for the same command, which passed the gate once.
struct Same(Suggestion);

impl Acceptance for Same {
    fn read(&self, answer: &RawAnswer, from: Answerer) -> Result<Candidate, AttemptError> {
        Ok(Candidate { command: answer.text.clone(), holes: Vec::new(), reading: None, origin: Origin::Provider(from), confidence: 0.8 })
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
        let candidate = Candidate {
            command: "ls".into(),
            holes: Vec::new(),
            reading: None,
            origin: Origin::Provider(Answerer::named("a")),
            confidence: 0.8,
        };
        let suggestion = judge(&candidate, &Policy::new(ShellKind::Bash)).unwrap();
        Arc::new(Self {
            engine: Arc::new(Engine::new(Arc::default(), false, 16, seed)),
            providers: (0..world.faults.providers).map(|index| world.provider(index)).collect(),
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
            track: Track::default(),
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
