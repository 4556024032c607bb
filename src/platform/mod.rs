//! What differs between operating systems: peer credentials, the runtime directory, the own binary, memory, and
//! detaching from the shell. Each system has its own file with the same functions.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

mod local_time;
mod private;

pub use local_time::local_day;
pub use private::open_private;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux as system;

#[cfg(target_os = "macos")]
mod macos;
#[cfg(target_os = "macos")]
use macos as system;

pub use system::{
    OS_NAME, RemoteMounts, descriptor_directory, directory_of, end_of_process, lies_in_memory, make_named_pipe, parent_name, peer_pid,
    peer_uid, resident_memory, session_runtime_dir, stands_on_a_disk, uptime, watch_folder, watcher, widen_pipe, written_files,
};

/// Lets this process have so many files and connections open at once, or as many as it may.
pub fn raise_descriptor_limit(wanted: u64) {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.map_or(wanted, |maximum| maximum.min(wanted));
    if limit.current.is_some_and(|current| current < most) {
        limit.current = Some(most);
        // With fewer, fewer can be served at once; that is no reason not to serve.
        let _ = setrlimit(Resource::Nofile, limit);
    }
}

/// Leaves nothing of this process's memory behind when it dies, and lets no other process of this user look into it. What
/// it starts writes no core file either; whether they may be looked into is theirs.
pub fn keep_secrets() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // Neither can fail for a process that only lowers its own limits.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    system::forbid_inspection();
}

/// How many files and connections this process has open.
pub fn open_descriptors() -> Option<usize> {
    // The one that lists the directory is among them.
    Some(std::fs::read_dir(descriptor_directory()).ok()?.count().saturating_sub(1))
}

/// Effective user id of this process.
pub fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Whether this user may read what stands at a path.
pub fn may_read(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::READ_OK).is_ok()
}

/// Whether this user may write what stands at a path; of a folder, add names to it and take names away.
pub fn may_write(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
}

/// Whether something belongs to this user.
pub fn is_own(metadata: &Metadata) -> bool {
    metadata.uid() == own_uid()
}

/// The executable file this process was started from, as it was when the process looked first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnBinary {
    /// Absolute path.
    pub path: PathBuf,
    device: u64,
    inode: u64,
    len: u64,
    modified_ns: i128,
}

impl OwnBinary {
    /// Looks at the running executable.
    ///
    /// # Errors
    /// When the system does not tell, for example without `/proc`.
    pub fn look() -> io::Result<Self> {
        let path = std::env::current_exe()?;
        // A replaced file shows up on Linux as `NAME (deleted)`; the new one stands where the old one was.
        let path = match path.to_str().and_then(|text| text.strip_suffix(" (deleted)")) {
            Some(former) => PathBuf::from(former),
            None => path,
        };
        let metadata = system::own_executable_metadata(&path)?;
        Ok(Self::from_metadata(path, &metadata))
    }

    fn from_metadata(path: PathBuf, metadata: &Metadata) -> Self {
        Self {
            path,
            device: metadata.dev(),
            inode: metadata.ino(),
            len: metadata.len(),
            modified_ns: i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec()),
        }
    }

    /// Names this build: version, size and modification time, so that two builds of one version differ.
    pub fn build(&self) -> String {
        format!("{}+{:x}.{:x}", env!("CARGO_PKG_VERSION"), self.len, self.modified_ns)
    }

    /// When the file was written, in nanoseconds since the epoch: decides which of two builds of one version is newer.
    pub fn modified_ns(&self) -> i128 {
        self.modified_ns
    }

    /// Whether another file, or none, now stands at the path.
    pub fn is_replaced(&self) -> bool {
        match std::fs::metadata(&self.path) {
            Ok(now) => Self::from_metadata(self.path.clone(), &now) != *self,
            Err(_) => true,
        }
    }
}

/// Leaves the shell that started this process: own session, own directory, no inherited descriptors.
///
/// Without closing what was inherited, a `$(…)` or a pipe in the shell would wait for the resident to end. Call it
/// before anything else is opened.
///
/// # Errors
/// When the root directory cannot be entered. A process that already leads a session stays in it.
pub fn detach() -> io::Result<()> {
    let _ = rustix::process::setsid();
    std::env::set_current_dir(Path::new("/"))?;
    close_inherited();
    Ok(())
}

/// From here on no file that this process makes can be read by others, not even for the moment before its mode is set.
/// The mask belongs to the whole process and is inherited by children: it is for the resident alone.
pub fn keep_files_private() {
    rustix::process::umask(rustix::fs::Mode::from_bits_truncate(0o077));
}

#[expect(unsafe_code, reason = "a descriptor inherited by number has no owner in this process, and only a raw close ends it")]
fn close_inherited() {
    let Ok(entries) = std::fs::read_dir(descriptor_directory()) else { return };
    let numbers: Vec<i32> = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    // The one that listed the directory is among them and closed by now.
    let is_open = |number: &i32| descriptor_directory().join(number.to_string()).symlink_metadata().is_ok();
    for number in numbers.into_iter().filter(|number| *number > 2 && is_open(number)) {
        // SAFETY: called first thing in a fresh process with one thread, before it has opened any descriptor of its own
        // above 2, so the number is open and nothing in this process owns it.
        unsafe { rustix::io::close(number) };
    }
}
