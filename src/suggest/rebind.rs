//! What the user ran for one sentence, written for another that says the same of other things.

use crate::domain::ShellKind;
use crate::syntax::{Tree, Word, parse};

/// Rewrites a line that was run for one sentence. `before` is what the translator writes for that sentence, `now` what it
/// writes for the present one: where they differ in words alone, and the line has each of these words just as often, the line
/// gets the present ones and keeps the options and tests that its user had added. `None` where another line could be meant: it
/// has commands of its own, a program or an option would change, or something in it still speaks of what was meant then.
pub(super) fn rebind(ran: &str, before: &str, now: &str, shell: ShellKind) -> Option<String> {
    let (old, new, present) = (words(before, shell)?, words(now, shell)?, words(ran, shell)?);
    if old.len() != new.len() || between(before, &old) != between(now, &new) || programs(&old) != programs(&present) {
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
    let count = |words: &[(Word, bool)], raw: &str| words.iter().filter(|(word, is_name)| !is_name && word.raw == raw).count();
    if changes.iter().any(|(changed, _)| count(&old, changed) != count(&present, changed)) {
        return None;
    }
    let values: Vec<String> =
        changes.iter().filter_map(|(changed, _)| old.iter().find(|(word, _)| word.raw == *changed)).map(bare).collect();
    let mut line = ran.to_owned();
    for one in present.iter().rev() {
        let (word, is_name) = one;
        match changes.iter().find(|(old, _)| !is_name && *old == word.raw) {
            Some((_, new)) => line.replace_range(word.span.clone(), new),
            None if values.iter().any(|value| speaks_of(&bare(one), value)) => return None,
            None => {}
        }
    }
    Some(line)
}

/// The programs in their order.
fn programs(words: &[(Word, bool)]) -> Vec<&str> {
    words.iter().filter(|(_, is_name)| *is_name).map(|(word, _)| word.raw.as_str()).collect()
}

/// What a word stands for, without the signs that lead to the same file.
fn bare((word, _): &(Word, bool)) -> String {
    let value = word.value.as_deref().unwrap_or(&word.raw);
    let value = value.strip_prefix("./").unwrap_or(value).trim_end_matches('/');
    value.trim_start_matches(['+', '-', '*']).to_owned()
}

/// Whether a word may be about a value. A letter or a digit is in many words by chance.
fn speaks_of(word: &str, value: &str) -> bool {
    if value.chars().count() < 2 { word == value } else { word.contains(value) }
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
            ("head -v -n 5 log", "head -n 5 log", "head -n 20 log", Some("head -v -n 20 log")),
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
            // Commands of its own, which may speak of what was meant then.
            ("tail -n 5 log | less", "tail -n 5 log", "tail -n 5 other", None),
            ("cp a.txt b.txt && rm ./a.txt", "cp a.txt b.txt", "cp c.txt b.txt", None),
            ("head -n 5 d.csv | cut -d , -f 5", "head -n 5 d.csv", "head -n 20 d.csv", None),
            ("zip -r photos.zip photos -x photos/tmp", "zip -r photos.zip photos", "zip -r docs.zip docs", None),
            ("cp -t ./a a b", "cp a b", "cp c b", None),
            ("sort -k 5 -n 5", "sort -n 5", "sort -n 7", None),
            // A program is never another one.
            ("chmod +x ./run.sh && ./run.sh", "chmod +x ./run.sh", "chmod +x ./wipe.sh", None),
            ("./run.sh ./run.sh", "./run.sh", "./wipe.sh", None),
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
