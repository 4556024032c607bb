//! Values whose name says that they are secrets: variables, fields, options, headers, parameters.

use std::ops::Range;

use super::value::{Certainty, is_chosen, is_secret};
use super::words::closing;

/// Ends of names, in lower case without signs, of what holds a password.
const SURE: [&str; 17] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "pass",
    "passwort",
    "kennwort",
    "psk",
    "passw",
    "userpw",
    "ownerpw",
    "inputpw",
    "wifipsk",
    "requirepass",
    "masterauth",
    "contrasena",
];
/// The same of what holds a token.
const LIKELY: [&str; 38] = [
    "secret",
    "token",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "authkey",
    "accountkey",
    "credential",
    "credentials",
    "encryptionkey",
    "signingkey",
    "masterkey",
    "appkey",
    "applicationkey",
    "licensekey",
    "servicekey",
    "subscriptionkey",
    "presharedkey",
    "sharedkey",
    "sessionkey",
    "deploykey",
    "jwt",
    "signature",
    "sessionid",
    "phpsessid",
    "jsessionid",
    "connectsid",
    "authtoken",
    "secretvalue",
    "apisecret",
    "serverkey",
    "restkey",
    "adminkey",
    "writekey",
    "integrationkey",
    "ingestkey",
    "mnemonic",
];
/// Whole names of the same kind that are too short to be ends.
const LIKELY_WHOLE: [&str; 19] = [
    "auth",
    "pat",
    "sig",
    "bearer",
    "creds",
    "cred",
    "session",
    "sid",
    "pw",
    "mypw",
    "dbpw",
    "authorization",
    "seed",
    "sessiontoken",
    "csrf",
    "otp",
    "totp",
    "webhook",
    "code_verifier",
];
const INNOCENT: [&str; 21] = [
    "bypass",
    "compass",
    "surpass",
    "trespass",
    "encompass",
    "publickey",
    "pubkey",
    "primarykey",
    "foreignkey",
    "sortkey",
    "partitionkey",
    "hostkey",
    "cachekey",
    "publishablekey",
    "sitekey",
    "objectkey",
    "groupkey",
    "metakey",
    "hotkey",
    "passkey",
    "registrykey",
];
/// Last parts of names that say something about a secret.
const ABOUT: [&str; 52] = [
    "file", "files", "path", "dir", "url", "uri", "id", "ids", "name", "names", "ttl", "expiry", "expires", "length", "size", "count",
    "type", "store", "helper", "command", "cmd", "arn", "host", "endpoint", "policy", "limit", "enabled", "prompt", "hint", "regex", "env",
    "fd", "stdin", "version", "prefix", "header", "field", "user", "username", "issuer", "audience", "manager", "cache", "timeout",
    "lifetime", "required", "min", "max", "rotation", "ref", "label", "age",
];

/// How surely something of that name is a secret; `None` when it is not.
pub(super) fn certainty(name: &str) -> Option<Certainty> {
    let plain: String = name.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    let plain = plain.trim_end_matches(|c: char| c.is_ascii_digit());
    let parts: Vec<String> = name.split(['_', '-', '.']).filter(|part| !part.is_empty()).map(str::to_ascii_lowercase).collect();
    let last = parts.last().map_or("", String::as_str);
    if plain.is_empty() || INNOCENT.iter().any(|innocent| plain.ends_with(innocent)) {
        return None;
    }
    if SURE.iter().any(|end| plain.ends_with(end)) || matches!(last, "pw" | "passwords") {
        return Some(Certainty::Sure);
    }
    if LIKELY.iter().any(|end| plain.ends_with(end))
        || LIKELY_WHOLE.contains(&plain)
        || matches!(last, "pat" | "auth" | "webhook" | "creds" | "tokens" | "secrets")
    {
        return Some(Certainty::Likely);
    }
    let inside = parts.iter().any(|part| matches!(part.as_str(), "secret" | "password" | "passwd" | "token" | "apikey"));
    if inside && !ABOUT.contains(&last) && parts.len() > 1 {
        return Some(Certainty::Likely);
    }
    (plain.ends_with("key")
        || plain.ends_with("hash") && plain.contains("pass")
        || plain.ends_with("salt")
        || plain.ends_with("keyid") && plain.starts_with("private"))
    .then_some(Certainty::Doubtful)
}

/// Finds `NAME=value`, `name: value`, `"name": "value"` and `<name>value</name>`.
pub(super) fn find(text: &str, found: &mut Vec<Range<usize>>) {
    for (at, sign) in text.char_indices().filter(|(_, c)| matches!(c, '=' | ':' | '>')) {
        match sign {
            '>' => element(text, at, found),
            _ => named(text, at, sign, found),
        }
    }
}

fn named(text: &str, at: usize, sign: char, found: &mut Vec<Range<usize>>) {
    let Some((name, spaced)) = name_before(text, at, sign) else { return };
    let Some(certainty) = certainty(&text[name.clone()]) else { return };
    let lead = &text[..name.start];
    // `"$token" = x` compares a variable; `$password = "x"` sets one.
    let variable = lead.ends_with('$') || lead.ends_with("${");
    let rest = &text[at + 1..];
    let rest = rest.strip_prefix(['=', '>']).filter(|_| rest.starts_with('>')).unwrap_or(rest);
    let offset = text.len() - rest.len();
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let quoted = rest[blanks..].starts_with(['"', '\'', '\\']);
    // A quote after the colon may be the end of a prompt: `"Password: "`.
    let ends = rest[blanks..].starts_with('"') && text[..at].matches('"').count() % 2 == 1;
    if ends || variable && !(spaced && quoted) || rest.starts_with('=') || lead.ends_with("[[ ") || lead.ends_with("[ ") {
        return;
    }
    if sign == '=' && blanks > 0 && !spaced && !quoted && offset == at + 1 {
        return;
    }
    let span = value_span(text, offset + blanks, lead.ends_with(['"', '\'']));
    let span = pass_argument(text, span);
    let value = &text[span.clone()];
    // `user:pass:x` and `https://…` name nothing; `password:hunter2` does.
    let glued = sign == ':' && blanks == 0 && !quoted && (!is_chosen(value) || value.contains(':') || value.starts_with('/'));
    // A sentence after a colon is no value: `the token: it expires`.
    let prose = sign == ':' && !quoted && certainty != Certainty::Sure && !is_chosen(value);
    if !glued && !prose && is_secret(value, certainty) {
        found.push(span);
    }
}

/// The name in front of a sign, and whether blanks stand between.
fn name_before(text: &str, at: usize, sign: char) -> Option<(Range<usize>, bool)> {
    let before = text[..at].trim_end_matches(if sign == '=' { &[':', '+', '?', '!'][..] } else { &[][..] });
    let trimmed = before.trim_end_matches(' ');
    let spaced = trimmed.len() < before.len();
    let before = trimmed.trim_end_matches(['"', '\'', '\\', ']']);
    let start = before
        .rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')))
        .map_or(0, |last| last + before[last..].chars().next().map_or(1, char::len_utf8));
    (start < before.len()).then_some((start..before.len(), spaced))
}

/// `<password>value</password>`.
fn element(text: &str, at: usize, found: &mut Vec<Range<usize>>) {
    let Some(open) = text[..at].rfind('<') else { return };
    let name = text[open + 1..at].split_whitespace().next().unwrap_or_default();
    let Some(length) = text[at + 1..].find("</") else { return };
    if !name.is_empty()
        && !name.starts_with('/')
        && let Some(certainty) = certainty(name)
        && is_secret(&text[at + 1..at + 1 + length], certainty)
    {
        found.push(at + 1..at + 1 + length);
    }
}

/// The value that begins at a place: a quoted text without its quotes, or one word. `in_quotes` says that the name stands
/// in quotes together with the value.
fn value_span(text: &str, start: usize, in_quotes: bool) -> Range<usize> {
    let rest = &text[start..];
    let escaped = usize::from(rest.starts_with("\\\"") || rest.starts_with("\\'"));
    if rest[escaped..].starts_with(['"', '\'']) {
        let open = start + escaped;
        let end = match escaped {
            0 => closing(text, open, text.len()),
            _ => text[open + 1..].find(['"', '\'']).map(|at| open + 1 + at),
        };
        let end = end.unwrap_or(text.len());
        let end = if escaped > 0 && text[..end].ends_with('\\') { end - 1 } else { end };
        return open + 1..end.max(open + 1);
    }
    let meta = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`') || !in_quotes && matches!(c, ';' | '|' | '&' | '<' | '>');
    let mut end = start;
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        if meta(c) && !(c == '<' && at == 0) && !(c == '>' && rest.starts_with('<')) {
            break;
        }
        end = start + at + c.len_utf8();
        if c == '\\' && chars.as_str().starts_with(|next: char| next.is_ascii_punctuation()) {
            if chars.as_str().starts_with('"') {
                end -= 1;
                break;
            }
            end += chars.next().map_or(0, |(_, c)| c.len_utf8());
        }
    }
    let value = &text[start..end];
    // A list of settings goes on after the value: `password=x,uid=3`, `Password=x;Server=y`.
    let next_setting = value.char_indices().filter(|(_, c)| matches!(c, ',' | ';' | '&')).find(|(at, _)| {
        let name = value[at + 1..].split('=').next().unwrap_or_default();
        value[at + 1..].is_empty()
            || value[at + 1..].contains('=')
                && !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    });
    let value = next_setting.map_or(value, |(at, _)| &value[..at]);
    let mut value = value.trim_end_matches([',', '.']);
    for (open, close) in [('(', ')'), ('{', '}'), ('[', ']')] {
        while value.ends_with(close) && !value.contains(open) {
            value = &value[..value.len() - 1];
        }
    }
    start..start + value.len()
}

/// `pass:x` of a program that can also read from files and variables.
pub(super) fn pass_argument(text: &str, span: Range<usize>) -> Range<usize> {
    match &text[span.clone()] {
        value if value.starts_with("pass:") => span.start + 5..span.end,
        value
            if ["env:", "file:", "fd:", "id=", "source=", "projects/", "arn:", "op://", "vault:", "env=", "secretref:"]
                .iter()
                .any(|start| value.starts_with(start)) =>
        {
            span.start..span.start
        }
        value if value == "stdin" || value == "-" => span.start..span.start,
        _ => span,
    }
}
