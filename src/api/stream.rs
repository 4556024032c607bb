//! The body of a suggest response: a progress record every 500 ms until the answer.
//!
//! The work lives inside the body, so that a closed connection, which drops the body, cancels the work.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::stream;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::activity::Behind;
use super::{Activity, Backend, InFlight, Setup};
use crate::protocol::Record;
use crate::suggest::pipeline::{Request, WaitingFor};

/// After so long somebody who waits is offered what this machine knows by itself.
pub const SOFT_DEADLINE: Duration = Duration::from_secs(2);

/// How often a waiting client hears that the work goes on.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);

struct Work {
    answer: Pin<Box<dyn Future<Output = Record> + Send>>,
    waiting: WaitingFor,
    beat: Interval,
    started: Instant,
    _in_flight: InFlight,
}

/// The records of one request as a response body.
pub(super) fn records(backend: Arc<dyn Backend>, request: Request, setup: Setup, activity: Arc<Activity>, in_flight: InFlight) -> Body {
    let waiting = WaitingFor::default();
    let started = Instant::now();
    let mut beat = tokio::time::interval_at(started + PROGRESS_EVERY, PROGRESS_EVERY);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let seen = waiting.clone();
    let answer = Box::pin(async move {
        let (outcome, unrecorded) = backend.pipeline().suggest_unrecorded(&request, &setup.providers, &seen).await;
        let record = super::with_needs(super::to_record(outcome, &setup), backend.as_ref(), &setup);
        // What is spawned here runs when the task that writes the answer has nothing more to do.
        let behind = Behind::new(&activity);
        tokio::spawn(async move {
            drop(unrecorded);
            drop(behind);
        });
        record
    });
    let work = Work { answer, waiting, beat, started, _in_flight: in_flight };
    Body::from_stream(stream::unfold(Some(work), |work| async move {
        let mut work = work?;
        let record = tokio::select! {
            biased;
            record = &mut work.answer => return Some((Ok::<_, Infallible>(bytes(&record)), None)),
            _ = work.beat.tick() => super::to_progress(&work.waiting, work.started.elapsed()),
        };
        Some((Ok(bytes(&record)), Some(work)))
    }))
}

/// One record as a whole body.
pub(super) fn line(record: &Record) -> Body {
    Body::from(bytes(record))
}

fn bytes(record: &Record) -> Bytes {
    let mut line = serde_json::to_vec(record).unwrap_or_else(|_| b"{}".to_vec());
    line.push(b'\n');
    Bytes::from(line)
}
