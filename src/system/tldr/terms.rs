//! Words as the index compares them: without endings, without those that say nothing, and with one word for what many
//! people call by several.

/// Words that say nothing about what is wanted.
const EMPTY: &[&str] = &[
    "a",
    "all",
    "an",
    "and",
    "are",
    "as",
    "at",
    "be",
    "by",
    "can",
    "command",
    "do",
    "each",
    "for",
    "from",
    "given",
    "how",
    "i",
    "if",
    "in",
    "into",
    "is",
    "it",
    "its",
    "me",
    "my",
    "of",
    "on",
    "or",
    "please",
    "some",
    "specific",
    "specified",
    "that",
    "the",
    "them",
    "this",
    "to",
    "use",
    "using",
    "want",
    "what",
    "when",
    "which",
    "with",
    "you",
    "your",
];

/// What is said in place of the first, after the endings are off.
const SAME: &[(&str, &[&str])] = &[
    ("directory", &["folder", "dir"]),
    ("remov", &["delet", "eras"]),
    ("show", &["list", "display", "print", "view", "see"]),
    ("creat", &["mak", "generat"]),
    ("chang", &["modify", "edit", "alter"]),
    ("search", &["find", "look"]),
    ("start", &["launch", "run", "begin"]),
    ("stop", &["kil", "terminat", "end"]),
    ("pictur", &["imag", "photo"]),
    ("archiv", &["tarball"]),
    ("extract", &["unpack", "unzip", "decompres"]),
];

/// A word of a question: as a term of a text, and as a part of a page's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) term: String,
    pub(super) name: String,
}

/// The terms of a text, in its order.
pub(super) fn terms(text: &str) -> Vec<String> {
    words(text).map(|word| same(stem(word))).collect()
}

/// The parts of a page's name. They are compared as they are: `make` the program is not what people mean by making.
pub(super) fn names(page: &str) -> impl Iterator<Item = String> {
    pieces(page).map(|word| format!("={word}"))
}

/// The words of a question, each once.
pub(super) fn question(text: &str) -> Vec<Word> {
    let mut found: Vec<Word> = Vec::new();
    for word in words(text) {
        let (name, term) = (format!("={word}"), same(stem(word)));
        if found.iter().all(|known| known.term != term) {
            found.push(Word { term, name });
        }
    }
    found
}

fn words(text: &str) -> impl Iterator<Item = String> {
    pieces(text).filter(|word| !EMPTY.contains(&word.as_str()))
}

fn pieces(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

fn same(term: String) -> String {
    SAME.iter().find(|(_, others)| others.contains(&term.as_str())).map_or(term, |(first, _)| (*first).to_owned())
}

/// A word without the endings that English puts on: enough for `compressing` to meet `compressed`.
fn stem(mut word: String) -> String {
    if word.len() <= 3 || !word.is_ascii() {
        return word;
    }
    if word.ends_with("ies") {
        word.truncate(word.len() - 3);
        word.push('y');
    } else if word.ends_with('s') && !["ss", "us", "is"].iter().any(|end| word.ends_with(end)) {
        word.pop();
    }
    for ending in ["ing", "ed"] {
        if word.len() >= ending.len() + 3 && word.ends_with(ending) {
            word.truncate(word.len() - ending.len());
            break;
        }
    }
    // `stopping` has the last letter twice, `stop` has it once.
    while word.len() > 3 && (word.ends_with('e') || ends_doubled(&word)) {
        word.pop();
    }
    word
}

fn ends_doubled(word: &str) -> bool {
    let mut letters = word.bytes().rev();
    letters.next() == letters.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_meet_in_spite_of_their_endings() {
        for group in [
            &["compress", "compressing", "compressed", "compresses"][..],
            &["remove", "removing", "deleted", "Deletes"],
            &["file", "files", "FILES"],
            &["directory", "directories", "folders"],
            &["stop", "stopping", "stopped", "kill", "killing"],
            &["image", "images", "pictures"],
            &["make", "creating", "generates"],
        ] {
            let all: Vec<_> = group.iter().map(|word| terms(word)).collect();
            assert!(all.windows(2).all(|pair| pair[0] == pair[1]) && all[0].len() == 1, "{all:?}");
        }
    }

    #[test]
    fn words_that_say_nothing_are_left_out_and_names_fall_apart() {
        assert_eq!(terms("How do I use the docker-compose for this?"), ["docker", "compos"]);
        assert_eq!(terms("größer als 7z"), ["größer", "als", "7z"]);
        assert!(terms(" ?? -- the of ").is_empty());
        assert_eq!(names("git-commit").collect::<Vec<_>>(), ["=git", "=commit"]);
        let word = |term: &str, name: &str| Word { term: term.to_owned(), name: name.to_owned() };
        assert_eq!(question("make folders, make a directory"), [word("creat", "=make"), word("directory", "=folders")]);
    }
}
