//! The facts of a shell, out of its environment, whoever looks into that.

use std::path::PathBuf;

use crate::domain::{ShellFacts, ShellKind};
use crate::paths::Lookup;

/// What an environment says of the shell that it belongs to, but for its proxies and keys.
pub fn shell_facts(shell: ShellKind, shell_version: String, cwd: PathBuf, lookup: Lookup<'_>) -> ShellFacts {
    // A variable that is not text counts as unset.
    let text = |name: &str| lookup(name).and_then(|value| value.into_string().ok());
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(text).find(|value| !value.is_empty());
    ShellFacts {
        shell,
        shell_version,
        cwd,
        home: lookup("HOME").map(PathBuf::from),
        path: text("PATH").unwrap_or_default(),
        locale: locale.unwrap_or_default(),
        proxies: Vec::new(),
        keys: Vec::new(),
        own_commands: Vec::new(),
        comments: ShellFacts::usual_comments(shell),
    }
}
