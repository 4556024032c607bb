use super::measures::{Unit, number};
use super::{Value, merge, word_at};
use crate::offline::lexicon::Lexicon;
use crate::offline::tokens::Token;

/// Number words and what they count.
pub(in crate::offline) const NUMBERS: [(&str, u64); 18] = [
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("fifteen", 15),
    ("twenty", 20),
    ("thirty", 30),
    ("fifty", 50),
    ("hundred", 100),
    ("thousand", 1000),
    ("dozen", 12),
];

const ORDINALS: [(&str, u64); 10] =
    [("first", 1), ("1st", 1), ("second", 2), ("2nd", 2), ("third", 3), ("3rd", 3), ("fourth", 4), ("4th", 4), ("fifth", 5), ("5th", 5)];

/// "ten" is 10; "second" is 2 in front of a column or a line. "one" stays a word: it is more often a pronoun.
pub(super) fn numbers(tokens: &mut [Token]) {
    for at in 0..tokens.len() {
        let word = word_at(tokens, at);
        let before_unit = Unit::named(&word_at(tokens, at + 1)).is_some();
        let counts_places = matches!(word_at(tokens, at + 1).as_str(), "column" | "field" | "line" | "word" | "col");
        let ordinals = ORDINALS.iter().filter(|_| counts_places);
        let number = NUMBERS.iter().chain(ordinals).find(|(name, _)| *name == word).map(|(_, number)| *number);
        if let Some(number) = number.or((word == "one" && before_unit).then_some(1)) {
            tokens[at].value = Value::Number(number);
            tokens[at].known = None;
        }
    }
}

/// "lines 5 to 10", "between 5 and 10", only next to the word "line" or "between".
pub(super) fn ranges(tokens: &mut Vec<Token>, lexicon: &Lexicon) {
    let line = lexicon.lemma("line");
    let mut at = 0;
    while at + 2 < tokens.len() {
        let near = (1..=3).any(|back| {
            at.checked_sub(back).is_some_and(|place| tokens[place].lemma().is_some() && tokens[place].lemma() == line)
                || at.checked_sub(back).is_some_and(|place| word_at(tokens, place) == "between")
        });
        let joint = matches!(word_at(tokens, at + 1).as_str(), "to" | "and" | "through" | "until" | "-");
        if let (true, true, Some(from), Some(to)) = (near, joint, number(tokens.get(at)), number(tokens.get(at + 2))) {
            let opened = at > 0 && matches!(word_at(tokens, at - 1).as_str(), "between" | "from");
            at -= usize::from(opened);
            merge(tokens, at, at + 3 + usize::from(opened), Value::Range(from, to));
        }
        at += 1;
    }
}
