use serde_json::json;

use super::*;
use crate::domain::FailureClass::{self, *};
use crate::providers::wire::reading::{self, descent, prompt};

fn wire(model: &str, url: &str) -> OpenAi {
    OpenAi { base_url: url.parse().expect("a valid base URL"), model: model.into(), door: Door::Model }
}

fn remote() -> OpenAi {
    wire("m", "https://a.example/v1")
}

fn text(content: &str) -> String {
    json!({ "model": "m-1", "choices": [{ "index": 0, "delta": { "content": content }, "finish_reason": null }] }).to_string()
}

fn end(reason: &str) -> String {
    json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] }).to_string()
}

fn stream(events: &[&str], clean_end: bool) -> Result<String, FailureClass> {
    reading::text(&remote(), events, clean_end)
}

#[test]
fn the_request_holds_only_what_the_server_takes() {
    let messages = json!([{ "role": "system", "content": "answer" }, { "role": "user", "content": "list" }]);
    let json_object = json!({ "type": "json_object" });
    let schema = json!({
        "type": "json_schema",
        "json_schema": {
            "name": "answer",
            "strict": true,
            "schema": {
                "type": "object",
                "properties": { "command": { "type": ["string", "null"] }, "reading": { "type": "string" } },
                "required": ["command", "reading"],
                "additionalProperties": false,
            },
        },
    });
    let bare = Form { structure: Structure::Unasked, temperature: false, cap: Cap::None, ..Form::PLAIN };
    for (form, expected) in [
        (
            Form { structure: Structure::Schema, ..Form::PLAIN },
            json!({ "model": "m", "messages": messages, "stream": true, "response_format": schema, "temperature": 0, "max_tokens": 200 }),
        ),
        (
            Form::PLAIN,
            json!({ "model": "m", "messages": messages, "stream": true, "response_format": json_object, "temperature": 0, "max_tokens": 200 }),
        ),
        (
            Form { cap: Cap::Newer, effort: Effort::Least, ..bare },
            json!({ "model": "m", "messages": messages, "stream": true, "max_completion_tokens": 200, "reasoning_effort": "minimal" }),
        ),
        (Form { effort: Effort::Low, ..bare }, json!({ "model": "m", "messages": messages, "stream": true, "reasoning_effort": "low" })),
        (bare, json!({ "model": "m", "messages": messages, "stream": true })),
    ] {
        let outgoing = remote().request(&prompt(), form, 200);
        assert_eq!((outgoing.url.as_str(), outgoing.body), ("https://a.example/v1/chat/completions", expected));
        assert!(outgoing.headers.is_empty());
    }
}

#[test]
fn a_deployment_has_its_version_in_the_address_and_another_header_for_the_key() {
    let door = Door::Deployment { api_version: "2024-10-21".into() };
    let base_url = "https://x.openai.azure.com/openai/deployments/small".parse().expect("a valid base URL");
    let azure = OpenAi { base_url, model: "m".into(), door };
    let outgoing = azure.request(&prompt(), azure.first_form(), 200);
    assert_eq!(outgoing.url.as_str(), "https://x.openai.azure.com/openai/deployments/small/chat/completions?api-version=2024-10-21");
    assert_eq!((azure.key_header(), remote().key_header()), (KeyHeader::Named("api-key"), KeyHeader::Bearer));
    assert!(azure.models().is_none());
    // The first event tells how the question was filtered and holds no choice.
    let filter = r#"{"choices":[],"prompt_filter_results":[{"prompt_index":0,"content_filter_results":{}}]}"#;
    assert_eq!(reading::text(&azure, &[filter, &text("ls"), &end("stop"), "[DONE]"], true), Ok("ls".to_owned()));
    assert_eq!(reading::text(&azure, &[filter, &text("ls"), &end("content_filter"), "[DONE]"], true), Err(Refusal));
}

#[test]
fn models_that_think_are_known_by_their_names_and_others_are_not_told_how_much() {
    let thinking = Form { temperature: false, cap: Cap::Newer, effort: Effort::Least, thinks: true, ..Form::PLAIN };
    for (model, expected) in [
        ("gpt-5-mini", thinking),
        ("openai/gpt-5.1", thinking),
        ("o3-mini", thinking),
        ("openai/gpt-oss-20b", thinking),
        ("gpt-5-chat-latest", Form::PLAIN),
        ("gpt-4.1-mini", Form::PLAIN),
        ("ollama3", Form::PLAIN),
    ] {
        assert_eq!(wire(model, "https://a.example/v1").first_form(), expected, "{model}");
    }
    let local = Form { structure: Structure::Schema, thinks: true, ..Form::PLAIN };
    assert_eq!(wire("m", "http://localhost:1/v1").first_form(), local);
}

#[test]
fn a_schema_is_sent_first_only_where_it_is_likely_to_be_understood() {
    let azure =
        |version: &str| OpenAi { door: Door::Deployment { api_version: version.into() }, ..wire("m", "https://x.openai.azure.com") };
    for (wire, expected) in [
        (wire("gpt-4.1-mini", "https://api.openai.com/v1"), Structure::Schema),
        (wire("gpt-5-mini", "https://api.openai.com/v1"), Structure::Schema),
        (wire("m", "http://127.0.0.1:1234/v1"), Structure::Schema),
        (wire("m", "http://[::1]:8080/v1"), Structure::Schema),
        (wire("m", "https://openrouter.ai/api/v1"), Structure::Asked),
        (wire("m", "https://api.groq.com/openai/v1"), Structure::Asked),
        (wire("m", "https://api.openai.com.example/v1"), Structure::Asked),
        (azure("2024-10-21"), Structure::Schema),
        (azure("2024-08-01-preview"), Structure::Schema),
        (azure("preview"), Structure::Schema),
        (azure("2024-06-01"), Structure::Asked),
    ] {
        assert_eq!(wire.first_form().structure, expected, "{} {:?}", wire.base_url, wire.door);
    }
}

#[test]
fn a_complaint_about_the_schema_leads_to_the_mode_and_then_to_neither() {
    let wire = wire("m", "http://127.0.0.1:1234/v1");
    for complaint in [
        "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
        "response_format value as json_schema is enabled only for api versions 2024-08-01-preview and later",
        "Invalid schema for response_format 'answer'",
    ] {
        let structures: Vec<_> = descent(&wire, complaint).iter().map(|form| form.structure).collect();
        assert_eq!(structures, [Structure::Schema, Structure::Asked, Structure::Unasked], "{complaint}");
    }
    let structures: Vec<_> = descent(&wire, "json_schema: unknown field").iter().map(|form| form.structure).collect();
    assert_eq!(structures, [Structure::Schema, Structure::Asked]);
}

#[test]
fn each_complaint_takes_one_parameter_away_and_ends() {
    let fault = |name: &str| Fault::from_body(json!({ "error": { "message": "unsupported", "param": name } }).to_string().as_bytes());
    let unasked = Form { structure: Structure::Unasked, ..Form::PLAIN };
    let newer = Form { temperature: false, cap: Cap::Newer, thinks: true, ..unasked };
    let mut form = Form::PLAIN;
    for (name, expected) in [
        ("response_format", Some(unasked)),
        ("response_format", None),
        ("temperature", Some(Form { temperature: false, ..unasked })),
        ("model", None),
        ("max_tokens", Some(newer)),
        ("max_tokens", None),
        ("max_completion_tokens", Some(Form { cap: Cap::None, ..newer })),
        ("max_completion_tokens", None),
        ("reasoning_effort", None),
    ] {
        let next = remote().without_what_it_names(form, &fault(name));
        assert_eq!(next, expected, "{name}");
        form = next.unwrap_or(form);
    }
    let efforts = |complaint: &str| descent(&wire("o3", "https://a.example"), complaint).iter().map(|form| form.effort).collect::<Vec<_>>();
    assert_eq!(efforts("Unsupported value: 'reasoning_effort' does not support 'minimal'"), [Effort::Least, Effort::Low, Effort::Unsaid]);
    assert_eq!(descent(&remote(), "response_format temperature max_tokens max_completion_tokens reasoning_effort").len(), 5);
}

#[test]
fn a_stream_is_an_answer_only_when_it_is_proven_complete() {
    let (ls, stop) = (text("ls"), end("stop"));
    for (events, clean_end, expected) in [
        (vec![ls.as_str(), &stop, "[DONE]"], true, Ok("ls")),
        (vec![&ls, &stop, "[DONE]"], false, Ok("ls")),
        (vec![&ls, "[DONE]"], true, Ok("ls")),
        (vec![&ls, &stop], true, Ok("ls")),
        (vec![&ls, &stop], false, Err(Truncated)),
        (vec![&ls], true, Err(Truncated)),
        (vec![&ls], false, Err(Truncated)),
        (vec![], true, Err(Malformed)),
        (vec![], false, Err(Truncated)),
        (vec!["[DONE]"], true, Err(Malformed)),
        (vec![&text("  \n"), &stop, "[DONE]"], true, Err(Malformed)),
        (vec![&ls, &end("length"), "[DONE]"], true, Err(Truncated)),
        (vec![&ls, &end("max_tokens"), "[DONE]"], true, Err(Truncated)),
        (vec![&ls, &end("content_filter"), "[DONE]"], true, Err(Refusal)),
        (vec![&end("SAFETY"), "[DONE]"], true, Err(Refusal)),
        (vec![&ls, &end("tool_calls"), "[DONE]"], true, Err(Malformed)),
        (vec![&ls, &end("error"), "[DONE]"], true, Err(Transient)),
        (vec![&ls, &end("insufficient_system_resource"), "[DONE]"], true, Err(Overloaded)),
        (vec![&ls, &end("whatever"), "[DONE]"], true, Err(Malformed)),
        (vec![&text("l"), &text("s"), &end("STOP"), "[DONE]"], true, Ok("ls")),
        (vec![r#"{"choices":[{"delta":{"refusal":"no"}}]}"#, &stop, "[DONE]"], true, Err(Refusal)),
        (vec![&ls, r#"{"error":{"message":"x","code":502}}"#, &stop, "[DONE]"], true, Err(Transient)),
        (vec![&ls, r#"{"choices":[{"delta":{"content":"rm"#], false, Err(Truncated)),
        (vec![&ls, "not json"], true, Err(Malformed)),
        (vec![&ls, r#"{"choices":[{"index":1,"delta":{"content":"other"}}]}"#, &stop, "[DONE]"], true, Ok("ls")),
        (vec![&ls, &stop, r#"{"choices":[],"usage":{"total_tokens":7}}"#, "[DONE]"], true, Ok("ls")),
        (vec![r#"{"choices":[{"delta":{"reasoning_content":"hm","content":null}}]}"#, &ls, &stop], true, Ok("ls")),
        (
            vec![r#"{"choices":[{"delta":{"content":[{"type":"thinking","thinking":[]},{"type":"text","text":"ls"}]}}]}"#, &stop],
            true,
            Ok("ls"),
        ),
    ] {
        assert_eq!(stream(&events, clean_end), expected.map(str::to_owned), "{events:?} {clean_end}");
    }
}

#[test]
fn only_text_and_ends_count_as_progress() {
    let mut assembly = Assembly::default();
    for (event, progress) in [
        (r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#, Progress::Idle),
        (r#"{"choices":[{"delta":{"reasoning":"hm"}}]}"#, Progress::Text),
        (r#"{"choices":[{"delta":{"content":"l"}}]}"#, Progress::Text),
        (r#"{"choices":[]}"#, Progress::Idle),
        ("[DONE]", Progress::Done),
    ] {
        assert_eq!(remote().event(event, &mut assembly, None), Ok(progress), "{event}");
    }
}

#[test]
fn an_unstreamed_body_is_read_the_same_way() {
    let body = |message: &str, reason: &str| format!(r#"{{"model":"m","choices":[{{"message":{message},"finish_reason":{reason}}}]}}"#);
    for (body, expected) in [
        (body(r#"{"content":"ls"}"#, r#""stop""#), Ok("ls")),
        (body(r#"{"content":"ls"}"#, "null"), Err(Truncated)),
        (body(r#"{"content":"ls"}"#, r#""length""#), Err(Truncated)),
        (body(r#"{"content":"","refusal":"no"}"#, r#""stop""#), Err(Refusal)),
        (body(r#"{"content":null}"#, r#""stop""#), Err(Malformed)),
        (r#"{"choices":[]}"#.to_owned(), Err(Malformed)),
        (r#"{"id":"x"}"#.to_owned(), Err(Malformed)),
        (r#"{"error":{"message":"x","code":"insufficient_quota"}}"#.to_owned(), Err(Quota)),
        (r#"{"choices":[{"message":{"content":"rm -rf /tm"#.to_owned(), Err(Truncated)),
        (String::new(), Err(Truncated)),
        (format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)), Err(Malformed)),
    ] {
        assert_eq!(reading::whole(&remote(), &body), expected.map(str::to_owned), "{body:.80}");
    }
}

#[test]
fn an_endless_text_is_refused() {
    let chunk = text(&"x".repeat(10_000));
    let mut assembly = Assembly::default();
    let refused = (0..10).find_map(|_| remote().event(&chunk, &mut assembly, None).err()).map(|error| error.class);
    assert_eq!(refused, Some(Malformed));
}

#[test]
fn an_answer_that_did_not_fit_may_be_asked_for_again() {
    let may_retry = |events: &[&str]| reading::stream(&remote(), events, true).map_err(|error| error.may_retry);
    assert_eq!(may_retry(&[&text("ls"), &end("length"), "[DONE]"]), Err(Some(true)));
    assert_eq!(may_retry(&[&text("ls")]), Err(None));
}
