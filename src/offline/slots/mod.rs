//! Typed slots: what a word is by its shape, and the phrases that are measures, places or kinds of files.

mod globs;
mod measures;
mod numbers;
mod shape;

use super::lexicon::Lexicon;
use super::tokens::Token;

pub(super) use globs::{extensions_of, is_pattern};
pub(super) use measures::{Age, AgeKind, Bound, Size, Unit};
pub(super) use numbers::NUMBERS;
pub(super) use shape::classify;

/// What a token is, apart from being a word.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// A word; what it means is for the lexicon to say.
    Word,
    /// `$HOME`, `$1`: what it holds is not ours to know, so nothing takes it.
    Variable,
    /// Text in quotes.
    Quoted,
    /// `42`, `ten`.
    Number(u64),
    /// `1.5`, `3.11.2`.
    Version,
    /// `bigger than 100 MB`.
    Size(Size),
    /// `in the last 10 minutes`.
    Age(Age),
    /// `30s`, `5min`: a length of time, in seconds.
    Duration(u64),
    /// `+x`, `u=rw`.
    Mode,
    /// Something with a slash or a tilde.
    Path,
    /// `notes.txt`, `.env`.
    File,
    /// `*.txt`, `png files`: patterns, any of which may match.
    Glob(Vec<String>),
    /// `.md` alone.
    Ext,
    /// The working directory, in words.
    Here,
    /// `https://…`
    Url,
    /// `example.com`, `10.0.0.1`, `user@host`, `localhost`.
    Host,
    /// `example.com:443`.
    HostPort,
    /// `host:path`.
    Remote,
    /// `name:tag`.
    Image,
    /// `8080:80`.
    Ports,
    /// `HEAD~2`, `a1b2c3d`.
    Ref,
    /// `00:01:30`.
    Time,
    /// `2024-01-31`.
    Date,
    /// `5-10`, `5 to 10` of lines.
    Range(u64, u64),
}

/// Finds the slots that span several words and merges each into one token.
pub(super) fn mask(tokens: &mut Vec<Token>, lexicon: &Lexicon) {
    globs::places(tokens, lexicon);
    numbers::numbers(tokens);
    measures::sizes(tokens, lexicon);
    measures::ages(tokens, lexicon);
    numbers::ranges(tokens, lexicon);
    globs::file_kinds(tokens, lexicon);
}

/// Replaces the tokens `from..to` by one of the given value.
fn merge(tokens: &mut Vec<Token>, from: usize, to: usize, value: Value) {
    let span = (tokens[from].span.0, tokens[to - 1].span.1);
    let raw = tokens[from..to].iter().map(|token| token.raw.as_str()).collect::<Vec<_>>().join(" ");
    tokens.splice(from..to, [Token { raw, span, known: None, value }]);
}

/// The lower-case text of the word at `at`, empty for anything but a word.
fn word_at(tokens: &[Token], at: usize) -> String {
    tokens.get(at).filter(|token| matches!(token.value, Value::Word)).map(|token| token.raw.to_lowercase()).unwrap_or_default()
}
