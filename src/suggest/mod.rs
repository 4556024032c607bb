//! From a query to suggestions: [`pipeline`] tells the story, [`ports`] is what it needs from outside.

mod ahead;
pub mod aimed;
mod at_once;
mod background;
pub mod context;
pub mod engine;
pub mod extract;
pub mod fit;
mod heard;
pub mod key;
mod ledger;
pub mod local;
pub mod metrics;
mod needs;
pub mod online;
mod others;
pub mod pages;
pub mod pipeline;
pub mod ports;
pub mod prompt;
mod ran;
mod rebind;
mod recall;
pub mod recording;
mod request;
mod self_test;
#[cfg(test)]
mod tests;
mod till;
mod toolbox;
pub mod track;
mod trail;
pub mod trial;
mod waiting;
