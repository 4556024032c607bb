//! One step of a request, as it is kept.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::AuditError;
use super::folder::Folder;
use super::frame::{Kind, MOST_BODY};
use super::vault::{self, Vault};
use super::walk;

/// A text is kept up to that length, in bytes.
const MOST_TEXT: usize = 8 * 1024;
/// Most names of rules, and most suggestions, that are kept of a step.
const MOST_NAMES: usize = 32;
/// An encoded entry is not longer than that, so that a file of the trail can be read at once after a whole batch.
const MOST_ENTRY: usize = MOST_BODY / 2;

/// One step of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Joins the steps of one request: 16 hexadecimal digits.
    pub id: String,
    /// When, in milliseconds since the epoch.
    pub at_ms: u64,
    /// What happened.
    #[serde(flatten)]
    pub step: Step,
}

/// What happened. No text holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// Words were asked.
    Asked {
        /// The words.
        query: String,
        /// The asking shell.
        shell: String,
        /// Which sources were to answer.
        mode: String,
    },
    /// These suggestions were given, the best first.
    Offered {
        /// The suggestions.
        offers: Vec<Offer>,
    },
    /// Nobody waited for the answer any more.
    Canceled,
    /// A line was run in the place of a suggestion.
    Ran {
        /// The line.
        command: String,
        /// Whether it is another one than was suggested, if that is known.
        edited: Option<bool>,
        /// Its exit status.
        status: i32,
        /// The shell it ran in.
        shell: String,
        /// How much it can destroy.
        risk: String,
        /// Names of the rules that apply to it.
        findings: Vec<String>,
    },
}

/// A suggestion that was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// The command.
    pub command: String,
    /// Where it is from.
    pub source: String,
    /// The model that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How much it can destroy.
    pub risk: String,
    /// Names of the rules that apply to it.
    pub findings: Vec<String>,
}

impl Entry {
    pub(super) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub(super) fn decode(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    /// The entry with its texts cut until it can be written.
    pub(super) fn fitted(mut self) -> Self {
        let mut most = MOST_TEXT;
        self.step.cut(most);
        while most > 1 && self.encode().len() > MOST_ENTRY {
            most /= 2;
            self.step.cut(most);
        }
        self
    }
}

impl Step {
    fn cut(&mut self, most: usize) {
        let names = |names: &mut Vec<String>| {
            names.truncate(MOST_NAMES);
            names.iter_mut().for_each(|name| *name = cut(name, most));
        };
        match self {
            Self::Asked { query, .. } => *query = cut(query, most),
            Self::Offered { offers } => {
                offers.truncate(MOST_NAMES);
                for offer in offers {
                    offer.command = cut(&offer.command, most);
                    offer.source = cut(&offer.source, most);
                    offer.model = offer.model.as_ref().map(|model| cut(model, most));
                    names(&mut offer.findings);
                }
            }
            Self::Canceled => {}
            Self::Ran { command, findings, .. } => {
                *command = cut(command, most);
                names(findings);
            }
        }
    }
}

/// The text as it is kept; where it was cut stands an ellipsis.
pub(super) fn kept(text: &str) -> String {
    cut(text, MOST_TEXT)
}

fn cut(text: &str, most: usize) -> String {
    const CUT: &str = "…";
    if text.len() <= most {
        return text.to_owned();
    }
    let end = (0..=most.saturating_sub(CUT.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    format!("{}{CUT}", &text[..end])
}

/// Every entry of a trail.
#[cfg(test)]
pub(super) fn entries(state: &Path) -> Result<Vec<Entry>, AuditError> {
    let all = super::moments(state)?.all;
    Ok(all.into_iter().filter_map(|moment| if let super::Moment::Entry(entry) = moment { Some(entry) } else { None }).collect())
}

/// The entries of the last two segments.
pub(super) fn latest(state: &Path) -> Result<Vec<Entry>, AuditError> {
    let folder = Folder::new(state);
    let (Some(_lock), Some(vault)) = (folder.lock_for_reading()?, Vault::load(&vault::file_in(state))?) else { return Ok(Vec::new()) };
    let (ordinals, mut entries) = (folder.ordinals()?, Vec::new());
    for ordinal in &ordinals[ordinals.len().saturating_sub(2)..] {
        read(&folder, &vault, *ordinal, &mut entries)?;
    }
    Ok(entries)
}

/// The entries of one segment, up to where it is damaged.
fn read(folder: &Folder, vault: &Vault, ordinal: u64, entries: &mut Vec<Entry>) -> Result<(), AuditError> {
    let bytes = folder.read(ordinal, 0)?;
    let _ = walk::whole(&bytes, |_, record| {
        if record.kind == Kind::Entry {
            entries.extend(vault.open(record.seq, record.slot, record.body).ok().and_then(|text| Entry::decode(&text)));
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters_and_only_when_it_is_too_long() {
        assert_eq!((cut("für dich", 9), cut("für dich", 5)), ("für dich".to_owned(), "f…".to_owned()));
        assert_eq!(cut("für dich", 1), "…");
        let long = kept(&"ü".repeat(MOST_TEXT));
        assert!(long.len() <= MOST_TEXT && long.len() > MOST_TEXT - 4 && long.ends_with("ü…"));
        assert_eq!(kept(&long), long, "what was cut is not cut again");
    }

    #[test]
    fn every_step_can_be_written_whatever_it_holds() {
        // A control character takes six bytes when it is encoded.
        let text = "\u{1}".repeat(10_000);
        let findings = vec![text.clone(); 100];
        let offer = Offer {
            command: text.clone(),
            source: text.clone(),
            model: Some(text.clone()),
            risk: "safe".to_owned(),
            findings: findings.clone(),
        };
        let ran = Step::Ran { command: text.clone(), edited: None, status: 0, shell: "zsh".to_owned(), risk: "safe".to_owned(), findings };
        let asked = Step::Asked { query: text, shell: "zsh".to_owned(), mode: "normal".to_owned() };
        for step in [asked, Step::Offered { offers: vec![offer; 40] }, ran] {
            let entry = Entry { id: "0".repeat(16), at_ms: 0, step }.fitted();
            let length = entry.encode().len();
            assert!((64..=MOST_ENTRY).contains(&length), "{length}");
        }
        let usual = Step::Ran {
            command: "ls -l".to_owned(),
            edited: Some(false),
            status: 0,
            shell: "zsh".to_owned(),
            risk: "safe".to_owned(),
            findings: vec!["fs:x".to_owned()],
        };
        let entry = Entry { id: "0".repeat(16), at_ms: 0, step: usual };
        assert_eq!(entry.clone().fitted(), entry);
    }
}
