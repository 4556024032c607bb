//! Commands with holes: what is judged is the command with a word of unknown content in place of each.

use std::borrow::Cow;

use super::suggestion::Rejection;
use super::verdict::Policy;
use crate::domain::{Candidate, Hole, Risk};
use crate::syntax;

/// The riskiest command that may ask for something: what deletes or overwrites is said in full.
pub(super) const MOST_RISK: Risk = Risk::Medium;

/// The text to be judged. The holes of a candidate are believed only where they can be nothing else: outside quotes, each
/// text where it is said to be and nowhere else, in a line that the shell refuses to run as long as one is left.
pub(super) fn subject<'a>(candidate: &'a Candidate, policy: &Policy) -> Result<Cow<'a, str>, Rejection> {
    let (command, holes) = (candidate.command.as_str(), candidate.holes.as_slice());
    if holes.is_empty() {
        return Ok(Cow::Borrowed(command));
    }
    let refused = Rejection::Form("its holes are none");
    let Some(subject) = syntax::with_unknowns(command, holes) else { return Err(refused) };
    let (outside, _) = policy.unquoted(command);
    let texts: Vec<&str> = holes.iter().map(|hole| &command[hole.at.clone()]).collect();
    let stands = |(hole, text): (&Hole, &&str)| {
        outside.iter().any(|(at, c)| *at == hole.at.start && *c == '<')
            && command.matches(*text).count() == texts.iter().filter(|other| other == &text).count()
    };
    if !holes.iter().zip(&texts).all(stands) || !syntax::is_inert(command, holes, policy.shell) {
        return Err(refused);
    }
    Ok(Cow::Owned(subject))
}
