//! What is forgotten, and what is kept for how long.

use super::*;
use crate::audit::folder;

#[test]
fn forgotten_entries_are_gone_and_the_chain_holds() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path();
    let key = trail(state, true).unwrap();
    let all = entries(state).unwrap().len();
    let mut log = Log::with_limits(state, SMALL);
    assert_eq!(log.forget(NOW + EPOCH, NOW + 9 * EPOCH).unwrap(), 12);
    let report = verify(state, Some(&key)).unwrap();
    assert_eq!((report.status(), report.forgotten), (0, 12), "{report:?}");
    assert!(entries(state).unwrap().iter().all(|entry| entry.at_ms < NOW + EPOCH));
    assert_eq!(entries(state).unwrap().len(), all - 12);
    assert_eq!(log.forget(0, NOW + 9 * EPOCH).unwrap(), all - 12);
    assert_eq!(log.forget(0, NOW + 9 * EPOCH).unwrap(), 0);
    write(&mut log, 50..52);
    assert_eq!((entries(state).unwrap().len(), verify(state, Some(&key)).unwrap().status()), (2, 0));
    // Garbage in the place of an erased key is no erased key.
    let (ordinal, mut bytes) = segments(state).remove(0);
    let slot = records(&bytes).iter().find(|(kind, _)| *kind == Kind::Entry).unwrap().1.start + frame::PREFIX;
    bytes[slot] = 1;
    put(state, ordinal, &bytes);
    assert_eq!(verify(state, Some(&key)).unwrap().problems[0].damage, Damage::Key);
}

#[test]
fn the_oldest_are_dropped_by_age_and_by_size_and_the_rest_is_whole() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path();
    let mut log = Log::with_limits(state, SMALL);
    let key = log.init_seal(NOW).unwrap();
    for day in 0..100 {
        log.append(&[asked(day, NOW + day * DAY)], NOW + day * DAY, false).unwrap();
    }
    let report = verify(state, Some(&key)).unwrap();
    assert_eq!(report.status(), 0, "{report:?}");
    let oldest = entries(state).unwrap()[0].at_ms;
    assert!((NOW + 9 * DAY - 1..=NOW + 11 * DAY).contains(&oldest), "{}", (oldest - NOW) / DAY);
    assert!(report.first > 0 && report.segments <= 92, "{report:?}");
    assert!(log.prune(NOW + 100 * DAY, 30 * DAY).unwrap() > 50);
    assert_eq!(log.prune(NOW + 100 * DAY, 30 * DAY).unwrap(), 0);
    assert_eq!(verify(state, Some(&key)).unwrap().status(), 0);
    // Somebody else drops more than was said.
    let first = Folder::new(state).ordinals().unwrap()[0];
    Folder::new(state).remove(first).unwrap();
    assert_eq!(verify(state, None).unwrap().problems[0].damage, Damage::Missing);

    let small = tempfile::tempdir().unwrap();
    let mut log = Log::with_limits(small.path(), Limits { total: 20_000, ..SMALL });
    write(&mut log, 0..400);
    let report = verify(small.path(), None).unwrap();
    assert!(report.status() == 0 && report.bytes <= 24_000 && report.bytes > 10_000, "{report:?}");
}

#[test]
fn what_was_done_with_the_trail_is_read_with_it_and_a_foreign_file_hides_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path();
    let mut log = Log::with_limits(state, SMALL);
    write(&mut log, 0..30);
    log.append(&[Text::Plain(Kind::Switched, Note { at: NOW, on: Some(false), ..Note::default() })], NOW, true).unwrap();
    let newest = entries(state).unwrap().last().unwrap().at_ms;
    let gone = log.forget(newest, NOW + DAY).unwrap() as u64;
    assert!((1..30).contains(&gone), "{gone}");
    let read = moments(state).unwrap();
    let changes: Vec<_> =
        read.all.iter().filter_map(|moment| if let Moment::Kept(kept) = moment { Some(&kept.change) } else { None }).collect();
    assert!(changes.contains(&&Change::TurnedOff) && changes.contains(&&Change::Forgot { records: gone }), "{changes:?}");
    assert!(read.unread.is_empty());

    // Without the key that opens them entries are not read, and that is said of every file that holds some.
    let key = state.join("audit.key");
    let bytes = fs::read(&key).unwrap();
    for other in [None, Some(vec![7; bytes.len()])] {
        fs::remove_file(&key).unwrap();
        if let Some(other) = other {
            fs::write(&key, other).unwrap();
            fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        }
        let closed = moments(state).unwrap();
        assert!(closed.unread.len() > 2, "{:?}", closed.unread);
        assert!(closed.all.iter().any(|moment| matches!(moment, Moment::Kept(_))) && closed.all.len() < 5);
        fs::write(&key, &bytes).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    }

    let ordinals = Folder::new(state).ordinals().unwrap();
    assert!(ordinals.len() > 2, "{ordinals:?}");
    let foreign = state.join("audit").join(folder::name(ordinals[1]));
    fs::set_permissions(&foreign, fs::Permissions::from_mode(0o644)).unwrap();
    let others = moments(state).unwrap();
    assert_eq!(others.unread, [folder::name(ordinals[1])]);
    assert!(others.all.len() > 5 && others.all.len() < read.all.len(), "{} of {}", others.all.len(), read.all.len());
    let report = verify(state, None).unwrap();
    assert_eq!(report.status(), 3);
    assert_eq!((report.problems[0].segment.clone(), report.problems[0].damage), (folder::name(ordinals[1]), Damage::Unread));
}
