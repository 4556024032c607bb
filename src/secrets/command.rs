use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::program::{Program, ProgramError, ProgramLimits, SESSION_VARIABLES};
use super::{KEY_LIMIT, only_line, refuse};
use crate::domain::{AttemptError, Secret, ShellFacts};
use crate::suggest::ports::KeySource;

/// A person may have to type a passphrase or to touch a token.
const LIMIT: Duration = Duration::from_secs(10);
/// How long a failure counts: long enough not to run the program at each key press, short enough to try again at once.
const FAILURE_KEPT: Duration = Duration::from_secs(5);

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
    /// The key, and whether it was handed out from memory since it was fetched.
    Known(Secret, bool),
    Failed(AttemptError, Instant),
}

impl KeyCommand {
    pub(super) fn new(argv: Vec<String>) -> Self {
        Self { argv, limit: LIMIT, state: Mutex::default() }
    }

    async fn find(&self, facts: &ShellFacts) -> Result<Option<Secret>, AttemptError> {
        let run = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            match &mut *state {
                State::Known(key, is_remembered) => {
                    *is_remembered = true;
                    return Ok(Some(key.clone()));
                }
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
                Ok(key) => State::Known(key.clone(), false),
                Err(error) => State::Failed(error.clone(), Instant::now()),
            };
        }
        result.map(Some)
    }

    fn start(&self, facts: &ShellFacts) -> Run {
        let shown = format!("key command {}", self.argv.first().map_or("", String::as_str));
        let lost = refuse(format!("{shown}: was stopped"));
        let Some(program) = Program::new(&self.argv, facts) else {
            return futures_util::future::ready(Err(refuse("key command: is empty".to_owned()))).boxed().shared();
        };
        let task = tokio::spawn(run(program, self.limit, shown));
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

    /// One that was fetched for the very call that was refused would be the same.
    fn rejected(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State::Known(_, is_remembered) = *state else { return false };
        *state = State::Unknown;
        is_remembered
    }
}

async fn run(program: Program, time: Duration, shown: String) -> Result<Secret, AttemptError> {
    let fail = |cause: String| refuse(format!("{shown}: {cause}"));
    let printed = program.run(b"", ProgramLimits { time, output: KEY_LIMIT }, || {}).await.map_err(|error| {
        fail(match error {
            ProgramError::Late(limit) => format!("no key within {} s", limit.as_secs_f64()),
            ProgramError::TooMuch => "printed too much for a key".to_owned(),
            other => other.to_string(),
        })
    })?;
    // Stores of passwords keep notes in the lines below.
    let printed = Zeroizing::new(printed);
    let first = printed.trim_ascii_start().split(|byte| *byte == b'\n').next().unwrap_or_default();
    only_line(first).map_err(|cause| fail(format!("what it printed {cause}")))
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
