//! Where a trail ends, as a writer finds it.

use std::os::unix::fs::MetadataExt;

use tracing::warn;

use super::AuditError;
use super::anchor::Noted;
use super::frame::{Hash, Kind};
use super::log::Log;
use super::seal::Seal;
use super::vault::Vault;
use super::walk::{self, Reached, Stop};
use crate::domain::LogEvent;

/// The end of the trail.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) ordinal: u64,
    pub(super) inode: u64,
    pub(super) created: u64,
    pub(super) reached: Reached,
    /// Whether more may be appended to this segment.
    pub(super) is_open: bool,
    pub(super) torn: u64,
    /// The last seal that was seen, and its number among the records.
    pub(super) last_seal: Option<(Seal, u64)>,
    /// What is noted of the end outside.
    pub(super) noted: Noted,
}

impl Place {
    /// Before the first segment.
    const NONE: Self = Self {
        ordinal: 0,
        inode: 0,
        created: 0,
        reached: Reached { length: 0, next: 0, head: [0; size_of::<Hash>()] },
        is_open: false,
        torn: 0,
        last_seal: None,
        noted: Noted::Nothing,
    };
}

impl Log {
    /// Where the trail ends, with what others have appended. What is not as it was written stays where it is, and the next
    /// record begins a segment behind it.
    pub(super) fn end(&mut self, vault: Option<&Vault>) -> Result<Place, AuditError> {
        let mut torn_segments = 0;
        let mut place = loop {
            let Some(ordinal) = self.folder.ordinals()?.pop() else {
                break Place::NONE;
            };
            match self.end_of(ordinal)? {
                Some(place) => break place,
                // It was being begun when its writer ended.
                None => {
                    self.folder.remove(ordinal)?;
                    torn_segments += 1;
                }
            }
        };
        if let Some(known) = self.at
            && (place.reached.next < known.reached.next)
        {
            self.is_gone();
            place = Place { ordinal: place.ordinal.max(known.ordinal), is_open: false, torn: 0, ..known };
        }
        let is_read = place.is_open || place.ordinal == 0;
        place.noted = Noted::load(&self.folder.state, vault)?;
        match place.noted {
            // What is damaged at its end is told of already, and is gone on from where it can be read.
            Noted::End(end) if is_read && place.reached.next < end.next => {
                self.is_gone();
                // The chain goes on from what was there, so that everybody sees from now on that something is missing.
                let reached = Reached { length: 0, next: end.next, head: end.head };
                place = Place { ordinal: place.ordinal.max(end.ordinal), is_open: false, torn: 0, reached, ..place };
            }
            Noted::Wrong if vault.is_some() && !self.is_note_told => {
                self.is_note_told = true;
                warn!(event = LogEvent::AuditDamaged.name(), reason = "end", "what was noted of the end of the audit trail was changed");
                self.damaged += 1;
            }
            _ => {}
        }
        self.torn += u64::from(place.torn > 0) + torn_segments;
        Ok(place)
    }

    /// Where a segment ends; `None` when it has not even a head.
    fn end_of(&mut self, ordinal: u64) -> Result<Option<Place>, AuditError> {
        let path = self.folder.segment(ordinal);
        let facts = std::fs::symlink_metadata(&path).map_err(|error| AuditError::io(&path, error))?;
        let known =
            self.at.filter(|at| (at.ordinal, at.inode, at.is_open) == (ordinal, facts.ino(), true) && at.reached.length <= facts.len());
        let bytes = self.folder.read(ordinal, known.map_or(0, |at| at.reached.length))?;
        let (mut place, bytes) = match known {
            Some(place) => (place, bytes.as_slice()),
            None => match walk::begin(&bytes) {
                Ok((head, reached)) => {
                    let (inode, created) = (facts.ino(), head.created);
                    let place = Place { ordinal, inode, created, reached, is_open: true, ..Place::NONE };
                    (place, &bytes[reached.length as usize..])
                }
                Err(Stop::Torn(_)) => return Ok(None),
                Err(_) => return self.behind_damage(ordinal).map(Some),
            },
        };
        let mut last_seal = place.last_seal;
        let (reached, stop) = walk::walk(bytes, place.reached, |_, record| {
            if record.kind == Kind::Sealed {
                last_seal = Seal::decode(record.body).map(|seal| (seal, record.seq));
            }
        });
        place = Place { reached, last_seal, torn: 0, ..place };
        match stop {
            Stop::End => {}
            Stop::Torn(bytes) => place.torn = bytes,
            Stop::Damaged(damage) => {
                let detail = format!("{} behind record {}", path.display(), reached.next);
                warn!(event = LogEvent::AuditDamaged.name(), reason = damage.name(), detail, "the audit trail was found to be changed");
                self.damaged += 1;
                place.is_open = false;
            }
        }
        Ok(Some(place))
    }

    /// Where to go on when the head of the last segment is damaged: behind what the one before it ends with.
    fn behind_damage(&mut self, ordinal: u64) -> Result<Place, AuditError> {
        self.damaged += 1;
        let mut place = Place { ordinal, ..Place::NONE };
        if let Some(before) = self.folder.ordinals()?.into_iter().rfind(|before| *before < ordinal)
            && let Ok((_, reached, _)) = walk::whole(&self.folder.read(before, 0)?, |_, _| {})
        {
            place.reached = reached;
        }
        Ok(place)
    }

    fn is_gone(&mut self) {
        warn!(event = LogEvent::AuditDamaged.name(), reason = "gone", "records that were written are gone");
        self.damaged += 1;
    }
}
