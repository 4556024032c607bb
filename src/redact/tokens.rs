//! Tokens that their own shape gives away.

use std::ops::Range;

use super::formats::{FORMATS, SECRET_PATHS};
use super::service_formats::SERVICE_FORMATS;
use super::value::{is_mixed, is_sample};

/// Shorter bodies are too common among names to be tokens of an unknown service.
const UNKNOWN_SERVICE_BODY: usize = 24;

/// Finds every token of a known shape, and those whose shape is that of a token though nobody published it.
pub(super) fn find(text: &str, found: &mut Vec<Range<usize>>) {
    let mut has_aws_id = false;
    let mut free_from = 0;
    for at in word_starts(text) {
        if at < free_from {
            continue;
        }
        let rest = &text[at..];
        let length = published(rest)
            .or_else(|| web_token(rest))
            .or_else(|| chat_bot(rest))
            .or_else(|| azure_client(rest))
            .or_else(|| tunnel(rest))
            .or_else(|| unknown_service(rest));
        if let Some(length) = length {
            has_aws_id |= rest.starts_with("AKIA") || rest.starts_with("ASIA");
            found.push(at..at + length);
            free_from = at + length;
        }
    }
    if has_aws_id {
        aws_secrets(text, found);
    }
    for beginning in SECRET_PATHS {
        for (at, _) in text.match_indices(beginning) {
            let start = at + beginning.len();
            let length = run(&text[start..], |c| is_kind('t', c) || c == '/' || c == ':');
            let path = text[start..start + length].trim_end_matches(['.', '/', ':']);
            // `bot<token>/method` ends at the method.
            let path = if beginning.ends_with("/bot") { path.split('/').next().unwrap_or(path) } else { path };
            if path.len() >= 8 && path.contains(|c: char| c.is_ascii_digit()) {
                found.push(start..start + path.len());
            }
        }
    }
}

/// Places where a token may begin: after anything that is no part of a word, and after an escape of JSON.
fn word_starts(text: &str) -> impl Iterator<Item = usize> {
    let mut inside = false;
    let mut previous = ' ';
    text.char_indices().filter_map(move |(at, c)| {
        let word = c.is_alphanumeric() || matches!(c, '_' | '-');
        let escape = previous == '\\' && matches!(c, 'n' | 't' | 'r');
        let starts = word && !inside;
        inside = word && !escape;
        previous = c;
        starts.then_some(at)
    })
}

/// The length of the token of a published shape at the start of `rest`.
fn published(rest: &str) -> Option<usize> {
    let first = rest.as_bytes().first()?;
    FORMATS
        .iter()
        .chain(SERVICE_FORMATS)
        .filter(|format| format.as_bytes().first().is_some_and(|byte| byte == first || *byte == b'%'))
        .find_map(|format| length_of(format, rest))
}

fn length_of(format: &str, rest: &str) -> Option<usize> {
    let mut at = 0;
    let mut open = false;
    let mut body = 0;
    // A bar of the token itself is written twice.
    for piece in format.split('|').filter(|piece| !piece.is_empty()) {
        open = false;
        let Some(class) = piece.strip_prefix('%') else {
            rest[at..].strip_prefix(piece)?;
            at += piece.len();
            body = if body == 0 && at == piece.len() { at } else { body };
            continue;
        };
        let (kind, count) = class.split_at(1);
        let kind = kind.chars().next()?;
        let (least, most) = match count.split_once('-') {
            Some((least, most)) => (least.parse().ok()?, most.parse().ok()?),
            None if count.ends_with('+') => (count.trim_end_matches('+').parse().ok()?, usize::MAX),
            None => (count.parse().ok()?, count.parse::<usize>().ok()?),
        };
        open = most == usize::MAX;
        let length = run(&rest[at..], |c| is_kind(kind, c)).min(most);
        if length < least {
            return None;
        }
        at += length;
    }
    let matched = rest[..at].trim_end_matches(['.', '-', ',', ':', '/']);
    if !open && rest[at..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
        return None;
    }
    // The rest of a longer token than published belongs to it.
    let tail = if open { run(&rest[at..], |c| is_kind('b', c)) } else { 0 };
    let length = if tail > 0 { at + tail } else { matched.len() };
    let value = &rest[..length];
    let body = &value[body.min(value.len())..];
    (is_mixed(body) && !is_sample(body) && !value.ends_with("EXAMPLE")).then_some(length)
}

/// A signed or encrypted web token: two or more parts of base64 after `eyJ`.
fn web_token(rest: &str) -> Option<usize> {
    let length = rest.strip_prefix("eyJ").map(|body| 3 + run(body, |c| is_kind('b', c) || matches!(c, '.' | '=')))?;
    let token = rest[..length].trim_end_matches('.');
    (token.contains('.') && token.len() > 30).then_some(token.len())
}

/// Telegram's `number:35 characters`, also after `bot`, and Discord's three parts.
fn chat_bot(rest: &str) -> Option<usize> {
    let bare = rest.strip_prefix("bot").unwrap_or(rest);
    let skipped = rest.len() - bare.len();
    let digits = run(bare, |c| c.is_ascii_digit());
    if (6..=12).contains(&digits) && bare[digits..].starts_with(':') {
        let secret = run(&bare[digits + 1..], |c| is_kind('b', c));
        return ((32..=40).contains(&secret) && is_mixed(&bare[digits + 1..])).then_some(skipped + digits + 1 + secret);
    }
    let parts: Vec<&str> = rest[..run(rest, |c| is_kind('b', c) || c == '.')].split('.').collect();
    match parts.as_slice() {
        [id, time, mac, ..] if (18..=30).contains(&id.len()) && (5..=7).contains(&time.len()) && (25..=45).contains(&mac.len()) => {
            (is_mixed(id) && is_mixed(mac)).then_some(id.len() + time.len() + mac.len() + 2)
        }
        _ => None,
    }
}

/// The secret of an Azure application: three characters, a digit, `Q~`, then some thirty more.
fn azure_client(rest: &str) -> Option<usize> {
    let mark = rest.find("Q~").filter(|at| *at == 4)?;
    let length = run(&rest[mark + 2..], |c| is_kind('b', c) || matches!(c, '.' | '~'));
    (length >= 30).then_some(mark + 2 + length)
}

/// The token of a tunnel service: 27 letters and digits, `_`, and 20 or more.
fn tunnel(rest: &str) -> Option<usize> {
    let id = run(rest, |c| c.is_ascii_alphanumeric());
    let secret = rest[id..].strip_prefix('_').map_or(0, |secret| run(secret, |c| c.is_ascii_alphanumeric()));
    let whole = (26..=28).contains(&id) && (20..=26).contains(&secret) && is_random(&rest[..id]);
    whole.then_some(id + 1 + secret)
}

/// A short name, `_` or `-`, and a long piece in which capitals, small letters and digits are mixed.
fn unknown_service(rest: &str) -> Option<usize> {
    let whole = run(rest, |c| is_kind('b', c));
    let body = rest[..whole].rfind(['_', '-'])? + 1;
    let name = &rest[..body];
    let digest = ["sha1-", "sha256-", "sha384-", "sha512-", "md5-"].contains(&name);
    let short =
        !digest && (3..=16).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b'-' | b'0'..=b'9'));
    let telling = whole - body >= UNKNOWN_SERVICE_BODY && is_random(&rest[body..whole]);
    let goes_on = rest[whole..].starts_with(['.', '/']);
    (short && name.starts_with(|c: char| c.is_ascii_lowercase()) && telling && !goes_on).then_some(whole)
}

/// Forty characters of base64 next to a key's name.
fn aws_secrets(text: &str, found: &mut Vec<Range<usize>>) {
    let mut from = 0;
    while from < text.len() {
        let length = run(&text[from..], |c| is_kind('s', c));
        let word = &text[from..from + length];
        if word.trim_end_matches('=').len() == 40 && is_random(word) {
            found.push(from..from + length);
        }
        from += length + text[from + length..].chars().next().map_or(1, char::len_utf8);
    }
}

/// Capitals, small letters and digits, none of them rare.
fn is_random(word: &str) -> bool {
    let count = |test: fn(&u8) -> bool| word.bytes().filter(test).count();
    count(u8::is_ascii_digit) >= 2 && count(u8::is_ascii_uppercase) >= 3 && count(u8::is_ascii_lowercase) >= 3
}

/// How many bytes from the start satisfy a test of ASCII characters.
pub(super) fn run(text: &str, test: impl Fn(char) -> bool) -> usize {
    text.bytes().position(|byte| !byte.is_ascii() || !test(char::from(byte))).unwrap_or(text.len())
}

pub(super) fn is_kind(kind: char, c: char) -> bool {
    match kind {
        'a' => c.is_ascii_alphanumeric(),
        'w' => c.is_ascii_alphanumeric() || c == '_',
        'b' => c.is_ascii_alphanumeric() || matches!(c, '_' | '-'),
        'x' => c.is_ascii_hexdigit(),
        'd' => c.is_ascii_digit(),
        'U' => c.is_ascii_uppercase() || c.is_ascii_digit(),
        'l' => c.is_ascii_lowercase() || c.is_ascii_digit(),
        's' => c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='),
        _ => c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '/' | '=' | '~' | '%'),
    }
}
