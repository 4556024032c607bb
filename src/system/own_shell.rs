//! Starts the user's own interactive shell, with their start-up files: in place of this process, or aside to be asked about itself.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// A shell to be started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShellStart {
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Variables beside those of this process.
    pub variables: Vec<(String, OsString)>,
}

/// Becomes that shell: it has the terminal, and its end is the end of this process.
pub fn become_shell(program: &Path, start: &ShellStart) -> io::Error {
    let variables = start.variables.iter().map(|(name, value)| (name, value));
    Command::new(program).args(&start.arguments).envs(variables).exec()
}
