//! `gptos batch …`: JSON lines in, one JSON line out for each.
//!
//! A line that cannot be understood is reported on standard error. If its id could be read, it still gets a result with
//! no command, so that whoever matches results to ids misses none. Then the next line is read.

use std::io::{self, BufRead, Read};

use serde::Serialize;
use serde_json::Value;

use super::ExitStatus;
use super::output::Output;

/// Longest line that is read. A query is far shorter; this is room to find the id of one that is not.
const MAX_LINE_BYTES: u64 = 32 * 1024 * 1024;

/// What is known about one query; the default is "declined".
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchAnswer {
    /// The command, or `None` when there is no answer.
    pub command: Option<String>,
    /// From 0 to 1.
    pub confidence: f64,
    /// Whether a shell would mark it as a guess.
    pub guess: bool,
    /// Who proposed it: `ran`, `offline` or `provider:NAME`.
    pub source: Option<String>,
    /// What the command does, in one line.
    pub reading: Option<String>,
    /// Other commands, best first.
    pub alternatives: Vec<String>,
    /// Why there is none, in one line.
    pub reason: Option<String>,
}

#[derive(Serialize)]
struct ResultLine<'a> {
    id: &'a Value,
    command: Option<&'a str>,
    confidence: f64,
    guess: bool,
    source: Option<&'a str>,
    reading: Option<&'a str>,
    alternatives: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

/// What the lines of a verb look like.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// The field that holds the text, beside `id`.
    pub field: &'static str,
    /// What to tell somebody whose line looks different.
    pub hint: &'static str,
}

pub(super) const QUERIES: Form = Form { field: "query", hint: "a line looks like {\"id\": 1, \"query\": \"list files by size\"}" };

/// Translates line after line, each result written out before the next query is read. The status is 0, also when some
/// queries have no answer, and 64 when there were lines and none of them was a query.
pub fn translate(input: impl BufRead, answer: &mut dyn FnMut(&str) -> BatchAnswer, output: &mut Output<'_>) -> ExitStatus {
    let mut line = |id: &Value, query: Option<&str>| {
        let answer = query.map(&mut *answer).unwrap_or_default();
        Ok(result_line(id, &answer))
    };
    answer_lines(input, &QUERIES, &mut line, output)
}

/// The line for one query.
pub(super) fn result_line(id: &Value, answer: &BatchAnswer) -> String {
    json(&ResultLine {
        id,
        command: answer.command.as_deref(),
        confidence: answer.confidence,
        guess: answer.guess,
        source: answer.source.as_deref(),
        reading: answer.reading.as_deref(),
        alternatives: &answer.alternatives,
        reason: answer.reason.as_deref(),
    })
}

/// What a line is answered with, given its id and its text. The text is `None` for a line that has an id and no text;
/// an error says what is wrong with the text, and then the line is asked for again without it.
pub type LineAnswer<'a> = dyn FnMut(&Value, Option<&str>) -> Result<String, String> + 'a;

/// Answers line after line. The status is 0, and 64 when there were lines and none of them could be understood.
pub fn answer_lines(mut input: impl BufRead, form: &Form, answer: &mut LineAnswer<'_>, output: &mut Output<'_>) -> ExitStatus {
    let (mut n_understood, mut n_wrong) = (0_u64, 0_u64);
    let mut number = 0_u64;
    let mut line = Vec::new();
    while !output.is_closed() {
        number += 1;
        match read_line(&mut input, &mut line) {
            Ok(Line::End) => break,
            Ok(Line::Whole) if line.trim_ascii().is_empty() => {}
            Ok(Line::Whole) => {
                let answered = parse(&line, form).and_then(|(id, text)| {
                    answer(&id, Some(&text)).map_err(|cause| Wrong {
                        cause: format!("`{}`: {cause}", form.field),
                        hint: Some(form.hint),
                        id: Some(id),
                    })
                });
                match answered {
                    Ok(result) => {
                        n_understood += 1;
                        print(&result, output);
                    }
                    Err(wrong) => {
                        n_wrong += 1;
                        output.error(&format!("batch: line {number}: {}", wrong.cause), wrong.hint);
                        if let Some(result) = wrong.id.and_then(|id| answer(&id, None).ok()) {
                            print(&result, output);
                        }
                    }
                }
            }
            Ok(Line::TooLong) => {
                n_wrong += 1;
                output.error(&format!("batch: line {number}: longer than 32 MiB"), None);
            }
            Err(error) => {
                output.error(&format!("batch: standard input: {error}"), None);
                return ExitStatus::Internal;
            }
        }
    }
    if n_understood == 0 && n_wrong > 0 { ExitStatus::Usage } else { ExitStatus::Success }
}

/// A result as one line of JSON.
pub(super) fn json(result: &impl Serialize) -> String {
    serde_json::to_string(result).expect("strings and numbers always have a JSON form")
}

pub(super) fn print(result: &str, output: &mut Output<'_>) {
    output.data(&format!("{result}\n"));
    output.flush();
}

pub(super) enum Line {
    Whole,
    TooLong,
    End,
}

/// Reads one line into `line`; of one that is too long the rest is passed over.
pub(super) fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Line> {
    line.clear();
    if input.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', line)? == 0 {
        return Ok(Line::End);
    }
    if line.ends_with(b"\n") || (line.len() as u64) < MAX_LINE_BYTES {
        return Ok(Line::Whole);
    }
    input.skip_until(b'\n')?;
    Ok(Line::TooLong)
}

pub(super) struct Wrong {
    pub(super) cause: String,
    pub(super) hint: Option<&'static str>,
    pub(super) id: Option<Value>,
}

pub(super) fn parse(line: &[u8], form: &Form) -> Result<(Value, String), Wrong> {
    let wrong = |cause: String, id: Option<Value>| Wrong { cause, hint: Some(form.hint), id };
    // Some editors and exports begin a file with a byte order mark.
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let value: Value = serde_json::from_slice(line).map_err(|error| {
        let place = if error.line() <= 1 { format!(" at column {}", error.column()) } else { String::new() };
        let reason = if std::str::from_utf8(line).is_err() { "not UTF-8 text" } else { "not JSON" };
        wrong(format!("{reason}{place}"), None)
    })?;
    let Value::Object(mut fields) = value else { return Err(wrong("expected an object".to_owned(), None)) };
    let id = match fields.remove("id") {
        Some(id @ (Value::String(_) | Value::Number(_))) => id,
        Some(_) => return Err(wrong("`id`: expected a string or a number".to_owned(), None)),
        None => return Err(wrong("`id`: missing".to_owned(), None)),
    };
    match fields.remove(form.field) {
        Some(Value::String(text)) => Ok((id, text)),
        Some(_) => Err(wrong(format!("`{}`: expected a string", form.field), Some(id))),
        None => Err(wrong(format!("`{}`: missing", form.field), Some(id))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::Captured;

    fn translate_all(input: &[u8]) -> (ExitStatus, Vec<String>, String) {
        let captured = Captured::default();
        let mut output = captured.output();
        let mut answer = |query: &str| match query {
            "list files" => BatchAnswer {
                command: Some("ls".to_owned()),
                confidence: 0.5,
                guess: true,
                source: Some("offline".to_owned()),
                reading: Some("list".to_owned()),
                alternatives: vec!["ls -a".to_owned(), "printf '\"\\n'".to_owned()],
                reason: None,
            },
            _ => BatchAnswer::default(),
        };
        let status = translate(input, &mut answer, &mut output);
        let status = output.finish(status);
        (status, captured.out().lines().map(str::to_owned).collect(), captured.err())
    }

    const DECLINED: &str = r#""command":null,"confidence":0.0,"guess":false,"source":null,"reading":null,"alternatives":[]}"#;

    #[test]
    fn each_query_gets_one_line_with_its_id() {
        let input = b"{\"id\":\"a\",\"query\":\"list files\"}\n\n{\"query\":\"x\",\"id\":7,\"more\":[]}\r\n{\"id\":18446744073709551615,\"query\":\"\"}";
        let (status, lines, err) = translate_all(input);
        assert_eq!((status, err.as_str()), (ExitStatus::Success, ""));
        assert_eq!(
            lines[0],
            r#"{"id":"a","command":"ls","confidence":0.5,"guess":true,"source":"offline","reading":"list","alternatives":["ls -a","printf '\"\\n'"]}"#
        );
        assert_eq!(lines[1..], [format!("{{\"id\":7,{DECLINED}"), format!("{{\"id\":18446744073709551615,{DECLINED}")]);
    }

    #[test]
    fn a_wrong_line_is_reported_and_the_next_is_read() {
        for (line, said, result) in [
            (&b"nonsense"[..], "line 1: not JSON at column 2", None),
            (b"{\"id\":1,\"query\":\"half", "line 1: not JSON", None),
            (b"{\"id\":1,\"query\":\"\xff\"}", "line 1: not UTF-8 text", None),
            (b"[1]", "line 1: expected an object", None),
            (b"{\"query\":\"x\"}", "line 1: `id`: missing", None),
            (b"{\"id\":null,\"query\":\"x\"}", "line 1: `id`: expected", None),
            (b"{\"id\":\"k\"}", "line 1: `query`: missing", Some("\"k\"")),
            (b"{\"id\":3,\"query\":[]}", "line 1: `query`: expected a string", Some("3")),
        ] {
            let (status, lines, err) = translate_all(&[line, b"\n{\"id\":2,\"query\":\"list files\"}\n"].concat());
            assert_eq!(status, ExitStatus::Success);
            assert!(err.starts_with("gptos: batch: ") && err.contains(said) && err.contains("\nhint: a line looks like"), "{err}");
            assert!(lines.last().unwrap().starts_with("{\"id\":2,\"command\":\"ls\""));
            assert_eq!(lines.len(), 1 + usize::from(result.is_some()));
            if let Some(id) = result {
                assert_eq!(lines[0], format!("{{\"id\":{id},{DECLINED}"));
            }
        }
    }

    #[test]
    fn the_status_is_64_only_when_nothing_was_a_query() {
        for (input, status) in [
            (&b""[..], ExitStatus::Success),
            (b"\n \n", ExitStatus::Success),
            (b"x\n", ExitStatus::Usage),
            (b"x\n{\"id\":1}\n", ExitStatus::Usage),
            (b"x\n{\"id\":1,\"query\":\"y\"}\n", ExitStatus::Success),
            (b"\xef\xbb\xbf{\"id\":1,\"query\":\"y\"}\n", ExitStatus::Success),
        ] {
            assert_eq!(translate_all(input).0, status, "{input:?}");
        }
    }

    #[test]
    fn a_line_without_end_is_passed_over() {
        let mut input = vec![b'x'; usize::try_from(MAX_LINE_BYTES).unwrap() + 10];
        input.extend_from_slice(b"\n{\"id\":1,\"query\":\"list files\"}");
        let (status, lines, err) = translate_all(&input);
        assert_eq!((status, lines.len(), err.as_str()), (ExitStatus::Success, 1, "gptos: batch: line 1: longer than 32 MiB\n"));
    }

    #[test]
    fn nothing_is_asked_when_nobody_reads_the_results() {
        struct Gone;
        impl io::Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut output = Output::new(Box::new(Gone), Box::new(io::sink()), crate::cli::output::Color::Never);
        let mut n_asked = 0;
        let input = b"{\"id\":1,\"query\":\"x\"}\n".repeat(5);
        let status = translate(
            &input[..],
            &mut |_| {
                n_asked += 1;
                BatchAnswer::default()
            },
            &mut output,
        );
        assert_eq!((status, n_asked), (ExitStatus::Success, 1));
    }
}
