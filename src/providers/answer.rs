//! From the events or the body of a chat completion to the visible text, once it is proven complete.

use serde_json::Value;

use super::classify::{Fault, inner_error, printable};
use crate::domain::{AttemptError, FailureClass, Secret};
use crate::suggest::ports::RawAnswer;

/// A command and its reading fit a hundred times.
const TEXT_LIMIT: usize = 64 * 1024;

/// What an event brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// Nothing a reader could see: a role, usage figures.
    Idle,
    /// Text, visible or thought.
    Text,
    /// The terminal event.
    Done,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Finish {
    Stop,
    Length,
    Filtered,
    Tools,
    Failed,
    Overloaded,
    Unknown(String),
}

impl Finish {
    fn from_word(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "stop" | "eos" | "eos_token" | "end_turn" | "stop_sequence" => Finish::Stop,
            "length" | "max_tokens" | "max_length" | "model_length" => Finish::Length,
            "content_filter" | "safety" | "refusal" | "recitation" | "prohibited_content" => Finish::Filtered,
            "tool_calls" | "function_call" => Finish::Tools,
            "error" => Finish::Failed,
            "insufficient_system_resource" => Finish::Overloaded,
            _ => Finish::Unknown(printable(word, None)),
        }
    }
}

/// An answer as it arrives.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    text: String,
    model: String,
    finish: Option<Finish>,
    refused: bool,
    done: bool,
}

impl Assembly {
    /// Takes the data of one streamed event.
    pub(super) fn event(&mut self, data: &str, key: Option<&Secret>) -> Result<Progress, AttemptError> {
        if data.trim() == "[DONE]" {
            self.done = true;
            return Ok(Progress::Done);
        }
        self.completion(&decode(data.as_bytes())?, "delta", key)
    }

    /// Takes a whole unstreamed body.
    pub(super) fn whole(&mut self, body: &[u8], key: Option<&Secret>) -> Result<(), AttemptError> {
        let value = decode(body)?;
        if value.get("choices").is_none() && Fault::from_value(&value).is_none() {
            return Err(AttemptError::new(FailureClass::Malformed, "the answer is JSON, but not a chat completion; hint: check base_url"));
        }
        self.completion(&value, "message", key).map(|_| ())
    }

    /// The answer, if what came proves that it is complete. `clean_end` says that the body ended as announced.
    pub(super) fn finish(self, clean_end: bool) -> Result<RawAnswer, AttemptError> {
        let fail = |class, detail: &str| Err(AttemptError::new(class, detail));
        if self.refused {
            return fail(FailureClass::Refusal, "the model declines");
        }
        match &self.finish {
            Some(Finish::Length) => {
                return fail(FailureClass::Truncated, "the answer reached the token limit; hint: a model that thinks aloud needs more");
            }
            Some(Finish::Filtered) => return fail(FailureClass::Refusal, "the provider's filter stopped the answer"),
            Some(Finish::Tools) => return fail(FailureClass::Malformed, "the model called a tool that it was not offered"),
            Some(Finish::Failed) => return fail(FailureClass::Transient, "the provider stopped with an error"),
            Some(Finish::Overloaded) => return fail(FailureClass::Overloaded, "the provider has no room for the answer"),
            Some(Finish::Unknown(word)) => return fail(FailureClass::Malformed, &format!("the answer ended with `{word}`")),
            Some(Finish::Stop) | None => {}
        }
        let complete = self.done || (clean_end && self.finish.is_some());
        if self.text.trim().is_empty() && (complete || clean_end) {
            return fail(FailureClass::Malformed, "the answer is empty");
        }
        if !complete {
            return fail(FailureClass::Truncated, "the answer was cut off");
        }
        Ok(RawAnswer { text: self.text, model: self.model, pause: None })
    }

    fn completion(&mut self, value: &Value, part: &str, key: Option<&Secret>) -> Result<Progress, AttemptError> {
        if let Some(fault) = Fault::from_value(value) {
            return Err(inner_error(&fault, key));
        }
        if let Some(model) = value.get("model").and_then(Value::as_str).filter(|_| self.model.is_empty()) {
            self.model = printable(model, key);
        }
        let choices = value.get("choices").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut progress = Progress::Idle;
        for choice in choices.iter().filter(|choice| choice.get("index").and_then(Value::as_u64).unwrap_or(0) == 0) {
            let part = choice.get(part).unwrap_or(&Value::Null);
            let before = self.text.len();
            self.push(part.get("content").unwrap_or(&Value::Null));
            if self.text.len() > TEXT_LIMIT {
                return Err(AttemptError::new(FailureClass::Malformed, "the answer is larger than 64 KiB of text"));
            }
            let says = |name: &str| part.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
            self.refused |= says("refusal");
            if self.text.len() > before || says("reasoning_content") || says("reasoning") || says("refusal") {
                progress = Progress::Text;
            }
            if let Some(word) = choice.get("finish_reason").and_then(Value::as_str).filter(|word| !word.is_empty()) {
                self.finish = Some(Finish::from_word(word));
                progress = Progress::Text;
            }
        }
        Ok(progress)
    }

    /// Content is a text, or a list of parts of which only the texts are visible.
    fn push(&mut self, content: &Value) {
        match content {
            Value::String(text) => self.text.push_str(text),
            Value::Array(parts) => {
                for part in parts.iter().filter(|part| part.get("type").and_then(Value::as_str) == Some("text")) {
                    self.text.push_str(part.get("text").and_then(Value::as_str).unwrap_or_default());
                }
            }
            _ => {}
        }
    }
}

fn decode(bytes: &[u8]) -> Result<Value, AttemptError> {
    serde_json::from_slice(bytes).map_err(|error| match error.is_eof() {
        true => AttemptError::new(FailureClass::Truncated, "the answer was cut off"),
        false => AttemptError::new(FailureClass::Malformed, "the answer is not JSON"),
    })
}

#[cfg(test)]
mod tests {
    use FailureClass::*;

    use super::*;

    fn text(content: &str) -> String {
        serde_json::json!({ "model": "m-1", "choices": [{ "index": 0, "delta": { "content": content }, "finish_reason": null }] })
            .to_string()
    }

    fn end(reason: &str) -> String {
        serde_json::json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] }).to_string()
    }

    fn stream(events: &[&str], clean_end: bool) -> Result<String, FailureClass> {
        let mut assembly = Assembly::default();
        for event in events {
            assembly.event(event, None).map_err(|error| error.class)?;
        }
        assembly.finish(clean_end).map(|answer| answer.text).map_err(|error| error.class)
    }

    #[test]
    fn a_stream_is_an_answer_only_when_it_is_proven_complete() {
        let (ls, stop) = (text("ls"), end("stop"));
        for (events, clean_end, expected) in [
            (vec![ls.as_str(), &stop, "[DONE]"], true, Ok("ls")),
            (vec![&ls, &stop, "[DONE]"], false, Ok("ls")),
            (vec![&ls, "[DONE]"], true, Ok("ls")),
            (vec![&ls, &stop], true, Ok("ls")),
            (vec![&ls, &stop], false, Err(Truncated)),
            (vec![&ls], true, Err(Truncated)),
            (vec![&ls], false, Err(Truncated)),
            (vec![], true, Err(Malformed)),
            (vec![], false, Err(Truncated)),
            (vec!["[DONE]"], true, Err(Malformed)),
            (vec![&text("  \n"), &stop, "[DONE]"], true, Err(Malformed)),
            (vec![&ls, &end("length"), "[DONE]"], true, Err(Truncated)),
            (vec![&ls, &end("max_tokens"), "[DONE]"], true, Err(Truncated)),
            (vec![&ls, &end("content_filter"), "[DONE]"], true, Err(Refusal)),
            (vec![&end("SAFETY"), "[DONE]"], true, Err(Refusal)),
            (vec![&ls, &end("tool_calls"), "[DONE]"], true, Err(Malformed)),
            (vec![&ls, &end("error"), "[DONE]"], true, Err(Transient)),
            (vec![&ls, &end("insufficient_system_resource"), "[DONE]"], true, Err(Overloaded)),
            (vec![&ls, &end("whatever"), "[DONE]"], true, Err(Malformed)),
            (vec![&text("l"), &text("s"), &end("STOP"), "[DONE]"], true, Ok("ls")),
            (vec![r#"{"choices":[{"delta":{"refusal":"no"}}]}"#, &stop, "[DONE]"], true, Err(Refusal)),
            (vec![&ls, r#"{"error":{"message":"x","code":502}}"#, &stop, "[DONE]"], true, Err(Transient)),
            (vec![&ls, r#"{"choices":[{"delta":{"content":"rm"#], false, Err(Truncated)),
            (vec![&ls, "not json"], true, Err(Malformed)),
            (vec![&ls, r#"{"choices":[{"index":1,"delta":{"content":"other"}}]}"#, &stop, "[DONE]"], true, Ok("ls")),
            (vec![&ls, &stop, r#"{"choices":[],"usage":{"total_tokens":7}}"#, "[DONE]"], true, Ok("ls")),
            (vec![r#"{"choices":[{"delta":{"reasoning_content":"hm","content":null}}]}"#, &ls, &stop], true, Ok("ls")),
            (
                vec![r#"{"choices":[{"delta":{"content":[{"type":"thinking","thinking":[]},{"type":"text","text":"ls"}]}}]}"#, &stop],
                true,
                Ok("ls"),
            ),
        ] {
            assert_eq!(stream(&events, clean_end), expected.map(str::to_owned), "{events:?} {clean_end}");
        }
    }

    #[test]
    fn only_text_and_ends_count_as_progress() {
        let mut assembly = Assembly::default();
        for (event, progress) in [
            (r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#, Progress::Idle),
            (r#"{"choices":[{"delta":{"reasoning":"hm"}}]}"#, Progress::Text),
            (r#"{"choices":[{"delta":{"content":"l"}}]}"#, Progress::Text),
            (r#"{"choices":[]}"#, Progress::Idle),
            ("[DONE]", Progress::Done),
        ] {
            assert_eq!(assembly.event(event, None), Ok(progress), "{event}");
        }
    }

    #[test]
    fn an_unstreamed_body_is_read_the_same_way() {
        let body = |message: &str, reason: &str| format!(r#"{{"model":"m","choices":[{{"message":{message},"finish_reason":{reason}}}]}}"#);
        for (body, expected) in [
            (body(r#"{"content":"ls"}"#, r#""stop""#), Ok("ls")),
            (body(r#"{"content":"ls"}"#, "null"), Err(Truncated)),
            (body(r#"{"content":"ls"}"#, r#""length""#), Err(Truncated)),
            (body(r#"{"content":"","refusal":"no"}"#, r#""stop""#), Err(Refusal)),
            (body(r#"{"content":null}"#, r#""stop""#), Err(Malformed)),
            (r#"{"choices":[]}"#.to_owned(), Err(Malformed)),
            (r#"{"id":"x"}"#.to_owned(), Err(Malformed)),
            (r#"{"error":{"message":"x","code":"insufficient_quota"}}"#.to_owned(), Err(Quota)),
            (r#"{"choices":[{"message":{"content":"rm -rf /tm"#.to_owned(), Err(Truncated)),
            (String::new(), Err(Truncated)),
            (format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)), Err(Malformed)),
        ] {
            let mut assembly = Assembly::default();
            let answer = assembly.whole(body.as_bytes(), None).and_then(|()| assembly.finish(true));
            assert_eq!(answer.map(|answer| answer.text).map_err(|error| error.class), expected.map(str::to_owned), "{body:.80}");
        }
    }

    #[test]
    fn an_endless_text_is_refused() {
        let chunk = text(&"x".repeat(10_000));
        let mut assembly = Assembly::default();
        let refused = (0..10).find_map(|_| assembly.event(&chunk, None).err()).map(|error| error.class);
        assert_eq!(refused, Some(Malformed));
    }
}
