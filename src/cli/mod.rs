//! (skeleton)

use std::ffi::OsString;
use std::process::ExitCode;

/// The documented exit statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// 0: done; for `translate`, a command was delivered.
    Success = 0,
    /// 1: no answer.
    NoAnswer = 1,
    /// 2: internal error.
    Internal = 2,
    /// 64: wrong usage or configuration.
    Usage = 64,
    /// 130: cancelled by the user.
    Cancelled = 130,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        ExitCode::from(status as u8)
    }
}

/// Runs the program.
pub fn run(_arguments: Vec<OsString>) -> ExitStatus {
    ExitStatus::Internal
}
