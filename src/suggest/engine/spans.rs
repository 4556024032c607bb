//! What the span of a call to a model says, in the words of OpenTelemetry.

use super::attempt::AttemptKind;
use super::{Round, model};
use crate::domain::AttemptError;
use crate::suggest::ports::{Provider, RawAnswer, Span, SpanValue};

/// The provider as the conventions name it, by the word for its kind in the configuration.
fn provider_name(kind: Option<&'static str>) -> &'static str {
    match kind {
        Some("gemini") => "gcp.gemini",
        Some("azure") => "azure.ai.openai",
        Some(kind) => kind,
        None => "_OTHER",
    }
}

/// Host and port of `scheme://host:port`.
pub(super) fn server(address: &str) -> Option<(&str, u64)> {
    let (scheme, rest) = address.split_once("://")?;
    let (host, port) = match rest.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit())) {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (rest, if scheme == "https" { 443 } else { 80 }),
    };
    Some((host.trim_start_matches('[').trim_end_matches(']'), port))
}

/// Begins the span of a call.
pub(super) fn begin(round: &Round, provider: &dyn Provider, kind: AttemptKind) -> Span {
    let span = round.track.call(|| format!("chat {}", provider.model()).trim_end().to_owned());
    if span.is_wanted() {
        span.text("gen_ai.operation.name", "chat");
        span.text("gen_ai.provider.name", provider_name(provider.kind()));
        span.text("gen_ai.request.model", provider.model());
        span.set("gen_ai.request.max_tokens", SpanValue::Number(u64::from(round.prompt.max_tokens)));
        span.set("gen_ai.request.stream", SpanValue::Flag(provider.address().is_some()));
        span.text("gptos.attempt.kind", kind.name());
        span.text("gptos.provider", provider.name());
        if let Some((host, port)) = provider.address().as_deref().and_then(server) {
            span.text("server.address", host);
            span.set("server.port", SpanValue::Number(port));
        }
    }
    span
}

/// What came of a call before its answer was read.
pub(super) fn answered(span: &Span, answer: &Result<RawAnswer, AttemptError>) {
    if let Ok(answer) = answer {
        if !answer.model.is_empty() && !answer.model.contains(model::HIDDEN) {
            span.text("gen_ai.response.model", &answer.model);
        }
        if let Some(usage) = answer.usage {
            span.set("gen_ai.usage.input_tokens", SpanValue::Number(usage.input));
            span.set("gen_ai.usage.output_tokens", SpanValue::Number(usage.output));
        }
        if let Some(first) = answer.first_chunk {
            span.set("gen_ai.response.time_to_first_chunk", SpanValue::Seconds(first.as_secs_f64()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_host_and_a_port() {
        for (address, expected) in [
            ("https://api.openai.com", Some(("api.openai.com", 443))),
            ("http://127.0.0.1:11434", Some(("127.0.0.1", 11434))),
            ("http://localhost", Some(("localhost", 80))),
            ("https://[::1]:8443", Some(("::1", 8443))),
            ("nothing", None),
        ] {
            assert_eq!(server(address), expected, "{address}");
        }
    }

    #[test]
    fn kinds_have_the_names_of_the_conventions() {
        for (kind, name) in [
            (Some("openai"), "openai"),
            (Some("anthropic"), "anthropic"),
            (Some("gemini"), "gcp.gemini"),
            (Some("azure"), "azure.ai.openai"),
            (Some("ollama"), "ollama"),
            (None, "_OTHER"),
        ] {
            assert_eq!(provider_name(kind), name);
        }
    }
}
