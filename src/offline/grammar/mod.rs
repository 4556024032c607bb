//! The notation in which sentences are described, and what its slots take.

mod ages;
mod caught;
mod counts;
mod fill;
mod kinds;
mod measures;
mod mending;
mod moments;
mod names;
mod needs;
mod notation;
mod pattern;
mod places;
mod sets;
mod slots;
mod targets;
mod vocabulary;
mod words;

pub(super) use caught::{Bound, Caught};
pub(super) use measures::{Length, Span};
pub(super) use mending::Ours;
pub(super) use needs::{Choice, Needs};
pub(super) use pattern::{Pattern, PatternError};
pub(super) use places::may_name_folder;
pub(super) use sets::Sets;
pub(super) use vocabulary::{ByKey, Key, Names, Vocabulary};
pub(super) use words::{Word, words};
