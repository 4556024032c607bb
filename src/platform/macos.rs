use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

/// The system's name in prompts and cache keys.
pub const OS_NAME: &str = "macos";

/// User id of the process at the other end of a Unix socket.
///
/// # Errors
/// When the descriptor is not a connected Unix socket.
pub fn peer_uid(socket: impl AsFd) -> io::Result<u32> {
    let (uid, _gid) = nix::unistd::getpeereid(socket)?;
    Ok(uid.as_raw())
}

/// Process id at the other end of a Unix socket, when the system tells.
pub fn peer_pid(socket: impl AsFd) -> Option<i32> {
    nix::sys::socket::getsockopt(&socket, nix::sys::socket::sockopt::LocalPeerPid).ok()
}

/// The session's runtime directory when `XDG_RUNTIME_DIR` is not set: macOS has none.
pub fn session_runtime_dir(_uid: u32) -> Option<PathBuf> {
    None
}

/// Nothing to do: the system lets nobody but debuggers it trusts look into a process.
pub(super) fn forbid_inspection() {}

/// Where this process finds its open descriptors by number.
pub fn descriptor_directory() -> &'static Path {
    Path::new("/dev/fd")
}

/// Largest resident set size of this process in bytes: macOS tells the present one only to unsafe calls.
pub fn resident_memory() -> Option<u64> {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF).ok()?;
    u64::try_from(usage.max_rss()).ok()
}

/// There are none here: whether a pipe that its reader holds open for writing as well tells of the other end's death is not known.
///
/// # Errors
/// Always.
pub fn make_named_pipe(_path: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A pipe is as wide as the system makes it.
pub fn widen_pipe(_pipe: impl AsFd, _bytes: usize) {}

/// macOS has no folder in memory.
pub fn lies_in_memory(_folder: &Path) -> bool {
    false
}

/// There is none here, as no folder lies in memory.
///
/// # Errors
/// Always.
pub fn watcher() -> io::Result<OwnedFd> {
    Err(io::ErrorKind::Unsupported.into())
}

/// There is nothing to watch one with.
///
/// # Errors
/// Always.
pub fn watch_folder(_watcher: impl AsFd, _folder: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Nothing is watched.
///
/// # Errors
/// Always.
pub fn written_files(_watcher: impl AsFd) -> io::Result<Vec<OsString>> {
    Err(io::ErrorKind::Unsupported.into())
}

/// macOS has no descriptor for a process.
///
/// # Errors
/// Always.
pub fn end_of_process(_pid: i32) -> io::Result<OwnedFd> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Where another process stands is told only to unsafe calls.
pub fn directory_of(_pid: i32) -> Option<PathBuf> {
    None
}

/// The name of another process is told only to unsafe calls.
pub fn parent_name() -> Option<String> {
    None
}

pub(super) fn own_executable_metadata(path: &Path) -> io::Result<Metadata> {
    std::fs::metadata(path)
}

/// Whether the working directory of this process is certainly on a disk of this machine: macOS does not tell without
/// asking whoever serves it.
pub fn stands_on_a_disk() -> bool {
    false
}

/// Set in the flags of a file system that is stored on this machine.
const MNT_LOCAL: u32 = 0x1000;

/// The mounts that another machine or a program serves.
#[derive(Debug, Clone, Default)]
pub struct RemoteMounts;

impl RemoteMounts {
    /// Nothing is read in advance: macOS tells it for each path.
    pub fn read() -> Self {
        Self
    }

    /// Whether a path lies on one of them. What does not exist counts as local.
    pub fn holds(&self, path: &Path) -> bool {
        rustix::fs::statfs(path).is_ok_and(|facts| facts.f_flags & MNT_LOCAL == 0)
    }
}

/// Empty: shells look at another clock here.
#[must_use]
pub fn uptime() -> String {
    String::new()
}
