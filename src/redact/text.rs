//! The type that places where texts end up ask for.

use std::fmt;

use serde::{Serialize, Serializer};

use super::scan;

/// What stands for a secret that is not needed again.
pub(super) const MASK: &str = "[hidden]";

/// A part of a word of so many characters, of capitals, small letters and digits, is no name.
const MEANINGLESS: usize = 16;

/// Most times that a text is looked at while something is found in it.
const MOST_PASSES: usize = 8;

/// A text that went through the redactor. Nothing else makes one, beside the cache, which
/// gives back what it was handed. So whatever asks for this type, be it a provider, the
/// cache or an error message, cannot be handed a text that still holds what was found to be secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct RedactedText(String);

impl RedactedText {
    /// Takes the secrets out for good. What is left reads `[hidden]` in their place.
    pub fn mask(text: &str) -> Self {
        // A text with its quotes gone may read in another way, so it is looked at until nothing more is found.
        let mut masked = Self(text.to_owned());
        for _ in 0..MOST_PASSES {
            let again = Self::masked_once(&masked.0);
            if again == masked {
                break;
            }
            masked = again;
        }
        masked
    }

    fn masked_once(text: &str) -> Self {
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for span in scan::spans(text) {
            out.push_str(&text[done..span.start]);
            out.push_str(MASK);
            done = span.end;
        }
        out.push_str(&text[done..]);
        Self(out)
    }

    /// The text, when there is nothing to take out of it.
    pub fn if_clean(text: String) -> Option<Self> {
        scan::spans(&text).is_empty().then_some(Self(text))
    }

    /// The text after characters were taken out of it or exchanged for blanks, with what `clean` counted.
    pub fn map_visible(&self, clean: fn(&str) -> (String, usize)) -> (Self, usize) {
        let (text, count) = clean(&self.0);
        // What was split by something unseen may be a secret once it is whole.
        if count == 0 { (Self(text), 0) } else { (Self::mask(&text), count) }
    }

    /// A text that another machine wrote, without everything in it that could be a secret in disguise: beside what
    /// [`RedactedText::mask`] finds, long words without a meaning, and words that hold a secret once decoded.
    pub fn mask_foreign(text: &str) -> Self {
        let masked = Self::mask(text).0;
        let mut out = String::with_capacity(masked.len());
        for word in masked.split_inclusive(char::is_whitespace) {
            let bare = word.trim_end();
            if disguised(bare) {
                out.push_str(MASK);
                out.push_str(&word[bare.len()..]);
            } else {
                out.push_str(word);
            }
        }
        Self(out)
    }

    /// A text that was of this type when a row of the cache was written, after the keyed hash of that row was found right:
    /// looking at every row again would make opening a large cache slow.
    pub fn from_authentic_row(text: String) -> Self {
        Self(text)
    }

    pub(super) fn scanned(text: String) -> Self {
        Self(text)
    }

    /// What is left.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a word hides a secret: base64 and the like, or `%`-encoded text.
fn disguised(word: &str) -> bool {
    let meaningless = |part: &str| {
        let count = |test: fn(&u8) -> bool| part.bytes().filter(test).count();
        part.len() >= MEANINGLESS && count(u8::is_ascii_digit) > 0 && count(u8::is_ascii_uppercase) > 1 && count(u8::is_ascii_lowercase) > 1
    };
    word.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '_'))).any(meaningless) || {
        let decoded = decoded(word);
        decoded != word && !scan::spans(&decoded).is_empty() || word.matches('%').count() > 3
    }
}

fn decoded(word: &str) -> String {
    let bytes = word.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%').then(|| word.get(at + 1..at + 3)).flatten().and_then(|code| u8::from_str_radix(code, 16).ok());
        out.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

impl PartialEq<&str> for RedactedText {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for RedactedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for RedactedText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// A JSON object whose names come from the program and whose texts went through the redactor.
#[derive(Debug, Clone, Default)]
pub struct RedactedObject(serde_json::Map<String, serde_json::Value>);

impl RedactedObject {
    /// Adds a text.
    #[must_use]
    pub fn with(mut self, name: &'static str, text: &RedactedText) -> Self {
        self.0.insert(name.to_owned(), text.as_str().into());
        self
    }

    /// Adds a list of texts.
    #[must_use]
    pub fn with_list(mut self, name: &'static str, texts: &[RedactedText]) -> Self {
        self.0.insert(name.to_owned(), texts.iter().map(RedactedText::as_str).collect());
        self
    }

    /// Adds an object.
    #[must_use]
    pub fn with_object(mut self, name: &'static str, object: RedactedObject) -> Self {
        self.0.insert(name.to_owned(), object.0.into());
        self
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The object written out.
    pub fn text(self) -> RedactedText {
        RedactedText(serde_json::Value::Object(self.0).to_string())
    }
}
