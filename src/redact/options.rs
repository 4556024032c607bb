//! Secrets among the arguments of programs.

use std::ops::Range;

use super::names::{certainty, pass_argument};
use super::programs::{Form, PROGRAMS, READERS};
use super::value::{Certainty, is_chosen, is_secret};
use super::words::{Word, split};

/// Commands inside commands are read so deep.
const MAX_DEPTH: usize = 3;

/// Finds the secrets of all commands among the words.
pub(super) fn find(text: &str, words: &[Word], found: &mut Vec<Range<usize>>) {
    read(text, words, 0, found);
}

fn read(text: &str, words: &[Word], depth: usize, found: &mut Vec<Range<usize>>) {
    let mut command = 0;
    for index in 0..words.len() {
        if words[index].starts {
            command = index;
        }
        let end = words[index + 1..].iter().position(|word| word.starts).map_or(words.len(), |length| index + 1 + length);
        let arguments = &words[index + 1..end];
        let word = &text[words[index].value.clone()];
        let name = word.rsplit('/').next().unwrap_or(word);
        for program in PROGRAMS.iter().filter(|program| program.names.contains(&name)) {
            if program.only_with.is_empty() || arguments.iter().any(|word| text[word.value.clone()].contains(program.only_with)) {
                program.options.iter().for_each(|(flag, form)| option(text, arguments, flag, *form, found));
            }
        }
        long_option(text, words, index, end, found);
        setting(text, words, index, end, found);
        assignment(text, &words[index], found);
        reader(text, words, command, index, end, found);
        let inside = &words[index];
        if inside.quoted && depth < MAX_DEPTH && word.contains(' ') {
            let inner = split(text, inside.value.clone());
            read(text, &inner, depth + 1, found);
        }
    }
    here_string(text, words, found);
}

fn option(text: &str, arguments: &[Word], flag: &str, form: Form, found: &mut Vec<Range<usize>>) {
    if let Form::LastOperand(least) = form {
        return operand(text, arguments, flag, least, found);
    }
    for (index, word) in arguments.iter().enumerate() {
        let value = &text[word.value.clone()];
        if form == Form::AfterSlash {
            let Some(slash) = value.find('/').filter(|at| *at > 0 && !value[..*at].contains(['.', '-'])) else { continue };
            let end = value.rfind('@').filter(|at| *at > slash).unwrap_or(value.len());
            push(text, word.value.start + slash + 1..word.value.start + end, Certainty::Sure, found);
            return;
        }
        let next = arguments.get(index + 1).filter(|_| value == flag).map(|word| word.value.clone());
        let long = flag.starts_with("--").then(|| value.strip_prefix(flag)?.strip_prefix('=')).flatten();
        let short = (!flag.starts_with("--")).then(|| value.strip_prefix(flag)).flatten();
        let glued = long.or(short).filter(|rest| !rest.is_empty());
        let glued = glued.map(|rest| word.value.end - rest.len()..word.value.end);
        let place = match form {
            Form::Next => next.or_else(|| glued.filter(|_| long.is_some())),
            Form::Glued => glued,
            _ => next.or(glued),
        };
        let Some(mut place) = place else { continue };
        let separator = match form {
            Form::AfterColon => Some(':'),
            Form::AfterPercent => Some('%'),
            Form::AfterComma => Some(','),
            _ => None,
        };
        if let Some(separator) = separator {
            let Some(at) = text[place.clone()].find(separator) else { continue };
            // `-u http://…` is an address, which has its own rule.
            if text[place.start + at..place.end].starts_with("://") {
                continue;
            }
            place.start += at + 1;
        }
        push(text, pass_argument(text, inner(text, place)), Certainty::Sure, found);
    }
}

/// The last operand, when there are enough: `htpasswd -b file user password`.
fn operand(text: &str, arguments: &[Word], flag: &str, least: usize, found: &mut Vec<Range<usize>>) {
    if !flag.is_empty() && !arguments.iter().any(|word| &text[word.value.clone()] == flag) {
        return;
    }
    let operands: Vec<&Word> = arguments.iter().filter(|word| !text[word.value.clone()].starts_with(['-', '>', '<', '/', '2'])).collect();
    if let Some(last) = operands.last().filter(|_| operands.len() >= least) {
        let value = &text[last.value.clone()];
        let value = value.split_once('=').filter(|(name, _)| certainty(name).is_some()).map_or(value, |(_, value)| value);
        let certainty = if least > 1 { Certainty::Sure } else { Certainty::Likely };
        push(text, last.value.end - value.len()..last.value.end, certainty, found);
    }
}

/// `--password x`, `--token=x`, `-storepass x`, `/password:x`, for any program.
fn long_option(text: &str, words: &[Word], index: usize, end: usize, found: &mut Vec<Range<usize>>) {
    let word = &words[index];
    let raw = &text[word.raw.clone()];
    let dashes = raw.len() - raw.trim_start_matches('-').len();
    if !(1..=2).contains(&dashes) && !raw.starts_with('/') {
        return;
    }
    let start = word.raw.start + dashes.max(1);
    let option = &text[start..word.raw.end];
    let (name, value) = match option.find(['=', ':']) {
        Some(at) => (&option[..at], Some(start + at + 1..word.raw.end)),
        None => (option, None),
    };
    if dashes == 1 && name.len() < 4 || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')) {
        return;
    }
    let Some(certainty) = certainty(name) else { return };
    // One dash may be a bundle of letters, `/` a path.
    if dashes != 2 && (certainty == Certainty::Doubtful || raw.starts_with('/') && value.is_none()) {
        return;
    }
    let value = match value {
        Some(value) => Some(inner(text, value)),
        None => words
            .get(index + 1)
            .filter(|_| index + 1 < end)
            .filter(|next| next.quoted || !text[next.raw.clone()].starts_with("--"))
            .map(|next| next.value.clone()),
    };
    if let Some(value) = value {
        push(text, pass_argument(text, value), certainty, found);
    }
}

/// `set -gx NAME value`, `aws configure set NAME value`, `npm config set NAME value`, `login x password y` of a netrc.
fn setting(text: &str, words: &[Word], index: usize, end: usize, found: &mut Vec<Range<usize>>) {
    let name = &text[words[index].value.clone()];
    let Some(certainty) = certainty(name) else { return };
    let before = words[..index].iter().rev().take(4).any(|word| {
        matches!(
            &text[word.value.clone()],
            "set" | "setx" | "config" | "setenv" | "configure" | "set-env" | "Set-Item" | "define" | "put" | "defaults" | "write" | "add"
        )
    });
    let named = name.contains(['_', '.']) || name.starts_with("//") || name.bytes().all(|byte| byte.is_ascii_uppercase());
    let netrc =
        matches!(name, "password" | "passwd") && words[..index].iter().any(|word| matches!(&text[word.value.clone()], "login" | "machine"));
    if (before && named || netrc)
        && let Some(next) = words.get(index + 1).filter(|_| index + 1 < end)
        && (!text[next.value.clone()].starts_with('-') || next.value.len() >= 20)
    {
        push(text, next.value.clone(), certainty, found);
    }
}

/// `NAME=value` as a word: the value is all the rest of it.
fn assignment(text: &str, word: &Word, found: &mut Vec<Range<usize>>) {
    let raw = &text[word.raw.clone()];
    let Some(at) = raw.find('=') else { return };
    let name = &raw[..at];
    let plain =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':' | b'/'));
    let Some(certainty) = certainty(name).filter(|_| plain && !raw[at + 1..].starts_with('=')) else { return };
    let value = inner(text, word.raw.start + at + 1..word.raw.end);
    // A list of settings is cut by the rule for names.
    let list = text[value.clone()].contains([',', '&']) && text[value.clone()].contains('=');
    // A name in capitals holds what it says, even a word.
    let certainty = if certainty == Certainty::Likely && name.bytes().all(|byte| !byte.is_ascii_lowercase()) && value.len() >= 10 {
        Certainty::Sure
    } else {
        certainty
    };
    if !list {
        push(text, pass_argument(text, value), certainty, found);
    }
}

/// `echo user:password | chpasswd`, `echo token | docker login --password-stdin`.
fn reader(text: &str, words: &[Word], command: usize, index: usize, end: usize, found: &mut Vec<Range<usize>>) {
    let name = text[words[index].value.clone()].rsplit('/').next().unwrap_or_default();
    let reads = READERS.iter().any(|(reader, mark)| {
        *reader == name && (mark.is_empty() || words[index..end].iter().any(|word| text[word.value.clone()].contains(mark)))
    });
    if !reads || !words[command].piped || command == 0 {
        return;
    }
    let start = words[..command].iter().rposition(|word| word.starts).unwrap_or(0);
    let producer = &words[start..command];
    if !producer.first().is_some_and(|first| matches!(&text[first.value.clone()], "echo" | "printf" | "print")) {
        return;
    }
    for word in producer[1..].iter().filter(|word| !text[word.value.clone()].starts_with(['-', '%'])) {
        let value = &text[word.value.clone()];
        let value = value.trim_end_matches("\\n");
        let value = if matches!(name, "chpasswd") { value.split_once(':').map_or(value, |(_, password)| password) } else { value };
        let end = word.value.start + text[word.value.clone()].trim_end_matches("\\n").len();
        // `pw\npw\n` says the same twice.
        push(text, end - value.len()..end, Certainty::Sure, found);
    }
}

/// `passwd --stdin u <<< 'password'`.
fn here_string(text: &str, words: &[Word], found: &mut Vec<Range<usize>>) {
    for (index, word) in words.iter().enumerate() {
        let raw = &text[word.raw.clone()];
        let Some(glued) = raw.strip_prefix("<<<") else { continue };
        let start = words[..=index].iter().rposition(|word| word.starts).unwrap_or(0);
        let reads = words[start..index].iter().any(|word| {
            let name = &text[word.value.clone()];
            READERS.iter().any(|(reader, mark)| {
                *reader == name && (mark.is_empty() || words[start..index].iter().any(|word| text[word.value.clone()].contains(mark)))
            })
        });
        if reads {
            let value = if glued.is_empty() {
                words.get(index + 1).map(|next| next.value.clone())
            } else {
                Some(inner(text, word.raw.end - glued.len()..word.raw.end))
            };
            if let Some(value) = value {
                let colon = text[value.clone()].find(':').map_or(0, |at| at + 1);
                push(text, value.start + colon..value.end, Certainty::Sure, found);
            }
        }
    }
}

/// A value without the quotes around all of it.
fn inner(text: &str, span: Range<usize>) -> Range<usize> {
    let value = &text[span.clone()];
    let mut chars = value.chars();
    match (chars.next(), chars.next_back()) {
        (Some(first @ ('"' | '\'')), Some(last)) if first == last && !chars.as_str().contains(first) => span.start + 1..span.end - 1,
        (Some(_), Some('"' | '\'')) if value.matches(['"', '\'']).count() == 1 => span.start..span.end - 1,
        _ => span,
    }
}

fn push(text: &str, span: Range<usize>, certainty: Certainty, found: &mut Vec<Range<usize>>) {
    let value = &text[span.clone()];
    let name = certainty == Certainty::Sure
        && value.contains("=")
        && value.split('=').next().is_some_and(|name| name.len() > 2 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'))
        && !is_chosen(value);
    if !value.is_empty() && !name && is_secret(value, certainty) {
        found.push(span);
    }
}
