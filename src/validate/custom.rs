//! Rules beside the embedded ones: the user's, which may add and silence, and a project's, which may only add.

use serde::Deserialize;
use thiserror::Error;

use super::rules;
use crate::domain::Risk;

/// Names of findings that are made in code and not in a file.
const IN_CODE: [&str; 101] = [
    "access-all",
    "access-folder",
    "access-open",
    "access-recursive",
    "access-system",
    "access-vital",
    "analyser",
    "append",
    "as-root",
    "assignment",
    "awk-runs",
    "awk-writes",
    "chosen-program",
    "database-drop",
    "database-rights",
    "database-shell",
    "depth",
    "destructive",
    "destructive-all",
    "dynamic-name",
    "empties",
    "empties-all",
    "encoded-code",
    "fills-root",
    "find-change-all",
    "find-change-vital",
    "find-delete",
    "find-delete-all",
    "find-delete-log",
    "find-delete-vital",
    "find-delete-wide",
    "find-secrets",
    "foreign-letters",
    "fork-bomb",
    "function-variable",
    "generated-code",
    "hidden-name",
    "history-off",
    "impostor",
    "kill-everything",
    "kill-shell",
    "library-path",
    "loader-variable",
    "move-cornerstone",
    "move-device",
    "move-log",
    "move-nowhere",
    "move-setup",
    "move-system",
    "move-vital",
    "network-redirect",
    "overwrite",
    "overwrite-existing",
    "overwrite-forced",
    "overwrites-input",
    "own-program",
    "partial",
    "program",
    "remote-code",
    "replaces-system",
    "reverse-shell",
    "rm-cornerstone",
    "rm-device",
    "rm-everything",
    "rm-fed",
    "rm-log",
    "rm-recursive",
    "rm-setup",
    "rm-system",
    "rm-unset",
    "rm-vital",
    "root-shell",
    "rows-all",
    "rows-some",
    "runs-file",
    "script-deletes",
    "script-deletes-vital",
    "script-kills",
    "script-runs",
    "script-shell",
    "script-writes",
    "search-path",
    "search-path-replaced",
    "sends-folder",
    "sends-output",
    "sends-secret",
    "set-uid",
    "size",
    "sync-delete-vital",
    "syntax",
    "sysrq",
    "table-drop",
    "tool-code",
    "unknown-program",
    "write-cornerstone",
    "write-device",
    "write-kernel",
    "write-log",
    "write-setup",
    "write-system",
    "write-vital",
];

/// Most rules that one file may add.
pub const MOST_RULES: usize = 200;
/// Most entries of one list of a rule.
const MOST_ENTRIES: usize = 64;
/// Longest entry of a list, in bytes.
const LONGEST_ENTRY: usize = 128;
/// Longest sentence of a rule, in characters.
const LONGEST_SENTENCE: usize = 200;

/// A rule that a user or a project wrote, in the form of the embedded ones: all conditions that it names must hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CustomRule {
    /// Its name, unlike that of every embedded rule.
    pub id: String,
    /// The programs it is about, without folders.
    pub programs: Vec<String>,
    /// The first operands must be one of these, words apart by one blank.
    pub sub: Vec<String>,
    /// Of each group one flag must be there.
    pub flags: Vec<Vec<String>>,
    /// None of these flags may be there.
    pub without: Vec<String>,
    /// One argument must contain one of these.
    pub contains: Vec<String>,
    /// One operand must be of this kind.
    pub target: Option<CustomTarget>,
    /// How bad it is; never [`Risk::None`].
    pub risk: Risk,
    /// Why, in plain words.
    pub reason: String,
    /// What would do the same with less danger.
    pub safer: Option<String>,
}

/// A kind of operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CustomTarget {
    /// A directory without which the system or the home is lost.
    Vital,
    /// Something of the system.
    System,
    /// A disk.
    Device,
    /// All of the working directory.
    Everything,
    /// Any operand at all.
    Any,
}

/// Rules of the user and of the project. The default changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct CustomRules {
    silenced: Vec<String>,
    added: Vec<CustomRule>,
}

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{field}`: {reason}")]
pub struct RuleError {
    /// The part of the rule it is about.
    pub field: &'static str,
    /// What is wrong, in one line. It never quotes the text.
    pub reason: String,
}

impl CustomRules {
    /// Rules that silence some of the embedded ones and add others.
    ///
    /// # Errors
    /// The first rule that cannot be one, and a silenced name that no embedded rule has.
    pub fn new(silenced: Vec<String>, added: Vec<CustomRule>) -> Result<Self, RuleError> {
        let refuse = |field, reason: &str| Err(RuleError { field, reason: reason.to_owned() });
        if silenced.iter().any(|id| !rule_ids().any(|known| known == id)) {
            return refuse("silence", "no rule has this name");
        }
        if added.len() > MOST_RULES {
            return refuse("add", "more than 200 rules");
        }
        added.iter().try_for_each(CustomRule::check)?;
        Ok(Self { silenced, added })
    }

    /// The same and more rules, as a project adds them. Nothing is taken away.
    #[must_use]
    pub fn and(&self, more: &[CustomRule]) -> Self {
        Self { silenced: self.silenced.clone(), added: self.added.iter().chain(more).cloned().collect() }
    }

    /// Rules that are as strict as both: what either adds, and what both silence.
    #[must_use]
    pub fn strictest(&self, other: &Self) -> Self {
        let silenced = self.silenced.iter().filter(|id| other.silences(id)).cloned().collect();
        let more = other.added.iter().filter(|rule| !self.added.contains(rule));
        Self { silenced, added: self.added.iter().chain(more).cloned().collect() }
    }

    /// Whether the user silenced a rule.
    pub fn silences(&self, id: &str) -> bool {
        self.silenced.iter().any(|known| known == id)
    }

    /// The names of the embedded rules that are silenced.
    pub fn silenced(&self) -> &[String] {
        &self.silenced
    }

    /// The rules that were added.
    pub fn added(&self) -> &[CustomRule] {
        &self.added
    }

    /// Whether nothing is silenced and nothing added.
    pub fn is_empty(&self) -> bool {
        self.silenced.is_empty() && self.added.is_empty()
    }
}

impl CustomTarget {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Vital, Self::System, Self::Device, Self::Everything, Self::Any];

    /// The word for it in a file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vital => "vital",
            Self::System => "system",
            Self::Device => "device",
            Self::Everything => "everything",
            Self::Any => "any",
        }
    }
}

impl CustomRule {
    /// Checks everything that its types do not say.
    ///
    /// # Errors
    /// The first part that is wrong.
    pub fn check(&self) -> Result<(), RuleError> {
        let refuse = |field, reason: &str| Err(RuleError { field, reason: reason.to_owned() });
        let plain_id = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !(1..=64).contains(&self.id.len()) || !self.id.bytes().all(plain_id) {
            return refuse("id", "expected 1 to 64 characters out of a-z, 0-9 and `-`");
        }
        if rule_ids().any(|known| known == self.id) {
            return refuse("id", "an embedded rule has this name");
        }
        if self.programs.is_empty() || self.programs.iter().any(|name| name.contains('/') || name.chars().any(char::is_whitespace)) {
            return refuse("programs", "expected names of programs without folders");
        }
        for (field, list) in [("programs", &self.programs), ("sub", &self.sub), ("without", &self.without), ("contains", &self.contains)] {
            check_list(field, list)?;
        }
        if self.flags.len() > MOST_ENTRIES || self.flags.iter().any(Vec::is_empty) {
            return refuse("flags", "expected groups of flags, none of them empty");
        }
        self.flags.iter().try_for_each(|group| check_list("flags", group))?;
        if self.risk == Risk::None {
            return refuse("risk", "expected \"low\", \"medium\", \"high\" or \"critical\"");
        }
        check_sentence("reason", &self.reason)?;
        self.safer.as_deref().map_or(Ok(()), |safer| check_sentence("safer", safer))
    }
}

fn check_list(field: &'static str, list: &[String]) -> Result<(), RuleError> {
    let fits = |entry: &String| !entry.is_empty() && entry.len() <= LONGEST_ENTRY && !entry.chars().any(char::is_control);
    if list.len() <= MOST_ENTRIES && list.iter().all(fits) {
        return Ok(());
    }
    Err(RuleError { field, reason: "expected up to 64 texts of 1 to 128 bytes".to_owned() })
}

fn check_sentence(field: &'static str, text: &str) -> Result<(), RuleError> {
    // It is shown on a terminal beside the command, so it must not look like something else.
    let hides = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    if !text.trim().is_empty() && text.chars().count() <= LONGEST_SENTENCE && !text.chars().any(hides) {
        return Ok(());
    }
    Err(RuleError { field, reason: "expected one line of at most 200 characters".to_owned() })
}

/// The names of all embedded rules: those that a configuration may silence.
pub fn rule_ids() -> impl Iterator<Item = &'static str> {
    let id = |line: &'static str| line.strip_prefix("id = \"")?.strip_suffix('"');
    rules::FILES.into_iter().flat_map(str::lines).filter_map(id).chain(IN_CODE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule() -> CustomRule {
        CustomRule {
            id: "no-terraform".to_owned(),
            programs: vec!["terraform".to_owned()],
            sub: vec!["apply".to_owned()],
            flags: vec![vec!["-auto-approve".to_owned()]],
            without: Vec::new(),
            contains: Vec::new(),
            target: Some(CustomTarget::Any),
            risk: Risk::High,
            reason: "changes what is running".to_owned(),
            safer: Some("terraform plan".to_owned()),
        }
    }

    #[test]
    fn every_rule_file_is_known() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/validate/rules");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
        let mut count = 0;
        for text in files {
            assert!(rules::FILES.contains(&text.as_str()));
            count += 1;
        }
        assert_eq!(count, rules::FILES.len());
        assert!(rule_ids().count() > 30 && rule_ids().any(|id| id == "rm-recursive"));
    }

    #[test]
    fn every_name_in_the_code_can_be_silenced() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/validate");
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|end| end != "rs") || path.to_string_lossy().ends_with("_tests.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for call in ["self.add(", "self.add_at(", "self.add_safer(", "analysis.add("] {
                for (at, _) in text.match_indices(call) {
                    let arguments = text[at + call.len()..].split([';', '(']).next().unwrap_or_default();
                    let Some(id) = arguments.split('"').nth(1).filter(|id| id.chars().all(|c| c.is_ascii_lowercase() || c == '-')) else {
                        continue;
                    };
                    assert!(rule_ids().any(|known| known == id), "{}: {id}", path.display());
                    count += 1;
                }
            }
        }
        assert!(count > 60, "{count}");
    }

    #[test]
    fn rules_are_checked() {
        let rules =
            |silenced: &[&str], added: Vec<CustomRule>| CustomRules::new(silenced.iter().map(|id| (*id).to_owned()).collect(), added);
        let both = rules(&["rm-recursive"], vec![rule()]).unwrap();
        assert!(both.silences("rm-recursive") && !both.silences("rm-vital") && !both.silences("no-terraform"));
        assert_eq!(both.added(), [rule()]);
        assert_eq!(both.and(&[rule()]).added().len(), 2);
        assert!(both.and(&[rule()]).silences("rm-recursive") && CustomRules::default().is_empty());
        assert_eq!(rules(&["rm-recursiv"], Vec::new()).unwrap_err().field, "silence");
        assert_eq!(rules(&[], vec![rule(); 201]).unwrap_err().field, "add");
        type Spoil = fn(&mut CustomRule);
        let spoil: &[(&str, Spoil)] = &[
            ("id", |rule| rule.id.clear()),
            ("id", |rule| rule.id = "No Way".to_owned()),
            ("id", |rule| rule.id = "rm-vital".to_owned()),
            ("programs", |rule| rule.programs.clear()),
            ("programs", |rule| rule.programs = vec!["/bin/rm".to_owned()]),
            ("programs", |rule| rule.programs = vec![String::new()]),
            ("sub", |rule| rule.sub = vec!["x".repeat(129)]),
            ("flags", |rule| rule.flags = vec![Vec::new()]),
            ("flags", |rule| rule.flags = vec![vec!["a\nb".to_owned()]]),
            ("contains", |rule| rule.contains = vec!["x".to_owned(); 65]),
            ("risk", |rule| rule.risk = Risk::None),
            ("reason", |rule| rule.reason = " ".to_owned()),
            ("reason", |rule| rule.reason = "harmless\u{202e}".to_owned()),
            ("safer", |rule| rule.safer = Some("a\u{1b}[31m".to_owned())),
        ];
        for (field, spoil) in spoil {
            let mut rule = rule();
            spoil(&mut rule);
            assert_eq!(rules(&[], vec![rule]).unwrap_err().field, *field);
        }
    }
}
