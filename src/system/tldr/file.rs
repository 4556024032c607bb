//! The file that holds the index. Its body is cut into blocks, each with a checksum of its own, so that a question reads
//! and checks the few blocks it needs and nothing else.
//!
//! Header: mark, version, counts, the stamp of what was indexed, the sums of all blocks, and the sum of all that. Numbers are
//! little-endian.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use thiserror::Error;

const MARK: [u8; 8] = *b"gpt-tldr";
/// Another version is rebuilt.
const VERSION: u32 = 1;
/// Bytes of a block of the body.
const BLOCK: usize = 8 * 1024;
/// Bytes of a block's sum.
const SUM: usize = 8;
const DIGEST: usize = 32;
/// Mark, version, six counts, stamp.
const FIXED: usize = 8 + 4 + 6 * 4 + DIGEST;
/// Largest file in bytes.
pub(super) const MOST_BYTES: usize = 8 * 1024 * 1024;

/// Bytes of an entry of the table of terms: hash, place of its lists, pages, examples.
pub(super) const TERM: usize = 8 + 4 + 4 + 4;
/// Bytes of an entry of the table of pages: its first example, the place of its name.
pub(super) const PAGE: usize = 4 + 4;
/// Bytes of an entry of the table of examples: the place of its texts.
pub(super) const EXAMPLE: usize = 4;

/// Why there is no index to be read.
#[derive(Debug, Error)]
pub enum IndexError {
    /// It is not what was written.
    #[error("the index is damaged")]
    Damaged,
    /// The system's own words.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// No pages of the collection are on this machine.
    #[error("no tldr pages on this machine")]
    NoPages,
}

/// How large the parts of the body are, in the order in which they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sizes {
    pub(super) terms: u32,
    /// Bytes of all lists.
    pub(super) lists: u32,
    pub(super) pages: u32,
    pub(super) examples: u32,
    /// Bytes of all texts.
    pub(super) texts: u32,
}

impl Sizes {
    fn numbers(self) -> [u32; 5] {
        [self.terms, self.lists, self.pages, self.examples, self.texts]
    }

    fn lengths(self) -> [usize; 5] {
        let [terms, lists, pages, examples, texts] = self.numbers().map(|number| number as usize);
        [terms * TERM, lists, pages * PAGE, examples * EXAMPLE, texts]
    }

    /// Where the parts of the body begin, and where it ends.
    pub(super) fn places(self) -> [usize; 6] {
        let mut places = [0; 6];
        for (part, length) in self.lengths().into_iter().enumerate() {
            places[part + 1] = places[part] + length;
        }
        places
    }
}

/// Which state of a file is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileState(u64, u64, i64, i64);

impl FileState {
    pub(super) fn of(path: &Path) -> Option<Self> {
        fs::symlink_metadata(path).ok().map(|facts| Self::from(&facts))
    }
}

impl From<&fs::Metadata> for FileState {
    fn from(facts: &fs::Metadata) -> Self {
        Self(facts.ino(), facts.len(), facts.mtime(), facts.mtime_nsec())
    }
}

/// An open index.
pub(super) struct IndexFile {
    file: File,
    pub(super) state: FileState,
    pub(super) sizes: Sizes,
    pub(super) stamp: [u8; DIGEST],
    sums: Vec<u8>,
    body_at: usize,
}

impl IndexFile {
    /// Opens an index and checks its header.
    pub(super) fn open(path: &Path) -> Result<Self, IndexError> {
        let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or(0);
        let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
        let facts = file.metadata()?;
        let length = usize::try_from(facts.len()).unwrap_or(usize::MAX);
        if !facts.is_file() || length > MOST_BYTES {
            return Err(IndexError::Damaged);
        }
        let mut fixed = [0; FIXED];
        read(&file, &mut fixed, 0)?;
        let number = |at: usize| fixed[at..at + 4].iter().rev().fold(0u32, |number, byte| number << 8 | u32::from(*byte));
        if fixed[..8] != MARK || number(8) != VERSION {
            return Err(IndexError::Damaged);
        }
        let sizes = Sizes { terms: number(12), lists: number(16), pages: number(20), examples: number(24), texts: number(28) };
        let body = sizes.lengths().into_iter().try_fold(0usize, usize::checked_add).unwrap_or(usize::MAX);
        let body_at = body.div_ceil(BLOCK).saturating_mul(SUM).saturating_add(FIXED + DIGEST);
        if body_at.saturating_add(body) != length || number(32) as usize != body.div_ceil(BLOCK) {
            return Err(IndexError::Damaged);
        }
        let mut sums = vec![0; body_at - FIXED];
        read(&file, &mut sums, FIXED)?;
        let digest = sums.split_off(body_at - FIXED - DIGEST);
        if header_digest(&fixed, &sums).as_slice() != digest {
            return Err(IndexError::Damaged);
        }
        let mut stamp = [0; DIGEST];
        stamp.copy_from_slice(&fixed[FIXED - DIGEST..]);
        Ok(Self { file, state: FileState::from(&facts), sizes, stamp, sums, body_at })
    }

    /// Writes an index beside the old one and puts it in its place.
    pub(super) fn write(path: &Path, sizes: Sizes, stamp: &[u8; DIGEST], body: &[u8]) -> Result<(), IndexError> {
        let blocks = u32::try_from(body.len().div_ceil(BLOCK)).unwrap_or(u32::MAX);
        let mut header = Vec::with_capacity(FIXED);
        header.extend_from_slice(&MARK);
        for number in [VERSION].into_iter().chain(sizes.numbers()).chain([blocks]) {
            header.extend_from_slice(&number.to_le_bytes());
        }
        header.extend_from_slice(stamp);
        let sums: Vec<u8> = body.chunks(BLOCK).flat_map(sum_of).collect();
        let digest = header_digest(&header, &sums);
        let aside = path.with_extension("new");
        let folder = path.parent().unwrap_or(Path::new("/"));
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let _turn = Turn::take(&path.with_extension("lock"))?;
        match fs::remove_file(&aside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside).and_then(|mut file| {
            for part in [&header, &sums, digest.as_slice(), body] {
                file.write_all(part)?;
            }
            file.sync_all()?;
            fs::rename(&aside, path)
        });
        if written.is_err() {
            let _ = fs::remove_file(&aside);
        }
        Ok(written?)
    }

    fn block(&self, number: usize) -> Result<Vec<u8>, IndexError> {
        let (from, to) = (number * BLOCK, ((number + 1) * BLOCK).min(self.sizes.places()[5]));
        let sum = self.sums.get(number * SUM..(number + 1) * SUM).ok_or(IndexError::Damaged)?;
        let mut bytes = vec![0; to.saturating_sub(from)];
        read(&self.file, &mut bytes, self.body_at + from)?;
        if sum_of(&bytes).as_slice() == sum { Ok(bytes) } else { Err(IndexError::Damaged) }
    }
}

/// The one who may write; a second one does without.
struct Turn(File);

impl Turn {
    fn take(path: &PathBuf) -> io::Result<Self> {
        let flags = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or(0);
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).custom_flags(flags).open(path)?;
        file.try_lock().map_err(|_| io::Error::new(io::ErrorKind::WouldBlock, "another process writes the index"))?;
        Ok(Self(file))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Reads parts of the body for one question, each block once.
pub(super) struct Reader<'a> {
    file: &'a IndexFile,
    blocks: HashMap<usize, Vec<u8>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: &'a IndexFile) -> Self {
        Self { file, blocks: HashMap::new() }
    }

    /// Bytes of the body.
    pub(super) fn bytes(&mut self, range: Range<usize>) -> Result<Vec<u8>, IndexError> {
        if range.end > self.file.sizes.places()[5] || range.start > range.end {
            return Err(IndexError::Damaged);
        }
        let mut bytes = Vec::with_capacity(range.len());
        let mut at = range.start;
        while at < range.end {
            let number = at / BLOCK;
            if !self.blocks.contains_key(&number) {
                self.blocks.insert(number, self.file.block(number)?);
            }
            let block = self.blocks.get(&number).ok_or(IndexError::Damaged)?;
            let end = (range.end - number * BLOCK).min(block.len());
            bytes.extend_from_slice(block.get(at % BLOCK..end).ok_or(IndexError::Damaged)?);
            at = number * BLOCK + end;
        }
        Ok(bytes)
    }

    /// Numbers that follow each other.
    pub(super) fn numbers(&mut self, at: usize, count: usize) -> Result<Vec<u32>, IndexError> {
        let bytes = self.bytes(at..at.saturating_add(count.saturating_mul(4)))?;
        Ok(bytes.chunks_exact(4).map(|four| four.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte))).collect())
    }
}

fn read(file: &File, into: &mut [u8], at: usize) -> Result<(), IndexError> {
    file.read_exact_at(into, at as u64).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => IndexError::Damaged,
        _ => IndexError::Io(error),
    })
}

fn sum_of(block: &[u8]) -> [u8; SUM] {
    let mut sum = [0; SUM];
    sum.copy_from_slice(&blake3::hash(block).as_bytes()[..SUM]);
    sum
}

fn header_digest(fixed: &[u8], sums: &[u8]) -> [u8; DIGEST] {
    *blake3::Hasher::new().update(fixed).update(sums).finalize().as_bytes()
}
