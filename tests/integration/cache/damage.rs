//! Whatever happens to the files: the right answer or none, no crash, no hang.

use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use gptos::cache::{CacheSettings, DiskCache};
use gptos::suggest::ports::{AnswerCache, CacheStats, CachedAnswer};

use super::{Random, answer, copy_tree, key, noon, open, repetitions};

const ROWS: u64 = 400;

/// Longest time a round with a damaged store may take before it counts as a hang.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs a part of a test in time.
fn in_time<T: Send + 'static>(what: &str, part: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = mpsc::channel();
    let thread = thread::spawn(move || drop(done.send(part())));
    match result.recv_timeout(PATIENCE) {
        Ok(value) => value,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("{what}: hangs"),
        Err(mpsc::RecvTimeoutError::Disconnected) => std::panic::resume_unwind(thread.join().unwrap_err()),
    }
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

/// Damages one file in one of many ways and says how.
fn mutate(file: &Path, random: &mut Random) -> String {
    let mut bytes = fs::read(file).unwrap();
    let length = bytes.len() as u64;
    let at = random.below(length) as usize;
    let range = at..(at + random.below(8192) as usize + 1).min(bytes.len()).max(at);
    let how = match random.below(7) {
        0 | 1 => {
            let flips = random.below(8) + 1;
            for _ in 0..flips.min(length) {
                bytes[random.below(length) as usize] ^= 1 << random.below(8);
            }
            format!("{flips} flipped bits")
        }
        2 => {
            bytes.truncate(at);
            format!("cut to {at}")
        }
        3 => {
            bytes[range.clone()].fill(0);
            format!("zeroed {range:?}")
        }
        4 => {
            bytes[range.clone()].fill_with(|| random.next() as u8);
            format!("random bytes in {range:?}")
        }
        5 => {
            let moved = bytes[range.clone()].to_vec();
            let to = random.below(length - moved.len() as u64) as usize;
            bytes[to..to + moved.len()].copy_from_slice(&moved);
            format!("{range:?} copied to {to}")
        }
        _ => {
            bytes.extend((0..random.below(70_000)).map(|number| number as u8));
            format!("grown to {}", bytes.len())
        }
    };
    fs::write(file, bytes).unwrap();
    format!("{}: {how}", file.file_name().unwrap().to_string_lossy())
}

/// Asks for everything, writes something, and gives how many answers were still there.
fn use_fully(directory: &Path) -> (u64, CacheStats) {
    let (cache, _) = DiskCache::open(directory, CacheSettings::default());
    let mut found = 0;
    for number in 0..ROWS {
        if let Some(got) = cache.get(&key(number), noon()) {
            assert_eq!(got, answer(number, 40));
            found += 1;
        }
    }
    for number in ROWS..ROWS + 20 {
        cache.put(&key(number), &answer(number, 40));
        assert_eq!(cache.get(&key(number), noon()), Some(answer(number, 40)));
    }
    cache.flush();
    (found, cache.stats())
}

#[test]
fn a_mutated_file_gives_right_answers_or_none() {
    let pristine = tempfile::tempdir().unwrap();
    let cache = open(pristine.path());
    for number in 0..ROWS {
        cache.put(&key(number), &answer(number, 40));
    }
    drop(cache);
    assert_eq!(use_fully(pristine.path()).0, ROWS, "without damage everything is there");

    let mut random = Random(20_260_101);
    let (mut all_found, mut none_found, mut in_memory) = (0, 0, 0);
    for round in 0..repetitions("GPTOS_TEST_MUTATIONS", 40) {
        let root = tempfile::tempdir().unwrap();
        copy_tree(pristine.path(), root.path());
        let files = files_below(root.path());
        // Most of what can be damaged is in the store's one large file.
        let store = root.path().join("cache.v1/db");
        let file = if random.below(4) > 0 { &store } else { &files[random.below(files.len() as u64) as usize] };
        let how = mutate(file, &mut random);
        let directory = root.path().to_owned();
        let (found, stats) = in_time(&format!("round {round}, {how}"), move || use_fully(&directory));
        all_found += u64::from(found == ROWS);
        none_found += u64::from(found == 0);
        in_memory += u64::from(stats.mode == "memory");
        let aside =
            fs::read_dir(root.path()).unwrap().filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains(".bad-"));
        assert!(aside.count() <= 1, "round {round}, {how}");

        // The next start finds a sound store with what was written after the damage.
        let directory = root.path().to_owned();
        let (next, after) = in_time(&format!("round {round}, {how}, second start"), move || use_fully(&directory));
        assert!(next <= ROWS && (stats.mode == "memory" || after.mode == "disk"), "round {round}, {how}: {after:?}");
    }
    assert!(none_found > 0, "no mutation did any harm: {all_found} harmless");
    assert_eq!(in_memory, 0, "a damaged store was not replaced");
}

#[test]
fn every_kind_of_wreck_is_replaced() {
    type Wreck = fn(&Path);
    let wrecks: [(&str, Wreck); 6] = [
        ("empty store file", |store| fs::write(store.join("db"), "").unwrap()),
        ("text as store file", |store| fs::write(store.join("db"), "hello ".repeat(50_000)).unwrap()),
        ("wrong settings", |store| fs::write(store.join("conf"), "segment_size: 12\nuse_compression: true\nversion: 9.9\n1234").unwrap()),
        ("a file instead of the directory", |store| {
            fs::remove_dir_all(store).unwrap();
            fs::write(store, "not a directory").unwrap();
        }),
        ("a directory instead of the file", |store| {
            fs::remove_file(store.join("db")).unwrap();
            fs::create_dir(store.join("db")).unwrap();
        }),
        ("a link instead of the file", |store| {
            fs::rename(store.join("db"), store.join("elsewhere")).unwrap();
            std::os::unix::fs::symlink("elsewhere", store.join("db")).unwrap();
        }),
    ];
    for (name, wreck) in wrecks {
        let root = tempfile::tempdir().unwrap();
        let cache = open(root.path());
        cache.put(&key(1), &answer(1, 40));
        drop(cache);
        wreck(&root.path().join("cache.v1"));
        let directory = root.path().to_owned();
        let (_, stats) = in_time(name, move || use_fully(&directory));
        assert_eq!(stats.mode, "disk", "{name}: {stats:?}");
        drop(open(root.path()));
    }
}

#[test]
fn damage_while_it_is_open_gives_right_answers_or_none() {
    // More than the memory front holds, so that the store is really asked.
    let settings = CacheSettings { max_disk_bytes: 256 * 1024 * 1024, ..CacheSettings::default() };
    let rows = 1_200;
    // Redacting long texts is what takes time here, so each is made once.
    let answers: Arc<Vec<CachedAnswer>> = Arc::new((0..rows).map(|number| answer(number, 10_000)).collect());
    for round in 0..3 {
        let root = tempfile::tempdir().unwrap();
        let (cache, notice) = DiskCache::open(root.path(), settings.clone());
        assert_eq!(notice, None);
        for number in 0..rows {
            cache.put(&key(number), &answers[number as usize]);
            if number % 100 == 0 {
                cache.flush();
            }
        }
        cache.flush();
        let mut file = OpenOptions::new().write(true).open(root.path().join("cache.v1/db")).unwrap();
        let length = file.metadata().unwrap().len();
        match round {
            0 => file.set_len(length / 2).unwrap(),
            1 => file.write_all(&vec![0; length as usize]).unwrap(),
            _ => {
                let mut random = Random(round);
                for _ in 0..2_000 {
                    file.seek(SeekFrom::Start(random.below(length))).unwrap();
                    file.write_all(&[random.next() as u8]).unwrap();
                }
            }
        }
        let known = Arc::clone(&answers);
        in_time(&format!("round {round}"), move || {
            for number in 0..rows {
                let got = cache.get(&key(number), noon());
                assert!(got.is_none() || got.as_ref() == Some(&known[number as usize]), "{number}");
            }
            for number in rows..rows + 50 {
                cache.put(&key(number), &answer(number, 0));
                assert_eq!(cache.get(&key(number), noon()), Some(answer(number, 0)));
            }
            cache.flush();
            drop(cache);
        });
        let (cache, _) = DiskCache::open(root.path(), settings.clone());
        assert_eq!(cache.stats().mode, "disk", "round {round}");
        for number in 0..rows + 50 {
            let got = cache.get(&key(number), noon());
            let right = answers.get(number as usize).cloned().unwrap_or_else(|| answer(number, 0));
            assert!(got.is_none() || got == Some(right), "round {round}: {number}");
        }
    }
}

#[test]
fn a_store_removed_while_it_is_open_is_started_anew() {
    let root = tempfile::tempdir().unwrap();
    let cache = open(root.path());
    cache.put(&key(1), &answer(1, 0));
    cache.flush();
    fs::remove_dir_all(root.path().join("cache.v1")).unwrap();
    cache.put(&key(2), &answer(2, 0));
    // The loss shows when the disk is asked to keep what was written, within about a second.
    thread::sleep(Duration::from_millis(500));
    cache.put(&key(3), &answer(3, 0));
    drop(cache);
    let cache = open(root.path());
    assert!((1..=3).all(|number| cache.get(&key(number), noon()) == Some(answer(number, 0))));
}
