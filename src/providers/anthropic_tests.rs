use serde_json::json;

use super::*;
use crate::domain::FailureClass::*;
use crate::providers::wire::reading::{descent, prompt, stream, text, whole};

fn wire() -> Anthropic {
    Anthropic { base_url: "https://api.anthropic.com/v1".parse().expect("a valid base URL"), model: "claude-x".into() }
}

const START: &str = r#"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-x-1","content":[],"stop_reason":null,"usage":{"input_tokens":9}}}"#;
const PING: &str = r#"{"type":"ping"}"#;
const TOOL_START: &str =
    r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"toolu_1","name":"answer","input":{}}}"#;
const BLOCK_STOP: &str = r#"{"type":"content_block_stop","index":0}"#;
const STOP: &str = r#"{"type":"message_stop"}"#;

fn input(part: &str) -> String {
    json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "input_json_delta", "partial_json": part } }).to_string()
}

fn said(part: &str) -> String {
    json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "text_delta", "text": part } }).to_string()
}

fn end(reason: &str) -> String {
    json!({ "type": "message_delta", "delta": { "stop_reason": reason, "stop_sequence": null }, "usage": { "output_tokens": 4 } })
        .to_string()
}

#[test]
fn the_request_is_a_message_with_a_tool_that_must_be_called() {
    let outgoing = wire().request(&prompt(), wire().first_form(), 200);
    assert_eq!(outgoing.url.as_str(), "https://api.anthropic.com/v1/messages");
    assert_eq!(outgoing.headers, [("anthropic-version", "2023-06-01")]);
    let schema = json!({
        "type": "object",
        "properties": { "command": { "type": ["string", "null"] }, "reading": { "type": "string" } },
        "required": ["command", "reading"],
    });
    let expected = json!({
        "model": "claude-x",
        "max_tokens": 200,
        "system": [{ "type": "text", "text": "answer" }],
        "messages": [{ "role": "user", "content": "list" }],
        "stream": true,
        "temperature": 0,
        "thinking": { "type": "disabled" },
        "tools": [{ "name": "answer", "description": "Gives the answer.", "input_schema": schema }],
        "tool_choice": { "type": "tool", "name": "answer", "disable_parallel_tool_use": true },
    });
    assert_eq!(outgoing.body, expected);
    let bare = Form { structure: Structure::Unasked, temperature: false, effort: Effort::Unsaid, ..Form::PLAIN };
    let keys: Vec<String> = wire().request(&prompt(), bare, 200).body.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(keys, ["max_tokens", "messages", "model", "stream", "system"]);
    assert_eq!(wire().key_header(), KeyHeader::Named("x-api-key"));
}

#[test]
fn complaints_change_the_form_step_by_step() {
    let forms = descent(&wire(), "thinking tool_choice temperature");
    assert_eq!(forms.len(), 4);
    assert_eq!(forms[1], Form { effort: Effort::Unsaid, thinks: true, ..Form::PLAIN });
    assert_eq!(forms[3], Form { structure: Structure::Unasked, temperature: false, ..forms[1] });
    assert_eq!(descent(&wire(), "messages: at least one message is required").len(), 1);
}

#[test]
fn a_stream_is_an_answer_only_when_it_is_proven_complete() {
    let (one, two, tool_use) = (input(r#"{"command": "#), input(r#""ls"}"#), end("tool_use"));
    let call = [START, PING, TOOL_START, &one, &two, BLOCK_STOP];
    let with = |rest: &[&'static str]| [&call[..], rest].concat();
    let stop = |reason: &str| [&call[..], &[end(reason).leak(), STOP]].concat();
    let (ls, turn) = (said("ls"), end("end_turn"));
    let failed = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    let limited = r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}"#;
    let broken = r#"{"type":"error","error":{"type":"api_error","message":"Internal"}}"#;
    for (name, events, clean_end, expected) in [
        ("whole", stop("tool_use"), true, Ok(r#"{"command": "ls"}"#)),
        ("whole, reset after the end", stop("tool_use"), false, Ok(r#"{"command": "ls"}"#)),
        ("no message_stop, clean end", [&call[..], &[&tool_use]].concat(), true, Ok(r#"{"command": "ls"}"#)),
        ("no message_stop, cut", [&call[..], &[&tool_use]].concat(), false, Err(Truncated)),
        ("no reason", with(&[STOP]), true, Err(Truncated)),
        ("half", vec![START, TOOL_START, &one], false, Err(Truncated)),
        ("half, clean end", vec![START, TOOL_START, &one], true, Err(Truncated)),
        ("too long", stop("max_tokens"), true, Err(Truncated)),
        ("declined", stop("refusal"), true, Err(Refusal)),
        ("paused", stop("pause_turn"), true, Err(Malformed)),
        ("no tool", vec![START, &said("l"), &said("s"), &turn, STOP], true, Ok("ls")),
        ("words before the tool", [&[START, &ls][..], &call[2..], &[&tool_use, STOP]].concat(), true, Ok(r#"{"command": "ls"}"#)),
        ("a tool that was not called", vec![START, &ls, &tool_use, STOP], true, Err(Malformed)),
        ("empty", vec![START, &turn, STOP], true, Err(Malformed)),
        ("nothing", vec![], true, Err(Malformed)),
        ("overloaded", with(&[failed]), true, Err(Overloaded)),
        ("limited", vec![START, limited], true, Err(RateLimited { retry_after: None })),
        ("broken", vec![START, broken], true, Err(Transient)),
        ("not JSON", vec![START, "hello"], true, Err(Malformed)),
        ("half an event", vec![START, r#"{"type":"mess"#], false, Err(Truncated)),
    ] {
        assert_eq!(text(&wire(), &events, clean_end), expected.map(str::to_owned), "{name}");
    }
    assert_eq!(stream(&wire(), &stop("tool_use"), true).map(|answer| answer.model), Ok("claude-x-1".to_owned()));
    assert_eq!(stream(&wire(), &stop("max_tokens"), true).map_err(|error| error.may_retry), Err(Some(true)));
}

#[test]
fn thoughts_are_progress_and_no_text() {
    let mut assembly = Assembly::default();
    for (event, progress) in [
        (START, Progress::Idle),
        (PING, Progress::Idle),
        (r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}"#, Progress::Text),
        (r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}"#, Progress::Text),
        (r#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"x"}}"#, Progress::Text),
        (r#"{"type":"something_new"}"#, Progress::Idle),
    ] {
        assert_eq!(wire().event(event, &mut assembly, None), Ok(progress), "{event}");
    }
    assert_eq!(assembly.finish(true).map_err(|error| error.class), Err(Malformed));
}

#[test]
fn an_unstreamed_body_is_read_the_same_way() {
    let body = |content: &str, reason: &str| format!(r#"{{"type":"message","model":"m","content":{content},"stop_reason":{reason}}}"#);
    let tool = r#"[{"type":"text","text":"so"},{"type":"tool_use","id":"1","name":"answer","input":{"command":"ls"}}]"#;
    for (body, expected) in [
        (body(tool, r#""tool_use""#), Ok(r#"{"command":"ls"}"#)),
        (body(r#"[{"type":"text","text":"ls"}]"#, r#""end_turn""#), Ok("ls")),
        (body(tool, "null"), Err(Truncated)),
        (body(tool, r#""max_tokens""#), Err(Truncated)),
        (body("[]", r#""end_turn""#), Err(Malformed)),
        (r#"{"type":"error","error":{"type":"authentication_error","message":"x"}}"#.to_owned(), Err(Auth)),
        (r#"{"choices":[]}"#.to_owned(), Err(Malformed)),
        (r#"{"type":"message","content":[{"ty"#.to_owned(), Err(Truncated)),
    ] {
        assert_eq!(whole(&wire(), &body), expected.map(str::to_owned), "{body}");
    }
}
