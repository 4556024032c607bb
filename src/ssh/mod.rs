//! The keys on the other side of an ssh session: what `gptos ssh` starts there, and the narrow gate through which that side asks.
//!
//! Everything over there is hostile: whoever is root on that machine can use the forwarded socket. So the resident's own socket is
//! not forwarded, but a listener of this one session, which knows two questions and answers them from nothing that was kept here.

mod answers;
mod arguments;
mod far;
mod gate;
mod listener;
mod session;
mod stub;

pub use answers::{Lines, own_rules};
pub use arguments::{Plain, Plan, forbids, has_master};
pub use far::{FarCommands, FarPlace, FarQuestion, FarSide, FarTools, QuestionError};
pub use gate::{Answers, Gate, Question};
pub use listener::{Front, FrontError, serve};
pub use session::{cancel, resolve, run};
pub use stub::{Stub, socket_name};
