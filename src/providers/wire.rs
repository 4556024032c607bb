//! What differs between the services: how a request is put and how an answer is read. No I/O here.

use reqwest::Url;
use serde_json::Value;
use zeroize::Zeroizing;

use super::answer::{Assembly, Progress};
use super::classify::Fault;
use super::form::Form;
use crate::domain::{AttemptError, FailureClass, Secret};
use crate::suggest::ports::Prompt;

/// A request without its key.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outgoing {
    pub(super) url: Url,
    /// Headers beside those of every request.
    pub(super) headers: Vec<(&'static str, &'static str)>,
    pub(super) body: Value,
}

/// The header that carries the key; it stands in no other place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyHeader {
    /// `authorization: Bearer KEY`.
    Bearer,
    /// The key alone under this name.
    Named(&'static str),
}

impl KeyHeader {
    pub(super) fn name(self) -> &'static str {
        match self {
            KeyHeader::Bearer => "authorization",
            KeyHeader::Named(name) => name,
        }
    }

    pub(super) fn value(self, key: &Secret) -> Zeroizing<String> {
        Zeroizing::new(match self {
            KeyHeader::Bearer => format!("Bearer {}", key.expose()),
            KeyHeader::Named(_) => key.expose().to_owned(),
        })
    }
}

/// How a stream is cut into events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// Server-sent events.
    Events,
    /// One JSON object a line.
    Lines,
}

/// One protocol, for one server and one model.
pub(super) trait Wire: Send + Sync {
    /// The form to begin with.
    fn first_form(&self) -> Form;
    /// The request for an answer of at most `max_tokens` tokens, thoughts included.
    fn request(&self, prompt: &Prompt, form: Form, max_tokens: u32) -> Outgoing;
    /// The form to try after the server complained about this one; `None` when the complaint is about something else.
    fn without_what_it_names(&self, form: Form, fault: &Fault) -> Option<Form>;
    /// Where the key goes.
    fn key_header(&self) -> KeyHeader;
    /// How its streams are cut.
    fn framing(&self) -> Framing;
    /// Takes the data of one streamed event.
    fn event(&self, data: &str, into: &mut Assembly, key: Option<&Secret>) -> Result<Progress, AttemptError>;
    /// Takes a whole unstreamed body.
    fn whole(&self, body: &[u8], into: &mut Assembly, key: Option<&Secret>) -> Result<(), AttemptError>;
    /// The address of the list of models with headers that it takes, `None` when the service has none.
    fn models(&self) -> Option<(Url, Vec<(&'static str, &'static str)>)>;
    /// The names in such a list.
    fn model_names(&self, list: &Value) -> Vec<String>;
}

/// Reads JSON; a text that ends too early was cut off.
pub(super) fn decode(bytes: &[u8]) -> Result<Value, AttemptError> {
    serde_json::from_slice(bytes).map_err(|error| match error.is_eof() {
        true => AttemptError::new(FailureClass::Truncated, "the answer was cut off"),
        false => AttemptError::new(FailureClass::Malformed, "the answer is not JSON"),
    })
}

/// The texts under `name` of the objects in `list`.
pub(super) fn names_in(list: Option<&Value>, name: &str) -> Vec<String> {
    let items = list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| item.get(name)?.as_str().map(str::to_owned)).collect()
}

/// What the body is when it is JSON of some other service.
pub(super) fn not_ours(what: &str) -> AttemptError {
    AttemptError::new(FailureClass::Malformed, format!("the answer is JSON, but not {what}; hint: check base_url and kind"))
}

#[cfg(test)]
pub(super) mod reading {
    //! Hands events and bodies to a wire as the exchange does.

    use super::*;
    use crate::suggest::ports::{RawAnswer, RedactedText};

    pub fn prompt() -> Prompt {
        Prompt { system: "answer".into(), user: RedactedText::mask("list"), max_tokens: 200 }
    }

    pub fn fault(message: &str) -> Fault {
        Fault::from_body(serde_json::json!({ "error": { "message": message } }).to_string().as_bytes())
    }

    /// A stream up to its terminal event, if there is one.
    pub fn stream(wire: &dyn Wire, events: &[&str], clean_end: bool) -> Result<RawAnswer, AttemptError> {
        let mut assembly = Assembly::default();
        for event in events {
            if wire.event(event, &mut assembly, None)? == Progress::Done {
                return assembly.finish(false);
            }
        }
        assembly.finish(clean_end)
    }

    /// The text of a stream, or the class of what is wrong with it.
    pub fn text(wire: &dyn Wire, events: &[&str], clean_end: bool) -> Result<String, FailureClass> {
        stream(wire, events, clean_end).map(|answer| answer.text).map_err(|error| error.class)
    }

    /// The same for an unstreamed body.
    pub fn whole(wire: &dyn Wire, body: &str) -> Result<String, FailureClass> {
        let mut assembly = Assembly::default();
        let answer = wire.whole(body.as_bytes(), &mut assembly, None).and_then(|()| assembly.finish(true));
        answer.map(|answer| answer.text).map_err(|error| error.class)
    }

    /// All forms that a server which complains about everything leads to, the first one included. It ends.
    pub fn descent(wire: &dyn Wire, complaint: &str) -> Vec<Form> {
        let complaint = fault(complaint);
        let mut forms = vec![wire.first_form()];
        while let Some(next) = forms.last().and_then(|form| wire.without_what_it_names(*form, &complaint)) {
            forms.push(next);
            assert!(forms.len() < 10, "the descent has no end");
        }
        forms
    }
}
