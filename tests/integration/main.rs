//! Parts together, against real sockets, files, processes and shells.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod aims;
mod alerts;
mod audit;
#[cfg(feature = "keyring")]
mod auth;
mod begun;
mod cache;
mod collector;
mod completions;
mod configuration;
mod configuration_keys;
mod configuration_mistakes;
#[cfg(feature = "keyring")]
mod desktop_keyring;
mod doctor;
#[path = "../doubled/mod.rs"]
mod doubled;
mod environment;
mod fake_provider;
mod faults;
mod gate;
mod health;
mod holes;
mod hostile_server;
mod key_command;
mod line;
mod log;
mod matrix;
mod matrix_host;
mod matrix_network;
mod matrix_resident;
mod memory;
mod mend;
mod metrics;
mod needs;
mod offline_executed;
mod offline_names;
mod offline_scaling;
mod offline_syntax;
mod other_model;
mod outage;
mod packs;
mod pipes;
mod planted;
#[cfg(feature = "keyring")]
mod planted_key;
mod planted_secret;
mod privacy;
mod program;
mod project;
mod provider;
mod provider_connections;
mod provider_models;
mod provider_readiness;
mod provider_trust;
mod provider_wires;
mod pty;
#[path = "../questions/mod.rs"]
mod questions;
mod quoting;
mod recorder;
mod resident;
mod scripted;
mod setup;
mod slate;
mod stats;
mod status;
mod tldr;
mod traces;
#[cfg(feature = "keyring")]
mod uninstall;
