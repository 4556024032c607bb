//! What is put is there, for its time and for its key alone.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::time::Duration;

use gptos::cache::{CacheSettings, DiskCache};
use gptos::suggest::ports::AnswerCache;

use super::{answer, key, noon, open};

/// The store as sled sees it, to tamper with. Its lock may outlive the last opener for a moment.
fn raw(directory: &Path) -> sled::Db {
    let config = sled::Config::new().path(directory.join("cache.v1")).segment_size(64 * 1024).flush_every_ms(None);
    for _ in 0..200 {
        match config.open() {
            Ok(db) => return db,
            Err(error) if error.to_string().contains("lock") => std::thread::sleep(Duration::from_millis(10)),
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the store stays locked")
}

#[test]
fn answers_come_back_now_and_after_reopening() {
    let root = tempfile::tempdir().unwrap();
    let cache = open(root.path());
    for number in 0..500 {
        cache.put(&key(number), &answer(number, 20));
    }
    assert_eq!(cache.get(&key(7), noon()), Some(answer(7, 20)));
    assert_eq!(cache.get(&key(500), noon()), None);
    assert_eq!((cache.stats().hits, cache.stats().misses), (1, 1));
    drop(cache);

    let cache = open(root.path());
    assert_eq!(cache.stats().entries, 500);
    assert!(cache.stats().live_bytes > 500 * 32 && cache.stats().disk_bytes > cache.stats().live_bytes);
    for number in 0..500 {
        assert_eq!(cache.get(&key(number), noon()), Some(answer(number, 20)), "{number}");
    }
    assert_eq!(cache.stats().damaged, 0);
}

#[test]
fn answers_that_do_not_fit_the_memory_come_from_the_disk() {
    let root = tempfile::tempdir().unwrap();
    let settings = CacheSettings { max_disk_bytes: 256 * 1024 * 1024, ..CacheSettings::default() };
    let (cache, _) = DiskCache::open(root.path(), settings.clone());
    for number in 0..1500 {
        cache.put(&key(number), &answer(number, 10_000));
        if number % 100 == 0 {
            cache.flush();
        }
    }
    drop(cache);
    let (cache, _) = DiskCache::open(root.path(), settings);
    for number in 0..1500 {
        // A disk that is busy for longer than a question waits gives nothing.
        let found = (0..20).any(|_| cache.get(&key(number), noon()) == Some(answer(number, 10_000)));
        assert!(found, "{number}");
    }
}

#[test]
fn the_last_put_wins_and_remove_removes() {
    let root = tempfile::tempdir().unwrap();
    let cache = open(root.path());
    cache.put(&key(1), &answer(1, 0));
    cache.put(&key(1), &answer(2, 0));
    cache.put(&key(3), &answer(3, 0));
    cache.remove(&key(3));
    for cache in [cache, open_after(root.path())] {
        assert_eq!(cache.get(&key(1), noon()), Some(answer(2, 0)));
        assert_eq!(cache.get(&key(3), noon()), None);
    }

    fn open_after(directory: &Path) -> DiskCache {
        // The first is still open when the array is built, so the second looks at a copy.
        let copy = directory.join("copy");
        std::thread::sleep(Duration::from_millis(400));
        super::copy_tree(&directory.join("cache.v1"), &copy.join("cache.v1"));
        fs::copy(directory.join("cache.key"), copy.join("cache.key")).unwrap();
        open(&copy)
    }
}

#[test]
fn clear_leaves_nothing() {
    let root = tempfile::tempdir().unwrap();
    let cache = open(root.path());
    for number in 0..50 {
        cache.put(&key(number), &answer(number, 20));
    }
    cache.clear().unwrap();
    cache.put(&key(100), &answer(100, 0));
    assert!((0..50).all(|number| cache.get(&key(number), noon()).is_none()));
    drop(cache);
    let cache = open(root.path());
    assert_eq!(cache.stats().entries, 1);
    assert_eq!(cache.get(&key(100), noon()), Some(answer(100, 0)));
}

#[test]
fn answers_live_for_their_time_and_the_stale_period() {
    let root = tempfile::tempdir().unwrap();
    let settings = CacheSettings { ttl: Duration::from_secs(100), stale: Duration::from_secs(50), ..CacheSettings::default() };
    for (seconds, is_there) in [(0, true), (99, true), (149, true), (151, false), (0, false)] {
        let (cache, _) = DiskCache::open(root.path(), settings.clone());
        if seconds == 0 && is_there {
            cache.put(&key(0), &answer(0, 0));
        }
        let found = cache.get(&key(0), noon() + Duration::from_secs(seconds));
        assert_eq!(found.is_some(), is_there, "after {seconds} s");
        assert!(found.is_none_or(|found| settings.is_fresh(found.created, noon() + Duration::from_secs(seconds)) == (seconds < 100)));
    }
}

#[test]
fn an_answer_from_the_future_is_new() {
    let root = tempfile::tempdir().unwrap();
    let cache = open(root.path());
    cache.put(&key(1), &answer(1, 0));
    assert_eq!(cache.get(&key(1), noon() - Duration::from_secs(1_000_000_000)), Some(answer(1, 0)));
}

#[test]
fn an_oversize_answer_is_not_kept() {
    let root = tempfile::tempdir().unwrap();
    let cache = open(root.path());
    cache.put(&key(1), &answer(1, 100_000));
    assert_eq!(cache.get(&key(1), noon()), None);
    assert_eq!(cache.stats().entries, 0);
}

#[test]
fn rows_that_changed_places_are_misses() {
    let root = tempfile::tempdir().unwrap();
    let cache = open(root.path());
    for number in [1, 2, 3] {
        cache.put(&key(number), &answer(number, 0));
    }
    drop(cache);
    let db = raw(root.path());
    let (one, two) = (db.get(key(1).0).unwrap().unwrap(), db.get(key(2).0).unwrap().unwrap());
    db.insert(key(1).0, two).unwrap();
    db.insert(key(2).0, one.clone()).unwrap();
    db.insert(key(4).0, one).unwrap();
    db.insert("a key of another length", "value").unwrap();
    drop(db);

    let cache = open(root.path());
    assert_eq!([1, 2, 4].map(|number| cache.get(&key(number), noon())), [None, None, None]);
    assert_eq!(cache.get(&key(3), noon()), Some(answer(3, 0)));
    assert_eq!((cache.stats().damaged, cache.stats().entries), (4, 1));
    drop(cache);
    assert_eq!(open(root.path()).stats().damaged, 0, "the wrong rows were removed");
}

#[test]
fn a_changed_byte_makes_a_row_a_miss() {
    let root = tempfile::tempdir().unwrap();
    let cache = open(root.path());
    cache.put(&key(1), &answer(1, 0));
    drop(cache);
    let row = raw(root.path()).get(key(1).0).unwrap().unwrap();
    for at in (0..row.len()).step_by(5) {
        let mut changed = row.to_vec();
        changed[at] ^= 0x20;
        let db = raw(root.path());
        db.insert(key(1).0, changed).unwrap();
        drop(db);
        let cache = open(root.path());
        assert_eq!(cache.get(&key(1), noon()), None, "byte {at}");
        assert_eq!(cache.stats().damaged, 1, "byte {at}");
    }
}

#[test]
fn everything_is_private() {
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("deep/cache");
    let cache = open(&directory);
    cache.put(&key(1), &answer(1, 0));
    drop(cache);
    drop(open(&directory));
    let mut open_paths = vec![directory];
    let mut files = 0;
    while let Some(path) = open_paths.pop() {
        let facts = fs::symlink_metadata(&path).unwrap();
        assert_eq!(facts.mode() & 0o7777, if facts.is_dir() { 0o700 } else { 0o600 }, "{}", path.display());
        if facts.is_dir() {
            open_paths.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            files += 1;
        }
    }
    assert!(files >= 4, "store, its settings, key and lock");
}

#[test]
fn an_exposed_secret_is_replaced_and_the_answers_are_forgotten() {
    let root = tempfile::tempdir().unwrap();
    let cache = open(root.path());
    cache.put(&key(1), &answer(1, 0));
    drop(cache);
    let secret = root.path().join("cache.key");
    let before = fs::read(&secret).unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).unwrap();
    let cache = open(root.path());
    assert_eq!(cache.get(&key(1), noon()), None);
    assert_eq!(cache.stats().entries, 0);
    assert_ne!(fs::read(&secret).unwrap(), before);
    assert_eq!(fs::metadata(&secret).unwrap().mode() & 0o7777, 0o600);
}

#[test]
fn a_planted_link_is_neither_followed_nor_written() {
    let root = tempfile::tempdir().unwrap();
    let victim = root.path().join("victim");
    fs::create_dir(&victim).unwrap();
    let directory = root.path().join("cache");
    drop(open(&directory));
    fs::remove_dir_all(directory.join("cache.v1")).unwrap();
    symlink(&victim, directory.join("cache.v1")).unwrap();
    let (cache, notice) = DiskCache::open(&directory, CacheSettings::default());
    assert!(notice.unwrap().contains("set aside"));
    cache.put(&key(1), &answer(1, 0));
    assert_eq!(cache.get(&key(1), noon()), Some(answer(1, 0)));
    drop(cache);
    assert_eq!(fs::read_dir(&victim).unwrap().count(), 0);
    assert!(fs::symlink_metadata(directory.join("cache.v1")).unwrap().is_dir());
}
