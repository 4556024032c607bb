//! Models on this machine that were in trouble and are back.

use super::*;
use crate::domain::Answerer;

#[tokio::test(start_paused = true)]
async fn a_model_here_that_is_back_is_asked_before_its_time_is_over_and_one_elsewhere_is_left_alone() {
    let bench = Arc::new(Bench::new("unused"));
    bench.pipeline.reconfigure(OnlineSettings { user_per_minute: 0, session_per_minute: 0, ..OnlineSettings::default() });
    let failing = [(10, Err(FailureClass::Transient))];
    let here = Scripted::with_pace("here", Pace::Loopback, &failing);
    let elsewhere = Scripted::new("elsewhere", &failing);
    let both: [Arc<dyn Provider>; 2] = [Arc::clone(&here) as _, Arc::clone(&elsewhere) as _];
    let watcher = tokio::spawn({
        let (bench, both) = (Arc::clone(&bench), both.to_vec());
        async move { bench.pipeline.look_after(|| both.clone()).await }
    });
    // Until both are left alone for 40 seconds or more.
    let waits = || bench.pipeline.health(&both).endpoints.into_iter().filter_map(|endpoint| endpoint.retry_in).min().unwrap_or_default();
    for number in 0..3000 {
        let request = bench.request(&format!("frobnicate quux {number}"));
        bench.pipeline.suggest(&request, &both, &WaitingFor::default()).await;
        if waits() > Duration::from_secs(40) {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(waits() > Duration::from_secs(40), "{:?}", bench.pipeline.health(&both));
    let before = here.looks.load(Ordering::Relaxed);
    here.back.store(true, Ordering::Relaxed);
    here.now_does(&[(10, Ok("{\"command\": \"echo one\"}"))]);
    tokio::time::sleep(Duration::from_secs(37)).await;
    assert!(here.looks.load(Ordering::Relaxed) > before);
    let health = bench.pipeline.health(&both).endpoints;
    assert_eq!(health[0].retry_in, Some(Duration::ZERO));
    assert!(health[1].retry_in > Some(Duration::ZERO));
    assert_eq!(elsewhere.looks.load(Ordering::Relaxed), 0);
    let (request, calls) = (bench.request(UNKNOWN), elsewhere.count());
    let Outcome::Reply(reply) = bench.pipeline.suggest(&request, &both, &WaitingFor::default()).await else { panic!("a reply") };
    assert_eq!(reply.offers[0].suggestion.origin(), &Origin::Provider(Answerer { model: Some("m".to_owned()), ..Answerer::named("here") }));
    assert_eq!(elsewhere.count(), calls);
    watcher.abort();
    assert!(watcher.await.is_err_and(|error| error.is_cancelled()), "it goes on until it is ended");
}
