//! The part of the thread's work that nobody asked for: bounds, rewriting, repair.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, Release};

use tracing::{debug, warn};

use super::folder;
use super::guard::Fault;
use super::store::Store;
use super::value;
use super::worker::Worker;
use crate::domain::LogEvent;
use crate::suggest::ports::CacheKey;

/// A disk that damages store after store is not worth another.
const MAX_REPAIRS: u32 = 4;

impl Worker {
    /// Measures the files and rewrites the store when they are too many.
    pub(super) fn keep_bounds(&mut self) {
        self.written = 0;
        // What sled has not written yet cannot be measured.
        self.attempt(Store::flush);
        self.evict_surplus();
        let is_over = |worker: &Self| worker.store.is_some() && worker.folder.bytes() > worker.limits.rewrite_at;
        if is_over(self) {
            self.or_give_up(|worker| worker.folder.drop_quarantined());
        }
        if is_over(self) {
            let detail = format!("{} bytes of files for {} bytes of rows", self.folder.bytes(), self.shared.index().live_bytes());
            debug!(event = LogEvent::CacheRewritten.name(), detail, "the files of the cache are written anew");
            if let Err(fault) = self.rewrite() {
                self.recover(fault);
            }
        }
        if is_over(self) {
            // It gives up by itself when it fails.
            let _ = self.start_over();
        }
        self.shared.disk_bytes.store(self.folder.bytes(), Relaxed);
    }

    /// Writes the live rows into a new store and puts it in the place of the old one.
    fn rewrite(&mut self) -> Result<(), Fault> {
        let unusable = |error: io::Error| Fault::Unusable(error.to_string());
        let Some(old) = self.store.take() else { return Ok(()) };
        let path = self.folder.new_store();
        folder::remove(&path).map_err(unusable)?;
        let new = Store::open(&path)?;
        let keys = self.shared.index().keys();
        for key in keys {
            self.shared.show_progress();
            match old.get(&key)? {
                Some(row) => new.insert(&key, &row)?,
                None => self.shared.index().remove(&key),
            }
        }
        new.close()?;
        self.shared.show_progress();
        old.close()?;
        self.folder.swap().map_err(unusable)?;
        self.shared.show_progress();
        self.folder.protect(&self.folder.store()).map_err(unusable)?;
        self.store = Some(Store::open(&self.folder.store())?);
        Ok(())
    }

    /// Opens the store, reads every row, and fills index and front.
    pub(super) fn open_store(&mut self) -> Result<(), Fault> {
        let unusable = |error: io::Error| Fault::Unusable(error.to_string());
        let path = self.folder.store();
        if !self.folder.has_store() {
            // sled makes its files one after the other; a store that was killed between them would look damaged.
            let new = self.folder.new_store();
            folder::remove(&new).map_err(unusable)?;
            Store::open(&new)?.close()?;
            self.folder.place_new().map_err(unusable)?;
        }
        let store = Store::open(&path)?;
        self.folder.protect(&path).map_err(unusable)?;
        let mut foreign = Vec::new();
        store.scan(|key, row| {
            self.shared.show_progress();
            let read = <[u8; 32]>::try_from(key).ok().map(CacheKey).and_then(|key| Some((key, value::decode(&self.mac, &key, row)?)));
            match read {
                Some((key, answer)) => {
                    self.shared.index().insert(key, value::millis(answer.created), row.len());
                    self.shared.front.insert(key, Arc::new(answer));
                }
                None => foreign.push(key.to_vec()),
            }
        })?;
        for key in foreign {
            self.shared.count_damage();
            store.remove(&key)?;
        }
        self.store = Some(store);
        Ok(())
    }

    /// After a fault: a damaged store is set aside and replaced by a new one with what memory holds; where the system
    /// refuses, the cache goes on in memory.
    pub(super) fn recover(&mut self, fault: Fault) {
        self.store = None;
        self.shared.index().clear();
        let Fault::Damaged(reason) = fault else { return self.give_up(&fault.to_string()) };
        self.shared.count_damage();
        self.repairs += 1;
        if self.repairs > MAX_REPAIRS {
            return self.give_up(&reason);
        }
        warn!(event = LogEvent::CacheFailed.name(), reason = "damaged", detail = %reason, "a damaged store is set aside");
        let aside = self.folder.quarantine().map_err(|error| Fault::Unusable(error.to_string()));
        if let Err(fault) = aside.and_then(|()| self.open_store()) {
            return self.recover(fault);
        }
        for (key, answer) in self.shared.front.all() {
            self.put(&key, &answer);
        }
    }

    pub(super) fn start_over(&mut self) -> Result<(), String> {
        self.shared.front.clear();
        self.shared.index().clear();
        let Some(store) = self.store.take() else { return Ok(()) };
        // Whether or not it closes well, its files go.
        let _ = store.close();
        let dropped = self.folder.drop_quarantined().and_then(|()| self.folder.drop_store()).map_err(|error| error.to_string());
        let outcome = dropped.and_then(|()| self.open_store().map_err(|fault| fault.to_string()));
        if let Err(reason) = &outcome {
            self.give_up(reason);
        }
        outcome
    }

    fn or_give_up(&mut self, step: impl FnOnce(&Self) -> io::Result<()>) {
        if let Err(error) = step(self) {
            self.give_up(&error.to_string());
        }
    }

    fn give_up(&mut self, reason: &str) {
        warn!(event = LogEvent::CacheFailed.name(), reason = "unusable", detail = %reason, "the cache goes on in memory");
        self.store = None;
        self.shared.index().clear();
        self.shared.has_disk.store(false, Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::CacheSettings;
    use crate::cache::state::Shared;
    use crate::domain::Origin;
    use crate::suggest::ports::CachedAnswer;
    use crate::suggest::ports::{KeptCandidate, RedactedText};
    use std::path::Path;
    use std::time::{Duration, SystemTime};

    fn answer(number: u8) -> Arc<CachedAnswer> {
        let candidate =
            KeptCandidate { command: RedactedText::mask(&format!("echo {number}")), reading: None, origin: Origin::Ran, confidence: 1.0 };
        Arc::new(CachedAnswer { candidate, created: SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from(number)) })
    }

    fn key(number: u8) -> CacheKey {
        CacheKey([number; 32])
    }

    fn worker_with(directory: &Path, rows: u8) -> (Worker, Arc<Shared>) {
        let shared = Arc::new(Shared::new(CacheSettings::default()));
        let (mut worker, notice) = Worker::open(directory, Arc::clone(&shared)).unwrap();
        assert_eq!(notice, None);
        for number in 0..rows {
            shared.front.insert(key(number), answer(number));
            worker.put(&key(number), &answer(number));
        }
        (worker, shared)
    }

    fn set_aside(directory: &Path) -> usize {
        let names = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.contains(".bad-")).count()
    }

    #[test]
    fn after_damage_a_new_store_has_what_memory_holds() {
        let root = tempfile::tempdir().unwrap();
        let (mut worker, shared) = worker_with(root.path(), 20);
        for repair in 1..=u64::from(MAX_REPAIRS) {
            worker.recover(Fault::Damaged("test".to_owned()));
            assert_eq!(shared.index().len(), 20);
            assert_eq!(shared.damaged.load(Relaxed), repair);
            assert_eq!(set_aside(root.path()), 1);
        }
        shared.front.clear();
        for number in 0..20 {
            assert_eq!(worker.get(&key(number)), Some(answer(number)), "from the new store");
        }
        assert!(shared.has_disk.load(Relaxed));
        worker.recover(Fault::Damaged("once too often".to_owned()));
        assert!(!shared.has_disk.load(Relaxed) && worker.store.is_none());
    }

    #[test]
    fn where_the_system_refuses_nothing_is_set_aside() {
        let root = tempfile::tempdir().unwrap();
        let (mut worker, shared) = worker_with(root.path(), 20);
        worker.recover(Fault::Unusable("no space".to_owned()));
        assert!(!shared.has_disk.load(Relaxed));
        assert_eq!((set_aside(root.path()), shared.damaged.load(Relaxed), shared.front.len()), (0, 0, 20));
        worker.put(&key(30), &answer(30));
        assert_eq!(worker.get(&key(30)), None);
        assert_eq!(worker.start_over(), Ok(()));
    }

    #[test]
    fn an_old_row_does_not_hide_a_newer_answer_in_memory() {
        let root = tempfile::tempdir().unwrap();
        let (mut worker, shared) = worker_with(root.path(), 1);
        shared.front.insert(key(0), answer(99));
        assert_eq!(worker.get(&key(0)), Some(answer(99)));
        assert_eq!(shared.front.get(&key(0)), Some(answer(99)));
    }

    #[test]
    fn a_rewrite_keeps_every_row() {
        let root = tempfile::tempdir().unwrap();
        let (mut worker, shared) = worker_with(root.path(), 200);
        let before = shared.index().keys();
        worker.rewrite().unwrap();
        assert_eq!(shared.index().keys(), before);
        shared.front.clear();
        for number in 0..200 {
            assert_eq!(worker.get(&key(number)), Some(answer(number)), "{number}");
        }
        assert!(!worker.folder.new_store().exists());
    }

    #[test]
    fn a_sweep_removes_what_expired_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let (mut worker, shared) = worker_with(root.path(), 20);
        let new = CachedAnswer { created: SystemTime::now(), ..(*answer(30)).clone() };
        worker.put(&key(30), &new);
        worker.sweep();
        assert_eq!(shared.index().keys(), [key(30)]);
        assert_eq!(shared.front.len(), 0);
    }
}
