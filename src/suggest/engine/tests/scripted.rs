//! Providers, and an acceptance, that do what a test says.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt;

use super::super::*;
use crate::domain::{Answerer, Origin, ShellKind};
use crate::suggest::ports::{AttemptLimits, Call};
use crate::validate::{Policy, judge};

/// What a provider does with one call: an answer after a delay in milliseconds.
pub(super) type Step = (u64, Result<&'static str, FailureClass>);

/// A provider that follows a script; the last step repeats.
pub(super) struct Scripted {
    name: &'static str,
    pub(super) pace: Pace,
    /// How often it still says that it is loading.
    loading: AtomicUsize,
    script: Mutex<VecDeque<Step>>,
    pub(super) calls: Mutex<Vec<AttemptLimits>>,
    pub(super) finished: AtomicUsize,
}

impl Scripted {
    pub(super) fn new(name: &'static str, script: &[Step]) -> Arc<Self> {
        Self::with_pace(name, Pace::Remote, script)
    }

    pub(super) fn with_pace(name: &'static str, pace: Pace, script: &[Step]) -> Arc<Self> {
        Arc::new(Self {
            name,
            pace,
            loading: AtomicUsize::new(0),
            script: Mutex::new(script.iter().cloned().collect()),
            calls: Mutex::default(),
            finished: AtomicUsize::new(0),
        })
    }

    pub(super) fn now_does(&self, script: &[Step]) {
        *self.script.lock().unwrap() = script.iter().cloned().collect();
    }

    pub(super) fn loads_within(&self, looks: usize) {
        self.loading.store(looks, Ordering::Relaxed);
    }

    pub(super) fn count(&self) -> usize {
        self.calls.lock().unwrap().len()
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
        self.pace
    }

    fn endpoint(&self) -> String {
        self.name.to_owned()
    }

    fn readiness<'a>(&'a self, _facts: &'a ShellFacts) -> BoxFuture<'a, Readiness> {
        let before = self.loading.load(Ordering::Relaxed);
        self.loading.store(before.saturating_sub(usize::from(before < usize::MAX)), Ordering::Relaxed);
        std::future::ready(if before > 0 { Readiness::Loading } else { Readiness::Ready }).boxed()
    }

    fn key_variables(&self) -> Vec<&str> {
        Vec::new()
    }

    fn ask<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Result<RawAnswer, AttemptError>> {
        self.calls.lock().unwrap().push(call.limits);
        let (delay, answer) = {
            let mut script = self.script.lock().unwrap();
            if script.len() > 1 { script.pop_front().unwrap() } else { script[0].clone() }
        };
        async move {
            let delay = Duration::from_millis(delay);
            // As the adapters do, it keeps the limit for the first chunk.
            if delay > call.limits.first_chunk {
                tokio::time::sleep(call.limits.first_chunk).await;
                return Err(AttemptError::new(FailureClass::Slow(Stage::FirstChunk), "scripted"));
            }
            tokio::time::sleep(delay).await;
            self.finished.fetch_add(1, Ordering::Relaxed);
            let answer = answer.map(|text| RawAnswer { text: text.to_owned(), model: "m".into(), pause: None });
            answer.map_err(|class| AttemptError::new(class, "scripted"))
        }
        .boxed()
    }
}

/// Takes every answer as a command; the gate is the real one. Refuses calls to the providers it names.
#[derive(Default)]
pub(super) struct Lenient {
    pub(super) barred: &'static [&'static str],
}

impl Acceptance for Lenient {
    fn read(&self, answer: &RawAnswer, from: Answerer) -> Result<Candidate, AttemptError> {
        Ok(Candidate { command: answer.text.clone(), reading: None, origin: Origin::Provider(from), confidence: 0.8 })
    }

    fn accept(&self, candidate: Candidate) -> BoxFuture<'_, Result<Suggestion, AttemptError>> {
        let judged = judge(&candidate, &Policy::new(ShellKind::Bash));
        std::future::ready(judged.map_err(|_| AttemptError::new(FailureClass::Malformed, "refused"))).boxed()
    }

    fn admit(&self, provider: &str) -> bool {
        !self.barred.contains(&provider)
    }
}

/// A round with nothing local to fall back on.
pub(super) fn round(providers: &[Arc<Scripted>], deadline_ms: u64) -> Round {
    Round {
        providers: providers.iter().map(|provider| Arc::clone(provider) as Arc<dyn Provider>).collect(),
        prompt: Prompt { system: "s".into(), user: crate::redact::RedactedText::mask("u"), max_tokens: 200 },
        facts: facts(),
        deadline: Instant::now() + Duration::from_millis(deadline_ms),
        has_local: false,
        urgency: Urgency::Person,
        acceptance: Arc::new(Lenient::default()),
        waiting: WaitingFor::default(),
    }
}

pub(super) fn facts() -> ShellFacts {
    ShellFacts {
        shell: ShellKind::Bash,
        shell_version: String::new(),
        cwd: "/".into(),
        home: None,
        path: String::new(),
        locale: String::new(),
        proxies: Vec::new(),
        keys: Vec::new(),
        own_commands: Vec::new(),
        comments: true,
    }
}
