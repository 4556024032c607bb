//! What a server tells of an answer beside its text and its tokens, for the span of the call. It is looked for only where somebody wants
//! that span, in whatever wire: the names differ, their places do not overlap.

use serde_json::Value;

use super::classify::printable;
use crate::domain::Secret;
use crate::suggest::ports::{Span, SpanValue};

/// Reasons to stop are words; longer ones are none.
const LONGEST_REASON: usize = 40;
/// Longest number of an answer.
const LONGEST_ID: usize = 128;

const IDS: [&str; 3] = ["/id", "/message/id", "/responseId"];
const REASONS: [&str; 5] = ["/choices/0/finish_reason", "/delta/stop_reason", "/stop_reason", "/candidates/0/finishReason", "/done_reason"];
const USAGES: [&str; 5] = ["/usage", "/message/usage", "/usageMetadata", "/x_groq/usage", ""];
const CACHED: [&str; 3] = ["/prompt_tokens_details/cached_tokens", "/cache_read_input_tokens", "/cachedContentTokenCount"];

/// What was told so far; what is told again takes the place of what was.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    is_wanted: bool,
    id: Option<String>,
    reason: Option<String>,
    cached: Option<u64>,
}

impl Told {
    pub(super) fn new(span: &Span) -> Self {
        Self { is_wanted: span.is_wanted(), ..Self::default() }
    }

    /// Reads an event of the stream, or a whole body.
    pub(super) fn read(&mut self, text: &[u8], key: Option<&Secret>) {
        if !self.is_wanted {
            return;
        }
        let Ok(value) = serde_json::from_slice::<Value>(text) else { return };
        let text = |places: &[&str]| places.iter().find_map(|place| value.pointer(place)?.as_str().filter(|text| !text.is_empty()));
        if let Some(id) = text(&IDS).filter(|id| id.len() <= LONGEST_ID) {
            self.id = Some(printable(id, key));
        }
        if let Some(reason) = text(&REASONS).filter(|reason| reason.len() <= LONGEST_REASON) {
            self.reason = Some(printable(reason, key));
        }
        for usage in USAGES.iter().filter_map(|place| value.pointer(place)) {
            self.cached = CACHED.iter().find_map(|name| usage.pointer(name)?.as_u64()).or(self.cached);
        }
    }

    /// Puts it on the span.
    pub(super) fn tell(&self, span: &Span) {
        self.id.iter().for_each(|id| span.text("gen_ai.response.id", id));
        if let Some(reason) = &self.reason {
            span.set("gen_ai.response.finish_reasons", SpanValue::Texts(&[reason]));
        }
        if let Some(cached) = self.cached {
            span.set("gen_ai.usage.cache_read.input_tokens", SpanValue::Number(cached));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(events: &[&str]) -> Told {
        let mut told = Told { is_wanted: true, ..Told::default() };
        events.iter().for_each(|event| told.read(event.as_bytes(), None));
        told
    }

    #[test]
    fn every_wire_tells_it_in_its_own_words() {
        let expected = |id: Option<&str>, reason: &str, cached| Told {
            is_wanted: true,
            id: id.map(str::to_owned),
            reason: Some(reason.to_owned()),
            cached,
        };
        let openai = [
            r#"{"id":"chatcmpl-1","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}]}"#,
            r#"{"id":"chatcmpl-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
            r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":5}}}"#,
        ];
        assert_eq!(told(&openai), expected(Some("chatcmpl-1"), "stop", Some(5)));
        let anthropic = [
            r#"{"type":"message_start","message":{"id":"msg_1","usage":{"input_tokens":3,"cache_read_input_tokens":6,"output_tokens":1}}}"#,
            r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":4}}"#,
        ];
        assert_eq!(told(&anthropic), expected(Some("msg_1"), "end_turn", Some(6)));
        let gemini = [
            r#"{"responseId":"r1","candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":4}}"#,
        ];
        assert_eq!(told(&gemini), expected(Some("r1"), "STOP", None));
        let ollama = [r#"{"done":true,"done_reason":"stop","prompt_eval_count":9,"eval_count":4}"#];
        assert_eq!(told(&ollama), expected(None, "stop", None));
        assert_eq!(told(&["not JSON", "[]", "3", r#"{"id":7,"usage":"much"}"#]), Told { is_wanted: true, ..Told::default() });
    }

    #[test]
    fn where_nobody_wants_the_span_nothing_is_read() {
        let mut told = Told::new(&Span::default());
        told.read(br#"{"id":"x"}"#, None);
        assert_eq!(told, Told::default());
    }
}
