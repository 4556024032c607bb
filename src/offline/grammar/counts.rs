//! Places in a row, ranges of lines and the characters between fields.

use super::slots::number;
use super::words::Word;
use crate::offline::slots::Value;

pub(super) const ORDINALS: [&str; 12] =
    ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"];

/// "second", "3rd", "3", as a number.
pub(super) fn ordinal(word: &Word) -> Option<u64> {
    if let Value::Number(number) = word.value {
        return Some(number).filter(|number| *number > 0);
    }
    let place = ORDINALS.iter().position(|name| word.is_word() && word.low == *name);
    let digits = || {
        let digits = word.raw.len() - word.raw.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (digits, ending) = word.raw.split_at(digits);
        matches!(ending.to_lowercase().as_str(), "st" | "nd" | "rd" | "th" | "'th").then(|| digits.parse().ok())?
    };
    place.map(|place| place as u64 + 1).or_else(digits)
}

/// "5-10", "5 to 10", "5 through 10", "5 and 10".
pub(super) fn range(words: &[Word], at: usize) -> Option<(usize, (u64, u64))> {
    if let Some(Value::Range(from, to)) = words.get(at).map(|word| &word.value) {
        return Some((at + 1, (*from, *to)));
    }
    if let Some((from, to)) = words.get(at).and_then(|word| word.raw.split_once([',', ':'])) {
        return Some((at + 1, (from.parse().ok()?, to.parse().ok()?)));
    }
    let (end, from) = number(words, at)?;
    let joined = ["to", "through", "until", "till", "thru", "up"].iter().any(|word| words.get(end).is_some_and(|w| w.is(word)));
    let next = if words.get(end).is_some_and(|word| word.is("up")) { end + 2 } else { end + 1 };
    let (end, to) = joined.then(|| number(words, next))??;
    (from <= to).then_some((end, (from, to)))
}

pub(super) const DELIMITERS: &[(&str, &str)] = &[
    ("comma", ","),
    ("csv", ","),
    ("tab", "\\t"),
    ("tabulator", "\\t"),
    ("tsv", "\\t"),
    ("space", " "),
    ("blank", " "),
    ("colon", ":"),
    ("semicolon", ";"),
    ("semi-colon", ";"),
    ("pipe", "|"),
    ("dot", "."),
    ("period", "."),
    ("dash", "-"),
    ("hyphen", "-"),
    ("underscore", "_"),
    ("slash", "/"),
    ("newline", "\\n"),
    ("linebreak", "\\n"),
    ("equals", "="),
    ("plus", "+"),
];

/// "comma", "commas", "comma-separated", "';'": the character.
pub(super) fn delimiter(word: &Word) -> Option<String> {
    if matches!(word.value, Value::Quoted) {
        let short = word.raw.chars().count() <= 2;
        return short.then(|| word.raw.clone());
    }
    if word.raw.chars().count() == 1 && !word.raw.starts_with(char::is_alphanumeric) {
        return Some(word.raw.clone());
    }
    let stem =
        word.low.trim_end_matches("-separated").trim_end_matches("-delimited").trim_end_matches("-seperated").trim_end_matches("-sep");
    let known = |stem: &str| DELIMITERS.iter().find(|(name, _)| *name == stem).map(|(_, text)| (*text).to_owned());
    let singular = stem.strip_suffix("es").filter(|_| stem == "slashes" || stem == "dashes").or_else(|| stem.strip_suffix('s'));
    word.is_word().then(|| known(stem).or_else(|| singular.and_then(known)))?
}
