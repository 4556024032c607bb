//! Sentences that leave something open: "copy a file to the server" names neither.
//!
//! Such a sentence is read once more with a name put in for each thing that it leaves open, so that every intent and
//! phrase can be meant, and what becomes of the names in the command is a hole. Nothing is assumed about the things
//! themselves. A reading counts only if it explains all the other words, and never if it destroys something.

mod command;
mod nouns;
mod sentence;
#[cfg(test)]
mod tests;

use super::explain::{Considered, Sureness};
use super::lexicon::Role;
use super::parse::Parse;
use super::rank::Weighed;
use super::tokens::{self, Token};
use super::{Machine, SURE, Translator, files};
use crate::domain::{Candidate, Origin};
use sentence::{Named, Open};

/// A command with holes is never as sure as one without.
const CONFIDENCE: f64 = 0.6;

/// What each further one loses against the first.
const BEHIND: f64 = 0.04;

/// Most commands with holes that are worth a key press.
const MOST: usize = 2;

/// Most holes that a person fills in one line.
const MOST_HOLES: usize = 4;

/// Verbs that look for what there is: "find a file".
const FINDERS: [&str; 10] = ["find", "search", "list", "locate", "look", "get", "which", "what", "is", "are"];

/// A command with holes, and which intent it is of.
#[derive(Debug)]
pub(super) struct Holed {
    pub candidate: Candidate,
    pub intent: String,
    pub from_pack: bool,
    /// What was bound, for people.
    pub slots: Vec<(String, String)>,
}

impl Holed {
    /// The same for whoever asks why it is offered.
    pub(super) fn considered(self) -> Considered {
        let Candidate { command, holes, reading, confidence, .. } = self.candidate;
        Considered {
            intent: self.intent,
            from_pack: self.from_pack,
            command,
            holes,
            reading: reading.unwrap_or_default(),
            slots: self.slots,
            left: Vec::new(),
            mended: Vec::new(),
            coverage: confidence,
            doubt: 0.0,
            confidence,
            margin: None,
            sureness: Sureness::Open,
        }
    }
}

/// A sentence and the nouns that it leaves open.
pub(super) struct OpenSentence<'a> {
    query: &'a str,
    verb: String,
    open: Vec<Open>,
    /// Words that an article keeps from being names.
    said: Vec<String>,
}

impl<'a> OpenSentence<'a> {
    /// Looks for what the sentence leaves open; `None` when there is nothing.
    pub(super) fn of(query: &'a str, translator: &Translator) -> Option<Self> {
        let tokens: Vec<Token> = tokens::pieces(query, &translator.lexicon)?;
        let is_english = |word: &str| {
            let known = translator.lexicon.read(word).filter(|known| !known.repaired);
            known.is_some_and(|known| known.role != Role::Name) || translator.names_word(word)
        };
        let open = sentence::open_nouns(&tokens, query, is_english);
        let said = sentence::nouns_with_article(&tokens, is_english);
        let verb = tokens.first().map(|token| token.raw.to_lowercase()).unwrap_or_default();
        (!open.is_empty()).then_some(Self { query, verb, open, said })
    }

    /// Whether a reading took a noun for the name of what the sentence leaves open: "restart a service" names none.
    pub(super) fn names_a_noun(&self, weighed: &Weighed) -> bool {
        self.open.iter().any(|open| open.is_indefinite && takes(weighed, open.word()))
    }

    /// Whether a reading that leaves nothing open may overlook that: it took the word behind a noun for a name ("make a file
    /// executable"), or one file for all that there are ("count the lines of a file"), or for none ("copy a file").
    pub(super) fn is_doubtful(&self, weighed: &Weighed) -> bool {
        let is_collection = weighed.parse.slots.is_empty() || files::is_collection(&weighed.parse);
        self.open.iter().filter(|open| open.is_indefinite).any(|open| {
            let is_one = open.is_file() && (open.is_governed || !FINDERS.contains(&self.verb.as_str()));
            takes(weighed, &open.next) || is_collection && is_one
        })
    }

    /// The commands that it means, with their holes.
    pub(super) fn readings(&self, translator: &Translator, machine: &Machine) -> Vec<Holed> {
        let mut readings: Vec<Holed> = Vec::new();
        for named in sentence::ways(self.query, &self.verb, &self.open) {
            let Some(weighed) = translator.weighed(&named.query, machine) else { continue };
            for one in weighed.into_iter().filter(|one| is_whole(one) && !self.said.iter().any(|word| takes(one, word))) {
                let Some(mut holed) = holed(one, &named, machine) else { continue };
                if readings.len() < MOST && readings.iter().all(|known| known.candidate.command != holed.candidate.command) {
                    holed.candidate.confidence -= BEHIND * readings.len() as f64;
                    readings.push(holed);
                }
            }
            // The ways are ordered: a stranger one adds nothing to what was understood.
            if !readings.is_empty() {
                break;
            }
        }
        readings
    }
}

/// Whether a reading took the word for a name.
fn takes(weighed: &Weighed, word: &str) -> bool {
    let named = weighed.parse.slots.iter().skip(usize::from(files::is_collection(&weighed.parse)));
    !word.is_empty() && named.into_iter().any(|(_, text)| text.eq_ignore_ascii_case(word))
}

/// Whether a reading with names put in would be sure, and harms nothing.
fn is_whole(weighed: &Weighed) -> bool {
    let explained = weighed.coverage.as_ref().is_some_and(|coverage| coverage.left.is_empty() && !coverage.repaired);
    weighed.is_offered() && weighed.confidence >= SURE && explained && !weighed.parse.destructive
}

fn holed(weighed: Weighed, named: &Named, machine: &Machine) -> Option<Holed> {
    let Parse { intent, from_pack, commands, reading, slots, .. } = weighed.parse;
    let (command, holes) = command::with_holes(commands.first()?, named, machine.shell)?;
    let in_words = |text: &str| command::in_words(text, named);
    let slots = slots.into_iter().filter_map(|(name, text)| Some((name, in_words(&text)?))).collect();
    let candidate = Candidate { command, holes, reading: in_words(&reading), origin: Origin::Offline, confidence: CONFIDENCE };
    (candidate.holes.len() <= MOST_HOLES + 1).then_some(Holed { candidate, intent, from_pack, slots })
}
