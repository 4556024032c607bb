//! The configuration file on disk: read when it changed, trusted only if nobody else can write it.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{Config, ConfigProblem, parse};

/// Larger files are not configurations.
const MAX_BYTES: u64 = 1024 * 1024;
/// File systems stamp changes with a clock that ticks every few milliseconds. Until a stamp is older than this, another
/// change could carry the same one.
const STAMP_SETTLES: Duration = Duration::from_millis(100);

/// The configuration file of one user, kept up to date.
#[derive(Debug)]
pub struct ConfigFile {
    path: Option<PathBuf>,
    home: Option<PathBuf>,
    seen: Option<Seen>,
    config: Arc<Config>,
    problem: Option<ConfigProblem>,
}

/// What identifies one state of a file: modification, change, size, device and inode.
pub(super) type Stamp = (i64, i64, i64, i64, u64, u64, u64);

/// The state that was read last.
#[derive(Debug, PartialEq)]
enum Seen {
    /// There was no file.
    Missing,
    /// A state that cannot be mistaken for a later one.
    Settled(Stamp),
}

impl ConfigFile {
    /// A loader for `path`; nothing is read yet. Without a path the defaults hold. `home` is what `~/` stands for.
    pub fn new(path: Option<PathBuf>, home: Option<PathBuf>) -> Self {
        Self { path, home, seen: None, config: Arc::new(Config::default()), problem: None }
    }

    /// The path it reads, if there is one.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The configuration in force, and what is wrong with the file now. A broken file leaves the last good
    /// configuration in force; a missing one means the defaults.
    pub fn current(&mut self) -> (Arc<Config>, Option<ConfigProblem>) {
        if let Some(path) = self.path.clone() {
            self.refresh(&path);
        }
        (Arc::clone(&self.config), self.problem.clone())
    }

    fn refresh(&mut self, path: &Path) {
        let stamp = match std::fs::metadata(path) {
            Ok(metadata) => stamp(&metadata),
            Err(error) if is_missing(&error) => return self.forget(),
            Err(error) => return self.reject(problem(path, error.to_string())),
        };
        if self.seen == Some(Seen::Settled(stamp)) {
            return;
        }
        match read_text(path) {
            Ok(Some((text, metadata))) => {
                self.seen = settled(&metadata).then(|| Seen::Settled(self::stamp(&metadata)));
                match parse(&text, path, self.home.as_deref()) {
                    Ok(config) => {
                        self.config = Arc::new(config);
                        self.problem = None;
                    }
                    Err(problem) => self.problem = Some(problem),
                }
            }
            Ok(None) => self.forget(),
            Err(problem) => self.reject(problem),
        }
    }

    fn forget(&mut self) {
        if self.seen != Some(Seen::Missing) {
            self.config = Arc::new(Config::default());
            self.problem = None;
            self.seen = Some(Seen::Missing);
        }
    }

    fn reject(&mut self, problem: ConfigProblem) {
        self.problem = Some(problem);
        self.seen = None;
    }
}

pub(super) fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

pub(super) fn stamp(metadata: &Metadata) -> Stamp {
    (metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec(), metadata.len(), metadata.dev(), metadata.ino())
}

pub(super) fn settled(metadata: &Metadata) -> bool {
    let changed = Duration::new(metadata.ctime().unsigned_abs(), u32::try_from(metadata.ctime_nsec()).unwrap_or(0));
    // A stamp from the future, after the clock was set back, counts as fresh: reading again costs microseconds.
    SystemTime::now().duration_since(UNIX_EPOCH).is_ok_and(|now| now.saturating_sub(changed) > STAMP_SETTLES)
}

pub(super) fn problem(path: &Path, cause: impl Into<String>) -> ConfigProblem {
    ConfigProblem { path: path.to_owned(), line: None, key: None, cause: cause.into(), hint: None }
}

/// Reads the file and the state it was in; `None` if it is missing.
///
/// # Errors
/// When it cannot be read, is not text, or must not be trusted.
pub fn read_text(path: &Path) -> Result<Option<(String, Metadata)>, ConfigProblem> {
    // Opening a FIFO would wait for a writer; nobody may be kept waiting by a file.
    let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
    let opened = OpenOptions::new().read(true).custom_flags(nonblocking).open(path);
    let mut file = match opened {
        Ok(file) => file,
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => return Err(problem(path, error.to_string())),
    };
    let metadata = trusted(path, &file)?;
    let mut bytes = Vec::new();
    file.by_ref().take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| problem(path, error.to_string()))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(problem(path, "larger than 1 MiB"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some((text, metadata))),
        Err(error) => {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = 1 + valid.iter().filter(|b| **b == b'\n').count();
            Err(ConfigProblem { line: Some(line), ..problem(path, "not UTF-8 text") })
        }
    }
}

/// A configuration says which commands give keys and who is sent them, so only its user and root may write it.
fn trusted(path: &Path, file: &File) -> Result<Metadata, ConfigProblem> {
    let metadata = file.metadata().map_err(|error| problem(path, error.to_string()))?;
    if metadata.is_dir() {
        return Err(problem(path, "is a directory"));
    }
    if !metadata.is_file() {
        return Err(problem(path, "is not a regular file"));
    }
    let uid = metadata.uid();
    if uid != 0 && uid != rustix::process::geteuid().as_raw() {
        return Err(problem(path, format!("belongs to user {uid}")).with_hint("only files of your own or of root are read"));
    }
    if metadata.mode() & 0o022 != 0 {
        let cause = format!("other users can write it (mode {:04o})", metadata.mode() & 0o7777);
        return Err(problem(path, cause).with_hint(format!("chmod go-w '{}'", path.display())));
    }
    Ok(metadata)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    struct Place {
        _temp: tempfile::TempDir,
        path: PathBuf,
        file: ConfigFile,
    }

    fn place() -> Place {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("config.toml");
        Place { file: ConfigFile::new(Some(path.clone()), None), path, _temp: temp }
    }

    impl Place {
        fn write(&self, text: impl AsRef<[u8]>) {
            let staged = self.path.with_extension("staged");
            fs::write(&staged, text).unwrap();
            fs::set_permissions(&staged, fs::Permissions::from_mode(0o600)).unwrap();
            fs::rename(staged, &self.path).unwrap();
        }

        /// The deadline in force and the problem.
        fn now(&mut self) -> (u128, Option<String>) {
            let (config, problem) = self.file.current();
            (config.deadline.as_millis(), problem.map(|problem| problem.to_string().replace(&self.path.display().to_string(), "FILE")))
        }
    }

    #[test]
    fn a_change_is_seen_and_a_broken_file_keeps_the_last_good_state() {
        let mut place = place();
        assert_eq!(place.now(), (8000, None));
        place.write("deadline_ms = 5000");
        assert_eq!(place.now(), (5000, None));
        place.write("deadline_ms = 600");
        assert_eq!(place.now(), (600, None));
        place.write("deadline_ms = ");
        assert_eq!(place.now().0, 600);
        assert!(place.now().1.is_some_and(|problem| problem.starts_with("FILE:1: ")));
        place.write("resident = 3");
        assert_eq!(place.now(), (600, Some("FILE:1: `resident`: expected \"on\" or \"off\"".to_owned())));
        place.write("deadline_ms = 700");
        assert_eq!(place.now(), (700, None));
        fs::remove_file(&place.path).unwrap();
        assert_eq!(place.now(), (8000, None));
    }

    #[test]
    fn a_rewrite_in_place_with_the_same_size_is_seen_at_once() {
        let mut place = place();
        for round in 0..300 {
            let deadline = 5000 + round;
            fs::write(&place.path, format!("deadline_ms = {deadline}")).unwrap();
            fs::set_permissions(&place.path, fs::Permissions::from_mode(0o600)).unwrap();
            assert_eq!(place.now(), (deadline, None));
        }
    }

    #[test]
    fn an_unchanged_file_is_read_once() {
        let mut place = place();
        place.write("deadline_ms = 5000");
        std::thread::sleep(STAMP_SETTLES + Duration::from_millis(20));
        let (first, _) = place.file.current();
        let (second, _) = place.file.current();
        assert!(Arc::ptr_eq(&first, &second));
    }

    #[test]
    fn what_is_not_a_configuration_is_named_and_harmless() {
        let mut place = place();
        place.write("deadline_ms = 5000");
        assert_eq!(place.now(), (5000, None));
        place.write(vec![b'#'; 10_000_000]);
        assert_eq!(place.now(), (5000, Some("FILE: larger than 1 MiB".to_owned())));
        place.write(b"# ok\nkey = \"\xff\"\n");
        assert_eq!(place.now(), (5000, Some("FILE:2: not UTF-8 text".to_owned())));
        fs::remove_file(&place.path).unwrap();
        fs::create_dir(&place.path).unwrap();
        assert_eq!(place.now(), (5000, Some("FILE: is a directory".to_owned())));
        fs::remove_dir(&place.path).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &place.path, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
        assert_eq!(place.now(), (5000, Some("FILE: is not a regular file".to_owned())));
        fs::remove_file(&place.path).unwrap();
        let below_a_file = place.path.join("config.toml");
        place.write("");
        assert_eq!(ConfigFile::new(Some(below_a_file), None).current(), (Arc::new(Config::default()), None));
    }

    #[test]
    fn a_file_that_others_can_write_is_refused() {
        let mut place = place();
        for mode in [0o620, 0o602, 0o666] {
            place.write("deadline_ms = 5000");
            fs::set_permissions(&place.path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(place.now(), (8000, Some(format!("FILE: other users can write it (mode {mode:04o})"))));
        }
        fs::set_permissions(&place.path, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(place.now(), (5000, None));
    }

    #[test]
    fn a_file_of_another_user_is_refused() {
        if rustix::process::geteuid().as_raw() != 0 {
            return;
        }
        let mut place = place();
        place.write("deadline_ms = 5000");
        std::os::unix::fs::chown(&place.path, Some(12345), None).unwrap();
        assert_eq!(place.now(), (8000, Some("FILE: belongs to user 12345".to_owned())));
    }

    #[test]
    fn without_a_path_the_defaults_hold() {
        assert_eq!(ConfigFile::new(None, None).current(), (Arc::new(Config::default()), None));
    }
}
