//! The characters of an answer, before anybody asks what they mean.

use super::suggestion::Rejection;

/// Longest command that enters a buffer.
pub(super) const MAX_BYTES: usize = 8 * 1024;

/// Longest line of prose that is shown.
const MAX_LINE_CHARS: usize = 240;

/// Takes the outer edges off an answer and refuses it when a character inside must not reach a terminal.
pub(super) fn clean(answer: &str) -> Result<&str, Rejection> {
    if answer.len() > MAX_BYTES {
        return Err(Rejection::TooLong);
    }
    let blanks = [' ', '\t'];
    let text = answer.strip_prefix('\u{feff}').unwrap_or(answer);
    let text = text.strip_suffix('\n').unwrap_or(text).trim_matches(blanks);
    let text = text.strip_prefix("$ ").unwrap_or(text).trim_matches(blanks);
    if text.is_empty() || text == "$" {
        return Err(Rejection::Empty);
    }
    if text.starts_with('\n') || text.ends_with('\n') {
        return Err(Rejection::SeveralLines);
    }
    check_characters(text)?;
    let backslashes = text.bytes().rev().take_while(|byte| *byte == b'\\').count();
    if backslashes % 2 == 1 { Err(Rejection::TrailingBackslash) } else { Ok(text) }
}

fn check_characters(text: &str) -> Result<(), Rejection> {
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

/// What only matters outside quotes: typography at the start of a word, and gaps left for the user.
pub(super) fn check_unquoted(text: &str, outside: &[(usize, char)]) -> Result<(), Rejection> {
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
    match text.find("/path/to/") {
        Some(at) if text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric()) => {
            Err(Rejection::Placeholder("/path/to/".to_owned()))
        }
        _ => Ok(()),
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
