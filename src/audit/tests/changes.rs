//! What somebody may do to a trail, and at which level it is found.

use super::*;

/// One change, and whether it has to be found: exit status 3, or at least that something is torn.
fn mutate(state: &Path, rng: &mut fastrand::Rng, is_sealed: bool) -> (String, Option<u8>) {
    let all = segments(state);
    let last = all.len() - 1;
    let at = rng.usize(..all.len());
    let (ordinal, bytes) = &all[at];
    let found = records(bytes);
    let pick = rng.usize(..found.len());
    let range = found[pick].1.clone();
    let without = |range: &std::ops::Range<usize>| [&bytes[..range.start], &bytes[range.end..]].concat();
    let Noted::End(end) = noted(state) else { panic!("nothing is noted") };
    // Whether a record that was made durable is behind the one at this place of the segment.
    let was_durable = |place: usize| numbers(bytes).start + (place as u64) < end.next;
    match rng.u32(..11) {
        0 => {
            let bit = rng.usize(..bytes.len() * 8);
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            put(state, *ordinal, &changed);
            (format!("flip of bit {bit} in {ordinal}"), Some(3))
        }
        1 => {
            put(state, *ordinal, &without(&range));
            let is_end = at == last && pick == found.len() - 1;
            (format!("drop of record {pick} in {ordinal}"), (!is_end || was_durable(pick)).then_some(3))
        }
        2 if found.len() > 1 => {
            let other = found[(pick + 1 + rng.usize(..found.len() - 1)) % found.len()].1.clone();
            let (one, two) = if range.start < other.start { (range, other) } else { (other, range) };
            let parts = [&bytes[..one.start], &bytes[two.clone()], &bytes[one.end..two.start], &bytes[one], &bytes[two.end..]];
            put(state, *ordinal, &parts.concat());
            (format!("swap in {ordinal}"), Some(3))
        }
        3 => {
            put(state, *ordinal, &[&bytes[..range.end], &bytes[range.clone()], &bytes[range.end..]].concat());
            (format!("duplicate of record {pick} in {ordinal}"), Some(3))
        }
        4 => {
            let cut = rng.usize(..bytes.len());
            put(state, *ordinal, &bytes[..cut]);
            let whole = found.iter().filter(|(_, range)| range.end <= cut).count();
            let is_boundary = cut == SEGMENT_HEAD || found.iter().any(|(_, range)| range.end == cut);
            let must = if at < last || was_durable(whole) { Some(3) } else { (!is_boundary).then_some(1) };
            (format!("cut of {ordinal} at {cut}"), must)
        }
        5 => {
            Folder::new(state).remove(*ordinal).unwrap();
            (format!("removal of {ordinal}"), (at < last || was_durable(0)).then_some(3))
        }
        6 => {
            // The key of an entry is gone, and nothing says that it was forgotten.
            let Some((_, range)) = found.iter().find(|(kind, _)| *kind == Kind::Entry) else { return ("nothing".to_owned(), None) };
            let mut changed = bytes.clone();
            changed[range.start + frame::PREFIX..][..frame::SLOT].fill(0);
            put(state, *ordinal, &changed);
            (format!("erased key in {ordinal}"), Some(3))
        }
        7 => {
            // Everything is gone, or the folder with it.
            fs::remove_dir_all(state.join("audit")).unwrap();
            if rng.bool() {
                Folder::new(state).lock().unwrap();
            }
            ("removal of all".to_owned(), Some(3))
        }
        8 => {
            let place = rng.usize(..found.len());
            put(state, *ordinal, &bytes[..found[place].1.start]);
            (format!("cut of {ordinal} before record {place}"), (at < last || was_durable(place)).then_some(3))
        }
        9 => {
            let path = anchor::file_in(state);
            let mut note = fs::read(&path).unwrap();
            let bit = rng.usize(..note.len() * 8);
            note[bit / 8] ^= 1 << (bit % 8);
            fs::write(path, note).unwrap();
            (format!("flip of bit {bit} in the note of the end"), Some(3))
        }
        _ => {
            let how = rng.u32(..3);
            rewrite(state, how);
            note_the_end(state);
            // Whoever has all keys of the moment can write the whole trail anew; only the seal tells.
            (format!("rewrite {how}"), is_sealed.then_some(3))
        }
    }
}

/// Writes the whole trail anew with other contents, as somebody can who has taken over the machine: with every key that lies
/// there. Old seals are left as they are, made with the key of today, or left out and numbered anew.
fn rewrite(state: &Path, how: u32) {
    let vault = Vault::load(&vault::file_in(state)).unwrap().unwrap();
    let sealer = Sealer::load(state).unwrap();
    let (mut next, mut before) = (0, [0; 32]);
    for (ordinal, bytes) in segments(state) {
        let (head, _) = walk::begin(&bytes).unwrap();
        let (mut out, mut chain) = SegmentHead { first: next, before, ..head }.encode();
        let see = |_: u64, record: &frame::Record<'_>| {
            let (slot, body) = match (record.kind, &sealer) {
                (Kind::Entry, _) => {
                    let entry = vault.open(record.seq, record.slot, record.body).unwrap();
                    let forged = String::from_utf8(entry).unwrap().replace("question", "nothings");
                    vault.close(next, forged.as_bytes()).unwrap()
                }
                (Kind::Sealed, Some(_)) if how == 2 => return,
                (Kind::Sealed, Some(sealer)) if how == 1 => (EMPTY, sealer.body(next, &chain)),
                _ => (EMPTY, record.body.to_vec()),
            };
            chain = frame::encode(&mut out, record.kind, next, &slot, &body, &chain);
            next += 1;
        };
        walk::whole(&bytes, see).unwrap();
        before = chain;
        put(state, ordinal, &out);
    }
}

/// Notes what there is as the end, as somebody can who has all keys.
fn note_the_end(state: &Path) {
    let vault = Vault::load(&vault::file_in(state)).unwrap().unwrap();
    let (ordinal, bytes) = segments(state).pop().unwrap();
    let (_, reached, _) = walk::whole(&bytes, |_, _| {}).unwrap();
    Anchor { next: reached.next, ordinal, head: reached.head }.store(state, &vault).unwrap();
}

#[test]
fn every_change_that_a_level_claims_to_find_is_found() {
    let count = std::env::var("MUTATED_TRAILS").ok().and_then(|count| count.parse().ok()).unwrap_or(250);
    let directory = tempfile::tempdir().unwrap();
    for is_sealed in [false, true] {
        let whole = directory.path().join(format!("whole-{is_sealed}"));
        let key = trail(&whole, is_sealed);
        let report = verify(&whole, key.as_ref()).unwrap();
        assert_eq!(report.status(), 0, "{report:?}");
        assert!(report.segments > 3 && report.seals == if is_sealed { 6 } else { 0 }, "{report:?}");
        let (mut claimed, mut torn) = (0, 0);
        for seed in 0..count {
            let state = directory.path().join("changed");
            copy(&whole, &state);
            let mut rng = fastrand::Rng::with_seed(seed);
            let (what, must) = mutate(&state, &mut rng, is_sealed);
            let report = verify(&state, key.as_ref()).unwrap();
            if let Some(least) = must {
                assert_eq!(status(&report), least, "seed {seed}, sealed {is_sealed}: {what}: {report:?}");
                claimed += u64::from(least == 3);
                torn += u64::from(least == 1);
            }
            fs::remove_dir_all(&state).unwrap();
        }
        assert!(claimed > count / 2 && torn > 0, "{claimed} and {torn} of {count}");
    }
}

#[test]
fn a_rewritten_trail_is_whole_to_who_has_no_seal() {
    let directory = tempfile::tempdir().unwrap();
    trail(directory.path(), false);
    rewrite(directory.path(), 0);
    assert_eq!(verify(directory.path(), None).unwrap().problems.last().map(|problem| problem.damage), Some(Damage::End));
    note_the_end(directory.path());
    assert_eq!(verify(directory.path(), None).unwrap().status(), 0, "what level 1 does not claim it cannot find");
}
