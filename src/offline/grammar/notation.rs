//! How patterns are written: items with blanks between them.

/// One item of a pattern.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written<'a> {
    /// Without the sign that makes it optional.
    pub text: &'a str,
    pub optional: bool,
}

/// The items of a pattern.
pub(super) fn items(pattern: &str) -> impl Iterator<Item = Written<'_>> {
    pattern.split_ascii_whitespace().map(|item| match item.strip_suffix('?') {
        Some(text) if !text.is_empty() => Written { text, optional: true },
        _ => Written { text: item, optional: false },
    })
}

impl<'a> Written<'a> {
    /// What stands behind the sign of a slot.
    pub(super) fn slot(self) -> Option<&'a str> {
        self.text.strip_prefix('$')
    }

    /// The words or sets of which one is said, each with the flag that it sets.
    pub(super) fn words(self) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
        self.text.split('|').map(|word| word.split_once('=').map_or((word, None), |(word, flag)| (word, Some(flag))))
    }
}

/// The name of a set, if that is what the word is.
pub(super) fn set(word: &str) -> Option<&str> {
    word.strip_prefix('@')
}
