//! Spans of requests, handed to a collector by OTLP over HTTP (protobuf) where somebody wants them: where the standard
//! variables of OpenTelemetry or `traces.endpoint` name one. Otherwise there is no thread, no connection and no span.
//!
//! Spans hold no words, commands, paths or texts of errors.

mod export;
pub mod settings;
mod spans;

use std::ffi::OsString;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tracing::{info, warn};

use self::export::Export;
use self::settings::{Settings, WantedTraces};
use self::spans::Spans;
use crate::domain::LogEvent;
use crate::suggest::ports::Tracer;

/// Spans that were handed over, and those that were lost.
#[derive(Debug, Default)]
pub(super) struct Handed {
    sent: AtomicU64,
    queue: AtomicU64,
    export: AtomicU64,
    /// Whether the last ones were not taken.
    refused: AtomicBool,
}

/// Where the spans of this process go.
pub struct Traces {
    /// The variables of this process, of which there is one set.
    lookup: fn(&str) -> Option<OsString>,
    handed: Arc<Handed>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What the present state was made from; `None`: nothing was made yet.
    made_from: Option<WantedTraces>,
    running: Option<Running>,
    told: Option<String>,
}

struct Running {
    spans: Arc<dyn Tracer>,
    export: Export,
}

impl Traces {
    /// Nothing is made before [`Traces::tracer`] is called.
    pub fn new(lookup: fn(&str) -> Option<OsString>) -> Self {
        Self { lookup, handed: Arc::default(), state: Mutex::default() }
    }

    /// Who makes spans, where the variables of the process or the configuration say that somebody wants them.
    pub fn tracer(&self, wanted: &WantedTraces) -> Option<Arc<dyn Tracer>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.made_from.as_ref() != Some(wanted) {
            let variable = |name: &str| (self.lookup)(name)?.into_string().ok();
            let settings = Settings::read(&variable, wanted);
            let left_out = wanted.left_out(&variable);
            // What was begun with the former collector ends with it.
            let (running, told) = match settings.and_then(|settings| settings.map(|settings| self.start(&settings)).transpose()) {
                Ok(None) => (None, left_out.map(|why| format!("off: {why}"))),
                Ok(Some((running, to))) => {
                    info!(event = LogEvent::TracesStarted.name(), "spans are handed to a collector");
                    (Some(running), Some(left_out.map_or(to.clone(), |why| format!("{to} ({why})"))))
                }
                Err(why) => {
                    warn!(event = LogEvent::TracesFailed.name(), reason = "settings", detail = %why, "no spans are made");
                    (None, Some(format!("off: {why}")))
                }
            };
            *state = State { made_from: Some(wanted.clone()), running, told };
        }
        state.running.as_ref().map(|running| Arc::clone(&running.spans))
    }

    fn start(&self, settings: &Settings) -> Result<(Running, String), String> {
        let export = Export::start(settings, Arc::clone(&self.handed))?;
        let spans = Arc::new(Spans::new(export.processor(), settings));
        Ok((Running { spans, export }, format!("to {}", settings.shown())))
    }

    /// Where spans go, or why they do not; `None` where nobody wants any.
    pub fn told(&self) -> Option<String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let told = state.told.clone()?;
        if let Some(why) = state.running.as_ref().and_then(|running| running.export.failure()) {
            return Some(format!("off: {why}"));
        }
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let lost = count(&self.handed.queue) + count(&self.handed.export);
        Some(if state.running.is_some() { format!("{told}: {} spans, {lost} lost", count(&self.handed.sent)) } else { told })
    }

    /// What keeps spans from the collector, where one is named.
    pub fn trouble(&self) -> Option<String> {
        let told = self.told()?;
        if told.starts_with("off: ") {
            return Some(format!("traces are {told}"));
        }
        let lost = self.dropped().iter().map(|(_, count)| count).sum::<u64>();
        self.handed.refused.load(Ordering::Relaxed).then(|| format!("the collector of traces takes no spans, {lost} are lost"))
    }

    /// Spans that were lost, by why.
    pub fn dropped(&self) -> [(&'static str, u64); 2] {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        [("span_queue", count(&self.handed.queue)), ("span_export", count(&self.handed.export))]
    }

    /// Waits until what has ended is handed over, for so long at most.
    pub fn flush(&self, patience: Duration) {
        let flushed = {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.running.as_ref().map(|running| running.export.flush())
        };
        if let Some(flushed) = flushed {
            let _ = flushed.recv_timeout(patience);
        }
    }
}
