//! `/livez`, `/readyz` and `/healthz`. Everything is found out when somebody asks, so that a machine on which nobody does sleeps
//! on; what was found out is believed for a moment, so that who asks all the time costs little.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::response::IntoResponse;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::metrics::is_of_this_machine;
use super::{Shared, audit, to_stats};
use crate::domain::{EndpointHealth, EndpointState};
use crate::protocol::{Ailment, HealthWord, PROTOCOL, WireEndpoint, WireHealth, WireProviderHealth, WireQueue, WireTrouble, WireVersions};
use crate::telemetry::Traces;

/// A beat of the event loop may be so old.
const BEAT_LIMIT: Duration = Duration::from_secs(1);
/// How long the question to itself may take.
const ANSWER_LIMIT: Duration = Duration::from_millis(250);
/// For so long an answer in time counts.
const ANSWER_COUNTS: Duration = Duration::from_secs(10);
/// For so long what was found out is believed.
const BELIEVED: Duration = Duration::from_secs(1);
/// The part of a queue above which it is nearly full.
const NEARLY_FULL: (u64, u64) = (4, 5);

/// How often its own answer is waited for before it counts as missing.
const MOST_LOOKS: usize = 3;

/// What the process knows of its own being alive.
#[derive(Debug, Default)]
pub(super) struct Pulse(Mutex<Felt>);

#[derive(Debug, Default)]
struct Felt {
    at: Option<Instant>,
    beats: bool,
    /// When the process last answered its own question in time.
    answered: Option<Instant>,
    /// The question that is under way. A second one is not begun: a thread that hangs would be followed by more.
    asked: Option<JoinHandle<Option<Instant>>>,
}

/// Whether the process is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Vital {
    /// Tasks are run.
    beats: bool,
    /// Questions are answered.
    answers: bool,
}

impl Vital {
    /// What is wrong, in a few words.
    fn trouble(self) -> Option<&'static str> {
        match (self.beats, self.answers) {
            (false, _) => Some("the event loop does not turn"),
            (true, false) => Some("its own question is not answered in time"),
            (true, true) => None,
        }
    }
}

impl Pulse {
    /// Feels it, unless somebody has just done so. `answers` is asked on a thread that may block.
    async fn feel(&self, answers: impl Fn() -> bool + Send + Sync + 'static) -> Vital {
        let answers = Arc::new(answers);
        let mut felt = self.0.lock().await;
        if felt.at.is_none_or(|at| at.elapsed() >= BELIEVED) {
            felt.beats = tokio::time::timeout(BEAT_LIMIT, tokio::spawn(async {})).await.is_ok_and(|beat| beat.is_ok());
            // One answer that is late may be a machine that slept or had other work, so what comes late is asked once more.
            for _ in 0..MOST_LOOKS {
                let asked = felt.asked.get_or_insert_with(|| {
                    let answers = Arc::clone(&answers);
                    tokio::task::spawn_blocking(move || {
                        let begun = Instant::now();
                        (answers() && begun.elapsed() <= ANSWER_LIMIT).then(Instant::now)
                    })
                });
                if let Ok(answered) = tokio::time::timeout(ANSWER_LIMIT, asked).await {
                    felt.asked = None;
                    if let Some(at) = answered.ok().flatten() {
                        felt.answered = Some(at);
                        break;
                    }
                }
            }
            felt.at = Some(Instant::now());
        }
        Vital { beats: felt.beats, answers: felt.answered.is_some_and(|at| at.elapsed() <= ANSWER_COUNTS) }
    }
}

impl Shared {
    async fn vital(&self) -> Vital {
        let backend = Arc::clone(&self.backend);
        self.activity.pulse.feel(move || backend.pipeline().answers_itself()).await
    }

    /// Why no more should be asked of it. None of it depends on providers: without them this machine answers.
    async fn unready(&self) -> Vec<(Ailment, &'static str)> {
        let mut reasons = Vec::new();
        if self.activity.draining.load(Ordering::Acquire) {
            // First and alone: what else is wrong does not matter any more, and nothing may delay this.
            return vec![(Ailment::Draining, "draining")];
        }
        if !self.activity.listening.load(Ordering::Acquire) {
            reasons.push((Ailment::NotListening, "the socket does not listen"));
        }
        if self.backend.setup().problem.is_some() {
            reasons.push((Ailment::Configuration, "the configuration has a mistake"));
        }
        reasons.extend(self.vital().await.trouble().map(|text| (Ailment::Hangs, text)));
        reasons
    }

    /// A reason with what only the user may read of it.
    fn in_full(&self, kind: Ailment, reason: &str) -> String {
        match self.backend.setup().problem {
            Some(problem) if kind == Ailment::Configuration => format!("{reason}: {}", problem.text()),
            _ => reason.to_owned(),
        }
    }

    /// How everything is.
    pub(super) async fn health(&self, endpoints: &[(WireEndpoint, EndpointHealth)]) -> WireHealth {
        let (unready, vital) = (self.unready().await, self.vital().await);
        let pipeline = self.backend.pipeline();
        let [(_, build), _] = &self.build;
        let queues = pipeline.queues().into_iter();
        let mut health = WireHealth {
            status: HealthWord::Ok,
            reasons: Vec::new(),
            troubles: unready.iter().map(|(kind, text)| trouble(*kind, None, self.in_full(*kind, text))).collect(),
            providers: endpoints.iter().map(|(endpoint, health)| provider(endpoint, health)).collect(),
            store: to_stats(&pipeline.cache().stats()),
            redis: None,
            queues: queues
                .map(|(name, depth, capacity)| WireQueue { name: name.to_owned(), depth: depth as u64, capacity: capacity as u64 })
                .collect(),
            audit: audit::standing(self.backend.as_ref()),
            versions: WireVersions {
                program: env!("CARGO_PKG_VERSION").to_owned(),
                build: build.to_str().unwrap_or_default().to_owned(),
                protocol: PROTOCOL,
            },
        };
        let found = troubles(&health);
        health.troubles.extend(found);
        let more = |kind, text: Option<String>| text.map(|text| trouble(kind, None, text));
        let (backend, providers) = (Arc::clone(&self.backend), self.backend.setup().providers);
        let spending = tokio::task::spawn_blocking(move || backend.pipeline().spending(&providers));
        // A disk that does not answer holds nobody up who asks how things are.
        let spending = tokio::time::timeout(ANSWER_LIMIT, spending).await.ok().and_then(Result::ok).unwrap_or_default();
        health.troubles.extend(spending.reached.map(|(key, text)| trouble(Ailment::Spend, Some(key), text)));
        health.troubles.extend(more(Ailment::Stats, spending.damage));
        let log = self.backend.log().filter(|log| log.fails());
        health.troubles.extend(more(Ailment::Log, log.map(|_| "the log cannot be written".to_owned())));
        health.troubles.extend(more(Ailment::Traces, self.backend.traces().and_then(Traces::trouble)));
        health.troubles.extend(more(Ailment::Numbers, self.activity.unserved().map(|told| format!("the numbers are {told}"))));
        health.reasons = health.troubles.iter().map(|trouble| trouble.text.clone()).collect();
        health.status = if vital.trouble().is_some() || unready.iter().any(|(kind, _)| *kind == Ailment::Draining) {
            HealthWord::Down
        } else if health.troubles.is_empty() {
            HealthWord::Ok
        } else {
            HealthWord::Degraded
        };
        health
    }
}

fn trouble(kind: Ailment, of: Option<&str>, text: String) -> WireTrouble {
    WireTrouble { kind, of: of.map(str::to_owned), text }
}

/// What is not well beside the process itself.
fn troubles(health: &WireHealth) -> Vec<WireTrouble> {
    let ill = health.providers.iter().filter(|provider| provider.status != HealthWord::Ok);
    let said = |provider: &WireProviderHealth| match provider.key_trouble.as_deref() {
        Some(why) => {
            let why = why.split("; hint: ").next().unwrap_or_default();
            trouble(Ailment::KeyUnavailable, Some(&provider.name), format!("the key of provider {} cannot be had: {why}", provider.name))
        }
        None => {
            let text = format!("provider {} is {}: {}", provider.name, provider.status, provider.state);
            trouble(Ailment::Provider, Some(&provider.name), text)
        }
    };
    let mut told: Vec<_> = ill.map(said).collect();
    for (is_so, kind, text) in [
        (health.audit.damaged, Ailment::AuditChanged, "the audit trail was changed"),
        (health.audit.failure.is_some(), Ailment::AuditUnwritten, "the audit trail cannot be written"),
        (health.store.mode != "disk", Ailment::MemoryOnly, "answers are kept in memory only"),
    ] {
        told.extend(is_so.then(|| trouble(kind, None, text.to_owned())));
    }
    let (part, whole) = NEARLY_FULL;
    let full = health.queues.iter().filter(|queue| queue.depth * whole > queue.capacity * part);
    told.extend(full.map(|queue| trouble(Ailment::QueueFull, Some(&queue.name), format!("the queue {} is nearly full", queue.name))));
    told
}

fn provider(endpoint: &WireEndpoint, health: &EndpointHealth) -> WireProviderHealth {
    let status = match health.state {
        EndpointState::Unasked | EndpointState::Ready => HealthWord::Ok,
        EndpointState::HalfOpen | EndpointState::Limited | EndpointState::Overloaded => HealthWord::Degraded,
        EndpointState::Open | EndpointState::Quarantined => HealthWord::Down,
    };
    WireProviderHealth {
        name: endpoint.name.clone(),
        status,
        state: endpoint.state.clone(),
        since_s: endpoint.since_s,
        p50_ms: endpoint.p50_ms,
        p95_ms: endpoint.p95_ms,
        last_error: endpoint.last_error.clone(),
        key_trouble: endpoint.key_trouble.clone(),
        last_error_s: endpoint.last_error_s,
    }
}

fn told(shared: &Shared, reasons: &[&str]) -> Response<Body> {
    let headers = HeaderMap::from_iter(shared.build.clone());
    match reasons {
        [] => (headers, "ok\n").into_response(),
        reasons => (StatusCode::SERVICE_UNAVAILABLE, headers, format!("{}\n", reasons.join("\n"))).into_response(),
    }
}

/// Whether the process should be left to live.
pub(super) async fn live(State(shared): State<Shared>) -> Response<Body> {
    let trouble = shared.vital().await.trouble();
    told(&shared, trouble.as_slice())
}

/// Whether it should be asked.
pub(super) async fn ready(State(shared): State<Shared>) -> Response<Body> {
    let reasons: Vec<&str> = shared.unready().await.into_iter().map(|(_, text)| text).collect();
    told(&shared, &reasons)
}

/// The same for whoever asks on this machine.
pub(super) async fn live_for_anybody(state: State<Shared>, headers: HeaderMap) -> Response<Body> {
    if is_of_this_machine(&headers) { live(state).await } else { StatusCode::FORBIDDEN.into_response() }
}

/// The same for whoever asks on this machine.
pub(super) async fn ready_for_anybody(state: State<Shared>, headers: HeaderMap) -> Response<Body> {
    if is_of_this_machine(&headers) { ready(state).await } else { StatusCode::FORBIDDEN.into_response() }
}

/// How everything is; in detail with `?verbose`.
pub(super) async fn health(State(shared): State<Shared>, RawQuery(query): RawQuery) -> Response<Body> {
    let health = shared.health(&shared.endpoints()).await;
    let status = if health.status == HealthWord::Down { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let headers = HeaderMap::from_iter(shared.build.clone());
    let is_verbose = query.is_some_and(|query| query.split('&').any(|part| part == "verbose" || part.starts_with("verbose=")));
    if is_verbose {
        return (status, headers, Json(health)).into_response();
    }
    (status, headers, Json(serde_json::json!({ "status": health.status }))).into_response()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn what_was_found_out_is_believed_for_a_moment() {
        let (pulse, asked) = (Pulse::default(), Arc::new(AtomicUsize::new(0)));
        for _ in 0..3 {
            let counts = Arc::clone(&asked);
            let vital = pulse.feel(move || counts.fetch_add(1, Ordering::Relaxed) == 0).await;
            assert_eq!(vital, Vital { beats: true, answers: true });
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_wrong_answer_and_one_that_does_not_come_are_none() {
        let pulse = Pulse::default();
        assert_eq!(pulse.feel(|| false).await.trouble(), Some("its own question is not answered in time"));
        let (pulse, (go_on, waits)) = (Pulse::default(), mpsc::channel::<()>());
        let waits = Mutex::new(waits);
        let vital = pulse.feel(move || waits.blocking_lock().recv().is_err()).await;
        assert!(!vital.answers && vital.beats, "{vital:?}");
        // While it hangs no second thread is sent after it.
        pulse.0.lock().await.at = None;
        assert!(!pulse.feel(|| panic!("a second question")).await.answers);
        drop(go_on);
    }

    #[tokio::test]
    async fn who_answered_late_once_is_asked_again() {
        let (pulse, asked) = (Pulse::default(), Arc::new(AtomicUsize::new(0)));
        let counts = Arc::clone(&asked);
        let vital = pulse
            .feel(move || {
                if counts.fetch_add(1, Ordering::Relaxed) == 0 {
                    let (_open, silent) = mpsc::channel::<()>();
                    let _ = silent.recv_timeout(ANSWER_LIMIT + ANSWER_LIMIT / 4);
                }
                true
            })
            .await;
        assert_eq!((vital, asked.load(Ordering::Relaxed)), (Vital { beats: true, answers: true }, 2));
    }

    #[tokio::test]
    async fn one_answer_in_time_counts_for_a_while() {
        let pulse = Pulse::default();
        assert!(pulse.feel(|| true).await.answers);
        pulse.0.lock().await.at = None;
        assert!(pulse.feel(|| false).await.answers, "the one before it is not ten seconds old");
        let mut felt = pulse.0.lock().await;
        (felt.at, felt.answered) = (None, Instant::now().checked_sub(ANSWER_COUNTS + BELIEVED));
        drop(felt);
        assert!(!pulse.feel(|| false).await.answers);
    }

    #[test]
    fn everything_that_is_not_well_has_a_reason() {
        let well = WireHealth {
            store: crate::protocol::WireCacheStats { mode: "disk".to_owned(), ..Default::default() },
            ..WireHealth::default()
        };
        assert!(troubles(&well).is_empty());
        let mut ill = WireHealth::default();
        ill.audit.damaged = true;
        ill.audit.failure = Some("no space".to_owned());
        ill.queues = [(80, 100), (81, 100)].map(|(depth, capacity)| WireQueue { name: depth.to_string(), depth, capacity }).to_vec();
        ill.providers =
            vec![WireProviderHealth { name: "p".to_owned(), status: HealthWord::Down, state: "open".to_owned(), ..Default::default() }];
        let keyless = WireProviderHealth {
            name: "k".to_owned(),
            status: HealthWord::Down,
            state: "quarantined".to_owned(),
            key_trouble: Some("key command pass: exit status 1; hint: run it in a terminal".to_owned()),
            ..Default::default()
        };
        ill.providers.push(keyless);
        let expected = [
            "provider p is down: open",
            "the key of provider k cannot be had: key command pass: exit status 1",
            "the audit trail was changed",
            "the audit trail cannot be written",
            "answers are kept in memory only",
            "the queue 81 is nearly full",
        ];
        let told = troubles(&ill);
        assert_eq!(told.iter().map(|trouble| trouble.text.as_str()).collect::<Vec<_>>(), expected);
        let of: Vec<_> = told.iter().map(|trouble| (trouble.kind, trouble.of.as_deref())).collect();
        assert_eq!((of[0], of[1]), ((Ailment::Provider, Some("p")), (Ailment::KeyUnavailable, Some("k"))));
        assert_eq!(of[5], (Ailment::QueueFull, Some("81")));
    }
}
