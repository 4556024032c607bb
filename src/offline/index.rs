//! Which intents and phrases are worth a try for a sentence: those whose rarest needed word it says.

use std::collections::{BTreeMap, HashMap};

use super::grammar::{ByKey, Choice, Pattern, Word};
use super::intents::Intent;
use super::lexicon::{Lemma, Role};
use super::phrases::Phrase;
use super::tokens::Token;

/// Numbers of intents or phrases, in order.
type Numbers = Vec<u32>;

/// Intents by a word.
type ByLemma = HashMap<Lemma, Numbers>;

/// Phrases by a word, or by a set of words.
#[derive(Debug, Default)]
struct ByWord {
    keys: ByKey<Numbers>,
    sets: Vec<Numbers>,
}

impl ByWord {
    fn add(&mut self, choice: Choice<'_>, number: u32) {
        choice.keys.iter().for_each(|key| add(self.keys.entry(*key).or_default(), number));
        for set in choice.sets.numbers() {
            if self.sets.len() <= set {
                self.sets.resize_with(set + 1, Numbers::new);
            }
            add(&mut self.sets[set], number);
        }
    }

    /// How many phrases the commonest of these words leads to.
    fn uses(&self, choice: Choice<'_>) -> usize {
        let of_keys = choice.keys.iter().filter_map(|key| self.keys.get(key));
        of_keys.chain(choice.sets.numbers().filter_map(|set| self.sets.get(set))).map(Vec::len).max().unwrap_or(0)
    }

    /// The numbers that a word leads to, list by list.
    fn of(&self, word: &Word) -> impl Iterator<Item = &Numbers> {
        let sets = word.sets().numbers().filter_map(|set| self.sets.get(set));
        self.keys.get(&word.key()).into_iter().chain(sets)
    }
}

#[derive(Debug, Default)]
pub(super) struct Index {
    /// Intents by the words of the one group that fewest others need.
    intents: ByLemma,
    /// Phrases by the words of one part of each of their patterns.
    phrases: ByWord,
    /// Phrases with a pattern that names no word.
    wordless: Numbers,
    /// Intents and phrases by all words that they need, for what is near.
    needing: ByLemma,
    naming: ByWord,
}

impl Index {
    pub(super) fn of(intents: &[Intent], phrases: &[Phrase]) -> Self {
        let mut index = Self::default();
        for (number, intent) in (0..).zip(intents) {
            intent.need.iter().flatten().for_each(|lemma| add(index.needing.entry(*lemma).or_default(), number));
        }
        for (number, intent) in (0..).zip(intents) {
            let common = |group: &&Vec<Lemma>| group.iter().filter_map(|lemma| index.needing.get(lemma)).map(Vec::len).max();
            for lemma in intent.need.iter().min_by_key(common).into_iter().flatten() {
                add(index.intents.entry(*lemma).or_default(), number);
            }
        }
        for (number, phrase) in (0..).zip(phrases) {
            phrase.say.iter().flat_map(Pattern::needed).for_each(|choice| index.naming.add(choice, number));
        }
        for (number, phrase) in (0..).zip(phrases) {
            for pattern in &phrase.say {
                match pattern.needed().min_by_key(|choice| index.naming.uses(*choice)) {
                    Some(choice) => index.phrases.add(choice, number),
                    None => add(&mut index.wordless, number),
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
        let said = words.iter().filter(|word| word.is_word()).flat_map(|word| self.phrases.of(word));
        in_order(said.flatten().chain(&self.wordless).copied())
    }

    /// Intents, then phrases, that share words with the sentence, each with how much that says: rare words say more.
    pub(super) fn near(&self, tokens: &[Token], words: &[Word]) -> (BTreeMap<usize, f64>, BTreeMap<usize, f64>) {
        let (mut intents, mut phrases) = (BTreeMap::new(), BTreeMap::new());
        let count = |scores: &mut BTreeMap<usize, f64>, sharing: &[&Numbers]| {
            let numbers = in_order(sharing.iter().copied().flatten().copied());
            let share = 1.0 / numbers.len() as f64;
            numbers.into_iter().for_each(|number| *scores.entry(number).or_insert(0.0) += share);
        };
        let said = tokens.iter().filter(|token| token.role() == Some(Role::Content)).filter_map(Token::lemma);
        said.filter_map(|lemma| self.needing.get(&lemma)).for_each(|sharing| count(&mut intents, &[sharing]));
        let said = words.iter().filter(|word| word.is_word() && !word.is_noise());
        said.for_each(|word| count(&mut phrases, &self.naming.of(word).collect::<Vec<_>>()));
        (intents, phrases)
    }
}

fn add(numbers: &mut Numbers, number: u32) {
    if numbers.last() != Some(&number) {
        numbers.push(number);
    }
}

fn in_order(numbers: impl Iterator<Item = u32>) -> Vec<usize> {
    let mut numbers: Vec<usize> = numbers.map(|number| number as usize).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}
