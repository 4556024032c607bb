//! One line of the file: what was run, or what became of an entry, with a checksum.

use serde::{Deserialize, Serialize};

use crate::domain::ShellKind;

/// Longest record that is written or believed, in bytes; a longer length field is damage.
pub(super) const MOST_BYTES: usize = 16 * 1024;

/// Length and checksum before each record.
const HEAD: usize = 4 + 8;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Record {
    /// A line was run for these words.
    Ran(Line),
    /// Its alias was offered.
    Offered { key: String },
}

/// A line that was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    /// The question's key, in hexadecimal digits.
    pub key: String,
    /// The question's shape, if the translator knew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<String>,
    pub shell: String,
    pub query: String,
    pub command: String,
    /// Successful runs that the record stands for: more than one after the file was rewritten.
    pub worked: u32,
    /// Failures since the last success.
    pub failed: u32,
    /// Milliseconds since the epoch.
    pub at: u64,
}

impl Line {
    pub(super) fn shell(&self) -> Option<ShellKind> {
        self.shell.parse().ok()
    }
}

/// How reading a file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    /// Where the last whole record ends.
    pub whole: usize,
    /// Places before that where something is damaged.
    pub damaged: usize,
}

/// The record as bytes; `None` when it is too long to be kept.
pub(super) fn encode(record: &Record) -> Option<Vec<u8>> {
    let body = serde_json::to_vec(record).ok().filter(|body| body.len() <= MOST_BYTES)?;
    let mut bytes = Vec::with_capacity(HEAD + body.len());
    bytes.extend(u32::try_from(body.len()).ok()?.to_le_bytes());
    bytes.extend(checksum(&body));
    bytes.extend(body);
    Some(bytes)
}

/// Shows every whole record to `see`. Bytes that are none are passed over, wherever they are.
pub(super) fn decode(bytes: &[u8], mut see: impl FnMut(Record)) -> End {
    let (mut end, mut at, mut lost) = (End { whole: 0, damaged: 0 }, 0, false);
    while at < bytes.len() {
        match first(&bytes[at..]) {
            Some((record, length)) => {
                end.damaged += usize::from(lost);
                (at, lost) = (at + length, false);
                end.whole = at;
                see(record);
            }
            None => (at, lost) = (at + 1, true),
        }
    }
    end
}

/// The record at the beginning and its length.
fn first(bytes: &[u8]) -> Option<(Record, usize)> {
    let (head, rest) = bytes.split_at_checked(HEAD)?;
    let length = u32::from_le_bytes([head[0], head[1], head[2], head[3]]) as usize;
    let body = rest.get(..length).filter(|_| (1..=MOST_BYTES).contains(&length))?;
    let record = serde_json::from_slice(body).ok().filter(|_| checksum(body) == head[4..])?;
    Some((record, HEAD + length))
}

fn checksum(body: &[u8]) -> [u8; 8] {
    let mut first = [0; 8];
    first.copy_from_slice(&blake3::hash(body).as_bytes()[..8]);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn line(query: &str) -> Line {
        Line {
            key: "ab".to_owned(),
            shape: Some("files.list(what)".to_owned()),
            shell: "zsh".to_owned(),
            query: query.to_owned(),
            command: "ls".to_owned(),
            worked: 1,
            failed: 0,
            at: 5,
        }
    }

    fn read(bytes: &[u8]) -> (Vec<Record>, End) {
        let mut records = Vec::new();
        let end = decode(bytes, |record| records.push(record));
        (records, end)
    }

    #[test]
    fn what_is_written_is_read_and_every_cut_loses_the_last_record_only() {
        let records = [Record::Ran(line("first")), Record::Offered { key: "ab".to_owned() }, Record::Ran(line("last"))];
        let parts: Vec<Vec<u8>> = records.iter().map(|record| encode(record).unwrap()).collect();
        let whole = parts.concat();
        assert_eq!(read(&whole), (records.to_vec(), End { whole: whole.len(), damaged: 0 }));
        let before = whole.len() - parts[2].len();
        for cut in before..whole.len() {
            assert_eq!(read(&whole[..cut]), (records[..2].to_vec(), End { whole: before, damaged: 0 }), "cut at {cut}");
        }
    }

    #[test]
    fn no_flipped_bit_is_believed() {
        let first = encode(&Record::Ran(line("first"))).unwrap();
        let whole = [first.clone(), encode(&Record::Ran(line("last"))).unwrap()].concat();
        for bit in 0..first.len() * 8 {
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let (records, _) = read(&damaged);
            assert!(records.iter().all(|record| *record == Record::Ran(line("last"))), "bit {bit}: {records:?}");
        }
    }

    #[test]
    fn a_record_that_is_too_long_is_not_kept() {
        assert!(encode(&Record::Ran(Line { command: "x".repeat(MOST_BYTES), ..line("q") })).is_none());
    }
}
