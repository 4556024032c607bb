//! Facts of this machine, seen from the asking shell: which words are commands, and what is around and
//! what paths name right now.

pub mod begun;
pub mod blast;
mod builtins;
pub mod failure;
mod listening;
mod manual;
pub mod options;
mod output;
pub mod own_shell;
mod package_index;
mod place;
mod repository;
pub mod screen;
mod shell_check;
pub mod tldr;
mod tools;

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::domain::ShellFacts;
use crate::suggest::ports::Commands;

pub use manual::manual;
pub use place::FileSystem;
pub use shell_check::InstalledShells;
pub use tools::LocalTools;

/// Looks an environment variable up.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Looks commands up on the asking shell's search path.
#[derive(Debug, Clone, Copy, Default)]
pub struct SearchPath;

impl Commands for SearchPath {
    fn resolves(&self, word: &str, facts: &ShellFacts) -> bool {
        if builtins::is_builtin(word, facts.shell) || facts.own_commands.iter().any(|own| own == word) {
            return true;
        }
        if word.contains('/') {
            return !word.contains('\0') && is_executable(&facts.cwd.join(expand_home(word, facts)));
        }
        find_executable(word, facts).is_some()
    }
}

/// The file that a name without a slash stands for on the asking shell's search path.
pub fn find_executable(name: &str, facts: &ShellFacts) -> Option<PathBuf> {
    if name.is_empty() || name.contains('\0') || name.contains('/') {
        return None;
    }
    let directories = facts.path.split(':').filter(|directory| directory.starts_with('/'));
    directories.map(|directory| Path::new(directory).join(name)).find(|path| is_executable(path))
}

fn expand_home(word: &str, facts: &ShellFacts) -> PathBuf {
    match (word.strip_prefix("~/"), &facts.home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => word.into(),
    }
}

/// Whether it is a file that may be run by anybody at all.
pub fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::ShellKind;

    pub(crate) fn facts(path: &str, cwd: &Path) -> ShellFacts {
        ShellFacts { path: path.to_owned(), ..ShellFacts::bare(ShellKind::Bash, cwd) }
    }

    #[test]
    fn the_search_path_is_the_asking_shells() {
        let directory = tempfile::tempdir().unwrap();
        let tool = directory.path().join("frobnicate");
        std::fs::write(&tool, "#!/bin/sh\n").unwrap();
        let with = facts(directory.path().to_str().unwrap(), Path::new("/"));
        let without = facts("/usr/bin", Path::new("/"));
        assert!(!SearchPath.resolves("frobnicate", &with), "a file that is not executable is no command");
        std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert!(SearchPath.resolves("frobnicate", &with));
        assert!(!SearchPath.resolves("frobnicate", &without));
        assert!(SearchPath.resolves("./frobnicate", &facts("", directory.path())));
        assert!(SearchPath.resolves("cd", &without));
        let own = ShellFacts { own_commands: vec!["mine".to_owned()], ..facts("/usr/bin", Path::new("/")) };
        assert!(SearchPath.resolves("mine", &own) && !SearchPath.resolves("mine", &without));
        assert!(!SearchPath.resolves("string", &without), "a builtin of fish alone is none in bash");
    }
}
