//! `translate` and `batch translate`.

use std::io::BufReader;
use std::sync::Arc;
use std::time::Instant;

use super::arguments::{BatchArguments, TranslateArguments};
use super::ask::{Ask, Surroundings};
use super::batch::{self, BatchAnswer};
use super::output::Output;
use super::pages::{self, PageReport, ShownPage};
use super::report::Report;
use super::{ExitStatus, batch_queue, direct, facts, hints, why, widget};
use crate::client::Unavailable;
use crate::domain::{Aim, Query};
use crate::line::present::{self, Shown};
use crate::line::standing::Standing;
use crate::protocol::Mode;

/// Suggestions in a JSON report: the best and a few alternatives.
const REPORT: usize = 4;

/// Prints the command for one query.
pub(super) fn one(arguments: &TranslateArguments, output: &mut Output<'_>) -> ExitStatus {
    let surroundings = Surroundings::look();
    let query = match arguments.words() {
        Some(words) => Query::from_bytes(words.as_bytes()).map(|query| query.to_wire()).map_err(|error| error.to_string()),
        None => widget::read_query(),
    };
    let query = match query {
        Ok(query) => query,
        Err(reason) => {
            output.error(&reason, Some("for example: gptos \"list files by size\""));
            return ExitStatus::Usage;
        }
    };
    let count = usize::from(arguments.count);
    let want = if arguments.json { count.max(REPORT) } else { count };
    let shell = arguments.shell().unwrap_or_else(facts::default_shell);
    let facts = facts::gather(shell, String::new());
    let standing = Standing::look(&surroundings.paths, &facts);
    if arguments.why {
        return match Query::from_bytes(query.as_bytes()) {
            Ok(query) => why::explain(
                (&query, &facts),
                &standing.policy(&facts).for_words(query.as_str()),
                arguments.json,
                &surroundings.paths,
                output,
            ),
            Err(error) => {
                output.error(&error.to_string(), None);
                ExitStatus::Usage
            }
        };
    }
    let aim = match arguments.aim() {
        Ok(aim) => aim,
        Err(error) => {
            output.error(&error.to_string(), None);
            return ExitStatus::Usage;
        }
    };
    let asked = mode(arguments.offline);
    let mut ask = Ask { mode: asked, no_cache: arguments.no_cache, ..Ask::new(query, aim, facts, want) };
    ask.obey(&standing);
    if arguments.show_request {
        if let Some(why) = standing.keeps_to_itself() {
            output.error(&format!("no provider would be asked here, so nothing would be sent: {why}"), None);
            return ExitStatus::NoAnswer;
        }
        return show_request(&ask, &surroundings, output);
    }
    let mut answer = surroundings.ask(&ask, &mut |waiting| {
        let seconds = surroundings.started.elapsed().as_secs_f32();
        output.progress(&format!("asking {} for {seconds:.0} s", waiting.on.as_deref().unwrap_or("for an answer")));
    });
    output.end_progress();
    standing.remark(&mut answer, asked);
    let mut shown = present::suggestions(&mut answer, &standing.policy(&ask.facts).for_words(&ask.query));
    present::examine(&mut shown.iter_mut().collect::<Vec<_>>(), &ask.facts);
    let examples = pages::of_answer(&answer, &standing.policy(&ask.facts));
    if arguments.json {
        let mut report = Report::new(&shown, &ask.facts, &answer.remarks);
        report.offers = examples.iter().map(PageReport::from).collect();
        output.data(&format!("{}\n", serde_json::to_string(&report).unwrap_or_default()));
    } else {
        // What is to be filled in stands alone, and never among commands that can be run.
        let holed = shown.first().is_some_and(Shown::has_holes);
        let printed = shown.iter().filter(|shown| shown.has_holes() == holed).take(if holed { 1 } else { usize::MAX });
        printed.for_each(|shown| output.data(&format!("{}\n", shown.command())));
    }
    if shown.is_empty() {
        output.error(&hints::no_answer(&answer, &ask.query, &[], &surroundings.paths), None);
        show(&examples, output);
        return ExitStatus::NoAnswer;
    }
    answer.remarks.iter().for_each(|remark| output.remark(remark));
    match shown.first() {
        Some(holed) if holed.has_holes() => {
            output.remark(&format!("{}; the command cannot be run as it is", holed.note()));
            return ExitStatus::Unfilled;
        }
        Some(guess) if guess.is_guess() => output.remark(&guess.note()),
        Some(best) => best.exchange().into_iter().chain(best.here()).for_each(|remark| output.remark(&remark)),
        None => {}
    }
    show(&examples, output);
    ExitStatus::Success
}

/// Examples are said and not printed: standard output holds only what is complete.
fn show(examples: &[ShownPage], output: &mut Output<'_>) {
    examples.iter().for_each(|page| output.remark(&format!("tldr: {}  # {}", page.command(), page.remark())));
}

/// Prints what the first provider would be sent: the request line, the headers, an empty line, and the body as it is.
fn show_request(ask: &Ask, surroundings: &Surroundings, output: &mut Output<'_>) -> ExitStatus {
    match direct::Loaded::from(&surroundings.paths).preview(ask) {
        Ok(request) => {
            output.line(&format!("{} {}", request.method, request.url));
            for (name, value) in &request.headers {
                output.line(&format!("{name}: {}", value.as_deref().unwrap_or("(hidden)")));
            }
            output.data(&format!("\n{}\n", String::from_utf8_lossy(&request.body)));
            ExitStatus::Success
        }
        Err(reason) => {
            output.error(&reason, None);
            ExitStatus::NoAnswer
        }
    }
}

/// Answers JSON lines. A batch waits for the limit on provider calls instead of being refused by it.
pub(super) fn many(arguments: &BatchArguments, output: &mut Output<'_>) -> ExitStatus {
    let shell = arguments.shell().unwrap_or_else(facts::default_shell);
    let facts = facts::gather(shell, String::new());
    let surroundings = Surroundings::look();
    // Without network and cache the resident has nothing to add, and asking it for every line would cost a connection.
    let own = (arguments.offline && arguments.no_cache).then(|| direct::Loaded::from(&surroundings.paths));
    let standing = Standing::look(&surroundings.paths, &facts);
    let policy = standing.policy(&facts);
    let arguments = arguments.clone();
    let offline = arguments.offline;
    let answer = move |query: &str| {
        let mut ask = Ask {
            mode: mode(arguments.offline),
            no_cache: arguments.no_cache,
            patient: true,
            ..Ask::new(query.to_owned(), Aim::default(), facts.clone(), REPORT)
        };
        ask.obey(&standing);
        let begun = Instant::now();
        let mut answer = match &own {
            Some(own) => own.answer(&ask, begun, &mut |_| {}),
            None => surroundings.since(begun).ask(&ask, &mut |_| {}),
        };
        standing.remark(&mut answer, ask.mode);
        let mut shown = present::suggestions(&mut answer, &policy.clone().for_words(query));
        shown.retain(|shown| !shown.has_holes());
        let guess = shown.first().is_some_and(Shown::is_guess);
        let Report { command, confidence, source, reading, alternatives, .. } = Report::new(&shown, &ask.facts, &[]);
        let reason = command.is_none().then(|| match answer.remarks.as_slice() {
            [] => "nobody is sure what it means".to_owned(),
            remarks => remarks.join("; "),
        });
        BatchAnswer { command, confidence, guess, source, reading, alternatives, reason }
    };
    // What this machine knows is there at once, so only queries that may wait for somebody are asked side by side.
    if offline {
        batch::translate(BufReader::new(std::io::stdin().lock()), &mut |query| answer(query), output)
    } else {
        batch_queue::translate(BufReader::new(std::io::stdin()), Arc::new(answer), output)
    }
}

fn mode(offline: bool) -> Mode {
    if offline { Mode::Offline } else { Mode::Normal }
}

/// What stands in the way of the resident, for people.
pub(super) fn obstacle(unavailable: &Unavailable) -> &str {
    match unavailable {
        Unavailable::NotRunning => "no resident is running",
        Unavailable::Unresponsive => "the resident does not answer",
        Unavailable::Foreign => "the socket belongs to another user",
        Unavailable::Off => "the configuration says `resident = \"off\"`",
        Unavailable::Refused(reason) => reason,
    }
}
