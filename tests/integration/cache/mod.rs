//! The answer cache on a real disk: what it keeps, what it refuses, and what it survives.

mod bounds;
mod damage;
mod keeping;
mod processes;

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use gptos::cache::{CacheSettings, DiskCache};
use gptos::domain::{Answerer, Origin};
use gptos::suggest::ports::{AnswerCache, CacheKey, CachedAnswer, KeptCandidate, RedactedText};

fn key(number: u64) -> CacheKey {
    CacheKey(*blake3::hash(&number.to_le_bytes()).as_bytes())
}

fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

/// The one right answer under `key(number)`, some `padding` bytes long.
fn answer(number: u64, padding: usize) -> CachedAnswer {
    let candidate = KeptCandidate {
        command: RedactedText::mask(&format!("echo {number} {}", "x".repeat(padding))),
        reading: number.is_multiple_of(2).then(|| RedactedText::mask(&format!("prints {number}"))),
        origin: if number.is_multiple_of(3) { Origin::Ran } else { Origin::Provider(Answerer::named(&format!("p{}", number % 7))) },
        confidence: 0.8,
    };
    CachedAnswer { candidate, created: noon() + Duration::from_millis(number) }
}

fn open(directory: &Path) -> DiskCache {
    let (cache, notice) = DiskCache::open(directory, CacheSettings::default());
    assert_eq!(notice, None);
    assert_eq!(cache.stats().mode, "disk");
    cache
}

/// How often a test repeats itself, when the environment does not say otherwise.
fn repetitions(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Bytes of all files below a directory, some of which may vanish meanwhile.
fn bytes_below(directory: &Path) -> u64 {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => bytes_below(&entry.path()),
            _ => entry.metadata().map_or(0, |facts| facts.len()),
        })
        .sum()
}

/// A small generator of numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }
}
