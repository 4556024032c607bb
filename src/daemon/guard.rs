//! Exactly one resident: a lock held for life, taken before the socket is touched. The socket is bound under a
//! temporary name and renamed into place, because probing and then binding lets two processes win.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rustix::fs::{FlockOperation, OFlags, flock};
use thiserror::Error;
use tokio::net::UnixListener;

use crate::paths;

/// Why the lock or the socket could not be had.
#[derive(Debug, Error)]
pub enum GuardError {
    /// The runtime directory is missing, unsafe or not ours.
    #[error(transparent)]
    Directory(#[from] paths::PathError),
    /// The lock file cannot be opened or locked.
    #[error("lock `{}`: {source}", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The outcome of the race for the lock.
#[derive(Debug)]
pub enum Claim {
    /// This process is the resident.
    Won(Guard),
    /// Another process is.
    Lost,
}

/// The right to be the resident, for as long as it lives.
#[derive(Debug)]
pub struct Guard {
    socket: PathBuf,
    lock: File,
    bound: Mutex<Option<(u64, u64)>>,
}

impl Guard {
    /// Takes the lock that belongs to `socket`, creating its private directory.
    ///
    /// # Errors
    /// [`GuardError`] when the directory is unsafe or the lock file unusable.
    pub fn claim(socket: &Path) -> Result<Claim, GuardError> {
        if let Some(directory) = socket.parent() {
            paths::ensure_private_dir(directory)?;
        }
        let path = lock_path(socket);
        let failed = |source: io::Error| GuardError::Lock { path: path.clone(), source };
        let mut lock = open_lock(&path, true).map_err(failed)?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Ok(Claim::Lost),
            Err(error) => return Err(failed(error.into())),
        }
        lock.set_len(0).and_then(|()| writeln!(lock, "{}", std::process::id())).map_err(failed)?;
        Ok(Claim::Won(Self { socket: socket.to_owned(), lock, bound: Mutex::new(None) }))
    }

    /// Listens, and only then puts the socket where clients look.
    ///
    /// # Errors
    /// When the socket cannot be bound or renamed.
    pub async fn listen(&self) -> io::Result<UnixListener> {
        // The temporary name must not be longer than the final one may be: the limit of a socket's path holds for both.
        let temporary = self.socket.with_extension("new");
        let _ = fs::remove_file(&temporary);
        let listener = UnixListener::bind(&temporary)?;
        fs::set_permissions(&temporary, fs::Permissions::from_mode(0o600))?;
        let metadata = fs::symlink_metadata(&temporary)?;
        if let Ok(mut bound) = self.bound.lock() {
            *bound = Some((metadata.dev(), metadata.ino()));
        }
        fs::rename(&temporary, &self.socket)?;
        Ok(listener)
    }

    /// Whether the socket clients find is the one this process listens on, and the lock file the one it holds.
    pub fn is_in_place(&self) -> bool {
        let bound = self.bound.lock().map(|bound| *bound).unwrap_or_default();
        let there = fs::symlink_metadata(&self.socket).ok().map(|metadata| (metadata.dev(), metadata.ino()));
        let held = self.lock.metadata().ok().map(|metadata| (metadata.dev(), metadata.ino()));
        let lock_there = fs::symlink_metadata(lock_path(&self.socket)).ok().map(|metadata| (metadata.dev(), metadata.ino()));
        there.is_some() && there == bound && held == lock_there
    }

    /// Removes the socket, unless somebody else's stands there by now.
    pub fn remove_socket(&self) {
        let bound = self.bound.lock().map(|bound| *bound).unwrap_or_default();
        let there = fs::symlink_metadata(&self.socket).ok().map(|metadata| (metadata.dev(), metadata.ino()));
        if there.is_some() && there == bound {
            let _ = fs::remove_file(&self.socket);
        }
    }
}

/// Whether a process holds the lock that belongs to `socket`.
pub fn is_running(socket: &Path) -> bool {
    let Ok(lock) = open_lock(&lock_path(socket), false) else { return false };
    matches!(flock(&lock, FlockOperation::NonBlockingLockShared), Err(rustix::io::Errno::WOULDBLOCK))
}

/// Process id that the lock's holder wrote down; `None` when nobody holds it.
pub fn running_pid(socket: &Path) -> Option<i32> {
    if !is_running(socket) {
        return None;
    }
    let mut text = String::new();
    open_lock(&lock_path(socket), false).ok()?.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// Removes a socket that a killed resident left behind. The lock is taken for it, so that a resident starting at the
/// same moment cannot lose its own.
pub fn remove_stale(socket: &Path) {
    let Ok(lock) = open_lock(&lock_path(socket), false) else { return };
    if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok() {
        let _ = fs::remove_file(socket);
    }
}

fn lock_path(socket: &Path) -> PathBuf {
    socket.with_extension("lock")
}

fn open_lock(path: &Path, create: bool) -> io::Result<File> {
    let no_follow = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or_default();
    let file = OpenOptions::new().read(true).write(true).create(create).mode(0o600).custom_flags(no_follow).open(path)?;
    let metadata = file.metadata()?;
    if metadata.uid() != crate::platform::own_uid() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it belongs to another user"));
    }
    // It is emptied before the process id goes in, and under a second name it is somebody's file.
    if !metadata.is_file() || metadata.nlink() > 1 {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a plain file of its own; remove it"));
    }
    Ok(file)
}
