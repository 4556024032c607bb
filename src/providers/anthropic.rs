//! Anthropic's messages.

use reqwest::Url;
use serde_json::{Value, json};

use super::BaseUrl;
use super::answer::{Assembly, Progress};
use super::classify::{Fault, inner_error};
use super::form::{Effort, Form, Structure};
use super::wire::{Framing, KeyHeader, Outgoing, Wire, decode, names_in, not_ours};
use crate::domain::{AttemptError, Secret};
use crate::suggest::ports::Prompt;

const VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");
const TOOL: &str = "answer";
/// What was read, with what came from or went into the service's cache.
const INPUT: &[&str] = &["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"];

pub(super) struct Anthropic {
    pub(super) base_url: BaseUrl,
    pub(super) model: String,
}

impl Wire for Anthropic {
    fn first_form(&self) -> Form {
        Form { effort: Effort::Least, ..Form::PLAIN }
    }

    /// The shape is asked for by a tool that the model must call. The newest models refuse an answer that is begun for
    /// them, and schemas are known to those alone; every model since the third generation calls a tool. That its call
    /// is whole, the stop reason tells.
    fn request(&self, prompt: &Prompt, form: Form, max_tokens: u32) -> Outgoing {
        let mut body = json!({
            "model": self.model,
            "max_tokens": max_tokens,
            // The instructions end with facts of this machine; a short text like this is not worth a cache mark.
            "system": [{ "type": "text", "text": prompt.system }],
            "messages": [{ "role": "user", "content": prompt.user.as_str() }],
            "stream": true,
        });
        if form.structure == Structure::Asked {
            body["tools"] = json!([{
                "name": TOOL,
                "description": "Gives the answer.",
                "input_schema": {
                    "type": "object",
                    "properties": { "command": { "type": ["string", "null"] }, "reading": { "type": "string" } },
                    "required": ["command", "reading"],
                },
            }]);
            body["tool_choice"] = json!({ "type": "tool", "name": TOOL, "disable_parallel_tool_use": true });
        }
        if form.temperature {
            body["temperature"] = json!(0);
        }
        if form.effort == Effort::Least {
            body["thinking"] = json!({ "type": "disabled" });
        }
        Outgoing { url: self.base_url.join("/messages"), headers: vec![VERSION], body }
    }

    fn without_what_it_names(&self, form: Form, fault: &Fault) -> Option<Form> {
        if form.effort != Effort::Unsaid && fault.names("thinking") {
            // A model that cannot do without needs room for it.
            Some(Form { effort: Effort::Unsaid, thinks: true, ..form })
        } else if form.structure == Structure::Asked && (fault.names("tool_choice") || fault.names("tools")) {
            Some(Form { structure: Structure::Unasked, ..form })
        } else if form.temperature && fault.names("temperature") {
            Some(Form { temperature: false, ..form })
        } else {
            None
        }
    }

    fn key_header(&self) -> KeyHeader {
        KeyHeader::Named("x-api-key")
    }

    fn framing(&self) -> Framing {
        Framing::Events
    }

    fn event(&self, data: &str, into: &mut Assembly, key: Option<&Secret>) -> Result<Progress, AttemptError> {
        let value = decode(data.as_bytes())?;
        let text = |place: &str| value.pointer(place).and_then(Value::as_str).unwrap_or_default();
        if let Some(fault) = Fault::named_error(&value) {
            return Err(inner_error(&fault, key));
        }
        match text("/type") {
            "message_start" => {
                into.note_model(value.get("message").unwrap_or(&Value::Null), "model", key);
                into.note_usage(value.pointer("/message/usage"), INPUT, &["output_tokens"]);
                Ok(Progress::Idle)
            }
            "content_block_start" => {
                match text("/content_block/type") {
                    "tool_use" => into.begin_structured(),
                    "text" if !into.is_structured() => into.push(text("/content_block/text"))?,
                    _ => {}
                }
                Ok(Progress::Text)
            }
            "content_block_delta" => {
                match text("/delta/type") {
                    "input_json_delta" => into.push(text("/delta/partial_json"))?,
                    "text_delta" if !into.is_structured() => into.push(text("/delta/text"))?,
                    _ => {}
                }
                Ok(Progress::Text)
            }
            "message_delta" => {
                stop(text("/delta/stop_reason"), into);
                into.note_usage(value.get("usage"), &[], &["output_tokens"]);
                Ok(Progress::Text)
            }
            // Without a reason to stop, the end of the stream proves nothing.
            "message_stop" if into.has_ended() => Ok(into.close()),
            _ => Ok(Progress::Idle),
        }
    }

    fn whole(&self, body: &[u8], into: &mut Assembly, key: Option<&Secret>) -> Result<(), AttemptError> {
        let value = decode(body)?;
        if let Some(fault) = Fault::named_error(&value) {
            return Err(inner_error(&fault, key));
        }
        let blocks = value.get("content").and_then(Value::as_array).ok_or_else(|| not_ours("one of Anthropic's messages"))?;
        into.note_model(&value, "model", key);
        into.note_usage(value.get("usage"), INPUT, &["output_tokens"]);
        for block in blocks {
            match block.get("type").and_then(Value::as_str) {
                Some("tool_use") => {
                    into.begin_structured();
                    into.push(&block.get("input").unwrap_or(&Value::Null).to_string())?;
                }
                Some("text") if !into.is_structured() => into.push(block.get("text").and_then(Value::as_str).unwrap_or_default())?,
                _ => {}
            }
        }
        stop(value.get("stop_reason").and_then(Value::as_str).unwrap_or_default(), into);
        Ok(())
    }

    fn models(&self) -> Option<(Url, Vec<(&'static str, &'static str)>)> {
        let mut url = self.base_url.join("/models");
        url.set_query(Some("limit=1000"));
        Some((url, vec![VERSION]))
    }

    fn model_names(&self, list: &Value) -> Vec<String> {
        names_in(list.get("data"), "id")
    }
}

fn stop(reason: &str, into: &mut Assembly) {
    match reason {
        "" => {}
        "tool_use" if into.is_structured() => into.end_with("stop"),
        reason => into.end_with(reason),
    }
}

#[cfg(test)]
#[path = "anthropic_tests.rs"]
mod tests;
