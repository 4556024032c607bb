//! The socket at home that is forwarded: of this session alone, in a folder that only this user can enter.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener as StdListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::net::UnixListener;

use super::gate::Gate;
use crate::paths::{Paths, ensure_private_dir};
use crate::platform;

/// Pause after a failed accept, which may go on failing.
const PAUSE: Duration = Duration::from_millis(50);
/// Longest path of a socket that every system takes.
const LONGEST: usize = 100;

/// Why there is no socket to forward.
#[derive(Debug, Error)]
pub enum FrontError {
    /// None of the folders for sockets is private, or has a name that ssh takes.
    #[error("there is no private folder for a socket")]
    NoPlace,
    /// The socket could not be made.
    #[error("`{}`: {source}", path.display())]
    Socket {
        /// Where it was to be.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A bound socket. It goes with this value.
#[derive(Debug)]
pub struct Front {
    path: PathBuf,
    node: (u64, u64),
    listener: Option<StdListener>,
}

impl Front {
    /// Binds a socket of this name in the first private folder.
    ///
    /// # Errors
    /// [`FrontError`] when there is no such place or no socket can be made there.
    pub fn bind(paths: &Paths, name: &str) -> Result<Self, FrontError> {
        let places = paths.runtime.iter().map(|runtime| runtime.dir.as_path());
        let place = places.filter(|dir| may_be_named(&dir.join(name))).find(|dir| ensure_private_dir(dir).is_ok());
        let path = place.ok_or(FrontError::NoPlace)?.join(name);
        let failed = |source: io::Error| FrontError::Socket { path: path.clone(), source };
        let listener = StdListener::bind(&path).map_err(failed)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let made = fs::symlink_metadata(&path).map_err(failed)?;
        Ok(Self { node: (made.dev(), made.ino()), path, listener: Some(listener) })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What listens there, once.
    pub fn take(&mut self) -> Option<StdListener> {
        self.listener.take()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|now| (now.dev(), now.ino()) == self.node) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// ssh reads colons, brackets and backslashes of a forwarding in its own way.
fn may_be_named(path: &Path) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    path.to_str().is_some_and(|text| text.len() <= LONGEST && text.bytes().all(plain))
}

/// Serves the gate to connections of this user, among them those that ssh makes for the other side. It never ends.
///
/// # Errors
/// When the listener cannot be watched.
pub async fn serve(listener: StdListener, gate: Arc<Gate>) -> io::Result<()> {
    let listener = UnixListener::from_std(listener)?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) if platform::peer_uid(&stream).is_ok_and(|uid| uid == platform::own_uid()) => {
                let gate = Arc::clone(&gate);
                tokio::spawn(async move { gate.serve(stream).await });
            }
            Ok(_) => {}
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    fn paths(base: &Path) -> Paths {
        let lookup = |name: &str| (name == "XDG_RUNTIME_DIR").then(|| OsString::from(base));
        let mut paths = Paths::resolve(&lookup, platform::own_uid(), &|| None);
        paths.runtime.truncate(1);
        paths
    }

    #[test]
    fn the_socket_is_private_and_goes_with_the_session() {
        let temp = tempfile::tempdir().unwrap();
        let front = Front::bind(&paths(temp.path()), "ssh-1").unwrap();
        let path = front.path().to_owned();
        assert_eq!(path, temp.path().join("gptos/ssh-1"));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(matches!(Front::bind(&paths(temp.path()), "ssh-1"), Err(FrontError::Socket { .. })), "nobody's place is taken");
        drop(front);
        assert!(!path.exists());
    }

    #[test]
    fn a_name_that_ssh_would_read_otherwise_is_not_used() {
        let temp = tempfile::tempdir().unwrap();
        for odd in ["a:b", "a b", "a\\b", "[a]"] {
            let base = temp.path().join(odd);
            fs::create_dir(&base).unwrap();
            assert!(matches!(Front::bind(&paths(&base), "ssh-1"), Err(FrontError::NoPlace)), "{odd}");
        }
    }

    #[test]
    fn an_open_folder_is_not_used() {
        let temp = tempfile::tempdir().unwrap();
        fs::create_dir(temp.path().join("gptos")).unwrap();
        fs::set_permissions(temp.path().join("gptos"), fs::Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(Front::bind(&paths(temp.path()), "ssh-1"), Err(FrontError::NoPlace)));
    }
}
