//! From a sentence to tokens: quoted text and self-explaining shapes first, then phrases, then known words.

use super::lexicon::{Known, Lemma, Lexicon, Role};
use super::slots::{self, Value};

/// Longest sentence that is looked at. A parse marks its words in a 64-bit set; whoever writes more wants prose.
pub(super) const MAX_TOKENS: usize = 64;

/// One unit of the sentence: a word, or a masked slot that may span several words.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    /// As the user wrote it, without quotes and punctuation.
    pub raw: String,
    /// Byte range in the query.
    pub span: (usize, usize),
    /// What the lexicon says, for plain words.
    pub known: Option<Known>,
    /// What it is by its shape.
    pub value: Value,
}

impl Token {
    /// The lemma, if this is a known word rather than a slot.
    pub(super) fn lemma(&self) -> Option<Lemma> {
        if matches!(self.value, Value::Word) { self.known.map(|known| known.lemma) } else { None }
    }

    /// The lemma, unless the spelling had to be repaired.
    pub(super) fn exact_lemma(&self) -> Option<Lemma> {
        self.known.filter(|known| !known.repaired).and(self.lemma())
    }

    pub(super) fn role(&self) -> Option<Role> {
        if matches!(self.value, Value::Word) { self.known.map(|known| known.role) } else { None }
    }

    pub(super) fn is_repaired(&self) -> bool {
        matches!(self.value, Value::Word) && self.known.is_some_and(|known| known.repaired)
    }

    /// Whether it is a word and no slot.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.value, Value::Word)
    }

    /// True for words that neither bind nor mean anything.
    pub(super) fn is_filler(&self) -> bool {
        matches!(self.role(), Some(Role::Filler | Role::Weak))
    }
}

/// Which lemmas a sentence says, as a bit set: most intents are ruled out by one look at it.
#[derive(Debug, Default)]
pub(super) struct Said(Vec<u64>);

impl Said {
    pub(super) fn of(tokens: &[Token]) -> Self {
        let mut said = Self::default();
        for lemma in tokens.iter().filter_map(Token::lemma).map(usize::from) {
            if said.0.len() <= lemma / 64 {
                said.0.resize(lemma / 64 + 1, 0);
            }
            said.0[lemma / 64] |= 1 << (lemma % 64);
        }
        said
    }

    pub(super) fn has(&self, lemma: Lemma) -> bool {
        let lemma = usize::from(lemma);
        self.0.get(lemma / 64).is_some_and(|bits| bits & (1 << (lemma % 64)) != 0)
    }

    pub(super) fn has_any(&self, lemmas: &[Lemma]) -> bool {
        lemmas.iter().any(|lemma| self.has(*lemma))
    }
}

/// Splits, classifies and masks. `None` when the sentence is too long to be a request for one command.
pub(super) fn tokenise(query: &str, lexicon: &Lexicon) -> Option<Vec<Token>> {
    let mut tokens = pieces(query, lexicon)?;
    join_phrases(&mut tokens, lexicon);
    for token in &mut tokens {
        if matches!(token.value, Value::Word) {
            token.known = lexicon.read(&token.raw.to_lowercase());
        }
    }
    slots::mask(&mut tokens, lexicon);
    Some(tokens)
}

/// The pieces of the sentence with what they are by their shape, one for each word. `None` when there are too many.
pub(super) fn pieces(query: &str, lexicon: &Lexicon) -> Option<Vec<Token>> {
    let mut tokens: Vec<Token> = Vec::new();
    for chunk in Chunks::of(query) {
        if tokens.len() >= MAX_TOKENS {
            return None;
        }
        let value = match slots::classify(chunk.text) {
            Value::Variable => Value::Variable,
            _ if chunk.quoted => Value::Quoted,
            value => value,
        };
        tokens.push(Token { raw: chunk.text.to_owned(), span: chunk.span, known: None, value });
    }
    for token in tokens.iter_mut().filter(|token| matches!(token.value, Value::Path)) {
        // "files/directories", "regular/normal": an alternative in words, not a path.
        let parts: Vec<&str> = token.raw.split('/').collect();
        let in_words =
            parts.iter().all(|part| part.len() > 2 && lexicon.read(&part.to_lowercase()).is_some_and(|known| known.role != Role::Name));
        if in_words {
            token.raw = parts[0].to_owned();
            token.value = Value::Word;
        }
    }
    Some(tokens)
}

/// Rewrites phrases ("how many") to the words that stand for them.
fn join_phrases(tokens: &mut Vec<Token>, lexicon: &Lexicon) {
    let mut at = 0;
    let mut lower: Vec<String> =
        tokens.iter().map(|token| if matches!(token.value, Value::Word) { token.raw.to_lowercase() } else { String::new() }).collect();
    while at < tokens.len() {
        let found = lexicon.phrases().iter().find(|(from, _)| lower[at..].starts_with(from));
        let Some((from, to)) = found else {
            at += 1;
            continue;
        };
        let span = (tokens[at].span.0, tokens[at + from.len() - 1].span.1);
        let replacement: Vec<Token> = to.iter().map(|word| Token { raw: word.clone(), span, known: None, value: Value::Word }).collect();
        let step = replacement.len();
        lower.splice(at..at + from.len(), to.iter().cloned());
        tokens.splice(at..at + from.len(), replacement);
        at += step;
    }
}

struct Chunk<'a> {
    text: &'a str,
    span: (usize, usize),
    quoted: bool,
}

/// Blank-separated pieces; a piece in quotes keeps its blanks.
struct Chunks<'a> {
    query: &'a str,
    at: usize,
}

impl<'a> Chunks<'a> {
    fn of(query: &'a str) -> Self {
        Self { query, at: 0 }
    }

    /// The text between a quote mark at `start` and its partner, if the partner ends a word.
    fn quoted(&self, start: usize) -> Option<Chunk<'a>> {
        let open = self.query[start..].chars().next()?;
        let close = match open {
            '"' | '`' | '\'' => open,
            '“' => '”',
            '‘' => '’',
            '«' => '»',
            _ => return None,
        };
        let inner = start + open.len_utf8();
        // `like this' is the quotation of old manuals.
        let closes = |c: char| c == close || (open == '`' && c == '\'');
        for (offset, mark) in self.query[inner..].match_indices(closes) {
            let end = inner + offset + mark.len();
            let next = self.query[end..].chars().next();
            if offset > 0 && next.is_none_or(|c| c.is_whitespace() || matches!(c, ',' | ';' | '?' | '!' | '.' | ')')) {
                return Some(Chunk { text: &self.query[inner..inner + offset], span: (start, end), quoted: true });
            }
        }
        None
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        loop {
            let rest = &self.query[self.at..];
            let start = self.at + rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(')).len();
            if start >= self.query.len() {
                return None;
            }
            if let Some(chunk) = self.quoted(start) {
                // A full stop behind a quotation ends the sentence, it is no name.
                let stop = self.query[chunk.span.1..]
                    .strip_prefix('.')
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace));
                self.at = chunk.span.1 + usize::from(stop);
                return Some(chunk);
            }
            let rest = &self.query[start..];
            let end = start + rest.find(char::is_whitespace).unwrap_or(rest.len());
            self.at = end;
            let text = trim_punctuation(&self.query[start..end]);
            if !text.is_empty() {
                return Some(Chunk { text, span: (start, start + text.len()), quoted: false });
            }
        }
    }
}

/// Drops the punctuation of a sentence, not that of a name: `.` and `..` stay, `*.rs,` loses its comma.
fn trim_punctuation(word: &str) -> &str {
    let trimmed = word.trim_end_matches([',', ';', '!', ':', ')', '"']);
    let trimmed = if trimmed.contains('*') { trimmed } else { trimmed.trim_end_matches('?') };
    if trimmed.bytes().all(|b| b == b'.' || b == b'/') { trimmed } else { trimmed.trim_end_matches('.') }
}
