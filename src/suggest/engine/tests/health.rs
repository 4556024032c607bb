//! What is remembered of the endpoints, and what follows from it.

use std::sync::atomic::Ordering::Relaxed;

use futures_util::FutureExt;

use super::*;
use crate::domain::EndpointState;

/// Answers after `whole`, of which the first piece comes after `first`.
fn streaming(name: &'static str, first: Duration, whole: Duration) -> Arc<Scripted> {
    Scripted::doing(name, move |call| {
        async move {
            tokio::time::sleep(first).await;
            call.heard.tell();
            tokio::time::sleep(whole - first).await;
            Ok(RawAnswer { first_chunk: Some(first), ..plain("ls") })
        }
        .boxed()
    })
}

#[tokio::test(start_paused = true)]
async fn patience_follows_first_pieces_and_not_whole_answers() {
    let ms = Duration::from_millis;
    let providers = [streaming("a", ms(450), ms(2200)), Scripted::new("b", &[LS])];
    let engine = engine();
    for _ in 0..6 {
        assert_eq!(ask(&engine, round(&providers, 8000)).await, by("a"));
    }
    let limits = providers[0].calls.lock().unwrap().last().unwrap().first_chunk;
    assert_eq!(limits, ms(1350), "three times the usual wait for a first piece");
    let health = &engine.seen(&[Arc::clone(&providers[0]) as _]).endpoints[0];
    assert_eq!((health.p50, health.p95), (Some(ms(450)), Some(ms(450))));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_has_begun_is_not_hedged() {
    let ms = Duration::from_millis;
    for (first, expected) in [(1900, by("a")), (2100, by("b"))] {
        let providers = [streaming("a", ms(first), ms(2900)), Scripted::new("b", &[LS])];
        let engine = Arc::new(Engine::new(Arc::default(), true, 4, 1));
        assert_eq!(ask(&engine, round(&providers, 8000)).await, expected, "the first piece after {first} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn each_endpoint_tells_how_it_stands() {
    let second = Duration::from_secs(1);
    let limit = RateLimited { retry_after: Some(7 * second) };
    let providers = [
        Scripted::new("open", &[down()]),
        Scripted::new("limited", &[(10, Err(limit.clone()))]),
        Scripted::new("overloaded", &[(10, Err(Overloaded))]),
        Scripted::new("quarantined", &[(10, Err(Auth))]),
        Scripted::new("ready", &[LS]),
        Scripted::new("unasked", &[LS]),
    ];
    let shown: Vec<_> = providers.iter().map(|provider| Arc::clone(provider) as Arc<dyn Provider>).collect();
    let engine = engine();
    // Three calls a request at most, so each is asked on its own, with something local to fall back on.
    for provider in &providers[..5] {
        for _ in 0..3 {
            let _ = ask(&engine, with_local(round(&[Arc::clone(provider)], 8000))).await;
        }
    }
    tokio::time::advance(second).await;
    let health = engine.seen(&shown);
    let states: Vec<_> = health.endpoints.iter().map(|endpoint| endpoint.state).collect();
    use EndpointState::{Limited, Open, Quarantined, Ready, Unasked};
    assert_eq!(states, [Open, Limited, EndpointState::Overloaded, Quarantined, Ready, Unasked]);
    let errors: Vec<_> = health.endpoints.iter().map(|endpoint| endpoint.last_error.clone().map(|(class, _)| class)).collect();
    assert_eq!(errors, [Some(Transient), Some(limit), Some(Overloaded), Some(Auth), None, None]);
    let counts: Vec<_> = health.endpoints.iter().map(|endpoint| (endpoint.calls, endpoint.successes)).collect();
    assert_eq!(counts[1..], [(1, 0), (1, 0), (1, 0), (3, 3), (0, 0)]);
    let [open, limited, .., ready, unasked] = &health.endpoints[..] else { panic!("six") };
    assert!(open.retry_in.is_some_and(|wait| wait < 6 * second) && limited.retry_in.is_some_and(|wait| wait < 7 * second));
    assert_eq!((ready.retry_in, ready.in_flight, unasked.since), (None, 0, None));
    assert!(ready.since.is_some_and(|since| since >= second));
}

#[tokio::test(start_paused = true)]
async fn a_request_given_up_while_a_model_loads_frees_the_probe() {
    let providers = [Scripted::with_pace("a", Pace::Loopback, &[down()]), Scripted::new("b", &[LS])];
    let engine = engine();
    for _ in 0..2 {
        ask(&engine, with_local(round(&providers[..1], 8000))).await.unwrap_err();
    }
    tokio::time::advance(Duration::from_secs(7)).await;
    providers[0].loads_within(usize::MAX);
    let waits = ask(&engine, round(&providers[..1], 30_000));
    assert!(tokio::time::timeout(Duration::from_millis(400), waits).await.is_err(), "it waits for the model");
    let health = &engine.seen(&[Arc::clone(&providers[0]) as _]).endpoints[0];
    assert_eq!((health.state, health.retry_in), (EndpointState::Open, Some(Duration::ZERO)), "the next may probe it");
}

#[tokio::test(start_paused = true)]
async fn only_models_here_that_are_in_trouble_are_looked_after() {
    let [down_here, well_here] =
        [[down()], [LS]].map(|script| Scripted::with_pace(if script[0].1.is_ok() { "w" } else { "d" }, Pace::Loopback, &script));
    let elsewhere = Scripted::new("e", &[down()]);
    let engine = engine();
    let all = [down_here, well_here, elsewhere];
    for provider in &all {
        for _ in 0..3 {
            let _ = ask(&engine, with_local(round(&[Arc::clone(provider)], 8000))).await;
        }
    }
    let shown: Vec<_> = all.iter().map(|provider| Arc::clone(provider) as Arc<dyn Provider>).collect();
    let waits = |engine: &Engine| [0, 2].map(|index| engine.seen(&shown).endpoints[index].retry_in.is_some_and(|wait| !wait.is_zero()));
    engine.look_after(&shown).await;
    assert_eq!(waits(&engine), [true, true], "one that is not back waits on");
    all.iter().for_each(|provider| provider.back.store(true, Relaxed));
    engine.look_after(&shown).await;
    assert_eq!(waits(&engine), [false, true]);
    engine.look_after(&shown).await;
    assert_eq!(all.each_ref().map(|provider| provider.looks.load(Relaxed)), [2, 0, 0], "nor is one asked that may be tried anyway");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_nobody_waits_for_any_more_is_counted_as_that() {
    let providers = [Scripted::new("a", &[(60_000, Ok("ls"))])];
    let engine = engine();
    let asked = tokio::time::timeout(Duration::from_millis(500), ask(&engine, round(&providers, 8000))).await;
    assert!(asked.is_err(), "it was given up");
    let told = |result: &str| {
        engine.metrics.counts().get(&format!("gptos_provider_attempts_total{{provider=\"a\",result=\"{result}\"}}")).copied()
    };
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!((told("cancelled"), told("ok")), (Some(1), None));
    let providers = [Scripted::new("b", &[LS])];
    assert_eq!(ask(&engine, round(&providers, 8000)).await, by("b"));
    assert_eq!(engine.metrics.counts().iter().filter(|(series, _)| series.contains("cancelled")).count(), 1);
}
