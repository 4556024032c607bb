//! Paths with `*`, `?` and `[…]` as the shells read them, bounded by the caller's budget.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::count::{Budget, Files, Kind};

/// One part of a path between two slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// A name.
    Name(String),
    /// A pattern for names.
    Pattern(Vec<Token>),
    /// `**`: a pattern for names in this directory and in all below it.
    Deep(Vec<Token>),
    /// `**` before a slash: this directory and all below it.
    Below,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Char(char),
    One,
    Many,
    Set { negated: bool, ranges: Vec<(char, char)> },
}

/// What `**` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DoubleStar {
    /// The same as `*`: bash as it comes.
    AsOne,
    /// Directories at any depth, as a part of its own before a slash: zsh.
    Directories,
    /// Any text, slashes included: fish.
    AnyText,
}

/// A path as a command line means it: names and patterns, from a directory on.
#[derive(Debug, Clone)]
pub(super) struct PathPattern {
    start: PathBuf,
    parts: Vec<Part>,
}

impl PathPattern {
    /// Reads a path in which a backslash makes the next character an ordinary one. `None` for a path that cannot be
    /// one: empty, with a NUL, or below a home that is not known.
    pub(super) fn read(text: &str, cwd: &Path, home: Option<&Path>, double_star: DoubleStar) -> Option<Self> {
        if text.is_empty() || text.contains('\0') {
            return None;
        }
        let (start, rest) = match text {
            "~" => (home?, ""),
            _ => match (text.strip_prefix("~/"), text.strip_prefix('/')) {
                (Some(rest), _) => (home?, rest),
                (_, Some(rest)) => (Path::new("/"), rest),
                _ => (cwd, text),
            },
        };
        let texts: Vec<&str> = split(rest).into_iter().filter(|part| !part.is_empty() && *part != ".").collect();
        let last = texts.len().saturating_sub(1);
        let parts = texts.iter().enumerate().map(|(index, text)| part(text, index == last, double_star)).collect();
        Some(Self { start: start.to_owned(), parts })
    }

    /// Whether a pattern is in it.
    pub(super) fn has_pattern(&self) -> bool {
        self.parts.iter().any(|part| !matches!(part, Part::Name(_)))
    }

    /// Calls `each` with every path that the pattern stands for now; a path without a pattern is not looked up.
    pub(super) fn expand(&self, files: &dyn Files, budget: &Budget<'_>, each: &mut dyn FnMut(PathBuf)) {
        let mut open = vec![(self.start.clone(), 0)];
        while let Some((path, index)) = open.pop() {
            match self.parts.get(index) {
                None => each(path),
                Some(Part::Name(name)) => open.push((path.join(name), index + 1)),
                Some(Part::Pattern(tokens)) => {
                    names(files, &path, budget, &mut |name| {
                        if matches_name(tokens, name) {
                            open.push((path.join(name), index + 1));
                        }
                    });
                }
                Some(Part::Below) => {
                    open.push((path.clone(), index + 1));
                    below(files, &path, budget, &mut |folder| open.push((folder, index)));
                }
                Some(Part::Deep(tokens)) => {
                    names(files, &path, budget, &mut |name| {
                        if matches_name(tokens, name) {
                            open.push((path.join(name), index + 1));
                        }
                    });
                    below(files, &path, budget, &mut |folder| open.push((folder, index)));
                }
            }
        }
    }
}

/// The names in a directory, as far as the budget goes.
fn names(files: &dyn Files, directory: &Path, budget: &Budget<'_>, each: &mut dyn FnMut(&OsStr)) {
    if files.is_remote(directory) {
        return budget.incomplete();
    }
    let listed = files.list(directory, &mut |name| {
        let goes_on = budget.spend();
        if goes_on {
            each(name);
        }
        goes_on
    });
    if listed.is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied) {
        budget.incomplete();
    }
}

/// The directories in a directory that a pattern reaches: no hidden ones, no links.
fn below(files: &dyn Files, directory: &Path, budget: &Budget<'_>, each: &mut dyn FnMut(PathBuf)) {
    let mut found = Vec::new();
    names(files, directory, budget, &mut |name| {
        if !name.as_encoded_bytes().starts_with(b".") {
            found.push(directory.join(name));
        }
    });
    for path in found {
        if !files.is_remote(&path) && files.look(&path).is_ok_and(|entry| entry.kind == Kind::Directory) {
            each(path);
        }
    }
}

/// The parts between slashes; a slash is never part of a pattern.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut begun, mut escaped) = (Vec::new(), 0, false);
    for (at, letter) in text.char_indices() {
        if letter == '/' && !escaped {
            parts.push(&text[begun..at]);
            begun = at + 1;
        }
        escaped = letter == '\\' && !escaped;
    }
    parts.push(&text[begun..]);
    parts
}

fn part(text: &str, is_last: bool, double_star: DoubleStar) -> Part {
    if let Some(rest) = text.strip_prefix("**") {
        match double_star {
            DoubleStar::Directories if rest.is_empty() && !is_last => return Part::Below,
            DoubleStar::AnyText if rest.is_empty() && !is_last => return Part::Below,
            DoubleStar::AnyText => return Part::Deep(tokens(&format!("*{rest}"))),
            _ => {}
        }
    }
    let tokens = tokens(text);
    if tokens.iter().all(|token| matches!(token, Token::Char(_))) { Part::Name(plain(text)) } else { Part::Pattern(tokens) }
}

/// The text without the backslashes that make characters ordinary.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        out.push(if letter == '\\' { letters.next().unwrap_or('\\') } else { letter });
    }
    out
}

fn tokens(text: &str) -> Vec<Token> {
    let letters: Vec<char> = text.chars().collect();
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < letters.len() {
        let (token, next) = match letters[at] {
            '\\' => (Token::Char(letters.get(at + 1).copied().unwrap_or('\\')), at + 2),
            '*' => (Token::Many, at + 1),
            '?' => (Token::One, at + 1),
            '[' => set(&letters, at).unwrap_or((Token::Char('['), at + 1)),
            letter => (Token::Char(letter), at + 1),
        };
        // Several stars in a row say no more than one and cost time.
        if token != Token::Many || tokens.last() != Some(&Token::Many) {
            tokens.push(token);
        }
        at = next;
    }
    tokens
}

/// `[…]` from `at` on and the place after it; `None` when it is not closed.
fn set(letters: &[char], at: usize) -> Option<(Token, usize)> {
    let mut at = at + 1;
    let negated = matches!(letters.get(at), Some('!' | '^'));
    at += usize::from(negated);
    let first = at;
    let mut ranges = Vec::new();
    loop {
        match *letters.get(at)? {
            ']' if at > first => return Some((Token::Set { negated, ranges }, at + 1)),
            '[' if letters.get(at + 1) == Some(&':') => {
                let end = (at + 2..letters.len().saturating_sub(1)).find(|end| letters[*end] == ':' && letters[*end + 1] == ']')?;
                ranges.extend(named(&letters[at + 2..end].iter().collect::<String>()));
                at = end + 2;
                continue;
            }
            '\\' => at += 1,
            _ => {}
        }
        let low = *letters.get(at)?;
        let is_range = letters.get(at + 1) == Some(&'-') && letters.get(at + 2).is_some_and(|high| *high != ']');
        let high = if is_range { letters[at + 2] } else { low };
        ranges.push((low, high));
        at += if is_range { 3 } else { 1 };
    }
}

fn named(class: &str) -> &'static [(char, char)] {
    match class {
        "alpha" => &[('a', 'z'), ('A', 'Z'), ('\u{c0}', '\u{24f}')],
        "digit" => &[('0', '9')],
        "alnum" => &[('a', 'z'), ('A', 'Z'), ('0', '9'), ('\u{c0}', '\u{24f}')],
        "lower" => &[('a', 'z')],
        "upper" => &[('A', 'Z')],
        "space" | "blank" => &[(' ', ' '), ('\t', '\r')],
        "xdigit" => &[('0', '9'), ('a', 'f'), ('A', 'F')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        _ => &[],
    }
}

/// Whether a name in a directory is meant. A leading dot is matched by a dot alone.
fn matches_name(tokens: &[Token], name: &OsStr) -> bool {
    let name: Vec<char> = name.to_string_lossy().chars().collect();
    if name.first() == Some(&'.') && tokens.first() != Some(&Token::Char('.')) {
        return false;
    }
    let (mut token, mut at) = (0, 0);
    // Only the last star has to be tried again, so the time is at most the product of both lengths.
    let mut star: Option<(usize, usize)> = None;
    while at < name.len() {
        let fits = match tokens.get(token) {
            Some(Token::Many) => {
                star = Some((token, at));
                token += 1;
                continue;
            }
            Some(Token::One) => true,
            Some(Token::Char(letter)) => *letter == name[at],
            Some(Token::Set { negated, ranges }) => ranges.iter().any(|(low, high)| (*low..=*high).contains(&name[at])) != *negated,
            None => false,
        };
        if fits {
            token += 1;
            at += 1;
        } else if let Some((many, from)) = star {
            star = Some((many, from + 1));
            token = many + 1;
            at = from + 1;
        } else {
            return false;
        }
    }
    tokens[token..].iter().all(|token| *token == Token::Many)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        matches_name(&tokens(pattern), OsStr::new(name))
    }

    #[test]
    fn names_match_as_in_the_shells() {
        for (pattern, name) in [
            ("*", "a"),
            ("*.log", "x.log"),
            ("a*b*c", "aXbYc"),
            ("?.c", "é.c"),
            ("[ab]x", "bx"),
            ("[a-c]x", "bx"),
            ("[!a]x", "bx"),
            ("[^a]x", "bx"),
            ("[]]", "]"),
            ("[[:digit:]]*", "7up"),
            ("[a-]", "-"),
            (".*", ".hidden"),
            ("\\*", "*"),
            ("a\\[1\\]", "a[1]"),
            ("[x", "[x"),
            ("**", "abc"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("*", ".hidden"),
            ("?hidden", ".hidden"),
            ("[.]hidden", ".hidden"),
            ("*.log", "log"),
            ("*.log", "x.log.gz"),
            ("?", "ab"),
            ("?", ""),
            ("[!a]x", "ax"),
            ("[[:digit:]]", "x"),
            ("\\*", "a"),
            ("a*b", "ac"),
        ] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
        let long = "a".repeat(255);
        assert!(!matches(&"a*".repeat(60), &format!("{}b", &long[1..])) || matches("a*", &long));
    }

    #[test]
    fn paths_are_split_at_slashes_and_begin_where_they_say() {
        let read = |text: &str| PathPattern::read(text, Path::new("/work"), Some(Path::new("/home/ada")), DoubleStar::AsOne);
        let start = |text: &str| read(text).map(|pattern| pattern.start);
        assert_eq!(start("a/b"), Some(PathBuf::from("/work")));
        assert_eq!(start("/a"), Some(PathBuf::from("/")));
        assert_eq!(start("~/a"), Some(PathBuf::from("/home/ada")));
        assert_eq!(start("~"), Some(PathBuf::from("/home/ada")));
        assert_eq!(start("\\~/a"), Some(PathBuf::from("/work")));
        assert!(read("").is_none() && read("a\0b").is_none());
        assert!(PathPattern::read("~/a", Path::new("/work"), None, DoubleStar::AsOne).is_none());
        assert!(read("a/*/b").is_some_and(|pattern| pattern.has_pattern()));
        assert!(read("a/\\*/[b").is_some_and(|pattern| !pattern.has_pattern()));
        assert_eq!(
            read("a\\*b/./c//d").map(|pattern| pattern.parts),
            Some(["a*b", "c", "d"].map(|name| Part::Name(name.to_owned())).into())
        );
    }
}
