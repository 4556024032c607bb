use serde_json::json;

use super::*;
use crate::domain::FailureClass::*;
use crate::providers::wire::reading::{descent, prompt, stream, text, whole};

fn wire(model: &str) -> Ollama {
    Ollama { base_url: "http://localhost:11434".parse().expect("a valid base URL"), model: model.into() }
}

fn piece(said: &str) -> String {
    json!({ "model": "qwen:7b", "created_at": "2026", "message": { "role": "assistant", "content": said }, "done": false }).to_string()
}

fn end(reason: &str) -> String {
    json!({ "model": "qwen:7b", "message": { "role": "assistant", "content": "" }, "done": true, "done_reason": reason }).to_string()
}

#[test]
fn the_request_keeps_the_model_in_memory() {
    let outgoing = wire("qwen").request(&prompt(), wire("qwen").first_form(), 2048);
    assert_eq!(outgoing.url.as_str(), "http://localhost:11434/api/chat");
    let schema = json!({
        "type": "object",
        "properties": { "command": { "type": ["string", "null"] }, "reading": { "type": "string" } },
        "required": ["command", "reading"],
    });
    let expected = json!({
        "model": "qwen",
        "messages": [{ "role": "system", "content": "answer" }, { "role": "user", "content": "list" }],
        "stream": true,
        "keep_alive": "30m",
        "think": false,
        "format": schema,
        "options": { "num_predict": 2048, "temperature": 0 },
    });
    assert_eq!(outgoing.body, expected);
    assert_eq!(wire("gpt-oss:20b").request(&prompt(), wire("gpt-oss:20b").first_form(), 1).body["think"], json!("low"));
    let last = descent(&wire("qwen"), "\"qwen\" does not support thinking; invalid format").pop().expect("a form");
    let bare = wire("qwen").request(&prompt(), last, 1).body;
    assert!(bare.get("think").is_none() && bare.get("format").is_none(), "{bare}");
}

#[test]
fn a_stream_is_an_answer_only_when_it_is_proven_complete() {
    let (l, s, stop) = (piece("l"), piece("s"), end("stop"));
    let old = r#"{"message":{"content":""},"done":true}"#;
    let thought = r#"{"message":{"content":"","thinking":"hm"},"done":false}"#;
    for (name, events, clean_end, expected) in [
        ("whole", vec![l.as_str(), &s, &stop], true, Ok("ls")),
        ("whole, reset after the end", vec![&l, &s, &stop], false, Ok("ls")),
        ("an old server", vec![&l, &s, old], true, Ok("ls")),
        ("no end", vec![&l, &s], true, Err(Truncated)),
        ("cut", vec![&l], false, Err(Truncated)),
        ("too long", vec![&l, &end("length")], true, Err(Truncated)),
        ("only loaded", vec![&end("load")], true, Err(Malformed)),
        ("empty", vec![&stop], true, Err(Malformed)),
        ("thoughts", vec![thought, &l, &s, &stop], true, Ok("ls")),
        ("error", vec![&l, r#"{"error":"model runner has unexpectedly stopped, internal error"}"#], true, Err(Transient)),
        ("no model", vec![r#"{"error":"model 'x' not found"}"#], true, Err(Config)),
        ("another service", vec![r#"{"choices":[]}"#], true, Err(Malformed)),
        ("half a line", vec![&l, r#"{"mess"#], false, Err(Truncated)),
    ] {
        assert_eq!(text(&wire("qwen"), &events, clean_end), expected.map(str::to_owned), "{name}");
    }
    assert_eq!(stream(&wire("qwen"), &[&l, &stop], true).map(|answer| answer.model), Ok("qwen:7b".to_owned()));
    assert_eq!(stream(&wire("qwen"), &[&l, &end("length")], true).map_err(|error| error.may_retry), Err(Some(true)));
    assert_eq!(whole(&wire("qwen"), r#"{"message":{"content":"ls"},"done":true}"#), Ok("ls".to_owned()));
}
