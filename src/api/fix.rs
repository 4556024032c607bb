//! A line that failed, and what was probably meant. The line may hold secrets: it is looked at and forgotten.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;

use super::{InFlight, Shared};
use crate::domain::AuditMode;
use crate::fix::{Failed, Fixes};
use crate::line::wire_rules;
use crate::protocol::{Answer, FixRequest, Via, WireCandidate};
use crate::validate::{Policy, judge};

/// Why less is given where a record is required.
pub const UNRECORDED: &str = "a risky suggestion was held back, because the audit trail has no record of what is found for a line";

pub(super) async fn fix(State(shared): State<Shared>, Json(wire): Json<FixRequest>) -> Response<Body> {
    let _in_flight = InFlight::new(&shared.activity);
    let facts = match wire.shell.into_facts() {
        Ok(facts) => facts,
        Err(reason) => return (StatusCode::BAD_REQUEST, reason).into_response(),
    };
    let (line, status) = (wire.line, wire.status);
    let backend = Arc::clone(&shared.backend);
    let rules = match wire_rules::in_force(&backend.setup().rules, wire.rules) {
        Ok(rules) => rules,
        Err(reason) => return (StatusCode::BAD_REQUEST, reason).into_response(),
    };
    let policy = Policy::new(facts.shell).with_comments(facts.comments).with_rules(rules);
    // A folder may lie on a server that is gone.
    let work = move || {
        let failed = Failed { line: &line, status, shell: facts.shell, printed: None };
        let is_required = backend.pipeline().audit_stats().is_some_and(|(_, is_required)| is_required);
        let audit = if is_required { AuditMode::Required } else { AuditMode::Local };
        to_answer(failed.fixes(&backend.look_around(&failed.wanted(), &facts)), &policy, audit)
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => Json(answer).into_response(),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the line could not be looked at").into_response(),
    }
}

/// Lets the candidates through the gate. What is known of the failure is told when none remains. There is no record of a line
/// that failed, so where one is required nothing risky is given for it.
pub fn to_answer(fixes: Fixes, policy: &Policy, audit: AuditMode) -> Answer {
    let judged = fixes.candidates.into_iter().filter_map(|candidate| Some((judge(&candidate, policy).ok()?.wants_a_record(), candidate)));
    let (held, passed): (Vec<_>, Vec<_>) = judged.partition(|(wants_a_record, _)| audit == AuditMode::Required && *wants_a_record);
    let candidates: Vec<WireCandidate> =
        passed.into_iter().map(|(_, candidate)| WireCandidate::from_candidate(candidate, Via::Live)).collect();
    let mut remarks = if candidates.is_empty() { vec![fixes.remark] } else { Vec::new() };
    remarks.extend((!held.is_empty()).then(|| UNRECORDED.to_owned()));
    Answer { candidates, remarks, ..Answer::default() }
}
