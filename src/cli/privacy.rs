//! `gptos privacy`: what is kept on this machine and what leaves it, as the configuration in force and the files here say.

mod kept;
mod screen;
mod sent;

use serde::Serialize;

use self::kept::{Kept, Stock};
use self::screen::By;
use self::sent::{Receiver, Sent};
use super::daemon::exchange;
use super::output::Output;
use super::{ExitStatus, facts};
use crate::config::{ConfigFile, InForce};
use crate::paths::Paths;
use crate::protocol::Status;

/// `gptos privacy --json`.
#[derive(Serialize)]
struct Told<'a> {
    telemetry: bool,
    /// Why the configuration cannot be read; then `providers` are those of the background process that runs, which keeps to what it read before.
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration: Option<String>,
    kept: &'a [Kept],
    unknown: &'a [String],
    sent: &'a Sent,
    providers: &'a [Receiver],
}

/// What the background process says of itself, if one runs.
fn running() -> Option<Status> {
    serde_json::from_slice(&exchange("GET", "/v1/status").ok()?).ok()
}

/// Prints it.
pub(super) fn run(json: bool, paths: &Paths, output: &mut Output<'_>) -> ExitStatus {
    let mut file = ConfigFile::new(paths.config_file.clone(), paths.home.clone());
    let (config, problem) = file.current();
    if let Some(problem) = &problem {
        output.error(&problem.to_string(), problem.hint.as_deref());
    }
    let broken = problem.filter(|_| file.is_rejected()).map(|problem| problem.to_string());
    let here = std::env::current_dir().unwrap_or_default();
    let project = InForce::read(paths.config_file.as_deref(), &here, paths.home.as_deref()).project;
    let stock = Stock::take(&config, paths);
    let sent = Sent::by(&config);
    let (receivers, by) = match &broken {
        None => (sent::receivers(&config, &project, paths, &facts::proxies()), By::Files),
        // What the files say now is in force nowhere.
        Some(_) => match running() {
            Some(status) => (sent::kept_to(&status.endpoints), By::Resident),
            None => (Vec::new(), By::Nobody),
        },
    };
    if broken.is_some() {
        output.remark("until that is mended, settings are told here as if there were none; a background process that runs keeps to those it read before");
    }
    if json {
        let told = Told {
            telemetry: false,
            configuration: broken,
            kept: &stock.kept,
            unknown: &stock.unknown,
            sent: &sent,
            providers: &receivers,
        };
        output.data(&format!("{}\n", serde_json::to_string(&told).unwrap_or_default()));
        return ExitStatus::Success;
    }
    for line in screen::lines(&stock, (&sent, &receivers, by), paths.home.as_deref()) {
        match line {
            screen::Line::Title(text) => output.bold_line(&text),
            screen::Line::Plain(text) => output.line(&text),
        }
    }
    ExitStatus::Success
}
