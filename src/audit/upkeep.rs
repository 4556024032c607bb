//! What a user does to the trail.

use std::path::{Path, PathBuf};

use super::AuditError;
use super::frame::Kind;
use super::log::{Log, Note, Text};
use super::seal::VerifyKey;
use super::verify::verify;

/// Changes the trail of a state directory on behalf of its user. All times are milliseconds since 1970, or such a span.
pub struct Upkeep(Log, PathBuf);

impl Upkeep {
    /// The trail of this directory.
    pub fn new(state: &Path) -> Self {
        Self(Log::new(state), state.to_owned())
    }

    /// Drops files of which everything is older than `age`; says how many.
    ///
    /// # Errors
    /// [`AuditError`] when the trail cannot be changed.
    pub fn prune(&mut self, now: u64, age: u64) -> Result<usize, AuditError> {
        if self.0.exists()? { self.0.prune(now, age) } else { Ok(0) }
    }

    /// Makes everything since that time unreadable; says how many steps that were.
    ///
    /// # Errors
    /// [`AuditError`] when the trail cannot be changed; then some of it may be readable still.
    pub fn forget(&mut self, since: u64, now: u64) -> Result<usize, AuditError> {
        if self.0.exists()? { self.0.forget(since, now) } else { Ok(0) }
    }

    /// Records that recording was turned on or off.
    ///
    /// # Errors
    /// [`AuditError`] when the trail cannot be written.
    pub fn switched(&mut self, is_on: bool, now: u64) -> Result<(), AuditError> {
        self.0.append(&[Text::Plain(Kind::Switched, Note { at: now, on: Some(is_on), ..Note::default() })], now, true)
    }

    /// Begins to seal, and gives the key that the seals can be checked with.
    ///
    /// # Errors
    /// [`AuditError`] when it is sealed already, was changed, or cannot be written.
    pub fn seal(&mut self, now: u64) -> Result<VerifyKey, AuditError> {
        let report = verify(&self.1, None)?;
        // A sealed one is refused for that.
        if !report.is_sealed && !report.problems.is_empty() {
            return Err(AuditError::Changed(report.problems.len()));
        }
        self.seal_as_it_is(now)
    }

    /// Begins to seal what there is, whether it was changed or not.
    ///
    /// # Errors
    /// [`AuditError`] when it is sealed already or cannot be written.
    pub fn seal_as_it_is(&mut self, now: u64) -> Result<VerifyKey, AuditError> {
        self.0.init_seal(now)
    }
}
