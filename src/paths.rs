//! Where things are: the configuration file, the cache, data and the resident's socket.
//!
//! The places follow the XDG base directories on every system, also on macOS. They are computed from an injected
//! lookup, so that tests and the resident can ask for another environment than their own. Only
//! [`ensure_private_dir`] and [`Paths::runtime`] touch the disk.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use thiserror::Error;

use crate::env_vars;

/// Looks an environment variable up.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Our folder's name in each base directory.
const FOLDER: &str = "gptos";
/// The socket's name carries the version of the protocol, so that two versions can run side by side.
const SOCKET: &str = "v1.sock";
const LOCK: &str = "v1.lock";
/// `sun_path` without its final NUL.
const SUN_PATH_MAX: usize = if cfg!(target_os = "macos") { 103 } else { 107 };
/// The resident binds `<socket>.<pid>` first and renames it, and that name must fit too.
const PID_SUFFIX_MAX: usize = ".4294967295".len();

/// One place where the resident's socket may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuntimePaths {
    /// The private directory that holds socket and lock.
    pub dir: PathBuf,
    /// The listening socket.
    pub socket: PathBuf,
    /// The file whose lock the one resident holds.
    pub lock: PathBuf,
}

/// All places, for one user and one environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The home directory, from `$HOME` or the account.
    pub home: Option<PathBuf>,
    /// The configuration file; it need not exist.
    pub config_file: Option<PathBuf>,
    /// Where the cache lives; it need not exist.
    pub cache_dir: Option<PathBuf>,
    /// Where data that was fetched lives; it need not exist.
    pub data_dir: Option<PathBuf>,
    /// Where state that is worth keeping lives; it need not exist.
    pub state_dir: Option<PathBuf>,
    /// Candidates for the runtime directory, best first. The last one needs no environment at all.
    pub runtime: Vec<RuntimePaths>,
}

/// Why a directory cannot be trusted with a socket or a key.
#[derive(Debug, Error)]
pub enum PathError {
    /// It cannot be made or looked at.
    #[error("`{}`: {source}", path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A symbolic link or something else that is not a directory.
    #[error("`{}` is not a directory", .0.display())]
    NotDirectory(PathBuf),
    /// Another user owns it.
    #[error("`{}` belongs to user {uid}", path.display())]
    ForeignOwner {
        /// The directory.
        path: PathBuf,
        /// Its owner.
        uid: u32,
    },
    /// Others may read or write it.
    #[error("`{}` is open to other users (mode {mode:04o})", path.display())]
    Open {
        /// The directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
}

impl Paths {
    /// The places for this process.
    pub fn from_environment() -> Self {
        Self::resolve(&|name| std::env::var_os(name), rustix::process::geteuid().as_raw(), &dirs::home_dir)
    }

    /// The places that follow from an environment. `account_home` is asked only when `$HOME` is of no use, because it
    /// may have to ask a directory service.
    pub fn resolve(lookup: Lookup<'_>, uid: u32, account_home: &dyn Fn() -> Option<PathBuf>) -> Self {
        // The XDG specification says that a relative path in one of its variables is to be ignored.
        let absolute = |name: &str| lookup(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = absolute("HOME").or_else(|| account_home().filter(|path| path.is_absolute()));
        let base = |variable: &str, below_home: &str| absolute(variable).or_else(|| home.as_ref().map(|home| home.join(below_home)));
        Self {
            config_file: absolute(env_vars::CONFIG)
                .or_else(|| base("XDG_CONFIG_HOME", ".config").map(|dir| dir.join(FOLDER).join("config.toml"))),
            cache_dir: base("XDG_CACHE_HOME", ".cache").map(|dir| dir.join(FOLDER)),
            data_dir: base("XDG_DATA_HOME", ".local/share").map(|dir| dir.join(FOLDER)),
            state_dir: base("XDG_STATE_HOME", ".local/state").map(|dir| dir.join(FOLDER)),
            runtime: runtime_candidates(absolute("XDG_RUNTIME_DIR"), uid),
            home,
        }
    }

    /// The folder of keys that were handed over, in the folder of state; it need not exist.
    pub fn keys_dir(&self) -> Option<PathBuf> {
        self.state_dir.as_ref().map(|folder| folder.join("keys"))
    }

    /// The folder of the user's intents, beside the configuration file; it need not exist.
    pub fn intents_dir(&self) -> Option<PathBuf> {
        self.config_file.as_ref().and_then(|file| file.parent()).map(|folder| folder.join("intents"))
    }

    /// The first runtime directory that is private to this user, made if it is missing. Client and resident both call
    /// this, so they meet at the same place.
    ///
    /// # Errors
    /// What is wrong with the last candidate, when none can be trusted.
    pub fn runtime(&self) -> Result<&RuntimePaths, PathError> {
        let mut last = PathError::NotDirectory(PathBuf::from("/tmp"));
        for candidate in &self.runtime {
            match ensure_private_dir(&candidate.dir) {
                Ok(()) => return Ok(candidate),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

/// The configuration of the machine's administrator; it need not exist.
pub fn admin_config() -> PathBuf {
    #[cfg(debug_assertions)]
    if let Some(path) = std::env::var_os(env_vars::ADMIN_CONFIG) {
        return PathBuf::from(path);
    }
    PathBuf::from("/etc/gptos/config.toml")
}

fn runtime_candidates(xdg: Option<PathBuf>, uid: u32) -> Vec<RuntimePaths> {
    let fallback = PathBuf::from(format!("/tmp/{FOLDER}-{uid}"));
    let session = PathBuf::from(format!("/run/user/{uid}"));
    let mut bases: Vec<PathBuf> = xdg.into_iter().collect();
    if !bases.contains(&session) {
        bases.push(session);
    }
    let mut dirs: Vec<PathBuf> = bases.into_iter().map(|base| base.join(FOLDER)).collect();
    dirs.push(fallback.clone());
    dirs.into_iter().map(|dir| runtime_in(dir, &fallback)).collect()
}

fn runtime_in(dir: PathBuf, fallback: &Path) -> RuntimePaths {
    let socket = dir.join(SOCKET);
    if socket.as_os_str().len() + PID_SUFFIX_MAX <= SUN_PATH_MAX {
        return RuntimePaths { lock: dir.join(LOCK), dir, socket };
    }
    let digest = blake3::hash(socket.as_os_str().as_bytes()).to_hex();
    let short = &digest[..16];
    RuntimePaths { dir: fallback.to_owned(), socket: fallback.join(format!("{short}.sock")), lock: fallback.join(format!("{short}.lock")) }
}

/// Makes `path` a directory that only this user can enter, or says why it is not one. The parent must exist. What is
/// already there is never changed: a directory that was open to others may hold things others put there.
///
/// # Errors
/// [`PathError`] when it cannot be made, is a symbolic link, belongs to somebody else, or is open to others.
pub fn ensure_private_dir(path: &Path) -> Result<(), PathError> {
    let io_error = |source: io::Error| PathError::Io { path: path.to_owned(), source };
    refuse_replaceable(path)?;
    match rustix::fs::mkdir(path, Mode::RWXU) {
        Ok(()) | Err(rustix::io::Errno::EXIST) => {}
        // On a read-only file system an existing directory may be reported this way.
        Err(_) if path.exists() => {}
        Err(errno) => return Err(io_error(errno.into())),
    }
    // The checks run on the opened directory and not on its name, so nobody can swap it between the two.
    let opened = match rustix::fs::open(path, OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()) {
        Ok(opened) => opened,
        Err(rustix::io::Errno::NOTDIR | rustix::io::Errno::LOOP | rustix::io::Errno::MLINK) => {
            return Err(PathError::NotDirectory(path.to_owned()));
        }
        Err(errno) => {
            let metadata = fs::symlink_metadata(path).map_err(io_error)?;
            check_private(path, &metadata)?;
            return Err(io_error(errno.into()));
        }
    };
    check_private(path, &fs::File::from(opened).metadata().map_err(io_error)?)
}

/// A private directory inside a folder that strangers can write could be replaced by them, unless the folder is sticky
/// as `/tmp` is.
fn refuse_replaceable(path: &Path) -> Result<(), PathError> {
    let Some(parent) = path.parent() else { return Ok(()) };
    let metadata = fs::metadata(parent).map_err(|source| PathError::Io { path: parent.to_owned(), source })?;
    let (uid, mode) = (metadata.uid(), metadata.mode());
    if uid != 0 && uid != rustix::process::geteuid().as_raw() {
        return Err(PathError::ForeignOwner { path: parent.to_owned(), uid });
    }
    if mode & 0o022 != 0 && mode & 0o1000 == 0 {
        return Err(PathError::Open { path: parent.to_owned(), mode: mode & 0o7777 });
    }
    Ok(())
}

fn check_private(path: &Path, metadata: &fs::Metadata) -> Result<(), PathError> {
    let (uid, mode) = (metadata.uid(), metadata.mode());
    if uid != rustix::process::geteuid().as_raw() {
        return Err(PathError::ForeignOwner { path: path.to_owned(), uid });
    }
    if mode & 0o077 != 0 {
        return Err(PathError::Open { path: path.to_owned(), mode: mode & 0o7777 });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn resolve(variables: &[(&str, &str)], account: Option<&str>) -> Paths {
        let lookup = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
        Paths::resolve(&lookup, 1000, &|| account.map(PathBuf::from))
    }

    fn path(text: &str) -> Option<PathBuf> {
        Some(PathBuf::from(text))
    }

    #[test]
    fn xdg_wins_over_home_and_home_over_the_account() {
        let plain = resolve(&[("HOME", "/home/ada")], Some("/never"));
        assert_eq!(plain.config_file, path("/home/ada/.config/gptos/config.toml"));
        assert_eq!(plain.cache_dir, path("/home/ada/.cache/gptos"));
        assert_eq!(plain.state_dir, path("/home/ada/.local/state/gptos"));
        assert_eq!(plain.data_dir, path("/home/ada/.local/share/gptos"));
        let xdg = resolve(&[("HOME", "/home/ada"), ("XDG_CONFIG_HOME", "/c"), ("XDG_CACHE_HOME", "/k"), ("XDG_STATE_HOME", "/s")], None);
        assert_eq!((xdg.config_file, xdg.cache_dir, xdg.state_dir), (path("/c/gptos/config.toml"), path("/k/gptos"), path("/s/gptos")));
        assert_eq!(resolve(&[], Some("/home/bob")).cache_dir, path("/home/bob/.cache/gptos"));
        assert_eq!(resolve(&[("GPTOS_CONFIG", "/etc/g.toml"), ("HOME", "/home/ada")], None).config_file, path("/etc/g.toml"));
    }

    #[test]
    fn without_any_home_only_the_socket_has_a_place() {
        for variables in
            [&[][..], &[("HOME", "")], &[("HOME", "relative"), ("XDG_CACHE_HOME", "also/relative"), ("GPTOS_CONFIG", "x.toml")]]
        {
            let paths = resolve(variables, None);
            assert_eq!((&paths.home, &paths.config_file, &paths.cache_dir, &paths.state_dir), (&None, &None, &None, &None));
            assert_eq!(paths.runtime.last().map(|last| last.socket.clone()), path("/tmp/gptos-1000/v1.sock"));
        }
    }

    #[test]
    fn the_socket_is_sought_in_the_session_first() {
        let sockets = |variables: &[(&str, &str)]| -> Vec<String> {
            resolve(variables, None).runtime.iter().map(|runtime| runtime.socket.display().to_string()).collect()
        };
        assert_eq!(sockets(&[("XDG_RUNTIME_DIR", "/x")]), ["/x/gptos/v1.sock", "/run/user/1000/gptos/v1.sock", "/tmp/gptos-1000/v1.sock"]);
        assert_eq!(sockets(&[("XDG_RUNTIME_DIR", "/run/user/1000")]), ["/run/user/1000/gptos/v1.sock", "/tmp/gptos-1000/v1.sock"]);
        assert_eq!(sockets(&[("XDG_RUNTIME_DIR", "relative")]).len(), 2);
    }

    #[test]
    fn a_socket_path_that_is_too_long_moves_to_a_short_one_of_its_own() {
        let long = |fill: &str| resolve(&[("XDG_RUNTIME_DIR", &format!("/{}", fill.repeat(120)))], None).runtime[0].clone();
        let (first, second) = (long("a"), long("b"));
        assert_eq!(first.dir, PathBuf::from("/tmp/gptos-1000"));
        assert!(first.socket.as_os_str().len() + PID_SUFFIX_MAX <= SUN_PATH_MAX);
        assert_ne!(first.socket, second.socket);
        assert_eq!(first.socket.with_extension("lock"), first.lock);
        // The longest directory that still fits with the process number behind it.
        let room = SUN_PATH_MAX - PID_SUFFIX_MAX - "/gptos/v1.sock".len();
        let base = format!("/{}", "a".repeat(room - 1));
        assert!(resolve(&[("XDG_RUNTIME_DIR", &base)], None).runtime[0].dir.starts_with(&base));
        assert!(!resolve(&[("XDG_RUNTIME_DIR", &format!("{base}a"))], None).runtime[0].dir.starts_with(&base));
    }

    #[test]
    fn a_private_directory_is_made_once_and_kept() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("run");
        ensure_private_dir(&dir).unwrap();
        assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o7777, 0o700);
        ensure_private_dir(&dir).unwrap();
    }

    #[test]
    fn a_directory_that_others_could_use_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("run");
        for mode in [0o755, 0o770, 0o701, 0o777] {
            fs::create_dir_all(&dir).unwrap();
            fs::set_permissions(&dir, fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(ensure_private_dir(&dir), Err(PathError::Open { .. })), "{mode:o}");
        }
        fs::remove_dir(&dir).unwrap();
        let real = temp.path().join("real");
        fs::create_dir(&real).unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o700)).unwrap();
        symlink(&real, &dir).unwrap();
        assert!(matches!(ensure_private_dir(&dir), Err(PathError::NotDirectory(_))));
        fs::remove_file(&dir).unwrap();
        fs::write(&dir, "").unwrap();
        assert!(matches!(ensure_private_dir(&dir), Err(PathError::NotDirectory(_))));
        assert!(matches!(ensure_private_dir(&temp.path().join("no/such")), Err(PathError::Io { .. })));
    }

    #[test]
    fn a_directory_that_others_could_replace_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        fs::set_permissions(temp.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(matches!(ensure_private_dir(&temp.path().join("run")), Err(PathError::Open { .. })));
        fs::set_permissions(temp.path(), fs::Permissions::from_mode(0o1777)).unwrap();
        ensure_private_dir(&temp.path().join("run")).unwrap();
    }

    #[test]
    fn the_first_trustworthy_runtime_directory_is_taken() {
        let temp = tempfile::tempdir().unwrap();
        let base = temp.path().display().to_string();
        let mut paths = resolve(&[("XDG_RUNTIME_DIR", &base)], None);
        assert_eq!(paths.runtime().unwrap().dir, temp.path().join("gptos"));
        let bad = runtime_in(PathBuf::from("/proc/gptos"), Path::new("/tmp"));
        paths.runtime.insert(0, bad.clone());
        assert_eq!(paths.runtime().unwrap().dir, temp.path().join("gptos"));
        paths.runtime = vec![bad];
        assert!(paths.runtime().is_err());
    }
}
