//! From an answer to what people and programs see. Whatever came over the wire is a candidate again and passes the
//! gate here, in the process that hands it to the shell.

use std::time::{Duration, Instant};

use unicode_width::UnicodeWidthStr;

use super::aloud;
use crate::domain::{Answerer, Hole, Origin, Risk, ShellFacts};
use crate::explain;
use crate::protocol::{Answer, Via, WireCandidate};
use crate::suggest::fit;
use crate::syntax;
use crate::system::{LocalTools, SearchPath, blast};
use crate::validate::{Policy, Rejection, Suggestion, judge};

/// A suggestion with the word for its source and what is known of it on this machine.
pub struct Shown {
    suggestion: Suggestion,
    via: Via,
    /// What it reaches right now.
    blast: Option<String>,
    /// What is missing for it here.
    needs: Vec<String>,
}

/// Judges every candidate of an answer. Of one that people may see but no buffer may hold a remark tells; the others that
/// do not pass are dropped.
pub fn suggestions(answer: &mut Answer, policy: &Policy) -> Vec<Shown> {
    let mut shown = Vec::new();
    for wire in &answer.candidates {
        let Some(candidate) = wire.clone().into_candidate() else { continue };
        match judge(&candidate, policy) {
            Ok(suggestion) => shown.push(Shown { suggestion, via: wire.via, blast: None, needs: Vec::new() }),
            Err(told @ Rejection::Shown { .. }) => answer.remarks.push(told.to_string()),
            Err(_) => {}
        }
    }
    shown
}

/// Columns of a line of which nobody sees all at once: half of a usual window.
const WIDEST: usize = 1_000;

/// Whether a command is kept out of a line editor: one of several lines, which one Enter would run, and one that no window shows as a whole, whose
/// beginning or end nobody would see, nor what is said of it.
pub fn stays_out(command: &str) -> bool {
    command.contains('\n') || command.width() > WIDEST
}

/// The candidate that somebody who waits may take instead, if it passes the gate and fits on one line.
pub fn meanwhile(wire: &WireCandidate, policy: &Policy) -> Option<Shown> {
    let suggestion = judge(&wire.clone().into_candidate()?, policy).ok()?;
    // What is put into the line by the way is complete.
    let fits = !stays_out(suggestion.command()) && suggestion.holes().is_empty();
    fits.then_some(Shown { suggestion, via: wire.via, blast: None, needs: Vec::new() })
}

/// Looks at this machine for what belongs beside the suggestions: what each needs, which of them write over a file that is
/// there, and what the first one reaches. Counting files takes time that a suggestion somebody may never turn to is not worth.
pub fn examine(shown: &mut [&mut Shown], facts: &ShellFacts) {
    examine_within(shown, facts, blast::TIME_LIMIT);
}

/// The same for somebody who has so long for counting files; `false` when that was not enough.
pub fn examine_within(shown: &mut [&mut Shown], facts: &ShellFacts, limit: Duration) -> bool {
    let tools = LocalTools::new();
    for one in shown.iter_mut() {
        let programs = one.suggestion.verdict().programs.as_slice();
        let command = syntax::with_unknowns(one.suggestion.command(), one.suggestion.holes()).unwrap_or_default();
        one.needs = fit::remarks(&command, programs, facts, &SearchPath, &tools);
    }
    let until = Instant::now() + limit;
    let mut in_time = true;
    // Nothing is known yet of what a hole will reach.
    for (at, one) in shown.iter_mut().enumerate().filter(|(_, one)| !one.has_holes()) {
        let verdict = one.suggestion.verdict();
        if at > 0 && !verdict.may_lose() {
            continue;
        }
        let described = blast::describe_within(&verdict.effects, facts, until.saturating_duration_since(Instant::now()));
        one.blast = described.said.filter(|_| at == 0);
        one.suggestion.take_in(&described.reached);
        in_time &= described.in_time;
    }
    in_time
}

impl Shown {
    /// The command, fit for the edit buffer.
    pub fn command(&self) -> &str {
        self.suggestion.command()
    }

    /// Whether the user has yet to write a part of it.
    pub fn has_holes(&self) -> bool {
        !self.suggestion.holes().is_empty()
    }

    /// The texts of its holes in their order, apart by blanks: they hold none.
    pub fn holes(&self) -> String {
        let texts = self.suggestion.holes().iter().map(|hole| &self.command()[hole.at.clone()]);
        texts.collect::<Vec<_>>().join(" ")
    }

    /// What is to be filled in, in words; `None` when it is complete.
    pub fn unfilled(&self) -> Option<String> {
        let mut texts: Vec<&str> = self.suggestion.holes().iter().map(|hole| &self.command()[hole.at.clone()]).collect();
        texts.retain(|text| *text != Hole::STOP);
        texts.dedup();
        let (last, others) = texts.split_last()?;
        let others = others.join(", ");
        Some(if others.is_empty() { format!("fill in {last}") } else { format!("fill in {others} and {last}") })
    }

    /// Whether it may be given without a word of doubt: its source is sure of it, and nothing is left open.
    pub fn is_sure(&self) -> bool {
        matches!(self.via, Via::Live | Via::Cache) && !self.has_holes()
    }

    /// Whether a provider was asked for it just now.
    pub fn is_fresh_from_provider(&self) -> bool {
        self.via == Via::Live && self.provider().is_some()
    }

    /// Whether its source was not sure of it.
    pub fn is_guess(&self) -> bool {
        self.via == Via::Guess
    }

    /// The word for JSON: `ran`, `cache`, `stale`, `offline` or the provider's name.
    pub fn source(&self) -> String {
        let origin = self.suggestion.origin().label();
        match (self.via, origin.as_str()) {
            (_, "ran") => "ran".to_owned(),
            (Via::Cache, _) => "cache".to_owned(),
            (Via::Stale, _) => "stale".to_owned(),
            (Via::Live | Via::Guess, _) => origin.strip_prefix("provider:").unwrap_or(&origin).to_owned(),
        }
    }

    /// What of the command the user has yet to write.
    pub fn open_places(&self) -> &[Hole] {
        self.suggestion.holes()
    }

    /// The programs that it runs.
    pub fn programs(&self) -> &[String] {
        &self.suggestion.verdict().programs
    }

    /// How much it can destroy.
    pub fn risk(&self) -> Risk {
        self.suggestion.risk()
    }

    /// Why it risks anything.
    pub fn reason(&self) -> Option<&str> {
        self.suggestion.reason()
    }

    /// What it does, in one line.
    pub fn reading(&self) -> Option<&str> {
        self.suggestion.reading()
    }

    /// How sure its source is, from 0 to 1.
    pub fn confidence(&self) -> f64 {
        self.suggestion.confidence()
    }

    /// What it reaches right now.
    pub fn blast(&self) -> Option<&str> {
        self.blast.as_deref()
    }

    /// What is missing for it here.
    pub fn needs(&self) -> &[String] {
        &self.needs
    }

    /// The provider that answered, now or when the answer was kept.
    pub fn provider(&self) -> Option<&Answerer> {
        self.suggestion.origin().provider()
    }

    /// That another model answered than was asked, as a remark; `None` when it was the right one.
    pub fn exchange(&self) -> Option<String> {
        let provider = self.provider()?;
        Some(format!("{}: {}", provider.name, provider.exchange()?))
    }

    /// The one line under the prompt: where it comes from and what it risks.
    pub fn note(&self) -> String {
        let source = match (self.via, self.source().as_str(), self.provider()) {
            (_, "ran", _) => "you ran this before".to_owned(),
            (_, "fix", _) => self.suggestion.reading().unwrap_or("fix").to_owned(),
            (Via::Guess, source, _) => match self.unfilled() {
                Some(unfilled) => format!("{source}, {unfilled}"),
                None => format!("{source}, a guess"),
            },
            (Via::Stale, _, None) => "an old answer".to_owned(),
            (Via::Stale, _, Some(provider)) => format!("an old answer of {provider}"),
            (Via::Cache, source, Some(provider)) => format!("{source}, {provider}"),
            (Via::Live, _, Some(provider)) => provider.to_string(),
            (Via::Live | Via::Cache, source, None) => source.to_owned(),
        };
        let risk = match self.suggestion.reason() {
            Some(reason) => format!("{source} · risk {}: {reason}", self.suggestion.risk()),
            None => format!("{source} · risk {}", self.suggestion.risk()),
        };
        [risk].into_iter().chain(self.here()).collect::<Vec<_>>().join(" · ")
    }

    /// What it does, in one line: what the tables say where they know all of it, otherwise what its source said.
    pub fn aloud(&self, facts: &ShellFacts) -> Option<String> {
        let said = self.suggestion.reading().map(str::to_owned);
        if *self.suggestion.origin() == Origin::Offline && said.is_some() {
            return said;
        }
        let read = || {
            let reading = explain::read(self.command(), facts.shell).ok()?;
            let short = reading.short();
            aloud::is_known(reading).then_some(short)
        };
        // What mends a line is said beside its source already.
        read().or_else(|| said.filter(|_| *self.suggestion.origin() != Origin::Fix))
    }

    /// What is known of it on this machine: what it reaches and what it needs.
    pub fn here(&self) -> impl Iterator<Item = String> + '_ {
        self.blast.iter().chain(&self.needs).cloned()
    }
}

/// How long something took, as people say it.
pub fn took(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1000.0;
    match millis {
        ..10.0 => format!("{millis:.1} ms"),
        10.0..1000.0 => format!("{millis:.0} ms"),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}
