//! What the last days cost, a second time and in short, beside the file of what was counted: where lines of that are damaged,
//! or all of it is gone, caps hold by what stands here.
//!
//! One line with a checksum in front, rewritten under the lock of the other file behind each change of it. So it may be older, by what
//! was counted when a process was killed, and is never newer.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::file::{StatsError, checked, failed, open, with_checksum};
use super::rows::{Calls, Days, Row};
use crate::domain::{Day, Money};

/// Its ending behind the name of the other file.
const ENDING: &str = ".spent";
/// As many days as a month may have.
const MOST_DAYS: i32 = 31;
const MOST_BYTES: u64 = 16 * 1024;

/// What a day cost, or took away from what it had cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Cost {
    #[serde(rename = "t")]
    tokens: i64,
    #[serde(rename = "n")]
    parts: i64,
}

/// What the last days cost.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Spent(BTreeMap<i32, Cost>);

/// What stands beside the file.
#[derive(Debug, Default)]
pub(super) enum Beside {
    #[default]
    Nothing,
    /// Something that cannot be used.
    Damaged,
    Spent(Spent),
}

impl Beside {
    pub(super) fn spent(&self) -> Option<&Spent> {
        match self {
            Self::Spent(spent) => Some(spent),
            Self::Nothing | Self::Damaged => None,
        }
    }
}

impl Cost {
    fn of(row: &Row) -> Self {
        let calls = row.calls();
        calls.fold(Self::default(), |sum, calls| sum.plus(Self { tokens: calls.held_tokens, parts: calls.parts }))
    }

    fn plus(self, other: Self) -> Self {
        Self { tokens: self.tokens.saturating_add(other.tokens), parts: self.parts.saturating_add(other.parts) }
    }

    fn max(self, other: Self) -> Self {
        Self { tokens: self.tokens.max(other.tokens), parts: self.parts.max(other.parts) }
    }
}

impl Spent {
    /// What stands beside the file at `path`.
    pub(super) fn load(path: &Path) -> Beside {
        let file = match open(&beside(path), OpenOptions::new().read(true)) {
            Ok(file) => file,
            Err(StatsError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => return Beside::Nothing,
            Err(_) => return Beside::Damaged,
        };
        let mut bytes = Vec::new();
        let is_read = file.take(MOST_BYTES).read_to_end(&mut bytes).is_ok();
        let line = bytes.strip_suffix(b"\n").filter(|_| is_read).and_then(checked);
        line.and_then(|line| serde_json::from_slice(line).ok()).map_or(Beside::Damaged, Beside::Spent)
    }

    /// Takes away what stands there.
    pub(super) fn forget(path: &Path) -> Result<(), StatsError> {
        let beside = beside(path);
        fs::remove_file(&beside).or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(failed(&beside, error)) })
    }

    /// Puts it in the place of what stands there.
    pub(super) fn store(&self, path: &Path) -> Result<(), StatsError> {
        let (to, aside) = (beside(path), path.with_extension("v1.spent.new"));
        let _ = fs::remove_file(&aside);
        let mut file = open(&aside, OpenOptions::new().write(true).create_new(true))?;
        let text = serde_json::to_string(self).unwrap_or_default();
        let written = file.write_all(&with_checksum(&text)).and_then(|()| fs::rename(&aside, &to));
        written.map_err(|error| failed(&to, error))
    }

    /// The same behind these rows, which stand among `days` by now.
    pub(super) fn behind(&self, rows: &[(Day, Row)], days: &Days) -> Self {
        let mut sum = self.clone();
        for (day, row) in rows {
            let cost = sum.0.entry(day.0).or_default();
            *cost = cost.plus(Cost::of(row));
        }
        let latest = sum.0.keys().next_back().copied().into_iter().chain(days.0.keys().next_back().map(|day| day.0)).max();
        let is_kept = |day: i32| latest.is_some_and(|latest| latest.saturating_sub(day) < MOST_DAYS);
        for (day, row) in days.0.iter().filter(|(day, _)| is_kept(day.0)) {
            let cost = sum.0.entry(day.0).or_default();
            *cost = cost.max(Cost::of(row));
        }
        sum.0.retain(|day, cost| is_kept(*day) && *cost != Cost::default());
        sum
    }

    /// What is missing among `days`, as calls that nobody knows more of.
    pub(super) fn beyond(&self, days: &Days) -> Vec<(Day, Row)> {
        let missing = self.0.iter().filter_map(|(day, cost)| {
            let known = days.0.get(&Day(*day)).map(Cost::of).unwrap_or_default();
            let (tokens, parts) = (cost.tokens.saturating_sub(known.tokens).max(0), cost.parts.saturating_sub(known.parts).max(0));
            (tokens > 0 || parts > 0).then(|| (Day(*day), Row::lost(Calls { held_tokens: tokens, parts, ..Calls::default() })))
        });
        missing.collect()
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ENDING);
    name.into()
}

/// What rows cost that stand for what was lost.
pub(super) fn money(rows: &[(Day, Row)]) -> Money {
    Money(rows.iter().map(|(_, row)| Cost::of(row).parts).fold(0, i64::saturating_add))
}
