//! What calls cost, and that they are not made when it is too much.

use super::*;
use crate::domain::{Money, Usage};
use crate::stats::FileLedger;
use crate::suggest::ports::{Caps, Ledger, RawAnswer};

/// A bench whose provider takes tokens of which nobody knows the price; with a cap on tokens.
fn bench(cap: u64) -> (Bench, Arc<FileLedger>) {
    let bench = Bench::new("ls");
    let ledger = Arc::new(FileLedger::new(None));
    bench.pipeline.count_in(Arc::clone(&ledger) as _);
    let caps = Caps { day_tokens: Some(cap), day: Some(Money(1)), month: None };
    bench.pipeline.reconfigure(OnlineSettings { caps, user_per_minute: 0, session_per_minute: 0, ..OnlineSettings::default() });
    (bench, ledger)
}

fn decisions(bench: &Bench, decision: &str) -> u64 {
    let series = format!("gptos_ratelimit_decisions_total{{scope=\"spend\",decision=\"{decision}\"}}");
    bench.pipeline.counts().get(&series).copied().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_cap_that_is_reached_leaves_the_answer_to_this_machine_and_says_so_once() {
    let (bench, _) = bench(1);
    let other = Scripted::new("other", &[(0, Ok("ls"))]);
    let providers: [Arc<dyn Provider>; 2] = [Arc::clone(&bench.provider) as _, Arc::clone(&other) as _];
    let request = bench.request(UNKNOWN);
    let Outcome::Reply(reply) = bench.pipeline.suggest(&request, &providers, &WaitingFor::default()).await else { panic!("a reply") };
    let remarks: Vec<String> = reply.remarks.iter().map(ToString::to_string).collect();
    assert_eq!(remarks.len(), 1, "{remarks:?}");
    assert!(remarks[0].starts_with("no provider is asked until midnight") && remarks[0].contains("`gptos config set spend.day_tokens 2`"));
    assert_eq!((bench.provider.count(), other.count()), (0, 0));
    assert_eq!((decisions(&bench, "deny"), decisions(&bench, "allow")), (2, 0));
    let known = bench.best(KNOWN).await.expect("this machine knows it");
    assert_eq!(known.1, Via::Live);
    let health = bench.pipeline.health(&providers);
    assert!(health.endpoints.iter().all(|endpoint| endpoint.last_error.is_none()), "nobody is to blame: {health:?}");
}

#[tokio::test(start_paused = true)]
async fn what_a_call_did_not_take_may_be_spent_again() {
    // A call may take some hundreds of tokens, and takes 30.
    let answering =
        Scripted::doing("told", |_| async { Ok(RawAnswer { usage: Some(Usage { input: 20, output: 10 }), ..plain(json("ls")) }) }.boxed());
    let (bench, ledger) = bench(3000);
    for number in 0..40 {
        let reply = bench.ask_of(Arc::clone(&answering) as _, &bench.request(&format!("{UNKNOWN} {number}"))).await;
        assert_eq!(reply.offers.len(), 1, "question {number}: {:?}", reply.remarks);
        ledger.write(true);
    }
    assert_eq!((decisions(&bench, "deny"), decisions(&bench, "allow")), (0, 40));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_before_it_is_answered_costs_nothing_and_one_that_is_dropped_all_it_may() {
    let (bench, ledger) = bench(3000);
    for number in 0..20 {
        bench.set(Err(FailureClass::Request));
        bench.ask(&bench.request(&format!("{UNKNOWN} {number}"))).await;
        ledger.write(true);
    }
    assert_eq!(decisions(&bench, "deny"), 0);
    let silent = Scripted::doing("silent", |_| std::future::pending().boxed());
    for number in 0..20 {
        let request = Request { use_cache: false, ..bench.request(&format!("{UNKNOWN} again {number}")) };
        let provider: Arc<dyn Provider> = Arc::clone(&silent) as _;
        let waiting = WaitingFor::default();
        let asked = bench.pipeline.suggest(&request, std::slice::from_ref(&provider), &waiting);
        let _ = tokio::time::timeout(Duration::from_millis(100), Box::pin(asked)).await;
    }
    assert!(decisions(&bench, "deny") > 0 && silent.count() > 0);
}
