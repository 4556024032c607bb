//! How patterns are written: items with blanks between them. A hundred thousand words are read before the first answer, so
//! each is looked at once.

use super::vocabulary::{Key, KeyMaker};

/// One item of a pattern.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written<'a> {
    /// Without the sign that makes it optional.
    pub text: &'a str,
    pub optional: bool,
}

/// A word or a set of an item.
#[derive(Debug, Clone, Copy)]
pub(super) struct WrittenWord<'a> {
    pub text: &'a str,
    /// Of the whole text.
    pub key: Key,
    /// The flag that it sets.
    pub flag: Option<&'a str>,
}

/// The items of a pattern.
pub(super) fn items(pattern: &str) -> Items<'_> {
    Items { pattern, at: 0 }
}

pub(super) struct Items<'a> {
    pattern: &'a str,
    at: usize,
}

impl<'a> Iterator for Items<'a> {
    type Item = Written<'a>;

    #[inline]
    fn next(&mut self) -> Option<Written<'a>> {
        let bytes = self.pattern.as_bytes();
        while bytes.get(self.at)?.is_ascii_whitespace() {
            self.at += 1;
        }
        let start = self.at;
        while self.at < bytes.len() && !bytes[self.at].is_ascii_whitespace() {
            self.at += 1;
        }
        let optional = self.at - start > 1 && bytes[self.at - 1] == b'?';
        Some(Written { text: &self.pattern[start..self.at - usize::from(optional)], optional })
    }
}

impl<'a> Written<'a> {
    /// What stands behind the sign of a slot.
    pub(super) fn slot(self) -> Option<&'a str> {
        behind(b'$', self.text)
    }

    /// The words or sets of which one is said.
    pub(super) fn words(self) -> Words<'a> {
        Words { item: self.text, at: 0 }
    }
}

pub(super) struct Words<'a> {
    item: &'a str,
    /// Where the next word begins; behind the end when there is none.
    at: usize,
}

impl<'a> Iterator for Words<'a> {
    type Item = WrittenWord<'a>;

    #[inline]
    fn next(&mut self) -> Option<WrittenWord<'a>> {
        let (bytes, start) = (self.item.as_bytes(), self.at);
        if start > bytes.len() {
            return None;
        }
        let (mut key, mut at) = (KeyMaker::default(), start);
        while at < bytes.len() && !matches!(bytes[at], b'|' | b'=') {
            key.add(bytes[at]);
            at += 1;
        }
        let text = &self.item[start..at];
        let mut flag = None;
        if bytes.get(at) == Some(&b'=') {
            let rest = &self.item[at + 1..];
            let name = rest.split('|').next().unwrap_or(rest);
            flag = Some(name);
            at += 1 + name.len();
        }
        self.at = at + 1;
        Some(WrittenWord { text, key: key.key(), flag })
    }
}

impl<'a> WrittenWord<'a> {
    /// The name of the set, if it is one.
    pub(super) fn set(self) -> Option<&'a str> {
        behind(b'@', self.text)
    }
}

/// The text behind the sign, if it begins with that.
#[inline]
fn behind(sign: u8, text: &str) -> Option<&str> {
    if text.as_bytes().first() == Some(&sign) { text.get(1..) } else { None }
}
