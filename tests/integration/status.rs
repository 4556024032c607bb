//! What `gptos status` tells of the providers.

use crate::environment::{TestEnv, provider_block};
use crate::fake_provider::{FakeProvider, Reply, answer};

fn ask(env: &TestEnv, number: usize) -> Option<i32> {
    env.run(&["translate", "--shell", "bash", "--no-cache", "--", &format!("frobnicate the quux {number}")]).code
}

#[test]
fn the_health_of_every_provider_is_told_in_the_users_order() {
    let down = FakeProvider::always(Reply::status("503 Service Unavailable", "retry-after: 45\r\n", "oops"));
    let well = FakeProvider::always(Reply::stream(&answer("echo ok")));
    let env = TestEnv::new().set("https_proxy", "http://ada:hush@127.0.0.1:9").set("no_proxy", "excepted.example");
    let far = |name: &str, host: &str| provider_block(name, &format!("https://{host}/v1"), "");
    env.configure(
        &[
            provider_block("down", &down.base_url(), ""),
            provider_block("well", &well.base_url(), ""),
            far("proxied", "far.example"),
            far("excepted", "excepted.example"),
            "[[provider]]\nname = \"program\"\nkind = \"command\"\nargv = [\"/bin/llm\", \"--key=hush\"]\n".to_owned(),
        ]
        .concat(),
    );
    let mut resident = env.start_resident();
    for number in 0..6 {
        assert_eq!(ask(&env, number), Some(0));
    }
    let status = env.status().expect("it runs");
    assert_eq!(status["running"], true, "{status}");
    let endpoints = status["endpoints"].as_array().expect("a list");
    let column = |name: &str| endpoints.iter().map(|endpoint| endpoint[name].clone()).collect::<Vec<_>>();
    assert_eq!(column("name"), ["down", "well", "proxied", "excepted", "program"]);
    assert_eq!(column("state"), ["open", "ready", "unasked", "unasked", "unasked"]);
    let kinds = ["openai", "openai", "openai", "openai", "command"];
    assert_eq!(column("kind"), kinds);
    assert_eq!(column("model")[4], "llm");
    let address = |provider: &FakeProvider| format!("http://{}", provider.address());
    assert_eq!(column("address")[..3], [address(&down), address(&well), "https://far.example".to_owned()]);
    assert!(column("address")[4].is_null() && column("proxy")[4].is_null());
    assert_eq!(column("proxy")[..4], ["direct", "direct", "proxy http://127.0.0.1:9", "direct"]);
    let [down, well, unasked, ..] = &endpoints[..] else { panic!("five") };
    let wait = down["retry_in_ms"].as_u64().expect("a number");
    assert!((10_000..=45_000).contains(&wait), "longer than the six seconds of an open period: {wait}");
    assert_eq!((down["last_error"].as_str(), down["successes"].as_u64()), (Some("transient"), Some(0)));
    assert_eq!((well["successes"].as_u64(), well["in_flight"].as_u64()), (Some(6), Some(0)));
    assert!(well["p50_ms"].as_u64() <= well["p95_ms"].as_u64() && well["p95_ms"].is_u64(), "{well}");
    assert!(well["last_error"].is_null() && well["since_s"].is_u64() && unasked["since_s"].is_null());
    assert!(status["retry_budget"].as_f64().is_some_and(|left| (0.0..=10.0).contains(&left)), "{status}");
    assert!(!status.to_string().contains("hush"), "{status}");

    let health = &status["health"];
    assert_eq!(health["status"], "degraded", "one that is down is no reason not to answer: {health}");
    let words: Vec<_> = health["providers"].as_array().unwrap().iter().map(|provider| provider["status"].clone()).collect();
    assert_eq!(words, ["down", "ok", "ok", "ok", "ok"]);
    assert_eq!(health["providers"][0]["last_error"], "transient");
    assert!(health["reasons"].to_string().contains("provider down is down: open"), "{health}");

    let shown = env.run(&["status"]);
    let lines: Vec<&str> = shown.out.lines().collect();
    assert_eq!((shown.code, lines.len()), (Some(0), 12), "{}", shown.out);
    assert!(lines[0].starts_with("resident ") && lines[5].starts_with("audit local, "), "{}", shown.out);
    assert!(lines[1].starts_with("health degraded: ") && lines[1].contains("provider down is down: open"), "{}", shown.out);
    assert!(lines[3].starts_with("cache ") && lines[4].contains("providers 0/64"), "{}", shown.out);
    let lines = &lines[5..];
    assert!(lines[1].starts_with("NAME "), "{}", shown.out);
    assert!(lines[1..].iter().all(|line| line.chars().count() <= 80 && !line.contains(char::is_control)), "{}", shown.out);
    assert!(lines[2].starts_with("down ") && lines[2].contains(" open ") && lines[2].ends_with("  direct"), "{}", shown.out);
    assert!(lines[4].contains("  proxy ht"), "{}", shown.out);

    env.run(&["daemon", "stop"]);
    resident.wait().expect("it ends");
    let gone = env.run(&["status", "--json"]);
    assert_eq!((gone.code, gone.out.as_str()), (Some(1), "{\"running\":false}\n"));
}
