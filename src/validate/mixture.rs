//! Words that mix scripts, so that one letter passes for another.

use unicode_width::UnicodeWidthChar;

/// Most marks that combine with one letter.
const MOST_MARKS: usize = 8;

/// Whether a word holds Latin letters and letters of another script that look like them. Greek letters inside quotes
/// stand in formulas and are left alone.
pub(super) fn is_mixed(text: &str, outside: &[(usize, char)]) -> bool {
    let unquoted = |at: usize| outside.binary_search_by_key(&at, |(place, _)| *place).is_ok();
    let (mut latin, mut other) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => latin = true,
            c if is_greek(c) && !unquoted(at) => {}
            c if is_foreign(c) => other = true,
            c if c.is_alphanumeric() => {}
            _ => (latin, other) = (false, false),
        }
        if latin && other {
            return true;
        }
    }
    false
}

/// Whether a command's name holds letters that pass for Latin ones, or signs that no program is called by.
pub(super) fn has_lookalikes(name: &str) -> bool {
    let is_odd = |c: char| !c.is_ascii() && (is_foreign(c) || is_styled(c) || !(c.is_alphanumeric() || c.width() == Some(0)));
    name.chars().any(is_odd)
}

/// Whether signs stand outside quotes that look like those the shell takes as its own.
pub(super) fn has_false_signs(outside: &[(usize, char)]) -> bool {
    let is_false = |c: char| {
        matches!(c, '\u{2044}' | '\u{2215}' | '\u{2216}' | '\u{2223}' | '\u{29f8}' | '\u{29f9}' | '\u{1c0}' | '\u{37e}')
            || matches!(c, '；' | '｜' | '＆' | '＞' | '＜' | '／' | '＼' | '＄' | '｀' | '＇' | '＂' | '～' | '－' | '＃' | '＊')
    };
    outside.iter().any(|(_, c)| is_false(*c))
}

/// Whether more marks stand on one letter than any language puts there.
pub(super) fn is_overloaded(text: &str) -> bool {
    let mut run = 0;
    text.chars().any(|c| {
        run = if c.width() == Some(0) { run + 1 } else { 0 };
        run > MOST_MARKS
    })
}

/// Letters of other scripts that look like Latin ones.
fn is_foreign(c: char) -> bool {
    is_cyrillic(c)
        || is_greek(c)
        || matches!(c, '\u{531}'..='\u{58f}' | '\u{13a0}'..='\u{13ff}' | '\u{2c80}'..='\u{2cff}' | '\u{a4d0}'..='\u{a4ff}' | '\u{ab70}'..='\u{abbf}' | '\u{10400}'..='\u{1044f}')
}

/// Latin letters in another dress: dotless, phonetic, small capitals, letterlike, Roman numerals, circled, ligatures, mathematical.
fn is_styled(c: char) -> bool {
    matches!(c, '\u{131}' | '\u{250}'..='\u{2af}' | '\u{1d00}'..='\u{1dbf}' | '\u{2070}'..='\u{209f}' | '\u{2100}'..='\u{218f}')
        || matches!(c, '\u{2460}'..='\u{24ff}' | '\u{a720}'..='\u{a7ff}' | '\u{fb00}'..='\u{fb06}' | '\u{1d400}'..='\u{1d7ff}' | '\u{1f100}'..='\u{1f1ff}')
}

fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{52f}' | '\u{2de0}'..='\u{2dff}' | '\u{a640}'..='\u{a69f}')
}

fn is_greek(c: char) -> bool {
    matches!(c, '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_disguise_are_told_from_those_in_other_languages() {
        for name in ["𝚍𝚏", "ⓓⓕ", "ᴅꜰ", "ɡit", "ﬁnd", "Ꭰf", "дf", "❯", "•", "dı"] {
            assert!(has_lookalikes(name), "{name}");
        }
        for name in ["df", "größe", "列表", "רשימה", "cafe\u{301}"] {
            assert!(!has_lookalikes(name), "{name}");
        }
        assert!(is_overloaded(&format!("a{}", "\u{301}".repeat(9))) && !is_overloaded("ำcafe\u{301} नमस्ते"));
        assert!(has_false_signs(&[(0, '；')]) && !has_false_signs(&[(0, '，'), (3, '/'), (4, '（')]));
    }
}
