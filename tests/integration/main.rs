//! Parts together, against real sockets, files and processes.

mod fake_provider;
mod provider;
mod provider_trust;
