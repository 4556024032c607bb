//! One attempt at one endpoint, and what its health learns from it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tracing::{info, warn};

use super::consequence;
use super::health::Leave;
use super::timing::{Moment, limits};
use super::{Engine, Round, Urgency, model, spans};
use crate::domain::{AttemptError, ErrorType, FailureClass, LogEvent, Stage};
use crate::resilience::{Report, Trip};
use crate::suggest::metrics::Metrics;
use crate::suggest::ports::{Call, Heard, Span, SpanValue};
use crate::validate::Suggestion;

/// How long somebody who waits for an answer waits for a place among the calls under way.
const PATIENCE: Duration = Duration::from_millis(250);

/// An adapter that keeps its limits is done by then.
const GRACE: Duration = Duration::from_millis(50);

/// Where an attempt stands in its request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position {
    /// Calls made before it.
    pub(super) calls: u32,
    /// Why it is made.
    pub(super) kind: AttemptKind,
    /// How often the same was sent to this provider before.
    pub(super) resends: u32,
    /// Whether nobody is asked after it.
    pub(super) is_last: bool,
    /// Whether nobody else could answer.
    pub(super) alone: bool,
}

/// Why an attempt is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AttemptKind {
    /// It is the first of its request.
    First,
    /// The same provider failed.
    Retry,
    /// Another one is slow.
    Hedge,
    /// Another one failed, or is only probed.
    Fallback,
    /// To find out whether the provider is well again.
    Probe,
}

impl AttemptKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            AttemptKind::First => "first",
            AttemptKind::Retry => "retry",
            AttemptKind::Hedge => "hedge",
            AttemptKind::Fallback => "fallback",
            AttemptKind::Probe => "probe",
        }
    }
}

/// A call that is under way. If it is dropped before it has ended, nobody waits for it any more.
struct UnderWay<'a> {
    span: &'a Span,
    metrics: &'a Metrics,
    provider: &'a str,
    has_ended: bool,
}

impl UnderWay<'_> {
    fn end(mut self) {
        self.has_ended = true;
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.span.failed(ErrorType::Cancelled.label());
            self.metrics.provider_attempts.add([self.provider, ErrorType::Cancelled.label()]);
        }
    }
}

impl Engine {
    /// Makes one attempt. Dropping the future cancels it.
    pub(super) async fn attempt(
        &self,
        round: &Round,
        index: usize,
        leave: Leave,
        position: Position,
        heard: &Heard,
    ) -> Result<Suggestion, AttemptError> {
        let Some(provider) = round.providers.get(index) else { return Err(gone()) };
        let remaining = round.deadline.saturating_duration_since(Instant::now());
        let Position { calls, kind, resends, is_last, alone } = position;
        let health = Arc::clone(&leave.health);
        let place = match round.urgency {
            Urgency::Nobody => health.places.enter_spare(),
            Urgency::Person if !alone => health.places.enter(PATIENCE.min(remaining)).await,
            Urgency::Person | Urgency::Batch => health.places.enter_in_turn(remaining).await,
        };
        let _place = place.map_err(|error| {
            self.metrics.rejections.add(["bulkhead"]);
            AttemptError::new(FailureClass::RateLimited { retry_after: None }, format!("not asked: many calls are under way, {error}"))
        })?;
        let counted = round.acceptance.count(provider.as_ref(), &round.prompt).await?;
        round.waiting.set(provider.name());
        let begun = Instant::now();
        let remaining = round.deadline.saturating_duration_since(begun);
        let p95 = health.endpoint().p95();
        let limits = limits(provider.pace(), Moment { remaining, calls, is_last, p95 });
        let span = spans::begin(round, provider.as_ref(), kind);
        let under_way = UnderWay { span: &span, metrics: &self.metrics, provider: provider.name(), has_ended: false };
        let call = Call { prompt: &round.prompt, facts: &round.facts, limits, heard, span: &span, resends };
        // The adapter keeps its limits; the deadline does not depend on that.
        let end = round.deadline.min(begun + limits.total + GRACE);
        let asked = tokio::time::timeout_at(end, provider.ask(call)).await;
        let late = |_| AttemptError::new(FailureClass::Slow(Stage::Total), "no complete answer in time");
        let answered = asked.map_err(late).and_then(|answer| answer);
        if let Some(counted) = counted {
            counted.ended(answered.as_ref());
        }
        let now = Instant::now();
        spans::answered(&span, &answered);
        let (first_chunk, pause) = answered.as_ref().map_or((None, None), |answer| (answer.first_chunk, answer.pause));
        let well = Report::Success { took: now - begun, first_chunk, pause };
        let read = answered.and_then(|answer| {
            let from = model::answerer(provider.name(), &answer.model, provider.model());
            if from.instead_of.is_some() {
                self.metrics.other_model.add([provider.name()]);
            }
            round.acceptance.read(&answer, from)
        });
        let is_told = health.is_told_by(read.as_ref().err());
        if is_told {
            let rejected = match &read {
                Err(error) if error.class == FailureClass::Auth => provider.key_state(&round.facts).await,
                _ => 0,
            };
            health.set_rejected_key(rejected);
            match read.as_ref().err().filter(|error| error.class != FailureClass::Refusal) {
                Some(error) => health.note_error(error, now),
                None => health.note_answer(),
            }
        }
        self.learn(round, read.as_ref().err(), now);
        under_way.end();
        let result = read.as_ref().map_or_else(|error| error.error_type.label(), |_| "ok");
        self.metrics.provider_attempts.add([provider.name(), result]);
        self.metrics.call_duration.observe(["chat", provider.name(), provider.model()], now - begun);
        let error = read.as_ref().err();
        let head = heard.head();
        error.iter().for_each(|error| span.failed(error.error_type.label()));
        info!(
            event = LogEvent::AttemptEnded.name(),
            request_id = %round.track.id,
            trace_id = round.track.trace_id(),
            kind = kind.name(),
            attempt = calls + 1,
            provider = provider.name(),
            model = provider.model(),
            status = head.as_ref().map(|head| u64::from(head.status)),
            outcome = if error.is_none() { "ok" } else { "error" },
            error_type = error.map(|_| result),
            detail = error.map(|error| error.detail.as_str()),
            retry_after_ms = error.and_then(retry_after_ms),
            provider_request_id = head.as_ref().and_then(|head| head.request_id.as_deref()),
            duration_ms = milliseconds(now - begun),
            deadline_left_ms = milliseconds(round.deadline.saturating_duration_since(now)),
            "an attempt has ended"
        );
        let report = match read.as_ref().err() {
            None => well,
            Some(error) if is_told => consequence::report(error, well),
            Some(_) => Report::Neutral,
        };
        if let Some(trip) = leave.end(now, report, self.jitter()) {
            self.metrics.breaker_transitions.add([provider.name(), "open", trip_label(trip)]);
            span.event("gptos.breaker.opened", &[("gptos.reason", SpanValue::Text(trip_label(trip)))]);
            warn!(
                event = LogEvent::BreakerOpened.name(),
                request_id = %round.track.id,
                provider = provider.name(),
                model = provider.model(),
                reason = trip_label(trip),
                "a provider is left alone for a while"
            );
        }
        drop(span);
        let candidate = read?;
        round.acceptance.accept(candidate).await
    }

    /// What an attempt tells of things that all endpoints share.
    fn learn(&self, round: &Round, error: Option<&AttemptError>, now: Instant) {
        let mut shared = self.shared();
        match error.map(|error| &error.class) {
            None => shared.outage.end(),
            Some(FailureClass::LocalNetwork) => shared.outage.begin(now),
            // What nobody waited for must not cost those who wait their retries.
            Some(FailureClass::Slow(_)) if round.urgency != Urgency::Nobody => shared.budget.timed_out(),
            Some(FailureClass::RateLimited { .. }) => shared.limited = Some(now),
            Some(_) => {}
        }
    }
}

/// Whole milliseconds, as lines of the log tell them.
pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn retry_after_ms(error: &AttemptError) -> Option<u64> {
    match error.class {
        FailureClass::RateLimited { retry_after } => retry_after.or(error.leave_alone),
        _ => error.leave_alone,
    }
    .map(milliseconds)
}

fn trip_label(trip: Trip) -> &'static str {
    match trip {
        Trip::Consecutive => "consecutive",
        Trip::FailureRate => "failure_rate",
        Trip::SlowRate => "slow_rate",
        Trip::ProbeFailed => "probe_fail",
    }
}

fn gone() -> AttemptError {
    AttemptError::new(FailureClass::Config, "not asked: there is no such provider")
}
