//! More than the answer, for who asks to see several: other ways to say the same, and what else is often meant. They are
//! made when a list is wanted and at no other time.

use std::sync::Arc;
use std::time::Duration;

use super::aimed;
use super::pages;
use super::pipeline::{Offer, Pipeline, Reply, Request, Via};
use super::ports::Commands;
use crate::domain::{Candidate, Origin, Risk, ShellFacts};
use crate::offline::{self, Preferred, SURE, Way};
use crate::validate::{Suggestion, judge};

/// So many are worth looking at; answers that were there before are not cut for it.
const ENOUGH: usize = 4;

/// How long looking for the programs may take. A directory on a network mount may hang.
const LOOK_LIMIT: Duration = Duration::from_millis(50);

/// What another way is less sure than the answer that it stands behind: nobody asked for it.
const LESS_SURE: f64 = 0.05;

impl Pipeline {
    /// Puts behind the sure answers of a reply what else says the same or nearly so, as far as it can be run here.
    pub(super) async fn add_others(&self, reply: &mut Reply, request: &Request) {
        let shell = request.facts.shell;
        let sure = |offer: &&Offer| matches!(offer.via, Via::Live | Via::Cache) && offer.suggestion.holes().is_empty();
        let bases: Vec<Suggestion> = reply.offers.iter().filter(sure).map(|offer| offer.suggestion.clone()).collect();
        let Some(best) = bases.first().filter(|_| reply.offers.len() < ENOUGH) else { return };
        // A list leads nobody to more harm than the answer would do.
        let most = best.risk().max(Risk::Low);
        let mut known: Vec<String> = reply.offers.iter().map(|offer| offline::normal_form(offer.suggestion.command(), shell)).collect();
        let mut found: Vec<Suggestion> = Vec::new();
        for candidate in self.other_candidates(&bases, request) {
            let form = offline::normal_form(&candidate.command, shell);
            if known.contains(&form) || !aimed::fits(&candidate.command, &request.aim) {
                continue;
            }
            if let Ok(suggestion) = judge(&candidate, &request.policy())
                && suggestion.risk() <= most
            {
                known.push(form);
                found.push(suggestion);
            }
        }
        let there = runnable(Arc::clone(&self.parts.commands), found, request.facts.clone()).await;
        let room = ENOUGH - reply.offers.len();
        reply.offers.extend(there.into_iter().take(room).map(|suggestion| Offer { suggestion, via: Via::Live }));
        // What a page says a program can do stands last, to be read.
        if let Some(pages) = &self.pages
            && request.aim.is_plain()
            && reply.offers.len() < ENOUGH
        {
            reply.pages = pages::offers(pages, request.query.as_str(), &request.policy()).await;
            reply.pages.truncate(ENOUGH - reply.offers.len());
        }
    }

    /// Other commands in the order in which they are worth a look: by programs that people install for it, then other ways.
    fn other_candidates(&self, bases: &[Suggestion], request: &Request) -> Vec<Candidate> {
        let sources = self.sources(&request.facts);
        let mut candidates = Vec::new();
        if request.aim.is_plain() {
            let machine = sources.machine.clone().preferring(&Preferred::ALL);
            if Preferred::ALL.iter().any(|program| machine.preferred(*program).is_some()) {
                let translation = sources.taught.translate(request.query.as_str(), &machine);
                candidates.extend(translation.candidates.into_iter().filter(|candidate| candidate.confidence >= SURE));
            }
        }
        for base in bases {
            candidates.extend(offline::ways(base.command(), &sources.machine).into_iter().map(|way| candidate(way, base)));
        }
        candidates
    }
}

fn candidate(Way { command, difference }: Way, base: &Suggestion) -> Candidate {
    let reading = difference.or(base.reading()).map(str::to_owned);
    Candidate { command, holes: Vec::new(), reading, origin: Origin::Offline, confidence: (base.confidence() - LESS_SURE).max(0.0) }
}

/// Those whose programs are all here.
async fn runnable(commands: Arc<dyn Commands>, found: Vec<Suggestion>, facts: ShellFacts) -> Vec<Suggestion> {
    let look = tokio::task::spawn_blocking(move || {
        let has_all = |suggestion: &Suggestion| {
            let programs = &suggestion.verdict().programs;
            !programs.is_empty() && programs.iter().all(|program| commands.resolves(program, &facts))
        };
        found.into_iter().filter(has_all).collect::<Vec<_>>()
    });
    tokio::time::timeout(LOOK_LIMIT, look).await.ok().and_then(Result::ok).unwrap_or_default()
}
