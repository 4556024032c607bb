//! What may be read as configuration: a regular file of bounded size that its owner and nobody else can write.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::ConfigProblem;

/// Larger files are not configurations.
const MAX_BYTES: u64 = 1024 * 1024;
/// File systems stamp changes with a clock that ticks every few milliseconds. Until a stamp is older than this, another
/// change could carry the same one.
pub(super) const STAMP_SETTLES: Duration = Duration::from_millis(100);

/// Whose a file has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// The administrator's, who owns `/etc` as well.
    Admin,
    /// The user's or root's.
    User,
    /// Anybody's, for what may be heeded whoever says it.
    Anybody,
}

/// What identifies one state of a file: modification, change, size, device and inode.
pub(super) type Stamp = (i64, i64, i64, i64, u64, u64, u64);

pub(super) fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

pub(super) fn stamp(metadata: &Metadata) -> Stamp {
    (metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec(), metadata.len(), metadata.dev(), metadata.ino())
}

pub(super) fn settled(metadata: &Metadata) -> bool {
    let changed = Duration::new(metadata.ctime().unsigned_abs(), u32::try_from(metadata.ctime_nsec()).unwrap_or(0));
    // A stamp from the future, after the clock was set back, counts as fresh: reading again costs microseconds.
    SystemTime::now().duration_since(UNIX_EPOCH).is_ok_and(|now| now.saturating_sub(changed) > STAMP_SETTLES)
}

pub(super) fn problem(path: &Path, cause: impl Into<String>) -> ConfigProblem {
    ConfigProblem { path: path.to_owned(), line: None, key: None, cause: cause.into(), hint: None }
}

/// Reads the file and the state it was in; `None` if it is missing.
///
/// # Errors
/// When it cannot be read, is not text, or must not be trusted.
pub fn read_text(path: &Path) -> Result<Option<(String, Metadata)>, ConfigProblem> {
    read_owned(path, Owner::User)
}

/// The same for an editor: what is no UTF-8 reads as U+FFFD.
///
/// # Errors
/// Why it must not be used.
pub fn read_for_editor(path: &Path) -> Result<Option<(String, Metadata)>, ConfigProblem> {
    read_lossily(path, Owner::User)
}

pub(super) fn read_lossily(path: &Path, owner: Owner) -> Result<Option<(String, Metadata)>, ConfigProblem> {
    let read = read_bytes(path, owner)?;
    Ok(read.map(|(bytes, metadata)| (String::from_utf8_lossy(&bytes).into_owned(), metadata)))
}

pub(super) fn read_owned(path: &Path, owner: Owner) -> Result<Option<(String, Metadata)>, ConfigProblem> {
    let Some((bytes, metadata)) = read_bytes(path, owner)? else { return Ok(None) };
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some((text, metadata))),
        Err(error) => {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = 1 + valid.iter().filter(|b| **b == b'\n').count();
            let hint = Some("save it as UTF-8, in `gptos config edit` or another editor".to_owned());
            Err(ConfigProblem { line: Some(line), hint, ..problem(path, "not UTF-8 text") })
        }
    }
}

fn read_bytes(path: &Path, owner: Owner) -> Result<Option<(Vec<u8>, Metadata)>, ConfigProblem> {
    // Opening a FIFO would wait for a writer; nobody may be kept waiting by a file.
    let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
    let opened = OpenOptions::new().read(true).custom_flags(nonblocking).open(path);
    let mut file = match opened {
        Ok(file) => file,
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => return Err(problem(path, error.to_string())),
    };
    let metadata = trusted(path, &file, owner)?;
    let mut bytes = Vec::new();
    file.by_ref().take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| problem(path, error.to_string()))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(problem(path, "larger than 1 MiB"));
    }
    Ok(Some((bytes, metadata)))
}

/// A configuration says which commands give keys and who is sent them, so only its user and root may write it.
fn trusted(path: &Path, file: &File, owner: Owner) -> Result<Metadata, ConfigProblem> {
    let metadata = file.metadata().map_err(|error| problem(path, error.to_string()))?;
    if metadata.is_dir() {
        return Err(problem(path, "is a directory"));
    }
    if !metadata.is_file() {
        return Err(problem(path, "is not a regular file"));
    }
    let uid = metadata.uid();
    match owner {
        Owner::User if uid != 0 && uid != rustix::process::geteuid().as_raw() => {
            return Err(problem(path, format!("belongs to user {uid}")).with_hint("only files of your own or of root are read"));
        }
        Owner::Admin if !is_admins(path, uid) => {
            return Err(problem(path, format!("belongs to user {uid}")).with_hint("the administrator's file belongs to root"));
        }
        _ => {}
    }
    if owner != Owner::Anybody && metadata.mode() & 0o022 != 0 {
        let cause = format!("other users can write it (mode {:04o})", metadata.mode() & 0o7777);
        return Err(problem(path, cause).with_hint(format!("chmod go-w '{}'", path.display())));
    }
    Ok(metadata)
}

/// Who owns `/etc` is the administrator here; inside a user namespace that is not user 0.
fn is_admins(path: &Path, uid: u32) -> bool {
    let is_moved = cfg!(debug_assertions) && !path.starts_with("/etc");
    std::fs::metadata("/etc").is_ok_and(|folder| folder.uid() == uid) || is_moved && uid == rustix::process::geteuid().as_raw()
}
