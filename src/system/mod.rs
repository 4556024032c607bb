//! Facts of this machine, seen from the asking shell: which words are commands, and what is around.

mod place;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::domain::{ShellFacts, ShellKind};
use crate::suggest::ports::Commands;

pub use place::FileSystem;

/// Builtins and keywords that can stand first in a command in every one of our shells.
const COMMON_BUILTINS: [&str; 31] = [
    "alias", "bg", "bind", "break", "builtin", "case", "cd", "command", "continue", "echo", "eval", "exec", "exit", "false", "fg", "for",
    "function", "history", "if", "jobs", "printf", "pwd", "read", "return", "set", "test", "time", "true", "type", "ulimit", "while",
];
/// Builtins of zsh and bash that fish lacks.
const POSIX_BUILTINS: [&str; 22] = [
    "[", "[[", ".", ":", "declare", "dirs", "disown", "export", "getopts", "hash", "kill", "let", "local", "popd", "pushd", "readonly",
    "source", "trap", "umask", "unalias", "unset", "until",
];
/// Builtins of fish that the others lack.
const FISH_BUILTINS: [&str; 20] = [
    "abbr",
    "and",
    "argparse",
    "begin",
    "commandline",
    "complete",
    "contains",
    "count",
    "emit",
    "functions",
    "math",
    "not",
    "or",
    "path",
    "random",
    "source",
    "status",
    "string",
    "switch",
    "[",
];

/// Looks commands up on the asking shell's search path.
#[derive(Debug, Clone, Copy, Default)]
pub struct SearchPath;

impl Commands for SearchPath {
    fn resolves(&self, word: &str, facts: &ShellFacts) -> bool {
        if is_builtin(word, facts.shell) {
            return true;
        }
        if word.is_empty() || word.contains('\0') {
            return false;
        }
        if word.contains('/') {
            return is_executable(&facts.cwd.join(expand_home(word, facts)));
        }
        facts
            .path
            .split(':')
            .filter(|directory| directory.starts_with('/'))
            .any(|directory| is_executable(&Path::new(directory).join(word)))
    }
}

fn is_builtin(word: &str, shell: ShellKind) -> bool {
    let own: &[&str] = match shell {
        ShellKind::Fish => &FISH_BUILTINS,
        ShellKind::Bash | ShellKind::Zsh => &POSIX_BUILTINS,
    };
    COMMON_BUILTINS.contains(&word) || own.contains(&word)
}

fn expand_home(word: &str, facts: &ShellFacts) -> std::path::PathBuf {
    match (word.strip_prefix("~/"), &facts.home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => word.into(),
    }
}

fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(path: &str, cwd: &Path) -> ShellFacts {
        ShellFacts {
            shell: ShellKind::Bash,
            shell_version: String::new(),
            cwd: cwd.to_owned(),
            home: None,
            path: path.to_owned(),
            locale: String::new(),
            proxies: Vec::new(),
            keys: Vec::new(),
        }
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
        assert!(!SearchPath.resolves("string", &without), "a builtin of fish alone is none in bash");
    }
}
