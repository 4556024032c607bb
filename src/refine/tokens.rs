//! Words by what they stand for, so that a phrase is found that says the same with another value.

/// What a word stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Word,
    Number,
    Path,
    Pattern,
    Quoted,
    More,
    Less,
    Time,
    Size,
    Place,
    Kind,
}

/// A word of a sentence, or two that are said as one, with the bytes where it stands.
#[derive(Debug, Clone)]
pub(super) struct Token {
    class: Class,
    text: String,
    pub(super) start: usize,
    pub(super) end: usize,
}

const NUMBERS: [&str; 16] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "fifteen", "twenty", "thirty", "fifty",
    "hundred",
];
const MORE: [&str; 6] = ["bigger", "larger", "greater", "more", "over", "above"];
const LESS: [&str; 5] = ["smaller", "less", "under", "below", "fewer"];
const TIMES: [&str; 14] =
    ["second", "seconds", "minute", "minutes", "hour", "hours", "day", "days", "week", "weeks", "month", "months", "year", "years"];
const SIZES: [&str; 18] = [
    "b",
    "k",
    "m",
    "g",
    "kb",
    "mb",
    "gb",
    "tb",
    "kib",
    "mib",
    "gib",
    "byte",
    "bytes",
    "kilobytes",
    "megabyte",
    "megabytes",
    "gigabyte",
    "gigabytes",
];

/// Words in front of a place.
const PLACES: [&str; 5] = ["in", "under", "below", "inside", "within"];
/// Kinds of files, of which a file is of one.
const KINDS: [&str; 47] = [
    "python",
    "rust",
    "c",
    "c++",
    "java",
    "javascript",
    "typescript",
    "go",
    "ruby",
    "perl",
    "php",
    "html",
    "css",
    "json",
    "yaml",
    "toml",
    "xml",
    "csv",
    "txt",
    "text",
    "markdown",
    "md",
    "pdf",
    "png",
    "jpg",
    "jpeg",
    "gif",
    "svg",
    "mp3",
    "mp4",
    "mkv",
    "wav",
    "flac",
    "zip",
    "tar",
    "log",
    "shell",
    "image",
    "video",
    "audio",
    "music",
    "word",
    "excel",
    "lua",
    "sql",
    "kotlin",
    "swift",
];

/// The value of a number, written out or not.
pub(super) fn number(word: &str) -> Option<u32> {
    const VALUES: [u32; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30, 50, 100];
    let written = NUMBERS.iter().position(|known| known.eq_ignore_ascii_case(word)).map(|at| VALUES[at]);
    written.or_else(|| word.parse().ok())
}

fn class(text: &str) -> Class {
    let lower = text.to_ascii_lowercase();
    let is = |words: &[&str]| words.contains(&lower.as_str());
    match text {
        _ if text.starts_with(['"', '\'', '`']) => Class::Quoted,
        _ if number(text).is_some() => Class::Number,
        _ if text.contains('*') => Class::Pattern,
        _ if text.contains('/') || text.starts_with('~') || matches!(text, "." | "..") => Class::Path,
        _ if is(&MORE) => Class::More,
        _ if is(&LESS) => Class::Less,
        _ if is(&TIMES) => Class::Time,
        _ if is(&PLACES) => Class::Place,
        _ if is(&KINDS) => Class::Kind,
        _ if is(&SIZES) => Class::Size,
        _ => Class::Word,
    }
}

/// The words of a sentence. A size is a number and a unit, and "bigger than" one word.
pub(super) fn tokens(sentence: &str) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    let mut at = 0;
    for piece in pieces(sentence) {
        let start = at + sentence[at..].find(piece).unwrap_or_default();
        at = start + piece.len();
        let bare = piece.trim_end_matches([',', ';']);
        let digits = bare.bytes().take_while(u8::is_ascii_digit).count();
        let token = |from: usize, to: usize| {
            let text = &bare[from..to];
            Token { class: class(text), text: text.to_lowercase(), start: start + from, end: start + to }
        };
        let comparison = found.last_mut().filter(|last| matches!(last.class, Class::More | Class::Less));
        match comparison.filter(|_| bare.eq_ignore_ascii_case("than")) {
            Some(last) => last.end = start + bare.len(),
            None if digits > 0 && digits < bare.len() && class(&bare[digits..]) == Class::Size => {
                found.extend([token(0, digits), token(digits, bare.len())]);
            }
            None if !bare.is_empty() => found.push(token(0, bare.len())),
            None => {}
        }
    }
    found
}

/// Words apart by blanks; what stands in quotes is one.
fn pieces(sentence: &str) -> Vec<&str> {
    let (mut found, mut start, mut open) = (Vec::new(), None, None);
    for (at, c) in sentence.char_indices() {
        match (open, c) {
            (Some(quote), c) if c == quote => open = None,
            (Some(_), _) => {}
            (None, c) if c.is_whitespace() => found.extend(start.take().map(|start| &sentence[start..at])),
            // An apostrophe inside a word opens nothing.
            (None, '"' | '\'' | '`') if start.is_none() => (open, start) = (Some(c), Some(at)),
            (None, _) => start = start.or(Some(at)),
        }
    }
    found.extend(start.map(|start| &sentence[start..]));
    found
}

/// The sentence with a phrase in the place of the one that says the same of another value.
pub(super) fn exchanged(sentence: &str, phrase: &str) -> Option<String> {
    let (old, new) = (tokens(sentence), tokens(phrase));
    let has_value = new.iter().any(|token| !matches!(token.class, Class::Word | Class::More | Class::Less | Class::Place));
    if new.is_empty() || new.len() > old.len() || !has_value {
        return None;
    }
    let same = |(old, new): (&Token, &Token)| match old.class {
        Class::Word => old.class == new.class && old.text == new.text,
        _ => old.class == new.class,
    };
    let mut fitting = old.windows(new.len()).filter(|window| window.iter().zip(&new).all(same));
    let window = fitting.next()?;
    let is_new = window.iter().zip(&new).any(|(old, new)| old.text != new.text);
    // A value alone may stand for either of two.
    (is_new && fitting.next().is_none()).then(|| {
        let (start, end) = (window[0].start, window[window.len() - 1].end);
        format!("{}{}{}", &sentence[..start], phrase, &sentence[end..])
    })
}

/// The sentence with a time that is said with a number in the place of one that is said without.
pub(super) fn retimed(sentence: &str, phrase: &str) -> Option<String> {
    const NAMED: [&str; 10] = [
        "this week",
        "last week",
        "this month",
        "last month",
        "this year",
        "last year",
        "today",
        "yesterday",
        "since yesterday",
        "this morning",
    ];
    let is_time = tokens(phrase).windows(2).any(|pair| pair[0].class == Class::Number && pair[1].class == Class::Time);
    let phrase = if phrase.to_lowercase().starts_with("in ") { phrase.to_owned() } else { format!("in {phrase}") };
    NAMED.iter().filter(|_| is_time).find_map(|named| with_words(sentence, named, &phrase))
}

/// The sentence with another number in the place of the only one that counts something.
pub(super) fn recounted(sentence: &str, count: u32) -> Option<String> {
    let tokens = tokens(sentence);
    let is_count = |at: usize| {
        let next = tokens.get(at + 1).map(|token| token.class);
        tokens[at].class == Class::Number && !matches!(next, Some(Class::Time | Class::Size)) && at > 0
    };
    let mut counts = (0..tokens.len()).filter(|at| is_count(*at));
    let only = &tokens[counts.next()?];
    counts.next().is_none().then(|| format!("{}{count}{}", &sentence[..only.start], &sentence[only.end..]))
}

/// The sentence with other words in the place of these, which must stand in it whole.
pub(super) fn with_words(sentence: &str, old: &str, new: &str) -> Option<String> {
    let (lower, old) = (sentence.to_ascii_lowercase(), old.to_ascii_lowercase());
    let is_border = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    let (at, _) = lower
        .match_indices(&old)
        .find(|(at, _)| is_border(lower[..*at].chars().next_back()) && is_border(lower[at + old.len()..].chars().next()))?;
    Some(format!("{}{new}{}", &sentence[..at], &sentence[at + old.len()..]))
}
