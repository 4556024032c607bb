//! Starts the user's own interactive shell, with their start-up files: in place of this process, or aside to be asked about itself.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use rustix::process::{Pid, Signal, kill_process_group};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// Most bytes that a shell may say about itself.
const MOST: usize = 1 << 20;

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

/// Becomes a shell that has nothing to do with the terminal of whoever started it: its own is the one that standard input is.
pub fn become_shell_aside(program: &Path, arguments: &[OsString]) -> io::Error {
    let _ = rustix::process::setsid();
    if let Err(error) = rustix::process::ioctl_tiocsctty(io::stdin()) {
        return error.into();
    }
    Command::new(program).args(arguments).exec()
}

/// Starts a shell in a terminal that nobody sees and returns what it wrote to standard output until `is_whole` says that this is
/// all. `launcher` is a command line that becomes the shell by [`become_shell_aside`]. What else the shell draws is dropped, and all
/// of it is ended before this returns.
///
/// # Errors
/// When it cannot be started, or has not said all in time.
pub fn ask(launcher: &[OsString], start: &ShellStart, is_whole: &dyn Fn(&[u8]) -> bool, limit: Duration) -> io::Result<Vec<u8>> {
    let deadline = Instant::now() + limit;
    let (screen, terminal) = terminal()?;
    let [program, arguments @ ..] = launcher else { return Err(io::ErrorKind::InvalidInput.into()) };
    let mut command = Command::new(program);
    command.args(arguments).args(&start.arguments).envs(start.variables.iter().map(|(name, value)| (name, value)));
    command.stdin(terminal.try_clone()?).stdout(Stdio::piped()).stderr(terminal);
    let mut child = command.spawn()?;
    // The command holds the terminal's other end open for as long as it lives.
    drop(command);
    thread::spawn(move || watch(screen));
    let (sender, pieces) = channel();
    if let Some(out) = child.stdout.take() {
        thread::spawn(move || hand_on(out, &sender));
    }
    let mut said = Vec::new();
    let outcome = loop {
        match pieces.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(piece) => said.extend_from_slice(&piece),
            Err(RecvTimeoutError::Timeout) => break Err(io::ErrorKind::TimedOut.into()),
            Err(RecvTimeoutError::Disconnected) => break Err(io::ErrorKind::UnexpectedEof.into()),
        }
        if is_whole(&said) {
            break Ok(said);
        }
        if said.len() > MOST {
            break Err(io::ErrorKind::FileTooLarge.into());
        }
    };
    end(&mut child);
    outcome
}

/// The two ends of a new terminal: what a person would see and type, and what the shell has.
fn terminal() -> io::Result<(File, File)> {
    let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    rustix::io::fcntl_setfd(&screen, rustix::io::FdFlags::CLOEXEC)?;
    grantpt(&screen)?;
    unlockpt(&screen)?;
    let name = PathBuf::from(OsString::from_vec(ptsname(&screen, Vec::new())?.into_bytes()));
    let flags = i32::try_from(OFlags::NOCTTY.bits()).unwrap_or(0);
    let terminal = OpenOptions::new().read(true).write(true).custom_flags(flags).open(name)?;
    tcsetwinsize(&terminal, Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 })?;
    Ok((File::from(screen), terminal))
}

/// Takes what is drawn, so that the shell is never held up, and answers what newer shells ask a terminal before they go on.
fn watch(mut screen: File) {
    let mut piece = [0; 4096];
    while let Ok(count @ 1..) = screen.read(&mut piece) {
        let drawn = &piece[..count];
        for (question, answer) in [(&b"\x1b[c"[..], &b"\x1b[?62c"[..]), (b"\x1b[0c", b"\x1b[?62c"), (b"\x1b[6n", b"\x1b[1;1R")] {
            if memchr::memmem::find(drawn, question).is_some() && screen.write_all(answer).is_err() {
                return;
            }
        }
    }
}

fn hand_on(mut out: impl Read, sender: &Sender<Vec<u8>>) {
    let mut piece = [0; 16 * 1024];
    while let Ok(count @ 1..) = out.read(&mut piece) {
        if sender.send(piece[..count].to_vec()).is_err() {
            return;
        }
    }
}

/// The shell leads a session, and what it started belongs to its group unless that is a group of its own: that has lost its terminal.
fn end(child: &mut Child) {
    if let Some(leader) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(leader, Signal::HUP);
        let _ = kill_process_group(leader, Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}
