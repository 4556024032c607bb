//! What tells the lines and spans of one request from those of others, and where spans go. Nothing is made for a span that
//! nobody wants.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::domain::{RequestId, TraceParent};

/// On which side of a call a span is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// Work of this process.
    Internal,
    /// A call to somebody else.
    Client,
}

/// The value of an attribute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SpanValue<'a> {
    /// A word.
    Text(&'a str),
    /// Several words.
    Texts(&'a [&'a str]),
    /// A count.
    Number(u64),
    /// Seconds.
    Seconds(f64),
    /// Yes or no.
    Flag(bool),
}

/// Attributes by name.
pub type SpanAttributes<'a> = &'a [(&'static str, SpanValue<'a>)];

/// Makes spans for somebody who collects them.
pub trait Tracer: Send + Sync {
    /// Begins the span of a request that came at `at`, in the trace of whoever asked.
    fn begin(&self, name: &'static str, parent: Option<TraceParent>, at: SystemTime) -> Arc<dyn OpenSpan>;
}

/// A span that has begun. After its end nothing changes it, but others may still be begun in it.
pub trait OpenSpan: Send + Sync {
    /// Begins a span in it.
    fn child(&self, name: &str, kind: SpanKind) -> Arc<dyn OpenSpan>;
    /// Sets an attribute.
    fn set(&self, name: &'static str, value: SpanValue<'_>);
    /// Something happened now.
    fn event(&self, name: &'static str, attributes: SpanAttributes<'_>);
    /// It failed, and why in a word.
    fn failed(&self, error_type: &str);
    /// Where it is.
    fn place(&self) -> TraceParent;
    /// It ends.
    fn end(&self);
}

/// A span, or nothing where nobody wants one. It ends when it is dropped.
#[derive(Default)]
pub struct Span(Option<Arc<dyn OpenSpan>>);

impl Span {
    /// Begins the span of a request that came at `at`.
    pub fn begin(tracer: Option<&Arc<dyn Tracer>>, name: &'static str, parent: Option<TraceParent>, at: SystemTime) -> Self {
        Self(tracer.map(|tracer| tracer.begin(name, parent, at)))
    }

    /// Whether anybody wants it.
    pub fn is_wanted(&self) -> bool {
        self.0.is_some()
    }

    /// Sets a word.
    pub fn text(&self, name: &'static str, text: &str) {
        self.set(name, SpanValue::Text(text));
    }

    /// Sets an attribute.
    pub fn set(&self, name: &'static str, value: SpanValue<'_>) {
        if let Some(span) = &self.0 {
            span.set(name, value);
        }
    }

    /// Something happened in it.
    pub fn event(&self, name: &'static str, attributes: SpanAttributes<'_>) {
        if let Some(span) = &self.0 {
            span.event(name, attributes);
        }
    }

    /// It failed, and why in a word.
    pub fn failed(&self, error_type: &str) {
        if let Some(span) = &self.0 {
            span.failed(error_type);
        }
    }

    /// Begins a span in it.
    pub fn child(&self, name: &str, kind: SpanKind) -> Span {
        Span(self.0.as_ref().map(|span| span.child(name, kind)))
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        if let Some(span) = &self.0 {
            span.end();
        }
    }
}

/// What everything that is told of a request carries.
#[derive(Clone)]
pub struct Track {
    /// The number of the request.
    pub id: RequestId,
    /// The trace of whoever asked.
    pub caller: Option<TraceParent>,
    within: Option<Arc<dyn OpenSpan>>,
}

impl Track {
    /// That of a request that came at `now`.
    pub fn new(now: SystemTime) -> Self {
        Self { id: RequestId::new(now, fastrand::u128(..)), caller: None, within: None }
    }

    /// The same for a request that is part of a trace.
    #[must_use]
    pub fn in_trace(self, caller: Option<TraceParent>) -> Self {
        Self { caller, ..self }
    }

    /// The same inside a span.
    #[must_use]
    pub fn inside(&self, span: &Span) -> Self {
        Self { within: span.0.clone(), ..self.clone() }
    }

    /// Begins a span.
    pub fn span(&self, name: &str) -> Span {
        Span(self.within.as_ref().map(|span| span.child(name, SpanKind::Internal)))
    }

    /// Begins the span of a call to somebody else, whose name is made only if it is wanted.
    pub fn call(&self, name: impl FnOnce() -> String) -> Span {
        Span(self.within.as_ref().map(|span| span.child(&name(), SpanKind::Client)))
    }

    /// Sets an attribute of the span that this is in.
    pub fn set(&self, name: &'static str, value: SpanValue<'_>) {
        if let Some(span) = &self.within {
            span.set(name, value);
        }
    }

    /// Something happened in the span that this is in.
    pub fn event(&self, name: &'static str, attributes: SpanAttributes<'_>) {
        if let Some(span) = &self.within {
            span.event(name, attributes);
        }
    }

    /// The span that this is in failed, and why in a word.
    pub fn failed(&self, error_type: &str) {
        if let Some(span) = &self.within {
            span.failed(error_type);
        }
    }

    /// The trace of the span that this is in, or else of whoever asked.
    pub fn trace_id(&self) -> Option<String> {
        let trace = self.within.as_ref().map(|span| span.place()).or(self.caller)?.trace;
        Some(format!("{trace:032x}"))
    }

    /// The span that this is in.
    pub fn span_id(&self) -> Option<String> {
        Some(format!("{:016x}", self.within.as_ref()?.place().span))
    }
}

impl std::fmt::Debug for Track {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Track").field("id", &self.id).field("caller", &self.caller).finish_non_exhaustive()
    }
}

impl Default for Track {
    /// One that nothing is looked for by.
    fn default() -> Self {
        Self { id: RequestId::new(UNIX_EPOCH, 0), caller: None, within: None }
    }
}
