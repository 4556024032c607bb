//! The resident process: one per user, started by whichever shell asks first, gone when nobody asks.

mod guard;
mod listener;
mod numbers;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

use crate::api::{self, Activity, Backend, Notices, Pipes, Setup};
use crate::domain::LogEvent;
use crate::platform::{self, OwnBinary};

pub use guard::{Claim, Guard, GuardError, is_running, remove_stale, running_pid};

/// How often the resident looks whether it is still wanted where it is.
const WATCH_EVERY: Duration = Duration::from_secs(2);
/// How long requests in flight may go on once the resident has decided to go.
const DRAIN_LIMIT: Duration = Duration::from_secs(4);
/// The same when its place is gone: nobody can reach it any more, so it hurries.
const DRAIN_LIMIT_DISPLACED: Duration = Duration::from_secs(2);
/// How long it says after a signal that it is not to be asked, while it answers still.
const UNREADY: Duration = Duration::from_millis(500);
/// Idle exit of a resident that was started at the machine itself.
const IDLE_EXIT: Duration = Duration::from_secs(30 * 60);
/// Idle exit of a resident that was started from a remote login: those sessions end without a word.
const IDLE_EXIT_SSH: Duration = Duration::from_secs(5 * 60);

/// How long what was answered may take to be handed to those who record it.
const SETTLE_LIMIT: Duration = Duration::from_millis(100);
/// How long the audit trail may take to be written at the end.
const AUDIT_LIMIT: Duration = Duration::from_millis(500);
/// How long spans may take to be handed over then.
const TRACES_LIMIT: Duration = Duration::from_millis(500);
/// How long the lines of the log may take then.
const LOG_LIMIT: Duration = Duration::from_millis(200);

/// The same for what was counted of the days.
const LEDGER_LIMIT: Duration = Duration::from_millis(500);

/// Two for each question that may wait at once, and some.
const DESCRIPTORS: u64 = 4096;

/// How to run.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen.
    pub socket: PathBuf,
    /// Exit after this long without a request, whatever the configuration says.
    pub idle_exit: Option<Duration>,
    /// Started from a remote login.
    pub over_ssh: bool,
    /// The own executable.
    pub binary: OwnBinary,
}

impl Options {
    /// After how long without a request it exits, when the configuration says so much or nothing.
    fn idle_limit(&self, configured: Option<Duration>) -> Duration {
        self.idle_exit.or(configured).unwrap_or(if self.over_ssh { IDLE_EXIT_SSH } else { IDLE_EXIT })
    }
}

/// Why the resident could not run.
#[derive(Debug, Error)]
pub enum DaemonError {
    /// The socket or its lock could not be had.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// The runtime or the listener failed.
    #[error("resident: {0}")]
    Io(#[from] io::Error),
}

/// Serves until idle, drained, signalled or replaced. `backend` is built after the socket listens, so that the first
/// client waits for as little as possible.
///
/// # Errors
/// [`DaemonError`] when it cannot start; another resident holding the lock is not an error but `Ok(false)`.
pub fn run(options: &Options, backend: impl FnOnce() -> Arc<dyn Backend>) -> Result<bool, DaemonError> {
    let guard = match Guard::claim(&options.socket)? {
        Claim::Won(guard) => guard,
        Claim::Lost => return Ok(false),
    };
    platform::raise_descriptor_limit(DESCRIPTORS);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let served = runtime.block_on(serve(options, &guard, backend));
    // The socket goes first, then what still runs, then the lock: a client that finds neither starts the next one.
    guard.remove_socket();
    runtime.shutdown_timeout(Duration::from_secs(1));
    drop(guard);
    served.map(|()| true).map_err(DaemonError::from)
}

async fn serve(options: &Options, guard: &Guard, backend: impl FnOnce() -> Arc<dyn Backend>) -> io::Result<()> {
    let listener = guard.listen().await?;
    let activity = Arc::new(Activity::new());
    let build = options.binary.build();
    let backend = backend();
    info!(event = LogEvent::ResidentStarted.name(), pid = std::process::id(), "the resident listens");
    let pipes = Pipes::in_folder(options.socket.with_extension("pipes"));
    let router = api::router(Arc::clone(&backend), Arc::clone(&activity), &build, options.binary.modified_ns(), pipes.clone());
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut server = tokio::spawn({
        let mut stopped = stopped.clone();
        let wait = async move {
            let _ = stopped.wait_for(|stopped| *stopped).await;
        };
        // A router by itself would be made anew for each connection.
        axum::serve(listener::OwnPeers(listener), router.into_make_service()).with_graceful_shutdown(wait).into_future()
    });
    activity.note_listening(true);
    let watcher = tokio::spawn({
        let backend = Arc::clone(&backend);
        async move { backend.pipeline().look_after(|| backend.setup().providers).await }
    });
    let router = api::numbers(Arc::clone(&backend), Arc::clone(&activity), &build);
    let mut numbers = numbers::Numbers::new(router, Arc::clone(&activity));
    let notices = Notices::default();
    let tenure = || {
        let setup = backend.setup();
        notices.look(backend.as_ref(), &setup);
        Tenure::of(&setup)
    };
    let (limit, goes_on) = tokio::select! {
        left = leave(options, guard, &activity, &mut numbers, tenure) => left,
        ended = &mut server => return ended.unwrap_or_else(|error| Err(io::Error::other(error))),
    };
    activity.note_draining();
    // Who looks from time to time whether to ask it is told before it is gone, unless somebody is in a hurry.
    let again = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => terminate.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    let _ = tokio::time::timeout(goes_on, again).await;
    watcher.abort();
    // Nobody finds the socket from here on; whoever is connected gets an answer.
    guard.remove_socket();
    activity.note_listening(false);
    pipes.close();
    stop.send_replace(true);
    let _ = tokio::time::timeout(limit, &mut server).await;
    server.abort();
    let _ = tokio::time::timeout(SETTLE_LIMIT, activity.settled()).await;
    let flushing = Arc::clone(&backend);
    let flush = move || {
        flushing.pipeline().cache().flush();
        flushing.pipeline().close_audit(AUDIT_LIMIT);
        flushing.traces().into_iter().for_each(|traces| traces.flush(TRACES_LIMIT));
        flushing.log().into_iter().for_each(|log| log.flush(LOG_LIMIT));
    };
    let _ = tokio::task::spawn_blocking(flush).await;
    let _ = tokio::time::timeout(LEDGER_LIMIT, backend.pipeline().write_ledger(true)).await;
    Ok(())
}

/// What the configuration says of the resident itself. Asking for it is also what takes up a change while nobody asks anything.
#[derive(Clone, Copy)]
struct Tenure {
    wanted: bool,
    idle_exit: Option<Duration>,
    is_stale: bool,
    metrics_port: Option<u16>,
}

impl Tenure {
    fn of(setup: &Setup) -> Self {
        Self { wanted: setup.resident, idle_exit: setup.idle_exit, is_stale: setup.is_stale, metrics_port: setup.metrics_port }
    }
}

/// Returns when the resident should go, with the time that requests in flight still have, and for how long it takes more.
async fn leave(
    options: &Options,
    guard: &Guard,
    activity: &Activity,
    numbers: &mut numbers::Numbers,
    tenure: impl Fn() -> Tenure,
) -> (Duration, Duration) {
    let mut watch = tokio::time::interval(WATCH_EVERY.min(options.idle_limit(tenure().idle_exit)));
    let signals = async {
        match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
            (Ok(mut terminate), Ok(mut interrupt)) => {
                tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
            }
            _ => std::future::pending().await,
        }
    };
    tokio::pin!(signals);
    loop {
        tokio::select! {
            () = &mut signals => return (ends("signal", DRAIN_LIMIT).0, UNREADY),
            () = activity.drain.notified() => return ends("asked", DRAIN_LIMIT),
            _ = watch.tick() => {
                if !guard.is_in_place() {
                    return ends("displaced", DRAIN_LIMIT_DISPLACED);
                }
                let (tenure, idle) = (tenure(), activity.idle());
                numbers.follow(tenure.metrics_port).await;
                if !tenure.wanted || idle >= options.idle_limit(tenure.idle_exit) {
                    return ends(if tenure.wanted { "idle" } else { "configuration" }, DRAIN_LIMIT);
                }
                if !idle.is_zero() && (tenure.is_stale || options.binary.is_replaced()) {
                    return ends("replaced", DRAIN_LIMIT);
                }
            }
        }
    }
}

/// Tells why it ends, and how long requests in flight still have.
fn ends(reason: &'static str, limit: Duration) -> (Duration, Duration) {
    info!(event = LogEvent::ResidentEnded.name(), reason, "the resident ends");
    (limit, Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_login_keeps_an_idle_resident_for_a_shorter_time() {
        let options = |over_ssh, idle_exit| Options {
            socket: PathBuf::from("/nowhere/v1.sock"),
            idle_exit,
            over_ssh,
            binary: OwnBinary::look().unwrap(),
        };
        assert_eq!(options(false, None).idle_limit(None), Duration::from_secs(1800));
        assert_eq!(options(true, None).idle_limit(None), Duration::from_secs(300));
        assert_eq!(options(true, Some(Duration::from_secs(60))).idle_limit(Some(Duration::from_secs(7))), Duration::from_secs(60));
        assert_eq!(options(true, None).idle_limit(Some(Duration::from_secs(7))), Duration::from_secs(7));
    }

    #[tokio::test]
    async fn an_idle_resident_leaves_and_so_does_one_that_is_not_wanted_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::set_permissions(directory.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        let socket = directory.path().join("v1.sock");
        let Claim::Won(guard) = Guard::claim(&socket).unwrap() else { panic!("the lock is free") };
        let _listener = guard.listen().await.unwrap();
        let options = Options { socket, idle_exit: None, over_ssh: false, binary: OwnBinary::look().unwrap() };
        let short = Some(Duration::from_millis(50));
        let stays = Tenure { wanted: true, idle_exit: None, is_stale: false, metrics_port: None };
        for (tenure, goes) in [
            (Tenure { idle_exit: short, ..stays }, true),
            (Tenure { wanted: false, ..stays }, true),
            (Tenure { is_stale: true, ..stays }, true),
            (stays, false),
        ] {
            let limit = if goes { Duration::from_secs(10) } else { Duration::from_millis(100) };
            let now = || tenure;
            let mut numbers = numbers::Numbers::new(axum::Router::new(), Arc::new(Activity::new()));
            let left = tokio::time::timeout(limit, leave(&options, &guard, &Activity::new(), &mut numbers, now)).await;
            assert_eq!(left.ok(), goes.then_some((DRAIN_LIMIT, Duration::ZERO)));
        }
    }
}
