//! What is kept: the cache, the room for it, the record of requests, and who holds what.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::statvfs;

use super::around::{Area, Around, word};
use crate::api;
use crate::audit;
use crate::cache::DiskCache;
use crate::domain::AuditMode;
use crate::memory::{self, MemoryError};
use crate::platform;
use crate::protocol::WireCacheStats;
use crate::suggest::ports::AnswerCache;

/// Less room than that is soon none.
const LEAST_BYTES: u64 = 32 * 1024 * 1024;
const LEAST_FILES: u64 = 200;
/// Somebody who writes holds a lock for less.
const PATIENCE: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(5);

pub(super) fn cache(around: &Around) -> Area {
    let mut area = Area::new("cache", "nothing is kept yet");
    let Some(folder) = around.surroundings.paths.cache_dir.as_deref() else { return area };
    let Ok(metadata) = fs::metadata(folder) else { return area };
    if !metadata.is_dir() {
        let cause = "it is no folder, so answers are kept in memory alone";
        area.wrong("cache-folder", around.short(folder), cause, format!("mv {0} {0}.old", word(folder)));
        return area;
    }
    if !platform::is_own(&metadata) {
        area.wrong(
            "cache-owner",
            around.short(folder),
            "it belongs to another user, so answers are kept in memory alone",
            format!("sudo chown -R $USER {}", word(folder)),
        );
        return area;
    }
    if metadata.mode() & 0o077 != 0 {
        let cause = format!("others may enter it (mode {:04o})", metadata.mode() & 0o7777);
        area.wrong("cache-open", around.short(folder), cause, format!("chmod 700 {}", word(folder)));
    }
    match crate::cli::daemon::exchange("GET", "/v1/cache").ok().and_then(|reply| serde_json::from_slice::<WireCacheStats>(&reply).ok()) {
        Some(stats) => {
            area.count(format!("{} answers, {} bytes, kept in {}", stats.entries, stats.disk_bytes, stats.mode));
            // Who has it instead is told of elsewhere.
            if stats.mode != "disk" && around.elsewhere.is_none() {
                let cause = "it cannot be used on the disk, so answers are forgotten with the background process";
                area.wrong("cache-memory", around.short(folder), cause, "gptos daemon stop && gptos cache clear");
            }
        }
        // A silent process holds it; its own line says so.
        None if is_held(&folder.join("cache.lock")).is_some() => area.said = "in use".into(),
        None if folder.join("cache.v1").exists() => {
            let (cache, notice) = DiskCache::open(folder, around.config.cache.clone());
            area.count(format!("opens, {} answers", cache.stats().entries));
            // What was set aside is told of below.
            if let Some(notice) = notice.filter(|_| api::to_stats(&cache.stats()).mode != "disk") {
                area.said = "does not open".into();
                area.wrong("cache-unusable", around.short(folder), notice, format!("mv {0} {0}.old", word(folder)));
            }
        }
        None => {}
    }
    let names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    for aside in names.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("cache.v1.bad-"))) {
        let cause = "a damaged store was set aside and a new one begun; nothing else was lost";
        area.wrong("quarantine", around.short(&aside), cause, format!("rm -r {}", word(&aside)));
    }
    area
}

/// What is to be done with a record that somebody changed: nothing makes it what it was, so it is kept aside with its keys, and a new one
/// begins.
pub(super) fn begin_anew(state: &Path) -> String {
    let folder = word(state);
    format!(
        "gptos daemon stop && mv {folder}/audit* \"$(mktemp -d {folder}/changed-audit.XXXXXX)\"    (keeps it as it is, and a new record begins; before \
         that gptos audit verify tells all places, and gptos audit export prints what can be read)"
    )
}

/// What is to be done for one that cannot be written.
pub(super) const UNWRITTEN: &str = "df -h ~    (make room, or gptos audit off)";

/// Room for data and for files, where something is kept.
pub(super) fn disk(around: &Around) -> Area {
    let paths = &around.surroundings.paths;
    let folders = [&paths.state_dir, &paths.cache_dir, &paths.config_file, &paths.data_dir];
    let mut area = Area::new("disk", "nowhere to keep anything");
    let (mut seen, mut least) = (Vec::new(), u64::MAX);
    for folder in folders.into_iter().flatten() {
        let Some(there) = nearest(folder) else { continue };
        let is_new = fs::metadata(&there).ok().is_some_and(|metadata| {
            !seen.contains(&metadata.dev()) && {
                seen.push(metadata.dev());
                true
            }
        });
        if there == *folder && there.is_dir() && !platform::may_write(&there) {
            area.wrong(
                "not-writable",
                around.short(&there),
                "you may not write there",
                format!("sudo chown -R $USER {0} && chmod u+rwx {0}", word(&there)),
            );
        }
        let Some(room) = statvfs(&there).ok().filter(|_| is_new) else { continue };
        let free = room.f_bavail.saturating_mul(room.f_frsize);
        least = least.min(free);
        if free < LEAST_BYTES {
            let cause = format!("{} MB are free, so soon nothing can be kept", free / 1_000_000);
            area.wrong("disk-full", around.short(&there), cause, "gptos cache clear    (and make room)");
        }
        if room.f_files > 0 && room.f_favail < LEAST_FILES {
            let cause = format!("room for {} more files, whatever their size", room.f_favail);
            area.wrong(
                "no-inodes",
                around.short(&there),
                cause,
                format!("find {} -xdev -type f | head    (and remove many small files)", word(&there)),
            );
        }
    }
    if least < u64::MAX {
        area.count(format!("{} MB are free", least / 1_000_000));
    }
    area
}

/// The place itself or the nearest folder above it that is there.
fn nearest(path: &Path) -> Option<PathBuf> {
    path.ancestors().find(|path| path.is_dir()).map(Path::to_owned)
}

/// The record of requests, from its beginning to its end.
pub(super) fn trail(around: &Around) -> Area {
    let mut area = Area::new("audit", around.config.audit.name());
    let Some(state) = around.surroundings.paths.state_dir.as_deref() else { return area };
    if around.config.audit == AuditMode::Off && !state.join("audit").exists() {
        return area;
    }
    if around.status.is_ok() && crate::cli::daemon::exchange("POST", "/v1/audit/flush").is_err() {
        area.count(format!("{}, and its last records are not written yet", area.said));
    }
    if !is_usable(&state.join("audit"), around, &mut area) || !are_private(state, around, &mut area) {
        return area;
    }
    match audit::verify(state, None) {
        Ok(report) => {
            let sealed = if report.is_sealed { "sealed" } else { "not sealed" };
            let end = if report.is_end_noted || report.records == 0 { "" } else { ", its end is noted nowhere" };
            area.count(format!("{}, {} records, {sealed}{end}", area.said, report.records));
            if let Some(problem) = report.problems.first() {
                let seq = problem.seq.map(|seq| format!(", record {seq}")).unwrap_or_default();
                let more = if report.problems.len() > 1 { format!(", and {} more", report.problems.len() - 1) } else { String::new() };
                let cause = format!("{}: somebody changed it{more}", problem.damage.name());
                area.wrong("audit-changed", format!("{}{seq}", problem.segment), cause, begin_anew(state));
                area.publicly(problem.damage.name());
            }
        }
        Err(error) => area.wrong("audit-unreadable", "audit", error.to_string(), "gptos audit verify    (try again when nobody holds it)"),
    }
    if let Ok(status) = &around.status
        && let Some(failure) = status.audit.as_ref().and_then(|audit| audit.failure.as_ref())
        && area.findings.is_empty()
    {
        area.wrong("audit-unwritten", "audit", format!("it cannot be written: {failure}"), UNWRITTEN);
        area.publicly(super::public::number(failure));
    }
    area
}

/// Whether the folder of the record can be used, as far as there is one; what keeps it from being used is told of.
fn is_usable(folder: &Path, around: &Around, area: &mut Area) -> bool {
    let Ok(metadata) = fs::symlink_metadata(folder) else { return true };
    let (place, word, mode) = (around.short(folder), word(folder), metadata.mode() & 0o7777);
    if !metadata.is_dir() {
        area.wrong("audit-folder", place, "it is no folder, so nothing is recorded", begin_anew(folder.parent().unwrap_or(folder)));
    } else if !platform::is_own(&metadata) {
        let cause = "it belongs to another user, so nothing is recorded";
        area.wrong("audit-owner", place, cause, format!("sudo chown -R $USER {word}"));
    } else if mode & 0o077 != 0 {
        let cause = format!("others may enter it (mode {mode:04o}), so nothing is recorded");
        area.wrong("audit-open", place, cause, format!("chmod 700 {word}"));
    } else if around.config.audit != AuditMode::Off && !platform::may_write(folder) {
        let mend = match mode & 0o300 {
            0o300 => format!("sudo mount -o remount,rw \"$(findmnt -nro TARGET -T {word})\"    (it is mounted read-only)"),
            _ => format!("chmod 700 {word}"),
        };
        area.wrong("audit-not-writable", place, "you may not write there, so nothing is recorded", mend);
    } else {
        return true;
    }
    false
}

/// Whether the files of the record are the user's alone, and its key is one; the first that is not is told of, because none of it is read
/// then.
fn are_private(state: &Path, around: &Around, area: &mut Area) -> bool {
    let segments = fs::read_dir(state.join("audit")).into_iter().flatten().flatten().map(|entry| entry.path());
    let key = audit::key_in(state);
    let beside = ["audit.seal", "audit.end"].map(|name| state.join(name));
    for file in segments.chain([key.clone()]).chain(beside) {
        let Ok(metadata) = fs::symlink_metadata(&file) else { continue };
        let (place, word, mode) = (around.short(&file), word(&file), metadata.mode() & 0o7777);
        if !platform::is_own(&metadata) {
            area.wrong("audit-owner", place, "it belongs to another user, so it is not read", format!("sudo chown $USER {word}"));
        } else if metadata.is_file() && mode & 0o077 != 0 {
            let cause = format!("others may use it (mode {mode:04o}), so it is not read");
            area.wrong("audit-open", place, cause, format!("chmod 600 {word}"));
        } else if file == key && !(metadata.is_file() && metadata.len() == audit::KEY_BYTES) {
            let cause = "it is no key of the record, so nothing is recorded and nothing of it can be read";
            area.wrong("audit-key", place, cause, begin_anew(state));
        } else {
            continue;
        }
        return false;
    }
    true
}

/// What was run, and for which words.
pub(super) fn memory(around: &Around) -> Area {
    let mut area = Area::new("memory", if around.config.memory { "on" } else { "off" });
    let Some(state) = around.surroundings.paths.state_dir.as_deref() else { return area };
    let file = memory::file_in(state);
    match memory::look(state) {
        Ok((lines, 0)) => area.count(format!("{}, {lines} lines", area.said)),
        Ok((lines, damaged)) => {
            area.count(format!("{}, {lines} lines", area.said));
            let cause = format!("it is damaged in {damaged} places, which are passed over; {lines} lines can be read");
            area.wrong("memory-damaged", around.short(&file), cause, format!("mv {0} {0}.old    (begins a new one)", word(&file)));
        }
        Err(error) => {
            let cause = "it is not a memory of gptos that only you can write, so nothing is remembered".to_owned();
            let cause = if matches!(error, MemoryError::Foreign(_)) { cause } else { error.to_string() };
            let is_closed = matches!(&error, MemoryError::Io { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied);
            let mend = match is_closed {
                true => format!("chmod u+rwx {}    (the file needs u+rw)", word(state)),
                false => format!("mv {0} {0}.old    (begins a new one)", word(&file)),
            };
            area.wrong("memory-unusable", around.short(&file), cause, mend);
        }
    }
    area
}

/// Locks that somebody holds who is not the background process.
pub(super) fn locks(around: &Around) -> Area {
    let paths = &around.surroundings.paths;
    let mut area = Area::new("locks", "nobody waits for anybody");
    let resident = match (&around.status, paths.runtime()) {
        (Ok(status), _) => i32::try_from(status.pid).ok(),
        (Err(_), Ok(runtime)) => crate::daemon::running_pid(&runtime.socket),
        _ => None,
    };
    let of = |folder: &Option<PathBuf>, name: &str| folder.as_ref().map(|folder| folder.join(name));
    let configuration = paths.config_file.as_deref().and_then(Path::parent).map(Path::to_owned);
    let audit = of(&paths.state_dir, "audit");
    let cache = of(&paths.cache_dir, "cache.lock").filter(|_| resident.is_none());
    for path in [cache, audit, configuration].into_iter().flatten() {
        let Some(holder) = is_held(&path) else { continue };
        // It is well, and what keeps this shell from it is told of elsewhere.
        if around.elsewhere.as_ref().is_some_and(|elsewhere| Some(elsewhere.pid) == holder) {
            continue;
        }
        let (who, mend) = match holder.filter(|pid| Some(*pid) != resident) {
            Some(pid) => (format!("process {pid}"), format!("kill {pid}    (if it hangs: ps {pid})")),
            None if resident.is_some() => ("the background process".to_owned(), "gptos daemon stop".to_owned()),
            None => ("a process".to_owned(), format!("fuser {}", word(&path))),
        };
        area.wrong("held", around.short(&path), format!("{who} has held it for more than half a second"), mend);
    }
    area
}

/// Whether somebody holds the lock on a file or folder for longer than it takes to write, and who, where the system tells.
fn is_held(path: &Path) -> Option<Option<i32>> {
    let file = File::open(path).ok()?;
    let begun = Instant::now();
    loop {
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => return Some(holder(&file.metadata().ok()?)),
            Ok(()) | Err(TryLockError::Error(_)) => return None,
        }
    }
}

/// Who holds the lock on a file at this moment, where the system tells.
pub(super) fn holder_now(path: &Path) -> Option<i32> {
    let file = File::open(path).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => holder(&file.metadata().ok()?),
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

/// The process that holds a lock on this file, from the table of the kernel.
fn holder(metadata: &fs::Metadata) -> Option<i32> {
    let table = fs::read_to_string("/proc/locks").ok()?;
    let ending = format!(":{}", metadata.ino());
    table.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, "FLOCK", _, _, pid, place, ..] = fields.as_slice() else { return None };
        place.ends_with(&ending).then(|| pid.parse().ok()).flatten()
    })
}
