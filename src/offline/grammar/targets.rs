//! What a command works on: one file or folder, several of them, or all of a kind in a place.

use super::names::is_path;
use super::places::place;
use super::slots::{extensions, kind};
use super::words::Word;
use crate::offline::slots::{Value, is_pattern};

fn is(words: &[Word], at: usize, what: &str) -> bool {
    words.get(at).is_some_and(|word| word.is(what))
}

fn is_any(words: &[Word], at: usize, list: &[&str]) -> bool {
    list.iter().any(|what| is(words, at, what))
}

/// Words that say what sort of thing is named next, or was named.
#[rustfmt::skip]
const NOUNS: &[&str] = &[
    "@file", "@dir", "@sub", "path", "paths", "script", "scripts", "document", "documents", "tree", "image", "program", "binary",
    "executable", "link", "symlink", "variable", "archive", "tarball", "log", "item", "items", "project", "object", "partition",
    "device", "location", "target", "destination", "hierarchy", "structure", "source", "volume",
];

/// Words before a noun that add nothing.
#[rustfmt::skip]
const PLAIN: &[&str] = &[
    "new", "local", "existing", "regular", "normal", "specified", "given", "named", "called", "symbolic", "single", "text", "whole",
    "entire", "following", "by", "shell", "remote",
];

/// How a thing named in words stands: a path, or a word that is announced.
fn skip_nouns(words: &[Word], mut at: usize) -> (usize, bool) {
    let mut announced = at > 0 && (NOUNS.iter().any(|noun| is(words, at - 1, noun)) || is_any(words, at - 1, &["named", "called"]));
    loop {
        if words.get(at).is_some_and(Word::is_light) || is_any(words, at, PLAIN) {
            announced |= is_any(words, at, &["named", "called"]);
            at += 1;
        } else if NOUNS.iter().any(|noun| is(words, at, noun)) {
            announced = true;
            at += 1;
            // "files and directories", "file or folder".
            if is_any(words, at, &["and", "or"]) && is_any(words, at + 1, &["@file", "@dir", "@sub"]) {
                at += 2;
            }
            if is(words, at, "with") && is_any(words, at + 1, &["name", "path"]) {
                at += 2;
            } else if is_any(words, at, &["of", "at"]) && is_any(words, at - 1, &["path", "location"]) {
                at += 1;
            }
        } else {
            return (at, announced);
        }
    }
}

/// Nouns that may stand behind what they name.
#[rustfmt::skip]
const BEHIND: &[&str] = &[
    "@file", "@dir", "@sub", "script", "archive", "tarball", "link", "symlink", "partition", "document",
];

fn behind_noun(words: &[Word], at: usize) -> usize {
    let named_next = words.get(at + 1).is_some_and(is_thing);
    if BEHIND.iter().any(|noun| is(words, at, noun)) && !named_next { at + 1 } else { at }
}

fn is_thing(word: &Word) -> bool {
    (is_path(word) && !is_remote(word) && (word.is_quoted() || !matches!(word.value, Value::Ext)))
        || matches!(word.value, Value::Ref)
        || matches!(word.value, Value::Image) && !is_remote(word)
}

/// `host:/path`, `user@host:path`, also in quotes.
pub(super) fn is_remote(word: &Word) -> bool {
    let shaped = || {
        let Some((host, path)) = word.raw.split_once(':') else { return false };
        let host_like =
            !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@' | '$' | '{' | '}'));
        host_like
            && host.len() > 1
            && !path.starts_with("//")
            && (host.contains('@') || path.starts_with(['/', '~', ':', '.']) || path.contains('/'))
    };
    matches!(word.value, Value::Remote) || matches!(word.value, Value::Quoted | Value::Path | Value::Image) && shaped()
}

/// Where something can be sent that is no file.
#[rustfmt::skip]
const NO_FILE: &[&str] = &[
    "clipboard", "server", "cloud", "disk", "drive", "stdout", "stdin", "screen", "terminal", "console", "printer", "lowercase",
    "uppercase", "lower", "upper", "remote", "host", "trash", "bin", "output", "input", "standard", "me", "line", "lines", "column",
    "word", "words", "read", "write", "execute", "root", "everyone", "anyone", "group", "others", "work", "start", "end", "top",
    "bottom", "front", "background", "foreground", "stderr", "everything", "nothing", "something", "somewhere", "anything", "stuff",
    "things", "system", "systems", "filesystem", "filesystems",
];

/// Words that are no name even where one is announced.
#[rustfmt::skip]
const NO_THING: &[&str] = &[
    "in", "to", "of", "and", "or", "recursively", "is", "using", "via", "through", "exists", "exist", "if", "into", "permission",
    "permissions", "owner", "then", "but", "only", "size", "sizes", "type", "content", "contents", "on", "over", "when", "while",
    "after", "before", "including", "inside", "within", "owned", "matching", "that", "current", "up", "down", "back", "containing",
    "ending", "starting", "named", "called", "per", "where", "so", "usage", "structure", "verbosely", "without", "between", "sorted",
    "by", "ordered", "recursive", "except", "excluding", "older", "newer", "larger", "smaller", "bigger", "here", "there", "not",
    "modified", "changed", "created", "who", "which",
];

/// One word that names a thing, at its very place.
fn one(words: &[Word], at: usize, announced: bool) -> Option<String> {
    let word = words.get(at)?;
    let placed = at > 0 && is_any(words, at - 1, &["to", "into", "as", "onto"]);
    let called = at > 0 && is_any(words, at - 1, &["named", "called"]);
    let owned = at > 0 && is_any(words, at - 1, &["my", "your", "his", "her", "our", "their", "its"]);
    let bare = announced
        && !owned
        && !NO_FILE.contains(&word.low.as_str())
        && word.is_word()
        && word.may_be_name()
        && !word.raw.contains('\'')
        && !NO_THING.contains(&word.low.as_str())
        && word.raw.len() > 1
        && (placed || called || !word.low.ends_with("ed") && !word.low.ends_with("ing"));
    // "a link current to /x": here it is no folder.
    let current = word.is("current")
        && (announced || called || at > 0 && is_any(words, at - 1, &["link", "symlink"]))
        && is_any(words, at + 1, &["to", "for"]);
    let bare = bare || current || called && word.is_word() && word.may_be_name() && word.raw.len() > 1;
    let number = announced && !placed && matches!(word.value, Value::Number(_));
    let hyphen = word.is_quoted() && word.raw.trim().is_empty();
    // `SHA256SUMS` is no word of a sentence.
    let caps = word.is_word()
        && word.raw.len() > 3
        && word.raw.contains(|c: char| c.is_ascii_digit() || c == '_')
        && !word.raw.contains(|c: char| c.is_ascii_lowercase());
    if owned && word.is_word() {
        return None;
    }
    (is_thing(word) && !word.repaired && !hyphen || bare || number || caps).then(|| word.raw.clone())
}

/// Whether a plain word stands where only a name can: "to archive", and in front of "to".
fn is_placed(words: &[Word], at: usize) -> bool {
    // A sentence may end where a name is due: "move them into".
    let Some(word) = words.get(at) else { return false };
    let ends = at + 1 == words.len();
    let to = |at: usize| is_any(words, at, &["to", "into", "as", "onto"]);
    let lone = !word.is_light() && !NOUNS.iter().any(|noun| word.is(noun)) && (ends || kind(words, at).is_none());
    let behind = at > 0
        && to(at - 1)
        && (ends
            || word.comma
            || words
                .get(at + 1)
                .is_some_and(|next| next.is_noise() || next.is("@recursively") || next.is("without") || next.is("excluding")));
    let part = at > 0
        && is_any(words, at - 1, &["of", "from", "in"])
        && (ends || is_any(words, at + 1, &["excluding", "except", "but", "without", "recursively"]))
        && !word.low.ends_with('s');
    let before = at > 0
        && to(at + 1)
        && words[at - 1].is_word()
        && !words[at - 1].is_light()
        && (!word.low.ends_with('s') || is_any(words, at - 1, &["in", "from", "under"]));
    lone && (behind || before || part)
}

/// A folder in words: "the current directory", "home directory", "logs directory".
fn folder(words: &[Word], at: usize) -> Option<(usize, String)> {
    let (end, place) = place(words, at, true)?;
    let [root] = place.roots.as_slice() else { return None };
    let said = &words[at..end];
    if said.iter().any(is_remote) {
        return None;
    }
    let owned = at > 0
        && ["my", "your", "his", "her", "our", "their", "its"].iter().any(|owner| words[at - 1..end].iter().any(|word| word.is(owner)));
    if owned && said.last().is_some_and(|word| word.is_word() && word.raw == *root) {
        return None;
    }
    let guess = root == "/" && !said.iter().any(|word| word.is("root") || word.raw == "/");
    (!guess && !place.recursive).then(|| (end, root.clone()))
}

/// One file or folder, without where it lies.
pub(super) fn spot(words: &[Word], at: usize) -> Option<(usize, String)> {
    thing(words, at).filter(|(_, name)| !is_pattern(name))
}

fn thing(words: &[Word], at: usize) -> Option<(usize, String)> {
    let (start, announced) = skip_nouns(words, at);
    // "all …" is a collection.
    if (at.saturating_sub(1)..start).any(|at| is_any(words, at, &["all", "every", "each", "any"])) {
        return None;
    }
    let named = one(words, start, announced || is_placed(words, start)).map(|name| (behind_noun(words, start + 1), name)).or_else(|| {
        // "directory archive": the last noun is the name.
        let noun = start
            .checked_sub(1)
            .filter(|noun| *noun >= at && *noun > 0 && is_any(words, noun - 1, &["@file", "@dir", "named", "called"]))?;
        one(words, noun, !words[noun].is_light())
            .or_else(|| Some(words[noun].raw.clone()))
            .map(|name| (start, name))
            .filter(|_| !is_any(words, noun, &["@file", "@dir", "named", "called"]) && !words[noun].is_light())
    });
    let folder = folder(words, at);
    let (end, name) = match (named, folder) {
        (Some(named), Some(folder)) if folder.0 > named.0 => folder,
        (Some(named), _) => named,
        (None, folder) => folder?,
    };
    // "the temporary files" names none of them.
    let plural = |at: usize| is_any(words, at, &["files", "directories", "folders", "images", "scripts", "documents"]);
    let is_it = |at: usize| words[at].is_word() && words[at].raw == name;
    let adjective = is_it(end - 1) && plural(end) || end >= 2 && is_it(end - 2) && plural(end - 1);
    (!adjective).then(|| (here(words, end, &name), name))
}

/// "… in the current directory" says nothing new of a name that is relative.
fn here(words: &[Word], end: usize, name: &str) -> usize {
    if name.starts_with(['/', '~', '$'])
        || name == "."
        || !is_any(words, end, &["in", "from", "under", "within", "inside", "of", "present"])
    {
        return end;
    }
    let start = if is(words, end, "present") { end + 1 } else { end };
    match folder(words, start + 1) {
        Some((behind, root)) if root == "." && is_any(words, start, &["in", "from", "under", "within", "inside", "of"]) => behind,
        _ => end,
    }
}

/// One file or folder; "in /x" behind it says where it lies.
pub(super) fn item(words: &[Word], at: usize) -> Option<(usize, String)> {
    let (end, name) = spot(words, at)?;
    Some(lying(words, end, std::slice::from_ref(&name)).map_or((end, name), |(end, list)| (end, list[0].clone())))
}

fn join(folder: &str, name: &str) -> String {
    match folder {
        "." => name.to_owned(),
        _ => format!("{}/{name}", folder.trim_end_matches('/')),
    }
}

/// "in /etc" behind names that are relative.
fn lying(words: &[Word], end: usize, names: &[String]) -> Option<(usize, Vec<String>)> {
    if names.iter().any(|name| name.starts_with(['/', '~', '.', '$']) || name.contains(':'))
        || !(is_any(words, end, &["in", "under", "inside", "within", "located"])
            || is(words, end, "from") && (end + 1..end + 4).any(|at| is(words, at, "@dir")))
    {
        return None;
    }
    let start = if is(words, end, "located") { end + 2 } else { end + 1 };
    let (mut behind, root) = folder(words, start).or_else(|| {
        let (next, announced) = skip_nouns(words, start);
        one(words, next, announced).map(|name| (next + 1, name))
    })?;
    behind = behind_noun(words, behind);
    Some((behind, names.iter().map(|name| join(&root, name)).collect()))
}

/// One or more: "a, b and c", "the files a and b in /x".
pub(super) fn items(words: &[Word], at: usize) -> Option<(usize, Vec<String>)> {
    let (mut end, first) = thing(words, at)?;
    let is_bare = first != "." && words[..end].last().is_some_and(Word::is_word);
    let mut list = vec![first];
    loop {
        let comma = words[end - 1].comma;
        let joined = is_any(words, end, &["and", "or", "and/or"]) || words.get(end).is_some_and(|word| word.raw == "&");
        if !(comma || joined) {
            break;
        }
        let (next, noun) = skip_nouns(words, end + usize::from(joined));
        let Some(name) = one(
            words,
            next,
            noun || (is_bare
                && words.get(next).is_some_and(|word| {
                    word.namely || words.get(next + 1).is_none_or(|word| ["and", "to", "into"].iter().any(|joint| word.is(joint)))
                })),
        ) else {
            break;
        };
        list.push(name);
        end = behind_noun(words, next + 1);
    }
    if list.len() > 1 {
        end = here(words, end, &list[0]);
    }
    Some(lying(words, end, &list).unwrap_or((end, list)))
}

/// Named things, or all of a kind: "all files in src", "all *.txt files", "everything in /x", "files ending in .log".
pub(super) fn bunch(words: &[Word], at: usize) -> Option<(usize, Vec<String>)> {
    let named = items(words, at);
    let all = collection(words, at);
    match (named, all) {
        (Some(named), Some(all)) => Some(if all.0 >= named.0 { all } else { named }),
        (named, all) => all.or(named),
    }
}

fn collection(words: &[Word], at: usize) -> Option<(usize, Vec<String>)> {
    let mut start = at;
    let mut every = false;
    while words.get(start).is_some_and(Word::is_light)
        || is_any(words, start, &["of", "every", "each", "visible", "regular", "entire", "complete", "top-level", "existing"])
    {
        every |= is_any(words, start, &["all", "every", "each", "any"]);
        start += 1;
    }
    // "all jpgs".
    let plural_kind = every
        && words.get(start).is_some_and(|word| word.is_word() && word.low.len() > 3 && word.low.ends_with('s'))
        && !is(words, start, "@file");
    if let Some((end, globs)) = kind(words, start).filter(|_| plural_kind) {
        return Some((end, globs));
    }
    let (start, globs) = match kind(words, start).filter(|(end, _)| is_any(words, *end, &["@file", "images", "documents", "scripts"])) {
        Some((end, globs)) => (end, Some(globs)),
        None => (start, None),
    };
    let whole = is_any(words, start, &["everything", "contents", "content"]);
    if !(whole
        || is_any(words, start, &["@file", "images", "documents", "scripts"])
        || every && is_any(words, start, &["entries", "items"]))
    {
        return None;
    }
    let plural = whole || words[start].low.ends_with('s') || every;
    let mut end = start + 1;
    if is_any(words, end, &["and", "or"]) && is_any(words, end + 1, &["@dir", "@sub", "@file"]) {
        end += 2;
    }
    let (end, globs) = match (globs, named_like(words, end)) {
        (None, Some((end, globs))) => (end, Some(globs)),
        (globs, _) => (end, globs),
    };
    let lies =
        is_any(words, end, &["in", "inside", "within", "from", "of", "at", "into"]).then(|| folder_or_name(words, end + 1)).flatten();
    let (end, root) = match lies {
        Some((end, root)) => (end, Some(root)),
        None => (end, None),
    };
    // A whole tree is more than a pattern reaches.
    if words[at..end].iter().any(|word| word.is("@tree") || word.is("@sub")) || is(words, end, "@tree") || is(words, end, "@recursively") {
        return None;
    }
    if !plural || globs.is_none() && root.is_none() {
        return None;
    }
    let globs = globs.unwrap_or_else(|| vec!["*".to_owned()]);
    let root = root.unwrap_or_else(|| ".".to_owned());
    Some((end, globs.iter().map(|glob| join(&root, glob)).collect()))
}

fn folder_or_name(words: &[Word], at: usize) -> Option<(usize, String)> {
    folder(words, at).or_else(|| {
        let (next, announced) = skip_nouns(words, at);
        let name = one(words, next, announced || is_placed(words, next))?;
        Some((behind_noun(words, next + 1), name))
    })
}

/// "ending in .log", "with the extension txt", "matching *.c", "like 'a*'", "starting with x".
fn named_like(words: &[Word], at: usize) -> Option<(usize, Vec<String>)> {
    let mut start = at;
    let mut ends = false;
    while words.get(start).is_some_and(Word::is_light)
        || is_any(words, start, &["with", "whose", "name", "names", "has", "having", "@end", "@ext", "in", "by", "of"])
    {
        ends |= is_any(words, start, &["@end", "@ext"]);
        start += 1;
    }
    if ends {
        return extensions(words, start).map(|(end, list)| (behind_ext(words, end), list));
    }
    if is_any(words, start, &["@matches", "@named"]) {
        let mut next = start + 1;
        while words.get(next).is_some_and(Word::is_light) || is_any(words, next, &["pattern", "glob", "name"]) {
            next += 1;
        }
        let (end, list) = super::names::paths(words, next)?;
        return list.iter().all(|glob| is_pattern(glob)).then_some((end, list));
    }
    None
}

fn behind_ext(words: &[Word], at: usize) -> usize {
    if is(words, at, "@ext") { at + 1 } else { at }
}
