//! Forms of a slot's value that tools need.

use super::bind::Filled;

/// The names that stand behind a slot.
pub(super) const FILTERS: [&str; 31] = [
    "re", "repl", "line", "ere", "base", "stem", "suffix", "trim", "ext", "text", "stamp", "args", "arg", "echo", "quoted", "excludes",
    "upper", "lower", "host", "port", "from", "to", "since", "length", "bsd", "hour", "minute", "awk", "dash", "dotted", "jqkey",
];

/// A form of the value that a tool needs.
pub(super) fn filtered(filled: &Filled, filter: &str) -> Option<String> {
    if filled.variable {
        return None;
    }
    let text = filled.plain();
    let base = text.rsplit('/').find(|part| !part.is_empty()).unwrap_or(&text);
    let escape = |special: &str| text.chars().flat_map(|c| special.contains(c).then_some('\\').into_iter().chain([c])).collect::<String>();
    Some(match filter {
        // A line break would end the program of `sed` or `jq`, and the rest would be another one.
        "re" | "repl" | "line" | "ere" | "awk" | "jqkey" if text.contains(['\n', '\r']) => return None,
        // What `sed` inserts as a line: it drops blanks in front and reads backslashes.
        "line" if text.starts_with(char::is_whitespace) => format!("\\{}", escape("\\")),
        "line" => escape("\\"),
        "re" => escape("\\.[]*^$/"),
        "repl" => escape("\\/&"),
        "awk" => (!text.contains(['"', '\\'])).then_some(text)?,
        "dotted" => format!(".{}", text.trim_start_matches('.')),
        "dash" => text.replace(',', "-"),
        "jqkey" if text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && !text.starts_with(|c: char| c.is_ascii_digit()) => text,
        "jqkey" => (!text.contains(['"', '\\'])).then(|| format!("\"{text}\""))?,
        "ere" => escape("\\.[]*^$/+?(){}|"),
        "base" => base.to_owned(),
        "stem" => text
            .rsplit_once('.')
            .filter(|(stem, _)| !stem.is_empty() && !stem.ends_with('/'))
            .map_or(text.clone(), |(stem, _)| stem.to_owned()),
        "suffix" => base.rsplit_once('.')?.1.to_owned(),
        "ext" => text.trim_start_matches(['*', '.']).to_owned(),
        // What a tool cannot take for an option, nor the shell for a home.
        "text" if text.starts_with(['-', '~']) => return None,
        "text" => text,
        // A format of `date`.
        "stamp" => text.contains('%').then_some(text)?,
        "upper" => text.to_uppercase(),
        "lower" => text.to_lowercase(),
        "host" => text.split_once(':').map_or(text.as_str(), |(host, _)| host).to_owned(),
        "port" => text.rsplit_once(':')?.1.to_owned(),
        "from" => filled.range?.0.to_string(),
        "to" => filled.range?.1.to_string(),
        "since" => filled.age.as_ref()?.since(),
        "length" => filled.age.as_ref()?.length(),
        "bsd" => filled.age.as_ref()?.bsd(),
        "hour" => clock(&text)?.0.to_string(),
        "minute" => clock(&text)?.1.to_string(),
        _ => return None,
    })
}

/// `3am`, `5:30pm`, `17:05` as hour and minute.
fn clock(text: &str) -> Option<(u32, u32)> {
    let lower = text.to_lowercase();
    let (digits, half) = match (lower.strip_suffix("am"), lower.strip_suffix("pm")) {
        (Some(digits), _) => (digits, Some(0)),
        (_, Some(digits)) => (digits, Some(12)),
        _ => (lower.as_str(), None),
    };
    let mut numbers = digits.split(':').map(|part| part.parse::<u32>().ok());
    let (hour, minute) = (numbers.next()??, numbers.next().unwrap_or(Some(0))?);
    let hour = half.map_or(hour, |half| hour % 12 + half);
    (hour < 24 && minute < 60).then_some((hour, minute))
}
