//! The thread that writes the trail. Whoever records something hands it over and goes on.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::BoxFuture;
use tokio::sync::oneshot;
use tracing::{debug, warn};

use super::batch::{Batch, ENOUGH, MOST_DELAY};
use super::entry::Entry;
use super::joiner::{Joiner, millis};
use super::log::{Log, Text};
use super::verify;
use crate::backlog::{Manner, Nothing, Receiver, Sender, backlog};
use crate::domain::LogEvent;
use crate::suggest::ports::{MakeEvents, Trail, TrailStats};

/// Events that may wait for the thread.
const MOST_WAITING: usize = 1024;
/// Most steps that are handed in together: those of a question that was answered.
const STEPS_OF_A_JOB: usize = 2;
/// How often it is looked whether something is to be sealed.
const SEAL_EVERY: Duration = Duration::from_secs(60);
/// How long a process that ends waits for what is not written yet.
const LAST_PATIENCE: Duration = Duration::from_millis(300);

/// The trail of a state directory.
pub struct FileTrail {
    shared: Arc<Shared>,
    jobs: Sender<Job>,
}

/// For how long a process writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    /// The resident: it looks at the whole trail when it begins, and what it writes is on the disk a moment later.
    Resident,
    /// A process that answers once. The system writes what it leaves to the disk, unless a record is required.
    Once,
    /// A process that nobody waits for. What it writes is on the disk when it ends, and with it what others left to the system.
    Behind,
}

enum Job {
    Record(MakeEvents),
    Durable(MakeEvents, oneshot::Sender<Result<(), String>>),
    Flush(SyncSender<bool>),
    Close(SyncSender<bool>),
}

#[derive(Debug, Default)]
struct Shared {
    depth: AtomicUsize,
    dropped: AtomicU64,
    /// Steps that wait for the disk.
    batch: AtomicUsize,
    /// Whether anything was handed in.
    is_used: AtomicBool,
    stats: Mutex<TrailStats>,
}

impl Job {
    /// Whether somebody waits for it.
    fn is_waited_for(&self) -> bool {
        !matches!(self, Self::Record(_))
    }
}

impl Writer {
    /// How long the first of several steps waits. What ends soon makes its entries while it still answers.
    fn lull(self) -> Duration {
        match self {
            Self::Resident => MOST_DELAY,
            Self::Once | Self::Behind => Duration::ZERO,
        }
    }
}

impl FileTrail {
    /// Begins a trail, or goes on with the one that is there. The disk is not touched before something is recorded, except
    /// by a resident.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn open(state: &Path, writer: Writer) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (jobs, waiting) = backlog(Manner { capacity: MOST_WAITING, enough: ENOUGH / STEPS_OF_A_JOB, lull: writer.lull() });
        let (state, theirs) = (state.to_owned(), Arc::clone(&shared));
        std::thread::Builder::new().name("audit".to_owned()).spawn(move || {
            Work {
                log: Log::new(&state),
                joiner: Joiner::new(&state),
                state,
                writer,
                batch: Batch::default(),
                shared: theirs,
                found: 0,
                seen: None,
            }
            .run(&waiting);
        })?;
        Ok(Self { shared, jobs })
    }

    fn hand_in(&self, job: Job) -> bool {
        self.shared.depth.fetch_add(1, Ordering::Relaxed);
        self.shared.is_used.store(true, Ordering::Relaxed);
        let is_in = if job.is_waited_for() { self.jobs.put_urgently(job) } else { self.jobs.put(job) }.is_ok();
        if !is_in {
            self.shared.depth.fetch_sub(1, Ordering::Relaxed);
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
            debug!(
                event = LogEvent::AuditFailed.name(),
                reason = "queue_full",
                "there is too much to do for the thread of the audit trail"
            );
        }
        is_in
    }

    fn wait_for(&self, job: impl FnOnce(SyncSender<bool>) -> Job, patience: Duration) -> bool {
        let (done, wait) = sync_channel(1);
        self.hand_in(job(done)) && wait.recv_timeout(patience).unwrap_or(false)
    }
}

impl Trail for FileTrail {
    fn record(&self, make: MakeEvents) {
        self.hand_in(Job::Record(make));
    }

    fn record_durably(&self, make: MakeEvents) -> BoxFuture<'_, Result<(), String>> {
        let (done, wait) = oneshot::channel();
        let is_in = self.hand_in(Job::Durable(make, done));
        Box::pin(async move {
            if !is_in {
                return Err("too many records wait for the disk".to_owned());
            }
            wait.await.unwrap_or_else(|_| Err("nothing can be recorded any more".to_owned()))
        })
    }

    fn flush(&self, patience: Duration) -> bool {
        self.wait_for(Job::Flush, patience)
    }

    fn close(&self, patience: Duration) {
        self.wait_for(Job::Close, patience);
    }

    fn stats(&self) -> TrailStats {
        let stats = self.shared.stats.lock().unwrap_or_else(PoisonError::into_inner).clone();
        TrailStats {
            depth: self.shared.depth.load(Ordering::Relaxed) + self.shared.batch.load(Ordering::Relaxed),
            capacity: MOST_WAITING,
            dropped: stats.dropped + self.shared.dropped.load(Ordering::Relaxed),
            ..stats
        }
    }
}

impl Drop for FileTrail {
    fn drop(&mut self) {
        if self.shared.is_used.load(Ordering::Relaxed) {
            self.flush(LAST_PATIENCE);
        }
    }
}

/// What the thread knows.
struct Work {
    log: Log,
    state: PathBuf,
    writer: Writer,
    batch: Batch<Entry>,
    joiner: Joiner,
    shared: Arc<Shared>,
    /// Times that the trail was found to be changed when it was read as a whole, and the number of the last record then.
    found: u64,
    seen: Option<u64>,
}

impl Work {
    fn run(mut self, jobs: &Receiver<Job>) {
        if self.writer == Writer::Resident {
            self.look();
        }
        let mut next_seal = Instant::now() + SEAL_EVERY;
        loop {
            let now = Instant::now();
            let until = self.batch.due().map_or(next_seal, |due| due.min(next_seal));
            match jobs.take(until.saturating_duration_since(now), None) {
                Ok(taken) => taken.items.into_iter().for_each(|job| self.take(job, taken.since)),
                Err(Nothing::Yet) => {}
                Err(Nothing::Ever) => {
                    self.write();
                    return;
                }
            }
            let now = Instant::now();
            if self.batch.is_due(now) {
                self.write();
            }
            if now >= next_seal {
                self.seal(false);
                next_seal = now + SEAL_EVERY;
            }
        }
    }

    /// Does what was handed in, of which some waits since that moment.
    fn take(&mut self, job: Job, since: Instant) {
        match job {
            Job::Record(make) => {
                let entries = self.joiner.of(make());
                entries.into_iter().for_each(|entry| self.batch.push(entry, since));
            }
            Job::Durable(make, done) => {
                // What was handed in before comes before.
                self.write();
                let entries = self.joiner.of(make());
                let written = if self.batch.len() == 0 { self.append(entries, true) } else { Err(self.failure()) };
                // Who has asked may have gone.
                let _ = done.send(written);
            }
            Job::Flush(done) => {
                let is_written = self.write();
                let _ = done.send(is_written);
            }
            Job::Close(done) => {
                let is_written = self.write();
                self.seal(true);
                let _ = done.send(is_written);
            }
        }
        self.shared.depth.fetch_sub(1, Ordering::Relaxed);
        self.shared.batch.store(self.batch.len(), Ordering::Relaxed);
    }

    /// Writes everything that waits, in parts, so that a file of the trail does not grow much longer than it is to be.
    fn write(&mut self) -> bool {
        let mut entries = self.batch.take();
        while !entries.is_empty() {
            let part = entries[..entries.len().min(ENOUGH)].to_vec();
            let length = part.len();
            if self.append(part, self.writer != Writer::Once).is_err() {
                self.batch.put_back(entries, Instant::now());
                break;
            }
            entries.drain(..length);
        }
        self.shared.batch.store(self.batch.len(), Ordering::Relaxed);
        self.batch.len() == 0
    }

    fn append(&mut self, entries: Vec<Entry>, sync: bool) -> Result<(), String> {
        let texts: Vec<Text> = entries.into_iter().map(Text::Entry).collect();
        let written = self.log.append(&texts, millis(SystemTime::now()), sync).map_err(|error| error.to_string());
        let mut stats = self.shared.stats.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = &written {
            if stats.failure.is_none() {
                warn!(event = LogEvent::AuditFailed.name(), reason = "write", detail = %error, "the audit trail cannot be written");
            }
            stats.write_failures += 1;
        }
        stats.failure = written.clone().err();
        drop(stats);
        self.tell();
        written
    }

    fn failure(&self) -> String {
        let stats = self.shared.stats.lock().unwrap_or_else(PoisonError::into_inner);
        stats.failure.clone().unwrap_or_default()
    }

    fn seal(&mut self, at_once: bool) {
        if let Err(error) = self.log.seal(millis(SystemTime::now()), at_once) {
            debug!(event = LogEvent::AuditFailed.name(), reason = "seal", detail = %error, "the audit trail cannot be sealed");
        }
        self.tell();
    }

    /// Reads the whole trail once, so that somebody is told soon when it was changed.
    fn look(&mut self) {
        match verify::verify(&self.state, None) {
            Ok(report) => {
                self.found += u64::from(!report.problems.is_empty());
                self.seen = (report.first + report.records).checked_sub(1);
            }
            Err(error) => debug!(event = LogEvent::AuditFailed.name(), reason = "read", detail = %error, "the audit trail cannot be read"),
        }
        self.tell();
    }

    /// Puts down how the trail stands.
    fn tell(&mut self) {
        let (unsealed, head) = (self.log.unsealed(), self.log.head());
        let mut stats = self.shared.stats.lock().unwrap_or_else(PoisonError::into_inner);
        stats.records = self.log.records;
        stats.torn = self.log.torn;
        stats.verify_failures = self.log.damaged + self.found;
        (stats.is_sealed, stats.unsealed) = (unsealed.is_some(), unsealed.unwrap_or(self.log.records));
        stats.dropped = self.batch.lost();
        stats.head = head.max(self.seen);
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::{self, Step};
    use super::*;
    use crate::domain::{Risk, ShellKind};
    use crate::redact::RedactedText;
    use crate::suggest::ports::{TrailEvent, TrailId, TrailStep};

    const PATIENCE: Duration = Duration::from_secs(30);

    fn event(id: u8, step: TrailStep) -> TrailEvent {
        TrailEvent { id: Some(TrailId([id; 8])), at: SystemTime::now(), step }
    }

    fn asked(id: u8, query: &str) -> TrailEvent {
        event(id, TrailStep::Asked { query: RedactedText::mask(query), shell: ShellKind::Zsh, mode: "normal" })
    }

    #[test]
    fn a_long_text_is_cut_and_holds_nothing_up() {
        let state = tempfile::tempdir().unwrap();
        let trail = FileTrail::open(state.path(), Writer::Once).unwrap();
        let long = "ein müder satz ".repeat(1000);
        let (question, line) = (long.clone(), long.clone());
        trail.record(Box::new(move || vec![asked(1, &question)]));
        trail.record(Box::new(move || {
            let (query, command) = (RedactedText::mask(&long), RedactedText::mask(&line));
            let step = TrailStep::Ran { query, command, status: 0, shell: ShellKind::Zsh, risk: Risk::None, findings: Vec::new() };
            vec![TrailEvent { id: None, ..event(0, step) }, asked(2, "short")]
        }));
        assert!(trail.flush(PATIENCE), "{:?}", trail.stats());
        let entries = entry::entries(state.path()).unwrap();
        let [first, ran, last] = entries.as_slice() else { panic!("{} entries", entries.len()) };
        assert!(matches!(&first.step, Step::Asked { query, .. } if query.starts_with("ein") && query.ends_with('…')), "{first:?}");
        assert_eq!(ran.id, first.id, "the run belongs to the question, though both were cut");
        assert!(matches!(&last.step, Step::Asked { query, .. } if query == "short"));
    }

    #[test]
    fn what_has_waited_is_spread_over_as_many_files_as_it_fills() {
        let state = tempfile::tempdir().unwrap();
        let trail = FileTrail::open(state.path(), Writer::Once).unwrap();
        let one = asked(0, &"word ".repeat(400));
        trail.record(Box::new(move || vec![one; 1000]));
        assert!(trail.flush(PATIENCE), "{:?}", trail.stats());
        assert_eq!(entry::entries(state.path()).unwrap().len(), 1000);
        let report = verify::verify(state.path(), None).unwrap();
        assert!(report.status() == 0 && report.segments >= 4, "{report:?}");
    }

    #[test]
    fn a_resident_writes_without_being_asked_and_what_is_waited_for_comes_behind_what_was_there() {
        let state = tempfile::tempdir().unwrap();
        let trail = FileTrail::open(state.path(), Writer::Resident).unwrap();
        let queries = || {
            let entries = entry::entries(state.path()).unwrap_or_default();
            let queries =
                entries.into_iter().filter_map(|entry| if let Step::Asked { query, .. } = entry.step { Some(query) } else { None });
            queries.collect::<Vec<_>>()
        };
        trail.record(Box::new(|| vec![asked(1, "first")]));
        let deadline = Instant::now() + PATIENCE;
        while queries().is_empty() {
            assert!(Instant::now() < deadline, "{:?}", trail.stats());
            std::thread::yield_now();
        }
        trail.record(Box::new(|| vec![asked(2, "second")]));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(trail.record_durably(Box::new(|| vec![asked(3, "third")]))), Ok(()));
        assert_eq!(queries(), ["first", "second", "third"]);
    }
}
