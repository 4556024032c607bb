//! A line that failed, and what was probably meant. The line may hold secrets: it is looked at and forgotten.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;

use super::{InFlight, Shared};
use crate::fix::{Failed, Fixes};
use crate::protocol::{Answer, FixRequest, Via, WireCandidate};
use crate::validate::{Policy, judge};

pub(super) async fn fix(State(shared): State<Shared>, Json(wire): Json<FixRequest>) -> Response<Body> {
    let _in_flight = InFlight::new(&shared.activity);
    let facts = match wire.shell.into_facts() {
        Ok(facts) => facts,
        Err(reason) => return (StatusCode::BAD_REQUEST, reason).into_response(),
    };
    let (line, status) = (wire.line, wire.status);
    let backend = Arc::clone(&shared.backend);
    let policy = Policy::new(facts.shell).with_comments(facts.comments).with_rules(backend.setup().rules);
    // A folder may lie on a server that is gone.
    let work = move || {
        let failed = Failed { line: &line, status, shell: facts.shell, printed: None };
        to_answer(failed.fixes(&backend.look_around(&failed.wanted(), &facts)), &policy)
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => Json(answer).into_response(),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the line could not be looked at").into_response(),
    }
}

/// Lets the candidates through the gate. What is known of the failure is told when none remains.
pub fn to_answer(fixes: Fixes, policy: &Policy) -> Answer {
    let passed = fixes.candidates.into_iter().filter(|candidate| judge(candidate, policy).is_ok());
    let candidates: Vec<WireCandidate> = passed.map(|candidate| WireCandidate::from_candidate(candidate, Via::Live)).collect();
    let remarks = if candidates.is_empty() { vec![fixes.remark] } else { Vec::new() };
    Answer { candidates, remarks, ..Answer::default() }
}
