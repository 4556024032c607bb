//! Patterns over words: the notation in which the grammar is written, and how one is matched.
//!
//! A pattern is a row of items: `word`, `this|that`, `@set` of words that mean the same, `$slot`; a `?` behind an item makes
//! it optional. Articles and forms of "be" may stand between items without being named.

use super::Query;
use super::names::{names, one_name};
use super::places::place;
use super::slots::{age, extensions, kind, mode, number, size, user};
use super::words::{Word, set_of};
use super::{Place, Span};
use crate::offline::slots::{Size, Value};

/// What a slot of a pattern was bound to.
#[derive(Debug, Clone)]
pub(super) enum Bound {
    Text(String),
    List(Vec<String>),
    Number(u64),
    Age(Span),
    Size(Vec<Size>),
    Place(Place),
}

/// What the slots of a pattern were bound to, in their order, and whether the sentence negates it.
#[derive(Debug, Clone, Default)]
pub(super) struct Caught {
    pub bound: Vec<Bound>,
    pub negated: bool,
}

impl Caught {
    pub(super) fn text(&self, at: usize) -> Option<&str> {
        match self.bound.get(at)? {
            Bound::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn list(&self, at: usize) -> Option<Vec<String>> {
        match self.bound.get(at)? {
            Bound::List(list) => Some(list.clone()),
            _ => None,
        }
    }

    pub(super) fn number(&self, at: usize) -> Option<u64> {
        match self.bound.get(at)? {
            Bound::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn age(&self, at: usize) -> Option<Span> {
        match self.bound.get(at)? {
            Bound::Age(span) => Some(span.clone()),
            _ => None,
        }
    }

    pub(super) fn size(&self, at: usize) -> Option<Vec<Size>> {
        match self.bound.get(at)? {
            Bound::Size(sizes) => Some(sizes.clone()),
            _ => None,
        }
    }

    pub(super) fn place(&self, at: usize) -> Option<&Place> {
        match self.bound.get(at)? {
            Bound::Place(place) => Some(place),
            _ => None,
        }
    }
}

/// What a rule does with the query; `None` when it makes no sense there.
pub(super) type Effect = fn(&mut Query, &Caught) -> Option<()>;

/// A row of the grammar: a pattern and what it means.
pub(super) type Row = (&'static str, Effect);

#[derive(Debug, Clone, Copy)]
enum Slot {
    /// A name: quoted, with a dot or a star, or a word that nobody needs otherwise.
    Name,
    /// One or more of them.
    Names,
    /// Names after "called", where any word is one.
    AnyNames,
    /// Any one word that can be a name or a text.
    Any,
    /// Quoted text or a word that is no English.
    Text,
    Place,
    /// A place that is no bare word.
    Where,
    Age,
    Size,
    Number,
    Path,
    User,
    Mode,
    Extensions,
    /// A kind of file that goes by its ending: "python", ".c", "jpg and png".
    Kind,
}

#[derive(Debug, Clone)]
enum What {
    Words(Vec<&'static str>),
    Slot(Slot),
}

#[derive(Debug, Clone)]
struct Item {
    what: What,
    optional: bool,
}

/// A pattern ready to be matched.
#[derive(Debug)]
pub(super) struct Pattern {
    items: Vec<Item>,
    pub effect: Effect,
}

impl Pattern {
    pub(super) fn new((text, effect): Row) -> Self {
        let item = |word: &'static str| {
            let optional = word.len() > 1 && word.ends_with('?');
            let word = word.strip_suffix('?').filter(|_| optional).unwrap_or(word);
            let what = match word.strip_prefix('$') {
                Some(name) => What::Slot(slot(name)),
                None => What::Words(word.split('|').collect()),
            };
            Item { what, optional }
        };
        Self { items: text.split_whitespace().map(item).collect(), effect }
    }

    /// The words that the pattern names.
    pub(super) fn vocabulary(&self) -> impl Iterator<Item = &'static str> {
        let words = self.items.iter().filter_map(|item| match &item.what {
            What::Words(words) => Some(words.iter().copied()),
            What::Slot(_) => None,
        });
        words.flatten().flat_map(|word| match word.strip_prefix('@') {
            Some(set) => set_of(set).to_vec(),
            None => vec![word],
        })
    }

    /// Matches at `at`; gives the place behind the last word taken.
    pub(super) fn matches(&self, words: &[Word], at: usize) -> Option<(usize, Caught)> {
        let mut caught = Caught::default();
        let end = walk(&self.items, words, at, &mut caught, true)?;
        Some((end, caught))
    }
}

fn slot(name: &str) -> Slot {
    match name {
        "name" => Slot::Name,
        "names" => Slot::Names,
        "called" => Slot::AnyNames,
        "any" => Slot::Any,
        "text" => Slot::Text,
        "place" => Slot::Place,
        "where" => Slot::Where,
        "age" => Slot::Age,
        "size" => Slot::Size,
        "n" => Slot::Number,
        "path" => Slot::Path,
        "user" => Slot::User,
        "mode" => Slot::Mode,
        "ext" => Slot::Extensions,
        "kind" => Slot::Kind,
        other => unreachable!("a test reads every pattern, and there is no slot {other}"),
    }
}

fn walk(items: &[Item], words: &[Word], at: usize, caught: &mut Caught, first: bool) -> Option<usize> {
    let Some((item, rest)) = items.split_first() else { return Some(at) };
    let mark = caught.bound.len();
    let mut place = at;
    // Light words may stand between the items, but a pattern begins with its first.
    loop {
        if let Some(next) = take(item, words, place, caught)
            && let Some(end) = walk(rest, words, next, caught, false)
        {
            return Some(end);
        }
        caught.bound.truncate(mark);
        if first || !words.get(place).is_some_and(Word::is_light) {
            break;
        }
        place += 1;
    }
    if item.optional { walk(rest, words, at, caught, first) } else { None }
}

fn take(item: &Item, words: &[Word], at: usize, caught: &mut Caught) -> Option<usize> {
    let word = words.get(at)?;
    match &item.what {
        What::Words(wanted) => wanted.iter().any(|wanted| word.is(wanted)).then_some(at + 1),
        What::Slot(slot) => {
            let (end, bound) = fill(*slot, words, at)?;
            caught.bound.push(bound);
            Some(end)
        }
    }
}

fn fill(slot: Slot, words: &[Word], at: usize) -> Option<(usize, Bound)> {
    let word = words.get(at)?;
    match slot {
        Slot::Name => one_name(word).then(|| (at + 1, Bound::Text(word.raw.clone()))),
        Slot::Names => names(words, at, false).map(|(end, list)| (end, Bound::List(list))),
        Slot::AnyNames => names(words, at, true).map(|(end, list)| (end, Bound::List(list))),
        Slot::Any => (word.may_be_name() && (!matches!(word.value, Value::Variable) || word.is_variable())).then(|| (at + 1, Bound::Text(word.raw.clone()))),
        Slot::Text => (one_name(word) && !matches!(word.value, Value::Glob(_)) || matches!(word.value, Value::Number(_))).then(|| (at + 1, Bound::Text(word.raw.clone()))),
        Slot::Place => place(words, at, true).map(|(end, place)| (end, Bound::Place(place))),
        Slot::Where => place(words, at, false).map(|(end, place)| (end, Bound::Place(place))),
        Slot::Age => age(words, at).map(|(end, span)| (end, Bound::Age(span))),
        Slot::Size => size(words, at).map(|(end, sizes)| (end, Bound::Size(sizes))),
        Slot::Number => number(words, at).map(|(end, number)| (end, Bound::Number(number))),
        Slot::Path => {
            let is_path = matches!(word.value, Value::Path | Value::File | Value::Quoted | Value::Glob(_)) || word.is_variable() || (word.is_word() && word.namely);
            is_path.then(|| (at + 1, Bound::Text(word.raw.clone())))
        }
        Slot::User => user(word).then(|| (at + 1, Bound::Text(word.raw.clone()))),
        Slot::Mode => mode(words, at).map(|(end, mode)| (end, Bound::Text(mode))),
        Slot::Extensions => extensions(words, at).map(|(end, list)| (end, Bound::List(list))),
        Slot::Kind => kind(words, at).map(|(end, list)| (end, Bound::List(list))),
    }
}
