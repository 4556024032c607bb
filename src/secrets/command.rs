use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::{Mutex, MutexGuard, PoisonError};
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
/// How long the program is not run only to see whether it prints another key than the one that was refused: it may ask
/// somebody for a passphrase each time.
const LOOK_AGAIN: Duration = Duration::from_secs(15);
/// How long a question waits for such a run. A slower one counts for the next question.
const LOOK: Duration = Duration::from_millis(250);

type Run = Shared<BoxFuture<'static, Result<Secret, AttemptError>>>;

/// A program that prints the key, such as `pass` or `op read`. It runs once and what it printed is remembered until the
/// provider rejects it. Shells that ask at the same time wait for one run. A run outlives the request that started it,
/// up to its own limit: a passphrase prompt must not vanish because one answer was late.
pub(super) struct KeyCommand {
    argv: Vec<String>,
    times: Times,
    known: Mutex<Known>,
}

#[derive(Clone, Copy)]
struct Times {
    limit: Duration,
    failure_kept: Duration,
    look_again: Duration,
    look: Duration,
}

#[derive(Default)]
struct Known {
    state: State,
    /// The key that the provider did not accept last.
    refused: Option<Secret>,
    /// When the program was started last.
    begun: Option<Instant>,
}

#[derive(Default)]
enum State {
    #[default]
    Unknown,
    Running(Run),
    /// The key, and whether it was handed out from memory since it was fetched.
    Key(Secret, bool),
    Failed(AttemptError, Instant),
}

impl KeyCommand {
    pub(super) fn new(argv: Vec<String>) -> Self {
        let times = Times { limit: LIMIT, failure_kept: FAILURE_KEPT, look_again: LOOK_AGAIN, look: LOOK };
        Self { argv, times, known: Mutex::default() }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn find(&self, facts: &ShellFacts) -> Result<Option<Secret>, AttemptError> {
        let run = {
            let mut known = self.known();
            match &mut known.state {
                State::Key(key, is_remembered) => {
                    *is_remembered = true;
                    return Ok(Some(key.clone()));
                }
                State::Failed(error, at) if at.elapsed() < self.times.failure_kept => return Err(error.clone()),
                // A finished run whose starter is gone still has its result.
                State::Running(run) => run.clone(),
                State::Unknown | State::Failed(..) => self.begin(&mut known, facts),
            }
        };
        self.settle(run).await.map(Some)
    }

    fn begin(&self, known: &mut Known, facts: &ShellFacts) -> Run {
        let run = self.start(facts);
        known.begun = Some(Instant::now());
        known.state = State::Running(run.clone());
        run
    }

    async fn settle(&self, run: Run) -> Result<Secret, AttemptError> {
        let result = run.clone().await;
        let mut known = self.known();
        if matches!(&known.state, State::Running(current) if current.ptr_eq(&run)) {
            known.state = match &result {
                Ok(key) => State::Key(key.clone(), false),
                Err(error) => State::Failed(error.clone(), Instant::now()),
            };
        }
        result
    }

    /// A run that may tell that there is another key than the one that was refused.
    fn look(&self, facts: &ShellFacts) -> Option<Run> {
        let mut known = self.known();
        let is_due = known.begun.is_none_or(|begun| begun.elapsed() >= self.times.look_again);
        match &known.state {
            State::Running(run) => Some(run.clone()),
            State::Unknown if is_due && known.refused.is_some() => Some(self.begin(&mut known, facts)),
            State::Key(key, _) if is_due && known.refused.as_ref() == Some(key) => Some(self.begin(&mut known, facts)),
            // What failed runs again with the next attempt.
            _ => None,
        }
    }

    /// Changes with the key, and with each time that a failure counts: then the program may be run again.
    async fn number(&self, facts: &ShellFacts) -> u64 {
        if let Some(run) = self.look(facts) {
            let _ = tokio::time::timeout(self.times.look, self.settle(run)).await;
        }
        let known = self.known();
        let key = match &known.state {
            State::Failed(_, at) => Err(at.elapsed().as_nanos() / self.times.failure_kept.as_nanos().max(1)),
            State::Key(key, _) => Ok(Some(key.expose())),
            State::Unknown | State::Running(_) => Ok(known.refused.as_ref().map(Secret::expose)),
        };
        BuildHasherDefault::<DefaultHasher>::default().hash_one(key)
    }

    fn start(&self, facts: &ShellFacts) -> Run {
        let shown = format!("key command {}", self.argv.first().map_or("", String::as_str));
        let lost = refuse(format!("{shown}: was stopped"));
        let Some(program) = Program::new(&self.argv, facts) else {
            return futures_util::future::ready(Err(refuse("key command: is empty".to_owned()))).boxed().shared();
        };
        let task = tokio::spawn(run(program, self.times.limit, shown));
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

    fn state<'a>(&'a self, facts: &'a ShellFacts) -> BoxFuture<'a, u64> {
        self.number(facts).boxed()
    }

    /// A key that was fetched for the very call that was refused would be the same. One that is known or being fetched
    /// by now, because another shell was refused before, is left as it is.
    fn rejected(&self, refused: &Secret) -> bool {
        let mut known = self.known();
        let may_differ = match &known.state {
            State::Key(key, _) if key != refused => return true,
            State::Key(_, is_remembered) => *is_remembered,
            State::Unknown | State::Running(_) | State::Failed(..) => true,
        };
        known.refused = Some(refused.clone());
        if matches!(known.state, State::Key(..)) {
            known.state = State::Unknown;
        }
        may_differ
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
