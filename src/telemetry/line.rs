//! One line of the log, from what a place in the code tells to JSON.

use std::fmt::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use tracing::field::{Field, Visit};

use crate::domain::{LogEvent, LogLevel};
use crate::suggest::ports::RedactedText;

/// What a field may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Numbers that this program made, in whatever notation.
    Made,
    /// A name, looked at by the redactor all the same: names come from configurations and from servers.
    Name,
    /// The number that a provider gave a request. It looks like a secret and is none: whoever hands it over has looked for the key in it.
    Given,
    /// A number.
    Number,
    /// Words of the user, or of an error: at `debug` and below only.
    Words,
}

/// Every field that a line can have, in the order in which they are written.
const FIELDS: &[(&str, Kind)] = &[
    ("request_id", Kind::Made),
    ("trace_id", Kind::Made),
    ("span_id", Kind::Made),
    ("source", Kind::Name),
    ("outcome", Kind::Name),
    ("kind", Kind::Name),
    ("attempt", Kind::Number),
    ("provider", Kind::Name),
    ("model", Kind::Name),
    ("status", Kind::Number),
    ("error_type", Kind::Name),
    ("reason", Kind::Name),
    ("duration_ms", Kind::Number),
    ("deadline_left_ms", Kind::Number),
    ("retry_after_ms", Kind::Number),
    ("provider_request_id", Kind::Given),
    ("count", Kind::Number),
    ("pid", Kind::Number),
    ("levels", Kind::Name),
    ("of", Kind::Name),
    ("place", Kind::Name),
    ("query", Kind::Words),
    ("command", Kind::Words),
    ("detail", Kind::Words),
];

/// What every line has beside its fields, none of it words.
const HEAD: [&str; 5] = ["ts", "level", "msg", "event", "version"];

/// Longer texts are cut, after secrets were taken out of them.
const LONGEST: usize = 2048;
/// Of longer texts the rest is not looked at, and not written.
const MOST_SEARCHED: usize = 4 * LONGEST;

/// What a field holds.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Text(String),
    Number(u64),
}

/// One line.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) at: SystemTime,
    pub(super) level: LogLevel,
    pub(super) event: LogEvent,
    message: String,
    fields: Vec<(usize, Value)>,
}

/// A written line without the words of its user; `None` for what no resident wrote.
pub fn without_words(line: &str) -> Option<String> {
    let mut fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).ok()?;
    fields.retain(|name, _| FIELDS.iter().any(|(known, kind)| known == name && *kind != Kind::Words) || HEAD.contains(&name.as_str()));
    serde_json::to_string(&fields).ok()
}

/// What is read off an event of `tracing`.
pub(super) struct Reading {
    verbose: bool,
    event: Option<LogEvent>,
    message: String,
    fields: Vec<(usize, Value)>,
}

impl Reading {
    /// With `verbose`, words are kept.
    pub(super) fn new(verbose: bool) -> Self {
        Self { verbose, event: None, message: String::new(), fields: Vec::new() }
    }

    /// The line; `None` when it is about nothing that lines are about.
    pub(super) fn line(self, at: SystemTime, level: LogLevel) -> Option<Line> {
        let Self { event, message, mut fields, .. } = self;
        fields.sort_by_key(|(place, _)| *place);
        Some(Line { at, level, event: event?, message, fields })
    }

    fn place(&self, field: &Field) -> Option<usize> {
        let place = FIELDS.iter().position(|(name, _)| *name == field.name())?;
        (FIELDS[place].1 != Kind::Words || self.verbose).then_some(place)
    }

    fn text(&mut self, field: &Field, text: impl FnOnce() -> String) {
        if field.name() == "message" {
            self.message = text();
        } else if let Some(place) = self.place(field) {
            self.fields.push((place, Value::Text(text())));
        }
    }
}

impl Visit for Reading {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "event" {
            self.event = LogEvent::ALL.iter().copied().find(|event| event.name() == value);
        } else {
            self.text(field, || value.to_owned());
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if let Some(place) = self.place(field) {
            self.fields.push((place, Value::Number(value)));
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.record_u64(field, u64::try_from(value).unwrap_or_default());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, || format!("{value:?}"));
    }
}

impl Line {
    /// One that says that lines were left out.
    pub(super) fn suppressed(at: SystemTime, of: LogEvent, count: u64) -> Self {
        let place = |name: &str| FIELDS.iter().position(|(known, _)| *known == name).unwrap_or_default();
        Self {
            at,
            level: LogLevel::Warn,
            event: LogEvent::LinesSuppressed,
            message: "lines were left out, because there were too many of them".to_owned(),
            fields: vec![(place("count"), Value::Number(count)), (place("of"), Value::Text(of.name().to_owned()))],
        }
    }

    /// Writes it as one JSON object and a line end. What could be a secret is taken out.
    pub(super) fn write(&self, out: &mut String) {
        out.push_str("{\"ts\":\"");
        write_time(out, self.at);
        out.push_str("\",\"level\":\"");
        out.push_str(self.level.name());
        out.push_str("\",\"msg\":");
        write_text(out, &self.message);
        out.push_str(",\"event\":\"");
        out.push_str(self.event.name());
        out.push('"');
        for (place, value) in &self.fields {
            let (name, kind) = FIELDS[*place];
            // Writing to memory cannot fail.
            let _ = write!(out, ",\"{name}\":");
            match value {
                Value::Number(number) => drop(write!(out, "{number}")),
                Value::Text(text) if matches!(kind, Kind::Made | Kind::Given) => write_text(out, cut(text, LONGEST)),
                Value::Text(text) => write_text(out, cut(RedactedText::mask(whole_words(text)).as_str(), LONGEST)),
            }
        }
        out.push_str(",\"version\":\"");
        out.push_str(env!("CARGO_PKG_VERSION"));
        out.push_str("\"}\n");
    }
}

fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    &text[..end]
}

/// As much of a text as is searched for secrets. Half a secret may not look like one, so a word that is cut is left out.
fn whole_words(text: &str) -> &str {
    let start = cut(text, MOST_SEARCHED);
    if start.len() == text.len() { text } else { &start[..start.rfind(char::is_whitespace).unwrap_or_default()] }
}

fn write_text(out: &mut String, text: &str) {
    out.push_str(&serde_json::to_string(text).unwrap_or_else(|_| "\"\"".to_owned()));
}

/// RFC 3339 in UTC, to the microsecond. What lies before 1970 counts as 1970.
fn write_time(out: &mut String, at: SystemTime) {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = date(days);
    let _ = write!(
        out,
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:06}Z",
        second / 3600,
        second / 60 % 60,
        second % 60,
        since.subsec_micros()
    );
}

/// The date that is so many days after the first of 1970. Years are counted from March, so that the day that comes and
/// goes is their last.
fn date(days: u64) -> (u64, u64, u64) {
    const DAYS_BEFORE_1970: u64 = 719_468;
    const DAYS_OF_400_YEARS: u64 = 146_097;
    let days = days + DAYS_BEFORE_1970;
    let (era, day) = (days / DAYS_OF_400_YEARS, days % DAYS_OF_400_YEARS);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + carry, month, date)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_line_is_passed_on_without_words() {
        let line = r#"{"ts":"t","level":"debug","msg":"m","event":"request_began","request_id":"1","query":"my words","detail":"d","x":1,"version":"1"}"#;
        let left: serde_json::Value = serde_json::from_str(&without_words(line).unwrap()).unwrap();
        assert_eq!(
            left,
            serde_json::json!({"ts": "t", "level": "debug", "msg": "m", "event": "request_began", "request_id": "1", "version": "1"})
        );
        assert_eq!((without_words("my words"), without_words("[\"my words\"]")), (None, None));
    }

    #[test]
    fn moments_are_written_as_dates() {
        for (micros, expected) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
            (1_709_251_199_999_999, "2024-02-29T23:59:59.999999Z"),
            (1_767_225_600_000_001, "2026-01-01T00:00:00.000001Z"),
            (4_107_542_399_000_000, "2100-02-28T23:59:59.000000Z"),
            (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
        ] {
            let mut out = String::new();
            write_time(&mut out, UNIX_EPOCH + Duration::from_micros(micros));
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn a_line_is_an_object_without_secrets() {
        let fields =
            vec![(5, Value::Text("a\"b".to_owned())), (23, Value::Text("key sk-ant-api03-aaaabbbbccccddddeeeeffff0000".to_owned()))];
        let line = Line { at: UNIX_EPOCH, level: LogLevel::Debug, event: LogEvent::RequestEnded, message: "m".to_owned(), fields };
        let mut out = String::new();
        line.write(&mut out);
        let read: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!((read["kind"].as_str(), read["detail"].as_str()), (Some("a\"b"), Some("key [hidden]")), "{out}");
        assert!(out.ends_with("\"}\n") && out.lines().count() == 1);
    }

    #[test]
    fn a_secret_at_the_place_of_a_cut_is_hidden() {
        const KEY: &str = "sk-ant-api03-Zq9aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789";
        for most in [LONGEST, MOST_SEARCHED] {
            for before in most - KEY.len()..most {
                let text = format!("{} {KEY} and more", "é ".repeat(before).split_at(before - before % 3).0);
                let fields = vec![(23, Value::Text(text))];
                let line = Line { at: UNIX_EPOCH, level: LogLevel::Debug, event: LogEvent::RequestEnded, message: "m".to_owned(), fields };
                let mut out = String::new();
                line.write(&mut out);
                assert!(!out.contains("sk-") && out.len() < LONGEST + 300, "{before}: {out}");
            }
        }
        assert_eq!(whole_words(&"x".repeat(MOST_SEARCHED + 1)), "");
    }
}
