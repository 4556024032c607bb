//! Which names a word may have been meant to be.

use crate::domain::slips;
use crate::explain;

/// Words of this length may hold two slips.
const LONG: usize = 8;

/// Words shorter than this may only have two neighbors swapped.
const SHORT: usize = 4;

/// Whether a word may have been meant to be a name.
pub fn is_near(word: &str, name: &str) -> bool {
    if word == name || word.is_empty() {
        return false;
    }
    let (length, other) = (word.chars().count(), name.chars().count());
    if length.abs_diff(other) > 2 {
        return false;
    }
    if word.eq_ignore_ascii_case(name) {
        return true;
    }
    let count = slips(word, name);
    match length {
        LONG.. => count <= 2,
        SHORT.. => count == 1,
        // `grp` is `grep`, but `gut` and `got` are anything.
        3 if other == 4 => count == 1,
        _ => count == 1 && length == other && is_swap(word, name),
    }
}

fn is_swap(word: &str, name: &str) -> bool {
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    sorted(word) == sorted(name)
}

/// Up to `most` of the names that a word may have been meant to be, the likeliest first.
pub fn nearest_names(word: &str, names: impl IntoIterator<Item = impl AsRef<str>>, most: usize) -> Vec<String> {
    let mut near: Vec<String> = names.into_iter().map(|name| name.as_ref().to_owned()).filter(|name| is_near(word, name)).collect();
    near.sort_unstable();
    near.dedup();
    let begins = |name: &str| name.chars().next();
    near.sort_by_cached_key(|name| {
        let swapped = is_swap(word, name);
        let count = if word.eq_ignore_ascii_case(name) { 0 } else { slips(word, name) };
        (count, !explain::knows(name), !swapped, begins(word) != begins(name), word.len().abs_diff(name.len()))
    });
    near.truncate(most);
    near
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_near_a_name_by_few_slips() {
        for (word, name, near) in [
            ("gti", "git", true),
            ("sl", "ls", true),
            ("LS", "ls", true),
            ("grp", "grep", true),
            ("gitt", "git", true),
            ("gut", "git", false),
            ("lx", "ls", false),
            ("docekr", "docker", true),
            ("dokcre", "docker", false),
            ("systmectl", "systemctl", true),
            ("sytsmectl", "systemctl", true),
            ("git", "git", false),
            ("", "ls", false),
            ("cat", "cut", false),
            ("make", "cmake", true),
        ] {
            assert_eq!(is_near(word, name), near, "{word} {name}");
        }
    }

    #[test]
    fn the_likeliest_name_comes_first() {
        assert_eq!(nearest_names("gti", ["gtk", "tgi", "git", "gtx"], 3), ["git", "tgi"]);
        assert_eq!(nearest_names("grpe", ["grpc", "grep", "gripe"], 2), ["grep", "grpc"]);
    }
}
