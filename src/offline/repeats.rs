//! Intents and phrases that say the same as earlier ones, as those of packs may: what fits one fits the others, so a
//! sentence is held against the first alone.

use std::collections::HashMap;
use std::hash::Hash;

/// The numbers of those that say the same as an earlier one, by the number of that.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    later: HashMap<u32, Vec<u32>>,
    repeating: Vec<bool>,
}

impl Repeats {
    /// Compares what they say.
    pub(super) fn of<T: Hash + Eq>(said: impl Iterator<Item = T>) -> Self {
        let (mut repeats, mut firsts) = (Self::default(), HashMap::new());
        for (number, said) in (0..).zip(said) {
            let first = *firsts.entry(said).or_insert(number);
            repeats.repeating.push(first != number);
            if first != number {
                repeats.later.entry(first).or_default().push(number);
            }
        }
        repeats
    }

    /// Whether an earlier one says the same.
    pub(super) fn has(&self, number: u32) -> bool {
        self.repeating.get(number as usize).is_some_and(|is| *is)
    }

    /// It and those that say the same, in order.
    pub(super) fn all(&self, first: u32) -> impl Iterator<Item = u32> {
        std::iter::once(first).chain(self.later.get(&first).into_iter().flatten().copied())
    }
}
