//! What all checks of this machine look at, and what each of them tells.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::checks::Finding;
use crate::cli::ask::Surroundings;
use crate::cli::facts;
use crate::client::Unavailable;
use crate::config::{Config, ConfigFile, ConfigProblem};
use crate::domain::ShellFacts;
use crate::protocol::Status;
use crate::wiring;

/// One thing that is looked at.
#[derive(Debug, Serialize)]
pub(super) struct Area {
    /// What it is, in one word.
    pub(super) name: &'static str,
    /// What was seen.
    pub(super) said: String,
    /// What is wrong with it.
    pub(super) findings: Vec<Finding>,
}

impl Area {
    pub(super) fn new(name: &'static str, said: impl Into<String>) -> Self {
        Self { name, said: said.into(), findings: Vec::new() }
    }

    /// Adds something that is wrong.
    pub(super) fn wrong(&mut self, id: &'static str, place: impl Into<String>, cause: impl Into<String>, mend: impl Into<String>) {
        self.findings.push(Finding { id, place: place.into(), cause: cause.into(), mend: mend.into() });
    }
}

/// This machine as it was found.
pub(super) struct Around {
    pub(super) surroundings: Surroundings,
    pub(super) config: Arc<Config>,
    /// What is wrong with the files of the configuration and with intents.
    pub(super) problems: Vec<ConfigProblem>,
    pub(super) pack_problems: Vec<ConfigProblem>,
    pub(super) facts: ShellFacts,
    /// What the background process says of itself.
    pub(super) status: Result<Status, Unavailable>,
}

impl Around {
    pub(super) fn look() -> Self {
        let surroundings = Surroundings::look();
        let mut file = ConfigFile::new(surroundings.paths.config_file.clone(), surroundings.paths.home.clone());
        let config = file.current().0;
        let status = crate::cli::daemon::exchange("GET", "/v1/status")
            .and_then(|reply| serde_json::from_slice(&reply).map_err(|_| Unavailable::Refused("its reply cannot be read".to_owned())));
        Self {
            problems: file.problems().to_vec(),
            pack_problems: wiring::translator(&surroundings.paths).1,
            facts: facts::gather(facts::default_shell(), String::new()),
            config,
            status,
            surroundings,
        }
    }

    /// A path with the home directory as `~`.
    pub(super) fn short(&self, path: &Path) -> String {
        match self.surroundings.paths.home.as_deref().and_then(|home| path.strip_prefix(home).ok()) {
            Some(below) => format!("~/{}", below.display()),
            None => path.display().to_string(),
        }
    }
}

/// A path as a word of a command line.
pub(super) fn word(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+:@%".contains(&byte));
    if is_plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// A reason that may carry its hint behind a semicolon.
pub(super) fn apart<'a>(reason: &'a str, otherwise: &'a str) -> (&'a str, &'a str) {
    reason.split_once("; hint: ").unwrap_or((reason, otherwise))
}
