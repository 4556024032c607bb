//! What `translate --json` says of suggestions.

use serde::Serialize;

use super::pages::PageReport;
use crate::domain::{Answerer, Hole, ShellFacts};
use crate::line::present::Shown;

/// `translate --json`.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) command: Option<String>,
    holes: Vec<HoleReport>,
    pub(super) source: Option<String>,
    model: Option<String>,
    asked_model: Option<String>,
    risk: Option<&'static str>,
    reason: Option<String>,
    pub(super) confidence: f64,
    guess: bool,
    pub(super) reading: Option<String>,
    blast: Option<String>,
    needs: Vec<String>,
    pub(super) alternatives: Vec<String>,
    /// Examples to read, whose gaps only the user can fill.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) offers: Vec<PageReport>,
    remarks: Vec<String>,
}

/// A part of the command that is to be filled in.
#[derive(Debug, Serialize)]
struct HoleReport {
    /// What it asks for; empty for the sign at the end that keeps the line from running.
    name: String,
    /// Its first byte in the command.
    start: usize,
    /// The byte behind it.
    end: usize,
}

impl HoleReport {
    fn all(shown: &Shown) -> Vec<Self> {
        let one = |hole: &Hole| {
            let name = hole.name(shown.command()).unwrap_or_default().to_owned();
            Self { name, start: hole.at.start, end: hole.at.end }
        };
        shown.open_places().iter().map(one).collect()
    }
}

impl Report {
    /// The best suggestion in full, the others as alternatives, of which those with holes are left out: a text alone would
    /// not tell.
    pub(super) fn new(shown: &[Shown], facts: &ShellFacts, remarks: &[String]) -> Self {
        let best = shown.first();
        let provider: Option<&Answerer> = best.and_then(Shown::provider);
        Self {
            command: best.map(|shown| shown.command().to_owned()),
            holes: best.map(HoleReport::all).unwrap_or_default(),
            source: best.map(Shown::source),
            model: provider.and_then(|provider| provider.model.clone()),
            asked_model: provider.and_then(|provider| provider.instead_of.clone()),
            risk: best.map(|shown| shown.risk().name()),
            reason: best.and_then(|shown| shown.reason().map(str::to_owned)),
            confidence: best.map_or(0.0, |shown| shown.confidence()),
            guess: best.is_some_and(Shown::is_guess),
            reading: best.and_then(|shown| shown.aloud(facts)),
            blast: best.and_then(|shown| shown.blast().map(str::to_owned)),
            needs: best.map(|shown| shown.needs().to_vec()).unwrap_or_default(),
            alternatives: shown.iter().skip(1).filter(|shown| !shown.has_holes()).map(|shown| shown.command().to_owned()).collect(),
            offers: Vec::new(),
            remarks: remarks.to_vec(),
        }
    }
}
