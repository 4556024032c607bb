//! Where the trail ended when it was last made durable, noted outside its directory, so that an end that is gone is missed.
//!
//! `audit.end` in the state directory, 88 bytes, little-endian: mark (8), number of the record that comes next (8), place of the
//! segment with the last one (8), the last record's hash (32), HMAC-SHA256 of all that with a key made of `audit.key` (32).
//!
//! It is written only when everything it speaks of is on the disk. So it may be older than the trail, after a writer that
//! was killed or one that leaves the disk to the system, and never newer. Whoever can write both this and the trail can cut the trail
//! without leaving a trace; it takes a seal to find that.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::AuditError;
use super::frame::{Hash, hash};
use super::vault::Vault;
use crate::platform;

const MAGIC: &[u8; 8] = b"gptose1\n";
const NAME: &str = "audit.end";
const SIGNED: usize = 8 + 8 + 8 + 32;
const LENGTH: usize = SIGNED + 32;

/// An end that is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Anchor {
    /// The number of the record behind it.
    pub(super) next: u64,
    /// The place of the segment that it is in.
    pub(super) ordinal: u64,
    /// The hash of the last record.
    pub(super) head: Hash,
}

/// What is noted of the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Noted {
    /// Nothing: no writer has made the trail durable yet, or none that keeps such a note.
    Nothing,
    /// This.
    End(Anchor),
    /// Something that nobody with the key has written.
    Wrong,
}

/// Where it lies.
pub(super) fn file_in(state: &Path) -> PathBuf {
    state.join(NAME)
}

impl Noted {
    /// What is noted in a state directory. Without a key nothing can be told of it.
    pub(super) fn load(state: &Path, vault: Option<&Vault>) -> Result<Self, AuditError> {
        let path = file_in(state);
        let file = match platform::open_private(&path, OpenOptions::new().read(true)) {
            Ok(file) => file.ok_or_else(|| AuditError::Foreign(path.clone()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::Nothing),
            Err(error) => return Err(AuditError::io(&path, error)),
        };
        let mut bytes = Vec::new();
        file.take(LENGTH as u64 + 1).read_to_end(&mut bytes).map_err(|error| AuditError::io(&path, error))?;
        let signed = bytes.split_at_checked(SIGNED).filter(|(signed, _)| bytes.len() == LENGTH && signed.starts_with(MAGIC));
        Ok(match signed {
            Some((signed, code)) if vault.is_some_and(|vault| vault.has_signed(signed, code)) => {
                Self::End(Anchor { next: number(&signed[8..]), ordinal: number(&signed[16..]), head: hash(&signed[24..]) })
            }
            _ => Self::Wrong,
        })
    }
}

impl Noted {
    /// Whether it tells of records that a trail does not have which ends before the record of this number.
    pub(super) fn misses(&self, next: u64) -> bool {
        match self {
            Self::Nothing => false,
            Self::End(end) => end.next > next,
            Self::Wrong => true,
        }
    }
}

impl Anchor {
    /// Keeps it. In the place of another it is written over that one: it is shorter than a block, and so never half written. Whoever calls
    /// it holds the lock of the trail and has made everything up to there durable; of this itself an older state does no harm.
    pub(super) fn store(&self, state: &Path, vault: &Vault) -> Result<(), AuditError> {
        let path = file_in(state);
        let failed = |error| AuditError::io(&path, error);
        let mut bytes = MAGIC.to_vec();
        [self.next, self.ordinal].iter().for_each(|number| bytes.extend(number.to_le_bytes()));
        bytes.extend(self.head);
        bytes.extend(vault.sign(&bytes));
        match platform::open_private(&path, OpenOptions::new().write(true)) {
            Ok(Some(file)) if file.metadata().map_err(failed)?.len() == LENGTH as u64 => file.write_all_at(&bytes, 0).map_err(failed),
            Ok(None) => Err(AuditError::Foreign(path)),
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(error)),
            _ => {
                let aside = path.with_extension("end.new");
                // One whose writer has ended is of no use.
                let _ = std::fs::remove_file(&aside);
                let file = platform::open_private(&aside, OpenOptions::new().write(true).create_new(true)).map_err(failed)?;
                let mut file = file.ok_or_else(|| AuditError::Foreign(aside.clone()))?;
                file.write_all(&bytes).and_then(|()| file.sync_all()).and_then(|()| std::fs::rename(&aside, &path)).map_err(failed)
            }
        }
    }
}

fn number(bytes: &[u8]) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[..8]);
    u64::from_le_bytes(eight)
}
