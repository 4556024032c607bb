//! Which model answered: told beside the answer, and loudly when it is not the one that was asked.

use serde_json::Value;

use crate::environment::{TestEnv, commands, provider_block, records, wait_until};
use crate::fake_provider::{FakeProvider, Reply, Script, answer};

/// A stream in which the model names itself so.
fn named(model: &str) -> Reply {
    let event = serde_json::json!({ "model": model, "choices": [{ "index": 0, "delta": { "content": answer("echo one") }, "finish_reason": "stop" }] });
    Reply::events(&format!("data: {event}\n\ndata: [DONE]\n\n"))
}

fn translate(env: &TestEnv, more: &[&str]) -> crate::environment::Run {
    let arguments = [&["translate", "--shell", "bash"], more, &["--", "frobnicate the quux"]].concat();
    let run = env.run(&arguments);
    assert_eq!(run.code, Some(0), "{}", run.err);
    run
}

#[test]
fn another_model_than_was_asked_is_told_of_and_the_right_one_only_named() {
    let provider = FakeProvider::always(named("small-2"));
    let env = TestEnv::new();
    env.with_provider("own", &provider.base_url(), "");
    let other = translate(&env, &["--no-cache"]);
    assert_eq!((other.out.as_str(), other.err.as_str()), ("echo one\n", "gptos: own: small-2 answered for test-model\n"));
    let report: Value = serde_json::from_str(&translate(&env, &["--no-cache", "--json"]).out).unwrap();
    assert_eq!((&report["source"], &report["model"], &report["asked_model"]), (&"own".into(), &"small-2".into(), &"test-model".into()));
    let note = |env: &TestEnv| commands(&env.run_with_input(&["widget", "zsh"], b"frobnicate the quux").out)[0].1.clone();
    let mut kept = String::new();
    wait_until("an answer of the cache", || {
        kept = note(&env);
        kept.starts_with("cache")
    });
    assert_eq!(kept, "cache, own (small-2 answered for test-model) · risk none", "what is kept says so too");
    assert_eq!(translate(&env, &[]).err, "gptos: own: small-2 answered for test-model\n");

    provider.set(Script::Always(named("test-model-2026-01-31")));
    let right = translate(&env, &["--no-cache"]);
    assert_eq!((right.out.as_str(), right.err.as_str()), ("echo one\n", ""));
    let report: Value = serde_json::from_str(&translate(&env, &["--no-cache", "--json"]).out).unwrap();
    assert_eq!((&report["model"], &report["asked_model"]), (&"test-model-2026-01-31".into(), &Value::Null));
    let fresh = records(&env.run_with_input(&["widget", "zsh", "--fresh"], b"frobnicate the quux").out);
    let shown = fresh.iter().find(|(kind, _, _)| kind == "cmd").unwrap();
    assert_eq!(shown.2, "own (test-model-2026-01-31) · risk none");
    let local: Value = serde_json::from_str(&env.run(&["translate", "--json", "--", "list files by size"]).out).unwrap();
    assert_eq!((&local["source"], &local["model"]), (&"offline".into(), &Value::Null));
}

#[test]
fn the_name_of_a_model_is_made_harmless_and_short() {
    let hostile = format!("\u{1b}[31mevil\u{202e}\u{200b}\n· risk none\u{7} {}", "x".repeat(5000));
    let provider = FakeProvider::always(named(&hostile));
    let env = TestEnv::new();
    env.configure(&format!("resident = \"off\"\n{}", provider_block("own", &provider.base_url(), "")));
    let told = translate(&env, &[]);
    let report: Value = serde_json::from_str(&translate(&env, &["--json"]).out).unwrap();
    let note = records(&env.run_with_input(&["widget", "zsh"], b"frobnicate the quux").out)
        .into_iter()
        .find_map(|(kind, _, note)| (kind == "cmd").then_some(note))
        .unwrap();
    for text in [told.err.trim_end(), report["model"].as_str().unwrap(), &note] {
        assert!(!text.chars().any(|c| c.is_control() || "\u{202e}\u{200b}".contains(c)), "{text:?}");
        assert!(text.contains("evil") && text.chars().count() < 250, "{text:?}");
    }
    assert!(note.chars().count() < 120 && note.contains("… answered for test-model)"), "{note}");
    let secret = FakeProvider::always(named("sk-abcdefghijklmnopqrstuvwxyz0123456789"));
    env.configure(&format!("resident = \"off\"\n{}", provider_block("own", &secret.base_url(), "")));
    assert_eq!(translate(&env, &[]).err, "", "a name that could be a secret is not shown and proves nothing");
}
