//! `translate` and `batch translate`.

use super::ask::{Ask, Surroundings};
use super::present::{self, Report};
use super::{ExitStatus, direct, facts, hints, output, widget};
use crate::domain::{Query, ShellKind};
use crate::protocol::Mode;

/// What `translate` was asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) shell: Option<ShellKind>,
    pub(super) want: Option<usize>,
    pub(super) offline: bool,
    pub(super) no_cache: bool,
    pub(super) json: bool,
    /// The words, or `None` to read standard input.
    pub(super) words: Option<String>,
}

/// Prints the command for one query.
pub(super) fn run(options: Options) -> ExitStatus {
    let surroundings = Surroundings::look();
    let query = match &options.words {
        Some(words) => Query::from_bytes(words.as_bytes()).map(|query| query.as_str().to_owned()).map_err(|error| error.to_string()),
        None => widget::read_query(),
    };
    let query = match query {
        Ok(query) => query,
        Err(reason) => return output::usage(&reason, "for example: gptos \"list files by size\""),
    };
    let ask = ask(&options, query, false);
    let mut spinner = output::Spinner::new();
    let answer = surroundings.ask(&ask, &mut |waiting| spinner.turn(waiting.on.as_deref()));
    spinner.end();
    let mut shown = present::suggestions(&answer, ask.facts.shell);
    shown.truncate(options.want.unwrap_or(if options.json { 4 } else { 1 }).max(1));
    if options.json {
        output::data(&serde_json::to_string(&Report::new(&shown, &answer.remarks)).unwrap_or_default());
    } else {
        shown.iter().for_each(|shown| output::data(shown.command()));
    }
    if shown.is_empty() {
        output::error(&hints::no_answer(&answer, &ask.query, &surroundings.paths), None);
        return ExitStatus::NoAnswer;
    }
    for remark in &answer.remarks {
        output::say(remark);
    }
    ExitStatus::Success
}

fn ask(options: &Options, query: String, patient: bool) -> Ask {
    let shell = options.shell.unwrap_or_else(facts::default_shell);
    let want = options.want.unwrap_or(if options.json { 4 } else { 1 });
    let mode = if options.offline { Mode::Offline } else { Mode::Normal };
    Ask { query, facts: facts::gather(shell, String::new()), mode, want, no_cache: options.no_cache, patient }
}
