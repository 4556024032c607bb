//! What the user ran for a query becomes the first answer next time.

use std::sync::Arc;
use std::time::SystemTime;

use tokio::time::Instant;

use super::aimed;
use super::key::{self, Kind};
use super::pipeline::{Mode, Pipeline, Request};
use super::ports::RanLine;
use super::track::Track;
use crate::domain::{Aim, Candidate, ContextField, Origin, Query, ShellFacts, is_wish};
use crate::offline;
use crate::validate::{CustomRules, Policy, judge};

/// A line that was run after it came from a suggestion.
#[derive(Debug, Clone, Copy)]
pub struct Ran<'a> {
    /// The words that the suggestion answered.
    pub query: &'a Query,
    /// What they are about beside what they say.
    pub aim: &'a Aim,
    /// The line.
    pub command: &'a str,
    /// Its exit status.
    pub status: i32,
    /// The rules beside the embedded ones that hold where the shell stands.
    pub rules: &'a Arc<CustomRules>,
    /// Whether it may become an answer.
    pub keeps: bool,
}

impl Pipeline {
    /// Records what the user ran for a query, and remembers it where that may be: what worked last is the first answer next time, what failed twice is no
    /// longer. A line that holds a secret or does not pass the gate is not kept at all.
    pub fn record_ran(&self, ran: &Ran<'_>, facts: &ShellFacts, now: SystemTime) {
        self.record_run(ran, facts, now);
        let Ran { query, aim, command, status, rules, keeps } = *ran;
        let lost_its_aim = aim.refines.is_none() && is_wish(query.as_str());
        let Some(memory) = self.memory().filter(|_| keeps && !query.is_private() && !lost_its_aim) else { return };
        let redacted = aimed::redacted(query, aim);
        let about = aimed::about(aim, &redacted);
        let key = key::derive(Kind::Ran, redacted.stable(), facts, &self.parts.place.key_context("", &about));
        let candidate = Candidate { command: command.to_owned(), holes: Vec::new(), reading: None, origin: Origin::Ran, confidence: 1.0 };
        let known = || memory.recall(&key, false).iter().any(|known| known.command == command);
        let keep = redacted.is_clean()
            && judge(&candidate, &Policy::new(facts.shell).with_comments(facts.comments).with_rules(Arc::clone(rules))).is_ok()
            && if status == 0 { self.was_suggested(ran, facts, now) } else { known() };
        // A line that holds a secret has no form in which it may be kept.
        if keep && let Some(command) = redacted.keep(command) {
            let shape = if aim.is_plain() { self.sources(facts).shape(query.as_str()) } else { None };
            memory.record(&RanLine {
                key: &key,
                shape: shape.as_deref(),
                shell: facts.shell,
                query: &aimed::remembered(aim, &redacted),
                command: &command,
                worked: status == 0,
                at: now,
            });
        }
    }

    /// Whether a line that was run still answers the query: it resembles something that would be suggested for it. A
    /// shell only knows that the line once held a suggestion, and its user may have typed another command over it.
    fn was_suggested(&self, ran: &Ran<'_>, facts: &ShellFacts, now: SystemTime) -> bool {
        // The answer may have been given under either setting of the context.
        let request = |context: &[ContextField]| Request {
            query: ran.query.clone(),
            aim: ran.aim.clone(),
            facts: facts.clone(),
            mode: Mode::Offline,
            want: usize::MAX,
            others: false,
            use_cache: true,
            patient: false,
            session: 0,
            offered_keys: Vec::new(),
            rules: Arc::default(),
            context: context.to_vec(),
            deadline: Instant::now(),
            now,
            track: Track::default(),
        };
        let sources = self.sources(facts);
        let redacted = aimed::redacted(ran.query, ran.aim);
        [request(&[]), request(&ContextField::ALL)].iter().any(|request| {
            let local = sources.collect(request, &redacted).reply(request, Vec::new(), None);
            local.offers.iter().any(|offer| {
                let suggested = offer.suggestion.command();
                // One that was chosen from a list may be another way.
                let others = offline::ways(suggested, &sources.machine);
                resembles(ran.command, suggested) || others.iter().any(|way| resembles(ran.command, &way.command))
            })
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
