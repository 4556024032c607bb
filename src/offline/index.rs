//! Which intents and phrases are worth a try for a sentence: those whose rarest needed word it says.

use std::collections::{BTreeMap, HashMap};

use super::grammar::{Pattern, Word};
use super::intents::Intent;
use super::lexicon::{Lemma, Role};
use super::phrases::Phrase;
use super::tokens::Token;

/// Numbers of intents or phrases by a word.
type ByWord<W> = HashMap<W, Vec<usize>>;

#[derive(Debug, Default)]
pub(super) struct Index {
    /// Intents by the words of the one group that fewest others need.
    intents: ByWord<Lemma>,
    /// Phrases by the words of one part of each of their patterns.
    phrases: ByWord<String>,
    /// Phrases with a pattern that names no word.
    wordless: Vec<usize>,
    /// Intents and phrases by all words that they need, for what is near.
    needing: ByWord<Lemma>,
    naming: ByWord<String>,
}

impl Index {
    pub(super) fn of(intents: &[Intent], phrases: &[Phrase]) -> Self {
        let mut index = Self::default();
        for (number, intent) in intents.iter().enumerate() {
            intent.need.iter().flatten().for_each(|lemma| add(&mut index.needing, *lemma, number));
        }
        for (number, intent) in intents.iter().enumerate() {
            let common = |group: &&Vec<Lemma>| group.iter().map(|lemma| uses(&index.needing, lemma)).max();
            for lemma in intent.need.iter().min_by_key(common).into_iter().flatten() {
                add(&mut index.intents, *lemma, number);
            }
        }
        for (number, phrase) in phrases.iter().enumerate() {
            for word in phrase.say.iter().flat_map(Pattern::needed).flatten() {
                add(&mut index.naming, word.to_owned(), number);
            }
        }
        for (number, phrase) in phrases.iter().enumerate() {
            for pattern in &phrase.say {
                let common = |words: &Vec<&str>| words.iter().map(|word| uses(&index.naming, *word)).max();
                match pattern.needed().min_by_key(common) {
                    Some(words) => words.into_iter().for_each(|word| add(&mut index.phrases, word.to_owned(), number)),
                    None if index.wordless.last() == Some(&number) => {}
                    None => index.wordless.push(number),
                }
            }
        }
        index
    }

    /// The numbers of the intents that this sentence may mean, in order.
    pub(super) fn intents(&self, tokens: &[Token]) -> Vec<usize> {
        let said = tokens.iter().filter_map(Token::lemma).filter_map(|lemma| self.intents.get(&lemma));
        in_order(said.flatten().copied())
    }

    /// The numbers of the phrases that this sentence may mean, in order.
    pub(super) fn phrases(&self, words: &[Word]) -> Vec<usize> {
        let said = words.iter().filter(|word| word.is_word()).filter_map(|word| self.phrases.get(&word.low));
        in_order(said.flatten().chain(&self.wordless).copied())
    }

    /// Intents, then phrases, that share words with the sentence, each with how much that says: rare words say more.
    pub(super) fn near(&self, tokens: &[Token], words: &[Word]) -> (BTreeMap<usize, f64>, BTreeMap<usize, f64>) {
        let (mut intents, mut phrases) = (BTreeMap::new(), BTreeMap::new());
        let said = tokens.iter().filter(|token| token.role() == Some(Role::Content)).filter_map(Token::lemma);
        for sharing in said.filter_map(|lemma| self.needing.get(&lemma)) {
            sharing.iter().for_each(|number| *intents.entry(*number).or_insert(0.0) += 1.0 / sharing.len() as f64);
        }
        for sharing in words.iter().filter(|word| word.is_word() && !word.is_noise()).filter_map(|word| self.naming.get(&word.low)) {
            sharing.iter().for_each(|number| *phrases.entry(*number).or_insert(0.0) += 1.0 / sharing.len() as f64);
        }
        (intents, phrases)
    }
}

fn add<W: std::hash::Hash + Eq>(index: &mut ByWord<W>, word: W, number: usize) {
    let numbers = index.entry(word).or_default();
    if numbers.last() != Some(&number) {
        numbers.push(number);
    }
}

fn uses<W: std::hash::Hash + Eq + std::borrow::Borrow<Q>, Q: std::hash::Hash + Eq + ?Sized>(index: &ByWord<W>, word: &Q) -> usize {
    index.get(word).map_or(0, Vec::len)
}

fn in_order(numbers: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut numbers: Vec<usize> = numbers.collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}
