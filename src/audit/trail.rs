//! The thread that writes the trail. Whoever records something hands it over and goes on.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_util::future::BoxFuture;
use tokio::sync::oneshot;
use tracing::{debug, warn};

use super::batch::{Batch, ENOUGH};
use super::entry::{self, Entry, Offer, Step, kept};
use super::log::{Log, Text, hex};
use super::verify;
use crate::domain::LogEvent;
use crate::suggest::ports::{MakeEvents, Trail, TrailEvent, TrailId, TrailStats, TrailStep};

/// Events that may wait for the thread.
const MOST_WAITING: usize = 1024;
/// Requests whose suggestions are remembered, so that what is run can be joined to them.
const MOST_RECENT: usize = 256;
/// How often it is looked whether something is to be sealed.
const SEAL_EVERY: Duration = Duration::from_secs(60);
/// How long a process that ends waits for what is not written yet.
const LAST_PATIENCE: Duration = Duration::from_millis(300);

/// The trail of a state directory.
pub struct FileTrail {
    shared: Arc<Shared>,
    jobs: SyncSender<Job>,
}

/// For how long a process writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    /// The resident: it looks at the whole trail when it begins, and what it writes is on the disk a moment later.
    Resident,
    /// A process that answers once. The system writes what it leaves to the disk, unless a record is required.
    Once,
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

impl FileTrail {
    /// Begins a trail, or goes on with the one that is there. The disk is not touched before something is recorded, except
    /// by a resident.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn open(state: &Path, writer: Writer) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (jobs, waiting) = sync_channel(MOST_WAITING);
        let (state, theirs) = (state.to_owned(), Arc::clone(&shared));
        std::thread::Builder::new().name("audit".to_owned()).spawn(move || {
            Work {
                log: Log::new(&state),
                state,
                writer,
                batch: Batch::default(),
                recent: VecDeque::new(),
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
        let is_in = self.jobs.try_send(job).is_ok();
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
    recent: VecDeque<Recent>,
    shared: Arc<Shared>,
    /// Times that the trail was found to be changed when it was read as a whole, and the number of the last record then.
    found: u64,
    seen: Option<u64>,
}

/// A request whose suggestions may yet be run.
struct Recent {
    id: String,
    query: String,
    shell: String,
    commands: Vec<String>,
}

impl Work {
    fn run(mut self, jobs: &Receiver<Job>) {
        if self.writer == Writer::Resident {
            self.look();
        }
        loop {
            let now = Instant::now();
            let wait = self.batch.due().map_or(SEAL_EVERY, |due| due.saturating_duration_since(now).min(SEAL_EVERY));
            match jobs.recv_timeout(wait) {
                Ok(job) => self.take(job),
                Err(RecvTimeoutError::Timeout) => self.seal(false),
                Err(RecvTimeoutError::Disconnected) => {
                    self.write();
                    return;
                }
            }
            if self.batch.is_due(Instant::now()) {
                self.write();
            }
        }
    }

    fn take(&mut self, job: Job) {
        match job {
            Job::Record(make) => {
                let entries = self.entries(make());
                let now = Instant::now();
                entries.into_iter().for_each(|entry| self.batch.push(entry, now));
            }
            Job::Durable(make, done) => {
                // What was handed in before comes before.
                self.write();
                let entries = self.entries(make());
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
            if self.append(part, self.writer == Writer::Resident).is_err() {
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

    fn entries(&mut self, events: Vec<TrailEvent>) -> Vec<Entry> {
        events.into_iter().map(|event| self.entry(event)).collect()
    }

    fn entry(&mut self, event: TrailEvent) -> Entry {
        let mut id = event.id.map(|TrailId(id)| hex(&id)).unwrap_or_default();
        let step = match event.step {
            TrailStep::Asked { query, shell, mode } => {
                let (query, shell) = (kept(query.as_str()), shell.name().to_owned());
                self.recent.push_back(Recent { id: id.clone(), query: query.clone(), shell: shell.clone(), commands: Vec::new() });
                if self.recent.len() > MOST_RECENT {
                    self.recent.pop_front();
                }
                Step::Asked { query, shell, mode: mode.to_owned() }
            }
            TrailStep::Offered(offers) => {
                let offers: Vec<Offer> = offers
                    .into_iter()
                    .map(|offer| Offer {
                        command: kept(offer.command.as_str()),
                        source: offer.source,
                        model: offer.model,
                        risk: offer.risk.name().to_owned(),
                        findings: offer.findings,
                    })
                    .collect();
                if let Some(recent) = self.recent.iter_mut().rfind(|recent| recent.id == id) {
                    recent.commands = offers.iter().map(|offer| offer.command.clone()).collect();
                }
                Step::Offered { offers }
            }
            TrailStep::Canceled => Step::Canceled,
            TrailStep::Ran { query, command, status, shell, risk, findings } => {
                let (query, shell, command) = (kept(query.as_str()), shell.name(), kept(command.as_str()));
                let asked = self.asked(&query, shell);
                let edited = asked.as_ref().map(|(_, commands)| !commands.contains(&command));
                // One that nobody asked here, or long ago, stands for itself.
                id = asked.map_or_else(|| hex(&fastrand::u64(..).to_le_bytes()), |(id, _)| id);
                Step::Ran { command, edited, status, shell: shell.to_owned(), risk: risk.name().to_owned(), findings }
            }
        };
        Entry { id, at_ms: millis(event.at), step }.fitted()
    }

    /// The last request with these words in this shell, and what was suggested for it. Another process may have answered it.
    fn asked(&mut self, query: &str, shell: &str) -> Option<(String, Vec<String>)> {
        let is_it = |recent: &&Recent| recent.query == query && recent.shell == shell;
        if let Some(recent) = self.recent.iter().rfind(is_it) {
            return Some((recent.id.clone(), recent.commands.clone()));
        }
        let latest = entry::latest(&self.state).ok()?;
        let id = latest.iter().rev().find_map(|entry| match &entry.step {
            Step::Asked { query: asked, shell: asker, .. } if asked == query && asker == shell => Some(entry.id.clone()),
            _ => None,
        })?;
        let offered = latest.into_iter().rev().find_map(|entry| match entry.step {
            Step::Offered { offers } if entry.id == id => Some(offers),
            _ => None,
        });
        Some((id, offered.unwrap_or_default().into_iter().map(|offer| offer.command).collect()))
    }
}

fn millis(at: SystemTime) -> u64 {
    u64::try_from(at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Risk, ShellKind};
    use crate::redact::RedactedText;

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
}
