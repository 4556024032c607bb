//! `gptos privacy`: what it says is what is there.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::environment::{Run, TestEnv, provider_block, wait_until};
use crate::fake_provider::{FakeProvider, Reply, answer};

fn told(env: &TestEnv) -> Value {
    let run = env.run(&["privacy", "--json"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
    serde_json::from_str(&run.out).unwrap()
}

/// Every file, link and socket below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found
}

fn screen(run: &Run) -> &str {
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
    assert!(run.out.lines().count() <= 24 && run.out.lines().all(|line| line.chars().count() <= 80), "{}", run.out);
    &run.out
}

#[test]
fn every_file_of_a_used_resident_stands_in_a_line() {
    let server = FakeProvider::always(Reply::stream(&answer("printf done")));
    let env = TestEnv::new();
    let page = env.home().join(".local/share/gptos/tldr/current/pages/common/quux.md");
    fs::create_dir_all(page.parent().unwrap()).unwrap();
    fs::write(&page, "# quux\n\n> Frobnicate.\n\n- Frobnicate the quux:\n\n`quux --frob`\n").unwrap();
    // Advice is kept, where nobody is configured.
    env.run_with_input(&["widget", "bash"], b"frobnicate the quux");
    env.configure(&format!("metrics_port = 0\n{}", provider_block("fake", &server.base_url(), "")));
    let mut resident = env.start_resident();
    env.run_with_input(&["widget", "bash", "--fresh"], b"frobnicate the quux");
    env.run_with_input(&["widget", "bash"], b"list files by size");
    assert_eq!(env.run(&["tldr", "search", "frobnicate"]).code, Some(0));
    env.run_with_input(&["ran", "bash", "0"], b"find pdf files in ~/docs\0find ~/docs -name '*.pdf' -not -path '*/old/*'");
    assert_eq!(env.run(&["audit", "seal", "--init"]).code, Some(0));
    assert_eq!(env.run(&["config", "set", "deadline_ms", "7000"]).code, Some(0));
    let state = env.home().join(".local/state/gptos");
    for file in ["memory.v1", "audit.seal", "hints", "welcomed", "../../../.cache/gptos/cache.v1/db", "../../../.cache/gptos/tldr.index"] {
        wait_until(file, || state.join(file).exists());
    }
    let told = told(&env);
    let rows = told["kept"].as_array().unwrap();
    let paths: Vec<&str> = rows.iter().flat_map(|row| row["paths"].as_array().unwrap()).map(|path| path.as_str().unwrap()).collect();
    let mut kept = files(&env.home());
    kept.extend(files(env.socket().parent().unwrap()));
    assert!(kept.len() > 10 && kept.contains(&env.socket()), "{kept:?}");
    for file in &kept {
        assert!(paths.iter().any(|path| file.starts_with(path)), "{} is in no line of {paths:?}", file.display());
    }
    assert_eq!(told["unknown"].as_array().unwrap().len(), 0, "{told}");
    let row = |name: &str| rows.iter().find(|row| row["name"] == name).unwrap();
    for name in ["cache.v1", "memory.v1", "audit", "config.toml", "v1"] {
        assert!(row(name)["paths"][0].is_string(), "{name}");
    }
    assert!(row("audit")["bytes"].as_u64().unwrap() > 100 && row("audit")["encrypted"] == true, "{told}");
    // A file that nobody knows is told of and not passed over.
    fs::write(state.join("strange"), "").unwrap();
    assert!(screen(&env.run(&["privacy"])).contains("unknown: ~/.local/state/gptos/strange"));
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn whoever_is_configured_is_named_and_nobody_else_is_sent_anything() {
    let server = FakeProvider::always(Reply::stream(&answer("printf done")));
    let env = TestEnv::new();
    let nobody = env.run(&["privacy"]);
    assert!(screen(&nobody).contains("LEAVES THIS MACHINE: nothing, no provider is configured"), "{}", nobody.out);
    assert_eq!(told(&env)["providers"].as_array().unwrap().len(), 0);
    assert_eq!(files(&env.home()), Vec::<PathBuf>::new(), "looking leaves nothing behind");
    env.configure(&format!(
        "audit = \"off\"\ncontext = [\"branch\"]\n{}{}",
        provider_block("fake", &server.base_url(), "key = { env = \"FAKE_KEY\" }"),
        provider_block("vendor", "https://api.vendor.example/v1", "")
    ));
    let told = told(&env);
    assert_eq!(told["telemetry"], false);
    assert_eq!((&told["sent"]["redacted"], &told["sent"]["context"][0]), (&Value::Bool(true), &Value::from("branch")));
    let vendor = &told["providers"][1];
    assert_eq!((vendor["name"].as_str(), vendor["to"].as_str()), (Some("vendor"), Some("api.vendor.example")));
    assert_eq!((vendor["allowed_by"].as_str(), vendor["off_here"].as_str()), (Some("you"), None));
    assert_eq!(vendor["allowed_at"], "~/.config/gptos/config.toml:10");
    assert_eq!(vendor["ends_with"], "gptos config unset provider.vendor");
    let run = env.run(&["privacy"]);
    let text = screen(&run);
    assert!(text.contains("api.vendor.example") && text.contains("(here)") && text.contains("env FAKE_KEY"), "{text}");
    assert!(text.contains("allowed by config.toml:10"), "{text}");
    let line = text.lines().find(|line| line.starts_with("  audit ")).unwrap();
    assert!(line.contains("off, no more"), "{text}");
    // Where a project forbids it, nobody is asked.
    fs::write(env.work().join(".gptos.toml"), "providers = \"off\"\n").unwrap();
    let here = env.run(&["privacy"]);
    assert!(screen(&here).contains("not asked here"), "{}", here.out);
    assert_eq!(server.connections(), 0, "telling asks nobody");
    // What is named as the end of it is the end of it.
    assert_eq!(env.run(&["config", "unset", "provider.vendor"]).code, Some(0));
    assert!(!env.run(&["privacy"]).out.contains("vendor"));
}

#[test]
fn a_broken_file_is_told_of_and_the_rest_is_said() {
    let env = TestEnv::new();
    env.configure("deadlin_ms = 1\n");
    let run = env.run(&["privacy"]);
    assert_eq!(run.code, Some(0));
    assert!(run.err.contains("`deadlin_ms`: unknown key") && run.out.contains("No telemetry exists"), "{}{}", run.err, run.out);
}

#[test]
fn a_mistake_in_the_file_does_not_hide_whom_a_running_resident_asks() {
    let server = FakeProvider::always(Reply::stream(&answer("printf done")));
    let env = TestEnv::new();
    env.with_provider("fake", &server.base_url(), "");
    let mut resident = env.start_resident();
    env.run(&["status"]);
    env.configure("deadlin_ms = 1\n");
    let run = env.run(&["privacy"]);
    assert!(run.out.lines().count() <= 24 && run.out.lines().all(|line| line.chars().count() <= 80), "{}", run.out);
    assert!(run.out.contains("keeps to what it read before") && !run.out.contains("MACHINE: nothing"), "{}", run.out);
    let line = run.out.lines().find(|line| line.starts_with("  fake ")).unwrap_or_else(|| panic!("{}", run.out));
    assert!(line.contains("127.0.0.1:") && line.contains("(here)"), "{line}");
    let told: Value = serde_json::from_str(&env.run(&["privacy", "--json"]).out).unwrap();
    assert_eq!(told["providers"][0]["name"], "fake", "{told}");
    assert!(told["configuration"].as_str().unwrap().contains("deadlin_ms"), "{told}");
    let stats = env.run(&["stats"]);
    assert!(stats.code == Some(0) && stats.err.contains("deadlin_ms") && stats.err.contains("keeps to those"), "{}", stats.err);
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
    let alone = env.run(&["privacy"]).out;
    assert!(alone.contains("nothing, while the configuration has a mistake"), "{alone}");
}
