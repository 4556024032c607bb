//! Whether the resident lives, is ready and is well, as a supervisor asks it.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::process::Stdio;
use std::time::Duration;

use crate::alerts::{free_port, get};
use crate::environment::{Resident, TestEnv, kill, provider_block, wait_until};
use crate::fake_provider::{FakeProvider, Reply};

/// The answer of the resident's socket, with its head.
fn ask(env: &TestEnv, path: &str) -> Option<String> {
    let mut stream = UnixStream::connect(env.socket()).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: gptos\r\nConnection: close\r\n\r\n").as_bytes()).ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok().map(|_| text)
}

fn is(answer: &str, status: u16, body: &str) -> bool {
    answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.ends_with(&format!("\r\n\r\n{body}"))
}

/// On a busy machine the first question to itself may be late; it is put again.
fn lives(env: &TestEnv) {
    wait_until("it lives", || ask(env, "/livez").is_some_and(|told| is(&told, 200, "ok\n")));
}

#[test]
fn a_supervisor_is_told_whether_it_lives_and_is_ready_and_only_the_user_the_rest() {
    let env = TestEnv::new();
    let port = free_port();
    env.configure(&format!("metrics_port = {port}\n"));
    let _resident = Resident(env.start_resident());
    lives(&env);
    wait_until("the port is open", || get(port, "127.0.0.1", "/livez").is_some());
    wait_until("it is ready", || ask(&env, "/readyz").is_some_and(|told| is(&told, 200, "ok\n")));
    for path in ["/livez", "/readyz"] {
        assert!(is(&get(port, "127.0.0.1", path).unwrap(), 200, "ok\n"), "{path}");
        assert!(get(port, "evil.example", path).unwrap().starts_with("HTTP/1.1 403"), "{path}");
    }
    for path in ["/healthz", "/healthz?verbose"] {
        assert!(get(port, "127.0.0.1", path).unwrap().starts_with("HTTP/1.1 404"), "{path}");
    }
    wait_until("the store is open", || ask(&env, "/healthz").is_some_and(|told| is(&told, 200, "{\"status\":\"ok\"}")));
    assert_eq!(env.run(&["translate", "--", "list files by size"]).code, Some(0));
    wait_until("the record is written", || {
        let told = ask(&env, "/healthz?verbose").unwrap();
        let health: serde_json::Value = serde_json::from_str(told.split_once("\r\n\r\n").unwrap().1).unwrap();
        assert_eq!((health["status"].as_str(), &health["reasons"]), (Some("ok"), &serde_json::json!([])), "{health}");
        assert_eq!((health["store"]["mode"].as_str(), health["redis"].is_null()), (Some("disk"), true), "{health}");
        assert_eq!((health["audit"]["mode"].as_str(), health["audit"]["level"].as_str()), (Some("local"), Some("chained")), "{health}");
        assert!(health["audit"]["unsealed"].is_u64() && health["versions"]["protocol"] == 1, "{health}");
        assert!(health["versions"]["build"].as_str().is_some_and(|build| !build.is_empty()), "{health}");
        let queues: Vec<_> = health["queues"].as_array().unwrap().iter().map(|queue| queue["name"].as_str().unwrap()).collect();
        assert!(["batch", "providers", "prefetch", "audit"].iter().all(|name| queues.contains(name)), "{queues:?}");
        health["audit"]["head"].as_u64().is_some()
    });
    let counts = env.status().unwrap()["counts"].to_string();
    assert!(
        !counts.contains("cancelled") && counts.matches("gptos_requests_total").count() <= 1,
        "its own questions are not counted: {counts}"
    );
    assert!(!env.run(&["audit", "show"]).out.contains("bigger than"), "nor recorded");
}

#[test]
fn a_mistake_in_the_configuration_makes_it_unready_and_not_dead() {
    let env = TestEnv::new();
    env.configure("deadline_ms = 5000\n");
    let _resident = Resident(env.start_resident());
    lives(&env);
    env.configure("deadline_ms = \"soon\"\n");
    wait_until("it is told", || ask(&env, "/readyz").is_some_and(|told| is(&told, 503, "the configuration has a mistake\n")));
    lives(&env);
    let told = ask(&env, "/healthz").unwrap();
    assert!(is(&told, 200, "{\"status\":\"degraded\"}"), "what held before answers: {told}");
    env.configure("deadline_ms = 5000\n");
    wait_until("it is ready again", || ask(&env, "/readyz").is_some_and(|told| is(&told, 200, "ok\n")));
}

#[test]
fn an_audit_trail_that_was_changed_is_told_of() {
    let env = TestEnv::new();
    let first = Resident(env.start_resident());
    assert_eq!(env.run(&["translate", "--", "list files by size"]).code, Some(0));
    env.run(&["daemon", "stop"]);
    drop(first);
    let folder = env.home().join(".local/state/gptos/audit");
    let segment = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).find(|path| fs::metadata(path).unwrap().len() > 200);
    let segment = segment.expect("something was recorded");
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let _resident = Resident(env.start_resident());
    wait_until("it has looked", || {
        let health = &env.status().unwrap()["health"];
        health["status"] == "degraded" && health["reasons"].to_string().contains("the audit trail was changed")
    });
    let shown = env.run(&["status"]).out;
    assert!(shown.contains("health degraded: ") && shown.contains("the audit trail was changed"), "{shown}");
}

#[test]
fn who_is_asked_to_end_is_not_ready_while_it_finishes() {
    let provider = FakeProvider::always(Reply::nothing());
    let env = TestEnv::new();
    let port = free_port();
    env.configure(&format!("metrics_port = {port}\n{}", provider_block("slow", &provider.base_url(), "")));
    let resident = Resident(env.start_resident());
    wait_until("it is ready", || get(port, "127.0.0.1", "/readyz").is_some_and(|told| is(&told, 200, "ok\n")));
    let mut asking = env.command(&["translate", "--", "frobnicate the quux"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until("the provider is asked", || provider.count() >= 1);
    kill(resident.pid(), "TERM");
    // The question under way keeps the process for a while, and so long it says that nobody else should come.
    wait_until("it is not ready", || get(port, "127.0.0.1", "/readyz").is_some_and(|told| is(&told, 503, "draining\n")));
    assert!(get(port, "127.0.0.1", "/livez").is_none_or(|told| is(&told, 200, "ok\n")), "it is alive all the same");
    wait_until("the socket is gone", || !env.socket().exists());
    asking.kill().unwrap();
    asking.wait().unwrap();
}

#[test]
fn who_is_asked_to_end_by_a_signal_says_so_before_its_socket_is_gone() {
    let env = TestEnv::new();
    let resident = Resident(env.start_resident());
    wait_until("it is ready", || ask(&env, "/readyz").is_some_and(|told| is(&told, 200, "ok\n")));
    kill(resident.pid(), "TERM");
    let mut said = Vec::new();
    // Nothing is under way, and it goes as soon as it has said so.
    wait_until("the socket is gone", || {
        while let Some(told) = ask(&env, "/readyz") {
            said.push(told);
        }
        !env.socket().exists()
    });
    // One may have been on its way already; the next ones come after it.
    let unready = said.iter().filter(|told| is(told, 503, "draining\n")).count();
    assert!(unready >= 3, "{said:?}");
    wait_until("it has ended", || !crate::environment::is_alive(resident.pid()));
}

#[test]
fn a_port_that_somebody_else_has_is_told_of_in_the_health_and_the_log() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let env = TestEnv::new();
    env.configure(&format!("metrics_port = {port}\n"));
    let _resident = Resident(env.start_resident());
    let reasons = || env.status().unwrap()["health"]["reasons"].to_string();
    wait_until("it is told", || reasons().contains(&format!("the numbers are not served at 127.0.0.1:{port}: ")));
    wait_until("the log has it", || env.run(&["log", "tail"]).out.contains("numbers_failed"));
    let found = env.run(&["doctor"]).out;
    assert!(found.contains("gptos config set metrics_port"), "{found}");
    drop(taken);
    wait_until("it is served", || get(port, "127.0.0.1", "/livez").is_some());
    assert!(!reasons().contains("numbers"), "{}", reasons());
}
