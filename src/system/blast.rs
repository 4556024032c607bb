//! How many files a command line would delete, overwrite or open to others right now, in one line for its user.
//!
//! Looking is bounded in time and number and happens on a thread of its own, so that a mount that hangs costs the time
//! limit and nothing else. No link is followed while going down, and no file system is left.

mod count;
mod pattern;

use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use self::count::{Budget, Entry, Files, Kind, Progress, Sum, Target};
use self::pattern::{DoubleStar, PathPattern};
use crate::domain::{ShellFacts, ShellKind};
use crate::platform::RemoteMounts;
use crate::suggest::ports::Reach;
use crate::validate::{Effect, EffectKind};

/// How long counting may take.
pub const TIME_LIMIT: Duration = Duration::from_millis(50);
/// How many names may be looked at.
const ENTRY_LIMIT: usize = 10_000;
/// More effects than this are counted up to here only.
const MOST_EFFECTS: usize = 64;
/// Longest path that is shown, in characters.
const LABEL_LIMIT: usize = 48;

/// Says what the effects of a command line reach right now, as the asking shell sees its files:
/// `deletes 347 files (12.4 MB) under ./build`. `None` when they reach nothing that could be counted.
///
/// It takes 50 ms at most and looks at 10,000 names at most; what lies beyond is `at least`. Without effects it costs nothing.
pub fn describe(effects: &[Effect], facts: &ShellFacts) -> Option<String> {
    describe_within(effects, facts, TIME_LIMIT).said
}

/// The files of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalFiles;

impl Reach for LocalFiles {
    fn reached(&self, effects: &[Effect], facts: &ShellFacts, limit: Duration) -> Vec<usize> {
        describe_within(effects, facts, limit).reached
    }
}

/// What was found out in a certain time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// What is said of it; of what was not counted in time, `at least` so much.
    pub said: Option<String>,
    /// Whether the time was enough.
    pub in_time: bool,
    /// The places of the effects that reach something.
    pub reached: Vec<usize>,
}

/// The same for somebody who has less time.
pub fn describe_within(effects: &[Effect], facts: &ShellFacts, limit: Duration) -> Described {
    if effects.is_empty() || limit.is_zero() {
        return Described { said: None, in_time: effects.is_empty(), reached: Vec::new() };
    }
    measure(effects, facts, || Disk { remote: RemoteMounts::read() }, limit)
}

fn measure<F: Files + 'static>(
    effects: &[Effect],
    facts: &ShellFacts,
    files: impl FnOnce() -> F + Send + 'static,
    limit: Duration,
) -> Described {
    let effects = &effects[..effects.len().min(MOST_EFFECTS)];
    let double_star = match facts.shell {
        ShellKind::Bash => DoubleStar::AsOne,
        ShellKind::Zsh => DoubleStar::Directories,
        ShellKind::Fish => DoubleStar::AnyText,
    };
    let read = |effect: &Effect| PathPattern::read(&effect.path, &facts.cwd, facts.home.as_deref(), double_star);
    // A look at what would be lost is cheap and must not wait for counting.
    let mut order: Vec<usize> = (0..effects.len()).collect();
    order.sort_by_key(|at| effects[*at].loss.is_none());
    let target = |at: &usize| Target { kind: effects[*at].kind, path: read(&effects[*at]), recursive: effects[*at].recursive };
    let targets: Vec<Target> = order.iter().map(target).collect();
    let has_pattern = |effect: &Effect| read(effect).as_ref().is_some_and(PathPattern::has_pattern);
    let patterns: Vec<bool> = effects.iter().map(has_pattern).collect();

    let progress = Arc::new(Progress::new(effects.len()));
    let (done, finished) = mpsc::channel();
    let shared = Arc::clone(&progress);
    let counting = std::thread::Builder::new().name("count-files".to_owned()).spawn(move || {
        count::count(&targets, &files(), &Budget::new(ENTRY_LIMIT, &shared));
        // Nobody may be waiting any more.
        let _ = done.send(());
    });
    if counting.is_err() {
        return Described { said: None, in_time: true, reached: Vec::new() };
    }
    let in_time = finished.recv_timeout(limit).is_ok();
    let mut sums = vec![Sum::default(); effects.len()];
    order.iter().zip(progress.end()).for_each(|(at, sum)| sums[*at] = sum);
    let reached = (0..effects.len()).filter(|at| sums.get(*at).is_some_and(|sum| sum.targets > 0)).collect();
    Described { said: phrases(effects, &patterns, &sums), in_time, reached }
}

/// The file system of this machine.
struct Disk {
    remote: RemoteMounts,
}

impl Files for Disk {
    fn look(&self, path: &Path) -> io::Result<Entry> {
        path.symlink_metadata().map(|metadata| entry(&metadata))
    }

    fn follow(&self, path: &Path) -> io::Result<Entry> {
        path.metadata().map(|metadata| entry(&metadata))
    }

    fn list(&self, directory: &Path, each: &mut dyn FnMut(&OsStr) -> bool) -> io::Result<()> {
        for entry in directory.read_dir()? {
            if !each(&entry?.file_name()) {
                break;
            }
        }
        Ok(())
    }

    fn is_remote(&self, path: &Path) -> bool {
        self.remote.holds(path)
    }
}

fn entry(metadata: &std::fs::Metadata) -> Entry {
    let kind = match metadata.file_type() {
        kind if kind.is_file() => Kind::File,
        kind if kind.is_dir() => Kind::Directory,
        kind if kind.is_symlink() => Kind::Link,
        _ => Kind::Other,
    };
    Entry { kind, bytes: metadata.len(), device: metadata.dev() }
}

/// An effect that reaches something.
struct Reached<'a> {
    effect: &'a Effect,
    is_pattern: bool,
    sum: Sum,
}

fn phrases(effects: &[Effect], patterns: &[bool], sums: &[Sum]) -> Option<String> {
    let mut found = Vec::new();
    for kind in [EffectKind::Delete, EffectKind::Overwrite, EffectKind::ChangeAccess] {
        let of_kind = effects.iter().zip(patterns).zip(sums).filter(|((effect, _), _)| effect.kind == kind);
        let reached: Vec<Reached<'_>> = of_kind
            .filter(|(_, sum)| sum.targets > 0)
            .map(|((effect, is_pattern), sum)| Reached { effect, is_pattern: *is_pattern, sum: *sum })
            .collect();
        // What could not be looked at belongs to the same sentence: it makes the number a lower bound.
        let partial = effects.iter().zip(sums).any(|(effect, sum)| effect.kind == kind && sum.partial);
        found.extend(phrase(kind, &reached, partial));
    }
    (!found.is_empty()).then(|| found.join("; "))
}

fn phrase(kind: EffectKind, reached: &[Reached<'_>], partial: bool) -> Option<String> {
    let verb = match kind {
        EffectKind::Delete => "deletes",
        EffectKind::Overwrite => "overwrites",
        EffectKind::ChangeAccess => "changes",
    };
    let total = |part: fn(&Sum) -> u64| reached.iter().map(|one| part(&one.sum)).sum::<u64>();
    let (files, directories, bytes) = (total(|sum| sum.files), total(|sum| sum.directories), total(|sum| sum.bytes));
    if let [only] = reached
        && !only.is_pattern
        && directories == 0
        && !partial
    {
        let label = label(&only.effect.path, false);
        return match kind {
            // The command says it all.
            EffectKind::ChangeAccess => None,
            EffectKind::Delete | EffectKind::Overwrite => Some(format!("{verb} {label} ({})", size(bytes))),
        };
    }
    let at_least = if partial { "at least " } else { "" };
    let place = place(reached);
    match (kind, files, directories) {
        (_, 0, 0) => None,
        (EffectKind::ChangeAccess, ..) => Some(format!("{verb} {at_least}{}{place}", counted(files + directories, "file", "files"))),
        (_, 0, _) if partial => None,
        (_, 0, _) => Some(format!("{verb} {}{place}", counted(directories, "empty directory", "empty directories"))),
        _ => Some(format!("{verb} {at_least}{} ({}){place}", counted(files, "file", "files"), size(bytes))),
    }
}

/// Where the files are, with a blank before it.
fn place(reached: &[Reached<'_>]) -> String {
    let below = |one: &Reached<'_>| one.sum.directories > 0;
    match reached {
        [one] if one.is_pattern => format!(" matching {}", label(&one.effect.path, false)),
        [one] => format!(" under {}", label(&one.effect.path, true)),
        [one, other] if below(one) && below(other) && !one.is_pattern && !other.is_pattern => {
            format!(" under {} and {}", label(&one.effect.path, true), label(&other.effect.path, true))
        }
        many if many.iter().all(below) => format!(" in {} places", many.len()),
        _ => String::new(),
    }
}

/// A path as it is written, without the backslashes that are not part of it, shortened in the middle.
fn label(path: &str, is_directory: bool) -> String {
    let plain = pattern::plain(path);
    let trimmed = if plain.len() > 1 { plain.trim_end_matches('/') } else { &plain };
    let is_rooted = trimmed.is_empty() || trimmed.starts_with(['/', '~', '.']);
    let whole = match (trimmed, is_directory && !is_rooted) {
        ("", _) => "/".to_owned(),
        (name, true) => format!("./{name}"),
        (name, false) => name.to_owned(),
    };
    let letters: Vec<char> = whole.chars().map(|letter| if letter.is_control() { '?' } else { letter }).collect();
    if letters.len() <= LABEL_LIMIT {
        return letters.into_iter().collect();
    }
    let half = (LABEL_LIMIT - 1) / 2;
    letters[..half].iter().chain(&['…']).chain(&letters[letters.len() - half..]).collect()
}

fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// `1203` as `1,203`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Bytes in the unit that people read: `812 bytes`, `12 KB`, `12.4 MB`; a KB is 1,000 bytes.
fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] = [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000)];
    // Just below a unit, rounding to one digit would give `1000.0` of the smaller one.
    let unit = UNITS.into_iter().find(|(_, unit)| bytes >= unit - unit / 2_000);
    match unit {
        None => counted(bytes, "byte", "bytes"),
        Some(("KB", unit)) => format!("{} KB", ((bytes + unit / 2) / unit).max(1)),
        Some((name, unit)) => {
            let tenths = (u128::from(bytes) * 10 + u128::from(unit) / 2) / u128::from(unit);
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
    }
}

#[cfg(test)]
#[path = "blast_tests.rs"]
mod tests;
