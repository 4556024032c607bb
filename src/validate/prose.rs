//! Sentences where a command was expected.

/// Words that make sentences. Enough of them, outside quotes, do not stand in one command.
const SENTENCE_WORDS: [&str; 48] = [
    "the",
    "a",
    "an",
    "i",
    "i'm",
    "i'll",
    "you",
    "your",
    "you're",
    "we",
    "it",
    "it's",
    "is",
    "are",
    "was",
    "be",
    "this",
    "that",
    "there",
    "these",
    "please",
    "can",
    "can't",
    "cannot",
    "could",
    "should",
    "would",
    "will",
    "not",
    "sorry",
    "have",
    "to",
    "of",
    "need",
    "and",
    "in",
    "which",
    "with",
    "my",
    "do",
    "does",
    "here",
    "want",
    "no",
    "unfortunately",
    "on",
    "from",
    "before",
];

/// Words that begin or end a `for`, or name a program, and say less.
const ALSO_COMMANDS: [&str; 3] = ["in", "do", "which"];

/// Whether a line reads as a sentence. Many sentences begin with the name of a command: make, find, test, which; and files
/// may have any name, so a few such words among arguments prove nothing.
pub fn is_prose(line: &str) -> bool {
    let bare = outside_quotes(line);
    let words: Vec<&str> = bare.split_whitespace().collect();
    let (first, last) = (words.first().copied().unwrap_or_default(), words.last().copied().unwrap_or_default());
    let mut known: Vec<String> =
        words.iter().map(|word| word.to_lowercase().trim_end_matches([',', '.', '!', '?', ':']).to_owned()).collect();
    known.retain(|word| SENTENCE_WORDS.contains(&word.as_str()));
    known.sort_unstable();
    known.dedup();
    let is_loop = bare.contains(';');
    let weight = |word: &String| match word.as_str() {
        "the" => 2,
        word if is_loop && ALSO_COMMANDS.contains(&word) => 0,
        _ => 1,
    };
    let pause = words.iter().any(|word| word.strip_suffix(',').is_some_and(|word| word.len() > 1 && word.chars().all(char::is_alphabetic)));
    let evidence = known.iter().map(weight).sum::<usize>() + usize::from(pause);
    let begins = first.to_lowercase();
    let begins = begins.trim_end_matches([',', '.', '!', '?', ':']);
    // Programs with a capital letter before small ones are few.
    let capital = first.starts_with(char::is_uppercase) && first.len() > 1 && first.chars().skip(1).all(|c| c.is_lowercase() || c == ',');
    let enough = match () {
        () if capital || begins == "i" => 1,
        () if SENTENCE_WORDS.contains(&begins) && !ALSO_COMMANDS.contains(&begins) => 2,
        () => 3,
    };
    let stem = last.trim_end_matches(['.', '!', '?', ':']);
    let ends_as_sentence = stem.len() < last.len() && stem.len() > 1 && stem.chars().all(char::is_alphabetic);
    (words.len() > usize::from(!capital) + 1 && evidence >= enough)
        || (ends_as_sentence && words.len() >= 4 && !words.iter().any(|word| word.starts_with('-')))
}

/// The line without its quoted parts. An apostrophe inside a word does not quote.
fn outside_quotes(line: &str) -> String {
    let mut bare = String::new();
    let mut quote = None;
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        let in_word = bare.ends_with(char::is_alphabetic) && characters.peek().is_some_and(|next| next.is_alphabetic());
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '"' || (c == '\'' && !in_word) => {
                quote = Some(c);
                bare.push('_');
            }
            None => bare.push(c),
        }
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_told_from_commands_with_english_words() {
        for line in [
            "I can not do this",
            "Try that",
            "To see them, run df",
            "you can do it with find",
            "make sure that the disk is there",
            "find the biggest files in your home",
            "which of these do you want?",
            "test whether it is there first",
            "not possible, sorry",
            "Unfortunately, no command does it.",
        ] {
            assert!(is_prose(line), "{line}");
        }
        for line in [
            "git commit -m \"I can't do that, it is the end\"",
            "find . -name this",
            "make it",
            "touch can you see",
            "mv this that",
            "grep the notes.txt",
            "which the",
            "man is",
            "cp a an && cat a && rm a",
            "[ -f a ] && cat a",
            "for i in a an; do cat $i; done",
            "Rscript plot.R",
            "git log --oneline",
            "tar cf to.tar a to",
        ] {
            assert!(!is_prose(line), "{line}");
        }
    }
}
