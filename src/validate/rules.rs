//! The table of what programs do. It is data, so that a rule can be read without reading code, and every rule brings
//! the commands it must and must not apply to.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use serde::{Deserialize, Deserializer, de::Error as _};

use super::path;
use crate::domain::Risk;
use crate::syntax::{UNKNOWN, Word};

const FILES: [&str; 3] = [include_str!("rules/programs.toml"), include_str!("rules/files.toml"), include_str!("rules/services.toml")];

/// What has been read so far, by program. It holds at most the programs that the files name.
static KNOWN: LazyLock<Mutex<HashMap<String, &'static Table>>> = LazyLock::new(Mutex::default);
static NOTHING: Table = Table { base: Vec::new(), rule: Vec::new(), options: Vec::new(), wrapper: Vec::new() };

/// The entries that name a program. Every key press judges one or two programs in a fresh process, and reading all of
/// the files there took twice as long as everything else, so only the entries that are asked for are read.
fn table(program: &str) -> &'static Table {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(table) = known.get(program) {
        return table;
    }
    let mut entries = String::new();
    FILES.into_iter().for_each(|text| gather(text, &format!("\"{program}\""), &mut entries));
    if entries.is_empty() {
        return &NOTHING;
    }
    let table: &'static Table = Box::leak(Box::new(read(&entries)));
    known.insert(program.to_owned(), table);
    table
}

/// Adds the entries that name a program, without the other programs they name and without their examples. The files
/// keep to a form for it: `[[kind]]`, `programs`, `yes` and `no` begin their lines, and a list of programs ends its own.
fn gather(text: &str, quoted: &str, entries: &mut String) {
    // The standard library looks for up to eight bytes many times faster than for more.
    if !text.contains(quoted.get(..8).unwrap_or(quoted)) {
        return;
    }
    let (mut begun, mut listing, mut named) = (entries.len(), false, false);
    for line in text.lines().chain(["[["]) {
        if line.starts_with("[[") {
            if !named {
                entries.truncate(begun);
            }
            (begun, named) = (entries.len(), false);
        } else if line.starts_with("yes = ") || line.starts_with("no = ") || line.starts_with('#') {
            continue;
        } else if listing || line.starts_with("programs = [") {
            listing = !line.ends_with(']');
            if !named && line.contains(quoted) {
                named = true;
                entries.push_str("programs = [");
                entries.push_str(quoted);
                entries.push_str("]\n");
            }
            continue;
        }
        entries.push_str(line);
        entries.push('\n');
    }
    entries.truncate(begun);
}

fn read(text: &str) -> Table {
    toml::from_str(text).expect("the embedded rules are read by a test")
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Table {
    base: Vec<Base>,
    rule: Vec<Rule>,
    options: Vec<Options>,
    wrapper: Vec<Wrapper>,
}

/// What a program does at least, whatever its arguments are.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Base {
    programs: Vec<String>,
    /// Only with one of these as the first operands.
    #[serde(default)]
    sub: Vec<String>,
    /// Only with one of these options.
    #[serde(default)]
    flags: Vec<String>,
    /// Only without any argument.
    #[serde(default)]
    bare: bool,
    #[serde(deserialize_with = "risk")]
    pub(super) risk: Risk,
    #[serde(default)]
    pub(super) reason: String,
    /// Its normal use needs root, so `sudo` in front of it says nothing new.
    #[serde(default)]
    pub(super) root: bool,
}

/// What certain arguments of a program do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub(super) id: String,
    programs: Vec<String>,
    #[serde(default)]
    sub: Vec<String>,
    /// Of each group one flag must be there.
    #[serde(default)]
    flags: Vec<Vec<String>>,
    /// None of these may be there.
    #[serde(default)]
    without: Vec<String>,
    /// One operand must be of this kind.
    target: Option<Target>,
    /// One argument must contain one of these.
    #[serde(default)]
    contains: Vec<String>,
    #[serde(deserialize_with = "risk")]
    pub(super) risk: Risk,
    pub(super) reason: String,
    /// Commands that it applies to and similar ones that it does not; read by the tests.
    #[serde(default)]
    #[cfg_attr(not(test), expect(dead_code, reason = "the examples exist for the tests"))]
    yes: Vec<String>,
    #[serde(default)]
    #[cfg_attr(not(test), expect(dead_code, reason = "the examples exist for the tests"))]
    no: Vec<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Target {
    Vital,
    System,
    Device,
    /// `*` or `.`: all of the working directory.
    Everything,
    Any,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    programs: Vec<String>,
    with_value: Vec<String>,
}

/// A program that runs the command in its own arguments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wrapper {
    programs: Vec<String>,
    /// Operands of its own before the command.
    #[serde(default)]
    pub(super) skip: usize,
    /// `NAME=value` may stand before the command.
    #[serde(default)]
    pub(super) assignments: bool,
    /// What follows is one text for a shell.
    #[serde(default)]
    pub(super) text: bool,
    /// The command runs as root.
    #[serde(default)]
    pub(super) root: bool,
    /// The command gets more arguments than are written.
    #[serde(default)]
    pub(super) appends: bool,
}

fn risk<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Risk, D::Error> {
    let name = String::deserialize(deserializer)?;
    [Risk::None, Risk::Low, Risk::Medium, Risk::High, Risk::Critical]
        .into_iter()
        .find(|risk| risk.name() == name)
        .ok_or_else(|| D::Error::custom(format!("`{name}` is no risk")))
}

/// One program with its arguments, sorted into options and operands.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) name: &'a str,
    pub(super) args: &'a [Word],
    options: Vec<&'a str>,
    pub(super) operands: Vec<&'a Word>,
}

impl<'a> Call<'a> {
    pub(super) fn new(name: &'a str, args: &'a [Word]) -> Self {
        let mut call = Call { name, args, options: Vec::new(), operands: Vec::new() };
        let mut index = 0;
        while let Some(word) = args.get(index) {
            index += 1;
            match word.shape.as_str() {
                "--" => {
                    call.operands.extend(&args[index..]);
                    break;
                }
                shape if shape.len() > 1 && shape.starts_with('-') => {
                    call.options.push(shape);
                    index += usize::from(takes_value(name, shape));
                }
                _ => call.operands.push(word),
            }
        }
        call
    }

    /// Whether an option is given, alone, in a cluster of letters, abbreviated, or with `=value`.
    pub(super) fn has(&self, flag: &str) -> bool {
        let cluster = flag.strip_prefix('-').filter(|rest| rest.len() == 1);
        self.options.iter().any(|option| {
            let name = option.split('=').next().unwrap_or(option);
            *option == flag
                || name == flag
                || (flag.starts_with("--") && name.len() > 4 && flag.starts_with(name))
                || cluster.is_some_and(|letter| !option.starts_with("--") && name[1..].contains(letter))
        })
    }

    fn begins_with(&self, sub: &[String]) -> bool {
        sub.is_empty()
            || sub.iter().any(|phrase| {
                let mut operands = self.operands.iter().map(|word| word.shape.as_str());
                phrase.split(' ').all(|part| operands.next() == Some(part))
            })
    }

    fn has_target(&self, target: Target) -> bool {
        // `dd of=/dev/sda` names its target behind a sign.
        let shapes = self.operands.iter().map(|word| word.shape.strip_prefix("of=").unwrap_or(&word.shape));
        match target {
            Target::Any => !self.operands.is_empty(),
            Target::Vital => shapes.into_iter().any(path::is_vital),
            Target::System => shapes.into_iter().any(path::is_system),
            Target::Device => shapes.into_iter().any(path::is_device),
            Target::Everything => self
                .operands
                .iter()
                .any(|word| matches!(word.shape.trim_end_matches('/'), "." | "./*" | ".." | "../*") || (word.shape == "*" && word.glob)),
        }
    }

    fn contains(&self, needles: &[String]) -> bool {
        needles.is_empty() || self.args.iter().any(|word| needles.iter().any(|needle| word.shape.contains(needle.as_str())))
    }
}

impl Rule {
    pub(super) fn applies(&self, call: &Call<'_>) -> bool {
        self.programs.iter().any(|program| program == call.name)
            && call.begins_with(&self.sub)
            && self.flags.iter().all(|group| group.iter().any(|flag| call.has(flag)))
            && !self.without.iter().any(|flag| call.has(flag))
            && self.target.is_none_or(|target| call.has_target(target))
            && call.contains(&self.contains)
    }
}

/// The rules that apply to a call.
pub(super) fn matching<'a>(call: &'a Call<'_>) -> impl Iterator<Item = &'static Rule> + 'a {
    table(call.name).rule.iter().filter(|rule| rule.applies(call))
}

/// What is known of a program in general: the entry for these arguments before the one for the program alone.
pub(super) fn base(call: &Call<'_>) -> Option<&'static Base> {
    let narrow = |base: &Base| !base.sub.is_empty() || !base.flags.is_empty() || base.bare;
    let fits = |base: &Base| {
        base.programs.iter().any(|program| program == call.name)
            && call.begins_with(&base.sub)
            && (base.flags.is_empty() || base.flags.iter().any(|flag| call.has(flag)))
            && (!base.bare || call.args.is_empty())
    };
    let find = |wanted: bool| table(call.name).base.iter().find(|base| narrow(base) == wanted && fits(base));
    find(true).or_else(|| find(false))
}

/// The wrapper that a name stands for.
pub(super) fn wrapper(name: &str) -> Option<&'static Wrapper> {
    table(name).wrapper.iter().find(|wrapper| wrapper.programs.iter().any(|program| program == name))
}

/// Whether an option of a program is followed by its value as a word of its own.
pub(super) fn takes_value(program: &str, option: &str) -> bool {
    !option.contains(UNKNOWN)
        && table(program)
            .options
            .iter()
            .any(|entry| entry.programs.iter().any(|name| name == program) && entry.with_value.iter().any(|name| name == option))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ShellKind;
    use crate::validate::analyse::analyse;

    fn findings(command: &str) -> Vec<String> {
        let tree = crate::syntax::parse(command, ShellKind::Bash).unwrap_or_else(|error| panic!("{command}: {error}"));
        analyse(&tree).into_iter().map(|finding| finding.rule).collect()
    }

    fn all() -> Vec<Table> {
        FILES.map(read).into()
    }

    /// An entry as text, without its programs and examples.
    fn shown(mut table: Table) -> Vec<String> {
        table.base.iter_mut().for_each(|entry| entry.programs.clear());
        table.options.iter_mut().for_each(|entry| entry.programs.clear());
        table.wrapper.iter_mut().for_each(|entry| entry.programs.clear());
        table.rule.iter_mut().for_each(|entry| [&mut entry.programs, &mut entry.yes, &mut entry.no].into_iter().for_each(Vec::clear));
        let (base, rule) = (table.base.iter().map(|entry| format!("{entry:?}")), table.rule.iter().map(|entry| format!("{entry:?}")));
        let (options, wrapper) =
            (table.options.iter().map(|entry| format!("{entry:?}")), table.wrapper.iter().map(|entry| format!("{entry:?}")));
        base.chain(rule).chain(options).chain(wrapper).collect()
    }

    #[test]
    fn reading_what_names_a_program_gives_what_reading_everything_gives() {
        let programs: std::collections::BTreeSet<String> = all()
            .into_iter()
            .flat_map(|table| {
                let base = table.base.into_iter().map(|entry| entry.programs);
                let rule = table.rule.into_iter().map(|entry| entry.programs);
                let options = table.options.into_iter().map(|entry| entry.programs);
                base.chain(rule).chain(options).chain(table.wrapper.into_iter().map(|entry| entry.programs)).flatten().collect::<Vec<_>>()
            })
            .collect();
        assert!(programs.len() > 200);
        for program in &programs {
            let mut entries = String::new();
            FILES.into_iter().for_each(|text| gather(text, &format!("\"{program}\""), &mut entries));
            let mut whole = Table::default();
            for mut table in all() {
                whole.base.extend(table.base.extract_if(.., |entry| entry.programs.contains(program)));
                whole.rule.extend(table.rule.extract_if(.., |entry| entry.programs.contains(program)));
                whole.options.extend(table.options.extract_if(.., |entry| entry.programs.contains(program)));
                whole.wrapper.extend(table.wrapper.extract_if(.., |entry| entry.programs.contains(program)));
            }
            assert_eq!(shown(read(&entries)), shown(whole), "{program}");
        }
        assert!(table("no-such-program").base.is_empty());
    }

    #[test]
    fn every_rule_applies_to_its_examples_only() {
        for rule in all().iter().flat_map(|table| &table.rule) {
            assert!(!rule.yes.is_empty() && !rule.no.is_empty(), "{} needs examples of both kinds", rule.id);
            for command in &rule.yes {
                assert!(findings(command).contains(&rule.id), "{}: {command}", rule.id);
            }
            for command in &rule.no {
                assert!(!findings(command).contains(&rule.id), "{} must not apply: {command}", rule.id);
            }
        }
    }

    #[test]
    fn rule_ids_are_unique_and_reasons_short() {
        let all = all();
        let mut ids: Vec<&str> = all.iter().flat_map(|table| &table.rule).map(|rule| rule.id.as_str()).collect();
        ids.sort_unstable();
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(all.iter().flat_map(|table| &table.rule).all(|rule| rule.reason.len() <= 60 && !rule.reason.ends_with('.')));
        assert!(all.iter().flat_map(|table| &table.base).all(|base| (base.risk == Risk::None) == base.reason.is_empty()));
    }
}
