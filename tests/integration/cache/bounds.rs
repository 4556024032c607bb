//! The bounds hold all the time, measured by walking the directory.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use gptos::cache::{CacheSettings, DiskCache};
use gptos::suggest::ports::AnswerCache;

use super::{answer, bytes_below, key, noon, repetitions};

/// Puts many answers while another thread measures the directory, and gives the most bytes that were ever seen.
fn churn(directory: &Path, settings: &CacheSettings, inserts: u64, padding: usize) -> u64 {
    let (cache, notice) = DiskCache::open(directory, settings.clone());
    assert_eq!(notice, None);
    let (most, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Relaxed) {
                most.fetch_max(bytes_below(directory), Relaxed);
                thread::sleep(Duration::from_micros(500));
            }
        });
        for number in 0..inserts {
            cache.put(&key(number), &answer(number, padding));
            if number % 100 == 99 {
                cache.flush();
                most.fetch_max(bytes_below(directory), Relaxed);
                assert!(cache.stats().entries <= settings.max_entries);
            }
        }
        is_over.store(true, Relaxed);
    });
    assert_eq!(cache.stats().mode, "disk");
    assert_eq!(cache.stats().damaged, 0);
    assert!(cache.get(&key(inserts - 1), noon()) == Some(answer(inserts - 1, padding)));
    most.into_inner()
}

#[test]
fn the_files_never_exceed_their_bound() {
    for (megabytes, padding, inserts) in
        [(2, 150, repetitions("GPTOS_TEST_CHURN", 20_000)), (2, 9_000, 1_000), (1, 11_000, 500), (1, 0, 10_000)]
    {
        let root = tempfile::tempdir().unwrap();
        let settings = CacheSettings { max_disk_bytes: megabytes * 1024 * 1024, ..CacheSettings::default() };
        let most = churn(root.path(), &settings, inserts, padding);
        assert!(most <= settings.max_disk_bytes, "{most} bytes with padding {padding}");

        let (cache, _) = DiskCache::open(root.path(), settings.clone());
        let stats = cache.stats();
        assert!(stats.live_bytes > settings.max_disk_bytes / 20, "too little is kept: {stats:?}");
        assert!(stats.disk_bytes <= settings.max_disk_bytes, "{stats:?}");
        assert!(cache.get(&key(inserts - 1), noon()) == Some(answer(inserts - 1, padding)), "the newest is kept");
        assert_eq!(cache.get(&key(0), noon()), None, "the oldest went");
    }
}

#[test]
fn overwriting_a_few_keys_does_not_grow_the_files() {
    let root = tempfile::tempdir().unwrap();
    let settings = CacheSettings { max_disk_bytes: 1024 * 1024, ..CacheSettings::default() };
    let (cache, _) = DiskCache::open(root.path(), settings.clone());
    for number in 0..8_000 {
        cache.put(&key(number % 20), &answer(number, 100));
        if number % 50 == 0 {
            cache.flush();
            let bytes = bytes_below(root.path());
            assert!(bytes <= settings.max_disk_bytes, "{bytes} after {number}");
        }
    }
    assert_eq!(cache.stats().entries, 20);
    assert!((7_980..8_000).all(|number| cache.get(&key(number % 20), noon()) == Some(answer(number, 100))));
}

#[test]
fn entries_are_bounded_exactly_and_the_oldest_go_first() {
    let root = tempfile::tempdir().unwrap();
    let settings = CacheSettings { max_entries: 100, ..CacheSettings::default() };
    churn(root.path(), &settings, 1_000, 10);
    let (cache, _) = DiskCache::open(root.path(), settings);
    assert_eq!(cache.stats().entries, 100);
    assert!((0..900).all(|number| cache.get(&key(number), noon()).is_none()));
    assert!((900..1_000).all(|number| cache.get(&key(number), noon()) == Some(answer(number, 10))));
}

#[test]
fn a_smaller_bound_holds_from_the_next_start_on() {
    let root = tempfile::tempdir().unwrap();
    churn(root.path(), &CacheSettings::default(), 3_000, 500);
    let small = CacheSettings { max_entries: 50, max_disk_bytes: 1024 * 1024, ..CacheSettings::default() };
    let (cache, notice) = DiskCache::open(root.path(), small.clone());
    assert_eq!((notice, cache.stats().mode), (None, "disk"));
    assert!(cache.stats().entries <= 50);
    assert!(bytes_below(root.path()) <= small.max_disk_bytes);
}
