//! One small question to one provider, to see whether it answers.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::engine::{self, Acceptance, Engine, Failure, Round, Urgency};
use super::extract::extract;
use super::metrics::Metrics;
use super::ports::{Caps, Commands, Ledger, Prompt, Provider, RawAnswer, SeenPlace};
use super::prompt;
use super::till::{Counted, Till};
use super::track::Track;
use super::waiting::WaitingFor;
use crate::domain::{Aim, Answerer, AttemptError, Candidate, FailureClass, Origin, ShellFacts};
use crate::redact;
use crate::validate::{Policy, Suggestion, judge};

const QUESTION: &str = "print the working directory";
/// How long a new provider may take for its first answer.
const TRIAL_TIME: Duration = Duration::from_secs(8);

/// Where the call is counted, and how much may be spent on calls.
pub struct Purse {
    /// Who counts.
    pub ledger: Arc<dyn Ledger>,
    /// The most that may be spent.
    pub caps: Caps,
}

struct Trial {
    facts: ShellFacts,
    commands: Arc<dyn Commands>,
    till: Till,
    caps: Caps,
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

    fn count<'a>(&'a self, provider: &'a dyn Provider, prompt: &'a Prompt) -> BoxFuture<'a, Result<Option<Counted>, AttemptError>> {
        self.till.call(provider, prompt, self.caps, SystemTime::now()).boxed()
    }
}

/// Asks one provider one small question and returns the command it gave. The call is counted like any other.
///
/// # Errors
/// Why it gave none, or that the user lets nothing more be spent.
pub async fn try_provider(
    provider: &Arc<dyn Provider>,
    facts: &ShellFacts,
    os: &str,
    commands: Arc<dyn Commands>,
    purse: Purse,
) -> Result<String, Vec<Failure>> {
    let (prompt, _) = prompt::build(&redact::redact(QUESTION), &Aim::default(), facts, os, &SeenPlace::default());
    let providers = vec![Arc::clone(provider)];
    let deadline = Instant::now() + engine::total(TRIAL_TIME, &providers);
    let metrics = Arc::<Metrics>::default();
    let till = Till::new(Arc::clone(&metrics));
    till.keep(purse.ledger);
    let acceptance = Arc::new(Trial { facts: facts.clone(), commands, till, caps: purse.caps });
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
    Arc::new(Engine::new(metrics, false, 1, 0)).ask(&Arc::new(round)).await.map(|suggestion| suggestion.command().to_owned())
}
