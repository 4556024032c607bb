//! What the user ran for a query becomes the first answer next time.

use std::sync::Arc;
use std::time::SystemTime;

use tokio::time::Instant;

use super::key::{self, Kind};
use super::pipeline::{Mode, Pipeline, Request};
use super::ports::RanLine;
use crate::domain::{Candidate, ContextField, Origin, Query, ShellFacts};
use crate::redact;
use crate::validate::{Policy, judge};

impl Pipeline {
    /// Remembers what the user ran for a query: what worked last is the first answer next time, what failed twice is no
    /// longer. A line that holds a secret or does not pass the gate is not kept at all.
    pub fn record_ran(&self, query: &Query, command: &str, status: i32, facts: &ShellFacts, now: SystemTime) {
        let Some(memory) = self.memory().filter(|_| !query.is_private()) else { return };
        let redacted = redact::redact(query.as_str());
        let key = key::derive(Kind::Ran, redacted.stable(), facts, &self.parts.place.key_context(""));
        let candidate = Candidate { command: command.to_owned(), holes: Vec::new(), reading: None, origin: Origin::Ran, confidence: 1.0 };
        let known = || memory.recall(&key).iter().any(|known| known.command == command);
        let keep = redacted.is_clean()
            && judge(&candidate, &Policy::new(facts.shell).with_comments(facts.comments)).is_ok()
            && if status == 0 { self.was_suggested(query, command, facts, now) } else { known() };
        // A line that holds a secret has no form in which it may be kept.
        if keep && let Some(command) = redacted.keep(command) {
            let shape = self.sources(facts).shape(query.as_str());
            memory.record(&RanLine {
                key: &key,
                shape: shape.as_deref(),
                shell: facts.shell,
                query: redacted.stable(),
                command: &command,
                worked: status == 0,
                at: now,
            });
        }
    }

    /// Whether a line that was run still answers the query: it resembles something that would be suggested for it. A
    /// shell only knows that the line once held a suggestion, and its user may have typed another command over it.
    fn was_suggested(&self, query: &Query, command: &str, facts: &ShellFacts, now: SystemTime) -> bool {
        // The answer may have been given under either setting of the context.
        let request = |context: &[ContextField]| Request {
            query: query.clone(),
            facts: facts.clone(),
            mode: Mode::Offline,
            want: usize::MAX,
            use_cache: true,
            patient: false,
            session: 0,
            offered_keys: Vec::new(),
            rules: Arc::default(),
            context: context.to_vec(),
            deadline: Instant::now(),
            now,
        };
        let sources = self.sources(facts);
        let redacted = redact::redact(query.as_str());
        [request(&[]), request(&ContextField::ALL)].iter().any(|request| {
            let local = sources.collect(request, &redacted).reply(request, Vec::new(), None);
            local.offers.iter().any(|offer| resembles(command, offer.suggestion.command()))
        })
    }
}

/// Whether a line is an edited suggestion: it begins with the same program, and at least half of the suggestion's words,
/// and more than the first, are there in this form or a longer or shorter one.
fn resembles(line: &str, suggestion: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let wanted: Vec<&str> = suggestion.split_whitespace().collect();
    let kept = |word: &&&str| {
        words
            .iter()
            .any(|other| other == *word || (word.len().min(other.len()) > 1 && (other.starts_with(**word) || word.starts_with(other))))
    };
    let count = wanted.iter().filter(kept).count();
    words.contains(&wanted.first().copied().unwrap_or_default()) && count * 2 >= wanted.len() && (count > 1 || wanted.len() == 1)
}
