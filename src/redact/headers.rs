//! Credentials after words of a protocol: headers of HTTP, statements of databases.

use std::ops::Range;

use super::value::{Certainty, is_chosen, is_reference, is_secret, is_stand_in};
use super::words::closing;

/// Finds what stands in `Authorization:` and `Cookie:`, and after `IDENTIFIED BY` and its like.
pub(super) fn find(text: &str, lower: &str, found: &mut Vec<Range<usize>>) {
    authorization(text, lower, found);
    database_words(text, lower, found);
    cookies(text, lower, found);
}

/// The credential after `Authorization:`, `Proxy-Authorization:` and `Bearer`.
fn authorization(text: &str, lower: &str, found: &mut Vec<Range<usize>>) {
    for (at, name) in lower.match_indices("authorization") {
        let start = at + name.len();
        let lead =
            text[start..].len() - text[start..].trim_start_matches([' ', '"', '\'', '\\', ':', '=', ']', '>', '(', ',', '{', '@']).len();
        if !text[start..start + lead].contains([':', '=', ',']) {
            continue;
        }
        let start = start + lead;
        let end = text[start..].find(['"', '\'', '\n', '\\']).map_or(text.len(), |end| start + end);
        credential(text, start..end, found);
    }
    for (at, name) in lower.match_indices("bearer ") {
        let start = at + name.len();
        let end = text[start..].find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\')).map_or(text.len(), |end| start + end);
        if is_secret(&text[start..end], Certainty::Likely) {
            found.push(start..end);
        }
    }
}

/// The words of a header: a scheme and its credential, or the credential alone.
fn credential(text: &str, header: Range<usize>, found: &mut Vec<Range<usize>>) {
    let mut words = Vec::new();
    let mut at = header.start;
    for part in text[header.clone()].split(' ') {
        if !part.is_empty() {
            words.push(at..at + part.len());
        }
        at += part.len() + 1;
    }
    let known = [
        "bearer",
        "basic",
        "token",
        "digest",
        "apikey",
        "api-key",
        "bot",
        "geniekey",
        "ssws",
        "splunk",
        "key",
        "negotiate",
        "ntlm",
        "hmac",
        "oauth",
        "jwt",
        "bearertoken",
    ];
    let Some(first) = words.first() else { return };
    let scheme = words.len() > 1
        && (known.contains(&text[first.clone()].to_ascii_lowercase().as_str())
            || text[first.clone()].bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-'));
    if words.len() == 1 && known.contains(&text[first.clone()].to_ascii_lowercase().as_str()) {
        return;
    }
    for word in &words[usize::from(scheme)..] {
        let value = &text[word.clone()];
        if is_reference(value) {
            return;
        }
        // `Credential=…, Signature=…` and `token="…"` name their parts.
        let (value, start) = match value.split_once('=') {
            Some((name, inner)) if scheme && words.len() > 2 && name.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
                (inner.trim_end_matches(','), word.start + name.len() + 1)
            }
            _ => (value.trim_end_matches(','), word.start),
        };
        let certainty = if scheme && words.len() == 2 || !scheme && words.len() == 1 { Certainty::Sure } else { Certainty::Likely };
        if is_secret(value, certainty) && value.len() >= 4 {
            found.push(start..start + value.len());
        }
        // After a plain credential the header is over; what follows is the rest of a sentence.
        if words.len() != 2 && !value.contains('=') && !scheme {
            break;
        }
    }
}

/// `IDENTIFIED BY 'x'`, `PASSWORD 'x'`, `requirepass x`: a word, then the secret.
fn database_words(text: &str, lower: &str, found: &mut Vec<Range<usize>>) {
    for word in
        ["identified by ", "password ", "identified with mysql_native_password by ", "set password = ", "passphrase ", "secret ", "passwd "]
    {
        for (at, _) in lower.match_indices(word) {
            let start = at + word.len();
            let rest = &text[start..];
            let blanks = rest.len() - rest.trim_start_matches([' ', '(', '=']).len();
            let open = start + blanks;
            if text[open..].starts_with(['\'', '"'])
                && let Some(close) = closing(text, open, text.len())
                && !text[open + 1..close].is_empty()
                && is_secret(&text[open + 1..close], Certainty::Sure)
                && (is_chosen(&text[open + 1..close])
                    || word.contains("identified")
                    || lower[..at].contains("user")
                    || lower[..at].contains("role"))
            {
                found.push(open + 1..close);
            }
        }
    }
    for word in ["requirepass ", "masterauth ", "auth ", "identified by "] {
        for (at, _) in lower.match_indices(word) {
            let start = at + word.len();
            let end =
                text[start..].find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';')).map_or(text.len(), |end| start + end);
            let certainty = if word == "auth " { lower[..at].contains("redis") } else { true };
            if certainty && is_chosen(&text[start..end]) && is_secret(&text[start..end], Certainty::Likely) {
                found.push(start..end);
            }
        }
    }
}

/// Sessions in a `Cookie:` header.
fn cookies(text: &str, lower: &str, found: &mut Vec<Range<usize>>) {
    for (at, name) in lower.match_indices("cookie:") {
        let start = at + name.len();
        let end = text[start..].find(['"', '\'', '\n']).map_or(text.len(), |end| start + end);
        let mut at = start;
        for pair in text[start..end].split(';') {
            if let Some((name, value)) = pair.split_once('=')
                && value.len() >= 16
                && is_chosen(value)
                && !is_stand_in(value)
            {
                found.push(at + name.len() + 1..at + pair.len());
            }
            at += pair.len() + 1;
        }
    }
}
