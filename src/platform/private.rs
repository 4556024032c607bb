//! Files that belong to the user alone.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

/// Opens a file that only the user can read and write, follows no link to it and does not wait for the other end of a pipe.
/// A file that is made is of that kind. `None` when it is a file of another kind.
///
/// # Errors
/// What the system says.
pub fn open_private(path: &Path, options: &mut OpenOptions) -> io::Result<Option<File>> {
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK).bits()).unwrap_or_default();
    let file = options.mode(0o600).custom_flags(flags).open(path)?;
    let facts = file.metadata()?;
    let is_ours = facts.is_file() && super::is_own(&facts) && facts.mode() & 0o077 == 0 && facts.nlink() == 1;
    Ok(is_ours.then_some(file))
}
