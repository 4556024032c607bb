//! Which lines the resident writes to its log, asked and changed while it runs.

use axum::Json;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;

use axum::body::Body;

use super::Shared;
use crate::protocol::{LogRequest, WireLog};
use crate::telemetry::Log;

pub(super) async fn levels(State(shared): State<Shared>) -> Response<Body> {
    shared.backend.log().map_or_else(none, answer)
}

pub(super) async fn change(State(shared): State<Shared>, Json(wire): Json<LogRequest>) -> Response<Body> {
    let Some(log) = shared.backend.log() else { return none() };
    if let Some(place) = wire.change.as_ref().and_then(|_| shared.backend.setup().log_lock) {
        return (StatusCode::FORBIDDEN, format!("`log.level` is locked at {place}")).into_response();
    }
    match wire.change.map(|change| log.levels().0.changed(&change)).transpose() {
        Ok(levels) => log.ask(levels),
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
    answer(log)
}

fn answer(log: &Log) -> Response<Body> {
    let (levels, configured) = log.levels();
    Json(WireLog { levels: levels.to_string(), configured: configured.to_string(), fails: log.fails() }).into_response()
}

fn none() -> Response<Body> {
    (StatusCode::CONFLICT, "no log is written, because there is no state directory").into_response()
}
