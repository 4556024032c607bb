mod damage;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::UNIX_EPOCH;

use super::*;
use crate::domain::{Price, Rate, Usage};
use crate::suggest::ports::Callee;

const TODAY: i32 = 20_786;

/// Noon of a day, which is that day in nearly every zone.
fn noon(day: i32) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(day).unwrap() * 86_400 + 12 * 3600)
}

fn callee() -> Callee {
    Callee { provider: "p".to_owned(), model: "m".to_owned() }
}

fn held(parts: i64) -> Held {
    Held { callee: callee(), tokens: 100, money: Money(parts) }
}

/// A call that took as much as was set aside for it.
fn ended(parts: i64) -> EndedCall {
    let rate = Rate { input: Money(parts * 1_000_000), output: Money(0) };
    let usage = Usage { input: 1, output: 0 };
    EndedCall { callee: callee(), usage, is_guessed: false, price: Price::Known(rate), held: Some(held(parts)), was_made: true }
}

fn day_cap(parts: i64) -> Caps {
    Caps { day: Some(Money(parts)), ..Caps::default() }
}

#[test]
fn what_was_spent_outlives_the_process_and_the_cap_holds_for_the_next() {
    let state = tempfile::tempdir().unwrap();
    let caps = day_cap(250);
    let first = FileLedger::new(Some(state.path()));
    first.hold(&held(100), &caps, noon(TODAY)).unwrap();
    first.ended(ended(100), noon(TODAY));
    first.hold(&held(100), &caps, noon(TODAY)).unwrap();
    drop(first);
    let next = FileLedger::new(Some(state.path()));
    let reached = next.hold(&held(100), &caps, noon(TODAY)).unwrap_err();
    assert_eq!(reached, Reached::Day { spent: Money(200), cap: Money(250) }, "one call ended, one was under way at the end");
    next.hold(&held(50), &caps, noon(TODAY)).unwrap();
    assert_eq!(fs::metadata(state.path().join(file::NAME)).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn ten_processes_at_once_do_not_pass_a_cap_together() {
    let state = tempfile::tempdir().unwrap();
    let passed = std::thread::scope(|scope| {
        let asks = || FileLedger::new(Some(state.path())).hold(&held(100), &day_cap(350), noon(TODAY)).is_ok();
        let asked: Vec<_> = (0..10).map(|_| scope.spawn(asks)).collect();
        asked.into_iter().map(|asks| asks.join().unwrap()).filter(|passed| *passed).count()
    });
    assert_eq!(passed, 3);
    let one = FileLedger::new(Some(tempfile::tempdir().unwrap().path()));
    let passed = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..10).map(|_| scope.spawn(|| one.hold(&held(100), &day_cap(350), noon(TODAY)).is_ok())).collect();
        asked.into_iter().map(|asks| asks.join().unwrap()).filter(|passed| *passed).count()
    });
    assert_eq!(passed, 3, "nor ten calls of one process");
}

#[test]
fn a_day_and_a_month_end_and_a_clock_that_is_set_back_ends_neither() {
    for directory in [Some(tempfile::tempdir().unwrap()), None] {
        let ledger = FileLedger::new(directory.as_ref().map(tempfile::TempDir::path));
        let caps = Caps { day: Some(Money(100)), month: Some(Money(150)), day_tokens: None };
        // The 29th of November.
        ledger.hold(&held(100), &caps, noon(TODAY)).unwrap();
        let refused = |parts, day| ledger.hold(&held(parts), &caps, noon(day)).unwrap_err();
        assert_eq!(refused(1, TODAY), Reached::Day { spent: Money(100), cap: Money(100) });
        assert_eq!(refused(1, TODAY - 1), Reached::Day { spent: Money(100), cap: Money(100) }, "yesterday once more");
        assert_eq!(refused(60, TODAY + 1), Reached::Month { spent: Money(100), cap: Money(150) });
        assert!(matches!(refused(60, TODAY - 40), Reached::Day { .. }));
        // The first of December.
        ledger.hold(&held(60), &caps, noon(TODAY + 2)).unwrap();
        assert!(matches!(refused(60, TODAY + 2), Reached::Day { .. }), "{directory:?}");
    }
}

#[test]
fn tokens_have_a_cap_of_their_own_which_holds_for_models_without_a_price() {
    let ledger = FileLedger::new(None);
    let caps = Caps { day_tokens: Some(250), ..Caps::default() };
    assert!(caps.bound(Price::Unknown) && !day_cap(1).bound(Price::Unknown) && !caps.bound(Price::Free));
    ledger.hold(&held(0), &caps, noon(TODAY)).unwrap();
    ledger.hold(&held(0), &caps, noon(TODAY)).unwrap();
    let reached = ledger.hold(&held(0), &caps, noon(TODAY)).unwrap_err();
    assert_eq!(reached, Reached::Tokens { spent: 200, cap: 250 });
    let usage = Usage { input: 10, output: 5 };
    ledger.ended(
        EndedCall { callee: callee(), usage, is_guessed: true, price: Price::Unknown, held: Some(held(0)), was_made: true },
        noon(TODAY),
    );
    ledger.hold(&held(0), &caps, noon(TODAY)).unwrap();
}

#[test]
fn what_is_refused_names_the_key_that_would_allow_it() {
    for (reached, words) in [
        (
            Reached::Day { spent: Money(1_990_000_000), cap: Money(2_000_000_000) },
            [
                "until midnight",
                "1.99 USD of spend.day = 2.00 USD are spent and a call might pass it; hint: `gptos config set spend.day '4.00 USD'`",
            ],
        ),
        (Reached::Month { spent: Money(0), cap: Money(0) }, ["until the month ends", "`gptos config set spend.month none`"]),
        (Reached::Tokens { spent: 5, cap: 6 }, ["5 tokens of spend.day_tokens = 6", "`gptos config set spend.day_tokens 12`"]),
        (Reached::Unknown, ["no provider is asked", "cannot be used"]),
    ] {
        let line = reached.to_string();
        assert!(words.iter().all(|word| line.contains(word)) && !line.contains('\n'), "{line}");
    }
}

#[test]
fn a_file_that_is_torn_or_damaged_anywhere_costs_the_lines_it_hits() {
    let state = tempfile::tempdir().unwrap();
    let path = state.path().join(file::NAME);
    let ledger = FileLedger::new(Some(state.path()));
    for _ in 0..5 {
        ledger.answered("cache", Duration::from_millis(3), noon(TODAY));
        ledger.write(true);
    }
    drop(ledger);
    let whole = fs::read(&path).unwrap();
    let count = || days(state.path()).unwrap().0.since(Day(0)).answers.get("cache").map_or(0, Times::count);
    assert_eq!(count(), 5);
    for length in 0..whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let before = count();
        assert_eq!(before, whole[..length].iter().filter(|byte| **byte == b'\n').count() as u64);
        let ledger = FileLedger::new(Some(state.path()));
        ledger.answered("cache", Duration::from_millis(3), noon(TODAY));
        ledger.write(true);
        // A line of which only the end is missing is whole.
        let lacks_end = length > 0 && whole[length] == b'\n';
        assert_eq!(count(), before + 1 + u64::from(lacks_end), "torn at {length}");
    }
    for place in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[place] ^= 0x20;
        fs::write(&path, &damaged).unwrap();
        assert!((3..=4).contains(&count()), "one line, or two that ran together, at {place}");
    }
}

#[test]
fn a_file_that_has_grown_is_rewritten_with_the_same_sums_and_without_old_days() {
    let state = tempfile::tempdir().unwrap();
    let path = state.path().join(file::NAME);
    let mut file = file::File::new(Some(state.path()));
    let mut row = Row::default();
    row.held(&held(1));
    let rows: Vec<_> = (0..25_000).map(|number| (Day(TODAY - 450 + number % 451), row.clone())).collect();
    let mut locked = file.lock().unwrap();
    file.append(&mut locked, &rows, false).unwrap();
    let grown = fs::metadata(&path).unwrap().len();
    assert!(grown > 1024 * 1024, "{grown}");
    let sum = file.days.spent_since(Day(TODAY - 399));
    file.append(&mut locked, &[(Day(TODAY), row.clone())], false).unwrap();
    drop(locked);
    assert!(fs::metadata(&path).unwrap().len() < grown / 10);
    let read = days(state.path()).unwrap().0;
    assert_eq!((read.spent_since(Day(0)), read.first()), (sum + Money(1), Some(Day(TODAY - 399))));
    // One who had the former file open goes on with the new one.
    let mut locked = file.lock().unwrap();
    file.append(&mut locked, &[(Day(TODAY), row)], false).unwrap();
    assert_eq!(days(state.path()).unwrap().0.spent_since(Day(0)), sum + Money(2));
}

#[test]
fn answers_are_written_seldom_and_in_the_end() {
    let state = tempfile::tempdir().unwrap();
    let ledger = FileLedger::new(Some(state.path()));
    let count = || days(state.path()).unwrap().0.since(Day(0)).answers.get("ran").map_or(0, Times::count);
    let answer = || ledger.answered("ran", Duration::ZERO, noon(TODAY));
    answer();
    assert!(!state.path().join(file::NAME).exists(), "an answer waits for no disk");
    ledger.write(false);
    answer();
    ledger.write(false);
    assert_eq!(count(), 1, "the second one waits for more");
    ledger.write(true);
    answer();
    assert_eq!(count(), 2);
    drop(ledger);
    assert_eq!(count(), 3);
}

#[test]
fn where_the_file_cannot_be_used_a_cap_holds_all_calls_back() {
    let state = tempfile::tempdir().unwrap();
    let target = state.path().join("elsewhere");
    fs::write(&target, "").unwrap();
    std::os::unix::fs::symlink(&target, state.path().join(file::NAME)).unwrap();
    let ledger = FileLedger::new(Some(state.path()));
    assert_eq!(ledger.hold(&held(1), &day_cap(1000), noon(TODAY)), Err(Reached::Unknown));
    assert!(days(state.path()).is_err());
    assert_eq!(fs::read(&target).unwrap(), b"");
}
