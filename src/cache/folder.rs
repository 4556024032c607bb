//! The files of a disk cache: who may touch them, how large they are, and how a store is set aside or swapped.

use std::fs::{self, DirBuilder, File, Metadata, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rustix::fs::OFlags;

use super::key_file;

const STORE: &str = "cache.v1";
const NEW: &str = "cache.v1.new";
const OLD: &str = "cache.v1.old";
const BAD: &str = "cache.v1.bad-";
const LOCK: &str = "cache.lock";
/// How sled ends the name of a snapshot that it is still writing.
const HALF_SNAPSHOT: &str = ".generating";

/// How long an ending process may keep the lock before its successor does without the disk.
const LOCK_PATIENCE: Duration = Duration::from_millis(250);

/// The directory of a cache, held by this process alone for as long as the value lives.
pub(crate) struct Folder {
    directory: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the directory ours alone: no rights for others, our user, our lock.
    pub(crate) fn open(directory: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let facts = fs::metadata(directory)?;
        if !is_own(&facts) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it belongs to another user"));
        }
        // Rights of others are taken away; a directory that its owner made read-only stays so.
        if facts.mode() & 0o7077 != 0 {
            fs::set_permissions(directory, Permissions::from_mode(facts.mode() & 0o700))?;
        }
        let lock = key_file::open(&directory.join(LOCK), OFlags::RDWR | OFlags::CREATE)?;
        let patience = Instant::now() + LOCK_PATIENCE;
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(Self { directory: directory.to_owned(), _lock: lock }),
                Err(TryLockError::WouldBlock) if Instant::now() < patience => thread::sleep(Duration::from_millis(10)),
                Err(TryLockError::WouldBlock) => return Err(io::Error::new(io::ErrorKind::WouldBlock, "another process uses it")),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.directory.join(STORE)
    }

    pub(crate) fn has_store(&self) -> bool {
        fs::symlink_metadata(self.store()).is_ok()
    }

    /// Where a new store is built.
    pub(crate) fn new_store(&self) -> PathBuf {
        self.directory.join(NEW)
    }

    /// Ends a swap that was cut short.
    pub(crate) fn tidy(&self) -> io::Result<()> {
        let old = self.directory.join(OLD);
        if !self.has_store() && fs::symlink_metadata(&old).is_ok() {
            fs::rename(&old, self.store())?;
        }
        remove(&old)?;
        remove(&self.new_store())?;
        self.drop_half_snapshots()
    }

    /// Removes what a process left that ended while sled wrote a snapshot. sled 0.34 takes such a file for the newest snapshot
    /// and, being cut, for damage of the whole store; the snapshot before it is still there.
    fn drop_half_snapshots(&self) -> io::Result<()> {
        // Behind a planted link somebody else's files would go.
        if !fs::symlink_metadata(self.store()).is_ok_and(|facts| facts.is_dir()) {
            return Ok(());
        }
        let entries = fs::read_dir(self.store()).into_iter().flatten().flatten();
        let half = |name: &str| name.starts_with("snap.") && name.ends_with(HALF_SNAPSHOT);
        entries.filter(|entry| half(&entry.file_name().to_string_lossy())).try_for_each(|entry| remove(&entry.path()))
    }

    /// Whether the store, if there is one, consists of our own files and directories only. sled would follow a planted
    /// link and write wherever it points.
    pub(crate) fn is_plain(&self) -> bool {
        walk(&self.store()).all(|(_, facts)| facts.is_some_and(|facts| is_own(&facts) && (facts.is_dir() || is_sole_file(&facts))))
    }

    /// Takes the rights of others from every file of a store; sled itself asks the umask only.
    pub(crate) fn protect(&self, store: &Path) -> io::Result<()> {
        for (path, facts) in walk(store) {
            let wanted = if facts.as_ref().is_some_and(Metadata::is_dir) { 0o700 } else { 0o600 };
            if facts.is_some_and(|facts| facts.mode() & 0o7777 != wanted) {
                fs::set_permissions(path, Permissions::from_mode(wanted))?;
            }
        }
        Ok(())
    }

    /// Sets the store aside for inspection, instead of what was set aside before.
    pub(crate) fn quarantine(&self) -> io::Result<()> {
        self.drop_quarantined()?;
        let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let aside = self.directory.join(format!("{BAD}{seconds}"));
        match fs::rename(self.store(), &aside) {
            // Somebody removed it, which is as good.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            outcome => outcome,
        }
    }

    pub(crate) fn drop_quarantined(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(BAD) {
                remove(&entry.path())?;
            }
        }
        Ok(())
    }

    pub(crate) fn drop_store(&self) -> io::Result<()> {
        remove(&self.store())
    }

    /// Puts the rewritten store in the place of the store. Both must be closed.
    pub(crate) fn swap(&self) -> io::Result<()> {
        let old = self.directory.join(OLD);
        fs::rename(self.store(), &old)?;
        self.place_new()?;
        remove(&old)
    }

    /// Puts the new store where there is none. It must be closed.
    pub(crate) fn place_new(&self) -> io::Result<()> {
        fs::rename(self.new_store(), self.store())?;
        File::open(&self.directory)?.sync_all()
    }

    /// Bytes of all files of stores of this version, whatever they are for. What a newer version keeps beside them is not
    /// ours to make room in.
    pub(crate) fn bytes(&self) -> u64 {
        let entries = fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let is_ours = |name: &str| name.strip_prefix(STORE).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let ours = entries.filter(|entry| is_ours(&entry.file_name().to_string_lossy()));
        ours.flat_map(|entry| walk(&entry.path())).filter_map(|(_, facts)| facts).filter(Metadata::is_file).map(|facts| facts.len()).sum()
    }
}

/// Removes a file, link or whole directory; what is not there is removed.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(facts) if facts.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    removed.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

fn is_own(facts: &Metadata) -> bool {
    facts.uid() == rustix::process::geteuid().as_raw()
}

fn is_sole_file(facts: &Metadata) -> bool {
    facts.is_file() && facts.nlink() == 1
}

/// The path and all below it, links not followed; nothing when it does not exist. A file that vanishes meanwhile, as
/// sled's do, is left out; one that cannot be examined has no metadata.
fn walk(path: &Path) -> impl Iterator<Item = (PathBuf, Option<Metadata>)> + use<> {
    let mut open = vec![path.to_owned()];
    std::iter::from_fn(move || {
        loop {
            let path = open.pop()?;
            let facts = match fs::symlink_metadata(&path) {
                Ok(facts) => Some(facts),
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(_) => None,
            };
            if facts.as_ref().is_some_and(Metadata::is_dir) {
                open.extend(fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
            }
            return Some((path, facts));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn store_with(folder: &Folder, content: &str) {
        fs::create_dir(folder.store()).unwrap();
        fs::write(folder.store().join("db"), content).unwrap();
    }

    #[test]
    fn the_directory_is_private_and_held_once() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("a/b");
        DirBuilder::new().recursive(true).mode(0o755).create(&directory).unwrap();
        let folder = Folder::open(&directory).unwrap();
        assert_eq!(fs::metadata(&directory).unwrap().mode() & 0o7777, 0o700);
        assert_eq!(fs::metadata(directory.join(LOCK)).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(Folder::open(&directory).err().unwrap().kind(), io::ErrorKind::WouldBlock);
        drop(folder);
        assert!(Folder::open(&directory).is_ok());
    }

    #[test]
    fn only_the_newest_bad_store_is_kept() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::open(root.path()).unwrap();
        for content in ["first", "second"] {
            store_with(&folder, content);
            folder.quarantine().unwrap();
        }
        let bad: Vec<_> = names(root.path()).into_iter().filter(|name| name.starts_with(BAD)).collect();
        assert_eq!(bad.len(), 1);
        assert_eq!(fs::read(root.path().join(&bad[0]).join("db")).unwrap(), b"second");
    }

    #[test]
    fn a_swap_cut_short_at_any_point_leaves_one_store() {
        // What exists before (store, new, old) and what the store must hold after.
        let cases = [
            ([Some("store"), Some("half new"), None], "store"),
            ([None, Some("new"), Some("store")], "store"),
            ([Some("new"), None, Some("store")], "new"),
        ];
        for (existing, expected) in cases {
            let root = tempfile::tempdir().unwrap();
            let folder = Folder::open(root.path()).unwrap();
            for (name, content) in [STORE, NEW, OLD].into_iter().zip(existing) {
                if let Some(content) = content {
                    fs::create_dir(root.path().join(name)).unwrap();
                    fs::write(root.path().join(name).join("db"), content).unwrap();
                }
            }
            folder.tidy().unwrap();
            assert_eq!(names(root.path()), [LOCK, STORE]);
            assert_eq!(fs::read_to_string(folder.store().join("db")).unwrap(), expected);
        }
    }

    #[test]
    fn a_store_with_foreign_parts_is_not_plain() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::open(root.path()).unwrap();
        assert!(folder.is_plain(), "no store at all");
        store_with(&folder, "x");
        assert!(folder.is_plain());
        fs::hard_link(folder.store().join("db"), root.path().join("other")).unwrap();
        assert!(!folder.is_plain(), "a second name");
        fs::remove_file(root.path().join("other")).unwrap();
        symlink("/etc/passwd", folder.store().join("conf")).unwrap();
        assert!(!folder.is_plain(), "a link inside");
        remove(&folder.store()).unwrap();
        symlink("/tmp", folder.store()).unwrap();
        assert!(!folder.is_plain(), "a link instead");
    }

    #[test]
    fn all_files_of_our_stores_are_measured_and_no_others() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::open(root.path()).unwrap();
        store_with(&folder, "12345");
        fs::create_dir(folder.new_store()).unwrap();
        fs::write(folder.new_store().join("db"), "123").unwrap();
        for other in ["other", "cache.v2", "cache.v10"] {
            fs::write(root.path().join(other), "1234567").unwrap();
        }
        assert_eq!(folder.bytes(), 8);
    }
}
