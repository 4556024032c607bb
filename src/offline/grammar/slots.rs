//! Measures and other values in words: ages, sizes, numbers, modes, endings.

use super::ages::{Side, compared};
use super::words::Word;
use crate::offline::slots::{Bound, NUMBERS, Size, Value, extensions_of, is_pattern};

/// Numbers that only the grammar takes for such: elsewhere "one" is more often a pronoun.
const MORE_NUMBERS: [(&str, u64); 3] = [("one", 1), ("zero", 0), ("twenty-four", 24)];

pub(super) fn is(words: &[Word], at: usize, what: &str) -> bool {
    words.get(at).is_some_and(|word| word.is(what))
}

pub(super) fn is_any(words: &[Word], at: usize, list: &[&str]) -> bool {
    list.iter().any(|what| is(words, at, what))
}

pub(super) fn number(words: &[Word], at: usize) -> Option<(usize, u64)> {
    let word = words.get(at)?;
    if let Value::Number(number) = word.value {
        return Some((at + 1, number));
    }
    // "30*24 hours" is how manuals write 30 days.
    if let Some((one, other)) = word.raw.split_once('*').and_then(|(a, b)| Some((a.parse::<u64>().ok()?, b.parse::<u64>().ok()?))) {
        return Some((at + 1, one.checked_mul(other)?));
    }
    let named = NUMBERS.iter().chain(&MORE_NUMBERS).find(|(name, _)| word.is(name))?;
    Some((at + 1, named.1))
}

/// "bigger than 10 MB", "at least 1G", "between 10k and 20k", "100 bytes in size", "exactly 5M".
pub(super) fn size(words: &[Word], at: usize) -> Option<(usize, Vec<Size>)> {
    let mut start = at;
    while is_any(words, start, &["is", "are", "of", "the", "a", "size", "sizes", "be", "which", "was", "that"]) {
        start += 1;
    }
    if is_any(words, start, &["between", "from"]) {
        let (mut end, low) = one_size(words, start + 1).or_else(|| {
            // "between 10 and 20 MB": the unit is said once.
            let (end, amount) = number(words, start + 1)?;
            let unit = (end + 1..end + 3).find_map(|place| one_size(words, place))?;
            Some((end, Size { bound: None, amount, unit: unit.1.unit }))
        })?;
        if !is_any(words, end, &["and", "to"]) {
            return None;
        }
        let (after, high) = one_size(words, end + 1)?;
        end = if is(words, after, "in") && is(words, after + 1, "size") { after + 2 } else { after };
        return Some((end, vec![Size { bound: Some(Bound::More), ..low }, Size { bound: Some(Bound::Less), ..high }]));
    }
    let (next, side) = compared(words, start);
    let next = if is(words, next, "size") { next + 1 } else { next };
    let (mut end, mut found) = one_size(words, next)?;
    found.bound = match side {
        Some(Side::More | Side::AtLeast) => Some(Bound::More),
        Some(Side::Less) => Some(Bound::Less),
        Some(Side::Exactly) => None,
        None => found.bound,
    };
    let otherwise = words.get(end + 1).map(|word| word.low.as_str());
    let bound = match otherwise.filter(|_| is(words, end, "or")) {
        Some("more" | "larger" | "bigger" | "greater" | "above" | "over") => Some(Bound::More),
        Some("less" | "smaller" | "below" | "under") => Some(Bound::Less),
        _ if is(words, end, "and") && is_any(words, end + 1, &["above", "up", "over"]) => Some(Bound::More),
        _ => None,
    };
    if let Some(bound) = bound {
        found.bound = Some(bound);
        end += 2;
    }
    while is_any(words, end, &["in", "size", "big", "large", "long"])
        && (is(words, end, "in") == is(words, end + 1, "size") || !is(words, end, "in"))
    {
        end += 1;
    }
    Some((end, vec![found]))
}

fn one_size(words: &[Word], at: usize) -> Option<(usize, Size)> {
    let word = words.get(at)?;
    if let Value::Size(size) = &word.value {
        return Some((at + 1, size.clone()));
    }
    let unit = words.get(at + 1)?;
    let amount = match word.value {
        Value::Number(_) | Value::Version => word.raw.clone(),
        _ => number(words, at)?.1.to_string(),
    };
    if unit.is("blocks") || unit.is("block") {
        return Some((at + 2, Size { bound: None, amount: amount.parse().ok()?, unit: 'b' }));
    }
    let unit_word = if unit.is("characters") || unit.is("chars") { "bytes" } else { unit.low.as_str() };
    unit.is_word().then_some(())?;
    Size::new(&amount, unit_word, None).map(|size| (at + 2, size))
}

/// `755`, `u=rwx,g=rx`, `+x`.
pub(super) fn mode(words: &[Word], at: usize) -> Option<(usize, String)> {
    let word = words.get(at)?;
    let octal = (3..=4).contains(&word.raw.len()) && word.raw.bytes().all(|b| (b'0'..=b'7').contains(&b));
    let symbolic = word.raw.split(',').all(|part| {
        let at = part.find(['+', '=', '-']).unwrap_or(part.len());
        let (who, what) = part.split_at(at);
        who.bytes().all(|b| b"ugoa".contains(&b)) && what.len() > 1 && what[1..].bytes().all(|b| b"rwxXstugo".contains(&b))
            || what.len() == 1 && !who.is_empty() && what == "="
    });
    (octal || symbolic).then(|| (at + 1, word.raw.clone()))
}

/// Whether a word can be the name of a user or a group.
pub(super) fn user(word: &Word) -> bool {
    let fits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'$'));
    match word.value {
        Value::Variable => word.is_variable() && !word.raw.contains('/'),
        Value::Quoted | Value::Number(_) | Value::File => fits(&word.raw),
        Value::Word => {
            fits(&word.raw)
                && (word.namely
                    || ["root", "staff", "admin", "nobody", "users", "wheel", "adm", "daemon", "mail", "www"]
                        .iter()
                        .any(|name| word.is(name)))
        }
        _ => false,
    }
}

/// "txt", ".txt or .md", "'c'" after "extension".
pub(super) fn extensions(words: &[Word], at: usize) -> Option<(usize, Vec<String>)> {
    let one = |word: &Word| {
        let text = word.raw.trim_start_matches('*').trim_start_matches('.');
        let plain = word.may_be_name()
            && !text.is_empty()
            && text.len() <= 24
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'+' | b'-'));
        let fits = matches!(word.value, Value::Ext | Value::Glob(_) | Value::File | Value::Quoted) || word.is_word() && !word.is_noise();
        (plain && fits).then(|| super::names::ending(&word.raw))
    };
    let mut list = vec![one(words.get(at)?)?];
    let mut end = at + 1;
    loop {
        let comma = words[end - 1].comma;
        let joined = is_any(words, end, &["or", "and", "and/or"]);
        let next = end + usize::from(joined);
        let Some(more) = words.get(next).filter(|_| joined || comma).filter(|word| extension_like(word)).and_then(&one) else {
            return Some((end, list));
        };
        list.push(more);
        end = next + 1;
    }
}

/// Whether a word is an ending that everybody knows, or no English.
pub(super) fn extension_like(word: &Word) -> bool {
    !word.is_word() || extensions_of(&word.low).is_some() || word.namely
}

/// "pngs", "PDFs".
pub(super) fn plural_ending(word: &Word) -> bool {
    word.low.strip_suffix('s').is_some_and(|ending| {
        ending.len() > 1
            && !matches!(ending, "log" | "doc" | "clas" | "image" | "video" | "picture" | "backup" | "header" | "text" | "word" | "shell")
            && extensions_of(ending).is_some_and(|list| list == [ending])
    })
}

/// Names that begin with a dot and are no ending.
const DOT_NAMES: &[&str] = &[
    ".git",
    ".svn",
    ".hg",
    ".cvs",
    ".DS_Store",
    ".gitignore",
    ".bashrc",
    ".zshrc",
    ".profile",
    ".env",
    ".ssh",
    ".cache",
    ".config",
    ".htaccess",
    ".snapshot",
];

/// "python", "jpg and png", ".c", "*.h" in front of "files".
pub(super) fn kind(words: &[Word], at: usize) -> Option<(usize, Vec<String>)> {
    let one = |word: &Word| match &word.value {
        // How old "old files" are is not said; ".old files" have that ending.
        Value::Word if word.low == "old" => None,
        Value::Word if word.low == "word" && !is_any(words, at + 1, &["file", "files", "document", "documents"]) => None,
        Value::Word if word.low.len() > 1 || matches!(word.raw.as_str(), "c" | "C" | "h") => {
            let known = extensions_of(word.low.trim_end_matches("script").trim_end_matches('-'));
            let known = if word.low.ends_with("script") && word.low != "script" { extensions_of(&word.low) } else { known };
            known.map(|list| list.iter().map(|ending| format!("*.{ending}")).collect::<Vec<_>>())
        }
        Value::Ext => Some(vec![format!("*{}", word.raw)]),
        Value::File if DOT_NAMES.contains(&word.raw.as_str()) => Some(vec![word.raw.clone()]),
        Value::File if word.raw.starts_with('.') && word.raw.len() <= 10 => Some(vec![format!("*{}", word.raw)]),
        Value::Quoted if word.raw.starts_with('.') && !word.raw.contains(['/', ' ']) => Some(vec![format!("*{}", word.raw)]),
        Value::Glob(_) if !word.raw.contains('/') => Some(vec![word.raw.clone()]),
        Value::Quoted if is_pattern(&word.raw) && !word.raw.contains('/') => Some(vec![word.raw.clone()]),
        _ => None,
    };
    let mut list = one(words.get(at)?)?;
    let mut end = at + 1;
    loop {
        let comma = words[end - 1].comma;
        let joined = is_any(words, end, &["or", "and", "and/or"]) || words.get(end).is_some_and(|word| word.raw == "&");
        let next = end + usize::from(joined);
        let Some(more) = words.get(next).filter(|_| joined || comma).and_then(&one) else { return Some((end, list)) };
        list.extend(more);
        end = next + 1;
    }
}

/// "read", "write and execute", "read, write and execute", "read/write".
pub(super) fn rights(words: &[Word], at: usize) -> Option<(usize, String)> {
    let one = |word: &Word| match word.low.as_str() {
        "read" | "readable" => Some("r"),
        "write" | "writable" | "writeable" => Some("w"),
        "execute" | "executable" | "execution" | "exec" => Some("x"),
        "read-write" => Some("rw"),
        "read-execute" => Some("rx"),
        "read-write-execute" => Some("rwx"),
        _ => None,
    };
    letters(words, at, one)
}

/// "group", "user and group", "others", "everybody", "owner".
pub(super) fn who(words: &[Word], at: usize) -> Option<(usize, String)> {
    let one = |word: &Word| match word.low.as_str() {
        "user" | "owner" | "users" => Some("u"),
        "group" => Some("g"),
        "other" | "others" | "world" => Some("o"),
        "all" | "everybody" | "everyone" | "anybody" | "anyone" => Some("a"),
        _ => None,
    };
    // "for others, all files …": here "all" belongs to the files.
    let (end, found) = letters(words, at, one)?;
    let files = end > at + 1 && is(words, end - 1, "all") && is_any(words, end, &["@file", "@dir"]);
    if !files {
        return Some((end, found));
    }
    let cut = found.len() - 1;
    Some((end - 1, found[..cut].to_owned()))
}

fn letters(words: &[Word], at: usize, one: impl Fn(&Word) -> Option<&'static str>) -> Option<(usize, String)> {
    let mut found = String::from(one(words.get(at)?)?);
    let mut end = at + 1;
    loop {
        let mut next = end;
        while is_any(words, next, &["and", "or", "&", "the", "by", "for"]) {
            next += 1;
        }
        let joined = next > end || words[end - 1].comma || words.get(end - 1).is_some_and(|word| word.is_word() && word.low.len() < 3);
        let Some(letter) = words.get(next).filter(|_| joined).and_then(&one) else { break };
        found.push_str(letter);
        end = next + 1;
    }
    Some((end, found))
}
