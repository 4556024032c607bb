//! Ollama's own interface: one JSON object a line.

use reqwest::Url;
use serde_json::{Value, json};

use super::BaseUrl;
use super::answer::{Assembly, Progress};
use super::classify::{Fault, inner_error};
use super::form::{Effort, Form, Structure, bare_name};
use super::wire::{Framing, KeyHeader, Outgoing, Wire, decode, names_in, not_ours};
use crate::domain::{AttemptError, Secret};
use crate::suggest::ports::Prompt;

/// How long a model stays in memory after a question. The server's own five minutes mean that most questions load it.
pub(super) const KEEP_ALIVE: &str = "30m";

pub(super) struct Ollama {
    pub(super) base_url: BaseUrl,
    pub(super) model: String,
}

impl Ollama {
    fn chunk(&self, value: &Value, into: &mut Assembly, key: Option<&Secret>) -> Result<Progress, AttemptError> {
        if let Some(fault) = Fault::named_error(value) {
            return Err(inner_error(&fault, key));
        }
        into.note_model(value, "model", key);
        into.note_usage(Some(value), &["prompt_eval_count"], &["eval_count"]);
        let text = |place: &str| value.pointer(place).and_then(Value::as_str).unwrap_or_default();
        into.push(text("/message/content"))?;
        if value.get("done").and_then(Value::as_bool) == Some(true) {
            // Old servers give no reason; the flag itself is the terminal event.
            if let Some(word) = value.get("done_reason").and_then(Value::as_str) {
                into.end_with(word);
            }
            return Ok(into.close());
        }
        let has_text = !text("/message/content").is_empty() || !text("/message/thinking").is_empty();
        Ok(if has_text { Progress::Text } else { Progress::Idle })
    }
}

impl Wire for Ollama {
    fn first_form(&self) -> Form {
        // These cannot be told not to think, but to do it briefly.
        let effort = if bare_name(&self.model).starts_with("gpt-oss") { Effort::Low } else { Effort::Least };
        Form { effort, thinks: true, ..Form::PLAIN }
    }

    fn request(&self, prompt: &Prompt, form: Form, max_tokens: u32) -> Outgoing {
        let mut body = json!({
            "model": self.model,
            "messages": [{ "role": "system", "content": prompt.system }, { "role": "user", "content": prompt.user.as_str() }],
            "stream": true,
            "keep_alive": KEEP_ALIVE,
            "options": { "num_predict": max_tokens },
        });
        if form.structure == Structure::Asked {
            body["format"] = json!({
                "type": "object",
                "properties": { "command": { "type": ["string", "null"] }, "reading": { "type": "string" } },
                "required": ["command", "reading"],
            });
        }
        if form.temperature {
            body["options"]["temperature"] = json!(0);
        }
        match form.effort {
            Effort::Least => body["think"] = json!(false),
            Effort::Low => body["think"] = json!("low"),
            Effort::Unsaid => {}
        }
        Outgoing { url: self.base_url.join("/api/chat"), headers: Vec::new(), body }
    }

    fn without_what_it_names(&self, form: Form, fault: &Fault) -> Option<Form> {
        if form.effort != Effort::Unsaid && fault.names("think") {
            Some(Form { effort: Effort::Unsaid, ..form })
        } else if form.structure == Structure::Asked && (fault.names("format") || fault.names("grammar")) {
            Some(Form { structure: Structure::Unasked, ..form })
        } else {
            None
        }
    }

    fn key_header(&self) -> KeyHeader {
        KeyHeader::Bearer
    }

    fn framing(&self) -> Framing {
        Framing::Lines
    }

    fn event(&self, data: &str, into: &mut Assembly, key: Option<&Secret>) -> Result<Progress, AttemptError> {
        let value = decode(data.as_bytes())?;
        if ["message", "done", "error"].iter().all(|name| value.get(name).is_none()) {
            return Err(not_ours("one of Ollama's"));
        }
        self.chunk(&value, into, key)
    }

    fn whole(&self, body: &[u8], into: &mut Assembly, key: Option<&Secret>) -> Result<(), AttemptError> {
        let text = std::str::from_utf8(body).map_err(|_| not_ours("text"))?;
        self.event(text, into, key).map(|_| ())
    }

    fn models(&self) -> Option<(Url, Vec<(&'static str, &'static str)>)> {
        Some((self.base_url.join("/api/tags"), Vec::new()))
    }

    fn model_names(&self, list: &Value) -> Vec<String> {
        names_in(list.get("models"), "name")
    }
}

#[cfg(test)]
#[path = "ollama_tests.rs"]
mod tests;
