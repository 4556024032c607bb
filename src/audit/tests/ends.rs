//! An end that is gone: what is noted of it, and that a writer that was killed is never taken for somebody who took it away.

use super::*;

fn damages(state: &Path) -> Vec<Damage> {
    verify(state, None).unwrap().problems.iter().map(|problem| problem.damage).collect()
}

/// Appends entries and makes them durable.
fn write_through(log: &mut Log, numbers: std::ops::Range<u64>) {
    for number in numbers {
        log.append(&[asked(number, NOW + number)], NOW + number, true).unwrap();
    }
}

/// Takes something away and writes on; what is gone must be found before and behind that.
fn is_found_for_good(take: impl Fn(&Path)) {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path();
    write_through(&mut Log::new(state), 0..5);
    assert!(damages(state).is_empty() && verify(state, None).unwrap().is_end_noted);
    take(state);
    assert_eq!(damages(state), [Damage::End]);
    let mut log = Log::new(state);
    write_through(&mut log, 5..7);
    assert_eq!(log.damaged, 1);
    assert_eq!(verify(state, None).unwrap().status(), 3, "whoever writes next hides nothing");
    assert!(entries(state).unwrap().iter().rev().take(2).map(|entry| entry.at_ms - NOW).eq([6, 5]), "and goes on");
    write_through(&mut Log::new(state), 7..8);
    assert!(!damages(state).contains(&Damage::End), "it is told where the gap is from then on: {:?}", damages(state));
}

#[test]
fn an_end_a_file_or_all_that_is_gone_is_found_also_after_somebody_wrote_on() {
    is_found_for_good(|state| {
        let (ordinal, bytes) = segments(state).pop().unwrap();
        put(state, ordinal, &bytes[..records(&bytes)[3].1.start]);
    });
    is_found_for_good(|state| {
        let (ordinal, bytes) = segments(state).pop().unwrap();
        put(state, ordinal, &bytes[..records(&bytes)[3].1.start + 30]);
    });
    is_found_for_good(|state| Folder::new(state).remove(1).unwrap());
    is_found_for_good(|state| fs::remove_dir_all(state.join("audit")).unwrap());
}

#[test]
fn what_is_not_on_the_disk_yet_is_not_noted_and_what_came_before_it_is_settled_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path();
    let mut log = Log::with_limits(state, SMALL);
    write(&mut log, 0..20);
    assert_eq!(noted(state), Noted::Nothing, "a note would be newer than the disk");
    assert!(!verify(state, None).unwrap().is_end_noted);
    write_through(&mut log, 20..21);
    assert!(matches!(noted(state), Noted::End(end) if end.next == 21));
    write(&mut log, 21..40);
    assert!(matches!(noted(state), Noted::End(end) if end.next == 21));
    // A loss of power takes what was left to the system.
    for (ordinal, bytes) in segments(state) {
        let first = numbers(&bytes).start;
        if first >= 21 {
            Folder::new(state).remove(ordinal).unwrap();
        } else if numbers(&bytes).contains(&21) {
            put(state, ordinal, &bytes[..records(&bytes)[(21 - first) as usize].1.start + 17]);
        }
    }
    assert_eq!(verify(state, None).unwrap().status(), 1);
    let mut log = Log::with_limits(state, SMALL);
    write_through(&mut log, 21..22);
    assert_eq!((log.damaged, log.torn, verify(state, None).unwrap().status()), (0, 1, 0));
}

#[test]
fn dropping_and_forgetting_keep_the_note_true() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path();
    let mut log = Log::with_limits(state, SMALL);
    for day in 0..100 {
        log.append(&[asked(day, NOW + day * DAY)], NOW + day * DAY, false).unwrap();
    }
    assert!(log.prune(NOW + 100 * DAY, 2 * DAY).unwrap() > 80);
    assert!(damages(state).is_empty() && verify(state, None).unwrap().is_end_noted);
    assert!(log.forget(0, NOW + 101 * DAY).unwrap() > 0);
    assert!(damages(state).is_empty());
    // Somebody drops all that was there, and says so himself where he can.
    let (_, reached, _) = walk::whole(&segments(state).pop().unwrap().1, |_, _| {}).unwrap();
    fs::remove_dir_all(state.join("audit")).unwrap();
    let first = reached.next + 10;
    let note = Note { at: NOW, first: Some(first), before: Some("00".repeat(32)), ..Note::default() };
    let (mut bytes, before) = SegmentHead { ordinal: 9, first, created: NOW, before: [0; 32] }.encode();
    frame::encode(&mut bytes, Kind::Pruned, first, &EMPTY, &serde_json::to_vec(&note).unwrap(), &before);
    Folder::new(state).lock().unwrap();
    put(state, 9, &bytes);
    fs::set_permissions(Folder::new(state).segment(9), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(damages(state), [Damage::End]);
}

#[test]
fn all_that_is_old_enough_goes_with_the_last_file_and_seals_and_note_stay_true() {
    for is_sealed in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let state = directory.path();
        let mut log = Log::with_limits(state, SMALL);
        let key = is_sealed.then(|| log.init_seal(NOW).unwrap());
        write_through(&mut log, 0..12);
        let files = segments(state).len();
        assert_eq!(log.prune(NOW + DAY, 2 * DAY).unwrap(), 0);
        assert_eq!(log.prune(NOW + 2 * EPOCH, 0).unwrap(), files);
        assert!(entries(state).unwrap().is_empty());
        assert_eq!(log.prune(NOW + 3 * EPOCH, 0).unwrap(), 0, "nothing but a word about that is left");
        write_through(&mut log, 12..14);
        let report = verify(state, key.as_ref()).unwrap();
        assert!(report.problems.is_empty() && report.is_end_noted && report.entries == 2, "{report:?}");
    }
}

#[test]
fn a_note_that_was_changed_is_told_and_left_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path();
    write_through(&mut Log::new(state), 0..3);
    let path = anchor::file_in(state);
    let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let mut note = fs::read(&path).unwrap();
    note[9] ^= 1;
    fs::write(&path, &note).unwrap();
    let mut log = Log::new(state);
    write_through(&mut log, 3..6);
    assert_eq!((log.damaged, fs::read(&path).unwrap()), (1, note), "told once, and no writer hides it");
    assert_eq!(damages(state), [Damage::End]);
    fs::remove_file(&path).unwrap();
    write_through(&mut log, 6..7);
    assert!(damages(state).is_empty() && verify(state, None).unwrap().is_end_noted, "whoever removes it begins anew");
}

#[test]
fn a_key_that_is_gone_is_told_and_a_new_one_notes_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let state = directory.path();
    write_through(&mut Log::new(state), 0..3);
    fs::remove_file(state.join("audit.key")).unwrap();
    let mut log = Log::new(state);
    write_through(&mut log, 3..6);
    assert_eq!(log.damaged, 1);
    assert!(matches!(noted(state), Noted::End(end) if end.next == 6));
    assert_eq!(damages(state), [Damage::Key; 3]);
    let fresh = tempfile::tempdir().unwrap();
    let mut log = Log::new(fresh.path());
    write_through(&mut log, 0..1);
    assert_eq!(log.damaged, 0, "the first key of all replaces none");
}
