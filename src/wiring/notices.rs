//! What is said of mistakes in files, and of changes of them.

use crate::api::Notice;
use crate::config::{ConfigProblem, Reloads};
use crate::domain::LogEvent;

/// Tells the log of a change of the configuration files.
pub(super) fn tell_reload(before: Reloads, now: Reloads, problem: Option<&ConfigProblem>) {
    if now.ok > before.ok {
        tracing::info!(event = LogEvent::ConfigReloaded.name(), "a change of the configuration holds");
    }
    if now.rejected > before.rejected {
        let detail = problem.map(ToString::to_string).unwrap_or_default();
        tracing::warn!(event = LogEvent::ConfigRejected.name(), detail, "a change of the configuration does not hold");
    }
}

/// One line about a mistake in a configuration file.
pub(super) fn told(problem: &ConfigProblem, is_rejected: bool) -> String {
    let hint = problem.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
    let until = if is_rejected { "; until it is mended, what held before stays in force" } else { "" };
    format!("{problem}{hint}{until}")
}

/// One line about files of intents that are wrong.
pub(super) fn notice(problems: &[ConfigProblem]) -> Option<Notice> {
    let first = problems.first()?;
    let more = if problems.len() > 1 { format!(", and {} more", problems.len() - 1) } else { String::new() };
    Some(Notice::new(format!("left out: {first}{more}; `gptos intents list` tells all")))
}
