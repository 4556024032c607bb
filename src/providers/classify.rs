//! What a response that is no answer means, by its status, its headers and the error object in it. What the transport
//! says is read in `transport`.

use std::time::Duration;

use serde_json::Value;

use super::waits::{Advice, duration};
use crate::domain::{AttemptError, ErrorType, FailureClass, Secret};
use crate::suggest::ports::RedactedText;

const MESSAGE_CHARACTERS: usize = 160;

const QUOTA: [&str; 8] = [
    "insufficient_quota",
    "billing_hard_limit",
    "billing_not_active",
    "usage limits",
    "credit balance",
    "insufficient credits",
    "insufficient balance",
    "perday",
];
const REFUSED: [&str; 3] = ["content_filter", "content_policy_violation", "responsibleaipolicyviolation"];
const KEY: [&str; 5] = ["invalid_api_key", "authentication_error", "permission_error", "api key not valid", "api_key_invalid"];
const SETUP: [&str; 6] = [
    "model_not_found",
    "context_length_exceeded",
    "unknown parameter",
    "unsupported parameter",
    "unrecognized request argument",
    "extra_forbidden",
];
const BUSY: [&str; 6] = ["overloaded", "queue full", "queue is full", "server busy", "maximum pending requests", "\"unavailable\""];
const ABSENT: [&str; 4] = ["not found", "does not exist", "not exist", "no such"];

/// What a server says in an error object, in any of the shapes that servers use.
#[derive(Debug, Default)]
pub(super) struct Fault {
    message: String,
    /// The whole object in lower case, for the words that decide.
    words: String,
    /// A status inside the object, as gateways report that of the server behind them.
    status: Option<u16>,
    moderated: bool,
    param: String,
}

impl Fault {
    /// Reads the error object out of a body; anything else gives an empty one.
    pub(super) fn from_body(body: &[u8]) -> Self {
        serde_json::from_slice::<Value>(body).ok().and_then(|value| Self::from_value(&value)).unwrap_or_default()
    }

    /// Finds the error object where it is called `error`, in an event whose other fields say nothing of errors.
    pub(super) fn named_error(value: &Value) -> Option<Self> {
        value.get("error").filter(|inner| !inner.is_null()).and_then(|_| Self::from_value(value))
    }

    /// Finds the error object in a decoded body or event.
    pub(super) fn from_value(value: &Value) -> Option<Self> {
        let value = value.as_array().and_then(|items| items.first()).unwrap_or(value);
        let said = |name: &&str| value.get(name).filter(|inner| !inner.is_null() && inner.as_str() != Some(""));
        // Beside choices, only `error` speaks of an error.
        let names = if value.get("choices").is_some() { &["error"][..] } else { &["error", "detail", "message"] };
        let inner = names.iter().find_map(said)?;
        let text = |name: &str| inner.get(name).or_else(|| value.get(name)).and_then(Value::as_str).unwrap_or_default().to_owned();
        let message = match inner {
            Value::String(message) => message.clone(),
            Value::Array(items) => items.first().and_then(|item| item.get("msg")).and_then(Value::as_str).unwrap_or_default().to_owned(),
            _ => text("message"),
        };
        let code = inner.get("code").or_else(|| value.get("code"));
        let status = code.and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok())).and_then(|code| u16::try_from(code).ok());
        Some(Self {
            message,
            words: value.to_string().to_lowercase(),
            status: status.filter(|status| (400..600).contains(status)),
            moderated: inner.pointer("/metadata/reasons").is_some_and(Value::is_array),
            param: text("param"),
        })
    }

    /// Whether the server says anything of that name: as the parameter at fault, or in its message.
    pub(super) fn names(&self, parameter: &str) -> bool {
        self.param.split('.').next() == Some(parameter) || self.words.contains(parameter)
    }

    fn says(&self, needles: &[&str]) -> bool {
        needles.iter().any(|needle| self.words.contains(needle))
    }

    fn lacks_model(&self) -> bool {
        self.words.contains("model") && self.says(&ABSENT)
    }

    fn wait(&self) -> Option<Duration> {
        let (_, rest) = self.words.split_once("\"retrydelay\":\"")?;
        duration(rest.split('"').next()?)
    }
}

/// The class of a status that is not a success, with the error object that came along.
pub(super) fn status_class(status: u16, fault: &Fault, wait: Option<Duration>) -> FailureClass {
    match status {
        400 | 401 | 403 | 422 | 429 if fault.says(&QUOTA) => FailureClass::Quota,
        400 | 403 if fault.says(&REFUSED) || fault.moderated => FailureClass::Refusal,
        // Gateways pass this on under statuses of their own.
        400.. if fault.says(&["overloaded_error"]) => FailureClass::Overloaded,
        401 | 403 => FailureClass::Auth,
        402 => FailureClass::Quota,
        407 => FailureClass::LocalNetwork,
        408 | 409 | 425 => FailureClass::Transient,
        429 => FailureClass::RateLimited { retry_after: wait.or_else(|| fault.wait()) },
        404 | 405 | 410 | 413 | 414 | 415 | 501 | 300..=399 => FailureClass::Config,
        529 => FailureClass::Overloaded,
        500..=599 if fault.says(&BUSY) => FailureClass::Overloaded,
        500..=599 => FailureClass::Transient,
        _ if fault.says(&KEY) => FailureClass::Auth,
        _ if fault.says(&SETUP) || fault.lacks_model() => FailureClass::Config,
        _ => FailureClass::Request,
    }
}

/// A response whose status is not a success.
pub(super) fn status_error(status: u16, fault: &Fault, advice: Advice, key: Option<&Secret>) -> AttemptError {
    let class = status_class(status, fault, advice.wait);
    let detail = match &class {
        // A server may repeat the key in its message, in whole or in part.
        FailureClass::Auth => format!("HTTP {status}: the key is not accepted; hint: check the key of this provider"),
        FailureClass::RateLimited { retry_after: Some(wait) } => {
            format!("HTTP {status}: too many requests, try again in {} s", wait.as_secs().max(1))
        }
        FailureClass::RateLimited { retry_after: None } => format!("HTTP {status}: too many requests"),
        FailureClass::LocalNetwork => format!("HTTP {status}: the proxy wants a login"),
        _ => with_message(format!("HTTP {status}"), fault, key),
    };
    // A server knows whether its trouble passes; it has no say about keys, money and requests that it rejects.
    let has_a_say = matches!(class, FailureClass::Transient | FailureClass::Overloaded | FailureClass::RateLimited { .. });
    let may_retry = advice.may_retry.filter(|_| has_a_say);
    let error = AttemptError { may_retry, leave_alone: leave_alone(&class, advice.told, fault), ..AttemptError::new(class, detail) };
    match (&error.class, status) {
        (FailureClass::LocalNetwork, _) => error.told_as(ErrorType::Proxy),
        (FailureClass::Transient | FailureClass::Config | FailureClass::Request, 400..=499) => error.told_as(ErrorType::Http4xx),
        (FailureClass::Transient | FailureClass::Config | FailureClass::Request, 500..=599) => error.told_as(ErrorType::Http5xx),
        _ => error,
    }
}

/// How long a server in trouble asks to be left alone.
fn leave_alone(class: &FailureClass, told: Option<Duration>, fault: &Fault) -> Option<Duration> {
    let in_trouble = matches!(class, FailureClass::Transient | FailureClass::Overloaded);
    told.or_else(|| fault.wait()).filter(|_| in_trouble)
}

/// An error object inside a success.
pub(super) fn inner_error(fault: &Fault, key: Option<&Secret>) -> AttemptError {
    if let Some(status) = fault.status {
        let mut error = status_error(status, fault, Advice::default(), key);
        error.detail = format!("error inside the answer: {}", error.detail);
        return error;
    }
    let class = if fault.says(&QUOTA) {
        FailureClass::Quota
    } else if fault.says(&REFUSED) || fault.moderated {
        FailureClass::Refusal
    } else if fault.says(&KEY) {
        return AttemptError::new(FailureClass::Auth, "error inside the answer: the key is not accepted");
    } else if fault.says(&["rate_limit"]) {
        FailureClass::RateLimited { retry_after: fault.wait() }
    } else if fault.says(&BUSY) {
        FailureClass::Overloaded
    } else if fault.says(&SETUP) || fault.lacks_model() {
        FailureClass::Config
    } else if fault.says(&["server_error", "api_error", "internal", "timeout"]) {
        FailureClass::Transient
    } else if fault.says(&["invalid_request_error"]) {
        FailureClass::Request
    } else {
        FailureClass::Malformed
    };
    let detail = with_message("error inside the answer".to_owned(), fault, key);
    let error = AttemptError { leave_alone: leave_alone(&class, None, fault), ..AttemptError::new(class, detail) };
    // Of an answer with status 200 it can only be said that it is none.
    match error.class {
        FailureClass::Transient | FailureClass::Config | FailureClass::Request => error.told_as(ErrorType::Malformed),
        _ => error,
    }
}

fn with_message(place: String, fault: &Fault, key: Option<&Secret>) -> String {
    let message = printable(&fault.message, key);
    if message.is_empty() { place } else { format!("{place}: {message}") }
}

/// A server's words as part of one line for people: printable ASCII, short, without the key and other secrets.
pub(super) fn printable(text: &str, key: Option<&Secret>) -> String {
    // Far more than is shown, so that no key is cut in two where it would be seen.
    let text: String = text.chars().take(MESSAGE_CHARACTERS * 16).collect();
    let hidden = match key {
        Some(key) if !key.expose().is_empty() => text.replace(key.expose(), "[key]"),
        _ => text,
    };
    // A server may repeat more than the key: words of the request, or a secret of somebody else.
    let hidden = RedactedText::mask_foreign(&hidden);
    let words =
        hidden.as_str().split_whitespace().map(|word| word.chars().map(|c| if c.is_ascii_graphic() { c } else { '?' }).collect::<String>());
    let line = words.collect::<Vec<_>>().join(" ");
    line.chars().take(MESSAGE_CHARACTERS).collect::<String>().trim_end_matches('.').to_owned()
}

/// Whether a text repeats a key, or as much of it as would be a loss.
pub(super) fn holds_some_of(text: &str, key: &Secret) -> bool {
    const A_LOSS: usize = 8;
    let key = key.expose().as_bytes();
    !key.is_empty() && key.windows(A_LOSS.min(key.len())).any(|part| memchr::memmem::find(text.as_bytes(), part).is_some())
}

#[cfg(test)]
#[path = "classify_tests.rs"]
mod tests;
