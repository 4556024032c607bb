//! Words that are about more than they say: a change of a command, or a question about one program.

use std::sync::Arc;

use super::key::normalise;
use super::local::LocalSources;
use super::pipeline::Request;
use super::ports::RedactedText;
use crate::domain::{Aim, Query, Refined, Scope};
use crate::offline::{SURE, Translation};
use crate::redact::{self, Redacted};
use crate::refine::Wish;

impl Request {
    /// The words without their secrets, and beside them those of the command that they change and of its words.
    pub(super) fn redacted(&self) -> Redacted {
        redacted(&self.query, &self.aim)
    }
}

/// The words without their secrets, and beside them what they change.
pub fn redacted(query: &Query, aim: &Aim) -> Redacted {
    match &aim.refines {
        Some(refined) => redact::redact_with(query.as_str(), &[refined.command(), refined.asked()]),
        None => redact::redact(query.as_str()),
    }
}

/// Whether a command is one of the program that was asked for.
pub(super) fn fits(command: &str, aim: &Aim) -> bool {
    aim.scope.as_ref().is_none_or(|scope| scope.holds(command))
}

/// What tells these words from the same words about something else.
pub(super) fn about(aim: &Aim, redacted: &Redacted) -> String {
    let mut about = String::new();
    if let Some(scope) = &aim.scope {
        about.push_str(&format!("scope\0{scope}\0"));
    }
    if let (Some(_), [command, asked]) = (&aim.refines, redacted.beside()) {
        about.push_str(&format!("refines\0{}\0{}\0", command.stable, normalise(asked.stable.as_str())));
    }
    if let Some(cursor) = aim.cursor {
        about.push_str(&format!("cursor\0{cursor}\0"));
    }
    about
}

/// The words as they are remembered: they say what they are about.
pub(super) fn remembered(aim: &Aim, redacted: &Redacted) -> RedactedText {
    let asked = redacted.beside().last().map(|asked| asked.stable.as_str()).unwrap_or_default();
    match (&aim.scope, &aim.refines) {
        (Some(scope), _) => RedactedText::mask(&format!("{scope}: {}", redacted.stable())),
        (None, Some(_)) => RedactedText::mask(&format!("{asked}: {}", redacted.stable())),
        (None, None) => redacted.stable().clone(),
    }
}

impl LocalSources<'_> {
    /// What the translator makes of the words.
    pub(super) fn aimed(&self, query: &Query, aim: &Aim, may_keep: bool) -> Arc<Translation> {
        match aim {
            Aim { refines: Some(refined), .. } => Arc::new(self.refined(query.as_str(), refined, may_keep)),
            // A command that was begun is no sentence.
            Aim { cursor: Some(_), .. } => Arc::default(),
            Aim { scope: Some(scope), .. } => Arc::new(self.scoped(query.as_str(), scope, may_keep)),
            _ => self.translation(query.as_str(), may_keep),
        }
    }

    /// The command as the words want it.
    fn refined(&self, words: &str, refined: &Refined, may_keep: bool) -> Translation {
        let read = |sentence: &str| self.translation(sentence, may_keep);
        let wish = Wish { refined, words, shell: self.machine.shell, read: &read };
        Translation { candidates: wish.candidates(), ..Translation::default() }
    }

    /// The words as if the program's name had been said, which it may have been.
    fn scoped(&self, words: &str, scope: &Scope, may_keep: bool) -> Translation {
        let program = scope.program();
        let says_it = words.split_whitespace().any(|word| word.eq_ignore_ascii_case(program));
        let sentences = match says_it {
            true => vec![words.to_owned()],
            false => vec![format!("{program} {words}"), words.to_owned(), format!("{words} with {program}")],
        };
        let (mut candidates, mut nearest) = (Vec::new(), Vec::new());
        for sentence in sentences {
            let read = self.translation(&sentence, may_keep);
            candidates.extend(read.candidates.iter().filter(|candidate| scope.holds(&candidate.command)).cloned());
            nearest.extend(read.nearest.iter().cloned());
            if candidates.iter().any(|candidate| candidate.confidence >= SURE) {
                break;
            }
        }
        candidates.sort_by(|one, other| other.confidence.total_cmp(&one.confidence));
        nearest.truncate(3);
        Translation { nearest: if candidates.is_empty() { nearest } else { Vec::new() }, candidates, ..Translation::default() }
    }
}
