//! Why each call was made and how it ended, as its span says.

use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use super::*;
use crate::domain::TraceParent;
use crate::suggest::ports::{OpenSpan, Span, SpanAttributes, SpanKind, SpanValue, Tracer};
use crate::suggest::track::Track;

/// What spans say: for each that has ended its name, why the call was made, and why it failed.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<(String, String, String)>>>);

struct Open {
    told: Told,
    name: String,
    kind: Mutex<String>,
    failed: Mutex<String>,
}

impl Told {
    fn open(&self, name: &str) -> Arc<dyn OpenSpan> {
        Arc::new(Open { told: self.clone(), name: name.to_owned(), kind: Mutex::default(), failed: Mutex::default() })
    }

    /// The calls so far.
    fn calls(&self) -> Vec<(String, String)> {
        let told = self.0.lock().unwrap();
        told.iter().filter(|(name, ..)| name == "chat m").map(|(_, kind, failed)| (kind.clone(), failed.clone())).collect()
    }

    /// The round with spans.
    fn of(&self, round: Round) -> Round {
        let tracer: Arc<dyn Tracer> = Arc::new(self.clone());
        let root = Span::begin(Some(&tracer), "root", None, UNIX_EPOCH);
        Round { track: Track::default().inside(&root), ..round }
    }
}

impl Tracer for Told {
    fn begin(&self, name: &'static str, _: Option<TraceParent>, _: SystemTime) -> Arc<dyn OpenSpan> {
        self.open(name)
    }
}

impl OpenSpan for Open {
    fn child(&self, name: &str, _: SpanKind) -> Arc<dyn OpenSpan> {
        self.told.open(name)
    }

    fn set(&self, name: &'static str, value: SpanValue<'_>) {
        if let ("gptos.attempt.kind", SpanValue::Text(kind)) = (name, value) {
            *self.kind.lock().unwrap() = kind.to_owned();
        }
    }

    fn event(&self, _: &'static str, _: SpanAttributes<'_>) {}

    fn failed(&self, error_type: &str) {
        *self.failed.lock().unwrap() = error_type.to_owned();
    }

    fn place(&self) -> TraceParent {
        TraceParent { trace: 1, span: 1, sampled: true }
    }

    fn end(&self) {
        let (kind, failed) = (self.kind.lock().unwrap().clone(), self.failed.lock().unwrap().clone());
        self.told.0.lock().unwrap().push((self.name.clone(), kind, failed));
    }
}

fn calls(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(kind, failed)| ((*kind).to_owned(), (*failed).to_owned())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_call_that_a_second_one_overtook_was_given_up() {
    let told = Told::default();
    let providers = [Scripted::new("a", &[(2400, Ok("ls"))]), Scripted::new("b", &[LS])];
    let engine = Arc::new(Engine::new(Arc::default(), true, 4, 1));
    assert_eq!(ask(&engine, told.of(round(&providers, 8000))).await, by("b"));
    // The one that is given up ends when its task is gone.
    tokio::time::sleep(Duration::from_millis(1)).await;
    let mut ended = told.calls();
    ended.sort();
    assert_eq!(ended, calls(&[("first", "cancelled"), ("hedge", "")]));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_tries_whether_a_provider_is_back_says_so() {
    let told = Told::default();
    let providers = [Scripted::new("a", &[(10, Err(Overloaded))])];
    let engine = engine();
    let has_local = |round| told.of(with_local(round));
    for _ in 0..5 {
        assert!(ask(&engine, has_local(round(&providers, 8000))).await.is_err());
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
    providers[0].now_does(&[LS]);
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(ask(&engine, has_local(round(&providers, 8000))).await, by("a"));
    assert_eq!(told.calls().first(), calls(&[("first", "overloaded")]).first());
    assert_eq!(told.calls().last(), calls(&[("probe", "")]).first(), "{:?}", told.calls());
}
