//! When what was asked and offered is handed to the trail.

use std::sync::atomic::AtomicUsize;

use super::*;
use crate::suggest::ports::{MakeEvents, Trail, TrailStats};
use crate::suggest::recording::Recorder;

/// A trail that counts what it is handed.
#[derive(Default)]
struct Counts(AtomicUsize);

impl Trail for Counts {
    fn record(&self, make: MakeEvents) {
        self.0.fetch_add(make().len(), Ordering::Relaxed);
    }

    fn record_durably(&self, _: MakeEvents) -> BoxFuture<'_, Result<(), String>> {
        futures_util::future::ready(Ok(())).boxed()
    }

    fn flush(&self, _: Duration) -> bool {
        true
    }

    fn close(&self, _: Duration) {}

    fn stats(&self) -> TrailStats {
        TrailStats::default()
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_there_before_its_record_and_none_goes_without_one() {
    let bench = Bench::new("ls");
    let trail = Arc::new(Counts::default());
    bench.pipeline.audit(Some(Recorder { trail: Arc::clone(&trail) as _, is_required: false }));
    let count = || trail.0.load(Ordering::Relaxed);
    let provider: Arc<dyn Provider> = Arc::clone(&bench.provider) as _;
    let (request, waiting) = (bench.request(UNKNOWN), WaitingFor::default());
    let (outcome, unrecorded) = bench.pipeline.suggest_unrecorded(&request, std::slice::from_ref(&provider), &waiting).await;
    assert!(matches!(outcome, Outcome::Reply(_)) && count() == 0);
    drop(unrecorded);
    assert_eq!(count(), 2, "asked and offered");
    bench.ask(&request).await;
    assert_eq!(count(), 4, "who does nothing behind the answer records it with it");
}
