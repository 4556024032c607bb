//! Verbs of programs that do not exist.

use super::called::{Line, value};
use super::{Fix, Seen, nearest_names};
use crate::explain;

/// Verbs beside those of `explain`; a line is a program, with a verb that has verbs, and its verbs.
const MORE: &str = include_str!("verbs.txt");

pub(super) fn fixes(line: &Line<'_>, _: &Seen) -> Vec<Fix> {
    let mut found = Vec::new();
    for call in line.failing() {
        let Some(unknown) = explain::unknown(call.words) else { continue };
        let Some((word, verb)) = unknown.verb.and_then(|at| Some((call.words.get(at)?, value(call.words.get(at)?)?))) else { continue };
        let more: Vec<&str> = more(&unknown.family).collect();
        if more.contains(&verb) {
            continue;
        }
        let verbs = unknown.verbs.iter().map(String::as_str).chain(more);
        for (at, meant) in nearest_names(verb, verbs, 3).iter().enumerate() {
            let slope = f64::from(u8::try_from(at).unwrap_or(u8::MAX));
            let reading = format!("{} has no `{verb}`, but `{meant}`", unknown.family);
            found.extend(line.with(word, meant).map(|line| Fix::new(line, reading, 0.9 - 0.1 * slope)));
        }
    }
    found
}

/// Verbs that a program has and no table of `explain` tells of.
pub fn more(family: &str) -> impl Iterator<Item = &'static str> {
    let of = move |line: &'static str| line.strip_prefix(family)?.strip_prefix(' ');
    MORE.lines().filter(|line| !line.starts_with('#')).filter_map(of).flat_map(str::split_ascii_whitespace)
}
