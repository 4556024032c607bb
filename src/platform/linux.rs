use std::fs::Metadata;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

/// The system's name in prompts and cache keys.
pub const OS_NAME: &str = "linux";

/// User id of the process at the other end of a Unix socket.
///
/// # Errors
/// When the descriptor is not a connected Unix socket.
pub fn peer_uid(socket: impl AsFd) -> io::Result<u32> {
    Ok(rustix::net::sockopt::socket_peercred(socket)?.uid.as_raw())
}

/// Process id at the other end of a Unix socket, when the system tells.
pub fn peer_pid(socket: impl AsFd) -> Option<i32> {
    rustix::net::sockopt::socket_peercred(socket).ok().map(|credentials| credentials.pid.as_raw_nonzero().get())
}

/// The session's runtime directory when `XDG_RUNTIME_DIR` is not set.
pub fn session_runtime_dir(uid: u32) -> Option<PathBuf> {
    let directory = PathBuf::from(format!("/run/user/{uid}"));
    directory.is_dir().then_some(directory)
}

/// Where this process finds its open descriptors by number.
pub fn descriptor_directory() -> &'static Path {
    Path::new("/proc/self/fd")
}

/// Resident set size of this process in bytes.
pub fn resident_memory() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

pub(super) fn own_executable_metadata(_path: &Path) -> io::Result<Metadata> {
    std::fs::metadata("/proc/self/exe")
}
