//! Short programs in other languages that stand in arguments: what can be said of them in a phrase. Anything longer
//! is left alone.

mod awk;
mod jq;
mod sed;

pub(super) use awk::read as awk;
pub(super) use jq::read as jq;
pub(super) use sed::read as sed;

/// What a regular expression matches, for the few that everybody writes.
fn pattern(expression: &str) -> Option<&'static str> {
    Some(match expression {
        "^$" => "that are empty",
        "^[[:space:]]*$" | r"^\s*$" | "^[ \t]*$" => "that are blank",
        "^#" | r"^\s*#" | "^[[:space:]]*#" => "that are comments",
        _ => return None,
    })
}

/// Lines that match an expression.
fn lines_with(expression: &str) -> String {
    pattern(expression).map_or_else(|| format!("lines that match {expression}"), |what| format!("lines {what}"))
}
