//! A text without what tells who somebody is: home directory, names of user and host, keys.

use std::path::Path;

use crate::redact::RedactedText;

/// What is taken out, and what stands there instead.
#[derive(Debug, Default)]
pub(super) struct Scrub {
    /// Texts that are replaced wherever they stand, the longest first.
    anywhere: Vec<(String, &'static str)>,
    /// Words that are replaced where no letter or digit is beside them.
    words: Vec<(String, &'static str)>,
}

/// Shorter keys would be found in other words.
const LEAST_KEY: usize = 6;

impl Scrub {
    /// What this user's own things are called.
    pub(super) fn new(home: Option<&Path>, user: Option<&str>, host: Option<&str>, keys: &[String]) -> Self {
        let mut scrub = Self::default();
        if let Some(home) = home.filter(|home| home.components().count() > 1) {
            scrub.anywhere.push((home.display().to_string(), "~"));
            if let Some(real) = home.canonicalize().ok().filter(|real| real != home) {
                scrub.anywhere.push((real.display().to_string(), "~"));
            }
        }
        scrub.anywhere.extend(keys.iter().filter(|key| key.len() >= LEAST_KEY).map(|key| (key.clone(), "KEY")));
        scrub.anywhere.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        scrub.words.extend(user.filter(|user| !user.is_empty()).map(|user| (user.to_owned(), "USER")));
        if let Some(host) = host.filter(|host| !host.is_empty() && *host != "localhost") {
            scrub.words.push((host.to_owned(), "HOST"));
            if let Some((short, _)) = host.split_once('.') {
                scrub.words.push((short.to_owned(), "HOST"));
            }
        }
        scrub
    }

    /// The text without all that, line by line, since a secret is found by what stands around it.
    pub(super) fn text(&self, text: &str) -> String {
        let lines = text.lines().map(|line| {
            let bare = self.anywhere.iter().fold(line.to_owned(), |line, (what, instead)| line.replace(what, instead));
            let masked = RedactedText::mask(&bare).as_str().to_owned();
            self.words.iter().fold(masked, |line, (word, instead)| without_word(&line, word, instead))
        });
        lines.flat_map(|line| [line, "\n".to_owned()]).collect()
    }
}

fn without_word(line: &str, word: &str, instead: &str) -> String {
    let (mut made, mut rest) = (String::new(), line);
    while let Some(at) = rest.find(word) {
        let (before, found) = rest.split_at(at);
        let after = &found[word.len()..];
        let is_part = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
        let is_word = !is_part(before.chars().next_back()) && !is_part(after.chars().next());
        made.push_str(before);
        made.push_str(if is_word { instead } else { word });
        rest = after;
    }
    made + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_keys_go_and_the_rest_stays() {
        let scrub = Scrub::new(Some(Path::new("/home/ada")), Some("ada"), Some("tower.lan"), &["s3cret-of-ada".to_owned()]);
        for (text, left) in [
            ("/home/ada/.cache/gptos and /home/adam", "~/.cache/gptos and ~m"),
            ("ada@tower: ada, adapter, tower.lan", "USER@HOST: USER, adapter, HOST"),
            ("x=s3cret-of-ada", "x=KEY"),
            ("nothing at all", "nothing at all"),
        ] {
            assert_eq!(scrub.text(text), format!("{left}\n"));
        }
        let token = ["gh", "p_Ab3dEf6hIj9lMn2pQr5tUv8xYz1BcD4fGh7j"].concat();
        assert!(!scrub.text(&format!("a\nset {token}\nb")).contains(&token));
        assert_eq!(scrub.text("a\n\nb"), "a\n\nb\n");
    }

    #[test]
    fn the_root_directory_is_no_home() {
        assert_eq!(Scrub::new(Some(Path::new("/")), None, None, &[]).text("/usr/bin"), "/usr/bin\n");
    }
}
