//! Where a sentence leaves open which thing it means, and the same sentence with a name put there.

use super::nouns::{Noun, Second, Sort, ending_of, fetches, is_neutral, noun_of, seconds_of, unpacked_by};
use crate::offline::slots::Value;
use crate::offline::tokens::Token;

/// Sentences that leave more open ask for no command.
const MOST_OPEN: usize = 3;

/// Ways to name what is open that are tried.
const MOST_WAYS: usize = 8;

/// What no word of any language begins with, so that a stand-in is nothing but itself.
const MARK: &str = "qzx";

/// The first number that stands for one.
const NUMBER: u64 = 48_611;

/// What stands behind a host where a path would: nothing.
pub(super) const NOTHING: &str = "/qzxnil";

/// A noun in a sentence that does not say which one it means.
#[derive(Debug, Clone)]
pub(super) struct Open {
    /// The word that follows it, which is no name.
    pub next: String,
    noun: &'static Noun,
    /// Its bytes in the sentence, article included.
    at: std::ops::Range<usize>,
    /// The same without the article.
    bare: String,
    ending: Option<&'static str>,
    /// How many of them it says: "two files".
    count: usize,
    /// Whether the article leaves no doubt that it is not known yet: "a file", "some file".
    pub is_indefinite: bool,
    /// Whether a preposition stands in front: "of a file".
    pub is_governed: bool,
}

impl Open {
    /// Whether it is a file of some kind.
    pub(super) fn is_file(&self) -> bool {
        matches!(self.noun.sort, Sort::File(_))
    }

    /// The noun itself.
    pub(super) fn word(&self) -> &'static str {
        self.noun.word
    }
}

/// A name put into a sentence, and what the hole for it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StandIn {
    pub text: String,
    pub label: String,
}

/// The sentence with everything named.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub query: String,
    pub names: Vec<StandIn>,
}

/// The nouns that leave open which one is meant; `is_english` tells words from names.
pub(super) fn open_nouns(tokens: &[Token], query: &str, is_english: impl Fn(&str) -> bool) -> Vec<Open> {
    let low: Vec<String> = tokens.iter().map(|token| if token.is_plain() { token.raw.to_lowercase() } else { String::new() }).collect();
    let word = |at: usize| low.get(at).map_or("", String::as_str);
    let is_word = |at: usize| !word(at).is_empty() && is_english(word(at));
    let mut open: Vec<Open> = Vec::new();
    // A sentence begins with a verb.
    for at in 1..tokens.len() {
        let two = word(at - 1) == "two" || matches!(tokens[at - 1].value, Value::Number(2));
        let Some(noun) = (if two { plural_of(word(at)) } else { noun_of(word(at)) }) else { continue };
        // "a log file": the last noun is the thing. "the file report.txt", "a file called notes": it says which one.
        let next = word(at + 1);
        let says_which = at + 1 < tokens.len() && (!is_word(at + 1) || matches!(next, "called" | "named"));
        if noun_of(next).is_some() || says_which {
            continue;
        }
        let (mut first, mut ending) = (at, None);
        while first > 1 && !two && (is_neutral(word(first - 1)) || ending_of(word(first - 1)).is_some()) {
            first -= 1;
            ending = ending.or(ending_of(word(first)));
        }
        let before = word(first - 1);
        let has_article = two || ARTICLES.contains(&before) || DEFINITE.contains(&before);
        // "all the folders", "each of the files": not one of them.
        if has_article && first > 1 && matches!(word(first - 2), "all" | "every" | "each" | "any" | "both") {
            continue;
        }
        // "the nginx service", "report.txt file": the name stands before it.
        let is_bare = is_word(first - 1) && (first == 1 || LINKS.contains(&before));
        if !(has_article || is_bare) {
            continue;
        }
        let start = if has_article { first - 1 } else { first };
        // A thing alone asks for nothing.
        if start == 0 {
            return Vec::new();
        }
        // "the log backup folder": what was a thing by itself belongs to the last one.
        while open.last().is_some_and(|before| before.at.end > tokens[start].span.0) {
            open.pop();
        }
        open.push(Open {
            noun,
            next: next.to_owned(),
            at: tokens[start].span.0..tokens[at].span.1,
            bare: if two { noun.word } else { query.get(tokens[first].span.0..tokens[at].span.1).unwrap_or_default() }.to_owned(),
            ending,
            count: if two { 2 } else { 1 },
            is_indefinite: two || ARTICLES.contains(&before),
            is_governed: start > 0 && LINKS.contains(&word(start - 1)),
        });
    }
    open
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Article {
    None,
    Definite,
    Indefinite,
}

/// Words with an article in front, which are no names: behind "a" no word is one, behind "the" none of English.
pub(super) fn nouns_with_article(tokens: &[Token], is_english: impl Fn(&str) -> bool) -> Vec<String> {
    let (mut said, mut after) = (Vec::new(), Article::None);
    for token in tokens {
        let word = token.raw.to_lowercase();
        let is_said = token.is_plain() && (after == Article::Indefinite || after == Article::Definite && is_english(&word));
        after = match () {
            () if is_said && is_neutral(&word) => after,
            () if token.is_plain() && ARTICLES.contains(&word.as_str()) => Article::Indefinite,
            () if token.is_plain() && DEFINITE.contains(&word.as_str()) => Article::Definite,
            () => Article::None,
        };
        if is_said {
            said.push(word);
        }
    }
    said
}

/// What says that one is meant, and not which.
const ARTICLES: &[&str] = &["a", "an", "some", "another", "one"];

/// What says that the speaker knows which.
const DEFINITE: &[&str] = &["the", "my", "our", "this", "that", "your"];

/// What may stand before a noun without an article.
const LINKS: &[&str] = &["to", "from", "on", "into", "in", "of", "with", "at", "for", "as", "onto"];

fn plural_of(word: &str) -> Option<&'static Noun> {
    let singular = word.strip_suffix("ies").map(|stem| format!("{stem}y"));
    singular.as_deref().or(word.strip_suffix("es")).and_then(noun_of).or_else(|| noun_of(word.strip_suffix('s')?))
}

/// The ways to name all of it, the most natural first.
pub(super) fn ways(query: &str, verb: &str, open: &[Open]) -> Vec<Named> {
    let things: usize = open.iter().map(|open| open.count).sum();
    if open.is_empty() || things > MOST_OPEN || query.to_ascii_lowercase().contains(MARK) || query.contains(&NUMBER.to_string()[..4]) {
        return Vec::new();
    }
    let forms: Vec<Vec<Form>> = open.iter().map(|open| forms(open, verb)).collect();
    let mut ways: Vec<Named> = choices(&forms).into_iter().map(|chosen| named(query, open, &chosen)).collect();
    for second in seconds_of(verb).iter().filter(|_| things == 1) {
        let more: Vec<Named> = ways.iter().map(|way| with_second(way, second, open[0].noun.sort)).collect();
        ways.extend(more);
    }
    ways.truncate(MOST_WAYS);
    ways
}

/// How a noun is put: with what words, and the shape of the name.
#[derive(Debug, Clone, Copy)]
struct Form {
    announced: bool,
    sort: Sort,
    remote: bool,
}

fn forms(open: &Open, verb: &str) -> Vec<Form> {
    let form = |announced, sort| Form { announced, sort, remote: false };
    match open.noun.sort {
        Sort::File(ending) => {
            let ending = open.ending.or(unpacked_by(verb).filter(|_| open.noun.word == "file")).unwrap_or(ending);
            let file = [form(true, Sort::File(ending)), form(false, Sort::File(ending))];
            if fetches(verb) { [form(false, Sort::Url)].into_iter().chain(file).collect() } else { file.into() }
        }
        Sort::Folder => vec![form(true, Sort::Name), form(false, Sort::Folder)],
        Sort::Host => vec![form(true, Sort::Host), form(false, Sort::Host), Form { announced: false, sort: Sort::Host, remote: true }],
        Sort::Url => vec![form(false, Sort::Url), form(true, Sort::Url)],
        Sort::Number => vec![form(true, Sort::Number)],
        // Only the noun tells what is named.
        Sort::Name => vec![form(true, Sort::Name)],
        Sort::Text => vec![form(true, Sort::Text), form(false, Sort::Text)],
    }
}

/// One form of each, those first that are nearest to the first of all.
fn choices(forms: &[Vec<Form>]) -> Vec<Vec<Form>> {
    let mut all: Vec<(usize, Vec<Form>)> = vec![(0, Vec::new())];
    for forms in forms {
        all = all
            .iter()
            .flat_map(|(rank, chosen)| forms.iter().enumerate().map(move |(at, form)| (rank + at, [chosen.as_slice(), &[*form]].concat())))
            .collect();
    }
    all.sort_by_key(|(rank, _)| *rank);
    all.into_iter().map(|(_, chosen)| chosen).collect()
}

fn stand_in(sort: Sort, number: usize) -> String {
    let letter = char::from(b'a' + u8::try_from(number).unwrap_or(0));
    match sort {
        Sort::File(ending) => format!("{MARK}j{letter}.{ending}"),
        Sort::Folder => format!("{MARK}j{letter}/"),
        Sort::Host => format!("{MARK}j{letter}.local"),
        Sort::Name | Sort::Text => format!("{MARK}j{letter}"),
        Sort::Url => format!("https://{MARK}j{letter}.com/{MARK}.git"),
        Sort::Number => (NUMBER + number as u64).to_string(),
    }
}

fn named(query: &str, open: &[Open], chosen: &[Form]) -> Named {
    let (mut text, mut end, mut names) = (String::new(), 0, Vec::new());
    for (open, form) in open.iter().zip(chosen) {
        text.push_str(&query[end..open.at.start]);
        end = open.at.end;
        for number in 0..open.count {
            let name = stand_in(form.sort, names.len());
            if number > 0 {
                text.push_str(" and ");
            }
            if form.announced {
                text.push_str(&open.bare);
                text.push(' ');
            }
            // A text to look for stands in quotes.
            match form.sort {
                Sort::Text => text.push_str(&format!("'{name}'")),
                _ => text.push_str(&name),
            }
            if form.remote {
                text.push_str(&format!(":{NOTHING}"));
            }
            let label = if form.sort == Sort::Url { "url" } else { open.noun.label };
            names.push(StandIn { text: name, label: distinct(label, &names) });
        }
    }
    text.push_str(&query[end..]);
    Named { query: text, names }
}

/// The label, with a number behind it when another thing is called so.
fn distinct(label: &str, names: &[StandIn]) -> String {
    let same = names.iter().filter(|name| name.label.trim_end_matches(|c: char| c.is_ascii_digit()) == label).count();
    if same == 0 { label.to_owned() } else { format!("{label}{}", same + 1) }
}

fn with_second(way: &Named, second: &Second, sort: Sort) -> Named {
    let name = stand_in(second.sort.unwrap_or(sort), way.names.len());
    let query = format!("{} {} {name}", way.query.trim_end_matches(['.', '?', '!', ' ']), second.link);
    let mut names = way.names.clone();
    if let (Some(label), Some(first)) = (second.first, names.first_mut()) {
        first.label = label.to_owned();
    }
    names.push(StandIn { text: name, label: distinct(second.label, &way.names) });
    Named { query, names }
}
