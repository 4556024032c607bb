//! Whether a trail is as it was written.

use std::path::Path;

use super::AuditError;
use super::anchor::{Anchor, Noted};
use super::entry::Entry;
use super::folder::{self, Folder};
use super::frame::{Damage, Hash, Kind, Record};
use super::log::{Note, hex};
use super::seal::{Checker, Seal, Sealer, VerifyKey};
use super::vault::{self, Closed, EMPTY, Vault};
use super::walk::{self, Reached, Stop};

/// What is known of a trail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Files.
    pub segments: usize,
    /// Bytes of all files.
    pub bytes: u64,
    /// Records that are as they were written.
    pub records: u64,
    /// Entries among them, and how many of those were forgotten.
    pub entries: u64,
    /// Entries whose key was erased.
    pub forgotten: u64,
    /// Torn ends that were cut off by whoever wrote next.
    pub mended: u64,
    /// The segment whose end is torn, and how many bytes of it.
    pub torn: Option<(String, u64)>,
    /// Seals, and whether they were checked.
    pub seals: u64,
    /// Whether they were checked with the key.
    pub is_checked: bool,
    /// Whether a sealing key is there.
    pub is_sealed: bool,
    /// Whether it is noted outside the trail where it ended.
    pub is_end_noted: bool,
    /// Records that no seal covers.
    pub unsealed: u64,
    /// The number of the first record that is still there.
    pub first: u64,
    /// What is not as it was written.
    pub problems: Vec<Problem>,
}

/// A place that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub segment: String,
    /// The number of the record.
    pub seq: Option<u64>,
    /// What is wrong.
    pub damage: Damage,
}

/// Reads the whole trail of a state directory. With the key of the seal the seals are checked too.
///
/// # Errors
/// [`AuditError`] when it cannot be read.
pub fn verify(state: &Path, key: Option<&VerifyKey>) -> Result<Report, AuditError> {
    let folder = Folder::new(state);
    let sealer = Sealer::load(state);
    let mut seals = Seals { checker: key.map(VerifyKey::checker), name: key.map(VerifyKey::name), last: None, covered: 0 };
    let mut report = Report { is_checked: key.is_some(), is_sealed: matches!(sealer, Ok(Some(_))), ..Report::default() };
    let lock = folder.lock_for_reading()?;
    let vault = Vault::load(&vault::file_in(state)).ok().flatten();
    // It is as old as the trail only under the lock.
    let mut end = End::noted(Noted::load(state, vault.as_ref()));
    report.is_end_noted = end.noted.is_some();
    if lock.is_none() {
        end.tell(&mut report, "audit", None);
        seals.end(sealer, &mut report, "audit");
        return Ok(report);
    }
    let mut trail = Trail { report: &mut report, vault, seals: &mut seals, erased: Vec::new(), forgot: Vec::new(), pruned: None };
    let mut before: Option<(u64, Reached)> = None;
    let (mut start, mut name) = (None, "audit".to_owned());
    let ordinals = folder.ordinals()?;
    for ordinal in &ordinals {
        let is_last = ordinals.last() == Some(ordinal);
        name = folder::name(*ordinal);
        let Ok(bytes) = folder.read(*ordinal, 0) else {
            trail.report.segments += 1;
            trail.report.problem(&name, None, Damage::Unread);
            (before, end.is_readable) = (None, false);
            continue;
        };
        (trail.report.segments, trail.report.bytes) = (trail.report.segments + 1, trail.report.bytes + bytes.len() as u64);
        let (head, from) = match walk::begin(&bytes) {
            Ok(begun) => begun,
            Err(Stop::Torn(bytes)) if is_last => {
                trail.report.torn = Some((name.clone(), bytes));
                continue;
            }
            Err(_) => {
                trail.report.problem(&name, None, Damage::Segment);
                (before, end.is_readable) = (None, false);
                continue;
            }
        };
        match before {
            _ if head.ordinal != *ordinal => trail.report.problem(&name, None, Damage::Order),
            Some((last, _)) if last + 1 != *ordinal => trail.report.problem(&name, Some(head.first), Damage::Missing),
            Some((_, reached)) if (reached.next, reached.head) != (head.first, head.before) => {
                trail.report.problem(&name, Some(head.first), Damage::Order);
            }
            Some(_) => {}
            None if start.is_none() && ordinals.first() == Some(ordinal) => start = Some((name.clone(), head.first, head.before)),
            // Behind a damaged segment nobody knows how the chain went on.
            None => {}
        }
        let mut last = head.before;
        let (reached, stop) = walk::walk(&bytes[from.length as usize..], from, |_, record| {
            trail.see(&name, record, if record.seq == head.first { &from.head } else { &last });
            last = record.head;
            end.see(record);
        });
        before = Some((*ordinal, reached));
        (end.next, end.is_readable) = (end.next.max(reached.next), !matches!(stop, Stop::Damaged(_)));
        match stop {
            Stop::End => {}
            Stop::Torn(bytes) if is_last => trail.report.torn = Some((name.clone(), bytes)),
            // Only the last segment is ever written to.
            Stop::Torn(_) => trail.report.problem(&name, Some(reached.next), Damage::Missing),
            Stop::Damaged(damage) => trail.report.problem(&name, Some(reached.next), damage),
        }
        if stop != Stop::End && !is_last {
            // A writer that found it goes on behind the last whole record; one that did not, somewhere else.
            before = Some((*ordinal, reached)).filter(|_| matches!(stop, Stop::Damaged(_)));
        }
    }
    let first = start.as_ref().map(|(_, first, _)| *first);
    trail.end(start);
    end.tell(&mut report, &name, first);
    seals.end(sealer, &mut report, &name);
    report.unsealed = before.map_or(0, |(_, reached)| reached.next.saturating_sub(seals.covered));
    Ok(report)
}

/// What is noted of the end, and what is there of it.
struct End {
    noted: Option<Anchor>,
    is_wrong: bool,
    /// Whether the last record that was noted was met, and was the one.
    is_it: Option<bool>,
    /// The number of the record behind the last one that was read.
    next: u64,
    /// Whether the last segment was read to its end. What is damaged there is told of by itself.
    is_readable: bool,
}

impl End {
    fn noted(noted: Result<Noted, AuditError>) -> Self {
        let (noted, is_wrong) = match noted {
            Ok(Noted::End(end)) => (Some(end), false),
            Ok(Noted::Nothing) => (None, false),
            Ok(Noted::Wrong) | Err(_) => (None, true),
        };
        Self { noted, is_wrong, is_it: None, next: 0, is_readable: true }
    }

    fn see(&mut self, record: &Record<'_>) {
        if let Some(end) = self.noted.filter(|end| record.seq + 1 == end.next) {
            self.is_it = Some(self.is_it == Some(true) || record.head == end.head);
        }
    }

    /// `first` is the number of the first record that is still there.
    fn tell(&self, report: &mut Report, name: &str, first: Option<u64>) {
        if self.is_wrong {
            return report.problem("audit.end", None, Damage::End);
        }
        let Some(end) = self.noted.filter(|_| self.is_readable) else { return };
        // Whoever drops segments says so behind the end that was noted before, and notes it.
        let is_behind = first.is_some_and(|first| first >= end.next);
        if self.next < end.next {
            report.problem(name, Some(self.next), Damage::End);
        } else if self.is_it == Some(false) || is_behind {
            report.problem(name, Some(end.next - 1), Damage::End);
        }
    }
}

/// What is gathered on the way.
struct Trail<'a> {
    report: &'a mut Report,
    vault: Option<Vault>,
    seals: &'a mut Seals,
    /// Entries without a key.
    erased: Vec<(String, u64)>,
    /// What was said to be forgotten.
    forgot: Vec<(u64, u64)>,
    /// The last record that was said to be the first one kept, and the hash before it.
    pruned: Option<(u64, Option<String>)>,
}

impl Trail<'_> {
    fn see(&mut self, name: &str, record: &Record<'_>, before: &Hash) {
        self.report.records += 1;
        if record.kind != Kind::Entry && record.slot != EMPTY {
            self.report.problem(name, Some(record.seq), Damage::Key);
        }
        match record.kind {
            Kind::Entry => self.entry(name, record),
            Kind::Sealed => self.seals.see(name, record, before, self.report),
            Kind::Pruned | Kind::Forgot | Kind::Mended | Kind::Switched => {
                let Ok(note) = serde_json::from_slice::<Note>(record.body) else {
                    return self.report.problem(name, Some(record.seq), Damage::Content);
                };
                self.report.mended += u64::from(record.kind == Kind::Mended);
                self.forgot.extend(note.ranges);
                if let Some(first) = note.first {
                    self.pruned = Some((first, note.before));
                }
            }
        }
    }

    fn entry(&mut self, name: &str, record: &Record<'_>) {
        self.report.entries += 1;
        let opened = match &self.vault {
            _ if record.slot == EMPTY => Err(Closed::Forgotten),
            Some(vault) => vault.open(record.seq, record.slot, record.body),
            None => Err(Closed::Wrong),
        };
        match opened {
            Ok(text) if Entry::decode(&text).is_some() => {}
            Ok(_) => self.report.problem(name, Some(record.seq), Damage::Content),
            Err(Closed::Wrong) => self.report.problem(name, Some(record.seq), Damage::Key),
            Err(Closed::Forgotten) => self.erased.push((name.to_owned(), record.seq)),
        }
    }

    fn end(self, start: Option<(String, u64, Hash)>) {
        let Self { report, erased, forgot, pruned, .. } = self;
        for (name, seq) in erased {
            if forgot.iter().any(|(first, last)| (*first..=*last).contains(&seq)) {
                report.forgotten += 1;
            } else {
                report.problem(&name, Some(seq), Damage::Key);
            }
        }
        let Some((name, first, before)) = start else { return };
        report.first = first;
        if first == 0 {
            return;
        }
        // A writer that ends while it drops segments leaves some that were to go.
        let may_be_first = pruned.is_some_and(|(kept, hash)| kept > first || kept == first && hash == Some(hex(&before)));
        if !may_be_first {
            report.problem(&name, Some(first), Damage::Missing);
        }
    }
}

impl Report {
    /// 0: whole. 1: nothing but a torn end. 3: something was changed.
    pub fn status(&self) -> u8 {
        if self.problems.is_empty() { u8::from(self.torn.is_some()) } else { 3 }
    }

    fn problem(&mut self, segment: &str, seq: Option<u64>, damage: Damage) {
        self.problems.push(Problem { segment: segment.to_owned(), seq, damage });
    }
}

/// The seals on the way.
struct Seals {
    checker: Option<Checker>,
    name: Option<[u8; 8]>,
    /// The seal before, and whether there was one before that of this name.
    last: Option<Seal>,
    covered: u64,
}

impl Seals {
    fn see(&mut self, name: &str, record: &Record<'_>, before: &Hash, report: &mut Report) {
        report.seals += 1;
        let Some(seal) = Seal::decode(record.body) else { return report.problem(name, Some(record.seq), Damage::Content) };
        // Numbers follow each other; a new key begins at 0, and what was dropped is gone with its seals.
        let follows = match self.last {
            Some(last) if last.name == seal.name => seal.index == last.index + 1,
            Some(_) => seal.index == 0,
            None => true,
        };
        let is_ours = self.name.is_none_or(|ours| ours == seal.name);
        let fits = self.checker.as_mut().filter(|_| is_ours).is_none_or(|checker| checker.fits(&seal, record.seq, before));
        if !follows || !fits {
            report.problem(name, Some(record.seq), Damage::Seal);
        }
        (self.last, self.covered) = (Some(seal), record.seq + 1);
    }

    /// The key that is kept must be the one behind the last seal: it cannot be made for a trail that was cut before it.
    fn end(&mut self, sealer: Result<Option<Sealer>, AuditError>, report: &mut Report, name: &str) {
        let agrees = match (&sealer, &self.last, &mut self.checker) {
            (Ok(None), None, checker) => checker.is_none(),
            (Ok(Some(sealer)), Some(last), checker) => {
                let is_next = sealer.name == last.name && (sealer.index == last.index + 1 || sealer.index == last.index);
                is_next
                    && self.name.is_none_or(|ours| ours == sealer.name)
                    && checker.as_mut().is_none_or(|checker| checker.leads_to(sealer))
            }
            _ => false,
        };
        if !agrees {
            report.problem(name, None, Damage::Seal);
        }
    }
}
