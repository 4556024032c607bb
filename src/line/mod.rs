//! What a shell's line editor asks and is told. The process that a key press starts and the resident both use it, so that
//! an answer is the same whoever gives it.

pub mod aloud;
pub mod checked;
pub mod context;
mod facts;
pub mod first_use;
pub mod needs;
pub mod one_go;
pub mod partial;
pub mod present;
pub mod question;
pub mod reading;
pub mod records;
pub mod standing;
pub mod wire_rules;

pub use facts::shell_facts;

/// How many suggestions are made for one question: so many a shell cycles through.
pub const WANT: usize = 4;
