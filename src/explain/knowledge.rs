//! What is known of programs: tables that are read when a program is asked for, one entry at a time.

use std::collections::BTreeMap;

use serde::Deserialize;

pub(super) const FILES: [&str; 9] = [
    include_str!("data/files.toml"),
    include_str!("data/text.toml"),
    include_str!("data/shell.toml"),
    include_str!("data/system.toml"),
    include_str!("data/network.toml"),
    include_str!("data/git.toml"),
    include_str!("data/containers.toml"),
    include_str!("data/packages.toml"),
    include_str!("data/tools.toml"),
];

/// Begins each entry; the line after it holds the names.
pub(super) const HEAD: &str = "[[program]]\n";

/// One program, or one verb of a program.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Program {
    /// `git commit` is a verb of `git`.
    pub(super) names: Vec<String>,
    /// Everything is as with this one.
    pub(super) like: String,
    /// What it does.
    pub(super) does: String,
    /// What it does instead when an option is given.
    pub(super) when: BTreeMap<String, String>,
    /// The same in one line: `{1}` is the first operand, `{rest}` the others, `{last}` the last, `{first}` all before
    /// it, `{-o}` that option, `{all}` everything in its order; a part in brackets is left out when what it names is missing.
    pub(super) short: String,
    /// Options are whole words behind one dash, or signs, as with `find`.
    pub(super) words: bool,
    /// The first operand may be letters of options, as with `tar xzf`.
    pub(super) bundle: bool,
    /// The first operand is a verb with an entry of its own.
    pub(super) subs: bool,
    /// What follows the operands of its own is a command.
    pub(super) inner: bool,
    /// That command is one text: for a `shell` of its own, or a `line` of the asking one.
    pub(super) text: String,
    /// `NAME=value` may stand before it.
    pub(super) settings: bool,
    /// What the first operands are.
    pub(super) leading: Vec<String>,
    /// With one of these options they are missing.
    pub(super) unless: Vec<String>,
    /// What the operands after them are.
    pub(super) rest: String,
    /// What the last of several is.
    pub(super) last: String,
    /// What is said when there are none.
    pub(super) none: String,
    /// By their names, which are followed by what they take.
    pub(super) options: BTreeMap<String, Meaning>,
}

/// What an option means.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub(super) enum Meaning {
    /// Whatever its value is.
    Text(String),
    /// Depending on its value; `*` is any other.
    Values(BTreeMap<String, String>),
}

/// What follows an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// Nothing.
    Nothing,
    /// So many values, in the same word or in the next ones.
    Values(usize),
    /// A value in the same word, or none.
    Attached,
    /// A value in the same word or in the next one, or none.
    Perhaps,
    /// A command up to `;` or `+`.
    Command,
}

/// An option as a table has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    /// The first of its names.
    pub(super) name: &'a str,
    pub(super) takes: Takes,
    pub(super) meaning: &'a Meaning,
}

impl Program {
    /// The option of this name.
    pub(super) fn option(&self, name: &str) -> Option<Known<'_>> {
        self.options.iter().find_map(|(key, meaning)| known(key, meaning, &|flag| flag == name))
    }

    /// The option whose long name begins like this, when there is only one.
    pub(super) fn abbreviated(&self, start: &str) -> Option<Known<'_>> {
        let mut found = self.options.iter().filter_map(|(key, meaning)| known(key, meaning, &|flag| flag.starts_with(start)));
        found.next().filter(|_| start.len() > 4 && start.starts_with("--") && found.next().is_none())
    }

    /// The names of all options.
    pub(super) fn flags(&self) -> impl Iterator<Item = String> + '_ {
        self.options.keys().flat_map(|key| flags(key)).map(str::to_owned)
    }

    /// Whether two names are of one option.
    pub(super) fn same(&self, one: &str, other: &str) -> bool {
        one == other || self.options.keys().any(|key| flags(key).any(|flag| flag == one) && flags(key).any(|flag| flag == other))
    }
}

/// The names in a key, without the sign at its end that tells what they take.
fn flags(key: &str) -> impl Iterator<Item = &str> {
    let names = match key.rsplit_once(' ') {
        Some((names, "=" | "==" | "?" | "?=" | ";")) => names,
        _ => key,
    };
    names.split(' ')
}

fn known<'a>(key: &'a str, meaning: &'a Meaning, fits: &dyn Fn(&str) -> bool) -> Option<Known<'a>> {
    flags(key).find(|flag| fits(flag))?;
    let takes = match key.rsplit(' ').next() {
        Some("=") => Takes::Values(1),
        Some("==") => Takes::Values(2),
        Some("?") => Takes::Attached,
        Some("?=") => Takes::Perhaps,
        Some(";") => Takes::Command,
        _ => Takes::Nothing,
    };
    Some(Known { name: flags(key).next().unwrap_or(key), takes, meaning })
}

/// The entry of a program or of a verb of one.
pub(super) fn program(name: &str) -> Option<Program> {
    let found = entry(name)?;
    if found.like.is_empty() {
        return Some(found);
    }
    let base = entry(&found.like)?;
    let does = if found.does.is_empty() { base.does.clone() } else { found.does };
    Some(Program { names: found.names, does, ..base })
}

/// The name under which the verbs of a program are kept.
pub(super) fn family(name: &str) -> String {
    let Some(program) = entry(name) else { return name.to_owned() };
    match program.names.into_iter().next() {
        _ if !program.like.is_empty() => program.like,
        // Other names of a program have the verbs of the first one; verbs stand for themselves.
        Some(first) if !name.contains(' ') => first,
        _ => name.to_owned(),
    }
}

fn entry(name: &str) -> Option<Program> {
    if name.contains(['"', '\\', '\n']) {
        return None;
    }
    let quoted = format!("\"{name}\"");
    let of = |text: &&str| text.lines().next().is_some_and(|line| line.starts_with("names = [") && line.contains(&quoted));
    let text = FILES.into_iter().flat_map(|file| file.split(HEAD)).find(of)?;
    // Alone, an entry is no member of a list.
    Some(toml::from_str(&text.replace("\n[program.", "\n[")).expect("the embedded tables are read by a test"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Whole {
        program: Vec<Program>,
    }

    #[test]
    fn the_tables_are_sound() {
        let (mut names, mut programs, mut verbs) = (BTreeSet::new(), 0, 0);
        for file in FILES {
            assert!(file.lines().count() < 900, "a table is longer than 900 lines");
            let whole: Whole = toml::from_str(file).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(whole.program.len(), file.matches(HEAD).count());
            for program in whole.program {
                for name in &program.names {
                    assert!(names.insert(name.clone()), "{name} stands in two entries");
                    assert!(entry(name).is_some(), "{name} is not found by its name");
                    match name.contains(' ') {
                        true => verbs += 1,
                        false => programs += 1,
                    }
                }
                let mut seen = BTreeSet::new();
                for flag in program.options.keys().flat_map(|key| flags(key)) {
                    assert!(seen.insert(flag), "{:?} has {flag} twice", program.names);
                }
                let named = program.when.keys().chain(&program.unless);
                named.for_each(|flag| assert!(program.option(flag).is_some(), "{:?}: {flag} is no option", program.names));
                assert!(!program.does.is_empty() || !program.like.is_empty(), "{:?} does nothing", program.names);
            }
        }
        assert!(programs >= 120 && verbs >= 100, "{programs} programs, {verbs} verbs");
    }
}
