//! Between the pipeline and the wire.

use std::time::Duration;

use super::{Backend, SOFT_DEADLINE, Setup};
use crate::domain::{Cause, EndpointHealth, Need};
use crate::protocol::{self, Answer, KEY_UNAVAILABLE, Record, WireCacheStats, WireCandidate, WireEndpoint, WireNeed, WirePage};
use crate::suggest::pipeline::{Mode, Offer, Outcome, Via, WaitingFor};
use crate::suggest::ports::{CacheStats, Provider};

/// Reads off the wire which sources may answer.
pub fn to_mode(mode: protocol::Mode) -> Mode {
    match mode {
        protocol::Mode::Normal => Mode::Normal,
        protocol::Mode::Fresh => Mode::Fresh,
        protocol::Mode::Offline => Mode::Offline,
    }
}

/// Puts the counts of a cache on the wire.
pub fn to_stats(stats: &CacheStats) -> WireCacheStats {
    WireCacheStats {
        entries: stats.entries,
        live_bytes: stats.live_bytes,
        disk_bytes: stats.disk_bytes,
        hits: stats.hits,
        misses: stats.misses,
        damaged: stats.damaged,
        mode: stats.mode.to_owned(),
    }
}

/// Puts on the wire how a provider has been.
pub(super) fn to_endpoint(provider: &dyn Provider, health: &EndpointHealth) -> WireEndpoint {
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    WireEndpoint {
        name: provider.name().to_owned(),
        model: provider.model().to_owned(),
        kind: provider.kind().map(str::to_owned),
        address: provider.address(),
        state: health.state.label().to_owned(),
        since_s: health.since.map(|since| since.as_secs()),
        retry_in_ms: health.retry_in.map(millis),
        p50_ms: health.p50.map(millis),
        p95_ms: health.p95.map(millis),
        last_error: health.last_error.as_ref().map(|(class, _)| {
            let is_keyless = health.key_trouble.is_some();
            if is_keyless { KEY_UNAVAILABLE } else { class.label() }.to_owned()
        }),
        key_trouble: health.key_trouble.clone(),
        last_error_s: health.last_error.as_ref().map(|(_, ago)| ago.as_secs()),
        calls: health.calls,
        successes: health.successes,
        in_flight: health.in_flight as u64,
        proxy: None,
    }
}

/// Says on the wire that the work goes on, and what could be had at once.
pub fn to_progress(waiting: &WaitingFor, elapsed: Duration) -> Record {
    let meanwhile = if elapsed >= SOFT_DEADLINE { waiting.meanwhile() } else { None };
    Record::Progress {
        elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        waiting_for: waiting.name(),
        meanwhile: meanwhile.as_ref().map(to_wire),
    }
}

/// Puts an outcome on the wire, with what the setup says beside it.
pub fn to_record(outcome: Outcome, setup: &Setup) -> Record {
    match outcome {
        Outcome::NeedKeys(names) => Record::NeedKeys { names },
        Outcome::Reply(reply) => {
            let problem = setup.problem.as_ref().and_then(|problem| problem.tell()).map(str::to_owned);
            let notice = setup.notice.as_ref().and_then(|notice| notice.tell()).map(str::to_owned);
            Record::Answer(Answer {
                candidates: reply.offers.iter().map(to_wire).collect(),
                more: reply.more,
                remarks: problem.into_iter().chain(notice).chain(reply.remarks.iter().map(ToString::to_string)).collect(),
                nearest: reply.nearest,
                pages: reply.pages.into_iter().map(WirePage::from_offer).collect(),
                has_provider: !setup.providers.is_empty(),
                needs: Vec::new(),
            })
        }
    }
}

/// Puts beside an answer what needs the user. That a cap is reached may stand in the answer itself.
pub fn with_needs(mut record: Record, backend: &dyn Backend, setup: &Setup) -> Record {
    if let Record::Answer(answer) = &mut record {
        let is_said = |need: &Need| need.cause == Cause::Spend && answer.remarks.iter().any(|remark| remark.contains("spend."));
        let needs = setup.needs(backend.pipeline()).into_iter().filter(|need| !is_said(need));
        answer.needs = needs.map(|need| WireNeed { cause: need.cause.name().to_owned(), text: need.text }).collect();
    }
    record
}

fn to_wire(offer: &Offer) -> WireCandidate {
    let provider = offer.suggestion.origin().provider();
    WireCandidate {
        command: offer.suggestion.command().to_owned(),
        holes: offer.suggestion.holes().iter().map(|hole| (hole.at.start, hole.at.end)).collect(),
        reading: offer.suggestion.reading().map(str::to_owned),
        origin: offer.suggestion.origin().label(),
        model: provider.and_then(|provider| provider.model.clone()),
        asked_model: provider.and_then(|provider| provider.instead_of.clone()),
        via: match offer.via {
            Via::Live => protocol::Via::Live,
            Via::Cache => protocol::Via::Cache,
            Via::Stale => protocol::Via::Stale,
            Via::Guess => protocol::Via::Guess,
        },
        confidence: offer.suggestion.confidence(),
    }
}
