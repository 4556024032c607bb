//! What tells the lines of one request from those of others.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::domain::RequestId;

/// What everything that is told of a request carries.
#[derive(Debug, Clone)]
pub struct Track {
    /// The number of the request.
    pub id: RequestId,
}

impl Track {
    /// That of a request that came at `now`.
    pub fn new(now: SystemTime) -> Self {
        Self { id: RequestId::new(now, fastrand::u128(..)) }
    }
}

impl Default for Track {
    /// One that nothing is looked for by.
    fn default() -> Self {
        Self { id: RequestId::new(UNIX_EPOCH, 0) }
    }
}
