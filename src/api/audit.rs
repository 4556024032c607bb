//! The audit trail of the resident: that everything is written, and how it stands.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;

use super::{Backend, Shared};
use crate::protocol::WireAudit;

/// Whoever waits for it has a program of his own to look at the files.
const PATIENCE: Duration = Duration::from_millis(1500);

pub(super) async fn flush(State(shared): State<Shared>) -> Response<Body> {
    shared.activity.settled().await;
    let backend = Arc::clone(&shared.backend);
    match tokio::task::spawn_blocking(move || backend.pipeline().flush_audit(PATIENCE)).await {
        Ok(true) => Json(serde_json::json!({})).into_response(),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "some records are not written yet").into_response(),
    }
}

/// How the trail stands; what the configuration says is in force by now.
pub(super) fn standing(backend: &dyn Backend) -> WireAudit {
    let Some((stats, is_required)) = backend.pipeline().audit_stats() else {
        return WireAudit { mode: "off".to_owned(), level: "off".to_owned(), ..WireAudit::default() };
    };
    WireAudit {
        mode: if is_required { "required" } else { "local" }.to_owned(),
        records: stats.records,
        waiting: stats.depth as u64,
        dropped: stats.dropped,
        head: stats.head,
        level: if stats.is_sealed { "sealed" } else { "chained" }.to_owned(),
        sealed: stats.is_sealed,
        unsealed: stats.unsealed,
        damaged: stats.verify_failures > 0,
        failure: stats.failure,
    }
}
