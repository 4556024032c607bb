//! The table of what programs do. It is data, so that a rule can be read without reading code, and every rule brings
//! the commands it must and must not apply to.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use memchr::memmem;
use serde::{Deserialize, Deserializer, de::Error as _};

use super::call::Call;
use super::custom::{CustomRule, CustomRules, CustomTarget};
use super::path;
use super::scope::Scope;
use crate::domain::Risk;
use crate::syntax::{UNKNOWN, Word};

pub(super) const FILES: [&str; 11] = [
    include_str!("rules/programs.toml"),
    include_str!("rules/files.toml"),
    include_str!("rules/disks.toml"),
    include_str!("rules/git.toml"),
    include_str!("rules/system.toml"),
    include_str!("rules/network.toml"),
    include_str!("rules/packages.toml"),
    include_str!("rules/containers.toml"),
    include_str!("rules/cloud.toml"),
    include_str!("rules/data.toml"),
    include_str!("rules/desktop.toml"),
];

/// Names that no file has are remembered while fewer than this are: a line may hold any word as a program.
const MOST_UNKNOWN: usize = 4096;

/// What has been read so far, by program.
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
    let unknown = entries.is_empty();
    let table: &'static Table = if unknown { &NOTHING } else { Box::leak(Box::new(read(&entries))) };
    if !unknown || known.len() < MOST_UNKNOWN {
        known.insert(program.to_owned(), table);
    }
    table
}

/// Adds the entries that name a program, without the other programs they name and without their examples. The files
/// keep to a form for it: `[[kind]]`, `programs`, `yes` and `no` begin their lines, and a list of programs ends its own.
fn gather(text: &str, quoted: &str, entries: &mut String) {
    let mut read_to = 0;
    for at in memmem::find_iter(text.as_bytes(), quoted) {
        if at >= read_to {
            let begin = text[..at].rfind("\n[[").map_or(0, |line| line + 1);
            read_to = text[at..].find("\n[[").map_or(text.len(), |line| at + line);
            gather_entry(&text[begin..read_to], quoted, entries);
        }
    }
}

/// Adds one entry, if its list of programs holds the name.
fn gather_entry(text: &str, quoted: &str, entries: &mut String) {
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

/// A risk as the files name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grade(pub(super) Risk);

impl Default for Grade {
    fn default() -> Self {
        Grade(Risk::None)
    }
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
    /// Only without any of these words.
    #[serde(default)]
    without: Vec<String>,
    /// Only without any argument.
    #[serde(default)]
    bare: bool,
    #[serde(deserialize_with = "risk")]
    pub(super) risk: Grade,
    #[serde(default)]
    pub(super) reason: String,
    /// Its normal use needs root, so `sudo` in front of it says nothing new.
    #[serde(default)]
    pub(super) root: bool,
}

/// What certain arguments of a program do.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) programs: Vec<String>,
    /// The first operands are one of these phrases; `*` in one stands for any word.
    pub(super) sub: Vec<String>,
    /// One operand is one of these; `delete-*` is a pattern.
    pub(super) verbs: Vec<String>,
    /// Of each group one flag must be there.
    pub(super) flags: Vec<Vec<String>>,
    /// No argument may be one of these.
    pub(super) without: Vec<String>,
    /// One operand must be of this kind.
    pub(super) target: Option<Target>,
    /// One argument must contain one of these.
    pub(super) contains: Vec<String>,
    /// One argument must contain one of these as well.
    pub(super) also: Vec<String>,
    /// There is no operand, beside the ones of `sub`.
    pub(super) alone: bool,
    #[serde(deserialize_with = "risk")]
    pub(super) risk: Grade,
    pub(super) reason: String,
    /// What would do the same with less danger.
    pub(super) safer: Option<String>,
    /// Commands that it applies to and similar ones that it does not; read by the tests.
    pub(super) yes: Vec<String>,
    pub(super) no: Vec<String>,
}

/// What kind of operand a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Target {
    /// A vital folder or a whole home directory.
    Vital,
    /// Something below a folder of the system.
    System,
    /// A file on which start, log-in or schedules depend.
    Cornerstone,
    /// A disk.
    Device,
    /// `*` or `.`: all of the working directory.
    Everything,
    /// A file that decides what the user's shells do.
    Setup,
    /// A file with credentials.
    Secret,
    /// Logs of the system.
    Log,
    /// A web address.
    Url,
    /// Anything.
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

fn risk<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Grade, D::Error> {
    let name = String::deserialize(deserializer)?;
    [Risk::None, Risk::Low, Risk::Medium, Risk::High, Risk::Critical]
        .into_iter()
        .find(|risk| risk.name() == name)
        .map(Grade)
        .ok_or_else(|| D::Error::custom(format!("`{name}` is no risk")))
}

impl Rule {
    pub(super) fn applies(&self, call: &Call<'_>, scope: &Scope) -> bool {
        let any = |list: &[String], holds: &dyn Fn(&str) -> bool| list.is_empty() || list.iter().any(|item| holds(item));
        self.programs.iter().any(|program| program == call.name)
            && any(&self.sub, &|phrase| call.begins_with(phrase))
            && any(&self.verbs, &|verb| call.has_operand(verb))
            && self.flags.iter().all(|group| group.iter().any(|flag| call.has(flag)))
            && !self.without.iter().any(|word| call.has(word) || call.has_operand(word))
            && any(&self.contains, &|text| call.contains(text))
            && any(&self.also, &|text| call.contains(text))
            && (!self.alone || call.operands.len() <= self.sub.iter().map(|phrase| phrase.split(' ').count()).max().unwrap_or(0))
            && self.target.is_none_or(|target| self.target_of(call, scope, target).is_some())
    }

    /// The operand that makes the rule apply.
    pub(super) fn target_of<'a>(&self, call: &Call<'a>, scope: &Scope, target: Target) -> Option<&'a Word> {
        let holds = |(path, word): &(String, &Word)| match target {
            Target::Any => true,
            Target::Vital => path::is_vital(path),
            Target::System => path::is_system(path) || path::is_cornerstone(path),
            Target::Cornerstone => path::is_cornerstone(path),
            Target::Device => path::is_device(path),
            Target::Everything => path::is_everything(path, word.glob),
            Target::Setup => path::is_personal_setup(path),
            Target::Secret => path::is_secret(path),
            Target::Log => path::is_log(path),
            Target::Url => word.shape.contains("://") || word.shape.starts_with("git@"),
        };
        call.paths(scope).into_iter().find(holds).map(|(_, word)| word)
    }
}

/// The rules that apply to a call.
pub(super) fn matching<'a>(call: &'a Call<'_>, scope: &'a Scope) -> impl Iterator<Item = &'static Rule> + 'a {
    table(call.name).rule.iter().filter(|rule| rule.applies(call, scope))
}

/// What is known of a program in general: the entry for these arguments before the one for the program alone.
pub(super) fn base(call: &Call<'_>) -> Option<&'static Base> {
    let narrow = |base: &Base| !base.sub.is_empty() || !base.flags.is_empty() || base.bare;
    let fits = |base: &Base| {
        base.programs.iter().any(|program| program == call.name)
            && (base.sub.is_empty() || base.sub.iter().any(|phrase| call.begins_with(phrase)))
            && !base.without.iter().any(|flag| call.has(flag) || call.has_operand(flag))
            && (base.flags.is_empty() || base.flags.iter().any(|flag| call.has(flag)))
            && (!base.bare || call.args.is_empty())
    };
    let find = |wanted: bool| table(call.name).base.iter().find(|base| narrow(base) == wanted && fits(base));
    find(true).or_else(|| find(false))
}

/// The rules of the user and of the project that apply to a call.
pub(super) fn custom(call: &Call<'_>, scope: &Scope, rules: &CustomRules) -> Vec<Rule> {
    let about = rules.added().iter().filter(|rule| rule.programs.iter().any(|program| program == call.name));
    about.map(Rule::from).filter(|rule| rule.applies(call, scope)).collect()
}

impl From<&CustomRule> for Rule {
    fn from(rule: &CustomRule) -> Self {
        let target = rule.target.map(|target| match target {
            CustomTarget::Vital => Target::Vital,
            CustomTarget::System => Target::System,
            CustomTarget::Device => Target::Device,
            CustomTarget::Everything => Target::Everything,
            CustomTarget::Any => Target::Any,
        });
        Rule {
            id: rule.id.clone(),
            programs: rule.programs.clone(),
            sub: rule.sub.clone(),
            flags: rule.flags.clone(),
            without: rule.without.clone(),
            contains: rule.contains.clone(),
            target,
            risk: Grade(rule.risk),
            reason: rule.reason.clone(),
            safer: rule.safer.clone(),
            ..Rule::default()
        }
    }
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

/// Whether a program is one whose arguments name what it destroys or runs.
pub(super) fn is_destructive(name: &str) -> bool {
    const NAMES: [&str; 16] = [
        "rm",
        "dd",
        "mkfs",
        "shred",
        "wipefs",
        "chmod",
        "chown",
        "sh",
        "bash",
        "zsh",
        "find",
        "mkfs.ext4",
        "sfdisk",
        "unlink",
        "mv",
        "truncate",
    ];
    NAMES.contains(&name)
}

/// Whether a program prints text that it was given or finds in files, which makes running its output running that text.
pub(super) fn prints_text(name: &str) -> bool {
    const NAMES: [&str; 14] =
        ["cat", "echo", "printf", "sed", "awk", "base64", "head", "tail", "tr", "cut", "xxd", "openssl", "grep", "rev"];
    NAMES.contains(&name)
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
