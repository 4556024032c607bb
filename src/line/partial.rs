//! A line without `??` on which the key was pressed: a command that somebody has begun, or words.

use std::cell::LazyCell;

use super::aloud::{self, as_read};
use crate::complete::{self, Known, Partial, Reading};
use crate::domain::{Candidate, Origin, ShellFacts};
use crate::explain;
use crate::fix::is_near;
use crate::protocol::{Answer, Via, WireCandidate};
use crate::suggest::ports::Commands;
use crate::syntax;
use crate::system::{SearchPath, begun};

/// How sure somebody has to be of words for them to come before what the line may become.
const SURE: f64 = 0.8;

/// What the line is, decided by all of it.
pub fn decide(line: &str, facts: &ShellFacts) -> Reading {
    // Hardly any line depends on the files, and there may be many.
    let here = LazyCell::new(|| begun::names_here(facts));
    let known = Known {
        is_command: &|word| SearchPath.resolves(word, facts),
        is_near_command: &|word| complete::known_commands().any(|name| is_near(word, name)),
        is_file: &|word| here.iter().any(|name| name.starts_with(word)),
    };
    complete::decide(line, &known)
}

/// Whether the line is words and nothing else.
pub fn is_words(line: &str, facts: &ShellFacts) -> bool {
    decide(line, facts) == Reading::Words
}

/// What a line may become, unchecked.
#[derive(Debug, Default)]
pub struct Becomes {
    /// The lines, the likeliest first.
    pub lines: Vec<WireCandidate>,
    /// Whether the word at the cursor is finished and nothing has to follow it.
    pub is_finished: bool,
}

/// What the line may become with this place of the cursor. It looks at this machine for a quarter of a second at most.
pub fn becomes(line: &str, cursor: usize, facts: &ShellFacts) -> Becomes {
    let Some(partial) = Partial::new(line, cursor, facts.shell) else { return Becomes::default() };
    let found = begun::look(&partial.wanted(), facts);
    let candidates = partial.candidates(&found);
    let is_finished = partial.is_finished(&found) && candidates.iter().all(|candidate| candidate.holes.is_empty());
    let lines = candidates.into_iter().map(|candidate| WireCandidate::from_candidate(candidate, Via::Live)).collect();
    Becomes { lines, is_finished }
}

/// A line that is a whole command as it stands: one that the shell can read, whose program is there.
#[derive(Debug)]
pub struct Whole {
    /// The line as a suggestion: it stays, and what it does and risks is said of it.
    pub stays: WireCandidate,
    /// Whether all that it does is known here, so that nobody else could say more of it.
    pub is_understood: bool,
}

/// Looks whether the line is one.
pub fn whole(line: &str, facts: &ShellFacts) -> Option<Whole> {
    let line = line.trim();
    let read = as_read(line, facts.shell, facts.comments);
    let tree = syntax::parse(&read, facts.shell).ok()?;
    let program = tree.commands().iter().find_map(|command| command.words.first()?.value.clone())?;
    if !SearchPath.resolves(&program, facts) {
        return None;
    }
    let reading = Some("a command already".to_owned());
    let stays = Candidate { command: line.to_owned(), holes: Vec::new(), reading, origin: Origin::Fix, confidence: 1.0 };
    let is_understood = explain::read(&read, facts.shell).is_ok_and(aloud::is_known);
    Some(Whole { stays: WireCandidate::from_candidate(stays, Via::Live), is_understood })
}

/// Whether a command begins with the word that the line begins with.
pub fn is_alike(candidate: &WireCandidate, line: &str) -> bool {
    candidate.command.split_whitespace().next() == line.split_whitespace().next()
}

/// Joins what words come to and what the line may become: the words come first where somebody is sure of another command.
/// Those of another program never come before a line that is a whole command.
pub fn join(answer: &mut Answer, mut completions: Vec<WireCandidate>, line: &str, is_whole: bool) {
    let line = line.trim();
    let is_sure = answer.candidates.first().is_some_and(|best| {
        (!is_whole || is_alike(best, line))
            && best.confidence >= SURE
            && !matches!(best.via, Via::Guess | Via::Stale)
            && best.command != line
            && best.holes.is_empty()
    });
    answer.candidates.retain(|said| !completions.iter().any(|one| one.command == said.command));
    if is_sure {
        answer.candidates.append(&mut completions);
    } else {
        completions.append(&mut answer.candidates);
        answer.candidates = completions;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sure_words_come_first_and_guesses_last() {
        let wire = |command: &str, via| {
            let candidate =
                Candidate { command: command.to_owned(), holes: Vec::new(), reading: None, origin: Origin::Offline, confidence: 0.9 };
            WireCandidate::from_candidate(candidate, via)
        };
        for (said, via, expected) in [
            ("sort -n a", Via::Live, ["sort -n a", "sort ab"]),
            ("sort -n a", Via::Guess, ["sort ab", "sort -n a"]),
            ("sort a", Via::Live, ["sort ab", "sort a"]),
        ] {
            let mut answer = Answer { candidates: vec![wire(said, via)], ..Answer::default() };
            join(&mut answer, vec![wire("sort ab", Via::Live)], "sort a ", true);
            assert_eq!(answer.candidates.iter().map(|one| one.command.as_str()).collect::<Vec<_>>(), expected);
        }
    }
}
