//! The words that patterns are made of.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use super::caught::Name;
use super::counts::{DELIMITERS, ORDINALS};
use super::notation;
use super::sets;

/// A word as patterns keep it: the FNV-1a hash of its letters in 64 bits (Fowler, Noll and Vo), by which two words are told
/// apart as surely as it matters: a sentence would need billions of words before one of them is taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::offline) struct Key(u64);

impl Key {
    #[inline]
    pub(in crate::offline) fn of(word: &str) -> Self {
        let mut key = KeyMaker::default();
        word.bytes().for_each(|byte| key.add(byte));
        key.key()
    }
}

/// Makes a key byte by byte.
pub(super) struct KeyMaker(u64);

impl Default for KeyMaker {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl KeyMaker {
    #[inline]
    pub(super) fn add(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }

    pub(super) fn key(self) -> Key {
        Key(self.0)
    }
}

/// A map by keys. They are hashes already.
pub(in crate::offline) type ByKey<V> = HashMap<Key, V, BuildHasherDefault<KeyItself>>;

/// Takes a key for its own hash.
#[derive(Debug, Default, Clone)]
pub(in crate::offline) struct KeyItself(u64);

impl Hasher for KeyItself {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// The number of a word in a vocabulary.
pub(in crate::offline) type Number = u32;

/// The words of patterns.
#[derive(Debug, Clone, Default)]
pub(in crate::offline) struct Vocabulary {
    numbers: ByKey<Number>,
    words: Vec<Box<str>>,
}

impl Vocabulary {
    /// Learns the words of slots.
    pub(in crate::offline) fn learn_slots(&mut self) {
        for word in sets::words().chain(ORDINALS).chain(DELIMITERS.iter().map(|(name, _)| *name)) {
            self.teach(Key::of(word), word);
        }
    }

    #[inline]
    pub(super) fn teach(&mut self, key: Key, word: &str) -> Number {
        if let Some(known) = self.numbers.get(&key) {
            return *known;
        }
        let number = number(self.words.len());
        self.words.push(word.into());
        self.numbers.insert(key, number);
        number
    }

    /// Learns the words of a pattern.
    pub(in crate::offline) fn learn(&mut self, pattern: &str) {
        for item in notation::items(pattern).filter(|item| item.slot().is_none()) {
            for word in item.words().filter(|word| word.set().is_none()) {
                self.teach(word.key, word.text);
            }
        }
    }

    /// Takes what another one was taught; gives the new numbers of its words.
    pub(in crate::offline) fn join(&mut self, other: &Self) -> Vec<Number> {
        other.words.iter().map(|word| self.teach(Key::of(word), word)).collect()
    }

    pub(in crate::offline) fn number(&self, key: Key) -> Option<Number> {
        self.numbers.get(&key).copied()
    }

    /// Its words by their numbers.
    pub(in crate::offline) fn words(&self) -> &[Box<str>] {
        &self.words
    }
}

/// There are not more words than letters in a file.
fn number(at: usize) -> Number {
    Number::try_from(at).unwrap_or(Number::MAX)
}

/// One copy of each name of a slot that some patterns have.
#[derive(Debug, Default)]
pub(in crate::offline) struct Names(HashSet<Name>);

impl Names {
    pub(super) fn of(&mut self, name: &str) -> Name {
        if let Some(known) = self.0.get(name) {
            return known.clone();
        }
        let name: Name = name.into();
        self.0.insert(name.clone());
        name
    }
}
