//! What a call has that the tables do not hold, and what they hold in its place.

use super::arguments::sort;
use super::knowledge::{self, Program, Takes};
use crate::syntax::Word;

/// The words of a call that no table holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unknown {
    /// The program under the name that its table has, with the verbs that are known: `git stash`.
    pub family: String,
    /// The word that stands where a verb is due.
    pub verb: Option<usize>,
    /// The verbs that are known there.
    pub verbs: Vec<String>,
    /// The words that are no option of the program.
    pub options: Vec<usize>,
    /// The options that are known.
    pub known_options: Vec<String>,
}

/// Whether a program has a table.
pub fn knows(program: &str) -> bool {
    knowledge::program(program).is_some()
}

/// Looks a call up, the name of its program first; `None` for a program without a table.
pub fn unknown(words: &[Word]) -> Option<Unknown> {
    let name = words.first()?.value.as_deref()?;
    let name = name.rsplit('/').next().unwrap_or(name);
    let mut scopes = vec![knowledge::program(name)?];
    let mut found = Unknown { family: knowledge::family(name), ..Unknown::default() };
    let mut at = 1;
    while scopes.last().is_some_and(|program| program.subs) {
        let next = sort(&scopes, words, at, 0).1;
        let Some(verb) = words.get(next).and_then(|word| word.value.clone()) else { break };
        let Some(known) = knowledge::program(&format!("{} {verb}", found.family)) else {
            found.verb = Some(next);
            found.verbs = verbs(&found.family).into_iter().map(str::to_owned).collect();
            return Some(found);
        };
        found.family = knowledge::family(&format!("{} {verb}", found.family));
        scopes.push(known);
        at = next + 1;
    }
    // Behind the words of its own stand those of another command.
    if !scopes.iter().any(|program| program.inner) {
        found.options = options(&scopes, words);
        found.known_options = scopes.iter().flat_map(Program::flags).collect();
    }
    Some(found)
}

/// The verbs of a program, in all its tables.
pub fn verbs(family: &str) -> Vec<&'static str> {
    let start = format!("{family} ");
    names().filter_map(|name| name.strip_prefix(&start)).collect()
}

/// Every verb with the program it is of.
pub fn all_verbs() -> impl Iterator<Item = (&'static str, &'static str)> {
    names().filter_map(|name| name.split_once(' '))
}

/// Every program that has a table.
pub fn programs() -> impl Iterator<Item = &'static str> {
    names().filter(|name| !name.contains(' '))
}

fn names() -> impl Iterator<Item = &'static str> {
    let heads = knowledge::FILES.into_iter().flat_map(str::lines).filter(|line| line.starts_with("names = ["));
    heads.flat_map(|line| line.split('"').skip(1).step_by(2))
}

fn options(scopes: &[Program], words: &[Word]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut at = 1;
    let one_dash = scopes.iter().any(|program| program.words);
    // The beginning of a name stands for it, or for several, of which the program itself tells.
    let begins = |name: &str| name.len() > 2 && scopes.iter().flat_map(Program::flags).any(|flag| flag.starts_with(name));
    let named = |name: &str| scopes.iter().find_map(|program| program.option(name).or_else(|| program.abbreviated(name)));
    while let Some(word) = words.get(at) {
        let text = word.value.as_deref().unwrap_or_default();
        let name = text.split('=').next().unwrap_or_default();
        at += 1;
        if text == "--" {
            break;
        }
        match named(name) {
            Some(known) => match known.takes {
                Takes::Values(count) if !text.contains('=') => at += count,
                Takes::Command => at += words[at..].iter().take_while(|word| !matches!(word.value.as_deref(), Some(";" | "+"))).count(),
                _ => {}
            },
            None if begins(name) => {}
            None if text.starts_with("--") || (one_dash && text.starts_with('-') && text.len() > 2) => found.push(at - 1),
            None => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ShellKind;
    use crate::syntax;

    fn looked_up(line: &str) -> Option<Unknown> {
        unknown(&syntax::parse(line, ShellKind::Bash).expect("valid").commands().last().expect("a command").words)
    }

    #[test]
    fn verbs_and_options_that_no_table_holds_are_found() {
        for (line, verb, options) in [
            ("git comit -m x", Some(1), vec![]),
            ("git -C /tmp comit", Some(3), vec![]),
            ("git stash ppo", Some(2), vec![]),
            ("git commit --ammend --no-edit", None, vec![2]),
            ("git commit -m --ammend", None, vec![]),
            ("git commit -- --ammend", None, vec![]),
            ("docker compose pu -d", Some(2), vec![]),
            ("apt-get instal jq", Some(1), vec![]),
            ("find . -nmae x", None, vec![2]),
            (r"find . -exec rm --nosuch {} \; -nmae x", None, vec![7]),
            ("ls --colour=auto --al", None, vec![1]),
            ("sudo --nosuch ls --nosuch", None, vec![]),
            ("git", None, vec![]),
        ] {
            let found = looked_up(line).unwrap_or_else(|| panic!("{line}: no table"));
            assert_eq!((found.verb, &found.options), (verb, &options), "{line}: {found:?}");
        }
        assert!(looked_up("git comit").is_some_and(|found| found.family == "git" && found.verbs.iter().any(|verb| verb == "commit")));
        assert!(looked_up("git stash ppo").is_some_and(|found| found.verbs.iter().any(|verb| verb == "pop")));
        assert!(looked_up("apt-get instal").is_some_and(|found| found.verbs.iter().any(|verb| verb == "install")));
        assert!(looked_up("git commit --x").is_some_and(|found| found.known_options.iter().any(|option| option == "--amend")));
        assert!(knows("git") && !knows("frobnicate") && looked_up("frobnicate --x").is_none());
    }
}
