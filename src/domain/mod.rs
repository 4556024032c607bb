//! The vocabulary: what a query, a candidate, a risk and a failure are. No I/O, no clock, no async, no serde.

mod aim;
mod audit;
mod candidate;
mod context;
mod facts;
mod failure;
mod health;
mod hole;
mod log_event;
mod log_levels;
mod page;
mod query;
mod request_id;
mod risk;
mod secret;
mod shell;
mod slips;
mod visible;

pub use aim::{Aim, AimError, Refined, Scope};
pub use audit::AuditMode;
pub use candidate::{Answerer, Candidate, Origin};
pub use context::ContextField;
pub use facts::{PROXY_VARIABLES, ShellFacts};
pub use failure::{AttemptError, FailureClass, Stage};
pub use health::{EndpointHealth, EndpointState, ProvidersHealth};
pub use hole::Hole;
pub use log_event::LogEvent;
pub use log_levels::{LOGGING_MODULES, LogLevel, LogLevels, LogLevelsError};
pub use page::{OptionCheck, PageOffer};
pub use query::{Query, QueryError};
pub use request_id::RequestId;
pub use risk::Risk;
pub use secret::{KeySettings, LoginKey, LoginStore, Secret};
pub use shell::ShellKind;
pub use slips::slips;
pub use visible::visible;
