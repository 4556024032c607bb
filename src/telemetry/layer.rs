//! What `tracing` tells, on its way into the queue.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::Dropped;
use super::line::Reading;
use super::writer::Queue;
use crate::domain::{LogLevel, LogLevels};

/// Whose lines may hold words.
#[derive(Clone)]
pub(super) struct Verbose(Arc<RwLock<LogLevels>>);

impl Verbose {
    pub(super) fn new(levels: &LogLevels) -> Self {
        Self(Arc::new(RwLock::new(levels.clone())))
    }

    pub(super) fn set(&self, levels: &LogLevels) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = levels.clone();
    }

    /// Whether details of a line are wanted: a line that says that something went wrong says more where everything is told.
    fn holds(&self, target: &str) -> bool {
        let module = target.strip_prefix("gptos::").unwrap_or_default();
        self.0.read().unwrap_or_else(PoisonError::into_inner).of(module) >= LogLevel::Debug
    }
}

/// Puts lines into the queue.
pub(super) struct LogLayer {
    queue: Queue,
    verbose: Verbose,
    dropped: Arc<Dropped>,
}

impl LogLayer {
    pub(super) fn new(queue: Queue, verbose: Verbose, dropped: Arc<Dropped>) -> Self {
        Self { queue, verbose, dropped }
    }
}

impl<S: Subscriber> Layer<S> for LogLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let mut reading = Reading::new(self.verbose.holds(metadata.target()));
        event.record(&mut reading);
        let Some(line) = reading.line(SystemTime::now(), level(*metadata.level())) else { return };
        if !self.queue.tell(line) {
            Dropped::add(&self.dropped.queue, 1);
        }
    }
}

fn level(level: Level) -> LogLevel {
    match level {
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warn,
        Level::INFO => LogLevel::Info,
        Level::DEBUG => LogLevel::Debug,
        Level::TRACE => LogLevel::Trace,
    }
}
