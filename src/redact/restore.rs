//! Secrets back into a command. Only constructs that bash, zsh and fish read alike are written.

use crate::domain::Secret;

#[derive(Clone, Copy, PartialEq)]
enum Quote {
    None,
    Single,
    Double,
}

pub(super) fn restore(command: &str, secrets: &[(String, Secret)]) -> String {
    let mut out = String::with_capacity(command.len());
    let mut quote = Quote::None;
    let mut rest = command;
    while let Some(c) = rest.chars().next() {
        if let Some((placeholder, secret)) = secrets.iter().find(|(placeholder, _)| rest.starts_with(placeholder.as_str())) {
            write_quoted(secret.expose(), quote, &mut out);
            rest = &rest[placeholder.len()..];
            continue;
        }
        let mut length = c.len_utf8();
        match (quote, c) {
            (Quote::None | Quote::Double, '\\') => length += rest[1..].chars().next().map_or(0, char::len_utf8),
            (Quote::None, '\'') => quote = Quote::Single,
            (Quote::None, '"') => quote = Quote::Double,
            (Quote::Single, '\'') | (Quote::Double, '"') => quote = Quote::None,
            _ => {}
        }
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out
}

/// Apostrophes and backslashes stand outside quotes, escaped, because fish gives a backslash in single quotes a
/// meaning; all else stands in single quotes.
fn write_quoted(secret: &str, quote: Quote, out: &mut String) {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':' | '@' | '%' | '+' | ',' | '=');
    if secret.chars().all(plain) {
        return out.push_str(secret);
    }
    let surrounding = match quote {
        Quote::None => "",
        Quote::Single => "'",
        Quote::Double => "\"",
    };
    out.push_str(surrounding);
    let mut open = false;
    for c in secret.chars() {
        let escaped = matches!(c, '\'' | '\\');
        if escaped == open {
            out.push('\'');
            open = !open;
        }
        if escaped {
            out.push('\\');
        }
        out.push(c);
    }
    if open {
        out.push('\'');
    }
    out.push_str(surrounding);
}
