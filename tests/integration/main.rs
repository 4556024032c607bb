//! Parts together, against real sockets, files and processes.

mod cache;
mod environment;
mod fake_provider;
mod faults;
mod program;
mod provider;
mod provider_trust;
mod resident;
