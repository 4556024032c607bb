//! Secrets that a sentence tells.

use std::ops::Range;

use super::value::{Certainty, is_chosen, is_place, is_secret, is_stand_in};
use super::words::Word;

/// What a password is called.
const PASSWORD: [&str; 17] = [
    "password",
    "passphrase",
    "passwd",
    "passcode",
    "pw",
    "pwd",
    "pass",
    "pin",
    "passwort",
    "kennwort",
    "contraseña",
    "senha",
    "heslo",
    "wachtwoord",
    "passe",
    "пароль",
    "parola",
];
/// What a token is called.
const TOKEN: [&str; 14] = [
    "token",
    "secret",
    "key",
    "apikey",
    "api-key",
    "credential",
    "credentials",
    "creds",
    "bearer",
    "otp",
    "pat",
    "webhook",
    "jwt",
    "cookie",
];
const IS: [&str; 18] =
    ["is", "was", "ist", "war", "es", "est", "é", "=", ":", "->", "=>", "being", "equals", "are", "was:", "is:", "==", "будет"];
const WITH: [&str; 14] = ["with", "using", "and", "mit", "con", "avec", "und", "has", "via", "by", "use", "enter", "type", "y"];
/// Kinds of keys that are no secrets.
const PUBLIC: [&str; 22] = [
    "public",
    "ssh",
    "gpg",
    "pgp",
    "primary",
    "foreign",
    "sort",
    "partition",
    "cache",
    "host",
    "registry",
    "commit",
    "git",
    "signing",
    "object",
    "arrow",
    "enter",
    "control",
    "shift",
    "escape",
    "any",
    "row",
];
/// What people say a secret is without telling it.
const NOT_A_VALUE: [&str; 99] = [
    "a",
    "an",
    "the",
    "not",
    "no",
    "wrong",
    "right",
    "correct",
    "incorrect",
    "invalid",
    "valid",
    "expired",
    "empty",
    "set",
    "unset",
    "required",
    "missing",
    "stored",
    "in",
    "on",
    "at",
    "from",
    "to",
    "of",
    "for",
    "is",
    "too",
    "weak",
    "strong",
    "asked",
    "needed",
    "there",
    "true",
    "false",
    "null",
    "none",
    "changed",
    "protected",
    "saved",
    "and",
    "or",
    "if",
    "it",
    "that",
    "this",
    "what",
    "where",
    "which",
    "when",
    "how",
    "by",
    "as",
    "with",
    "without",
    "same",
    "different",
    "unknown",
    "known",
    "safe",
    "unsafe",
    "secure",
    "insecure",
    "long",
    "short",
    "old",
    "new",
    "case",
    "case-sensitive",
    "my",
    "your",
    "his",
    "her",
    "their",
    "our",
    "still",
    "already",
    "only",
    "also",
    "always",
    "never",
    "now",
    "here",
    "being",
    "about",
    "hidden",
    "visible",
    "shown",
    "encrypted",
    "hashed",
    "leaked",
    "rejected",
    "accepted",
    "ignored",
    "working",
    "broken",
    "hard",
    "easy",
    "optional",
    "under",
];

/// Those of them that are also among the plain words of phrases.
const MAY_BEGIN_A_PHRASE: [&str; 8] = ["correct", "right", "strong", "long", "short", "old", "new", "safe"];

/// Finds what the sentences among the words tell.
pub(super) fn find(text: &str, words: &[Word], found: &mut Vec<Range<usize>>) {
    let lower: Vec<String> = words.iter().map(|word| text[word.value.clone()].to_lowercase()).collect();
    for index in 0..words.len() {
        let announcing = lower[index].trim_matches(|c: char| !c.is_alphanumeric());
        let announcing = announcing.strip_suffix("'s").unwrap_or(announcing);
        let password = PASSWORD.contains(&announcing);
        let token = TOKEN.contains(&announcing) && !(index > 0 && PUBLIC.contains(&lower[index - 1].as_str()));
        let option = lower[index].starts_with('-') || lower[index].contains(['{', '$', '`']);
        if !password && !token || words[index].quoted || option {
            continue;
        }
        let colon = lower[index].ends_with([':', '=']);
        if let Some(at) = if colon { Some(index + 1) } else { after_is(&lower, index) } {
            told(text, words, &lower, at, password, announcing, found);
        }
        handed_over(text, words, &lower, index, password, announcing, found);
        if token {
            nearby(text, words, &lower, index, found);
        }
    }
    accounts(text, words, &lower, found);
}

/// The place after `is` in `password is`, `password for the admin user is`, `password to`.
fn after_is(lower: &[String], index: usize) -> Option<usize> {
    let far = matches!(lower.get(index + 1).map(String::as_str), Some("for" | "of" | "to" | "on" | "at" | "für" | "de" | "in"));
    let reach = if far { 6 } else { 1 };
    (index + 1..=index + reach).take_while(|at| *at < lower.len()).find(|at| IS.contains(&lower[*at].as_str())).map(|at| at + 1)
}

fn told(text: &str, words: &[Word], lower: &[String], at: usize, password: bool, announcing: &str, found: &mut Vec<Range<usize>>) {
    let Some(word) = words.get(at) else { return };
    if word.starts
        && at > 0
        && words[at - 1].raw.end < word.raw.start
        && text[words[at - 1].raw.end..word.raw.start].contains(['|', ';', '&'])
    {
        return;
    }
    let span = trimmed(text, word);
    let value = &text[span.clone()];
    let plain = lower[at].trim_matches(|c: char| !c.is_alphanumeric());
    // A phrase may begin with a word that says how a password is, as long as enough follow.
    let describes = NOT_A_VALUE.contains(&plain) && !is_chosen(value);
    if describes && !MAY_BEGIN_A_PHRASE.contains(&plain) {
        return;
    }
    if is_number(value) {
        if value.len() >= 4 && (announcing == "pin" || password || announcing == "otp") {
            found.push(span);
        }
        return;
    }
    if is_chosen(value) || word.quoted && password {
        return push(span, text, found);
    }
    let adjective = ["ed", "ing", "able", "ible", "ful", "less", "ive", "ly"].iter().any(|end| plain.ends_with(end));
    if !password || adjective || value.len() < 4 || matches!(announcing, "pass" | "passe" | "pin" | "key") {
        return;
    }
    // A phrase of plain words goes on until a word that no phrase holds.
    let mut end = span.end;
    let mut next = at + 1;
    while end == words[next - 1].value.end
        && let Some(following) = words.get(next).filter(|word| !word.quoted && !word.starts)
    {
        let word = trimmed(text, following);
        let letters = text[word.clone()].chars().all(char::is_alphabetic) && !word.is_empty();
        if !letters
            || NOT_A_VALUE.contains(&lower[next].trim_matches(|c: char| !c.is_alphanumeric()))
            || matches!(lower[next].as_str(), "log" | "please" | "but" | "then" | "connect" | "use" | "write" | "show")
        {
            break;
        }
        end = word.end;
        next += 1;
    }
    let count = next - at;
    if count >= 4 || !describes && count != 2 {
        push(span.start..end, text, found);
    }
}

/// `with password x`, `password x`, `set the password to x`.
fn handed_over(
    text: &str,
    words: &[Word],
    lower: &[String],
    index: usize,
    password: bool,
    announcing: &str,
    found: &mut Vec<Range<usize>>,
) {
    let to = matches!(lower.get(index + 1).map(String::as_str), Some("to" | "of" | "named" | "called" | "auf" | "a" | "as"));
    let Some(word) = words.get(index + 1 + usize::from(to)).filter(|word| !word.starts) else { return };
    let span = trimmed(text, word);
    let value = &text[span.clone()];
    let earlier = lower[index.saturating_sub(3)..index].iter().any(|word| WITH.contains(&word.as_str()));
    let digits = is_number(value) && value.len() >= 4 && matches!(announcing, "pin" | "passcode" | "otp");
    let chosen = is_chosen(value) && !is_number(value) && (password || value.len() >= 8 && value.contains(|c: char| c.is_ascii_digit()));
    if digits {
        found.push(span);
    } else if chosen && !value.starts_with('-') && !value.contains("()") || earlier && word.quoted && password {
        push(span, text, found);
    }
}

/// A long random word shortly after a word that announces it.
fn nearby(text: &str, words: &[Word], lower: &[String], index: usize, found: &mut Vec<Range<usize>>) {
    for (at, word) in words.iter().enumerate().skip(index + 1).take(4).take_while(|(_, word)| !word.starts) {
        let span = trimmed(text, word);
        let value = &text[span.clone()];
        let digits = value.bytes().filter(u8::is_ascii_digit).count();
        let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
        let identity =
            value.len() == 36 && value.matches('-').count() == 4 && !matches!(lower[index].as_str(), "token" | "key" | "secret" | "apikey");
        let charset = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'_' | b'-'));
        let digest = lower[index + 1..at]
            .iter()
            .any(|word| matches!(word.as_str(), "commit" | "sha" | "sha256" | "digest" | "checksum" | "hash" | "fingerprint"));
        if value.len() >= 20
            && charset
            && digits >= 3
            && letters >= 3
            && !identity
            && !digest
            && !is_place(value)
            && !value.starts_with('-')
            && value.matches('/').count() < 3
            && is_secret(value, Certainty::Doubtful)
        {
            found.push(span);
        }
    }
}

/// `log in as bob:secret1`, `credentials bob/secret1`.
fn accounts(text: &str, words: &[Word], lower: &[String], found: &mut Vec<Range<usize>>) {
    for (index, word) in words.iter().enumerate() {
        let value = &text[word.value.clone()];
        let announced = lower[index.saturating_sub(3)..index].iter().any(|word| {
            matches!(
                word.trim_matches(':'),
                "login"
                    | "credentials"
                    | "creds"
                    | "account"
                    | "user"
                    | "auth"
                    | "as"
                    | "user:pass"
                    | "user:password"
                    | "authenticate"
                    | "username/password"
            )
        });
        let Some(at) = value.find([':', '/']).filter(|at| announced && *at > 0) else { continue };
        let (user, password) = (&value[..at], &value[at + 1..]);
        let name = user.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
            && !user.bytes().all(|byte| byte.is_ascii_digit());
        let span = word.value.start + at + 1..word.value.end;
        let span = span.start..span.start + password.trim_end_matches([',', '.', ';', '?']).len();
        let numbers = password.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'));
        if name
            && !numbers
            && !password.contains(['/', '@'])
            && is_chosen(&text[span.clone()])
            && password.contains(|c: char| c.is_ascii_digit())
        {
            push(span, text, found);
        }
    }
}

fn is_number(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit())
}

fn trimmed(text: &str, word: &Word) -> Range<usize> {
    if word.quoted {
        return word.value.clone();
    }
    // In a sentence an operator ends no word: `hunter;2` is one.
    let end = text[word.raw.end..].find(char::is_whitespace).map_or(text.len(), |length| word.raw.end + length);
    let raw = &text[word.raw.start..end];
    let mut value = raw.trim_end_matches([',', ';', '?', ':', '"', '\'', '`', '|']);
    value = value.strip_suffix('.').unwrap_or(value);
    if !value.contains('(') {
        value = value.trim_end_matches(')');
    }
    let start = value.len() - value.trim_start_matches(['"', '\'', '`', '(', '=']).len();
    word.raw.start + start..word.raw.start + value.len()
}

fn push(span: Range<usize>, text: &str, found: &mut Vec<Range<usize>>) {
    let value = &text[span.clone()];
    if !is_stand_in(value) && !is_place(value) && !value.starts_with("--") {
        found.push(span);
    }
}
