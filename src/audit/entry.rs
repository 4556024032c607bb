//! One step of a request, as it is kept.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::AuditError;
use super::folder::Folder;
use super::frame::Kind;
use super::vault::{self, Vault};
use super::walk;

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
}

/// Everything that can be read of the trail of a state directory, the oldest first.
///
/// # Errors
/// [`AuditError`] when it cannot be read.
pub fn entries(state: &Path) -> Result<Vec<Entry>, AuditError> {
    let folder = Folder::new(state);
    let (Some(_lock), Some(vault)) = (folder.lock_for_reading()?, Vault::load(&vault::file_in(state))?) else { return Ok(Vec::new()) };
    let mut entries = Vec::new();
    for ordinal in folder.ordinals()? {
        read(&folder, &vault, ordinal, &mut entries)?;
    }
    Ok(entries)
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
