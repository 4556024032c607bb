//! The notation in which sentences are described, and what its slots take.

mod ages;
mod caught;
mod counts;
mod fill;
mod kinds;
mod measures;
mod moments;
mod names;
mod pattern;
mod places;
mod sets;
mod slots;
mod targets;
mod vocabulary;
mod words;

pub(super) use caught::{Bound, Caught};
pub(super) use measures::{Length, Span};
pub(super) use pattern::{Choice, Pattern, PatternError};
pub(super) use vocabulary::{ByKey, Vocabulary};
pub(super) use words::{Word, words};
