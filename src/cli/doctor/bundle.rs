//! `gptos doctor --bundle`: one text file for the report of a bug. It holds nothing of what was asked, offered or run.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::runtime::Runtime;

use super::around::Around;
use super::machine;
use super::scrub::Scrub;
use crate::cli::output::Output;
use crate::cli::{ExitStatus, daemon, facts, provider_ask, tour};
use crate::config::ValueOrigin;
use crate::domain::KeySettings;
use crate::platform;
use crate::telemetry::{Follow, without_words};

/// Most bytes of a section; of a longer one the end counts.
const MOST: usize = 64 * 1024;
const HEAD: &str = "A report of gptos for a bug. Read it before you send it to anybody: names of yours and keys were replaced as far as they\n\
    were known (~, USER, HOST, KEY, [hidden]). What you asked, were offered and ran is not in it.\n";
/// Lines of the log.
const LOG_LINES: usize = 300;
/// Variables that tell about the terminal and nothing about the user.
const TERMINAL: [&str; 7] = ["TERM", "TERM_PROGRAM", "COLORTERM", "TERMINAL_EMULATOR", "LANG", "LC_ALL", "NO_COLOR"];

/// Writes it and says where. What is there already is never overwritten.
pub(super) fn write(file: Option<&Path>, around: &Around, call: bool, runtime: &Runtime, output: &mut Output<'_>) -> ExitStatus {
    let file = file.map_or_else(usual_name, Path::to_owned);
    let sections = sections(around, call, runtime);
    let scrub = scrub(around);
    let mut text = HEAD.to_owned();
    for (name, content) in &sections {
        text.push_str(&format!("\n== {name} ==\n{}", scrub.text(tail(content))));
    }
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file);
    if let Err(error) = opened.and_then(|mut opened| opened.write_all(text.as_bytes()).and_then(|()| opened.sync_all())) {
        let hint = if file.exists() {
            "name another file: gptos doctor --bundle FILE"
        } else {
            "name a file in a folder of yours: gptos doctor --bundle FILE"
        };
        output.error(&format!("doctor: {}: {error}", file.display()), Some(hint));
        return ExitStatus::Internal;
    }
    output.line(&file.display().to_string());
    let names: Vec<&str> = sections.iter().map(|(name, _)| *name).collect();
    output.remark(&format!("{} bytes, readable by you alone: {}", text.len(), names.join(", ")));
    output.remark("nothing of what you asked, were offered or ran is in it; read it before you send it to anybody");
    ExitStatus::Success
}

fn usual_name() -> PathBuf {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    PathBuf::from(format!("gptos-report-{seconds}.txt"))
}

fn sections(around: &Around, call: bool, runtime: &Runtime) -> Vec<(&'static str, String)> {
    // Nobody is asked anything while a file is written: providers are called if that was said, or not at all.
    let mut silent = Output::new(Box::new(std::io::sink()), Box::new(std::io::sink()), crate::cli::output::Color::Never);
    let areas = machine::areas(around, call, runtime, &provider_ask::call_once, &mut silent);
    let findings: String = machine::lines(&areas).into_iter().flat_map(|(_, line)| [line, "\n".to_owned()]).collect();
    let mut sections =
        vec![("versions", versions(around)), ("findings", findings), ("configuration", configuration(around)), ("shell", shell(around))];
    match daemon::exchange("GET", "/v1/status").ok().and_then(|status| serde_json::from_slice::<serde_json::Value>(&status).ok()) {
        Some(status) => sections.push(("status", serde_json::to_string_pretty(&status).unwrap_or_default())),
        None => sections.push(("status", "no background process answers".to_owned())),
    }
    if let Some(page) = daemon::exchange("GET", "/v1/metrics").ok().and_then(|page| String::from_utf8(page).ok()) {
        let counted = page.lines().filter(|line| !line.starts_with('#') && !line.ends_with(" 0"));
        sections.push(("metrics", counted.flat_map(|line| [line, "\n"]).collect()));
    }
    if let Some(state) = around.surroundings.paths.state_dir.as_deref()
        && let Ok((lines, _)) = Follow::begin(state, LOG_LINES)
        && !lines.is_empty()
    {
        sections.push(("log", lines.iter().filter_map(|line| without_words(line)).flat_map(|line| [line, "\n".to_owned()]).collect()));
    }
    sections
}

fn versions(around: &Around) -> String {
    let build = around.surroundings.binary.as_ref().map(|binary| binary.build()).unwrap_or_default();
    let system = rustix::system::uname();
    let kernel = format!("{} {}", system.sysname().to_string_lossy(), system.release().to_string_lossy());
    let mut text = format!("gptos {build}\n{}\n{kernel} {}\n", platform::OS_NAME, system.machine().to_string_lossy());
    for name in TERMINAL {
        if let Some(value) = facts::variable(name) {
            text.push_str(&format!("{name}={value}\n"));
        }
    }
    text
}

/// Every value in force, by whom.
fn configuration(around: &Around) -> String {
    around.config.rows().into_iter().map(|(key, value, origin)| format!("{key} = {value}  # {}\n", by(origin))).collect()
}

fn by(origin: ValueOrigin) -> &'static str {
    match origin {
        ValueOrigin::Default => "default",
        ValueOrigin::Admin { .. } => "administrator",
        ValueOrigin::File { .. } => "user",
        ValueOrigin::Variable => "environment",
        ValueOrigin::Flag => "option",
    }
}

fn shell(around: &Around) -> String {
    let shell = around.facts.shell;
    let Some(Ok(report)) = tour::program(shell).map(|program| super::question(shell, &program)) else {
        return format!("{} tells nothing\n", shell.name());
    };
    let mut text = format!("{} {}\n", shell.name(), report.version);
    let loaded = report.loaded.as_deref().unwrap_or("nothing");
    text.push_str(&format!("loaded from {loaded}\nbeside it: {}\n", report.seen.join(", ")));
    let options = report.variables.iter().filter(|(name, _)| name.starts_with("GPTOS_"));
    text.extend(options.map(|(name, value)| format!("{name}={value}\n")));
    text
}

/// The end of a text that is too long.
fn tail(text: &str) -> &str {
    let from = text.len().saturating_sub(MOST);
    let from = (from..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[from..]
}

/// What this user and this machine are called, and the keys that this shell has.
fn scrub(around: &Around) -> Scrub {
    let home = around.surroundings.paths.home.as_deref();
    let user = facts::variable("USER").or_else(|| facts::variable("LOGNAME")).or_else(|| Some(home?.file_name()?.to_str()?.to_owned()));
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let keys: Vec<String> = around
        .config
        .providers
        .iter()
        .filter_map(|provider| match &provider.key {
            Some(KeySettings::Env(name)) => facts::variable(name),
            Some(KeySettings::File(file)) => std::fs::read_to_string(file).ok().map(|key| key.trim().to_owned()),
            _ => None,
        })
        .collect();
    Scrub::new(home, user.as_deref(), Some(&host), &keys)
}
