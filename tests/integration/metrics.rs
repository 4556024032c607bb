//! `gptos metrics`: what was counted by a real resident, read as Prometheus reads it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

use crate::environment::{TestEnv, provider_block, wait_until};
use crate::fake_provider::{FakeProvider, Reply, answer};

const KNOWN: &str = "find files bigger than 100 MB changed this week";

/// A page that was read and found well-formed: the number of every series.
struct Page {
    text: String,
    numbers: BTreeMap<String, f64>,
}

impl Page {
    fn of(env: &TestEnv) -> Self {
        let run = env.run(&["metrics"]);
        assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
        Self::read(run.out)
    }

    /// Families in order, each with its two lines and then its series; every label in quotes; no series twice.
    fn read(text: String) -> Self {
        assert!(text.ends_with('\n') && !text.contains('\r'));
        let (mut numbers, mut types) = (BTreeMap::new(), BTreeMap::new());
        let (mut helped, mut current) = (BTreeSet::new(), String::new());
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').expect("a text");
                assert!(!help.is_empty() && helped.insert(name.to_owned()), "{line}");
                assert!(*name > *current, "{name} after {current}");
                current = name.to_owned();
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect("a type");
                assert_eq!(name, current);
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                types.insert(name.to_owned(), kind.to_owned());
            } else {
                let (series, number) = line.rsplit_once(' ').expect("a number");
                let number: f64 = number.parse().unwrap_or_else(|_| panic!("{line}"));
                assert!(number.is_finite() && number >= 0.0, "{line}");
                let name = series.split('{').next().unwrap();
                let of_histogram = ["_bucket", "_sum", "_count"].iter().filter_map(|ending| name.strip_suffix(ending));
                let family = of_histogram.chain([name]).find(|family| *family == current).unwrap_or_else(|| panic!("{line} in {current}"));
                assert_eq!(types[family] == "histogram", family != name, "{line}");
                if let Some(labels) = series.strip_prefix(name).filter(|labels| !labels.is_empty()) {
                    assert!(labels.starts_with('{') && labels.ends_with("\"}") && labels.contains("=\""), "{line}");
                }
                assert!(numbers.insert(series.to_owned(), number).is_none(), "{series} twice");
            }
        }
        assert_eq!(helped.len(), types.len());
        assert!(numbers.len() <= 600, "{} series", numbers.len());
        Self { text, numbers }
    }

    fn number(&self, series: &str) -> f64 {
        self.numbers.get(series).copied().unwrap_or(0.0)
    }
}

#[test]
fn what_was_asked_and_what_failed_is_on_the_page() {
    let failing = FakeProvider::always(Reply::status("503 Service Unavailable", "", ""));
    let second = FakeProvider::always(Reply::stream(&answer("echo well")));
    let env = TestEnv::new();
    env.configure(&format!("{}\n{}", provider_block("failing", &failing.base_url(), ""), provider_block("second", &second.base_url(), "")));
    let mut resident = env.start_resident();
    let fresh = Page::of(&env);
    assert!(!fresh.text.contains("gptos_requests_total{"), "nothing was asked yet: {}", fresh.text);
    assert!(fresh.text.contains("# TYPE gptos_requests_total counter\n"), "{}", fresh.text);

    let ask = |words: &str| env.run(&["translate", "--shell", "bash", "--", words]).code;
    // A busy machine may make a client answer for itself; then the resident counted an answer that nobody waited for.
    let series = |source: &str| format!("gptos_requests_total{{source=\"{source}\",outcome=\"ok\"}}");
    wait_until("the translator, the cache and a provider have answered", || {
        ask(KNOWN);
        ask("frobnicate the quux");
        let page = Page::of(&env);
        ["offline", "cache", "local_model"].iter().all(|source| page.number(&series(source)) > 0.0)
    });
    assert_eq!(ask("frobnicate another quux"), Some(0));
    env.configure(&provider_block("failing", &failing.base_url(), ""));
    wait_until("a question has failed", || {
        ask("frobnicate nothing at all");
        Page::of(&env).number("gptos_requests_total{source=\"none\",outcome=\"error\"}") > 0.0
    });

    let page = Page::of(&env);
    for (series, least) in [
        ("gptos_provider_attempts_total{provider=\"failing\",result=\"http_5xx\"}", 2.0),
        ("gptos_provider_attempts_total{provider=\"second\",result=\"ok\"}", 1.0),
        ("gptos_fallbacks_total{from=\"failing\",to=\"second\",reason=\"http_5xx\"}", 1.0),
        ("gptos_singleflight_total{role=\"leader\"}", 2.0),
        ("gptos_retries_total{result=\"scheduled\"}", 1.0),
        ("gptos_request_duration_seconds_count{source=\"cache\"}", 1.0),
        ("gptos_request_duration_seconds_bucket{source=\"none\",le=\"+Inf\"}", 1.0),
        ("gptos_queue_capacity{queue=\"providers\"}", 64.0),
        ("gptos_queue_capacity{queue=\"prefetch\"}", 5.0),
        ("process_resident_memory_bytes", 1e6),
        ("process_open_fds", 5.0),
        ("process_start_time_seconds", 1.6e9),
    ] {
        assert!(page.number(series) >= least, "{series}: {}\n{}", page.number(series), page.text);
    }
    let call = "{gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"second\",gen_ai_request_model=\"test-model\"";
    let name = "gen_ai_client_operation_duration_seconds";
    let calls = page.number(&format!("{name}_count{call}}}"));
    assert_eq!(calls, page.number("gptos_provider_attempts_total{provider=\"second\",result=\"ok\"}"));
    assert_eq!(calls, page.number(&format!("{name}_bucket{call},le=\"+Inf\"}}")));
    assert!(page.number(&format!("{name}_sum{call}}}")) > 0.0);
    let lookups = |result: &str| {
        let at = |tier: &str| page.number(&format!("gptos_cache_operations_total{{tier=\"{tier}\",op=\"get\",result=\"{result}\"}}"));
        at("disk") + at("memory")
    };
    assert!(lookups("hit") >= 1.0 && lookups("miss") >= 1.0, "{}", page.text);
    for name in ["gptos_retry_budget", "gptos_requests_in_flight", "gptos_cache_file_bytes"] {
        assert!(page.numbers.contains_key(name), "{name}\n{}", page.text);
    }
    assert!(page.text.contains("gptos_build_info{version=\""), "{}", page.text);

    for secret in ["frobnicate", "quux", "echo", "find", env.home().to_str().unwrap()] {
        assert!(!page.text.contains(secret), "{secret}\n{}", page.text);
    }
    let counts = env.status().unwrap()["counts"].clone();
    let fallbacks = "gptos_fallbacks_total{from=\"failing\",to=\"second\",reason=\"http_5xx\"}";
    assert_eq!(counts[fallbacks].as_f64(), Some(page.number(fallbacks)), "{counts}");
    judged_by_prometheus(&page.text);
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

/// Prometheus's own tool reads the page, where it is installed.
fn judged_by_prometheus(text: &str) {
    let started =
        Command::new("promtool").args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut promtool) = started else { return };
    promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_question_that_nobody_waits_for_any_more_is_counted_as_that() {
    let provider = FakeProvider::always(Reply::nothing());
    let env = TestEnv::new();
    env.with_provider("slow", &provider.base_url(), "");
    let mut resident = env.start_resident();
    let mut child = env.command(&["widget", "bash"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"frobnicate the quux").unwrap();
    wait_until("the provider is asked", || provider.count() == 1);
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until("it is counted", || Page::of(&env).number("gptos_requests_total{source=\"none\",outcome=\"cancelled\"}") == 1.0);
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn without_a_resident_there_is_nothing_to_print() {
    let env = TestEnv::new();
    let run = env.run(&["metrics"]);
    assert_eq!((run.code, run.out.as_str()), (Some(1), ""));
    assert!(run.err.contains("no resident is running") && run.err.contains("hint: "), "{}", run.err);
    assert!(!env.socket().exists(), "and none is started for it");
}
