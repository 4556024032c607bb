//! The words of a text with their places. The tree of a command knows no places, and most texts are half command, half
//! prose, so the words are cut here; quotes, escapes and operators count as in a shell.

use std::ops::Range;

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// All of it.
    pub raw: Range<usize>,
    /// Without the quotes around it, when one pair of quotes holds all of it.
    pub value: Range<usize>,
    /// Whether one pair of quotes holds all of it.
    pub quoted: bool,
    /// Whether it is the first word of a command.
    pub starts: bool,
    /// Whether it reads what the command before it wrote.
    pub piped: bool,
}

/// Cuts the part `within` of a text into words.
pub(super) fn split(text: &str, within: Range<usize>) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut at = within.start;
    let (mut starts, mut piped) = (true, false);
    while let Some(c) = text[at..within.end].chars().next() {
        match c {
            '\n' | ';' | '|' | '&' | '(' | '{' | '`' if !goes_on(text, at, &within) => {
                piped = c == '|' && !text[..at].ends_with('|');
                starts = true;
                at += 1;
            }
            c if c.is_whitespace() => at += c.len_utf8(),
            _ => {
                let end = word_end(text, at, within.end);
                let value = whole_quotes(text, at..end);
                let quoted = value.start != at;
                words.push(Word { raw: at..end, value, quoted, starts, piped });
                (starts, piped) = (false, false);
                at = end;
            }
        }
    }
    words
}

/// An opening bracket in front of text that is no command: `{"a": 1}`, `(see below)` and `{{ name }}`.
fn goes_on(text: &str, at: usize, within: &Range<usize>) -> bool {
    text[at..within.end].starts_with("{{") || text[at..within.end].starts_with("{\"")
}

fn word_end(text: &str, start: usize, end: usize) -> usize {
    let mut at = start;
    let mut previous = None;
    while let Some(c) = text[at..end].chars().next() {
        match c {
            '\\' => at += 1 + text[at + 1..end].chars().next().map_or(0, char::len_utf8),
            '"' | '\'' if opens(text, start, at, previous) => match closing(text, at, end) {
                Some(close) => at = close + 1,
                None => at += 1,
            },
            c if c.is_whitespace() || matches!(c, ';' | '|') => break,
            '&' if !text[start..at].contains(['?', '/']) => break,
            _ => at += c.len_utf8(),
        }
        previous = Some(c);
    }
    at.max(start + text[start..end].chars().next().map_or(0, char::len_utf8)).min(end)
}

/// An apostrophe inside a word of prose quotes nothing.
fn opens(text: &str, start: usize, at: usize, previous: Option<char>) -> bool {
    let inside_word = text[at..].starts_with('\'') && previous.is_some_and(char::is_alphanumeric);
    !inside_word || text[start..at].starts_with('-') || text[start..at].contains(['=', '"', '\''])
}

/// The place of the quote that closes the one at `open`.
pub(super) fn closing(text: &str, open: usize, end: usize) -> Option<usize> {
    let quote = text.as_bytes()[open];
    let bytes = text.as_bytes();
    let mut at = open + 1;
    while at < end {
        if bytes[at] == b'\\' && quote == b'"' {
            at += 1;
        } else if bytes[at] == quote {
            return Some(at);
        }
        at += 1;
    }
    None
}

fn whole_quotes(text: &str, raw: Range<usize>) -> Range<usize> {
    let start = if text[raw.clone()].starts_with("$'") { raw.start + 1 } else { raw.start };
    let quote = text[start..raw.end].starts_with(['"', '\'']);
    match quote.then(|| closing(text, start, raw.end)).flatten() {
        Some(close) if close + 1 == raw.end => start + 1..close,
        // A sentence goes on after the quotes: `"this".`
        Some(close) if text[close + 1..raw.end].bytes().all(|byte| matches!(byte, b'.' | b',' | b'!' | b'?' | b':' | b')')) => {
            start + 1..close
        }
        _ => raw,
    }
}

/// What a part of a word stands for after the shell read it, when quotes or escapes are in it. `None` when a quote stays
/// open: then it quotes nothing.
pub(super) fn unquoted(part: &str) -> Option<String> {
    let mut out = String::with_capacity(part.len());
    let mut quote = None;
    let mut chars = part.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some('"'), '\\') if chars.peek().is_some_and(|next| !matches!(next, '"' | '\\' | '$' | '`')) => out.push(c),
            (None | Some('"'), '\\') => out.extend(chars.next()),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (_, c) => out.push(c),
        }
    }
    quote.is_none().then_some(out)
}
