//! `gptos stats`, and caps on what may be spent, over several processes.

use std::process::Child;

use serde_json::Value;

use crate::environment::{TestEnv, provider_block, wait_until};
use crate::fake_provider::{FakeProvider, Reply, answer};

const KNOWN: &str = "find files bigger than 100 MB changed this week";
/// A dollar for a token that is written.
const DEAR: &str = "price = { input = \"0 USD/Mtok\", output = \"1000000 USD/Mtok\" }";

fn stats(env: &TestEnv) -> Value {
    let run = env.run(&["stats", "--json"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    serde_json::from_str(&run.out).unwrap()
}

/// A stream that says how many tokens it took.
fn counting(command: &str, output: u64) -> Reply {
    let told = format!("{{\"choices\":[],\"usage\":{{\"prompt_tokens\":100,\"completion_tokens\":{output}}}}}");
    let text = serde_json::json!({ "choices": [{ "index": 0, "delta": { "content": answer(command) }, "finish_reason": "stop" }] });
    Reply::events(&format!("data: {text}\n\ndata: {told}\n\ndata: [DONE]\n\n"))
}

fn ask(env: &TestEnv, words: &str) -> (Option<i32>, String) {
    let run = env.run(&["translate", "--shell", "bash", "--", words]);
    (run.code, run.err)
}

fn of(told: &Value, source: &str) -> u64 {
    let answers = told["answers"].as_array().unwrap();
    answers.iter().find(|answers| answers["source"] == source).map_or(0, |answers| answers["count"].as_u64().unwrap())
}

#[test]
fn what_was_counted_outlives_the_resident_and_private_words_are_not_counted() {
    let provider = FakeProvider::always(counting("echo well", 7));
    let env = TestEnv::new();
    env.with_provider("own", &provider.base_url(), "");
    let mut resident = env.start_resident();
    wait_until("the resident has answered from all sources", || {
        ask(&env, KNOWN);
        ask(&env, "frobnicate the quux");
        let told = stats(&env);
        ["offline", "cache", "local_model"].iter().all(|source| of(&told, source) > 0)
    });
    let before = stats(&env);
    assert_eq!((of(&before, "none"), before["days"].as_u64()), (0, Some(1)));
    let (calls, model) = (provider.count() as u64, &before["models"][0]);
    assert_eq!((&model["provider"], &model["model"], &model["price"]), (&"own".into(), &"test-model".into(), &"free".into()));
    assert_eq!((model["calls"].as_u64(), model["output_tokens"].as_u64()), (Some(calls), Some(7 * calls)));
    assert_eq!((model["input_tokens"].as_u64(), model["guessed_calls"].as_u64()), (Some(100 * calls), Some(0)));
    assert_eq!(ask(&env, &format!(" {KNOWN}")).0, Some(0));
    assert_eq!(stats(&env)["total"], before["total"], "private words leave no trace");
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
    assert_eq!(stats(&env), before);
    // A process that answers for itself counts as well.
    env.configure("resident = \"off\"\n");
    assert_eq!(ask(&env, KNOWN).0, Some(0));
    assert_eq!(of(&stats(&env), "offline"), of(&before, "offline") + 1);
    let shown = env.run(&["stats", "--since", "1d"]);
    assert!(shown.out.starts_with("today: ") && shown.out.contains("\nown       test-model"), "{}", shown.out);
    assert!(shown.out.contains("spent today 0.00 USD, this month 0.00 USD\n"), "{}", shown.out);
    let state = std::fs::read_to_string(env.home().join(".local/state/gptos/stats.v1")).unwrap();
    assert!(["frobnicate", "quux", "echo", "find"].iter().all(|word| !state.contains(word)), "{state}");
}

/// Sets a cap on the day for a dear provider.
fn cap(env: &TestEnv, provider: &FakeProvider, cap: &str) {
    env.configure(&format!("spend.day = \"{cap}\"\n{}", provider_block("own", &provider.base_url(), DEAR)));
}

/// A resident under a high cap after one call, which may cost some thousand dollars and costs 7.
fn after_one_call(env: &TestEnv, provider: &FakeProvider) -> Child {
    cap(env, provider, "5000 USD");
    let resident = env.start_resident();
    assert_eq!(ask(env, "frobnicate one").0, Some(0));
    wait_until("what was set aside is given back", || stats(env)["spent"]["day_usd"] == 7.0);
    resident
}

/// The same under another cap from the start.
fn restarted(env: &TestEnv, mut resident: Child, provider: &FakeProvider, new: &str) -> Child {
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
    cap(env, provider, new);
    env.start_resident()
}

#[test]
fn a_cap_stops_providers_over_a_restart_until_the_user_raises_it() {
    let provider = FakeProvider::always(counting("echo well", 7));
    let env = TestEnv::new();
    let resident = after_one_call(&env, &provider);
    let mut resident = restarted(&env, resident, &provider, "2000 USD");
    let (code, said) = ask(&env, "frobnicate two");
    assert_eq!(code, Some(1));
    let reasons =
        ["no provider is asked until midnight", "7.00 USD of spend.day = 2000.00 USD", "`gptos config set spend.day '4000.00 USD'`"];
    assert!(reasons.iter().all(|reason| said.contains(reason)), "{said}");
    assert_eq!(said.matches("spend.day = ").count(), 1, "{said}");
    assert_eq!((ask(&env, KNOWN).0, provider.count()), (Some(0), 1), "this machine answers what it can");
    let page = env.run(&["metrics"]).out;
    assert!(page.contains("gptos_ratelimit_decisions_total{scope=\"spend\",decision=\"deny\"} 1\n"), "{page}");
    let shown = env.run(&["stats"]).out;
    assert!(shown.contains("7.00 USD\n") && shown.contains("spent today 7.00 USD of 2000.00 USD"), "{shown}");
    // A process that answers for itself is bound by it too.
    let direct = env.run(&["--set", "resident=off", "translate", "--shell", "bash", "--", "frobnicate three"]);
    assert!(direct.err.contains("spend.day = 2000.00 USD"), "{}", direct.err);
    assert_eq!(env.run(&["config", "set", "spend.day", "9000 USD"]).code, Some(0));
    wait_until("the new cap holds", || ask(&env, "frobnicate four").0 == Some(0));
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn a_test_of_a_provider_is_counted_and_not_made_when_a_cap_is_reached() {
    let provider = FakeProvider::always(counting("pwd", 7));
    let env = TestEnv::new();
    cap(&env, &provider, "5000 USD");
    let tested = env.run(&["provider", "test"]);
    assert_eq!(tested.code, Some(0), "{}", tested.err);
    let told = stats(&env);
    assert_eq!((&told["spent"]["day_usd"], &told["models"][0]["calls"]), (&7.0.into(), &1.into()), "{told}");
    cap(&env, &provider, "10 USD");
    for arguments in [&["provider", "test", "own"][..], &["doctor", "--call"]] {
        let refused = env.run(arguments);
        assert_eq!(refused.code, Some(1), "{}", refused.err);
        let said = format!("{}{}", refused.out, refused.err);
        assert!(said.contains("no provider is asked until midnight: 7.00 USD of spend.day = 10.00 USD are spent"), "{said}");
        assert!(said.contains("gptos config set spend.day"), "{said}");
    }
    let questions = provider.requests().iter().filter(|request| request.head.starts_with("POST ")).count();
    assert_eq!((questions, &stats(&env)["spent"]["day_usd"]), (1, &7.0.into()), "nothing was set aside and kept");
}

fn status(env: &TestEnv) -> Value {
    serde_json::from_str(&env.run(&["status", "--json"]).out).unwrap()
}

fn reasons(env: &TestEnv) -> String {
    status(env)["health"]["reasons"].to_string()
}

#[test]
fn a_cap_that_is_reached_and_a_file_that_is_damaged_are_told_by_status_and_batch_and_hold() {
    let provider = FakeProvider::always(counting("echo well", 7));
    let env = TestEnv::new();
    let resident = after_one_call(&env, &provider);
    assert!(!reasons(&env).contains("spend.day"), "{}", reasons(&env));
    // A resident that has refused nobody yet knows it all the same.
    let mut resident = restarted(&env, resident, &provider, "7 USD");
    wait_until("status tells of the cap", || reasons(&env).contains("7.00 USD of spend.day = 7.00 USD"));
    assert_eq!(status(&env)["health"]["status"], "degraded");
    let batch = env.run_with_input(&["batch", "translate", "--shell", "bash"], b"{\"id\":1,\"query\":\"frobnicate two\"}\n");
    let line: Value = serde_json::from_str(&batch.out).unwrap();
    assert!(line["command"].is_null() && line["reason"].as_str().unwrap().contains("spend.day = 7.00 USD"), "{line}");
    let known = env.run_with_input(&["batch", "translate", "--shell", "bash"], format!("{{\"id\":1,\"query\":\"{KNOWN}\"}}\n").as_bytes());
    assert!(!known.out.contains("reason"), "{}", known.out);
    // What is damaged or gone gives no money back.
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
    let path = env.home().join(".local/state/gptos/stats.v1");
    std::fs::remove_file(&path).unwrap();
    let mut resident = env.start_resident();
    assert_eq!((ask(&env, "frobnicate three").0, provider.count()), (Some(1), 1));
    assert!(reasons(&env).contains("a part of stats.v1 is gone"), "{}", reasons(&env));
    std::fs::remove_file(path.with_file_name("stats.v1.spent")).unwrap();
    std::fs::write(&path, "damaged\n").unwrap();
    let (code, said) = ask(&env, "frobnicate four");
    assert!(code == Some(1) && said.contains("`gptos stats --mend`") && provider.count() == 1, "{said}");
    wait_until("status tells of the damage", || reasons(&env).contains("stats.v1 is damaged"));
    let mended = env.run(&["stats", "--mend"]);
    assert!(mended.code == Some(0) && mended.err.contains("mended: "), "{}", mended.err);
    cap(&env, &provider, "5000 USD");
    wait_until("providers are asked again", || ask(&env, "frobnicate five").0 == Some(0));
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn a_call_for_which_there_is_no_key_is_none() {
    let provider = FakeProvider::always(counting("echo well", 7));
    let env = TestEnv::new();
    let block = provider_block("own", &provider.base_url(), &format!("key = {{ env = \"NO_SUCH_KEY\" }}\n{DEAR}"));
    env.configure(&format!("spend.day = \"5000 USD\"\n{block}"));
    let mut resident = env.start_resident();
    let (code, said) = ask(&env, "frobnicate one");
    assert!(code == Some(1) && said.contains("NO_SUCH_KEY"), "{said}");
    let endpoint = &status(&env)["endpoints"][0];
    assert_eq!((&endpoint["calls"], &endpoint["state"]), (&0.into(), &"quarantined".into()), "{endpoint}");
    wait_until("what was set aside is given back", || stats(&env)["spent"]["day_usd"] == 0.0);
    assert_eq!((stats(&env)["models"].as_array().unwrap().len(), provider.count()), (0, 0));
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}
