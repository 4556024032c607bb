//! The words of a call, sorted by what the table of the program says of them.

use super::knowledge::{Known, Program, Takes};
use super::phrase::Value;
use crate::syntax::Word;

/// An argument, or several words that belong together.
#[derive(Debug)]
pub(super) enum Argument<'a> {
    /// An option with its values, and the text it is written as.
    Option(Known<'a>, Vec<Value>, String),
    /// An option that runs a command, and the option with its end.
    Runs(Known<'a>, Vec<Word>, String),
    /// An option that no table holds.
    Unknown(String),
    /// An operand, and whether it is the word with this index.
    Operand(usize),
    /// `--`
    End,
}

/// Sorts the words from `at` on by the tables of the program and of the ones around it. Gives the index at which it
/// stopped, which is the first operand after the `most` it may take.
pub(super) fn sort<'a>(scopes: &'a [Program], words: &[Word], mut at: usize, most: usize) -> (Vec<Argument<'a>>, usize) {
    let Some(program) = scopes.last() else { return (Vec::new(), at) };
    let mut found = Vec::new();
    let (mut ended, mut operands) = (false, 0);
    while let Some(word) = words.get(at) {
        let text = Value::of(word).text;
        if ended || !is_option(program, &text, operands == 0) {
            if operands == most {
                break;
            }
            operands += 1;
            found.push(Argument::Operand(at));
            at += 1;
            continue;
        }
        if text == "--" {
            ended = true;
            found.push(Argument::End);
            at += 1;
            continue;
        }
        at = option(scopes, words, at, operands == 0, &mut found);
        operands += usize::from(program.bundle && operands == 0 && !text.starts_with('-'));
    }
    (found, at)
}

fn is_option(program: &Program, text: &str, first: bool) -> bool {
    let dashed = text.starts_with('-') && (text.len() > 1 || program.option("-").is_some());
    let plus = text.len() > 1 && text.starts_with('+') && program.option("+").is_some();
    let key = text.split_once('=').is_some_and(|(name, _)| program.option(&format!("{name}=")).is_some());
    let sign = program.words && program.option(text).is_some();
    let letters = program.bundle && first && is_bundle(program, text);
    dashed || plus || key || sign || letters
}

fn is_bundle(program: &Program, text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| letter(program, c, true).is_some())
}

/// A letter of a cluster; without a dash in front of it, it may mean something else.
fn letter(program: &Program, c: char, bare: bool) -> Option<Known<'_>> {
    let bare = bare.then(|| program.option(&c.to_string())).flatten();
    bare.or_else(|| program.option(&format!("-{c}")))
}

/// Reads the option at `at`; gives the index after it.
fn option<'a>(scopes: &'a [Program], words: &[Word], at: usize, first: bool, found: &mut Vec<Argument<'a>>) -> usize {
    let word = &words[at];
    let whole = Value::of(word);
    let text = whole.text.as_str();
    let program = scopes.last().expect("a call has a program");
    let named = |name: &str| scopes.iter().rev().find_map(|program| program.option(name));
    if let Some(known) = named(text) {
        return valued(known, words, at, None, &word.raw, found);
    }
    if let Some((name, _)) = text.split_once('=') {
        let known = named(name)
            .or_else(|| named(&format!("{name}=")))
            .or_else(|| scopes.iter().rev().find_map(|program| program.abbreviated(name)));
        if let Some(known) = known.filter(|known| known.takes != Takes::Nothing) {
            return valued(known, words, at, Some(whole.after(name.len() + 1)), &word.raw, found);
        }
    } else if let Some(known) = scopes.iter().rev().find_map(|program| program.abbreviated(text)) {
        return valued(known, words, at, None, &word.raw, found);
    }
    let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    let number = !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit());
    if let Some(known) = named("-#").filter(|_| number && text.starts_with('-')) {
        found.push(Argument::Option(known, vec![whole.after(1)], word.raw.clone()));
        return at + 1;
    }
    if let Some(known) = named("+").filter(|_| text.starts_with('+')) {
        found.push(Argument::Option(known, vec![whole.after(1)], word.raw.clone()));
        return at + 1;
    }
    let bare = program.bundle && first && !text.starts_with('-');
    if text.starts_with("--") || program.words || (!bare && !text.starts_with('-')) {
        found.push(Argument::Unknown(word.raw.clone()));
        return at + 1;
    }
    cluster(scopes, words, at, bare, found)
}

/// Letters behind one dash, or the letters of an old bundle, whose values follow in order.
fn cluster<'a>(scopes: &'a [Program], words: &[Word], at: usize, bare: bool, found: &mut Vec<Argument<'a>>) -> usize {
    let whole = Value::of(&words[at]);
    let skip = usize::from(!bare);
    let mut next = at + 1;
    let dash = if bare { "" } else { "-" };
    for (offset, c) in whole.text.char_indices().skip(skip) {
        let Some(known) = scopes.iter().rev().find_map(|program| letter(program, c, bare)) else {
            found.push(Argument::Unknown(format!("{dash}{c}")));
            continue;
        };
        let after = offset + c.len_utf8();
        let attached = (after < whole.text.len()).then(|| whole.after(after));
        match known.takes {
            Takes::Values(count) if bare || attached.is_none() => {
                let values: Vec<Value> = words.iter().skip(next).take(count).map(Value::of).collect();
                let raws: Vec<&str> = words.iter().skip(next).take(count).map(|word| word.raw.as_str()).collect();
                next += values.len();
                found.push(Argument::Option(known, values, format!("{dash}{c} {}", raws.join(" "))));
            }
            Takes::Values(_) | Takes::Attached | Takes::Perhaps if !bare && attached.is_some() => {
                let value: Vec<Value> = attached.into_iter().collect();
                let text = format!("{dash}{c}{}", value.first().map_or("", |value| &value.raw));
                found.push(Argument::Option(known, value, text));
                break;
            }
            Takes::Perhaps if words.get(next).is_some_and(|word| !word.raw.starts_with('-')) => {
                let value = Value::of(&words[next]);
                let text = format!("{dash}{c} {}", value.raw);
                next += 1;
                found.push(Argument::Option(known, vec![value], text));
            }
            _ => found.push(Argument::Option(known, Vec::new(), format!("{dash}{c}"))),
        }
    }
    next
}

/// An option that was recognised, with its values from its own word or from the next ones.
fn valued<'a>(known: Known<'a>, words: &[Word], at: usize, own: Option<Value>, raw: &str, found: &mut Vec<Argument<'a>>) -> usize {
    let count = match known.takes {
        Takes::Command => return runs(known, words, at, found),
        Takes::Values(count) if own.is_none() => count,
        // Where a suffix must be named, none is an empty word: `sed -i ''`.
        Takes::Attached if own.is_none() && is_empty(words.get(at + 1)) => 1,
        Takes::Perhaps if own.is_none() => usize::from(words.get(at + 1).is_some_and(|word| !word.raw.starts_with('-'))),
        _ => 0,
    };
    let next = words.iter().skip(at + 1).take(count);
    let text = std::iter::once(raw).chain(next.clone().map(|word| word.raw.as_str())).collect::<Vec<_>>().join(" ");
    let values: Vec<Value> = own.into_iter().chain(next.map(Value::of)).collect();
    let used = if count == 0 { 0 } else { values.len() };
    found.push(Argument::Option(known, values, text));
    at + 1 + used
}

fn is_empty(word: Option<&Word>) -> bool {
    word.is_some_and(|word| word.value.as_deref() == Some(""))
}

fn runs<'a>(known: Known<'a>, words: &[Word], at: usize, found: &mut Vec<Argument<'a>>) -> usize {
    let inner: Vec<Word> = words[at + 1..].iter().take_while(|word| !matches!(word.shape.as_str(), ";" | "+")).cloned().collect();
    let end = at + 1 + inner.len();
    let text = format!("{} … {}", words[at].raw, words.get(end).map_or("", |word| &word.raw));
    found.push(Argument::Runs(known, inner, text));
    end + 1
}
