//! Names of commands that do not exist.

use super::called::{Call, Line, value};
use super::{Fix, Seen, Wanted, nearest_names};
use crate::explain;
use crate::syntax::Word;

const NOT_FOUND: i32 = 127;
const NOT_EXECUTABLE: i32 = 126;

/// Most letters of an option that was written onto the name of its program.
const MOST_LETTERS: usize = 4;

pub(super) fn want(line: &Line<'_>, wanted: &mut Wanted) {
    for call in line.calls() {
        for word in [call.words.first(), call.all.first()].into_iter().flatten() {
            match value(word) {
                Some(name) if name.contains('/') => drop(wanted.paths.insert(name.to_owned())),
                Some(name) => drop(wanted.commands.insert(name.to_owned())),
                None => {}
            }
        }
    }
}

pub(super) fn fixes(line: &Line<'_>, seen: &Seen) -> Vec<Fix> {
    let mut found = Vec::new();
    for call in line.calls() {
        // A shell has functions that it does not name, so a status that tells of something else is believed.
        let may_be_missing = line.status == NOT_FOUND || call.elevated || !call.guilty;
        if may_be_missing {
            found.extend(missing(line, &call, seen));
        }
        found.extend(by_path(line, &call, seen));
    }
    found
}

fn missing(line: &Line<'_>, call: &Call<'_>, seen: &Seen) -> Vec<Fix> {
    let mut found = Vec::new();
    let Some((word, name)) = call.words.first().and_then(|word| Some((word, value(word)?))) else { return found };
    let Some(near) = seen.near.get(name).filter(|_| !(call.elevated && seen.programs.contains(name))) else { return found };
    if seen.programs.contains(name) {
        let elevator = seen.elevator.iter().filter(|_| !seen.is_root);
        let fix = |elevator: &String| {
            Some(Fix::new(line.before(word, &format!("{elevator} "))?, format!("`{name}` is for the administrator"), 0.98))
        };
        found.extend(elevator.filter_map(fix));
    }
    let other = seen.other_names.get(name).and_then(|other| line.with(word, other).map(|line| (line, other)));
    found.extend(other.map(|(line, other)| Fix::new(line, format!("this system calls `{name}` `{other}`"), 0.98)));
    let install = seen.install(name);
    found.extend(install.map(|(package, line)| Fix::new(line, format!("`{name}` is in the package {package}"), 0.97)));
    for (at, meant) in nearest_names(name, near, 3).iter().enumerate() {
        let slope = f64::from(u8::try_from(at).unwrap_or(u8::MAX));
        let fixed = line.with(word, &line.quoted(meant));
        found.extend(fixed.map(|line| Fix::new(line, format!("`{name}` is no command here, `{meant}` is"), 0.95 - 0.1 * slope)));
    }
    found.extend(joined(line, word, name));
    found
}

fn joined(line: &Line<'_>, word: &Word, name: &str) -> Option<Fix> {
    let (program, rest) = apart(name)?;
    line.with(word, &format!("{program} {rest}")).map(|line| Fix::new(line, "a blank was missing", 0.96))
}

/// `cd..` and `ls-l`: a blank is missing.
fn apart(name: &str) -> Option<(&str, &str)> {
    if let Some(place) = name.strip_prefix("cd").filter(|place| place.starts_with("..")) {
        return Some(("cd", place));
    }
    let (program, rest) = name.split_at(name.find('-').filter(|_| !name.contains('/'))?);
    let is_option = (2..=MOST_LETTERS).contains(&rest.len()) && rest[1..].chars().all(|c| c.is_ascii_alphanumeric());
    (is_option && explain::knows(program)).then_some((program, rest))
}

/// Commands that are named by the file they are.
fn by_path(line: &Line<'_>, call: &Call<'_>, seen: &Seen) -> Vec<Fix> {
    let mut found = Vec::new();
    let Some((word, path)) = call.words.first().and_then(|word| Some((word, value(word)?))) else { return found };
    let Some(there) = seen.paths.get(path).filter(|_| path.contains('/')) else { return found };
    if line.status == NOT_FOUND {
        found.extend(joined(line, word, path));
    }
    if !there.exists && matches!(line.status, NOT_FOUND | 1) {
        let last = path.split('/').nth(there.reached).unwrap_or_default();
        let names = if there.has_parent { &there.files } else { &there.folders };
        for meant in nearest_names(last, names, 2) {
            let whole = super::places::with_component(path, there.reached, &meant);
            let fixed = line.with(word, &line.quoted(&whole));
            found.extend(fixed.map(|line| Fix::new(line, format!("`{path}` is not there, `{whole}` is"), 0.9)));
        }
    } else if there.is_folder && line.status == NOT_EXECUTABLE && line.is_single() && call.all.len() == 1 {
        found.extend(line.before(word, "cd ").map(|line| Fix::new(line, format!("`{path}` is a folder"), 0.9)));
    } else if there.exists && !there.is_folder && !there.is_executable && line.status == NOT_EXECUTABLE && there.is_own {
        let first = format!("chmod +x {} && {}", line.quoted_path(path), line.text.trim_start());
        found.push(Fix::new(first, format!("`{path}` may not be run yet"), 0.85));
    }
    found
}
