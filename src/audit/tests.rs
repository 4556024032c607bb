mod changes;
mod ends;
mod keeping;
mod mishaps;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::anchor::{self, Anchor, Noted};
use super::folder::Folder;
use super::frame::{self, Kind, SEGMENT_HEAD, SegmentHead};
use super::log::{Limits, Log, Note, Text};
use super::seal::{EPOCH, Sealer};
use super::vault::{self, EMPTY, Vault};
use super::walk;
use super::*;

const NOW: u64 = 1_800_000_000_000;
const DAY: u64 = 24 * 60 * 60 * 1000;
const SMALL: Limits = Limits { segment: 1200, total: 1_000_000, age: 90 * DAY };

fn asked(number: u64, at_ms: u64) -> Text {
    let step = Step::Asked { query: format!("question {number}"), shell: "zsh".to_owned(), mode: "normal".to_owned() };
    Text::Entry(Entry { id: format!("{number:016x}"), at_ms, step })
}

fn write(log: &mut Log, numbers: std::ops::Range<u64>) {
    for number in numbers {
        log.append(&[asked(number, NOW + number)], NOW + number, false).unwrap();
    }
}

/// A trail of several segments, sealed or not, with entries behind the last seal, of which the last two are left to the system to write.
fn trail(state: &Path, is_sealed: bool) -> Option<VerifyKey> {
    let mut log = Log::with_limits(state, SMALL);
    let key = is_sealed.then(|| log.init_seal(NOW).unwrap());
    write(&mut log, 0..12);
    for round in 1..6 {
        let later = NOW + round * (EPOCH + 1);
        log.append(&[asked(20 + round, later), asked(30 + round, later)], later, true).unwrap();
    }
    let last = NOW + 5 * (EPOCH + 1) + 1;
    log.append(&[asked(40, last), asked(41, last)], last, false).unwrap();
    key
}

fn status(report: &Report) -> u8 {
    report.status()
}

/// The records of a segment as ranges of its bytes.
fn records(bytes: &[u8]) -> Vec<(Kind, std::ops::Range<usize>)> {
    let mut found = Vec::new();
    let see = |place: u64, record: &frame::Record<'_>| found.push((record.kind, place as usize..place as usize + record.length));
    walk::whole(bytes, see).unwrap();
    found
}

/// The numbers of its records.
fn numbers(bytes: &[u8]) -> std::ops::Range<u64> {
    let (head, reached, _) = walk::whole(bytes, |_, _| {}).unwrap();
    head.first..reached.next
}

/// What is noted of the end.
fn noted(state: &Path) -> Noted {
    let vault = Vault::load(&vault::file_in(state)).unwrap();
    Noted::load(state, vault.as_ref()).unwrap()
}

fn segments(state: &Path) -> Vec<(u64, Vec<u8>)> {
    let folder = Folder::new(state);
    folder.ordinals().unwrap().into_iter().map(|ordinal| (ordinal, folder.read(ordinal, 0).unwrap())).collect()
}

fn put(state: &Path, ordinal: u64, bytes: &[u8]) {
    fs::write(Folder::new(state).segment(ordinal), bytes).unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to.join("audit")).unwrap();
    fs::set_permissions(to.join("audit"), fs::Permissions::from_mode(0o700)).unwrap();
    for folder in ["", "audit"] {
        for entry in fs::read_dir(from.join(folder)).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
            fs::copy(entry.path(), to.join(folder).join(entry.file_name())).unwrap();
        }
    }
}

#[test]
fn what_is_written_is_whole_private_and_unreadable() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path().join("state");
    let mut log = Log::with_limits(&state, SMALL);
    write(&mut log, 0..40);
    let report = verify(&state, None).unwrap();
    assert_eq!((report.status(), report.records, report.entries, report.first), (0, 40, 40, 0), "{report:?}");
    assert!(report.segments > 3, "{report:?}");
    let mode = |path: &Path| fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&state.join("audit")), mode(&state.join("audit.key"))), (0o700, 0o600));
    for (ordinal, bytes) in segments(&state) {
        assert_eq!(mode(&Folder::new(&state).segment(ordinal)), 0o600);
        assert!(!bytes.windows(8).any(|window| window == b"question"));
    }
    assert_eq!(fs::read_dir(state.join("audit")).unwrap().count(), report.segments, "nothing else lies there");
    let read: Vec<u64> = entries(&state).unwrap().iter().map(|entry| entry.at_ms - NOW).collect();
    assert_eq!(read, (0..40).collect::<Vec<_>>());
}

#[test]
fn two_writers_take_up_what_the_other_has_appended() {
    let directory = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for base in [0, 1000] {
            let state = directory.path();
            scope.spawn(move || write(&mut Log::with_limits(state, SMALL), base..base + 50));
        }
    });
    let report = verify(directory.path(), None).unwrap();
    assert_eq!((report.status(), report.entries, report.mended), (0, 100, 0), "{report:?}");
}

#[test]
fn every_cut_at_the_end_is_torn_or_whole_and_the_next_writer_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let whole = directory.path().join("whole");
    let mut log = Log::new(&whole);
    write(&mut log, 0..3);
    let (ordinal, bytes) = segments(&whole).pop().unwrap();
    let ends: Vec<usize> = records(&bytes).iter().map(|(_, range)| range.end).chain([SEGMENT_HEAD]).collect();
    for cut in 0..=bytes.len() {
        let state = directory.path().join("cut");
        copy(&whole, &state);
        put(&state, ordinal, &bytes[..cut]);
        let report = verify(&state, None).unwrap();
        let is_whole = ends.contains(&cut);
        assert_eq!(report.status(), u8::from(!is_whole), "cut at {cut}: {report:?}");
        let before = report.entries;
        let mut log = Log::new(&state);
        write(&mut log, 5..7);
        let report = verify(&state, None).unwrap();
        assert_eq!((report.status(), report.entries), (0, before + 2), "cut at {cut}: {report:?}");
        assert_eq!(log.torn, u64::from(!is_whole), "cut at {cut}");
        assert_eq!(report.mended, u64::from(!is_whole && cut > SEGMENT_HEAD), "cut at {cut}");
        fs::remove_dir_all(&state).unwrap();
    }
    // A file system may lengthen a file before it writes to it.
    put(&whole, ordinal, &[&bytes[..], &[0; 300]].concat());
    assert_eq!(verify(&whole, None).unwrap().status(), 1);
}

#[test]
fn a_seal_needs_its_key_and_follows_the_one_before() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path();
    let key = trail(state, true).unwrap();
    assert!(VerifyKey::parse(&key.written()).unwrap() == key);
    assert!(VerifyKey::parse("abc").is_none() && VerifyKey::parse(&key.written().replace('-', "x")).is_none());
    let report = verify(state, Some(&key)).unwrap();
    assert_eq!((report.status(), report.unsealed, report.is_sealed, report.is_checked), (0, 4, true, true), "{report:?}");
    let other = VerifyKey::new().unwrap();
    assert_eq!(verify(state, Some(&other)).unwrap().problems.last().map(|problem| problem.damage), Some(Damage::Seal));
    // The first key is nowhere on the disk any more.
    let kept = fs::read(state.join("audit.seal")).unwrap();
    let raw: Vec<u8> = key
        .written()
        .replace('-', "")
        .as_bytes()
        .chunks(2)
        .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
        .collect();
    assert!(!kept.windows(32).any(|window| window == raw));
    // Without the state nobody can go on sealing, and that is seen.
    fs::remove_file(state.join("audit.seal")).unwrap();
    assert_eq!(verify(state, Some(&key)).unwrap().status(), 3);
    assert_eq!(verify(state, None).unwrap().status(), 3);
    assert!(Log::new(state).init_seal(NOW).is_ok(), "a new seal may be begun");
}

#[test]
fn a_crash_between_a_seal_and_its_next_key_is_made_up_for() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path();
    let key = trail(state, true).unwrap();
    let before = fs::read(state.join("audit.seal")).unwrap();
    let later = NOW + 100 * EPOCH;
    Log::with_limits(state, SMALL).append(&[asked(90, later)], later, false).unwrap();
    assert_ne!(fs::read(state.join("audit.seal")).unwrap(), before);
    fs::write(state.join("audit.seal"), &before).unwrap();
    assert_eq!(verify(state, Some(&key)).unwrap().status(), 0, "the key is that of the last seal");
    let mut log = Log::with_limits(state, SMALL);
    log.append(&[asked(91, later + 1)], later + 1, false).unwrap();
    log.append(&[asked(92, later + 2 * EPOCH)], later + 2 * EPOCH, false).unwrap();
    let report = verify(state, Some(&key)).unwrap();
    assert_eq!((report.status(), report.seals), (0, 8), "{report:?}");
}

#[test]
fn what_others_did_to_the_end_stays_in_sight_and_recording_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path();
    let mut log = Log::new(state);
    write(&mut log, 0..5);
    let (ordinal, mut bytes) = segments(state).pop().unwrap();
    let third = records(&bytes)[3].1.start;
    // Two whole records are cut off under the eyes of a writer.
    put(state, ordinal, &bytes[..third]);
    write(&mut log, 5..7);
    assert_eq!(log.damaged, 1);
    let report = verify(state, None).unwrap();
    assert_eq!((report.status(), report.problems[0].damage), (3, Damage::Order), "{report:?}");
    assert_eq!(entries(state).unwrap().len(), 5);
    // A writer that comes later finds a changed record at the end.
    fs::remove_dir_all(state.join("audit")).unwrap();
    let mut log = Log::new(state);
    write(&mut log, 0..5);
    bytes = segments(state).pop().unwrap().1;
    let length = bytes.len();
    bytes[length - 40] ^= 1;
    put(state, 1, &bytes);
    let report = verify(state, None).unwrap();
    let problem = Problem { segment: "00000001.seg".to_owned(), seq: Some(4), damage: Damage::Checksum };
    assert_eq!((report.status(), report.torn.is_none(), report.problems), (3, true, vec![problem.clone()]));
    let mut log = Log::new(state);
    write(&mut log, 5..7);
    assert_eq!((log.damaged, verify(state, None).unwrap().problems), (1, vec![problem]));
    assert_eq!(entries(state).unwrap().len(), 6);
}

#[test]
fn what_is_not_private_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path();
    write(&mut Log::new(state), 0..1);
    let refused = |state: &Path| Log::new(state).append(&[asked(1, NOW)], NOW, false).is_err();
    for path in ["audit", "audit/00000001.seg", "audit.key"] {
        let mode = fs::metadata(state.join(path)).unwrap().permissions();
        fs::set_permissions(state.join(path), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(refused(state), "{path}");
        fs::set_permissions(state.join(path), mode).unwrap();
    }
    assert!(!refused(state));
    fs::rename(state.join("audit"), state.join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(state.join("elsewhere"), state.join("audit")).unwrap();
    assert!(refused(state));
}

#[test]
fn recording_can_be_turned_off_and_on_in_the_open() {
    let directory = tempfile::tempdir().unwrap();
    let mut log = Log::new(directory.path());
    for on in [false, true] {
        log.append(&[Text::Plain(Kind::Switched, Note { at: NOW, on: Some(on), ..Note::default() })], NOW, true).unwrap();
    }
    assert_eq!(verify(directory.path(), None).unwrap().records, 2);
}
