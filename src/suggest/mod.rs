//! From a query to suggestions: the pipeline, its ports, and what it asks of providers.

pub mod key;
pub mod ports;
