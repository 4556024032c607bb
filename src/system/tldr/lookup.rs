//! Finds the examples that fit a question: BM25 over the names and summaries of pages and the descriptions of examples.

use super::build::{UNIT, hash};
use super::file::{IndexError, IndexFile, PAGE, Reader, TERM};
use super::terms::Word;
use crate::domain::{OptionCheck, PageOffer};

/// Words of a question that count.
const MOST_WORDS: usize = 16;
/// How much of a question, by the weight of its words, an example must be about.
const LEAST_COVERAGE: f32 = 0.5;
/// Examples of one page among the offers.
const MOST_OF_A_PAGE: usize = 2;
/// A page's name says more than its summary.
const NAME_WEIGHT: f32 = 1.5;
/// The summary holds for all examples of a page, the description for one.
const PAGE_WEIGHT: f32 = 0.6;
/// What an offer that is about nothing of a question would be given, and what one about all of it gains. Together they stay
/// below what counts as sure.
const LEAST_CONFIDENCE: f32 = 0.3;
const MOST_GAIN: f32 = 0.4;

#[derive(Clone, Copy, Default)]
struct Score {
    weight: f32,
    /// A bit for each word of the question.
    words: u16,
}

/// The lists of one term.
struct Lists {
    pages: Vec<(usize, f32)>,
    examples: Vec<(usize, f32)>,
}

struct Hit {
    weight: f32,
    coverage: f32,
    page: usize,
    example: usize,
}

/// The examples that fit best, the best first.
pub(super) fn search(index: &IndexFile, question: &[Word], most: usize) -> Result<Vec<PageOffer>, IndexError> {
    let mut reader = Reader::new(index);
    let question = &question[..question.len().min(MOST_WORDS)];
    let (mut pages, mut examples) =
        (vec![Score::default(); index.sizes.pages as usize], vec![Score::default(); index.sizes.examples as usize]);
    let mut rarities = Vec::with_capacity(question.len());
    let all = examples.len() as f32;
    for (bit, word) in question.iter().enumerate() {
        let (by_text, by_name) = (lists(index, &mut reader, &word.term)?, lists(index, &mut reader, &word.name)?);
        // A summary speaks for about six examples. A word that nobody uses is most likely the name of a file.
        let mentions = |lists: &Lists| lists.examples.len().max(lists.pages.len() * 6) as f32;
        let rarity = match by_text.as_ref().or(by_name.as_ref()).map(mentions) {
            Some(mentions) => (1.0 + (all - mentions.min(all) + 0.5) / (mentions + 0.5)).ln(),
            None => (1.0 + all).ln() / 2.0,
        };
        rarities.push(rarity);
        let places = [(by_text, PAGE_WEIGHT), (by_name, NAME_WEIGHT)];
        for (lists, weight) in places.into_iter().filter_map(|(lists, weight)| Some((lists?, weight))) {
            add(&mut pages, &lists.pages, rarity * weight, bit)?;
            add(&mut examples, &lists.examples, rarity, bit)?;
        }
    }
    let hits = rank(&mut reader, index, (&pages, &examples), &rarities, most)?;
    hits.iter().map(|hit| offer(&mut reader, index, hit)).collect()
}

fn add(scores: &mut [Score], list: &[(usize, f32)], weight: f32, bit: usize) -> Result<(), IndexError> {
    for (number, part) in list {
        let score = scores.get_mut(*number).ok_or(IndexError::Damaged)?;
        score.weight += part * weight;
        score.words |= 1 << bit;
    }
    Ok(())
}

fn rank(
    reader: &mut Reader<'_>,
    index: &IndexFile,
    (pages, examples): (&[Score], &[Score]),
    rarities: &[f32],
    most: usize,
) -> Result<Vec<Hit>, IndexError> {
    let table = reader.numbers(index.sizes.places()[2], pages.len() * PAGE / 4)?;
    let firsts: Vec<usize> = table.iter().step_by(2).map(|first| *first as usize).chain([examples.len()]).collect();
    let total: f32 = rarities.iter().sum();
    let least = rarities.len().min(2);
    let mut hits = Vec::new();
    for (page, of_page) in pages.iter().enumerate() {
        let own = examples.get(firsts[page]..firsts[page + 1]).ok_or(IndexError::Damaged)?;
        for (place, own) in own.iter().enumerate() {
            let words = of_page.words | own.words;
            // A page that fits as a whole is shown by its first example, which is the plainest one.
            if words.count_ones() < least as u32 || words == 0 || (own.words == 0 && place > 0) {
                continue;
            }
            let covered: f32 = rarities.iter().enumerate().filter(|(bit, _)| words >> bit & 1 == 1).map(|(_, rarity)| rarity).sum();
            let coverage = covered / total;
            if coverage >= LEAST_COVERAGE {
                hits.push(Hit { weight: (of_page.weight + own.weight) * coverage, coverage, page, example: firsts[page] + place });
            }
        }
    }
    hits.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.example.cmp(&b.example)));
    let mut kept: Vec<Hit> = Vec::new();
    for hit in hits {
        if kept.len() == most {
            break;
        }
        if kept.iter().filter(|other| other.page == hit.page).count() < MOST_OF_A_PAGE {
            kept.push(hit);
        }
    }
    Ok(kept)
}

/// The lists of a term; `None` when nothing mentions it.
fn lists(index: &IndexFile, reader: &mut Reader<'_>, term: &str) -> Result<Option<Lists>, IndexError> {
    let wanted = hash(term);
    let [table, lists, pages, ..] = index.sizes.places();
    let (mut low, mut high) = (0, index.sizes.terms as usize);
    while low < high {
        let middle = (low + high) / 2;
        let at = table + middle * TERM;
        let entry = reader.numbers(at, TERM / 4)?;
        let found = u64::from(entry[0]) | u64::from(entry[1]) << 32;
        match found.cmp(&wanted) {
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
            std::cmp::Ordering::Equal => {
                let end =
                    if middle + 1 < index.sizes.terms as usize { lists + reader.numbers(at + TERM + 8, 1)?[0] as usize } else { pages };
                let bytes = reader.bytes(lists + entry[2] as usize..end)?;
                let mut rest = bytes.as_slice();
                let pages = read_list(&mut rest, entry[3])?;
                return Ok(Some(Lists { pages, examples: read_list(&mut rest, entry[4])? }));
            }
        }
    }
    Ok(None)
}

fn read_list(rest: &mut &[u8], count: u32) -> Result<Vec<(usize, f32)>, IndexError> {
    let mut list = Vec::new();
    let mut number = 0usize;
    let mut next = || {
        let (first, tail) = rest.split_first().ok_or(IndexError::Damaged)?;
        *rest = tail;
        Ok::<u8, IndexError>(*first)
    };
    for _ in 0..count {
        let (mut distance, mut shift) = (0usize, 0);
        loop {
            let byte = next()?;
            distance |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                break;
            }
            if shift > 28 {
                return Err(IndexError::Damaged);
            }
        }
        number += distance;
        list.push((number, f32::from(next()?) / UNIT));
    }
    Ok(list)
}

fn offer(reader: &mut Reader<'_>, index: &IndexFile, hit: &Hit) -> Result<PageOffer, IndexError> {
    let [_, _, pages, examples, texts, _] = index.sizes.places();
    let mut page_at = texts + reader.numbers(pages + hit.page * PAGE + 4, 1)?[0] as usize;
    let mut example_at = texts + reader.numbers(examples + hit.example * 4, 1)?[0] as usize;
    let mut text = |at: &mut usize| {
        let length = reader.bytes(*at..*at + 2)?;
        let length = usize::from(u16::from_le_bytes([length[0], length[1]]));
        let bytes = reader.bytes(*at + 2..*at + 2 + length)?;
        *at += 2 + length;
        String::from_utf8(bytes).map_err(|_| IndexError::Damaged)
    };
    let confidence = f64::from(LEAST_CONFIDENCE + MOST_GAIN * hit.coverage.min(1.0));
    Ok(PageOffer {
        page: text(&mut page_at)?,
        reading: text(&mut example_at)?,
        command: text(&mut example_at)?,
        confidence,
        options: OptionCheck::Unknown,
    })
}
