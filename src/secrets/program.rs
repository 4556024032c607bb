//! Programs of the user's that are run on their behalf: one that prints a key, one that answers. No shell reads their
//! words, their environment is the asking shell's search path, home, locale and session, and nothing secret is in it.

use std::io::ErrorKind;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use crate::domain::ShellFacts;

/// Variables that agents and password managers need to reach the user's session. They come from the asking shell, as
/// everything about it does: the resident's own environment is empty of them.
pub const SESSION_VARIABLES: [&str; 15] = [
    "USER",
    "LOGNAME",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_CACHE_HOME",
    "DBUS_SESSION_BUS_ADDRESS",
    "GPG_AGENT_INFO",
    "GNUPGHOME",
    "PASSWORD_STORE_DIR",
    "SSH_AUTH_SOCK",
    "TMPDIR",
];

/// Why a program gave nothing. None of it repeats what the program printed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProgramError {
    /// The system would not start it.
    #[error("{}", why(*.0, "program"))]
    Start(ErrorKind),
    /// Its output could not be read.
    #[error("{0}")]
    Output(ErrorKind),
    /// It was still running when its time was over.
    #[error("not done within {} s", .0.as_secs_f64())]
    Late(Duration),
    /// It printed more than is taken.
    #[error("printed too much")]
    TooMuch,
    /// It ended with this status.
    #[error("exit status {0}; hint: run it in a terminal")]
    Status(i32),
    /// A signal ended it.
    #[error("was killed")]
    Killed,
}

/// Why something of this sort could not be opened, run or read. The system's own words speak of entities.
pub fn why(kind: ErrorKind, sort: &str) -> String {
    if kind == ErrorKind::NotFound { format!("no such {sort}") } else { kind.to_string() }
}

/// How much time and output a program has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgramLimits {
    /// From start to end.
    pub time: Duration,
    /// Bytes of standard output.
    pub output: usize,
}

/// A program that is ready to be started.
pub struct Program {
    command: Command,
}

impl Program {
    /// Prepares the words of `argv` as the asking shell would find them; `None` when they name no program.
    pub fn new(argv: &[String], facts: &ShellFacts) -> Option<Self> {
        let (program, arguments) = argv.split_first().filter(|(program, _)| !program.is_empty())?;
        let mut command = Command::new(program);
        command.args(arguments).env_clear().env("PATH", &facts.path).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        if let Some(home) = &facts.home {
            command.env("HOME", home).current_dir(home);
        } else {
            command.current_dir("/");
        }
        if !facts.locale.is_empty() {
            command.env("LANG", &facts.locale);
        }
        let session = facts.keys.iter().filter(|(name, _)| SESSION_VARIABLES.contains(&name.as_str()));
        command.envs(session.map(|(name, value)| (name, value.expose())));
        // A group of its own, so that what the program started ends with it.
        command.kill_on_drop(true).process_group(0);
        Some(Self { command })
    }

    /// Runs it with `input` on its standard input and gives what it printed; `begins` is called when the first of it is
    /// here. It is killed, with all that it started, when it is late, prints too much, or nobody waits for it any more.
    ///
    /// # Errors
    /// Why there is no output that counts: only that of a program that ended with status 0 does.
    pub async fn run(mut self, input: &[u8], limits: ProgramLimits, begins: impl FnOnce()) -> Result<Vec<u8>, ProgramError> {
        if !input.is_empty() {
            self.command.stdin(Stdio::piped());
        }
        let mut child = self.command.spawn().map_err(|error| ProgramError::Start(error.kind()))?;
        let mut group = Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let mut printed = Vec::new();
        let work = async {
            let feed = async {
                if let Some(mut stdin) = stdin {
                    // A program may answer without having read everything.
                    let _ = stdin.write_all(input).await;
                    let _ = stdin.shutdown().await;
                }
            };
            let read = async {
                let Some(stdout) = stdout else { return Ok(0) };
                let mut stdout = stdout.take(limits.output as u64 + 1);
                if stdout.read_buf(&mut printed).await? > 0 {
                    begins();
                    stdout.read_to_end(&mut printed).await?;
                }
                Ok::<_, std::io::Error>(printed.len())
            };
            tokio::pin!(feed, read);
            // A program that floods its output may never read its input, so the reading alone decides when this ends.
            let read = tokio::select! {
                read = &mut read => read,
                () = &mut feed => read.await,
            };
            match read {
                Ok(count) if count > limits.output => Err(ProgramError::TooMuch),
                Ok(_) => child.wait().await.map_err(|error| ProgramError::Output(error.kind())),
                Err(error) => Err(ProgramError::Output(error.kind())),
            }
        };
        let status = tokio::time::timeout(limits.time, work).await.unwrap_or(Err(ProgramError::Late(limits.time)))?;
        group.0 = None;
        match status.code() {
            Some(0) => Ok(printed),
            Some(code) => Err(ProgramError::Status(code)),
            None => Err(ProgramError::Killed),
        }
    }
}

/// Kills the program and what it started, unless it has ended by itself.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // It fails when all of them have ended.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}
