//! The gate: a candidate becomes a suggestion here or nowhere. Text is never repaired beyond its outer edges; what is
//! judged is byte for byte what enters the edit buffer.

mod analyse;
mod path;
mod rules;
mod suggestion;
mod text;
mod unwrap;

pub use suggestion::{Policy, Rejection, Suggestion, judge};
