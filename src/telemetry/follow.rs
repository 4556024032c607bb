//! Reading the log, also while it is written and its files change their names.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::file::{MOST_BYTES, MOST_FILES, aged};
use super::log_file;
use crate::platform;

/// A file is read no further than that, whoever wrote it.
const MOST_READ: u64 = 2 * MOST_BYTES;

/// Why the log cannot be read.
#[derive(Debug, Error)]
pub enum FollowError {
    /// The system does not let it.
    #[error("`{}`: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is no file that a resident wrote.
    #[error("`{}` is not a private file of your own", .0.display())]
    Foreign(PathBuf),
}

/// The log, read up to some place.
pub struct Follow {
    path: PathBuf,
    file: Option<File>,
    /// The beginning of a line that is being written.
    rest: Vec<u8>,
    /// Why older files were not read.
    unread: Vec<FollowError>,
}

impl Follow {
    /// Reads the last `count` lines under this state directory, the oldest first. What is written later comes out of
    /// [`Follow::more`].
    ///
    /// # Errors
    /// Why the log cannot be read. That there is none is no error.
    pub fn begin(state_dir: &Path, count: usize) -> Result<(Vec<String>, Self), FollowError> {
        let mut follow = Self { path: log_file(state_dir), file: None, rest: Vec::new(), unread: Vec::new() };
        let mut lines = VecDeque::new();
        follow.file = follow.open(0)?;
        let newest = follow.file.as_ref().and_then(inode);
        lines.extend(follow.read()?);
        for age in 1..MOST_FILES {
            if lines.len() >= count {
                break;
            }
            let file = match follow.open(age) {
                Ok(Some(file)) => file,
                Ok(None) => continue,
                Err(error) => {
                    follow.unread.push(error);
                    continue;
                }
            };
            // It was renamed while it was read.
            if inode(&file) == newest {
                continue;
            }
            let older = Self { path: follow.path.clone(), file: Some(file), rest: Vec::new(), unread: Vec::new() }.read()?;
            older.into_iter().rev().for_each(|line| lines.push_front(line));
        }
        lines.drain(..lines.len().saturating_sub(count));
        Ok((lines.into(), follow))
    }

    /// Why older files were not read, when there are such.
    pub fn unread(&self) -> &[FollowError] {
        &self.unread
    }

    /// The lines that were written since.
    ///
    /// # Errors
    /// Why the log cannot be read any more.
    pub fn more(&mut self) -> Result<Vec<String>, FollowError> {
        let mut lines = self.read()?;
        let current = self.open(0)?;
        let ours = self.file.as_ref().and_then(inode);
        if current.as_ref().and_then(inode) == ours {
            return Ok(lines);
        }
        // What was written between the last look and the change of names.
        lines.extend(self.read()?);
        let mut age = 0;
        for candidate in 1..MOST_FILES {
            // An older file that must not be read is not the one that was being read.
            if self.open(candidate).ok().flatten().as_ref().and_then(inode) == ours && ours.is_some() {
                age = candidate;
            }
        }
        for newer in (0..age.max(1)).rev() {
            self.rest.clear();
            self.file = self.open(newer)?;
            lines.extend(self.read()?);
        }
        Ok(lines)
    }

    /// Whole lines from the present place to the end.
    fn read(&mut self) -> Result<Vec<String>, FollowError> {
        let Some(file) = &mut self.file else { return Ok(Vec::new()) };
        // Somebody emptied it in place.
        let failed = |source| FollowError::Io { path: self.path.clone(), source };
        if file.metadata().map_err(failed)?.len() < file.stream_position().map_err(failed)? {
            file.rewind().map_err(failed)?;
            self.rest.clear();
        }
        let read = file.by_ref().take(MOST_READ).read_to_end(&mut self.rest);
        read.map_err(failed)?;
        let end = self.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let whole: Vec<u8> = self.rest.drain(..end).collect();
        Ok(String::from_utf8_lossy(&whole).lines().map(str::to_owned).collect())
    }

    fn open(&self, age: usize) -> Result<Option<File>, FollowError> {
        let path = aged(&self.path, age);
        match platform::open_private(&path, OpenOptions::new().read(true)) {
            Ok(Some(file)) => Ok(Some(file)),
            Ok(None) => Err(FollowError::Foreign(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(FollowError::Io { path, source }),
        }
    }
}

fn inode(file: &File) -> Option<(u64, u64)> {
    file.metadata().ok().map(|facts| (facts.dev(), facts.ino()))
}

#[cfg(test)]
mod tests {
    use super::super::file::LogFile;
    use super::*;

    fn line(number: usize) -> String {
        format!("{number:07} {}\n", "x".repeat(1000))
    }

    fn numbers(lines: &[String]) -> Vec<usize> {
        lines.iter().map(|line| line[..7].parse().unwrap()).collect()
    }

    #[test]
    fn lines_come_whole_in_their_order_and_once_across_all_files() {
        let state = tempfile::tempdir().unwrap();
        let (none, mut follow) = Follow::begin(state.path(), 10).unwrap();
        assert!(none.is_empty() && follow.more().unwrap().is_empty());
        let mut file = LogFile::new(log_file(state.path()));
        let mut seen = Vec::new();
        for number in 0..10_000 {
            file.append(line(number).as_bytes()).unwrap();
            // Rarely enough for two changes of names between two looks.
            if number % 6000 == 17 {
                seen.extend(numbers(&follow.more().unwrap()));
            }
        }
        seen.extend(numbers(&follow.more().unwrap()));
        assert_eq!(seen, (0..10_000).collect::<Vec<_>>());
        let (last, _) = Follow::begin(state.path(), 7000).unwrap();
        assert_eq!(numbers(&last), (3000..10_000).collect::<Vec<_>>());
        let (last, _) = Follow::begin(state.path(), 0).unwrap();
        assert!(last.is_empty());
    }

    #[test]
    fn half_a_line_is_waited_for_and_a_file_that_is_gone_is_no_end() {
        let state = tempfile::tempdir().unwrap();
        let path = log_file(state.path());
        LogFile::new(path.clone()).append(b"one\ntw").unwrap();
        let (lines, mut follow) = Follow::begin(state.path(), 10).unwrap();
        assert_eq!(lines, ["one"]);
        LogFile::new(path.clone()).append(b"o\n").unwrap();
        assert_eq!(follow.more().unwrap(), ["two"]);
        std::fs::remove_file(&path).unwrap();
        assert!(follow.more().unwrap().is_empty());
        LogFile::new(path.clone()).append(b"three\n").unwrap();
        assert_eq!(follow.more().unwrap(), ["three"]);
    }

    #[test]
    fn a_file_that_was_emptied_is_read_from_its_beginning_and_a_foreign_older_one_hides_nothing() {
        let state = tempfile::tempdir().unwrap();
        let path = log_file(state.path());
        LogFile::new(path.clone()).append(b"one\ntwo\n").unwrap();
        let old = aged(&path, 1);
        std::fs::write(&old, "zero\n").unwrap();
        std::fs::set_permissions(&old, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
        let (lines, mut follow) = Follow::begin(state.path(), 10).unwrap();
        assert_eq!((lines, follow.unread().len()), (vec!["one".to_owned(), "two".to_owned()], 1));
        std::fs::write(&path, "").unwrap();
        assert!(follow.more().unwrap().is_empty());
        LogFile::new(path).append(b"new\n").unwrap();
        assert_eq!(follow.more().unwrap(), ["new"]);
    }
}
