//! What a pattern takes from a sentence.

use std::sync::Arc;

use super::measures::{Place, Span};
use crate::offline::slots::Size;

/// The name of a slot or a flag; many patterns share one.
pub(in crate::offline) type Name = Arc<str>;

/// What a slot of a pattern was bound to.
#[derive(Debug, Clone)]
pub(in crate::offline) enum Bound {
    Text(String),
    List(Vec<String>),
    Number(u64),
    Age(Span),
    Size(Vec<Size>),
    Place(Place),
}

/// What the slots of a pattern were bound to, in their order, and whether the sentence negates it.
#[derive(Debug, Clone, Default)]
pub(in crate::offline) struct Caught {
    pub bound: Vec<Bound>,
    /// The names of the slots that were bound.
    pub names: Vec<Name>,
    pub negated: bool,
    /// Whether a word of it is in the plural.
    pub plural: bool,
}

impl Caught {
    pub(in crate::offline) fn text(&self, at: usize) -> Option<&str> {
        match self.bound.get(at)? {
            Bound::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(in crate::offline) fn list(&self, at: usize) -> Option<Vec<String>> {
        match self.bound.get(at)? {
            Bound::List(list) => Some(list.clone()),
            _ => None,
        }
    }

    pub(in crate::offline) fn number(&self, at: usize) -> Option<u64> {
        match self.bound.get(at)? {
            Bound::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(in crate::offline) fn age(&self, at: usize) -> Option<Span> {
        match self.bound.get(at)? {
            Bound::Age(span) => Some(span.clone()),
            _ => None,
        }
    }

    pub(in crate::offline) fn size(&self, at: usize) -> Option<Vec<Size>> {
        match self.bound.get(at)? {
            Bound::Size(sizes) => Some(sizes.clone()),
            _ => None,
        }
    }

    pub(in crate::offline) fn place(&self, at: usize) -> Option<&Place> {
        match self.bound.get(at)? {
            Bound::Place(place) => Some(place),
            _ => None,
        }
    }
}
