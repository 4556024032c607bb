//! Questions to the pipeline as a shell would put them, for more than one test program.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use gptos::cache::{CacheSettings, MemoryCache};
use gptos::domain::{Aim, Query, ShellFacts, ShellKind};
use gptos::suggest::online::OnlineSettings;
use gptos::suggest::pipeline::{Mode, Pipeline, Place, Request};
use gptos::suggest::track::Track;
use gptos::system::{InstalledShells, SearchPath};

/// A shell that stands at the root and has no keys.
pub fn plain_facts(shell: ShellKind) -> ShellFacts {
    ShellFacts {
        shell,
        shell_version: String::new(),
        cwd: "/".into(),
        home: None,
        path: "/usr/bin:/bin".into(),
        locale: String::new(),
        proxies: Vec::new(),
        keys: Vec::new(),
        own_commands: Vec::new(),
        comments: true,
    }
}

/// One suggestion for these words, wanted within eight seconds; the keys that the shell has are offered.
pub fn request(words: &str, facts: ShellFacts) -> Request {
    Request {
        query: Query::from_bytes(words.as_bytes()).unwrap(),
        aim: Aim::default(),
        mode: Mode::Normal,
        want: 1,
        others: false,
        use_cache: true,
        patient: false,
        session: 1,
        offered_keys: facts.keys.iter().map(|(name, _)| name.clone()).collect(),
        facts,
        rules: Arc::default(),
        context: Vec::new(),
        deadline: tokio::time::Instant::now() + Duration::from_secs(8),
        now: SystemTime::now(),
        track: Track::new(SystemTime::now()),
    }
}

/// A pipeline with a cache in memory and without limits on calls, which have tests of their own.
pub fn pipeline() -> Pipeline {
    let settings = CacheSettings::default();
    let place = Place { os: "linux", build: "one".to_owned(), ttl: settings.ttl };
    let pipeline = Pipeline::new(place, Arc::new(MemoryCache::new(settings)), Arc::new(SearchPath), Arc::new(InstalledShells));
    pipeline.reconfigure(OnlineSettings { user_per_minute: 0, session_per_minute: 0, ..OnlineSettings::default() });
    pipeline
}
