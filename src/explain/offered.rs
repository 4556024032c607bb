//! An option that a call could be given, and where it would stand.

use super::arguments::sort;
use super::knowledge::{self, Known, Program, Takes};
use crate::syntax::Word;

/// An option that the tables know for a call that does not have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// Its first name.
    pub name: String,
    /// The word behind which it belongs: the program, or its verb.
    pub behind: usize,
    /// The word of letters that it may join instead, and the letter before which it does.
    pub joins: Option<(usize, usize)>,
    /// Whether it takes a value.
    pub takes_value: bool,
}

/// Looks for the first of these options that a call, the name of its program first, could be given. `None` when it has none
/// of them or has it already.
pub fn offered(words: &[Word], names: &[&str]) -> Option<Offered> {
    let (scopes, behind) = scopes(words)?;
    let (program, known) = names.iter().find_map(|name| scopes.iter().rev().find_map(|program| Some((program, program.option(name)?))))?;
    let rest = &words[behind + 1..];
    if rest.iter().any(|word| word.value.as_deref().is_some_and(|text| is_there(program, &known, text))) {
        return None;
    }
    let takes_value = !matches!(known.takes, Takes::Nothing | Takes::Attached | Takes::Perhaps);
    let joins = rest.first().and_then(|word| word.value.as_deref()).filter(|_| scopes.len() == 1 && !takes_value);
    let joins = joins.and_then(|text| joins_at(program, &known, text)).map(|letter| (behind + 1, letter));
    Some(Offered { name: known.name.to_owned(), behind, joins, takes_value })
}

/// The tables of a call, outermost first, and the last word that names them.
fn scopes(words: &[Word]) -> Option<(Vec<Program>, usize)> {
    let name = words.first()?.value.as_deref()?;
    let name = name.rsplit('/').next().unwrap_or(name);
    let (mut scopes, mut family, mut behind) = (vec![knowledge::program(name)?], knowledge::family(name), 0);
    while scopes.last().is_some_and(|program| program.subs) {
        let next = sort(&scopes, words, behind + 1, 0).1;
        let Some(verb) = words.get(next).and_then(|word| word.value.as_deref()) else { break };
        let Some(known) = knowledge::program(&format!("{family} {verb}")) else { break };
        family = knowledge::family(&format!("{family} {verb}"));
        scopes.push(known);
        behind = next;
    }
    Some((scopes, behind))
}

fn is_there(program: &Program, known: &Known<'_>, text: &str) -> bool {
    let name = text.split('=').next().unwrap_or(text);
    let letters = text.strip_prefix('-').filter(|rest| !program.words && !rest.starts_with('-')).unwrap_or_default();
    program.same(name, known.name) && program.option(name).is_some()
        || letters.chars().any(|letter| program.option(&format!("-{letter}")).is_some_and(|other| other.name == known.name))
}

/// Where a letter may join others: at their end, or before the one that takes a value.
fn joins_at(program: &Program, known: &Known<'_>, text: &str) -> Option<usize> {
    let is_letter = known.name.len() == 2 && !program.words;
    let letters = text.strip_prefix('-').or(program.bundle.then_some(text))?;
    let dash = text.len() - letters.len();
    let plain = |letter: char| program.option(&format!("-{letter}")).is_some_and(|other| other.takes == Takes::Nothing);
    let are_letters = !letters.is_empty() && letters.len() < 6 && letters.chars().all(|c| c.is_ascii_alphabetic());
    if !is_letter || !are_letters || !letters.chars().all(|letter| program.option(&format!("-{letter}")).is_some()) {
        return None;
    }
    let last = letters.chars().last()?;
    letters.chars().rev().skip(1).all(plain).then(|| dash + letters.len() - usize::from(!plain(last)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ShellKind;
    use crate::syntax;

    #[test]
    fn an_option_is_found_with_its_place_unless_it_is_there() {
        let place = |line: &str, names: &[&str]| {
            let tree = syntax::parse(line, ShellKind::Bash).expect("valid");
            offered(&tree.commands().last().expect("a command").words, names).map(|found| (found.name, found.behind, found.joins))
        };
        for (line, names, expected) in [
            ("grep x .", &["--ignore-case"][..], Some(("-i", 0, None))),
            ("grep -rn x .", &["--ignore-case"], Some(("-i", 0, Some((1, 3))))),
            ("grep -ri x .", &["--ignore-case"], None),
            ("grep --ignore-case x .", &["--ignore-case"], None),
            ("tar -xzf a.tgz", &["--verbose"], Some(("-v", 0, Some((1, 3))))),
            ("tar xzf a.tgz", &["--verbose"], Some(("-v", 0, Some((1, 2))))),
            ("git log -p", &["--oneline"], Some(("--oneline", 1, None))),
            ("git -C /x diff a", &["--staged"], Some(("--staged", 3, None))),
            ("ls", &["--nosuch", "--reverse"], Some(("-r", 0, None))),
            ("ls", &["--nosuch"], None),
            ("frobnicate", &["--verbose"], None),
        ] {
            let expected = expected.map(|(name, behind, joins)| (name.to_owned(), behind, joins));
            assert_eq!(place(line, names), expected, "{line}");
        }
    }
}
