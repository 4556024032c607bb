use serde_json::json;

use super::*;
use crate::domain::FailureClass::*;
use crate::providers::wire::reading::{descent, prompt, stream, text, whole};

fn wire(model: &str) -> Gemini {
    let base_url = "https://generativelanguage.googleapis.com/v1beta".parse().expect("a valid base URL");
    Gemini { base_url, model: model.into() }
}

fn chunk(said: &str, reason: Option<&str>) -> String {
    let mut candidate = json!({ "content": { "role": "model", "parts": [{ "text": said }] }, "index": 0 });
    if let Some(reason) = reason {
        candidate["finishReason"] = json!(reason);
    }
    json!({ "candidates": [candidate], "modelVersion": "gemini-2.5-flash-1", "usageMetadata": { "totalTokenCount": 7 } }).to_string()
}

#[test]
fn the_request_asks_for_a_stream_of_events_with_a_schema() {
    let wire = wire("models/gemini-2.5-flash");
    let outgoing = wire.request(&prompt(), wire.first_form(), 2048);
    assert_eq!(
        outgoing.url.as_str(),
        "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"
    );
    let schema = json!({
        "type": "OBJECT",
        "properties": { "command": { "type": "STRING", "nullable": true }, "reading": { "type": "STRING" } },
        "required": ["command", "reading"],
        "propertyOrdering": ["command", "reading"],
    });
    let expected = json!({
        "systemInstruction": { "parts": [{ "text": "answer" }] },
        "contents": [{ "role": "user", "parts": [{ "text": "list" }] }],
        "generationConfig": {
            "maxOutputTokens": 2048,
            "responseMimeType": "application/json",
            "responseSchema": schema,
            "temperature": 0,
            "thinkingConfig": { "thinkingBudget": 0 },
        },
    });
    assert_eq!(outgoing.body, expected);
    assert_eq!(wire.key_header(), KeyHeader::Named("x-goog-api-key"));
}

#[test]
fn each_generation_is_told_in_its_own_way_not_to_think() {
    for (model, efforts) in [
        ("gemini-2.5-pro", vec![json!({ "thinkingBudget": 0 }), json!({ "thinkingBudget": 128 }), json!(null)]),
        ("gemini-3-flash", vec![json!({ "thinkingLevel": "minimal" }), json!({ "thinkingLevel": "low" }), json!(null)]),
        ("gemini-2.0-flash", vec![json!(null)]),
        ("gemma-3-27b-it", vec![json!(null)]),
    ] {
        let wire = wire(model);
        let sent = |form: &Form| wire.request(&prompt(), *form, 200).body["generationConfig"]["thinkingConfig"].clone();
        let forms = descent(&wire, "Budget 0 is invalid. This model only works in thinking mode.");
        assert_eq!(forms.iter().map(sent).collect::<Vec<_>>(), efforts, "{model}");
        assert_eq!(forms[0].thinks, efforts.len() > 1, "{model}");
    }
    let last = descent(&wire("gemma"), "JSON mode is not enabled, temperature out of range").pop().expect("a form");
    let bare = wire("gemma").request(&prompt(), last, 200).body["generationConfig"].clone();
    assert_eq!(bare, json!({ "maxOutputTokens": 200 }));
}

#[test]
fn a_stream_is_an_answer_only_when_it_is_proven_complete() {
    let (l, s) = (chunk("l", None), chunk("s", Some("STOP")));
    let each = chunk("l", Some("STOP"));
    let end = |reason: &str| chunk("ls", Some(reason));
    let blocked = r#"{"promptFeedback":{"blockReason":"SAFETY"},"modelVersion":"g"}"#;
    let failed = r#"{"error":{"code":503,"message":"overloaded","status":"UNAVAILABLE"}}"#;
    let thought = r#"{"candidates":[{"content":{"parts":[{"text":"hm","thought":true}]}}]}"#;
    for (name, events, clean_end, expected) in [
        ("whole", vec![l.as_str(), &s], true, Ok("ls")),
        ("a reason in every chunk", vec![&each, &s], true, Ok("ls")),
        ("a reason in every chunk, cut", vec![&each], false, Err(Truncated)),
        ("the reason is there, the end is not", vec![&l, &s], false, Err(Truncated)),
        ("no reason", vec![&l], true, Err(Truncated)),
        ("too long", vec![&end("MAX_TOKENS")], true, Err(Truncated)),
        ("filtered", vec![&end("SAFETY")], true, Err(Refusal)),
        ("recited", vec![&end("RECITATION")], true, Err(Refusal)),
        ("prohibited", vec![&end("PROHIBITED_CONTENT")], true, Err(Refusal)),
        ("blocked words", vec![&end("BLOCKLIST")], true, Err(Refusal)),
        ("personal data", vec![&end("SPII")], true, Err(Refusal)),
        ("other", vec![&end("OTHER")], true, Err(Malformed)),
        ("a tool", vec![&end("MALFORMED_FUNCTION_CALL")], true, Err(Malformed)),
        ("the question was blocked", vec![blocked], true, Err(Refusal)),
        ("error", vec![&l, failed], true, Err(Overloaded)),
        ("thoughts", vec![thought, &l, &s], true, Ok("ls")),
        ("only thoughts", vec![thought, &chunk("", Some("STOP"))], true, Err(Malformed)),
        ("empty", vec![], true, Err(Malformed)),
        ("half an event", vec![&l, r#"{"candi"#], false, Err(Truncated)),
    ] {
        assert_eq!(text(&wire("m"), &events, clean_end), expected.map(str::to_owned), "{name}");
    }
    assert_eq!(stream(&wire("m"), &[&l, &s], true).map(|answer| answer.model), Ok("gemini-2.5-flash-1".to_owned()));
}

#[test]
fn an_unstreamed_body_is_read_the_same_way() {
    let (l, s) = (chunk("l", None), chunk("s", Some("STOP")));
    for (body, expected) in [
        (chunk("ls", Some("STOP")), Ok("ls")),
        (format!("[{l},\n{s}]"), Ok("ls")),
        (format!("[{l}]"), Err(Truncated)),
        (format!("[{l},"), Err(Truncated)),
        (r#"[{"error":{"code":429,"message":"x","details":[{"quotaId":"RequestsPerDay"}]}}]"#.to_owned(), Err(Quota)),
        ("[]".to_owned(), Err(Malformed)),
        (r#"{"choices":[]}"#.to_owned(), Err(Malformed)),
    ] {
        assert_eq!(whole(&wire("m"), &body), expected.map(str::to_owned), "{body}");
    }
}

#[test]
fn only_models_that_answer_are_listed() {
    let list = json!({ "models": [
        { "name": "models/gemini-2.5-flash", "supportedGenerationMethods": ["generateContent", "countTokens"] },
        { "name": "models/embedding-1", "supportedGenerationMethods": ["embedContent"] },
        { "name": "models/new" },
    ] });
    assert_eq!(wire("m").model_names(&list), ["gemini-2.5-flash", "new"]);
}
