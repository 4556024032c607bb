use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
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

/// A process that cannot be dumped cannot be traced by others of the same user either.
pub(super) fn forbid_inspection() {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// Resident set size of this process in bytes.
pub fn resident_memory() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

/// Makes a pipe with a name that only this user can open.
///
/// # Errors
/// When something stands there already, or what else the system says.
pub fn make_named_pipe(path: &Path) -> io::Result<()> {
    Ok(rustix::fs::mkfifoat(rustix::fs::CWD, path, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR)?)
}

/// Lets a pipe take so many bytes before somebody reads them, or as many as it may.
pub fn widen_pipe(pipe: impl AsFd, bytes: usize) {
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, bytes);
}

/// Whether a folder lies in memory alone, so that what is written there reaches no disk but that of the swap.
pub fn lies_in_memory(folder: &Path) -> bool {
    // `TMPFS_MAGIC` of statfs(2).
    rustix::fs::statfs(folder).is_ok_and(|found| found.f_type == 0x0102_1994)
}

/// A descriptor that can be read once a file was written and closed in a folder that is watched with it.
///
/// # Errors
/// When this user has too many of them.
pub fn watcher() -> io::Result<OwnedFd> {
    use rustix::fs::inotify::{CreateFlags, init};
    Ok(init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?)
}

/// Watches one more folder; one that is watched stays so.
///
/// # Errors
/// When there is no such folder, or this user watches too many.
pub fn watch_folder(watcher: impl AsFd, folder: &Path) -> io::Result<()> {
    use rustix::fs::inotify::{WatchFlags, add_watch};
    add_watch(watcher, folder, WatchFlags::CLOSE_WRITE | WatchFlags::ONLYDIR)?;
    Ok(())
}

/// The names of the files that were written since this was asked last.
///
/// # Errors
/// `WouldBlock` when there are none.
pub fn written_files(watcher: impl AsFd) -> io::Result<Vec<OsString>> {
    let mut space = [MaybeUninit::uninit(); 4096];
    let mut reader = rustix::fs::inotify::Reader::new(watcher, &mut space);
    let mut names = Vec::new();
    loop {
        let event = reader.next()?;
        names.extend(event.file_name().map(|name| OsString::from_vec(name.to_bytes().to_vec())));
        if reader.is_buffer_empty() {
            return Ok(names);
        }
    }
}

/// A descriptor that can be read once process `pid` has ended.
///
/// # Errors
/// When there is no such process of this user.
pub fn end_of_process(pid: i32) -> io::Result<OwnedFd> {
    let number = rustix::process::Pid::from_raw(pid).ok_or(io::ErrorKind::InvalidInput)?;
    let end = rustix::process::pidfd_open(number, rustix::process::PidfdFlags::empty())?;
    // Looked at second: if the number is another process's by now, the descriptor can be read already.
    let owner = std::fs::metadata(format!("/proc/{pid}"))?;
    if super::is_own(&owner) { Ok(end) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

/// The directory in which process `pid` stands.
pub fn directory_of(pid: i32) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/{pid}/cwd")).ok()
}

/// The name of the program that started this process.
pub fn parent_name() -> Option<String> {
    let parent = rustix::process::getppid()?.as_raw_nonzero();
    let name = std::fs::read_to_string(format!("/proc/{parent}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

pub(super) fn own_executable_metadata(_path: &Path) -> io::Result<Metadata> {
    std::fs::metadata("/proc/self/exe")
}

/// Whether the working directory of this process is on a disk of this machine, told without asking any server: file
/// systems without a device of their own, network ones among them, have the major number 0.
pub fn stands_on_a_disk() -> bool {
    use rustix::fs::{AtFlags, CWD, StatxFlags};
    let flags = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC | AtFlags::NO_AUTOMOUNT;
    rustix::fs::statx(CWD, c"", flags, StatxFlags::TYPE).is_ok_and(|facts| facts.stx_dev_major != 0)
}

/// File systems that another machine or a program serves: a look at them may wait for an answer that never comes.
const REMOTE: [&str; 22] = [
    "9p", "afs", "autofs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2",
    "orangefs", "panfs", "pvfs2", "smb2", "smb3", "smbfs", "wekafs",
];

/// The mounts that another machine or a program serves.
#[derive(Debug, Clone, Default)]
pub struct RemoteMounts(Vec<PathBuf>);

impl RemoteMounts {
    /// Reads the table of mounts, without touching any of them.
    pub fn read() -> Self {
        Self::from_table(&std::fs::read("/proc/self/mountinfo").unwrap_or_default())
    }

    fn from_table(table: &[u8]) -> Self {
        Self(table.split(|byte| *byte == b'\n').filter_map(remote_mount).collect())
    }

    /// Whether a path lies on one of them, by its text alone.
    pub fn holds(&self, path: &Path) -> bool {
        self.0.iter().any(|mount| path.starts_with(mount))
    }
}

/// The mount point of a line of the table, when its file system is a remote one.
fn remote_mount(line: &[u8]) -> Option<PathBuf> {
    let mut fields = line.split(|byte| *byte == b' ');
    let point = fields.nth(4)?;
    // A number of optional fields ends with a dash; then comes the type.
    let kind = std::str::from_utf8(fields.skip_while(|field| *field != b"-").nth(1)?).ok()?;
    let is_remote = REMOTE.contains(&kind) || kind.starts_with("fuse.");
    is_remote.then(|| PathBuf::from(std::ffi::OsString::from_vec(unescape(point))))
}

/// Blanks and backslashes stand in the table as `\040` and the like.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let mut at = 0;
    while at < field.len() {
        let octal =
            field.get(at + 1..at + 4).filter(|digits| field[at] == b'\\' && digits.iter().all(|digit| (b'0'..=b'7').contains(digit)));
        match octal {
            Some(digits) => {
                out.push(digits.iter().fold(0_u8, |value, digit| value.wrapping_mul(8).wrapping_add(digit - b'0')));
                at += 4;
            }
            None => {
                out.push(field[at]);
                at += 1;
            }
        }
    }
    out
}

/// Seconds since the system started, suspended time included, with two decimals, as `/proc/uptime` has them.
#[must_use]
pub fn uptime() -> String {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    format!("{}.{:02}", now.tv_sec, now.tv_nsec / 10_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_keeps_secrets_leaves_no_memory_behind() {
        use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};
        crate::platform::keep_secrets();
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
        let limit = getrlimit(Resource::Core);
        assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
    }

    #[test]
    fn mounts_that_may_hang_are_told_from_others() {
        let table = b"25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n\
            30 25 0:40 / /net/my\\040disk rw master:1 shared:2 - nfs4 server:/x rw\n\
            31 25 0:41 / /home/ada/cloud rw - fuse.sshfs host: rw\n\
            32 25 8:2 / /windows rw - fuseblk /dev/sda2 rw\n\
            33 25 0:42 / /auto rw - autofs systemd-1 rw\n\
            broken line\n\n";
        let mounts = RemoteMounts::from_table(table);
        for remote in ["/net/my disk", "/net/my disk/a", "/home/ada/cloud/a/b", "/auto/x"] {
            assert!(mounts.holds(Path::new(remote)), "{remote}");
        }
        for local in ["/", "/net", "/net/my disks", "/windows/a", "/home/ada"] {
            assert!(!mounts.holds(Path::new(local)), "{local}");
        }
    }
}
