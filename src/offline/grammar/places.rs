//! Where: folders in words and as paths, and how deep.

use super::measures::Place;
use super::words::Word;
use crate::offline::slots::Value;

fn is(words: &[Word], at: usize, what: &str) -> bool {
    words.get(at).is_some_and(|word| word.is(what))
}

/// Words before "folder" that say which folders, and name none.
const NO_FOLDER: &[&str] = &[
    "empty",
    "hidden",
    "new",
    "old",
    "big",
    "large",
    "small",
    "other",
    "another",
    "different",
    "same",
    "specific",
    "single",
    "one",
    "two",
    "each",
    "every",
    "top",
    "top-level",
    "sub",
    "parent",
    "root",
    "home",
    "working",
    "immediate",
    "first",
    "last",
    "directory",
    "source",
    "destination",
    "target",
    "non-empty",
    "writable",
    "readable",
    "executable",
    "separate",
    "given",
    "specified",
    "multiple",
    "many",
];

/// Whether a word before "folder" can be a folder's name.
pub(in crate::offline) fn may_name_folder(word: &str) -> bool {
    !NO_FOLDER.contains(&word.to_lowercase().as_str())
}

fn is_folder(words: &[Word], at: usize) -> bool {
    is(words, at, "@dir")
}

fn is_one_folder(words: &[Word], at: usize) -> bool {
    is_folder(words, at) && !words[at].low.ends_with('s')
}

/// The end of "directory tree", "folder hierarchy", "file system" after `at`.
fn folder_words(words: &[Word], mut at: usize) -> usize {
    while is_folder(words, at) || is(words, at, "@tree") {
        at += 1;
    }
    at
}

fn whole_system(words: &[Word], at: usize) -> Option<usize> {
    let alone =
        |at: usize| ["filesystem", "file-system", "system", "machine", "computer", "disk", "server"].iter().any(|name| is(words, at, name));
    let whole = |at: usize| ["whole", "entire", "complete", "full"].iter().any(|name| is(words, at, name));
    let start = if whole(at) { at + 1 } else { at };
    let end = if is(words, start, "file") && is(words, start + 1, "system") {
        start + 2
    } else if alone(start) {
        start + 1
    } else {
        return None;
    };
    let known = start > at || !["disk", "machine", "computer", "server"].iter().any(|name| is(words, start, name));
    known.then(|| folder_words(words, end))
}

/// A place, without the preposition before it. With `bare`, an unknown word can be one.
pub(super) fn place(words: &[Word], at: usize, bare: bool) -> Option<(usize, Place)> {
    let mut start = at;
    while words.get(start).is_some_and(Word::is_light) {
        start += 1;
    }
    let (end, roots) = one_place(words, start, bare)?;
    let recursive = words[start..end].iter().any(|word| word.is("@tree"));
    let mut place = Place { roots, recursive };
    let end = behind(words, end, &mut place);
    Some((end, place))
}

fn one_place(words: &[Word], at: usize, bare: bool) -> Option<(usize, Vec<String>)> {
    let here = || vec![".".to_owned()];
    if let Some(end) = whole_system(words, at) {
        return Some((end, vec!["/".to_owned()]));
    }
    let mut start = at;
    while ["current", "present", "working", "local", "same", "this", "given", "specified", "particular", "certain"]
        .iter()
        .any(|name| is(words, start, name))
    {
        start += 1;
    }
    if start > at && (is_folder(words, start) || is(words, start, "@tree")) {
        let vague = ["given", "specified", "particular", "certain"].iter().any(|name| is(words, at, name));
        let end = folder_words(words, start);
        // "the given directory /var" is named next.
        if let Some((end, list)) = path_list(words, end, true) {
            return Some((end, list));
        }
        return (!vague).then(|| (end, here()));
    }
    if start > at && is(words, start - 1, "current") && (start == words.len() || !words[start].is_word()) {
        return Some((start, here()));
    }
    if is(words, at, "here") {
        return Some((at + 1, here()));
    }
    let mut home = at;
    while ["user", "users", "user's", "users'", "current"].iter().any(|name| is(words, home, name)) {
        home += 1;
    }
    if is(words, home, "home") {
        return Some((folder_words(words, home + 1), vec!["~".to_owned()]));
    }
    if is(words, at, "parent") && is_one_folder(words, at + 1) {
        return Some((folder_words(words, at + 1), vec!["..".to_owned()]));
    }
    if is(words, at, "root") {
        let mut end = at + 1;
        if let Some(behind) = whole_system(words, end) {
            end = behind;
        }
        end = folder_words(words, end);
        if words.get(end).is_some_and(|word| word.raw == "/") {
            end += 1;
        }
        return Some((end, vec!["/".to_owned()]));
    }
    if let Some(folder) = words.get(at).filter(|_| is_one_folder(words, at + 1)) {
        let english = folder.is_word() && !folder.namely;
        if english && matches!(folder.low.as_str(), "temp" | "temporary" | "tmp") {
            return Some((folder_words(words, at + 1), vec!["/tmp".to_owned()]));
        }
        if english && bare && folder.may_be_name() && !folder.is_noise() && may_name_folder(&folder.low) {
            return Some((folder_words(words, at + 1), vec![folder.raw.clone()]));
        }
    }
    // "in logs": a plural where a place belongs.
    let plural = |word: &Word| word.is_word() && word.low.len() > 3 && word.low.ends_with('s') && word.may_be_name() && !word.is_noise();
    let ends =
        |word: &Word| word.is("@neg") || word.is_light() || ["older", "newer", "modified", "with", "and"].iter().any(|what| word.is(what));
    if bare && words.get(at).is_some_and(plural) && !words[at].is("@sub") && words.get(at + 1).is_none_or(ends) {
        return Some((at + 1, vec![words[at].raw.clone()]));
    }
    let named = folder_words(words, at);
    if named > at {
        let named = if bare && is(words, named, "@named") { named + 1 } else { named };
        if let Some((end, list)) = path_list(words, named, true) {
            return Some((folder_words(words, end), list));
        }
    }
    let named = is_folder(words, at + 1) || is(words, at + 1, "@tree");
    if words.get(at).is_some_and(Word::is_word) && !bare && !named {
        return None;
    }
    let (end, list) = path_list(words, at, named)?;
    Some((folder_words(words, end), list))
}

/// Whether a list of places begins here, and no file and where it goes.
fn is_in(words: &[Word], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).is_some_and(|at| is(words, at, "@in") || is_folder(words, at));
    before(1) || (before(2) && words[at - 1].is_light())
}

/// "/a", "/a and /b", "/a, /b": with `named`, a bare word is a path too.
fn path_list(words: &[Word], at: usize, named: bool) -> Option<(usize, Vec<String>)> {
    let fits = |word: &Word| match word.value {
        Value::Path | Value::Here => true,
        Value::Variable => word.is_variable(),
        // In quotes a name without an ending is a folder's.
        Value::Quoted => named || word.raw.contains('/') || word.raw.starts_with('~') || !word.raw.contains(['.', '*', '?', '\\', '$']),
        Value::Word => word.namely && !word.repaired,
        Value::File => named,
        Value::Glob(_) => word.raw.contains('/'),
        _ => false,
    };
    let first = words.get(at).filter(|word| fits(word))?;
    // "in python files" names files and no folder.
    if first.is_word() && is(words, at + 1, "@file") {
        return None;
    }
    let mut list = vec![first.raw.clone()];
    let mut end = at + 1;
    loop {
        let joined = is(words, end, "and") || is(words, end, "or");
        let comma = words[end - 1].comma;
        let next = end + usize::from(joined);
        let next = if is_folder(words, next) { next + 1 } else { next };
        let bare_too = first.is_word();
        // "in /etc /srv".
        let row = |word: &Word| matches!(word.value, Value::Path) && word.raw.starts_with('/');
        let in_row = !joined && !comma && row(&words[end - 1]) && words.get(end).is_some_and(row) && is_in(words, at);
        let more = words.get(next).filter(|word| {
            (joined || comma || in_row)
                && (matches!(word.value, Value::Path)
                    || (word.is_quoted() && word.raw.contains('/'))
                    || (bare_too && word.is_word() && word.namely && !word.repaired && !is(words, next + 1, "@file")))
        });
        let Some(word) = more else { return Some((end, list)) };
        list.push(word.raw.clone());
        end = next + 1;
    }
}

/// "and below", "and its subdirectories", "recursively", behind a place.
fn behind(words: &[Word], mut end: usize, place: &mut Place) -> usize {
    loop {
        let mut at = end;
        while [
            "and",
            "or",
            "all",
            "of",
            "its",
            "it's",
            "the",
            "it",
            "any",
            "their",
            "in",
            "also",
            "recursively",
            "through",
            "further",
            "under",
            "descend",
            "deeper",
            "each",
            "every",
        ]
        .iter()
        .any(|name| is(words, at, name))
        {
            at += 1;
        }
        let deeper = is(words, at, "@sub")
            || ["below", "beneath", "underneath", "deeper", "downwards", "down", "children", "lower"]
                .iter()
                .any(|name| is(words, at, name))
                && at > end
            || (is(words, at, "sub") && is_folder(words, at + 1));
        if deeper {
            at += 1 + usize::from(is(words, at, "sub"));
            let at = folder_words(words, at);
            place.recursive = true;
            end = at;
        } else if is(words, end, "recursively") {
            place.recursive = true;
            end += 1;
        } else {
            return end;
        }
    }
}
