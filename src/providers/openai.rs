//! Chat completions: the wire of OpenAI, OpenRouter, Groq, vLLM, llama.cpp, LM Studio, Ollama's `/v1` and, behind
//! another door, of Azure.

use reqwest::Url;
use serde_json::{Value, json};

use super::BaseUrl;
use super::answer::{Assembly, Progress};
use super::classify::{Fault, inner_error};
use super::form::{Cap, Effort, Form, Structure, bare_name};
use super::wire::{Framing, KeyHeader, Outgoing, Wire, decode, names_in, not_ours};
use crate::domain::{AttemptError, Secret};
use crate::suggest::ports::Prompt;

/// What differs between the services that speak it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Door {
    /// The model is named in the request.
    Model,
    /// The address names a deployment, which is a model, and the version of the interface.
    Deployment { api_version: String },
}

pub(super) struct OpenAi {
    pub(super) base_url: BaseUrl,
    pub(super) model: String,
    pub(super) door: Door,
}

/// Whether a model of that name thinks before it answers. Others refuse to be told how much, and a refusal costs a round
/// trip in every process, so the parameter is not tried on everybody.
fn reasons(model: &str) -> bool {
    let name = bare_name(model);
    !name.contains("chat") && ["gpt-5", "gpt-oss", "o1", "o3", "o4"].iter().any(|family| name.starts_with(family))
}

/// The first version of Azure's interface that takes a schema, as it begins: the versions are dates.
const AZURE_SCHEMAS: &str = "2024-08-01";
/// The same for the tokens of a stream.
const AZURE_USAGE: &str = "2024-09-01";

/// The object that an answer is, in the words that servers hold a model to. They want every key required and no other.
fn answer_format() -> Value {
    json!({
        "type": "json_schema",
        "json_schema": {
            "name": "answer",
            "strict": true,
            "schema": {
                "type": "object",
                "properties": { "command": { "type": ["string", "null"] }, "reading": { "type": "string" } },
                "required": ["command", "reading"],
                "additionalProperties": false,
            },
        },
    })
}

impl OpenAi {
    /// How the shape of the answer is asked for first. OpenAI and Azure document schemas, and so do the servers that
    /// people run on their own machine: LM Studio takes nothing else, vLLM, llama.cpp and Ollama hold the model to one by
    /// a grammar. Of other services many know the mode alone or schemas for some models only. Each complaint costs a
    /// round trip in every process, and some say nothing and ignore the schema, so with them the mode comes first.
    fn first_structure(&self) -> Structure {
        let takes_schemas = match &self.door {
            Door::Deployment { api_version } => api_version.as_str() >= AZURE_SCHEMAS,
            Door::Model => self.base_url.host() == "api.openai.com" || self.base_url.is_loopback(),
        };
        if takes_schemas { Structure::Schema } else { Structure::Asked }
    }

    /// Whether the tokens of a stream are told to who asks for it. Where it is not documented a complaint would cost a round
    /// trip, and many services tell unasked.
    fn tells_usage(&self) -> bool {
        match &self.door {
            Door::Deployment { api_version } => api_version.as_str() >= AZURE_USAGE,
            Door::Model => matches!(self.base_url.host(), "api.openai.com" | "openrouter.ai" | "api.deepseek.com"),
        }
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base_url.join(path);
        if let Door::Deployment { api_version } = &self.door {
            url.query_pairs_mut().append_pair("api-version", api_version);
        }
        url
    }

    fn completion(&self, value: &Value, part: &str, into: &mut Assembly, key: Option<&Secret>) -> Result<Progress, AttemptError> {
        if let Some(fault) = Fault::from_value(value) {
            return Err(inner_error(&fault, key));
        }
        into.note_model(value, "model", key);
        // Groq tells of it in an object of its own.
        let usage = value.get("usage").filter(|usage| usage.is_object()).or_else(|| value.pointer("/x_groq/usage"));
        into.note_usage(usage, &["prompt_tokens"], &["completion_tokens"]);
        let choices = value.get("choices").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut progress = Progress::Idle;
        for choice in choices.iter().filter(|choice| choice.get("index").and_then(Value::as_u64).unwrap_or(0) == 0) {
            let part = choice.get(part).unwrap_or(&Value::Null);
            let has_text = push_content(part.get("content").unwrap_or(&Value::Null), into)?;
            let says = |name: &str| part.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
            if says("refusal") {
                into.refuse();
            }
            if has_text || says("reasoning_content") || says("reasoning") || says("refusal") {
                progress = Progress::Text;
            }
            if let Some(word) = choice.get("finish_reason").and_then(Value::as_str).filter(|word| !word.is_empty()) {
                into.end_with(word);
                progress = Progress::Text;
            }
        }
        Ok(progress)
    }
}

/// Content is a text, or a list of parts of which only the texts are visible. Says whether there was any.
fn push_content(content: &Value, into: &mut Assembly) -> Result<bool, AttemptError> {
    let mut any = false;
    let mut push = |text: &str| {
        any |= !text.is_empty();
        into.push(text)
    };
    match content {
        Value::String(text) => push(text)?,
        Value::Array(parts) => {
            for part in parts.iter().filter(|part| part.get("type").and_then(Value::as_str) == Some("text")) {
                push(part.get("text").and_then(Value::as_str).unwrap_or_default())?;
            }
        }
        _ => {}
    }
    Ok(any)
}

impl Wire for OpenAi {
    fn first_form(&self) -> Form {
        let plain = Form { structure: self.first_structure(), usage: self.tells_usage(), ..Form::PLAIN };
        if reasons(&self.model) {
            // These refuse a temperature and the older name of the cap.
            return Form { temperature: false, cap: Cap::Newer, effort: Effort::Least, thinks: true, ..plain };
        }
        // On this machine thoughts cost only time, and nobody can tell from its name whether a model has them.
        Form { thinks: self.base_url.is_loopback(), ..plain }
    }

    fn request(&self, prompt: &Prompt, form: Form, max_tokens: u32) -> Outgoing {
        let mut body = json!({
            "model": self.model,
            "messages": [{ "role": "system", "content": prompt.system }, { "role": "user", "content": prompt.user.as_str() }],
            "stream": true,
        });
        match form.structure {
            Structure::Schema => body["response_format"] = answer_format(),
            Structure::Asked => body["response_format"] = json!({ "type": "json_object" }),
            Structure::Unasked => {}
        }
        if form.temperature {
            body["temperature"] = json!(0);
        }
        if form.usage {
            body["stream_options"] = json!({ "include_usage": true });
        }
        match form.cap {
            Cap::Usual => body["max_tokens"] = json!(max_tokens),
            Cap::Newer => body["max_completion_tokens"] = json!(max_tokens),
            Cap::None => {}
        }
        match form.effort {
            Effort::Least => body["reasoning_effort"] = json!("minimal"),
            Effort::Low => body["reasoning_effort"] = json!("low"),
            Effort::Unsaid => {}
        }
        Outgoing { url: self.url("/chat/completions"), headers: Vec::new(), body }
    }

    fn without_what_it_names(&self, form: Form, fault: &Fault) -> Option<Form> {
        let newer = fault.names("max_completion_tokens");
        if form.usage && fault.names("stream_options") {
            return Some(Form { usage: false, ..form });
        }
        if form.effort != Effort::Unsaid && fault.names("reasoning_effort") {
            let effort = if form.effort == Effort::Least { Effort::Low } else { Effort::Unsaid };
            Some(Form { effort, ..form })
        } else if form.structure == Structure::Schema && (fault.names("response_format") || fault.names("json_schema")) {
            Some(Form { structure: Structure::Asked, ..form })
        } else if form.structure == Structure::Asked && fault.names("response_format") {
            Some(Form { structure: Structure::Unasked, ..form })
        } else if form.cap == Cap::Usual && (fault.names("max_tokens") || newer) {
            Some(Form { cap: Cap::Newer, thinks: true, ..form })
        } else if form.cap == Cap::Newer && newer {
            Some(Form { cap: Cap::None, ..form })
        } else if form.temperature && fault.names("temperature") {
            Some(Form { temperature: false, ..form })
        } else {
            None
        }
    }

    fn key_header(&self) -> KeyHeader {
        match self.door {
            Door::Model => KeyHeader::Bearer,
            Door::Deployment { .. } => KeyHeader::Named("api-key"),
        }
    }

    fn framing(&self) -> Framing {
        Framing::Events
    }

    fn event(&self, data: &str, into: &mut Assembly, key: Option<&Secret>) -> Result<Progress, AttemptError> {
        if data.trim() == "[DONE]" {
            return Ok(into.close());
        }
        self.completion(&decode(data.as_bytes())?, "delta", into, key)
    }

    fn whole(&self, body: &[u8], into: &mut Assembly, key: Option<&Secret>) -> Result<(), AttemptError> {
        let value = decode(body)?;
        if value.get("choices").is_none() && Fault::from_value(&value).is_none() {
            return Err(not_ours("a chat completion"));
        }
        self.completion(&value, "message", into, key).map(|_| ())
    }

    fn models(&self) -> Option<(Url, Vec<(&'static str, &'static str)>)> {
        // Deployments are listed by Azure's management interface, which takes another kind of key.
        (self.door == Door::Model).then(|| (self.url("/models"), Vec::new()))
    }

    fn model_names(&self, list: &Value) -> Vec<String> {
        names_in(list.get("data"), "id")
    }
}

#[cfg(test)]
#[path = "openai_tests.rs"]
mod tests;
