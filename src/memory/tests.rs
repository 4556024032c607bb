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
    let [brief, patient] =
        [false, true].map(|may_block| memory.recall(&key(number), may_block).into_iter().map(|line| line.command).collect::<Vec<_>>());
    assert_eq!(brief, patient);
    brief
}

/// Opens it after everything was written.
fn reopened(directory: &Path, memory: FileMemory) -> FileMemory {
    memory.flush(LONG_PATIENCE);
    FileMemory::open(directory).unwrap()
}

fn count(memory: &FileMemory) -> usize {
    memory.all().unwrap().len()
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
    other.flush(LONG_PATIENCE);
    let one = reopened(directory.path(), one);
    assert_eq!(count(&one), 100);
}

#[test]
fn a_torn_end_is_cut_off_and_damage_costs_one_record() {
    let directory = tempfile::tempdir().unwrap();
    let path = file_in(directory.path());
    let memory = FileMemory::open(directory.path()).unwrap();
    (1..=3).for_each(|number| say(&memory, number, "ls", true));
    memory.flush(LONG_PATIENCE);
    let whole = fs::read(&path).unwrap();
    for cut in 0..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let memory = FileMemory::open(directory.path()).unwrap();
        let before = count(&memory);
        say(&memory, 9, "after", true);
        let memory = reopened(directory.path(), memory);
        assert_eq!((count(&memory), commands(&memory, 9).len()), (before + 1, 1), "cut at {cut}");
        assert!(before >= (cut.saturating_sub(8)) / (whole.len() / 3 + 1), "cut at {cut}: {before}");
    }
    for at in (8..whole.len()).step_by(7) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        fs::write(&path, &damaged).unwrap();
        let memory = FileMemory::open(directory.path()).unwrap();
        assert_eq!(count(&memory), 2, "damaged at {at}");
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
    assert_eq!(count(&memory), 0);
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
    let mut file = File::new(directory.path());
    let mut most = 0;
    for number in [0, 0, 0].into_iter().chain(1..1_000) {
        file.append(&line(number)).unwrap();
        file.read().unwrap();
        most = most.max(fs::metadata(&path).unwrap().len());
    }
    assert!(most <= 8 * 1024 * 1024, "{most}");
    let memory = FileMemory::open(directory.path()).unwrap();
    let kept: Vec<String> = memory.all().unwrap().into_iter().map(|line| line.query).collect();
    assert!(kept.contains(&"q0".to_owned()) && kept.contains(&"q999".to_owned()) && !kept.contains(&"q1".to_owned()), "{}", kept.len());
}

#[test]
fn what_others_can_write_or_is_no_memory_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = file_in(directory.path());
    fs::write(&path, "something else").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let refused = || FileMemory::open(directory.path()).unwrap().all();
    assert!(matches!(refused(), Err(MemoryError::Foreign(_))));
    say(&FileMemory::open(directory.path()).unwrap(), 1, "ls", true);
    assert_eq!(fs::read(&path).unwrap(), b"something else", "it was not touched");
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    assert!(matches!(refused(), Err(MemoryError::Foreign(_))));
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", &path).unwrap();
    assert!(refused().is_err());
}

#[test]
fn who_may_block_reads_without_the_other_thread_and_sees_what_that_was_given_to_write() {
    let directory = tempfile::tempdir().unwrap();
    let (memory, other) = (FileMemory::open(directory.path()).unwrap(), FileMemory::open(directory.path()).unwrap());
    memory.flush(LONG_PATIENCE);
    let asked = *lock(&memory.shared.asked);
    let recall = |number| memory.recall(&key(number), true).len();
    say(&other, 1, "ls", true);
    other.flush(LONG_PATIENCE);
    assert_eq!((recall(1), recall(2)), (1, 0));
    assert_eq!(other.forget(None).unwrap(), 1);
    assert_eq!(recall(1), 0);
    assert_eq!(*lock(&memory.shared.asked), asked, "nobody was woken");
    for number in 10..60 {
        say(&memory, number, "du", true);
        assert_eq!(recall(number), 1, "{number}");
    }
}

#[test]
fn whoever_holds_the_file_delays_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let memory = FileMemory::open(directory.path()).unwrap();
    say(&memory, 1, "ls", true);
    memory.flush(LONG_PATIENCE);
    let file = fs::OpenOptions::new().append(true).open(file_in(directory.path())).unwrap();
    file.lock().unwrap();
    // What is to be written waits for the lock; what was read before is known all the same.
    say(&memory, 2, "du", true);
    assert_eq!((commands(&memory, 1).len(), commands(&memory, 2).len()), (1, 0));
    assert!(lock(&memory.shared.state).is_stuck, "nobody waits a second time");
    drop(file);
    memory.flush(LONG_PATIENCE);
    assert_eq!(commands(&memory, 2), ["du"]);
}
