//! Forgetting: the keys of entries are erased, and a record says which.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

use super::AuditError;
use super::entry::Entry;
use super::folder;
use super::frame::{self, Kind, PREFIX};
use super::log::{Log, Note, Text};
use super::vault::{self, EMPTY, Vault};
use super::walk::{self, Stop};

/// Most ranges in one record of what was forgotten.
const MOST_RANGES: usize = 1000;

/// What is to be forgotten.
#[derive(Default)]
struct Found {
    /// Segments, and where in them keys lie, in the order of the trail.
    keys: Vec<(u64, u64)>,
    /// First and last numbers of entries.
    ranges: Vec<(u64, u64)>,
    /// Segments of which a part cannot be read.
    unread: Vec<u64>,
}

impl Log {
    /// Erases the keys of entries since that time; says how many.
    pub(super) fn forget(&mut self, since: u64, now: u64) -> Result<usize, AuditError> {
        let lock = self.folder.lock()?;
        let Some(vault) = Vault::load(&vault::file_in(&self.folder.state))? else { return Ok(0) };
        let found = self.find(&vault, since)?;
        if !found.keys.is_empty() {
            // First it is said, then it is done: a key that is gone without a word is a damage.
            let texts: Vec<Text> = found
                .ranges
                .chunks(MOST_RANGES)
                .map(|ranges| Text::Plain(Kind::Forgot, Note { at: now, ranges: ranges.to_vec(), ..Note::default() }))
                .collect();
            self.write(&lock, &texts, now, true)?;
        }
        for group in found.keys.chunk_by(|one, other| one.0 == other.0) {
            let ordinal = group[0].0;
            let file = self.folder.open(ordinal, OpenOptions::new().write(true))?;
            let erased = group.iter().try_for_each(|(_, place)| file.write_all_at(&EMPTY, *place)).and_then(|()| file.sync_data());
            erased.map_err(|error| AuditError::io(&self.folder.segment(ordinal), error))?;
        }
        match found.unread.first() {
            None => Ok(found.keys.len()),
            Some(first) => {
                Err(AuditError::Unread { forgotten: found.keys.len(), segment: folder::name(*first), count: found.unread.len() })
            }
        }
    }

    fn find(&self, vault: &Vault, since: u64) -> Result<Found, AuditError> {
        let mut found = Found::default();
        let ordinals = self.folder.ordinals()?;
        for ordinal in &ordinals {
            let bytes = match self.folder.read(*ordinal, 0) {
                Ok(bytes) => bytes,
                Err(AuditError::Foreign(_)) => {
                    found.unread.push(*ordinal);
                    continue;
                }
                Err(error) => return Err(error),
            };
            // Everything before a segment is older than its beginning.
            if walk::begin(&bytes).is_ok_and(|(head, _)| head.created < since) {
                found.unread.clear();
            }
            let mut goes_on = false;
            let see = |place: u64, record: &frame::Record<'_>| {
                if record.kind != Kind::Entry || record.slot == EMPTY {
                    return;
                }
                let entry = vault.open(record.seq, record.slot, record.body).ok().and_then(|text| Entry::decode(&text));
                // What cannot be read any more is forgotten with everything.
                let goes = entry.map_or(since == 0, |entry| entry.at_ms >= since);
                match found.ranges.last_mut().filter(|_| goes && goes_on) {
                    Some((_, last)) => *last = record.seq,
                    None if goes => found.ranges.push((record.seq, record.seq)),
                    None => {}
                }
                goes_on = goes;
                if goes {
                    found.keys.push((*ordinal, place + PREFIX as u64));
                }
            };
            let is_read = match walk::whole(&bytes, see) {
                Ok((_, _, Stop::End)) => true,
                // What is being written when its writer ends is cut off by the next.
                Ok((_, _, Stop::Torn(_))) | Err(Stop::Torn(_)) => ordinals.last() == Some(ordinal),
                Ok((_, _, Stop::Damaged(_))) | Err(_) => false,
            };
            if !is_read {
                found.unread.push(*ordinal);
            }
        }
        Ok(found)
    }
}
