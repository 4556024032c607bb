//! From a model's text to a command. There are exactly three forms of an answer: one JSON object, one fenced block, or
//! one line that is a command. Everything else, prose above all, is none.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use super::ports::RawAnswer;
use crate::domain::{AttemptError, FailureClass};
use crate::validate::is_prose;

const READING_CHARACTERS: usize = 200;
const THOUGHTS: [(&str, &str); 2] = [("<think>", "</think>"), ("<thinking>", "</thinking>")];
/// Languages of a fenced block that holds a command.
const SHELL_FENCES: [&str; 9] = ["bash", "sh", "zsh", "fish", "shell", "console", "terminal", "shell-session", "shellsession"];
/// A command as the model gave it, with its reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extracted {
    /// The command, unchecked, possibly of several lines.
    pub command: String,
    /// One line saying what it does.
    pub reading: Option<String>,
}

/// Finds the command in a complete answer. `resolves` tells whether a word names a command of this shell, `parses`
/// whether a line is valid in it.
///
/// # Errors
/// `Refusal` when the model says that it has no command, `Truncated` when the text ends in the middle of its form,
/// `Malformed` when it has none of the three forms.
pub fn extract(answer: &RawAnswer, resolves: &dyn Fn(&str) -> bool, parses: &dyn Fn(&str) -> bool) -> Result<Extracted, AttemptError> {
    let text = without_thoughts(&answer.text)?;
    if text.is_empty() {
        return Err(malformed("the answer is empty"));
    }
    if text.starts_with('{') {
        return from_json(text);
    }
    if let Some(fenced) = text.strip_prefix("```") {
        return from_fence(fenced);
    }
    let line = without_prompt(text);
    if line.lines().count() == 1 && !is_prose(line) && first_word(line).is_some_and(resolves) && parses(line) {
        return Ok(Extracted { command: line.to_owned(), reading: None });
    }
    Err(malformed("the answer is not a command"))
}

fn malformed(detail: &str) -> AttemptError {
    AttemptError::new(FailureClass::Malformed, detail)
}

fn cut() -> AttemptError {
    AttemptError::new(FailureClass::Truncated, "the answer was cut off")
}

/// The text after the thoughts that some models speak aloud first.
fn without_thoughts(text: &str) -> Result<&str, AttemptError> {
    let mut rest = text.trim();
    // An answer that has begun is not searched: a command may well contain such a word.
    while let Some((open, close)) = THOUGHTS.into_iter().find(|(open, _)| rest.starts_with(open)) {
        let (_, after) = rest[open.len()..].split_once(close).ok_or_else(cut)?;
        rest = after.trim();
    }
    // Chat templates may swallow the opening mark, so that only the closing one is in the text.
    let begun = rest.starts_with(['{', '`']);
    match rest.split_once("</think>") {
        Some((thoughts, after)) if !begun && !thoughts.contains("<think>") => Ok(after.trim()),
        _ => Ok(rest),
    }
}

/// An object whose `command` and `reading` each appear at most once; which of two the user would get is anyone's guess.
#[derive(Default)]
struct Answer {
    command: Option<Option<String>>,
    reading: Option<serde_json::Value>,
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Answer;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a command")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Answer, A::Error> {
                let mut answer = Answer::default();
                let mut seen = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    if seen.contains(&key) {
                        return Err(A::Error::custom("a key appears twice"));
                    }
                    match key.as_str() {
                        "command" => answer.command = Some(map.next_value()?),
                        "reading" => answer.reading = Some(map.next_value()?),
                        // Decoded and not skipped, so that the limit of nesting holds here too.
                        _ => drop(map.next_value::<serde_json::Value>()?),
                    }
                    seen.push(key);
                }
                Ok(answer)
            }
        }

        deserializer.deserialize_map(Object)
    }
}

fn from_json(text: &str) -> Result<Extracted, AttemptError> {
    let answer: Answer =
        serde_json::from_str(text).map_err(|error| if error.is_eof() { cut() } else { malformed("the answer is not one JSON object") })?;
    let reading = answer.reading.as_ref().and_then(serde_json::Value::as_str).and_then(one_line);
    let command = answer.command.ok_or_else(|| malformed("the answer holds no command"))?.unwrap_or_default();
    match without_prompt(&command) {
        "" => {
            let why = reading.map(|reading| format!(": {reading}")).unwrap_or_default();
            Err(AttemptError::new(FailureClass::Refusal, format!("the model has no command{why}")))
        }
        command => Ok(Extracted { command: command.to_owned(), reading }),
    }
}

/// The part of the text after the opening mark of a fence.
fn from_fence(text: &str) -> Result<Extracted, AttemptError> {
    let (language, body) = text.split_once('\n').ok_or_else(cut)?;
    let language = language.trim().to_ascii_lowercase();
    let is_shell = SHELL_FENCES.contains(&language.as_str());
    if !is_shell && !matches!(language.as_str(), "" | "json") {
        return Err(malformed("the answer is a block of something else than a command"));
    }
    let mut content_end = 0;
    let mut lines = body.split_inclusive('\n');
    let closed = lines.any(|line| {
        let closes = line.trim() == "```";
        content_end += if closes { 0 } else { line.len() };
        closes
    });
    if !closed {
        return Err(cut());
    }
    if lines.any(|line| !line.trim().is_empty()) {
        return Err(malformed("the answer holds text beside its block"));
    }
    let content = &body[..content_end];
    if !is_shell && content.trim_start().starts_with('{') {
        return from_json(content.trim());
    }
    match without_prompt(content) {
        _ if language == "json" => Err(malformed("the answer is not one JSON object")),
        "" => Err(malformed("the answer is empty")),
        command => Ok(Extracted { command: command.to_owned(), reading: None }),
    }
}

/// The command without surrounding blanks and the `$ ` that transcripts begin with.
fn without_prompt(text: &str) -> &str {
    let start = text.trim_start();
    let start = start.strip_prefix("$ ").unwrap_or(start).trim_start();
    let end = start.trim_end();
    // A blank after a final backslash is part of a word.
    let escaped = end.ends_with('\\') && start[end.len()..].starts_with(' ');
    if escaped { &start[..=end.len()] } else { end }
}

/// The word that names the command, after variable assignments.
fn first_word(line: &str) -> Option<&str> {
    let is_assignment = |word: &&str| {
        word.split_once('=').is_some_and(|(name, _)| {
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        })
    };
    line.split_whitespace().find(|word| !is_assignment(word))
}

/// A reading as one short line without anything invisible.
fn one_line(text: &str) -> Option<String> {
    let visible = |c: &char| !matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    let plain: String =
        text.chars().filter(visible).map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect();
    let line: String = plain.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(READING_CHARACTERS).collect();
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
#[path = "extract_tests.rs"]
mod tests;
