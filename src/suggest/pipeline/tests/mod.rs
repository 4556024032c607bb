//! The order of the sources, with scripted providers, a cache in memory and a time of the test's own.

mod ages;
mod aimed;
mod looking_after;
mod needs;
mod order;
mod others;
mod pages;
mod prefetch;
mod recorded;
mod secrets;
mod self_test;
mod sharing;
mod spending;
mod typed;

use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::*;
use crate::cache::{CacheSettings, MemoryCache};
use crate::domain::{FailureClass, Origin};
use crate::domain::{PageOffer, Query};
use crate::memory::ShortMemory;
use crate::suggest::ports::Pace;
use crate::suggest::tests::scripted::{Scripted, facts, plain};
use crate::suggest::track::Track;

const DAY: Duration = Duration::from_secs(24 * 3600);
const UNKNOWN: &str = "frobnicate the quux";
const KNOWN: &str = "list files by size";

fn json(command: &str) -> String {
    serde_json::json!({ "command": command }).to_string()
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
        pipeline.remember(Some(Arc::new(ShortMemory::default())));
        let provider = Scripted::new("scripted", &[]);
        provider.answers(0, Ok(json(command)));
        Self { shell, pipeline, provider, now: SystemTime::UNIX_EPOCH + 20_000 * DAY }
    }

    /// What the provider answers from now on.
    fn set(&self, answer: Result<&str, FailureClass>) {
        self.provider.answers(0, answer.map(json));
    }

    fn request(&self, query: &str) -> Request {
        Request {
            query: Query::from_bytes(query.as_bytes()).unwrap(),
            aim: Aim::default(),
            facts: facts(),
            mode: Mode::Normal,
            want: 4,
            others: false,
            use_cache: true,
            patient: false,
            session: 1,
            offered_keys: Vec::new(),
            rules: Arc::default(),
            context: Vec::new(),
            deadline: Instant::now() + Duration::from_secs(8),
            now: self.now,
            track: Track::default(),
        }
    }

    /// Tells the pipeline what became of a suggestion.
    fn ran(&self, query: &Query, command: &str, status: i32) {
        let aim = Aim::default();
        self.pipeline.record_ran(&Ran { query, aim: &aim, command, status, rules: &Arc::default(), keeps: true }, &facts(), self.now);
    }

    async fn outcome(&self, request: &Request) -> Outcome {
        let provider: Arc<dyn Provider> = Arc::clone(&self.provider) as _;
        self.pipeline.suggest(request, &[provider], &WaitingFor::default()).await
    }

    async fn ask(&self, request: &Request) -> Reply {
        self.ask_of(Arc::clone(&self.provider) as _, request).await
    }

    async fn ask_of(&self, provider: Arc<dyn Provider>, request: &Request) -> Reply {
        match self.pipeline.suggest(request, &[provider], &WaitingFor::default()).await {
            Outcome::Reply(reply) => reply,
            Outcome::NeedKeys(names) => panic!("needs {names:?}"),
        }
    }

    async fn best(&self, query: &str) -> Option<(String, Via)> {
        let reply = self.ask(&self.request(query)).await;
        reply.offers.first().map(|offer| (offer.suggestion.command().to_owned(), offer.via))
    }
}

fn given(command: &str, via: Via) -> Option<(String, Via)> {
    Some((command.to_owned(), via))
}

/// Lets work that nobody waits for come to its end.
async fn settle() {
    tokio::time::sleep(Duration::from_secs(10)).await;
}
