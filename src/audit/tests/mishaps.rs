//! What a trail survives: keys and files that are gone, foreign or damaged, and a seal that could not be begun.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::audit::folder::Folder;
use crate::audit::log::{Log, Text};
use crate::audit::seal::Sealer;
use crate::audit::*;

const NOW: u64 = 1_800_000_000_000;
const DAY: u64 = 24 * 60 * 60 * 1000;

/// One entry a day, and so one segment.
fn write(log: &mut Log, days: std::ops::Range<u64>) {
    for day in days {
        let at_ms = NOW + day * DAY;
        let step = Step::Asked { query: format!("question {day}"), shell: "zsh".to_owned(), mode: "normal".to_owned() };
        log.append(&[Text::Entry(Entry { id: format!("{day:016x}"), at_ms, step })], at_ms, false).unwrap();
    }
}

fn days(state: &Path) -> Vec<u64> {
    entries(state).unwrap().iter().map(|entry| (entry.at_ms - NOW) / DAY).collect()
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_seal_that_cannot_be_begun_leaves_nothing_and_can_be_begun_later() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path();
    write(&mut Log::new(state), 0..2);
    let (seal, aside, key) = (state.join("audit.seal"), state.join("audit.seal.new"), state.join("audit.key"));
    // The file cannot be made.
    fs::create_dir(&aside).unwrap();
    assert!(Log::new(state).init_seal(NOW + 3 * DAY).is_err());
    assert!(!seal.exists());
    fs::remove_dir(&aside).unwrap();
    // It can, but the first seal cannot be written.
    set_mode(&key, 0o644);
    let mut log = Log::new(state);
    assert!(log.init_seal(NOW + 3 * DAY).is_err());
    assert!(!seal.exists() && !aside.exists());
    set_mode(&key, 0o600);
    // What a writer has left that ended on the way is in nobody's way.
    fs::write(&aside, b"gptoss1").unwrap();
    let shown = log.init_seal(NOW + 3 * DAY).unwrap();
    assert!(!aside.exists());
    assert_eq!(verify(state, Some(&shown)).unwrap().status(), 0);
}

#[test]
fn the_key_of_a_seal_that_stands_in_the_trail_is_shown() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path();
    let mut log = Log::new(state);
    let key = log.init_seal(NOW).unwrap();
    // The state is that of before the first seal, as when it could not be stored.
    Sealer::first(&key, NOW).store(state).unwrap();
    let shown = log.begun(key.clone(), Err(AuditError::Busy)).unwrap();
    assert!(shown == key && state.join("audit.seal").exists());
    write(&mut log, 1..3);
    let report = verify(state, Some(&shown)).unwrap();
    assert_eq!((report.status(), report.seals), (0, 2), "{report:?}");
}

#[test]
fn a_key_that_is_lost_is_made_anew_by_who_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path();
    let mut log = Log::new(state);
    write(&mut log, 0..2);
    fs::remove_file(state.join("audit.key")).unwrap();
    write(&mut log, 2..4);
    assert_eq!(days(state), [2, 3], "what was written since can be read");
}

#[test]
fn a_segment_that_is_not_private_ends_no_limit_and_no_record() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path();
    let mut log = Log::new(state);
    write(&mut log, 0..10);
    let folder = Folder::new(state);
    set_mode(&folder.segment(1), 0o644);
    fs::hard_link(folder.segment(4), state.join("backup")).unwrap();
    write(&mut log, 10..110);
    assert_eq!(log.records, 110 + 18, "every entry once, and a word for every drop");
    assert_eq!(days(state)[0], 19);
    assert_eq!(verify(state, None).unwrap().status(), 0);
}

#[test]
fn a_segment_that_cannot_be_dropped_keeps_no_other_and_no_record_from_its_way() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path();
    let mut log = Log::new(state);
    write(&mut log, 0..3);
    let folder = Folder::new(state);
    // A directory with the name of a segment is not removed as one.
    fs::rename(folder.segment(1), state.join("elsewhere")).unwrap();
    fs::create_dir(folder.segment(1)).unwrap();
    write(&mut log, 3..110);
    let ordinals = folder.ordinals().unwrap();
    assert_eq!((ordinals[0], ordinals[1]), (1, 20), "{ordinals:?}");
    assert!(log.prune(NOW + 110 * DAY, 90 * DAY).is_err(), "who asks is told");
    fs::remove_dir(folder.segment(1)).unwrap();
    assert_eq!(days(state).len(), 90);
    assert_eq!(verify(state, None).unwrap().status(), 0);
}

#[test]
fn what_cannot_be_found_is_not_said_to_be_forgotten() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path();
    let mut log = Log::new(state);
    write(&mut log, 0..6);
    let path = Folder::new(state).segment(3);
    let whole = fs::read(&path).unwrap();
    let mut changed = whole.clone();
    let length = changed.len();
    changed[length - 1] ^= 1;
    fs::write(&path, &changed).unwrap();
    // What is damaged is older than the time that is to be forgotten.
    assert_eq!(log.forget(NOW + 4 * DAY + 1, NOW + 6 * DAY).unwrap(), 1);
    let error = log.forget(0, NOW + 6 * DAY).unwrap_err();
    assert!(matches!(&error, AuditError::Unread { forgotten: 4, segment, count: 1 } if segment == "00000003.seg"), "{error}");
    assert!(days(state).is_empty());
    fs::write(&path, &whole).unwrap();
    assert_eq!(days(state), [2], "it kept its key indeed");
    set_mode(&path, 0o644);
    assert!(matches!(log.forget(0, NOW + 6 * DAY), Err(AuditError::Unread { forgotten: 0, .. })));
    set_mode(&path, 0o600);
    assert_eq!(log.forget(0, NOW + 6 * DAY).unwrap(), 1);
    assert_eq!(verify(state, None).unwrap().status(), 0);
}
