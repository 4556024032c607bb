//! How segments and records are written, and the chain that joins them.

use ring::digest::{Context, SHA256};

/// A SHA-256 digest.
pub(super) type Hash = [u8; 32];

/// The first bytes of a segment.
const MAGIC: &[u8; 8] = b"gptosa1\n";
/// Length of a segment's header.
pub(super) const SEGMENT_HEAD: usize = 8 + 8 + 8 + 8 + 32 + 32;
/// Length, kind, sequence number and their check.
pub(super) const PREFIX: usize = 16 + 8;
/// Room for a wrapped key.
pub(super) const SLOT: usize = 12 + 32 + 16;
/// What a record takes beside its body.
pub(super) const OVERHEAD: usize = PREFIX + SLOT + 32;
/// Longest body that is written or believed, in bytes.
pub(super) const MOST_BODY: usize = 64 * 1024;

/// What a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A step of a request; its body is encrypted.
    Entry = 1,
    /// The oldest segments were dropped.
    Pruned = 2,
    /// The keys of entries were erased.
    Forgot = 3,
    /// A torn end was cut off.
    Mended = 4,
    /// Everything before it is sealed.
    Sealed = 5,
    /// Recording was turned on or off.
    Switched = 6,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Self> {
        [Self::Entry, Self::Pruned, Self::Forgot, Self::Mended, Self::Sealed, Self::Switched].into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// The head of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentHead {
    /// Its place among all segments, from 1.
    pub(super) ordinal: u64,
    /// The sequence number of its first record.
    pub(super) first: u64,
    /// When it was begun, in milliseconds since the epoch.
    pub(super) created: u64,
    /// The hash of the last record before it.
    pub(super) before: Hash,
}

impl SegmentHead {
    /// The bytes of it, and the hash with which its chain begins.
    pub(super) fn encode(&self) -> (Vec<u8>, Hash) {
        let mut bytes = Vec::with_capacity(SEGMENT_HEAD);
        bytes.extend(MAGIC);
        [self.ordinal, self.first, self.created].iter().for_each(|number| bytes.extend(number.to_le_bytes()));
        bytes.extend(self.before);
        let hash = digest(&[&bytes]);
        bytes.extend(hash);
        (bytes, hash)
    }

    /// Reads it; `None` when it is damaged or no head.
    pub(super) fn decode(bytes: &[u8]) -> Option<(Self, Hash)> {
        let bytes = bytes.get(..SEGMENT_HEAD)?;
        let head =
            Self { ordinal: number(&bytes[8..]), first: number(&bytes[16..]), created: number(&bytes[24..]), before: hash(&bytes[32..]) };
        let (expected, start) = head.encode();
        (expected == bytes).then_some((head, start))
    }
}

/// A whole record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) kind: Kind,
    pub(super) seq: u64,
    /// The wrapped key of the body. It is no part of the chain, so that it can be erased.
    pub(super) slot: &'a [u8],
    pub(super) body: &'a [u8],
    /// The hash of everything up to here.
    pub(super) head: Hash,
    /// Its bytes on disk.
    pub(super) length: usize,
}

/// What stands at a place of a segment.
#[derive(Debug)]
pub(super) enum Next<'a> {
    /// A record that belongs there.
    Whole(Record<'a>),
    /// Nothing.
    End,
    /// The beginning of a record whose end is missing.
    Torn,
    /// Something else.
    Damaged(Damage),
}

/// What is wrong with a trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// The head of a segment is not as it was written.
    Segment,
    /// The length, kind or number of a record is not as it was written.
    Header,
    /// A record is missing, repeated, or in another place.
    Order,
    /// The contents of a record are not as they were written.
    Checksum,
    /// The key of an entry was erased or exchanged, and no record says so; or the key of all is gone.
    Key,
    /// A record says what none of its kind can say.
    Content,
    /// Segments are missing, and no record says that they were dropped.
    Missing,
    /// A seal is missing, or is not the one that the key makes.
    Seal,
    /// What was on the disk is missing at the end, or is something else; or the note of it is not as it was written.
    End,
    /// A segment is no private file of the user's, or the system does not let it be read.
    Unread,
}

impl Damage {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Segment => "segment",
            Self::Header => "header",
            Self::Order => "order",
            Self::Checksum => "checksum",
            Self::Key => "key",
            Self::Content => "content",
            Self::Missing => "missing",
            Self::Seal => "seal",
            Self::End => "end",
            Self::Unread => "unread",
        }
    }

    /// What it means, in plain words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Segment => "the head of the file was changed",
            Self::Header => "its length, kind or number was changed",
            Self::Order => "a record is missing, repeated, or in another place",
            Self::Checksum => "its contents were changed",
            Self::Key => "its key was erased or changed without a record that says so, or `audit.key` is gone or another one",
            Self::Content => "it says what no such record says",
            Self::Missing => "records before or behind it are missing",
            Self::Seal => "a seal is missing, or not made with this key",
            Self::End => "records that were on the disk are gone from the end or are others, or `audit.end` was changed",
            Self::Unread => "it is no private file of yours, or cannot be read",
        }
    }
}

/// Writes a record behind the one whose hash is `before`, and returns its own hash.
pub(super) fn encode(out: &mut Vec<u8>, kind: Kind, seq: u64, slot: &[u8; SLOT], body: &[u8], before: &Hash) -> Hash {
    let mut prefix = [0; 16];
    // Bodies are far shorter than 4 GiB; one that is not would fail its own check.
    prefix[..4].copy_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
    prefix[4] = kind as u8;
    prefix[8..].copy_from_slice(&seq.to_le_bytes());
    let head = digest(&[b"record", before, &prefix, body]);
    out.extend(prefix);
    out.extend(check(&prefix, before));
    out.extend(slot);
    out.extend(body);
    out.extend(head);
    head
}

/// Reads the record with this number behind the one whose hash is `before`.
pub(super) fn next<'a>(bytes: &'a [u8], seq: u64, before: &Hash) -> Next<'a> {
    if bytes.is_empty() {
        return Next::End;
    }
    // Some file systems lengthen a file before they write to it. Nothing but zeros is no record.
    let Some((prefix, rest)) = bytes.split_at_checked(PREFIX).filter(|_| bytes.iter().any(|byte| *byte != 0)) else { return Next::Torn };
    if prefix[16..] != check(&prefix[..16], before) {
        return Next::Damaged(if number(&prefix[8..]) == seq { Damage::Header } else { Damage::Order });
    }
    let length = u32::from_le_bytes([prefix[0], prefix[1], prefix[2], prefix[3]]) as usize;
    let Some(kind) = Kind::from_byte(prefix[4]).filter(|_| number(&prefix[8..]) == seq && length <= MOST_BODY) else {
        return Next::Damaged(Damage::Order);
    };
    let (Some(slot), Some(body), Some(written)) =
        (rest.get(..SLOT), rest.get(SLOT..SLOT + length), rest.get(SLOT + length..SLOT + length + 32))
    else {
        return Next::Torn;
    };
    let head = digest(&[b"record", before, &prefix[..16], body]);
    if written != head {
        return Next::Damaged(Damage::Checksum);
    }
    Next::Whole(Record { kind, seq, slot, body, head, length: OVERHEAD + length })
}

/// Ties a prefix to its place, so that a length that was changed is not taken for a record that was cut off.
fn check(prefix: &[u8], before: &Hash) -> [u8; 8] {
    let mut short = [0; 8];
    short.copy_from_slice(&digest(&[b"prefix", before, prefix])[..8]);
    short
}

/// The digest of several texts in a row.
pub(super) fn digest(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    parts.iter().for_each(|part| context.update(part));
    hash(context.finish().as_ref())
}

fn number(bytes: &[u8]) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[..8]);
    u64::from_le_bytes(eight)
}

pub(super) fn hash(bytes: &[u8]) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(&bytes[..32]);
    hash
}
