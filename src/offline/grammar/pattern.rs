//! Patterns over words: the notation in which the grammar is written, and how one is matched.
//!
//! A pattern is a row of items: `word`, `this|that`, `@set` of words that mean the same, `$slot`; a `?` behind an item makes
//! it optional; `word=flag` sets a flag when it is said. Articles and forms of "be" may stand between items without being
//! named. A slot that takes files sets `<name>_dir` when they are called folders or end in a slash.

use thiserror::Error;

use super::counts::{DELIMITERS, ORDINALS};
use super::fill::fill;
use super::measures::{Place, Span};
use super::sets::set_of;
use super::words::Word;
use crate::offline::budget::Budget;
use crate::offline::slots::Size;

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
    /// Whether a word of it is in the plural.
    pub plural: bool,
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

const PREPOSITIONS: &[&str] = &["with", "for", "of", "from", "to", "by", "at", "and", "as", "using", "including", "in"];

#[derive(Debug, Clone, Copy)]
pub(super) enum Slot {
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
    /// The same, but no name of a file.
    Phrase,
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
    /// "read and write", as the letters of `chmod`.
    Rights,
    /// "group and others", as the letters of `chmod`.
    Who,
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
    /// The same, so plain that no noun needs to follow: "*.c", "pngs".
    Pattern,
    /// A name with an ending.
    Dotted,
    /// "txt" in front of "extension".
    Ending,
    /// One file or folder in words or as a path.
    Spot,
    /// The same; "in /x" behind a name says where it lies.
    Item,
    /// One or more of them.
    Items,
    /// `host:path`.
    Remote,
    /// One or more of them, or all of a kind in a place.
    Bunch,
    /// A length of time in seconds.
    Seconds,
    /// A length of time as `sleep` takes it.
    Delay,
    /// A length of time in words.
    Length,
    /// A moment as `git log --since` takes it.
    Since,
    /// The number of a month.
    Month,
    /// A signal other than SIGTERM.
    Signal,
    /// A command, in quotes or not.
    Command,
    /// A clock time.
    Clock,
    /// The name of a variable, with its dollar or not.
    Ident,
    /// A variable with its dollar.
    Var,
    /// An option of bash that `shopt` sets.
    Shopt,
    /// The number of a process or a variable that holds it.
    Pid,
}

#[derive(Debug, Clone)]
enum What {
    /// The words, each with the flag that it sets.
    Words(Vec<(String, Option<String>)>),
    /// What it takes, its name, and the flag for folders.
    Slot(Slot, String, Option<String>),
}

#[derive(Debug, Clone)]
struct Item {
    what: What,
    optional: bool,
}

impl Item {
    /// What it can bind.
    fn names(&self) -> Vec<&str> {
        match &self.what {
            What::Slot(_, name, flag) => [Some(name.as_str()), flag.as_deref()].into_iter().flatten().collect(),
            What::Words(words) => words.iter().filter_map(|(_, flag)| flag.as_deref()).collect(),
        }
    }
}

/// A pattern ready to be matched.
#[derive(Debug)]
pub(in crate::offline) struct Pattern {
    items: Vec<Item>,
    /// The words with which it can begin, sorted; `None` when a slot can.
    starts: Option<Vec<String>>,
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
                    let slot = slot(kind).ok_or_else(|| PatternError::Slot(kind.to_owned()))?;
                    let of_files = matches!(slot, Slot::Spot | Slot::Item | Slot::Items | Slot::Bunch);
                    What::Slot(slot, name.to_owned(), of_files.then(|| format!("{name}_dir")))
                }
                None => {
                    let one = |word: &str| {
                        word.split_once('=').map_or((word.to_owned(), None), |(word, flag)| (word.to_owned(), Some(flag.to_owned())))
                    };
                    let words: Vec<(String, Option<String>)> = word.split('|').map(one).collect();
                    if let Some(set) = words.iter().filter_map(|(word, _)| word.strip_prefix('@')).find(|set| set_of(set).is_empty()) {
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
        Ok(Self { starts: starts(&items), items })
    }

    /// The words that the pattern names.
    pub(in crate::offline) fn vocabulary(&self) -> impl Iterator<Item = &str> {
        let words = self.items.iter().filter_map(|item| match &item.what {
            What::Words(words) => Some(words.iter().map(|(word, _)| word.as_str())),
            What::Slot(..) => None,
        });
        let words = words.flatten().flat_map(spelt);
        let slots = self.items.iter().flat_map(|item| match item.what {
            What::Slot(Slot::Nth, ..) => ORDINALS.to_vec(),
            What::Slot(Slot::Delimiter, ..) => DELIMITERS.iter().map(|(name, _)| *name).collect(),
            _ => Vec::new(),
        });
        words.chain(slots)
    }

    /// The names of its slots.
    pub(in crate::offline) fn slots(&self) -> impl Iterator<Item = &str> {
        self.items.iter().flat_map(Item::names)
    }

    /// The parts that must be said, each as the words of which one is said.
    pub(in crate::offline) fn needed(&self) -> impl Iterator<Item = Vec<&str>> {
        let needed = self.items.iter().filter(|item| !item.optional).filter_map(|item| match &item.what {
            What::Words(words) => Some(words),
            What::Slot(..) => None,
        });
        needed.map(|words| words.iter().flat_map(|(word, _)| spelt(word)).collect())
    }

    /// Matches at `at`; gives the place behind the last word taken.
    pub(in crate::offline) fn matches(&self, words: &[Word], at: usize, budget: &Budget) -> Option<(usize, Caught)> {
        if let (Some(starts), Some(first)) = (&self.starts, words.get(at)) {
            let begins = first.is_word() && starts.binary_search_by(|start| start.as_str().cmp(&first.low)).is_ok();
            begins.then_some(())?;
        }
        let mut caught = Caught::default();
        let end = walk(&self.items, (words, budget), at, &mut caught, true)?;
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

/// The words with which a row of items can begin; `None` when a slot can.
fn starts(items: &[Item]) -> Option<Vec<String>> {
    let mut starts = Vec::new();
    for item in items {
        let What::Words(words) = &item.what else { return None };
        starts.extend(words.iter().flat_map(|(word, _)| spelt(word)).map(str::to_owned));
        if !item.optional {
            break;
        }
    }
    starts.sort_unstable();
    Some(starts)
}

/// The words that a word of a pattern stands for.
fn spelt(word: &str) -> Vec<&str> {
    match word.strip_prefix('@') {
        Some(set) => set_of(set).to_vec(),
        None => vec![word],
    }
}

fn slot(name: &str) -> Option<Slot> {
    Some(match name {
        "name" => Slot::Name,
        "names" => Slot::Names,
        "called" => Slot::AnyNames,
        "any" => Slot::Any,
        "text" => Slot::Text,
        "phrase" => Slot::Phrase,
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
        "pattern" => Slot::Pattern,
        "dotted" => Slot::Dotted,
        "ending" => Slot::Ending,
        "paths" => Slot::Paths,
        "rights" => Slot::Rights,
        "who" => Slot::Who,
        "url" => Slot::Url,
        "host" => Slot::Host,
        "rest" => Slot::Rest,
        "ref" => Slot::Ref,
        "bytes" => Slot::Bytes,
        "spot" => Slot::Spot,
        "remote" => Slot::Remote,
        "item" => Slot::Item,
        "items" => Slot::Items,
        "bunch" => Slot::Bunch,
        "seconds" => Slot::Seconds,
        "delay" => Slot::Delay,
        "length" => Slot::Length,
        "since" => Slot::Since,
        "month" => Slot::Month,
        "signal" => Slot::Signal,
        "command" => Slot::Command,
        "clock" => Slot::Clock,
        "ident" => Slot::Ident,
        "var" => Slot::Var,
        "shopt" => Slot::Shopt,
        "pid" => Slot::Pid,
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

fn walk(items: &[Item], (words, budget): (&[Word], &Budget), at: usize, caught: &mut Caught, first: bool) -> Option<usize> {
    let Some((item, rest)) = items.split_first() else { return Some(at) };
    if !budget.step() {
        return None;
    }
    let mark = caught.bound.len();
    let mut place = at;
    // Light words may stand between the items, but a pattern begins with its first.
    loop {
        if let Some(next) = take(item, words, place, caught)
            && let Some(end) = walk(rest, (words, budget), next, caught, false)
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
    if item.optional { walk(rest, (words, budget), at, caught, first) } else { None }
}

fn take(item: &Item, words: &[Word], at: usize, caught: &mut Caught) -> Option<usize> {
    let word = words.get(at)?;
    match &item.what {
        What::Words(wanted) => {
            let (_, flag) = wanted.iter().find(|(wanted, _)| word.is(wanted))?;
            if let Some(flag) = flag {
                caught.bound.push(Bound::Text(String::new()));
                caught.names.push(flag.clone());
            }
            Some(at + 1)
        }
        What::Slot(slot, name, folder) => {
            let (end, bound) = fill(*slot, words, at)?;
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

/// Whether what was bound is called a folder or written as one.
fn are_folders(bound: &Bound, said: &[Word]) -> bool {
    let written = |text: &String| text.ends_with('/') || text == "." || text == "~";
    let written = match bound {
        Bound::Text(text) => written(text),
        Bound::List(list) => list.iter().any(written),
        _ => false,
    };
    let before =
        said.iter().take_while(|word| !["in", "from", "under", "inside", "within", "into", "of"].iter().any(|place| word.is(place)));
    written || before.into_iter().any(|word| word.is("@dir") || word.is("@sub"))
}
