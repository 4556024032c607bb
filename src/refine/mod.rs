//! A change of a command in words: "but only python files". What it comes to is read as one sentence with the words that the
//! command answered, where the translator knows that sentence, or as an edit of the command itself, where a table knows it.
//! Nothing is run, and a wish that is not understood wholly comes to nothing.

mod edits;
mod outputs;
mod phrasing;
mod sentences;
#[cfg(test)]
mod tests;
mod tokens;

use std::sync::Arc;

use crate::domain::{Candidate, Origin, Refined, ShellKind};
use crate::offline::{SURE, Translation};
use crate::syntax;

/// How sure a change of the command itself is.
const EDITED: f64 = 0.85;

/// A wish about a command.
pub struct Wish<'a> {
    /// The command and the words that it answered.
    pub refined: &'a Refined,
    /// What is to be different.
    pub words: &'a str,
    /// The dialect.
    pub shell: ShellKind,
    /// Reads a sentence.
    pub read: &'a dyn Fn(&str) -> Arc<Translation>,
}

impl Wish<'_> {
    /// What the command becomes, the likeliest first; empty when the wish is not understood.
    pub fn candidates(&self) -> Vec<Candidate> {
        let base = self.refined.command();
        let mut found: Vec<Candidate> = Vec::new();
        let mut add = |candidate: Candidate| {
            if candidate.command != base && found.iter().all(|known| known.command != candidate.command) {
                found.push(candidate);
            }
        };
        if let Some(asked) = self.sentence() {
            self.reworded(&asked, base, self.words).into_iter().for_each(|(_, candidate)| add(candidate));
        }
        if let Some(command) = edits::edited(base, self.words, self.shell) {
            add(Candidate { command, holes: Vec::new(), reading: None, origin: Origin::Offline, confidence: EDITED });
        }
        found
    }

    /// The sentence that the command answers, with the changes that were asked for since.
    fn sentence(&self) -> Option<String> {
        let (asked, base) = (self.refined.asked(), self.refined.command());
        if self.answers(asked, base) {
            return Some(asked.to_owned());
        }
        let mut pieces = asked.split(", ");
        let mut sentence = pieces.next()?.to_owned();
        for piece in pieces {
            let command = self.sure(&sentence)?.command;
            (sentence, _) = self.reworded(&sentence, &command, piece)?;
        }
        self.answers(&sentence, base).then_some(sentence)
    }

    fn answers(&self, sentence: &str, command: &str) -> bool {
        !sentence.is_empty() && (self.read)(sentence).candidates.iter().any(|candidate| candidate.command == command)
    }

    fn sure(&self, sentence: &str) -> Option<Candidate> {
        (self.read)(sentence).candidates.first().filter(|best| best.confidence >= SURE && best.holes.is_empty()).cloned()
    }

    /// The first way to say both in one sentence that is understood and still means the command.
    fn reworded(&self, asked: &str, base: &str, wish: &str) -> Option<(String, Candidate)> {
        sentences::all(asked, wish).into_iter().find_map(|sentence| {
            let candidate = self.sure(&sentence)?;
            let is_meant = keeps(base, &candidate.command, self.shell) && !takes_for_a_name(wish, base, &candidate.command);
            (candidate.command != base && is_meant).then_some((sentence, candidate))
        })
    }
}

/// Whether a plain word of the wish has become a word of the command, though nothing says that it is a name.
fn takes_for_a_name(wish: &str, base: &str, command: &str) -> bool {
    const BEFORE_NAMES: [&str; 28] = [
        "in",
        "under",
        "below",
        "inside",
        "of",
        "named",
        "called",
        "by",
        "from",
        "containing",
        "contain",
        "user",
        "for",
        "to",
        "on",
        "at",
        "word",
        "text",
        "host",
        "branch",
        "service",
        "container",
        "file",
        "folder",
        "directory",
        "program",
        "process",
        "use",
    ];
    let words: Vec<&str> = wish.split_whitespace().collect();
    let holds = |line: &str, word: &str| line.split_whitespace().any(|other| other == word);
    words.iter().enumerate().any(|(at, word)| {
        let is_plain = word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase());
        let before =
            words[..at].iter().rev().map(|word| word.to_lowercase()).find(|word| !matches!(word.as_str(), "the" | "a" | "an" | "my"));
        let is_named = before.is_some_and(|before| BEFORE_NAMES.contains(&before.as_str()));
        is_plain && !is_named && holds(command, word) && !holds(base, word)
    })
}

/// Whether a command is still about what the other one is about: it begins with the same program, and most words are there.
fn keeps(base: &str, command: &str, shell: ShellKind) -> bool {
    let words = |line: &str| -> Vec<String> {
        let tree = syntax::parse(line, shell).unwrap_or_default();
        tree.commands().iter().flat_map(|command| command.words.iter().map(|word| word.raw.clone())).collect()
    };
    let (before, after) = (words(base), words(command));
    // Letters of options are compared one by one: `-l` is in `-la`.
    let is_kept = |word: &String| {
        after.contains(word)
            || after
                .iter()
                .any(|other| word.starts_with('-') && other.starts_with('-') && word.chars().all(|letter| other.contains(letter)))
    };
    // Two limits of one kind contradict each other, or one of them says nothing.
    let pairs = after.windows(2).filter(|pair| matches!(pair[0].as_str(), "-mtime" | "-mmin" | "-size" | "-maxdepth" | "-user"));
    let limits: Vec<String> = pairs.map(|pair| format!("{} {:.1}", pair[0], pair[1])).collect();
    if limits.iter().enumerate().any(|(at, limit)| limits[..at].contains(limit)) {
        return false;
    }
    let kept = before.iter().filter(|word| is_kept(word)).count();
    let bare = |words: &[String]| words.iter().find(|word| *word != "sudo").cloned();
    let has_option = |words: &[String]| words.iter().any(|word| word.starts_with('-'));
    if has_option(&before) && !has_option(&after) {
        return false;
    }
    bare(&before).is_some() && bare(&before) == bare(&after) && kept * 2 >= before.len()
}
