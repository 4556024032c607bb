//! What was asked, offered and run, on its way to the audit trail.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::pipeline::{Mode, Offer, Outcome, Pipeline, Reply, Request, Via};
use super::ports::{MakeEvents, Reach, RedactedText, Span, SpanValue, Trail, TrailEvent, TrailId, TrailOffer, TrailStats, TrailStep};
use super::ran::Ran;
use super::waiting::WaitingFor;
use super::{aimed, pages};
use crate::domain::{Aim, Query, ShellFacts};
use crate::redact::Redacted;
use crate::validate::{Policy, Suggestion, Verdict, check};

/// How long a risky suggestion waits for its record.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long it may take to look at what all suggestions of an answer write over: others wait for the same worker.
const LOOK_LIMIT: Duration = Duration::from_millis(5);

/// What is said first of a suggestion that is not given because no record of it can be made.
pub const WITHHELD: &str = "a risky suggestion was held back";

/// Where events go, and what depends on their arriving.
#[derive(Clone)]
pub struct Recorder {
    /// The trail.
    pub trail: Arc<dyn Trail>,
    /// Tells what a suggestion reaches: it is recorded as risky as it is shown.
    pub reach: Arc<dyn Reach>,
    /// Whether no risky suggestion may be given without a record.
    pub is_required: bool,
}

impl Recorder {
    /// The events of a request that ended at `at` with these suggestions, or because nobody waited any more.
    fn events(&self, request: &Request, id: TrailId, at: SystemTime, offers: Option<Vec<Offer>>) -> MakeEvents {
        let (query, aim, asked, mode): (Query, Aim, SystemTime, &'static str) =
            (request.query.clone(), request.aim.clone(), request.now, name(request.mode));
        let shell = request.facts.shell;
        // Now, since a suggestion that is run before its record is made changes what it would find.
        let offers = offers.map(|mut offers| {
            let until = Instant::now() + LOOK_LIMIT;
            for offer in &mut offers {
                look(&mut offer.suggestion, self.reach.as_ref(), &request.facts, until.saturating_duration_since(Instant::now()));
            }
            offers
        });
        Box::new(move || {
            let redacted = aimed::redacted(&query, &aim);
            let first = TrailStep::Asked { query: aimed::remembered(&aim, &redacted), shell, mode };
            let last = match offers {
                Some(offers) => TrailStep::Offered(offers.iter().map(|given| offer(given, &redacted)).collect()),
                None => TrailStep::Canceled,
            };
            vec![TrailEvent { id: Some(id), at: asked, step: first }, TrailEvent { id: Some(id), at, step: last }]
        })
    }
}

/// Events on their way to the trail. They are handed over when this is dropped, which who answers does behind the answer: to wake the thread of the
/// trail costs a call of the system.
#[must_use]
#[derive(Default)]
pub struct Unrecorded(Option<(Recorder, MakeEvents, Span)>);

impl Drop for Unrecorded {
    fn drop(&mut self) {
        if let Some((recorder, events, span)) = self.0.take() {
            recorder.trail.record(events);
            drop(span);
        }
    }
}

/// A request whose steps are recorded. Dropping it before its end means that nobody waits for the answer any more.
pub(super) struct Recording<'a> {
    recorder: Option<Recorder>,
    request: &'a Request,
    waiting: &'a WaitingFor,
    id: TrailId,
}

impl Pipeline {
    /// Steps are recorded here from now on; `None`: they are not.
    pub fn audit(&self, recorder: Option<Recorder>) {
        *self.recorder.write().unwrap_or_else(PoisonError::into_inner) = recorder;
    }

    pub(super) fn recorder(&self) -> Option<Recorder> {
        self.recorder.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until what happened is written, for so long at most; says whether it is.
    pub fn flush_audit(&self, patience: Duration) -> bool {
        self.recorder().is_none_or(|recorder| recorder.trail.flush(patience))
    }

    /// The process ends: what happened is written, and sealed if the trail is.
    pub fn close_audit(&self, patience: Duration) {
        self.recorder().into_iter().for_each(|recorder| recorder.trail.close(patience));
    }

    /// How the trail stands, and whether it is required; `None` when nothing is recorded.
    pub fn audit_stats(&self) -> Option<(TrailStats, bool)> {
        self.recorder().map(|recorder| (recorder.trail.stats(), recorder.is_required))
    }

    /// Whether this may be given before there is a record of it.
    pub(super) fn may_give_unrecorded(&self, offer: &Offer) -> bool {
        !offer.suggestion.wants_a_record() || !self.recorder().is_some_and(|recorder| recorder.is_required)
    }

    /// Records an answer that was given at once.
    pub(super) fn record_given(&self, request: &Request, reply: &Reply) {
        if let Some(recorder) = self.recorder().filter(|_| !request.query.is_private()) {
            let span = append_span(request, false);
            recorder.trail.record(recorder.events(request, id(), request.now, Some(reply.offers.clone())));
            drop(span);
        }
    }

    /// Records what was run. A line behind a blank, or for words behind one, leaves no trace.
    pub(super) fn record_run(&self, ran: &Ran<'_>, facts: &ShellFacts, now: SystemTime) {
        let is_private = ran.query.is_private() || ran.command.starts_with([' ', '\t']);
        let Some(recorder) = self.recorder().filter(|_| !is_private) else { return };
        let (query, aim, command, status) = (ran.query.clone(), ran.aim.clone(), ran.command.to_owned(), ran.status);
        let policy = Policy::new(facts.shell).with_comments(facts.comments).with_rules(Arc::clone(ran.rules));
        recorder.trail.record(Box::new(move || {
            let redacted = aimed::redacted(&query, &aim);
            let verdict = check(&command, &policy);
            let step = TrailStep::Ran {
                query: aimed::remembered(&aim, &redacted),
                command: redacted.conceal(&command),
                status,
                shell: policy.shell,
                risk: verdict.risk,
                findings: findings(&verdict),
            };
            vec![TrailEvent { id: None, at: now, step }]
        }));
    }
}

impl<'a> Recording<'a> {
    pub(super) fn begin(recorder: Option<Recorder>, request: &'a Request, waiting: &'a WaitingFor) -> Self {
        Self { recorder, request, waiting, id: id() }
    }

    /// What came of the request, and what is to be recorded of it. Where a record is required, risky suggestions without one are held back.
    pub(super) async fn ended(mut self, outcome: Outcome) -> (Outcome, Unrecorded) {
        // A request for which keys are needed is asked again with them.
        let Some(recorder) = self.recorder.take() else { return (outcome, Unrecorded::default()) };
        let Outcome::Reply(mut reply) = outcome else { return (outcome, Unrecorded::default()) };
        let is_private = self.request.query.is_private();
        if recorder.is_required {
            // No record tells of what is only shown to be read.
            let policy = self.request.policy();
            reply.pages.retain(|page| pages::judged(page, &policy).is_some_and(|suggestion| !suggestion.wants_a_record()));
        }
        let made = |reply: &Reply| {
            let mut offers = reply.offers.clone();
            // It may have been taken while the answer was awaited.
            let is_new = |offer: &Offer| offers.iter().all(|known| known.suggestion.command() != offer.suggestion.command());
            offers.extend(self.waiting.offered().filter(is_new));
            recorder.events(self.request, self.id, SystemTime::now(), Some(offers))
        };
        if recorder.is_required && reply.offers.iter().any(|offer| offer.suggestion.wants_a_record()) {
            let span = append_span(self.request, true);
            let recorded = match is_private {
                true => Err("words that begin with a blank leave none".to_owned()),
                false => match tokio::time::timeout(PATIENCE, recorder.trail.record_durably(made(&reply))).await {
                    Ok(recorded) => recorded,
                    Err(_) => Err("the disk does not answer".to_owned()),
                },
            };
            if recorded.is_err() {
                span.failed("not_written");
            }
            drop(span);
            let Err(why) = recorded else { return (Outcome::Reply(reply), Unrecorded::default()) };
            reply.offers.retain(|offer| !offer.suggestion.wants_a_record());
            let remark = format!("{WITHHELD}, because the audit trail must have a record of it: {why}");
            reply.remarks.push(RedactedText::mask(&remark));
        }
        let events = (!is_private).then(|| made(&reply));
        let unrecorded = events.map(|events| (recorder, events, append_span(self.request, false)));
        (Outcome::Reply(reply), Unrecorded(unrecorded))
    }
}

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        if let Some(recorder) = self.recorder.take().filter(|_| !self.request.query.is_private()) {
            let offers = self.waiting.offered().map(|offer| vec![offer]);
            recorder.trail.record(recorder.events(self.request, self.id, SystemTime::now(), offers));
        }
    }
}

/// The span of handing events to the trail, and, if they must be there before the answer is, of their being written.
fn append_span(request: &Request, is_durable: bool) -> Span {
    let span = request.track.span("gptos.audit.append");
    span.set("gptos.audit.durable", SpanValue::Flag(is_durable));
    span
}

/// Takes in what the suggestion writes over. Nothing is known yet of what a hole will reach.
fn look(suggestion: &mut Suggestion, reach: &dyn Reach, facts: &ShellFacts, limit: Duration) {
    if suggestion.verdict().may_lose() && suggestion.holes().is_empty() {
        let reached = reach.reached(&suggestion.verdict().effects, facts, limit);
        suggestion.take_in(&reached);
    }
}

fn offer(offer: &Offer, redacted: &Redacted) -> TrailOffer {
    let origin = offer.suggestion.origin();
    TrailOffer {
        command: redacted.conceal(offer.suggestion.command()),
        source: match offer.via {
            Via::Cache => "cache".to_owned(),
            Via::Stale => "stale".to_owned(),
            Via::Live | Via::Guess => origin.label(),
        },
        model: origin.provider().and_then(|provider| provider.model.clone()),
        risk: offer.suggestion.risk(),
        findings: findings(offer.suggestion.verdict()),
    }
}

fn findings(verdict: &Verdict) -> Vec<String> {
    verdict.findings.iter().map(|finding| finding.rule.clone()).collect()
}

fn name(mode: Mode) -> &'static str {
    match mode {
        Mode::Normal => "normal",
        Mode::Fresh => "fresh",
        Mode::Offline => "offline",
    }
}

fn id() -> TrailId {
    TrailId(fastrand::u64(..).to_le_bytes())
}
