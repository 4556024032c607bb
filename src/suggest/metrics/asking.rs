//! One question from its beginning to its end, as it is counted.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tracing::info;

use super::Metrics;
use crate::domain::{AttemptError, ErrorType, FailureClass, LogEvent, Origin};
use crate::suggest::pipeline::{Outcome, Reply, Via};
use crate::suggest::ports::{Pace, Provider, SpanValue};
use crate::suggest::track::Track;

/// A question that is being answered. Dropping it before its end means that nobody waits for the answer any more.
pub(crate) struct Asking<'a> {
    metrics: &'a Metrics,
    track: Track,
    begun: Instant,
    failed: Option<Failed>,
    is_over: bool,
}

/// What came of asking providers in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failed {
    /// The model declined.
    Declined,
    /// Anything else, at last this.
    Otherwise(ErrorType),
}

impl<'a> Asking<'a> {
    pub(super) fn since(metrics: &'a Metrics, track: &Track, begun: Instant) -> Self {
        Self { metrics, track: track.clone(), begun, failed: None, is_over: false }
    }

    /// All providers were asked in vain.
    pub(crate) fn failed(&mut self, failures: &[(String, AttemptError)]) {
        let declined = failures.iter().any(|(_, error)| error.class == FailureClass::Refusal);
        let last = failures.last().map_or(ErrorType::Other, |(_, error)| error.error_type);
        self.failed = Some(if declined { Failed::Declined } else { Failed::Otherwise(last) });
    }

    /// It has ended like this. One for which keys are needed has not: it is asked again with them.
    /// Tells what gave the answer and how long it took.
    pub(crate) fn ended(mut self, outcome: &Outcome, providers: &[Arc<dyn Provider>]) -> Option<(&'static str, Duration)> {
        self.is_over = true;
        let Outcome::Reply(reply) = outcome else { return None };
        let source = source(reply, providers);
        if let (None, Some(Failed::Otherwise(last))) = (reply.offers.first(), self.failed) {
            self.track.failed(last.label());
        }
        self.count(source, self.outcome(reply));
        Some((source, self.begun.elapsed()))
    }

    fn outcome(&self, reply: &Reply) -> &'static str {
        match (reply.offers.first(), self.failed) {
            (Some(best), None) if best.via != Via::Guess => "ok",
            (Some(_), _) => "degraded",
            (None, Some(Failed::Declined)) => "refused",
            (None, Some(Failed::Otherwise(_))) => "error",
            (None, None) => "unanswered",
        }
    }

    fn count(&self, source: &'static str, outcome: &'static str) {
        self.metrics.requests.add([source, outcome]);
        let took = self.begun.elapsed();
        self.metrics.request_duration.observe([source], took);
        self.track.set("gptos.source", SpanValue::Text(source));
        self.track.set("gptos.outcome", SpanValue::Text(outcome));
        info!(
            event = LogEvent::RequestEnded.name(),
            request_id = %self.track.id,
            trace_id = self.track.trace_id(),
            span_id = self.track.span_id(),
            source,
            outcome,
            duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            "a question has ended"
        );
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.count("none", "cancelled");
        }
    }
}

/// What gave the best answer.
fn source(reply: &Reply, providers: &[Arc<dyn Provider>]) -> &'static str {
    let Some(best) = reply.offers.first() else { return "none" };
    match (best.suggestion.origin(), best.via) {
        (Origin::Ran, _) => "ran",
        (_, Via::Cache) => "cache",
        (_, Via::Stale) => "stale",
        (Origin::Offline | Origin::Fix | Origin::Tldr, _) => "offline",
        (Origin::Provider(from), _) => {
            let is_here = |provider: &&Arc<dyn Provider>| provider.name() == from.name && provider.pace() == Pace::Loopback;
            if providers.iter().any(|provider| is_here(&provider)) { "local_model" } else { "provider" }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Answerer, Candidate, ShellKind};
    use crate::suggest::pipeline::Offer;
    use crate::validate::{Policy, judge};

    fn reply(origin: Origin, via: Via) -> Outcome {
        let candidate = Candidate { command: "ls".to_owned(), holes: Vec::new(), reading: None, origin, confidence: 1.0 };
        let suggestion = judge(&candidate, &Policy::new(ShellKind::Bash)).expect("harmless");
        Outcome::Reply(Reply { offers: vec![Offer { suggestion, via }], ..Reply::default() })
    }

    fn failure(class: FailureClass) -> Vec<(String, AttemptError)> {
        vec![("a".to_owned(), AttemptError::new(FailureClass::Transient, "x")), ("b".to_owned(), AttemptError::new(class, "x"))]
    }

    fn series(metrics: &Metrics) -> Vec<String> {
        let counts = metrics.counts().into_iter().filter(|(name, _)| name.starts_with("gptos_requests_total"));
        counts.map(|(name, count)| format!("{} {count}", name.trim_start_matches("gptos_requests_total"))).collect()
    }

    #[test]
    fn source_and_outcome_tell_what_gave_the_answer_and_whether_it_is_what_was_hoped_for() {
        let provider = || Origin::Provider(Answerer::named("p"));
        let nothing = || Outcome::Reply(Reply::default());
        for (outcome, failures, source, word) in [
            (reply(Origin::Ran, Via::Cache), None, "ran", "ok"),
            (reply(provider(), Via::Cache), None, "cache", "ok"),
            (reply(provider(), Via::Stale), None, "stale", "ok"),
            (reply(provider(), Via::Stale), Some(failure(FailureClass::Auth)), "stale", "degraded"),
            (reply(Origin::Offline, Via::Live), None, "offline", "ok"),
            (reply(Origin::Offline, Via::Guess), None, "offline", "degraded"),
            (reply(provider(), Via::Live), None, "provider", "ok"),
            (nothing(), None, "none", "unanswered"),
            (nothing(), Some(failure(FailureClass::Auth)), "none", "error"),
            (nothing(), Some(failure(FailureClass::Refusal)), "none", "refused"),
        ] {
            let metrics = Metrics::default();
            let mut asking = metrics.asking(&Track::default());
            if let Some(failures) = failures {
                asking.failed(&failures);
            }
            asking.ended(&outcome, &[]);
            assert_eq!(series(&metrics), [format!("{{source=\"{source}\",outcome=\"{word}\"}} 1")]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_given_up_is_counted_with_its_time_and_one_that_needs_keys_is_not() {
        let metrics = Metrics::default();
        metrics.asking(&Track::default()).ended(&Outcome::NeedKeys(Vec::new()), &[]);
        assert!(series(&metrics).is_empty());
        let asking = metrics.asking(&Track::default());
        tokio::time::advance(Duration::from_millis(300)).await;
        drop(asking);
        assert_eq!(series(&metrics), ["{source=\"none\",outcome=\"cancelled\"} 1"]);
        let text = metrics.page().text();
        for line in ["_bucket{source=\"none\",le=\"0.256\"} 0", "_bucket{source=\"none\",le=\"0.5\"} 1", "_sum{source=\"none\"} 0.3"] {
            assert!(text.contains(&format!("gptos_request_duration_seconds{line}\n")), "{line}\n{text}");
        }
    }
}
