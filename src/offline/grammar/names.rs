//! Names of files in a sentence: which words can be one, and lists of them.

use super::words::Word;
use crate::offline::slots::{Value, extensions_of};

/// Whether a word can be the name of something by itself: it is quoted, has the shape of a name, or is no English.
pub(super) fn one_name(word: &Word) -> bool {
    match word.value {
        Value::Quoted | Value::File | Value::Glob(_) | Value::Ext | Value::Version | Value::Ref | Value::Image | Value::Mode => true,
        Value::Path => !word.raw.ends_with('/'),
        Value::Variable => word.is_variable(),
        Value::Word => word.namely && !word.repaired && !word.raw.contains('\''),
        _ => false,
    }
}

/// "a.txt", "a.txt or b.txt", "a, b and c". With `any`, the first word is a name whatever it is.
pub(super) fn names(words: &[Word], at: usize, any: bool) -> Option<(usize, Vec<String>)> {
    let fits = |word: &Word| one_name(word) || (any && (word.is_word() && word.namely || matches!(word.value, Value::Number(_))));
    let first = words.get(at)?;
    // "starting with a and …": a letter by itself is the text, not the article.
    let letter = any && first.is_word() && first.low.len() == 1 && words.get(at + 1).is_none_or(Word::is_noise);
    if !letter && (!(fits(first) || (any && first.is_word())) || !first.may_be_name()) {
        return None;
    }
    let mut list = vec![first.raw.clone()];
    let mut end = at + 1;
    loop {
        let mut next = end;
        let comma = words.get(next - 1).is_some_and(|word| word.comma);
        let joined = words.get(next).is_some_and(|word| word.is("or") || word.is("and") || word.is("and/or") || word.raw == "&");
        if joined {
            next += 1;
        }
        // "named cache or tmp": what endings are called is no English, unless it tells the kind of files.
        let ending = |word: &Word| any && word.is_word() && extensions_of(&word.low).is_some_and(|list| list == [word.low.as_str()]);
        let of_files = words.get(next + 1).is_some_and(|word| word.is("@file"));
        let is_more = |word: &Word| one_name(word) || (ending(word) && !of_files);
        let more = words.get(next).filter(|word| (joined || comma) && is_more(word) && !matches!(word.value, Value::Path));
        let Some(word) = more else { return Some((end, list)) };
        list.push(word.raw.clone());
        end = next + 1;
    }
}

/// `*.txt` for `.txt`, `txt` and `*.txt`.
pub(super) fn ending(text: &str) -> String {
    if text.contains('*') { text.to_owned() } else { format!("*.{}", text.trim_start_matches('.')) }
}

/// Whether a word can be a path by itself.
pub(super) fn is_path(word: &Word) -> bool {
    matches!(word.value, Value::Path | Value::File | Value::Quoted | Value::Glob(_) | Value::Ext | Value::Version | Value::Here)
        || word.is_variable()
        || (word.is_word() && word.namely && !word.raw.contains('\''))
}

/// Whether the word at `at` names a file: by its shape, or because "file" stands before it. Any other bare word may be anything.
pub(super) fn is_file(words: &[Word], at: usize) -> bool {
    let Some(word) = words.get(at).filter(|word| is_path(word)) else { return false };
    let announced = at > 0 && ["@file", "named", "called"].iter().any(|what| words[at - 1].is(what));
    let coined = word.raw.bytes().any(|b| b.is_ascii_digit() || b == b'_') || word.raw.bytes().skip(1).any(|b| b.is_ascii_uppercase());
    match word.value {
        Value::Word => announced || coined,
        Value::Ext | Value::Here => announced,
        // A command in quotes is no file.
        Value::Quoted if word.raw.contains([',', ';', '@']) => false,
        Value::Quoted => {
            !word.raw.contains([' ', '\\', '`', '\''])
                || (!word.raw.contains([':', '\\', '`', '\'', '$', '|', '{']) && !word.raw.contains(" -"))
        }
        Value::Path => announced || !is_folder(&word.raw),
        _ => true,
    }
}

/// Directories that a system has at these places, by the Filesystem Hierarchy Standard 3.0.
const STANDARD_FOLDERS: [&str; 28] = [
    "/",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/media",
    "/mnt",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/sys",
    "/tmp",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/local",
    "/usr/sbin",
    "/usr/share",
    "/var",
    "/var/cache",
    "/var/lib",
    "/var/log",
    "/var/tmp",
];

/// Whether a path is written as a directory's, or is one of those that every system has.
pub(super) fn is_folder(path: &str) -> bool {
    path.ends_with('/') || matches!(path, "." | ".." | "~") || STANDARD_FOLDERS.contains(&path)
}

/// "a.txt", "a.txt, b.txt and *.c", where each names a file.
pub(super) fn files(words: &[Word], at: usize) -> Option<(usize, Vec<String>)> {
    let first = words.get(at).filter(|_| is_file(words, at))?;
    let mut list = vec![first.raw.clone()];
    let mut end = at + 1;
    loop {
        let joined = words.get(end).is_some_and(|word| word.is("and") || word.is("or") || word.raw == "&");
        let mut next = end + usize::from(joined);
        if joined && words.get(next).is_some_and(|word| word.is("@file")) {
            next += 1;
        }
        let fits =
            (joined || words[end - 1].comma) && (is_file(words, next) || first.is_word() && joined && words.get(next).is_some_and(is_path));
        let Some(word) = words.get(next).filter(|_| fits) else { return Some((end, list)) };
        list.push(word.raw.clone());
        end = next + 1;
    }
}

/// "a.txt", "a.txt, b.txt and *.c".
pub(super) fn paths(words: &[Word], at: usize) -> Option<(usize, Vec<String>)> {
    let first = words.get(at).filter(|word| is_path(word))?;
    let mut list = vec![first.raw.clone()];
    let mut end = at + 1;
    loop {
        let comma = words[end - 1].comma;
        let joined = words.get(end).is_some_and(|word| word.is("and") || word.is("or") || word.raw == "&");
        let next = end + usize::from(joined);
        let Some(word) = words.get(next).filter(|word| (joined || comma) && is_path(word)) else { return Some((end, list)) };
        list.push(word.raw.clone());
        end = next + 1;
    }
}
