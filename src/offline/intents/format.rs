use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::kinds::SlotSpec;
use super::wording::{RawWording, Wording};
use crate::offline::IntentInfo;
use crate::offline::lexicon::{Lemma, Lexicon, Role};
use crate::offline::pack::Written;
use crate::offline::source::{Author, Cause, OneOrMore, SourceError, doubt};

/// An intent as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::offline) struct RawIntent {
    pub id: Spanned<String>,
    example: String,
    /// Every group must be said: `"delete|prune"`.
    need: Vec<Spanned<String>>,
    /// Words that belong to the intent and need not be said.
    #[serde(default)]
    may: String,
    /// Words that mean something else.
    #[serde(default)]
    not: Option<Spanned<String>>,
    /// `"name: kind [after a|b] [before c] [= default]"`, in the order of binding; `?` after the name: optional.
    #[serde(default)]
    slots: Vec<Spanned<String>>,
    /// Words that switch a part of the command on.
    #[serde(default)]
    flags: BTreeMap<String, String>,
    /// The first form whose `@` guards hold is the answer.
    cmd: Spanned<OneOrMore>,
    /// Other commands worth offering.
    #[serde(default)]
    alt: Vec<Spanned<String>>,
    reading: Spanned<String>,
    /// Deletes or overwrites: every slot must come from the text.
    #[serde(default)]
    destructive: bool,
    /// Taken from the confidence: for an answer that fits most people, not all.
    #[serde(default)]
    doubt: f64,
    /// Decides between intents that explain a sentence equally well.
    #[serde(default)]
    priority: i8,
}

/// An intent ready to be matched.
#[derive(Debug)]
pub(in crate::offline) struct Intent {
    pub id: String,
    pub family: String,
    pub example: String,
    pub need: Vec<Vec<Lemma>>,
    pub may: Vec<Lemma>,
    pub not: Vec<Lemma>,
    pub slots: Vec<SlotSpec>,
    pub flags: Vec<(String, Vec<Lemma>)>,
    pub wording: Wording,
    pub destructive: bool,
    pub doubt: f64,
    pub priority: i8,
    /// The byte at which its id stands in its file.
    pub at: usize,
    /// Where in a pack it was written.
    pub written: Option<Written>,
}

impl Intent {
    /// What people are told of it.
    pub(in crate::offline) fn info(&self) -> IntentInfo<'_> {
        IntentInfo { id: &self.id, family: &self.family, example: &self.example, written: self.written.as_ref() }
    }
}

fn words(text: &str, lexicon: &mut Lexicon) -> Vec<Lemma> {
    text.split(['|', ' ', '\n']).filter(|word| !word.is_empty()).map(|word| lexicon.intern(word, Role::Content)).collect()
}

impl RawIntent {
    /// Checks it, and teaches the lexicon its words.
    pub(in crate::offline) fn build(self, family: &str, lexicon: &mut Lexicon, author: Author) -> Result<Intent, SourceError> {
        let mut slots = Vec::new();
        for text in &self.slots {
            let slot = |reason| Cause::Slot { slot: text.get_ref().clone(), reason }.at(text.span());
            slots.push(SlotSpec::parse(text.get_ref(), lexicon).map_err(slot)?);
        }
        // Slots with cues first: they are surer of their words than those that take what is left.
        slots.sort_by_key(|spec| spec.after.is_empty() && spec.before.is_empty());
        let flags: Vec<_> = self.flags.iter().map(|(name, list)| (name.clone(), words(list, lexicon))).collect();
        let wording = RawWording { cmd: &self.cmd, alt: &self.alt, reading: &self.reading, suffix: "" };
        let knows = |name: &str| slots.iter().any(|slot: &SlotSpec| slot.name == name) || flags.iter().any(|(flag, _)| flag == name);
        let wording = wording.build(author, knows)?;
        let need: Vec<Vec<Lemma>> = self.need.iter().map(|group| words(group.get_ref(), lexicon)).collect();
        if let Some(at) = need.iter().position(Vec::is_empty) {
            return Err(Cause::Empty("need").at(self.need[at].span()));
        }
        if need.is_empty() {
            return Err(Cause::Empty("need").at(self.id.span()));
        }
        let may = words(&self.may, lexicon);
        let mut not = Vec::new();
        if let Some(text) = &self.not {
            not = words(text.get_ref(), lexicon);
            if not.iter().any(|word| may.contains(word) || need.iter().flatten().any(|needed| needed == word)) {
                return Err(Cause::Contradiction.at(text.span()));
            }
        }
        Ok(Intent {
            family: family.to_owned(),
            example: self.example,
            need,
            may,
            not,
            slots,
            flags,
            wording,
            destructive: self.destructive,
            doubt: doubt(self.doubt, self.id.span())?,
            priority: self.priority,
            at: self.id.span().start,
            written: None,
            id: self.id.into_inner(),
        })
    }
}
