//! What a line risks where it would be run.

use crate::domain::ShellFacts;
use crate::system::blast;
use crate::validate::{self, Policy, Verdict};

/// Judges a line as it stands, and looks whether the files are there that it would write over.
pub fn check(line: &str, policy: &Policy, facts: &ShellFacts) -> Verdict {
    let mut verdict = validate::check(line, policy);
    if verdict.may_lose() {
        verdict.take_in(&blast::describe_within(&verdict.effects, facts, blast::TIME_LIMIT).reached);
    }
    verdict
}
