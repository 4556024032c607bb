//! Lengths of time, moments and places, as a sentence gives them.

use crate::offline::slots::Unit;

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::offline) struct Length {
    pub amount: u64,
    pub unit: Unit,
}

impl Length {
    pub(in crate::offline) fn seconds(self) -> u64 {
        self.amount.saturating_mul(self.unit.seconds())
    }

    pub(in crate::offline) fn words(self) -> String {
        format!("{} {}{}", self.amount, self.unit.name(), if self.amount == 1 { "" } else { "s" })
    }
}

/// How a moment relates to now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::offline) enum Span {
    Within(Length),
    Older(Length),
    /// "in over 90 days": what was not changed so long, and nothing else, can be meant.
    InOver(Length),
    Exactly(Length),
    /// The nearer one first.
    Between(Length, Length),
    /// So many days before today.
    Day(u64),
    Since(String),
    Before(String),
    On(String),
    Dates(String, String),
}

/// Where to look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::offline) struct Place {
    pub roots: Vec<String>,
    pub recursive: bool,
}
