//! The gate: a candidate becomes a suggestion here or nowhere. Text is never repaired beyond its outer edges; what is
//! judged is byte for byte what enters the edit buffer.

mod analyse;
mod custom;
mod gap;
mod path;
mod rules;
mod suggestion;
mod text;
mod unwrap;
mod verdict;

pub use custom::{CustomRules, RuleError};
pub use gap::unfilled;
pub use suggestion::{Rejection, Suggestion, check, judge};
pub use verdict::{Effect, EffectKind, Finding, Policy, Verdict};
