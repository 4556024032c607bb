use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::*;
use crate::domain::ShellKind;
use crate::suggest::ports::RawAnswer;

const LS: &str = r#"{"command":"ls","reading":"lists"}"#;

/// A provider that gives one answer after a delay and records the limits of its calls.
struct Scripted {
    name: &'static str,
    loopback: bool,
    delay: Duration,
    answer: Result<&'static str, FailureClass>,
    calls: Mutex<Vec<AttemptLimits>>,
    finished: AtomicBool,
}

impl Scripted {
    fn new(name: &'static str, delay_ms: u64, answer: Result<&'static str, FailureClass>) -> Arc<Self> {
        let delay = Duration::from_millis(delay_ms);
        Arc::new(Self { name, loopback: name == "local", delay, answer, calls: Mutex::default(), finished: AtomicBool::new(false) })
    }

    fn limits(&self) -> Vec<AttemptLimits> {
        self.calls.lock().expect("not poisoned").clone()
    }
}

impl Provider for Scripted {
    fn name(&self) -> &str {
        self.name
    }

    fn model(&self) -> &str {
        "m"
    }

    fn pace(&self) -> Pace {
        if self.loopback { Pace::Loopback } else { Pace::Remote }
    }

    fn endpoint(&self) -> String {
        self.name.to_owned()
    }

    fn key_variables(&self) -> Vec<&str> {
        Vec::new()
    }

    fn ask<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Result<RawAnswer, AttemptError>> {
        self.calls.lock().expect("not poisoned").push(call.limits);
        async move {
            tokio::time::sleep(self.delay).await;
            self.finished.store(true, Ordering::Relaxed);
            let answer = self.answer.clone().map(|text| RawAnswer { text: text.to_owned(), model: "m".into(), pause: None });
            answer.map_err(|class| AttemptError::new(class, "scripted"))
        }
        .boxed()
    }
}

type Outcome = Result<Candidate, Vec<(String, FailureClass)>>;

async fn ask(providers: &[Arc<Scripted>], deadline_ms: u64, admit: &(dyn Fn(&str) -> bool + Sync)) -> Outcome {
    let providers: Vec<Arc<dyn Provider>> = providers.iter().map(|provider| Arc::clone(provider) as Arc<dyn Provider>).collect();
    let prompt = Prompt { system: "s".into(), user: crate::redact::RedactedText::mask("u"), max_tokens: 200 };
    let facts = ShellFacts {
        shell: ShellKind::Zsh,
        shell_version: String::new(),
        cwd: "/".into(),
        home: None,
        path: String::new(),
        locale: String::new(),
        proxies: Vec::new(),
        keys: Vec::new(),
        own_commands: Vec::new(),
        comments: true,
    };
    let deadline = Instant::now() + Duration::from_millis(deadline_ms);
    let result = ask_in_order(&providers, &prompt, &facts, deadline, &|_| false, &|_| true, admit).await;
    result.map_err(|failures| failures.into_iter().map(|(name, error)| (name, error.class)).collect())
}

fn candidate(name: &str) -> Outcome {
    Ok(Candidate { command: "ls".into(), reading: Some("lists".into()), origin: Origin::Provider(name.into()), confidence: 0.8 })
}

fn failed(failures: &[(&str, FailureClass)]) -> Outcome {
    Err(failures.iter().map(|(name, class)| ((*name).to_owned(), class.clone())).collect())
}

const LATE: FailureClass = FailureClass::Slow(Stage::Total);

#[tokio::test(start_paused = true)]
async fn the_first_answer_wins_and_no_other_is_asked() {
    let providers = [Scripted::new("a", 100, Ok(LS)), Scripted::new("b", 0, Ok(LS))];
    let start = Instant::now();
    assert_eq!(ask(&providers, 8000, &|_| true).await, candidate("a"));
    assert_eq!(start.elapsed(), Duration::from_millis(100));
    assert!(providers[1].limits().is_empty());
}

#[tokio::test(start_paused = true)]
async fn every_failure_but_a_refusal_leads_to_the_next() {
    use FailureClass::*;
    let limited = RateLimited { retry_after: Some(Duration::from_secs(60)) };
    for class in
        [Transient, Overloaded, limited, Quota, Auth, Config, Request, Malformed, Truncated, Slow(Stage::FirstChunk), LocalNetwork, Tls]
    {
        let providers = [Scripted::new("a", 10, Err(class.clone())), Scripted::new("b", 10, Ok(LS))];
        assert_eq!(ask(&providers, 8000, &|_| true).await, candidate("b"), "{class:?}");
        assert_eq!(providers[0].limits().len(), 1, "{class:?} is not tried twice");
    }
    for answer in ["I cannot do that", "", "<think>hm", r#"{"command":"ls"#, r#"{"command":1}"#] {
        let providers = [Scripted::new("a", 10, Ok(answer)), Scripted::new("b", 10, Ok(LS))];
        assert_eq!(ask(&providers, 8000, &|_| true).await, candidate("b"), "{answer}");
    }
    for refusal in [Err(Refusal), Ok(r#"{"command":null,"reading":"no"}"#)] {
        let providers = [Scripted::new("a", 10, Err(Transient)), Scripted::new("b", 10, refusal), Scripted::new("c", 10, Ok(LS))];
        assert_eq!(ask(&providers, 8000, &|_| true).await, failed(&[("a", Transient), ("b", Refusal)]));
        assert!(providers[2].limits().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn limits_shrink_with_what_remains() {
    let ms = Duration::from_millis;
    let providers: Vec<_> = ["a", "b", "c"].map(|name| Scripted::new(name, 2600, Err(FailureClass::Transient))).to_vec();
    assert_eq!(ask(&providers, 8000, &|_| true).await, failed(&["a", "b", "c"].map(|name| (name, FailureClass::Transient))));
    let made: Vec<_> = providers.iter().flat_map(|provider| provider.limits()).collect();
    let limits = |connect, first_chunk, gap, total| AttemptLimits {
        connect: ms(connect),
        first_chunk: ms(first_chunk),
        gap: ms(gap),
        total: ms(total),
    };
    assert_eq!(made, [limits(1000, 2500, 1000, 4000), limits(1000, 2000, 1000, 4000), limits(1000, 2800, 2800, 2800)]);

    let local = Scripted::new("local", 7000, Ok(LS));
    assert_eq!(ask(&[Arc::clone(&local)], 8000, &|_| true).await, candidate("local"));
    assert_eq!(local.limits(), [limits(250, 8000, 4000, 8000)]);
}

#[tokio::test(start_paused = true)]
async fn nothing_lasts_beyond_the_deadline() {
    let providers = [Scripted::new("a", 60_000, Ok(LS)), Scripted::new("b", 0, Ok(LS))];
    let start = Instant::now();
    assert_eq!(ask(&providers, 3000, &|_| true).await, failed(&[("a", LATE), ("b", LATE)]));
    assert_eq!(start.elapsed(), Duration::from_millis(3000), "even if an adapter does not keep its limits");
    assert!(!providers[0].finished.load(Ordering::Relaxed), "the attempt was cancelled");
    assert!(providers[1].limits().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_call_without_enough_time_is_not_made() {
    for (deadline, calls) in [(299, 0), (300, 1)] {
        let provider = Scripted::new("a", 0, Err(FailureClass::Transient));
        let class = if calls == 0 { LATE } else { FailureClass::Transient };
        assert_eq!(ask(&[Arc::clone(&provider)], deadline, &|_| true).await, failed(&[("a", class)]));
        assert_eq!(provider.limits().len(), calls, "{deadline}");
    }
    assert_eq!(ask(&[], 8000, &|_| true).await, failed(&[]));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_not_admitted_is_skipped_and_not_counted() {
    let providers = [Scripted::new("a", 0, Ok(LS)), Scripted::new("b", 0, Err(FailureClass::Transient)), Scripted::new("c", 0, Ok(LS))];
    let asked = Mutex::new(Vec::new());
    let admit = |name: &str| {
        asked.lock().expect("not poisoned").push(name.to_owned());
        name != "a"
    };
    assert_eq!(ask(&providers, 8000, &admit).await, candidate("c"));
    assert_eq!(*asked.lock().expect("not poisoned"), ["a", "b", "c"]);
    assert!(providers[0].limits().is_empty());
    assert_eq!(providers[1].limits()[0].first_chunk, Duration::from_millis(2500), "the first call has the first call's limit");
    assert_eq!(ask(&providers, 8000, &|_| false).await.map_err(|failures| failures.len()), Err(3));
}
