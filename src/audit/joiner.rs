//! Entries, made of what happened. What was run is joined to the request that suggested it.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::entry::{self, Entry, Offer, Step, kept};
use super::log::hex;
use crate::suggest::ports::{TrailEvent, TrailId, TrailStep};

/// Requests whose suggestions are remembered, so that what is run can be joined to them.
const MOST_RECENT: usize = 256;

/// Makes entries for the trail of a state directory.
pub(super) struct Joiner {
    state: PathBuf,
    recent: VecDeque<Recent>,
}

/// A request whose suggestions may yet be run.
struct Recent {
    id: String,
    query: String,
    shell: String,
    commands: Vec<String>,
}

impl Joiner {
    pub(super) fn new(state: &Path) -> Self {
        Self { state: state.to_owned(), recent: VecDeque::new() }
    }

    /// The entries of these events, in their order.
    pub(super) fn of(&mut self, events: Vec<TrailEvent>) -> Vec<Entry> {
        events.into_iter().map(|event| self.entry(event)).collect()
    }

    fn entry(&mut self, event: TrailEvent) -> Entry {
        let mut id = event.id.map(|TrailId(id)| hex(&id)).unwrap_or_default();
        let step = match event.step {
            TrailStep::Asked { query, shell, mode } => {
                let (query, shell) = (kept(query.as_str()), shell.name().to_owned());
                self.recent.push_back(Recent { id: id.clone(), query: query.clone(), shell: shell.clone(), commands: Vec::new() });
                if self.recent.len() > MOST_RECENT {
                    self.recent.pop_front();
                }
                Step::Asked { query, shell, mode: mode.to_owned() }
            }
            TrailStep::Offered(offers) => {
                let offers: Vec<Offer> = offers
                    .into_iter()
                    .map(|offer| Offer {
                        command: kept(offer.command.as_str()),
                        source: offer.source,
                        model: offer.model,
                        risk: offer.risk.name().to_owned(),
                        findings: offer.findings,
                    })
                    .collect();
                if let Some(recent) = self.recent.iter_mut().rfind(|recent| recent.id == id) {
                    recent.commands = offers.iter().map(|offer| offer.command.clone()).collect();
                }
                Step::Offered { offers }
            }
            TrailStep::Canceled => Step::Canceled,
            TrailStep::Ran { query, command, status, shell, risk, findings } => {
                let (query, shell, command) = (kept(query.as_str()), shell.name(), kept(command.as_str()));
                let asked = self.asked(&query, shell);
                let edited = asked.as_ref().map(|(_, commands)| !commands.contains(&command));
                // One that nobody asked here, or long ago, stands for itself.
                id = asked.map_or_else(|| hex(&fastrand::u64(..).to_le_bytes()), |(id, _)| id);
                Step::Ran { command, edited, status, shell: shell.to_owned(), risk: risk.name().to_owned(), findings }
            }
        };
        Entry { id, at_ms: millis(event.at), step }.fitted()
    }

    /// The last request with these words in this shell, and what was suggested for it. Another process may have answered it.
    fn asked(&mut self, query: &str, shell: &str) -> Option<(String, Vec<String>)> {
        let is_it = |recent: &&Recent| recent.query == query && recent.shell == shell;
        if let Some(recent) = self.recent.iter().rfind(is_it) {
            return Some((recent.id.clone(), recent.commands.clone()));
        }
        let latest = entry::latest(&self.state).ok()?;
        let id = latest.iter().rev().find_map(|entry| match &entry.step {
            Step::Asked { query: asked, shell: asker, .. } if asked == query && asker == shell => Some(entry.id.clone()),
            _ => None,
        })?;
        let offered = latest.into_iter().rev().find_map(|entry| match entry.step {
            Step::Offered { offers } if entry.id == id => Some(offers),
            _ => None,
        });
        Some((id, offered.unwrap_or_default().into_iter().map(|offer| offer.command).collect()))
    }
}

/// Milliseconds since the epoch.
pub(super) fn millis(at: SystemTime) -> u64 {
    u64::try_from(at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}
