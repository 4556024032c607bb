//! What is counted of a day: answers by what gave them, with how long they took, and calls by model.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::{Day, Money, Price};
use crate::suggest::ports::{Callee, EndedCall, Held};

/// The upper edges of the times that answers are sorted by, in milliseconds; a last place is for those beyond.
pub const EDGES: [u64; 14] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 500, 1024, 2048, 4096, 8192];

/// Models that are told apart on one day; the rest of them is counted as one.
const MOST_MODELS: usize = 64;
/// What the rest is called.
const OTHER: &str = "_other";
/// Longest name that is kept.
const LONGEST: usize = 128;

/// Answers of one source, by how long they took.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Times(Vec<u64>);

impl Times {
    fn add(&mut self, took: Duration) {
        let place = EDGES.partition_point(|edge| Duration::from_millis(*edge) < took);
        self.0.resize(self.0.len().max(place + 1), 0);
        self.0[place] += 1;
    }

    fn merge(&mut self, other: &Self) {
        self.0.resize(self.0.len().max(other.0.len().min(EDGES.len() + 1)), 0);
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine = mine.saturating_add(*theirs);
        }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// How many there are within each edge and beyond the one before, those beyond all last.
    pub fn places(&self) -> [u64; EDGES.len() + 1] {
        std::array::from_fn(|place| self.0.get(place).copied().unwrap_or_default())
    }

    /// The edge within which so many of 100 are, in milliseconds; `None` where that is beyond all edges or there are none.
    pub fn within(&self, share: u64) -> Option<u64> {
        let wanted = (u128::from(self.count()) * u128::from(share)).div_ceil(100).max(1);
        let mut seen = 0_u128;
        let place = self.0.iter().position(|count| {
            seen += u128::from(*count);
            seen >= wanted
        })?;
        EDGES.get(place).copied()
    }
}

/// Calls to one model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Calls {
    /// How many ended.
    #[serde(rename = "c")]
    pub calls: u64,
    /// Tokens that were read.
    #[serde(rename = "i")]
    pub input: u64,
    /// Tokens that were written.
    #[serde(rename = "o")]
    pub output: u64,
    /// Calls of which nobody told how many tokens they took.
    #[serde(rename = "g", skip_serializing_if = "is_zero")]
    pub guessed: u64,
    /// Calls whose price nobody knows.
    #[serde(rename = "u", skip_serializing_if = "is_zero")]
    pub unpriced: u64,
    /// Calls that cost nothing.
    #[serde(rename = "f", skip_serializing_if = "is_zero")]
    pub free: u64,
    /// Tokens that are used or set aside.
    #[serde(rename = "t")]
    pub held_tokens: i64,
    /// Billionths of a dollar that are spent or set aside.
    #[serde(rename = "n")]
    pub parts: i64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Calls {
    /// What they cost, as far as anybody knows.
    pub fn money(&self) -> Money {
        Money(self.parts)
    }

    /// Adds others to these.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in [
            (&mut self.calls, other.calls),
            (&mut self.input, other.input),
            (&mut self.output, other.output),
            (&mut self.guessed, other.guessed),
            (&mut self.unpriced, other.unpriced),
            (&mut self.free, other.free),
        ] {
            *mine = mine.saturating_add(theirs);
        }
        self.held_tokens = self.held_tokens.saturating_add(other.held_tokens);
        self.parts = self.parts.saturating_add(other.parts);
    }
}

/// What is counted of a day, or a part of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Row {
    /// Answers, by what gave them.
    #[serde(rename = "a", skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<String, Times>,
    /// Calls, by provider and model.
    #[serde(rename = "m", skip_serializing_if = "BTreeMap::is_empty")]
    pub models: BTreeMap<String, BTreeMap<String, Calls>>,
}

impl Row {
    pub(super) fn answered(&mut self, source: &str, took: Duration) {
        self.answers.entry(source.to_owned()).or_default().add(took);
    }

    /// What a call takes at most is set aside.
    pub(super) fn held(&mut self, held: &Held) {
        let tokens = signed(held.tokens);
        self.add(&held.callee, &Calls { held_tokens: tokens, parts: held.money.0, ..Calls::default() });
    }

    /// A call has ended; what had been set aside for it is given back.
    pub(super) fn ended(&mut self, call: &EndedCall) {
        let cost = call.price.of(call.usage).unwrap_or_default();
        let (tokens, money) = call.held.as_ref().map_or((0, Money::default()), |held| (signed(held.tokens), held.money));
        // One that took nothing was refused, and says nothing of a price.
        let is_answered = call.usage.total() > 0;
        self.add(
            &call.callee,
            &Calls {
                calls: u64::from(call.was_made),
                input: call.usage.input,
                output: call.usage.output,
                guessed: u64::from(call.is_guessed),
                unpriced: u64::from(is_answered && call.price == Price::Unknown),
                free: u64::from(is_answered && call.price == Price::Free),
                held_tokens: if call.price == Price::Free { 0 } else { signed(call.usage.total()).saturating_sub(tokens) },
                parts: (cost - money).0,
            },
        );
    }

    fn add(&mut self, callee: &Callee, calls: &Calls) {
        self.at(&callee.provider, &callee.model).merge(calls);
    }

    fn at(&mut self, provider: &str, model: &str) -> &mut Calls {
        let known: usize = self.models.values().map(BTreeMap::len).sum();
        let is_known = self.models.get(provider).is_some_and(|models| models.contains_key(model));
        let is_short = provider.len() <= LONGEST && model.len() <= LONGEST;
        let (provider, model) = if is_short && (is_known || known < MOST_MODELS) { (provider, model) } else { (OTHER, OTHER) };
        self.models.entry(provider.to_owned()).or_default().entry(model.to_owned()).or_default()
    }

    /// Adds another part of the day to this one.
    pub(super) fn merge(&mut self, other: &Self) {
        for (source, times) in &other.answers {
            self.answers.entry(source.clone()).or_default().merge(times);
        }
        for (provider, models) in &other.models {
            for (model, calls) in models {
                self.at(provider, model).merge(calls);
            }
        }
    }

    /// What calls took of which nothing else is known any more.
    pub(super) fn lost(calls: Calls) -> Self {
        let mut row = Self::default();
        *row.at(OTHER, OTHER) = calls;
        row
    }

    pub(super) fn calls(&self) -> impl Iterator<Item = &Calls> {
        self.models.values().flat_map(BTreeMap::values)
    }
}

fn signed(tokens: u64) -> i64 {
    i64::try_from(tokens).unwrap_or(i64::MAX)
}

/// All days that are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Days(pub(super) BTreeMap<Day, Row>);

impl Days {
    /// The days from this one on, as one. A clock that was set back makes no day uncounted.
    pub fn since(&self, day: Day) -> Row {
        let mut sum = Row::default();
        self.0.range(day..).for_each(|(_, row)| sum.merge(row));
        sum
    }

    /// What is spent or set aside from this day on.
    pub fn spent_since(&self, day: Day) -> Money {
        self.0.range(day..).flat_map(|(_, row)| row.calls()).map(Calls::money).sum()
    }

    /// The tokens that are used or set aside from this day on.
    pub fn tokens_since(&self, day: Day) -> u64 {
        let sum = self.0.range(day..).flat_map(|(_, row)| row.calls()).fold(0_i64, |sum, calls| sum.saturating_add(calls.held_tokens));
        u64::try_from(sum).unwrap_or_default()
    }

    /// The first day of which anything is known.
    pub fn first(&self) -> Option<Day> {
        self.0.keys().next().copied()
    }

    pub(super) fn add(&mut self, day: Day, row: &Row) {
        self.0.entry(day).or_default().merge(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Rate, Usage};

    fn callee(model: &str) -> Callee {
        Callee { provider: "p".to_owned(), model: model.to_owned() }
    }

    fn ended(model: &str, price: Price, held: Option<Held>) -> EndedCall {
        EndedCall { callee: callee(model), usage: Usage { input: 100, output: 10 }, is_guessed: false, price, held, was_made: true }
    }

    #[test]
    fn times_are_told_by_the_edge_within_which_they_are() {
        let mut times = Times::default();
        assert_eq!((times.within(50), times.count()), (None, 0));
        for millis in [0, 1, 3, 3, 100, 9000] {
            times.add(Duration::from_millis(millis));
        }
        assert_eq!((times.within(50), times.within(66), times.within(80), times.within(95)), (Some(4), Some(4), Some(128), None));
        let places = times.places();
        assert_eq!((places[0], places[2], places[7], places[14]), (2, 2, 1, 1));
        let mut twice = times.clone();
        twice.merge(&times);
        assert_eq!((twice.count(), twice.within(50)), (12, Some(4)));
    }

    #[test]
    fn what_was_set_aside_is_given_back_with_the_end_of_the_call() {
        let rate = Rate { input: Money(1_000_000), output: Money(10_000_000) };
        let held = Held { callee: callee("m"), tokens: 1000, money: Money(9_000) };
        let mut days = Days::default();
        let mut row = Row::default();
        row.held(&held);
        days.add(Day(5), &row);
        assert_eq!((days.spent_since(Day(5)), days.tokens_since(Day(5))), (Money(9_000), 1000));
        let mut row = Row::default();
        row.ended(&ended("m", Price::Known(rate), Some(held)));
        row.ended(&ended("free", Price::Free, None));
        row.ended(&ended("odd", Price::Unknown, None));
        days.add(Day(5), &row);
        assert_eq!((days.spent_since(Day(5)), days.tokens_since(Day(5))), (Money(200), 220), "a model here takes no one's tokens");
        let models = &days.since(Day(0)).models["p"];
        assert_eq!((models["m"].calls, models["m"].input, models["m"].unpriced), (1, 100, 0));
        assert_eq!((models["odd"].unpriced, models["free"].free, models["odd"].parts), (1, 1, 0));
        assert_eq!((days.spent_since(Day(6)), days.spent_since(Day(-1))), (Money(0), Money(200)));
    }

    #[test]
    fn a_day_holds_so_many_models_and_no_more() {
        let mut row = Row::default();
        for number in 0..100 {
            row.ended(&ended(&number.to_string(), Price::Unknown, None));
        }
        row.ended(&ended(&"x".repeat(1000), Price::Unknown, None));
        assert_eq!(row.calls().count(), MOST_MODELS + 1);
        assert_eq!(row.models[OTHER][OTHER].calls, 37);
        assert_eq!(row.calls().map(|calls| calls.calls).sum::<u64>(), 101);
    }
}
