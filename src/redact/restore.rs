//! Secrets back into a command. Each stands there as data, however the placeholder was quoted, and the tree of the result
//! is that of the command with the placeholder's text exchanged.

use super::RedactError;
use crate::domain::{Secret, ShellKind};
use crate::syntax::{self, Tree, UNKNOWN, Word, quote};

/// Commands inside words are restored so deep.
const MAX_DEPTH: usize = 3;

/// Programs whose operands are commands for another shell, beside those that are given by `-c`.
const REMOTE: [&str; 6] = ["ssh", "eval", "watch", "mosh", "parallel", "su"];

pub(super) fn restore(command: &str, secrets: &[(&str, &Secret)], shell: ShellKind) -> Result<String, RedactError> {
    let mut secrets: Vec<(&str, &str)> = secrets
        .iter()
        .filter(|(placeholder, _)| command.contains(placeholder))
        .map(|(placeholder, secret)| (*placeholder, secret.expose()))
        .collect();
    secrets.sort_by_key(|(placeholder, _)| std::cmp::Reverse(placeholder.len()));
    if secrets.is_empty() {
        return Ok(command.to_owned());
    }
    // Text that every shell reads as itself needs no quotes wherever it stands.
    if secrets.iter().all(|(_, secret)| quote(secret, shell) == **secret && !secret.starts_with('-')) {
        return Ok(replaced(command, &secrets));
    }
    let before = syntax::parse(command, shell).map_err(|_| RedactError::Unplaceable)?;
    let mut inner = Vec::new();
    let restored = rewrite(command, &secrets, shell, 0, &mut inner)?;
    let after = syntax::parse(&restored, shell).map_err(|_| RedactError::Unplaceable)?;
    // A placeholder that is still there stands where no word can be written anew.
    let whole = !secrets.iter().any(|(placeholder, _)| restored.contains(placeholder));
    if whole && same_shape(&before, &after, &secrets, &inner) { Ok(restored) } else { Err(RedactError::Unplaceable) }
}

/// Every word with a placeholder is written anew.
fn rewrite(
    command: &str,
    secrets: &[(&str, &str)],
    shell: ShellKind,
    depth: usize,
    inner: &mut Vec<String>,
) -> Result<String, RedactError> {
    let mut out = String::with_capacity(command.len());
    let mut before: Vec<&str> = Vec::new();
    let mut at = 0;
    while let Some(c) = command[at..].chars().next() {
        if is_separator(c) {
            if !c.is_whitespace() && c != '<' && c != '>' {
                before.clear();
            }
            out.push(c);
            at += c.len_utf8();
            continue;
        }
        let end = word_end(command, at, shell);
        let word = &command[at..end];
        at = end;
        if secrets.iter().any(|(placeholder, _)| word.contains(placeholder)) {
            out.push_str(&write_word(word, &before, secrets, shell, depth, inner)?);
        } else {
            out.push_str(word);
        }
        before.push(word);
    }
    Ok(out)
}

fn write_word(
    word: &str,
    before: &[&str],
    secrets: &[(&str, &str)],
    shell: ShellKind,
    depth: usize,
    inner: &mut Vec<String>,
) -> Result<String, RedactError> {
    let name_end = word.find('=').filter(|at| is_name(&word[..*at]) && (before.is_empty() || before.iter().all(|word| word.contains('='))));
    let (name, value) = word.split_at(name_end.map_or(0, |at| at + 1));
    let Some(literal) = literal(value, shell) else { return Ok(name.to_owned() + &insert(value, secrets, shell)) };
    let code = before.last().is_some_and(|last| last.starts_with('-') && !last.starts_with("--") && last.ends_with('c'))
        || before
            .first()
            .is_some_and(|first| REMOTE.contains(&first.rsplit('/').next().unwrap_or(first)) && literal.contains(char::is_whitespace));
    if code && literal.contains(char::is_whitespace) {
        if depth >= MAX_DEPTH {
            return Err(RedactError::Unplaceable);
        }
        let text = rewrite(&literal, secrets, ShellKind::Bash, depth + 1, inner)?;
        inner.push(text.clone());
        return Ok(name.to_owned() + &quote(&text, shell));
    }
    Ok(name.to_owned() + &quote(&replaced(&literal, secrets), shell))
}

/// Leaves the word as it is but for the placeholder, around which its quotes are closed and opened again.
fn insert(word: &str, secrets: &[(&str, &str)], shell: ShellKind) -> String {
    let mut out = String::new();
    let mut open = None;
    let mut at = 0;
    while let Some(c) = word[at..].chars().next() {
        if let Some((placeholder, secret)) = secrets.iter().find(|(placeholder, _)| word[at..].starts_with(placeholder)) {
            out.extend(open);
            out.push_str(&quote(secret, shell));
            out.extend(open);
            at += placeholder.len();
            continue;
        }
        let length = step(&word[at..], &mut open, shell);
        out.push_str(&word[at..at + length]);
        at += length;
        debug_assert!(length >= c.len_utf8());
    }
    out
}

/// Reads one character, or an escaped pair, and keeps track of quotes.
fn step(rest: &str, open: &mut Option<char>, shell: ShellKind) -> usize {
    let Some(c) = rest.chars().next() else { return 0 };
    let next = rest[c.len_utf8()..].chars().next();
    let escapes = match open {
        Some('\'') => shell == ShellKind::Fish && matches!(next, Some('\'' | '\\')),
        _ => true,
    };
    match (*open, c) {
        (_, '\\') if escapes => return 1 + next.map_or(0, char::len_utf8),
        (Some(quote), c) if quote == c => *open = None,
        (None, '\'' | '"') => *open = Some(c),
        _ => {}
    }
    c.len_utf8()
}

fn word_end(command: &str, start: usize, shell: ShellKind) -> usize {
    let mut open = None;
    let mut at = start;
    while let Some(c) = command[at..].chars().next() {
        if open.is_none() && is_separator(c) {
            break;
        }
        at += step(&command[at..], &mut open, shell);
    }
    at
}

fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '|' | '&' | ';' | '<' | '>' | '(' | ')' | '`')
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// What a word stands for, when nothing in it is expanded.
fn literal(word: &str, shell: ShellKind) -> Option<String> {
    let mut out = String::new();
    let mut open = None;
    let mut at = 0;
    while let Some(c) = word[at..].chars().next() {
        let quote_before = open;
        let length = step(&word[at..], &mut open, shell);
        let piece = &word[at..at + length];
        at += length;
        if quote_before != open {
            continue;
        }
        let expands = match open {
            Some('\'') => false,
            Some(_) => matches!(c, '$' | '`'),
            None => matches!(c, '$' | '`' | '*' | '?' | '[' | '{' | '~' | '!' | '#' | '^' | '='),
        };
        // `=` expands in front of a word of zsh only, and `~` in front of any.
        let expands = expands && !(open.is_none() && matches!(c, '~' | '=' | '#' | '^') && !out.is_empty());
        if expands {
            return None;
        }
        match piece.strip_prefix('\\') {
            Some(escaped) if length > 1 => match (open, escaped) {
                (Some('"'), "\"" | "\\" | "$" | "`") | (Some('\''), _) => out.push_str(escaped),
                (Some(_), _) => out.push_str(piece),
                // fish reads `\n` outside quotes as a line break.
                (None, escaped) if shell == ShellKind::Fish && escaped.starts_with(|c: char| c.is_ascii_alphanumeric()) => return None,
                (None, escaped) => out.push_str(escaped),
            },
            _ => out.push_str(piece),
        }
    }
    open.is_none().then_some(out)
}

fn replaced(text: &str, secrets: &[(&str, &str)]) -> String {
    secrets.iter().fold(text.to_owned(), |text, (placeholder, secret)| text.replace(placeholder, secret))
}

/// Whether two trees differ in the texts of the placeholders and in nothing else.
fn same_shape(before: &Tree, after: &Tree, secrets: &[(&str, &str)], inner: &[String]) -> bool {
    let same_word = |before: &Word, after: &Word| {
        let held = secrets.iter().filter(|(placeholder, _)| before.shape.contains(placeholder));
        // A text with controls is written in a form of which the tree knows nothing.
        let controls = held.clone().any(|(_, secret)| secret.contains(char::is_control));
        replaced(&before.shape, secrets) == after.shape || inner.contains(&after.shape) || controls && after.shape.contains(UNKNOWN)
    };
    let same_words = |before: &[Word], after: &[Word]| {
        before.len() == after.len() && before.iter().zip(after).all(|(before, after)| same_word(before, after))
    };
    before.commands().len() == after.commands().len()
        && before.commands().iter().zip(after.commands()).all(|(before, after)| {
            let assignments = before.assignments.len() == after.assignments.len()
                && before.assignments.iter().zip(&after.assignments).all(|(before, after)| {
                    before.name == after.name
                        && match (&before.value, &after.value) {
                            (Some(before), Some(after)) => same_word(before, after),
                            (before, after) => before.is_none() == after.is_none(),
                        }
                });
            let redirects = before.redirects.len() == after.redirects.len()
                && before
                    .redirects
                    .iter()
                    .zip(&after.redirects)
                    .all(|(before, after)| before.kind == after.kind && same_word(&before.target, &after.target));
            assignments && redirects && same_words(&before.words, &after.words)
        })
}
