//! What `gptos status` tells of the providers.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::UnixListener;

use crate::environment::{TestEnv, provider_block, run};
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
    assert!(lines[1..].iter().all(|line| !line.contains('…') && !line.contains(char::is_control)), "a pipe gets it whole: {}", shown.out);
    assert!(lines[2].starts_with("down ") && lines[2].contains(" open ") && lines[2].ends_with("  direct"), "{}", shown.out);
    assert!(lines[4].ends_with("  proxy http://127.0.0.1:9"), "{}", shown.out);

    env.run(&["daemon", "stop"]);
    resident.wait().expect("it ends");
    let gone = env.run(&["status", "--json"]);
    assert_eq!((gone.code, gone.out.as_str()), (Some(1), "{\"running\":false}\n"));
}

/// What is told where somebody answers on the socket who is no background process of ours.
fn told_by(reply: &'static [u8], arguments: &[&str]) -> (Option<i32>, serde_json::Value) {
    let env = TestEnv::new();
    let folder = env.socket().parent().unwrap().to_owned();
    fs::DirBuilder::new().mode(0o700).create(&folder).unwrap();
    let listener = UnixListener::bind(env.socket()).unwrap();
    let answers = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request);
        let _ = stream.write_all(reply);
    });
    let run = env.run(arguments);
    answers.join().unwrap();
    (run.code, serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("no JSON: {}{}", run.out, run.err)))
}

#[test]
fn programs_get_json_also_when_there_is_no_status() {
    let odd = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnone";
    let (code, told) = told_by(odd, &["status", "--json"]);
    assert_eq!((code, told), (Some(2), serde_json::json!({"running": true, "error": "unreadable reply of the resident"})));
    let (code, told) = told_by(b"HTTP/1.1 500 No\r\ncontent-length: 2\r\n\r\nno", &["status", "--json"]);
    assert_eq!((code, told), (Some(1), serde_json::json!({"running": true, "error": "HTTP 500: no"})));
    let (code, told) = told_by(odd, &["cache", "stats", "--json"]);
    assert_eq!((code, told), (Some(2), serde_json::json!({"error": "unreadable reply of the resident"})));
    let none = TestEnv::new().run(&["status", "--json"]);
    assert_eq!((none.code, none.out.as_str()), (Some(1), "{\"running\":false}\n"));
}

#[test]
fn a_resident_that_was_started_by_hand_leaves_keys_behind() {
    let env = TestEnv::new().set("OPENAI_API_KEY", "of-a-vendor-planted").set("MY_OWN_KEY", "of-mine-planted").set("OTHER", "stays");
    let server = FakeProvider::always(Reply::stream(&answer("echo ok")));
    env.with_provider("own", &server.base_url(), "key = { env = \"MY_OWN_KEY\" }");
    let mut resident = env.start_resident();
    let environment = fs::read(format!("/proc/{}/environ", resident.id())).unwrap();
    let environment = String::from_utf8_lossy(&environment).into_owned();
    assert!(environment.contains("OTHER=stays") && !environment.contains("planted"), "{environment}");
    assert_eq!(env.status().unwrap()["pid"], resident.id(), "it is the process that was started");
    // The shell that asks brings its key along.
    assert_eq!(ask(&env, 1), Some(0));
    assert_eq!(server.requests()[0].header("authorization"), Some("Bearer of-mine-planted"));
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn a_memory_that_is_damaged_is_told_to_programs_as_well() {
    let env = TestEnv::new();
    let mut resident = env.start_resident();
    assert_eq!(env.status().unwrap()["memory"], serde_json::json!({"lines": 0, "damaged": 0}));
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
    let memory = env.home().join(".local/state/gptos/memory.v1");
    fs::create_dir_all(memory.parent().unwrap()).unwrap();
    fs::write(&memory, "something else").unwrap();
    fs::set_permissions(&memory, fs::Permissions::from_mode(0o644)).unwrap();
    let mut resident = env.start_resident();
    let text = env.run(&["status"]).out;
    let told = env.status().unwrap();
    assert!(text.contains("memory cannot be used: ") && told["memory"]["error"].is_string(), "{text}{told}");
    env.configure("memory = \"off\"\n");
    assert!(env.status().unwrap()["memory"].is_null());
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn a_shell_without_the_key_says_nothing_of_a_provider_that_answers_others() {
    let server = FakeProvider::always(Reply::stream(&answer("echo ok")));
    let env = TestEnv::new().set("MY_OWN_KEY", "planted");
    env.with_provider("own", &server.base_url(), "key = { env = \"MY_OWN_KEY\" }");
    let mut resident = env.start_resident();
    let without = |number: usize| {
        let words = format!("frobnicate the quux {number}");
        let mut command = env.command(&["translate", "--shell", "bash", "--no-cache", "--", &words]);
        command.env_remove("MY_OWN_KEY");
        run(command, b"")
    };
    let state = || env.status().unwrap()["endpoints"][0]["state"].as_str().unwrap().to_owned();
    // Nobody has had it yet: that is worth telling.
    assert!(without(1).err.contains("MY_OWN_KEY: not set in this shell"));
    assert_eq!(state(), "quarantined");
    assert_eq!((ask(&env, 2), state().as_str()), (Some(0), "ready"));
    for number in 3..6 {
        let run = without(number);
        assert!(run.code == Some(1) && run.err.contains("MY_OWN_KEY: not set in this shell"), "{}", run.err);
        let status = env.status().unwrap();
        assert_eq!(
            (status["endpoints"][0]["state"].as_str(), status["health"]["providers"][0]["status"].as_str()),
            (Some("ready"), Some("ok"))
        );
        assert!(status["endpoints"][0]["last_error"].is_null(), "{status}");
    }
    assert_eq!(ask(&env, 7), Some(0));
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}
