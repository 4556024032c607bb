//! One small question to one provider, to see whether it answers.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::engine::{self, Acceptance, Engine, Failure, Round, Urgency};
use super::extract::extract;
use super::ports::{Commands, Provider, RawAnswer, SeenPlace};
use super::prompt;
use super::track::Track;
use super::waiting::WaitingFor;
use crate::domain::{Aim, Answerer, AttemptError, Candidate, FailureClass, Origin, ShellFacts};
use crate::redact;
use crate::validate::{Policy, Suggestion, judge};

const QUESTION: &str = "print the working directory";
/// How long a new provider may take for its first answer.
const TRIAL_TIME: Duration = Duration::from_secs(8);

struct Trial {
    facts: ShellFacts,
    commands: Arc<dyn Commands>,
}

impl Acceptance for Trial {
    fn read(&self, answer: &RawAnswer, from: Answerer) -> Result<Candidate, AttemptError> {
        let resolves = |word: &str| self.commands.resolves(word, &self.facts);
        let parses = |text: &str| crate::syntax::parse(text, self.facts.shell).is_ok();
        let found = extract(answer, &resolves, &parses)?;
        Ok(Candidate { command: found.command, holes: Vec::new(), reading: found.reading, origin: Origin::Provider(from), confidence: 1.0 })
    }

    fn accept(&self, candidate: Candidate) -> BoxFuture<'_, Result<Suggestion, AttemptError>> {
        let judged = judge(&candidate, &Policy::new(self.facts.shell));
        let judged = judged.map_err(|error| AttemptError::new(FailureClass::Malformed, format!("its command was refused: {error}")));
        std::future::ready(judged).boxed()
    }

    fn admit(&self, _provider: &str) -> bool {
        true
    }
}

/// Asks one provider one small question and returns the command it gave.
///
/// # Errors
/// Why it gave none.
pub async fn try_provider(
    provider: &Arc<dyn Provider>,
    facts: &ShellFacts,
    os: &str,
    commands: Arc<dyn Commands>,
) -> Result<String, Vec<Failure>> {
    let (prompt, _) = prompt::build(&redact::redact(QUESTION), &Aim::default(), facts, os, &SeenPlace::default());
    let providers = vec![Arc::clone(provider)];
    let deadline = Instant::now() + engine::total(TRIAL_TIME, &providers);
    let acceptance = Arc::new(Trial { facts: facts.clone(), commands });
    let round = Round {
        providers,
        prompt,
        facts: facts.clone(),
        deadline,
        // One failure is what is to be seen here, so it is not hidden by asking again.
        has_local: true,
        urgency: Urgency::Person,
        acceptance,
        waiting: WaitingFor::default(),
        track: Track::default(),
    };
    Arc::new(Engine::new(Arc::default(), false, 1, 0)).ask(&Arc::new(round)).await.map(|suggestion| suggestion.command().to_owned())
}
