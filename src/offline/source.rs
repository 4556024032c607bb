//! A file of intents and phrases: TOML, checked, and every mistake with its place.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

use super::grammar::{Pattern, PatternError, Vocabulary};
use super::intents::{Intent, RawIntent, TemplateError};
use super::lexicon::Lexicon;
use super::phrases::{Phrase, RawPhrase};

/// Longest id or name of a family, in bytes.
const MOST_NAME: usize = 64;

/// Longest text of one pattern or command, in bytes: reading them recurses.
const MOST_TEXT: usize = 1000;

/// What is wrong with a file of intents, and where.
#[derive(Debug, Error)]
#[error("{cause}")]
pub(super) struct SourceError {
    /// The bytes it is about.
    pub at: Option<Range<usize>>,
    pub cause: Cause,
}

#[derive(Debug, Error)]
pub(super) enum Cause {
    #[error("{0}")]
    Toml(String),
    #[error("`{0}` is no name")]
    Name(String),
    #[error("`{0}` is there twice")]
    Twice(String),
    #[error("`{0}` must name something")]
    Empty(&'static str),
    #[error("longer than {MOST_TEXT} bytes")]
    Long,
    #[error("`doubt` must be between -0.1 and 1")]
    Doubt,
    #[error("slot `{slot}`: {reason}")]
    Slot { slot: String, reason: String },
    #[error("`{pattern}`: {source}")]
    Pattern { pattern: String, source: PatternError },
    #[error("{0}")]
    Template(TemplateError),
    #[error("`not` names a word that `need` or `may` names too")]
    Contradiction,
    #[error("`{0}` is neither a slot nor a flag")]
    Unknown(String),
}

impl Cause {
    /// At these bytes of the file.
    pub(super) fn at(self, at: Range<usize>) -> SourceError {
        SourceError { at: Some(at), cause: self }
    }

    /// What to do about it.
    pub(super) fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Cause::Toml(_) => "a text stands in quotes, a list in brackets; `gptos help intents check` shows whole examples",
            Cause::Name(_) => "names are made of small letters, digits, `.`, `-` and `_`",
            Cause::Twice(_) => "give each intent an id of its own",
            Cause::Empty(_) | Cause::Long | Cause::Doubt => return None,
            Cause::Slot { .. } => "a slot is `name: kind`, and may go on with `after WORD`, `before WORD`, `= DEFAULT`",
            Cause::Pattern { .. } => "a pattern is made of `word`, `this|that`, `word?` and `$kind:name`",
            Cause::Template(_) => "a command is shell text with `<slot>`, `(?flag: …?)` and `(!flag: …!)`",
            Cause::Contradiction => "take the word out of one of them",
            Cause::Unknown(_) => "what stands in `<…>` or behind `(?` must be named by a slot, a flag or a pattern",
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    family: Spanned<String>,
    /// What none of the phrases of the file is about.
    #[serde(default)]
    not: Vec<Spanned<String>>,
    #[serde(default)]
    intent: Vec<RawIntent>,
    #[serde(default)]
    phrase: Vec<RawPhrase>,
}

/// One text or a list of them.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "expected a text or a list of texts")]
pub(super) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    pub(super) fn all(&self) -> &[String] {
        match self {
            OneOrMore::One(text) => std::slice::from_ref(text),
            OneOrMore::More(texts) => texts,
        }
    }
}

/// What a file holds.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub intents: Vec<Intent>,
    pub phrases: Vec<Phrase>,
    /// The words of the phrases.
    pub vocabulary: Vocabulary,
}

/// Who wrote a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Author {
    /// It is embedded: a test has read its commands, so they are read again only when one is used.
    Us,
    /// It is a pack: all of it is checked at once.
    User,
}

/// Reads a file and teaches the lexicon the words of its intents.
pub(super) fn read(text: &str, lexicon: &mut Lexicon, author: Author) -> Result<Source, SourceError> {
    let file: RawFile =
        toml::from_str(text).map_err(|error| SourceError { at: error.span(), cause: Cause::Toml(error.message().to_owned()) })?;
    let family = name(&file.family)?;
    let ids = file.intent.iter().map(|raw| &raw.id).chain(file.phrase.iter().map(|raw| &raw.id));
    let mut known = HashSet::new();
    for id in ids {
        if !known.insert(name(id)?) {
            return Err(Cause::Twice(id.get_ref().clone()).at(id.span()));
        }
    }
    let intents = file.intent.into_iter().map(|raw| raw.build(family, lexicon, author)).collect::<Result<_, _>>()?;
    let mut vocabulary = Vocabulary::default();
    let not = file.not.iter().map(|text| pattern(text.get_ref(), text.span(), &mut vocabulary)).collect::<Result<Arc<[_]>, _>>()?;
    let phrases = file.phrase.into_iter().map(|raw| raw.build(family, &not, &mut vocabulary, author)).collect::<Result<_, _>>()?;
    Ok(Source { intents, phrases, vocabulary })
}

fn name(name: &Spanned<String>) -> Result<&str, SourceError> {
    let text = name.get_ref();
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_');
    if text.is_empty() || text.len() > MOST_NAME || !text.bytes().all(fits) {
        return Err(Cause::Name(text.chars().take(MOST_NAME).collect()).at(name.span()));
    }
    Ok(text)
}

/// The text of a pattern or a command, if it is one that can be read.
pub(super) fn short(text: &str, at: Range<usize>) -> Result<&str, SourceError> {
    if text.len() > MOST_TEXT { Err(Cause::Long.at(at)) } else { Ok(text) }
}

/// The pattern that is written there.
pub(super) fn pattern(text: &str, at: Range<usize>, vocabulary: &mut Vocabulary) -> Result<Pattern, SourceError> {
    let wrong = |source| Cause::Pattern { pattern: text.to_owned(), source }.at(at.clone());
    Pattern::parse(short(text, at.clone())?, vocabulary).map_err(wrong)
}

/// What is taken from the confidence, if it is a part of it; a little less than nothing decides between equals.
pub(super) fn doubt(doubt: f64, at: Range<usize>) -> Result<f64, SourceError> {
    if (-0.1..=1.0).contains(&doubt) { Ok(doubt) } else { Err(Cause::Doubt.at(at)) }
}

/// The line of a byte, counted from 1.
pub(super) fn line(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at.min(text.len())].iter().filter(|b| **b == b'\n').count()
}
