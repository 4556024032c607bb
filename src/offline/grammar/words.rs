//! The words of a sentence as the grammar sees them, and the sets of words that mean the same to it.

use super::mending::Ours;
use super::sets::{Sets, set_named, sets_of};
use super::vocabulary::Key;
use crate::offline::lexicon::{Lexicon, Role};
use crate::offline::slots::Value;
use crate::offline::tokens::Token;

/// One word, or one quoted text.
#[derive(Debug, Clone)]
pub(in crate::offline) struct Word {
    /// As written, without its quotes.
    pub raw: String,
    /// In lower case, with a misspelling mended.
    pub low: String,
    /// What it is by its shape.
    pub value: Value,
    /// Whether a comma follows.
    pub comma: bool,
    /// Whether it can be the name of something the user has: no word that English or the engine needs.
    pub namely: bool,
    /// Whether its spelling was mended.
    pub repaired: bool,
    kin: Kin,
}

/// What the grammar knows of a word in lower case.
#[derive(Debug, Clone, Copy)]
struct Kin {
    key: Key,
    sets: Sets,
    is_light: bool,
    is_noise: bool,
}

impl Kin {
    fn of(low: &str) -> Self {
        let is_light = LIGHT.contains(&low);
        let key = Key::of(low);
        Self { key, sets: sets_of(key), is_light, is_noise: is_light || NOISE.contains(&low) }
    }
}

impl Word {
    pub(in crate::offline) fn is_word(&self) -> bool {
        matches!(self.value, Value::Word)
    }

    /// Whether it is a variable of the shell that can be written into a command: its name and at most a path behind it.
    pub(in crate::offline) fn is_variable(&self) -> bool {
        let Some(rest) = self.raw.strip_prefix('$').filter(|_| matches!(self.value, Value::Variable)) else { return false };
        let (name, tail) = match rest.strip_prefix('{') {
            Some(braced) => braced.split_once('}').unwrap_or_default(),
            None if rest.starts_with(|c: char| c.is_ascii_digit()) => rest.split_at(1),
            None => rest.split_at(rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len())),
        };
        let path = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '.');
        let named = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && (name.len() == 1 || !name.starts_with(|c: char| c.is_ascii_digit()));
        !name.is_empty() && named && (tail.is_empty() || tail.starts_with(['/', '.', '-'])) && tail.chars().all(path)
    }

    pub(super) fn is_quoted(&self) -> bool {
        matches!(self.value, Value::Quoted)
    }
}

/// Words that say nothing to the grammar and may stand anywhere.
const LIGHT: &[&str] = &[
    "the", "a", "an", "all", "any", "every", "each", "some", "that", "which", "are", "is", "was", "were", "have", "has", "had", "been",
    "being", "be", "it", "its", "it's", "their", "his", "her", "those", "these", "them", "they", "my", "your", "our", "whose", "there",
    "only", "also", "who",
];

/// Words that may be left over without making a parse doubtful.
const NOISE: &[&str] = &[
    "and",
    "then",
    "but",
    "of",
    "in",
    "with",
    "for",
    "to",
    "on",
    "by",
    "please",
    "me",
    "i",
    "want",
    "need",
    "how",
    "do",
    "can",
    "you",
    "would",
    "like",
    "so",
    "using",
    "use",
    "via",
    "at",
    "as",
    "from",
    "this",
    "just",
    "simply",
    "where",
    "what",
    "show",
    "let",
    "us",
    "own",
    "present",
    "located",
    "found",
    "residing",
    "reside",
    "resides",
    "stored",
    "existing",
    "exist",
    "exists",
    "whole",
    "entire",
    "system",
    "if",
    "contents",
    "both",
    "various",
    "again",
    "respective",
    "resulting",
    "corresponding",
    "matched",
    "matching",
    "such",
    "ones",
    "one",
    "up",
    "out",
    "off",
    "command",
    "available",
    "recursively",
    "recursive",
    "currently",
    "current",
    "given",
    "specified",
    "actual",
    "actually",
    "together",
    "along",
    "certain",
    "do",
    "does",
    "located",
    "lying",
    "somewhere",
    "anywhere",
    "inside",
    "under",
    "within",
    "through",
    "linux",
    "unix",
    "bash",
    "find",
    "search",
    "result",
    "results",
    "having",
    "placed",
    "into",
    "item",
    "items",
    "set",
    "itself",
    "themselves",
    "ability",
    "able",
    "done",
    "last",
    "files",
    "file",
    "when",
];

impl Word {
    /// Whether the word is one of a set, or is this word.
    pub(in crate::offline) fn is(&self, what: &str) -> bool {
        if !self.is_word() {
            return false;
        }
        match what.strip_prefix('@') {
            Some(set) => set_named(set).is_some_and(|set| set.meets(self.kin.sets)),
            None => self.low == what,
        }
    }

    /// How patterns know it.
    pub(in crate::offline) fn key(&self) -> Key {
        self.kin.key
    }

    /// The sets that it is in.
    pub(in crate::offline) fn sets(&self) -> Sets {
        self.kin.sets
    }

    pub(in crate::offline) fn is_light(&self) -> bool {
        self.is_word() && self.kin.is_light
    }

    pub(in crate::offline) fn is_noise(&self) -> bool {
        self.is_word() && self.kin.is_noise
    }
}

/// The sentence as words. `ours` are those that the patterns are made of, for mending.
pub(in crate::offline) fn words(query: &str, tokens: &[Token], lexicon: &Lexicon, ours: Ours<'_>) -> Vec<Word> {
    let comma = |token: &Token| query.get(token.span.1..).is_some_and(|rest| rest.starts_with(','));
    let word = |token: &Token| {
        let low = token.raw.to_lowercase().replace('’', "'");
        let is_word = matches!(token.value, Value::Word);
        let known = lexicon.read(&low).filter(|known| !known.repaired);
        let english = known.is_some_and(|known| known.role != Role::Name);
        let stranger = is_word && !english && !ours.has(&low);
        let mended = if stranger && known.is_none() { ours.mend(&low) } else { None };
        let low_is_ours = mended.is_some();
        let as_written = Kin::of(&low);
        let low = mended.unwrap_or(low);
        // In single quotes a dollar is a dollar.
        let literal = matches!(token.value, Value::Variable) && query.get(token.span.0..).is_some_and(|text| text.starts_with('\''));
        Word {
            raw: token.raw.clone(),
            kin: Kin::of(&low),
            low,
            value: if literal { Value::Quoted } else { token.value.clone() },
            comma: comma(token),
            namely: stranger && !as_written.is_noise && !is_operator(&token.raw),
            repaired: low_is_ours,
        }
    };
    // "files/directories" is two words.
    let parts = |token: &Token| -> Vec<Token> {
        let text = query.get(token.span.0..token.span.1).unwrap_or_default();
        let is_list = matches!(token.value, Value::Word) && text.contains('/') && text != token.raw;
        let text = text.trim_end_matches([',', ')', '.']);
        if !is_list {
            return vec![token.clone()];
        }
        text.split('/').map(|part| Token { raw: part.to_owned(), ..token.clone() }).collect()
    };
    let mut words: Vec<Word> = tokens.iter().flat_map(parts).map(|token| word(&token)).collect();
    // A full stop that stands alone ends the sentence.
    let alone = || query.trim_end().strip_suffix('.').is_some_and(|rest| rest.ends_with([' ', '\'', '"', '`', '”', '’', '»']));
    if words.len() > 1 && words.last().is_some_and(|last| last.raw == ".") && alone() {
        words.pop();
    }
    // A sentence begins with a verb; an unknown one is no name.
    if let Some(first) = words.first_mut() {
        first.namely = false;
    }
    words
}

/// Whether these are signs by which a shell joins commands or redirects what they say: who writes them alone means no name.
fn is_operator(raw: &str) -> bool {
    raw.chars().all(|sign| "|&;<>".contains(sign))
}

/// Words that are no name even after "called".
const NO_NAME: &[&str] = &[
    "in",
    "on",
    "of",
    "not",
    "do",
    "does",
    "for",
    "to",
    "from",
    "and",
    "or",
    "with",
    "without",
    "under",
    "by",
    "at",
    "as",
    "into",
    "end",
    "start",
    "ends",
    "starts",
    "begin",
    "begins",
    "beginning",
    "ending",
    "starting",
    "contain",
    "contains",
    "containing",
    "match",
    "matches",
    "matching",
    "file",
    "files",
    "directory",
    "directories",
    "folder",
    "folders",
    "name",
    "names",
    "pattern",
    "string",
    "regular",
    "current",
];

/// Verbs that ask for something else than any row does; overlooking one changes the meaning.
const OTHER_VERBS: &[&str] = &[
    "rename",
    "renames",
    "renaming",
    "convert",
    "converts",
    "converting",
    "split",
    "merge",
    "encrypt",
    "decrypt",
    "upload",
    "download",
    "email",
    "mail",
    "backup",
    "insert",
    "append",
    "prepend",
    "trim",
    "strip",
    "parse",
    "format",
    "open",
    "edit",
    "install",
    "compare",
    "swap",
    "join",
    "reverse",
];

impl Word {
    /// How much a word that nothing explains takes from the confidence.
    pub(in crate::offline) fn weight(&self, first: bool) -> f64 {
        match () {
            // The verb of the sentence counts most.
            () if first || OTHER_VERBS.contains(&self.low.as_str()) => 2.0,
            () if self.namely => 1.2,
            () => 1.0,
        }
    }

    /// Whether the word may be a name where one is announced.
    pub(super) fn may_be_name(&self) -> bool {
        let capital = self.raw.len() > 1 && self.raw.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
        capital || !(self.is_word() && (is_operator(&self.raw) || self.is_light() || NO_NAME.contains(&self.low.as_str())))
    }
}
