//! `gptos audit`: what was asked, offered and run, and whether anybody has changed it since.

use std::fs;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::arguments::{AuditVerb, AuditVerifyArguments};
use super::ask::Surroundings;
use super::audit_moments::{export, show};
use super::doctor::word;
use super::output::Output;
use super::{ExitStatus, audit_switch};
use crate::audit::{self, AuditError, Problem, Report, Upkeep, VerifyKey};
use crate::client::Unavailable;
use crate::paths::Paths;
use crate::platform;

/// How long the resident may take to write what it has.
const FLUSH_LIMIT: Duration = Duration::from_secs(2);
/// A file with a key is not longer than that.
const MOST_KEY: u64 = 1024;

/// `audit verify --json`.
#[derive(Serialize)]
struct Verified<'a> {
    status: u8,
    segments: usize,
    bytes: u64,
    records: u64,
    first_record: u64,
    entries: u64,
    forgotten: u64,
    mended_ends: u64,
    seals: u64,
    seals_checked: bool,
    unsealed: u64,
    end_noted: bool,
    torn: Option<&'a str>,
    problems: Vec<Found<'a>>,
}

#[derive(Serialize)]
struct Found<'a> {
    segment: &'a str,
    seq: Option<u64>,
    kind: &'static str,
}

/// Does what was asked with the trail.
pub(super) fn run(verb: &AuditVerb, paths: &Paths, output: &mut Output<'_>) -> ExitStatus {
    let Some(state) = paths.state_dir.as_deref() else {
        output.error("audit: no home directory, so nothing is recorded", Some("set HOME"));
        return ExitStatus::NoAnswer;
    };
    flush(output);
    let since = |age: &u64| now().saturating_sub(*age);
    let done = match verb {
        AuditVerb::Show { since: age } => audit::moments(state).map(|moments| show(&moments, age.as_ref().map_or(0, since), output)),
        AuditVerb::Export { format } => audit::moments(state).map(|moments| export(&moments, *format, output)),
        AuditVerb::Verify(arguments) => return verify(state, arguments, output),
        AuditVerb::Prune { older_than } => Upkeep::new(state).prune(now(), *older_than).map(|files| pruned(files, output)),
        AuditVerb::Forget { since: age, all: _ } => {
            Upkeep::new(state).forget(age.as_ref().map_or(0, since), now()).map(|count| forgotten(count, output))
        }
        AuditVerb::Off => return audit_switch::run(false, paths, state, output),
        AuditVerb::On => return audit_switch::run(true, paths, state, output),
        AuditVerb::Seal { init: _, anyway: false } => Upkeep::new(state).seal(now()).map(|key| sealed(&key, output)),
        AuditVerb::Seal { init: _, anyway: true } => Upkeep::new(state).seal_as_it_is(now()).map(|key| sealed(&key, output)),
    };
    done.unwrap_or_else(|error| failed(&error, output))
}

/// Has the resident write what it has. Without one there is nothing to wait for.
fn flush(output: &mut Output<'_>) {
    let Some(channel) = Surroundings::look().channel() else { return };
    match channel.exchange("POST", "/v1/audit/flush", b"", FLUSH_LIMIT) {
        Ok(_) | Err(Unavailable::NotRunning) => {}
        Err(_) => output.remark("the resident did not say that it has written everything; its last records may be missing here"),
    }
}

fn failed(error: &AuditError, output: &mut Output<'_>) -> ExitStatus {
    let hint = match error {
        AuditError::Changed(_) => Some("`gptos audit verify` tells where; `gptos audit seal --init --anyway` seals it as it is".to_owned()),
        AuditError::Foreign(path) => closed(path),
        _ => None,
    };
    output.error(&format!("audit: {error}"), hint.as_deref());
    ExitStatus::Internal
}

/// What makes a file or folder of the user's that others may enter theirs alone.
fn closed(path: &Path) -> Option<String> {
    let metadata = fs::symlink_metadata(path).ok().filter(platform::is_own)?;
    let mode = if metadata.is_dir() { "700" } else { "600" };
    (!metadata.is_symlink() && metadata.mode() & 0o077 != 0).then(|| format!("chmod {mode} {}", word(path)))
}

pub(super) fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}

fn verify(state: &Path, arguments: &AuditVerifyArguments, output: &mut Output<'_>) -> ExitStatus {
    let key = match arguments.key.as_deref().map(read_key).transpose() {
        Ok(key) => key,
        Err(reason) => {
            output.error(&format!("audit verify: {reason}"), Some("the key is the one that `gptos audit seal --init` has printed"));
            return ExitStatus::Usage;
        }
    };
    let report = match audit::verify(state, key.as_ref()) {
        Ok(report) => report,
        Err(error) => return failed(&error, output),
    };
    if arguments.json {
        output.data(&format!("{}\n", serde_json::to_string(&verified(&report)).unwrap_or_default()));
    } else {
        tell(&report, output);
    }
    match report.status() {
        0 => ExitStatus::Success,
        1 => ExitStatus::NoAnswer,
        _ => ExitStatus::MediumRisk,
    }
}

fn read_key(path: &Path) -> Result<VerifyKey, String> {
    let mut text = String::new();
    let read = match path.to_str() {
        Some("-") => std::io::stdin().lock().take(MOST_KEY).read_to_string(&mut text),
        _ => fs::File::open(path).and_then(|file| file.take(MOST_KEY).read_to_string(&mut text)),
    };
    read.map_err(|error| format!("{}: {error}", path.display()))?;
    VerifyKey::parse(text.trim()).ok_or_else(|| format!("{}: it holds no key", path.display()))
}

fn verified(report: &Report) -> Verified<'_> {
    Verified {
        status: report.status(),
        segments: report.segments,
        bytes: report.bytes,
        records: report.records,
        first_record: report.first,
        entries: report.entries,
        forgotten: report.forgotten,
        mended_ends: report.mended,
        seals: report.seals,
        seals_checked: report.is_checked,
        unsealed: report.unsealed,
        end_noted: report.is_end_noted,
        torn: report.torn.as_ref().map(|(segment, _)| segment.as_str()),
        problems: report
            .problems
            .iter()
            .map(|found| Found { segment: &found.segment, seq: found.seq, kind: found.damage.name() })
            .collect(),
    }
}

fn tell(report: &Report, output: &mut Output<'_>) {
    for alike in report.problems.chunk_by(|one, next| one.damage == next.damage) {
        output.line(&places(alike));
    }
    match &report.torn {
        None => {}
        Some((segment, 0)) => output.line(&format!("{segment}: the file is empty; its writer ended before its first record")),
        Some((segment, bytes)) => output.line(&format!(
            "{segment}: the last {bytes} bytes are the beginning of a record whose writer ended; the next one cuts them off"
        )),
    }
    let verdict = match report.status() {
        0 => "whole",
        1 => "whole but for a torn end",
        _ => "changed",
    };
    let mut line = format!("{verdict}: {} records in {} files, {} of them forgotten", report.records, report.segments, report.forgotten);
    if report.first > 0 {
        line += &format!(", those before record {} were dropped", report.first);
    }
    output.line(&line);
    if !report.is_end_noted && report.records > 0 && report.problems.is_empty() {
        output.line("its end is noted nowhere (the note may have been removed), so records gone from there would not be missed");
    }
    output.line(&match (report.is_sealed, report.is_checked) {
        (true, true) => format!("sealed: {} seals checked, {} records since the last one", report.seals, report.unsealed),
        (true, false) => format!("sealed: {} seals not checked, `--key FILE` checks them", report.seals),
        (false, _) => "not sealed: whoever has your rights can rewrite all of it; `gptos audit seal --init` changes that".to_owned(),
    });
}

/// Where the same is wrong, in one line.
fn places(alike: &[Problem]) -> String {
    let [first, .., last] = alike else {
        return alike.iter().map(|one| format!("{}: {}", place(one), what(one))).collect();
    };
    format!("{} to {}: {} times {}", place(first), place(last), alike.len(), what(first))
}

fn place(problem: &Problem) -> String {
    let record = problem.seq.map(|seq| format!(": record {seq}")).unwrap_or_default();
    format!("{}{record}", problem.segment)
}

fn what(problem: &Problem) -> String {
    format!("{}: {}", problem.damage.name(), problem.damage.meaning())
}

fn pruned(files: usize, output: &mut Output<'_>) -> ExitStatus {
    output.remark(&match files {
        0 => "nothing is old enough".to_owned(),
        1 => "one file was dropped".to_owned(),
        files => format!("{files} files were dropped"),
    });
    ExitStatus::Success
}

fn forgotten(count: usize, output: &mut Output<'_>) -> ExitStatus {
    match count {
        0 => {
            output.error("audit forget: nothing was recorded in that time", None);
            return ExitStatus::NoAnswer;
        }
        1 => output.remark("one record is forgotten"),
        count => output.remark(&format!("{count} records are forgotten")),
    }
    ExitStatus::Success
}

fn sealed(key: &VerifyKey, output: &mut Output<'_>) -> ExitStatus {
    output.line(&key.written());
    output.remark("keep this key off this machine: it is shown once, and `gptos audit verify --key FILE` checks the seals with it");
    ExitStatus::Success
}
