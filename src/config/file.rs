//! The configuration file on disk: read when it changed, trusted only if nobody else can write it.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::overrides::Overrides;
use super::resolve::{Layer, layer, locks_and_audit};
use super::{Config, ConfigProblem};

/// Larger files are not configurations.
const MAX_BYTES: u64 = 1024 * 1024;
/// File systems stamp changes with a clock that ticks every few milliseconds. Until a stamp is older than this, another
/// change could carry the same one.
const STAMP_SETTLES: Duration = Duration::from_millis(100);

/// The configuration of one user, kept up to date: the administrator's file, the user's, and what stands over both.
#[derive(Debug)]
pub struct ConfigFile {
    admin: Source,
    user: Source,
    home: Option<PathBuf>,
    overrides: Overrides,
    config: Arc<Config>,
    problems: Vec<ConfigProblem>,
    is_rejected: bool,
    reloads: Reloads,
}

/// How often a change of a file was taken over, and how often not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reloads {
    /// Changes that hold.
    pub ok: u64,
    /// Changes that left the former values in force.
    pub rejected: u64,
}

/// One file and what was last read of it.
#[derive(Debug)]
struct Source {
    path: Option<PathBuf>,
    owner: Owner,
    seen: Option<Seen>,
    newest: Result<Option<String>, ConfigProblem>,
    /// The last text without a mistake.
    good: Option<String>,
}

/// Whose a file has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// The administrator's, who owns `/etc` as well.
    Admin,
    /// The user's or root's.
    User,
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
    /// A loader for the user's file at `path` and the administrator's in its usual place; nothing is read yet. Without a
    /// path the defaults hold. `home` is what `~/` stands for.
    pub fn new(path: Option<PathBuf>, home: Option<PathBuf>) -> Self {
        Self::layered(admin_path(), path, home, process_overrides())
    }

    /// The same for the process that answers the shells: what stands in the environment it was started with, or among its
    /// options, is no shell's.
    pub fn shared(path: Option<PathBuf>, home: Option<PathBuf>) -> Self {
        Self::layered(admin_path(), path, home, Overrides::default())
    }

    pub(super) fn layered(admin: Option<PathBuf>, user: Option<PathBuf>, home: Option<PathBuf>, overrides: Overrides) -> Self {
        let source = |path, owner| Source { path, owner, seen: None, newest: Ok(None), good: None };
        let (config, problems) = overrides.put_on(Config::default());
        Self {
            admin: source(admin, Owner::Admin),
            user: source(user, Owner::User),
            home,
            overrides,
            config: Arc::new(config),
            problems,
            is_rejected: false,
            reloads: Reloads::default(),
        }
    }

    /// The user's file, if there is a place for one.
    pub fn path(&self) -> Option<&Path> {
        self.user.path.as_deref()
    }

    /// The administrator's file.
    pub fn admin_path(&self) -> Option<&Path> {
        self.admin.path.as_deref()
    }

    /// The configuration in force, and what is wrong with the files now. A broken file leaves its last good text in
    /// force; a missing one says nothing.
    pub fn current(&mut self) -> (Arc<Config>, Option<ConfigProblem>) {
        let is_first = self.admin.seen.is_none() && self.user.seen.is_none() && self.user.newest == Ok(None);
        let changes = [self.admin.refresh(), self.user.refresh()];
        if changes.contains(&true) {
            self.build();
            if self.is_rejected {
                self.reloads.rejected += 1;
            } else if !is_first {
                self.reloads.ok += 1;
            }
        }
        (Arc::clone(&self.config), self.problems.first().cloned())
    }

    /// Everything that is wrong, as [`ConfigFile::current`] found it.
    pub fn problems(&self) -> &[ConfigProblem] {
        &self.problems
    }

    /// Whether a file is not in force as it stands. Otherwise what is wrong concerns single keys, which are left out.
    pub fn is_rejected(&self) -> bool {
        self.is_rejected
    }

    /// How often changes were taken over.
    pub fn reloads(&self) -> Reloads {
        self.reloads
    }

    fn build(&mut self) {
        self.problems.clear();
        let home = self.home.as_deref();
        let admin = self.admin.layer(home, (Layer::Admin, &Config::default()), &mut self.problems);
        // Without the administrator's locks nobody knows what a user's file may say.
        let is_closed = admin.is_none() && self.admin.newest != Ok(None);
        let below = admin.unwrap_or_else(|| self.admin.locks_and_audit());
        let user = if is_closed { None } else { self.user.layer(home, (Layer::User, &below), &mut self.problems) };
        self.is_rejected = self.admin.is_broken() || self.user.is_broken();
        let overrides = if is_closed { &Overrides::default() } else { &self.overrides };
        let (config, problems) = overrides.put_on(user.unwrap_or(below));
        self.problems.extend(problems);
        if *self.config != config {
            self.config = Arc::new(config);
        }
    }
}

/// What holds if the user's file at `path` had this text, and what of it is left out because it is locked.
///
/// # Errors
/// The first mistake, in the text or in the administrator's file.
pub fn check_text(text: &str, path: &Path, home: Option<&Path>) -> Result<(Config, Vec<ConfigProblem>), ConfigProblem> {
    let below = match admin_path() {
        Some(admin) => match read_owned(&admin, Owner::Admin)? {
            Some((text, _)) => layer(&text, &admin, home, (Layer::Admin, &Config::default()))?.0,
            None => Config::default(),
        },
        None => Config::default(),
    };
    layer(text, path, home, (Layer::User, &below))
}

/// Whether all `keys` are the administrator's alone. Where that file cannot be read, every key is.
pub(super) fn are_locked(keys: &[&str]) -> bool {
    let Some(path) = admin_path() else { return false };
    match read_owned(&path, Owner::Admin) {
        Ok(None) => false,
        Ok(Some((text, _))) => match layer(&text, &path, None, (Layer::Admin, &Config::default())) {
            Ok((config, _)) => keys.iter().all(|key| config.lock_on(key).is_some()),
            Err(_) => true,
        },
        Err(_) => true,
    }
}

#[cfg(not(test))]
fn admin_path() -> Option<PathBuf> {
    Some(crate::paths::admin_config())
}

#[cfg(not(test))]
fn process_overrides() -> Overrides {
    Overrides::of_process()
}

/// A test is about the files that it names.
#[cfg(test)]
fn admin_path() -> Option<PathBuf> {
    None
}

#[cfg(test)]
fn process_overrides() -> Overrides {
    Overrides::default()
}

impl Source {
    /// Reads the file if it may have changed, and tells whether it says something else now.
    fn refresh(&mut self) -> bool {
        let Some(path) = self.path.as_deref() else { return false };
        let stamp = match std::fs::metadata(path) {
            Ok(metadata) => stamp(&metadata),
            Err(error) if is_missing(&error) => {
                self.seen = Some(Seen::Missing);
                return self.hold(Ok(None));
            }
            Err(error) => {
                let failed = problem(path, error.to_string());
                self.seen = None;
                return self.hold(Err(failed));
            }
        };
        if self.seen == Some(Seen::Settled(stamp)) {
            return false;
        }
        let newest = match read_owned(path, self.owner) {
            Ok(Some((text, metadata))) => {
                self.seen = settled(&metadata).then(|| Seen::Settled(self::stamp(&metadata)));
                // Who rewrites a file empties it first, and a write to a full disk leaves it so.
                let is_lost = text.is_empty() && self.good.as_ref().is_some_and(|good| !good.is_empty());
                if is_lost { Err(problem(path, "it is empty").with_hint("remove it if the defaults are wanted")) } else { Ok(Some(text)) }
            }
            Ok(None) => Ok(None),
            Err(failed) => {
                self.seen = None;
                Err(failed)
            }
        };
        self.hold(newest)
    }

    fn hold(&mut self, newest: Result<Option<String>, ConfigProblem>) -> bool {
        let is_new = self.newest != newest;
        self.newest = newest;
        is_new
    }

    /// What holds with this file on what is below it; `None` if it says nothing, or never said anything that could hold.
    fn layer(&mut self, home: Option<&Path>, below: (Layer, &Config), problems: &mut Vec<ConfigProblem>) -> Option<Config> {
        let path = self.path.as_deref()?;
        match &self.newest {
            Ok(None) => {
                self.good = None;
                return None;
            }
            Ok(Some(text)) => match layer(text, path, home, below) {
                Ok((config, refused)) => {
                    problems.extend(refused);
                    self.good = Some(text.clone());
                    return Some(config);
                }
                Err(problem) => problems.push(problem),
            },
            Err(problem) => problems.push(problem.clone()),
        }
        let (config, _) = layer(self.good.as_deref()?, path, home, below).ok()?;
        Some(config)
    }

    /// What a text that does not hold still says of locks and of the record: a slip elsewhere must open and hide nothing.
    fn locks_and_audit(&self) -> Config {
        match (&self.path, &self.newest) {
            (Some(path), Ok(Some(text))) => locks_and_audit(text, path),
            _ => Config::default(),
        }
    }

    /// Whether the newest text is not the one in force.
    fn is_broken(&self) -> bool {
        match &self.newest {
            Ok(text) => *text != self.good,
            Err(_) => true,
        }
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
    read_owned(path, Owner::User)
}

pub(super) fn read_owned(path: &Path, owner: Owner) -> Result<Option<(String, Metadata)>, ConfigProblem> {
    // Opening a FIFO would wait for a writer; nobody may be kept waiting by a file.
    let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
    let opened = OpenOptions::new().read(true).custom_flags(nonblocking).open(path);
    let mut file = match opened {
        Ok(file) => file,
        Err(error) if is_missing(&error) => return Ok(None),
        Err(error) => return Err(problem(path, error.to_string())),
    };
    let metadata = trusted(path, &file, owner)?;
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
fn trusted(path: &Path, file: &File, owner: Owner) -> Result<Metadata, ConfigProblem> {
    let metadata = file.metadata().map_err(|error| problem(path, error.to_string()))?;
    if metadata.is_dir() {
        return Err(problem(path, "is a directory"));
    }
    if !metadata.is_file() {
        return Err(problem(path, "is not a regular file"));
    }
    let uid = metadata.uid();
    match owner {
        Owner::User if uid != 0 && uid != rustix::process::geteuid().as_raw() => {
            return Err(problem(path, format!("belongs to user {uid}")).with_hint("only files of your own or of root are read"));
        }
        Owner::Admin if !is_admins(path, uid) => {
            return Err(problem(path, format!("belongs to user {uid}")).with_hint("the administrator's file belongs to root"));
        }
        _ => {}
    }
    if metadata.mode() & 0o022 != 0 {
        let cause = format!("other users can write it (mode {:04o})", metadata.mode() & 0o7777);
        return Err(problem(path, cause).with_hint(format!("chmod go-w '{}'", path.display())));
    }
    Ok(metadata)
}

/// Who owns `/etc` is the administrator here; inside a user namespace that is not user 0.
fn is_admins(path: &Path, uid: u32) -> bool {
    let is_moved = cfg!(debug_assertions) && !path.starts_with("/etc");
    std::fs::metadata("/etc").is_ok_and(|folder| folder.uid() == uid) || is_moved && uid == rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const AUDIT: &str = "local";

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
    fn a_broken_file_of_the_administrators_opens_nothing() {
        let root = tempfile::tempdir().unwrap();
        let admin = root.path().join("admin.toml");
        let variables = Overrides::of_variables(&|name| match name {
            "GPTOS_AUDIT" => Some("off".into()),
            "GPTOS_DEADLINE_MS" => Some("700".into()),
            _ => None,
        });
        let held = |text: &str| {
            fs::write(&admin, text).unwrap();
            fs::set_permissions(&admin, fs::Permissions::from_mode(0o600)).unwrap();
            let mut file = ConfigFile::layered(Some(admin.clone()), None, None, variables.clone());
            let config = file.current().0;
            (config.audit.name(), config.deadline.as_millis(), config.lock_on("memory").is_some())
        };
        let said = "audit = \"required\"\nlocked = [\"memory\"]\n";
        assert_eq!(held(said), ("off", 700, true));
        for slip in ["deadlin_ms = 1\n", "deadline_ms = \n", "deadline_ms = 1\n", "[shell\n"] {
            assert_eq!(held(&format!("{said}{slip}")), ("required", 8000, true), "{slip}");
        }
        assert_eq!(held("audit = \"required\"\nlocked = [\"memroy\"]\n"), ("required", 8000, false));
        assert_eq!(held("audit = \"require\"\nlocked = [\"memory\"]\n"), (AUDIT, 8000, true));
        assert_eq!(held("locked = [\"mem"), (AUDIT, 8000, false));
    }

    #[test]
    fn without_a_path_the_defaults_hold() {
        assert_eq!(ConfigFile::new(None, None).current(), (Arc::new(Config::default()), None));
    }
}
