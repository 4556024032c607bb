//! Sentences where a command was expected.

/// Words that make sentences. Two of them, outside quotes, do not stand in one command.
const SENTENCE_WORDS: [&str; 34] = [
    "the", "a", "an", "i", "i'm", "i'll", "you", "your", "you're", "we", "it", "it's", "is", "are", "was", "be", "this", "that", "there",
    "these", "please", "can", "can't", "cannot", "could", "should", "would", "will", "not", "sorry", "have", "to", "of", "need",
];

/// Whether a line reads as a sentence. Many sentences begin with the name of a command: make, find, test, which.
pub fn is_prose(line: &str) -> bool {
    let bare = outside_quotes(line);
    let words: Vec<&str> = bare.split_whitespace().collect();
    let sentence_words =
        words.iter().filter(|word| SENTENCE_WORDS.contains(&word.to_lowercase().trim_end_matches([',', '.', '!', '?', ':']))).count();
    let last = words.last().copied().unwrap_or_default();
    let stem = last.trim_end_matches(['.', '!', '?', ':']);
    let ends_as_sentence = stem.len() < last.len() && stem.len() > 1 && stem.chars().all(char::is_alphabetic);
    sentence_words >= 2 || (ends_as_sentence && words.len() >= 4 && !words.iter().any(|word| word.starts_with('-')))
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
