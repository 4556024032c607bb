/// Words that begin a wish about the suggestion before when more follows. The patterns of the three integrations hold the same.
pub const WISHES: [&str; 8] = ["but", "and", "only", "now", "instead", "also", "without", "no,"];

/// Whether words say how to change something. Without what they change they are no question.
pub fn is_wish(words: &str) -> bool {
    let words = words.trim();
    let first = words.split(char::is_whitespace).next().unwrap_or_default();
    first.len() < words.len() && WISHES.iter().any(|wish| first.eq_ignore_ascii_case(wish))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_one_of_the_words_with_more_behind_it() {
        for wish in WISHES {
            assert!(is_wish(&format!("{wish} python files")) && is_wish(&format!(" {}\tthem ", wish.to_uppercase())), "{wish}");
            assert!(!is_wish(wish) && !is_wish(&format!("{wish}x files")), "{wish}");
        }
        for words in ["", " ", "no files", "list only files", "butter and bread"] {
            assert!(!is_wish(words), "{words:?}");
        }
    }
}
