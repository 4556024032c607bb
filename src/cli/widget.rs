//! The hot verbs: what a key press starts. They are matched before the argument parser is built.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::time::Duration;

use super::ask::{Ask, Surroundings};
use super::output::{self, Fields};
use super::{ExitStatus, facts, hints, present};
use crate::domain::{Query, ShellKind};
use crate::protocol::{Mode, RanRequest, WireShell};

/// How many suggestions a shell cycles through.
const WANT: usize = 4;
/// No progress sign before this: most answers are there by then, and a flicker is worse than nothing.
const PROGRESS_AFTER: Duration = Duration::from_millis(120);
/// How long `ran` waits for the resident; it runs in the background and nobody reads its result.
const RAN_LIMIT: Duration = Duration::from_millis(500);

/// Runs `widget` and `ran`; `None` when the arguments are for the ordinary parser.
pub(super) fn run(arguments: &[OsString]) -> Option<ExitStatus> {
    let words: Vec<&str> = arguments.iter().map(OsString::as_os_str).map(OsStr::to_str).collect::<Option<_>>()?;
    match words.as_slice() {
        ["widget", shell, options @ ..] => Some(widget(shell, options)),
        ["ran", shell, status] => Some(ran(shell, status)),
        _ => None,
    }
}

fn widget(shell: &str, options: &[&str]) -> ExitStatus {
    let surroundings = Surroundings::look();
    let mut fields = Fields::new();
    let status = match read_widget(shell, options) {
        Ok(ask) => {
            let mut shown = surroundings.started + PROGRESS_AFTER;
            let answer = surroundings.ask(&ask, &mut |waiting| {
                let now = std::time::Instant::now();
                if now >= shown {
                    shown = now + PROGRESS_AFTER;
                    let elapsed = surroundings.started.elapsed().as_millis().to_string();
                    // The shell is gone when nobody reads: then nobody wants the answer, and closing the connection
                    // cancels the work.
                    if fields.write("tick", &elapsed, waiting.on.as_deref().unwrap_or_default()).is_err() {
                        output::leave(ExitStatus::Cancelled);
                    }
                }
            });
            let shown = present::suggestions(&answer, ask.facts.shell);
            for suggestion in &shown {
                let _ = fields.write("cmd", suggestion.command(), &suggestion.note());
            }
            if let Some(name) = &answer.more {
                let _ = fields.write("more", name, "");
            }
            if shown.is_empty() {
                let reason = hints::no_answer(&answer, &ask.query, &surroundings.paths);
                let _ = fields.write("msg", &reason, "");
                ExitStatus::NoAnswer
            } else {
                if !answer.remarks.is_empty() {
                    let _ = fields.write("msg", &answer.remarks.join("; "), "");
                }
                ExitStatus::Success
            }
        }
        Err(reason) => {
            let _ = fields.write("msg", &reason, "");
            ExitStatus::Usage
        }
    };
    let _ = fields.write("end", &(status as u8).to_string(), "");
    let _ = fields.finish();
    status
}

fn read_widget(shell: &str, options: &[&str]) -> Result<Ask, String> {
    let shell: ShellKind = shell.parse()?;
    let mut mode = Mode::Normal;
    let mut version = String::new();
    let mut options = options.iter();
    while let Some(option) = options.next() {
        match *option {
            "--fresh" => mode = Mode::Fresh,
            "--shell-version" => version = options.next().ok_or("`--shell-version` needs a value")?.to_string(),
            other => return Err(format!("`{other}` is not an option of `widget`")),
        }
    }
    let query = read_query()?;
    Ok(Ask { query, facts: facts::gather(shell, version), mode, want: WANT, no_cache: false, patient: false })
}

/// Reads the query from standard input, no more of it than tells that it is too long.
pub(super) fn read_query() -> Result<String, String> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(Query::MAX_BYTES * 2).unwrap_or(u64::MAX);
    std::io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(|error| format!("standard input: {error}"))?;
    Query::from_bytes(&bytes).map(|query| query.as_str().to_owned()).map_err(|error| error.to_string())
}

fn ran(shell: &str, status: &str) -> ExitStatus {
    let (Ok(shell), Ok(status)) = (shell.parse::<ShellKind>(), status.parse::<i32>()) else { return ExitStatus::Usage };
    let mut text = String::new();
    let limit = u64::try_from(Query::MAX_BYTES * 8).unwrap_or(u64::MAX);
    if std::io::stdin().lock().take(limit).read_to_string(&mut text).is_err() {
        return ExitStatus::Usage;
    }
    let Some((query, command)) = text.split_once('\0') else { return ExitStatus::Usage };
    let shell = WireShell::from_facts(&facts::gather(shell, String::new()), &[]);
    let request = RanRequest { query: query.to_owned(), command: command.trim_end_matches(['\n', '\0']).to_owned(), status, shell };
    let Some(channel) = Surroundings::look().channel() else { return ExitStatus::NoAnswer };
    let sent = serde_json::to_vec(&request).is_ok_and(|body| channel.exchange("POST", "/v1/ran", &body, RAN_LIMIT).is_ok());
    if sent { ExitStatus::Success } else { ExitStatus::NoAnswer }
}
