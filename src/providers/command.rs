//! A program of the user's as a provider, such as `claude -p` or `llm`: the instructions and the words go to its standard
//! input, and what it prints is the answer if it ends well. It logs in by itself; no key of ours reaches it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::{ProviderKind, ProviderSettings, prices};
use crate::domain::{AttemptError, FailureClass, Price, Stage};
use crate::secrets::program::{Program, ProgramError, ProgramLimits, SESSION_VARIABLES};
use crate::suggest::ports::{Call, Pace, Prompt, Provider, RawAnswer, RequestPreview};

/// Such a program starts an interpreter, logs in, and thinks.
const TIME: Duration = Duration::from_secs(30);
const OUTPUT: usize = 64 * 1024;

/// A configured program.
pub(super) struct CommandProvider {
    name: String,
    /// Its name without the folder.
    program: String,
    argv: Arc<[String]>,
    endpoint: String,
    price: Price,
    time: Duration,
}

impl CommandProvider {
    pub(super) fn new(settings: &ProviderSettings, argv: &[String]) -> Self {
        Self {
            name: settings.name.clone(),
            program: settings.model.clone(),
            argv: argv.into(),
            endpoint: settings.endpoint(),
            price: prices::price(settings),
            time: TIME,
        }
    }

    /// The limits of a call are those of a network; this has its own, and whoever cannot wait drops the attempt, which
    /// kills the program.
    async fn attempt(&self, call: Call<'_>) -> Result<RawAnswer, AttemptError> {
        let shown = &self.program;
        let Some(program) = Program::new(&self.argv, call.facts) else {
            return Err(AttemptError::new(FailureClass::Config, "argv names no program"));
        };
        let limits = ProgramLimits { time: self.time, output: OUTPUT };
        let begun = Instant::now();
        let mut first_chunk = None;
        let begins = || {
            first_chunk = Some(begun.elapsed());
            call.heard.tell();
        };
        let printed = program.run(&input(call.prompt), limits, begins).await.map_err(|error| failure(shown, &error))?;
        let text = String::from_utf8(printed)
            .map_err(|_| AttemptError::new(FailureClass::Malformed, format!("{shown}: what it printed is not text")))?;
        if text.trim().is_empty() {
            return Err(AttemptError::new(FailureClass::Malformed, format!("{shown}: printed nothing")));
        }
        Ok(RawAnswer { text, model: self.program.clone(), pause: None, usage: None, first_chunk })
    }
}

impl Provider for CommandProvider {
    fn name(&self) -> &str {
        &self.name
    }

    fn model(&self) -> &str {
        &self.program
    }

    fn kind(&self) -> Option<&'static str> {
        Some(ProviderKind::Command.name())
    }

    fn price(&self) -> Price {
        self.price
    }

    fn pace(&self) -> Pace {
        Pace::Command
    }

    fn endpoint(&self) -> String {
        self.endpoint.clone()
    }

    fn key_variables(&self) -> Vec<&str> {
        SESSION_VARIABLES.to_vec()
    }

    fn preview(&self, prompt: &Prompt) -> Option<RequestPreview> {
        // Its arguments are left out as everywhere: somebody may have written a key there.
        Some(RequestPreview { method: "RUN", url: self.program.clone(), headers: Vec::new(), body: input(prompt) })
    }

    fn ask<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Result<RawAnswer, AttemptError>> {
        self.attempt(call).boxed()
    }
}

/// What stands on the program's standard input.
fn input(prompt: &Prompt) -> Vec<u8> {
    format!("{}\n{}\n", prompt.system, prompt.user.as_str()).into_bytes()
}

fn failure(shown: &str, error: &ProgramError) -> AttemptError {
    let class = match error {
        ProgramError::Start(_) => FailureClass::Config,
        ProgramError::Output(_) | ProgramError::Status(_) | ProgramError::Killed => FailureClass::Transient,
        ProgramError::Late(_) => FailureClass::Slow(Stage::Total),
        ProgramError::TooMuch => FailureClass::Malformed,
    };
    AttemptError::new(class, format!("{shown}: {error}"))
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
