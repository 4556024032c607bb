//! The per-user secret that makes rows ours: 32 random bytes in a file that only the user can read.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags};

use super::value::MacKey;

const NAME: &str = "cache.key";

/// The secret of `directory`, and whether it was made just now because there was none, or none to be trusted.
pub(crate) fn load_or_create(directory: &Path) -> io::Result<(MacKey, bool)> {
    match load(&directory.join(NAME)) {
        Some(key) => Ok((key, false)),
        None => create(directory).map(|key| (key, true)),
    }
}

/// A secret that others could have read, written, or linked to is none.
fn load(path: &Path) -> Option<MacKey> {
    let file = open(path, OFlags::RDONLY).ok()?;
    let facts = file.metadata().ok()?;
    let is_ours = facts.is_file()
        && facts.uid() == rustix::process::geteuid().as_raw()
        && facts.mode() & 0o7777 == 0o600
        && facts.nlink() == 1
        && facts.len() == 32;
    let mut key = [0; 32];
    (is_ours && (&file).read_exact(&mut key).is_ok()).then_some(MacKey(key))
}

fn create(directory: &Path) -> io::Result<MacKey> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    let temporary = directory.join(format!("{NAME}.new"));
    super::folder::remove(&temporary)?;
    let mut file = open(&temporary, OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL)?;
    // The umask can only have taken rights away; the file must have exactly these.
    rustix::fs::fchmod(&file, Mode::from_raw_mode(0o600))?;
    file.write_all(&key)?;
    file.sync_all()?;
    let path = directory.join(NAME);
    if fs::symlink_metadata(&path).is_ok_and(|facts| facts.is_dir()) {
        super::folder::remove(&path)?;
    }
    fs::rename(&temporary, &path)?;
    Ok(MacKey(key))
}

/// Opens without following a link and without waiting for the other end of a pipe.
pub(crate) fn open(path: &Path, flags: OFlags) -> io::Result<File> {
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file: OwnedFd = rustix::fs::open(path, flags, Mode::from_raw_mode(0o600))?;
    Ok(File::from(file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn a_secret_is_made_once() {
        let directory = tempfile::tempdir().unwrap();
        let (first, is_new) = load_or_create(directory.path()).unwrap();
        assert!(is_new);
        assert_ne!(first.0, [0; 32]);
        let (second, is_new) = load_or_create(directory.path()).unwrap();
        assert!(!is_new);
        assert_eq!(first.0, second.0);
        assert_eq!(mode(&directory.path().join(NAME)), 0o600);
    }

    #[test]
    fn what_is_not_a_private_file_of_32_bytes_is_replaced() {
        type Spoil = fn(&Path);
        let ways: [(&str, Spoil); 8] = [
            ("readable by others", |path| fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap()),
            ("read-only", |path| fs::set_permissions(path, fs::Permissions::from_mode(0o400)).unwrap()),
            ("short", |path| fs::write(path, [1; 31]).unwrap()),
            ("long", |path| fs::write(path, [1; 33]).unwrap()),
            ("a second name", |path| fs::hard_link(path, path.with_extension("other")).unwrap()),
            ("a directory", |path| {
                fs::remove_file(path).unwrap();
                fs::create_dir(path).unwrap();
            }),
            ("a link", |path| {
                fs::rename(path, path.with_extension("elsewhere")).unwrap();
                symlink(path.with_extension("elsewhere"), path).unwrap();
            }),
            ("a pipe", |path| {
                fs::remove_file(path).unwrap();
                rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
            }),
        ];
        for (name, spoil) in ways {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join(NAME);
            let (first, _) = load_or_create(directory.path()).unwrap();
            spoil(&path);
            let (second, is_new) = load_or_create(directory.path()).unwrap();
            assert!(is_new && first.0 != second.0, "{name}");
            assert!(fs::symlink_metadata(&path).unwrap().is_file() && mode(&path) == 0o600, "{name}");
        }
    }

    #[test]
    fn a_planted_link_is_not_written_through() {
        let directory = tempfile::tempdir().unwrap();
        let victim = directory.path().join("victim");
        fs::write(&victim, "precious").unwrap();
        symlink(&victim, directory.path().join("cache.key.new")).unwrap();
        symlink(&victim, directory.path().join(NAME)).unwrap();
        load_or_create(directory.path()).unwrap();
        assert_eq!(fs::read(&victim).unwrap(), b"precious");
    }
}
