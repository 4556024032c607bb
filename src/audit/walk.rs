//! Reading a segment from its beginning, or from where somebody stopped.

use super::frame::{self, Damage, Hash, Next, Record, SEGMENT_HEAD, SegmentHead};

/// How far a segment was read, and the chain up to there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reached {
    /// Bytes of whole records and of the head.
    pub(super) length: u64,
    /// The number of the next record.
    pub(super) next: u64,
    /// The hash of the last record.
    pub(super) head: Hash,
}

/// Why reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// There is nothing more.
    End,
    /// So many bytes are the beginning of something whose end is missing.
    Torn(u64),
    /// Something is not as it was written.
    Damaged(Damage),
}

/// The head of a segment and where its records begin, or why it cannot be read.
pub(super) fn begin(bytes: &[u8]) -> Result<(SegmentHead, Reached), Stop> {
    if let Some((head, start)) = SegmentHead::decode(bytes) {
        return Ok((head, Reached { length: SEGMENT_HEAD as u64, next: head.first, head: start }));
    }
    let is_torn = bytes.len() < SEGMENT_HEAD || bytes.iter().all(|byte| *byte == 0);
    Err(if is_torn { Stop::Torn(bytes.len() as u64) } else { Stop::Damaged(Damage::Segment) })
}

/// Shows every whole record of the bytes that follow `from`, with its place in the segment.
pub(super) fn walk(bytes: &[u8], from: Reached, mut see: impl FnMut(u64, &Record<'_>)) -> (Reached, Stop) {
    let (mut at, mut done) = (from, 0);
    loop {
        let rest = bytes.get(done..).unwrap_or_default();
        match frame::next(rest, at.next, &at.head) {
            Next::Whole(record) => {
                see(at.length, &record);
                done += record.length;
                at = Reached { length: at.length + record.length as u64, next: at.next + 1, head: record.head };
            }
            Next::End => return (at, Stop::End),
            Next::Torn => return (at, Stop::Torn(rest.len() as u64)),
            Next::Damaged(damage) => return (at, Stop::Damaged(damage)),
        }
    }
}

/// Reads a whole segment.
pub(super) fn whole(bytes: &[u8], see: impl FnMut(u64, &Record<'_>)) -> Result<(SegmentHead, Reached, Stop), Stop> {
    let (head, from) = begin(bytes)?;
    let (reached, stop) = walk(&bytes[SEGMENT_HEAD..], from, see);
    Ok((head, reached, stop))
}
