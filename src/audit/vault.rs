//! The keys: each entry is encrypted with a key of its own, which lies beside it, wrapped with the user's. To erase the
//! one is to forget the entry; no other entry and no hash changes.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::hmac;

use super::AuditError;
use super::frame::{Hash, SLOT, digest, hash};
use crate::platform;

/// The name of the key in the state directory, outside the trail's own.
const NAME: &str = "audit.key";
const NONCE: usize = 12;
const KEY: usize = 32;
/// The length of the file.
pub const KEY_BYTES: u64 = KEY as u64;

/// A slot whose key was erased, or that never held one.
pub(super) const EMPTY: [u8; SLOT] = [0; SLOT];

/// What wraps the keys of entries.
pub(super) struct Vault {
    key: LessSafeKey,
    /// What the end of the trail is signed with.
    signs: hmac::Key,
}

/// Why an entry cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closed {
    /// Its key was erased.
    Forgotten,
    /// Its key, or what it opens, is not as it was written; or the user's key is another one.
    Wrong,
}

/// Where the key of a state directory lies.
pub fn file_in(state: &Path) -> PathBuf {
    state.join(NAME)
}

impl Vault {
    /// The user's key; `None` when there is none.
    pub(super) fn load(path: &Path) -> Result<Option<Self>, AuditError> {
        let failed = |error| AuditError::io(path, error);
        let file = match platform::open_private(path, OpenOptions::new().read(true)) {
            Ok(file) => file.ok_or_else(|| AuditError::Foreign(path.to_owned()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mut bytes = Vec::new();
        file.take(64).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() != KEY {
            return Err(AuditError::Foreign(path.to_owned()));
        }
        Self::of(&bytes).map(Some)
    }

    fn of(key: &[u8]) -> Result<Self, AuditError> {
        let signs = hmac::Key::new(hmac::HMAC_SHA256, &digest(&[b"gptos audit end", key]));
        Ok(Self { key: cipher(key)?, signs })
    }

    /// A new key. Whoever calls it holds the lock of the trail and has found that there is none.
    pub(super) fn create(path: &Path) -> Result<Self, AuditError> {
        let failed = |error| AuditError::io(path, error);
        let key = random::<KEY>()?;
        let aside = path.with_extension("key.new");
        let _ = std::fs::remove_file(&aside);
        let file = platform::open_private(&aside, OpenOptions::new().write(true).create_new(true)).map_err(failed)?;
        let mut file = file.ok_or_else(|| AuditError::Foreign(aside.clone()))?;
        file.write_all(&key).and_then(|()| file.sync_all()).and_then(|()| std::fs::rename(&aside, path)).map_err(failed)?;
        Self::of(&key)
    }

    /// The code of these bytes.
    pub(super) fn sign(&self, bytes: &[u8]) -> Hash {
        hash(hmac::sign(&self.signs, bytes).as_ref())
    }

    /// Whether that is the code of these bytes.
    pub(super) fn has_signed(&self, bytes: &[u8], code: &[u8]) -> bool {
        hmac::verify(&self.signs, bytes, code).is_ok()
    }

    /// The wrapped key of the entry with this number, and the entry encrypted with it.
    pub(super) fn close(&self, seq: u64, entry: &[u8]) -> Result<([u8; SLOT], Vec<u8>), AuditError> {
        let own = random::<KEY>()?;
        let nonce = random::<NONCE>()?;
        let mut wrapped = own.to_vec();
        seal(&self.key, nonce, "key", seq, &mut wrapped)?;
        let mut slot = EMPTY;
        slot[..NONCE].copy_from_slice(&nonce);
        slot[NONCE..].copy_from_slice(&wrapped);
        let mut body = entry.to_vec();
        // The key encrypts nothing else, so the nonce need not differ.
        seal(&cipher(&own)?, [0; NONCE], "entry", seq, &mut body)?;
        Ok((slot, body))
    }

    /// The entry with this number.
    pub(super) fn open(&self, seq: u64, slot: &[u8], body: &[u8]) -> Result<Vec<u8>, Closed> {
        if slot == EMPTY {
            return Err(Closed::Forgotten);
        }
        let mut nonce = [0; NONCE];
        nonce.copy_from_slice(slot.get(..NONCE).ok_or(Closed::Wrong)?);
        let own = unseal(&self.key, nonce, "key", seq, &slot[NONCE..])?;
        unseal(&cipher(&own).map_err(|_| Closed::Wrong)?, [0; NONCE], "entry", seq, body)
    }
}

/// Bytes that nobody can guess.
pub(super) fn random<const LENGTH: usize>() -> Result<[u8; LENGTH], AuditError> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(|_| AuditError::Cipher)?;
    Ok(bytes)
}

fn cipher(key: &[u8]) -> Result<LessSafeKey, AuditError> {
    UnboundKey::new(&CHACHA20_POLY1305, key).map(LessSafeKey::new).map_err(|_| AuditError::Cipher)
}

fn about(what: &str, seq: u64) -> Aad<Vec<u8>> {
    Aad::from([what.as_bytes(), &seq.to_le_bytes()].concat())
}

fn seal(key: &LessSafeKey, nonce: [u8; NONCE], what: &str, seq: u64, text: &mut Vec<u8>) -> Result<(), AuditError> {
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), about(what, seq), text).map_err(|_| AuditError::Cipher)
}

fn unseal(key: &LessSafeKey, nonce: [u8; NONCE], what: &str, seq: u64, sealed: &[u8]) -> Result<Vec<u8>, Closed> {
    let mut text = sealed.to_vec();
    let opened = key.open_in_place(Nonce::assume_unique_for_key(nonce), about(what, seq), &mut text).map_err(|_| Closed::Wrong)?;
    let length = opened.len();
    text.truncate(length);
    Ok(text)
}
