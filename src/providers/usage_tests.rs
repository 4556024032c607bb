//! The tokens of an answer, as each wire tells them.

use super::wire::reading::{descent, fault, prompt, stream};
use super::*;
use crate::domain::Usage;

fn wire(kind: WireSettings, url: &str) -> Box<dyn Wire> {
    wire_of(&ServerSettings::new(kind, url.parse().unwrap()), "m")
}

#[test]
fn every_wire_tells_how_many_tokens_were_read_and_written() {
    let far = "https://a.example";
    for (wire, events, input, output) in [
        (
            wire(WireSettings::OpenAi, far),
            vec![
                r#"{"choices":[{"index":0,"delta":{"content":"ls"},"finish_reason":"stop"}],"usage":null}"#,
                r#"{"choices":[],"usage":{"prompt_tokens":120,"completion_tokens":9,"total_tokens":129}}"#,
                "[DONE]",
            ],
            120,
            9,
        ),
        (
            wire(WireSettings::OpenAi, far),
            vec![
                r#"{"choices":[{"index":0,"delta":{"content":"ls"},"finish_reason":"stop"}],"x_groq":{"usage":{"prompt_tokens":5,"completion_tokens":3}}}"#,
            ],
            5,
            3,
        ),
        (
            wire(WireSettings::Anthropic, far),
            vec![
                r#"{"type":"message_start","message":{"model":"m","usage":{"input_tokens":100,"cache_read_input_tokens":20,"output_tokens":1}}}"#,
                r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"ls"}}"#,
                r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":14}}"#,
                r#"{"type":"message_stop"}"#,
            ],
            120,
            14,
        ),
        (
            wire(WireSettings::Gemini, far),
            vec![
                r#"{"candidates":[{"content":{"parts":[{"text":"l"}]}}],"usageMetadata":{"promptTokenCount":50,"candidatesTokenCount":1}}"#,
                r#"{"candidates":[{"content":{"parts":[{"text":"s"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":50,"candidatesTokenCount":4,"thoughtsTokenCount":30}}"#,
            ],
            50,
            34,
        ),
        (
            wire(WireSettings::Ollama, far),
            vec![r#"{"message":{"content":"ls"},"done":true,"done_reason":"stop","prompt_eval_count":26,"eval_count":8}"#],
            26,
            8,
        ),
    ] {
        let answer = stream(wire.as_ref(), &events, true).unwrap();
        assert_eq!((answer.text.as_str(), answer.usage), ("ls", Some(Usage { input, output })), "{events:?}");
    }
    let silent = r#"{"choices":[{"index":0,"delta":{"content":"ls"},"finish_reason":"stop"}],"usage":{"prompt_tokens":-1}}"#;
    assert_eq!(stream(wire(WireSettings::OpenAi, far).as_ref(), &[silent], true).unwrap().usage, None);
}

#[test]
fn a_server_is_asked_for_the_tokens_where_that_is_known_to_work_and_no_more_once_it_complained() {
    let asks = |wire: &dyn Wire| wire.request(&prompt(), wire.first_form(), 200).body.get("stream_options").is_some();
    for (kind, url, expected) in [
        (WireSettings::OpenAi, "https://api.openai.com/v1", true),
        (WireSettings::OpenAi, "https://a.example/v1", false),
        (WireSettings::OpenAi, "http://localhost:8080/v1", false),
        (WireSettings::Azure { api_version: "2024-10-21".to_owned() }, "https://a.openai.azure.com/openai/deployments/d", true),
        (WireSettings::Azure { api_version: "2024-06-01".to_owned() }, "https://a.openai.azure.com/openai/deployments/d", false),
    ] {
        assert_eq!(asks(wire(kind, url).as_ref()), expected, "{url}");
    }
    let openai = wire(WireSettings::OpenAi, "https://api.openai.com/v1");
    let first = openai.first_form();
    let next = openai.without_what_it_names(first, &fault("unknown parameter: stream_options")).unwrap();
    assert_eq!(next, form::Form { usage: false, ..first });
    assert_eq!(descent(openai.as_ref(), "stream_options"), [first, next]);
}
