//! What the pipeline tells whoever counts answers, tokens and money over the days.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::domain::{Money, Price, Usage};

/// The most that may be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Caps {
    /// From midnight to midnight.
    pub day: Option<Money>,
    /// From the first of a month to the next.
    pub month: Option<Money>,
    /// In tokens, from midnight to midnight.
    pub day_tokens: Option<u64>,
}

impl Caps {
    /// Whether a call of this price is bounded by them.
    pub fn bound(&self, price: Price) -> bool {
        match price {
            Price::Free => false,
            Price::Known(_) => self.day.is_some() || self.month.is_some() || self.day_tokens.is_some(),
            Price::Unknown => self.day_tokens.is_some(),
        }
    }
}

/// Who is called.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Callee {
    /// The user's name for the provider.
    pub provider: String,
    /// The model asked for.
    pub model: String,
}

/// What a call takes at most, set aside before it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Who is called.
    pub callee: Callee,
    /// Tokens.
    pub tokens: u64,
    /// What they cost, as far as anybody knows.
    pub money: Money,
}

/// A call that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedCall {
    /// Who was called.
    pub callee: Callee,
    /// What it took.
    pub usage: Usage,
    /// Whether nobody told, so that it was guessed.
    pub is_guessed: bool,
    /// What a token costs.
    pub price: Price,
    /// What had been set aside for it.
    pub held: Option<Held>,
    /// Whether it was made at all, or only what was set aside is given back.
    pub was_made: bool,
}

/// Which cap is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// That of a day.
    Day {
        /// What is spent.
        spent: Money,
        /// What may be.
        cap: Money,
    },
    /// That of a month.
    Month {
        /// What is spent.
        spent: Money,
        /// What may be.
        cap: Money,
    },
    /// That of a day's tokens.
    Tokens {
        /// What is used.
        spent: u64,
        /// What may be.
        cap: u64,
    },
    /// It cannot be told, because the file does not answer.
    Unknown,
    /// It cannot be told, because a part of the file is damaged.
    Damaged,
}

impl Reached {
    /// The key of the configuration that sets it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Day { .. } | Self::Unknown | Self::Damaged => "spend.day",
            Self::Month { .. } => "spend.month",
            Self::Tokens { .. } => "spend.day_tokens",
        }
    }
}

/// How a line begins that says that a cap holds calls back.
pub const HELD_BACK: &str = "no provider is asked until ";

/// Twice the cap, or twice what is spent where that is more, as a word for `gptos config set`; a cap of nothing becomes none.
pub fn more_money(cap: Money, spent: Money) -> String {
    match cap.max(spent) {
        Money(0) => "none".to_owned(),
        most => format!("'{}'", most + most),
    }
}

/// The same for a cap on tokens.
pub fn more_tokens(cap: u64, spent: u64) -> String {
    match cap.max(spent) {
        0 => "none".to_owned(),
        most => most.saturating_mul(2).to_string(),
    }
}

impl fmt::Display for Reached {
    /// One line for people, with what to do.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key();
        let (spent, cap, until, more) = match self {
            Self::Day { spent, cap } => (spent.to_string(), cap.to_string(), "midnight", more_money(*cap, *spent)),
            Self::Month { spent, cap } => (spent.to_string(), cap.to_string(), "the month ends", more_money(*cap, *spent)),
            Self::Tokens { spent, cap } => (format!("{spent} tokens"), cap.to_string(), "midnight", more_tokens(*cap, *spent)),
            Self::Unknown => {
                return formatter.write_str("no provider is asked, because the file that says how much was spent cannot be used");
            }
            Self::Damaged => {
                return formatter.write_str(
                    "no provider is asked, because stats.v1 is damaged, and nobody knows how much was spent; hint: `gptos stats --mend` goes on with what can be read",
                );
            }
        };
        write!(
            formatter,
            "{HELD_BACK}{until}: {spent} of {key} = {cap} are spent and a call might pass it; hint: `gptos config set {key} {more}`"
        )
    }
}

/// Counts over the days. What it is told holds no word of anybody.
pub trait Ledger: Send + Sync {
    /// Sets aside what a call takes at most, so that no other call can spend it, here or in another process. It may block on
    /// the disk.
    ///
    /// # Errors
    /// Which cap that would pass.
    fn hold(&self, held: &Held, caps: &Caps, now: SystemTime) -> Result<(), Reached>;
    /// A call has ended. It does not touch the disk; what had been set aside is given back with the next writing.
    fn ended(&self, call: EndedCall, now: SystemTime);
    /// An answer was given. It does not touch the disk.
    fn answered(&self, source: &'static str, took: Duration, now: SystemTime);
    /// Which cap lets nothing more be spent. It may block on the disk.
    fn reached(&self, caps: &Caps, now: SystemTime) -> Option<Reached>;
    /// What is wrong with what was counted before, in one line. It may block on the disk.
    fn damage(&self) -> Option<String>;
    /// Why the last attempt to write failed, if it did.
    fn failure(&self) -> Option<String>;
    /// Writes what is not written, if that is due or `at_once`. It may block on the disk.
    fn write(&self, at_once: bool);
}
