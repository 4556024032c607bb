//! Which intents and phrases are worth a try for a sentence: those whose rarest needed word it says.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use super::grammar::{Choice, Needs, Sets, Vocabulary, Word};
use super::intents::Intent;
use super::lexicon::{Lemma, Role};
use super::repeats::Repeats;
use super::tokens::Token;

/// Numbers of intents or phrases, in order.
type Numbers = Vec<u32>;

/// How much each of some intents or phrases has in common with a sentence.
type Scores = BTreeMap<u32, f64>;

/// Intents by a word.
type ByLemma = HashMap<Lemma, Numbers>;

/// Phrases by a word, or by a set of words.
#[derive(Debug, Default)]
struct ByWord {
    words: Vec<Numbers>,
    sets: Vec<Numbers>,
}

impl ByWord {
    fn for_words(words: usize) -> Self {
        Self { words: vec![Numbers::new(); words], sets: vec![Numbers::new(); Sets::MOST] }
    }

    fn add(&mut self, choice: Choice<'_>, number: u32) {
        choice.words.iter().for_each(|word| add(&mut self.words[*word as usize], number));
        choice.sets.numbers().for_each(|set| add(&mut self.sets[set], number));
    }

    /// The numbers that a word leads to, list by list.
    fn of(&self, word: &Word, vocabulary: &Vocabulary) -> impl Iterator<Item = &Numbers> {
        let sets = word.sets().numbers().filter_map(|set| self.sets.get(set));
        vocabulary.number(word.key()).and_then(|number| self.words.get(number as usize)).into_iter().chain(sets)
    }
}

/// How many phrases say each word and each set.
struct Uses {
    /// Each with the last phrase that was counted.
    words: Vec<(u32, u32)>,
    sets: Vec<(u32, u32)>,
}

impl Uses {
    fn count(&mut self, choice: Choice<'_>, number: u32) {
        let one = |(uses, last): &mut (u32, u32)| {
            *uses += u32::from(*last != number);
            *last = number;
        };
        choice.words.iter().for_each(|word| one(&mut self.words[*word as usize]));
        choice.sets.numbers().for_each(|set| one(&mut self.sets[set]));
    }

    /// How many phrases the commonest of these words leads to.
    fn most(&self, choice: Choice<'_>) -> u32 {
        let of_words = choice.words.iter().map(|word| self.words[*word as usize].0);
        of_words.chain(choice.sets.numbers().map(|set| self.sets[set].0)).max().unwrap_or(0)
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
    /// Intents by all words that they need, for what is near.
    needing: ByLemma,
    /// The same of phrases, made when it is first asked for.
    naming: OnceLock<ByWord>,
    needs: Needs,
    /// The intents and the phrases that say the same as earlier ones, which stand for them here.
    pub repeats: Repeated,
}

/// Of the intents and of the phrases.
#[derive(Debug, Default)]
pub(super) struct Repeated {
    pub intents: Repeats,
    pub phrases: Repeats,
}

impl Index {
    /// Of all that say something of their own, made of that many words.
    pub(super) fn of(intents: &[Intent], needs: Needs, words: usize, repeats: Repeated) -> Self {
        let mut index = Self { needs, repeats, ..Self::default() };
        let is_first = |number: u32| !index.repeats.intents.has(number);
        let intents: Vec<(u32, &Vec<Vec<Lemma>>)> =
            (0..).zip(intents).filter(|(number, _)| is_first(*number)).map(|(number, intent)| (number, &intent.cues.need)).collect();
        for (number, need) in &intents {
            need.iter().flatten().for_each(|lemma| add(index.needing.entry(*lemma).or_default(), *number));
        }
        for (number, need) in &intents {
            let common = |group: &&Vec<Lemma>| group.iter().filter_map(|lemma| index.needing.get(lemma)).map(Vec::len).max();
            for lemma in need.iter().min_by_key(common).into_iter().flatten() {
                add(index.intents.entry(*lemma).or_default(), *number);
            }
        }
        let mut uses = Uses { words: vec![(0, u32::MAX); words], sets: vec![(0, u32::MAX); Sets::MOST] };
        let (mut found, mut wordless) = (ByWord::for_words(words), Numbers::new());
        for (number, patterns) in index.all_needs() {
            patterns.flatten().for_each(|choice| uses.count(choice, number));
        }
        for (number, patterns) in index.all_needs() {
            for choices in patterns {
                match choices.min_by_key(|choice| uses.most(*choice)) {
                    Some(choice) => found.add(choice, number),
                    None => add(&mut wordless, number),
                }
            }
        }
        Self { phrases: found, wordless, ..index }
    }

    /// The needs of each phrase that stands for itself.
    fn all_needs(&self) -> impl Iterator<Item = (u32, impl Iterator<Item = impl Iterator<Item = Choice<'_>>>)> {
        (0..).zip(self.needs.phrases()).filter(|(number, _)| !self.repeats.phrases.has(*number))
    }

    /// The numbers of the intents that this sentence may mean, in order.
    pub(super) fn intents(&self, tokens: &[Token]) -> Numbers {
        let said = tokens.iter().filter_map(Token::lemma).filter_map(|lemma| self.intents.get(&lemma));
        in_order(said.flatten().copied())
    }

    /// The numbers of the phrases that this sentence may mean, in order.
    pub(super) fn phrases(&self, words: &[Word], vocabulary: &Vocabulary) -> Numbers {
        let said = words.iter().filter(|word| word.is_word()).flat_map(|word| self.phrases.of(word, vocabulary));
        in_order(said.flatten().chain(&self.wordless).copied())
    }

    /// Intents, then phrases, that share words with the sentence, each with how much that says: rare words say more.
    pub(super) fn near(&self, tokens: &[Token], words: &[Word], vocabulary: &Vocabulary) -> (Scores, Scores) {
        let (mut intents, mut phrases) = (Scores::new(), Scores::new());
        let count = |scores: &mut Scores, sharing: &[&Numbers]| {
            let numbers = in_order(sharing.iter().copied().flatten().copied());
            let share = 1.0 / numbers.len() as f64;
            numbers.into_iter().for_each(|number| *scores.entry(number).or_insert(0.0) += share);
        };
        let said = tokens.iter().filter(|token| token.role() == Some(Role::Content)).filter_map(Token::lemma);
        said.filter_map(|lemma| self.needing.get(&lemma)).for_each(|sharing| count(&mut intents, &[sharing]));
        let naming = self.naming.get_or_init(|| {
            let mut naming = ByWord::for_words(vocabulary.words().len());
            self.all_needs().for_each(|(number, patterns)| patterns.flatten().for_each(|choice| naming.add(choice, number)));
            naming
        });
        let said = words.iter().filter(|word| word.is_word() && !word.is_noise());
        said.for_each(|word| count(&mut phrases, &naming.of(word, vocabulary).collect::<Vec<_>>()));
        (intents, phrases)
    }
}

fn add(numbers: &mut Numbers, number: u32) {
    if numbers.last() != Some(&number) {
        numbers.push(number);
    }
}

fn in_order(numbers: impl Iterator<Item = u32>) -> Numbers {
    let mut numbers: Numbers = numbers.collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}
