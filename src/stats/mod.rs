//! What the days brought: answers by source, tokens and money by model. Numbers only, kept for as long as a year and a month.

mod file;
mod rows;
mod spent;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant, SystemTime};

use tracing::debug;

pub use self::file::{MOST_DAYS, StatsError};
pub use self::rows::{Calls, Days, EDGES, Row, Times};
use crate::domain::{Day, LogEvent, Money};
use crate::platform;
use crate::suggest::ports::{Callee, Caps, EndedCall, Held, Ledger, Reached};

/// How long what was counted may wait before it is written.
const WRITE_EVERY: Duration = Duration::from_secs(5 * 60);

/// How long a process that ends waits for what is not written yet.
const LAST_PATIENCE: Duration = Duration::from_millis(100);

/// Counts in the state directory.
#[derive(Debug)]
pub struct FileLedger(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    /// Held while the disk is waited for.
    file: Mutex<file::File>,
    /// What is not written yet. Nobody waits for a disk while he holds it.
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    rows: BTreeMap<Day, Row>,
    failure: Option<String>,
    written: Option<Instant>,
}

impl FileLedger {
    /// Counts in that directory; without one, for as long as the process lives. Nothing is opened before something is written.
    pub fn new(directory: Option<&Path>) -> Self {
        Self(Arc::new(Counts { file: Mutex::new(file::File::new(directory)), waiting: Mutex::default() }))
    }
}

impl Drop for FileLedger {
    /// Gives what is not written yet a moment.
    fn drop(&mut self) {
        if lock(&self.0.waiting).rows.is_empty() {
            return;
        }
        let (counts, (done, wait)) = (Arc::clone(&self.0), mpsc::sync_channel(1));
        let writes = move || {
            counts.write(true);
            let _ = done.send(());
        };
        if std::thread::Builder::new().name("stats".to_owned()).spawn(writes).is_ok() {
            let _ = wait.recv_timeout(LAST_PATIENCE);
        }
    }
}

impl Counts {
    fn put_down(&self, day: Day, change: impl FnOnce(&mut Row)) {
        change(lock(&self.waiting).rows.entry(day).or_default());
    }

    fn write(&self, at_once: bool) {
        let mut waiting = lock(&self.waiting);
        let is_due = waiting.written.is_none_or(|at| at.elapsed() >= WRITE_EVERY);
        if waiting.rows.is_empty() || !(is_due || at_once) {
            return;
        }
        waiting.written = Some(Instant::now());
        drop(waiting);
        // Whoever wants it at once is waited for, and a process that ends leaves the disk to the system.
        // Whoever holds the file sees either both what waits and what is written, or neither twice.
        let mut file = lock(&self.file);
        let rows: Vec<(Day, Row)> = std::mem::take(&mut lock(&self.waiting).rows).into_iter().collect();
        let written = file.lock().and_then(|mut locked| file.append(&mut locked, &rows, !at_once));
        lock(&self.waiting).failure = written.as_ref().err().map(ToString::to_string);
        if let Err(error) = written {
            debug!(event = LogEvent::StatsFailed.name(), reason = "io", detail = %error, "the file of what was counted gave trouble");
            rows.into_iter().for_each(|(day, row)| self.put_down(day, |waiting| waiting.merge(&row)));
        }
    }

    fn hold(&self, held: &Held, caps: &Caps, now: SystemTime) -> Result<(), Reached> {
        let today = Day(platform::local_day(now));
        let mut file = lock(&self.file);
        let unusable = |error: StatsError| {
            debug!(event = LogEvent::StatsFailed.name(), reason = "io", detail = %error, "the file of what was counted gave trouble");
            Reached::Unknown
        };
        let mut locked = file.lock().map_err(unusable)?;
        self.allows(&file, today, held, caps)?;
        let mut row = Row::default();
        row.held(held);
        file.append(&mut locked, &[(today, row)], false).map_err(unusable)
    }

    fn allows(&self, file: &file::File, today: Day, held: &Held, caps: &Caps) -> Result<(), Reached> {
        if !file.is_known_since(if caps.month.is_some() { today.first_of_month() } else { today }) {
            return Err(Reached::Damaged);
        }
        let mut days = file.whole();
        lock(&self.waiting).rows.iter().for_each(|(day, row)| days.add(*day, row));
        reached(&days, today, held, caps)
    }

    fn reached(&self, caps: &Caps, now: SystemTime) -> Option<Reached> {
        let mut file = lock(&self.file);
        if file.look().is_err() {
            return Some(Reached::Unknown);
        }
        let least = Held { callee: Callee::default(), tokens: 1, money: Money(1) };
        self.allows(&file, Day(platform::local_day(now)), &least, caps).err()
    }

    fn damage(&self) -> Option<String> {
        let mut file = lock(&self.file);
        file.look().ok()?;
        damage(&file)
    }
}

/// What is wrong with the file, in a few words.
fn damage(file: &file::File) -> Option<String> {
    let (lines, lost) = (file.damaged(), file.lost());
    let what = match (lines, lost.is_empty()) {
        (0, true) => return None,
        (0, false) => "a part of stats.v1 is gone".to_owned(),
        (1, _) => "a line of stats.v1 is damaged".to_owned(),
        (lines, _) => format!("{lines} lines of stats.v1 are damaged"),
    };
    let known = if lost.is_empty() { String::new() } else { format!("; {} of it are known from stats.v1.spent", spent::money(&lost)) };
    Some(format!("{what}{known}: `gptos stats --mend` goes on with what is known"))
}

impl Ledger for FileLedger {
    fn hold(&self, held: &Held, caps: &Caps, now: SystemTime) -> Result<(), Reached> {
        self.0.hold(held, caps, now)
    }

    fn ended(&self, call: EndedCall, now: SystemTime) {
        self.0.put_down(Day(platform::local_day(now)), |row| row.ended(&call));
    }

    fn answered(&self, source: &'static str, took: Duration, now: SystemTime) {
        self.0.put_down(Day(platform::local_day(now)), |row| row.answered(source, took));
    }

    fn reached(&self, caps: &Caps, now: SystemTime) -> Option<Reached> {
        self.0.reached(caps, now)
    }

    fn damage(&self) -> Option<String> {
        self.0.damage()
    }

    fn failure(&self) -> Option<String> {
        lock(&self.0.waiting).failure.clone()
    }

    fn write(&self, at_once: bool) {
        self.0.write(at_once);
    }
}

/// Whether a call that takes so much would pass a cap. All days that the clock calls later than today count as today: one that
/// was set back makes nobody richer.
fn reached(days: &Days, today: Day, held: &Held, caps: &Caps) -> Result<(), Reached> {
    let passes = |first: Day, cap: Money| {
        let spent = days.spent_since(first);
        (held.money.0 > 0 && spent + held.money > cap).then_some(spent)
    };
    if let Some(cap) = caps.day
        && let Some(spent) = passes(today, cap)
    {
        return Err(Reached::Day { spent, cap });
    }
    if let Some(cap) = caps.month
        && let Some(spent) = passes(today.first_of_month(), cap)
    {
        return Err(Reached::Month { spent, cap });
    }
    if let Some(cap) = caps.day_tokens {
        let spent = days.tokens_since(today);
        if spent.saturating_add(held.tokens) > cap {
            return Err(Reached::Tokens { spent, cap });
        }
    }
    Ok(())
}

/// What was counted, as far as it is written, and what is wrong with the file in one line, if anything is.
///
/// # Errors
/// [`StatsError`] when it cannot be read.
pub fn days(directory: &Path) -> Result<(Days, Option<String>), StatsError> {
    let mut file = file::File::new(Some(directory));
    file.look()?;
    Ok((file.whole(), damage(&file)))
}

/// Leaves out what is damaged in the file and goes on with what is known; says what was wrong, if anything was.
///
/// # Errors
/// [`StatsError`] when it cannot be read or written.
pub fn mend(directory: &Path) -> Result<Option<String>, StatsError> {
    let mut file = file::File::new(Some(directory));
    file.look()?;
    let Some(damage) = damage(&file) else { return Ok(None) };
    file.mend().map(|()| Some(damage))
}

/// The present day.
pub fn today() -> Day {
    Day(platform::local_day(SystemTime::now()))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
