//! `gptos log`: what the resident tells of its work, and how much.

use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::ExitStatus;
use super::arguments::{LogVerb, TailArguments};
use super::ask::Surroundings;
use super::daemon::{failed, not_running};
use super::output::{Output, visible};
use crate::client::Unavailable;
use crate::config::ConfigFile;
use crate::domain::LogLevels;
use crate::paths::Paths;
use crate::protocol::{LogRequest, WireLog};
use crate::telemetry::{Follow, log_file};

/// How long a short exchange with the resident may take.
const EXCHANGE_LIMIT: Duration = Duration::from_secs(2);
/// How often new lines are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What is known of every line, or not for people.
const ELSEWHERE: [&str; 5] = ["ts", "level", "msg", "event", "version"];

/// Carries out `gptos log`.
pub(super) fn run(verb: &LogVerb, paths: &Paths, output: &mut Output<'_>) -> ExitStatus {
    match verb {
        LogVerb::Level { levels, reset } => level(levels, *reset, paths, output),
        LogVerb::Tail(arguments) => match &paths.state_dir {
            Some(directory) => tail(directory, arguments, output),
            None => failed(output, "log: there is no home directory to keep it in", None),
        },
        LogVerb::Path => match &paths.state_dir {
            Some(directory) => {
                output.line(&log_file(directory).display().to_string());
                ExitStatus::Success
            }
            None => failed(output, "log: there is no home directory to keep it in", None),
        },
    }
}

fn level(wanted: &[String], reset: bool, paths: &Paths, output: &mut Output<'_>) -> ExitStatus {
    let change = (!wanted.is_empty()).then(|| wanted.join(","));
    if let Some(Err(error)) = change.as_ref().map(|change| LogLevels::default().changed(change)) {
        output.error(&format!("log level: {error}"), Some("`gptos help log level` names levels and modules"));
        return ExitStatus::Usage;
    }
    let is_change = reset || change.is_some();
    let body = if is_change { serde_json::to_vec(&LogRequest { change }).unwrap_or_default() } else { Vec::new() };
    let method = if is_change { "PUT" } else { "GET" };
    let asked = match Surroundings::look().channel() {
        Some(channel) => channel.exchange(method, "/v1/log", &body, EXCHANGE_LIMIT),
        None => Err(Unavailable::NotRunning),
    };
    match asked.map(|reply| serde_json::from_slice::<WireLog>(&reply)) {
        Ok(Ok(log)) => {
            print(&log.levels, output);
            if let Some(directory) = paths.state_dir.as_deref().filter(|_| log.fails) {
                say_failing(directory, output);
            }
            if log.levels != log.configured {
                output.remark(&format!(
                    "until the background process ends or `gptos log level --reset`; the configuration says {}",
                    log.configured
                ));
            }
            ExitStatus::Success
        }
        Ok(Err(_)) => failed(output, "log level: unreadable reply of the resident", Some("`gptos daemon stop` ends it")),
        Err(Unavailable::NotRunning) if !is_change => {
            let config = ConfigFile::new(paths.config_file.clone(), paths.home.clone()).current().0;
            print(&config.log.to_string(), output);
            output.remark("no background process runs; the next one begins with this");
            ExitStatus::Success
        }
        Err(Unavailable::Refused(reason)) => failed(output, &format!("log level: {reason}"), None),
        Err(unavailable) => not_running(&unavailable, output),
    }
}

/// Whether a resident runs that cannot write what it tells.
fn is_failing() -> bool {
    let Some(channel) = Surroundings::look().channel() else { return false };
    let reply = channel.exchange("GET", "/v1/log", b"", EXCHANGE_LIMIT);
    reply.ok().and_then(|reply| serde_json::from_slice::<WireLog>(&reply).ok()).is_some_and(|log| log.fails)
}

fn say_failing(directory: &Path, output: &mut Output<'_>) {
    let folder = log_file(directory).parent().map(|folder| folder.display().to_string()).unwrap_or_default();
    output.error("the log cannot be written", Some(&format!("it wants private files (0600) in {folder} (0700), and room on that disk")));
}

/// The level for all on the first line, then one of a module on each.
fn print(levels: &str, output: &mut Output<'_>) {
    levels.split(',').for_each(|level| output.line(level));
}

fn tail(directory: &Path, arguments: &TailArguments, output: &mut Output<'_>) -> ExitStatus {
    let is_terminal = std::io::stdout().is_terminal();
    let for_people = is_terminal && !arguments.json;
    let show = |lines: Vec<String>, output: &mut Output<'_>| {
        for line in lines {
            match readable(&line).filter(|_| for_people) {
                Some(text) => output.line(&visible(&text)),
                None if is_terminal => output.line(&visible(&line)),
                None => output.data(&format!("{line}\n")),
            }
        }
        output.flush();
    };
    let failing = is_failing();
    if failing {
        say_failing(directory, output);
    }
    let (lines, mut log) = match Follow::begin(directory, arguments.lines) {
        Ok(begun) => begun,
        Err(error) => return failed(output, &format!("log: {error}"), None),
    };
    for unread in log.unread() {
        output.error(&format!("log: {unread}"), Some("older lines are missing here; what others can change is not read"));
    }
    let status = if failing || !log.unread().is_empty() { ExitStatus::NoAnswer } else { ExitStatus::Success };
    if failing && lines.is_empty() && !arguments.follow {
        return status;
    }
    if lines.is_empty() && arguments.lines > 0 && !arguments.follow {
        output.remark("nothing was written yet: the background process writes the log, and it starts with the first question");
        return ExitStatus::NoAnswer;
    }
    show(lines, output);
    while arguments.follow && !output.is_closed() {
        std::thread::sleep(LOOK_EVERY);
        match log.more() {
            Ok(lines) => show(lines, output),
            Err(error) => return failed(output, &format!("log: {error}"), None),
        }
    }
    status
}

/// A line for people: when, how bad, what, and the rest by name.
fn readable(line: &str) -> Option<String> {
    let Value::Object(fields) = serde_json::from_str(line).ok()? else { return None };
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let at = text("ts").get(..23).unwrap_or_default().replacen('T', " ", 1);
    let mut shown = format!("{at}Z {:5} {}", text("level"), text("msg"));
    for (name, value) in fields.iter().filter(|(name, _)| !ELSEWHERE.contains(&name.as_str())) {
        let value = match value {
            Value::String(text) if !text.is_empty() && !text.contains(char::is_whitespace) => text.clone(),
            other => other.to_string(),
        };
        shown.push_str(&format!(" {name}={value}"));
    }
    Some(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_made_readable() {
        let line = r#"{"ts":"2026-01-02T03:04:05.678901Z","level":"warn","msg":"it failed","event":"cache_failed","attempt":2,"reason":"a b","source":"cache","version":"1"}"#;
        assert_eq!(readable(line).as_deref(), Some("2026-01-02 03:04:05.678Z warn  it failed attempt=2 reason=\"a b\" source=cache"));
        assert_eq!((readable("torn"), readable("[]")), (None, None));
    }
}
