//! Makes the index out of the pages.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::file::{EXAMPLE, IndexError, IndexFile, MOST_BYTES, PAGE, Sizes, TERM};
use super::page::Page;
use super::places::PLATFORMS;
use super::terms::{names, terms};

/// Pages that are read; the collection has about seven thousand in English, of which a platform needs most.
const MOST_PAGES: usize = 20_000;
/// Bytes of one page that are read.
const PAGE_LIMIT: u64 = 64 * 1024;
/// What is left of the file for everything but texts and lists, which are counted.
const ROOM: usize = MOST_BYTES / 4;

/// How quickly another mention of a word stops to matter, and how much long texts are held back.
const SATURATION: f32 = 1.2;
const LENGTH: f32 = 0.5;
/// One in the lists is this many in a byte; a weight stays below `SATURATION` + 1.
pub(super) const UNIT: f32 = 100.0;

/// A page on disk.
struct Source {
    name: String,
    path: PathBuf,
}

/// All pages for this platform, and a stamp that changes when one of them does.
fn sources(folder: &Path) -> (Vec<Source>, [u8; 32]) {
    let mut found = Vec::new();
    for platform in PLATFORMS {
        let mut names: Vec<String> = fs::read_dir(folder.join(platform))
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok()?.strip_suffix(".md").filter(|name| is_name(name)).map(str::to_owned))
            .take(MOST_PAGES.saturating_sub(found.len()))
            .collect();
        names.sort_unstable();
        found.extend(names.into_iter().map(|name| Source { path: folder.join(platform).join(format!("{name}.md")), name }));
    }
    let mut stamp = blake3::Hasher::new();
    stamp.update(folder.as_os_str().as_encoded_bytes());
    for source in &found {
        let facts = fs::symlink_metadata(&source.path).map(|facts| (facts.len(), facts.mtime(), facts.mtime_nsec())).unwrap_or_default();
        stamp.update(format!("\0{} {facts:?}", source.name).as_bytes());
    }
    (found, *stamp.finalize().as_bytes())
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 100 && name.bytes().all(|byte| byte.is_ascii_graphic())
}

fn read(path: &Path) -> Option<String> {
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or(0);
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).ok()?;
    let mut text = String::new();
    let is_file = file.metadata().ok()?.is_file();
    (is_file && file.take(PAGE_LIMIT).read_to_string(&mut text).is_ok()).then_some(text)
}

/// Whether the index is of these pages as they are now.
pub(super) fn is_fresh(index: &Path, folder: &Path) -> bool {
    IndexFile::open(index).is_ok_and(|index| index.stamp == sources(folder).1)
}

/// Builds the index of the pages in a folder and puts it in the place of the old one; tells how many examples it has.
pub(super) fn build(index: &Path, folder: &Path) -> Result<u32, IndexError> {
    let (sources, stamp) = sources(folder);
    let mut builder = Builder::default();
    for source in &sources {
        if let Some(text) = read(&source.path)
            && !builder.add(&source.name, &Page::read(&text))
        {
            break;
        }
    }
    let (sizes, body) = builder.finish();
    IndexFile::write(index, sizes, &stamp, &body)?;
    Ok(sizes.examples)
}

/// Where a word stands: the number of the page or example, and how often.
type Places = Vec<(u32, u8)>;

#[derive(Default)]
struct Builder {
    /// For each term its places in pages and in examples.
    lists: HashMap<String, (Places, Places)>,
    page_lengths: Vec<usize>,
    example_lengths: Vec<usize>,
    pages: Vec<u8>,
    examples: Vec<u8>,
    texts: Vec<u8>,
    mentions: usize,
}

impl Builder {
    /// Adds a page; `false` when there is no more room.
    fn add(&mut self, name: &str, page: &Page) -> bool {
        // A mention takes three bytes at most: two for the distance, as a rule, and one for its weight.
        if self.texts.len() + 3 * self.mentions > MOST_BYTES - ROOM {
            return false;
        }
        if page.examples.is_empty() {
            return true;
        }
        let number = narrow(self.page_lengths.len());
        self.pages.extend_from_slice(&narrow(self.example_lengths.len()).to_le_bytes());
        self.pages.extend_from_slice(&narrow(self.texts.len()).to_le_bytes());
        self.text(name);
        let words: Vec<String> = names(name).chain(terms(&page.summary)).collect();
        self.page_lengths.push(words.len());
        self.mention(words, |lists| &mut lists.0, number);
        for example in &page.examples {
            let number = narrow(self.example_lengths.len());
            self.examples.extend_from_slice(&narrow(self.texts.len()).to_le_bytes());
            self.text(&example.says);
            self.text(&example.command);
            let words = terms(&example.says);
            self.example_lengths.push(words.len());
            self.mention(words, |lists| &mut lists.1, number);
        }
        true
    }

    fn text(&mut self, text: &str) {
        self.texts.extend_from_slice(&u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes());
        self.texts.extend_from_slice(text.as_bytes());
    }

    fn mention(&mut self, words: Vec<String>, side: impl Fn(&mut (Places, Places)) -> &mut Places, number: u32) {
        for word in words {
            let places = side(self.lists.entry(word).or_default());
            match places.last_mut() {
                Some((last, times)) if *last == number => *times = times.saturating_add(1),
                _ => {
                    places.push((number, 1));
                    self.mentions += 1;
                }
            }
        }
    }

    fn finish(self) -> (Sizes, Vec<u8>) {
        let mean = |lengths: &[usize]| lengths.iter().sum::<usize>() as f32 / lengths.len().max(1) as f32;
        let (page_mean, example_mean) = (mean(&self.page_lengths), mean(&self.example_lengths));
        let mut terms: Vec<_> = self.lists.iter().map(|(term, lists)| (hash(term), lists)).collect();
        terms.sort_unstable_by_key(|(hash, _)| *hash);
        let (mut table, mut lists) = (Vec::with_capacity(terms.len() * TERM), Vec::new());
        for (hash, (in_pages, in_examples)) in &terms {
            table.extend_from_slice(&hash.to_le_bytes());
            for number in [lists.len(), in_pages.len(), in_examples.len()] {
                table.extend_from_slice(&narrow(number).to_le_bytes());
            }
            write_list(in_pages, &self.page_lengths, page_mean, &mut lists);
            write_list(in_examples, &self.example_lengths, example_mean, &mut lists);
        }
        let sizes = Sizes {
            terms: narrow(terms.len()),
            lists: narrow(lists.len()),
            pages: narrow(self.pages.len() / PAGE),
            examples: narrow(self.examples.len() / EXAMPLE),
            texts: narrow(self.texts.len()),
        };
        (sizes, [table, lists, self.pages, self.examples, self.texts].concat())
    }
}

/// What a term is found by.
pub(super) fn hash(term: &str) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&blake3::hash(term.as_bytes()).as_bytes()[..8]);
    u64::from_le_bytes(first)
}

/// Writes each place as its distance from the one before, seven bits a byte, and its weight in a byte.
fn write_list(places: &Places, lengths: &[usize], mean: f32, into: &mut Vec<u8>) {
    let mut before = 0;
    for (number, times) in places {
        let mut distance = number - before;
        before = *number;
        while distance >= 0x80 {
            into.push((distance & 0x7f) as u8 | 0x80);
            distance >>= 7;
        }
        into.push((distance & 0x7f) as u8);
        let times = f32::from(*times);
        let length = lengths.get(*number as usize).map_or(mean, |length| *length as f32);
        let weight = times * (SATURATION + 1.0) / (times + SATURATION * (1.0 - LENGTH + LENGTH * length / mean.max(1.0)));
        into.push((weight * UNIT) as u8);
    }
}

/// Everything that is counted here is bounded far below this.
fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
