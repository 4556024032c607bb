//! Starts the resident without waiting for it.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

/// Variables that the resident needs to find its files. It inherits nothing else, so that no credential of the
/// starting shell lives on in its environment.
const INHERITED: [&str; 10] = [
    "HOME",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    "XDG_RUNTIME_DIR",
    "GPTOS_CONFIG",
    "TLDR_CACHE_DIR",
    "TEALDEER_CACHE_DIR",
    "TMPDIR",
];

/// Starts `binary daemon run` in the background. However many shells do so at once, one of the processes gets the
/// lock and the others end.
///
/// # Errors
/// When the process cannot be started.
pub fn start(binary: &Path, variable: &dyn Fn(&str) -> Option<OsString>) -> io::Result<()> {
    let mut command = Command::new(binary);
    command.args(["daemon", "run", "--detached"]);
    if variable("SSH_CONNECTION").is_some() {
        command.arg("--ssh");
    }
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    for name in INHERITED {
        if let Some(value) = variable(name) {
            command.env(name, value);
        }
    }
    #[cfg(debug_assertions)]
    if let Some(path) = variable(crate::env_vars::ADMIN_CONFIG) {
        command.env(crate::env_vars::ADMIN_CONFIG, path);
    }
    command.spawn().map(drop)
}
