//! `gptos alerts rules`, read and tried by Prometheus' own tools.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::environment::TestEnv;

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
    // The first refusal of a key is told, though there was no series before.
    Case {
        series: &[(r#"gptos_provider_attempts_total{provider="p",result="auth"}"#, "_x20 1x20")],
        at: "25m",
        told: &["GptosKeyRefused"],
    },
    Case {
        series: &[
            (r#"gptos_provider_attempts_total{provider="p",result="slow"}"#, "0+2x60"),
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
];

#[test]
fn alerts_are_told_when_they_are_due_and_only_then() {
    let env = TestEnv::new();
    let file = env.work().join("rules.yml");
    fs::write(&file, rules(&env)).unwrap();
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
