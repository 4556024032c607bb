//! Which characters of a line stand outside quotes.

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
                while chars.next_if(|(_, c)| *c != '\n').is_some() {}
            }
            (None, c) => outside.push((at, c)),
        }
        at_word_start = quote.is_none() && matches!(c, ' ' | '\t' | '\n' | ';' | '|' | '&');
    }
    (outside, comment)
}
