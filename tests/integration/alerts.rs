//! `gptos alerts rules`, read and tried by Prometheus' own tools, and by Prometheus itself beside a resident.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::environment::{Resident, TestEnv, provider_block, wait_until};
use crate::fake_provider::{FakeProvider, Reply};

fn promtool(arguments: &[&str], input: &str) -> (bool, String) {
    let mut command = Command::new("promtool");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("promtool comes with Prometheus, which this test needs");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

fn rules(env: &TestEnv) -> String {
    let run = env.run(&["alerts", "rules"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
    run.out
}

#[test]
fn prometheus_takes_the_rules_and_the_numbers() {
    let env = TestEnv::new();
    let file = env.work().join("rules.yml");
    fs::write(&file, rules(&env)).unwrap();
    let (fine, told) = promtool(&["check", "rules", file.to_str().unwrap()], "");
    assert!(fine && told.contains("SUCCESS"), "{told}");
    env.run(&["translate", "--", "list open ports"]);
    let page = env.run(&["metrics"]).out;
    let (fine, told) = promtool(&["check", "metrics"], &page);
    assert!(fine && told.is_empty(), "{told}");
    let (fine, _) = promtool(&["check", "metrics"], "gptos_x_total{a=} 1\n");
    assert!(!fine, "it does look");
}

/// What was counted minute by minute, when one looks, and which alerts there are then.
struct Case {
    series: &'static [(&'static str, &'static str)],
    at: &'static str,
    told: &'static [&'static str],
}

const CASES: &[Case] = &[
    // Half of the questions fail.
    Case {
        series: &[
            (r#"gptos_requests_total{source="none",outcome="error"}"#, "0+1x90"),
            (r#"gptos_requests_total{source="cache",outcome="ok"}"#, "0+1x90"),
        ],
        at: "70m",
        told: &["GptosErrorsBurnFast", "GptosErrorsBurnSlow", "GptosErrorsLeak"],
    },
    // It is over: the short window is clean.
    Case {
        series: &[
            (r#"gptos_requests_total{source="none",outcome="error"}"#, "0+1x30 30x90"),
            (r#"gptos_requests_total{source="cache",outcome="ok"}"#, "0+1x120"),
        ],
        at: "80m",
        told: &["GptosErrorsLeak"],
    },
    // One bad question in a quiet night.
    Case {
        series: &[
            (r#"gptos_requests_total{source="none",outcome="error"}"#, "0x30 1x60"),
            (r#"gptos_requests_total{source="cache",outcome="ok"}"#, "0x90"),
        ],
        at: "60m",
        told: &[],
    },
    Case {
        series: &[
            (r#"gptos_ratelimit_decisions_total{scope="spend",decision="deny"}"#, "_x20 1x20"),
            (r#"gptos_ratelimit_decisions_total{scope="user",decision="deny"}"#, "0+1x40"),
        ],
        at: "25m",
        told: &["GptosSpendCapReached"],
    },
    // The first refusal of a key is told, though there was no series before.
    Case {
        series: &[(r#"gptos_provider_attempts_total{provider="p",result="auth"}"#, "_x20 1x20")],
        at: "25m",
        told: &["GptosKeyRefused"],
    },
    Case {
        series: &[
            (r#"gptos_provider_attempts_total{provider="p",result="timeout_ttfb"}"#, "0+2x60"),
            (r#"gptos_provider_attempts_total{provider="p",result="ok"}"#, "0+1x60"),
            (r#"gptos_provider_attempts_total{provider="q",result="ok"}"#, "0+1x60"),
        ],
        at: "50m",
        told: &["GptosProviderFails"],
    },
    Case {
        series: &[
            (r#"gptos_request_duration_seconds_bucket{source="cache",le="0.5"}"#, "0+9x60"),
            (r#"gptos_request_duration_seconds_count{source="cache"}"#, "0+10x60"),
        ],
        at: "50m",
        told: &["GptosCachedAnswersSlow"],
    },
    Case {
        series: &[
            (r#"gptos_queue_depth{queue="audit"}"#, "9x30"),
            (r#"gptos_queue_capacity{queue="audit"}"#, "10x30"),
            (r#"gptos_audit_write_failures_total"#, "0x10 1x20"),
        ],
        at: "15m",
        told: &["GptosQueueNearFull", "GptosAuditNotWritten"],
    },
    // A queue that is full for a moment is no news.
    Case {
        series: &[(r#"gptos_queue_depth{queue="audit"}"#, "1x10 9x3 1x20"), (r#"gptos_queue_capacity{queue="audit"}"#, "10x40")],
        at: "14m",
        told: &[],
    },
    // Two in a thousand for half a day: a ticket, and nobody is woken.
    Case {
        series: &[
            (r#"gptos_requests_total{source="none",outcome="error"}"#, "0+1x800"),
            (r#"gptos_requests_total{source="cache",outcome="ok"}"#, "0+500x800"),
        ],
        at: "720m",
        told: &["GptosErrorsLeak"],
    },
    // Eight in a thousand for seven hours.
    Case {
        series: &[
            (r#"gptos_requests_total{source="none",outcome="error"}"#, "0+1x500"),
            (r#"gptos_requests_total{source="cache",outcome="ok"}"#, "0+124x500"),
        ],
        at: "420m",
        told: &["GptosErrorsBurnSlow", "GptosErrorsLeak"],
    },
    // A model that declines is no provider that fails.
    Case {
        series: &[
            (r#"gptos_provider_attempts_total{provider="p",result="policy"}"#, "0+2x60"),
            (r#"gptos_provider_attempts_total{provider="p",result="cancelled"}"#, "0+9x60"),
            (r#"gptos_provider_attempts_total{provider="p",result="ok"}"#, "0+1x60"),
        ],
        at: "50m",
        told: &[],
    },
    Case {
        series: &[
            (r#"gptos_request_duration_seconds_bucket{source="provider",le="2.048"}"#, "0+9x60"),
            (r#"gptos_request_duration_seconds_count{source="provider"}"#, "0+10x60"),
            (r#"gptos_requests_total{source="stale",outcome="degraded"}"#, "0+1x60"),
            (r#"gptos_requests_total{source="cache",outcome="ok"}"#, "0+4x60"),
        ],
        at: "50m",
        told: &["GptosProviderAnswersSlow", "GptosServingDegraded"],
    },
    Case {
        series: &[
            ("gptos_retry_budget", "0.5x30"),
            (r#"gptos_provider_attempts_total{provider="p",result="ok"}"#, "0+1x30"),
            (r#"gptos_queue_dropped_total{queue="audit"}"#, "0+1x30"),
            (r#"gptos_cache_damaged_total{tier="disk"}"#, "_x10 1x20"),
            ("gptos_audit_verify_failures_total", "0x18 1x20"),
        ],
        at: "20m",
        told: &["GptosRetryBudgetExhausted", "GptosWorkDropped", "GptosCacheDamaged", "GptosAuditChanged"],
    },
];

#[test]
fn alerts_are_told_when_they_are_due_and_only_then() {
    let env = TestEnv::new();
    let file = env.work().join("rules.yml");
    let all = rules(&env);
    fs::write(&file, &all).unwrap();
    for name in all.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        assert!(CASES.iter().any(|case| case.told.contains(&name)), "nothing provokes {name}");
    }
    let mut text = format!("rule_files:\n- {}\nevaluation_interval: 1m\ntests:\n", file.display());
    for case in CASES {
        text += "- interval: 1m\n  input_series:\n";
        for (series, values) in case.series {
            text += &format!("  - series: '{series}'\n    values: '{values}'\n");
        }
        let expr = "count by (alertname) (ALERTS{alertstate=\"firing\"})";
        text += &format!("  promql_expr_test:\n  - expr: '{expr}'\n    eval_time: {}\n    exp_samples:\n", case.at);
        for name in case.told {
            text += &format!("    - labels: '{{alertname=\"{name}\"}}'\n      value: 1\n");
        }
    }
    let tests = env.work().join("tests.yml");
    fs::write(&tests, &text).unwrap();
    let (fine, told) = promtool(&["test", "rules", tests.to_str().unwrap()], "");
    assert!(fine, "{told}");
    // It compares.
    fs::write(&tests, text.replace("GptosKeyRefused", "GptosOther")).unwrap();
    assert!(!promtool(&["test", "rules", tests.to_str().unwrap()], "").0);
}

pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// The answer to a request of one line, with its head.
pub fn get(port: u16, host: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes()).ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok().map(|_| text)
}

#[test]
fn a_port_serves_numbers_and_nothing_else_for_as_long_as_it_is_set() {
    let env = TestEnv::new();
    let port = free_port();
    env.configure(&format!("metrics_port = {port}\n"));
    let _resident = Resident(env.start_resident());
    wait_until("the port is open", || get(port, "127.0.0.1", "/metrics").is_some());
    let page = get(port, &format!("localhost:{port}"), "/metrics").unwrap();
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("gptos_build_info{"), "{page}");
    for (host, path, status) in [
        ("evil.example", "/metrics", "403"),
        ("", "/metrics", "403"),
        ("127.0.0.1", "/v1/status", "404"),
        ("127.0.0.1", "/v1/drain", "404"),
    ] {
        assert!(get(port, host, path).unwrap().starts_with(&format!("HTTP/1.1 {status}")), "{host} {path}");
    }
    assert!(env.run(&["status"]).out.contains(&format!("numbers at http://127.0.0.1:{port}/metrics")));
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let other = taken.local_addr().unwrap().port();
    env.configure(&format!("metrics_port = {other}\n"));
    let told = format!("numbers not served at 127.0.0.1:{other}: ");
    wait_until("the other port is tried", || env.run(&["status"]).out.contains(&told));
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "the former one is closed");
    drop(taken);
    wait_until("it is free", || get(other, "127.0.0.1", "/metrics").is_some());
    env.configure("metrics_port = 0\n");
    wait_until("it is closed", || TcpStream::connect(("127.0.0.1", other)).is_err());
    assert!(!env.run(&["status"]).out.contains("numbers"));
}

/// The same rules over seconds instead of minutes and hours.
fn hurried(rules: &str) -> String {
    let mut text = rules.replace("interval: 30s", "interval: 1s");
    for (long, short) in
        [("ratio_rate5m", "A"), ("ratio_rate30m", "B"), ("ratio_rate1h", "C"), ("ratio_rate6h", "D"), ("ratio_rate3d", "E")]
    {
        text = text.replace(long, &format!("ratio_rate{short}"));
    }
    for (long, short) in [
        ("[5m]", "[5s]"),
        ("[10m]", "[10s]"),
        ("[15m]", "[15s]"),
        ("[30m]", "[15s]"),
        ("[1h]", "[30s]"),
        ("[6h]", "[60s]"),
        ("[3d]", "[120s]"),
    ] {
        text = text.replace(long, short);
    }
    for (long, short) in [("offset 15m", "offset 15s"), ("offset 10m", "offset 10s"), ("offset 1h", "offset 30s")] {
        text = text.replace(long, short);
    }
    text.lines().filter(|line| !line.starts_with("    for: ")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_real_prometheus_tells_of_an_outage_that_is_one() {
    let provider = FakeProvider::always(Reply::status("500 Internal Server Error", "", "{}"));
    let env = TestEnv::new();
    let (port, own) = (free_port(), free_port());
    let provider = provider_block("down", &provider.base_url(), "");
    env.configure(&format!("metrics_port = {port}\n[limits]\nuser_per_minute = 600\nsession_per_minute = 600\n{provider}"));
    let _resident = Resident(env.start_resident());
    wait_until("the port is open", || get(port, "127.0.0.1", "/metrics").is_some());
    let folder = env.work();
    fs::write(folder.join("rules.yml"), hurried(&rules(&env))).unwrap();
    let config = format!(
        "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [rules.yml]\nscrape_configs:\n- job_name: gptos\n  static_configs: [{{targets: ['127.0.0.1:{port}']}}]\n"
    );
    fs::write(folder.join("prometheus.yml"), config).unwrap();
    let mut command = Command::new("prometheus");
    command.arg("--config.file=prometheus.yml").arg(format!("--web.listen-address=127.0.0.1:{own}")).arg("--storage.tsdb.path=data");
    command.current_dir(&folder).stdout(Stdio::null()).stderr(Stdio::null());
    let _prometheus = Resident(command.spawn().expect("this test needs prometheus"));
    wait_until("it has read numbers", || get(own, "127.0.0.1", "/api/v1/query?query=up").is_some_and(|told| told.contains(",\"1\"]")));
    let firing = |name: &str| {
        let told = get(own, "127.0.0.1", "/api/v1/alerts").unwrap_or_default();
        told.contains(&format!("\"alertname\":\"{name}\"")) && told.contains("\"state\":\"firing\"")
    };
    assert!(!firing("GptosErrorsBurnFast"), "nothing has happened");
    let (mut asked, deadline) = (0, Instant::now() + Duration::from_secs(60));
    while !firing("GptosErrorsBurnFast") {
        assert!(Instant::now() < deadline, "{asked} questions failed and nothing is told");
        asked += 1;
        env.run(&["translate", "--no-cache", "--", &format!("frobnicate the quux number {asked}")]);
    }
    assert!(asked >= 10, "a few failures are none: {asked}");
}
