//! The table of configuration keys. Error messages, `gptos config reference`, `gptos config show` and the manual page are made from it.

mod table;

pub use table::ALL;

use crate::env_vars;

/// One key of the configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The dotted path; `provider.` stands for any `[[provider]]` block.
    pub path: &'static str,
    /// What a value must be, as the end of the sentence "expected …".
    pub expects: &'static str,
    /// The default as it would be written, or what happens without the key.
    pub default: &'static str,
    /// What it does.
    pub doc: &'static str,
}

/// The tables of single keys.
const SECTIONS: [&str; 8] = ["shell", "offline", "cache", "log", "traces", "limits", "alerts", "spend"];

/// The entry of a dotted path.
pub fn find(path: &str) -> Option<&'static Key> {
    ALL.iter().find(|key| key.path == path)
}

/// The keys that may stand directly inside the table `parent` (`""` for the top of the file).
pub(super) fn inside(parent: &str) -> impl Iterator<Item = &'static str> {
    let prefix = if parent.is_empty() { String::new() } else { format!("{parent}.") };
    let top = parent.is_empty();
    ALL.iter()
        .filter_map(move |key| key.path.strip_prefix(&prefix).filter(|rest| !rest.contains('.')))
        .chain(SECTIONS.into_iter().filter(move |_| top))
}

/// The environment variable that stands for a key, if one does.
pub fn variable(path: &str) -> Option<&'static env_vars::Variable> {
    if path.starts_with("provider") || path.starts_with("rules") {
        return None;
    }
    let name = format!("GPTOS_{}", path.strip_prefix("shell.").unwrap_or(path).replace('.', "_").to_uppercase());
    env_vars::ALL.iter().find(|variable| variable.name == name)
}

/// Every key with what it takes and does, for people to read.
pub fn reference() -> String {
    let mut text = "Every key that is no part of a block has an environment variable: GPTOS_ and the key in capitals, `_` in the place of a dot; in front of \
                    those of [shell] nothing else stands. `gptos --set KEY=VALUE VERB` sets the same keys for one run.\n\n"
        .to_owned();
    for key in ALL {
        let variable = variable(key.path).map(|variable| format!("\n    Environment: {}", variable.name)).unwrap_or_default();
        let Key { path, expects, default, doc } = key;
        text.push_str(&format!("{path}\n    {doc}\n    Expected: {expects}\n    Default: {default}{variable}\n\n"));
    }
    text
}

/// Whether a key stands in a block of its own, which no variable and no option can write.
pub(super) fn is_in_block(key: &str) -> bool {
    ["provider", "rules"].iter().any(|block| key.strip_prefix(block).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

/// What an administrator may lock: keys that are no part of a block, and whole tables.
pub(super) fn lockable() -> impl Iterator<Item = &'static str> {
    let in_block = |path: &str| path.starts_with("provider.") || path.starts_with("rules.add.") || path == "locked";
    ALL.iter().map(|key| key.path).filter(move |path| !in_block(path)).chain(SECTIONS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variable_of_the_program_stands_for_a_key() {
        for variable in env_vars::ALL.iter().filter(|one| one.read_by == env_vars::Reader::Program && one.name != env_vars::CONFIG) {
            assert!(ALL.iter().any(|key| self::variable(key.path) == Some(variable)), "{}", variable.name);
        }
        assert_eq!(variable("shell.key").map(|variable| variable.name), Some(env_vars::KEY));
        assert_eq!((variable("provider.key"), variable("nonsense")), (None, None));
    }

    #[test]
    fn every_key_that_is_no_part_of_a_block_has_a_variable() {
        let in_block = |path: &str| path.starts_with("provider") || path.starts_with("rules") || path == "locked";
        for key in ALL.iter().filter(|key| !in_block(key.path)) {
            assert!(variable(key.path).is_some(), "{}", key.path);
        }
    }

    #[test]
    fn every_key_of_a_table_is_in_a_known_one() {
        for (table, _) in ALL.iter().filter_map(|key| key.path.split_once('.')) {
            assert!(SECTIONS.contains(&table) || find(table).is_some(), "{table}");
        }
        assert!(inside("").any(|key| key == "offline"));
    }
}
