//! Files that are damaged or gone, and the caps that hold all the same.

use super::*;

const CAP: Caps = Caps { day: Some(Money(1000)), month: Some(Money(2000)), day_tokens: None };

fn spent_beside(state: &Path) -> std::path::PathBuf {
    state.join("stats.v1.spent")
}

/// A folder in which 900 of 1000 are spent today.
fn spent() -> tempfile::TempDir {
    let state = tempfile::tempdir().unwrap();
    let ledger = FileLedger::new(Some(state.path()));
    for _ in 0..9 {
        ledger.hold(&held(100), &CAP, noon(TODAY)).unwrap();
        ledger.ended(ended(100), noon(TODAY));
        ledger.write(true);
    }
    state
}

fn hold(state: &Path, parts: i64, day: i32) -> Result<(), Reached> {
    FileLedger::new(Some(state)).hold(&held(parts), &CAP, noon(day))
}

/// Flips a bit of the number of each line, which stays a line.
fn damage_all(path: &Path) {
    let damaged = fs::read_to_string(path).unwrap().replace("\"d\":", "\"e\":");
    fs::write(path, damaged).unwrap();
}

#[test]
fn a_cap_holds_where_lines_are_damaged_or_the_file_is_gone_or_cut() {
    for spoil in [
        damage_all as fn(&Path),
        |path: &Path| fs::remove_file(path).unwrap(),
        |path: &Path| fs::write(path, "").unwrap(),
        |path: &Path| fs::write(path, "\0".repeat(100)).unwrap(),
        |path: &Path| {
            let whole = fs::read(path).unwrap();
            fs::write(path, &whole[..whole.len() / 2]).unwrap();
        },
    ] {
        let state = spent();
        let mode = fs::metadata(spent_beside(state.path())).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode, days(state.path()).unwrap().1), (0o600, None));
        spoil(&state.path().join(file::NAME));
        let told = days(state.path()).unwrap().1.expect("somebody is told");
        assert!(told.contains("stats.v1") && told.contains("`gptos stats --mend`"), "{told}");
        assert_eq!(hold(state.path(), 200, TODAY), Err(Reached::Day { spent: Money(900), cap: Money(1000) }));
        hold(state.path(), 100, TODAY).unwrap();
        assert_eq!(hold(state.path(), 1, TODAY), Err(Reached::Day { spent: Money(1000), cap: Money(1000) }), "what comes is added to it");
        assert_eq!(days(state.path()).unwrap().0.spent_since(Day(TODAY)), Money(1000));
        assert!(mend(state.path()).unwrap().is_some());
        assert_eq!((days(state.path()).unwrap().1, mend(state.path()).unwrap()), (None, None));
        assert_eq!(days(state.path()).unwrap().0.spent_since(Day(TODAY)), Money(1000));
        // The next day begins with nothing, and the month goes on.
        hold(state.path(), 900, TODAY + 1).unwrap();
        assert!(matches!(hold(state.path(), 101, TODAY + 1), Err(Reached::Month { .. } | Reached::Day { .. })));
    }
}

#[test]
fn what_is_noted_beside_is_made_anew_and_both_damaged_hold_calls_back_until_somebody_mends_or_the_time_is_over() {
    let state = spent();
    let (path, beside) = (state.path().join(file::NAME), spent_beside(state.path()));
    fs::write(&beside, "no such thing").unwrap();
    assert_eq!(hold(state.path(), 200, TODAY), Err(Reached::Day { spent: Money(900), cap: Money(1000) }));
    hold(state.path(), 50, TODAY).unwrap();
    damage_all(&path);
    assert!(hold(state.path(), 100, TODAY).is_err(), "it was noted again");
    fs::remove_file(&beside).unwrap();
    assert_eq!(hold(state.path(), 1, TODAY), Err(Reached::Damaged));
    let ledger = FileLedger::new(Some(state.path()));
    assert_eq!(ledger.reached(&CAP, noon(TODAY)), Some(Reached::Damaged));
    ledger.answered("cache", Duration::ZERO, noon(TODAY));
    ledger.write(true);
    assert_eq!(hold(state.path(), 1, TODAY), Err(Reached::Damaged), "counting goes on and mends nothing");
    let of_the_day = Caps { month: None, ..CAP };
    let next = FileLedger::new(Some(state.path()));
    assert_eq!(next.hold(&held(1), &of_the_day, noon(TODAY)), Err(Reached::Damaged));
    assert!(next.hold(&held(1), &of_the_day, noon(TODAY + 1)).is_ok(), "what is damaged is of another day");
    assert_eq!(next.hold(&held(1), &CAP, noon(TODAY + 1)), Err(Reached::Damaged), "and of this month");
    next.hold(&held(1), &CAP, noon(TODAY + 2)).expect("a month that begins behind it");

    let state = spent();
    damage_all(&state.path().join(file::NAME));
    fs::remove_file(spent_beside(state.path())).unwrap();
    assert!(mend(state.path()).unwrap().is_some());
    hold(state.path(), 1, TODAY).unwrap();
}

#[test]
fn a_file_that_is_gone_or_empty_beside_a_damaged_note_holds_calls_back_until_somebody_mends() {
    for (spoil, note) in [
        ((|path| fs::remove_file(path).unwrap()) as fn(&Path), "no such thing"),
        (|path| fs::write(path, "").unwrap(), ""),
        (|path| fs::write(path, "0123").unwrap(), "{}"),
        (|path| fs::remove_file(path).unwrap(), ""),
    ] {
        let state = spent();
        spoil(&state.path().join(file::NAME));
        fs::write(spent_beside(state.path()), note).unwrap();
        let ledger = FileLedger::new(Some(state.path()));
        assert_eq!(ledger.reached(&CAP, noon(TODAY)), Some(Reached::Damaged));
        assert!(days(state.path()).unwrap().1.is_some_and(|told| told.contains("`gptos stats --mend`")));
        ledger.answered("cache", Duration::ZERO, noon(TODAY));
        ledger.write(true);
        assert_eq!(ledger.hold(&held(1), &CAP, noon(TODAY)), Err(Reached::Damaged));
        assert_eq!((hold(state.path(), 1, TODAY), ledger.reached(&CAP, noon(TODAY))), (Err(Reached::Damaged), Some(Reached::Damaged)));
        assert_eq!(days(state.path()).unwrap().0.since(Day(0)).answers["cache"].count(), 1);
        assert!(mend(state.path()).unwrap().is_some());
        assert_eq!((days(state.path()).unwrap().1, mend(state.path()).unwrap()), (None, None));
        hold(state.path(), 1000, TODAY).expect("somebody goes on with what is known");
        assert!(matches!(hold(state.path(), 1, TODAY), Err(Reached::Day { .. })));
    }
    let state = spent();
    fs::remove_file(state.path().join(file::NAME)).unwrap();
    fs::write(spent_beside(state.path()), "").unwrap();
    assert!(mend(state.path()).unwrap().is_some());
    assert_eq!(FileLedger::new(Some(state.path())).reached(&CAP, noon(TODAY)), None, "mended before anybody wrote");
}

#[test]
fn a_line_that_was_being_written_when_its_writer_ended_holds_nobody_back() {
    let state = spent();
    let path = state.path().join(file::NAME);
    fs::remove_file(spent_beside(state.path())).unwrap();
    let whole = fs::read(&path).unwrap();
    let last = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for length in last + 1..whole.len() - 2 {
        fs::write(&path, [&whole[..length], b"\n"].concat()).unwrap();
        assert!(!matches!(hold(state.path(), 2000, TODAY), Err(Reached::Damaged | Reached::Unknown)), "torn at {length}");
    }
    let fresh = tempfile::tempdir().unwrap();
    hold(fresh.path(), 1000, TODAY).expect("where nothing was ever counted nothing is missing");
}

#[test]
fn what_lets_nothing_more_be_spent_is_told_without_a_call() {
    let state = spent();
    let ledger = FileLedger::new(Some(state.path()));
    assert_eq!(ledger.reached(&CAP, noon(TODAY)), None);
    ledger.hold(&held(100), &CAP, noon(TODAY)).unwrap();
    assert_eq!(ledger.reached(&CAP, noon(TODAY)), Some(Reached::Day { spent: Money(1000), cap: Money(1000) }));
    let other = FileLedger::new(Some(state.path()));
    assert!(other.reached(&CAP, noon(TODAY)).is_some() && other.reached(&CAP, noon(TODAY + 1)).is_none());
}

#[test]
fn two_processes_at_once_lose_no_answer() {
    let state = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let ledger = FileLedger::new(Some(state.path()));
                    ledger.answered("cache", Duration::ZERO, noon(TODAY));
                    ledger.write(true);
                }
            });
        }
    });
    let counted = days(state.path()).unwrap().0.since(Day(0));
    assert_eq!(counted.answers["cache"].count(), 80);
}
