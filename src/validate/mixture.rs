//! Words that mix scripts, so that one letter passes for another.

/// Whether a word holds Latin letters and letters of another script that look like them. Greek letters inside quotes
/// stand in formulas and are left alone.
pub(super) fn is_mixed(text: &str, outside: &[(usize, char)]) -> bool {
    let unquoted = |at: usize| outside.binary_search_by_key(&at, |(place, _)| *place).is_ok();
    let (mut latin, mut other) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => latin = true,
            c if is_cyrillic(c) => other = true,
            c if is_greek(c) && unquoted(at) => other = true,
            c if c.is_alphanumeric() => {}
            _ => (latin, other) = (false, false),
        }
        if latin && other {
            return true;
        }
    }
    false
}

/// Whether a name holds letters that pass for Latin ones.
pub(super) fn has_lookalikes(name: &str) -> bool {
    name.chars().any(|c| is_cyrillic(c) || is_greek(c))
}

fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{52f}' | '\u{2de0}'..='\u{2dff}' | '\u{a640}'..='\u{a69f}')
}

fn is_greek(c: char) -> bool {
    matches!(c, '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}')
}
