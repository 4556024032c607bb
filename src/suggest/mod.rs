//! From a query to suggestions: the pipeline, its ports, and what it asks of providers.

pub mod extract;
pub mod online;
pub mod ports;
pub mod prompt;
