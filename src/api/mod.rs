//! The one HTTP router. The resident mounts it on its Unix socket.

mod activity;
mod audit;
mod fix;
mod health;
mod line;
mod log;
mod metrics;
mod notice;
mod pipes;
mod reply;
mod shell_files;
mod slate;
mod stream;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};

use crate::domain::{Cause, ContextField, EndpointHealth, Need, Query, ShellFacts, TraceParent};
use crate::fix::{Seen, Wanted};
use crate::line::wire_rules;
use crate::platform;
use crate::protocol::{
    BUILD_HEADER, BUILD_TIME_HEADER, RanRequest, Record, Status, SuggestRequest, TRACE_HEADER, WarmRequest, WireCacheStats, WireEndpoint,
};
use crate::suggest::pipeline::{Pipeline, Ran, Request};
use crate::suggest::ports::Provider;
use crate::suggest::track::Track;
use crate::telemetry::{Log, Traces};
use crate::validate::CustomRules;

pub use activity::Activity;
use activity::{Behind, InFlight};
pub use fix::{UNRECORDED, to_answer};
pub use notice::{Notice, Notices};
pub use pipes::Pipes;
use reply::to_endpoint;
pub use reply::{to_mode, to_progress, to_record, to_stats, with_needs};
pub use stream::SOFT_DEADLINE;

/// Largest request body in bytes: a query of 4 KiB beside a long `PATH` and the names of a shell's own commands.
const MAX_BODY: usize = 512 * 1024;

/// What the configuration says at this moment.
#[derive(Clone)]
pub struct Setup {
    /// Whether a resident may answer at all.
    pub resident: bool,
    /// Total deadline of a request.
    pub deadline: Duration,
    /// Providers in the user's order.
    pub providers: Vec<Arc<dyn Provider>>,
    /// The user's rules beside the embedded ones, without those of a project.
    pub rules: Arc<CustomRules>,
    /// What providers may be told about the place where the shell stands.
    pub context: Vec<ContextField>,
    /// Whether words that are being typed may be sent to providers.
    pub prefetch: bool,
    /// What is wrong with the configuration files, in one line; then what held before is in force.
    pub problem: Option<Arc<Notice>>,
    /// After how long without a question the resident ends, if the configuration says.
    pub idle_exit: Option<Duration>,
    /// The port of the loopback address under which the numbers are served.
    pub metrics_port: Option<u16>,
    /// Whether something changed that only a new resident takes up.
    pub is_stale: bool,
    /// How many changes of the files were taken over and how many not.
    pub reloads: [(&'static str, u64); 2],
    /// Of what needs the user, the causes that are told.
    pub notify: Vec<Cause>,
    /// What is wrong with the user's intents.
    pub notice: Option<Arc<Notice>>,
    /// Where the administrator locks the levels of the log.
    pub log_lock: Option<String>,
}

/// What the router needs from the program around it.
pub trait Backend: Send + Sync + 'static {
    /// The pipeline.
    fn pipeline(&self) -> &Pipeline;
    /// The configuration's current state, read anew for each request.
    fn setup(&self) -> Setup;
    /// The configuration file it reads.
    fn config_file(&self) -> Option<&Path>;
    /// Looks at this machine for what mends a line that failed. It may block for a while.
    fn look_around(&self, wanted: &Wanted, facts: &ShellFacts) -> Seen;
    /// The log that is written; `None` where none is.
    fn log(&self) -> Option<&Log>;
    /// Where spans go; `None` where nobody can ask for them.
    fn traces(&self) -> Option<&Traces>;
    /// Where it is remembered what was told.
    fn state_dir(&self) -> Option<&Path>;
}

#[derive(Clone)]
struct Shared {
    backend: Arc<dyn Backend>,
    activity: Arc<Activity>,
    build: [(HeaderName, HeaderValue); 2],
    looks: line::Looks,
    pipes: Pipes,
}

impl Setup {
    /// What needs the user and is to be told.
    pub(crate) fn needs(&self, pipeline: &Pipeline) -> Vec<Need> {
        if self.notify.is_empty() {
            return Vec::new();
        }
        pipeline.needs(&self.providers).into_iter().filter(|need| self.notify.contains(&need.cause)).collect()
    }
}

impl Shared {
    /// The configured providers and how they have been, in the user's order.
    fn endpoints(&self) -> Vec<(WireEndpoint, EndpointHealth)> {
        let providers = self.backend.setup().providers;
        let health = self.backend.pipeline().health(&providers);
        providers.iter().zip(health.endpoints).map(|(provider, health)| (to_endpoint(provider.as_ref(), &health), health)).collect()
    }

    /// Whether a shell with this configuration file is answered here; one that names none is.
    fn serves(&self, config_file: Option<&str>) -> bool {
        config_file.is_none_or(|file| self.backend.config_file() == Some(Path::new(file)))
    }
}

/// The router for the numbers and the two words on whether it lives and is ready, which anybody on this machine may read.
pub fn numbers(backend: Arc<dyn Backend>, activity: Arc<Activity>, build: &str) -> Router {
    let build = build_headers(build, 0);
    Router::new()
        .route("/metrics", get(metrics::for_anybody))
        .route("/livez", get(health::live_for_anybody))
        .route("/readyz", get(health::ready_for_anybody))
        .with_state(Shared { backend, activity, build, looks: line::Looks::default(), pipes: Pipes::default() })
}

fn build_headers(build: &str, build_time_ns: i128) -> [(HeaderName, HeaderValue); 2] {
    let value = |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("unknown"));
    [(HeaderName::from_static(BUILD_HEADER), value(build)), (HeaderName::from_static(BUILD_TIME_HEADER), value(&build_time_ns.to_string()))]
}

/// Builds the router. Every response names the build that gives it. Shells that cannot open a socket get `pipes`.
pub fn router(backend: Arc<dyn Backend>, activity: Arc<Activity>, build: &str, build_time_ns: i128, pipes: Pipes) -> Router {
    let build = build_headers(build, build_time_ns);
    Router::new()
        .route("/v1/suggest", post(suggest))
        .route("/v1/ran", post(ran))
        .route("/v1/line", post(line::line))
        .route("/v1/fix", post(fix::fix))
        .route("/v1/warm", post(warm))
        .route("/v1/prefetch", post(prefetch))
        .route("/v1/status", get(status))
        .route("/v1/metrics", get(metrics::metrics))
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/healthz", get(health::health))
        .route("/v1/cache", get(cache_stats).delete(cache_clear))
        .route("/v1/audit/flush", post(audit::flush))
        .route("/v1/log", get(log::levels).put(log::change))
        .route("/v1/stats/flush", post(stats_flush))
        .route("/v1/drain", post(drain))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(Shared { backend, activity, build, looks: line::Looks::default(), pipes })
}

async fn suggest(State(shared): State<Shared>, asked: HeaderMap, Json(wire): Json<SuggestRequest>) -> Response<Body> {
    let in_flight = InFlight::new(&shared.activity);
    shared.activity.note_request();
    let setup = shared.backend.setup();
    let headers = HeaderMap::from_iter(shared.build.clone());
    if !shared.serves(wire.config_file.as_deref()) {
        return (headers, stream::line(&Record::Off)).into_response();
    }
    if !setup.resident {
        shared.activity.drain.notify_one();
        return (headers, stream::line(&Record::Off)).into_response();
    }
    match read_request(wire, &setup).map(|request| Request { track: request.track.in_trace(caller(&asked)), ..request }) {
        Ok(request) => (headers, stream::records(shared.backend, request, setup, shared.activity, in_flight)).into_response(),
        Err(reason) => (StatusCode::BAD_REQUEST, headers, reason).into_response(),
    }
}

/// The trace that the sender of a request names. Whatever else stands in that header is nobody's trace.
fn caller(headers: &HeaderMap) -> Option<TraceParent> {
    headers.get(TRACE_HEADER).and_then(|value| value.to_str().ok()).and_then(TraceParent::parse)
}

fn read_request(wire: SuggestRequest, setup: &Setup) -> Result<Request, String> {
    let query = Query::from_bytes(wire.query.as_bytes()).map_err(|error| error.to_string())?;
    let offered_keys = wire.shell.keys.iter().map(|(name, _)| name.clone()).collect();
    let facts: ShellFacts = wire.shell.into_facts()?;
    let left = wire.deadline_ms.map_or(setup.deadline, Duration::from_millis).min(setup.deadline);
    Ok(Request {
        query,
        aim: wire.aim.into_aim().map_err(|error| error.to_string())?,
        facts,
        mode: to_mode(wire.mode),
        want: wire.want.clamp(1, 10),
        others: wire.others,
        use_cache: !wire.no_cache,
        patient: wire.patient,
        session: wire.session.unwrap_or_default(),
        offered_keys,
        rules: wire_rules::in_force(&setup.rules, wire.rules)?,
        context: setup.context.clone(),
        deadline: tokio::time::Instant::now() + left,
        now: SystemTime::now(),
        track: Track::new(SystemTime::now()),
    })
}

async fn warm(State(shared): State<Shared>, Json(wire): Json<WarmRequest>) -> Response<Body> {
    let setup = shared.backend.setup();
    let is_ours = shared.serves(wire.config_file.as_deref());
    match wire.shell.into_facts() {
        Ok(facts) if is_ours && setup.resident => shared.backend.pipeline().warm(facts, &setup.providers),
        Ok(_) => {}
        Err(reason) => return (StatusCode::BAD_REQUEST, reason).into_response(),
    }
    Json(serde_json::json!({})).into_response()
}

async fn prefetch(State(shared): State<Shared>, Json(wire): Json<SuggestRequest>) -> Response<Body> {
    let _in_flight = InFlight::new(&shared.activity);
    let setup = shared.backend.setup();
    // A shell that was started under an earlier configuration may still send words.
    if !(setup.prefetch && setup.resident && shared.serves(wire.config_file.as_deref())) {
        return Json(Record::Off).into_response();
    }
    let request = match read_request(wire, &setup) {
        Ok(request) => request,
        Err(reason) => return (StatusCode::BAD_REQUEST, reason).into_response(),
    };
    match shared.backend.pipeline().prefetch(&request, &setup.providers).await {
        names if names.is_empty() => Json(serde_json::json!({})).into_response(),
        names => Json(Record::NeedKeys { names }).into_response(),
    }
}

async fn ran(State(shared): State<Shared>, Json(wire): Json<RanRequest>) -> Response<Body> {
    let _in_flight = InFlight::new(&shared.activity);
    let facts = match wire.shell.into_facts() {
        Ok(facts) => facts,
        Err(reason) => return (StatusCode::BAD_REQUEST, reason).into_response(),
    };
    // Whether anything is remembered is up to the configuration as it is now.
    let setup = shared.backend.setup();
    if !setup.resident || !shared.serves(wire.config_file.as_deref()) {
        return StatusCode::CONFLICT.into_response();
    }
    let query = match Query::from_bytes(wire.query.as_bytes()) {
        Ok(query) => query,
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    let aim = match wire.aim.into_aim() {
        Ok(aim) => aim,
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    };
    let rules = match wire_rules::in_force(&setup.rules, wire.rules) {
        Ok(rules) => rules,
        Err(reason) => return (StatusCode::BAD_REQUEST, reason).into_response(),
    };
    let backend = Arc::clone(&shared.backend);
    let recorded = tokio::task::spawn_blocking(move || {
        let ran = Ran { query: &query, aim: &aim, command: &wire.command, status: wire.status, rules: &rules, keeps: !wire.no_memory };
        backend.pipeline().record_ran(&ran, &facts, SystemTime::now());
    });
    match recorded.await {
        Ok(()) => Json(serde_json::json!({})).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn status(State(shared): State<Shared>) -> Response<Body> {
    shared.activity.settled().await;
    let endpoints = shared.endpoints();
    let health = shared.health(&endpoints).await;
    let status = Status {
        pid: std::process::id(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        uptime_s: shared.activity.started.elapsed().as_secs(),
        rss_bytes: platform::resident_memory().unwrap_or_default(),
        requests: shared.activity.requests.load(Ordering::Relaxed),
        counts: shared.backend.pipeline().counts(),
        endpoints: endpoints.into_iter().map(|(endpoint, _)| endpoint).collect(),
        audit: Some(health.audit.clone()),
        retry_budget: Some(shared.backend.pipeline().health(&[]).retry_budget),
        numbers: shared.activity.numbers(),
        traces: shared.backend.traces().and_then(Traces::told),
        health: Some(health),
    };
    (HeaderMap::from_iter(shared.build), Json(status)).into_response()
}

async fn cache_stats(State(shared): State<Shared>) -> Json<WireCacheStats> {
    Json(to_stats(&shared.backend.pipeline().cache().stats()))
}

async fn cache_clear(State(shared): State<Shared>) -> Response<Body> {
    let backend = Arc::clone(&shared.backend);
    let cleared = tokio::task::spawn_blocking(move || backend.pipeline().cache().clear()).await;
    match cleared {
        Ok(Ok(())) => Json(serde_json::json!({})).into_response(),
        Ok(Err(error)) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the cache could not be cleared").into_response(),
    }
}

async fn stats_flush(State(shared): State<Shared>) -> Json<serde_json::Value> {
    shared.activity.settled().await;
    shared.backend.pipeline().write_ledger(true).await;
    Json(serde_json::json!({}))
}

async fn drain(State(shared): State<Shared>) -> Json<serde_json::Value> {
    shared.activity.note_draining();
    shared.activity.drain.notify_one();
    Json(serde_json::json!({ "draining": true }))
}
