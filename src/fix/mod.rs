//! What a line that failed was probably meant to be. Pure rules: they see the line, its exit status and values that
//! somebody else has looked up, and they run nothing. What they find are candidates, which the gate judges like any other.

mod called;
mod names;
mod options;
mod places;
mod ports;
mod printed;
mod repository;
mod rights;
mod seen;
mod spelling;
mod status;
mod verbs;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use called::Line;
use printed::Printed;

pub use seen::{PathSeen, Repository, Seen, Wanted};
pub use spelling::{is_near, nearest_names};
pub use verbs::more as more_verbs;

use crate::domain::{Candidate, Origin, ShellKind};

/// Most candidates for one line.
const MOST: usize = 4;

/// A line that was run and did not end with status 0.
#[derive(Debug, Clone, Copy)]
pub struct Failed<'a> {
    /// The line as it was typed.
    pub line: &'a str,
    /// Its exit status.
    pub status: i32,
    /// The shell that ran it.
    pub shell: ShellKind,
    /// What it printed, where that is known.
    pub printed: Option<&'a str>,
}

/// What came of looking at it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fixes {
    /// Lines to run instead, best first.
    pub candidates: Vec<Candidate>,
    /// What is known of the failure, in one line.
    pub remark: String,
}

/// One line to run instead.
#[derive(Debug, Clone, PartialEq)]
struct Fix {
    command: String,
    reading: String,
    confidence: f64,
}

impl Fix {
    fn new(command: impl Into<String>, reading: impl Into<String>, confidence: f64) -> Self {
        Self { command: command.into(), reading: reading.into(), confidence }
    }
}

impl Failed<'_> {
    /// What has to be looked up on the machine before [`Failed::fixes`] can tell more than the line itself does.
    pub fn wanted(&self) -> Wanted {
        let Ok(line) = Line::read(self) else { return Wanted::default() };
        let mut wanted = Wanted::default();
        names::want(&line, &mut wanted);
        places::want(&line, &mut wanted);
        rights::want(&line, &mut wanted);
        repository::want(&line, &mut wanted);
        ports::want(&line, &mut wanted);
        if let Some(text) = self.printed {
            printed::want(&Printed::new(text), &mut wanted);
        }
        wanted
    }

    /// The lines that were probably meant.
    pub fn fixes(&self, seen: &Seen) -> Fixes {
        let line = match Line::read(self) {
            Ok(line) => line,
            Err(reason) => return Fixes { candidates: Vec::new(), remark: format!("exit {}: {reason}", self.status) },
        };
        let mut told = status::remark(self, &line, seen);
        let mut found = names::fixes(&line, seen);
        // Whoever ended it by a key or a signal knows why it failed.
        if !status::is_ended(self.status, &line) {
            found.extend(places::fixes(&line, seen));
            found.extend(verbs::fixes(&line, seen));
            found.extend(options::fixes(&line, seen));
            found.extend(rights::fixes(&line, seen));
            found.extend(ports::fixes(&line, seen));
            let (fixes, mut remark) = repository::fixes(&line, seen);
            found.extend(fixes);
            if let Some(text) = self.printed {
                let (fixes, said) = printed::fixes(&line, &Printed::new(text), seen);
                found.extend(fixes);
                remark = remark.or(said);
            }
            told = remark.map_or(told, |remark| format!("exit {}: {remark}", self.status));
        }
        if seen.late {
            told.push_str(" (not everything could be looked at in time)");
        }
        found.sort_by(|one, other| other.confidence.total_cmp(&one.confidence));
        let mut known = BTreeSet::from([self.line.trim().to_owned()]);
        found.retain(|fix| known.insert(fix.command.trim().to_owned()));
        found.truncate(MOST);
        let candidate = |fix: Fix| Candidate {
            command: fix.command,
            holes: Vec::new(),
            reading: Some(fix.reading),
            origin: Origin::Fix,
            confidence: fix.confidence,
        };
        Fixes { candidates: found.into_iter().map(candidate).collect(), remark: told }
    }
}
