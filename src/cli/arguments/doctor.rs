//! What is wrong with this machine or a shell: `doctor`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use super::ShellName;
use crate::domain::ShellKind;

/// Options of `gptos doctor`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct DoctorArguments {
    /// Look at this shell alone; without a name, at the one you type this in
    #[arg(long, value_name = "SHELL", num_args = 0..=1, conflicts_with_all = ["call", "bundle"])]
    pub(in crate::cli) shell: Option<Option<ShellName>>,
    /// Print one JSON object
    #[arg(long, conflicts_with = "bundle")]
    pub json: bool,
    /// Ask each provider one small question without asking you first
    #[arg(long, visible_alias = "yes")]
    pub call: bool,
    /// Write what a report of a bug needs into one file that only you can read, with your names and keys taken out
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    pub bundle: Option<Option<PathBuf>>,
    /// Become this program in the terminal that standard input is
    #[arg(long, value_name = "PROGRAM", hide = true)]
    pub in_terminal: Option<PathBuf>,
    /// The arguments of that program
    #[arg(last = true, hide = true)]
    pub arguments: Vec<OsString>,
}

impl DoctorArguments {
    /// The shell asked for.
    pub fn shell(&self) -> Option<ShellKind> {
        self.shell.flatten().map(|name| name.0)
    }
}
