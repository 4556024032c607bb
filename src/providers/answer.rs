//! From the events or the body of an answer to the visible text, once it is proven complete.

use serde_json::Value;

use super::classify::printable;
use crate::domain::{AttemptError, FailureClass, Secret, Usage};
use crate::suggest::ports::RawAnswer;

/// A command and its reading fit a hundred times.
const TEXT_LIMIT: usize = 64 * 1024;

/// No call takes more; a server that says so is not believed.
const MOST_TOKENS: u64 = 100_000_000;

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
            "content_filter" | "safety" | "refusal" | "recitation" | "prohibited_content" | "blocklist" | "spii" => Finish::Filtered,
            "tool_calls" | "function_call" | "tool_use" | "malformed_function_call" => Finish::Tools,
            "error" => Finish::Failed,
            "insufficient_system_resource" => Finish::Overloaded,
            _ => Finish::Unknown(printable(word, None)),
        }
    }
}

/// An answer as it arrives, whatever the wire.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    text: String,
    model: String,
    usage: Option<Usage>,
    finish: Option<Finish>,
    refused: bool,
    done: bool,
    structured: bool,
}

impl Assembly {
    /// Adds visible text.
    pub(super) fn push(&mut self, text: &str) -> Result<(), AttemptError> {
        self.text.push_str(text);
        if self.text.len() > TEXT_LIMIT {
            return Err(AttemptError::new(FailureClass::Malformed, "the answer is larger than 64 KiB of text"));
        }
        Ok(())
    }

    /// From here on the answer comes in the form that was asked for; what was said before it does not count.
    pub(super) fn begin_structured(&mut self) {
        self.text.clear();
        self.structured = true;
    }

    pub(super) fn is_structured(&self) -> bool {
        self.structured
    }

    /// The model that answers; the first one named counts.
    pub(super) fn note_model(&mut self, value: &Value, name: &str, key: Option<&Secret>) {
        if let Some(model) = value.get(name).and_then(Value::as_str).filter(|_| self.model.is_empty()) {
            self.model = printable(model, key);
        }
    }

    /// The tokens so far. A number that comes again stands for the one before; those under further names are added.
    pub(super) fn note_usage(&mut self, told: Option<&Value>, input: &[&str], output: &[&str]) {
        let count = |names: &[&str]| {
            let counts = names.iter().filter_map(|name| told?.get(name)?.as_u64());
            counts.reduce(u64::saturating_add).map(|tokens| tokens.min(MOST_TOKENS))
        };
        let (input, output) = (count(input), count(output));
        if input.is_some() || output.is_some() {
            let before = self.usage.unwrap_or_default();
            self.usage = Some(Usage { input: input.unwrap_or(before.input), output: output.unwrap_or(before.output) });
        }
    }

    /// Why the model stopped, in the service's own word.
    pub(super) fn end_with(&mut self, word: &str) {
        self.finish = Some(Finish::from_word(word));
    }

    pub(super) fn has_ended(&self) -> bool {
        self.finish.is_some()
    }

    pub(super) fn refuse(&mut self) {
        self.refused = true;
    }

    /// The terminal event came.
    pub(super) fn close(&mut self) -> Progress {
        self.done = true;
        Progress::Done
    }

    /// The answer, if what came proves that it is complete. `clean_end` says that the body ended as announced. An answer
    /// that reached the token limit says that asking again may help.
    pub(super) fn finish(self, clean_end: bool) -> Result<RawAnswer, AttemptError> {
        let fail = |class, detail: &str| Err(AttemptError::new(class, detail));
        if self.refused {
            return fail(FailureClass::Refusal, "the model declines");
        }
        match &self.finish {
            Some(Finish::Length) => {
                let detail = "the answer reached the token limit; hint: a model that thinks aloud needs more";
                return Err(AttemptError { may_retry: Some(true), ..AttemptError::new(FailureClass::Truncated, detail) });
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
        Ok(RawAnswer { text: self.text, model: self.model, pause: None, usage: self.usage, first_chunk: None })
    }
}
