//! The words that stand for secrets while a text is away.

use super::RedactError;

/// The start of the word that stands for a secret in what is kept on this machine: the same text has to give the same
/// words there, or nothing kept would be found again.
pub(super) const STABLE_STEM: &str = "HIDDENVALUE";

/// The start of the word that leaves the machine.
const STEM: &str = "hidden";
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const RANDOM_CHARACTERS: usize = 16;
/// So many characters of a placeholder in a row are no accident.
const TELLING: usize = 8;

/// A plain word that nobody can guess: 80 random bits in letters and digits, so that no shell finds syntax in it.
/// `None` when the system gives no random bytes.
pub(super) fn unguessable(text: &str) -> Option<String> {
    loop {
        let mut bytes = [0u8; RANDOM_CHARACTERS];
        getrandom::fill(&mut bytes).ok()?;
        let random: String = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
        let placeholder = format!("{STEM}{random}");
        if !text.contains(&placeholder) {
            return Some(placeholder);
        }
    }
}

/// The stable word of the secret of that number. The stem is longer when the text holds it already.
pub(super) fn stable(text: &str, number: usize) -> String {
    let mut stem = STABLE_STEM.to_owned();
    while text.contains(&stem) {
        stem.push('Z');
    }
    format!("{stem}{number}X")
}

/// Refuses a text in which a placeholder was changed: cut, in other capitals, or with something glued to its end. Then it
/// is not known what the writer meant, and the fragment means nothing to the user.
pub(super) fn check_intact<'a>(text: &str, placeholders: impl Iterator<Item = &'a str> + Clone) -> Result<(), RedactError> {
    let mut rest = text.to_owned();
    for placeholder in placeholders.clone() {
        for (at, _) in text.match_indices(placeholder) {
            if text[at + placeholder.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_') {
                return Err(RedactError::Altered);
            }
        }
        rest = rest.replace(placeholder, "\0");
    }
    let rest = rest.to_lowercase();
    for placeholder in placeholders {
        let lower = placeholder.to_lowercase();
        if lower
            .as_bytes()
            .windows(TELLING.min(lower.len()))
            .filter_map(|window| std::str::from_utf8(window).ok())
            .any(|part| rest.contains(part))
        {
            return Err(RedactError::Altered);
        }
    }
    Ok(())
}
