mod health;
mod scripted;
mod simulation;
mod spans;

use FailureClass::*;

use self::scripted::*;
use super::*;
use crate::domain::Stage;
use crate::suggest::ports::{AttemptLimits, Pace};

const LS: Step = (100, Ok("ls"));

fn down() -> Step {
    (10, Err(Transient))
}

fn engine() -> Arc<Engine> {
    Arc::new(Engine::new(Arc::default(), false, 4, 1))
}

type Seen = Result<String, Vec<(String, FailureClass)>>;

async fn ask(engine: &Arc<Engine>, round: Round) -> Seen {
    let answered = engine.ask(&Arc::new(round)).await;
    answered
        .map(|suggestion| suggestion.origin().label())
        .map_err(|failures| failures.into_iter().map(|(name, error)| (name, error.class)).collect())
}

fn by(name: &str) -> Seen {
    Ok(format!("provider:{name}"))
}

fn failed(failures: &[(&str, FailureClass)]) -> Seen {
    Err(failures.iter().map(|(name, class)| ((*name).to_owned(), class.clone())).collect())
}

fn with_local(round: Round) -> Round {
    Round { has_local: true, ..round }
}

#[tokio::test(start_paused = true)]
async fn the_first_answer_wins_and_no_other_is_asked() {
    let providers = [Scripted::new("a", &[LS]), Scripted::new("b", &[LS])];
    let start = Instant::now();
    assert_eq!(ask(&engine(), round(&providers, 8000)).await, by("a"));
    assert_eq!((start.elapsed(), providers[1].count()), (Duration::from_millis(100), 0));
}

#[tokio::test(start_paused = true)]
async fn each_failure_leads_to_the_next_after_as_many_calls_as_it_allows() {
    let limited = |ms| RateLimited { retry_after: Some(Duration::from_millis(ms)) };
    for (class, calls) in [
        (Transient, 2),
        (Unsent, 2),
        (Overloaded, 1),
        (limited(60_000), 1),
        (limited(200), 2),
        (RateLimited { retry_after: None }, 1),
        (Quota, 1),
        (Auth, 1),
        (Config, 1),
        (Request, 1),
        (Malformed, 2),
        (Truncated, 2),
        (Slow(Stage::FirstChunk), 1),
        (Tls, 1),
    ] {
        let providers = [Scripted::new("a", &[(10, Err(class.clone()))]), Scripted::new("b", &[LS])];
        assert_eq!(ask(&engine(), round(&providers, 8000)).await, by("b"), "{class:?}");
        assert_eq!(providers[0].count(), calls, "{class:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_that_declines_ends_the_round() {
    let providers = [Scripted::new("a", &[(10, Err(Config))]), Scripted::new("b", &[(10, Err(Refusal))]), Scripted::new("c", &[LS])];
    assert_eq!(ask(&engine(), round(&providers, 8000)).await, failed(&[("a", Config), ("b", Refusal)]));
    assert_eq!(providers[2].count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_missing_network_is_found_out_once_and_blames_nobody() {
    let providers = [Scripted::new("a", &[(10, Err(LocalNetwork))]), Scripted::new("b", &[LS])];
    let engine = engine();
    for _ in 0..5 {
        assert_eq!(ask(&engine, with_local(round(&providers, 8000))).await, failed(&[("a", LocalNetwork), ("b", LocalNetwork)]));
    }
    assert_eq!((providers[0].count(), providers[1].count()), (1, 0));
    tokio::time::advance(Duration::from_secs(2)).await;
    providers[0].now_does(&[LS]);
    assert_eq!(ask(&engine, with_local(round(&providers, 8000))).await, by("a"), "its breaker stayed closed");
}

#[tokio::test(start_paused = true)]
async fn limits_shrink_with_what_remains() {
    let ms = Duration::from_millis;
    let late = (60_000, Ok("ls"));
    let providers: Vec<_> = ["a", "b", "c"].map(|name| Scripted::new(name, std::slice::from_ref(&late))).to_vec();
    let slow = Slow(Stage::FirstChunk);
    assert_eq!(ask(&engine(), round(&providers, 8000)).await, failed(&["a", "b", "c"].map(|name| (name, slow.clone()))));
    let made: Vec<_> = providers.iter().flat_map(|provider| provider.calls.lock().unwrap().clone()).collect();
    let limits = |connect, first_chunk, gap, total| AttemptLimits {
        connect: ms(connect),
        first_chunk: ms(first_chunk),
        gap: ms(gap),
        total: ms(total),
    };
    assert_eq!(made, [limits(1000, 2500, 1000, 4000), limits(1000, 2000, 1000, 4000), limits(1000, 3500, 2500, 3500)]);

    let local = Scripted::with_pace("local", Pace::Loopback, &[(7000, Ok("ls"))]);
    assert_eq!(ask(&engine(), round(&[Arc::clone(&local)], 8000)).await, by("local"));
    assert_eq!(local.calls.lock().unwrap()[..], [limits(250, 8000, 4000, 8000)]);
}

#[tokio::test(start_paused = true)]
async fn a_call_without_enough_time_is_not_made() {
    for (deadline, calls) in [(299, 0), (301, 1)] {
        let provider = Scripted::new("a", &[(0, Err(Auth))]);
        let class = if calls == 0 { Slow(Stage::Total) } else { Auth };
        assert_eq!(ask(&engine(), round(&[Arc::clone(&provider)], deadline)).await, failed(&[("a", class)]));
        assert_eq!(provider.count(), calls, "{deadline}");
    }
    assert_eq!(ask(&engine(), round(&[], 8000)).await, failed(&[]));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_not_admitted_is_skipped() {
    let providers = [Scripted::new("a", &[LS]), Scripted::new("b", &[LS])];
    let round = Round { acceptance: Arc::new(Lenient { barred: &["a"] }), ..round(&providers, 8000) };
    assert_eq!(ask(&engine(), round).await, by("b"));
    assert_eq!(providers[0].count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_primary_that_is_down_for_good_costs_nothing_from_the_fourth_request_on() {
    let providers = [Scripted::new("a", &[(60_000, Ok("ls"))]), Scripted::new("b", &[LS])];
    let engine = engine();
    for number in 1..=40 {
        let start = Instant::now();
        assert_eq!(ask(&engine, round(&providers, 8000)).await, by("b"));
        if number > 3 {
            assert_eq!(start.elapsed(), Duration::from_millis(100), "request {number}");
        }
        tokio::time::advance(Duration::from_secs(3)).await;
    }
    // Probes come further and further apart: 5, 10, 20, 40, 60 s.
    assert!((6..=9).contains(&providers[0].count()), "{}", providers[0].count());
    providers[0].now_does(&[LS]);
    tokio::time::advance(Duration::from_secs(72)).await;
    ask(&engine, round(&providers, 8000)).await.unwrap();
    tokio::time::advance(Duration::from_millis(200)).await;
    assert_eq!(ask(&engine, round(&providers, 8000)).await, by("a"), "used again within one open period");
}

#[tokio::test(start_paused = true)]
async fn exactly_one_probe_goes_to_an_endpoint_in_trouble() {
    let providers = [Scripted::new("a", &[down()]), Scripted::new("b", &[LS])];
    let engine = engine();
    for _ in 0..3 {
        ask(&engine, round(&providers, 8000)).await.unwrap();
    }
    let before = providers[0].count();
    providers[0].now_does(&[(1000, Ok("ls"))]);
    tokio::time::advance(Duration::from_secs(7)).await;
    let asked = (0..20).map(|_| {
        let (engine, round) = (Arc::clone(&engine), Arc::new(round(&providers, 8000)));
        tokio::spawn(async move { engine.ask(&round).await.unwrap() })
    });
    for task in asked.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(providers[0].count() - before, 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_given_up_frees_the_probe() {
    let providers = [Scripted::new("a", &[down()])];
    let engine = engine();
    for _ in 0..2 {
        ask(&engine, with_local(round(&providers, 8000))).await.unwrap_err();
    }
    providers[0].now_does(&[(1000, Ok("ls"))]);
    tokio::time::advance(Duration::from_secs(7)).await;
    let given_up = tokio::time::timeout(Duration::from_millis(10), ask(&engine, with_local(round(&providers, 8000)))).await;
    assert!(given_up.is_err());
    assert_eq!(ask(&engine, with_local(round(&providers, 8000))).await, by("a"));
}

#[tokio::test(start_paused = true)]
async fn the_only_source_is_asked_up_to_six_times_while_it_was_well_of_late() {
    let alone = [Scripted::new("a", &[down(), down(), down(), down(), down(), LS])];
    assert_eq!(ask(&engine(), round(&alone, 8000)).await, by("a"));
    assert_eq!(alone[0].count(), 6);
    // With something local to fall back on there is no need.
    let other = [Scripted::new("a", &[down()])];
    assert!(ask(&engine(), with_local(round(&other, 8000))).await.is_err());
    assert_eq!(other[0].count(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_only_source_in_an_outage_is_asked_once_for_each_request() {
    let alone = [Scripted::new("a", &[down()])];
    let engine = engine();
    let mut calls = Vec::new();
    for _ in 0..20 {
        let before = alone[0].count();
        assert!(ask(&engine, round(&alone, 8000)).await.is_err());
        calls.push(alone[0].count() - before);
        tokio::time::advance(Duration::from_secs(30)).await;
    }
    assert_eq!(calls[..3], [6, 6, 6]);
    assert!(calls[4..].iter().all(|calls| *calls == 1), "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn retries_stop_when_the_budget_is_spent() {
    let limit = || (0, Err(RateLimited { retry_after: Some(Duration::from_millis(200)) }));
    let providers = [Scripted::new("a", &[LS]), Scripted::new("b", &[LS])];
    let engine = engine();
    for _ in 0..100 {
        providers[0].now_does(&[limit(), LS]);
        ask(&engine, round(&providers, 8000)).await.unwrap();
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    let calls = providers[0].count();
    assert!(engine.seen(&[]).retry_budget < 2.0, "what is left of it is told");
    assert!((128..=130).contains(&calls), "a retry for one in five requests, and ten at the start: {calls}");
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_the_only_source_is_waited_for_and_elsewhere_it_is_not() {
    let limit = (0, Err(RateLimited { retry_after: Some(Duration::from_secs(2)) }));
    let alone = [Scripted::new("a", &[limit.clone(), LS])];
    let start = Instant::now();
    assert_eq!(ask(&engine(), round(&alone, 8000)).await, by("a"));
    assert_eq!(start.elapsed(), Duration::from_millis(2100));
    let two = [Scripted::new("a", &[limit]), Scripted::new("b", &[LS])];
    let start = Instant::now();
    let engine = engine();
    assert_eq!(ask(&engine, round(&two, 8000)).await, by("b"));
    assert_eq!(ask(&engine, round(&two, 8000)).await, by("b"));
    assert_eq!((start.elapsed(), two[0].count()), (Duration::from_millis(200), 1), "its limit is remembered");
}

#[tokio::test(start_paused = true)]
async fn silence_of_a_quick_only_source_is_a_dead_connection() {
    let alone = [Scripted::new("a", &[LS])];
    let engine = engine();
    for _ in 0..5 {
        ask(&engine, round(&alone, 8000)).await.unwrap();
    }
    alone[0].now_does(&[(60_000, Ok("ls")), LS]);
    let start = Instant::now();
    assert_eq!(ask(&engine, round(&alone, 8000)).await, by("a"));
    assert!(start.elapsed() < Duration::from_millis(1500), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_model_that_is_loading_is_passed_over_while_somebody_else_can_answer() {
    let loading = |name| {
        let provider = Scripted::with_pace(name, Pace::Loopback, &[(6000, Ok("ls"))]);
        provider.loads_within(usize::MAX);
        provider
    };
    let providers = [loading("local"), Scripted::new("b", &[LS])];
    assert_eq!(ask(&engine(), round(&providers, 8000)).await, by("b"));
    assert_eq!(providers[0].count(), 0);
    let alone = [loading("local")];
    alone[0].loads_within(20);
    let start = Instant::now();
    assert_eq!(ask(&engine(), round(&alone, 30_000)).await, by("local"), "nobody else could answer");
    assert_eq!(start.elapsed().as_millis(), 11_000, "five seconds of loading, six of answering");
    let endless = [loading("local")];
    assert_eq!(ask(&engine(), round(&endless, 8000)).await, failed(&[("local", Overloaded)]));
}

#[tokio::test(start_paused = true)]
async fn a_slow_provider_is_hedged_only_when_that_is_wanted() {
    for (hedges, expected, waited) in [(true, by("b"), 2100), (false, by("a"), 2400)] {
        let providers = [Scripted::new("a", &[(2400, Ok("ls"))]), Scripted::new("b", &[LS])];
        let start = Instant::now();
        assert_eq!(ask(&Arc::new(Engine::new(Arc::default(), hedges, 4, 1)), round(&providers, 8000)).await, expected);
        assert_eq!(start.elapsed().as_millis(), waited);
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(providers[0].finished.load(std::sync::atomic::Ordering::Relaxed), usize::from(!hedges), "the loser is given up");
    }
}

#[tokio::test(start_paused = true)]
async fn no_hedge_is_sent_within_a_minute_of_a_limit() {
    let limit = (0, Err(RateLimited { retry_after: Some(Duration::from_secs(1)) }));
    let providers = [Scripted::new("a", &[limit, (2400, Ok("ls"))]), Scripted::new("b", &[LS])];
    let engine = Arc::new(Engine::new(Arc::default(), true, 4, 1));
    for (wait, expected) in [(0, by("b")), (30, by("a")), (31, by("b"))] {
        tokio::time::advance(Duration::from_secs(wait)).await;
        assert_eq!(ask(&engine, round(&providers, 8000)).await, expected, "after {wait} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_endpoint_cannot_take_all_places() {
    let providers = [Scripted::new("a", &[(2000, Ok("ls"))]), Scripted::new("b", &[(10, Ok("ls"))])];
    let engine = engine();
    let tasks: Vec<_> = (0..12)
        .map(|_| {
            let (engine, round) = (Arc::clone(&engine), Arc::new(round(&providers, 8000)));
            tokio::spawn(async move { engine.ask(&round).await.unwrap().origin().label() })
        })
        .collect();
    let mut names = Vec::new();
    for task in tasks {
        names.push(task.await.unwrap());
    }
    assert_eq!(names.iter().filter(|name| *name == "provider:a").count(), 4);
    assert_eq!(names.iter().filter(|name| *name == "provider:b").count(), 8);
}

#[tokio::test(start_paused = true)]
async fn a_changed_configuration_clears_what_was_held_against_a_provider() {
    let providers = [Scripted::new("a", &[(0, Err(Auth))]), Scripted::new("b", &[LS])];
    let engine = engine();
    for _ in 0..5 {
        ask(&engine, round(&providers, 8000)).await.unwrap();
    }
    assert_eq!(providers[0].count(), 1);
    providers[0].now_does(&[LS]);
    engine.forget();
    assert_eq!(ask(&engine, round(&providers, 8000)).await, by("a"));
}

fn unseen(round: Round) -> Round {
    Round { urgency: Urgency::Nobody, ..round }
}

#[tokio::test(start_paused = true)]
async fn for_nobody_one_call_is_made_and_only_to_one_that_is_well() {
    let engine = Arc::new(Engine::new(Arc::default(), true, 4, 1));
    let providers = [Scripted::new("a", &[down()]), Scripted::new("b", &[LS])];
    assert_eq!(ask(&engine, unseen(round(&providers, 8000))).await, failed(&[("a", Transient), ("b", Transient)]));
    assert_eq!((providers[0].count(), providers[1].count()), (1, 0), "no second attempt and nobody else");
    providers[0].now_does(&[(7000, Ok("ls"))]);
    assert_eq!(ask(&engine, unseen(round(&providers, 8000))).await, failed(&[("a", Slow(Stage::FirstChunk)), ("b", Transient)]));
    assert_eq!(providers[1].count(), 0, "no hedge");
    providers[0].now_does(&[down()]);
    assert_eq!(ask(&engine, round(&providers, 8000)).await, by("b"));
    let calls = providers[0].count();
    providers[0].now_does(&[LS]);
    tokio::time::advance(Duration::from_secs(120)).await;
    assert_eq!(ask(&engine, unseen(round(&providers, 8000))).await, by("b"), "one in trouble is left to those who wait");
    assert_eq!(providers[0].count(), calls);
    assert_eq!(ask(&engine, round(&providers, 8000)).await.map(drop), Ok(()));
    assert_eq!(providers[0].count(), calls + 1, "for whom it is tried");
}

#[tokio::test(start_paused = true)]
async fn slow_calls_and_a_lost_network_leave_nothing_for_nobody() {
    let engine = engine();
    for name in ["a", "b", "c", "d"] {
        assert!(engine.is_calm(), "before {name}");
        let _ = ask(&engine, with_local(round(&[Scripted::new(name, &[(9000, Ok("ls"))])], 8000))).await;
    }
    assert!(!engine.is_calm());
    let engine = self::engine();
    for name in ["a", "b", "c", "d", "e", "f"] {
        let _ = ask(&engine, unseen(round(&[Scripted::new(name, &[(9000, Ok("ls"))])], 8000))).await;
    }
    assert!(engine.is_calm(), "what nobody waited for costs those who wait nothing");
    let _ = ask(&engine, round(&[Scripted::new("a", &[(10, Err(LocalNetwork))])], 8000)).await;
    assert!(!engine.is_calm());
    tokio::time::advance(Duration::from_secs(2)).await;
    assert!(engine.is_calm());
}
