//! From parses to candidates: confidence, order, and what to say when nothing is sure.

use super::explain::Sureness;
use super::parse::{Coverage, Parse, coverage};
use super::tokens::Token;
use super::{PLAUSIBLE, SURE};
use crate::domain::{Candidate, Origin};

/// At most so many candidates are worth a key press.
const MOST_CANDIDATES: usize = 4;

/// Two parses nearer than this in everything are a coin toss.
const MARGIN: f64 = 0.02;

/// Confidence of both sides of a coin at most.
const TIED: f64 = 0.75;

/// What another command of the same intent loses against the first.
const ALTERNATIVE: f64 = 0.15;

/// A parse and what it is worth.
#[derive(Debug)]
pub(super) struct Weighed {
    pub parse: Parse,
    /// `None` if something of the sentence was overlooked.
    pub coverage: Option<Coverage>,
    pub confidence: f64,
    pub sureness: Sureness,
}

impl Weighed {
    /// Whether its command is offered.
    pub(super) fn is_offered(&self) -> bool {
        matches!(self.sureness, Sureness::Sure | Sureness::Guess | Sureness::Tie)
    }
}

/// Orders the parses, those first that are offered. Of equally sure ones a pack's comes first.
pub(super) fn weigh(parses: Vec<Parse>, tokens: &[Token]) -> Vec<Weighed> {
    let one = |parse: Parse| {
        let coverage = parse.coverage.clone().or_else(|| coverage(tokens, parse.explained, parse.bound));
        let confidence = coverage.as_ref().map_or(0.0, |coverage| (coverage.confidence - parse.doubt).max(0.0));
        let sureness = match &coverage {
            None => Sureness::Overlooks,
            Some(coverage) if parse.destructive && coverage.repaired => Sureness::Misspelt,
            Some(_) if confidence >= SURE => Sureness::Sure,
            Some(_) if confidence >= PLAUSIBLE => Sureness::Guess,
            Some(_) => Sureness::Unsure,
        };
        Weighed { parse, coverage, confidence, sureness }
    };
    let mut weighed: Vec<Weighed> = parses.into_iter().map(one).collect();
    weighed.sort_by(|first, second| {
        let (a, b) = (&first.parse, &second.parse);
        (second.is_offered().cmp(&first.is_offered()))
            .then(second.confidence.total_cmp(&first.confidence))
            .then(b.from_pack.cmp(&a.from_pack))
            .then(b.weight.total_cmp(&a.weight))
            .then_with(|| a.intent.cmp(&b.intent))
    });
    if let [first, second, ..] = weighed.as_mut_slice() {
        let (a, b) = (&first.parse, &second.parse);
        let as_good = first.confidence - second.confidence < MARGIN && (a.weight - b.weight).abs() < 0.5;
        let preferred = a.from_pack && !b.from_pack;
        if second.is_offered() && as_good && !preferred && a.commands.first() != b.commands.first() {
            (first.sureness, second.sureness) = (Sureness::Tie, Sureness::Tie);
        }
    }
    weighed
}

/// The commands of those that are offered.
pub(super) fn candidates(weighed: Vec<Weighed>) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    for Weighed { parse, confidence, sureness, .. } in weighed.into_iter().filter(Weighed::is_offered) {
        for (rank, command) in parse.commands.into_iter().enumerate() {
            let mut confidence = if rank == 0 { confidence } else { confidence - ALTERNATIVE };
            if sureness == Sureness::Tie {
                confidence = confidence.min(TIED);
            }
            let known = candidates.iter().any(|candidate| candidate.command == command);
            if !known && candidates.len() < MOST_CANDIDATES && confidence >= PLAUSIBLE {
                let reading = (rank == 0).then(|| parse.reading.clone());
                candidates.push(Candidate { command, holes: Vec::new(), reading, origin: Origin::Offline, confidence });
            }
        }
    }
    candidates.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    candidates
}
