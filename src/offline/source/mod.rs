//! A file of intents and phrases: TOML, checked, and every mistake with its place.

mod embedded;
mod value;

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::sync::Arc;

use thiserror::Error;

use super::grammar::{Names, Needs, Pattern, PatternError, Vocabulary};
use super::intents::{Intent, RawIntent, TemplateError, tools};
use super::lexicon::Lexicon;
use super::phrases::{LatePhrase, PhraseFile, RawPhrase};
use value::What;
pub(super) use value::{Fields, Table, Text, Texts, Value};

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

/// What tells texts from others.
pub(super) type Digest = [u8; 32];

/// Makes digests.
pub(super) type Hasher = blake3::Hasher;

/// Adds texts to a digest, so that others give another one.
pub(super) fn digest_texts(texts: &[Text<'_>], digest: &mut Hasher) {
    digest.update(&(texts.len() as u64).to_le_bytes());
    for text in texts {
        digest.update(&(text.text.len() as u64).to_le_bytes()).update(text.text.as_bytes());
    }
}

/// What files hold.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub intents: Vec<Intent>,
    pub phrases: Vec<LatePhrase>,
    /// What the phrases cannot do without.
    pub needs: Needs,
    /// The words of the phrases.
    pub vocabulary: Vocabulary,
    /// The programs on whose presence commands depend.
    pub tools: BTreeSet<String>,
}

/// Who wrote a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Author {
    /// It is embedded: a test has read its commands, so they are read again only when one is used.
    Us,
    /// It is a pack: all of it is checked at once.
    User,
}

/// A file taken apart.
struct File<'a> {
    family: Arc<str>,
    /// What none of the phrases of the file is about.
    not: Vec<Text<'a>>,
    intents: Vec<Fields<'a>>,
    phrases: Vec<Fields<'a>>,
}

impl<'a> File<'a> {
    fn of(value: Value<'a>) -> Result<Self, SourceError> {
        let mut fields = Fields::of(value)?;
        let family = fields.must("family").and_then(Value::text)?;
        let mut entries = |key: &str| -> Result<Vec<_>, _> {
            fields.take(key).map_or(Ok(Vec::new()), Value::list)?.into_iter().map(Fields::of).collect()
        };
        let (intents, phrases) = (entries("intent")?, entries("phrase")?);
        let not = fields.list_of_texts("not")?;
        fields.end()?;
        Ok(Self { family: name(&family)?.into(), not, intents, phrases })
    }

    fn phrase_file(&self, vocabulary: &mut Vocabulary) -> Result<Arc<PhraseFile>, SourceError> {
        let (mut names, mut digest) = (Names::default(), Hasher::new());
        digest_texts(&self.not, &mut digest);
        self.not.iter().for_each(|text| vocabulary.learn(&text.text));
        let not = self.not.iter().map(|text| pattern(text, &mut names)).collect::<Result<_, _>>()?;
        Ok(Arc::new(PhraseFile { family: Arc::clone(&self.family), not, digest: digest.finalize().into() }))
    }
}

impl Source {
    /// Reads a pack, and teaches the lexicon the words of its intents.
    pub(super) fn of_pack(text: &str, lexicon: &mut Lexicon) -> Result<Self, SourceError> {
        let file = File::of(value::read(text)?)?;
        let mut source = Self::default();
        let phrase_file = file.phrase_file(&mut source.vocabulary)?;
        let intents = file.intents.into_iter().map(RawIntent::of).collect::<Result<Vec<_>, _>>()?;
        let phrases = file.phrases.into_iter().map(RawPhrase::of).collect::<Result<Vec<_>, _>>()?;
        let ids = intents.iter().map(|raw| &raw.answer).chain(phrases.iter().map(|raw| &raw.answer)).map(|answer| &answer.id);
        let mut known = HashSet::new();
        for id in ids {
            if !known.insert(name(id)?) {
                return Err(Cause::Twice(id.text.clone().into_owned()).at(id.at.clone()));
            }
        }
        for raw in intents {
            source.tools.extend(raw.answer.tools());
            source.intents.push(raw.build(&file.family, lexicon, Author::User)?);
        }
        for raw in phrases {
            source.tools.extend(raw.answer.tools());
            raw.say.iter().for_each(|text| source.needs.add(&text.text, &mut source.vocabulary));
            source.needs.end_phrase();
            raw.with.iter().flat_map(|(_, texts)| &texts.all).for_each(|text| source.vocabulary.learn(&text.text));
            let digest = raw.digest(&phrase_file);
            source.phrases.push(LatePhrase::read(raw.build(&phrase_file, Author::User)?, &phrase_file, digest));
        }
        Ok(source)
    }
}

impl Source {
    /// Takes what an embedded file holds, and teaches the lexicon the words of its intents. Of a phrase only those words are
    /// looked at by which it is found, and those by which misspelt ones are mended.
    pub(super) fn add_ours(&mut self, text: &'static str, lexicon: &mut Lexicon) -> Result<(), SourceError> {
        let file = File::of(ours(text)?)?;
        let phrase_file = file.phrase_file(&mut self.vocabulary)?;
        let mut begins: Vec<usize> = file.intents.iter().chain(&file.phrases).map(|entry| entry.at.start).collect();
        begins.sort_unstable();
        for fields in file.intents {
            self.use_our_tools(&fields);
            self.intents.push(RawIntent::of(fields)?.build(&file.family, lexicon, Author::Us)?);
        }
        for fields in file.phrases {
            self.use_our_tools(&fields);
            fields.each_text("say", &mut |text| self.needs.add(text, &mut self.vocabulary));
            fields.each_text("with", &mut |text| self.vocabulary.learn(text));
            self.needs.end_phrase();
            let begin = fields.at.start;
            let end = begins.get(begins.partition_point(|other| *other <= begin)).copied().unwrap_or(text.len());
            self.phrases.push(LatePhrase::ours(&text[begin..end], &phrase_file));
        }
        Ok(())
    }

    /// Takes what another one holds, behind its own.
    pub(super) fn join(&mut self, other: Self) {
        self.intents.extend(other.intents);
        self.phrases.extend(other.phrases);
        let numbers = self.vocabulary.join(&other.vocabulary);
        self.needs.join(&other.needs, &numbers);
        self.tools.extend(other.tools);
    }

    fn use_our_tools(&mut self, fields: &Fields<'_>) {
        let mut add = |command: &str| self.tools.extend(tools(command).map(str::to_owned));
        fields.each_text("cmd", &mut add);
        fields.each_text("alt", &mut add);
    }
}

/// What an embedded file holds.
pub(super) fn ours(text: &str) -> Result<Value<'_>, SourceError> {
    embedded::read(text).ok_or_else(|| SourceError { at: None, cause: Cause::Toml("it is written like no embedded file".to_owned()) })
}

/// The one phrase that stands in a piece of an embedded file.
pub(super) fn our_phrase(text: &str) -> Result<RawPhrase<'_>, SourceError> {
    let mut fields = Fields::of(ours(text)?)?;
    let phrase = fields.must("phrase").and_then(Value::list)?.pop();
    RawPhrase::of(Fields::of(phrase.unwrap_or(Value { at: 0..0, what: What::Table(Table::new()) }))?)
}

fn name<'a>(name: &'a Text<'_>) -> Result<&'a str, SourceError> {
    let text = &*name.text;
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_');
    if text.is_empty() || text.len() > MOST_NAME || !text.bytes().all(fits) {
        return Err(Cause::Name(text.chars().take(MOST_NAME).collect()).at(name.at.clone()));
    }
    Ok(text)
}

/// The text of a pattern or a command, if it is one that can be read.
pub(super) fn short(text: &str, at: Range<usize>) -> Result<&str, SourceError> {
    if text.len() > MOST_TEXT { Err(Cause::Long.at(at)) } else { Ok(text) }
}

/// The pattern that is written there.
pub(super) fn pattern(text: &Text<'_>, names: &mut Names) -> Result<Pattern, SourceError> {
    let wrong = |source| Cause::Pattern { pattern: text.text.clone().into_owned(), source }.at(text.at.clone());
    Pattern::parse(short(&text.text, text.at.clone())?, names).map_err(wrong)
}

/// The line of a byte, counted from 1.
pub(super) fn line(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at.min(text.len())].iter().filter(|b| **b == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::offline::{DATA, PHRASES, SHARED_PHRASES};

    /// The keys of tables in one order: the two readers keep them in different ones.
    fn sorted(value: &mut Value<'_>) {
        match &mut value.what {
            What::List(list) => list.iter_mut().for_each(sorted),
            What::Table(table) => {
                table.sort_by(|(a, _), (b, _)| a.text.cmp(&b.text));
                table.iter_mut().for_each(|(_, value)| sorted(value));
            }
            _ => {}
        }
    }

    #[test]
    fn both_readers_find_the_same_in_every_embedded_file() {
        for text in DATA.into_iter().chain(PHRASES).chain([SHARED_PHRASES]) {
            let (mut ours, mut whole) = (ours(text).expect("ours"), value::read(text).expect("TOML"));
            sorted(&mut ours);
            sorted(&mut whole);
            assert_eq!(ours, whole);
        }
    }

    #[test]
    fn every_phrase_alone_is_the_one_that_stands_in_its_file() {
        let mut source = Source::default();
        for text in PHRASES {
            source.add_ours(text, &mut Lexicon::default()).expect("ours");
        }
        let mut late = source.phrases.iter();
        for text in PHRASES {
            let packed = Source::of_pack(text, &mut Lexicon::default()).expect("TOML");
            for whole in packed.phrases {
                let alone = late.next().expect("as many");
                assert_eq!(alone.digest(), whole.digest(), "{}", whole.phrase().answer.id);
                let shown = |phrase: &LatePhrase| {
                    let phrase = phrase.phrase();
                    let answer = &phrase.answer;
                    let wording = format!("{:?}", answer.wording.texts().collect::<Vec<_>>());
                    (answer.id.clone(), answer.example.clone(), wording, answer.destructive, answer.doubt.to_bits(), phrase.back)
                };
                assert_eq!(shown(alone), shown(&whole));
            }
        }
        assert!(late.next().is_none());
    }

    #[test]
    fn what_is_not_written_like_the_embedded_files_is_not_read() {
        for text in ["a = 1979-05-27", "a.b.c = 1", "a = \"\\u00e4\"", "[a]\n[a]", "a", "a = [1 2]", "a = {b = 1", "[[a]\n", "a = \"b"] {
            assert!(ours(text).is_err(), "{text}");
        }
    }
}
