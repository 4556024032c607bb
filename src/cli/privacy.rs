//! `gptos privacy`: what is kept on this machine and what leaves it, as the configuration in force and the files here say.

mod kept;
mod screen;
mod sent;

use serde::Serialize;

use self::kept::{Kept, Stock};
use self::sent::{Receiver, Sent};
use super::output::Output;
use super::{ExitStatus, facts};
use crate::config::{ConfigFile, InForce};
use crate::paths::Paths;

/// `gptos privacy --json`.
#[derive(Serialize)]
struct Told<'a> {
    telemetry: bool,
    kept: &'a [Kept],
    unknown: &'a [String],
    sent: &'a Sent,
    providers: &'a [Receiver],
}

/// Prints it.
pub(super) fn run(json: bool, paths: &Paths, output: &mut Output<'_>) -> ExitStatus {
    let mut file = ConfigFile::new(paths.config_file.clone(), paths.home.clone());
    let (config, problem) = file.current();
    if let Some(problem) = problem {
        output.error(&problem.to_string(), problem.hint.as_deref());
    }
    let here = std::env::current_dir().unwrap_or_default();
    let project = InForce::read(paths.config_file.as_deref(), &here, paths.home.as_deref()).project;
    let stock = Stock::take(&config, paths);
    let sent = Sent::by(&config);
    let receivers = sent::receivers(&config, &project, paths, &facts::proxies());
    if json {
        let told = Told { telemetry: false, kept: &stock.kept, unknown: &stock.unknown, sent: &sent, providers: &receivers };
        output.data(&format!("{}\n", serde_json::to_string(&told).unwrap_or_default()));
        return ExitStatus::Success;
    }
    for line in screen::lines(&stock, &sent, &receivers, paths.home.as_deref()) {
        match line {
            screen::Line::Title(text) => output.bold_line(&text),
            screen::Line::Plain(text) => output.line(&text),
        }
    }
    ExitStatus::Success
}
