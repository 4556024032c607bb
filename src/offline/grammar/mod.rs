//! The notation in which sentences are described, and what its slots take.

mod ages;
mod counts;
mod fill;
mod measures;
mod moments;
mod names;
mod pattern;
mod places;
mod sets;
mod slots;
mod targets;
mod words;

pub(super) use measures::{Length, Span};
pub(super) use pattern::{Bound, Caught, Pattern, PatternError};
pub(super) use words::{Word, words};
