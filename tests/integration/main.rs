//! The integration tests: the library from outside, with real shells and real files.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod offline_syntax;
mod quoting;
