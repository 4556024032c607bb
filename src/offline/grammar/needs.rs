//! What a sentence must say for a phrase to be worth a try.

use super::notation;
use super::sets::{Sets, set_named};
use super::vocabulary::{Number, Vocabulary};

/// Words of which one is said.
#[derive(Debug, Clone, Copy)]
pub(in crate::offline) struct Choice<'a> {
    /// Words of these sets.
    pub sets: Sets,
    /// And these words.
    pub words: &'a [Number],
}

/// The words that phrases cannot do without: of each phrase its patterns, of each pattern its choices, of each choice its
/// words. All that the index needs of a phrase before it is first meant.
#[derive(Debug, Default)]
pub(in crate::offline) struct Needs {
    words: Vec<Number>,
    /// The sets of each choice, and where its words end.
    choices: Vec<(Sets, u32)>,
    /// Where the choices of each pattern end.
    patterns: Vec<u32>,
    /// Where the patterns of each phrase end.
    phrases: Vec<u32>,
}

impl Needs {
    /// Takes what one pattern of the next phrase needs, and learns its words.
    pub(in crate::offline) fn add(&mut self, pattern: &str, vocabulary: &mut Vocabulary) {
        for item in notation::items(pattern).filter(|item| item.slot().is_none()) {
            let (mut sets, from) = (Sets::default(), self.words.len());
            for word in item.words() {
                match word.set() {
                    // Who builds the pattern complains of unknown ones.
                    Some(name) => sets.join(set_named(name).unwrap_or_default()),
                    None => self.words.push(vocabulary.teach(word.key, word.text)),
                }
            }
            if item.optional {
                self.words.truncate(from);
            } else {
                self.choices.push((sets, place(&self.words)));
            }
        }
        self.patterns.push(place(&self.choices));
    }

    /// Ends the phrase whose patterns were added.
    pub(in crate::offline) fn end_phrase(&mut self) {
        self.phrases.push(place(&self.patterns));
    }

    /// Takes the phrases of another one behind its own; `numbers` are those that its words have here.
    pub(in crate::offline) fn join(&mut self, other: &Self, numbers: &[Number]) {
        let (words, choices, patterns) = (place(&self.words), place(&self.choices), place(&self.patterns));
        self.words.extend(other.words.iter().map(|word| numbers[*word as usize]));
        self.choices.extend(other.choices.iter().map(|(sets, end)| (*sets, end + words)));
        self.patterns.extend(other.patterns.iter().map(|end| end + choices));
        self.phrases.extend(other.phrases.iter().map(|end| end + patterns));
    }

    /// The patterns of each phrase, and of each pattern the choices of which one word must be said.
    pub(in crate::offline) fn phrases(&self) -> impl Iterator<Item = impl Iterator<Item = impl Iterator<Item = Choice<'_>>>> {
        let mut from = 0;
        self.phrases.iter().map(move |end| {
            let first = std::mem::replace(&mut from, *end as usize);
            (first..*end as usize).map(|at| self.pattern(at))
        })
    }

    fn pattern(&self, at: usize) -> impl Iterator<Item = Choice<'_>> {
        let from = at.checked_sub(1).map_or(0, |before| self.patterns[before] as usize);
        (from..self.patterns[at] as usize).map(|at| {
            let from = at.checked_sub(1).map_or(0, |before| self.choices[before].1 as usize);
            let (sets, end) = self.choices[at];
            Choice { sets, words: &self.words[from..end as usize] }
        })
    }
}

/// Where the next one stands. A file has no more bytes than fit.
fn place<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}
