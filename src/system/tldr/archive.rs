//! The archive of the collection: checked against its sum, unpacked into a folder of its own, and put in the place of the
//! old copy in one step.

use std::collections::HashSet;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Cursor, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use ring::digest::{SHA256, digest};
use rustix::fs::OFlags;
use thiserror::Error;
use zip::ZipArchive;

use super::places::PLATFORMS;

/// Entries of the archive; the whole collection in English has about seven thousand.
const MOST_ENTRIES: usize = 40_000;
/// Bytes of one page.
const PAGE_LIMIT: u64 = 64 * 1024;
/// Bytes of all pages.
const TOTAL_LIMIT: u64 = 64 * 1024 * 1024;
/// The copy in use: a link to one of the folders beside it, because a link can be replaced in one step.
const CURRENT: &str = "current";
/// Folders of copies begin with this.
const COPY: &str = "copy-";
/// Whoever holds it may write: what one process unpacks would be an old copy to another.
const LOCK: &str = "lock";
/// A child of this process may hold the lock of an update that has ended, until it becomes another program.
const LOCK_PATIENCE: Duration = Duration::from_millis(250);

/// Why an archive was not taken.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// The list of sums has none for it.
    #[error("the list of checksums does not name {0}")]
    NoSum(String),
    /// It is not what was published.
    #[error("the archive does not match its checksum")]
    Sum,
    /// It cannot be read.
    #[error("the archive is damaged: {0}")]
    Damaged(String),
    /// A name that leads out of the folder, or a link.
    #[error("the archive holds a name that leads elsewhere: {0}")]
    Unsafe(String),
    /// More or larger entries than the collection can have.
    #[error("the archive is too large")]
    TooLarge,
    /// Not a single page for this system.
    #[error("the archive holds no pages")]
    Empty,
    /// Another process is at it.
    #[error("another update is under way")]
    Busy,
    /// The system's own words.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Compares an archive with the line that names it in a list of SHA-256 sums.
///
/// # Errors
/// [`ArchiveError::NoSum`] or [`ArchiveError::Sum`].
pub fn check_sum(archive: &[u8], name: &str, sums: &str) -> Result<(), ArchiveError> {
    let of = |line: &str| {
        let (sum, file) = line.trim().split_once(char::is_whitespace)?;
        let file = file.trim_start().trim_start_matches('*');
        (file.rsplit('/').next() == Some(name)).then(|| sum.to_ascii_lowercase())
    };
    let expected = sums.lines().find_map(of).ok_or_else(|| ArchiveError::NoSum(name.to_owned()))?;
    let found: String = digest(&SHA256, archive).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    if found == expected { Ok(()) } else { Err(ArchiveError::Sum) }
}

/// The copy that [`unpack`] keeps below the folder for data.
pub fn own_copy(data: &Path) -> PathBuf {
    data.join("tldr").join(CURRENT)
}

/// Unpacks the pages for this system and makes them the copy in use. The old copy stays until the new one is whole. Tells
/// how many pages there are.
///
/// # Errors
/// [`ArchiveError`]; then the old copy is still in use.
pub fn unpack(archive: &[u8], data: &Path) -> Result<usize, ArchiveError> {
    let folder = data.join("tldr");
    DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    let flags = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or(0);
    let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).custom_flags(flags).open(folder.join(LOCK))?;
    // It ends with the file, which is closed when all is done.
    let patience = Instant::now() + LOCK_PATIENCE;
    while lock.try_lock().is_err() {
        if Instant::now() >= patience {
            return Err(ArchiveError::Busy);
        }
        thread::sleep(Duration::from_millis(10));
    }
    let name = format!("{COPY}{}-{}", &blake3::hash(archive).to_hex()[..16], std::process::id());
    let copy = folder.join(&name);
    if copy.exists() {
        fs::remove_dir_all(&copy)?;
    }
    let placed = write_pages(archive, &copy).and_then(|count| {
        place(&folder, &name)?;
        Ok(count)
    });
    match &placed {
        Ok(_) => remove_others(&folder, &name),
        Err(_) => drop(fs::remove_dir_all(&copy)),
    }
    placed
}

fn place(folder: &Path, name: &str) -> io::Result<()> {
    let aside = folder.join(format!("{CURRENT}.{}", std::process::id()));
    let _ = fs::remove_file(&aside);
    symlink(name, &aside)?;
    fs::rename(&aside, folder.join(CURRENT)).inspect_err(|_| drop(fs::remove_file(&aside)))
}

/// Old copies, and what an update that was ended left, are of no use any more. What cannot be removed is removed by the
/// next update.
fn remove_others(folder: &Path, name: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let other = entry.file_name();
        let other = other.to_string_lossy();
        if other.starts_with(COPY) && other != name {
            let _ = fs::remove_dir_all(entry.path());
        } else if other.strip_prefix(CURRENT).is_some_and(|rest| rest.starts_with('.')) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn write_pages(archive: &[u8], copy: &Path) -> Result<usize, ArchiveError> {
    let damaged = |error: zip::result::ZipError| ArchiveError::Damaged(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(archive)).map_err(damaged)?;
    if archive.len() > MOST_ENTRIES {
        return Err(ArchiveError::TooLarge);
    }
    let (mut written, mut total) = (HashSet::new(), 0);
    for number in 0..archive.len() {
        let entry = archive.by_index(number).map_err(damaged)?;
        let name = entry.name().map_err(damaged)?.into_owned();
        if !is_safe(&name) || entry.is_symlink() {
            return Err(ArchiveError::Unsafe(name));
        }
        let Some((platform, page)) = page_of(&name).filter(|_| entry.is_file()) else { continue };
        // Only so much is read as a page may have, whatever the entry says of its size.
        let mut text = Vec::new();
        entry.take(PAGE_LIMIT + 1).read_to_end(&mut text).map_err(|error| ArchiveError::Damaged(error.to_string()))?;
        total += text.len() as u64;
        if text.len() as u64 > PAGE_LIMIT || total > TOTAL_LIMIT {
            return Err(ArchiveError::TooLarge);
        }
        let folder = copy.join("pages").join(platform);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        if written.insert((platform, page.to_owned())) {
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join(page))?.write_all(&text)?;
        }
    }
    if written.iter().any(|(platform, _)| *platform == "common") { Ok(written.len()) } else { Err(ArchiveError::Empty) }
}

/// Whether a name stays in the folder it is unpacked into.
fn is_safe(name: &str) -> bool {
    !name.starts_with('/') && !name.contains(['\\', '\0']) && name.split('/').all(|part| part != "..")
}

/// The platform and the file of a page: `common/tar.md`, also below a folder. `None` for anything else.
fn page_of(name: &str) -> Option<(&'static str, &str)> {
    let (folders, file) = name.rsplit_once('/')?;
    let folder = folders.rsplit('/').next()?;
    let platform = PLATFORMS.iter().find(|platform| **platform == folder)?;
    let page = file.strip_suffix(".md")?;
    (!page.is_empty() && page.len() <= 100 && page.bytes().all(|byte| byte.is_ascii_graphic())).then_some((platform, file))
}

#[cfg(test)]
mod tests {
    use zip::write::{SimpleFileOptions, ZipWriter};

    use super::*;

    fn packed(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in entries {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(text.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn names(data: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(data.join("tldr")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_copy_takes_the_place_of_the_old_one() {
        let data = tempfile::tempdir().unwrap();
        for text in ["one", "two"] {
            let archive =
                packed(&[("common/pack.md", text), ("common/", ""), ("windows/other.md", "x"), ("LICENSE.md", "x"), ("common/a.txt", "x")]);
            assert_eq!(unpack(&archive, data.path()).unwrap(), 1);
            assert_eq!(fs::read_to_string(own_copy(data.path()).join("pages/common/pack.md")).unwrap(), text);
            assert_eq!(names(data.path()).len(), 3, "the link, one copy and the lock");
            // What an update that was ended left.
            symlink("copy-0", data.path().join("tldr/current.1")).unwrap();
            fs::create_dir_all(data.path().join("tldr/copy-0/pages")).unwrap();
        }
        assert_eq!(unpack(&packed(&[("pages.en/common/pack.md", "three")]), data.path()).unwrap(), 1);
        assert_eq!(fs::read_to_string(own_copy(data.path()).join("pages/common/pack.md")).unwrap(), "three");
    }

    #[test]
    fn two_updates_at_once_do_not_remove_each_others_copy() {
        let data = tempfile::tempdir().unwrap();
        let archive = packed(&[("common/pack.md", "good")]);
        unpack(&archive, data.path()).unwrap();
        let before = names(data.path());
        let lock = fs::File::open(data.path().join("tldr").join(LOCK)).unwrap();
        lock.lock().unwrap();
        assert!(matches!(unpack(&archive, data.path()), Err(ArchiveError::Busy)));
        assert_eq!(names(data.path()), before);
        lock.unlock().unwrap();
        assert_eq!(unpack(&archive, data.path()).unwrap(), 1);
    }

    #[test]
    fn hostile_archives_are_refused_and_the_old_copy_stays() {
        let data = tempfile::tempdir().unwrap();
        unpack(&packed(&[("common/pack.md", "good")]), data.path()).unwrap();
        let before = names(data.path());
        let large = "x".repeat(70_000);
        let mut linking = ZipWriter::new(Cursor::new(Vec::new()));
        linking.add_symlink("common/link.md", "/etc/passwd", SimpleFileOptions::default()).unwrap();
        let linking = linking.finish().unwrap().into_inner();
        let whole = packed(&[("common/pack.md", &"word ".repeat(2000))]);
        let mut damaged = whole.clone();
        damaged[60] ^= 0xff;
        for (archive, expected) in [
            (packed(&[("common/a.md", "x"), ("common/../../../evil.md", "x")]), "leads elsewhere"),
            (packed(&[("common/a.md", "x"), ("/tmp/common/evil.md", "x")]), "leads elsewhere"),
            (packed(&[("common/a.md", "x"), ("common\\..\\evil.md", "x")]), "leads elsewhere"),
            (linking, "leads elsewhere"),
            (packed(&[("common/a.md", &large)]), "too large"),
            (packed(&[("windows/a.md", "x")]), "no pages"),
            (whole[..whole.len() / 2].to_vec(), "damaged"),
            (damaged, "damaged"),
            (b"not an archive".to_vec(), "damaged"),
        ] {
            let error = unpack(&archive, data.path()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}: {expected}");
            assert_eq!(names(data.path()), before);
        }
        assert_eq!(fs::read_to_string(own_copy(data.path()).join("pages/common/pack.md")).unwrap(), "good");
        assert!(!data.path().join("evil.md").exists());
    }

    #[test]
    fn the_sum_is_that_of_the_named_file() {
        const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let sums = format!("{}  other.zip\n{ABC}  ./assets/pages.zip\n", "0".repeat(64));
        assert!(check_sum(b"abc", "pages.zip", &sums).is_ok());
        assert!(matches!(check_sum(b"abd", "pages.zip", &sums), Err(ArchiveError::Sum)));
        assert!(matches!(check_sum(b"abc", "other.zip", &sums), Err(ArchiveError::Sum)));
        for list in ["", "<html>", ABC, "pages.zip"] {
            assert!(matches!(check_sum(b"abc", "pages.zip", list), Err(ArchiveError::NoSum(_))), "{list}");
        }
    }
}
