//! What is handed to the trail, and when.

use std::sync::atomic::AtomicBool;

use super::*;
use crate::domain::Risk;
use crate::suggest::ports::{MakeEvents, Reach, Trail, TrailEvent, TrailStats, TrailStep};
use crate::suggest::recording::Recorder;
use crate::validate::Effect;

/// A trail in memory that stands as it is told.
#[derive(Default)]
pub(super) struct FakeTrail {
    pub(super) events: Mutex<Vec<TrailEvent>>,
    pub(super) stats: TrailStats,
    pub(super) is_unwritable: bool,
}

impl FakeTrail {
    fn count(&self) -> usize {
        self.events.lock().unwrap().len()
    }

    /// The risk of the last suggestion and the rules that were found.
    fn last(&self) -> (Risk, Vec<String>) {
        match self.events.lock().unwrap().last().map(|event| event.step.clone()) {
            Some(TrailStep::Offered(offers)) => (offers[0].risk, offers[0].findings.clone()),
            other => panic!("{other:?}"),
        }
    }
}

impl Trail for FakeTrail {
    fn record(&self, make: MakeEvents) {
        self.events.lock().unwrap().extend(make());
    }

    fn record_durably(&self, make: MakeEvents) -> BoxFuture<'_, Result<(), String>> {
        if self.is_unwritable {
            return futures_util::future::ready(Err("it is broken".to_owned())).boxed();
        }
        self.record(make);
        futures_util::future::ready(Ok(())).boxed()
    }

    fn flush(&self, _: Duration) -> bool {
        true
    }

    fn close(&self, _: Duration) {}

    fn stats(&self) -> TrailStats {
        self.stats.clone()
    }
}

/// A machine on which these files are.
struct Files(&'static [&'static str]);

impl Reach for Files {
    fn reached(&self, effects: &[Effect], _: &ShellFacts, _: Duration) -> Vec<usize> {
        (0..effects.len()).filter(|at| self.0.contains(&effects[*at].path.as_str())).collect()
    }
}

/// Records with this trail on a machine that has `a.txt`.
pub(super) fn recorder(trail: &Arc<FakeTrail>, is_required: bool) -> Recorder {
    Recorder { trail: Arc::clone(trail) as _, reach: Arc::new(Files(&["a.txt"])), is_required }
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_there_before_its_record_and_none_goes_without_one() {
    let bench = Bench::new("ls");
    let trail = Arc::new(FakeTrail::default());
    bench.pipeline.audit(Some(recorder(&trail, false)));
    let provider: Arc<dyn Provider> = Arc::clone(&bench.provider) as _;
    let (request, waiting) = (bench.request(UNKNOWN), WaitingFor::default());
    let (outcome, unrecorded) = bench.pipeline.suggest_unrecorded(&request, std::slice::from_ref(&provider), &waiting).await;
    assert!(matches!(outcome, Outcome::Reply(_)) && trail.count() == 0);
    drop(unrecorded);
    assert_eq!(trail.count(), 2, "asked and offered");
    bench.ask(&request).await;
    assert_eq!(trail.count(), 4, "who does nothing behind the answer records it with it");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_written_over_counts_in_the_record() {
    for is_required in [false, true] {
        for (command, risk, rule) in [
            ("cp x a.txt", Risk::Medium, "overwrite-existing"),
            ("cp x b.txt", Risk::Low, "overwrite"),
            ("ls > a.txt", Risk::Medium, "overwrite-existing"),
        ] {
            let bench = Bench::new(command);
            let trail = Arc::new(FakeTrail::default());
            bench.pipeline.audit(Some(recorder(&trail, is_required)));
            assert_eq!(bench.best(UNKNOWN).await, given(command, Via::Live));
            let (recorded, rules) = trail.last();
            assert_eq!(recorded, risk, "{command}: {rules:?}");
            assert_eq!(rules.iter().any(|one| one == "overwrite-existing"), rule == "overwrite-existing", "{command}: {rules:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_suggestion_makes_when_it_is_run_counts_in_no_record_of_it() {
    struct Made(AtomicBool);
    impl Reach for Made {
        fn reached(&self, effects: &[Effect], _: &ShellFacts, _: Duration) -> Vec<usize> {
            if self.0.load(Ordering::Relaxed) { (0..effects.len()).collect() } else { Vec::new() }
        }
    }
    let bench = Bench::new("cp x a.txt");
    let (trail, disk) = (Arc::new(FakeTrail::default()), Arc::new(Made(AtomicBool::new(false))));
    bench.pipeline.audit(Some(Recorder { reach: Arc::clone(&disk) as _, ..recorder(&trail, false) }));
    let provider: Arc<dyn Provider> = Arc::clone(&bench.provider) as _;
    let (request, waiting) = (bench.request(UNKNOWN), WaitingFor::default());
    let (_, unrecorded) = bench.pipeline.suggest_unrecorded(&request, std::slice::from_ref(&provider), &waiting).await;
    disk.0.store(true, Ordering::Relaxed);
    drop(unrecorded);
    assert_eq!(trail.last().0, Risk::Low);
    bench.ask(&request).await;
    assert_eq!(trail.last().0, Risk::Medium);
}

#[tokio::test(start_paused = true)]
async fn what_was_offered_while_the_answer_was_awaited_is_recorded_with_it() {
    for (is_offered, is_awaited) in [(true, true), (false, true), (true, false), (false, false)] {
        let mut bench = Bench::new("echo one");
        bench.best(UNKNOWN).await;
        bench.now += 61 * DAY;
        bench.provider.answers(3000, Ok(json("echo two")));
        let trail = Arc::new(FakeTrail::default());
        bench.pipeline.audit(Some(recorder(&trail, false)));
        let provider: Arc<dyn Provider> = Arc::clone(&bench.provider) as _;
        let (request, waiting) = (bench.request(UNKNOWN), WaitingFor::default());
        {
            let asking = bench.pipeline.suggest(&request, std::slice::from_ref(&provider), &waiting);
            tokio::pin!(asking);
            assert!(tokio::time::timeout(Duration::from_secs(1), &mut asking).await.is_err());
            assert!(!is_offered || waiting.meanwhile().is_some());
            if is_awaited {
                asking.await;
            }
        }
        let step = trail.events.lock().unwrap().last().map(|event| event.step.clone());
        let recorded: Vec<String> = match &step {
            Some(TrailStep::Offered(offers)) => offers.iter().map(|offer| offer.command.to_string()).collect(),
            other => vec![format!("{other:?}")],
        };
        let expected: &[&str] = match (is_offered, is_awaited) {
            (true, true) => &["echo two", "echo one"],
            (false, true) => &["echo two", "echo one"],
            (true, false) => &["echo one"],
            (false, false) => &["Some(Canceled)"],
        };
        assert_eq!(recorded, expected, "{is_offered} {is_awaited}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_write_over_a_file_is_not_given_without_its_required_record() {
    for (command, is_given) in [("cp x a.txt", false), ("ls > b.txt", false), ("cp -n x a.txt", true), ("rm x", false), ("ls", true)] {
        let bench = Bench::new(command);
        let trail = Arc::new(FakeTrail { is_unwritable: true, ..FakeTrail::default() });
        bench.pipeline.audit(Some(recorder(&trail, true)));
        let reply = bench.ask(&bench.request(UNKNOWN)).await;
        assert_eq!(reply.offers.len(), usize::from(is_given), "{command}");
        assert_eq!(reply.remarks.iter().any(|remark| remark.to_string().contains("it is broken")), !is_given, "{command}");
        // Nor is it given by the way, the second time.
        let request = bench.request(UNKNOWN);
        assert_eq!(bench.pipeline.at_once(&request, &[], false).is_some_and(|reply| !reply.offers.is_empty()), is_given, "{command}");
        bench.pipeline.audit(Some(recorder(&trail, false)));
        assert!(bench.pipeline.at_once(&request, &[], false).is_some(), "{command}");
    }
}
