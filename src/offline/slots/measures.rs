use super::{Value, merge, word_at};
use crate::offline::lexicon::Lexicon;
use crate::offline::tokens::Token;

/// Which side of a measure is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::offline) enum Bound {
    /// Larger, longer ago.
    More,
    /// Smaller, more recent.
    Less,
}

/// A size as the user gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::offline) struct Size {
    pub bound: Option<Bound>,
    pub amount: u64,
    /// `c`, `k`, `M`, `G`, `T`: the letters of `find -size`.
    pub unit: char,
}

impl Size {
    /// Reads an amount and a unit; `None` if the unit is none of a size. `m` is a megabyte only beside a comparator.
    pub(in crate::offline) fn new(amount: &str, unit: &str, bound: Option<Bound>) -> Option<Self> {
        let unit = match unit {
            "b" | "byte" | "bytes" => 'c',
            "k" | "kb" | "kib" | "kilobyte" | "kilobytes" => 'k',
            "m" | "mb" | "mib" | "meg" | "megs" | "megabyte" | "megabytes" | "mbs" => 'M',
            "g" | "gb" | "gib" | "gig" | "gigs" | "gigabyte" | "gigabytes" | "gbs" => 'G',
            "t" | "tb" | "tib" | "terabyte" | "terabytes" => 'T',
            _ => return None,
        };
        if let Ok(amount) = amount.parse() {
            return Some(Self { bound, amount, unit });
        }
        let (whole, part) = amount.split_once('.')?;
        let (whole, tenths) = (whole.parse::<u64>().ok()?, part.get(..1)?.parse::<u64>().ok()?);
        let smaller = match unit {
            'k' => 'c',
            'M' => 'k',
            'G' => 'M',
            'T' => 'G',
            _ => return None,
        };
        let amount = whole.checked_mul(10)?.checked_add(tenths)?.checked_mul(1024)? / 10;
        (part.len() == 1).then_some(Self { bound, amount, unit: smaller })
    }

    /// The operand of `find -size`. `find` rounds up to the unit, so "under 1 MB" must be said in bytes.
    pub(in crate::offline) fn find_operand(&self) -> String {
        let sign = match self.bound {
            Some(Bound::More) => "+",
            Some(Bound::Less) => "-",
            None => "",
        };
        let factor: u64 = match self.unit {
            'k' => 1 << 10,
            'M' => 1 << 20,
            'G' => 1 << 30,
            _ => 1,
        };
        if self.bound == Some(Bound::Less) && self.amount == 1 && factor > 1 {
            return format!("-{factor}c");
        }
        // Blocks of 512 bytes are what `find` counts in.
        if self.unit == 'b' {
            format!("{sign}{}", self.amount)
        } else if self.unit == 'T' {
            format!("{sign}{}G", self.amount.saturating_mul(1024))
        } else {
            format!("{sign}{}{}", self.amount, self.unit)
        }
    }

    /// In words: `larger than 100 MB`.
    pub(in crate::offline) fn words(&self) -> String {
        let unit = match self.unit {
            'k' => "kB",
            'M' => "MB",
            'G' => "GB",
            'T' => "TB",
            _ => "bytes",
        };
        match self.bound {
            Some(Bound::More) => format!("larger than {} {unit}", self.amount),
            Some(Bound::Less) => format!("smaller than {} {unit}", self.amount),
            None => format!("of {} {unit}", self.amount),
        }
    }
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::offline) enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl Unit {
    pub(in crate::offline) fn named(word: &str) -> Option<Self> {
        Some(match word {
            "s" | "sec" | "secs" | "second" | "seconds" => Self::Second,
            "min" | "mins" | "minute" | "minutes" => Self::Minute,
            "h" | "hr" | "hrs" | "hour" | "hours" => Self::Hour,
            "d" | "day" | "days" => Self::Day,
            "w" | "week" | "weeks" => Self::Week,
            "month" | "months" => Self::Month,
            "y" | "year" | "years" => Self::Year,
            _ => return None,
        })
    }

    pub(in crate::offline) fn seconds(self) -> u64 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3600,
            Self::Day => 86_400,
            Self::Week => 604_800,
            Self::Month => 2_592_000,
            Self::Year => 31_536_000,
        }
    }

    pub(in crate::offline) fn name(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// How an age relates to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::offline) enum AgeKind {
    /// Within the last so much time.
    Within,
    /// Longer ago than that.
    Older,
    /// Exactly that long ago ("3 days ago").
    Ago,
    Today,
    Yesterday,
}

/// An age as the user gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::offline) struct Age {
    pub kind: AgeKind,
    pub amount: u64,
    pub unit: Unit,
}

impl Age {
    /// `10 minutes`.
    pub(in crate::offline) fn length(&self) -> String {
        format!("{} {}{}", self.amount, self.unit.name(), if self.amount == 1 { "" } else { "s" })
    }

    /// As git and journalctl read it: `10 minutes ago`, `yesterday`, `today`.
    pub(in crate::offline) fn since(&self) -> String {
        match self.kind {
            AgeKind::Today => "today".to_owned(),
            AgeKind::Yesterday => "yesterday".to_owned(),
            _ => format!("{} ago", self.length()),
        }
    }

    /// As BSD `date -v` reads it: `90d`.
    pub(in crate::offline) fn bsd(&self) -> String {
        let unit = match self.unit {
            Unit::Second => 'S',
            Unit::Minute => 'M',
            Unit::Hour => 'H',
            Unit::Day => 'd',
            Unit::Week => 'w',
            Unit::Month => 'm',
            Unit::Year => 'y',
        };
        format!("{}{unit}", self.amount)
    }
}

pub(super) fn number(token: Option<&Token>) -> Option<u64> {
    match token.map(|token| &token.value) {
        Some(Value::Number(number)) => Some(*number),
        _ => None,
    }
}

/// "bigger than 100 MB", "100MB or more", "over 1.5g", "between" is not understood.
pub(super) fn sizes(tokens: &mut Vec<Token>, lexicon: &Lexicon) {
    let mut at = 0;
    while at < tokens.len() {
        let size = match &tokens[at].value {
            Value::Size(size) => Some((size.clone(), at + 1)),
            Value::Number(_) | Value::Version => {
                let unit = word_at(tokens, at + 1);
                Size::new(&tokens[at].raw, &unit, None)
                    .or_else(|| match tokens[at].value {
                        Value::Number(number) => Size::new(&number.to_string(), &unit, None),
                        _ => None,
                    })
                    .map(|size| (size, at + 2))
            }
            _ => None,
        };
        let Some((mut size, mut end)) = size else {
            at += 1;
            continue;
        };
        let mut start = at;
        let before: Vec<String> =
            (0..3).map(|back| at.checked_sub(back + 1).map(|place| word_at(tokens, place)).unwrap_or_default()).collect();
        let named = |word: &str, list: &[&str]| {
            list.contains(&word)
                || lexicon
                    .lemma(word)
                    .is_some_and(|lemma| list.iter().any(|item| lexicon.lemma(item) == Some(lemma) && *item != "above" && *item != "below"))
        };
        for (back, word) in before.iter().enumerate() {
            let bound = if matches!(word.as_str(), "over" | "above" | "larger" | "exceeding") || named(word, &["larger"]) {
                Some(Bound::More)
            } else if matches!(word.as_str(), "under" | "below" | "smaller") || named(word, &["smaller"]) {
                Some(Bound::Less)
            } else {
                None
            };
            if let Some(bound) = bound {
                let negated = before.get(back + 1).is_some_and(|word| matches!(word.as_str(), "not" | "no"));
                if !negated {
                    size.bound = Some(bound);
                    start = at - back - 1;
                }
                break;
            }
            if !matches!(word.as_str(), "than" | "of" | "in" | "size") {
                break;
            }
        }
        if word_at(tokens, end) == "or" {
            let bound = match word_at(tokens, end + 1).as_str() {
                "more" | "larger" | "bigger" | "greater" | "above" => Some(Bound::More),
                "less" | "smaller" | "below" => Some(Bound::Less),
                _ => None,
            };
            if bound.is_some() {
                size.bound = bound;
                end += 2;
            }
        } else if matches!(word_at(tokens, end).as_str(), "in") && word_at(tokens, end + 1) == "size" {
            end += 2;
        }
        merge(tokens, start, end, Value::Size(size));
        at = start + 1;
    }
}

/// Ages: see the patterns in the body. What is not recognised stays as it was and counts as not understood.
pub(super) fn ages(tokens: &mut Vec<Token>, lexicon: &Lexicon) {
    let older = lexicon.lemma("older");
    let mut at = 0;
    while at < tokens.len() {
        if let Some((end, age)) = age_at(tokens, at) {
            let mut start = at;
            while start > 0
                && matches!(
                    word_at(tokens, start - 1).as_str(),
                    "in" | "within"
                        | "during"
                        | "from"
                        | "over"
                        | "the"
                        | "since"
                        | "for"
                        | "at"
                        | "this"
                        | "older"
                        | "newer"
                        | "larger"
                        | "smaller"
                )
                && (age.kind != AgeKind::Older || tokens[start - 1].lemma() == older)
            {
                start -= 1;
            }
            merge(tokens, start, end, Value::Age(age));
            at = start;
        }
        at += 1;
    }
}

fn age_at(tokens: &[Token], at: usize) -> Option<(usize, Age)> {
    let word = word_at(tokens, at);
    let amount_at = |place: usize| -> Option<(u64, Unit, usize)> {
        if let Some(Value::Duration(seconds)) = tokens.get(place).map(|token| &token.value) {
            return length_of(*seconds).map(|(amount, unit)| (amount, unit, place + 1));
        }
        let amount = number(tokens.get(place)).or_else(|| matches!(word_at(tokens, place).as_str(), "a" | "an").then_some(1))?;
        Unit::named(&word_at(tokens, place + 1)).map(|unit| (amount, unit, place + 2))
    };
    let age = |kind, amount, unit| Age { kind, amount, unit };
    match word.as_str() {
        "today" | "todays" | "today's" => return Some((at + 1, age(AgeKind::Today, 1, Unit::Day))),
        "yesterday" => return Some((at + 1, age(AgeKind::Yesterday, 1, Unit::Day))),
        "this" | "last" | "past" | "previous" => {
            if let Some((amount, unit, end)) = amount_at(at + 1) {
                return Some((end, age(AgeKind::Within, amount, unit)));
            }
            let unit = Unit::named(&word_at(tokens, at + 1)).filter(|unit| *unit != Unit::Second)?;
            let (amount, unit) = match unit {
                Unit::Week => (7, Unit::Day),
                Unit::Month => (30, Unit::Day),
                Unit::Year => (365, Unit::Day),
                Unit::Day if word == "this" => return None,
                unit => (1, unit),
            };
            return Some((at + 2, age(AgeKind::Within, amount, unit)));
        }
        "within" | "in" | "during" => {
            let (amount, unit, end) = amount_at(at + 1)?;
            return Some((end, age(AgeKind::Within, amount, unit)));
        }
        "older" | "newer" | "larger" | "smaller" => {
            let (amount, unit, mut end) = amount_at(at + 1)?;
            let ago = matches!(word_at(tokens, end).as_str(), "ago" | "old");
            if matches!(word.as_str(), "larger" | "smaller") && !ago {
                return None;
            }
            end += usize::from(ago);
            let kind = if matches!(word.as_str(), "older" | "larger") { AgeKind::Older } else { AgeKind::Within };
            return Some((end, age(kind, amount, unit)));
        }
        _ => {}
    }
    let (amount, unit, end) = amount_at(at)?;
    if matches!(word_at(tokens, end).as_str(), "ago") {
        return Some((end + 1, age(AgeKind::Ago, amount, unit)));
    }
    None
}

fn length_of(seconds: u64) -> Option<(u64, Unit)> {
    [Unit::Week, Unit::Day, Unit::Hour, Unit::Minute, Unit::Second]
        .into_iter()
        .find(|unit| seconds > 0 && seconds.is_multiple_of(unit.seconds()))
        .map(|unit| (seconds / unit.seconds(), unit))
}
