//! The resident process: started once, never in the way, gone when it should be.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::environment::{TestEnv, is_alive, kill, provider_block, records, run, wait_until};
use crate::fake_provider::{FakeProvider, Reply, Script, answer};

const KNOWN: &str = "find files bigger than 100 MB changed this week";

pub fn residents_of(env: &TestEnv) -> Vec<i32> {
    let home = format!("HOME={}", env.home().display());
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| {
            let file = |name: &str| fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
            let arguments = String::from_utf8_lossy(&file("cmdline")).replace('\0', " ");
            let environment = String::from_utf8_lossy(&file("environ")).into_owned();
            arguments.contains("daemon run") && environment.split('\0').any(|variable| variable == home) && is_alive(*pid)
        })
        .collect()
}

#[test]
fn fifty_shells_at_once_start_exactly_one_resident() {
    let env = TestEnv::new();
    let children: Vec<_> = (0..50)
        .map(|_| {
            let mut command = env.command(&["translate", "--shell", "bash", "--", KNOWN]);
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        assert!(String::from_utf8_lossy(&output.stdout).starts_with("find "));
    }
    wait_until("one resident is left", || residents_of(&env).len() == 1 && env.status().is_some());
    let environment = fs::read(format!("/proc/{}/environ", residents_of(&env)[0])).unwrap();
    assert!(!String::from_utf8_lossy(&environment).contains("PATH="), "the resident inherits nothing it does not need");
}

#[test]
fn stop_leaves_neither_socket_nor_lock_and_is_content_when_none_runs() {
    let env = TestEnv::new();
    assert_eq!(env.run(&["daemon", "stop"]).code, Some(0));
    let mut resident = env.start_resident();
    let stopped = env.run(&["daemon", "stop"]);
    assert_eq!(stopped.code, Some(0), "{}", stopped.err);
    assert!(stopped.took < Duration::from_secs(8));
    assert!(!env.socket().exists());
    assert!(resident.wait().unwrap().success());
    let mut next = env.start_resident();
    env.run(&["daemon", "stop"]);
    next.wait().unwrap();
}

#[test]
fn a_stopped_resident_costs_little_and_can_be_ended() {
    let env = TestEnv::new();
    let mut resident = env.start_resident();
    let pid = i32::try_from(resident.id()).unwrap();
    kill(pid, "STOP");
    let answer = env.run(&["translate", "--shell", "bash", "--", KNOWN]);
    assert_eq!(answer.code, Some(0));
    assert!(answer.out.starts_with("find "));
    let stopped = env.run(&["daemon", "stop"]);
    assert_eq!(stopped.code, Some(0), "{}", stopped.err);
    assert!(stopped.took < Duration::from_secs(9), "{:?}", stopped.took);
    resident.wait().unwrap();
    assert!(!env.socket().exists());
}

#[test]
fn a_resident_frozen_in_mid_request_loses_nothing() {
    let provider = FakeProvider::always(Reply::stream(&answer("echo from-the-provider")).after(Duration::from_millis(700)));
    let env = TestEnv::new();
    env.with_provider("slow", &provider.base_url(), "");
    let mut resident = env.start_resident();
    let pid = i32::try_from(resident.id()).unwrap();
    let child = env
        .command(&["translate", "--shell", "bash", "--", "frobnicate the quux"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    wait_until("the provider is asked", || provider.count() == 1);
    kill(pid, "STOP");
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "echo from-the-provider");
    kill(pid, "KILL");
    resident.wait().unwrap();
}

#[test]
fn killing_the_resident_under_load_never_costs_an_answer() {
    let rounds: usize = std::env::var("GPTOS_TEST_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(12);
    let env = TestEnv::new();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let mut answered = 0;
                    while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                        let run = env.run(&["translate", "--shell", "bash", "--", KNOWN]);
                        assert_eq!(run.code, Some(0), "{}", run.err);
                        assert!(run.out.starts_with("find ") && run.out.contains("+100M"), "wrong answer: {}", run.out);
                        assert!(run.took < Duration::from_secs(8), "hung for {:?}", run.took);
                        answered += 1;
                    }
                    answered
                })
            })
            .collect();
        for _ in 0..rounds {
            wait_until("a resident runs", || !residents_of(&env).is_empty());
            for pid in residents_of(&env) {
                kill(pid, "KILL");
            }
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        let answered: usize = clients.into_iter().map(|client| client.join().unwrap()).sum();
        assert!(answered >= rounds, "the clients were not busy: {answered} answers");
    });
}

#[test]
fn a_stale_socket_and_a_foreign_one_are_no_obstacle() {
    let env = TestEnv::new();
    fs::create_dir(env.socket().parent().unwrap()).unwrap();
    fs::set_permissions(env.socket().parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
    drop(UnixListener::bind(env.socket()).unwrap());
    let answer = env.run(&["translate", "--shell", "bash", "--", KNOWN]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    wait_until("a resident took the stale socket's place", || env.status().is_some());
}

#[test]
fn nothing_is_sent_to_a_socket_of_another_user() {
    let env = TestEnv::new();
    let directory = env.socket().parent().unwrap().to_owned();
    fs::create_dir(&directory).unwrap();
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).unwrap();
    let received = env.work().join("received");
    // The listener must be the other user's process: the peer's uid is that of whoever called listen.
    let script = "import os, socket, sys\ns = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); os.setuid(65534); s.listen(8)\nprint('ready', flush=True)\nwhile True:\n c, _ = s.accept(); d = c.recv(65536); print(len(d), flush=True); c.close()\n";
    let Ok(mut foreign) =
        Command::new("python3").args(["-c", script]).arg(env.socket()).stdout(fs::File::create(&received).unwrap()).spawn()
    else {
        panic!("python3 is needed to listen as another user");
    };
    wait_until("the foreign listener is ready", || fs::read_to_string(&received).is_ok_and(|text| text.contains("ready")));
    let answer = env.run(&["translate", "--shell", "bash", "--", KNOWN]);
    foreign.kill().unwrap();
    foreign.wait().unwrap();
    assert_eq!(answer.code, Some(0));
    assert!(answer.out.starts_with("find "));
    assert!(answer.err.contains("belongs to another user"), "{}", answer.err);
    let text = fs::read_to_string(&received).unwrap();
    assert!(text.lines().skip(1).all(|line| line == "0"), "bytes were sent: {text}");
}

#[test]
fn a_resident_whose_socket_vanished_or_was_replaced_goes() {
    for replace in [false, true] {
        let env = TestEnv::new();
        let mut resident = env.start_resident();
        fs::remove_file(env.socket()).unwrap();
        let replacement = replace.then(|| UnixListener::bind(env.socket()).unwrap());
        let begun = Instant::now();
        wait_until("the resident has gone", || resident.try_wait().unwrap().is_some());
        assert!(begun.elapsed() < Duration::from_secs(5));
        assert_eq!(replacement.is_some(), env.socket().exists(), "the socket of somebody else stays");
    }
}

#[test]
fn a_resident_whose_directory_vanished_goes() {
    let env = TestEnv::new();
    let mut resident = env.start_resident();
    fs::remove_dir_all(env.socket().parent().unwrap()).unwrap();
    let begun = Instant::now();
    wait_until("the resident has gone", || resident.try_wait().unwrap().is_some());
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_newer_binary_makes_an_older_resident_go() {
    let env = TestEnv::new();
    let older = env.work().join("gptos-older");
    crate::environment::copy_program(crate::environment::binary(), &older);
    // An hour younger than the copy that serves, whatever the two files' real times are.
    fs::File::options()
        .write(true)
        .open(&older)
        .unwrap()
        .set_modified(std::time::SystemTime::now() - Duration::from_secs(360_000))
        .unwrap();
    let mut command = Command::new(&older);
    command.args(["daemon", "run"]).env_clear().env("HOME", env.home()).env("XDG_RUNTIME_DIR", env.home().parent().unwrap().join("run"));
    let mut resident = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until("the older resident answers", || env.status().is_some());
    let answer = env.run(&["translate", "--shell", "bash", "--", KNOWN]);
    assert!(answer.out.starts_with("find "));
    wait_until("the older resident has gone", || resident.try_wait().unwrap().is_some());
}

#[test]
fn two_shells_get_their_own_answers_from_one_resident() {
    let provider = FakeProvider::always(Reply::stream("mytool --go"));
    let env = TestEnv::new();
    env.with_provider("own", &provider.base_url(), "key = { env = \"MY_KEY\" }");
    let mut resident = env.start_resident();
    let tools = env.work().join("tools");
    fs::create_dir(&tools).unwrap();
    fs::write(tools.join("mytool"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(tools.join("mytool"), fs::Permissions::from_mode(0o755)).unwrap();
    let ask = |path: &str, key: &str, query: &str| {
        let mut command = env.command(&["translate", "--shell", "bash", "--no-cache", "--", query]);
        command.env("PATH", path).env("MY_KEY", key);
        run(command, b"")
    };
    // A bare line is a command only where its first word is one: the same answer counts in one shell and not in the other.
    let with_tool = ask(&format!("{}:/usr/bin:/bin", tools.display()), "key-of-shell-one", "frobnicate the quux");
    let without = ask("/usr/bin:/bin", "key-of-shell-two", "frobnicate the quux");
    assert_eq!(with_tool.out.trim(), "mytool --go", "{}", with_tool.err);
    assert_eq!(without.code, Some(1), "{}", without.out);
    let seen: Vec<String> =
        provider.requests().iter().map(|request| request.header("authorization").unwrap_or_default().to_owned()).collect();
    assert_eq!(seen, ["Bearer key-of-shell-one", "Bearer key-of-shell-two"]);
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn answers_that_mean_here_are_kept_for_their_directory() {
    let provider = FakeProvider::always(Reply::stream(&answer("echo first")));
    let env = TestEnv::new();
    env.with_provider("own", &provider.base_url(), "");
    let mut resident = env.start_resident();
    // A busy machine may make the client answer for itself, without this cache: so each step waits for a cached answer.
    let cached = |directory: &std::path::Path| {
        let mut found = serde_json::Value::Null;
        wait_until("an answer from the cache", || {
            let mut command = env.command(&["translate", "--shell", "bash", "--json", "--", "frobnicate the quux in this folder"]);
            command.current_dir(directory);
            found = serde_json::from_str(&run(command, b"").out).unwrap();
            found["source"] == "cache"
        });
        found["command"].as_str().unwrap().to_owned()
    };
    let (one, two) = (env.work(), env.home());
    assert_eq!(cached(&one), "echo first");
    provider.set(Script::Always(Reply::stream(&answer("echo second"))));
    assert_eq!(cached(&one), "echo first", "kept for this directory");
    assert_eq!(cached(&two), "echo second", "another directory has another answer");
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn every_request_sees_the_configuration_as_it_is_now() {
    let provider = FakeProvider::always(Reply::stream(&answer("echo from-provider")));
    let env = TestEnv::new();
    let mut resident = env.start_resident();
    let ask = |env: &TestEnv| env.run(&["translate", "--shell", "bash", "--no-cache", "--", "frobnicate the quux"]);
    assert_eq!(ask(&env).code, Some(1));
    env.with_provider("own", &provider.base_url(), "");
    assert_eq!(ask(&env).out, "echo from-provider\n");
    env.configure("[[provider]]\nname = \"half\nbase_url");
    let broken = ask(&env);
    assert_eq!(broken.out, "echo from-provider\n", "the old configuration stays in force");
    assert!(broken.err.contains("config.toml:2: `provider.name`"), "the line and the key are named: {}", broken.err);
    env.configure(&format!("resident = \"off\"\n{}", provider_block("own", &provider.base_url(), "")));
    assert_eq!(ask(&env).out, "echo from-provider\n", "direct mode answers");
    wait_until("a resident that is turned off goes", || resident.try_wait().unwrap().is_some());
}

#[test]
fn a_client_that_goes_away_cancels_the_provider_call() {
    let provider = FakeProvider::always(Reply::nothing());
    let env = TestEnv::new();
    env.with_provider("slow", &provider.base_url(), "");
    let mut resident = env.start_resident();
    let mut child = env.command(&["widget", "bash"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"frobnicate the quux").unwrap();
    wait_until("the provider is asked", || provider.count() == 1);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(provider.wait_until_idle(Duration::from_secs(5)), "the provider sees the connection close long before it would answer");
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn a_waiting_shell_gets_ticks_and_then_the_answer() {
    let provider = FakeProvider::always(Reply::stream(&answer("echo late")).after(Duration::from_millis(900)));
    let env = TestEnv::new();
    env.with_provider("slow", &provider.base_url(), "");
    let mut resident = env.start_resident();
    let run = env.run_with_input(&["widget", "zsh"], b"frobnicate the quux");
    let records = records(&run.out);
    let ticks: Vec<_> = records.iter().filter(|(kind, _, _)| kind == "tick").collect();
    assert!(ticks.len() >= 3, "{records:?}");
    assert!(ticks.iter().all(|(_, elapsed, _)| elapsed.parse::<u64>().unwrap() >= 110), "no sign before 120 ms: {ticks:?}");
    assert!(ticks.iter().any(|(_, _, on)| on == "slow"), "the provider is named: {ticks:?}");
    assert!(records.iter().any(|(kind, text, _)| kind == "cmd" && text == "echo late"));
    assert_eq!(records.last().unwrap(), &("end".to_owned(), "0".to_owned(), String::new()));
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn what_was_run_is_the_first_answer_next_time() {
    let env = TestEnv::new();
    let mut resident = env.start_resident();
    let ask = || env.run(&["translate", "--shell", "bash", "--json", "--", KNOWN]).out;
    let first: serde_json::Value = serde_json::from_str(&ask()).unwrap();
    let edited = "find . -type f -size +100M -mtime -7 -not -name core";
    let told = env.run_with_input(&["ran", "bash", "0"], format!("{KNOWN}\0{edited}").as_bytes());
    assert_eq!(told.code, Some(0), "{}", told.err);
    let second: serde_json::Value = serde_json::from_str(&ask()).unwrap();
    assert_eq!((second["command"].as_str(), second["source"].as_str()), (Some(edited), Some("ran")));
    assert_eq!(second["alternatives"][0], first["command"]);
    for _ in 0..2 {
        env.run_with_input(&["ran", "bash", "1"], format!("{KNOWN}\0{edited}").as_bytes());
    }
    let third: serde_json::Value = serde_json::from_str(&ask()).unwrap();
    assert_ne!(third["source"], "ran", "a line that failed twice is no longer the first answer");
    env.run_with_input(
        &["ran", "bash", "0"],
        format!("{KNOWN}\0curl -H 'Authorization: Bearer sk-abcdefghijklmnopqrstuvwx' x.test").as_bytes(),
    );
    let fourth: serde_json::Value = serde_json::from_str(&ask()).unwrap();
    assert_ne!(fourth["source"], "ran", "a secret is not kept");
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn everything_is_private_to_the_user() {
    let env = TestEnv::new();
    let mut resident = env.start_resident();
    env.run(&["translate", "--shell", "bash", "--", KNOWN]);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(env.socket().parent().unwrap()), 0o700);
    assert_eq!(mode(&env.socket()), 0o600);
    let cache = env.home().join(".cache/gptos");
    wait_until("the cache is on disk", || cache.join("cache.key").exists());
    assert_eq!(mode(&cache), 0o700);
    let open: Vec<_> = walk(&env.home()).into_iter().filter(|path| path.is_file() && mode(path) & 0o077 != 0).collect();
    assert!(open.is_empty(), "readable by others: {open:?}");
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

fn walk(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap().flatten() {
        if entry.file_type().unwrap().is_dir() {
            found.extend(walk(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

#[test]
fn a_shell_with_another_configuration_is_not_answered_from_this_one() {
    let provider = FakeProvider::always(Reply::stream(&answer("echo from-the-other")));
    let env = TestEnv::new();
    let mut resident = env.start_resident();
    let other = env.work().join("other.toml");
    fs::write(&other, provider_block("other", &provider.base_url(), "")).unwrap();
    let ask = |with_other: bool| {
        let mut command = env.command(&["translate", "--shell", "bash", "--", "frobnicate the quux"]);
        if with_other {
            command.env("GPTOS_CONFIG", &other);
        }
        run(command, b"")
    };
    assert_eq!(ask(true).out, "echo from-the-other\n");
    assert_eq!(ask(false).code, Some(1), "and the other way round");
    assert!(env.status().is_some(), "the resident goes on for its own shells");
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn a_key_command_sees_the_session_of_the_asking_shell() {
    let provider = FakeProvider::always(Reply::stream(&answer("echo ok")));
    let env = TestEnv::new();
    env.with_provider("own", &provider.base_url(), "key = { command = [\"printenv\", \"GNUPGHOME\"] }");
    let mut resident = env.start_resident();
    let mut command = env.command(&["translate", "--shell", "bash", "--no-cache", "--", "frobnicate the quux"]);
    command.env("GNUPGHOME", "/home/ada/keys");
    assert_eq!(run(command, b"").out, "echo ok\n");
    assert_eq!(provider.requests()[0].header("authorization"), Some("Bearer /home/ada/keys"));
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}
