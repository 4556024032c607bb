//! The seal: a key that changes with every use and whose former values are erased.
//!
//! Each seal is a record that holds the code (HMAC-SHA256) of everything before it, made with the key of that moment; then the
//! key is replaced by its own hash. Who takes over the machine finds the key of the next seal alone, and can neither make an
//! earlier one again nor leave one out, because seals are numbered and the key of a number cannot be made from a later one.
//! The first key is shown to the user once, and everything can be checked with it.
//!
//! `audit.seal` in the state directory, 88 bytes, little-endian: mark (8), name of the first key (8), number of the next
//! seal (8), number of the first record that no seal covers (8), when the epoch began in milliseconds since 1970 (8), the
//! next seal's key (32), the first bytes of the SHA-256 of all that (16).

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use ring::hmac;

use super::AuditError;
use super::frame::{Hash, digest, hash};
use super::vault::random;
use crate::platform;

const MAGIC: &[u8; 8] = b"gptoss1\n";
const NAME: &str = "audit.seal";
const LENGTH: usize = 8 + 8 + 8 + 8 + 8 + 32 + 16;
/// Length of the body of a seal: the name of its first key, its number, its code.
const BODY: usize = 8 + 8 + 32;
/// After so many milliseconds what was recorded is sealed.
pub(super) const EPOCH: u64 = 15 * 60 * 1000;

/// The first key of a seal: with it every seal can be made again.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyKey([u8; 32]);

/// What is needed to make the next seal.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Sealer {
    pub(super) name: [u8; 8],
    pub(super) index: u64,
    pub(super) covered: u64,
    pub(super) since: u64,
    key: [u8; 32],
}

/// A seal as it stands in the trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seal {
    pub(super) name: [u8; 8],
    pub(super) index: u64,
    code: Hash,
}

// === impl VerifyKey ===

impl VerifyKey {
    /// A key that nobody can guess.
    pub(super) fn new() -> Result<Self, AuditError> {
        random().map(Self)
    }

    /// Reads it as it was shown; blanks and hyphens do not count.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: Vec<u8> =
            text.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_digit(16).map(|d| d as u8)).collect::<Option<_>>()?;
        let mut key = [0; 32];
        if digits.len() != 64 {
            return None;
        }
        key.iter_mut().zip(digits.chunks_exact(2)).for_each(|(byte, two)| *byte = two[0] << 4 | two[1]);
        Some(Self(key))
    }

    /// The key in groups of digits, to be written down.
    pub fn written(&self) -> String {
        let groups: Vec<String> = self.0.chunks(4).map(|four| four.iter().map(|byte| format!("{byte:02x}")).collect()).collect();
        groups.join("-")
    }

    /// What tells it from other keys and does not give it away.
    pub(super) fn name(&self) -> [u8; 8] {
        let mut name = [0; 8];
        name.copy_from_slice(&digest(&[b"gptos audit key", &self.0])[..8]);
        name
    }

    /// The key of the seal with this number.
    fn at(&self, index: u64) -> [u8; 32] {
        (0..index).fold(self.0, |key, _| evolved(&key))
    }

    /// Makes all seals again, in the order of their numbers.
    pub(super) fn checker(&self) -> Checker {
        Checker { first: self.clone(), at: 0, key: self.0 }
    }
}

/// Makes seals again. It remembers how far it has come, because a key is as many hashes away as its number says.
pub(super) struct Checker {
    first: VerifyKey,
    at: u64,
    key: [u8; 32],
}

impl Checker {
    fn key(&mut self, index: u64) -> [u8; 32] {
        if index < self.at {
            (self.at, self.key) = (0, self.first.0);
        }
        while self.at < index {
            (self.at, self.key) = (self.at + 1, evolved(&self.key));
        }
        self.key
    }

    /// Whether this seal stands behind these records.
    pub(super) fn fits(&mut self, seal: &Seal, seq: u64, before: &Hash) -> bool {
        let code = message(&seal.name, seal.index, seq, before);
        // A number that no trail reaches would only cost time.
        seal.index < 1 << 24 && hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &self.key(seal.index)), &code, &seal.code).is_ok()
    }

    /// Whether this is what the next seal would be made with.
    pub(super) fn leads_to(&mut self, sealer: &Sealer) -> bool {
        sealer.index < 1 << 24 && self.key(sealer.index) == sealer.key
    }
}

// === impl Sealer ===

/// Where the sealing key of a state directory lies.
pub(super) fn file_in(state: &Path) -> PathBuf {
    state.join(NAME)
}

impl Sealer {
    /// The state before the first seal.
    pub(super) fn first(key: &VerifyKey, now: u64) -> Self {
        Self { name: key.name(), index: 0, covered: 0, since: now, key: key.at(0) }
    }

    /// The state that is kept; `None` when the trail is not sealed.
    pub(super) fn load(state: &Path) -> Result<Option<Self>, AuditError> {
        let path = file_in(state);
        let file = match platform::open_private(&path, OpenOptions::new().read(true)) {
            Ok(file) => file.ok_or_else(|| AuditError::Foreign(path.clone()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(AuditError::io(&path, error)),
        };
        let mut bytes = Vec::new();
        file.take(LENGTH as u64 + 1).read_to_end(&mut bytes).map_err(|error| AuditError::io(&path, error))?;
        Self::decode(&bytes).map(Some).ok_or(AuditError::Foreign(path))
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (state, sum) = bytes.split_at_checked(LENGTH - 16).filter(|_| bytes.len() == LENGTH)?;
        (state.starts_with(MAGIC) && digest(&[state])[..16] == *sum).then(|| Self {
            name: eight(&state[8..]),
            index: u64::from_le_bytes(eight(&state[16..])),
            covered: u64::from_le_bytes(eight(&state[24..])),
            since: u64::from_le_bytes(eight(&state[32..])),
            key: hash(&state[40..]),
        })
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = [MAGIC.as_slice(), &self.name].concat();
        [self.index, self.covered, self.since].iter().for_each(|number| bytes.extend(number.to_le_bytes()));
        bytes.extend(self.key);
        let sum = digest(&[&bytes]);
        bytes.extend(&sum[..16]);
        bytes
    }

    /// Keeps it in a new file, which has its name only when it is whole. Whoever calls it holds the lock of the trail and has
    /// found that there is none.
    pub(super) fn create(&self, state: &Path) -> Result<(), AuditError> {
        let path = file_in(state);
        let aside = path.with_extension("seal.new");
        let failed = |error| AuditError::io(&path, error);
        // One whose writer has ended is of no use.
        let _ = std::fs::remove_file(&aside);
        let file = platform::open_private(&aside, OpenOptions::new().write(true).create_new(true)).map_err(failed)?;
        let mut file = file.ok_or_else(|| AuditError::Foreign(aside.clone()))?;
        let kept = file.write_all(&self.encode()).and_then(|()| file.sync_all()).and_then(|()| std::fs::rename(&aside, &path));
        if kept.is_err() {
            let _ = std::fs::remove_file(&aside);
        }
        kept.map_err(failed)
    }

    /// Removes the state, if this key has sealed nothing yet.
    pub(super) fn withdraw(key: &VerifyKey, state: &Path) -> Result<(), AuditError> {
        let is_unused = Self::load(state)?.is_some_and(|sealer| (sealer.name, sealer.index) == (key.name(), 0));
        if !is_unused {
            return Ok(());
        }
        let path = file_in(state);
        std::fs::remove_file(&path).map_err(|error| AuditError::io(&path, error))
    }

    /// Writes it over the former state, so that the former key is gone. It is shorter than a block, and so never half written.
    pub(super) fn store(&self, state: &Path) -> Result<(), AuditError> {
        let path = file_in(state);
        let failed = |error| AuditError::io(&path, error);
        let file = platform::open_private(&path, OpenOptions::new().write(true)).map_err(failed)?;
        let file = file.ok_or_else(|| AuditError::Foreign(path.clone()))?;
        file.write_all_at(&self.encode(), 0).and_then(|()| file.sync_data()).map_err(failed)
    }

    /// Whether the epoch is over.
    pub(super) fn is_due(&self, now: u64) -> bool {
        // A clock that went back begins the epoch anew.
        now < self.since || now - self.since >= EPOCH
    }

    /// The body of the seal behind these records.
    pub(super) fn body(&self, seq: u64, before: &Hash) -> Vec<u8> {
        let message = message(&self.name, self.index, seq, before);
        let code = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.key), &message);
        [&self.name[..], &self.index.to_le_bytes(), code.as_ref()].concat()
    }

    /// The state after the seal with the number `seq` was written.
    pub(super) fn after(&self, seq: u64, now: u64) -> Self {
        Self { name: self.name, index: self.index + 1, covered: seq + 1, since: now, key: evolved(&self.key) }
    }
}

impl Seal {
    /// Reads the body of a seal.
    pub(super) fn decode(body: &[u8]) -> Option<Self> {
        (body.len() == BODY).then(|| Self { name: eight(body), index: u64::from_le_bytes(eight(&body[8..])), code: hash(&body[16..]) })
    }
}

fn evolved(key: &[u8; 32]) -> [u8; 32] {
    digest(&[b"gptos audit next key", key])
}

fn message(name: &[u8; 8], index: u64, seq: u64, before: &Hash) -> Vec<u8> {
    [b"gptos audit seal", &name[..], &index.to_le_bytes(), &seq.to_le_bytes(), before].concat()
}

fn eight(bytes: &[u8]) -> [u8; 8] {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[..8]);
    eight
}
