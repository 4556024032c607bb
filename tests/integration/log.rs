//! The log of a real resident: what is in it, what never is, how much of it is wanted, and a disk that takes none of it.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;

use crate::environment::{Resident, TestEnv, kill, provider_block, wait_until};
use crate::fake_provider::{FakeProvider, Reply, Script, answer};

const KNOWN: &str = "find files bigger than 100 MB changed this week";
const PLANTED: &str = "frobnicate the zyzzyva";

fn file(env: &TestEnv) -> PathBuf {
    env.home().join(".local/state/gptos/log/gptos.jsonl")
}

fn lines(env: &TestEnv) -> Vec<Value> {
    let text = fs::read_to_string(file(env)).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

fn of<'a>(lines: &'a [Value], event: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["event"] == event).collect()
}

fn ask(env: &TestEnv, words: &str) -> Option<i32> {
    env.run(&["translate", "--shell", "bash", "--no-cache", "--", words]).code
}

/// Asks until the resident, and not a client of its own, has answered.
fn ask_until_logged(env: &TestEnv, words: &str) {
    let before = of(&lines(env), "request_ended").len();
    wait_until("the resident has answered", || {
        ask(env, words);
        of(&lines(env), "request_ended").len() > before
    });
}

#[test]
fn a_question_leaves_lines_with_its_number_and_no_words() {
    let failing = FakeProvider::always(Reply::status("503 Service Unavailable", "x-request-id: req_011CSHoEeqs5C35K2UUqR7Fy\r\n", ""));
    let second = FakeProvider::always(Reply::stream(&answer("echo well")));
    let env = TestEnv::new();
    env.configure(&format!("{}\n{}", provider_block("failing", &failing.base_url(), ""), provider_block("second", &second.base_url(), "")));
    let _resident = Resident(env.start_resident());
    ask_until_logged(&env, PLANTED);
    let lines = lines(&env);
    assert_eq!(of(&lines, "resident_started").len(), 1);
    let ended = of(&lines, "request_ended")[0];
    let id = ended["request_id"].as_str().unwrap();
    assert!(id.len() == 36 && &id[14..15] == "7" && "89ab".contains(&id[19..20]), "{id}");
    assert_eq!(
        (ended["source"].as_str(), ended["outcome"].as_str(), ended["level"].as_str()),
        (Some("local_model"), Some("ok"), Some("info"))
    );
    let attempts: Vec<_> = of(&lines, "attempt_ended").into_iter().filter(|line| line["request_id"] == id).collect();
    let told: Vec<_> = attempts
        .iter()
        .map(|line| (line["provider"].as_str().unwrap(), line["kind"].as_str().unwrap(), line["attempt"].as_u64().unwrap()))
        .collect();
    assert_eq!(told, [("failing", "first", 1), ("failing", "retry", 2), ("second", "fallback", 3)]);
    assert_eq!((&attempts[0]["error_type"], &attempts[2]["error_type"]), (&Value::from("http_5xx"), &Value::Null), "{}", attempts[0]);
    let statuses: Vec<_> = attempts.iter().map(|line| (line["status"].as_u64(), line["provider_request_id"].as_str())).collect();
    let refused = (Some(503), Some("req_011CSHoEeqs5C35K2UUqR7Fy"));
    assert_eq!(statuses, [refused, refused, (Some(200), None)]);
    for line in &lines {
        for field in ["ts", "level", "msg", "event", "version"] {
            assert!(line[field].is_string(), "{field}: {line}");
        }
        assert!(line.get("query").is_none() && line.get("command").is_none() && line.get("detail").is_none(), "{line}");
    }
    let text = fs::read_to_string(file(&env)).unwrap();
    assert!(!text.contains("zyzzyva") && !text.contains("echo well"), "{text}");
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file(&env)), mode(file(&env).parent().unwrap())), (0o600, 0o700));
}

#[test]
fn a_question_that_takes_a_key_of_the_shell_begins_once() {
    let server = FakeProvider::always(Reply::stream(&answer("echo well")));
    let env = TestEnv::new().set("OWN_KEY", "sk-0123");
    env.configure(&format!("log.level = \"debug\"\n{}", provider_block("own", &server.base_url(), "key = { env = \"OWN_KEY\" }")));
    let _resident = Resident(env.start_resident());
    ask_until_logged(&env, PLANTED);
    // A line is written a moment after what it tells of.
    wait_until("each question began once and has ended", || {
        let lines = lines(&env);
        let ids = |event: &str| of(&lines, event).iter().map(|line| line["request_id"].clone()).collect::<Vec<_>>();
        ids("request_began") == ids("request_ended")
    });
    assert_eq!(server.requests()[0].header("authorization"), Some("Bearer sk-0123"));
}

#[test]
fn levels_are_asked_and_changed_while_it_runs() {
    let env = TestEnv::new();
    env.configure("log.level = \"warn\"\n");
    let said = |arguments: &[&str]| {
        let run = env.run(&[&["log", "level"], arguments].concat());
        (run.code, run.out.lines().collect::<Vec<_>>().join(" "))
    };
    assert_eq!(said(&[]), (Some(0), "warn".to_owned()), "what the next one begins with");
    assert_eq!(said(&["debug"]).0, Some(1), "there is nobody to change");
    let _resident = Resident(env.start_resident());
    assert_eq!(said(&[]), (Some(0), "warn".to_owned()));
    assert_eq!(said(&["suggest=debug", "cache=off"]), (Some(0), "warn cache=off suggest=debug".to_owned()));
    assert_eq!(said(&["suggest::engine=trace"]), (Some(0), "warn cache=off suggest=debug suggest::engine=trace".to_owned()));
    ask_until_logged(&env, "list files by zyzzyva");
    assert!(fs::read_to_string(file(&env)).unwrap().contains("list files by zyzzyva"), "words are told at this level");
    assert_eq!(said(&["--reset"]), (Some(0), "warn".to_owned()));
    env.configure("log.level = \"error,suggest=info\"\n");
    wait_until("the resident has taken up the change", || said(&[]).1 == "error suggest=info");
    for (words, hint) in [
        ("loud", "no level"),
        ("sugest=info", "writes no log"),
        ("hyper=trace", "writes no log"),
        ("suggest::nothing=debug", "writes no log"),
    ] {
        let run = env.run(&["log", "level", words]);
        assert_eq!(run.code, Some(64), "{words}");
        assert!(run.err.contains(hint), "{}", run.err);
    }
    assert_eq!(said(&[]).1, "error suggest=info");
}

#[test]
fn what_the_administrator_locks_stays_and_a_log_that_takes_nothing_is_told_of() {
    let env = TestEnv::new();
    let admin = env.home().join("admin.toml");
    fs::write(&admin, "log.level = \"warn\"\nlocked = [\"log.level\"]\n").unwrap();
    fs::set_permissions(&admin, fs::Permissions::from_mode(0o600)).unwrap();
    let env = env.set("GPTOS_TEST_ADMIN_CONFIG", admin.to_str().unwrap());
    let _resident = Resident(env.start_resident());
    let refused = env.run(&["log", "level", "debug"]);
    assert!(refused.code == Some(2) && refused.err.contains("`log.level` is locked at"), "{:?} {}", refused.code, refused.err);
    assert_eq!(env.run(&["log", "level"]).out, "warn\n");
    assert_eq!(env.run(&["log", "level", "--reset"]).code, Some(0));

    let env = TestEnv::new();
    let folder = env.home().join(".local/state/gptos/log");
    fs::create_dir_all(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    let _resident = Resident(env.start_resident());
    wait_until("it is told", || env.run(&["log", "level"]).err.contains("the log cannot be written"));
    let tail = env.run(&["log", "tail"]);
    assert!(tail.code == Some(1) && tail.err.contains("the log cannot be written"), "{}", tail.err);
    assert!(env.run(&["status"]).out.contains("the log cannot be written"));
}

#[test]
fn a_planted_secret_is_in_no_line_at_any_level() {
    // Spelled in parts, so that no scanner takes this file for a leak.
    let token = ["gh", "p_Ab3dEf6hIj9lMn2pQr5tUv8xYz1BcD4fGh7j"].concat();
    let key = ["sk-", "proj-Zz9yXx8wVv7uTt6sRr5qPp4oNn3mLl2kJj1i"].concat();
    let password = "Hunter^22+planted";
    let server = FakeProvider::always(Reply::stream(&answer("printf done")));
    let env = TestEnv::new();
    fs::write(env.home().join("key"), &key).unwrap();
    fs::set_permissions(env.home().join("key"), fs::Permissions::from_mode(0o600)).unwrap();
    env.configure(&format!("log.level = \"trace\"\n{}", provider_block("fake", &server.base_url(), "key = { file = \"~/key\" }")));
    let _resident = Resident(env.start_resident());
    let query = format!("{PLANTED} with {token} and password {password}");
    ask_until_logged(&env, &query);
    for said in [token.as_str(), &key, &format!("wrong password: {password}")] {
        let body =
            serde_json::json!({ "error": { "message": format!("no such key {said}"), "type": "invalid_request_error" } }).to_string();
        server.set(Script::Always(Reply::status("400 Bad Request", "content-type: application/json\r\n", &body)));
        ask_until_logged(&env, &format!("{query} again"));
        server.set(Script::Always(Reply::stream(&answer(&format!(
            "curl -u 'me:{password}' -H 'authorization: bearer {token}' https://x.example\nls"
        )))));
        ask_until_logged(&env, &format!("{query} once more"));
    }
    let ran = format!("{query}\0curl -u 'me:{password}' -H 'authorization: bearer {token}' https://x.example");
    assert_eq!(env.run_with_input(&["ran", "bash", "0"], ran.as_bytes()).code, Some(0));
    // Words behind a blank are nobody's business.
    ask_until_logged(&env, " frobnicate the unmentionable");
    env.run(&["daemon", "stop"]);
    let mut read = 0;
    for entry in fs::read_dir(file(&env).parent().unwrap()).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        read += text.len();
        for secret in [token.as_str(), &key, password, "unmentionable"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
        assert!(text.contains("zyzzyva"), "at this level words are told");
    }
    assert!(read > 1000);
}

#[test]
fn tail_prints_follows_and_survives_a_change_of_names() {
    let env = TestEnv::new();
    assert_eq!(env.run(&["log", "tail"]).code, Some(1));
    assert_eq!(env.run(&["log", "path"]).out.trim_end(), file(&env).display().to_string());
    let _resident = Resident(env.start_resident());
    ask_until_logged(&env, KNOWN);
    // The line of a question may come behind its answer.
    wait_until("the lines that are there are printed", || {
        let all = env.run(&["log", "tail", "-n", "1000"]).out;
        let last = env.run(&["log", "tail", "-n", "1", "--json"]).out;
        all == fs::read_to_string(file(&env)).unwrap() && all.lines().last() == Some(last.trim_end())
    });
    let mut command = env.command(&["log", "tail", "-f", "-n", "0"]);
    let mut follower = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut out = follower.stdout.take().unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    let reading = std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = out.read(&mut bytes) {
            let _ = sender.send(String::from_utf8_lossy(&bytes[..count]).into_owned());
        }
    });
    let mut seen = String::new();
    let mut see = |what: &str, env: &TestEnv| {
        wait_until(what, || {
            ask(env, KNOWN);
            seen.extend(receiver.try_iter());
            seen.contains("request_ended")
        });
        seen.clear();
    };
    see("a line has been followed", &env);
    fs::rename(file(&env), file(&env).with_extension("1.jsonl")).unwrap();
    see("a line of the next file has been followed", &env);
    assert!(file(&env).exists());
    kill(i32::try_from(follower.id()).unwrap(), "TERM");
    follower.wait().unwrap();
    reading.join().unwrap();
}

#[test]
fn f07_a_disk_that_is_full_costs_lines_and_no_answer() {
    let env = TestEnv::new();
    let path = file(&env).display().to_string();
    let strace = ["strace", "-f", "-qqq", "-o", "/dev/null", "-P", &path, "-e", "trace=write", "-e", "inject=write:error=ENOSPC"];
    let _resident = Resident(env.start(env.wrapped(&strace, &["daemon", "run"])));
    let dropped = |env: &TestEnv| {
        let page = env.run(&["metrics"]).out;
        let line = page.lines().find(|line| line.starts_with("gptos_telemetry_dropped_total{reason=\"log_write\"}"));
        line.and_then(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).unwrap_or_default()
    };
    wait_until("lines were lost and counted", || {
        let run = env.run(&["translate", "--shell", "bash", "--", KNOWN]);
        assert_eq!(run.code, Some(0), "{}", run.err);
        assert!(run.out.contains("find"), "{}", run.out);
        dropped(&env) > 1
    });
    assert_eq!(fs::read_to_string(file(&env)).unwrap_or_default(), "");
}
