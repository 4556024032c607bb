//! A provider that does what a test says.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use crate::domain::{AttemptError, FailureClass, ShellFacts, ShellKind, Stage};
use crate::suggest::ports::{AttemptLimits, Call, Pace, Prompt, Provider, RawAnswer, Readiness};

/// What a provider does with one call: an answer after a delay in milliseconds.
pub(crate) type Step = (u64, Result<&'static str, FailureClass>);
pub(crate) type Answered = Result<RawAnswer, AttemptError>;

enum Act {
    /// One step a call; the last one repeats.
    Script(Mutex<VecDeque<(u64, Result<String, FailureClass>)>>),
    Does(Box<dyn for<'a> Fn(Call<'a>) -> BoxFuture<'a, Answered> + Send + Sync>),
}

/// A provider that follows a script, or does what a function says.
pub(crate) struct Scripted {
    name: &'static str,
    pace: Pace,
    key: Option<&'static str>,
    /// How often it still says that it is loading.
    loading: AtomicUsize,
    /// Whether it says that it is back, and how often it was asked.
    pub(crate) back: AtomicBool,
    pub(crate) looks: AtomicUsize,
    act: Act,
    pub(crate) calls: Mutex<Vec<AttemptLimits>>,
    prompt: Mutex<Option<Prompt>>,
    pub(crate) finished: AtomicUsize,
    pub(crate) resumed: AtomicUsize,
}

impl Scripted {
    fn acting(name: &'static str, pace: Pace, act: Act) -> Self {
        Self {
            name,
            pace,
            key: None,
            loading: AtomicUsize::new(0),
            back: AtomicBool::new(false),
            looks: AtomicUsize::new(0),
            act,
            calls: Mutex::default(),
            prompt: Mutex::default(),
            finished: AtomicUsize::new(0),
            resumed: AtomicUsize::new(0),
        }
    }

    pub(crate) fn new(name: &'static str, script: &[Step]) -> Arc<Self> {
        Self::with_pace(name, Pace::Remote, script)
    }

    pub(crate) fn with_pace(name: &'static str, pace: Pace, script: &[Step]) -> Arc<Self> {
        let provider = Self::acting(name, pace, Act::Script(Mutex::default()));
        provider.now_does(script);
        Arc::new(provider)
    }

    pub(crate) fn doing(
        name: &'static str,
        does: impl for<'a> Fn(Call<'a>) -> BoxFuture<'a, Answered> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self::acting(name, Pace::Remote, Act::Does(Box::new(does))))
    }

    pub(crate) fn with_key(name: &'static str, key: &'static str) -> Arc<Self> {
        Arc::new(Self { key: Some(key), ..Self::acting(name, Pace::Remote, Act::Script(Mutex::default())) })
    }

    pub(crate) fn now_does(&self, script: &[Step]) {
        self.follow(script.iter().map(|(delay, answer)| (*delay, answer.clone().map(str::to_owned))).collect());
    }

    /// From now on it answers this after a delay in milliseconds.
    pub(crate) fn answers(&self, delay: u64, answer: Result<String, FailureClass>) {
        self.follow(VecDeque::from([(delay, answer)]));
    }

    fn follow(&self, steps: VecDeque<(u64, Result<String, FailureClass>)>) {
        match &self.act {
            Act::Script(script) => *script.lock().unwrap() = steps,
            Act::Does(_) => panic!("it follows no script"),
        }
    }

    pub(crate) fn loads_within(&self, looks: usize) {
        self.loading.store(looks, Ordering::Relaxed);
    }

    /// What it was sent last.
    pub(crate) fn last_prompt(&self) -> Prompt {
        self.prompt.lock().unwrap().clone().expect("it was asked")
    }

    pub(crate) fn count(&self) -> usize {
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

    fn is_back(&self) -> BoxFuture<'_, bool> {
        self.looks.fetch_add(1, Ordering::Relaxed);
        std::future::ready(self.back.load(Ordering::Relaxed)).boxed()
    }

    fn resumed(&self) {
        self.resumed.fetch_add(1, Ordering::Relaxed);
    }

    fn key_variables(&self) -> Vec<&str> {
        self.key.into_iter().collect()
    }

    fn ask<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Answered> {
        self.calls.lock().unwrap().push(call.limits);
        *self.prompt.lock().unwrap() = Some(call.prompt.clone());
        let (delay, answer) = match &self.act {
            Act::Does(does) => return does(call),
            Act::Script(script) => {
                let mut script = script.lock().unwrap();
                if script.len() > 1 { script.pop_front().unwrap() } else { script[0].clone() }
            }
        };
        async move {
            let (begun, delay) = (Instant::now(), Duration::from_millis(delay));
            // As the adapters do, it keeps the limit for the first chunk.
            if delay > call.limits.first_chunk {
                tokio::time::sleep(call.limits.first_chunk).await;
                return Err(AttemptError::new(FailureClass::Slow(Stage::FirstChunk), "scripted failure"));
            }
            tokio::time::sleep(delay).await;
            self.finished.fetch_add(1, Ordering::Relaxed);
            let text = answer.map_err(|class| AttemptError::new(class, "scripted failure"))?;
            call.heard.tell();
            Ok(RawAnswer { first_chunk: Some(begun.elapsed()), ..plain(text) })
        }
        .boxed()
    }
}

/// An answer of which nothing but the text is known.
pub(crate) fn plain(text: impl Into<String>) -> RawAnswer {
    RawAnswer { text: text.into(), model: "m".to_owned(), pause: None, usage: None, first_chunk: None }
}

pub(crate) fn facts() -> ShellFacts {
    ShellFacts::bare(ShellKind::Bash, "/tmp")
}
