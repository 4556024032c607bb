//! What becomes of answers as they age.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_aged_answer_is_given_at_once_and_made_anew_for_next_time() {
    let mut bench = Bench::new("echo one");
    bench.best(UNKNOWN).await;
    bench.now += 31 * DAY;
    bench.set(Ok("echo two"));
    assert_eq!(bench.best(UNKNOWN).await, given("echo one", Via::Stale));
    settle().await;
    assert_eq!(bench.provider.count(), 2);
    assert_eq!(bench.best(UNKNOWN).await, given("echo two", Via::Cache));
}

#[tokio::test(start_paused = true)]
async fn an_aged_answer_is_made_anew_at_most_once_an_hour() {
    let mut bench = Bench::new("echo one");
    bench.best(UNKNOWN).await;
    bench.now += 31 * DAY;
    bench.set(Err(FailureClass::Auth));
    for _ in 0..5 {
        assert_eq!(bench.best(UNKNOWN).await, given("echo one", Via::Stale));
        settle().await;
    }
    assert_eq!(bench.provider.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_old_answer_is_used_only_when_the_provider_fails() {
    let mut bench = Bench::new("echo one");
    bench.best(UNKNOWN).await;
    bench.now += 61 * DAY;
    bench.set(Err(FailureClass::Transient));
    assert_eq!(bench.best(UNKNOWN).await, given("echo one", Via::Stale));
    bench.set(Ok("echo two"));
    assert_eq!(bench.best(UNKNOWN).await, given("echo two", Via::Live));
    bench.now += 181 * DAY;
    bench.set(Err(FailureClass::Auth));
    let reply = bench.ask(&bench.request(UNKNOWN)).await;
    assert!(reply.offers.is_empty(), "past the stale period an answer is gone");
    assert_eq!(reply.remarks, ["scripted: scripted failure"]);
}

#[tokio::test(start_paused = true)]
async fn an_aged_answer_that_could_do_harm_is_not_given_at_once() {
    let mut bench = Bench::new("rm -rf ./build");
    bench.best(UNKNOWN).await;
    bench.now += 31 * DAY;
    bench.set(Ok("echo two"));
    assert_eq!(bench.best(UNKNOWN).await, given("echo two", Via::Live));
}

#[tokio::test(start_paused = true)]
async fn an_answer_about_here_ages_within_a_day() {
    let mut bench = Bench::new("echo one");
    bench.best("frobnicate the quux in this folder").await;
    bench.now += 2 * DAY;
    bench.best("frobnicate the quux in this folder").await;
    assert_eq!(bench.provider.count(), 2);
}
