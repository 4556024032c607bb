//! What an operator can learn of a resident while it runs: lines of a log in files of their own, and spans for a collector. What is told goes through
//! a bounded queue to a thread of its own, so that nothing that is told keeps an answer waiting, and what cannot be
//! written is counted and dropped.
//!
//! A line holds fields out of a closed list (see `line`). Words of the user and details of errors are written at the levels
//! `debug` and `trace` only, and only after they went through the redactor.

mod file;
mod follow;
mod layer;
mod limit;
mod line;
mod traces;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tracing::info;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Registry, reload};

pub use follow::{Follow, FollowError};
pub use line::without_words;
pub use traces::Traces;
pub use traces::settings::{WantedTraces, is_endpoint};

use self::layer::LogLayer;
use self::writer::Writer;
use crate::domain::{LogEvent, LogLevel, LogLevels};

/// The module of the lines about the log itself.
const OWN: &str = "telemetry";

/// The folder of the files in the state directory.
const FOLDER: &str = "log";

/// The file that is written; older ones have a number behind the name.
const FILE: &str = "gptos.jsonl";

/// Most bytes of all files together.
pub const MOST_BYTES: u64 = file::MOST_BYTES * file::MOST_FILES as u64;

/// The file that a resident with this state directory writes.
pub fn log_file(state_dir: &Path) -> PathBuf {
    state_dir.join(FOLDER).join(FILE)
}

/// Lines that were lost, by why.
#[derive(Debug, Default)]
pub(crate) struct Dropped {
    /// The queue was full.
    queue: AtomicU64,
    /// The file could not be written.
    write: AtomicU64,
    /// There were too many of one event.
    suppressed: AtomicU64,
    /// Whether the last lines could not be written.
    fails: AtomicBool,
}

impl Dropped {
    fn add(counter: &AtomicU64, count: u64) {
        counter.fetch_add(count, Ordering::Relaxed);
    }
}

/// The log of this process.
pub struct Log {
    handle: reload::Handle<Targets, Registry>,
    dropped: Arc<Dropped>,
    writer: Writer,
    levels: Mutex<Levels>,
    verbose: layer::Verbose,
}

/// Which lines are wanted, and who says so.
struct Levels {
    configured: LogLevels,
    /// What somebody wanted while it runs; it stands over the configuration.
    asked: Option<LogLevels>,
}

impl Levels {
    fn in_force(&self) -> &LogLevels {
        self.asked.as_ref().unwrap_or(&self.configured)
    }
}

impl Log {
    /// The log of the whole process from now on. There is one log for a process; a second call gives the first.
    pub fn of_process(state_dir: &Path, levels: LogLevels) -> Arc<Self> {
        static LOG: OnceLock<Arc<Log>> = OnceLock::new();
        Arc::clone(LOG.get_or_init(|| {
            let (log, subscriber) = Self::new(state_dir, levels);
            // Only fails when somebody set one before, and then lines go there.
            let _ = tracing::subscriber::set_global_default(subscriber);
            tell_panics();
            Arc::new(log)
        }))
    }

    fn new(state_dir: &Path, levels: LogLevels) -> (Self, impl tracing::Subscriber + Send + Sync + use<>) {
        let dropped = Arc::<Dropped>::default();
        let verbose = layer::Verbose::new(&levels);
        let writer = Writer::start(log_file(state_dir), Arc::clone(&dropped));
        let (filter, handle) = reload::Layer::new(targets(&levels));
        let layer = LogLayer::new(writer.queue(), verbose.clone(), Arc::clone(&dropped));
        let subscriber = Registry::default().with(filter).with(layer);
        (Self { handle, dropped, writer, levels: Mutex::new(Levels { configured: levels, asked: None }), verbose }, subscriber)
    }

    /// The configuration wants these lines.
    pub fn configure(&self, configured: &LogLevels) {
        let mut levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        if levels.configured != *configured {
            let before = std::mem::replace(&mut levels.configured, configured.clone());
            if levels.asked.is_none() {
                self.apply(&before, configured);
            }
        }
    }

    /// Somebody wants other lines while it runs: what is said here stands over what is in force. `None`: what the
    /// configuration says holds again.
    pub fn ask(&self, change: Option<LogLevels>) {
        let mut levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        let before = levels.in_force().clone();
        levels.asked = change;
        if before != *levels.in_force() {
            self.apply(&before, levels.in_force());
        }
    }

    /// Which lines are written, and which the configuration wants.
    pub fn levels(&self) -> (LogLevels, LogLevels) {
        let levels = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        (levels.in_force().clone(), levels.configured.clone())
    }

    /// That fewer lines are written is told as the last of the former ones, and that more are as the first of the new ones.
    fn apply(&self, before: &LogLevels, levels: &LogLevels) {
        let tell = || info!(event = LogEvent::LevelsChanged.name(), levels = %levels, "other lines are written from now on");
        let is_told = before.of(OWN) >= LogLevel::Info;
        if is_told {
            tell();
        }
        self.verbose.set(levels);
        // Only fails when the subscriber is gone, and with it all lines.
        let _ = self.handle.reload(targets(levels));
        if !is_told {
            tell();
        }
    }

    /// Lines that were lost, by why.
    pub fn dropped(&self) -> [(&'static str, u64); 3] {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        [
            ("log_queue", count(&self.dropped.queue)),
            ("log_write", count(&self.dropped.write)),
            ("log_rate", count(&self.dropped.suppressed)),
        ]
    }

    /// Whether the last lines could not be written.
    pub fn fails(&self) -> bool {
        self.dropped.fails.load(Ordering::Relaxed)
    }

    /// Waits until what was told is written, for so long at most.
    pub fn flush(&self, patience: Duration) {
        self.writer.flush(patience);
    }
}

/// Lines of other crates are not written: they know nothing of secrets.
fn targets(levels: &LogLevels) -> Targets {
    let own = levels.modules.iter().map(|(module, level)| (format!("gptos::{module}"), filter(*level)));
    Targets::new().with_target("gptos", filter(levels.rest)).with_targets(own)
}

fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

/// A panic is told of by its place; what it says may hold anything.
fn tell_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line())).unwrap_or_default();
        tracing::error!(event = LogEvent::ResidentPanicked.name(), place = %place, "a task ended in a panic");
        before(panic);
    }));
}

#[cfg(test)]
mod tests;
