//! What was asked, offered and run, in files that show when somebody has changed them.
//!
//! The trail is the directory `audit` (0700) of the state directory. In it lie segments (0600) and nothing else, named after
//! their place among all segments in hexadecimal digits: `00000001.seg`. Keys lie beside it, in `audit.key` and `audit.seal`, and what is
//! noted of its end, in `audit.end`.
//!
//! A segment, all numbers little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `gptosa1\n` |
//! | 8, 8, 8 | its place, the number of its first record, when it was begun (milliseconds since 1970) |
//! | 32 | the hash of the last record before it |
//! | 32 | SHA-256 of all that, with which its chain begins |
//!
//! and then records:
//!
//! | bytes | what |
//! |---|---|
//! | 4, 1, 3, 8 | length of the body, kind, zeros, sequence number |
//! | 8 | the first bytes of SHA-256 of `prefix`, the hash before and the 16 bytes above, so that a changed length is seen |
//! | 60 | an entry's own key, wrapped with `audit.key` (ChaCha20-Poly1305: nonce, key, tag); zeros in other kinds |
//! | n | the body: an entry is encrypted with its own key (the same cipher), all other kinds are readable |
//! | 32 | SHA-256 of `record`, the hash before, the 16 bytes above and the body |
//!
//! The key of an entry is no part of its hash. It can be erased, and the chain still holds: that is how entries are forgotten. A
//! record says which, and was written before, so a key that is gone without a word is found. Dropping the oldest segments
//! is said in the same way, with the hash at which the rest begins. What is cut in the middle at the very end was being
//! written when its writer ended: whoever writes next cuts it off and says so. A record of full length that does not fit
//! was changed, also at the end.
//!
//! One process writes at a time, under a lock on the directory; whoever comes next first takes up what was appended.

mod anchor;
mod batch;
mod entry;
mod folder;
mod forget;
mod frame;
mod joiner;
mod log;
mod moments;
mod nowhere;
mod place;
mod seal;
mod trail;
mod upkeep;
mod vault;
mod verify;
mod walk;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

#[cfg(test)]
use entry::entries;
pub use entry::{Entry, Offer, Step};
pub use frame::Damage;
pub use moments::{Change, Kept, Moment, Moments, moments};
pub use nowhere::Nowhere;
pub use seal::VerifyKey;
pub use trail::{FileTrail, Writer};
pub use upkeep::Upkeep;
pub use vault::{KEY_BYTES, file_in as key_in};
pub use verify::{Problem, Report, verify};

/// How much of a trail is kept: the bytes of all files, and how long.
pub fn bounds() -> (u64, Duration) {
    let limits = log::Limits::default();
    (limits.total, Duration::from_millis(limits.age))
}

/// Why the trail cannot be written or read.
#[derive(Debug, Error)]
pub enum AuditError {
    /// The system refuses.
    #[error("{path}: {source}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It is not a private file or directory of the user, or not one of this format.
    #[error("{0}: it is not a part of gptos's trail that only you can use")]
    Foreign(PathBuf),
    /// A record is longer than records may be.
    #[error("a record is too long")]
    Long,
    /// There are no random bytes, or the cipher refuses.
    #[error("a record cannot be encrypted")]
    Cipher,
    /// Another process holds the lock and does not give it back.
    #[error("another process has held the trail for seconds; a resident that was stopped does")]
    Busy,
    /// A part of what was to be forgotten cannot be found.
    #[error(
        "{forgotten} records are forgotten, but {segment} cannot be read to its end ({count} such files); what stands there keeps its keys \
         until the file is dropped"
    )]
    Unread {
        /// How many records are forgotten.
        forgotten: usize,
        /// The first such segment.
        segment: String,
        /// How many such segments there are.
        count: usize,
    },
    /// A seal would cover what is not as it was written.
    #[error("the trail is not as it was written, in {0} places; a seal would cover that")]
    Changed(usize),
    /// It is sealed already.
    #[error(
        "the trail is sealed already; the key that checks the seals was shown once, when that began, and is kept nowhere here ({0} makes the next \
         seal and checks none)"
    )]
    Sealed(PathBuf),
}

impl AuditError {
    fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }
}

#[cfg(test)]
mod tests;
