//! Many who ask at once, limits, sleep and what goes wrong inside.

use super::*;
use crate::domain::Risk;
use crate::validate::{CustomRule, CustomRules};

#[tokio::test(start_paused = true)]
async fn those_who_ask_the_same_at_the_same_time_share_one_call() {
    let bench = Arc::new(Bench::new("echo one"));
    bench.provider.answers(500, Ok(json("echo one")));
    let asked: Vec<_> = (0..10)
        .map(|number| {
            let bench = Arc::clone(&bench);
            let words = if number < 9 { UNKNOWN } else { "frobnicate another quux" };
            tokio::spawn(async move { bench.best(words).await })
        })
        .collect();
    asked[0].abort();
    for task in asked.into_iter().skip(1) {
        assert_eq!(task.await.unwrap(), given("echo one", Via::Live), "although the first one gave up");
    }
    assert_eq!(bench.provider.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn those_who_are_judged_by_other_rules_share_no_call() {
    let bench = Arc::new(Bench::new("echo one"));
    bench.provider.answers(500, Ok(json("echo one")));
    let rule = CustomRule {
        id: "no-echo".to_owned(),
        programs: vec!["echo".to_owned()],
        sub: Vec::new(),
        flags: Vec::new(),
        without: Vec::new(),
        contains: Vec::new(),
        target: None,
        risk: Risk::Critical,
        reason: "the project says so".to_owned(),
        safer: None,
    };
    let rules = [Arc::default(), Arc::new(CustomRules::new(Vec::new(), vec![rule]).unwrap())];
    let asked = rules.map(|rules| {
        let bench = Arc::clone(&bench);
        tokio::spawn(async move { bench.ask(&Request { rules, ..bench.request(UNKNOWN) }).await })
    });
    let mut risks = Vec::new();
    for task in asked {
        risks.push(task.await.unwrap().offers[0].suggestion.risk());
    }
    assert_eq!(risks, [Risk::None, Risk::Critical]);
}

#[tokio::test(start_paused = true)]
async fn after_a_sleep_connections_are_dropped_and_nothing_is_held_against_anybody() {
    let mut bench = Bench::new("echo one");
    bench.set(Err(FailureClass::Auth));
    for number in 0..3 {
        bench.best(&format!("frobnicate quux {number}")).await;
        bench.now += Duration::from_secs(1);
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    assert_eq!((bench.provider.count(), bench.provider.resumed.load(Ordering::Relaxed)), (1, 0));
    bench.now += Duration::from_secs(8 * 3600);
    bench.set(Ok("echo two"));
    assert_eq!(bench.best("frobnicate quux 9").await, given("echo two", Via::Live));
    assert_eq!(bench.provider.resumed.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn words_that_were_rejected_are_not_sent_again_for_a_while() {
    let bench = Bench::new("echo one");
    bench.set(Err(FailureClass::Refusal));
    for _ in 0..3 {
        assert_eq!(bench.ask(&bench.request(UNKNOWN)).await.remarks, ["scripted: scripted failure"]);
    }
    assert_eq!(bench.provider.count(), 1);
    let fresh = Request { mode: Mode::Fresh, ..bench.request(UNKNOWN) };
    bench.ask(&fresh).await;
    assert_eq!(bench.provider.count(), 2, "`???` asks all the same");
    tokio::time::advance(Duration::from_secs(601)).await;
    bench.set(Ok("echo two"));
    assert_eq!(bench.best(UNKNOWN).await, given("echo two", Via::Live));
}

#[tokio::test(start_paused = true)]
async fn limits_count_calls_to_providers_and_a_batch_waits_instead() {
    let bench = Bench::new("echo one");
    let mut refused = 0;
    for number in 0..15 {
        let request = bench.request(&format!("frobnicate quux {number}"));
        refused += usize::from(bench.ask(&request).await.offers.is_empty());
    }
    assert_eq!((bench.provider.count(), refused), (10, 5));
    assert_eq!(bench.best("frobnicate quux 3").await, given("echo one", Via::Cache), "what is kept is no call");
    let other = Request { session: 2, ..bench.request("frobnicate quux 14") };
    assert_eq!(bench.ask(&other).await.offers.len(), 1, "another shell has its own limit");
    for number in 0..30 {
        let request = Request { patient: true, ..bench.request(&format!("frobnicate quux in batch {number}")) };
        assert_eq!(bench.ask(&request).await.offers.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn more_than_may_wait_get_what_is_known_here_and_a_batch_gets_its_turn() {
    let settings = OnlineSettings { most_in_flight: 3, user_per_minute: 0, session_per_minute: 0, ..OnlineSettings::default() };
    let bench = Bench::new("echo one");
    bench.pipeline.reconfigure(settings);
    bench.provider.answers(500, Ok(json("echo one")));
    let bench = Arc::new(bench);
    for (patient, answered) in [(false, 3), (true, 40)] {
        let asked: Vec<_> = (0..40)
            .map(|number| {
                let bench = Arc::clone(&bench);
                let request = Request { patient, ..bench.request(&format!("frobnicate quux {patient} {number}")) };
                tokio::spawn(async move { bench.ask(&request).await.offers.len() })
            })
            .collect();
        let mut count = 0;
        for task in asked {
            count += task.await.unwrap();
        }
        assert_eq!(count, answered, "{patient}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_costs_one_request_its_answer_and_nobody_else_anything() {
    let bench = Arc::new(Bench::new("echo one"));
    let panicking = Scripted::doing("panicking", |_| async { panic!("on purpose") }.boxed());
    for _ in 0..3 {
        let reply = bench.ask_of(Arc::clone(&panicking) as _, &bench.request(UNKNOWN)).await;
        assert!(reply.offers.is_empty() && reply.remarks.len() == 1, "{reply:?}");
    }
    assert_eq!(bench.best(UNKNOWN).await, given("echo one", Via::Live));
}
