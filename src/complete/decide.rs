//! Whether a line is a command that somebody has begun, or words: decided by all of it, since people begin both with `find`,
//! `sort` and `make`.

use super::verbs;
use super::words::{WRAPPERS, begun};
use crate::explain;

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// A command that is to be completed or mended.
    Command,
    /// Words that ask for a command.
    Words,
    /// It may be either; what the words would come to tells.
    Either,
}

/// Words that hold sentences together and stand in no command by themselves.
const FUNCTION_WORDS: [&str; 105] = [
    "the",
    "a",
    "an",
    "my",
    "your",
    "our",
    "its",
    "their",
    "this",
    "that",
    "these",
    "those",
    "of",
    "to",
    "in",
    "into",
    "on",
    "onto",
    "for",
    "from",
    "with",
    "without",
    "by",
    "at",
    "as",
    "and",
    "or",
    "but",
    "not",
    "than",
    "then",
    "which",
    "what",
    "who",
    "where",
    "when",
    "why",
    "how",
    "is",
    "are",
    "was",
    "were",
    "be",
    "been",
    "has",
    "have",
    "had",
    "do",
    "does",
    "did",
    "can",
    "could",
    "should",
    "would",
    "i",
    "me",
    "you",
    "we",
    "it",
    "them",
    "they",
    "there",
    "here",
    "every",
    "each",
    "any",
    "some",
    "only",
    "also",
    "between",
    "under",
    "over",
    "below",
    "above",
    "inside",
    "containing",
    "called",
    "named",
    "older",
    "newer",
    "bigger",
    "larger",
    "smaller",
    "largest",
    "biggest",
    "smallest",
    "oldest",
    "newest",
    "longest",
    "all",
    "whose",
    "if",
    "until",
    "while",
    "after",
    "before",
    "through",
    "during",
    "about",
    "recursively",
    "modified",
    "changed",
    "sorted",
    "using",
    "per",
];

/// Reserved words that begin constructs in which `in` and `do` are no English.
const CONSTRUCTS: [&str; 8] = ["for", "while", "if", "case", "until", "function", "select", "switch"];

/// What is known of a line beside its letters.
pub struct Known<'a> {
    /// Whether a word is a command here.
    pub is_command: &'a dyn Fn(&str) -> bool,
    /// Whether a name like this word is one.
    pub is_near_command: &'a dyn Fn(&str) -> bool,
    /// Whether the name of a file here is this word or begins with it.
    pub is_file: &'a dyn Fn(&str) -> bool,
}

/// Decides.
pub fn decide(line: &str, known: &Known<'_>) -> Reading {
    let words: Vec<&str> = line.split_whitespace().collect();
    let Some(first) = words.first() else { return Reading::Words };
    let rest = &words[1..];
    let is_command = (known.is_command)(first) || first.contains('/') && !first.contains("//");
    // `time ls`, `FOO=1 make`: what it runs tells.
    if (is_command && WRAPPERS.contains(first) || is_setting(first)) && rest.first().is_some_and(|inner| (known.is_command)(inner)) {
        return decide(line.trim_start()[first.len()..].trim_start(), known);
    }
    let strong = rest.iter().any(|word| is_flag(word)) || has_shell_form(line) || CONSTRUCTS.contains(first) && is_command;
    // The last word may be one that is still being written.
    let begins_verb = |word: &&str| rest.len() == 1 && word.len() > 2 && verbs::of(first).iter().any(|verb| verb.starts_with(*word));
    let has_verb = rest.first().is_some_and(|word| is_verb(first, word) || begins_verb(word));
    let weak = rest.iter().any(|word| is_path(word)) || is_command && has_verb;
    // A single word behind a program is as likely the beginning of a name: `cat my`.
    let is_beginning = rest.len() == 1 && is_command && !is_question(first) && !rest[0].ends_with('?');
    let english = if CONSTRUCTS.contains(first) && strong || is_beginning { 0 } else { english_words(line, rest) };
    if rest.is_empty() {
        return Reading::Command;
    }
    // Looking for a near name takes longer than all the rest, so it comes last.
    let may_be_command = is_command || (strong || weak || rest.iter().any(|word| near_verb(first, word))) && (known.is_near_command)(first);
    match (may_be_command, strong, weak, english) {
        (false, _, _, _) => Reading::Words,
        (true, true, _, 0) => Reading::Command,
        // A flag or an operator weighs more than one small word.
        (true, true, _, 1) if rest.iter().any(|word| is_flag(word)) && rest.len() > 2 => Reading::Either,
        (true, false, true, 0) => match is_question(first) && !rest.iter().all(|word| is_path(word)) {
            true => Reading::Either,
            false if has_verb || !is_question(first) => Reading::Command,
            false => Reading::Either,
        },
        (true, false, false, 0) => {
            let are_numbers = rest.iter().all(|word| word.bytes().all(|b| b.is_ascii_digit()));
            match is_question(first) {
                false => Reading::Command,
                true if are_numbers => Reading::Command,
                true if rest.iter().all(|word| (known.is_file)(word)) => Reading::Either,
                true => Reading::Words,
            }
        }
        (true, _, _, _) => Reading::Words,
    }
}

/// Whether a line has the form of a command, whatever its program is: one name, or what only commands hold and no word that holds a
/// sentence together.
pub fn has_form(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let Some((first, rest)) = words.split_first() else { return false };
    let is_name = first.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.+/@=~".contains(&b)) && !FUNCTION_WORDS.contains(first);
    let is_written = rest.iter().any(|word| is_flag(word) || is_path(word)) || has_shell_form(line);
    is_name && (rest.is_empty() || is_written && english_words(line, rest) == 0)
}

/// Commands whose names are also what an English request begins with.
fn is_question(word: &str) -> bool {
    const WORDS: [&str; 44] = [
        "find", "kill", "sort", "make", "split", "cut", "join", "watch", "test", "copy", "move", "list", "show", "print", "count",
        "convert", "compare", "open", "read", "write", "look", "host", "time", "date", "head", "tail", "link", "touch", "format", "mount",
        "install", "who", "at", "set", "echo", "last", "file", "locate", "sleep", "wait", "convert", "compress", "resize", "rename",
    ];
    WORDS.contains(&word)
}

/// Whether a word in front of a command sets a variable for it.
fn is_setting(word: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    word.split_once('=').is_some_and(|(name, _)| is_name(name))
}

fn is_flag(word: &str) -> bool {
    let bare = word.trim_start_matches('-');
    word.starts_with('-') && word.len() - bare.len() <= 2 && bare.chars().next().is_none_or(|c| c.is_ascii_alphanumeric())
        || word.starts_with('+') && word.len() > 1 && !word.contains("++")
}

/// What only a shell writes: operators, variables, patterns, an open quote.
fn has_shell_form(line: &str) -> bool {
    let begun = begun(line, line.len());
    let variable = line.char_indices().any(|(at, c)| {
        c == '$' && line[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '{' | '(' | '_' | '?' | '@'))
    });
    let words = || line.split_whitespace().skip(1);
    let pattern = words().any(|word| word.contains('*') && !word.ends_with("?"));
    let setting = words().any(|word| word.split_once('=').is_some_and(|(name, value)| !name.is_empty() && !value.is_empty()));
    let sign = words().any(|word| matches!(word, "." | ".." | "{}" | "\\;" | "!" | "[[" | "]"));
    let address = words()
        .any(|word| word.contains('@') && !word.starts_with('@') || word.contains("://") || word.contains(':') && word.contains('/'));
    // Text in quotes is said as well as written; an operator outside of it is not.
    begun.has_operator && !line.trim_end().ends_with('?') || variable || pattern || setting || sign || address
}

fn is_path(word: &str) -> bool {
    let word = word.trim_matches(['"', '\'']);
    let extension = word.rsplit_once('.').is_some_and(|(name, end)| {
        !name.is_empty()
            && (1..=5).contains(&end.len())
            && end.bytes().all(|b| b.is_ascii_alphanumeric())
            && !end.bytes().all(|b| b.is_ascii_digit())
    });
    word.contains('/') || word.starts_with('~') || word.starts_with('.') && word.len() > 1 || extension
}

fn is_verb(program: &str, word: &str) -> bool {
    verbs::of(program).contains(&word)
}

fn near_verb(program: &str, word: &str) -> bool {
    verbs::all().any(|(of, verb)| verb == word && crate::fix::is_near(program, of))
}

/// Words of English that are neither in quotes nor part of something else. Articles stand in no command at all.
fn english_words(line: &str, rest: &[&str]) -> usize {
    let quotes = line.matches(['"', '\'']).count() >= 2;
    let outside: String = if quotes { line.split(['"', '\'']).step_by(2).collect::<Vec<_>>().join(" ") } else { line.to_owned() };
    let is_outside = |word: &str| outside.split_whitespace().any(|other| other == word);
    let is_english = |word: &&&str| {
        let bare = word.trim_end_matches([',', '?', '.', '!']).to_lowercase();
        is_outside(word) && FUNCTION_WORDS.contains(&bare.as_str()) || bare.ends_with("'s") && bare.len() > 3
    };
    rest.iter().filter(is_english).count() + usize::from(rest.last().is_some_and(|word| word.ends_with('?') && word.len() > 3))
}

/// Whether a program has a table of its own, for whoever has no search path to look at.
pub fn is_well_known(word: &str) -> bool {
    explain::knows(word)
}
