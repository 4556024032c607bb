/// The option that `word` was probably meant to be, if one is close enough to ask "did you mean".
pub fn nearest<'a>(word: &str, options: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // One slip for a short word, one more for every three letters beyond: `shel` is `shell`, `x` is nothing.
    let allowed = 1 + word.chars().count() / 4;
    options
        .into_iter()
        .map(|option| (distance(word, option), option))
        .filter(|(slips, option)| *slips <= allowed && *slips < option.chars().count())
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, option)| option)
}

/// How many letters must be added, dropped, changed or swapped with their neighbor to make `b` of `a`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // A word much longer than any of ours is not a slip of one, and the table below would be large.
    if a.len().abs_diff(b.len()) > 8 {
        return usize::MAX;
    }
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
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
