//! `gptos memory`: what was run for which words.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::ExitStatus;
use super::arguments::MemoryVerb;
use super::doctor::word;
use super::output::{Output, visible};
use crate::memory::{FileMemory, file_in};
use crate::paths::Paths;
use crate::suggest::ports::Remembered;

/// A line that was run, as `memory list --json` and `memory export` print it.
#[derive(Serialize)]
struct Listed<'a> {
    query: &'a str,
    command: &'a str,
    shell: &'static str,
    worked: u32,
    demoted: bool,
    last_run_unix: u64,
}

/// Does what was asked with what is remembered.
pub(super) fn run(verb: &MemoryVerb, paths: &Paths, output: &mut Output<'_>) -> ExitStatus {
    let Some(directory) = paths.state_dir.as_deref() else {
        output.error("memory: no home directory, so nothing is remembered", Some("set HOME"));
        return ExitStatus::NoAnswer;
    };
    let memory = match FileMemory::open(directory) {
        Ok(memory) => memory,
        Err(error) => {
            output.error(&format!("memory: {error}"), None);
            return ExitStatus::Internal;
        }
    };
    match verb {
        MemoryVerb::List { .. } | MemoryVerb::Export => match memory.all() {
            Ok(lines) if *verb == MemoryVerb::Export => export(&lines, output),
            Ok(lines) => list(&lines, *verb == MemoryVerb::List { json: true }, output),
            Err(error) => {
                output.error(&format!("memory: {error}"), Some(&format!("mv {0} {0}.old", word(&file_in(directory)))));
                ExitStatus::Internal
            }
        },
        MemoryVerb::Forget { all: false, words } => forget(&memory, Some(&words.join(" ")), output),
        MemoryVerb::Forget { all: true, .. } if !file_in(directory).exists() => nothing(output),
        MemoryVerb::Forget { all: true, .. } => forget(&memory, None, output),
    }
}

fn list(lines: &[Remembered], json: bool, output: &mut Output<'_>) -> ExitStatus {
    if json {
        let listed: Vec<_> = lines.iter().map(listed).collect();
        output.data(&format!("{}\n", serde_json::to_string(&listed).unwrap_or_default()));
        return ExitStatus::Success;
    }
    if lines.is_empty() {
        output.remark("nothing is remembered yet");
    }
    for line in lines {
        output.bold_line(&visible(&line.query));
        let times = if line.worked == 1 { "once".to_owned() } else { format!("{} times", line.worked) };
        let demoted = if line.demoted { ", failed lately" } else { "" };
        output.line(&format!("    {}    ({}, {times}{demoted})", visible(&line.command), line.shell.name()));
    }
    ExitStatus::Success
}

fn export(lines: &[Remembered], output: &mut Output<'_>) -> ExitStatus {
    for line in lines.iter().rev() {
        output.data(&format!("{}\n", serde_json::to_string(&listed(line)).unwrap_or_default()));
    }
    ExitStatus::Success
}

fn forget(memory: &FileMemory, query: Option<&str>, output: &mut Output<'_>) -> ExitStatus {
    match memory.forget(query) {
        Ok(0) if query.is_some() => {
            output.error("memory forget: nothing was run for these words", Some("`gptos memory list` shows the words as they are kept"));
            ExitStatus::NoAnswer
        }
        Ok(0) => nothing(output),
        Ok(1) => {
            output.remark("one line is forgotten");
            ExitStatus::Success
        }
        Ok(count) => {
            output.remark(&format!("{count} lines are forgotten"));
            ExitStatus::Success
        }
        Err(error) => {
            output.error(&format!("memory forget: {error}"), None);
            ExitStatus::Internal
        }
    }
}

fn nothing(output: &mut Output<'_>) -> ExitStatus {
    output.error("memory forget: nothing is remembered", None);
    ExitStatus::NoAnswer
}

fn listed(line: &Remembered) -> Listed<'_> {
    Listed {
        query: &line.query,
        command: &line.command,
        shell: line.shell.name(),
        worked: line.worked,
        demoted: line.demoted,
        last_run_unix: seconds(line.at),
    }
}

fn seconds(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
