//! Whether this process still answers: a question of its own, from the words to a checked command.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::local::LocalSources;
use super::pipeline::{Mode, Pipeline, Request};
use super::track::Track;
use crate::domain::{Aim, Query, ShellFacts, ShellKind};
use crate::validate::CustomRules;

/// The deadline of the question; nobody is asked who could use it.
const DEADLINE: Duration = Duration::from_secs(1);

impl Pipeline {
    /// Whether a question that was never asked before misses the cache and is answered by the embedded translator through the
    /// gate. Nothing of it is counted, recorded or kept, and no file and no network is touched for it.
    pub fn answers_itself(&self) -> bool {
        // A number of its own makes the words ones that no cache holds.
        let words = format!("find files bigger than {} MB", fastrand::u32(1_000_000..));
        let Ok(query) = Query::from_bytes(words.as_bytes()) else { return false };
        let request = Request {
            query,
            aim: Aim::default(),
            facts: ShellFacts::bare(ShellKind::Bash, "/"),
            mode: Mode::Offline,
            want: 1,
            others: false,
            use_cache: true,
            patient: false,
            session: 0,
            offered_keys: Vec::new(),
            rules: Arc::<CustomRules>::default(),
            context: Vec::new(),
            deadline: Instant::now() + DEADLINE,
            now: SystemTime::now(),
            track: Track::default(),
        };
        let redacted = request.redacted();
        LocalSources { keeps: false, memory: None, ..self.sources(&request.facts) }.collect(&request, &redacted).is_sure()
    }
}
