//! The facts of the shell that started this process.

use std::path::PathBuf;

use crate::domain::{PROXY_VARIABLES, Secret, ShellFacts, ShellKind};
use crate::line::shell_facts;
use crate::platform;

/// Reads this process's environment, which is the asking shell's.
pub(super) fn gather(shell: ShellKind, shell_version: String) -> ShellFacts {
    let cwd = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
    ShellFacts { proxies: proxies(), ..shell_facts(shell, shell_version, cwd, &|name| std::env::var_os(name)) }
}

/// The proxy variables that are set, by their names in lower case.
pub(super) fn proxies() -> Vec<(String, String)> {
    let set = PROXY_VARIABLES.into_iter().filter_map(|name| {
        let value = variable(name).or_else(|| variable(&name.to_ascii_uppercase()))?;
        (!value.is_empty()).then(|| (name.to_owned(), value))
    });
    set.collect()
}

/// Adds the named key variables that are set.
pub(super) fn add_keys(facts: &mut ShellFacts, names: &[String]) {
    facts.keys = names.iter().filter_map(|name| Some((name.clone(), Secret::new(variable(name)?)))).collect();
}

/// A variable of the environment; one that is not text counts as unset.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Whether the terminal shows more than plain letters, as the locale has it.
pub(super) fn writes_utf8() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
    locale.is_some_and(|locale| ["utf-8", "utf8"].iter().any(|charset| locale.to_ascii_lowercase().ends_with(charset)))
}

/// The shell that the user sits at when none is named: the one that started this process, or the login shell.
pub(super) fn shell_at_hand() -> ShellKind {
    platform::parent_name().and_then(|name| name.parse().ok()).unwrap_or_else(default_shell)
}

/// The shell to answer for when none is named: the login shell, the one that started this process, or bash.
pub(super) fn default_shell() -> ShellKind {
    let login = variable("SHELL").and_then(|path| path.rsplit('/').next()?.parse().ok());
    login.or_else(|| platform::parent_name()?.parse().ok()).unwrap_or(ShellKind::Bash)
}
