//! What intents and phrases have in common: a name, an example, and the commands that they stand for.

use std::sync::Arc;

use super::IntentInfo;
use super::intents::{RawWording, Wording, tools};
use super::pack::Written;
use super::source::{Author, Cause, Fields, SourceError, Text, Texts, Value};

/// An answer as it is written.
#[derive(Debug)]
pub(super) struct RawAnswer<'a> {
    pub id: Text<'a>,
    example: Text<'a>,
    /// The first form whose `@` guards hold and whose slots are bound is the answer.
    cmd: Texts<'a>,
    /// Other commands worth offering.
    alt: Vec<Text<'a>>,
    reading: Text<'a>,
    /// Deletes or overwrites: every slot must come from the text.
    destructive: bool,
    /// Taken from the confidence: for an answer that fits most people, not all.
    doubt: f64,
}

impl<'a> RawAnswer<'a> {
    /// Takes it out of what an intent or a phrase holds.
    pub(super) fn take(fields: &mut Fields<'a>) -> Result<Self, SourceError> {
        Ok(Self {
            id: fields.must("id").and_then(Value::text)?,
            example: fields.must("example").and_then(Value::text)?,
            cmd: fields.must("cmd").and_then(Value::texts)?,
            alt: fields.list_of_texts("alt")?,
            reading: fields.must("reading").and_then(Value::text)?,
            destructive: fields.is_set("destructive")?,
            doubt: fields.number("doubt")?,
        })
    }

    /// The programs on whose presence its commands depend.
    pub(super) fn tools(&self) -> impl Iterator<Item = String> {
        self.cmd.all.iter().chain(&self.alt).flat_map(|command| tools(&command.text)).map(str::to_owned)
    }

    /// Checks it. `suffix` stands behind each command, and `knows` tells which slots and flags there are.
    pub(super) fn build(
        self,
        family: &Arc<str>,
        suffix: &str,
        author: Author,
        knows: impl Fn(&str) -> bool,
    ) -> Result<Answer, SourceError> {
        let wording = RawWording { cmd: &self.cmd, alt: &self.alt, reading: &self.reading, suffix };
        let wording = wording.build(author, knows)?;
        // A little less than nothing decides between equals.
        if !(-0.1..=1.0).contains(&self.doubt) {
            return Err(Cause::Doubt.at(self.id.at));
        }
        Ok(Answer {
            family: Arc::clone(family),
            example: self.example.into_string(),
            wording,
            destructive: self.destructive,
            doubt: self.doubt,
            at: self.id.at.start,
            written: None,
            id: self.id.into_string(),
        })
    }
}

/// An answer ready to be given.
#[derive(Debug)]
pub(super) struct Answer {
    pub id: String,
    pub family: Arc<str>,
    pub example: String,
    pub wording: Wording,
    pub destructive: bool,
    pub doubt: f64,
    /// The byte at which its id stands in its file.
    pub at: usize,
    /// Where in a pack it was written.
    pub written: Option<Written>,
}

impl Answer {
    /// What people are told of it.
    pub(super) fn info(&self) -> IntentInfo<'_> {
        IntentInfo { id: &self.id, family: &self.family, example: &self.example, written: self.written.as_ref() }
    }
}
