//! The characters of an answer, before anybody asks what they mean.

use super::suggestion::Rejection;

/// Longest command that enters a buffer.
pub(super) const MAX_BYTES: usize = 8 * 1024;

/// Takes out every character that [`check_characters`] refuses and puts `instead` there.
pub(super) fn without_refused(text: &str, instead: &str) -> String {
    let keep = |c: char| matches!(classify(c), Class::Plain) || c == '\n';
    text.chars().map(|c| if keep(c) { c.to_string() } else { instead.to_owned() }).collect()
}

/// Longest line of prose that is shown.
const MAX_LINE_CHARS: usize = 240;

/// Refuses a text when a character in it must not reach a terminal.
pub(super) fn check_characters(text: &str) -> Result<(), Rejection> {
    let mut previous = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match classify(c) {
            Class::Plain => {}
            Class::Control if c == '\n' => {}
            Class::Joiner if previous.is_some_and(is_emoji) && (c == '\u{fe0f}' || chars.peek().copied().is_some_and(is_emoji)) => {}
            Class::Control => return Err(Rejection::Control(c)),
            Class::Direction => return Err(Rejection::Direction(c)),
            Class::Invisible | Class::Joiner => return Err(Rejection::Invisible(c)),
            Class::Unassigned => return Err(Rejection::Unassigned(c)),
        }
        // A variation selector belongs to the emoji before it.
        if c != '\u{fe0f}' {
            previous = Some(c);
        }
    }
    Ok(())
}

/// The text as people should see it when it may mislead: letters that pass for Latin ones, odd blanks and typography by
/// their numbers, a line end as `\n`.
pub(super) fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\u{370}'..='\u{52f}' | '\u{1f00}'..='\u{1fff}' | '\u{2010}'..='\u{201f}' | '\u{2212}' | '\u{3000}' => {
                shown.extend(c.escape_unicode());
            }
            c if classify(c) != Class::Plain => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

/// How manuals begin a path that the reader is to write.
const GAP_PATH: &str = "/path/to/";

/// The words of a text that begin like a path of a manual. A slash at the end makes no other word of it.
pub(super) fn gap_words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| c.is_whitespace() || "'\"`,;|&<>()=".contains(c));
    let is_gap = |word: &&str| word.find(GAP_PATH).is_some_and(|at| word[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric()));
    words.filter(is_gap).map(|word| word.trim_end_matches(['.', '?', '!', '/']))
}

/// What only matters outside quotes: typography at the start of a word, and gaps left for the user. What the user `typed`
/// is none.
pub(super) fn check_unquoted(text: &str, outside: &[(usize, char)], typed: &[String]) -> Result<(), Rejection> {
    for &(at, c) in outside {
        let starts_word = text[..at].chars().next_back().is_none_or(|before| before.is_whitespace() || before == '=');
        if starts_word && matches!(c, '\u{2018}'..='\u{201f}' | '\u{2010}'..='\u{2015}' | '\u{2212}') {
            return Err(Rejection::Typographic(c));
        }
        if c == '<'
            && let Some(gap) = angle_gap(&text[at..])
        {
            return Err(Rejection::Placeholder(gap.to_owned()));
        }
    }
    for word in text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$' | '{'))) {
        if word.starts_with("YOUR_") && word.len() > "YOUR_".len() {
            return Err(Rejection::Placeholder(word.to_owned()));
        }
    }
    match gap_words(text).find(|word| !typed.iter().any(|typed| typed == word)) {
        Some(_) => Err(Rejection::Placeholder(GAP_PATH.to_owned())),
        None => Ok(()),
    }
}

/// `<file>` as documentation writes it. `<in >out` and `<in>out` are redirects.
pub(super) fn angle_gap(text: &str) -> Option<&str> {
    let end = text.find('>')?;
    let inside = &text[1..end];
    let named = inside.starts_with(char::is_alphabetic)
        && inside.len() <= 40
        && !inside.ends_with(' ')
        && inside.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' '));
    let next = text[end + 1..].chars().next();
    (named && next.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '>' | '&' | '~' | '"' | '\''))).then(|| &text[..=end])
}

/// Prose on one line: what cannot be printed is dropped, runs of blanks become one.
pub(super) fn printable_line(text: &str) -> String {
    let visible: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| classify(*c) == Class::Plain).collect();
    let words: Vec<&str> = visible.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(MAX_LINE_CHARS).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Plain,
    Control,
    Direction,
    Invisible,
    /// Invisible, but part of many emoji.
    Joiner,
    Unassigned,
}

fn classify(c: char) -> Class {
    match c {
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' => Class::Control,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Class::Direction,
        '\u{200d}' | '\u{fe0f}' => Class::Joiner,
        '\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{1680}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' => {
            Class::Invisible
        }
        '\u{2000}'..='\u{200c}' | '\u{202f}' | '\u{205f}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{2800}' | '\u{3164}' => {
            Class::Invisible
        }
        '\u{fe00}'..='\u{fe0e}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => Class::Invisible,
        '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{fffc}' | '\u{fffd}' | '\u{f0000}'.. => Class::Unassigned,
        c if u32::from(c) & 0xfffe == 0xfffe => Class::Unassigned,
        _ => Class::Plain,
    }
}

fn is_emoji(c: char) -> bool {
    matches!(c, '\u{1f000}'..='\u{1faff}' | '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{27bf}' | '\u{2934}'..='\u{2935}' | '\u{2b00}'..='\u{2bff}' | '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2122}' | '\u{2139}')
}
