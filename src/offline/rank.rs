//! From parses to candidates: confidence, order, and what to say when nothing is sure.

use super::lexicon::Role;
use super::parse::{Parse, coverage};
use super::tokens::Token;
use super::{Engine, PLAUSIBLE};
use crate::domain::{Candidate, Origin};

/// At most so many candidates are worth a key press.
const MOST_CANDIDATES: usize = 4;

/// Two parses nearer than this in everything are a coin toss.
const MARGIN: f64 = 0.02;

/// What another command of the same intent loses against the first.
const ALTERNATIVE: f64 = 0.15;

/// Orders the parses and turns the plausible ones into candidates.
pub(super) fn candidates(parses: Vec<Parse>, tokens: &[Token]) -> Vec<Candidate> {
    let mut scored: Vec<(f64, Parse)> = parses
        .into_iter()
        .filter_map(|parse| {
            let coverage = parse.coverage.or_else(|| coverage(tokens, parse.explained, parse.bound))?;
            let confidence = coverage.confidence - parse.doubt;
            (confidence >= PLAUSIBLE && !(parse.destructive && coverage.repaired)).then_some((confidence, parse))
        })
        .collect();
    scored.sort_by(|(a, first), (b, second)| {
        b.total_cmp(a).then(second.weight.total_cmp(&first.weight)).then_with(|| first.intent.cmp(&second.intent))
    });
    let tie = match scored.as_slice() {
        [(a, first), (b, second), ..] => {
            a - b < MARGIN && (first.weight - second.weight).abs() < 0.5 && first.commands.first() != second.commands.first()
        }
        _ => false,
    };
    let mut candidates: Vec<Candidate> = Vec::new();
    for (at, (confidence, parse)) in scored.into_iter().enumerate() {
        for (rank, command) in parse.commands.into_iter().enumerate() {
            let mut confidence = if rank == 0 { confidence } else { confidence - ALTERNATIVE };
            if tie && at < 2 {
                confidence = confidence.min(0.75);
            }
            let known = candidates.iter().any(|candidate| candidate.command == command);
            if !known && candidates.len() < MOST_CANDIDATES && confidence >= PLAUSIBLE {
                let reading = (rank == 0).then(|| parse.reading.clone());
                candidates.push(Candidate { command, reading, origin: Origin::Offline, confidence });
            }
        }
    }
    candidates.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    candidates
}

/// Examples of intents that share rare words with the sentence, nearest first.
pub(super) fn nearest<'e>(engine: &'e Engine, tokens: &[Token]) -> Vec<&'e str> {
    let said: Vec<_> = tokens.iter().filter(|token| token.role() == Some(Role::Content)).filter_map(Token::lemma).collect();
    let mut scored: Vec<(f64, &str)> = Vec::new();
    for intent in &engine.intents {
        let shared = said.iter().filter(|lemma| intent.need.iter().flatten().any(|need| need == *lemma));
        let score: f64 = shared.map(|lemma| 1.0 / f64::from(engine.uses.get(lemma).copied().unwrap_or(1))).sum();
        if score > 0.0 {
            scored.push((score, &intent.example));
        }
    }
    scored.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    scored.into_iter().take(3).map(|(_, example)| example).collect()
}
