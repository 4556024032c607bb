//! All of this machine: each check is a function of what was found, and a new one is one more line in [`areas`].

use std::borrow::Cow;

use serde::Serialize;
use tokio::runtime::Runtime;

use super::around::{Area, Around};
use super::{asked, checks, health, install, network, public, resident, store};
use crate::cli::output::Output;
use crate::cli::provider::Tester;
use crate::cli::{ExitStatus, tour};
use crate::config::reserved;

/// `gptos doctor --json`.
#[derive(Serialize)]
struct Told<'a> {
    findings: usize,
    areas: &'a [Area],
}

/// Looks at everything. Providers are called only with `call`, or when the user says so.
pub(super) fn areas(around: &Around, call: bool, runtime: &Runtime, tester: Tester<'_>, output: &mut Output<'_>) -> Vec<Area> {
    let mut areas = vec![
        install::check(around),
        configuration(around),
        shell(around),
        resident::check(around),
        resident::socket(around),
        store::cache(around),
        store::disk(around),
        store::trail(around),
        store::memory(around),
        store::locks(around),
        network::clock(around),
        network::names(around, runtime),
        network::proxies(around, runtime),
        network::certificates(around, runtime),
        asked::keyring(around),
    ];
    areas.push(asked::check(around, call, runtime, tester, output));
    // It does not tell again what the others have found, and is shown before the providers.
    let health = health::check(around, &areas);
    areas.insert(areas.len() - 1, health);
    areas
}

/// Files of the configuration and of intents.
fn configuration(around: &Around) -> Area {
    let paths = &around.surroundings.paths;
    let mut area = match paths.config_file.as_deref() {
        Some(file) if file.exists() => Area { public: Some("a file".to_owned()), ..Area::new("config", around.short(file)) },
        Some(_) => Area::new("config", "no file, the defaults hold"),
        None => {
            let mut area = Area::new("config", "no place");
            area.wrong("no-home", "HOME", "there is no home directory, so nothing is kept or configured", "export HOME=…");
            area
        }
    };
    for problem in &around.problems {
        // What is wrong with a variable no file mends.
        let by = match problem.path.to_str().filter(|path| path.starts_with("GPTOS_")) {
            Some(variable) => format!("unset {variable}"),
            None => "gptos config edit".to_owned(),
        };
        let mend = problem.hint.as_ref().map_or_else(|| by.clone(), |hint| format!("{by}    ({hint})"));
        let public = public::setting(problem.line, problem.key.as_deref());
        area.wrong("config", "config", problem.to_string(), mend);
        area.publicly(public);
    }
    for problem in &around.pack_problems {
        let public = public::setting(problem.line, None);
        area.wrong("intents", "intents", problem.to_string(), format!("gptos intents check {}", super::around::word(&problem.path)));
        area.publicly(public);
    }
    area
}

/// The login shell, as `--shell` looks at it.
fn shell(around: &Around) -> Area {
    let shell = around.facts.shell;
    let Some(program) = tour::program(shell) else {
        let mut area = Area::new("shell", shell.name());
        area.wrong("no-shell", shell.name(), "it is not on the search path", "gptos doctor --shell NAME    (for another shell)");
        return area;
    };
    match super::question(shell, &program) {
        Ok(report) => {
            let sight = super::look(shell, report, &around.surroundings.paths);
            let keys: Vec<String> = sight.own_keys().iter().map(|(name, _)| reserved::key_name(name)).collect();
            let state = if sight.report.loaded.is_some() { format!("key {}", keys.join(" and ")) } else { "not loaded".to_owned() };
            let mut area = Area::new("shell", format!("{} {}, {state}", shell.name(), sight.report.version));
            let keys: Vec<String> = sight.own_keys().iter().map(|(name, _)| public::key(name)).collect();
            let loaded = if sight.report.loaded.is_some() { format!("key {}", keys.join(" and ")) } else { "not loaded".to_owned() };
            area.public = Some(format!("{} {}, {loaded}", shell.name(), public::version(&sight.report.version)));
            area.findings = checks::findings(&sight);
            area
        }
        Err(error) => {
            let mut area = Area::new("shell", shell.name());
            let cause = super::why_silent(&error);
            area.wrong("shell", program.display().to_string(), cause, format!("time {} -i -c exit    (shows why)", shell.name()));
            area
        }
    }
}

/// The same for strangers: what this program says of anybody, and numbers.
pub(super) fn lines_for_strangers(areas: &[Area]) -> String {
    let own = |text: &Cow<'static, str>| if let Cow::Borrowed(text) = text { Some(*text) } else { None };
    let mut lines = Vec::new();
    for area in areas {
        let said = own(&area.said).or(area.public.as_deref()).unwrap_or("seen");
        lines.push(format!("{:<10} {said}", area.name));
        for finding in &area.findings {
            let public = Some(finding.public.as_str()).filter(|public| !public.is_empty());
            let told: Vec<&str> = [own(&finding.place), own(&finding.cause), public].into_iter().flatten().collect();
            lines.push(format!("  {}: {}", finding.id, told.join(": ")).trim_end_matches([':', ' ']).to_owned());
        }
    }
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

/// The areas and what is wrong in them, a line each.
pub(super) fn lines(areas: &[Area]) -> Vec<(bool, String)> {
    let mut lines = Vec::new();
    for area in areas {
        lines.push((false, format!("{:<10} {}", area.name, area.said)));
        let told = area.findings.iter().map(|finding| (true, format!("  {}: {} -> {}", finding.place, finding.cause, finding.mend)));
        lines.extend(told);
    }
    lines
}

pub(super) fn tell(areas: &[Area], json: bool, output: &mut Output<'_>) -> ExitStatus {
    let findings = areas.iter().map(|area| area.findings.len()).sum();
    let status = if findings == 0 { ExitStatus::Success } else { ExitStatus::NoAnswer };
    if json {
        output.data(&format!("{}\n", serde_json::to_string(&Told { findings, areas }).unwrap_or_default()));
        return status;
    }
    for (is_finding, line) in lines(areas) {
        if is_finding { output.bold_line(&line) } else { output.line(&line) }
    }
    output.line(&match findings {
        0 => "nothing is wrong".to_owned(),
        1 => "one thing is wrong; what stands behind -> mends it".to_owned(),
        findings => format!("{findings} things are wrong; what stands behind -> mends each"),
    });
    status
}
