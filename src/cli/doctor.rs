//! `gptos doctor`: what is wrong with this machine, and what stands between the user and the keys. The user's shell is started and asked;
//! configuration files are read.

mod around;
mod asked;
mod bundle;
mod checks;
mod elsewhere;
mod files;
mod health;
mod install;
mod machine;
mod neighbours;
mod network;
mod public;
mod report;
mod resident;
mod scrub;
mod sections;
mod store;
mod terminals;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use self::around::Around;
pub(super) use self::around::word;
use self::checks::{Finding, Sight, findings};
pub(super) use self::files::{Line, start_up};
use self::report::Report;
use self::terminals::Terminal;
use super::arguments::DoctorArguments;
use super::output::Output;
use super::{ExitStatus, facts, init, provider_ask, tour};
use crate::config::{ConfigFile, reserved};
use crate::domain::ShellKind;
use crate::paths::Paths;
use crate::platform::OwnBinary;
use crate::system::own_shell::{self, ShellStart};
use crate::system::{find_executable, is_executable};

/// How long a shell may take to come to its first prompt.
const LIMIT: Duration = Duration::from_secs(5);
/// The text of the second argument is read only after aliases are out of the way.
const READ_ZSH: &str = "'builtin' 'unalias' '-m' '*'; 'builtin' 'eval' \"$1\"";
const READ_BASH: &str = "\\builtin shopt -u expand_aliases; \\builtin eval \"$1\"";

#[derive(Serialize)]
struct Told<'a> {
    shell: &'static str,
    version: &'a str,
    loaded_from: Option<&'a str>,
    loaded_by: Option<&'a str>,
    keys: Vec<String>,
    free_key: Option<&'static str>,
    tab: Option<&'a str>,
    beside: &'a [String],
    notes: Vec<&'static str>,
    findings: &'a [Finding],
}

/// Looks for what is wrong and tells it.
pub(super) fn run(arguments: &DoctorArguments, paths: &Paths, output: &mut Output<'_>) -> ExitStatus {
    if let Some(program) = &arguments.in_terminal {
        let error = own_shell::become_shell_aside(program, &arguments.arguments);
        output.error(&format!("`{}`: {error}", program.display()), None);
        return ExitStatus::Internal;
    }
    if arguments.shell.is_none() {
        return all(arguments, output);
    }
    let shell = arguments.shell().unwrap_or_else(facts::shell_at_hand);
    let Some(program) = tour::program(shell) else {
        output.error(&format!("doctor: {} is not on the search path", shell.name()), Some("name another shell: gptos doctor --shell bash"));
        return ExitStatus::NoAnswer;
    };
    output.remark(&format!("{} is started with your start-up files, asked for its keys and ended; no line is run", program.display()));
    match question(shell, &program) {
        Ok(report) => tell(&look(shell, report, paths), arguments.json, output),
        Err(error) => {
            let cause = why_silent(&error);
            output.error(&format!("doctor: {}: {cause}", program.display()), Some(&format!("see why: time {} -i -c exit", shell.name())));
            ExitStatus::NoAnswer
        }
    }
}

/// Looks at the whole machine.
fn all(arguments: &DoctorArguments, output: &mut Output<'_>) -> ExitStatus {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output.error(&format!("doctor: {error}"), None);
            return ExitStatus::Internal;
        }
    };
    let around = Around::look();
    // What goes into a file is looked at without asking anybody.
    if let Some(file) = &arguments.bundle {
        return bundle::write(file.as_deref(), &around, arguments.call, &runtime, output);
    }
    let areas = machine::areas(&around, arguments.call, &runtime, &provider_ask::call_once, output);
    machine::tell(&areas, arguments.json, output)
}

/// What a shell says of its keys.
pub(super) struct KeySight(Sight);

/// Asks a shell for its keys; `None` when it tells nothing.
pub(super) fn keys_of(shell: ShellKind, paths: &Paths) -> Option<KeySight> {
    let program = tour::program(shell)?;
    Some(KeySight(look(shell, question(shell, &program).ok()?, paths)))
}

impl KeySight {
    /// What somebody would miss if this key became ours.
    pub(super) fn taken_by(&self, key: &str) -> Option<String> {
        self.0.missed(key)
    }

    /// A key that nobody would miss.
    pub(super) fn free(&self) -> Option<&'static str> {
        self.0.free_key()
    }
}

/// Why a shell has told nothing.
fn why_silent(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::TimedOut => format!("did not come to a prompt within {} s", LIMIT.as_secs()),
        io::ErrorKind::UnexpectedEof => "ended before its first prompt".to_owned(),
        _ => error.to_string(),
    }
}

/// Starts the shell and reads its report.
fn question(shell: ShellKind, program: &Path) -> io::Result<Report> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
    let word = blake3::hash(&random).to_hex()[..32].to_owned();
    let own = OwnBinary::look()?.path;
    let launcher: Vec<OsString> = vec![own.into(), "doctor".into(), "--in-terminal".into(), program.into(), "--".into()];
    let mut start = ShellStart::default();
    let arguments: Vec<&str> = match shell {
        ShellKind::Zsh => vec!["-i", "-c", READ_ZSH, "zsh", include_str!("../../shell/report/report.zsh"), &word],
        ShellKind::Bash => vec!["-i", "-c", READ_BASH, "bash", include_str!("../../shell/report/report.bash"), &word],
        ShellKind::Fish => vec!["-i", "-C", include_str!("../../shell/report/report.fish")],
    };
    start.arguments = arguments.into_iter().map(OsString::from).collect();
    start.variables.push(("_GPTOS_REPORT".to_owned(), word.clone().into()));
    // Many start-up files start tmux where there is none yet, and that would stay behind.
    if facts::variable("TMUX").is_none() {
        start.variables.push(("TMUX".to_owned(), "/dev/null,0,0".into()));
    }
    if facts::variable("TERM").is_none_or(|term| term.is_empty() || term == "dumb") {
        start.variables.push(("TERM".to_owned(), "xterm-256color".into()));
    }
    let said = own_shell::ask(&launcher, &start, &|bytes| report::is_whole(bytes, &word), LIMIT)?;
    report::read(shell, &said, &word).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

/// Puts beside the report what the files tell.
fn look(shell: ShellKind, report: Report, paths: &Paths) -> Sight {
    let home = paths.home.clone().unwrap_or_else(|| PathBuf::from("/"));
    let variable = |name: &str| std::env::var_os(name);
    let terminal_kind = Terminal::of(&variable);
    let (config, _) = ConfigFile::new(paths.config_file.clone(), paths.home.clone()).current();
    let binary = OwnBinary::look().ok();
    let current = init::whole(shell, &config, binary.as_ref());
    let written = report.loaded.as_ref().map(PathBuf::from).filter(|path| !path.starts_with("/dev") && !path.starts_with("/proc"));
    // A file that holds more than the integration is one of the user's.
    let is_stale = written.and_then(|path| files::text(&path)).is_some_and(|text| {
        ["__gptos_translate()", "__gptos_request()", "function __gptos_key"].iter().any(|mark| text.contains(mark)) && text != current
    });
    let has_program = report.variables.get("GPTOS_BIN").is_none_or(|program| {
        let path = Path::new(program);
        if program.contains('/') { is_executable(path) } else { find_executable(program, &facts::gather(shell, String::new())).is_some() }
    });
    Sight {
        shell,
        start_up: files::start_up(shell, &home, &variable),
        terminal: terminal_kind.map(|kind| kind.configuration(&home, &variable)).unwrap_or_default(),
        terminal_kind,
        report,
        is_stale,
        has_program,
    }
}

fn tell(sight: &Sight, json: bool, output: &mut Output<'_>) -> ExitStatus {
    let findings = findings(sight);
    let status = if findings.is_empty() { ExitStatus::Success } else { ExitStatus::NoAnswer };
    let notes: Vec<&'static str> = sight.terminal_kind.and_then(Terminal::note).into_iter().collect();
    let loaded_by = sight.report.loaded.as_ref().and_then(|_| sight.loader()).map(|line| line.place.as_str());
    let keys: Vec<String> = sight.own_keys().iter().map(|(name, _)| reserved::key_name(name)).collect();
    // A shell without keys has no such sentence.
    let tab = neighbours::tab_note(sight).filter(|_| !keys.is_empty());
    if json {
        let told = Told {
            shell: sight.shell.name(),
            version: &sight.report.version,
            loaded_from: sight.report.loaded.as_deref(),
            loaded_by,
            keys,
            free_key: sight.free_key(),
            tab: tab.as_deref(),
            beside: &sight.report.seen,
            notes,
            findings: &findings,
        };
        output.data(&format!("{}\n", serde_json::to_string(&told).unwrap_or_default()));
        return status;
    }
    let by = loaded_by.or(sight.report.loaded.as_deref()).map(|place| format!(" by {place}")).unwrap_or_default();
    let state = match &sight.report.loaded {
        Some(_) => format!("gptos is loaded{by}; key {}", keys.join(" and ")),
        None => "gptos is not loaded".to_owned(),
    };
    output.line(&format!("{} {}: {state}", sight.shell.name(), sight.report.version));
    if !sight.report.seen.is_empty() {
        output.line(&format!("beside it: {}{}", sight.report.seen.join(", "), neighbours::order(sight)));
    }
    tab.iter().for_each(|told| output.line(told));
    notes.iter().for_each(|note| output.line(note));
    for finding in &findings {
        output.bold_line(&format!("{}: {}", finding.place, finding.cause));
        output.line(&format!("    {}", finding.mend));
    }
    if findings.is_empty() {
        output.line("nothing is wrong");
    }
    status
}
