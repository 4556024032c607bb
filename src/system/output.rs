//! What a program prints, of which neither more than some bytes is read nor longer than some time is waited for.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Runs the program without input and gives back what it printed first, at most `most_bytes` of it. `None` if it does not start
/// or has not closed its output within `limit`; it is killed either way.
pub(super) fn output_of(mut command: Command, limit: Duration, most_bytes: u64) -> Option<String> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let (sender, receiver) = mpsc::channel();
    if let Some(output) = child.stdout.take() {
        // It ends when the other end of the pipe is closed, at the latest because the program was killed.
        let _ = std::thread::Builder::new().name("program-output".to_owned()).spawn(move || {
            let mut bytes = Vec::new();
            let read = output.take(most_bytes).read_to_end(&mut bytes).ok();
            let _ = sender.send(read.map(|_| String::from_utf8_lossy(&bytes).into_owned()));
        });
    }
    let text = receiver.recv_timeout(limit).ok().flatten();
    // What has printed all of it may still run, and what has not is not waited for.
    let _ = child.kill();
    let _ = child.wait();
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_not_waited_for_and_not_read_for_ever() {
        let with = |program: &str, argument: &str| {
            let mut command = Command::new(program);
            command.arg(argument);
            command
        };
        assert_eq!(output_of(with("/bin/sleep", "60"), Duration::from_millis(10), 100), None);
        assert_eq!(output_of(with("/bin/echo", "hello"), Duration::from_secs(20), 100).as_deref(), Some("hello\n"));
        assert_eq!(output_of(with("/bin/cat", "/dev/zero"), Duration::from_secs(20), 3).as_deref(), Some("\0\0\0"));
        assert_eq!(output_of(with("/nonexistent", ""), Duration::from_secs(20), 3), None);
    }
}
