//! What a failure means: one place for statuses, error objects and transport errors.

use std::error::Error;
use std::io::ErrorKind;
use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::BaseUrl;
use crate::domain::{AttemptError, FailureClass, Secret, Stage};
use crate::suggest::ports::RedactedText;

/// Longest wait a server may ask for that is worth remembering.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);
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
const BUSY: [&str; 4] = ["overloaded", "queue full", "queue is full", "\"unavailable\""];
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
pub(super) fn status_class(status: u16, fault: &Fault, retry_after: Option<Duration>) -> FailureClass {
    match status {
        400 | 401 | 403 | 422 | 429 if fault.says(&QUOTA) => FailureClass::Quota,
        400 | 403 if fault.says(&REFUSED) || fault.moderated => FailureClass::Refusal,
        401 | 403 => FailureClass::Auth,
        402 => FailureClass::Quota,
        407 => FailureClass::LocalNetwork,
        408 | 409 | 425 => FailureClass::Transient,
        429 => FailureClass::RateLimited { retry_after: retry_after.or_else(|| fault.wait()) },
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
pub(super) fn status_error(status: u16, fault: &Fault, retry_after: Option<Duration>, key: Option<&Secret>) -> AttemptError {
    let class = status_class(status, fault, retry_after);
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
    AttemptError::new(class, detail)
}

/// An error object inside a success.
pub(super) fn inner_error(fault: &Fault, key: Option<&Secret>) -> AttemptError {
    if let Some(status) = fault.status {
        let mut error = status_error(status, fault, None, key);
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
    AttemptError::new(class, with_message("error inside the answer".to_owned(), fault, key))
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

/// How long the response headers ask to wait.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let millis = text("retry-after-ms").and_then(|value| value.parse::<f64>().ok()).map(|millis| millis / 1000.0);
    let seconds = millis.or_else(|| text("retry-after")?.parse::<f64>().ok()).and_then(wait_of);
    let resets = ["x-ratelimit-reset-requests", "x-ratelimit-reset-tokens"];
    seconds.or_else(|| resets.into_iter().filter_map(|name| text(name).and_then(duration)).min())
}

fn wait_of(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok().map(|wait| wait.min(LONGEST_WAIT))
}

/// Reads `20ms`, `1.5s`, `6m0s`, `1h2m`.
fn duration(text: &str) -> Option<Duration> {
    let mut seconds = 0.0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let unit_end = rest[digits..].find(|c: char| !c.is_ascii_alphabetic()).map_or(rest.len(), |at| digits + at);
        seconds += number
            * match &rest[digits..unit_end] {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                _ => return None,
            };
        rest = &rest[unit_end..];
    }
    wait_of(seconds)
}

/// Which way a request took, for messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way<'a> {
    pub(super) to: &'a BaseUrl,
    pub(super) proxied: bool,
}

/// An error of the transport before any byte of the body came.
pub(super) fn transport_error(error: &reqwest::Error, way: Way<'_>) -> AttemptError {
    let host = way.to.authority();
    if error.is_connect() && error.is_timeout() {
        return AttemptError::new(FailureClass::Slow(Stage::Connect), format!("no connection to {host} in time"));
    }
    let mut said = String::new();
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(current) = cause {
        if let Some(tls) = current.downcast_ref::<rustls::Error>() {
            return tls_error(tls, &host);
        }
        if let Some(io) = current.downcast_ref::<std::io::Error>()
            && let Some(error) = io_error(io.kind(), way, &host)
        {
            return error;
        }
        said.push_str(&current.to_string().to_lowercase());
        said.push('\n');
        cause = cause_of(current);
    }
    if said.contains("dns error") {
        AttemptError::new(FailureClass::LocalNetwork, format!("cannot resolve {}; hint: is this machine online?", way.to.host()))
    } else if said.contains("tunnel") || said.contains("socks") || said.contains("proxy auth") {
        AttemptError::new(FailureClass::LocalNetwork, format!("the proxy refuses the connection to {host}"))
    } else if error.is_builder() {
        AttemptError::new(FailureClass::Config, "the request cannot be built")
    } else {
        AttemptError::new(FailureClass::Transient, format!("{host} closed the connection without an answer"))
    }
}

/// The next error down. An I/O error that wraps another one skips it in `source`.
fn cause_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<std::io::Error>().and_then(|io| io.get_ref()) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

fn io_error(kind: ErrorKind, way: Way<'_>, host: &str) -> Option<AttemptError> {
    let local = |detail: String| Some(AttemptError::new(FailureClass::LocalNetwork, detail));
    match kind {
        ErrorKind::ConnectionRefused if way.proxied => local(format!("the proxy for {host} does not listen")),
        ErrorKind::ConnectionRefused if way.to.is_loopback() => {
            Some(AttemptError::new(FailureClass::Transient, format!("nothing listens on {host}; hint: start the model server")))
        }
        ErrorKind::ConnectionRefused => Some(AttemptError::new(FailureClass::Transient, format!("{host} refuses the connection"))),
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable | ErrorKind::NetworkDown | ErrorKind::AddrNotAvailable => {
            local(format!("no route to {host}; hint: is this machine online?"))
        }
        ErrorKind::PermissionDenied => local(format!("this machine does not allow connections to {host}")),
        _ => None,
    }
}

fn tls_error(error: &rustls::Error, host: &str) -> AttemptError {
    use rustls::CertificateError as Bad;
    let cause = match error {
        rustls::Error::InvalidCertificate(
            Bad::Expired | Bad::ExpiredContext { .. } | Bad::NotValidYet | Bad::NotValidYetContext { .. },
        ) => "its certificate is not valid now; hint: is the clock right?",
        rustls::Error::InvalidCertificate(Bad::UnknownIssuer) => {
            "its certificate comes from an unknown authority; hint: does a proxy inspect TLS?"
        }
        rustls::Error::InvalidCertificate(Bad::NotValidForName | Bad::NotValidForNameContext { .. }) => {
            "its certificate belongs to another host"
        }
        rustls::Error::InvalidCertificate(_) => "its certificate is not acceptable",
        _ => "the TLS handshake failed",
    };
    AttemptError::new(FailureClass::Tls, format!("{host}: {cause}"))
}

#[cfg(test)]
#[path = "classify_tests.rs"]
mod tests;
