//! A background process of this user that this shell does not ask, because it listens in another place or behind a folder that is open to
//! others. It is well, so it must not be ended for that.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::store;
use crate::client::Channel;
use crate::paths::Paths;
use crate::platform;
use crate::protocol::Status;

/// How long it may take to say who it is.
const LIMIT: Duration = Duration::from_millis(500);

/// Who it is and where it listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Elsewhere {
    pub(super) pid: i32,
    pub(super) socket: PathBuf,
}

impl Elsewhere {
    /// The process that has the user's cache, if it is a background process that answers and not the one of this shell.
    pub(super) fn look(paths: &Paths, own: Option<u32>) -> Option<Self> {
        let lock = paths.cache_dir.as_ref()?.join("cache.lock");
        let pid = store::holder_now(&lock)?;
        if own.and_then(|own| i32::try_from(own).ok()) == Some(pid) {
            return None;
        }
        let known = paths.runtime.iter().map(|runtime| runtime.socket.clone());
        let socket = known.chain(listening()).find(|socket| answers_as(socket, pid))?;
        Some(Self { pid, socket })
    }

    /// The folder that others may enter, and its mode, where that is why it is not asked.
    pub(super) fn open_folder(&self) -> Option<(&Path, u32)> {
        let folder = self.socket.parent()?;
        let mode = fs::symlink_metadata(folder).ok()?.mode() & 0o7777;
        (mode & 0o077 != 0).then_some((folder, mode))
    }

    /// The line that makes this shell look where it listens.
    pub(super) fn mend(&self) -> String {
        let folder = self.socket.parent().unwrap_or(Path::new("/"));
        match folder.parent().filter(|_| folder.ends_with("gptos")) {
            Some(base) => format!("export XDG_RUNTIME_DIR={}    (as in the shell that started it)", super::around::word(base)),
            None => "gptos daemon stop    (the next question starts one where this shell looks)".to_owned(),
        }
    }
}

/// Sockets of this user that may be those of a background process: a kernel lists them by the name under which they were bound.
fn listening() -> Vec<PathBuf> {
    let table = fs::read_to_string("/proc/net/unix").unwrap_or_default();
    let bound = table.lines().filter_map(|line| line.split_once(" /").map(|(_, path)| PathBuf::from(format!("/{path}"))));
    let sockets = bound.filter(|path| path.extension().is_some_and(|ending| ending == "new")).map(|path| path.with_extension("sock"));
    sockets.filter(|socket| fs::symlink_metadata(socket).is_ok_and(|metadata| platform::is_own(&metadata))).collect()
}

fn answers_as(socket: &Path, pid: i32) -> bool {
    let channel = Channel { socket: socket.to_owned(), binary: None, caller: None };
    let reply = channel.exchange("GET", "/v1/status", b"", LIMIT).ok();
    let status = reply.and_then(|reply| serde_json::from_slice::<Status>(&reply).ok());
    status.is_some_and(|status| i32::try_from(status.pid) == Ok(pid))
}
