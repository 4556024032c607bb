use std::sync::Arc;

use super::kinds::SlotSpec;
use crate::offline::answer::{Answer, RawAnswer};
use crate::offline::lexicon::{Lemma, Lexicon, Role};
use crate::offline::source::{Author, Cause, Fields, SourceError, Table, Text, Value};

/// An intent as it is written.
#[derive(Debug)]
pub(in crate::offline) struct RawIntent<'a> {
    pub answer: RawAnswer<'a>,
    /// Every group must be said: `"delete|prune"`.
    need: Vec<Text<'a>>,
    /// Words that belong to the intent and need not be said.
    may: Option<Text<'a>>,
    /// Words that mean something else.
    not: Option<Text<'a>>,
    /// `"name: kind [after a|b] [before c] [= default]"`, in the order of binding; `?` after the name: optional.
    slots: Vec<Text<'a>>,
    /// Words that switch a part of the command on.
    flags: Table<'a>,
    /// Decides between intents that explain a sentence equally well.
    priority: i8,
}

/// What the sentences have in common that mean an intent.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(in crate::offline) struct Cues {
    pub need: Vec<Vec<Lemma>>,
    pub may: Vec<Lemma>,
    pub not: Vec<Lemma>,
    pub slots: Vec<SlotSpec>,
    pub flags: Vec<(String, Vec<Lemma>)>,
}

/// An intent ready to be matched.
#[derive(Debug)]
pub(in crate::offline) struct Intent {
    pub cues: Cues,
    pub answer: Answer,
    pub priority: i8,
}

fn words(text: &str, lexicon: &mut Lexicon) -> Vec<Lemma> {
    text.split(['|', ' ', '\n']).filter(|word| !word.is_empty()).map(|word| lexicon.intern(word, Role::Content)).collect()
}

impl<'a> RawIntent<'a> {
    /// Takes what an intent may hold and nothing else.
    pub(in crate::offline) fn of(mut fields: Fields<'a>) -> Result<Self, SourceError> {
        let raw = Self {
            answer: RawAnswer::take(&mut fields)?,
            need: fields.must("need").and_then(Value::list_of_texts)?,
            may: fields.take("may").map(Value::text).transpose()?,
            not: fields.take("not").map(Value::text).transpose()?,
            slots: fields.list_of_texts("slots")?,
            flags: fields.table("flags")?,
            priority: fields.whole("priority")?,
        };
        fields.end()?;
        Ok(raw)
    }

    /// Checks it, and teaches the lexicon its words.
    pub(in crate::offline) fn build(self, family: &Arc<str>, lexicon: &mut Lexicon, author: Author) -> Result<Intent, SourceError> {
        let mut slots = Vec::new();
        for text in &self.slots {
            let slot = |reason| Cause::Slot { slot: text.text.clone().into_owned(), reason }.at(text.at.clone());
            slots.push(SlotSpec::parse(&text.text, lexicon).map_err(slot)?);
        }
        // Slots with cues first: they are surer of their words than those that take what is left.
        slots.sort_by_key(|spec| spec.after.is_empty() && spec.before.is_empty());
        let mut flags = Vec::with_capacity(self.flags.len());
        for (name, list) in self.flags {
            flags.push((name.into_string(), words(&list.text()?.text, lexicon)));
        }
        let knows = |name: &str| slots.iter().any(|slot: &SlotSpec| slot.name == name) || flags.iter().any(|(flag, _)| flag == name);
        let at = self.answer.id.at.clone();
        let answer = self.answer.build(family, "", author, knows)?;
        let need: Vec<Vec<Lemma>> = self.need.iter().map(|group| words(&group.text, lexicon)).collect();
        if let Some(empty) = need.iter().position(Vec::is_empty) {
            return Err(Cause::Empty("need").at(self.need[empty].at.clone()));
        }
        if need.is_empty() {
            return Err(Cause::Empty("need").at(at));
        }
        let may = self.may.map_or_else(Vec::new, |text| words(&text.text, lexicon));
        let mut not = Vec::new();
        if let Some(text) = self.not {
            not = words(&text.text, lexicon);
            if not.iter().any(|word| may.contains(word) || need.iter().flatten().any(|needed| needed == word)) {
                return Err(Cause::Contradiction.at(text.at));
            }
        }
        Ok(Intent { cues: Cues { need, may, not, slots, flags }, answer, priority: self.priority })
    }
}
