//! What the user ran for one sentence, written for another that says the same of other things.

use crate::domain::ShellKind;
use crate::syntax::{Tree, Word, parse};

/// Rewrites a line that was run for one sentence. `before` is what the translator writes for that sentence, `now` what it
/// writes for the present one: where they differ in words alone, and the line has each of these words, the line gets the
/// present ones and keeps everything that its user had changed. `None` where that cannot be told.
pub(super) fn rebind(ran: &str, before: &str, now: &str, shell: ShellKind) -> Option<String> {
    let (old, new) = (words(before, shell)?, words(now, shell)?);
    if old.len() != new.len() || between(before, &old) != between(now, &new) {
        return None;
    }
    let mut changes: Vec<(&str, &str)> = Vec::new();
    for ((old, is_name), (new, _)) in old.iter().zip(&new) {
        let (old, new) = (old.raw.as_str(), new.raw.as_str());
        match changes.iter().find(|(known, _)| *known == old) {
            Some((_, known)) if *known != new => return None,
            Some(_) => {}
            // A word that stays must stay everywhere.
            None if old == new || !(*is_name || is_option(old) || is_option(new)) => changes.push((old, new)),
            // Another program or another option is another request.
            None => return None,
        }
    }
    changes.retain(|(old, new)| old != new);
    let present = words(ran, shell)?;
    let mut line = ran.to_owned();
    let mut missing: Vec<&str> = changes.iter().map(|(old, _)| *old).collect();
    for (word, _) in present.iter().rev() {
        if let Some((old, new)) = changes.iter().find(|(old, _)| *old == word.raw) {
            missing.retain(|missing| missing != old);
            line.replace_range(word.span.clone(), new);
        }
    }
    missing.is_empty().then_some(line)
}

/// The words of a line in their order, each with whether it names a command. `None` when one of them holds commands of its
/// own, or is not where it seems to be.
fn words(text: &str, shell: ShellKind) -> Option<Vec<(Word, bool)>> {
    let tree: Tree = parse(text, shell).ok()?;
    if tree.is_unclear() || tree.is_partial() && shell != ShellKind::Fish {
        return None;
    }
    let mut words: Vec<(Word, bool)> = Vec::new();
    for command in tree.commands() {
        if !command.nested.is_empty() {
            return None;
        }
        words.extend(command.words.iter().enumerate().map(|(at, word)| (word.clone(), at == 0)));
        words.extend(command.redirects.iter().map(|redirect| (redirect.target.clone(), false)));
    }
    words.sort_by_key(|(word, _)| word.span.start);
    let in_place = |word: &Word| text.get(word.span.clone()) == Some(word.raw.as_str());
    let apart = words.windows(2).all(|pair| pair[0].0.span.end <= pair[1].0.span.start);
    (apart && words.iter().all(|(word, _)| in_place(word))).then_some(words)
}

fn is_option(word: &str) -> bool {
    word.strip_prefix('-').is_some_and(|rest| rest.trim_start_matches('-').starts_with(|c: char| c.is_alphabetic()))
}

/// What stands between the words.
fn between<'a>(text: &'a str, words: &[(Word, bool)]) -> Vec<&'a str> {
    let mut pieces = Vec::new();
    let mut done = 0;
    for (word, _) in words {
        pieces.push(text.get(done..word.span.start).unwrap_or_default());
        done = word.span.end;
    }
    pieces.push(text.get(done..).unwrap_or_default());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(ran: &str, before: &str, now: &str) -> Option<String> {
        rebind(ran, before, now, ShellKind::Bash)
    }

    #[test]
    fn what_the_user_changed_stays_and_the_rest_is_of_now() {
        let table = [
            (
                "find . -name '*.pdf' -mtime -7 -not -path './x/*'",
                "find . -name '*.pdf' -mtime -7",
                "find . -name '*.png' -mtime -3",
                Some("find . -name '*.png' -mtime -3 -not -path './x/*'"),
            ),
            ("cp -v a.txt b.txt", "cp a.txt b.txt", "cp 'my file' b.txt", Some("cp -v 'my file' b.txt")),
            ("sort -u < in > out", "sort < in > out", "sort < in2 > out", Some("sort -u < in2 > out")),
            ("tail -n 5 log | less", "tail -n 5 log", "tail -n 5 other", Some("tail -n 5 other | less")),
            // The word is gone from the line that was run.
            ("cp -v c.txt b.txt", "cp a.txt b.txt", "cp d.txt b.txt", None),
            // Other commands, another number of words, other operators.
            ("ls -l", "ls", "find .", None),
            ("rm a", "rm a", "rm a b", None),
            ("echo a; ls b", "echo a; ls b", "echo a && ls b", None),
            ("ls b", "ls b", "du b", None),
            ("find . -name a -print", "find . -name a", "find . -iname a", None),
            // One word became two different ones.
            ("mv x x", "mv x x", "mv y z", None),
            ("mv -v x x", "mv x x", "mv y y", Some("mv -v y y")),
            // Words with commands in them are left alone.
            ("echo $(cat a)", "echo $(cat a)", "echo $(cat b)", None),
        ];
        for (ran, before, now, expected) in table {
            assert_eq!(bound(ran, before, now).as_deref(), expected, "{ran} | {before} | {now}");
        }
    }

    #[test]
    fn a_word_that_stays_in_one_place_stays_in_all() {
        assert_eq!(bound("grep a a", "grep a a", "grep a b"), None);
    }
}
