//! Which words are ours, and which of them a misspelt one was meant to be.

use super::vocabulary::{Key, Number, Vocabulary};
use crate::offline::NEEDED_NAMES;
use crate::offline::lexicon::{Lexicon, Role};

/// The words that patterns are made of.
#[derive(Debug, Clone, Copy)]
pub(in crate::offline) struct Ours<'a> {
    pub vocabulary: &'a Vocabulary,
    /// The number behind those of the grammar of files, which needs all of its words.
    pub of_files: usize,
    pub lexicon: &'a Lexicon,
}

impl Ours<'_> {
    /// Whether the word is one of them.
    pub(in crate::offline) fn has(self, word: &str) -> bool {
        self.vocabulary.number(Key::of(word)).is_some_and(|number| self.fits(number, word))
    }

    /// What people call their folders stays a name, unless a sentence needs it for what it means.
    fn fits(self, number: Number, word: &str) -> bool {
        let is_name = || self.lexicon.lemma(word).is_some_and(|lemma| self.lexicon.role(lemma) == Role::Name);
        (number as usize) < self.of_files || NEEDED_NAMES.contains(&word) || !is_name()
    }

    /// The one that is one slip away from a word of five letters or more; of several the first in the alphabet.
    pub(super) fn mend(self, low: &str) -> Option<String> {
        if low.len() < 5 || !low.bytes().all(|b| b.is_ascii_lowercase()) {
            return None;
        }
        let near =
            |known: &str| known.len() >= 5 && known.as_bytes()[0] == low.as_bytes()[0] && is_one_slip(low.as_bytes(), known.as_bytes());
        let near = (0..).zip(self.vocabulary.words()).filter(|(number, known)| near(known) && self.fits(*number, known));
        near.map(|(_, known)| &**known).min().map(str::to_owned)
    }
}

/// Whether one letter was left out, added, replaced, or changed places with the next.
fn is_one_slip(a: &[u8], b: &[u8]) -> bool {
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[same..], &b[same..]);
    match (a, b) {
        ([], [_]) | ([_], []) => true,
        ([_, a @ ..], [_, b @ ..]) if a == b => true,
        ([p, q, a @ ..], [r, s, b @ ..]) if p == s && q == r && a == b => true,
        ([_, rest @ ..], _) if rest == b => true,
        (_, [_, rest @ ..]) if a == rest => true,
        _ => false,
    }
}
