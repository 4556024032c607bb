use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::time::Instant;

use super::{KEY_LIMIT, only_line, refuse};
use crate::domain::{AttemptError, Secret, ShellFacts};
use crate::suggest::ports::KeySource;

/// A person may have to type a passphrase or to touch a token.
const LIMIT: Duration = Duration::from_secs(10);
/// How long a failure counts: long enough not to run the program at each key press, short enough to try again at once.
const FAILURE_KEPT: Duration = Duration::from_secs(5);

/// Variables that agents and password managers need to reach the user's session. They come from the asking shell, as
/// everything about it does: the resident's own environment is empty of them.
const SESSION_VARIABLES: [&str; 15] = [
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

type Run = Shared<BoxFuture<'static, Result<Secret, AttemptError>>>;

/// A program that prints the key, such as `pass` or `op read`. It runs once and what it printed is remembered until the
/// provider rejects it. Shells that ask at the same time wait for one run. A run outlives the request that started it,
/// up to its own limit: a passphrase prompt must not vanish because one answer was late.
pub(super) struct KeyCommand {
    argv: Vec<String>,
    limit: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
enum State {
    #[default]
    Unknown,
    Running(Run),
    Known(Secret),
    Failed(AttemptError, Instant),
}

impl KeyCommand {
    pub(super) fn new(argv: Vec<String>) -> Self {
        Self { argv, limit: LIMIT, state: Mutex::default() }
    }

    async fn find(&self, facts: &ShellFacts) -> Result<Option<Secret>, AttemptError> {
        let run = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            match &*state {
                State::Known(key) => return Ok(Some(key.clone())),
                State::Failed(error, at) if at.elapsed() < FAILURE_KEPT => return Err(error.clone()),
                // A finished run whose starter is gone still has its result.
                State::Running(run) => run.clone(),
                State::Unknown | State::Failed(..) => {
                    let run = self.start(facts);
                    *state = State::Running(run.clone());
                    run
                }
            }
        };
        let result = run.clone().await;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(&*state, State::Running(current) if current.ptr_eq(&run)) {
            *state = match &result {
                Ok(key) => State::Known(key.clone()),
                Err(error) => State::Failed(error.clone(), Instant::now()),
            };
        }
        result.map(Some)
    }

    fn start(&self, facts: &ShellFacts) -> Run {
        let shown = format!("key command {}", self.argv.first().map_or("", String::as_str));
        let lost = refuse(format!("{shown}: was stopped"));
        let Some(command) = command(&self.argv, facts) else {
            return futures_util::future::ready(Err(refuse("key command: is empty".to_owned()))).boxed().shared();
        };
        let task = tokio::spawn(run(command, self.limit, shown));
        async move { task.await.unwrap_or(Err(lost)) }.boxed().shared()
    }
}

impl KeySource for KeyCommand {
    fn key<'a>(&'a self, facts: &'a ShellFacts) -> BoxFuture<'a, Result<Option<Secret>, AttemptError>> {
        self.find(facts).boxed()
    }

    fn variables(&self) -> Vec<&str> {
        SESSION_VARIABLES.to_vec()
    }

    fn rejected(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Known(_)) {
            *state = State::Unknown;
        }
    }
}

fn command(argv: &[String], facts: &ShellFacts) -> Option<Command> {
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
    Some(command)
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

async fn run(mut command: Command, limit: Duration, shown: String) -> Result<Secret, AttemptError> {
    let fail = |cause: String| refuse(format!("{shown}: {cause}"));
    let mut child = command.spawn().map_err(|error| fail(error.kind().to_string()))?;
    let Some(stdout) = child.stdout.take() else {
        return Err(fail("has no output".to_owned()));
    };
    let mut group = Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
    let mut printed = Vec::new();
    let work = async {
        let read = stdout.take(KEY_LIMIT as u64 + 1).read_to_end(&mut printed).await;
        (read, child.wait().await)
    };
    let Ok((read, status)) = tokio::time::timeout(limit, work).await else {
        return Err(fail(format!("no key within {} s", limit.as_secs_f64())));
    };
    group.0 = None;
    read.map_err(|error| fail(error.kind().to_string()))?;
    if printed.len() > KEY_LIMIT {
        return Err(fail("printed too much for a key".to_owned()));
    }
    let status = status.map_err(|error| fail(error.kind().to_string()))?;
    if !status.success() {
        return Err(fail(status.code().map_or("was killed".to_owned(), |code| format!("exit status {code}; hint: run it in a terminal"))));
    }
    only_line(&printed).map_err(|cause| fail(format!("what it printed {cause}")))
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
