//! Keys that the user handed over with `gptos auth login`: in the keyring, or in a file of the folder of state. Each is
//! kept with the origin it was given for and goes nowhere else.

use std::fs::{self, DirBuilder, OpenOptions};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use thiserror::Error;
use zeroize::Zeroizing;

use super::keyring::{self, KeyringError, Place};
use super::{file, only_line, refuse};
use crate::domain::{AttemptError, LoginKey, LoginStore, Secret, ShellFacts};
use crate::platform;
use crate::suggest::ports::KeySource;

/// How long it may take to list a keyring.
const LISTING: Duration = Duration::from_millis(500);

/// How long a look at a keyring may take that only asks whether the key is another one.
const LOOK: Duration = Duration::from_millis(100);
/// What the thread of a look may need beyond the limit it keeps itself.
const GRACE: Duration = Duration::from_millis(500);

/// Why a key that was handed over is not at hand, or was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LoginError {
    /// The keyring failed.
    #[error("keyring: {0}")]
    Keyring(#[from] KeyringError),
    /// Nothing is stored for this provider.
    #[error("no key is stored for `{provider}` in the {}", store.name())]
    Absent {
        /// The user's name for it.
        provider: String,
        /// Where it should be.
        store: LoginStore,
    },
    /// What is stored was given for another address.
    #[error("the key of `{provider}` was given for {stored} and is not sent to {wanted}")]
    OtherOrigin {
        /// The user's name for it.
        provider: String,
        /// The origin it was given for.
        stored: String,
        /// The origin that is configured now.
        wanted: String,
    },
    /// There is no home directory.
    #[error("there is no home directory to keep a key in")]
    NoFolder,
    /// A file cannot be read or is not what it should be; the text says which.
    #[error("{0}")]
    Unreadable(String),
    /// A file cannot be written.
    #[error("`{}`: {cause}", path.display())]
    Unwritable {
        /// Which.
        path: PathBuf,
        /// What the system said.
        cause: String,
    },
}

impl LoginError {
    /// What to do about it for the key of this provider.
    pub fn hint(&self, provider: &str) -> Option<String> {
        match self {
            Self::Keyring(error) => Some(error.hint(provider)),
            Self::Absent { provider, .. } | Self::OtherOrigin { provider, .. } => Some(format!("gptos auth login {provider}")),
            _ => None,
        }
    }
}

/// The places where such keys are.
#[derive(Debug, Clone)]
pub struct Logins {
    /// The keyring of the session.
    pub keyring: Place,
    /// The folder of the files; `None` without a home directory.
    pub folder: Option<PathBuf>,
}

impl Logins {
    /// The key, if it was given for the origin that is configured.
    ///
    /// # Errors
    /// Why it is not at hand.
    pub fn find(&self, login: &LoginKey) -> Result<Secret, LoginError> {
        let absent = || LoginError::Absent { provider: login.provider.clone(), store: login.store };
        let mut entries = match login.store {
            LoginStore::Keyring => self.keyring.entries(&login.provider)?,
            LoginStore::File => read(&self.file(&login.provider)?)?.into_iter().collect(),
        };
        if let Some(at) = entries.iter().position(|entry| entry.origin == login.origin) {
            return Ok(entries.swap_remove(at).key);
        }
        let stored = entries.into_iter().next().ok_or_else(absent)?.origin;
        let stored = if stored.is_empty() { "no address".to_owned() } else { stored };
        Err(LoginError::OtherOrigin { provider: login.provider.clone(), stored, wanted: login.origin.clone() })
    }

    /// Keeps a key from now on, in place of what was there for the provider.
    ///
    /// # Errors
    /// Why it is not kept.
    pub fn store(&self, login: &LoginKey, key: &Secret) -> Result<(), LoginError> {
        match login.store {
            LoginStore::Keyring => Ok(self.keyring.store(&login.provider, &login.origin, key)?),
            LoginStore::File => {
                let path = self.file(&login.provider)?;
                let text = Zeroizing::new(format!("{}\n{}\n", login.origin, key.expose()));
                write(&path, text.as_bytes()).map_err(|error| LoginError::Unwritable { path, cause: error.to_string() })
            }
        }
    }

    /// Removes what is kept for a provider and says whether there was anything.
    ///
    /// # Errors
    /// Why something may still be there.
    pub fn remove(&self, provider: &str, store: LoginStore) -> Result<bool, LoginError> {
        match store {
            LoginStore::Keyring => Ok(self.keyring.remove(provider)?),
            LoginStore::File => {
                let path = self.file(provider)?;
                let leftover = remove_leftovers(&path);
                let removed = match fs::remove_file(&path) {
                    Ok(()) => Ok(true),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => leftover,
                    Err(error) => Err(error),
                };
                removed.map_err(|error| LoginError::Unwritable { path, cause: error.to_string() })
            }
        }
    }

    /// The providers for which something is kept in a store, as far as it can be listed in a moment.
    pub fn stored(&self, store: LoginStore) -> Vec<String> {
        match store {
            LoginStore::Keyring => self.keyring.clone().within(LISTING).providers().unwrap_or_default(),
            LoginStore::File => {
                let entries = self.folder.as_deref().and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten();
                let is_ours = |entry: &fs::DirEntry| {
                    let facts = entry.metadata();
                    facts.is_ok_and(|facts| facts.is_file() && platform::is_own(&facts) && facts.mode() & 0o077 == 0)
                };
                // What is not in its place yet begins with a dot.
                let names =
                    entries.filter(is_ours).filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| !name.starts_with('.'));
                let mut names: Vec<String> = names.collect();
                names.sort();
                names
            }
        }
    }

    /// The file of a provider's key. Names of providers are letters, digits and dashes.
    ///
    /// # Errors
    /// That there is no place for it.
    pub fn file(&self, provider: &str) -> Result<PathBuf, LoginError> {
        self.folder.as_deref().map(|folder| folder.join(provider)).ok_or(LoginError::NoFolder)
    }
}

/// The two lines of a file.
fn read(path: &Path) -> Result<Option<keyring::Entry>, LoginError> {
    if fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return Ok(None);
    }
    let bytes = file::private_bytes(path).map_err(|error| LoginError::Unreadable(error.detail))?;
    let unreadable = |cause: &str| LoginError::Unreadable(format!("key file {}: {cause}", path.display()));
    let split = bytes.iter().position(|byte| *byte == b'\n').ok_or_else(|| unreadable("was not written by `gptos auth login`"))?;
    let (origin, key) = bytes.split_at(split);
    let key = only_line(key).map_err(unreadable)?;
    Ok(Some(keyring::Entry { origin: String::from_utf8_lossy(origin).into_owned(), key }))
}

/// What the names of files begin with that are not in their place yet. A number follows.
fn staged_prefix(path: &Path) -> String {
    format!(".{}.", path.file_name().unwrap_or_default().display())
}

/// Removes what processes that were killed have left, a key in each, and says whether there was any.
fn remove_leftovers(path: &Path) -> io::Result<bool> {
    let entries = match fs::read_dir(path.parent().unwrap_or(Path::new("/"))) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        entries => entries?,
    };
    let prefix = staged_prefix(path);
    let mut is_any = false;
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            fs::remove_file(entry.path())?;
            is_any = true;
        }
    }
    Ok(is_any)
}

/// Puts a file in its place as a whole.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let facts = fs::symlink_metadata(folder)?;
    if !facts.is_dir() || !platform::is_own(&facts) || facts.mode() & 0o077 != 0 {
        let cause = format!("its folder is not yours alone; hint: chmod 700 {}", folder.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, cause));
    }
    remove_leftovers(path)?;
    let staged = folder.join(format!("{}{}", staged_prefix(path), std::process::id()));
    let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&staged).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let replaced = written.and_then(|()| fs::rename(&staged, path));
    if replaced.is_err() {
        let _ = fs::remove_file(&staged);
    }
    replaced
}

/// The source of such a key. It is read for each attempt, so that a new one counts at once.
pub(super) struct KeyLogin {
    login: LoginKey,
    folder: Option<PathBuf>,
}

impl KeyLogin {
    pub(super) fn new(login: LoginKey, folder: Option<PathBuf>) -> Self {
        Self { login, folder }
    }

    async fn find(&self, facts: &ShellFacts) -> Result<Secret, AttemptError> {
        let logins = Logins { keyring: Place::of(facts), folder: self.folder.clone() };
        let login = self.login.clone();
        // A bus may hang, and so may a file system.
        let read = tokio::task::spawn_blocking(move || logins.find(&login));
        match tokio::time::timeout(keyring::LIMIT + GRACE, read).await {
            Ok(Ok(found)) => found.map_err(|error| self.refuse(&error)),
            Ok(Err(_)) => Err(refuse("reading the key failed".to_owned())),
            Err(_) => Err(self.refuse(&LoginError::Keyring(KeyringError::Late(keyring::LIMIT)))),
        }
    }

    fn refuse(&self, error: &LoginError) -> AttemptError {
        let hint = error.hint(&self.login.provider).map(|hint| format!("; hint: {hint}")).unwrap_or_default();
        refuse(format!("{error}{hint}"))
    }

    async fn look(&self, facts: &ShellFacts) -> u64 {
        match (self.login.store, &self.folder) {
            (LoginStore::File, Some(folder)) => file::look(folder.join(&self.login.provider)).await,
            (LoginStore::File, None) => 0,
            (LoginStore::Keyring, _) => {
                let (place, provider) = (Place::of(facts).within(LOOK), self.login.provider.clone());
                let look = tokio::task::spawn_blocking(move || place.state(&provider));
                let seen = tokio::time::timeout(LOOK * 2, look).await.ok().and_then(Result::ok).flatten();
                BuildHasherDefault::<DefaultHasher>::default().hash_one(seen)
            }
        }
    }
}

impl KeySource for KeyLogin {
    fn key<'a>(&'a self, facts: &'a ShellFacts) -> BoxFuture<'a, Result<Option<Secret>, AttemptError>> {
        self.find(facts).map(|found| found.map(Some)).boxed()
    }

    fn variables(&self) -> Vec<&str> {
        match self.login.store {
            LoginStore::Keyring => keyring::VARIABLES.to_vec(),
            LoginStore::File => Vec::new(),
        }
    }

    fn state<'a>(&'a self, facts: &'a ShellFacts) -> BoxFuture<'a, u64> {
        self.look(facts).boxed()
    }
}

#[cfg(test)]
#[path = "login_tests.rs"]
mod tests;
