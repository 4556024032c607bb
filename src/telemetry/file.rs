//! The files of the log: one that is written, and as many older ones as are kept.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::platform;

/// Largest file.
pub(super) const MOST_BYTES: u64 = 4 * 1024 * 1024;
/// Files, the one that is written included.
pub(super) const MOST_FILES: usize = 4;
/// After a failure nothing is tried for so long: a full disk is full for longer than a line takes.
const PAUSE: Duration = Duration::from_secs(1);

/// Where lines go.
pub(super) struct LogFile {
    path: PathBuf,
    open: Option<(File, u64)>,
    failed: Option<Instant>,
}

impl LogFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, open: None, failed: None }
    }

    /// Writes whole lines behind those that are there.
    ///
    /// # Errors
    /// That they are not there. Half a line is not there either, unless the system lets nothing be taken back.
    pub(super) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        if self.failed.is_some_and(|at| at.elapsed() < PAUSE) {
            return Err(io::ErrorKind::Other.into());
        }
        let written = self.try_append(lines);
        self.failed = written.is_err().then(Instant::now);
        if written.is_err() {
            self.open = None;
        }
        written
    }

    fn try_append(&mut self, lines: &[u8]) -> io::Result<()> {
        // Who removes the file wants a new one, and who moved it has the old one.
        let is_there = |file: &File| is_same(&self.path, file);
        if self.open.as_ref().is_none_or(|(file, _)| !is_there(file)) {
            self.open = Some(open(&self.path)?);
        }
        if self.open.as_ref().is_some_and(|(_, size)| *size > 0 && size + lines.len() as u64 > MOST_BYTES) {
            self.open = None;
            rotate(&self.path)?;
            self.open = Some(open(&self.path)?);
        }
        let Some((file, size)) = &mut self.open else { return Err(io::ErrorKind::NotFound.into()) };
        let written = file.write_all(lines);
        match written {
            Ok(()) => *size += lines.len() as u64,
            Err(_) => drop(file.set_len(*size)),
        }
        written
    }
}

/// The file with this age: 0 is the one that is written.
pub(super) fn aged(path: &Path, age: usize) -> PathBuf {
    if age == 0 { path.to_owned() } else { path.with_extension(format!("{age}.jsonl")) }
}

fn is_same(path: &Path, file: &File) -> bool {
    let identity = |facts: fs::Metadata| (facts.dev(), facts.ino());
    let (there, ours) = (fs::symlink_metadata(path).map(identity), file.metadata().map(identity));
    matches!((there, ours), (Ok(there), Ok(ours)) if there == ours)
}

fn open(path: &Path) -> io::Result<(File, u64)> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let facts = fs::symlink_metadata(folder)?;
        if !facts.is_dir() || !platform::is_own(&facts) || facts.mode() & 0o077 != 0 {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the folder is not private"));
        }
    }
    let file = platform::open_private(path, OpenOptions::new().append(true).create(true))?;
    let file = file.ok_or_else(|| io::Error::new(io::ErrorKind::PermissionDenied, "it is not a private file of its own"))?;
    let size = file.metadata()?.len();
    Ok((file, size))
}

/// Every file becomes one older, and the oldest goes.
fn rotate(path: &Path) -> io::Result<()> {
    for age in (0..MOST_FILES - 1).rev() {
        match fs::rename(aged(path, age), aged(path, age + 1)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn bytes(path: &Path) -> Vec<u64> {
        (0..MOST_FILES + 1).map(|age| fs::metadata(aged(path, age)).map_or(0, |facts| facts.len())).collect()
    }

    #[test]
    fn files_are_private_bounded_and_go_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log/gptos.jsonl");
        let mut file = LogFile::new(path.clone());
        let mebibyte = [vec![b'x'; 1024 * 1024 - 1], vec![b'\n']].concat();
        for _ in 0..40 {
            file.append(&mebibyte).unwrap();
        }
        assert_eq!(bytes(&path), [MOST_BYTES, MOST_BYTES, MOST_BYTES, MOST_BYTES, 0]);
        file.append(b"new\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new\n");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&aged(&path, 3)), mode(path.parent().unwrap())), (0o600, 0o600, 0o700));
    }

    #[test]
    fn a_file_that_was_taken_away_is_made_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log/gptos.jsonl");
        let mut file = LogFile::new(path.clone());
        file.append(b"one\n").unwrap();
        fs::remove_file(&path).unwrap();
        file.append(b"two\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two\n");
        let mut later = LogFile::new(path.clone());
        later.append(b"three\n").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two\nthree\n");
    }

    #[test]
    fn what_is_not_ours_alone_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log/gptos.jsonl");
        fs::create_dir(path.parent().unwrap()).unwrap();
        fs::set_permissions(path.parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
        let victim = folder.path().join("victim");
        fs::write(&victim, "theirs").unwrap();
        std::os::unix::fs::symlink(&victim, &path).unwrap();
        let mut file = LogFile::new(path.clone());
        assert!(file.append(b"x\n").is_err());
        fs::remove_file(&path).unwrap();
        assert!(file.append(b"x\n").is_err(), "it waits a moment before it tries again");
        assert_eq!(fs::read(&victim).unwrap(), b"theirs");
        fs::set_permissions(path.parent().unwrap(), fs::Permissions::from_mode(0o755)).unwrap();
        assert!(LogFile::new(path).append(b"x\n").is_err(), "others can look into the folder");
    }
}
