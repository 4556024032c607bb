use std::path::Path;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use super::CacheSettings;
use super::state::{Job, Shared};
use super::value;
use super::worker::Worker;
use crate::suggest::ports::{AnswerCache, CacheError, CacheKey, CacheStats, CachedAnswer};

/// How long opening may take before the cache begins in memory; the disk joins when it is ready.
const OPEN_PATIENCE: Duration = Duration::from_secs(5);

/// How long a lookup waits for the disk: usually microseconds, more only while the store is rewritten or repaired.
const GET_PATIENCE: Duration = Duration::from_millis(100);

/// How long `flush`, `clear` and the end of the cache wait for the disk.
const ORDERLY_PATIENCE: Duration = Duration::from_secs(5);

/// Writes that may wait for the disk. Beyond it an answer is kept in memory only.
const MAX_PENDING: usize = 4096;

/// A cache with a memory front and a store on disk, or in memory alone where the disk does not serve.
pub struct DiskCache {
    shared: Arc<Shared>,
    /// `None` once there is nobody to send to. The lock also keeps the order of jobs and of changes to the front alike.
    jobs: Mutex<Option<Sender<Job>>>,
    /// Closed when the thread has ended. Used at the end only; the mutex makes the cache shareable.
    ended: Mutex<Receiver<()>>,
    thread: Option<JoinHandle<()>>,
}

impl DiskCache {
    /// Opens the cache in `directory`, which becomes 0700 and is created if need be. The text tells the user in one
    /// line that the disk could not be used, or that damaged answers were set aside.
    pub fn open(directory: &Path, settings: CacheSettings) -> (Self, Option<String>) {
        let shared = Arc::new(Shared::new(settings));
        let (jobs, todo) = mpsc::channel();
        let (ready, opened) = mpsc::sync_channel(1);
        let (alive, ended) = mpsc::sync_channel(1);
        let place = directory.display().to_string();
        let thread = {
            let (shared, directory) = (Arc::clone(&shared), directory.to_owned());
            thread::Builder::new().name("gptos-cache".to_owned()).spawn(move || serve(&directory, shared, &todo, &ready, alive))
        };
        let outcome = match &thread {
            Ok(_) => opened.recv_timeout(OPEN_PATIENCE).unwrap_or_else(|_| Err("opening takes too long".to_owned())),
            Err(error) => Err(error.to_string()),
        };
        let notice = match outcome {
            Ok(notice) => notice.map(|text| format!("cache: {place}: {text}")),
            Err(reason) => Some(format!("cache: {place}: {reason}; answers are kept in memory only")),
        };
        let cache = Self { shared, jobs: Mutex::new(Some(jobs)), ended: Mutex::new(ended), thread: thread.ok() };
        (cache, notice)
    }

    fn has_disk(&self) -> bool {
        self.shared.has_disk.load(Acquire) && !self.shared.is_lost()
    }

    /// Changes the front and sends the job that does the same on disk, in one order for all callers.
    fn send(&self, change: impl FnOnce(&Shared), job: Job) {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        change(&self.shared);
        let is_optional = matches!(job, Job::Put(..));
        let is_late = self.shared.is_lost() || self.shared.pending.load(Relaxed) >= MAX_PENDING;
        if !self.shared.has_disk.load(Acquire) || (is_optional && is_late) {
            return;
        }
        if self.shared.pending.fetch_add(1, Relaxed) == 0 {
            // The thread had nothing to do, so its silence until now says nothing.
            self.shared.show_progress();
        }
        if jobs.as_ref().is_none_or(|sender| sender.send(job).is_err()) {
            self.shared.pending.fetch_sub(1, Relaxed);
            *jobs = None;
        }
    }

    fn find(&self, key: &CacheKey) -> Option<Arc<CachedAnswer>> {
        if let Some(answer) = self.shared.front.get(key) {
            return Some(answer);
        }
        if !self.has_disk() || !self.shared.index().contains(key) {
            return None;
        }
        let (reply, answer) = mpsc::sync_channel(1);
        self.send(|_| (), Job::Get(*key, reply));
        answer.recv_timeout(GET_PATIENCE).ok().flatten()
    }
}

/// The life of the thread: open, tell, work. `alive` is dropped at the end, which tells the cache's own end.
fn serve(
    directory: &Path,
    shared: Arc<Shared>,
    jobs: &Receiver<Job>,
    ready: &SyncSender<Result<Option<String>, String>>,
    alive: SyncSender<()>,
) {
    match Worker::open(directory, Arc::clone(&shared)) {
        Ok((worker, notice)) => {
            let _ = ready.try_send(Ok(notice));
            worker.run(jobs);
        }
        Err(error) => {
            let _ = ready.try_send(Err(error.to_string()));
        }
    }
    drop(alive);
}

impl AnswerCache for DiskCache {
    fn get(&self, key: &CacheKey, now: SystemTime) -> Option<CachedAnswer> {
        let answer = self.peek(key, now);
        let counter = if answer.is_some() { &self.shared.hits } else { &self.shared.misses };
        counter.fetch_add(1, Relaxed);
        answer
    }

    fn peek(&self, key: &CacheKey, now: SystemTime) -> Option<CachedAnswer> {
        let answer = self.find(key).filter(|answer| {
            let is_kept = self.shared.settings.is_kept(answer.created, now);
            if !is_kept {
                self.remove(key);
            }
            is_kept
        });
        answer.map(|answer| (*answer).clone())
    }

    fn put(&self, key: &CacheKey, answer: &CachedAnswer) {
        if value::fits(answer) {
            let answer = Arc::new(answer.clone());
            self.send(|shared| shared.front.insert(*key, Arc::clone(&answer)), Job::Put(*key, Arc::clone(&answer)));
        }
    }

    fn remove(&self, key: &CacheKey) {
        self.send(|shared| shared.front.remove(key), Job::Remove(*key));
    }

    fn clear(&self) -> Result<(), CacheError> {
        if !self.shared.has_disk.load(Acquire) {
            self.shared.front.clear();
            return Ok(());
        }
        let (reply, done) = mpsc::sync_channel(1);
        self.send(|shared| shared.front.clear(), Job::Clear(reply));
        let outcome = done.recv_timeout(ORDERLY_PATIENCE).unwrap_or_else(|_| Err("the store does not answer".to_owned()));
        outcome.map_err(CacheError)
    }

    fn stats(&self) -> CacheStats {
        let shared = &self.shared;
        let has_disk = self.has_disk();
        let (entries, live_bytes) = if has_disk {
            let index = shared.index();
            (index.len(), index.live_bytes())
        } else {
            (shared.front.len(), shared.front.bytes())
        };
        CacheStats {
            entries,
            live_bytes,
            disk_bytes: if has_disk { shared.disk_bytes.load(Relaxed) } else { 0 },
            hits: shared.hits.load(Relaxed),
            misses: shared.misses.load(Relaxed),
            damaged: shared.damaged.load(Relaxed),
            mode: if has_disk { "disk" } else { "memory" },
        }
    }

    fn flush(&self) {
        if self.has_disk() {
            let (reply, done) = mpsc::sync_channel(1);
            self.send(|_| (), Job::Flush(reply));
            let _ = done.recv_timeout(ORDERLY_PATIENCE);
        }
    }
}

impl Drop for DiskCache {
    fn drop(&mut self) {
        *self.jobs.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let has_ended = ended.recv_timeout(ORDERLY_PATIENCE) == Err(mpsc::RecvTimeoutError::Disconnected);
        // A thread that hangs in the store is left behind rather than waited for.
        if has_ended && let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Origin;
    use crate::suggest::ports::{KeptCandidate, RedactedText};
    use std::time::Instant;

    #[test]
    fn a_store_that_never_answers_holds_nobody_up() {
        let shared = Arc::new(Shared::new(CacheSettings::default()));
        shared.has_disk.store(true, Relaxed);
        let (on_disk, new) = (CacheKey([1; 32]), CacheKey([2; 32]));
        shared.index().insert(on_disk, 0, 10);
        let (sender, jobs) = mpsc::channel();
        let (alive, ended) = mpsc::sync_channel(1);
        let cache = DiskCache { shared, jobs: Mutex::new(Some(sender)), ended: Mutex::new(ended), thread: None };
        let candidate = KeptCandidate { command: RedactedText::mask("ls"), reading: None, origin: Origin::Ran, confidence: 1.0 };
        let answer = CachedAnswer { candidate, created: SystemTime::now() };

        let started = Instant::now();
        assert_eq!(cache.get(&on_disk, SystemTime::now()), None);
        for _ in 0..MAX_PENDING * 2 {
            cache.put(&new, &answer);
        }
        assert_eq!(cache.get(&new, SystemTime::now()), Some(answer));
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
        assert_eq!(jobs.try_iter().count(), MAX_PENDING, "what waits for the disk is bounded");
        drop(alive);
    }
}
