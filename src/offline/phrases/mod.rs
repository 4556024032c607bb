//! Commands whose options are said in words: a sentence names a command ("split X") and then says, in any order, what else
//! is wanted ("into files of 1000 lines", "with prefix part-"). Each of them is a pattern that binds slots or sets a flag.

mod format;

pub(super) use format::{LatePhrase, Phrase, PhraseFile, RawPhrase, prepare};

use std::sync::Arc;

use super::OVERLOOKED;
use super::budget::Budget;
use super::grammar::{Bound, Caught, Pattern, Word};
use super::intents::{Bindings, Filled, Rendered};
use super::machine::Machine;
use super::parse::{Coverage, Parse};

/// What the phrases of whole files are not about, as far as it was looked at for one sentence.
#[derive(Debug, Default)]
pub(super) struct Refusals(Vec<(*const Pattern, bool)>);

impl Refusals {
    fn refuses(&mut self, not: &Arc<[Pattern]>, words: &[Word], budget: &Budget) -> bool {
        if let Some((_, refuses)) = self.0.iter().find(|(of, _)| *of == not.as_ptr()) {
            return *refuses;
        }
        let refuses = not.iter().any(|pattern| (0..words.len()).any(|at| pattern.matches(words, at, budget).is_some()));
        self.0.push((not.as_ptr(), refuses));
        refuses
    }
}

/// A sentence that fits a phrase, and what its slots were bound to.
#[derive(Debug)]
pub(super) struct FittingPhrase {
    bindings: Bindings,
    taken: f64,
    repairs: u32,
    left: f64,
    unread: Vec<String>,
}

/// Reads the sentence as this phrase.
pub(super) fn fit_phrase(phrase: &Phrase, words: &[Word], budget: &Budget, refusals: &mut Refusals) -> Option<FittingPhrase> {
    let mut unread = Vec::new();
    let mut reading =
        Reading { phrase, words, budget, bindings: Bindings::default(), used: Vec::new(), said: false, taken: 0.0, repairs: 0 };
    let (mut at, mut left, mut negated) = (0, 0.0, false);
    while at < words.len() {
        if let Some(end) = reading.step(at, negated) {
            negated = false;
            at = end;
            continue;
        }
        let word = &words[at];
        if word.is("@neg") {
            negated = true;
        } else if !word.is_noise() && !word.is("or") {
            if !word.is_word() {
                return None;
            }
            left += word.weight(at == 0);
            unread.push(word.raw.clone());
        }
        at += 1;
    }
    // What the naming pattern bound itself need not be said again.
    for option in &phrase.options {
        let bound = |pattern: &Pattern| pattern.slots().next().is_some() && pattern.slots().all(|slot| reading.bindings.has_slot(slot));
        if !reading.used.contains(&option.name) && option.patterns.iter().any(bound) {
            reading.bindings.set_flag(&option.name, "");
        }
    }
    if negated || !reading.said || left > 2.5 {
        return None;
    }
    // `command file > file` would empty the file before it is read.
    if reading.bindings.is_doubled("out") {
        if !phrase.options.iter().any(|option| option.name == "inplace") {
            return None;
        }
        reading.bindings.set_flag("inplace", "");
        reading.bindings.forget("save");
        reading.bindings.forget("out");
    }
    if refusals.refuses(&phrase.not, words, budget) {
        return None;
    }
    let Reading { bindings, taken, repairs, .. } = reading;
    Some(FittingPhrase { bindings, taken, repairs, left, unread })
}

impl FittingPhrase {
    /// What the phrase makes of it, if one of its commands applies.
    pub(super) fn parse(&self, phrase: &Phrase, words: &[Word], machine: &Machine) -> Option<Parse> {
        let Self { bindings, taken, repairs, left, unread } = self;
        let answer = &phrase.answer;
        let overwrites = phrase.options.iter().any(|option| option.destructive && bindings.is_bound(&option.name));
        let destructive = answer.destructive || overwrites || bindings.is_bound("inplace");
        // What an argument of the shell holds is not known, nor what an unknown word asks for.
        let unseen = words.iter().any(|word| word.is_variable() && word.raw[1..].starts_with(|c: char| c.is_ascii_digit()));
        if destructive && (*repairs > 0 || unseen || *left >= OVERLOOKED) {
            return None;
        }
        let Rendered { commands, reading } = answer.wording.write(bindings, machine)?;
        let share = 0.6 - 0.04 * f64::min(taken + left, 6.0);
        let confidence = f64::clamp(0.95 - left * share - 0.08 * f64::from(*repairs), 0.0, 1.0);
        Some(Parse {
            intent: answer.id.clone(),
            from_pack: answer.written.is_some(),
            slots: bindings.shown(),
            commands,
            reading,
            explained: u64::MAX,
            bound: u64::MAX,
            destructive,
            doubt: answer.doubt,
            // It names the command itself, where others only explain the words.
            weight: 1.5 * taken + if phrase.back { 1.5 } else { 2.5 },
            coverage: Some(Coverage { confidence, repaired: *repairs > 0, left: unread.clone() }),
        })
    }
}

struct Reading<'a> {
    phrase: &'a Phrase,
    words: &'a [Word],
    budget: &'a Budget,
    bindings: Bindings,
    /// The options that were said.
    used: Vec<String>,
    /// Whether the command itself was named.
    said: bool,
    taken: f64,
    repairs: u32,
}

impl Reading<'_> {
    /// Takes the longest pattern at `at`; gives the place behind it.
    fn step(&mut self, at: usize, negated: bool) -> Option<usize> {
        let mut best: Option<(usize, Option<&str>, Caught)> = None;
        let mut offer = |pattern: &Pattern, flag: Option<&'_ str>| {
            if let Some((end, caught)) = pattern.matches(self.words, at, self.budget)
                && let end = pattern.trimmed(self.words, at, end)
                && end > best.as_ref().map_or(at, |best| best.0)
            {
                // The phrase outlives this call, and so do its names.
                let flag =
                    flag.and_then(|flag| self.phrase.options.iter().find(|option| option.name == flag)).map(|option| option.name.as_str());
                best = Some((end, flag, caught));
            }
        };
        if !self.said && !negated {
            self.phrase.say.iter().for_each(|pattern| offer(pattern, None));
        }
        for option in
            self.phrase.options.iter().filter(|option| option.negated == negated && (option.repeats || !self.used.contains(&option.name)))
        {
            option.patterns.iter().for_each(|pattern| offer(pattern, Some(&option.name)));
        }
        let (end, flag, caught) = best?;
        self.said |= flag.is_none();
        if let Some(flag) = flag {
            self.used.push(flag.to_owned());
            let said: Vec<&str> = self.words[at..end].iter().map(|word| word.raw.as_str()).collect();
            self.bindings.set_flag(flag, &said.join(" "));
        }
        for (name, bound) in caught.names.iter().zip(&caught.bound) {
            self.bindings.bind(name, filled(bound, self.words)?);
        }
        let taken = &self.words[at..end];
        self.taken += taken.iter().filter(|word| !word.is_light()).count() as f64;
        // A name is taken as it is written.
        let is_name = |word: &Word| {
            caught.bound.iter().any(|bound| {
                matches!(bound, Bound::Text(text) if *text == word.raw) || matches!(bound, Bound::List(list) if list.contains(&word.raw))
            })
        };
        self.repairs += u32::try_from(taken.iter().filter(|word| word.repaired && !is_name(word)).count()).unwrap_or(u32::MAX);
        Some(end)
    }
}

/// A slot's value in the form in which templates take it.
fn filled(bound: &Bound, words: &[Word]) -> Option<Filled> {
    let is_variable = |text: &str| words.iter().any(|word| word.is_variable() && word.raw == text);
    match bound {
        Bound::Text(text) => Some(Filled::path(vec![text.clone()], is_variable(text))),
        Bound::List(list) => {
            let variables = list.iter().filter(|text| is_variable(text)).count();
            Some(Filled::path(list.clone(), variables > 0))
        }
        Bound::Number(number) => Some(Filled::path(vec![number.to_string()], false)),
        Bound::Place(place) => Some(Filled::path(place.roots.clone(), place.roots.iter().any(|root| is_variable(root)))),
        Bound::Size(sizes) => match sizes.as_slice() {
            [size] => Some(Filled::path(vec![size.find_operand()], false)),
            _ => None,
        },
        Bound::Age(_) => None,
    }
}
