//! Patterns over words: the notation in which the grammar is written, and how one is matched.
//!
//! A pattern is a row of items: `word`, `this|that`, `@set` of words that mean the same, `$slot`; a `?` behind an item makes
//! it optional. Articles and forms of "be" may stand between items without being named.

use thiserror::Error;

use super::counts::{DELIMITERS, ORDINALS, delimiter, ordinal, range};
use super::names::{files, is_file, is_path, names, one_name, paths};
use super::places::place;
use super::slots::{age, extensions, kind, mode, number, size, user};
use super::measures::{Place, Span};
use super::words::{Word, set_of};
use crate::offline::slots::{Size, Value};

/// What a slot of a pattern was bound to.
#[derive(Debug, Clone)]
pub(in crate::offline) enum Bound {
    Text(String),
    List(Vec<String>),
    Number(u64),
    Age(Span),
    Size(Vec<Size>),
    Place(Place),
}

/// What the slots of a pattern were bound to, in their order, and whether the sentence negates it.
#[derive(Debug, Clone, Default)]
pub(in crate::offline) struct Caught {
    pub bound: Vec<Bound>,
    /// The names of the slots that were bound.
    pub names: Vec<String>,
    pub negated: bool,
}

impl Caught {
    pub(in crate::offline) fn text(&self, at: usize) -> Option<&str> {
        match self.bound.get(at)? {
            Bound::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(in crate::offline) fn list(&self, at: usize) -> Option<Vec<String>> {
        match self.bound.get(at)? {
            Bound::List(list) => Some(list.clone()),
            _ => None,
        }
    }

    pub(in crate::offline) fn number(&self, at: usize) -> Option<u64> {
        match self.bound.get(at)? {
            Bound::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(in crate::offline) fn age(&self, at: usize) -> Option<Span> {
        match self.bound.get(at)? {
            Bound::Age(span) => Some(span.clone()),
            _ => None,
        }
    }

    pub(in crate::offline) fn size(&self, at: usize) -> Option<Vec<Size>> {
        match self.bound.get(at)? {
            Bound::Size(sizes) => Some(sizes.clone()),
            _ => None,
        }
    }

    pub(in crate::offline) fn place(&self, at: usize) -> Option<&Place> {
        match self.bound.get(at)? {
            Bound::Place(place) => Some(place),
            _ => None,
        }
    }
}

/// A pattern that cannot be read.
#[derive(Debug, Error, PartialEq, Eq)]
pub(in crate::offline) enum PatternError {
    #[error("there is no slot `${0}`")]
    Slot(String),
    #[error("there is no set `@{0}`")]
    Set(String),
    #[error("nothing in it must be said")]
    Empty,
}

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
    /// One or more files or patterns.
    Paths,
    Url,
    Host,
    /// All that follows.
    Rest,
    /// A branch, a commit, a tag.
    Ref,
    /// An amount as `head -c` and `split -b` take it.
    Bytes,
    /// A file: by its shape, in quotes, or a name that the word "file" announces.
    File,
    /// One or more of them.
    Files,
    /// Text in quotes.
    Quoted,
    /// The name of a field of a record, where any word can be one.
    Key,
    /// A place in a row: "second", "3rd", "column 3".
    Nth,
    /// A character that stands between fields: "comma", "tab-separated", "';'".
    Delimiter,
    /// "5-10", "5 to 10", "from 5 through 10", as `5,10`.
    Range,
    /// A kind of file that goes by its ending: "python", ".c", "jpg and png".
    Kind,
}

#[derive(Debug, Clone)]
enum What {
    Words(Vec<String>),
    Slot(Slot, String),
}

#[derive(Debug, Clone)]
struct Item {
    what: What,
    optional: bool,
}

/// A pattern ready to be matched.
#[derive(Debug)]
pub(in crate::offline) struct Pattern {
    items: Vec<Item>,
}

impl Pattern {
    /// Reads a pattern.
    pub(in crate::offline) fn parse(text: &str) -> Result<Self, PatternError> {
        let item = |word: &str| {
            let optional = word.len() > 1 && word.ends_with('?');
            let word = word.strip_suffix('?').filter(|_| optional).unwrap_or(word);
            let what = match word.strip_prefix('$') {
                Some(name) => {
                    let (kind, name) = name.split_once(':').unwrap_or((name, name));
                    What::Slot(slot(kind).ok_or_else(|| PatternError::Slot(kind.to_owned()))?, name.to_owned())
                }
                None => {
                    let words: Vec<String> = word.split('|').map(str::to_owned).collect();
                    if let Some(set) = words.iter().filter_map(|word| word.strip_prefix('@')).find(|set| set_of(set).is_empty()) {
                        return Err(PatternError::Set(set.to_owned()));
                    }
                    What::Words(words)
                }
            };
            Ok(Item { what, optional })
        };
        let items = text.split_whitespace().map(item).collect::<Result<Vec<_>, _>>()?;
        if items.iter().all(|item| item.optional) {
            return Err(PatternError::Empty);
        }
        Ok(Self { items })
    }

    /// The words that the pattern names.
    pub(in crate::offline) fn vocabulary(&self) -> impl Iterator<Item = &str> {
        let words = self.items.iter().filter_map(|item| match &item.what {
            What::Words(words) => Some(words.iter().map(String::as_str)),
            What::Slot(..) => None,
        });
        let words = words.flatten().flat_map(|word| match word.strip_prefix('@') {
            Some(set) => set_of(set).to_vec(),
            None => vec![word],
        });
        let slots = self.items.iter().flat_map(|item| match item.what {
            What::Slot(Slot::Nth, _) => ORDINALS.to_vec(),
            What::Slot(Slot::Delimiter, _) => DELIMITERS.iter().map(|(name, _)| *name).collect(),
            _ => Vec::new(),
        });
        words.chain(slots)
    }

    /// The names of its slots.
    pub(in crate::offline) fn slots(&self) -> impl Iterator<Item = &str> {
        self.items.iter().filter_map(|item| match &item.what {
            What::Slot(_, name) => Some(name.as_str()),
            What::Words(_) => None,
        })
    }

    /// Matches at `at`; gives the place behind the last word taken.
    pub(in crate::offline) fn matches(&self, words: &[Word], at: usize) -> Option<(usize, Caught)> {
        let mut caught = Caught::default();
        let end = walk(&self.items, words, at, &mut caught, true)?;
        Some((end, caught))
    }
}

fn slot(name: &str) -> Option<Slot> {
    Some(match name {
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
        "paths" => Slot::Paths,
        "url" => Slot::Url,
        "host" => Slot::Host,
        "rest" => Slot::Rest,
        "ref" => Slot::Ref,
        "bytes" => Slot::Bytes,
        "file" => Slot::File,
        "files" => Slot::Files,
        "quoted" => Slot::Quoted,
        "key" => Slot::Key,
        "nth" => Slot::Nth,
        "delim" => Slot::Delimiter,
        "range" => Slot::Range,
        _ => return None,
    })
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
        caught.names.truncate(mark);
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
        What::Slot(slot, name) => {
            let (end, bound) = fill(*slot, words, at)?;
            caught.bound.push(bound);
            caught.names.push(name.clone());
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
            is_path(word).then(|| (at + 1, Bound::Text(word.raw.clone())))
        }
        Slot::Paths => paths(words, at).map(|(end, list)| (end, Bound::List(list))),
        Slot::Url => {
            let is_url = matches!(word.value, Value::Url | Value::Host | Value::HostPort) || (word.is_quoted() && word.raw.contains("://"));
            (is_url || word.is_variable()).then(|| (at + 1, Bound::Text(word.raw.clone())))
        }
        Slot::Host => {
            let bare = word.is_word() && word.namely || word.is_quoted() && !word.raw.contains(' ');
            let is_host = matches!(word.value, Value::Host) || bare && !word.raw.starts_with('-') || word.is_variable();
            is_host.then(|| (at + 1, Bound::Text(word.raw.clone())))
        }
        Slot::Ref => {
            let is_ref = matches!(word.value, Value::Ref | Value::Version | Value::Path | Value::Quoted) || word.is_word() && word.namely;
            is_ref.then(|| (at + 1, Bound::Text(word.raw.clone())))
        }
        Slot::Rest => {
            let rest: Vec<&str> = words[at..].iter().map(|word| word.raw.as_str()).collect();
            Some((words.len(), Bound::Text(rest.join(" "))))
        }
        Slot::Bytes => {
            let (end, sizes) = size(words, at)?;
            let [size] = sizes.as_slice() else { return None };
            let unit = if size.unit == 'c' { String::new() } else { size.unit.to_string() };
            Some((end, Bound::Text(format!("{}{unit}", size.amount))))
        }
        Slot::User => user(word).then(|| (at + 1, Bound::Text(word.raw.clone()))),
        Slot::Mode => mode(words, at).map(|(end, mode)| (end, Bound::Text(mode))),
        Slot::Extensions => extensions(words, at).map(|(end, list)| (end, Bound::List(list))),
        Slot::File => is_file(words, at).then(|| (at + 1, Bound::Text(word.raw.clone()))),
        Slot::Files => files(words, at).map(|(end, list)| (end, Bound::List(list))),
        Slot::Quoted => (word.is_quoted() || word.is_variable()).then(|| (at + 1, Bound::Text(word.raw.clone()))),
        Slot::Key => (word.is_quoted() || word.is_word() && !word.is_light()).then(|| (at + 1, Bound::Text(word.raw.clone()))),
        Slot::Nth => ordinal(word).map(|number| (at + 1, Bound::Number(number))),
        Slot::Delimiter => delimiter(word).map(|text| (at + 1, Bound::Text(text))),
        Slot::Range => range(words, at).map(|(end, (from, to))| (end, Bound::Text(format!("{from},{to}")))),
        Slot::Kind => kind(words, at).map(|(end, list)| (end, Bound::List(list))),
    }
}
