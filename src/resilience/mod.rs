//! Mechanisms that keep one slow or failing part from taking the rest with it. They know nothing of queries.

mod limiter;

pub use limiter::CallLimiter;
