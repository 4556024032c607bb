//! The trail as it is written: one writer at a time, each of whom first takes up what others have appended.

use std::fs::OpenOptions;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tracing::warn;

use super::AuditError;
use super::entry::Entry;
use super::folder::{self, Folder, Lock};
use super::frame::{self, Hash, Kind, MOST_BODY, SegmentHead};
use super::seal::{Seal, Sealer, VerifyKey};
use super::vault::{self, EMPTY, Vault};
use super::walk::{self, Reached, Stop};
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
    at: Option<Place>,
    /// How many torn ends were mended, and how often something was found that nobody here has written.
    pub(super) torn: u64,
    pub(super) damaged: u64,
    /// Records written.
    pub(super) records: u64,
}

/// The end of the trail.
#[derive(Debug, Clone, Copy)]
struct Place {
    ordinal: u64,
    inode: u64,
    created: u64,
    reached: Reached,
    /// Whether more may be appended to this segment.
    is_open: bool,
    torn: u64,
    /// The last seal that was seen, and its number among the records.
    last_seal: Option<(Seal, u64)>,
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
        Self { limits, folder: Folder::new(state), at: None, torn: 0, damaged: 0, records: 0 }
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
        let next = self.end()?.reached.next;
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
        self.end()?;
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
        if self.end().is_ok_and(|place| place.last_seal.is_some_and(is_first)) {
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
        self.drop_oldest(&lock, now, age)
    }

    /// Writes texts behind the end; says whether a segment was begun.
    pub(super) fn write(&mut self, lock: &Lock, texts: &[Text], now: u64, sync: bool) -> Result<bool, AuditError> {
        let place = self.end()?;
        let sealer = self.sealer(&place, now)?;
        let mended = (place.torn > 0).then(|| Text::Plain(Kind::Mended, Note { at: now, bytes: Some(place.torn), ..Note::default() }));
        // A seal comes before what belongs to the next epoch.
        let due = sealer.as_ref().is_some_and(|sealer| sealer.is_due(now) && place.reached.next > sealer.covered);
        let wants_seal = texts.iter().any(|text| matches!(text, Text::Seal));
        let first = (due && !wants_seal).then_some(Text::Seal);
        let texts: Vec<&Text> = mended.iter().chain(&first).chain(texts).collect();
        // It is read every time: what is encrypted with a key that has gone from the disk nobody can read.
        let vault = Vault::load_or_create(&vault::file_in(&self.folder.state))?;

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
        if is_new && sync {
            lock.sync().map_err(|error| AuditError::io(&self.folder.state, error))?;
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

    /// Where the trail ends, with what others have appended. What is not as it was written stays where it is, and the next
    /// record begins a segment behind it.
    fn end(&mut self) -> Result<Place, AuditError> {
        let mut torn_segments = 0;
        let mut place = loop {
            let Some(ordinal) = self.folder.ordinals()?.pop() else {
                let reached = Reached { length: 0, next: 0, head: Hash::default() };
                break Place { ordinal: 0, inode: 0, created: 0, reached, is_open: false, torn: 0, last_seal: None };
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
            warn!(event = LogEvent::AuditDamaged.name(), reason = "gone", "records that were written are gone");
            self.damaged += 1;
            place = Place { ordinal: place.ordinal.max(known.ordinal), is_open: false, torn: 0, ..known };
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
                    let place =
                        Place { ordinal, inode: facts.ino(), created: head.created, reached, is_open: true, torn: 0, last_seal: None };
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
        let mut place = Place {
            ordinal,
            inode: 0,
            created: 0,
            reached: Reached { length: 0, next: 0, head: Hash::default() },
            is_open: false,
            torn: 0,
            last_seal: None,
        };
        if let Some(before) = self.folder.ordinals()?.into_iter().rfind(|before| *before < ordinal)
            && let Ok((_, reached, _)) = walk::whole(&self.folder.read(before, 0)?, |_, _| {})
        {
            place.reached = reached;
        }
        Ok(place)
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
        // One that cannot be removed keeps no other.
        let removed: Vec<Result<(), AuditError>> = ordinals[..kept].iter().map(|ordinal| self.folder.remove(*ordinal)).collect();
        lock.sync().map_err(|error| AuditError::io(&self.folder.state, error))?;
        removed.into_iter().collect::<Result<(), _>>().map(|()| kept)
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
