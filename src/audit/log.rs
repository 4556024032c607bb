//! The trail as it is written: one writer at a time, each of whom first takes up what others have appended.

use std::fs::OpenOptions;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tracing::warn;

use super::AuditError;
use super::anchor::{Anchor, Noted};
use super::entry::Entry;
use super::folder::{self, Folder, Lock};
use super::frame::{self, Kind, MOST_BODY, SegmentHead};
use super::place::Place;
use super::seal::{Seal, Sealer, VerifyKey};
use super::vault::{self, EMPTY, Vault};
use super::walk::{self, Stop};
use crate::domain::LogEvent;

/// A day in milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// How much is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// A segment is closed when it is as large as that, in bytes.
    pub(super) segment: u64,
    /// The oldest segments are dropped when all are larger than that, in bytes.
    pub(super) total: u64,
    /// What is older is dropped, in milliseconds.
    pub(super) age: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { segment: 256 * 1024, total: 16 * 1000 * 1000, age: 90 * DAY }
    }
}

/// Writes a trail.
pub(super) struct Log {
    limits: Limits,
    pub(super) folder: Folder,
    pub(super) at: Option<Place>,
    /// Whether it was told that the note of the end was changed.
    pub(super) is_note_told: bool,
    /// How many torn ends were mended, and how often something was found that nobody here has written.
    pub(super) torn: u64,
    pub(super) damaged: u64,
    /// Records written.
    pub(super) records: u64,
}

/// What is to be written.
pub(super) enum Text {
    Entry(Entry),
    Plain(Kind, Note),
    /// A seal over everything before it.
    Seal,
}

/// What records say that are not encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Note {
    /// When, in milliseconds since the epoch.
    pub(super) at: u64,
    /// Bytes of a torn end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) bytes: Option<u64>,
    /// The first record that was kept, and the hash before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) first: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<String>,
    /// First and last numbers of entries that were forgotten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) ranges: Vec<(u64, u64)>,
    /// Whether recording was turned on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) on: Option<bool>,
}

impl Log {
    pub(super) fn new(state: &Path) -> Self {
        Self::with_limits(state, Limits::default())
    }

    pub(super) fn with_limits(state: &Path, limits: Limits) -> Self {
        Self { limits, folder: Folder::new(state), at: None, is_note_told: false, torn: 0, damaged: 0, records: 0 }
    }

    /// Whether there is a trail.
    pub(super) fn exists(&self) -> Result<bool, AuditError> {
        Ok(self.folder.lock_for_reading()?.is_some())
    }

    /// Appends these texts, all or none. With `sync` they are on the disk when it returns.
    pub(super) fn append(&mut self, texts: &[Text], now: u64, sync: bool) -> Result<(), AuditError> {
        let lock = self.folder.lock()?;
        if self.write(&lock, texts, now, sync)?
            && let Err(error) = self.drop_oldest(&lock, now, self.limits.age)
        {
            // The texts are written, and whoever is told of a failure writes them again.
            warn!(event = LogEvent::AuditFailed.name(), reason = "drop", detail = %error, "the oldest records cannot be dropped");
        }
        Ok(())
    }

    /// Seals what no seal covers yet, if the trail is sealed and the epoch is over, or with `at_once`.
    pub(super) fn seal(&mut self, now: u64, at_once: bool) -> Result<(), AuditError> {
        let Some(sealer) = Sealer::load(&self.folder.state)? else { return Ok(()) };
        if !at_once && !sealer.is_due(now) {
            return Ok(());
        }
        let lock = self.folder.lock()?;
        let vault = self.vault()?;
        let next = self.end(vault.as_ref())?.reached.next;
        let sealer = Sealer::load(&self.folder.state)?;
        if sealer.is_some_and(|sealer| next > sealer.covered) { self.write(&lock, &[Text::Seal], now, true).map(drop) } else { Ok(()) }
    }

    /// Begins to seal, and returns the key that all seals can be checked with.
    pub(super) fn init_seal(&mut self, now: u64) -> Result<VerifyKey, AuditError> {
        let lock = self.folder.lock()?;
        if Sealer::load(&self.folder.state)?.is_some() {
            return Err(AuditError::Sealed(super::seal::file_in(&self.folder.state)));
        }
        // A trail that cannot be read is not sealed at all.
        let vault = self.vault()?;
        self.end(vault.as_ref())?;
        let key = VerifyKey::new()?;
        Sealer::first(&key, now).create(&self.folder.state)?;
        let written = self.write(&lock, &[Text::Seal], now, true);
        self.begun(key, written.map(drop))
    }

    /// The key, if the first seal stands in the trail; whoever writes next makes the step up that could not be stored.
    /// Otherwise the trail is not sealed, because nobody would ever see the key.
    pub(super) fn begun(&mut self, key: VerifyKey, written: Result<(), AuditError>) -> Result<VerifyKey, AuditError> {
        let Err(error) = written else { return Ok(key) };
        let is_first = |seal: (Seal, u64)| (seal.0.name, seal.0.index) == (key.name(), 0);
        let place = self.vault().and_then(|vault| self.end(vault.as_ref()));
        if place.is_ok_and(|place| place.last_seal.is_some_and(is_first)) {
            return Ok(key);
        }
        Sealer::withdraw(&key, &self.folder.state)?;
        Err(error)
    }

    /// How many records no seal covers, `None` when the trail is not sealed.
    pub(super) fn unsealed(&self) -> Option<u64> {
        let sealer = Sealer::load(&self.folder.state).ok()??;
        Some(self.at.map_or(0, |at| at.reached.next.saturating_sub(sealer.covered)))
    }

    /// The number of the last record, as far as this process has looked.
    pub(super) fn head(&self) -> Option<u64> {
        self.at.and_then(|at| at.reached.next.checked_sub(1))
    }

    /// Drops segments whose records are all older than `age`, in milliseconds, and as many as there are bytes too many; says how many.
    pub(super) fn prune(&mut self, now: u64, age: u64) -> Result<usize, AuditError> {
        let lock = self.folder.lock()?;
        match self.drop_all(&lock, now, age)? {
            0 => self.drop_oldest(&lock, now, age),
            all => Ok(all),
        }
    }

    /// Drops all segments where the last one was written to before `age` and holds more than what was done with the trail; says how many.
    fn drop_all(&mut self, lock: &Lock, now: u64, age: u64) -> Result<usize, AuditError> {
        let ordinals = self.folder.ordinals()?;
        let Some(last) = ordinals.last() else { return Ok(0) };
        let mut holds_steps = false;
        let is_whole = walk::whole(&self.folder.read(*last, 0)?, |_, record| holds_steps |= record.kind == Kind::Entry)
            .is_ok_and(|(_, _, stop)| stop == Stop::End);
        if !is_whole || !(holds_steps || ordinals.len() > 1) || self.folder.written(*last)?.saturating_add(age) > now {
            return Ok(0);
        }
        let end = self.end(self.vault()?.as_ref())?.reached;
        let note = Note { at: now, first: Some(end.next), before: Some(hex(&end.head)), ..Note::default() };
        let limit = std::mem::replace(&mut self.limits.segment, 0);
        let written = self.write(lock, &[Text::Plain(Kind::Pruned, note)], now, true);
        self.limits.segment = limit;
        written?;
        self.remove(lock, &ordinals)
    }

    /// Removes segments that a record says are dropped. One that cannot be removed keeps no other.
    fn remove(&self, lock: &Lock, ordinals: &[u64]) -> Result<usize, AuditError> {
        let removed: Vec<Result<(), AuditError>> = ordinals.iter().map(|ordinal| self.folder.remove(*ordinal)).collect();
        lock.sync().map_err(|error| AuditError::io(&self.folder.state, error))?;
        removed.into_iter().collect::<Result<(), _>>().map(|()| ordinals.len())
    }

    /// Writes texts behind the end; says whether a segment was begun.
    pub(super) fn write(&mut self, lock: &Lock, texts: &[Text], now: u64, sync: bool) -> Result<bool, AuditError> {
        // It is read every time: what is encrypted with a key that has gone from the disk nobody can read.
        let vault = self.vault()?;
        let place = self.end(vault.as_ref())?;
        let is_lost = vault.is_none() && (place.reached.next > 0 || place.noted != Noted::Nothing);
        let vault = match vault {
            Some(vault) => vault,
            None => self.new_vault(is_lost)?,
        };
        let sealer = self.sealer(&place, now)?;
        let mended = (place.torn > 0).then(|| Text::Plain(Kind::Mended, Note { at: now, bytes: Some(place.torn), ..Note::default() }));
        // A seal comes before what belongs to the next epoch.
        let due = sealer.as_ref().is_some_and(|sealer| sealer.is_due(now) && place.reached.next > sealer.covered);
        let wants_seal = texts.iter().any(|text| matches!(text, Text::Seal));
        let first = (due && !wants_seal).then_some(Text::Seal);
        let texts: Vec<&Text> = mended.iter().chain(&first).chain(texts).collect();
        let (mut bytes, mut reached, mut segment) = (Vec::new(), place.reached, place);
        // A segment that is a day old is closed, so that whole days can be dropped.
        let is_new = !place.is_open || place.reached.length >= self.limits.segment || now.saturating_sub(place.created) >= DAY;
        if is_new {
            segment = Place { ordinal: place.ordinal + 1, created: now, is_open: true, ..place };
            let head = SegmentHead { ordinal: segment.ordinal, first: reached.next, created: now, before: reached.head };
            (bytes, reached.head) = head.encode();
        }
        let start = if is_new { 0 } else { place.reached.length };
        let (mut sealed, mut seal) = (None, None);
        for text in texts {
            let (kind, slot, body) = match (text, &sealer) {
                (Text::Entry(entry), _) => {
                    let (slot, body) = vault.close(reached.next, &entry.encode())?;
                    (Kind::Entry, slot, body)
                }
                (Text::Plain(kind, note), _) => (*kind, EMPTY, serde_json::to_vec(note).unwrap_or_default()),
                (Text::Seal, Some(sealer)) => {
                    let body = sealer.body(reached.next, &reached.head);
                    sealed = Some(sealer.after(reached.next, now));
                    seal = Seal::decode(&body).map(|seal| (seal, reached.next));
                    (Kind::Sealed, EMPTY, body)
                }
                (Text::Seal, None) => continue,
            };
            if body.len() > MOST_BODY {
                return Err(AuditError::Long);
            }
            reached.head = frame::encode(&mut bytes, kind, reached.next, &slot, &body, &reached.head);
            reached.next += 1;
        }
        reached.length = start + bytes.len() as u64;
        let sync = sync || sealed.is_some();
        self.put(&mut segment, is_new, &bytes, start, sync)?;
        if sync {
            self.settle(lock, &place, segment.ordinal, is_new)?;
            let is_ours = place.noted != Noted::Wrong || is_lost;
            let end = Anchor { next: reached.next, ordinal: segment.ordinal, head: reached.head };
            if reached.next > place.reached.next
                && is_ours
                && let Err(error) = end.store(&self.folder.state, &vault)
            {
                // The texts are written, and an older note does no harm.
                warn!(event = LogEvent::AuditFailed.name(), reason = "end", detail = %error, "the end of the trail cannot be noted");
            }
        }
        self.records += reached.next - place.reached.next;
        self.at = Some(Place { reached, torn: 0, last_seal: seal.or(place.last_seal), ..segment });
        if let Some(sealer) = sealed
            && let Err(error) = sealer.store(&self.folder.state)
        {
            // The texts are written, and whoever writes next makes up for it.
            warn!(event = LogEvent::AuditFailed.name(), reason = "seal_key", detail = %error, "the key of the next seal cannot be stored");
        }
        Ok(is_new)
    }

    /// Makes durable what was written before without it: segments that no note of the end tells of yet, and the names of them.
    fn settle(&self, lock: &Lock, place: &Place, ordinal: u64, is_new: bool) -> Result<(), AuditError> {
        let noted = if let Noted::End(end) = place.noted { end.ordinal } else { 0 };
        if noted != ordinal {
            for earlier in self.folder.ordinals()?.into_iter().filter(|earlier| (noted..ordinal).contains(earlier)) {
                // One that is not private is read by nobody.
                let Ok(file) = self.folder.open(earlier, OpenOptions::new().read(true)) else { continue };
                file.sync_data().map_err(|error| AuditError::io(&self.folder.segment(earlier), error))?;
            }
        }
        if is_new || noted != ordinal { lock.sync().map_err(|error| AuditError::io(&self.folder.state, error)) } else { Ok(()) }
    }

    fn vault(&self) -> Result<Option<Vault>, AuditError> {
        Vault::load(&vault::file_in(&self.folder.state))
    }

    fn new_vault(&mut self, is_lost: bool) -> Result<Vault, AuditError> {
        let path = vault::file_in(&self.folder.state);
        if is_lost {
            let detail = path.display().to_string();
            warn!(
                event = LogEvent::AuditDamaged.name(),
                reason = "key",
                detail,
                "the key of the audit trail is gone; a new one reads only what comes"
            );
            self.damaged += 1;
        }
        Vault::create(&path)
    }

    fn put(&self, segment: &mut Place, is_new: bool, bytes: &[u8], start: u64, sync: bool) -> Result<(), AuditError> {
        let path = self.folder.segment(segment.ordinal);
        let failed = |error| AuditError::io(&path, error);
        let mut options = OpenOptions::new();
        let mut file = self.folder.open(segment.ordinal, options.append(true).create_new(is_new))?;
        if !is_new {
            // Cuts a torn end off.
            file.set_len(start).map_err(failed)?;
        }
        segment.inode = file.metadata().map_err(failed)?.ino();
        let written = folder::append(&mut file, start, bytes, sync);
        if written.is_err() && is_new {
            // A segment without records is none.
            let _ = self.folder.remove(segment.ordinal);
        }
        written.map_err(failed)
    }

    /// The sealing state, with the step made up for that a crash has kept from being stored.
    fn sealer(&self, place: &Place, now: u64) -> Result<Option<Sealer>, AuditError> {
        let Some(sealer) = Sealer::load(&self.folder.state)? else { return Ok(None) };
        match place.last_seal {
            Some((seal, seq)) if (seal.name, seal.index) == (sealer.name, sealer.index) => {
                let sealer = sealer.after(seq, now);
                sealer.store(&self.folder.state)?;
                Ok(Some(sealer))
            }
            _ => Ok(Some(sealer)),
        }
    }

    fn drop_oldest(&mut self, lock: &Lock, now: u64, age: u64) -> Result<usize, AuditError> {
        let ordinals = self.folder.ordinals()?;
        let looked = ordinals.iter().map(|ordinal| self.folder.look(*ordinal)).collect::<Result<Vec<_>, _>>()?;
        let mut total: u64 = looked.iter().map(|(_, size)| size).sum();
        let mut goes = 0;
        for (at, (_, size)) in looked.iter().enumerate().take(looked.len().saturating_sub(1)) {
            // All records of a segment are older than the next segment whose beginning can be read.
            let next = looked[at + 1..].iter().find_map(|(head, _)| *head);
            let is_old = next.is_some_and(|next| next.created.saturating_add(age) <= now);
            if !is_old && total <= self.limits.total {
                break;
            }
            total -= size;
            goes = at + 1;
        }
        // The chain goes on from a head that can be read.
        let Some((kept, head)) = looked.iter().enumerate().skip(goes).find_map(|(at, (head, _))| head.map(|head| (at, head))) else {
            return Ok(0);
        };
        if goes == 0 || kept == 0 {
            return Ok(0);
        }
        let note = Note { at: now, first: Some(head.first), before: Some(hex(&head.before)), ..Note::default() };
        self.write(lock, &[Text::Plain(Kind::Pruned, note)], now, true)?;
        self.remove(lock, &ordinals[..kept])
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
