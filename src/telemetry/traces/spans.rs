//! Spans as the libraries of OpenTelemetry make them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanContext, SpanId, SpanKind as Kind, Status, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer as _,
    TracerProvider as _,
};
use opentelemetry::{Array, Context, KeyValue, StringValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, Span};

use super::export::Processor;
use super::settings::Settings;
use crate::domain::TraceParent;
use crate::suggest::ports::{OpenSpan, SpanAttributes, SpanKind, SpanValue, Tracer};

/// Makes spans.
pub(super) struct Spans {
    tracer: SdkTracer,
    /// Spans are only made while it is there.
    _provider: SdkTracerProvider,
}

impl Spans {
    pub(super) fn new(processor: Processor, settings: &Settings) -> Self {
        let resource = Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
        let resource = if settings.is_named { resource } else { resource.with_service_name("gptos") };
        let provider = SdkTracerProvider::builder().with_span_processor(processor).with_resource(resource.build()).build();
        Self { tracer: provider.tracer("gptos"), _provider: provider }
    }
}

impl Tracer for Spans {
    fn begin(&self, name: &'static str, parent: Option<TraceParent>, at: SystemTime) -> Arc<dyn OpenSpan> {
        let within = parent.map_or_else(Context::new, |parent| {
            let flags = if parent.sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
            let (trace, span) = (TraceId::from(parent.trace), SpanId::from(parent.span));
            Context::new().with_remote_span_context(SpanContext::new(trace, span, flags, true, TraceState::default()))
        });
        let builder = SpanBuilder::from_name(name).with_kind(Kind::Internal).with_start_time(at);
        Arc::new(Open { span: Mutex::new(self.tracer.build_with_context(builder, &within)), tracer: self.tracer.clone() })
    }
}

struct Open {
    span: Mutex<Span>,
    tracer: SdkTracer,
}

impl Open {
    fn span(&self) -> MutexGuard<'_, Span> {
        self.span.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenSpan for Open {
    fn child(&self, name: &str, kind: SpanKind) -> Arc<dyn OpenSpan> {
        let within = Context::new().with_remote_span_context(self.span().span_context().clone());
        let kind = match kind {
            SpanKind::Internal => Kind::Internal,
            SpanKind::Client => Kind::Client,
        };
        let builder = SpanBuilder::from_name(name.to_owned()).with_kind(kind);
        Arc::new(Open { span: Mutex::new(self.tracer.build_with_context(builder, &within)), tracer: self.tracer.clone() })
    }

    fn set(&self, name: &'static str, value: SpanValue<'_>) {
        self.span().set_attribute(KeyValue::new(name, made(value)));
    }

    fn event(&self, name: &'static str, attributes: SpanAttributes<'_>) {
        let attributes = attributes.iter().map(|(name, value)| KeyValue::new(*name, made(*value))).collect();
        self.span().add_event(name, attributes);
    }

    fn failed(&self, error_type: &str) {
        let mut span = self.span();
        span.set_attribute(KeyValue::new("error.type", error_type.to_owned()));
        span.set_status(Status::error(""));
    }

    fn place(&self) -> TraceParent {
        let span = self.span();
        let context = span.span_context();
        TraceParent {
            trace: u128::from_be_bytes(context.trace_id().to_bytes()),
            span: u64::from_be_bytes(context.span_id().to_bytes()),
            sampled: context.is_sampled(),
        }
    }

    fn end(&self) {
        self.span().end();
    }
}

fn made(value: SpanValue<'_>) -> Value {
    match value {
        SpanValue::Text(text) => Value::String(text.to_owned().into()),
        SpanValue::Texts(texts) => Value::Array(Array::String(texts.iter().map(|text| StringValue::from((*text).to_owned())).collect())),
        SpanValue::Number(number) => Value::I64(i64::try_from(number).unwrap_or(i64::MAX)),
        SpanValue::Seconds(seconds) => Value::F64(seconds),
        SpanValue::Flag(flag) => Value::Bool(flag),
    }
}
