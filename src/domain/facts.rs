use std::path::PathBuf;

use super::{Secret, ShellKind};

/// The proxy variables that a request carries from the asking shell (each also in upper case).
pub const PROXY_VARIABLES: [&str; 4] = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"];

/// What is true in the shell that asks. One resident serves many shells, so none of this may be read from the
/// resident's own environment.
#[derive(Debug, Clone)]
pub struct ShellFacts {
    /// The dialect the command must be written in.
    pub shell: ShellKind,
    /// The shell's version as it reports it, `""` when unknown.
    pub shell_version: String,
    /// The shell's working directory, absolute.
    pub cwd: PathBuf,
    /// `$HOME`, when the shell has one.
    pub home: Option<PathBuf>,
    /// `$PATH`, colon separated.
    pub path: String,
    /// `$LC_ALL`, `$LC_MESSAGES` or `$LANG`, the first that is set; `""` otherwise.
    pub locale: String,
    /// Proxy variables that are set, lower-case name and value.
    pub proxies: Vec<(String, String)>,
    /// Key variables: only those that the configuration names.
    pub keys: Vec<(String, Secret)>,
    /// Functions and aliases of this shell alone, as far as it named them.
    pub own_commands: Vec<String>,
    /// Whether `#` begins a comment on the command line of this shell.
    pub comments: bool,
}

impl ShellFacts {
    /// A shell in this directory of which nothing else is known: no programs, no home, no functions of its own.
    pub fn bare(shell: ShellKind, cwd: impl Into<PathBuf>) -> Self {
        Self {
            shell,
            shell_version: String::new(),
            cwd: cwd.into(),
            home: None,
            path: String::new(),
            locale: String::new(),
            proxies: Vec::new(),
            keys: Vec::new(),
            own_commands: Vec::new(),
            comments: Self::usual_comments(shell),
        }
    }

    /// Whether `#` begins a comment on the command line of a shell whose options nobody changed.
    pub fn usual_comments(shell: ShellKind) -> bool {
        shell != ShellKind::Zsh
    }
}
