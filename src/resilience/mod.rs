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
pub use breaker::{Breaker, SLOW_CALL, Trip};
pub use budget::RetryBudget;
pub use bulkhead::{Bulkhead, BulkheadError};
pub use endpoint::{Block, Endpoint, Gate, Report};
pub use limiter::{CallLimiter, PerMinute};
pub use outage::Outage;
pub use single_flight::{Role, SingleFlight, Ticket};
