//! The order of the sources, with scripted providers, a cache in memory and a time of the test's own.

mod ages;
mod order;
mod prefetch;
mod secrets;
mod sharing;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::*;
use crate::cache::{CacheSettings, MemoryCache};
use crate::domain::{FailureClass, Origin, ShellKind};
use crate::suggest::ports::{Call, Pace, RawAnswer};

const DAY: Duration = Duration::from_secs(24 * 3600);
const UNKNOWN: &str = "frobnicate the quux";
const KNOWN: &str = "list files by size";

struct Scripted {
    answer: Mutex<Result<String, FailureClass>>,
    calls: AtomicUsize,
    delay_ms: AtomicU64,
    resumed: AtomicUsize,
    key: Option<&'static str>,
}

impl Scripted {
    fn new(command: &str) -> Arc<Self> {
        Arc::new(Self {
            answer: Mutex::new(Ok(json(command))),
            calls: AtomicUsize::new(0),
            delay_ms: AtomicU64::new(0),
            resumed: AtomicUsize::new(0),
            key: None,
        })
    }

    fn set(&self, answer: Result<&str, FailureClass>) {
        *self.answer.lock().unwrap() = answer.map(json);
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

fn json(command: &str) -> String {
    serde_json::json!({ "command": command }).to_string()
}

impl Provider for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }

    fn model(&self) -> &str {
        "m"
    }

    fn pace(&self) -> Pace {
        Pace::Remote
    }

    fn endpoint(&self) -> String {
        self.name().to_owned()
    }

    fn resumed(&self) {
        self.resumed.fetch_add(1, Ordering::Relaxed);
    }

    fn key_variables(&self) -> Vec<&str> {
        self.key.into_iter().collect()
    }

    fn ask<'a>(&'a self, _call: Call<'a>) -> BoxFuture<'a, Result<RawAnswer, crate::domain::AttemptError>> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let answer = self.answer.lock().unwrap().clone();
        let delay = Duration::from_millis(self.delay_ms.load(Ordering::Relaxed));
        async move {
            tokio::time::sleep(delay).await;
            let text = answer.map_err(|class| crate::domain::AttemptError::new(class, "scripted failure"))?;
            Ok(RawAnswer { text, model: "m".to_owned(), pause: None })
        }
        .boxed()
    }
}

struct Everything;

impl Commands for Everything {
    fn resolves(&self, _word: &str, _facts: &ShellFacts) -> bool {
        true
    }
}

/// A shell that has said nothing, or what it says of everything but `ls`.
struct Says(Mutex<Option<bool>>);

impl ShellSyntax for Says {
    fn accepts<'a>(&'a self, line: &'a str, _facts: &'a ShellFacts) -> BoxFuture<'a, Option<bool>> {
        let said = if line == "ls" { Some(true) } else { *self.0.lock().unwrap() };
        futures_util::future::ready(said).boxed()
    }
}

struct Bench {
    shell: Arc<Says>,
    pipeline: Pipeline,
    provider: Arc<Scripted>,
    now: SystemTime,
}

impl Bench {
    fn new(command: &str) -> Self {
        let settings = CacheSettings { ttl: 30 * DAY, stale: 150 * DAY, ..CacheSettings::default() };
        let place = Place { os: "linux", build: "one".to_owned(), ttl: settings.ttl };
        let shell = Arc::new(Says(Mutex::new(None)));
        let pipeline = Pipeline::new(place, Arc::new(MemoryCache::new(settings)), Arc::new(Everything), Arc::clone(&shell) as _);
        Self { shell, pipeline, provider: Scripted::new(command), now: SystemTime::UNIX_EPOCH + 20_000 * DAY }
    }

    fn request(&self, query: &str) -> Request {
        Request {
            query: Query::from_bytes(query.as_bytes()).unwrap(),
            facts: facts(),
            mode: Mode::Normal,
            want: 4,
            use_cache: true,
            patient: false,
            session: 1,
            offered_keys: Vec::new(),
            rules: Arc::default(),
            context: Vec::new(),
            deadline: Instant::now() + Duration::from_secs(8),
            now: self.now,
        }
    }

    async fn outcome(&self, request: &Request) -> Outcome {
        let provider: Arc<dyn Provider> = Arc::clone(&self.provider) as _;
        self.pipeline.suggest(request, &[provider], &WaitingFor::default()).await
    }

    async fn ask(&self, request: &Request) -> Reply {
        match self.outcome(request).await {
            Outcome::Reply(reply) => reply,
            Outcome::NeedKeys(names) => panic!("needs {names:?}"),
        }
    }

    async fn best(&self, query: &str) -> Option<(String, Via)> {
        let reply = self.ask(&self.request(query)).await;
        reply.offers.first().map(|offer| (offer.suggestion.command().to_owned(), offer.via))
    }
}

fn facts() -> ShellFacts {
    ShellFacts {
        shell: ShellKind::Bash,
        shell_version: String::new(),
        cwd: "/tmp".into(),
        home: None,
        path: String::new(),
        locale: String::new(),
        proxies: Vec::new(),
        keys: Vec::new(),
        own_commands: Vec::new(),
        comments: true,
    }
}

fn given(command: &str, via: Via) -> Option<(String, Via)> {
    Some((command.to_owned(), via))
}

/// Lets work that nobody waits for come to its end.
async fn settle() {
    tokio::time::sleep(Duration::from_secs(10)).await;
}
