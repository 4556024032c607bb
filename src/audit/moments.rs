//! A trail as somebody reads it: the steps of requests, and what was done with the trail itself in between.

use std::path::Path;

use serde::Serialize;

use super::AuditError;
use super::anchor::Noted;
use super::entry::Entry;
use super::folder::{self, Folder};
use super::frame::{Kind, Record};
use super::log::Note;
use super::vault::{self, Closed, EMPTY, Vault};
use super::walk::{self, Stop};

/// Everything that can be read, the oldest first.
#[derive(Debug, Default)]
pub struct Moments {
    /// What happened.
    pub all: Vec<Moment>,
    /// Names of the files that cannot be read to their end, because they were changed or are not private, or in which
    /// entries cannot be opened, because the key is gone or another one. A torn end of the last one is none of them.
    pub unread: Vec<String>,
    /// Records that were on the disk are gone from the end of what can be read, or nobody can tell where that was.
    pub is_cut: bool,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Moment {
    /// A step of a request.
    Entry(Entry),
    /// Something that was done with the trail.
    Kept(Kept),
}

/// Something that was done with the trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// When, in milliseconds since the epoch.
    pub at_ms: u64,
    /// What.
    #[serde(flatten)]
    pub change: Change,
}

/// What can be done with a trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Change {
    /// Recording was turned on.
    TurnedOn,
    /// Recording was turned off.
    TurnedOff,
    /// The oldest records were dropped.
    Dropped {
        /// The number of the first record that was kept.
        first_kept: u64,
    },
    /// Records were forgotten.
    Forgot {
        /// How many.
        records: u64,
    },
    /// The end of a record whose writer had ended was cut off.
    CutOff {
        /// How many bytes.
        bytes: u64,
    },
}

impl Moment {
    /// When, in milliseconds since the epoch.
    pub fn at_ms(&self) -> u64 {
        match self {
            Self::Entry(entry) => entry.at_ms,
            Self::Kept(kept) => kept.at_ms,
        }
    }
}

/// Reads the trail of a state directory.
///
/// # Errors
/// [`AuditError`] when nothing of it can be read.
pub fn moments(state: &Path) -> Result<Moments, AuditError> {
    let folder = Folder::new(state);
    let mut found = Moments::default();
    let lock = folder.lock_for_reading()?;
    let vault = Vault::load(&vault::file_in(state)).ok().flatten();
    // It is as old as the trail only under the lock.
    let noted = Noted::load(state, vault.as_ref()).unwrap_or(Noted::Wrong);
    if lock.is_none() {
        found.is_cut = noted.misses(0);
        return Ok(found);
    }
    let mut next = 0;
    let ordinals = folder.ordinals()?;
    for ordinal in &ordinals {
        let is_last = ordinals.last() == Some(ordinal);
        let mut is_closed = false;
        let stop = folder.read(*ordinal, 0).map(|bytes| {
            let whole = walk::whole(&bytes, |_, record| match moment(vault.as_ref(), record) {
                Ok(moment) => found.all.extend(moment),
                Err(Closed::Forgotten) => {}
                Err(Closed::Wrong) => is_closed = true,
            });
            whole.map_or_else(
                |stop| stop,
                |(_, reached, stop)| {
                    next = next.max(reached.next);
                    stop
                },
            )
        });
        if is_closed || !matches!((stop, is_last), (Ok(Stop::End), _) | (Ok(Stop::Torn(_)), true)) {
            found.unread.push(folder::name(*ordinal));
        }
    }
    found.is_cut = found.unread.is_empty() && noted.misses(next);
    Ok(found)
}

fn moment(vault: Option<&Vault>, record: &Record<'_>) -> Result<Option<Moment>, Closed> {
    if record.kind != Kind::Entry {
        return Ok(kept(record).map(Moment::Kept));
    }
    if record.slot == EMPTY {
        return Err(Closed::Forgotten);
    }
    let text = vault.ok_or(Closed::Wrong)?.open(record.seq, record.slot, record.body)?;
    Entry::decode(&text).map(|entry| Some(Moment::Entry(entry))).ok_or(Closed::Wrong)
}

fn kept(record: &Record<'_>) -> Option<Kept> {
    let note: Note = serde_json::from_slice(record.body).ok()?;
    let records = note.ranges.iter().map(|(first, last)| last.saturating_sub(*first).saturating_add(1)).fold(0, u64::saturating_add);
    let change = match record.kind {
        Kind::Switched if note.on? => Change::TurnedOn,
        Kind::Switched => Change::TurnedOff,
        Kind::Pruned => Change::Dropped { first_kept: note.first? },
        Kind::Forgot => Change::Forgot { records },
        Kind::Mended => Change::CutOff { bytes: note.bytes? },
        Kind::Entry | Kind::Sealed => return None,
    };
    Some(Kept { at_ms: note.at, change })
}
