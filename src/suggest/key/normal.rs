//! The normal form of a query, and whether its words point at the working directory.

use unicode_normalization::UnicodeNormalization;

/// Words that name no file, branch or host, so their case says nothing wherever they stand. Other words keep their case
/// unless they begin the query: `Documents` and `documents` may both exist.
const CASELESS: [&str; 66] = [
    "a",
    "all",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "be",
    "but",
    "by",
    "can",
    "change",
    "copy",
    "count",
    "create",
    "delete",
    "directories",
    "do",
    "each",
    "every",
    "except",
    "extract",
    "files",
    "find",
    "folders",
    "for",
    "from",
    "get",
    "have",
    "how",
    "i",
    "in",
    "into",
    "is",
    "it",
    "kill",
    "list",
    "make",
    "many",
    "me",
    "move",
    "my",
    "no",
    "not",
    "of",
    "on",
    "only",
    "or",
    "print",
    "remove",
    "rename",
    "search",
    "show",
    "sort",
    "than",
    "that",
    "the",
    "to",
    "what",
    "where",
    "which",
    "who",
    "with",
    "without",
    "you",
];

/// Nouns that `this` turns into a place or thing of the working directory; `this week` is none.
const PLACES: [&str; 26] = [
    "app",
    "application",
    "archive",
    "branch",
    "checkout",
    "codebase",
    "commit",
    "dir",
    "directory",
    "document",
    "file",
    "files",
    "folder",
    "image",
    "location",
    "module",
    "package",
    "path",
    "place",
    "project",
    "repo",
    "repository",
    "script",
    "tree",
    "workspace",
    "worktree",
];

/// Words that mean the working directory by themselves. Where `current` speaks of something else, as in `current time`,
/// the answer is stored once for each directory, which costs a translation and nothing more.
const HERE: [&str; 5] = ["here", "these", "current", "cwd", "pwd"];

/// How many words may stand between `this` and its noun: `this old git repo`.
const REACH: usize = 3;

/// The form of a query in which it is compared: composed, blanks collapsed, sentence case and final punctuation gone.
/// Quoted text, numbers, units, paths, flags, globs, negations and the order of words stay as typed.
pub fn normalise(query: &str) -> String {
    let composed: String = query.nfc().collect();
    let tokens = tokens(&composed);
    let last = tokens.len().saturating_sub(1);
    let words: Vec<String> = tokens
        .iter()
        .enumerate()
        .map(|(position, token)| {
            let token = if position == last { without_final_punctuation(token) } else { token };
            folded(token, position == 0)
        })
        .collect();
    words.join(" ")
}

/// Whether the words mean the place where they are typed (`here`, `this folder`, `these`, `current …`): then the answer
/// belongs to the working directory.
pub fn is_context_bound(query: &str) -> bool {
    let composed: String = query.nfc().collect();
    let words: Vec<String> =
        tokens(&composed).into_iter().map(|token| token.trim_matches(['.', ',', ';', ':', '?', '!', '(', ')']).to_lowercase()).collect();
    words.iter().enumerate().any(|(position, word)| {
        HERE.contains(&word.as_str())
            || (word == "this" && words[position + 1..].iter().take(REACH).any(|next| PLACES.contains(&next.trim_end_matches("'s"))))
    })
}

/// Splits at blanks that are not inside quotes.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut start = None;
    let mut quoted_until = 0;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if at < quoted_until {
            continue;
        }
        if c.is_whitespace() {
            if let Some(start) = start.take() {
                tokens.push(&text[start..at]);
            }
        } else {
            start.get_or_insert(at);
            if let Some(end) = end_of_quote(text, at, c, before) {
                quoted_until = end;
            }
        }
        before = c;
    }
    tokens.extend(start.map(|start| &text[start..]));
    tokens
}

/// Where the quoted text that begins with the character `c` at `at` ends, if it is an opening quote with a partner.
fn end_of_quote(text: &str, at: usize, c: char, before: char) -> Option<usize> {
    let closing = match c {
        '"' | '\'' | '`' => c,
        '\u{201c}' => '\u{201d}',
        '\u{2018}' => '\u{2019}',
        '\u{ab}' => '\u{bb}',
        _ => return None,
    };
    let may_be_apostrophe = matches!(c, '\'' | '\u{2018}');
    if may_be_apostrophe && before.is_alphanumeric() {
        return None;
    }
    let inside = at + c.len_utf8();
    text[inside..].char_indices().find_map(|(offset, candidate)| {
        let end = inside + offset + candidate.len_utf8();
        let is_apostrophe = may_be_apostrophe && text[end..].starts_with(char::is_alphanumeric);
        (candidate == closing && !is_apostrophe).then_some(end)
    })
}

/// Removes what ends a sentence, but not what belongs to a path, a glob or an ellipsis.
fn without_final_punctuation(token: &str) -> &str {
    let stem = token.trim_end_matches(['?', '!', '.']);
    let ending = &token[stem.len()..];
    let is_sentence_end = !ending.contains("..") && (is_word(stem) || is_number(stem) || is_quoted(stem));
    if is_sentence_end { stem } else { token }
}

fn is_word(token: &str) -> bool {
    token.starts_with(char::is_alphabetic) && token.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '\u{2019}'))
}

fn is_number(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_digit()) && token.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | ','))
}

fn is_quoted(token: &str) -> bool {
    token.len() > 1 && token.ends_with(['"', '\'', '`', '\u{201d}', '\u{bb}'])
}

fn folded(token: &str, begins_query: bool) -> String {
    let word = token.trim_end_matches([',', ';', ':']);
    let lower = word.to_lowercase();
    let is_capitalised = word.chars().skip(1).all(|c| !c.is_uppercase());
    let says_nothing = is_word(word) && ((begins_query && is_capitalised) || CASELESS.contains(&lower.as_str()));
    if says_nothing { lower + &token[word.len()..] } else { token.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_that_mean_here() {
        for query in [
            "list files here",
            "what is in here?",
            "size of this folder",
            "size of This Directory",
            "who wrote this old git repo",
            "build this project",
            "count lines in this file",
            "compress these",
            "delete these files",
            "name of the current branch",
            "show this repo's authors",
            "list files in the cwd",
        ] {
            assert!(is_context_bound(query), "{query}");
        }
    }

    #[test]
    fn words_that_do_not_mean_here() {
        for query in [
            "files changed this week",
            "list files",
            "there is a process called foo",
            "where is my python",
            "find files named \"here\" or so in \"this folder\"",
            "list ./src",
            "which processes ran this month and used the most memory for a file",
        ] {
            assert!(!is_context_bound(query), "{query}");
        }
    }

    #[test]
    fn normal_forms() {
        let table = [
            ("", ""),
            ("?", "?"),
            ("List", "list"),
            ("Find, then Delete, \"A  b\" in Documents", "find, then delete, \"A  b\" in Documents"),
            ("it's an unclosed 'quote Here", "it's an unclosed 'quote Here"),
            ("say \"unclosed  text", "say \"unclosed text"),
            ("rock 'n' roll", "rock 'n' roll"),
            ("README", "README"),
            ("find 'don't Stop'", "find 'don't Stop'"),
            ("bigger than 1.5GB.", "bigger than 1.5GB"),
            ("what is src/lib.rs?", "what is src/lib.rs?"),
        ];
        for (query, expected) in table {
            assert_eq!(normalise(query), expected, "{query:?}");
        }
    }

    proptest! {
        #[test]
        fn a_normal_form_is_its_own_normal_form(query in "([a-zA-Z0-9?.!,'\"/*~\u{201c}\u{201d}\u{e9}-]{1,6}[ \t]{0,2}){0,8}") {
            let once = normalise(&query);
            prop_assert_eq!(normalise(&once), once.clone());
        }

        #[test]
        fn any_text_has_a_normal_form(query in "\\PC{0,60}") {
            let _ = (normalise(&query), is_context_bound(&query));
        }
    }
}
