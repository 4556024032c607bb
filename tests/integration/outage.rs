//! Failing providers and many shells at once, through the binary.

use std::time::{Duration, Instant};

use gptos::protocol::{Mode, Record, SuggestRequest, WireAim, WireShell, request_bytes};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::environment::{Resident, TestEnv, commands, provider_block, wait_until};
use crate::fake_provider::{FakeProvider, Reply, Script, answer};

const QUERIES: usize = 200;

fn half_failing(seed: u32) -> FakeProvider {
    FakeProvider::start(Script::Echo { delay: Duration::from_millis(5), failures: 50, seed })
}

fn well(delay: Duration) -> FakeProvider {
    FakeProvider::start(Script::Echo { delay, failures: 0, seed: 1 })
}

/// Translates many queries in one batch; returns how many came out right and the longest time without a result.
fn batch(env: &TestEnv) -> usize {
    let input: String = (0..QUERIES).map(|id| format!("{{\"id\":{id},\"query\":\"frobnicate the quux word-{id}\"}}\n")).collect();
    let run = env.run_with_input(&["batch", "translate", "--no-cache", "--shell", "bash"], input.as_bytes());
    assert_eq!(run.code, Some(0), "{}", run.err);
    let lines: Vec<serde_json::Value> = run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), QUERIES);
    let right = |(id, line): &(usize, &serde_json::Value)| line["id"] == *id && line["command"] == format!("echo word-{id}");
    lines.iter().enumerate().filter(right).count()
}

#[test]
fn with_a_second_provider_a_failing_one_costs_no_answer() {
    let (failing, second) = (half_failing(7), well(Duration::from_millis(5)));
    let env = TestEnv::new();
    env.configure(&format!("{}\n{}", provider_block("failing", &failing.base_url(), ""), provider_block("second", &second.base_url(), "")));
    let _resident = Resident(env.start_resident());
    assert_eq!(batch(&env), QUERIES);
    assert!(failing.count() > 0 && second.count() > 0);
}

#[test]
fn alone_a_provider_that_fails_every_other_time_still_answers_nearly_all() {
    let failing = half_failing(11);
    let env = TestEnv::new();
    env.configure(&provider_block("failing", &failing.base_url(), ""));
    let _resident = Resident(env.start_resident());
    let right = batch(&env);
    assert!(right >= QUERIES * 95 / 100, "{right} of {QUERIES}");
}

/// Asks the resident over its socket as a client does; the command of the answer.
async fn ask(socket: &std::path::Path, id: usize) -> Option<String> {
    let shell = WireShell {
        name: "bash".into(),
        version: String::new(),
        cwd: "/".into(),
        home: None,
        path: "/usr/bin:/bin".into(),
        locale: String::new(),
        proxies: Vec::new(),
        keys: Vec::new(),
        own_commands: String::new(),
        comments: None,
    };
    let request = SuggestRequest {
        query: format!("frobnicate the quux word-{id}"),
        mode: Mode::Normal,
        want: 1,
        others: false,
        no_cache: false,
        patient: false,
        session: Some(id as u64),
        config_file: None,
        deadline_ms: None,
        aim: WireAim::default(),
        rules: None,
        shell,
    };
    let body = serde_json::to_vec(&request).unwrap();
    let mut stream = tokio::net::UnixStream::connect(socket).await.ok()?;
    stream.write_all(&request_bytes("POST", "/v1/suggest", &[], &body)).await.ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await.ok()?;
    let last = text.lines().rfind(|line| line.starts_with("{\"record\":\"answer\""))?;
    let Ok(Record::Answer(answer)) = serde_json::from_str(last) else { return None };
    answer.candidates.first().map(|candidate| candidate.command.clone())
}

async fn ask_all(env: &TestEnv, count: usize) -> Vec<(usize, Option<String>, Duration)> {
    let tasks: Vec<_> = (0..count)
        .map(|id| {
            let socket = env.socket();
            let begun = Instant::now();
            tokio::spawn(async move { (id, ask(&socket, id).await, begun.elapsed()) })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

fn with_limits(provider: &FakeProvider, limits: &str) -> TestEnv {
    let env = TestEnv::new();
    env.configure(&format!("[limits]\n{limits}\n{}", provider_block("own", &provider.base_url(), "")));
    env
}

#[tokio::test]
async fn a_thousand_questions_at_once_are_answered_each_with_its_own_answer() {
    let provider = well(Duration::from_millis(300));
    let env = with_limits(&provider, "user_per_minute = 0\nsession_per_minute = 0\nin_flight = 2000\ncalls_per_provider = 256");
    let _resident = Resident(env.start_resident());
    let answers = ask_all(&env, 1000).await;
    let wrong: Vec<_> = answers.iter().filter(|(id, command, _)| command.as_deref() != Some(&format!("echo word-{id}"))).collect();
    let taken: Vec<_> = wrong.iter().filter(|(_, command, _)| command.is_some()).collect();
    assert!(taken.is_empty(), "somebody else's answer: {taken:?}");
    // 256 calls at a time and as many that wait a quarter of a second: the rest is told so and gets nothing.
    let answered = answers.len() - wrong.len();
    let status = env.status().unwrap();
    let rss = status["rss_bytes"].as_u64().unwrap();
    assert!(rss <= 128 << 20, "{rss} bytes");
    assert_eq!(answered, 1000);
}

#[tokio::test]
async fn by_default_what_is_too_much_is_refused_at_once() {
    let provider = well(Duration::from_millis(300));
    let env = with_limits(&provider, "");
    let _resident = Resident(env.start_resident());
    let answers = ask_all(&env, 200).await;
    let answered = answers.iter().filter(|(_, command, _)| command.is_some()).count();
    assert!((4..=30).contains(&answered), "{answered}");
    assert!(provider.count() <= 25, "the user's limit: {}", provider.count());
    let slowest = answers.iter().map(|(_, _, took)| *took).max().unwrap();
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
}

#[test]
fn n29_a_rejected_key_is_not_sent_again_until_it_is_another_one() {
    let provider = FakeProvider::always(Reply::status("401 Unauthorized", "", "{}"));
    let env = TestEnv::new();
    let key = env.home().join("key");
    let write = |text: &str| {
        std::fs::write(&key, text).unwrap();
        std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    };
    write("sk-old-key-0001");
    env.with_provider("own", &provider.base_url(), &format!("key = {{ file = \"{}\" }}", key.display()));
    let _resident = Resident(env.start_resident());
    let ask = |words: &str| env.run(&["translate", "--shell", "bash", "--", words]);
    for number in 0..4 {
        let run = ask(&format!("frobnicate quux {number}"));
        assert_eq!(run.code, Some(1));
        assert!(run.err.contains("own: "), "{}", run.err);
    }
    assert_eq!(provider.count(), 1, "one call told that the key is wrong: {}", env.status().unwrap()["counts"]);
    provider.set(Script::Always(Reply::stream(&answer("echo well"))));
    assert_eq!(ask("frobnicate the quux").code, Some(1), "the key is the same");
    write("sk-new-key-00002");
    assert_eq!(ask("frobnicate the quux").out, "echo well\n");
}

#[test]
fn what_happens_is_counted() {
    let (failing, second) = (FakeProvider::always(Reply::status("503 Service Unavailable", "", "")), well(Duration::from_millis(5)));
    let env = TestEnv::new();
    env.configure(&format!("{}\n{}", provider_block("failing", &failing.base_url(), ""), provider_block("second", &second.base_url(), "")));
    let _resident = Resident(env.start_resident());
    for number in 0..4 {
        env.run(&["translate", "--shell", "bash", "--", &format!("frobnicate the quux word-{number}")]);
    }
    let status = env.status().unwrap();
    for (series, least) in [
        ("gptos_provider_attempts_total{provider=\"failing\",result=\"http_5xx\"}", 3),
        ("gptos_provider_attempts_total{provider=\"second\",result=\"ok\"}", 4),
        ("gptos_retries_total{result=\"scheduled\"}", 1),
        ("gptos_fallbacks_total{from=\"failing\",to=\"second\",reason=\"http_5xx\"}", 1),
        ("gptos_breaker_transitions_total{provider=\"failing\",to=\"open\",reason=\"consecutive\"}", 1),
        ("gptos_rejections_total{reason=\"breaker\"}", 1),
        ("gptos_singleflight_total{role=\"leader\"}", 4),
    ] {
        let count = status["counts"][series].as_u64().unwrap_or(0);
        assert!(count >= least, "{series}: {count}; {}", status["counts"]);
    }
}

#[test]
fn a_connection_is_opened_for_words_that_are_being_typed() {
    let provider = well(Duration::from_millis(5));
    let env = TestEnv::new();
    env.configure(&provider_block("own", &provider.base_url(), ""));
    let _resident = Resident(env.start_resident());
    for _ in 0..3 {
        let run = env.run(&["warm", "zsh"]);
        assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (Some(0), "", ""));
    }
    wait_until("a connection", || provider.connections() > 0);
    assert_eq!(provider.connections(), 1, "one, however often it is asked for");
    std::fs::write(env.work().join(".gptos.toml"), "providers = \"off\"\n").unwrap();
    assert_eq!(env.run(&["warm", "zsh"]).code, Some(0));
}

#[test]
fn words_that_are_being_typed_are_asked_ahead_where_the_configuration_says_so() {
    let provider = well(Duration::from_millis(5));
    let env = TestEnv::new();
    let configure = |prefetch: bool| {
        env.configure(&format!(
            "[shell]\nprefetch = {prefetch}\n{}",
            provider_block("own", &provider.base_url(), "key = { env = \"MY_KEY\" }")
        ));
    };
    configure(false);
    let _resident = Resident(env.start_resident());
    let type_words = |words: &str| {
        let mut command = env.command(&["prefetch", "zsh", "--shell-version", "5.9"]);
        command.env("MY_KEY", "key-of-the-shell");
        let run = crate::environment::run(command, words.as_bytes());
        assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (Some(0), "", ""));
    };
    let words = "frobnicate the quux word-1\0\0";
    type_words(words);
    configure(true);
    type_words(" frobnicate the quux word-1\0\0");
    for project in ["providers = \"off\"\n", "cache = \"off\"\n"] {
        std::fs::write(env.work().join(".gptos.toml"), project).unwrap();
        type_words(words);
    }
    std::fs::remove_file(env.work().join(".gptos.toml")).unwrap();
    // What is kept while the store opens is not counted by it.
    wait_until("the store is open", || env.run(&["cache", "stats"]).out.contains("kept in disk"));
    type_words("frobnicate the quux word-2\0\0");
    wait_until("the answer is kept", || env.run(&["cache", "stats"]).out.starts_with("1 entries"));
    let shown = commands(&env.run_with_input(&["widget", "zsh"], b"frobnicate the quux word-2").out);
    assert_eq!((shown[0].0.as_str(), shown[0].1.starts_with("cache, own")), ("echo word-2", true), "{shown:?}");
    let asked = provider.requests();
    assert_eq!(asked.len(), 1, "only the last words: {:?}", asked.iter().map(|request| &request.body).collect::<Vec<_>>());
    assert_eq!(asked[0].header("authorization"), Some("Bearer key-of-the-shell"));
}
