//! The verbs of programs, out of the tables of `explain` and `fix`, and targets that nearly every `make` has.

use crate::{explain, fix};

/// Targets and scripts that are called the same nearly everywhere.
const USUAL: [(&str, &str); 3] = [
    ("make", "all clean install uninstall test check build dist distclean help run lint format docs release debug"),
    ("npm run", "start test build dev lint format watch serve"),
    ("yarn", "add build dev install remove run start test upgrade"),
];

/// The verbs of a program, or of a verb of it: `git`, `git stash`.
pub(super) fn of(program: &str) -> Vec<&'static str> {
    let usual = USUAL.into_iter().find(|(of, _)| *of == program).map(|(_, verbs)| verbs).unwrap_or_default();
    let mut all: Vec<&str> = explain::verbs(program).into_iter().filter(|verb| !verb.contains(' ')).collect();
    all.extend(fix::more_verbs(program).chain(usual.split_ascii_whitespace()));
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|verb| seen.insert(*verb));
    all
}

/// All of them with their programs.
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    explain::all_verbs()
}
