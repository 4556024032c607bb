use crate::domain::slips;

/// The option that `word` was probably meant to be, if one is close enough to ask "did you mean".
pub fn nearest<'a>(word: &str, options: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // One slip for a short word, one more for every three letters beyond: `shel` is `shell`, `x` is nothing.
    let allowed = 1 + word.chars().count() / 4;
    options
        .into_iter()
        .map(|option| (slips(word, option), option))
        .filter(|(count, option)| *count <= allowed && *count < option.chars().count())
        .min_by_key(|(count, _)| *count)
        .map(|(_, option)| option)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognized_and_other_words_are_not() {
        let verbs = ["translate", "status", "init", "config", "cache", "provider"];
        for (word, meant) in [
            ("sttaus", Some("status")),
            ("stauts", Some("status")),
            ("confg", Some("config")),
            ("inti", Some("init")),
            ("translat", Some("translate")),
            ("providers", Some("provider")),
            ("cahce", Some("cache")),
            ("list", None),
            ("x", None),
            ("", None),
            ("überall", None),
        ] {
            assert_eq!(nearest(word, verbs), meant, "{word}");
        }
        assert_eq!(nearest(&"s".repeat(1_000_000), verbs), None);
    }
}
