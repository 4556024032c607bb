//! What an integration reads: records of three fields, each ended by a NUL, none of which can hold a control character.

use std::time::{Duration, Instant};

use super::aloud;
use super::present::{self, Shown};
use crate::domain::{Candidate, Origin, ShellFacts, visible};
use crate::protocol::Answer;
use crate::validate::{Policy, judge};

/// Most rows of a line that is read aloud.
const MOST_ROWS: usize = 100;

/// Records in the order in which they are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records(String);

impl Records {
    /// Adds one. `text` passed the gate or was made visible by its writer.
    pub fn add(&mut self, kind: &str, text: &str, note: &str) {
        for field in [kind, text, &visible(note)] {
            self.0.push_str(field);
            self.0.push('\0');
        }
    }

    /// These, and the others behind them.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.push_str(&others.0);
        self
    }

    /// The bytes as they are read.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same, for who sends them.
    pub fn into_text(self) -> String {
        self.0
    }
}

/// Who asked, and how long there is to look around.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The asking shell.
    pub facts: &'a ShellFacts,
    /// When it asked.
    pub started: Instant,
    /// How long files may be counted.
    pub count_limit: Duration,
    /// Whether a lower bound is good enough when that was too short.
    pub patient: bool,
    /// Whether other ways may be asked for by the next press of the key.
    pub may_widen: bool,
}

/// What became of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offered {
    /// There is something to put into a buffer.
    Given,
    /// None of it may stand in a buffer.
    Withheld,
    /// There was not the time to look at what it reaches; nothing was written.
    Late,
}

/// Writes the suggestions that a question came to, and what is to be said beside them.
pub fn offer(shown: &mut [Shown], answer: &Answer, asker: &Asker<'_>, records: &mut Records) -> Offered {
    // One Enter runs every line of a buffer, so only what can be read as one line, and at a glance, is put there.
    let (others, mut single): (Vec<_>, Vec<_>) = shown.iter_mut().partition(|suggestion| present::stays_out(suggestion.command()));
    if !present::examine_within(&mut single, asker.facts, asker.count_limit) && !asker.patient {
        return Offered::Late;
    }
    for suggestion in &single {
        if suggestion.has_holes() {
            records.add("holes", &suggestion.holes(), "");
        }
        if let Some(reading) = suggestion.aloud(asker.facts) {
            records.add("reading", &visible(&reading), "");
        }
        records.add("cmd", suggestion.command(), &suggestion.note());
    }
    if single.is_empty() && !others.is_empty() {
        let what = if others.iter().any(|other| other.command().contains('\n')) { "has several lines" } else { "is longer than a window" };
        records.add("msg", &format!("the answer {what} and stays out of the buffer; `gptos translate` prints it"), "");
        return Offered::Withheld;
    }
    if let Some(name) = &answer.more {
        records.add("more", &visible(name), "");
    }
    // A provider that has just answered would be asked once more for it.
    if asker.may_widen && single.first().is_some_and(|best| best.is_sure() && !best.is_fresh_from_provider()) {
        records.add("others", "", "");
    }
    if !answer.remarks.is_empty() {
        records.add("msg", &visible(&answer.remarks.join("; ")), "");
    }
    records.add("took", &present::took(asker.started.elapsed()), "");
    Offered::Given
}

/// Reads a line aloud and hands it back, so that it can be run. `false` when it cannot be read.
pub fn explain(line: &str, facts: &ShellFacts, policy: &Policy, records: &mut Records) -> bool {
    let Ok((rows, risk)) = aloud::rows(line, facts, policy) else { return false };
    for row in rows.iter().take(MOST_ROWS) {
        records.add("row", &visible(row), "");
    }
    let candidate = Candidate { command: line.to_owned(), holes: Vec::new(), reading: None, origin: Origin::Offline, confidence: 1.0 };
    match judge(&candidate, policy) {
        Ok(suggestion) if !suggestion.command().contains('\n') => records.add("cmd", suggestion.command(), &risk),
        Ok(_) => records.add("msg", &visible(&risk), ""),
        Err(rejection) => records.add("msg", &visible(&format!("{risk} · {rejection}")), ""),
    }
    true
}
