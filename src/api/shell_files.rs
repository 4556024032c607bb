//! What pipes and slates have in common: two files by which a shell asks and is told, and what may be told there.

use std::fs;
use std::path::PathBuf;

use crate::line::records::Records;

/// Longest answer in bytes. A pipe of the usual width takes it at once.
pub(super) const MOST_ANSWER: usize = 32 * 1024;

/// Whether a shell that takes an answer apart by control characters may be told these.
pub(super) fn is_fit(records: &Records) -> bool {
    let text = records.as_str();
    text.len() <= MOST_ANSWER && !text.contains(|sign: char| sign != '\0' && sign.is_control())
}

/// The files of one shell, which go with this.
#[derive(Debug)]
pub(super) struct ShellFiles {
    /// What it asks.
    pub(super) ask: PathBuf,
    /// What it is told.
    pub(super) told: PathBuf,
}

impl ShellFiles {
    /// Those with this name, which need not be there yet.
    pub(super) fn new(name: &str) -> Self {
        let [ask, told] = ["ask", "told"].map(|which| PathBuf::from(format!("{name}.{which}")));
        Self { ask, told }
    }
}

impl Drop for ShellFiles {
    fn drop(&mut self) {
        // Where nothing was asked nobody reads what was told.
        for file in [&self.told, &self.ask] {
            let _ = fs::remove_file(file);
        }
    }
}
