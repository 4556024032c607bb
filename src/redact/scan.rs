//! Where the secrets of a text are. Written by hand: the formats are simple, and the text is read on every query.

use std::ops::Range;

use super::{blocks, headers, names, options, prose, tokens, urls, words};

/// The secrets of a text, in order. Places that overlap become one: a half left behind would be a leak.
pub(super) fn spans(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let lower = text.to_ascii_lowercase();
    let words = words::split(text, 0..text.len());
    blocks::find(text, &lower, &mut found);
    tokens::find(text, &mut found);
    urls::find(text, &words, &mut found);
    names::find(text, &mut found);
    headers::find(text, &lower, &mut found);
    options::find(text, &words, &mut found);
    prose::find(text, &words, &mut found);
    found.retain(|span| span.start < span.end);
    found.sort_by_key(|span| (span.start, span.end));
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(found.len());
    for span in found {
        match merged.last_mut() {
            Some(last) if span.start < last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}
