//! The configuration file: raw text → checked values, each with its origin.
//!
//! Everything works without a file. A broken one is reported with its line and key and changes nothing: whoever reads
//! through [`ConfigFile`] keeps the last good state. The other modules never see these types; they get small settings
//! of their own.

mod file;
mod in_force;
pub mod keys;
mod nearest;
mod packs;
mod problem;
mod project;
mod provider;
mod raw;
mod resolve;
mod rules;
mod value;

pub use file::{ConfigFile, read_text};
pub use in_force::InForce;
pub use nearest::nearest;
pub use packs::{PackFiles, PackFolder, read_pack};
pub use problem::ConfigProblem;
pub use project::{PROJECT_FILE, Project};
pub use resolve::{check_env_name, check_provider_name, parse};
pub use value::{Config, Guard, ShellSection, ValueOrigin};
