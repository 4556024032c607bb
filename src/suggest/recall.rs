//! What the user ran before is the first answer: for the same words, and for words that say the same of other things.

use super::key::Kind;
use super::local::{Local, LocalSources};
use super::pipeline::{Request, Via};
use super::ports::{Memory, RedactedText};
use super::rebind::rebind;
use crate::domain::{Candidate, Origin, Risk, ShellKind};
use crate::offline::{SURE, Translation};
use crate::redact::Redacted;

/// Other questions of the same shape that are looked at.
const MOST_ALIKE: usize = 8;

/// A question that was answered so often gets the offer of a short name the next time.
const USES_BEFORE_ALIAS: u32 = 2;

/// Longest line that is worth a short name, in characters.
const LONGEST_ALIAS: usize = 200;

/// How sure a line is that was run for other words.
const ALIKE_CONFIDENCE: f64 = 0.9;

impl Local {
    /// Remembers that a short name is offered with this reply, once and for all.
    pub(super) fn note_alias(&self, memory: Option<&dyn Memory>) {
        if let (Some((key, _)), Some(memory)) = (&self.alias, memory) {
            memory.offered(key);
        }
    }
}

impl LocalSources<'_> {
    /// The lines that were run for these words.
    pub(super) fn recall(&self, request: &Request, redacted: &Redacted, local: &mut Local) {
        let Some(memory) = &self.memory else { return };
        let key = self.key(Kind::Ran, request, redacted);
        let lines = memory.recall(&key, self.may_block);
        for line in lines.iter().filter(|line| line.shell == request.facts.shell) {
            let via = if line.demoted { Via::Guess } else { Via::Cache };
            let candidate =
                Candidate { command: line.command.clone(), holes: Vec::new(), reading: None, origin: Origin::Ran, confidence: 1.0 };
            local.add(&candidate, &line.command, via, request);
        }
        if let Some(best) = lines.first().filter(|best| !best.demoted && best.shell == request.facts.shell)
            && let (uses, false) = memory.uses(&key)
            && uses >= USES_BEFORE_ALIAS
            // What is dangerous is not to be typed in a moment.
            && local.offers().iter().any(|offer| offer.suggestion.command() == best.command && offer.suggestion.risk() < Risk::High)
            && let Some(alias) = alias(&best.query, &best.command, best.shell)
        {
            local.alias = RedactedText::if_clean(alias).map(|alias| (key, alias));
        }
    }

    /// A line that the user changed for other words of this shape, with what these words name.
    pub(super) fn recall_alike(&self, request: &Request, translation: &Translation, local: &mut Local) {
        let (Some(memory), Some(shape), Some(now)) = (&self.memory, &translation.shape, translation.candidates.first()) else { return };
        if now.confidence < SURE {
            return;
        }
        let shell = request.facts.shell;
        for line in memory.alike(shape, shell).into_iter().take(MOST_ALIKE).filter(|line| line.query != request.query.as_str()) {
            let before = self.translation(&line.query, false);
            let Some(before) = before.candidates.first().filter(|_| before.shape == translation.shape) else { continue };
            // What the translator wrote needs no memory.
            if before.command == line.command {
                return;
            }
            if let Some(command) = rebind(&line.command, &before.command, &now.command, shell) {
                let reading = Some(format!("as you ran it for \u{201c}{}\u{201d}", line.query));
                let candidate = Candidate { command, holes: Vec::new(), reading, origin: Origin::Ran, confidence: ALIKE_CONFIDENCE };
                local.add(&candidate, &candidate.command, Via::Live, request);
                return;
            }
        }
    }

    /// The shape of words, if the translator is sure of them.
    pub(super) fn shape(&self, query: &str) -> Option<String> {
        let translation = self.translation(query, false);
        let is_sure = translation.candidates.first().is_some_and(|best| best.confidence >= SURE);
        translation.shape.clone().filter(|_| is_sure)
    }
}

/// The line that gives a command a short name made of two of the words it was asked for with.
fn alias(query: &str, command: &str, shell: ShellKind) -> Option<String> {
    const SMALL: [&str; 14] = ["the", "all", "and", "for", "from", "with", "that", "this", "into", "what", "which", "show", "how", "are"];
    if command.chars().count() > LONGEST_ALIAS || command.contains(['\n', '\'']) {
        return None;
    }
    let is_word = |word: &&str| word.len() > 2 && word.len() < 12 && word.bytes().all(|b| b.is_ascii_alphabetic());
    let words: Vec<String> = query.split_whitespace().filter(is_word).map(str::to_lowercase).collect();
    let mut words = words.iter().filter(|word| !SMALL.contains(&word.as_str()));
    let name = format!("{}-{}", words.next()?, words.next()?);
    Some(match shell {
        ShellKind::Fish => format!("asked often: abbr -a {name} '{command}' gives it a short name"),
        ShellKind::Bash | ShellKind::Zsh => format!("asked often: alias {name}='{command}' gives it a short name"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_is_made_of_words_of_the_question() {
        assert_eq!(
            alias("show the largest files in /var", "du -a /var", ShellKind::Zsh).as_deref(),
            Some("asked often: alias largest-files='du -a /var' gives it a short name")
        );
        assert_eq!(
            alias("undo last commit", "git reset --soft HEAD~1", ShellKind::Fish).as_deref(),
            Some("asked often: abbr -a undo-last 'git reset --soft HEAD~1' gives it a short name")
        );
        assert_eq!(alias("what is this", "ls", ShellKind::Bash), None, "no two words");
        assert_eq!(alias("print some quotes", "echo 'a'", ShellKind::Bash), None, "quotes in quotes");
    }
}
