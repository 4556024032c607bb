//! The words that patterns are made of.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use super::caught::Name;
use super::counts::{DELIMITERS, ORDINALS};
use super::sets;

/// A word as patterns keep it: the FNV-1a hash of its letters in 64 bits (Fowler, Noll and Vo), by which two words are told
/// apart as surely as it matters: a sentence would need billions of words before one of them is taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::offline) struct Key(u64);

impl Key {
    pub(super) const fn of(word: &str) -> Self {
        let (bytes, mut hash, mut at) = (word.as_bytes(), 0xcbf2_9ce4_8422_2325_u64, 0);
        while at < bytes.len() {
            hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
            at += 1;
        }
        Self(hash)
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

/// What patterns have taught: their words for mending misspelt ones, and one copy of each name of a slot.
#[derive(Debug, Clone, Default)]
pub(in crate::offline) struct Vocabulary {
    words: ByKey<Box<str>>,
    names: HashSet<Name>,
}

impl Vocabulary {
    pub(super) fn teach(&mut self, word: &str) -> Key {
        let key = Key::of(word);
        self.words.entry(key).or_insert_with(|| word.into());
        key
    }

    pub(super) fn name(&mut self, name: &str) -> Name {
        if let Some(known) = self.names.get(name) {
            return known.clone();
        }
        let name: Name = name.into();
        self.names.insert(name.clone());
        name
    }

    /// Takes what another one was taught.
    pub(in crate::offline) fn join(&mut self, other: Self) {
        self.words.extend(other.words);
    }

    pub(in crate::offline) fn has(&self, word: &str) -> bool {
        self.words.contains_key(&Key::of(word))
    }

    /// The words that patterns and slots know and that fit, sorted.
    pub(in crate::offline) fn into_words(mut self, fits: impl Fn(&str) -> bool) -> Vec<Box<str>> {
        for word in sets::words().chain(ORDINALS).chain(DELIMITERS.iter().map(|(name, _)| *name)) {
            self.teach(word);
        }
        let mut words: Vec<Box<str>> = self.words.into_values().filter(|word| fits(word)).collect();
        words.sort_unstable();
        words
    }
}
