//! The rows of the fault matrix that need a resident with a past: killed in the middle, replaced, leaving, asleep, beside a
//! newer cache, or knowing something of its providers.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use gptos::daemon::{self, Options};
use gptos::paths::Paths;
use gptos::platform::OwnBinary;
use gptos::wiring;

use crate::environment::{Resident, Run, TestEnv, faketime, kill, provider_block, run, wait_until};
use crate::fake_provider::{FakeProvider, Reply, answer};
use crate::matrix_host::{IN_TIME, KNOWN, UNKNOWN, assert_answers, translate};
use crate::resident::residents_of;
use crate::scripted::{Act, Scripted, completion, json};

fn ask(env: &TestEnv, words: &str) -> Run {
    env.run(&["translate", "--shell", "bash", "--json", "--", words])
}

fn assert_told(name: &str, run: &Run, command: &str, source: &str) {
    assert_eq!(run.code, Some(0), "{name}: {}", run.err);
    let told: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((told["command"].as_str(), told["source"].as_str()), (Some(command), Some(source)), "{name}: {}", run.err);
    assert!(run.took < IN_TIME, "{name} took {:?}", run.took);
}

fn count(env: &TestEnv, series: &str) -> u64 {
    env.status().unwrap()["counts"][series].as_u64().unwrap_or(0)
}

#[test]
fn f01_a_resident_killed_in_the_middle_of_a_question_costs_no_answer() {
    let provider = FakeProvider::always(Reply::stream(&answer("echo made")).after(Duration::from_millis(700)));
    let env = TestEnv::new();
    env.with_provider("own", &provider.base_url(), "");
    let mut resident = Resident(env.start_resident());
    let mut asking = env.command(&["translate", "--shell", "bash", "--", UNKNOWN]);
    let asking = asking.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the provider is asked", || provider.count() == 1);
    kill(resident.pid(), "KILL");
    resident.0.wait().unwrap();
    let output = asking.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "echo made\n", "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(provider.count(), 2, "asked once more by the shell's own process, and no third time");
    assert!(env.run(&["translate", "--shell", "bash", "--", KNOWN]).out.starts_with("ls "));
    wait_until("there is a new resident", || env.status().is_some());
}

#[test]
fn f18_the_cache_of_a_newer_version_is_left_alone_and_ours_works_beside_it() {
    let provider = FakeProvider::always(Reply::stream(&answer("echo made")));
    let env = TestEnv::new();
    env.configure(&format!("[cache]\nmax_disk_mib = 1\n{}", provider_block("own", &provider.base_url(), "")));
    let folder = env.home().join(".cache/gptos");
    let newer = folder.join("cache.v2");
    fs::create_dir_all(newer.join("blobs")).unwrap();
    // More than ours may take, so that it would have to go if it were counted as ours.
    let files = [("cache.v2/db", vec![7_u8; 3 << 20]), ("cache.v2/blobs/1", b"newer".to_vec()), ("cache.v2.new", b"half".to_vec())];
    for (name, bytes) in &files {
        fs::write(folder.join(name), bytes).unwrap();
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o640)).unwrap();
    }
    let written = |name: &str| fs::metadata(folder.join(name)).unwrap().modified().unwrap();
    let before: Vec<SystemTime> = files.iter().map(|(name, _)| written(name)).collect();
    for (round, source) in ["own", "cache", "cache"].into_iter().enumerate() {
        let mut resident = Resident(env.start_resident());
        wait_until("the cache is on disk", || env.run(&["cache", "stats", "--json"]).out.contains("\"mode\":\"disk\""));
        assert_told(&format!("round {round}"), &ask(&env, UNKNOWN), "echo made", source);
        assert_eq!(env.run(&["daemon", "stop"]).code, Some(0));
        resident.0.wait().unwrap();
    }
    assert_eq!(provider.count(), 1);
    let mut resident = Resident(env.start_resident());
    wait_until("the cache is on disk", || env.run(&["cache", "stats", "--json"]).out.contains("\"mode\":\"disk\""));
    assert_eq!(env.run(&["cache", "clear"]).code, Some(0));
    env.run(&["daemon", "stop"]);
    resident.0.wait().unwrap();
    for ((name, bytes), before) in files.iter().zip(before) {
        assert!(fs::read(folder.join(name)).unwrap() == *bytes && written(name) == before, "{name} was touched");
        assert_eq!(fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777, 0o640, "{name}");
    }
    assert!(!fs::read_dir(&folder).unwrap().any(|entry| entry.unwrap().file_name().to_string_lossy().contains("bad")));
}

#[test]
fn f19_a_binary_that_is_replaced_or_removed_makes_its_resident_go() {
    for replaced in [true, false] {
        let env = TestEnv::new();
        let own = env.work().join("gptos-own");
        crate::environment::copy_program(crate::environment::binary(), &own);
        let by_own = |arguments: &[&str]| {
            let usual = env.command(arguments);
            let mut command = Command::new(&own);
            command.args(arguments).env_clear().current_dir(env.work());
            command.envs(usual.get_envs().filter_map(|(name, value)| Some((name, value?))));
            command
        };
        let mut resident = Resident(env.start(by_own(&["daemon", "run"])));
        let first = env.status().unwrap()["pid"].clone();
        if replaced {
            let aside = env.work().join("aside");
            crate::environment::copy_program(crate::environment::binary(), &aside);
            fs::rename(&aside, &own).unwrap();
        } else {
            fs::remove_file(&own).unwrap();
        }
        let asking = if replaced {
            by_own(&["translate", "--shell", "bash", "--", KNOWN])
        } else {
            env.command(&["translate", "--shell", "bash", "--", KNOWN])
        };
        assert_answers("during", &run(asking, b""));
        wait_until("the resident has gone", || resident.0.try_wait().unwrap().is_some());
        let asking = env.command(&["translate", "--shell", "bash", "--", KNOWN]);
        assert_answers("after", &run(asking, b""));
        wait_until("another one is there", || env.status().is_some_and(|status| status["pid"] != first));
    }
}

const SOCKET: &str = "GPTOS_TEST_SOCKET";

/// Residents one after the other, each of which leaves after a moment without a question. Run by the test below as a
/// process of its own, because a resident catches signals.
#[test]
#[ignore = "run by the test of residents that leave"]
fn residents_that_leave() {
    let socket = std::env::var_os(SOCKET).expect("started by another test");
    let binary = OwnBinary::look().unwrap();
    let paths = Paths::from_environment();
    let options = Options { socket: socket.into(), idle_exit: Some(Duration::from_millis(5)), over_ssh: false, binary: binary.clone() };
    let left = paths.home.clone().unwrap().join("left");
    for number in 1_u64.. {
        // False while another one holds the lock.
        if daemon::run(&options, || wiring::resident(&paths, &binary)).unwrap() {
            fs::write(&left, number.to_string()).unwrap();
        }
    }
}

#[test]
fn f20_no_question_is_lost_while_residents_leave() {
    let env = TestEnv::new();
    let usual = env.command(&[]);
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["matrix_resident::residents_that_leave", "--exact", "--ignored", "--test-threads=1"]).env_clear();
    command.envs(usual.get_envs().filter_map(|(name, value)| Some((name, value?)))).env(SOCKET, env.socket());
    let leaving = Resident(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    let left = || fs::read_to_string(env.home().join("left")).ok().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    wait_until("one has left", || left() > 0);
    let stop = AtomicBool::new(false);
    let answered = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let asking: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        assert_answers("while residents leave", &translate(&env, &["env"]));
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        let begun = left();
        let deadline = Instant::now() + Duration::from_secs(60);
        let is_over = || left() >= begun + 50 && answered.load(Ordering::Relaxed) >= 50;
        while !is_over() && Instant::now() < deadline && !asking.iter().any(|asking| asking.is_finished()) {
            // One that a question has started stays for half an hour: it is asked to leave, so that the others get their turn.
            for pid in residents_of(&env) {
                kill(pid, "TERM");
            }
        }
        // Before anything is judged, so that nobody asks for ever.
        stop.store(true, Ordering::Relaxed);
        asking.into_iter().for_each(|asking| asking.join().unwrap());
        assert!(is_over(), "{} left and {answered:?} questions were answered", left() - begun);
    });
    drop(leaving);
    assert_answers("after all", &translate(&env, &["env"]));
    wait_until("one is left, and only one", || residents_of(&env).len() == 1 && env.status().is_some());
}

#[test]
fn f22_after_a_sleep_the_first_question_takes_a_new_connection() {
    // A connection answers once; later requests on it go into a void, as after a sleep during which the network forgot it.
    let server = Scripted::start(|_, number| match number {
        0 => Act::Reply(completion(&answer("echo made"))),
        _ => Act::ReplyWhen(Arc::default(), String::new()),
    });
    let env = TestEnv::new();
    env.with_provider("own", &format!("{}/v1", server.origin("http")), "");
    let time = env.work().join("time");
    let set = |offset: &str| {
        fs::write(time.with_extension("new"), offset).unwrap();
        fs::rename(time.with_extension("new"), &time).unwrap();
    };
    set("+0\n");
    // The clock of the wall is moved and that of timeouts is not, which is what a sleep looks like from inside.
    let variables = [
        format!("LD_PRELOAD={}", faketime()),
        format!("FAKETIME_TIMESTAMP_FILE={}", time.display()),
        "FAKETIME_NO_CACHE=1".to_owned(),
        "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
    ];
    let wrapper: Vec<&str> = std::iter::once("env").chain(variables.iter().map(String::as_str)).collect();
    let _resident = Resident(env.start(env.wrapped(&wrapper, &["daemon", "run"])));
    let asked = || server.lines().iter().filter(|line| line.starts_with("POST ")).count();
    assert_told("before", &ask(&env, "frobnicate the quux"), "echo made", "own");
    assert_eq!((asked(), count(&env, "gptos_pool_purges_total{reason=\"resume\"}")), (1, 0));
    let before = server.connections();
    set("+8h\n");
    assert_told("after", &ask(&env, "frobnicate another quux"), "echo made", "own");
    assert_eq!(asked(), 2, "nothing was sent into the void");
    assert!(server.connections() > before, "the old connection was not used");
    assert_eq!(count(&env, "gptos_pool_purges_total{reason=\"resume\"}"), 1);
}

#[test]
fn n27_a_quota_of_the_day_is_not_asked_about_again_although_seconds_are_named() {
    let said = serde_json::json!({ "error": {
        "code": 429,
        "message": "You exceeded your current quota, please check your plan and billing details. Please retry in 22.5s.",
        "status": "RESOURCE_EXHAUSTED",
        "details": [
            { "@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{
                "quotaMetric": "generativelanguage.googleapis.com/generate_content_free_tier_requests",
                "quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier",
                "quotaValue": "20",
            }] },
            { "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "22s" },
        ],
    } });
    let spent = FakeProvider::always(Reply::status("429 Too Many Requests", "content-type: application/json\r\n", &said.to_string()));
    let second = FakeProvider::always(Reply::stream(&answer("echo second")));
    let env = TestEnv::new();
    let gemini = format!(
        "[[provider]]\nname = \"gemini\"\nkind = \"gemini\"\nbase_url = \"http://{}/v1beta\"\nmodel = \"gemini-2.5-flash\"\n",
        spent.address()
    );
    env.configure(&format!("{gemini}{}", provider_block("second", &second.base_url(), "")));
    let _resident = Resident(env.start_resident());
    for number in 0..4 {
        assert_told("second", &ask(&env, &format!("frobnicate quux {number}")), "echo second", "second");
    }
    assert_eq!((spent.count(), second.count()), (1, 4), "it told once that the day is spent");
    assert_eq!(count(&env, "gptos_provider_attempts_total{provider=\"gemini\",result=\"quota\"}"), 1);
    assert_eq!(count(&env, "gptos_rejections_total{reason=\"quarantine\"}"), 3);
    // A changed configuration is a reason to try again, once; without anybody else there is a reason in one line.
    env.configure(&gemini);
    for number in 0..3 {
        let alone = env.run(&["translate", "--shell", "bash", "--", &format!("frobnicate quux alone {number}")]);
        assert_eq!((alone.code, alone.out.as_str(), spent.count()), (Some(1), "", 2));
        assert!(alone.err.contains("gemini: ") && alone.took < IN_TIME, "{:?} {}", alone.took, alone.err);
    }
}

#[test]
fn n36_a_model_that_takes_long_to_load_is_passed_over_and_used_once_it_is_there() {
    let loaded = Arc::new(AtomicBool::new(false));
    let ready = Arc::clone(&loaded);
    let server = Scripted::start(move |request, _| match request.head.split(' ').nth(1) {
        Some("/api/ps") if ready.load(Ordering::SeqCst) => Act::Reply(json("200 OK", r#"{"models":[{"name":"qwen:7b"}]}"#)),
        Some("/api/ps") => Act::Reply(json("200 OK", r#"{"models":[]}"#)),
        Some("/api/generate") => Act::ReplyWhen(Arc::clone(&ready), json("200 OK", r#"{"done":true,"done_reason":"load"}"#)),
        _ => {
            let text = serde_json::json!({ "message": { "content": answer("echo local") }, "done": true, "done_reason": "stop" });
            Act::Reply(json("200 OK", &text.to_string()).replace("application/json", "application/x-ndjson"))
        }
    });
    let second = FakeProvider::always(Reply::stream(&answer("echo second")));
    let env = TestEnv::new();
    env.configure(&format!(
        "[[provider]]\nname = \"local\"\nkind = \"ollama\"\nbase_url = \"{}\"\nmodel = \"qwen:7b\"\n{}",
        server.origin("http"),
        provider_block("second", &second.base_url(), "")
    ));
    let _resident = Resident(env.start_resident());
    let to = |path: &str| server.lines().iter().filter(|line| *line == &format!("POST {path}")).count();
    for number in 0..3 {
        assert_told("meanwhile", &ask(&env, &format!("frobnicate quux {number}")), "echo second", "second");
    }
    assert_eq!((to("/api/generate"), to("/api/chat")), (1, 0), "one loading, which goes on");
    assert_eq!(count(&env, "gptos_rejections_total{reason=\"loading\"}"), 3);
    loaded.store(true, Ordering::SeqCst);
    assert_told("then", &ask(&env, "frobnicate quux then"), "echo local", "local");
    assert_eq!((to("/api/generate"), to("/api/chat"), second.count()), (1, 1, 3));
}
