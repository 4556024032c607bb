//! What a call to a model takes: tokens and money.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};
use std::str::FromStr;

/// The one currency of the price lists.
const CURRENCY: &str = "USD";
/// What money is counted in: a token costs less than a millionth of a dollar.
const PARTS: i64 = 1_000_000_000;

/// Tokens of a call, as the provider counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// What it read.
    pub input: u64,
    /// What it wrote, thoughts included.
    pub output: u64,
}

impl Usage {
    /// Both together.
    pub fn total(self) -> u64 {
        self.input.saturating_add(self.output)
    }
}

/// An amount in billionths of a dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Money(pub i64);

/// What a model takes for its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// For a million tokens that it reads.
    pub input: Money,
    /// For a million that it writes.
    pub output: Money,
}

/// What calls to a provider cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Price {
    /// Nothing: it runs on this machine.
    Free,
    /// So much.
    Known(Rate),
    /// Nobody here knows. That is not nothing.
    Unknown,
}

impl Price {
    /// What so many tokens cost, if that is known.
    pub fn of(self, usage: Usage) -> Option<Money> {
        match self {
            Self::Free => Some(Money(0)),
            Self::Known(rate) => Some(rate.input.for_part(usage.input) + rate.output.for_part(usage.output)),
            Self::Unknown => None,
        }
    }
}

impl Money {
    /// What `tokens` cost when a million of them cost this. A part of a billionth counts as a whole one.
    fn for_part(self, tokens: u64) -> Self {
        let exact = i128::from(self.0) * i128::from(tokens);
        Self(i64::try_from((exact + 999_999) / 1_000_000).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for Money {
    /// `12.34 USD`; a small amount has the two digits that tell something.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dollars = self.0 as f64 / PARTS as f64;
        let digits = match dollars.abs() {
            0.0 => 2,
            small if small < 0.000_000_1 => 9,
            small if small < 0.1 => (1.0 - small.log10().floor()) as usize,
            _ => 2,
        };
        write!(formatter, "{dollars:.digits$} {CURRENCY}")
    }
}

/// A text is no amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an amount such as \"2.50 USD\"")]
pub struct MoneyError;

impl FromStr for Money {
    type Err = MoneyError;

    /// Reads `2.50 USD`. The unit must be there: nobody should find out later which one was meant.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let number = text.strip_suffix(CURRENCY).ok_or(MoneyError)?.trim_end();
        let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
        let is_number = |digits: &str, most: usize| (1..=most).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole, 9) || !is_number(part, 9) {
            return Err(MoneyError);
        }
        let part = format!("{part:0<9}").parse::<i64>().map_err(|_| MoneyError)?;
        Ok(Self(whole.parse::<i64>().map_err(|_| MoneyError)? * PARTS + part))
    }
}

impl Add for Money {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Money {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Neg for Money {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_with_their_unit_and_written_so_that_they_tell_something() {
        for (text, parts) in [("2.50 USD", 2_500_000_000), ("0 USD", 0), ("0.000000001 USD", 1), ("12USD", 12_000_000_000)] {
            assert_eq!(text.parse(), Ok(Money(parts)), "{text}");
        }
        for text in ["2.50", "2.50 EUR", "-1 USD", "1. USD", ".5 USD", "1e3 USD", "1,5 USD", "USD", "", "1 000 USD", "9999999999 USD"] {
            assert_eq!(text.parse::<Money>(), Err(MoneyError), "{text}");
        }
        for (parts, text) in [
            (2_500_000_000, "2.50 USD"),
            (0, "0.00 USD"),
            (12_345_678, "0.012 USD"),
            (123_456, "0.00012 USD"),
            (1, "0.000000001 USD"),
            (123_456_789_000, "123.46 USD"),
            (-123_456, "-0.00012 USD"),
        ] {
            assert_eq!(Money(parts).to_string(), text);
        }
    }

    #[test]
    fn a_price_that_nobody_knows_is_not_nothing() {
        let rate = Rate { input: "0.15 USD".parse().unwrap(), output: "0.60 USD".parse().unwrap() };
        let usage = Usage { input: 1_000_000, output: 500_000 };
        assert_eq!(Price::Known(rate).of(usage).unwrap().to_string(), "0.45 USD");
        assert_eq!(Price::Known(rate).of(Usage { input: 1, output: 0 }), Some(Money(150)));
        assert_eq!((Price::Free.of(usage), Price::Unknown.of(usage)), (Some(Money(0)), None));
    }
}
