//! Chat completions: the wire of OpenAI, OpenRouter, Groq, vLLM, llama.cpp, LM Studio and Ollama's `/v1`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::answer::{Assembly, Progress};
use super::classify::{Fault, Way, printable, status_error};
use super::exchange::{Bound, Reply, Request, post, preview, web_page};
use super::http::Route;
use super::sse::{Parser, SseError};
use super::{BaseUrl, HttpPool, ProviderSettings};
use crate::domain::{AttemptError, FailureClass, Secret, Stage};
use crate::suggest::ports::{AttemptLimits, Call, KeySource, Pace, Prompt, Provider, RawAnswer, RequestPreview};

/// Tokens that a model may think before it answers, where they cost only time: the visible answer is capped by the
/// prompt, but servers count both together.
const THINKING_TOKENS: u32 = 2048;

/// The parameters that not every server takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Form {
    json: bool,
    temperature: bool,
    cap: Cap,
}

/// How the length of the answer is capped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cap {
    MaxTokens,
    /// The newer name, which reasoning models insist on.
    MaxCompletionTokens,
    None,
}

impl Form {
    const FULL: Form = Form { json: true, temperature: true, cap: Cap::MaxTokens };

    /// The form to try after the server complained about this one; `None` when the complaint is about something else.
    fn without_what_it_names(self, fault: &Fault) -> Option<Self> {
        let newer = fault.names("max_completion_tokens");
        if self.json && fault.names("response_format") {
            Some(Form { json: false, ..self })
        } else if self.cap == Cap::MaxTokens && (fault.names("max_tokens") || newer) {
            Some(Form { cap: Cap::MaxCompletionTokens, ..self })
        } else if self.cap == Cap::MaxCompletionTokens && newer {
            Some(Form { cap: Cap::None, ..self })
        } else if self.temperature && fault.names("temperature") {
            Some(Form { temperature: false, ..self })
        } else {
            None
        }
    }

    fn request(self, model: &str, prompt: &Prompt, is_loopback: bool) -> Value {
        let mut body = json!({
            "model": model,
            "messages": [{ "role": "system", "content": prompt.system }, { "role": "user", "content": prompt.user.as_str() }],
            "stream": true,
        });
        if self.json {
            body["response_format"] = json!({ "type": "json_object" });
        }
        if self.temperature {
            body["temperature"] = json!(0);
        }
        let thinking = if is_loopback || self.cap == Cap::MaxCompletionTokens { THINKING_TOKENS } else { 0 };
        match self.cap {
            Cap::MaxTokens => body["max_tokens"] = json!(prompt.max_tokens + thinking),
            Cap::MaxCompletionTokens => body["max_completion_tokens"] = json!(prompt.max_tokens + thinking),
            Cap::None => {}
        }
        body
    }
}

/// One configured provider.
pub(super) struct OpenAi {
    name: String,
    model: String,
    base_url: BaseUrl,
    pool: HttpPool,
    keys: Arc<dyn KeySource>,
    has_key: bool,
    endpoint: String,
    /// What this server was found to accept.
    form: Mutex<Form>,
}

/// How one request of an attempt ended without an answer.
enum Setback {
    /// The server does not take this form, but perhaps that one.
    Form(Form),
    Failed(AttemptError),
}

impl From<AttemptError> for Setback {
    fn from(error: AttemptError) -> Self {
        Setback::Failed(error)
    }
}

impl Provider for OpenAi {
    fn name(&self) -> &str {
        &self.name
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn pace(&self) -> Pace {
        if self.base_url.is_loopback() { Pace::Loopback } else { Pace::Remote }
    }

    fn endpoint(&self) -> String {
        self.endpoint.clone()
    }

    fn key_variables(&self) -> Vec<&str> {
        self.keys.variables()
    }

    fn preview(&self, prompt: &Prompt) -> Option<RequestPreview> {
        let form = *self.form.lock().unwrap_or_else(PoisonError::into_inner);
        Some(preview(&self.base_url.chat(), self.body(form, prompt), self.has_key))
    }

    fn ask<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Result<RawAnswer, AttemptError>> {
        self.attempt(call).boxed()
    }
}

impl OpenAi {
    pub(super) fn new(settings: &ProviderSettings, pool: HttpPool, keys: Arc<dyn KeySource>) -> Self {
        Self {
            name: settings.name.clone(),
            model: settings.model.clone(),
            base_url: settings.base_url.clone(),
            pool,
            keys,
            has_key: settings.key.is_some(),
            endpoint: settings.endpoint(),
            form: Mutex::new(Form::FULL),
        }
    }

    fn body(&self, form: Form, prompt: &Prompt) -> Vec<u8> {
        form.request(&self.model, prompt, self.base_url.is_loopback()).to_string().into_bytes()
    }

    async fn attempt(&self, call: Call<'_>) -> Result<RawAnswer, AttemptError> {
        let total = Bound::new(Stage::Total, call.limits.total);
        let late = |_| AttemptError::new(FailureClass::Slow(Stage::Total), "the key did not come in time; hint: try again");
        let key = total.on(self.keys.key(call.facts)).await.map_err(late)??;
        let route = Route::new(&self.base_url, call.limits.connect, &call.facts.proxies);
        let mut form = *self.form.lock().unwrap_or_else(PoisonError::into_inner);
        // Each turn drops or renames one parameter, so there are few.
        let result = loop {
            match self.exchange(&call, form, &route, key.as_ref(), total).await {
                Ok(answer) => break Ok(answer),
                Err(Setback::Form(next)) => form = next,
                Err(Setback::Failed(error)) => break Err(error),
            }
        };
        match &result {
            Err(error) if error.class == FailureClass::Auth => self.keys.rejected(),
            Err(AttemptError { class: FailureClass::Slow(_) | FailureClass::LocalNetwork, .. }) => self.pool.forget(&route),
            _ => {}
        }
        result
    }

    async fn exchange(&self, call: &Call<'_>, form: Form, route: &Route, key: Option<&Secret>, total: Bound) -> Result<RawAnswer, Setback> {
        let first = Bound::new(Stage::FirstChunk, call.limits.first_chunk).and(total);
        let client = total.on(self.pool.client(route)).await??;
        let body = self.body(form, call.prompt);
        let way = Way { to: &self.base_url, proxied: route.is_proxied() };
        let reply = post(&client, Request { url: self.base_url.chat(), key, body, way }, first).await?;
        if !(200..300).contains(&reply.status) {
            return Err(refused(reply, form, key, Bound::new(Stage::Gap, call.limits.gap).and(total)).await);
        }
        *self.form.lock().unwrap_or_else(PoisonError::into_inner) = form;
        reply.check_type()?;
        let mut answer = read(reply, call.limits, key, first, total).await?;
        if answer.model.is_empty() {
            answer.model = printable(&self.model, key);
        }
        Ok(answer)
    }
}

/// What a response that is not a success means, and whether another form may help.
async fn refused(reply: Reply, form: Form, key: Option<&Secret>, bound: Bound) -> Setback {
    let (status, retry_after, redirect) = (reply.status, reply.retry_after, reply.redirect.clone());
    if (300..400).contains(&status) {
        let target = redirect.map(|target| format!(" to {}", printable(&target, key))).unwrap_or_default();
        let detail = format!("HTTP {status}: a redirect{target} is not followed; hint: check base_url, or a network login page?");
        return AttemptError::new(FailureClass::Config, detail).into();
    }
    let fault = Fault::from_body(&reply.error_body(bound).await);
    let error = status_error(status, &fault, retry_after, key);
    match form.without_what_it_names(&fault) {
        Some(next) if matches!(status, 400 | 422) => Setback::Form(next),
        _ => Setback::Failed(error),
    }
}

/// Reads the body of a success, streamed or not; which of them it is, its first byte tells more reliably than its
/// declared type.
async fn read(
    mut reply: Reply,
    limits: AttemptLimits,
    key: Option<&Secret>,
    first: Bound,
    total: Bound,
) -> Result<RawAnswer, AttemptError> {
    let mut assembly = Assembly::default();
    let mut parser = Parser::default();
    let mut whole = Vec::new();
    let mut kind = None;
    let mut bound = first;
    let mut started = false;
    while let Some(chunk) = reply.next(bound).await? {
        let chunk = chunk.as_ref();
        kind = kind.or_else(|| chunk.iter().find(|byte| !byte.is_ascii_whitespace()).map(|byte| Kind::from_first_byte(*byte)));
        match kind {
            None => {}
            Some(Kind::Page) => return Err(web_page()),
            Some(Kind::Json) => {
                whole.extend_from_slice(chunk);
                bound = next_gap(limits.gap, total);
            }
            Some(Kind::Events) => {
                for event in parser.feed(chunk).map_err(damaged)? {
                    match assembly.event(&event, key)? {
                        Progress::Done => {
                            let answer = assembly.finish(false);
                            reply.drain().await;
                            return answer;
                        }
                        Progress::Text => started = true,
                        Progress::Idle => {}
                    }
                }
                // Comments and roles are signs of life, but of the gateway and not of the model.
                if started {
                    bound = next_gap(limits.gap, total);
                }
            }
        }
    }
    match kind {
        Some(Kind::Json) => assembly.whole(&whole, key)?,
        _ => {
            if let Some(event) = parser.finish().map_err(damaged)? {
                assembly.event(&event, key)?;
            }
        }
    }
    assembly.finish(true)
}

fn next_gap(gap: Duration, total: Bound) -> Bound {
    Bound::new(Stage::Gap, gap).and(total)
}

fn damaged(error: SseError) -> AttemptError {
    AttemptError::new(FailureClass::Malformed, error.to_string())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Json,
    Events,
    Page,
}

impl Kind {
    fn from_first_byte(byte: u8) -> Self {
        match byte {
            b'{' | b'[' => Kind::Json,
            b'<' => Kind::Page,
            _ => Kind::Events,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suggest::ports::RedactedText;

    fn prompt() -> Prompt {
        Prompt { system: "answer".into(), user: RedactedText::mask("list"), max_tokens: 200 }
    }

    #[test]
    fn the_request_holds_only_what_the_server_takes() {
        let messages = json!([{ "role": "system", "content": "answer" }, { "role": "user", "content": "list" }]);
        let json_object = json!({ "type": "json_object" });
        for (form, is_loopback, expected) in [
            (
                Form::FULL,
                false,
                json!({ "model": "m", "messages": messages, "stream": true, "response_format": json_object, "temperature": 0, "max_tokens": 200 }),
            ),
            (
                Form::FULL,
                true,
                json!({ "model": "m", "messages": messages, "stream": true, "response_format": json_object, "temperature": 0, "max_tokens": 2248 }),
            ),
            (
                Form { json: false, temperature: false, cap: Cap::MaxCompletionTokens },
                false,
                json!({ "model": "m", "messages": messages, "stream": true, "max_completion_tokens": 2248 }),
            ),
            (Form { json: false, temperature: false, cap: Cap::None }, true, json!({ "model": "m", "messages": messages, "stream": true })),
        ] {
            assert_eq!(form.request("m", &prompt(), is_loopback), expected);
        }
    }

    #[test]
    fn each_complaint_takes_one_parameter_away_and_ends() {
        let fault = |name: &str| Fault::from_body(json!({ "error": { "message": "unsupported", "param": name } }).to_string().as_bytes());
        let mut form = Form::FULL;
        for (name, expected) in [
            ("response_format", Some(Form { json: false, ..Form::FULL })),
            ("response_format", None),
            ("temperature", Some(Form { json: false, temperature: false, cap: Cap::MaxTokens })),
            ("model", None),
            ("max_tokens", Some(Form { json: false, temperature: false, cap: Cap::MaxCompletionTokens })),
            ("max_tokens", None),
            ("max_completion_tokens", Some(Form { json: false, temperature: false, cap: Cap::None })),
            ("max_completion_tokens", None),
            ("max_tokens", None),
        ] {
            let next = form.without_what_it_names(&fault(name));
            assert_eq!(next, expected, "{name}");
            form = next.unwrap_or(form);
        }
    }
}
