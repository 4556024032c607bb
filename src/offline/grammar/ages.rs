//! Lengths of time and moments in words.

use super::measures::{Length, Span};
use super::slots::{is, is_any, number};
use super::words::Word;
use crate::offline::slots::{Unit, Value};

const MONTHS: &[&str] =
    &["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];
const WEEKDAYS: &[&str] = &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// The number of a month, whole or cut to three letters or more.
pub(super) fn month(word: &str) -> Option<usize> {
    let found = MONTHS.iter().position(|month| word.len() >= 3 && month.starts_with(word));
    found.map(|at| at + 1)
}

/// "7 days", "a week", "24 hours", "30min".
pub(super) fn length(words: &[Word], at: usize) -> Option<(usize, Length)> {
    if let Some(Value::Duration(seconds)) = words.get(at).map(|word| &word.value) {
        let unit = [Unit::Week, Unit::Day, Unit::Hour, Unit::Minute, Unit::Second]
            .into_iter()
            .find(|unit| seconds.is_multiple_of(unit.seconds()))?;
        return Some((at + 1, Length { amount: seconds / unit.seconds(), unit }));
    }
    let (end, amount) = number(words, at).or_else(|| is_any(words, at, &["a", "an"]).then_some((at + 1, 1)))?;
    let unit = Unit::named(&words.get(end)?.low)?;
    Some((end + 1, Length { amount, unit }))
}

/// "in the last 7 days", "more than a week ago", "between 2 and 5 days ago", "since 2024-01-31", "yesterday".
pub(super) fn age(words: &[Word], at: usize) -> Option<(usize, Span)> {
    let mut at = at;
    while words.get(at).is_some_and(Word::is_light) && !is_any(words, at, &["a", "an"]) {
        at += 1;
    }
    if is(words, at, "today") {
        return Some((at + 1, Span::Day(0)));
    }
    if is(words, at, "yesterday") {
        return Some((at + 1, Span::Day(1)));
    }
    if is_any(words, at, &["between", "from"])
        && let Some(found) = between(words, at + 1)
    {
        return Some(found);
    }
    if is_any(words, at, &["since", "after", "before", "until", "on", "from"])
        && let Some((end, date)) = date(words, at + 1)
    {
        let word = &words[at].low;
        return match word.as_str() {
            "before" | "until" => Some((end, Span::Before(date))),
            "since" | "after" | "from" => Some((end, Span::Since(date))),
            _ => Some((end, Span::On(date))),
        };
    }
    let mut start = at;
    while !(is(words, start, "at") && is_any(words, start + 1, &["least", "most", "minimum", "maximum"]))
        && is_any(words, start, &["in", "within", "during", "over", "for", "since", "the", "at", "by", "of", "time", "date", "from"])
    {
        // "over 7 days" is more than that, "over the last 7 days" is not.
        if is(words, start, "over") && !is_any(words, start + 1, &["the", "last", "past"]) {
            break;
        }
        start += 1;
    }
    let within_said = start > at && (at..start).any(|place| is_any(words, place, &["in", "within", "during", "over", "for", "since"]));
    if is_any(words, start, &["last", "past", "previous", "preceding", "recent"]) {
        let next = start + 1;
        if let Some((end, length)) = length(words, next) {
            return Some((end, Span::Within(length)));
        }
        let unit = words.get(next).and_then(|word| Unit::named(&word.low)).filter(|unit| *unit != Unit::Second)?;
        return Some((next + 1, Span::Within(Length { amount: 1, unit })));
    }
    if is(words, start, "this")
        && let Some(unit) = words.get(start + 1).and_then(|word| Unit::named(&word.low))
        && matches!(unit, Unit::Week | Unit::Month | Unit::Year)
    {
        return Some((start + 2, Span::Within(Length { amount: 1, unit })));
    }
    let (next, side) = compared(words, start);
    let (mut end, span_length) = length(words, next)?;
    let mut side = side;
    if is(words, end, "or") && is_any(words, end + 1, &["more", "older", "longer", "greater"]) {
        side = Some(Side::AtLeast);
        end += 2;
    } else if is(words, end, "or") && is_any(words, end + 1, &["less", "newer", "sooner"]) {
        side = Some(Side::Less);
        end += 2;
    }
    let ago = is_any(words, end, &["ago", "old", "back", "earlier", "before", "age", "prior"]);
    end += usize::from(ago);
    if is(words, end - 1, "before") && is(words, end, "now") {
        end += 1;
    }
    let span = match side {
        Some(Side::More) if within_said => Span::InOver(span_length),
        Some(Side::More) => Span::Older(span_length),
        Some(Side::AtLeast) => Span::Older(span_length),
        Some(Side::Less) => Span::Within(span_length),
        Some(Side::Exactly) => Span::Exactly(span_length),
        None if ago => Span::Exactly(span_length),
        None if within_said => Span::Within(span_length),
        None => return None,
    };
    Some((end, span))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    More,
    AtLeast,
    Less,
    Exactly,
}

/// "more than", "at least", "older than", "no more than", "exactly", "bigger than", "under".
pub(super) fn compared(words: &[Word], at: usize) -> (usize, Option<Side>) {
    let mut start = at;
    let negated = is_any(words, start, &["no", "not"]);
    start += usize::from(negated);
    let side = if is(words, start, "at") && is_any(words, start + 1, &["least", "minimum"]) {
        start += 2;
        Some(Side::AtLeast)
    } else if is(words, start, "at") && is_any(words, start + 1, &["most", "maximum"]) {
        start += 2;
        Some(Side::Less)
    } else if is_any(words, start, &["exactly", "precisely", "equal", "equals"]) {
        start += 1;
        Some(Side::Exactly)
    } else if is_any(words, start, &["minimum", "atleast"]) {
        start += 1;
        Some(Side::AtLeast)
    } else if is_any(
        words,
        start,
        &[
            "more",
            "greater",
            "bigger",
            "larger",
            "over",
            "above",
            "older",
            "longer",
            "exceeding",
            "exceeds",
            "exceed",
            "beyond",
            "earlier",
            "before",
            "higher",
            "heavier",
        ],
    ) {
        start += 1;
        Some(Side::More)
    } else if is_any(
        words,
        start,
        &["less", "smaller", "fewer", "under", "below", "newer", "younger", "shorter", "recent", "lower", "later", "lesser"],
    ) {
        start += 1;
        Some(Side::Less)
    } else {
        None
    };
    if side.is_none() {
        return (at, None);
    }
    while is_any(words, start, &["than", "then", "to", "the", "of", "recently"]) {
        start += 1;
    }
    let side = side.map(|side| match (negated, side) {
        (true, Side::More | Side::AtLeast) => Side::Less,
        (true, Side::Less) => Side::More,
        (_, side) => side,
    });
    (start, side)
}

/// "2 and 5 days ago", "1 day and 1 week ago".
fn between(words: &[Word], at: usize) -> Option<(usize, Span)> {
    if let Some((after, start_date)) = date(words, at) {
        let (end, end_date) = is_any(words, after, &["and", "to"]).then(|| date(words, after + 1))??;
        return Some((end, Span::Dates(start_date, end_date)));
    }
    let (mut end, first, first_unit) = match length(words, at) {
        Some((end, length)) => (end, length.amount, Some(length.unit)),
        None => number(words, at).map(|(end, amount)| (end, amount, None))?,
    };
    if !is_any(words, end, &["and", "to"]) {
        return None;
    }
    let (after, second) = length(words, end + 1)?;
    end = after + usize::from(is_any(words, after, &["ago", "old", "back"]));
    let first = Length { amount: first, unit: first_unit.unwrap_or(second.unit) };
    let (near, far) = if first.seconds() <= second.seconds() { (first, second) } else { (second, first) };
    Some((end, Span::Between(near, far)))
}

/// A date as `date -d` reads it: `2024-01-31`, "1 Jan 2024", "january 5th", "monday", "yesterday".
fn date(words: &[Word], at: usize) -> Option<(usize, String)> {
    let mut start = at;
    while words.get(start).is_some_and(Word::is_light) || is(words, start, "date") {
        start += 1;
    }
    let word = words.get(start)?;
    if matches!(word.value, Value::Date) {
        let clock = words.get(start + 1).filter(|word| matches!(word.value, Value::Time));
        return Some(match clock {
            Some(clock) => (start + 2, format!("{} {}", word.raw, clock.raw)),
            None => (start + 1, word.raw.clone()),
        });
    }
    if is_any(words, start, &["yesterday", "today"]) {
        return Some((start + 1, word.low.clone()));
    }
    if WEEKDAYS.iter().any(|day| word.is(day)) {
        return Some((start + 1, format!("last {}", word.low)));
    }
    let month = |at: usize| {
        words.get(at).filter(|word| {
            word.is_word() && word.low.len() >= 3 && MONTHS.iter().any(|month| month.starts_with(word.low.as_str()) || word.low == *month)
        })
    };
    let day = |at: usize| {
        let word = words.get(at)?;
        let digits = word.low.trim_end_matches(['s', 't', 'n', 'd', 'r', 'h', 'o', 'f']);
        digits.parse::<u32>().ok().filter(|day| (1..=31).contains(day))
    };
    let year = |at: usize| words.get(at).and_then(|word| word.low.parse::<u32>().ok()).filter(|year| (1970..2200).contains(year));
    let (mut end, text) = if let (Some(name), Some(number)) = (month(start), day(start + 1)) {
        (start + 2, format!("{} {number}", name.raw))
    } else if let (Some(number), Some(name)) =
        (day(start), month(start + 1).or_else(|| is(words, start + 1, "of").then(|| month(start + 2))?))
    {
        (start + 2 + usize::from(is(words, start + 1, "of")), format!("{number} {}", name.raw))
    } else {
        return None;
    };
    let text = match year(end) {
        Some(year) => {
            end += 1;
            format!("{text} {year}")
        }
        None => text,
    };
    Some((end, text))
}
