//! `translate --why`: how the embedded translator reads a sentence.

use serde::Serialize;

use super::ExitStatus;
use super::output::Output;
use crate::config::ConfigFile;
use crate::domain::{AuditMode, Candidate, Origin, Query, ShellFacts};
use crate::offline::{Considered, Explanation, Machine, Os, Sureness, Translator};
use crate::paths::Paths;
use crate::platform;
use crate::suggest::ports::Commands;
use crate::suggest::recording::WITHHELD;
use crate::system::SearchPath;
use crate::validate::{Policy, judge};
use crate::wiring;

/// What `translate --why --json` prints.
#[derive(Serialize)]
struct Report<'a> {
    readings: Vec<ReadingReport<'a>>,
    nearest: &'a [String],
    speaks_english_only: bool,
    steps: u32,
    gave_up: bool,
}

#[derive(Serialize)]
struct ReadingReport<'a> {
    intent: &'a str,
    pack: bool,
    command: &'a str,
    reading: &'a str,
    slots: Vec<SlotReport<'a>>,
    left: &'a [String],
    mended: &'a [String],
    coverage: f64,
    doubt: f64,
    confidence: f64,
    margin: Option<f64>,
    outcome: &'static str,
    refusal: Option<String>,
}

#[derive(Serialize)]
struct SlotReport<'a> {
    name: &'a str,
    text: &'a str,
}

/// The system that commands are written for.
pub(super) fn os() -> Os {
    if platform::OS_NAME == "macos" { Os::MacOs } else { Os::Linux }
}

/// Shows the readings of a query. It succeeds when a command would be offered.
pub(super) fn explain(
    (query, facts): (&Query, &ShellFacts),
    policy: &Policy,
    json: bool,
    paths: &Paths,
    output: &mut Output<'_>,
) -> ExitStatus {
    let (taught, problems) = wiring::translator(paths);
    problems.iter().for_each(|problem| output.error(&format!("{problem}; left out"), problem.hint.as_deref()));
    let translator = taught.as_deref().unwrap_or_else(|| Translator::embedded());
    // A file that cannot be read prefers nothing, and `gptos config check` says why.
    let config = ConfigFile::new(paths.config_file.clone(), paths.home.clone()).current().0;
    let machine = Machine::usual(policy.shell, os())
        .preferring(&config.prefer)
        .with_tools(translator.tools(), |name| SearchPath.resolves(name, facts));
    let mut explanation = translator.explain(query.as_str(), &machine);
    if config.audit == AuditMode::Required {
        let before = explanation.readings.len();
        // There is no record of what is shown here.
        explanation.readings.retain(|reading| judge(&candidate(reading), policy).is_ok_and(|suggestion| !suggestion.wants_a_record()));
        if explanation.readings.len() < before {
            output.error(&format!("{WITHHELD}, because nothing is recorded of what `--why` shows"), None);
        }
    }
    if json {
        let text = serde_json::to_string(&report(&explanation, policy)).unwrap_or_default();
        output.data(&format!("{text}\n"));
    } else {
        show(&explanation, policy, output);
    }
    let offered = explanation.readings.first().is_some_and(|best| is_offered(best) && refusal(best, policy).is_none());
    if offered && !explanation.gave_up { ExitStatus::Success } else { ExitStatus::NoAnswer }
}

fn show(explanation: &Explanation, policy: &Policy, output: &mut Output<'_>) {
    for reading in &explanation.readings {
        output.bold_line(&format!("{}: {}, {:.2}", reading.intent, outcome(reading.sureness), reading.confidence));
        match refusal(reading, policy) {
            Some(refusal) => output.line(&format!("    refused: {refusal}")),
            None => output.line(&format!("    {}", reading.command)),
        }
        output.line(&format!("    means: {}", reading.reading));
        reading.slots.iter().for_each(|(name, text)| output.line(format!("    {name} = {text}").trim_end_matches(" = ")));
        output.line(&format!("    why: {}", reason(reading)));
    }
    if explanation.readings.is_empty() {
        output.line("no intent fits these words");
    }
    if explanation.gave_up {
        output.line("the words could be read in too many ways, so none was chosen");
    }
    if explanation.is_foreign {
        output.line("the embedded translator speaks English");
    }
    if !explanation.nearest.is_empty() {
        output.line("near it:");
        explanation.nearest.iter().for_each(|sentence| output.line(&format!("    {sentence}")));
    }
}

fn outcome(sureness: Sureness) -> &'static str {
    match sureness {
        Sureness::Sure => "sure",
        Sureness::Guess => "a guess",
        Sureness::Open => "a guess with holes",
        Sureness::Tie => "a guess among equals",
        Sureness::Unsure => "not sure",
        Sureness::Overlooks | Sureness::Misspelt => "ruled out",
    }
}

fn is_offered(reading: &Considered) -> bool {
    matches!(reading.sureness, Sureness::Sure | Sureness::Guess | Sureness::Tie | Sureness::Open)
}

/// Why a reading is as sure as it is.
pub(super) fn reason(reading: &Considered) -> String {
    let mut parts = Vec::new();
    match reading.sureness {
        Sureness::Overlooks => parts.push("a negation, a name or a number would be overlooked".to_owned()),
        Sureness::Misspelt => parts.push("it deletes or overwrites, which takes words that are spelt right".to_owned()),
        Sureness::Tie => parts.push("another reading is as good".to_owned()),
        Sureness::Open => parts.push("it leaves open what stands in brackets".to_owned()),
        _ => {}
    }
    let list = |words: &[String]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    if !reading.left.is_empty() {
        parts.push(format!("not understood: {}", list(&reading.left)));
    } else if reading.sureness != Sureness::Overlooks {
        parts.push("every word is understood".to_owned());
    }
    if !reading.mended.is_empty() {
        parts.push(format!("spelling mended: {}", list(&reading.mended)));
    }
    if reading.doubt != 0.0 {
        parts.push(format!("{:.2} covered, {:.2} doubted by its author", reading.coverage, reading.doubt));
    }
    if let Some(margin) = reading.margin.filter(|_| reading.sureness != Sureness::Tie) {
        parts.push(format!("{margin:.2} ahead of the next"));
    }
    parts.join("; ")
}

/// Why the gate refuses the command of a reading.
pub(super) fn refusal(reading: &Considered, policy: &Policy) -> Option<String> {
    judge(&candidate(reading), policy).err().map(|rejection| rejection.to_string())
}

fn candidate(reading: &Considered) -> Candidate {
    Candidate {
        command: reading.command.clone(),
        holes: reading.holes.clone(),
        reading: Some(reading.reading.clone()),
        origin: Origin::Offline,
        confidence: reading.confidence,
    }
}

fn report<'a>(explanation: &'a Explanation, policy: &Policy) -> Report<'a> {
    let reading = |reading: &'a Considered| ReadingReport {
        intent: &reading.intent,
        pack: reading.from_pack,
        command: &reading.command,
        reading: &reading.reading,
        slots: reading.slots.iter().map(|(name, text)| SlotReport { name, text }).collect(),
        left: &reading.left,
        mended: &reading.mended,
        coverage: reading.coverage,
        doubt: reading.doubt,
        confidence: reading.confidence,
        margin: reading.margin,
        outcome: outcome(reading.sureness),
        refusal: refusal(reading, policy),
    };
    Report {
        readings: explanation.readings.iter().map(reading).collect(),
        nearest: &explanation.nearest,
        speaks_english_only: explanation.is_foreign,
        steps: explanation.steps,
        gave_up: explanation.gave_up,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::output::tests::Captured;
    use super::*;
    use crate::domain::ShellKind;
    use crate::system::tests::facts;

    fn why(words: &str, json: bool) -> (ExitStatus, String) {
        let paths = Paths::resolve(&|_| None, 0, &|| None);
        let query = Query::from_bytes(words.as_bytes()).unwrap();
        let captured = Captured::default();
        let status =
            explain((&query, &facts("/usr/bin", Path::new("/"))), &Policy::new(ShellKind::Bash), json, &paths, &mut captured.output());
        assert_eq!(captured.err(), "");
        (status, captured.out())
    }

    #[test]
    fn a_reading_is_shown_with_slots_and_reasons() {
        let (status, out) = why("undo last commit", false);
        assert_eq!(status, ExitStatus::Success);
        let begin = "git.undo-commit: sure, 0.95\n    git reset --soft HEAD~1\n    means: take back the last commit, keeping its changes staged\n    \
                     n = 1 (assumed)\n    why: every word is understood";
        assert!(out.starts_with(begin), "{out}");
        let (_, out) = why("undo last comit quickly with purple glitter", false);
        assert!(out.contains("not understood: `purple`, `glitter`; spelling mended: `comit`"), "{out}");
    }

    #[test]
    fn what_is_near_is_shown_when_nothing_is_sure() {
        let (status, out) = why("commit branch remote nginx purple glitter wobble", false);
        assert_eq!(status, ExitStatus::NoAnswer);
        assert!(out.contains("near it:\n    "), "{out}");
        let (status, out) = why("zeige die größten dateien", false);
        assert_eq!((status, out.contains("the embedded translator speaks English\n")), (ExitStatus::NoAnswer, true), "{out}");
    }

    #[test]
    fn programs_read_it_as_json() {
        let (_, out) = why("find files bigger than 100 MB in /var", true);
        let report: serde_json::Value = serde_json::from_str(&out).unwrap();
        let best = &report["readings"][0];
        assert_eq!((best["intent"].as_str(), best["outcome"].as_str()), (Some("files.list"), Some("sure")));
        assert!(best["slots"].as_array().is_some_and(|slots| slots.iter().any(|slot| slot["name"] == "in" && slot["text"] == "/var")));
    }
}
