use std::sync::Condvar;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::super::{Activity, Pipes, build_headers};
use super::*;
use crate::cache::{CacheSettings, MemoryCache};
use crate::domain::ShellFacts;
use crate::fix::{Seen, Wanted};
use crate::suggest::pipeline::{Pipeline, Place};
use crate::suggest::ports::{AnswerCache, CacheError, CacheKey, CacheStats, CachedAnswer, Commands, ShellSyntax};
use crate::telemetry::{Log, Traces};

#[test]
fn a_place_that_is_stuck_costs_one_thread_and_others_are_bounded() {
    let looks = Looks::default();
    let (stuck, fine) = (Path::new("/gone"), Path::new("/here"));
    let first = looks.begin(stuck).unwrap();
    looks.is_stuck(stuck);
    assert!(looks.begin(stuck).is_none(), "nobody else waits for it");
    let others: Vec<Look> = (0..MOST_LOOKS - 1).map(|_| looks.begin(fine).unwrap()).collect();
    assert!(looks.begin(fine).is_none() && looks.begin(Path::new("/third")).is_none());
    drop(others);
    assert!(looks.begin(fine).is_some());
    drop(first);
    looks.is_stuck(stuck);
    assert!(looks.begin(stuck).is_some(), "it has answered in the end");
    assert!(looks.0.lock().unwrap().is_empty());
}

/// A cache that answers when it is let.
struct Held {
    inner: MemoryCache,
    is_held: Mutex<bool>,
    let_go: Condvar,
}

impl Held {
    fn hold(&self, held: bool) {
        *self.is_held.lock().unwrap() = held;
        self.let_go.notify_all();
    }

    fn wait(&self) {
        let held = self.is_held.lock().unwrap();
        drop(self.let_go.wait_timeout_while(held, Duration::from_secs(30), |held| *held).unwrap());
    }
}

impl AnswerCache for Held {
    fn get(&self, key: &CacheKey, now: SystemTime) -> Option<CachedAnswer> {
        self.wait();
        self.inner.get(key, now)
    }

    fn peek(&self, key: &CacheKey, now: SystemTime) -> Option<CachedAnswer> {
        self.wait();
        self.inner.peek(key, now)
    }

    fn put(&self, key: &CacheKey, answer: &CachedAnswer) {
        self.inner.put(key, answer);
    }

    fn remove(&self, key: &CacheKey) {
        self.inner.remove(key);
    }

    fn clear(&self) -> Result<(), CacheError> {
        self.inner.clear()
    }

    fn stats(&self) -> CacheStats {
        self.inner.stats()
    }

    fn flush(&self) {}
}

struct Everything;

impl Commands for Everything {
    fn resolves(&self, _word: &str, _facts: &ShellFacts) -> bool {
        true
    }
}

impl ShellSyntax for Everything {
    fn accepts<'a>(&'a self, _line: &'a str, _facts: &'a ShellFacts) -> BoxFuture<'a, Option<bool>> {
        std::future::ready(None).boxed()
    }
}

/// A program with nothing but a pipeline.
struct Alone {
    pipeline: Pipeline,
    config_file: PathBuf,
}

impl Backend for Alone {
    fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    fn setup(&self) -> Setup {
        Setup {
            resident: true,
            deadline: Duration::from_secs(8),
            providers: Vec::new(),
            rules: Arc::default(),
            context: Vec::new(),
            prefetch: false,
            problem: None,
            idle_exit: None,
            metrics_port: None,
            is_stale: false,
            reloads: [("ok", 0), ("rejected", 0)],
            notify: Vec::new(),
            notice: None,
            log_lock: None,
        }
    }

    fn state_dir(&self) -> Option<&Path> {
        None
    }

    fn config_file(&self) -> Option<&Path> {
        Some(&self.config_file)
    }

    fn look_around(&self, _: &Wanted, _: &ShellFacts) -> Seen {
        Seen::default()
    }

    fn log(&self) -> Option<&Log> {
        None
    }

    fn traces(&self) -> Option<&Traces> {
        None
    }
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_none_and_nothing_is_told_of_it() {
    let home = tempfile::tempdir().unwrap();
    let state = home.path().join(".local/state/gptos");
    std::fs::create_dir_all(&state).unwrap();
    std::fs::write(state.join("welcomed"), "").unwrap();
    let here = home.path().display();
    let asked = format!("wish=answer\0shell=bash\0build=b\0PWD={here}\0HOME={here}\0PATH=/bin\0\0list files by size\0\0\0");
    let question = Question::read(asked.as_bytes()).unwrap();
    let held = Arc::new(Held { inner: MemoryCache::new(CacheSettings::default()), is_held: Mutex::new(true), let_go: Condvar::new() });
    let place = Place { os: "linux", build: "b".to_owned(), ttl: Duration::from_secs(60) };
    let pipeline = Pipeline::new(place, Arc::clone(&held) as _, Arc::new(Everything), Arc::new(Everything));
    assert!(pipeline.is_ready_for(&question.facts, true).await);
    let backend = Arc::new(Alone { pipeline, config_file: question.config_file.clone().unwrap() });
    let shared = Shared {
        backend: Arc::clone(&backend) as _,
        activity: Arc::new(Activity::new()),
        build: build_headers("b", 0),
        looks: Looks::default(),
        pipes: Pipes::default(),
    };
    let told =
        || (shared.activity.requests.load(Ordering::Relaxed), backend.pipeline.counts().keys().any(|key| key.contains("requests_total")));
    let late = tokio::time::timeout(Duration::from_secs(20), shared.line(question.clone())).await;
    assert!(late.expect("it does not wait for the answer").is_none());
    assert_eq!(told(), (0, false));
    assert!(shared.line(question.clone()).await.is_none(), "nor does the next one");
    held.hold(false);
    // The late answer comes to its end, and is still none.
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while !shared.looks.0.lock().unwrap().is_empty() {
        assert!(std::time::Instant::now() < deadline, "it does not end");
        tokio::task::yield_now().await;
    }
    assert_eq!(told(), (0, false));
    // One that is in time is told of once.
    let mut given = None;
    while given.is_none() {
        assert!(std::time::Instant::now() < deadline, "no answer in time");
        tokio::task::yield_now().await;
        given = shared.line(question.clone()).await;
    }
    assert!(given.unwrap().as_str().contains("cmd\0"));
    assert_eq!(told(), (1, false), "it is told of behind the reply");
    shared.activity.settled().await;
    assert_eq!(told(), (1, true));
}
