//! Examples out of pages on this machine: what is offered to be read when nothing else is sure. They have gaps that only
//! the user can fill, so none of them is a suggestion.

use std::sync::Arc;
use std::time::Duration;

use super::ports::Pages;
use crate::domain::{Candidate, Origin, PageOffer};
use crate::validate::{Policy, Suggestion, judge};

/// Offers beside an answer.
const MOST: usize = 3;
/// How long looking them up may take; it takes a few milliseconds, and there is no other answer that would wait for it.
const LIMIT: Duration = Duration::from_millis(250);

/// What the gate says of an example with a word in each of its gaps: `None` when it would not let that pass. The pages are
/// files that anybody may have written.
pub fn judged(offer: &PageOffer, policy: &Policy) -> Option<Suggestion> {
    let candidate = Candidate {
        command: offer.filled(),
        holes: Vec::new(),
        reading: Some(offer.reading.clone()),
        origin: Origin::Tldr,
        confidence: offer.confidence,
    };
    judge(&candidate, policy).ok().filter(|suggestion| !suggestion.command().contains('\n'))
}

/// The examples that fit the words and pass the gate.
pub(super) async fn offers(pages: &Arc<dyn Pages>, words: &str, policy: &Policy) -> Vec<PageOffer> {
    let (pages, words) = (Arc::clone(pages), words.to_owned());
    // A file system that hangs costs this much and no more.
    let look = tokio::task::spawn_blocking(move || pages.offers(&words, MOST));
    let mut found = tokio::time::timeout(LIMIT, look).await.ok().and_then(Result::ok).unwrap_or_default();
    found.retain(|offer| judged(offer, policy).is_some());
    found
}
