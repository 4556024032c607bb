//! A connection to the resident that is bounded in time and whose other end is this user.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect as connect_socket, socket_with};

use super::Unavailable;
use crate::platform;

/// Connects within `limit` and checks the owner of the listening process before a byte is sent.
pub(super) fn connect(path: &Path, limit: Duration) -> Result<UnixStream, Unavailable> {
    let stream = dial(path, limit).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused | io::ErrorKind::NotADirectory => Unavailable::NotRunning,
        io::ErrorKind::PermissionDenied => Unavailable::Foreign,
        _ => Unavailable::Unresponsive,
    })?;
    match platform::peer_uid(&stream) {
        Ok(uid) if uid == platform::own_uid() => Ok(stream),
        _ => Err(Unavailable::Foreign),
    }
}

/// A send time-out bounds the connect as well: a stopped resident with a full backlog would block it for ever.
fn dial(path: &Path, limit: Duration) -> io::Result<UnixStream> {
    let address = SocketAddrUnix::new(path)?;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, close_on_exec(), None)?;
    #[cfg(target_os = "macos")]
    rustix::io::ioctl_fioclex(&socket)?;
    set_socket_timeout(&socket, Timeout::Send, Some(limit))?;
    connect_socket(&socket, &address)?;
    Ok(UnixStream::from(socket))
}

#[cfg(target_os = "linux")]
fn close_on_exec() -> SocketFlags {
    SocketFlags::CLOEXEC
}

#[cfg(not(target_os = "linux"))]
fn close_on_exec() -> SocketFlags {
    SocketFlags::empty()
}
