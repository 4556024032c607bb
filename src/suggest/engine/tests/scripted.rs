//! Rounds of scripted providers, and an acceptance that takes what they say.

use futures_util::FutureExt;

use super::super::*;
use crate::domain::{Answerer, Origin, ShellKind};
pub(super) use crate::suggest::tests::scripted::{Scripted, Step, facts, plain};
use crate::validate::{Policy, judge};

/// Takes every answer as a command; the gate is the real one. Refuses calls to the providers it names.
#[derive(Default)]
pub(super) struct Lenient {
    pub(super) barred: &'static [&'static str],
}

impl Acceptance for Lenient {
    fn read(&self, answer: &RawAnswer, from: Answerer) -> Result<Candidate, AttemptError> {
        Ok(Candidate { command: answer.text.clone(), holes: Vec::new(), reading: None, origin: Origin::Provider(from), confidence: 0.8 })
    }

    fn accept(&self, candidate: Candidate) -> BoxFuture<'_, Result<Suggestion, AttemptError>> {
        let judged = judge(&candidate, &Policy::new(ShellKind::Bash));
        std::future::ready(judged.map_err(|_| AttemptError::new(FailureClass::Malformed, "refused"))).boxed()
    }

    fn admit(&self, provider: &str) -> bool {
        !self.barred.contains(&provider)
    }
}

/// A round with nothing local to fall back on.
pub(super) fn round(providers: &[Arc<Scripted>], deadline_ms: u64) -> Round {
    Round {
        providers: providers.iter().map(|provider| Arc::clone(provider) as Arc<dyn Provider>).collect(),
        prompt: Prompt { system: "s".into(), user: crate::redact::RedactedText::mask("u"), max_tokens: 200 },
        facts: facts(),
        deadline: Instant::now() + Duration::from_millis(deadline_ms),
        has_local: false,
        urgency: Urgency::Person,
        acceptance: Arc::new(Lenient::default()),
        waiting: WaitingFor::default(),
        track: Track::default(),
    }
}
