//! What all checks of this machine look at, and what each of them tells.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use super::checks::Finding;
use super::elsewhere::Elsewhere;
use crate::cli::ask::Surroundings;
use crate::cli::facts;
use crate::cli::provider_mend::as_command;
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
    /// What was seen. What is borrowed are words of this program, and may be told to strangers.
    pub(super) said: Cow<'static, str>,
    /// What is wrong with it.
    pub(super) findings: Vec<Finding>,
    /// What strangers are told instead of what was seen: numbers, and words of this program.
    #[serde(skip)]
    pub(super) public: Option<String>,
}

impl Area {
    pub(super) fn new(name: &'static str, said: impl Into<Cow<'static, str>>) -> Self {
        Self { name, said: said.into(), findings: Vec::new(), public: None }
    }

    /// One of which only numbers and words of this program are told, so that strangers may read them.
    pub(super) fn counted(name: &'static str, said: String) -> Self {
        Self { public: Some(said.clone()), ..Self::new(name, said) }
    }

    /// The same for what was seen later.
    pub(super) fn count(&mut self, said: String) {
        self.public = Some(said.clone());
        self.said = said.into();
    }

    /// Adds something that is wrong.
    pub(super) fn wrong(
        &mut self,
        id: &'static str,
        place: impl Into<Cow<'static, str>>,
        cause: impl Into<Cow<'static, str>>,
        mend: impl Into<Cow<'static, str>>,
    ) {
        self.findings.push(Finding::new(id, place, cause, mend));
    }

    /// Says what strangers may read of the details of what was added last.
    pub(super) fn publicly(&mut self, public: impl Into<String>) {
        if let Some(last) = self.findings.last_mut() {
            last.public = public.into();
        }
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
    /// Another background process of this user, which this shell does not ask.
    pub(super) elsewhere: Option<Elsewhere>,
}

impl Around {
    pub(super) fn look() -> Self {
        let surroundings = Surroundings::look();
        let mut file = ConfigFile::new(surroundings.paths.config_file.clone(), surroundings.paths.home.clone());
        let config = file.current().0;
        let status = crate::cli::daemon::exchange("GET", "/v1/status").and_then(|reply| {
            serde_json::from_slice::<Status>(&reply).map_err(|_| Unavailable::Refused("its reply cannot be read".to_owned()))
        });
        Self {
            elsewhere: Elsewhere::look(&surroundings.paths, status.as_ref().ok().map(|status| status.pid)),
            problems: file.problems(),
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
pub(in crate::cli) fn word(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+:@%".contains(&byte));
    if is_plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// A reason that may carry its hint behind a semicolon, and what mends it: the hint where it is a command, otherwise this one with the hint
/// behind it.
pub(super) fn apart<'a>(reason: &'a str, otherwise: &str) -> (&'a str, String) {
    let (cause, hint) = reason.split_once("; hint: ").map_or((reason, None), |(cause, hint)| (cause, Some(hint)));
    (cause, mend(hint, otherwise))
}

/// The same where the hint stands alone.
pub(super) fn mend(hint: Option<&str>, otherwise: &str) -> String {
    match hint {
        None => otherwise.to_owned(),
        Some(hint) => as_command(hint).unwrap_or_else(|| format!("{}    ({hint})", otherwise.split("    (").next().unwrap_or_default())),
    }
}
