//! `GET /v1/metrics`: the numbers of the pipeline and those of the process, as Prometheus reads them.

use std::sync::atomic::Ordering;
use std::time::UNIX_EPOCH;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::response::IntoResponse;

use super::Shared;
use crate::platform;
use crate::protocol::PROTOCOL;
use crate::suggest::metrics::families;
use crate::telemetry::{Log, Traces};

/// The version of the text format.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) async fn metrics(State(shared): State<Shared>) -> Response<Body> {
    shared.activity.settled().await;
    let text = text(&shared);
    (HeaderMap::from_iter(shared.build), [(CONTENT_TYPE, TEXT)], text).into_response()
}

/// The same for whoever asks on this machine. A page of the web that gives its name this address gets nothing.
pub(super) async fn for_anybody(state: State<Shared>, headers: HeaderMap) -> Response<Body> {
    if is_of_this_machine(&headers) { metrics(state).await } else { StatusCode::FORBIDDEN.into_response() }
}

/// Whether a request names this machine by a name that no page of the web can take.
pub(super) fn is_of_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "127.0.0.1" | "localhost")
}

fn text(shared: &Shared) -> String {
    let mut page = shared.backend.pipeline().measure();
    let [(_, build), _] = &shared.build;
    let labels = [env!("CARGO_PKG_VERSION"), build.to_str().unwrap_or_default(), &PROTOCOL.to_string()];
    page.level(&families::BUILD_INFO, labels, 1.0);
    for (result, count) in shared.backend.setup().reloads {
        page.count(&families::CONFIG_RELOADS, [result], count);
    }
    for (reason, count) in shared.backend.log().into_iter().flat_map(Log::dropped) {
        page.count(&families::TELEMETRY_DROPPED, [reason], count);
    }
    for (reason, count) in shared.backend.traces().into_iter().flat_map(Traces::dropped) {
        page.count(&families::TELEMETRY_DROPPED, [reason], count);
    }
    let activity = &shared.activity;
    page.level(&families::REQUESTS_IN_FLIGHT, [], activity.in_flight.load(Ordering::Acquire) as f64);
    let since = activity.started_at.duration_since(UNIX_EPOCH).unwrap_or_default();
    page.level(&families::PROCESS_START, [], since.as_secs_f64());
    // What the system does not tell is left out: 0 would be a lie.
    if let Some(bytes) = platform::resident_memory() {
        page.level(&families::RESIDENT_MEMORY, [], bytes as f64);
    }
    if let Some(count) = platform::open_descriptors() {
        page.level(&families::OPEN_DESCRIPTORS, [], count as f64);
    }
    page.text()
}
