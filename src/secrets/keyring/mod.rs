//! The keyring of the desktop: the Secret Service on the bus of the user's session, and the keychain of macOS.
//!
//! The calls here block and are bounded in time; the resident makes them on a thread of their own. Nothing is remembered
//! between two of them, so a keyring that was locked or changed counts at once.

#[cfg(all(feature = "keyring", target_os = "linux"))]
mod bus;
#[cfg(all(feature = "keyring", target_os = "linux"))]
mod service;
#[cfg(all(feature = "keyring", target_os = "linux"))]
mod wire;

#[cfg(all(feature = "keyring", target_os = "macos"))]
mod keychain;
#[cfg(not(feature = "keyring"))]
mod without;

use std::time::Duration;

use thiserror::Error;

use crate::domain::{Secret, ShellFacts};

#[cfg(all(feature = "keyring", target_os = "macos"))]
use keychain::Keychain as Store;
#[cfg(all(feature = "keyring", target_os = "linux"))]
use service::Service as Store;
#[cfg(not(feature = "keyring"))]
use without::Without as Store;

/// How long a keyring may take to answer. One that is started by the first question needs most of it.
pub const LIMIT: Duration = Duration::from_secs(3);

/// Variables of the asking shell that lead to its session's bus.
pub(super) const VARIABLES: [&str; 2] = ["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"];

/// Why a keyring gave nothing or took nothing. No key is in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyringError {
    /// The feature was left out.
    #[error("this gptos was built without it")]
    NotBuilt,
    /// Nobody listens where the session's bus should be.
    #[error("no session bus answers")]
    NoBus,
    /// The bus belongs to another user, or does not take this one.
    #[error("the session bus is another user's")]
    Foreign,
    /// The bus knows no keyring.
    #[error("no keyring runs in this session")]
    NoService,
    /// It must be unlocked first.
    #[error("it is locked")]
    Locked,
    /// It has no collection that new entries go to.
    #[error("it has no default collection")]
    NoDefault,
    /// It did not answer in time.
    #[error("no answer within {} s", .0.as_secs_f64())]
    Late(Duration),
    /// It answered with this error.
    #[error("{0}")]
    Refused(String),
    /// It answered nonsense.
    #[error("unreadable answer")]
    Broken,
    /// What is stored cannot be a key.
    #[error("what is stored there {0}")]
    NotAKey(&'static str),
}

impl KeyringError {
    /// What to do about it.
    pub fn hint(&self, provider: &str) -> String {
        match self {
            Self::Locked => "unlock it, for example in your desktop's password program".to_owned(),
            Self::NotAKey(_) => format!("`gptos auth login {provider}` stores a new one"),
            _ => format!("`gptos auth login {provider} --store file` keeps the key in a file that only you can read"),
        }
    }

    /// What an error of the bus or the keyring means; the message beside it may quote anything.
    #[cfg(all(feature = "keyring", target_os = "linux"))]
    fn from_name(name: &str) -> Self {
        match name.strip_prefix("org.freedesktop.").unwrap_or(name) {
            "DBus.Error.ServiceUnknown" | "DBus.Error.NameHasNoOwner" => Self::NoService,
            spawn if spawn.starts_with("DBus.Error.Spawn") => Self::NoService,
            "Secret.Error.IsLocked" => Self::Locked,
            "DBus.Error.NoReply" | "DBus.Error.Timeout" | "DBus.Error.TimedOut" => Self::Late(LIMIT),
            other => Self::Refused(other.chars().filter(|c| c.is_ascii_graphic()).take(80).collect()),
        }
    }
}

/// A key with the origin it was given for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Scheme, host and port; empty when somebody else made the entry.
    pub origin: String,
    /// The key.
    pub key: Secret,
}

/// Where the keyring of a session is, and how long it is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    address: Option<String>,
    limit: Duration,
    may_prompt: bool,
}

impl Place {
    /// The keyring of the session that the asking shell belongs to.
    pub fn of(facts: &ShellFacts) -> Self {
        Self::from_lookup(&|name| {
            let found = facts.keys.iter().find(|(key, value)| key == name && !value.expose().is_empty());
            found.map(|(_, value)| value.expose().to_owned())
        })
    }

    /// The same from variables.
    pub fn from_lookup(lookup: &dyn Fn(&str) -> Option<String>) -> Self {
        let below = |folder: &str| format!("unix:path={folder}/bus");
        let address = lookup(VARIABLES[0]).filter(|address| !address.is_empty());
        let address = address.or_else(|| lookup(VARIABLES[1]).filter(|folder| folder.starts_with('/')).map(|folder| below(&folder)));
        let usual = || crate::platform::session_runtime_dir(crate::platform::own_uid()).map(|folder| below(&folder.display().to_string()));
        Self { address: address.or_else(usual), limit: LIMIT, may_prompt: false }
    }

    /// Lets the keyring ask for its password: somebody sits in front of it.
    pub fn with_prompt(self) -> Self {
        Self { may_prompt: true, ..self }
    }

    /// Waits for so long at most.
    pub fn within(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Whether a key could be stored and read now: a keyring answers in time and is not locked.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self) -> Result<(), KeyringError> {
        Store::reach(self)?.check()
    }

    /// The keys of a provider.
    ///
    /// # Errors
    /// Why they cannot be read.
    pub fn entries(&self, provider: &str) -> Result<Vec<Entry>, KeyringError> {
        Store::reach(self)?.entries(provider)
    }

    /// Stores the key of a provider, in place of what was there for it.
    ///
    /// # Errors
    /// Why it is not stored.
    pub fn store(&self, provider: &str, origin: &str, key: &Secret) -> Result<(), KeyringError> {
        Store::reach(self)?.store(provider, origin, key)
    }

    /// Removes the keys of a provider; `false` if there was none.
    ///
    /// # Errors
    /// Why one may still be there.
    pub fn remove(&self, provider: &str) -> Result<bool, KeyringError> {
        Store::reach(self)?.remove(provider)
    }

    /// The providers for which keys are stored; none where the keyring cannot be listed.
    ///
    /// # Errors
    /// Why it cannot be asked.
    pub fn providers(&self) -> Result<Vec<String>, KeyringError> {
        Store::reach(self)?.providers()
    }

    /// A number that changes when the key of a provider may have become another one.
    pub(super) fn state(&self, provider: &str) -> Option<u64> {
        Store::reach(self).and_then(|mut store| store.state(provider)).ok()
    }
}
