//! What will be written, and the writing of it.

use std::io;

use super::start_up::Line;
use super::vendors::Import;
use crate::cli::output::Output;
use crate::cli::{ExitStatus, auth, config_edit, config_set};
use crate::paths::Paths;
use crate::providers::ProviderSettings;

/// A provider that will be added.
pub(super) struct NewProvider {
    /// Its block.
    pub(super) block: String,
    /// What that says.
    pub(super) settings: ProviderSettings,
    /// A key that is kept from now on.
    pub(super) import: Option<Import>,
}

/// All of it.
#[derive(Default)]
pub(super) struct Plan {
    /// The line of a start-up file.
    pub(super) line: Option<Line>,
    /// The key that asks.
    pub(super) key: Option<String>,
    pub(super) providers: Vec<NewProvider>,
}

impl Plan {
    pub(super) fn is_empty(&self) -> bool {
        self.line.is_none() && self.key.is_none() && self.providers.is_empty()
    }

    /// Prints what would be written where.
    pub(super) fn show(&self, paths: &Paths, output: &mut Output<'_>) {
        let file = paths.config_file.as_deref().map(|file| file.display().to_string()).unwrap_or_default();
        if let Some(key) = &self.key {
            output.line(&format!("{file}:"));
            output.line(&format!("  shell.key = \"{key}\""));
        }
        for new in &self.providers {
            output.line(&format!("{file}:"));
            new.block.lines().for_each(|line| output.line(&format!("  {line}")));
            if let Some((login, _)) = &new.import {
                output.line(&format!("key of {}: into the {}, for {} alone", login.provider, login.store.name(), login.origin));
            }
        }
        if let Some(line) = &self.line {
            output.line(&format!("{}:", line.file.display()));
            output.line(&format!("  {}", line.text));
        }
        output.remark("nothing was written");
    }

    /// Writes it, the start-up file last: a shell that loads gptos finds the rest in its place.
    pub(super) fn carry_out(&self, paths: &Paths, output: &mut Output<'_>) -> ExitStatus {
        let Some(file) = paths.config_file.as_deref() else { return ExitStatus::Usage };
        let failed = |what: String, output: &mut Output<'_>| {
            output.error(&format!("setup: {what}"), Some("what was written before stays; the same command goes on from there"));
            ExitStatus::NoAnswer
        };
        if let Some(key) = &self.key {
            if let Err(error) = config_set::set_word(file, paths, "shell.key", key) {
                return failed(error.to_string(), output);
            }
            output.remark(&format!("shell.key is \"{key}\" in {}", file.display()));
        }
        let logins = auth::logins(paths);
        for new in &self.providers {
            if let Some((login, key)) = &new.import {
                if let Err(error) = logins.store(login, key) {
                    return failed(format!("the key of {}: {error}", login.provider), output);
                }
                output.remark(&format!(
                    "the key of {} is in the {}; the variable is not needed any more",
                    login.provider,
                    login.store.name()
                ));
            }
            match config_edit::append_provider(file, paths.home.as_deref(), &new.block) {
                Ok(section) => output.remark(&format!("added `{}` to {}", section.name, file.display())),
                Err(error) => {
                    // A key without its provider would be forgotten there.
                    let taken_back = new.import.as_ref().is_none_or(|(login, _)| logins.remove(&login.provider, login.store).is_ok());
                    let rest = if taken_back { "" } else { "; its key is still kept" };
                    return failed(format!("{}: {error}{rest}", new.settings.name), output);
                }
            }
        }
        if let Some(line) = &self.line {
            match line.write() {
                Ok(backup) => {
                    let copy = backup.map(|copy| format!("; the file as it was is {}", copy.display())).unwrap_or_default();
                    output.remark(&format!("added one line to {}{copy}", line.file.display()));
                }
                Err(error) => return failed(reason(line, &error), output),
            }
        }
        ExitStatus::Success
    }
}

fn reason(line: &Line, error: &io::Error) -> String {
    format!("`{}`: {error}", line.file.display())
}
