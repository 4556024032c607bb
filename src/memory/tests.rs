use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime};

use super::*;
use crate::suggest::ports::RedactedText;

fn key(number: u8) -> CacheKey {
    CacheKey([number; 32])
}

fn say(memory: &dyn Memory, number: u8, command: &str, worked: bool) {
    let (query, command) = (RedactedText::mask(&format!("question {number}")), RedactedText::mask(command));
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    memory.record(&RanLine { key: &key(number), shape: Some("s"), shell: ShellKind::Zsh, query: &query, command: &command, worked, at });
}

fn commands(memory: &dyn Memory, number: u8) -> Vec<String> {
    memory.recall(&key(number)).into_iter().map(|line| line.command).collect()
}

/// Opens it after everything was written.
fn reopened(directory: &Path, memory: FileMemory) -> FileMemory {
    drop(memory);
    FileMemory::open(directory).unwrap()
}

#[test]
fn what_is_remembered_outlives_the_process_and_is_private() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("state");
    let memory = FileMemory::open(&place).unwrap();
    say(&memory, 1, "ls", true);
    say(&memory, 2, "du", true);
    let memory = reopened(&place, memory);
    assert_eq!((commands(&memory, 1), commands(&memory, 2)), (vec!["ls".to_owned()], vec!["du".to_owned()]));
    assert_eq!(memory.alike("s", ShellKind::Zsh).len(), 2);
    assert_eq!(memory.alike("s", ShellKind::Fish).len(), 0);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&place), mode(&file_in(&place))), (0o700, 0o600));
}

#[test]
fn two_that_write_see_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let (one, other) = (FileMemory::open(directory.path()).unwrap(), FileMemory::open(directory.path()).unwrap());
    std::thread::scope(|scope| {
        for (memory, base) in [(&one, 0), (&other, 100)] {
            scope.spawn(move || (0..50).for_each(|number| say(memory, base + number, "ls", true)));
        }
    });
    drop(other);
    let one = reopened(directory.path(), one);
    assert_eq!(one.all().len(), 100);
}

#[test]
fn a_torn_end_is_cut_off_and_damage_costs_one_record() {
    let directory = tempfile::tempdir().unwrap();
    let path = file_in(directory.path());
    let memory = FileMemory::open(directory.path()).unwrap();
    (1..=3).for_each(|number| say(&memory, number, "ls", true));
    drop(memory);
    let whole = fs::read(&path).unwrap();
    for cut in 0..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let memory = FileMemory::open(directory.path()).unwrap();
        let before = memory.all().len();
        say(&memory, 9, "after", true);
        let memory = reopened(directory.path(), memory);
        assert_eq!((memory.all().len(), commands(&memory, 9).len()), (before + 1, 1), "cut at {cut}");
        assert!(before >= (cut.saturating_sub(8)) / (whole.len() / 3 + 1), "cut at {cut}: {before}");
    }
    for at in (8..whole.len()).step_by(7) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        fs::write(&path, &damaged).unwrap();
        let memory = FileMemory::open(directory.path()).unwrap();
        assert_eq!(memory.all().len(), 2, "damaged at {at}");
    }
}

#[test]
fn forgotten_words_are_gone_from_the_file_and_from_whoever_has_read_it() {
    let directory = tempfile::tempdir().unwrap();
    let memory = FileMemory::open(directory.path()).unwrap();
    say(&memory, 1, "cat diary", true);
    say(&memory, 2, "ls", true);
    let memory = reopened(directory.path(), memory);
    let other = FileMemory::open(directory.path()).unwrap();
    assert_eq!(other.forget(Some("question 1")).unwrap(), 1);
    assert_eq!((commands(&memory, 1).len(), commands(&memory, 2).len()), (0, 1));
    let bytes = fs::read(file_in(directory.path())).unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains("diary"));
    assert_eq!(other.forget(None).unwrap(), 1);
    assert_eq!(memory.all().len(), 0);
}

#[test]
fn a_file_that_has_grown_is_rewritten_and_keeps_what_was_used_most() {
    let directory = tempfile::tempdir().unwrap();
    let path = file_in(directory.path());
    drop(FileMemory::open(directory.path()).unwrap());
    let long = "x".repeat(9_000);
    let line = |number: u16| {
        let mut wide = [0; 32];
        wide[..2].copy_from_slice(&number.to_le_bytes());
        let (query, command) = (RedactedText::mask(&format!("q{number}")), RedactedText::mask(&long));
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from(number));
        ran(&RanLine { key: &CacheKey(wide), shape: None, shell: ShellKind::Zsh, query: &query, command: &command, worked: true, at })
    };
    let mut length = 0;
    (0..3).for_each(|_| length = File::append(&path, &line(0)).unwrap());
    let mut most = 0;
    for number in 1..1_000 {
        length = File::append(&path, &line(number)).unwrap();
        most = most.max(length);
        File::shrink(&path, length).unwrap();
    }
    assert!(most <= 8 * 1024 * 1024 + 10_000 && fs::metadata(&path).unwrap().len() <= 8 * 1024 * 1024, "{length}");
    let memory = FileMemory::open(directory.path()).unwrap();
    let kept: Vec<String> = memory.all().into_iter().map(|line| line.query).collect();
    assert!(kept.contains(&"q0".to_owned()) && kept.contains(&"q999".to_owned()) && !kept.contains(&"q1".to_owned()), "{}", kept.len());
}

#[test]
fn what_others_can_write_or_is_no_memory_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = file_in(directory.path());
    fs::write(&path, "something else").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(matches!(FileMemory::open(directory.path()), Err(MemoryError::Foreign(_))));
    assert_eq!(fs::read(&path).unwrap(), b"something else", "it was not touched");
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    assert!(matches!(FileMemory::open(directory.path()), Err(MemoryError::Foreign(_))));
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", &path).unwrap();
    assert!(FileMemory::open(directory.path()).is_err());
}
