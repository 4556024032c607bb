//! The password of `scheme://user:password@host`, and of `user:password@host` alone.

use std::ops::Range;

use super::value::{Certainty, is_chosen, is_mixed, is_secret};
use super::words::Word;

/// Finds the credentials in addresses.
pub(super) fn find(text: &str, words: &[Word], found: &mut Vec<Range<usize>>) {
    for (at, _) in text.match_indices("://") {
        let start = at + 3;
        let rest = &text[start..];
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '`' | '<' | '>'))
            .filter(|end| !rest[..*end].is_empty() || rest.starts_with('<'));
        let end = match end {
            // A gap of a manual stands in the address: `https://user:<password>@host`.
            Some(_) if rest.contains(":<") => continue,
            Some(end) => end,
            None => rest.len(),
        };
        credentials(text, start..start + end, found);
    }
    for word in words.iter().filter(|word| !text[word.value.clone()].contains("://")) {
        bare(text, word.value.clone(), found);
    }
}

fn credentials(text: &str, address: Range<usize>, found: &mut Vec<Range<usize>>) {
    let rest = &text[address.clone()];
    // The last sign that a host follows: a password may hold one itself.
    let Some(host) = rest.rmatch_indices('@').map(|(at, _)| at).find(|at| is_host(&rest[at + 1..])) else { return };
    let Some(colon) = rest[..host].find(':') else {
        let user = &rest[..host];
        if user.len() >= 16
            && is_mixed(user)
            && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
            && is_secret(user, Certainty::Doubtful)
        {
            found.push(address.start..address.start + host);
        }
        return;
    };
    let (user, password) = (&rest[..colon], &rest[colon + 1..host]);
    // `host:8080/path@x` has a port where a password would be.
    let port = password.split(['/', '?', '#']).next().unwrap_or_default();
    let is_port = password.contains(['/', '?', '#']) && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    if user.contains(['/', '?', '#']) || is_port {
        return;
    }
    let handed_over = matches!(password, "" | "x-oauth-basic" | "x" | "api_token" | "X" | "unused");
    if handed_over && user.len() >= 16 {
        found.push(address.start..address.start + colon);
    } else if is_secret(password, Certainty::Sure) || password.starts_with('/') {
        found.push(address.start + colon + 1..address.start + host);
    }
}

fn is_host(rest: &str) -> bool {
    let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '[' | ']'))).unwrap_or(rest.len());
    let after = &rest[length..];
    length > 0
        && (after.is_empty() || after.starts_with([':', '/', '?', '#', ',', ';', ')', '.', '$', '\\']))
        && !rest.starts_with(['.', '-'])
}

/// `user:password@host` without a scheme.
fn bare(text: &str, span: Range<usize>, found: &mut Vec<Range<usize>>) {
    let word = &text[span.clone()];
    let Some((user, rest)) = word.split_once(':') else { return };
    let Some(at) = rest.rfind('@') else { return };
    let (password, host) = (&rest[..at], &rest[at + 1..]);
    let plain_user = user.rsplit(['/', '=']).next().is_some_and(|user| {
        !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
    });
    let digest =
        host.starts_with("sha256:") || host.starts_with("sha512:") || host.starts_with(|c: char| c.is_ascii_digit()) && !host.contains('.');
    if plain_user
        && !user.contains('@')
        && !digest
        && is_host(host)
        && !password.contains('/')
        && is_chosen(password)
        && is_secret(password, Certainty::Likely)
        && (host.contains(['.', ':']) || host == "localhost" || !host.contains(|c: char| c.is_ascii_digit()))
    {
        let start = span.start + user.len() + 1;
        found.push(start..start + password.len());
    }
}
