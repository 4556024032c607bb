//! The gate: a candidate becomes a suggestion here or nowhere. Text is never repaired beyond its outer edges; what is
//! judged is byte for byte what enters the edit buffer.

mod access;
mod analyse;
mod call;
mod carried;
mod code;
mod custom;
mod definitions;
mod expand;
mod files;
mod flow;
mod framing;
mod gap;
mod holes;
mod mixture;
mod output;
mod overwrite;
mod path;
mod places;
mod programs;
mod prose;
mod rules;
mod sanitize;
mod scope;
mod sends;
mod suggestion;
mod text;
mod unwrap;
mod verdict;

pub use custom::{CustomRule, CustomRules, CustomTarget, MOST_RULES, RuleError, rule_ids};
pub use gap::unfilled;
pub use prose::is_prose;
pub use sanitize::{Action, Sanitized, sanitize};
pub use suggestion::{Rejection, Suggestion, check, judge};
pub use verdict::{Effect, EffectKind, Finding, Policy, Verdict};
