//! Running the user's own `ssh`, which has the terminal, the signals and the last word.

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, waitpid};

/// What a shell gives as the status of a program that a signal ended.
const BY_SIGNAL: i32 = 128;

/// What ssh would do with these arguments, as `ssh -G` prints it; `None` when it says nothing.
pub fn resolve(program: &OsStr, arguments: &[OsString]) -> Option<String> {
    let output = Command::new(program).arg("-G").args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Takes back a forwarding that a master goes on with after the session. Nobody waits for it: this process ends, and a master that hangs is
/// not its affair.
pub fn cancel(program: &OsStr, forwarding: &OsStr, arguments: &[OsString]) {
    let mut command = Command::new(program);
    command.args(["-O", "cancel", "-R"]).arg(forwarding).args(arguments);
    // Without a master there is nothing to take back.
    drop(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn());
}

/// Runs ssh and waits for its end: its status as a shell would give it. When it stops, so does this process, and both go on together.
/// `started` is told its number, for who passes signals on.
///
/// # Errors
/// When it cannot be started or waited for.
pub fn run(program: &OsStr, arguments: &[OsString], started: impl FnOnce(Pid)) -> io::Result<u8> {
    let child = Command::new(program).args(arguments).spawn()?;
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
    started(pid);
    loop {
        let status = match waitpid(Some(pid), WaitOptions::UNTRACED) {
            Ok(Some((_, status))) => status,
            Ok(None) | Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        };
        if status.stopped() {
            // The shell that waits for us must see that the job has stopped. It continues us, and perhaps only us.
            let _ = kill_process(getpid(), Signal::STOP);
            let _ = kill_process(pid, Signal::CONT);
        } else if let Some(code) = status.exit_status() {
            return Ok(u8::try_from(code).unwrap_or(u8::MAX));
        } else if let Some(signal) = status.terminating_signal() {
            return Ok(u8::try_from(BY_SIGNAL + signal).unwrap_or(u8::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> io::Result<u8> {
        run(OsStr::new("sh"), &["-c".into(), script.into()], |_| {})
    }

    #[test]
    fn the_status_is_that_of_the_program() {
        assert_eq!(sh("exit 0").unwrap(), 0);
        assert_eq!(sh("exit 255").unwrap(), 255);
        assert_eq!(sh("kill -TERM $$").unwrap(), 143);
        assert!(run(OsStr::new("/nonexistent/ssh"), &[], |_| {}).is_err());
    }
}
