//! What an exit status tells.

use super::called::{Call, Line, value};
use super::{Failed, Seen};

/// Programs whose status 1 is an answer and no failure, and the answer.
const ANSWERS: &[(&str, &str)] = &[
    ("grep", "nothing matched"),
    ("egrep", "nothing matched"),
    ("fgrep", "nothing matched"),
    ("zgrep", "nothing matched"),
    ("rg", "nothing matched"),
    ("ag", "nothing matched"),
    ("pgrep", "no such process"),
    ("pkill", "no such process"),
    ("pidof", "no such process"),
    ("diff", "they differ"),
    ("cmp", "they differ"),
    ("test", "it is not so"),
    ("[", "it is not so"),
    ("false", "it always fails"),
    ("which", "it was not found"),
    ("type", "it was not found"),
    ("command", "it was not found"),
];

/// What ends a program, by its number.
const SIGNALS: &[(i32, &str)] = &[
    (1, "its terminal was closed"),
    (2, "it was interrupted"),
    (3, "it was ended by Ctrl-\\"),
    (4, "it crashed (illegal instruction)"),
    (6, "it gave up (aborted)"),
    (7, "it crashed (bus error)"),
    (8, "it crashed (arithmetic)"),
    (9, "it was killed, perhaps because memory ran out"),
    (11, "it crashed (invalid memory)"),
    (13, "nobody read what it printed"),
    (15, "it was told to end"),
];

/// Whether this status is what the program has to say.
pub(super) fn is_answer(program: &str, status: i32) -> bool {
    answer(program, status).is_some()
}

fn answer(program: &str, status: i32) -> Option<&'static str> {
    ANSWERS.iter().find(|(name, _)| *name == program && status == 1).map(|(_, answer)| *answer)
}

fn signal(status: i32, line: &Line<'_>) -> Option<&'static str> {
    // git says 129 of options that it does not know, and others use numbers of their own.
    let is_gits = status == 129 && line.calls().any(|call| call.name() == "git");
    SIGNALS.iter().find(|(number, _)| status == 128 + number && !is_gits).map(|(_, text)| *text)
}

/// Whether somebody or something ended it from outside.
pub(super) fn is_ended(status: i32, line: &Line<'_>) -> bool {
    signal(status, line).is_some()
}

/// What is known of the failure, in one line.
pub(super) fn remark(failed: &Failed<'_>, line: &Line<'_>, seen: &Seen) -> String {
    let status = failed.status;
    let said = line.calls().filter(|call| call.guilty).find_map(|call| answer(call.name(), status));
    let text = match (status, said.or_else(|| signal(status, line))) {
        (_, Some(text)) => text.to_owned(),
        (127, _) => missing(line, seen),
        (126, _) => "it may not be run".to_owned(),
        _ => "nothing to correct is known".to_owned(),
    };
    format!("exit {status}: {text}")
}

fn missing(line: &Line<'_>, seen: &Seen) -> String {
    let missing = |call: &Call<'_>| Some(value(call.words.first()?)?.to_owned()).filter(|name| seen.near.contains_key(name));
    let Some(name) = line.calls().find_map(|call| missing(&call)) else { return "a command was not found".to_owned() };
    match seen.packages.get(&name) {
        Some(package) => format!("`{name}` is not installed (package {package})"),
        None => format!("`{name}` is no command here"),
    }
}
