//! Google's `generateContent`, streamed. The key travels in a header and never in the address, where logs would keep it.

use reqwest::Url;
use serde_json::{Value, json};

use super::BaseUrl;
use super::answer::{Assembly, Progress};
use super::classify::{Fault, inner_error};
use super::form::{Effort, Form, Structure, bare_name};
use super::wire::{Framing, KeyHeader, Outgoing, Wire, decode, not_ours};
use crate::domain::{AttemptError, Secret};
use crate::suggest::ports::Prompt;

/// The least number of tokens that a model which must think may be told to think.
const LEAST_BUDGET: u32 = 128;

pub(super) struct Gemini {
    pub(super) base_url: BaseUrl,
    pub(super) model: String,
}

impl Gemini {
    /// Models of the second generation take a number of tokens, later ones a word, earlier ones neither.
    fn takes_budget(&self) -> bool {
        bare_name(&self.model).starts_with("gemini-2.5")
    }

    fn thinks(&self) -> bool {
        let name = bare_name(&self.model);
        self.takes_budget()
            || name.strip_prefix("gemini-").and_then(|rest| rest.chars().next()).is_some_and(|digit| ('3'..='9').contains(&digit))
    }

    fn chunk(&self, value: &Value, into: &mut Assembly, key: Option<&Secret>) -> Result<Progress, AttemptError> {
        if let Some(fault) = Fault::named_error(value) {
            return Err(inner_error(&fault, key));
        }
        into.note_model(value, "modelVersion", key);
        into.note_usage(value.get("usageMetadata"), &["promptTokenCount"], &["candidatesTokenCount", "thoughtsTokenCount"]);
        let mut progress = Progress::Idle;
        if value.pointer("/promptFeedback/blockReason").is_some_and(|reason| !reason.is_null()) {
            into.end_with("safety");
            progress = Progress::Text;
        }
        // Further candidates are not asked for.
        let Some(candidate) = value.pointer("/candidates/0") else { return Ok(progress) };
        let parts = candidate.pointer("/content/parts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for part in parts {
            progress = Progress::Text;
            if part.get("thought").and_then(Value::as_bool) != Some(true) {
                into.push(part.get("text").and_then(Value::as_str).unwrap_or_default())?;
            }
        }
        if let Some(word) = candidate.get("finishReason").and_then(Value::as_str).filter(|word| *word != "FINISH_REASON_UNSPECIFIED") {
            into.end_with(word);
            progress = Progress::Text;
        }
        Ok(progress)
    }
}

impl Wire for Gemini {
    fn first_form(&self) -> Form {
        match self.thinks() {
            true => Form { effort: Effort::Least, thinks: true, ..Form::PLAIN },
            false => Form::PLAIN,
        }
    }

    fn request(&self, prompt: &Prompt, form: Form, max_tokens: u32) -> Outgoing {
        let mut config = json!({ "maxOutputTokens": max_tokens });
        if form.structure == Structure::Asked {
            config["responseMimeType"] = json!("application/json");
            config["responseSchema"] = json!({
                "type": "OBJECT",
                "properties": { "command": { "type": "STRING", "nullable": true }, "reading": { "type": "STRING" } },
                "required": ["command", "reading"],
                "propertyOrdering": ["command", "reading"],
            });
        }
        if form.temperature {
            config["temperature"] = json!(0);
        }
        match (form.effort, self.takes_budget()) {
            (Effort::Least, true) => config["thinkingConfig"] = json!({ "thinkingBudget": 0 }),
            (Effort::Low, true) => config["thinkingConfig"] = json!({ "thinkingBudget": LEAST_BUDGET }),
            (Effort::Least, false) => config["thinkingConfig"] = json!({ "thinkingLevel": "minimal" }),
            (Effort::Low, false) => config["thinkingConfig"] = json!({ "thinkingLevel": "low" }),
            (Effort::Unsaid, _) => {}
        }
        let body = json!({
            "systemInstruction": { "parts": [{ "text": prompt.system }] },
            "contents": [{ "role": "user", "parts": [{ "text": prompt.user.as_str() }] }],
            "generationConfig": config,
        });
        let model = self.model.strip_prefix("models/").unwrap_or(&self.model);
        let mut url = self.base_url.join(&format!("/models/{model}:streamGenerateContent"));
        // Without it the stream is one JSON array, of which nobody sees the end coming.
        url.set_query(Some("alt=sse"));
        Outgoing { url, headers: Vec::new(), body }
    }

    fn without_what_it_names(&self, form: Form, fault: &Fault) -> Option<Form> {
        if form.effort != Effort::Unsaid && (fault.names("thinking") || fault.names("budget")) {
            let effort = if form.effort == Effort::Least { Effort::Low } else { Effort::Unsaid };
            Some(Form { effort, ..form })
        } else if form.structure == Structure::Asked
            && ["response_schema", "responseschema", "response_mime_type", "responsemimetype", "json mode"]
                .iter()
                .any(|name| fault.names(name))
        {
            Some(Form { structure: Structure::Unasked, ..form })
        } else if form.temperature && fault.names("temperature") {
            Some(Form { temperature: false, ..form })
        } else {
            None
        }
    }

    fn key_header(&self) -> KeyHeader {
        KeyHeader::Named("x-goog-api-key")
    }

    fn framing(&self) -> Framing {
        Framing::Events
    }

    /// There is no terminal event, and some models name a reason to stop in every chunk: the reason counts only together
    /// with the proper end of the body.
    fn event(&self, data: &str, into: &mut Assembly, key: Option<&Secret>) -> Result<Progress, AttemptError> {
        self.chunk(&decode(data.as_bytes())?, into, key)
    }

    fn whole(&self, body: &[u8], into: &mut Assembly, key: Option<&Secret>) -> Result<(), AttemptError> {
        let value = decode(body)?;
        let chunks = value.as_array().map_or(std::slice::from_ref(&value), Vec::as_slice);
        let is_ours = |chunk: &Value| ["candidates", "promptFeedback", "error"].iter().any(|name| chunk.get(name).is_some());
        if !chunks.iter().any(is_ours) {
            return Err(not_ours("one of Gemini's"));
        }
        for chunk in chunks {
            self.chunk(chunk, into, key)?;
        }
        Ok(())
    }

    fn models(&self) -> Option<(Url, Vec<(&'static str, &'static str)>)> {
        let mut url = self.base_url.join("/models");
        url.set_query(Some("pageSize=1000"));
        Some((url, Vec::new()))
    }

    fn model_names(&self, list: &Value) -> Vec<String> {
        let items = list.get("models").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let answers = |item: &&Value| match item.get("supportedGenerationMethods").and_then(Value::as_array) {
            Some(methods) => methods.iter().any(|method| method == "generateContent"),
            None => true,
        };
        let name = |item: &Value| {
            let name = item.get("name")?.as_str()?;
            Some(name.strip_prefix("models/").unwrap_or(name).to_owned())
        };
        items.iter().filter(answers).filter_map(name).collect()
    }
}

#[cfg(test)]
#[path = "gemini_tests.rs"]
mod tests;
