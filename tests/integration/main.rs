//! Parts together, against real sockets, files, processes and shells.

mod cache;
mod environment;
mod fake_provider;
mod faults;
mod offline_syntax;
mod program;
mod provider;
mod provider_trust;
mod quoting;
mod resident;
