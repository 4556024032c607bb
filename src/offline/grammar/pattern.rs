//! Patterns over words: the notation in which the grammar is written, and how one is matched.
//!
//! A pattern is a row of items: `word`, `this|that`, `@set` of words that mean the same, `$slot`; a `?` behind an item makes
//! it optional; `word=flag` sets a flag when it is said. Articles and forms of "be" may stand between items without being
//! named. A slot that takes files sets `<name>_dir` when they are called folders or end in a slash.
//!
//! There are thousands of patterns, so a word is kept as its key and a set as one bit.

use thiserror::Error;

use super::caught::{Bound, Caught, Name};
use super::fill::fill;
use super::kinds::{Slot, slot};
use super::names::is_folder;
use super::notation::{self, Written};
use super::sets::{Sets, set_named};
use super::vocabulary::{Key, Names};
use super::words::Word;
use crate::offline::budget::Budget;

/// A pattern that cannot be read.
#[derive(Debug, Error, PartialEq, Eq)]
pub(in crate::offline) enum PatternError {
    #[error("there is no slot `${0}`")]
    Slot(String),
    #[error("there is no set `@{0}`")]
    Set(String),
    #[error("nothing in it must be said")]
    Empty,
    #[error("it has too many words")]
    Long,
}

const PREPOSITIONS: &[&str] = &["with", "for", "of", "from", "to", "by", "at", "and", "as", "using", "including", "in"];

/// A choice with its words at these places among the keys of its pattern.
#[derive(Debug, Clone, Copy)]
struct Placed {
    sets: Sets,
    from: u16,
    to: u16,
}

#[derive(Debug)]
enum What {
    Words(Placed),
    /// The same, where some of them set a flag.
    Flagged(Placed, Box<[(Placed, Name)]>),
    /// What it takes, its name, and the flag for folders.
    Slot(Slot, Box<(Name, Option<Name>)>),
}

#[derive(Debug)]
struct Item {
    what: What,
    optional: bool,
}

impl Item {
    fn parse(written: Written<'_>, keys: &mut Vec<Key>, names: &mut Names) -> Result<Self, PatternError> {
        let what = match written.slot() {
            Some(name) => {
                let (kind, name) = name.split_once(':').unwrap_or((name, name));
                let slot = slot(kind).ok_or_else(|| PatternError::Slot(kind.to_owned()))?;
                let of_files = matches!(slot, Slot::Spot | Slot::Item | Slot::Items | Slot::Bunch);
                let folder = of_files.then(|| names.of(&format!("{name}_dir")));
                What::Slot(slot, Box::new((names.of(name), folder)))
            }
            None => Self::words(written, keys, names)?,
        };
        Ok(Self { what, optional: written.optional })
    }

    fn words(written: Written<'_>, keys: &mut Vec<Key>, names: &mut Names) -> Result<What, PatternError> {
        let (mut sets, mut flagged, start) = (Sets::default(), Vec::new(), place(keys)?);
        for word in written.words() {
            let (mut one, from) = (Sets::default(), place(keys)?);
            match word.set() {
                Some(name) => one = set_named(name).ok_or_else(|| PatternError::Set(name.to_owned()))?,
                None => keys.push(word.key),
            }
            sets.join(one);
            if let Some(flag) = word.flag {
                flagged.push((Placed { sets: one, from, to: place(keys)? }, names.of(flag)));
            }
        }
        let all = Placed { sets, from: start, to: place(keys)? };
        Ok(if flagged.is_empty() { What::Words(all) } else { What::Flagged(all, flagged.into()) })
    }

    /// What it can bind.
    fn names(&self) -> impl Iterator<Item = &str> {
        let (slot, flags) = match &self.what {
            What::Slot(_, names) => (Some(&**names), &[] as &[_]),
            What::Flagged(_, flagged) => (None, &**flagged),
            What::Words(_) => (None, &[] as &[_]),
        };
        let names = slot.into_iter().flat_map(|(name, folder)| std::iter::once(name).chain(folder));
        names.chain(flags.iter().map(|(_, flag)| flag)).map(|name| &**name)
    }
}

/// Where the next key stands.
fn place(keys: &[Key]) -> Result<u16, PatternError> {
    u16::try_from(keys.len()).map_err(|_| PatternError::Long)
}

/// A pattern ready to be matched.
#[derive(Debug)]
pub(in crate::offline) struct Pattern {
    items: Box<[Item]>,
    keys: Box<[Key]>,
}

impl Pattern {
    /// Reads a pattern.
    pub(in crate::offline) fn parse(text: &str, names: &mut Names) -> Result<Self, PatternError> {
        // Most words are at least five letters, most items seven.
        let (mut items, mut keys) = (Vec::with_capacity(text.len() / 8 + 1), Vec::with_capacity(text.len() / 6 + 1));
        for item in notation::items(text) {
            items.push(Item::parse(item, &mut keys, names)?);
        }
        if items.iter().all(|item| item.optional) {
            return Err(PatternError::Empty);
        }
        Ok(Self { items: items.into(), keys: keys.into() })
    }

    /// The names of its slots.
    pub(in crate::offline) fn slots(&self) -> impl Iterator<Item = &str> {
        self.items.iter().flat_map(Item::names)
    }

    /// Whether the word is one of these.
    fn has(&self, wanted: Placed, word: &Word) -> bool {
        let keys = &self.keys[usize::from(wanted.from)..usize::from(wanted.to)];
        word.is_word() && (wanted.sets.meets(word.sets()) || keys.contains(&word.key()))
    }

    /// Matches at `at`; gives the place behind the last word taken.
    pub(in crate::offline) fn matches(&self, words: &[Word], at: usize, budget: &Budget) -> Option<(usize, Caught)> {
        // Most patterns do not begin like the sentence.
        if let [Item { what: What::Words(placed), optional: false }, ..] = &*self.items
            && !words.get(at).is_some_and(|word| self.has(*placed, word))
        {
            return None;
        }
        let mut caught = Caught::default();
        let end = self.walk(&self.items, (words, budget), at, &mut caught, true)?;
        caught.plural = words[at..end].iter().any(|word| word.is_word() && word.low.ends_with('s'));
        Some((end, caught))
    }

    /// The end of a match without a preposition that it took for the sake of what did not follow.
    pub(in crate::offline) fn trimmed(&self, words: &[Word], at: usize, end: usize) -> usize {
        let may_end = self.items.last().is_some_and(|item| item.optional);
        let taken = words[at..end].iter().rev().take_while(|word| may_end && PREPOSITIONS.iter().any(|known| word.is(known)));
        usize::max(end - taken.count(), at + 1)
    }
}

impl Pattern {
    fn walk(&self, items: &[Item], (words, budget): (&[Word], &Budget), at: usize, caught: &mut Caught, first: bool) -> Option<usize> {
        let Some((item, rest)) = items.split_first() else { return Some(at) };
        if !budget.step() {
            return None;
        }
        let mark = caught.bound.len();
        let mut place = at;
        // Light words may stand between the items, but a pattern begins with its first.
        loop {
            if let Some(next) = self.take(item, words, place, caught)
                && let Some(end) = self.walk(rest, (words, budget), next, caught, false)
            {
                return Some(end);
            }
            caught.bound.truncate(mark);
            caught.names.truncate(mark);
            // "my project" is a name in two words, and half of it would be wrong.
            let possessive = |word: &Word| word.is("my") || word.is("our");
            let takes_name = matches!(item.what, What::Slot(Slot::Name | Slot::Names | Slot::AnyNames | Slot::Path | Slot::Paths, ..));
            if first || !words.get(place).is_some_and(|word| word.is_light() && !(takes_name && possessive(word))) {
                break;
            }
            place += 1;
        }
        if item.optional { self.walk(rest, (words, budget), at, caught, first) } else { None }
    }

    fn take(&self, item: &Item, words: &[Word], at: usize, caught: &mut Caught) -> Option<usize> {
        let word = words.get(at)?;
        match &item.what {
            What::Words(wanted) => self.has(*wanted, word).then_some(at + 1),
            What::Flagged(wanted, flagged) => {
                self.has(*wanted, word).then_some(())?;
                if let Some((_, flag)) = flagged.iter().find(|(wanted, _)| self.has(*wanted, word)) {
                    caught.bound.push(Bound::Text(String::new()));
                    caught.names.push(flag.clone());
                }
                Some(at + 1)
            }
            What::Slot(slot, names) => {
                let (end, bound) = fill(*slot, words, at)?;
                let (name, folder) = &**names;
                if let Some(folder) = folder.as_ref().filter(|_| are_folders(&bound, &words[at..end])) {
                    caught.bound.push(Bound::Text(String::new()));
                    caught.names.push(folder.clone());
                }
                caught.bound.push(bound);
                caught.names.push(name.clone());
                Some(end)
            }
        }
    }
}

/// Whether what was bound is called a folder or written as one.
fn are_folders(bound: &Bound, said: &[Word]) -> bool {
    let written = |text: &String| is_folder(text);
    let written = match bound {
        Bound::Text(text) => written(text),
        Bound::List(list) => list.iter().any(written),
        _ => false,
    };
    let before =
        said.iter().take_while(|word| !["in", "from", "under", "inside", "within", "into", "of"].iter().any(|place| word.is(place)));
    written || before.into_iter().any(|word| word.is("@dir") || word.is("@sub"))
}
