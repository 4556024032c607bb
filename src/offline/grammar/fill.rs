//! What each slot of a pattern takes from a sentence.

use super::ages::age;
use super::caught::Bound;
use super::counts::{delimiter, ordinal, range};
use super::kinds::Slot;
use super::moments::{clock, command, delay, identifier, in_words, month_number, seconds, shell_option, signal, since};
use super::names::{files, is_file, is_folder, is_path, names, one_name, paths};
use super::places::place;
use super::slots::{extension_like, extensions, kind, mode, number, plural_ending, rights, size, user, who};
use super::targets::{bunch, is_remote, item, items, spot};
use super::words::Word;
use crate::offline::slots::{Value, classify};

/// `v2.0` has the shape of a file and is a tag.
fn is_release(word: &Word) -> bool {
    matches!(word.value, Value::File)
        && word.raw.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

fn text(found: Option<(usize, String)>) -> Option<(usize, Bound)> {
    found.map(|(end, text)| (end, Bound::Text(text)))
}

pub(super) fn fill(slot: Slot, words: &[Word], at: usize) -> Option<(usize, Bound)> {
    let word = words.get(at)?;
    match slot {
        Slot::Name => one_name(word).then(|| (at + 1, Bound::Text(word.raw.clone()))),
        Slot::Names => names(words, at, false).map(|(end, list)| (end, Bound::List(list))),
        Slot::AnyNames => names(words, at, true).map(|(end, list)| (end, Bound::List(list))),
        Slot::Any => (word.may_be_name() && (!matches!(word.value, Value::Variable) || word.is_variable()))
            .then(|| (at + 1, Bound::Text(word.raw.clone()))),
        Slot::Phrase if matches!(word.value, Value::File | Value::Ext) => None,
        Slot::Text | Slot::Phrase => (one_name(word) && !matches!(word.value, Value::Glob(_))
            || matches!(word.value, Value::Number(_) | Value::Date))
        .then(|| (at + 1, Bound::Text(word.raw.clone()))),
        Slot::Place => place(words, at, true).map(|(end, place)| (end, Bound::Place(place))),
        Slot::Where => place(words, at, false).map(|(end, place)| (end, Bound::Place(place))),
        Slot::Age => age(words, at).map(|(end, span)| (end, Bound::Age(span))),
        Slot::Size => size(words, at).map(|(end, sizes)| (end, Bound::Size(sizes))),
        Slot::Number => number(words, at).map(|(end, number)| (end, Bound::Number(number))),
        Slot::Path => is_path(word).then(|| (at + 1, Bound::Text(word.raw.clone()))),
        Slot::Paths => paths(words, at).map(|(end, list)| (end, Bound::List(list))),
        Slot::Rights => rights(words, at).map(|(end, letters)| (end, Bound::Text(letters))),
        Slot::Who => who(words, at).map(|(end, letters)| (end, Bound::Text(letters))),
        Slot::Url => {
            let is_url = matches!(word.value, Value::Url | Value::Host | Value::HostPort)
                || (word.is_quoted() && (word.raw.contains("://") || matches!(classify(&word.raw), Value::Host | Value::HostPort)));
            (is_url || word.is_variable()).then(|| (at + 1, Bound::Text(word.raw.clone())))
        }
        Slot::Host => {
            let bare = word.is_word() && word.namely || word.is_quoted() && !word.raw.contains(' ');
            let is_host = matches!(word.value, Value::Host) || bare && !word.raw.starts_with('-') || word.is_variable();
            is_host.then(|| (at + 1, Bound::Text(word.raw.clone())))
        }
        Slot::Ref => {
            let is_ref = matches!(word.value, Value::Ref | Value::Version | Value::Path | Value::Quoted)
                || word.is_word() && word.namely
                || is_release(word);
            is_ref.then(|| (at + 1, Bound::Text(word.raw.clone())))
        }
        Slot::Rest => {
            let rest: Vec<&str> = words[at..].iter().map(|word| word.raw.as_str()).collect();
            Some((words.len(), Bound::Text(rest.join(" "))))
        }
        Slot::Bytes => {
            let (end, sizes) = size(words, at)?;
            let [size] = sizes.as_slice() else { return None };
            let unit = if size.unit == 'c' { String::new() } else { size.unit.to_string() };
            Some((end, Bound::Text(format!("{}{unit}", size.amount))))
        }
        Slot::Seconds => text(seconds(words, at)),
        Slot::Delay => text(delay(words, at)),
        Slot::Length => text(in_words(words, at)),
        Slot::Since => text(since(words, at)),
        Slot::Month => text(month_number(words, at)),
        Slot::Signal => text(signal(words, at)),
        Slot::Command => text(command(words, at)),
        Slot::Var => text(identifier(words, at).filter(|_| word.is_variable())),
        Slot::Shopt => text(shell_option(words, at)),
        Slot::Ident => text(identifier(words, at)),
        Slot::Pid => (matches!(word.value, Value::Number(_)) || word.is_variable()).then(|| (at + 1, Bound::Text(word.raw.clone()))),
        Slot::Clock => text(clock(words, at)),
        Slot::User => user(word).then(|| (at + 1, Bound::Text(word.raw.clone()))),
        Slot::Mode => mode(words, at).map(|(end, mode)| (end, Bound::Text(mode))),
        Slot::Extensions => extensions(words, at).map(|(end, list)| (end, Bound::List(list))),
        Slot::Pattern if word.is_word() && !plural_ending(word) => None,
        // ".tex files" is a kind.
        Slot::Dotted if word.raw.starts_with('.') && words.get(at + 1).is_some_and(|next| next.is("@file")) => None,
        Slot::Dotted => matches!(word.value, Value::File).then(|| (at + 1, Bound::Text(word.raw.clone()))),
        Slot::Ending if word.is_word() && !extension_like(word) => None,
        Slot::Ending => extensions(words, at).map(|(end, list)| (end, Bound::List(list))),
        Slot::Kind | Slot::Pattern => kind(words, at).map(|(end, list)| (end, Bound::List(list))),
        Slot::Remote => is_remote(word).then(|| (at + 1, Bound::Text(word.raw.clone()))),
        Slot::Spot => spot(words, at).map(|(end, text)| (end, Bound::Text(text))),
        Slot::Item => item(words, at).map(|(end, text)| (end, Bound::Text(text))),
        Slot::Items => items(words, at).map(|(end, list)| (end, Bound::List(list))),
        Slot::Bunch => bunch(words, at).map(|(end, list)| (end, Bound::List(list))),
        Slot::File => is_file(words, at).then(|| (at + 1, Bound::Text(word.raw.clone()))),
        Slot::Folder => (is_path(word) && is_folder(&word.raw)).then(|| (at + 1, Bound::Text(word.raw.clone()))),
        Slot::Entry => (is_file(words, at) || is_path(word) && is_folder(&word.raw)).then(|| (at + 1, Bound::Text(word.raw.clone()))),
        Slot::Files => files(words, at).map(|(end, list)| (end, Bound::List(list))),
        Slot::Quoted => (word.is_quoted() || word.is_variable()).then(|| (at + 1, Bound::Text(word.raw.clone()))),
        Slot::Key => (word.is_quoted() || word.is_word() && !word.is_light()).then(|| (at + 1, Bound::Text(word.raw.clone()))),
        Slot::Nth => ordinal(word).map(|number| (at + 1, Bound::Number(number))),
        Slot::Delimiter => delimiter(word).map(|text| (at + 1, Bound::Text(text))),
        Slot::Range => range(words, at).map(|(end, (from, to))| (end, Bound::Text(format!("{from},{to}")))),
    }
}
