//! The parts of the product against real files and processes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cache;
