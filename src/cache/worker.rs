//! The thread that owns the store: it does the jobs in order, keeps the bounds, and repairs.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, Release};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant, SystemTime};

use tracing::warn;

use super::bound::Limits;
use super::folder::Folder;
use super::guard::Fault;
use super::key_file;
use super::state::{Job, Shared};
use super::store::Store;
use super::value::{self, MacKey};
use crate::domain::LogEvent;
use crate::suggest::ports::{CacheKey, CachedAnswer};

/// Written rows go to the disk after this much quiet, or at the latest after [`SETTLE_EVERY`].
const SETTLE_AFTER: Duration = Duration::from_millis(100);
const SETTLE_EVERY: Duration = Duration::from_secs(1);

/// How often expired rows are looked for, and how many are removed at most at one time.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
const SWEEP_AT_MOST: usize = 500;

/// The owner of the store.
pub(crate) struct Worker {
    pub(super) shared: Arc<Shared>,
    pub(super) folder: Folder,
    pub(super) mac: MacKey,
    pub(super) limits: Limits,
    pub(super) store: Option<Store>,
    pub(super) repairs: u32,
    pub(super) is_unsettled: bool,
    pub(super) last_settled: Instant,
    pub(super) last_swept: Instant,
    pub(super) written: u64,
}

impl Worker {
    /// Opens the store of `directory`. The second value tells the user what happened, if something did.
    pub(crate) fn open(directory: &Path, shared: Arc<Shared>) -> io::Result<(Self, Option<String>)> {
        let folder = Folder::open(directory)?;
        folder.tidy()?;
        let (mac, is_new) = key_file::load_or_create(directory)?;
        if is_new {
            // Nothing that is there fits the new secret.
            folder.drop_store()?;
        }
        let limits = Limits::of(&shared.settings);
        let now = Instant::now();
        let mut worker = Self {
            shared,
            folder,
            mac,
            limits,
            store: None,
            repairs: 0,
            is_unsettled: false,
            last_settled: now,
            last_swept: now,
            written: 0,
        };
        if worker.folder.bytes() > limits.refuse_at {
            worker.folder.drop_quarantined()?;
        }
        if worker.folder.bytes() > limits.refuse_at {
            worker.folder.drop_store()?;
        }
        let opened = if worker.folder.is_plain() { worker.open_store() } else { Err(Fault::Damaged("not only plain files".to_owned())) };
        let notice = match opened {
            Ok(()) => None,
            Err(fault) => {
                let reason = fault.to_string();
                worker.recover(fault);
                worker.store.as_ref().ok_or_else(|| io::Error::other(reason))?;
                Some("the stored answers were damaged and were set aside; a new store was started".to_owned())
            }
        };
        worker.keep_bounds();
        worker.store.as_ref().ok_or_else(|| io::Error::other("the store cannot be kept within its bounds"))?;
        worker.shared.has_disk.store(true, Release);
        Ok((worker, notice))
    }

    /// Does jobs until there is no caller left, then closes the store.
    pub(crate) fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            let patience = if self.is_unsettled { SETTLE_AFTER } else { SWEEP_EVERY };
            match jobs.recv_timeout(patience) {
                Ok(job) => {
                    self.shared.show_progress();
                    self.perform(job);
                    self.shared.pending.fetch_sub(1, Relaxed);
                }
                Err(RecvTimeoutError::Timeout) => self.settle(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.is_unsettled && self.last_settled.elapsed() > SETTLE_EVERY {
                self.settle();
            }
            if self.last_swept.elapsed() > SWEEP_EVERY {
                self.sweep();
            }
        }
        self.settle();
        if let Some(Err(fault)) = self.store.take().map(Store::close) {
            warn!(event = LogEvent::CacheFailed.name(), reason = "closing", detail = %fault, "the store did not close well");
        }
    }

    fn perform(&mut self, job: Job) {
        match job {
            Job::Put(key, answer) => self.put(&key, &answer),
            Job::Get(key, reply) => {
                let answer = self.get(&key);
                give(&reply, answer);
            }
            Job::Remove(key) => self.remove(&key),
            Job::Clear(reply) => {
                let outcome = self.start_over();
                give(&reply, outcome);
            }
            Job::Flush(reply) => {
                self.keep_bounds();
                give(&reply, ());
            }
        }
    }

    /// One call of the store, if there is one. A fault is dealt with here; then the outcome is `None`.
    pub(super) fn attempt<T>(&mut self, call: impl FnOnce(&Store) -> Result<T, Fault>) -> Option<T> {
        match call(self.store.as_ref()?) {
            Ok(value) => Some(value),
            Err(fault) => {
                self.recover(fault);
                None
            }
        }
    }

    pub(super) fn put(&mut self, key: &CacheKey, answer: &CachedAnswer) {
        let Some(row) = value::encode(&self.mac, key, answer) else { return };
        if self.attempt(|store| store.insert(key, &row)).is_none() {
            return;
        }
        self.shared.index().insert(*key, value::millis(answer.created), row.len());
        self.is_unsettled = true;
        self.written += row.len() as u64;
        self.evict_surplus();
        if self.written >= self.limits.measure_every {
            self.keep_bounds();
        }
    }

    pub(super) fn get(&mut self, key: &CacheKey) -> Option<Arc<CachedAnswer>> {
        let row = self.attempt(|store| store.get(key))?;
        let answer = row.as_deref().and_then(|row| value::decode(&self.mac, key, row));
        match answer {
            Some(answer) => Some(self.shared.front.insert_from_disk(key, Arc::new(answer))),
            None => {
                if row.is_some() {
                    self.shared.count_damage();
                }
                self.remove(key);
                None
            }
        }
    }

    pub(super) fn remove(&mut self, key: &CacheKey) {
        self.shared.front.remove(key);
        self.shared.index().remove(key);
        if self.attempt(|store| store.remove(&key.0)).is_some() {
            self.is_unsettled = true;
        }
    }

    pub(super) fn evict_surplus(&mut self) {
        loop {
            let surplus = self.shared.index().surplus(&self.limits);
            let Some(key) = surplus else { return };
            self.remove(&key);
        }
    }

    pub(super) fn sweep(&mut self) {
        self.last_swept = Instant::now();
        let now = SystemTime::now();
        for _ in 0..SWEEP_AT_MOST {
            let oldest = self.shared.index().oldest();
            let Some((created, key)) = oldest else { return };
            let created = SystemTime::UNIX_EPOCH + Duration::from_millis(created);
            if self.shared.settings.is_kept(created, now) {
                return;
            }
            self.remove(&key);
        }
    }

    fn settle(&mut self) {
        if self.is_unsettled {
            self.is_unsettled = false;
            self.last_settled = Instant::now();
            self.attempt(Store::sync);
            self.keep_bounds();
        }
    }
}

/// Answers a caller, who may have stopped waiting.
fn give<T>(reply: &SyncSender<T>, value: T) {
    let _ = reply.try_send(value);
}
