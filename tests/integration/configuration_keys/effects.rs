//! What a running program does otherwise when a key is set.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::ASK;
use crate::environment::{Resident, TestEnv, commands, faketime, provider_block, records, run, wait_until};
use crate::fake_provider::{FakeProvider, Reply, Script, answer};

/// What somebody sees who does something under a configuration.
pub type Effect = fn(&TestEnv, &FakeProvider) -> String;

/// What is remembered of a line that was run.
pub fn remembered(env: &TestEnv, _: &FakeProvider) -> String {
    env.run_with_input(&["ran", "bash", "0"], b"find pdf files in ~/docs\0find ~/docs -name '*.pdf' -print");
    env.run(&["memory", "list"]).out
}

/// Whether a question is in the record.
pub fn recorded(env: &TestEnv, _: &FakeProvider) -> String {
    env.run(&["translate", "--shell", "bash", "--", "list files by size"]);
    env.run(&["audit", "show"]).out.contains("list files by size").to_string()
}

/// Whether an answer is waited for that takes longer than a second.
pub fn awaited(env: &TestEnv, provider: &FakeProvider) -> String {
    provider.set(Script::Always(Reply::stream(&answer("printf good")).after(Duration::from_millis(1200))));
    env.run(ASK).out
}

/// Whether a background process that nobody asks is still there after two minutes of its clock, which runs sixty times as fast.
pub fn stays(env: &TestEnv, _: &FakeProvider) -> String {
    let mut command = env.command(&["daemon", "run"]);
    command.env("LD_PRELOAD", faketime()).env("FAKETIME", "+0 x60").env("NO_FAKE_STAT", "1");
    let mut resident = Resident(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let mut seen = "it ends";
    wait_until("it ends, or says that it has been there for two minutes", || {
        let is_old = || env.status().is_some_and(|status| status["uptime_s"].as_u64() >= Some(120));
        let ended = resident.0.try_wait().unwrap().is_some();
        if !ended && is_old() {
            seen = "it stays";
        }
        ended || seen == "it stays"
    });
    seen.to_owned()
}

/// What a background process says of where it tells of itself.
pub fn told_to(env: &TestEnv, _: &FakeProvider) -> String {
    let _resident = Resident(env.start_resident());
    let status = env.run(&["status"]).out;
    status.lines().filter(|line| line.starts_with("numbers ") || line.starts_with("traces ")).collect()
}

/// What the translator writes where `rg` is installed.
pub fn searched(env: &TestEnv, _: &FakeProvider) -> String {
    let words = "search for the word deadline in all *.txt files under ~/notes";
    env.run(&["translate", "--shell", "bash", "--no-cache", "--", words]).out
}

/// How many of five answers are kept.
pub fn kept(env: &TestEnv, _: &FakeProvider) -> String {
    let _resident = Resident(env.start_resident());
    for size in 1..=5 {
        env.run(&["translate", "--shell", "bash", "--", &format!("find files bigger than {size} MB")]);
    }
    let told: Value = serde_json::from_str(&env.run(&["cache", "stats", "--json"]).out).unwrap();
    told["entries"].to_string()
}

/// What a provider is asked ten days after it gave an answer.
pub fn asked_again(env: &TestEnv, provider: &FakeProvider) -> String {
    let ask = |days: &str| {
        let mut command = env.command(&["daemon", "run"]);
        command.env("LD_PRELOAD", faketime()).env("FAKETIME", days).env("NO_FAKE_STAT", "1");
        let mut resident = Resident(env.start(command));
        env.run(&["translate", "--shell", "bash", "--", "frobnicate the quux"]);
        env.run(&["daemon", "stop"]);
        resident.0.wait().unwrap();
    };
    ask("+0");
    assert_eq!(provider.count(), 1);
    ask("+10d");
    provider.count().to_string()
}

/// Another provider behind the first.
fn beside(env: &TestEnv, other: &FakeProvider) {
    let text = fs::read_to_string(env.config_file()).unwrap();
    env.configure(&format!("{text}\n{}", provider_block("other", &other.base_url(), "")));
}

fn good() -> FakeProvider {
    FakeProvider::always(Reply::stream(&answer("printf other")))
}

/// Whether a second provider was asked because the first was slow.
pub fn hedged(env: &TestEnv, provider: &FakeProvider) -> String {
    provider.set(Script::Always(Reply::nothing()));
    let other = good();
    beside(env, &other);
    let _resident = Resident(env.start_resident());
    env.run(ASK);
    let page = env.run(&["metrics"]).out;
    page.lines().filter(|line| line.starts_with("gptos_hedges_total{")).collect()
}

/// How many of six questions reach the provider.
pub fn called(env: &TestEnv, provider: &FakeProvider) -> String {
    let _resident = Resident(env.start_resident());
    for number in 0..6 {
        env.run(&["translate", "--no-cache", "--shell", "bash", "--", &format!("frobnicate the quux {number}")]);
    }
    provider.count().to_string()
}

fn begin(env: &TestEnv, words: &str) -> Child {
    let mut command = env.command(&["translate", "--no-cache", "--shell", "bash", "--", words]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// How many questions reach a provider that is silent, of two that are asked at once.
pub fn at_once(env: &TestEnv, provider: &FakeProvider) -> String {
    provider.set(Script::Always(Reply::nothing()));
    let other = good();
    beside(env, &other);
    let _resident = Resident(env.start_resident());
    let mut first = begin(env, "frobnicate the first");
    wait_until("the first is asked", || provider.count() == 1);
    let mut second = begin(env, "frobnicate the second");
    wait_until("the second is asked as well, or is done without", || provider.count() == 2 || second.try_wait().unwrap().is_some());
    let calls = provider.count();
    for question in [&mut first, &mut second] {
        let _ = question.kill();
        question.wait().unwrap();
    }
    calls.to_string()
}

/// The rows beside an answer when a provider refuses the key.
pub fn needed(env: &TestEnv, provider: &FakeProvider) -> String {
    provider.set(Script::Always(Reply::status("401 Unauthorized", "", "{}")));
    fs::write(env.home().join(".local/state/gptos/welcomed"), "").unwrap();
    let _resident = Resident(env.start_resident());
    let mut number = 0;
    wait_until("the resident knows that the key is refused", || {
        number += 1;
        env.run_with_input(&["widget", "bash"], format!("frobnicate the quux {number}").as_bytes());
        env.status().is_some_and(|status| status["endpoints"][0]["state"] == "quarantined")
    });
    // It comes once, but not with an answer that was made without the resident because the machine is busy.
    let answers = (0..5).map(|_| records(&env.run_with_input(&["widget", "bash"], b"list files by size").out));
    answers.flatten().filter(|(kind, ..)| kind == "row").map(|(_, text, _)| text).collect()
}

/// What an answer cost.
pub fn spent(env: &TestEnv, _: &FakeProvider) -> String {
    env.run(ASK);
    let told: Value = serde_json::from_str(&env.run(&["stats", "--json"]).out).unwrap();
    format!("{} {}", told["spent"]["day_usd"], told["models"][0]["price"])
}

/// Whether the proxy of the shell is asked, which here is the provider's own server.
pub fn way(env: &TestEnv, provider: &FakeProvider) -> String {
    let mut command = env.command(ASK);
    command.env("https_proxy", format!("http://{}", provider.address()));
    run(command, b"");
    (provider.connections() > 0).to_string()
}

/// What a line becomes that failed, where only what it printed tells what was meant. The terminal is one that hands it over.
pub fn mended(env: &TestEnv, _: &FakeProvider) -> String {
    let screen = "$ acme lsit all\nacme: unknown command lsit, did you mean 'list'?\n$ ??";
    fs::write(env.home().join("screen"), screen).unwrap();
    for (name, does) in [("wezterm", format!("exec cat '{}'", env.home().join("screen").display())), ("acme", "exit 2".to_owned())] {
        let program = env.home().join("bin").join(name);
        fs::write(&program, format!("#!/bin/sh\n{does}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let ask = || {
        let mut command = env.command(&["widget", "bash", "--fix", "2"]);
        command.env("WEZTERM_PANE", "4");
        commands(&run(command, b"acme lsit all").out).into_iter().map(|(line, _)| line).collect::<String>()
    };
    // A terminal has a moment to answer, and on a machine that is busy it may need more.
    (0..5).map(|_| ask()).find(|lines| !lines.is_empty()).unwrap_or_default()
}
