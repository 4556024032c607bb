//! The parts of the product against real files and processes.

mod cache;
