//! The answer that this machine has at once, for who does not start a process and wait.

use std::sync::Arc;

use tokio::time::Instant;

use super::local::LocalSources;
use super::pipeline::{Mode, PRIVATE, Pipeline, Reply, Request};
use super::ports::{Provider, RedactedText};
use crate::domain::ShellFacts;

impl Pipeline {
    /// Whether it is known which programs a shell has. Who is patient waits a moment for it.
    pub async fn is_ready_for(&self, facts: &ShellFacts, patient: bool) -> bool {
        if patient || self.toolbox.knows(facts) {
            // What was seen long ago is looked at again, behind the user's back.
            self.toolbox.look(self.taught().tools(), facts).await;
        }
        self.toolbox.knows(facts)
    }

    /// What would be answered without asking anybody, looking anything up or telling anything that is told once; `None` when
    /// that is nothing, or not all. Words that are still being typed leave nothing behind. It may block for as long as the disk does.
    pub fn at_once(&self, request: &Request, providers: &[Arc<dyn Provider>], typed: bool) -> Option<Reply> {
        let redacted = request.redacted();
        let local = LocalSources { keeps: !typed, may_block: true, ..self.sources(&request.facts) }.collect(request, &redacted);
        if local.alias.is_some() {
            return None;
        }
        let alone = request.query.is_private() || request.mode == Mode::Offline || providers.is_empty();
        if local.offers().iter().any(|offer| !self.may_give_unrecorded(offer)) {
            return None;
        }
        if local.is_sure() {
            let others = if alone || local.has_provider_answer() { None } else { providers.first() };
            let more = others.map(|provider| provider.name().to_owned());
            return Some(local.reply(request, Vec::new(), more));
        }
        if !alone || !local.has_offers() {
            return None;
        }
        let remarks =
            if request.mode == Mode::Offline || !request.query.is_private() { Vec::new() } else { vec![RedactedText::mask(PRIVATE)] };
        Some(local.reply(request, remarks, None))
    }

    /// Counts and records an answer that was given at once.
    pub fn given(&self, request: &Request, reply: Reply, begun: Instant, providers: &[Arc<dyn Provider>]) {
        let span = self.span(request);
        let traced = request.inside(&span);
        let request = traced.as_ref().unwrap_or(request);
        self.record_given(request, &reply);
        let ended = self.metrics.asking_since(&request.track, begun).ended(&super::pipeline::Outcome::Reply(reply), providers);
        self.count_answer(request, ended);
    }
}
