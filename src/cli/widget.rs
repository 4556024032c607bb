//! The hot verbs: what a key press starts.

use std::io::Read;
use std::time::{Duration, Instant, SystemTime};

use super::ask::{Ask, Surroundings};
use super::context::Context;
use super::hot_verbs::HotVerb;
use super::output::{Output, visible};
use super::standing::Standing;
use super::{ExitStatus, explain, facts, fix, guard, hints, pages, present, translate};
use crate::client::Unavailable;
use crate::domain::{Candidate, Origin, Query, ShellFacts, ShellKind};
use crate::protocol::{Answer, Mode, RanRequest, WarmRequest, WireShell};
use crate::validate::{Policy, judge};
use crate::wiring;

/// How many suggestions a shell cycles through.
const WANT: usize = 4;
/// No progress sign before this: most answers are there by then, and a flicker is worse than nothing.
const PROGRESS_AFTER: Duration = Duration::from_millis(120);
/// Most rows of a line that is read aloud.
const MOST_ROWS: usize = 100;
/// How long `warm` waits for the resident.
const WARM_LIMIT: Duration = Duration::from_millis(100);
/// How long `prefetch` waits for the resident; it runs in the background as well.
const PREFETCH_LIMIT: Duration = Duration::from_secs(1);
/// How long `ran` waits for the resident; it runs in the background and nobody reads its result.
const RAN_LIMIT: Duration = Duration::from_millis(500);
/// How long `ran` waits for the disk when it remembers a line by itself.
const FLUSH_LIMIT: Duration = Duration::from_secs(1);

/// Carries out a hot verb.
pub(super) fn run(verb: HotVerb, output: &mut Output<'_>) -> ExitStatus {
    match verb {
        HotVerb::Widget { shell, fresh, holes, shell_version } => widget(shell, shell_version, Wish { fresh, holes }, output),
        HotVerb::Fix { shell, status, shell_version } => fix::widget(shell, status, shell_version, output),
        HotVerb::Ran { shell, status } => ran(shell, i32::from(status)),
        HotVerb::Warm { shell } => warm(shell),
        HotVerb::Prefetch { shell, shell_version } => prefetch(shell, shell_version),
        HotVerb::Guard { shell } => guard::run(shell, output),
        HotVerb::Translate(arguments) => translate::one(&arguments, output),
    }
}

/// One record of the shell protocol: three fields, each ended by a NUL, none of which can hold a control character.
pub(super) fn record(output: &mut Output<'_>, kind: &str, text: &str, note: &str) {
    output.data(&format!("{kind}\0{text}\0{}\0", visible(note)));
}

/// What the integration wants of an answer.
#[derive(Debug, Clone, Copy)]
struct Wish {
    /// A provider's, at once.
    fresh: bool,
    /// Commands with holes as well.
    holes: bool,
}

fn widget(shell: ShellKind, shell_version: String, wish: Wish, output: &mut Output<'_>) -> ExitStatus {
    let surroundings = Surroundings::look();
    let status = match read_context() {
        Ok((query, context)) => {
            let mut facts = facts::gather(shell, shell_version);
            context.tell(&mut facts);
            if let Some(line) = explain::asked(&query, &facts).filter(|_| !wish.fresh) {
                let policy = Standing::look(&surroundings.paths, &facts).policy(&facts);
                return ended(explained(line, &facts, &policy, output), output);
            }
            let mode = if wish.fresh { Mode::Fresh } else { Mode::Normal };
            let standing = Standing::look(&surroundings.paths, &facts);
            let mut ask = Ask { query, facts, mode, want: WANT, no_cache: false, patient: false };
            standing.tighten(&mut ask);
            let mut next = surroundings.started + PROGRESS_AFTER;
            let mut offered = false;
            let mut answer = surroundings.ask(&ask, &mut |waiting| {
                let meanwhile = waiting.meanwhile.as_ref().filter(|_| !offered);
                if let Some(shown) = meanwhile.and_then(|wire| present::meanwhile(wire, &standing.policy(&ask.facts))) {
                    offered = true;
                    record(output, "meanwhile", shown.command(), &shown.note());
                }
                if Instant::now() >= next {
                    next = Instant::now() + PROGRESS_AFTER;
                    let elapsed = surroundings.started.elapsed().as_millis().to_string();
                    record(output, "tick", &elapsed, waiting.on.as_deref().unwrap_or_default());
                    output.flush();
                    // Nobody reads, so nobody wants the answer; ending closes the connection, which cancels the work.
                    if output.is_closed() {
                        std::process::exit(ExitStatus::Cancelled as i32);
                    }
                }
            });
            standing.remark(&mut answer, mode);
            if !wish.holes {
                answer.candidates.retain(|candidate| candidate.holes.is_empty());
            }
            answered(&mut answer, &ask, &standing, &surroundings, output)
        }
        Err(reason) => {
            record(output, "msg", &visible(&reason), "");
            ExitStatus::Usage
        }
    };
    ended(status, output)
}

fn ended(status: ExitStatus, output: &mut Output<'_>) -> ExitStatus {
    record(output, "end", &(status as u8).to_string(), "");
    status
}

/// Reads a line aloud and hands it back, so that it can be run; nobody else is asked.
fn explained(line: &str, facts: &ShellFacts, policy: &Policy, output: &mut Output<'_>) -> ExitStatus {
    let Ok((rows, risk)) = explain::rows(line, facts, policy) else { return ExitStatus::NoAnswer };
    for row in rows.iter().take(MOST_ROWS) {
        record(output, "row", &visible(row), "");
    }
    let candidate = Candidate { command: line.to_owned(), holes: Vec::new(), reading: None, origin: Origin::Offline, confidence: 1.0 };
    match judge(&candidate, policy) {
        Ok(suggestion) if !suggestion.command().contains('\n') => record(output, "cmd", suggestion.command(), &risk),
        Ok(_) => record(output, "msg", &visible(&risk), ""),
        Err(rejection) => record(output, "msg", &visible(&format!("{risk} · {rejection}")), ""),
    }
    ExitStatus::Success
}

fn answered(answer: &mut Answer, ask: &Ask, standing: &Standing, surroundings: &Surroundings, output: &mut Output<'_>) -> ExitStatus {
    let mut shown = present::suggestions(answer, &standing.policy(&ask.facts));
    if shown.is_empty() {
        let examples = pages::of_answer(answer, &standing.policy(&ask.facts));
        record(output, "msg", &visible(&hints::no_answer(answer, &ask.query, &examples, &surroundings.paths)), "");
        return ExitStatus::NoAnswer;
    }
    // One Enter runs every line of a buffer, so only what can be read as one line is put there.
    let (several, mut single): (Vec<_>, Vec<_>) = shown.iter_mut().partition(|suggestion| suggestion.command().contains('\n'));
    present::examine(&mut single, &ask.facts);
    for suggestion in &single {
        if suggestion.has_holes() {
            record(output, "holes", &suggestion.holes(), "");
        }
        record(output, "cmd", suggestion.command(), &suggestion.note());
    }
    if single.is_empty() && !several.is_empty() {
        record(output, "msg", "the answer has several lines and stays out of the buffer; `gptos translate` prints it", "");
        return ExitStatus::NoAnswer;
    }
    if let Some(name) = &answer.more {
        record(output, "more", &visible(name), "");
    }
    if !answer.remarks.is_empty() {
        record(output, "msg", &visible(&answer.remarks.join("; ")), "");
    }
    ExitStatus::Success
}

/// Lets the resident open a connection to the provider that would be asked. Nothing is started for it, and no words are
/// sent: there are hardly any yet.
fn warm(shell: ShellKind) -> ExitStatus {
    let (facts, surroundings) = (facts::gather(shell, String::new()), Surroundings::look());
    let mut ask = Ask { query: String::new(), facts, mode: Mode::Normal, want: 1, no_cache: false, patient: false };
    Standing::look(&surroundings.paths, &ask.facts).tighten(&mut ask);
    if ask.mode == Mode::Offline {
        return ExitStatus::Success;
    }
    let config_file = surroundings.paths.config_file.as_ref().map(|file| file.to_string_lossy().into_owned());
    let request = WarmRequest { config_file, shell: WireShell::from_facts(&ask.facts, &[]) };
    if let (Some(channel), Ok(body)) = (surroundings.channel(), serde_json::to_vec(&request)) {
        let _ = channel.exchange("POST", "/v1/warm", &body, WARM_LIMIT);
    }
    ExitStatus::Success
}

/// Hands the resident words that are being typed. Nothing is started for it, and where only this machine may know of the
/// words, or nothing may be kept, nothing is sent.
fn prefetch(shell: ShellKind, shell_version: String) -> ExitStatus {
    let Ok((query, context)) = read_context() else { return ExitStatus::Usage };
    let (mut facts, surroundings) = (facts::gather(shell, shell_version), Surroundings::look());
    context.tell(&mut facts);
    if explain::asked(&query, &facts).is_some() {
        return ExitStatus::Success;
    }
    let is_private = Query::from_bytes(query.as_bytes()).is_ok_and(|query| query.is_private());
    let mut ask = Ask { query, facts, mode: Mode::Normal, want: 1, no_cache: false, patient: false };
    Standing::look(&surroundings.paths, &ask.facts).tighten(&mut ask);
    if ask.mode == Mode::Normal
        && !ask.no_cache
        && !is_private
        && let Some(channel) = surroundings.channel()
    {
        let _ = channel.prefetch(ask.on_wire(&surroundings.paths), &facts::variable, PREFETCH_LIMIT);
    }
    ExitStatus::Success
}

/// Reads what the shell integration writes: the words and what it knows of its shell.
fn read_context() -> Result<(String, Context), String> {
    let context = Context::read(std::io::stdin().lock()).map_err(|error| format!("standard input: {error}"))?;
    let query = Query::from_bytes(&context.query).map_err(|error| error.to_string())?;
    Ok((query.to_wire(), context))
}

/// Reads the query from standard input, no more of it than tells that it is too long. A blank in front of it stays.
pub(super) fn read_query() -> Result<String, String> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(Query::MAX_BYTES * 2).unwrap_or(u64::MAX);
    std::io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(|error| format!("standard input: {error}"))?;
    Query::from_bytes(&bytes).map(|query| query.to_wire()).map_err(|error| error.to_string())
}

fn ran(shell: ShellKind, status: i32) -> ExitStatus {
    let mut text = String::new();
    let limit = u64::try_from(Query::MAX_BYTES * 8).unwrap_or(u64::MAX);
    if std::io::stdin().lock().take(limit).read_to_string(&mut text).is_err() {
        return ExitStatus::Usage;
    }
    let Some((query, command)) = text.split_once('\0') else { return ExitStatus::Usage };
    // What came of words that are for this machine alone is not kept.
    if Query::from_bytes(query.as_bytes()).is_ok_and(|query| query.is_private()) {
        return ExitStatus::Success;
    }
    let (facts, surroundings) = (facts::gather(shell, String::new()), Surroundings::look());
    if !Standing::look(&surroundings.paths, &facts).keeps_answers() {
        return ExitStatus::Success;
    }
    let command = command.trim_end_matches(['\n', '\0']).to_owned();
    let Ok(query) = Query::from_bytes(query.as_bytes()) else { return ExitStatus::Usage };
    let config_file = surroundings.paths.config_file.as_ref().map(|file| file.to_string_lossy().into_owned());
    let request = RanRequest { query: query.as_str().to_owned(), command, status, config_file, shell: WireShell::from_facts(&facts, &[]) };
    let body = serde_json::to_vec(&request).unwrap_or_default();
    match surroundings.channel().map(|channel| channel.exchange("POST", "/v1/ran", &body, RAN_LIMIT)) {
        Some(Ok(_)) => ExitStatus::Success,
        // It may have been remembered all the same, and twice would count double.
        Some(Err(Unavailable::Unresponsive)) => ExitStatus::NoAnswer,
        // Without a resident for this configuration this process remembers it; it runs behind the prompt, so nobody waits.
        Some(Err(_)) | None => {
            let backend = wiring::direct(&surroundings.paths);
            backend.setup();
            backend.pipeline().record_ran(&query, &request.command, status, &facts, SystemTime::now());
            backend.pipeline().flush_memory(FLUSH_LIMIT);
            ExitStatus::Success
        }
    }
}
