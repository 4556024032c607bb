//! Counting what paths name, within bounds, without following links and without leaving a file system.

use std::cell::Cell;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};

use super::pattern::PathPattern;
use crate::validate::EffectKind;

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Directory,
    Link,
    /// A device, a pipe or a socket.
    Other,
}

/// What is known of a path without opening it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    /// Length in bytes.
    pub(super) bytes: u64,
    /// The file system it is on.
    pub(super) device: u64,
}

/// The file system, as far as counting needs it.
pub(super) trait Files: Send + Sync {
    /// What stands at a path; a link is not followed.
    fn look(&self, path: &Path) -> io::Result<Entry>;
    /// What stands where a link leads.
    fn follow(&self, path: &Path) -> io::Result<Entry>;
    /// Calls `each` with the names in a directory until it says `false`.
    fn list(&self, directory: &Path, each: &mut dyn FnMut(&OsStr) -> bool) -> io::Result<()>;
    /// Whether the path is on a mount that another machine or a program answers for. It must not touch that mount.
    fn is_remote(&self, path: &Path) -> bool;
}

/// What one effect names right now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum {
    /// Paths that exist, before looking below them.
    pub(super) targets: u64,
    /// Everything that is no directory.
    pub(super) files: u64,
    /// Directories.
    pub(super) directories: u64,
    /// Length of the files in bytes.
    pub(super) bytes: u64,
    /// Whether there may be more.
    pub(super) partial: bool,
}

/// Where the counting thread leaves what it has found so far.
#[derive(Debug)]
pub(super) struct Progress {
    sums: Mutex<Vec<Sum>>,
    /// Nobody waits any longer.
    stop: AtomicBool,
}

impl Progress {
    /// Nothing is known of any of `count` effects.
    pub(super) fn new(count: usize) -> Self {
        Self { sums: Mutex::new(vec![Sum { partial: true, ..Sum::default() }; count]), stop: AtomicBool::new(false) }
    }

    /// What is known now. After this the thread counts no further.
    pub(super) fn end(&self) -> Vec<Sum> {
        self.stop.store(true, Ordering::Relaxed);
        self.sums.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, index: usize, sum: Sum) {
        if let Some(place) = self.sums.lock().unwrap_or_else(PoisonError::into_inner).get_mut(index) {
            *place = sum;
        }
    }
}

/// How much may still be looked at.
pub(super) struct Budget<'a> {
    entries: Cell<usize>,
    incomplete: Cell<bool>,
    progress: &'a Progress,
}

impl<'a> Budget<'a> {
    pub(super) fn new(entries: usize, progress: &'a Progress) -> Self {
        Self { entries: Cell::new(entries), incomplete: Cell::new(false), progress }
    }

    /// Pays for one entry; `false` when nothing more may be looked at.
    pub(super) fn spend(&self) -> bool {
        let left = self.entries.get();
        if left == 0 {
            self.incomplete();
            return false;
        }
        self.entries.set(left - 1);
        self.goes_on()
    }

    /// Whether somebody still waits.
    fn goes_on(&self) -> bool {
        let stopped = self.progress.stop.load(Ordering::Relaxed);
        if stopped {
            self.incomplete();
        }
        !stopped
    }

    /// Notes that something could not be looked at.
    pub(super) fn incomplete(&self) {
        self.incomplete.set(true);
    }
}

/// One effect to count.
pub(super) struct Target {
    pub(super) kind: EffectKind,
    pub(super) path: Option<PathPattern>,
    pub(super) recursive: bool,
}

/// Counts all targets, one after the other, and leaves the sums in the budget's progress as they grow. A path that two
/// targets of one kind name counts once.
pub(super) fn count(targets: &[Target], files: &dyn Files, budget: &Budget<'_>) {
    let mut seen: [HashSet<PathBuf>; 3] = Default::default();
    for (index, target) in targets.iter().enumerate() {
        let Some(pattern) = &target.path else {
            budget.progress.set(index, Sum::default());
            continue;
        };
        let seen = match target.kind {
            EffectKind::Delete => &mut seen[0],
            EffectKind::Overwrite => &mut seen[1],
            EffectKind::ChangeAccess => &mut seen[2],
        };
        let mut counting = Counting { files, budget, index, sum: Sum { partial: true, ..Sum::default() }, seen };
        budget.incomplete.set(false);
        // A name that a pattern found has been paid for.
        let paid = pattern.has_pattern();
        pattern.expand(files, budget, &mut |path| counting.target(&path, target, paid));
        counting.sum.partial = budget.incomplete.get();
        counting.publish();
    }
}

struct Counting<'a> {
    files: &'a dyn Files,
    budget: &'a Budget<'a>,
    index: usize,
    sum: Sum,
    seen: &'a mut HashSet<PathBuf>,
}

impl Counting<'_> {
    fn publish(&self) {
        self.budget.progress.set(self.index, self.sum);
    }

    fn target(&mut self, path: &Path, target: &Target, paid: bool) {
        if self.files.is_remote(path) {
            return self.budget.incomplete();
        }
        if !(if paid { self.budget.goes_on() } else { self.budget.spend() }) {
            return;
        }
        let entry = match self.files.look(path) {
            // What is written through a link ends up where the link leads.
            Ok(Entry { kind: Kind::Link, .. }) if target.kind == EffectKind::Overwrite => self.files.follow(path),
            found => found,
        };
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return,
            Err(_) => return self.budget.incomplete(),
        };
        let counts = match (target.kind, entry.kind) {
            // Nothing is lost in a device, and nothing of an empty file.
            (EffectKind::Overwrite, Kind::File) => entry.bytes > 0,
            (EffectKind::Overwrite, Kind::Directory) | (EffectKind::Delete, Kind::Directory) => target.recursive,
            (EffectKind::Overwrite, Kind::Link | Kind::Other) => false,
            _ => true,
        };
        if !counts || !self.seen.insert(path.to_owned()) {
            return;
        }
        self.sum.targets += 1;
        self.add(&entry);
        if target.recursive && entry.kind == Kind::Directory {
            self.below(path, entry.device);
        }
    }

    fn below(&mut self, path: &Path, device: u64) {
        let (files, budget) = (self.files, self.budget);
        let mut open = vec![path.to_owned()];
        while let Some(directory) = open.pop() {
            let listed = files.list(&directory, &mut |name| {
                let path = directory.join(name);
                if !budget.spend() {
                    return false;
                }
                if files.is_remote(&path) {
                    budget.incomplete();
                    return true;
                }
                match files.look(&path) {
                    Ok(entry) if self.seen.insert(path.clone()) => {
                        self.add(&entry);
                        match entry.kind {
                            Kind::Directory if entry.device == device => open.push(path),
                            Kind::Directory => budget.incomplete(),
                            _ => {}
                        }
                    }
                    // Counted for another target, or gone in the meantime.
                    Ok(_) => {}
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(_) => budget.incomplete(),
                }
                true
            });
            if listed.is_err() {
                budget.incomplete();
            }
        }
    }

    fn add(&mut self, entry: &Entry) {
        if entry.kind == Kind::Directory {
            self.sum.directories += 1;
        } else {
            self.sum.files += 1;
            self.sum.bytes = self.sum.bytes.saturating_add(if entry.kind == Kind::File { entry.bytes } else { 0 });
        }
        self.publish();
    }
}
