//! What is said of mistakes in files, and of changes of them.

use crate::api::Notice;
use crate::config::{ConfigProblem, Reloads, keys};
use crate::domain::LogEvent;
use crate::paths;

/// Tells the log of a change of the configuration files.
pub(super) fn tell_reload(before: Reloads, now: Reloads, problem: Option<&ConfigProblem>) {
    if now.ok > before.ok {
        tracing::info!(event = LogEvent::ConfigReloaded.name(), "a change of the configuration holds");
    }
    if now.rejected > before.rejected {
        let detail = problem.map(ToString::to_string).unwrap_or_default();
        let (place, reason) = problem.map(in_own_words).unwrap_or_default();
        tracing::warn!(event = LogEvent::ConfigRejected.name(), place, reason, detail, "a change of the configuration does not hold");
    }
}

/// Where a mistake is, by the name of the file and the line, and what it is, in words of this program alone.
fn in_own_words(problem: &ConfigProblem) -> (String, String) {
    let file = problem.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let place = if problem.path == paths::admin_config() { problem.path.display().to_string() } else { file };
    let key = problem.key.as_deref().filter(|key| keys::find(key).is_some()).map(|key| format!("`{key}`: ")).unwrap_or_default();
    (problem.line.map_or(place.clone(), |line| format!("{place}:{line}")), format!("{key}{}", problem.cause))
}

/// One line about the mistakes in the configuration files, of which the first is named.
pub(super) fn told(problems: &[ConfigProblem], is_rejected: bool) -> Option<String> {
    let first = problems.first()?;
    let more = match problems.len() {
        1 => String::new(),
        all => format!(" and {} more, which `gptos config check` tells", all - 1),
    };
    let until = if is_rejected { "; until it is mended, what held before stays in force" } else { "" };
    Some(format!("{}{more}{until}", first.in_one_line()))
}

/// One line about files of intents that are wrong.
pub(super) fn notice(problems: &[ConfigProblem]) -> Option<Notice> {
    let first = problems.first()?;
    let more = if problems.len() > 1 { format!(", and {} more", problems.len() - 1) } else { String::new() };
    Some(Notice::new(format!("left out: {first}{more}; `gptos intents list` tells all")))
}
