//! Mechanisms that keep one slow or failing part from taking the rest with it. They know nothing of queries. Those that
//! depend on time take the present as a value.

mod backoff;
mod breaker;
mod budget;
mod bulkhead;
mod endpoint;
mod limiter;
mod outage;
mod single_flight;

pub use backoff::backoff;
pub use breaker::{Probe, Trip};
pub use budget::RetryBudget;
pub use bulkhead::Bulkhead;
pub use endpoint::{Block, Endpoint, Gate, Report, Standing, View};
pub use limiter::{CallLimiter, PerMinute};
pub use outage::Outage;
pub use single_flight::{Role, SingleFlight};
