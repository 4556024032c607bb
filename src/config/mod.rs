//! The configuration: raw text → checked values, each with its origin. The administrator's file comes first, then the
//! user's, then `GPTOS_*` variables, then options; each stands over what comes before it, but for what is locked.
//!
//! Everything works without files. A broken one is reported with its line and key and changes nothing: whoever reads
//! through [`ConfigFile`] keeps the last good state. The other modules never see these types; they get small settings
//! of their own.

mod file;
mod in_force;
pub(crate) mod key_notation;
pub mod keys;
mod locks;
mod mistakes;
mod nearest;
mod overrides;
mod owned;
mod packs;
mod problem;
mod project;
mod provider;
mod raw;
pub(crate) mod reserved;
mod resolve;
mod rules;
mod still_said;
mod value;

pub use file::{ConfigFile, Reloads, check_text, emptied, mistakes_in};
pub use in_force::InForce;
pub use nearest::nearest;
pub use overrides::{answering_variables, literals, quote, take_options};
pub use owned::{read_for_editor, read_text};
pub use packs::{PackFiles, PackFolder, read_pack};
pub use problem::ConfigProblem;
pub use project::{PROJECT_FILE, Project};
#[cfg(test)]
pub(crate) use resolve::parse_admin;
pub use resolve::{check_env_name, check_provider_name, parse};
pub use still_said::audit_in;
pub use value::{Config, Guard, ShellSection, ValueOrigin};

/// Variables of this process whose names look as if they were read here, and are not.
pub fn unknown_variables() -> Vec<ConfigProblem> {
    overrides::unknown(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()))
}

/// Variables and options of this process that do not count, because the administrator locks their keys.
pub fn locked_out() -> Vec<ConfigProblem> {
    let overrides = overrides::Overrides::of_process();
    if overrides.is_empty() { Vec::new() } else { ConfigFile::new(None, None).locked_out_now() }
}

/// Whether this process was told something by variables or options that another process, which answers for it, would not
/// know of.
pub fn is_overridden() -> bool {
    // A key press asks several times, and neither variables nor options change while a process runs.
    static SAID: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *SAID.get_or_init(|| {
        let overrides = overrides::Overrides::of_process();
        let keys = overrides.change_answers();
        !keys.is_empty() && !file::are_locked(&keys)
    })
}
