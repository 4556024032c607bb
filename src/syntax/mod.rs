//! Shell text: the only code that writes words so that a shell reads them back unchanged.

mod quote;

pub use quote::{quote, quote_glob, quote_path};
