use super::bind::{Binder, Bindings};
use super::format::{Cues, Intent};
use super::wording::Rendered;
use crate::offline::budget::Budget;
use crate::offline::lexicon::Lexicon;
use crate::offline::machine::Machine;
use crate::offline::parse::Parse;
use crate::offline::slots::Value;
use crate::offline::tokens::{Said, Token};

/// Longer sentences hold conditions that an intent does not know.
const LONG: usize = 9;
const LONG_DOUBT: f64 = 0.3;

/// What every intent is matched against.
#[derive(Debug, Clone, Copy)]
pub(in crate::offline) struct Sentence<'a> {
    pub query: &'a str,
    pub tokens: &'a [Token],
    pub said: &'a Said,
    pub lexicon: &'a Lexicon,
    pub machine: &'a Machine,
    pub budget: &'a Budget,
}

/// A sentence that says what an intent needs, and what its slots were bound to.
#[derive(Debug)]
pub(in crate::offline) struct BoundIntent {
    bindings: Bindings,
    explained: u64,
    bound: u64,
    weight: f64,
}

/// Binds the sentence, if every group of needed words is said and every required slot can be bound.
pub(in crate::offline) fn bind_intent(cues: &Cues, sentence: Sentence<'_>) -> Option<BoundIntent> {
    let Sentence { query, tokens, said, lexicon, budget, .. } = sentence;
    if !budget.step() || !cues.need.iter().all(|group| said.has_any(group)) || said.has_any(&cues.not) {
        return None;
    }
    let mut binder = Binder { query, tokens, lexicon, explained: 0, reserved: 0, bound: 0, bindings: Bindings::default() };
    let mut weight = 0.0;
    let mut fuzzy_groups = Vec::new();
    for group in &cues.need {
        let places = marks(tokens, |token| token.exact_lemma().is_some_and(|lemma| group.contains(&lemma)));
        if places == 0 {
            fuzzy_groups.push(group);
        }
        binder.explained |= places;
        weight += 1.0;
    }
    for group in fuzzy_groups {
        let places = marks(tokens, |token| token.lemma().is_some_and(|lemma| group.contains(&lemma)));
        if places == 0 {
            return None;
        }
        binder.explained |= places;
    }
    for (name, words) in &cues.flags {
        let places = marks(tokens, |token| token.lemma().is_some_and(|lemma| words.contains(&lemma)));
        if places != 0 {
            binder.explained |= places;
            let said: Vec<&str> =
                tokens.iter().enumerate().filter(|(at, _)| places & (1 << at) != 0).map(|(_, token)| token.raw.as_str()).collect();
            binder.bindings.set_flag(name, &said.join(" "));
            weight += 1.0;
        }
    }
    binder.reserved = marks(tokens, |token| token.lemma().is_some_and(|lemma| cues.may.contains(&lemma)));
    for spec in &cues.slots {
        let before = binder.explained;
        if !budget.step() || !binder.bind(spec) {
            return None;
        }
        if binder.explained != before {
            weight += 1.0;
        }
    }
    binder.explained |= binder.reserved;
    // A repeated working directory ("here") asks for what happens anyway.
    binder.explained |= marks(tokens, |token| matches!(token.value, Value::Here));
    Some(BoundIntent { explained: binder.explained, bound: binder.bound, bindings: binder.bindings, weight })
}

impl BoundIntent {
    /// What the intent makes of it, if one of its commands applies.
    pub(in crate::offline) fn parse(&self, intent: &Intent, sentence: Sentence<'_>) -> Option<Parse> {
        let (Sentence { tokens, machine, .. }, answer) = (sentence, &intent.answer);
        if answer.destructive && (self.bindings.any_default() || overlooks_recursion(tokens, self.explained)) {
            return None;
        }
        let Rendered { commands, reading } = answer.wording.write(&self.bindings, machine)?;
        Some(Parse {
            intent: answer.id.clone(),
            from_pack: answer.written.is_some(),
            slots: self.bindings.shown(),
            commands,
            reading,
            explained: self.explained,
            bound: self.bound,
            destructive: answer.destructive,
            // A long sentence about changing things says more than the words of an intent.
            doubt: if answer.destructive && tokens.len() > LONG { answer.doubt + LONG_DOUBT } else { answer.doubt },
            weight: self.weight + 3.0 * f64::from(intent.priority),
            coverage: None,
        })
    }
}

/// "delete all … recursively" asks for more than a command that does not descend.
fn overlooks_recursion(tokens: &[Token], explained: u64) -> bool {
    tokens.iter().enumerate().any(|(at, token)| explained & (1 << at) == 0 && token.raw.to_lowercase().starts_with("recurs"))
}

fn marks(tokens: &[Token], test: impl Fn(&Token) -> bool) -> u64 {
    tokens.iter().enumerate().filter(|(_, token)| test(token)).fold(0, |set, (at, _)| set | 1 << at)
}
