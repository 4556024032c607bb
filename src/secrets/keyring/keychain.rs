//! The keychain of macOS. It asks for its own password where that is needed.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use security_framework::base::Error;
use security_framework::passwords::{delete_generic_password, get_generic_password, set_generic_password};
use zeroize::Zeroizing;

use super::{Entry, KeyringError, Place};
use crate::domain::Secret;

const SERVICE: &str = "gptos";
const NOT_FOUND: i32 = -25300;
const LOCKED: i32 = -25308;

pub(super) struct Keychain;

impl Keychain {
    pub(super) fn reach(_: &Place) -> Result<Self, KeyringError> {
        Ok(Self)
    }

    pub(super) fn check(&mut self) -> Result<(), KeyringError> {
        self.stored("").map(drop)
    }

    pub(super) fn entries(&mut self, provider: &str) -> Result<Vec<Entry>, KeyringError> {
        let Some(stored) = self.stored(provider)? else { return Ok(Vec::new()) };
        // An entry has no place for the origin but beside the key.
        let split = stored.iter().position(|byte| *byte == b'\n').ok_or(KeyringError::Broken)?;
        let origin = String::from_utf8_lossy(&stored[..split]).into_owned();
        let key = super::super::only_line(&stored[split..]).map_err(KeyringError::NotAKey)?;
        Ok(vec![Entry { origin, key }])
    }

    pub(super) fn store(&mut self, provider: &str, origin: &str, key: &Secret) -> Result<(), KeyringError> {
        let value = Zeroizing::new(format!("{origin}\n{}", key.expose()));
        set_generic_password(SERVICE, provider, value.as_bytes()).map_err(refused)
    }

    pub(super) fn remove(&mut self, provider: &str) -> Result<bool, KeyringError> {
        match delete_generic_password(SERVICE, provider) {
            Ok(()) => Ok(true),
            Err(error) if error.code() == NOT_FOUND => Ok(false),
            Err(error) => Err(refused(error)),
        }
    }

    /// A keychain gives an entry to who names it.
    pub(super) fn providers(&mut self) -> Result<Vec<String>, KeyringError> {
        Ok(Vec::new())
    }

    pub(super) fn state(&mut self, provider: &str) -> Result<u64, KeyringError> {
        Ok(BuildHasherDefault::<DefaultHasher>::default().hash_one(self.stored(provider)?.as_deref()))
    }

    fn stored(&self, provider: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyringError> {
        match get_generic_password(SERVICE, provider) {
            Ok(value) => Ok(Some(Zeroizing::new(value))),
            Err(error) if error.code() == NOT_FOUND => Ok(None),
            Err(error) => Err(refused(error)),
        }
    }
}

fn refused(error: Error) -> KeyringError {
    match error.code() {
        LOCKED => KeyringError::Locked,
        code => KeyringError::Refused(format!("keychain error {code}")),
    }
}
