//! GPT-OS: words typed in your own shell line become a command you can read before you run it.
//!
//! Start reading at [`suggest::pipeline`], the one file that tells the whole story of a query. The folders are the
//! product's nouns; which of them may use which is a table in ARCHITECTURE.md that `tests/architecture.rs` enforces.

pub mod alerts;
pub mod api;
pub mod audit;
pub mod backlog;
pub mod cache;
pub mod cli;
pub mod client;
pub mod complete;
pub mod config;
pub mod daemon;
pub mod domain;
pub mod env_vars;
pub mod explain;
pub mod fix;
pub mod line;
pub mod memory;
pub mod offline;
pub mod paths;
pub mod platform;
pub mod protocol;
pub mod providers;
pub mod redact;
pub mod refine;
pub mod resilience;
pub mod secrets;
pub mod ssh;
pub mod stats;
pub mod suggest;
pub mod syntax;
pub mod system;
pub mod telemetry;
pub mod validate;
pub mod wiring;
