//! Which characters of a line stand outside quotes.

use std::borrow::Cow;

use crate::domain::ShellKind;

/// Whether a text holds a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comment {
    /// No unquoted `#` begins a word.
    Absent,
    /// One does.
    Present,
}

/// The characters outside quotes, each with its place in bytes, and whether there is a comment. An escaped character
/// counts as quoted; so does everything in a comment.
pub fn unquoted(text: &str, shell: ShellKind) -> (Vec<(usize, char)>, Comment) {
    scan(text, shell, true)
}

/// The same for a shell that takes `#` as any other character. There is a comment when other shells would see one.
pub fn unquoted_without_comments(text: &str, shell: ShellKind) -> (Vec<(usize, char)>, Comment) {
    scan(text, shell, false)
}

/// The text with another sign of one byte for every `#` that would begin a comment, so that what follows is parsed.
pub fn hashes_as_words(text: &str, shell: ShellKind) -> Cow<'_, str> {
    let begins = |at: usize| text[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || ";|&()<>".contains(c));
    let (outside, _) = unquoted_without_comments(text, shell);
    let hashes: Vec<usize> = outside.into_iter().filter(|(at, c)| *c == '#' && begins(*at)).map(|(at, _)| at).collect();
    if hashes.is_empty() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.char_indices().map(|(at, c)| if hashes.binary_search(&at).is_ok() { '_' } else { c }).collect())
}

fn scan(text: &str, shell: ShellKind, comments: bool) -> (Vec<(usize, char)>, Comment) {
    let mut outside = Vec::new();
    let mut comment = Comment::Absent;
    let mut quote = None;
    let mut at_word_start = true;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let escapes = match quote {
            Some('\'') => shell == ShellKind::Fish && matches!(chars.peek(), Some((_, '\'' | '\\'))),
            _ => true,
        };
        match (quote, c) {
            (_, '\\') if escapes => {
                chars.next();
            }
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '#') if at_word_start => {
                comment = Comment::Present;
                if comments {
                    while chars.next_if(|(_, c)| *c != '\n').is_some() {}
                } else {
                    outside.push((at, c));
                }
            }
            (None, c) => outside.push((at, c)),
        }
        at_word_start = quote.is_none() && matches!(c, ' ' | '\t' | '\n' | ';' | '|' | '&');
    }
    (outside, comment)
}
