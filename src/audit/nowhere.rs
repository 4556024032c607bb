//! Where no trail can be kept.

use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::suggest::ports::{MakeEvents, Trail, TrailStats};

/// Keeps nothing and says why, so that what must be recorded is not given.
#[derive(Debug)]
pub struct Nowhere(pub String);

impl Trail for Nowhere {
    fn record(&self, _make: MakeEvents) {}

    fn record_durably(&self, _make: MakeEvents) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(std::future::ready(Err(self.0.clone())))
    }

    fn flush(&self, _patience: Duration) -> bool {
        true
    }

    fn close(&self, _patience: Duration) {}

    fn stats(&self) -> TrailStats {
        TrailStats { failure: Some(self.0.clone()), ..TrailStats::default() }
    }
}
