//! What is missing in a command, by a table: each becomes a hole.

use super::words::Piece;

const MISSING: &str = include_str!("missing.txt");

/// The names of what has to follow these words, of which the last may be an option that takes a value; empty when nothing has
/// to, or nobody knows.
pub(super) fn after(words: &[Piece]) -> Vec<&'static str> {
    let texts: Vec<&str> = words.iter().map(|word| word.value.as_str()).collect();
    let Some((program, last)) = texts.first().zip(texts.last()) else { return Vec::new() };
    let mut best: Option<(usize, Vec<&'static str>)> = None;
    for line in MISSING.lines().filter(|line| !line.starts_with('#')) {
        let Some((key, names)) = line.split_once(" = ") else { continue };
        let key: Vec<&str> = key.split(' ').collect();
        let names: Vec<&str> = names.split(' ').collect();
        // `find . -name`: the option is the last word, wherever it stands.
        let by_option = key.len() == 2 && key[0] == *program && key[1] == *last && last.starts_with('-') && texts.len() > 1;
        // `grep -r foo`: of what follows the program some may be there.
        let operands: Vec<&&str> = texts.iter().skip(key.len()).filter(|text| !text.starts_with('-')).collect();
        let by_words = texts.len() >= key.len() && texts[..key.len()] == key[..] && operands.len() < names.len();
        let options_only =
            texts.iter().skip(key.len()).any(|text| text.starts_with('-')) && *last != texts[key.len() - 1] && last.starts_with('-');
        let (weight, left) = match (by_option, by_words && !options_only) {
            (true, _) => (10, names),
            (false, true) => (key.len(), names[operands.len()..].to_vec()),
            _ => continue,
        };
        if best.as_ref().is_none_or(|(other, _)| weight > *other) {
            best = Some((weight, left));
        }
    }
    best.map(|(_, names)| names).unwrap_or_default()
}
