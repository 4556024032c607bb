//! The audit trail: what was asked, offered and run, who may see it, and what is found when somebody has changed it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::environment::{Resident, Run, TestEnv, commands, kill, provider_block, run, wait_until};
use crate::fake_provider::{FakeProvider, Reply, answer};

const SAFE: &str = "list files by size";
const RISKY: &str = "delete all pdf files in ~/docs";

fn state(env: &TestEnv) -> PathBuf {
    env.home().join(".local/state/gptos")
}

fn ask(env: &TestEnv, words: &str) -> Run {
    env.run(&["translate", "--shell", "bash", "--json", "--", words])
}

fn command(run: &Run) -> Option<String> {
    let report: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}{}", run.out, run.err));
    report["command"].as_str().map(str::to_owned)
}

fn ran(env: &TestEnv, words: &str, line: &str, status: &str) {
    let told = run(env.command(&["ran", "bash", status]), format!("{words}\0{line}").as_bytes());
    assert_eq!(told.code, Some(0), "{}", told.err);
}

/// The steps of requests.
fn exported(env: &TestEnv) -> Vec<Value> {
    let run = env.run(&["audit", "export"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let all = run.out.lines().map(|line| serde_json::from_str(line).unwrap());
    all.filter(|moment: &Value| moment["id"].is_string()).collect()
}

fn verify(env: &TestEnv) -> (Option<i32>, Value) {
    let run = env.run(&["audit", "verify", "--json"]);
    (run.code, serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}{}", run.out, run.err)))
}

fn assert_whole(env: &TestEnv) {
    let (code, report) = verify(env);
    assert_eq!(code, Some(0), "{report}");
}

fn stop(env: &TestEnv, mut resident: std::process::Child) {
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

fn segments(env: &TestEnv) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(state(env).join("audit")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn the_steps_of_a_request_are_joined_with_and_without_a_resident() {
    for has_resident in [true, false] {
        let env = TestEnv::new();
        let resident = has_resident.then(|| env.start_resident());
        if !has_resident {
            env.configure("resident = \"off\"\n");
        }
        let suggested = command(&ask(&env, RISKY)).unwrap();
        ran(&env, RISKY, &suggested, "0");
        let edited = format!("{suggested} -print");
        ran(&env, RISKY, &edited, "1");
        ran(&env, "words that nobody asked", "ls", "0");
        let steps = exported(&env);
        let kinds: Vec<&str> = steps.iter().map(|step| step["step"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["asked", "offered", "ran", "ran", "ran"], "{steps:?}");
        assert!(steps[..4].iter().all(|step| step["id"] == steps[0]["id"]) && steps[4]["id"] != steps[0]["id"], "{steps:?}");
        assert_eq!((&steps[0]["query"], &steps[0]["shell"]), (&Value::from(RISKY), &Value::from("bash")));
        let offer = &steps[1]["offers"][0];
        assert_eq!((&offer["command"], &offer["source"]), (&Value::from(suggested.as_str()), &Value::from("offline")));
        assert!(offer["risk"] != "none" && !offer["findings"].as_array().unwrap().is_empty(), "{offer}");
        assert_eq!((&steps[2]["edited"], &steps[2]["status"]), (&Value::from(false), &Value::from(0)));
        assert_eq!((&steps[3]["edited"], &steps[3]["status"], &steps[3]["command"]), (&true.into(), &1.into(), &edited.into()));
        assert_eq!(steps[4]["edited"], Value::Null);
        assert_whole(&env);
        let shown = env.run(&["audit", "show"]).out;
        assert!(shown.contains(RISKY) && shown.contains("exit 1, edited") && shown.contains("offline"), "{shown}");
        assert_eq!(env.run(&["audit", "show", "--since", "1d"]).out, shown);
        let none = env.run(&["audit", "show", "--since", "0s"]);
        assert!(none.out.is_empty() && none.err.contains("nothing is recorded"), "{}{}", none.out, none.err);
        let table = env.run(&["audit", "export", "--format", "csv"]).out;
        assert!(table.starts_with("id,at_ms,step,query,") && table.lines().count() > 5, "{table}");
        if let Some(resident) = resident {
            let status = env.status().unwrap();
            assert_eq!((&status["audit"]["mode"], &status["audit"]["records"]), (&"local".into(), &5.into()), "{status}");
            assert!(env.run(&["status"]).out.contains("audit local, 5 records written, not sealed"));
            let page = env.run(&["metrics"]).out;
            for line in [
                "gptos_audit_records_total 5",
                "gptos_audit_write_failures_total 0",
                "gptos_audit_verify_failures_total 0",
                "gptos_audit_torn_tail_total 0",
                "gptos_audit_unanchored_records 5",
                "gptos_queue_depth{queue=\"audit\"} 0",
                "gptos_queue_dropped_total{queue=\"audit\"} 0",
            ] {
                assert!(page.lines().any(|known| known == line), "{line}: {page}");
            }
            stop(&env, resident);
        }
    }
}

#[test]
fn a_model_and_a_secret_that_comes_back_are_told_apart() {
    let server = FakeProvider::always(Reply::stream(&answer("printf done")));
    let env = TestEnv::new();
    env.configure(&provider_block("fake", &server.base_url(), ""));
    let resident = env.start_resident();
    let words = "frobnicate the quux with password Hunter^22+planted";
    let asked = ask(&env, words);
    assert_eq!(command(&asked).as_deref(), Some("printf done"), "{}", asked.err);
    ran(&env, words, "curl -u me:'Hunter^22+planted' https://x.example | cat Hunter\\^22+planted", "0");
    let steps = exported(&env);
    assert_eq!(steps[1]["offers"][0]["source"], "provider:fake", "{steps:?}");
    assert!(steps[1]["offers"][0]["model"].is_string(), "{steps:?}");
    assert_eq!(steps[2]["id"], steps[0]["id"]);
    let everything = format!("{steps:?}{}", env.run(&["audit", "show"]).out);
    assert!(everything.contains("frobnicate the quux") && !everything.contains("Hunter"), "{everything}");
    stop(&env, resident);
}

#[test]
fn off_records_nothing_and_is_one_command() {
    let env = TestEnv::new();
    env.configure("# mine\n[shell]\nnote = false # stays\n");
    let resident = env.start_resident();
    assert_eq!(env.run(&["audit", "off"]).code, Some(0));
    assert_eq!(fs::read_to_string(env.config_file()).unwrap(), "audit = \"off\"\n# mine\n[shell]\nnote = false # stays\n");
    ask(&env, SAFE);
    ran(&env, SAFE, "ls -lS", "0");
    assert_eq!(exported(&env), Vec::<Value>::new());
    assert!(env.run(&["status"]).out.contains("audit off"));
    assert_eq!(env.run(&["audit", "off"]).err.trim_end(), "gptos: nothing is recorded already");
    assert_eq!(env.run(&["audit", "on"]).code, Some(0));
    assert_eq!(fs::read_to_string(env.config_file()).unwrap(), "audit = \"local\"\n# mine\n[shell]\nnote = false # stays\n");
    ask(&env, SAFE);
    assert_eq!(exported(&env).len(), 2);
    assert_whole(&env);
    let shown = env.run(&["audit", "show"]).out;
    assert!(shown.contains("recording was turned off\n") && shown.contains("recording was turned on\n"), "{shown}");
    assert!(env.run(&["audit", "export", "--format", "csv"]).out.contains("\"turned_off\""));
    stop(&env, resident);

    let env = TestEnv::new();
    env.configure("audit = \"off\"\n");
    ask(&env, SAFE);
    let resident = env.start_resident();
    ask(&env, SAFE);
    stop(&env, resident);
    assert!(!state(&env).join("audit").exists() && !state(&env).join("audit.key").exists());
}

#[test]
fn what_begins_with_a_blank_leaves_no_record() {
    let env = TestEnv::new();
    let resident = env.start_resident();
    assert_eq!(ask(&env, &format!(" {SAFE}")).code, Some(0));
    assert_eq!(ask(&env, SAFE).code, Some(0));
    ran(&env, SAFE, " ls -lS whisper", "0");
    ran(&env, &format!(" {SAFE}"), "ls -lS whisper", "0");
    let steps = exported(&env);
    assert_eq!(steps.len(), 2, "{steps:?}");
    stop(&env, resident);
}

#[test]
fn f25_verify_tells_a_torn_end_from_a_change_and_names_the_place() {
    let env = TestEnv::new();
    env.configure("resident = \"off\"\n");
    assert_eq!(verify(&env).0, Some(0), "there is none yet");
    ask(&env, SAFE);
    ask(&env, RISKY);
    assert_whole(&env);
    let path = segments(&env).remove(0);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    let torn = env.run(&["audit", "verify"]);
    assert_eq!(torn.code, Some(1), "{}", torn.out);
    assert!(torn.out.contains("00000001.seg") && torn.out.contains("whole but for a torn end"), "{}", torn.out);
    let mut changed = whole.clone();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    fs::write(&path, &changed).unwrap();
    let found = env.run(&["audit", "verify"]);
    assert_eq!(found.code, Some(3), "{}", found.out);
    assert!(found.out.starts_with("00000001.seg: record 3: checksum: "), "{}", found.out);
    // A resident finds it by itself and says so.
    env.configure("");
    let resident = env.start_resident();
    wait_until("the resident has looked", || env.status().is_some_and(|status| status["audit"]["damaged"] == true));
    assert!(env.run(&["status"]).out.contains("changed by somebody"));
    assert!(env.run(&["metrics"]).out.contains("\ngptos_audit_verify_failures_total 1\n"));
    stop(&env, resident);
    // What was cut off is mended by whoever writes next.
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    let resident = env.start_resident();
    ask(&env, SAFE);
    let (code, report) = verify(&env);
    assert_eq!((code, &report["mended_ends"]), (Some(0), &1.into()), "{report}");
    assert!(env.run(&["metrics"]).out.contains("\ngptos_audit_torn_tail_total 1\n"));
    stop(&env, resident);
}

#[test]
fn what_is_forgotten_or_dropped_leaves_the_rest_whole() {
    let env = TestEnv::new();
    let resident = env.start_resident();
    ask(&env, SAFE);
    assert_eq!(env.run(&["audit", "forget"]).code, Some(64));
    assert_eq!(env.run(&["audit", "forget", "--since", "soon"]).code, Some(64));
    let forgot = env.run(&["audit", "forget", "--since", "1h"]);
    assert_eq!((forgot.code, forgot.err.trim_end()), (Some(0), "gptos: 2 records are forgotten"));
    assert_eq!(exported(&env), Vec::<Value>::new());
    assert_eq!(env.run(&["audit", "forget", "--all"]).code, Some(1));
    ask(&env, RISKY);
    assert_eq!(exported(&env).len(), 2, "the resident goes on");
    assert_whole(&env);
    let pruned = env.run(&["audit", "prune", "--older-than", "1d"]);
    assert_eq!((pruned.code, pruned.err.trim_end()), (Some(0), "gptos: nothing is old enough"));
    assert_whole(&env);
    stop(&env, resident);
}

#[test]
fn a_seal_is_shown_once_and_finds_a_trail_that_was_cut_or_replaced() {
    let env = TestEnv::new();
    let resident = env.start_resident();
    ask(&env, SAFE);
    let sealed = env.run(&["audit", "seal", "--init"]);
    assert_eq!(sealed.code, Some(0), "{}", sealed.err);
    assert_eq!(sealed.out.trim_end().len(), 64 + 7, "{}", sealed.out);
    let again = env.run(&["audit", "seal", "--init"]);
    assert!(again.code == Some(2) && again.err.contains("was shown once"), "{}", again.err);
    let key = env.work().join("key");
    fs::write(&key, &sealed.out).unwrap();
    let check = || env.run_with_input(&["audit", "verify", "--key", "-"], sealed.out.as_bytes());
    ask(&env, RISKY);
    let checked = check();
    assert_eq!(checked.code, Some(0), "{}", checked.out);
    assert!(checked.out.contains("sealed: 1 seals checked, 2 records since the last one"), "{}", checked.out);
    assert_eq!(env.run(&["audit", "verify", "--key", key.to_str().unwrap()]).out, checked.out);
    assert!(env.run(&["status"]).out.contains("sealed but for 2 records"), "{}", env.run(&["status"]).out);
    // A resident that ends seals what it has written.
    stop(&env, resident);
    let checked = check();
    assert!(checked.code == Some(0) && checked.out.contains("2 seals checked, 0 records since"), "{}", checked.out);
    let path = segments(&env).remove(0);
    let whole = fs::read(&path).unwrap();
    let first = fs::read_dir(state(&env)).unwrap().count();
    assert!(first >= 3);
    // The end with the second seal is cut off at a place where a record ends.
    let last = 24 + 60 + 48 + 32;
    fs::write(&path, &whole[..whole.len() - last]).unwrap();
    assert_eq!(check().code, Some(3), "{}", check().out);
    assert_eq!(env.run(&["audit", "verify"]).code, Some(3));
    fs::remove_dir_all(state(&env).join("audit")).unwrap();
    assert_eq!(check().code, Some(3), "a trail that is gone is no whole one");
    fs::write(&key, "0123").unwrap();
    assert_eq!(env.run(&["audit", "verify", "--key", key.to_str().unwrap()]).code, Some(64));
}

#[test]
fn without_a_resident_whoever_tells_what_was_run_notes_the_end() {
    let env = TestEnv::new();
    env.configure("resident = \"off\"\n");
    ask(&env, SAFE);
    let noted = || verify(&env).1["end_noted"] == true;
    assert!(!noted(), "somebody waits for an answer");
    ran(&env, SAFE, "ls -lS", "0");
    assert!(noted());
    assert_whole(&env);
    // What others left to the system before is behind the note as well.
    let path = segments(&env).pop().unwrap();
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(verify(&env).0, Some(3));
}

#[test]
fn an_end_that_is_gone_is_found_whatever_was_left_and_is_not_sealed_over() {
    let env = TestEnv::new();
    let resident = env.start_resident();
    ask(&env, SAFE);
    ask(&env, RISKY);
    stop(&env, resident);
    env.configure("resident = \"off\"\n");
    let path = segments(&env).remove(0);
    let (whole, note) = (fs::read(&path).unwrap(), state(&env).join("audit.end"));
    let is_whole = || {
        let run = env.run(&["audit", "verify", "--json"]);
        let told: Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!(told["end_noted"], note.exists(), "{}", run.out);
        run.code == Some(0)
    };
    assert!(is_whole());
    fs::remove_file(&path).unwrap();
    assert!(!is_whole(), "the only file");
    fs::remove_dir(path.parent().unwrap()).unwrap();
    assert!(!is_whole(), "and its folder");
    let told = env.run(&["audit", "verify"]).out;
    assert!(told.contains("record 0: end: ") && told.contains("\nchanged: 0 records"), "{told}");
    // Whoever records next goes on, and hides nothing.
    ask(&env, SAFE);
    assert!(!is_whole());
    let refused = env.run(&["audit", "seal", "--init"]);
    assert!(refused.code == Some(2) && refused.err.contains("--anyway") && refused.out.is_empty(), "{}", refused.err);
    let sealed = env.run(&["audit", "seal", "--init", "--anyway"]);
    assert_eq!((sealed.code, sealed.out.trim_end().len()), (Some(0), 64 + 7), "{}", sealed.err);
    assert!(!is_whole(), "what was gone before the seal is gone still");
    // Who takes the note away as well leaves no trace; that is what the seal is for.
    for file in ["audit.seal", "audit.end"] {
        fs::remove_file(state(&env).join(file)).unwrap();
    }
    segments(&env).iter().for_each(|path| fs::remove_file(path).unwrap());
    fs::write(&path, &whole).unwrap();
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    assert!(is_whole());
    let told = env.run(&["audit", "verify"]).out;
    assert!(told.contains("its end is noted nowhere (the note may have been removed)"), "{told}");
    assert!(env.run(&["doctor"]).out.contains(", its end is noted nowhere"));
}

#[test]
fn what_is_gone_is_told_of_by_show_as_well_and_the_same_damage_in_one_line() {
    let env = TestEnv::new();
    let resident = env.start_resident();
    ask(&env, SAFE);
    ask(&env, RISKY);
    stop(&env, resident);
    let folder = state(&env).join("audit");
    let mode = |mode: u32| fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    mode(0o755);
    let refused = env.run(&["audit", "verify"]);
    assert!(refused.code == Some(2) && refused.err.contains(&format!("hint: chmod 700 {}", folder.display())), "{}", refused.err);
    mode(0o700);
    let key = state(&env).join("audit.key");
    let kept = fs::read(&key).unwrap();
    fs::rename(&key, key.with_extension("away")).unwrap();
    let told = env.run(&["audit", "verify"]).out;
    assert!(told.starts_with("00000001.seg: record 0 to 00000001.seg: record 3: 4 times key: "), "{told}");
    fs::rename(key.with_extension("away"), &key).unwrap();
    assert_eq!(fs::read(&key).unwrap(), kept);
    let path = segments(&env).remove(0);
    fs::write(&path, "").unwrap();
    let told = env.run(&["audit", "verify"]).out;
    assert!(told.contains("00000001.seg: the file is empty"), "{told}");
    for gone in [true, false] {
        if gone {
            fs::remove_file(&path).unwrap();
        } else {
            fs::remove_dir(&folder).unwrap();
        }
        assert_eq!(env.run(&["audit", "verify"]).code, Some(3));
        let shown = env.run(&["audit", "show"]);
        assert_eq!((shown.code, shown.out.as_str()), (Some(1), ""), "{}", shown.err);
        assert!(shown.err.contains("are gone from its end") && !shown.err.contains("nothing is recorded"), "{}", shown.err);
    }
}

#[test]
fn all_that_is_older_than_now_can_be_dropped_and_the_rest_stays_whole() {
    let env = TestEnv::new();
    let resident = env.start_resident();
    ask(&env, SAFE);
    assert_whole(&env);
    let pruned = env.run(&["audit", "prune", "--older-than", "0s"]);
    assert_eq!((pruned.code, pruned.err.trim_end()), (Some(0), "gptos: one file was dropped"));
    assert_eq!(verify(&env).0, Some(0));
    let steps = |env: &TestEnv| exported(env).iter().filter(|moment| moment["id"].is_string()).count();
    assert_eq!(steps(&env), 0);
    assert_eq!(env.run(&["audit", "prune", "--older-than", "0s"]).err.trim_end(), "gptos: nothing is old enough");
    ask(&env, RISKY);
    assert_eq!((steps(&env), verify(&env).0), (2, Some(0)), "the resident goes on");
    stop(&env, resident);
}

#[test]
fn f03_a_writer_that_is_killed_is_never_taken_for_somebody_who_changed_the_trail() {
    let kills: u64 = std::env::var("GPTOS_TEST_AUDIT_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(20);
    let env = TestEnv::new();
    let sealed = env.run(&["audit", "seal", "--init"]).out;
    let mut rng = fastrand::Rng::with_seed(7);
    for round in 0..kills {
        // Every second time a resident is killed under its clients, otherwise a process that answers for itself.
        let has_resident = round % 2 == 0;
        // Clients of the round before may have started one.
        env.run(&["daemon", "stop"]);
        env.configure(if has_resident { "" } else { "resident = \"off\"\n" });
        let resident = has_resident.then(|| Resident(env.start_resident()));
        let mut clients: Vec<_> = (0..4)
            .map(|number| {
                let words = format!("{SAFE} {round} {number}");
                let mut command = env.command(&["translate", "--shell", "bash", "--", &words]);
                Resident(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
            })
            .collect();
        // The moment is what is tried here, so it is one of a clock.
        std::thread::sleep(Duration::from_micros(rng.u64(0..12_000)));
        match &resident {
            Some(resident) => kill(resident.pid(), "KILL"),
            None => clients.iter().for_each(|client| kill(client.pid(), "KILL")),
        }
        clients.iter_mut().for_each(|client| drop(client.0.wait()));
        drop(resident);
        let checked = env.run_with_input(&["audit", "verify", "--json", "--key", "-"], sealed.as_bytes());
        assert!(matches!(checked.code, Some(0 | 1)), "round {round}: {}", checked.out);
    }
    assert!(exported(&env).len() as u64 > kills, "hardly anything was recorded");
}

/// Runs the clients on a file system of so many KiB where the trail is to be, which is full from the second question on.
fn on_a_full_disk(env: &TestEnv, script: &str) -> Run {
    fs::create_dir_all(state(env)).unwrap();
    fs::set_permissions(state(env), fs::Permissions::from_mode(0o700)).unwrap();
    let script = format!(
        "mount -t tmpfs -o size=64k,mode=700 tmpfs '{}' && \"$@\" translate --shell bash -- {SAFE} >/dev/null && \
         {{ head -c 100000 /dev/zero > '{0}/ballast' 2>/dev/null; {script}; }}",
        state(env).display()
    );
    let mut command = env.wrapped(&["unshare", "-rm", "sh", "-c", &script, "sh"], &[]);
    command.stdin(Stdio::null());
    run(command, b"")
}

#[test]
fn f07_a_full_disk_costs_no_answer_unless_a_record_is_required() {
    let env = TestEnv::new();
    env.configure("memory = \"off\"\n");
    let script = format!(
        "\"$@\" daemon run & until \"$@\" status >/dev/null 2>&1; do :; done; \
         for i in 1 2 3 4 5 6 7 8; do \"$@\" translate --shell bash -- {RISKY} || exit 9; done; \
         \"$@\" audit verify; echo verified $?; \"$@\" metrics | grep audit_write; \"$@\" status | grep '^audit'; \
         rm '{0}/ballast'; \"$@\" audit export | grep -c asked; \"$@\" audit verify >/dev/null; echo then $?; \"$@\" daemon stop",
        state(&env).display()
    );
    let local = on_a_full_disk(&env, &script);
    assert_eq!(local.code, Some(0), "{}{}", local.out, local.err);
    let lines: Vec<&str> = local.out.lines().collect();
    assert_eq!(lines.iter().filter(|line| line.starts_with("find ")).count(), 8, "{}", local.out);
    assert!(lines.contains(&"verified 0") || lines.contains(&"verified 1"), "{}", local.out);
    assert!(lines.iter().any(|line| line.starts_with("gptos_audit_write_failures_total ") && !line.ends_with(" 0")), "{}", local.out);
    assert!(lines.iter().any(|line| line.contains("cannot be written: ") && line.contains("No space left")), "{}", local.out);
    // What was kept in memory meanwhile is written once there is room again.
    assert!(lines.contains(&"9") && lines.contains(&"then 0"), "{}", local.out);

    env.configure("memory = \"off\"\naudit = \"required\"\n");
    for way in ["\"$@\" daemon run & until \"$@\" status >/dev/null 2>&1; do :; done", "true"] {
        let script = format!(
            "{way}; for i in 1 2 3 4 5 6 7 8; do \"$@\" translate --shell bash -- {SAFE} || exit 9; done | tail -n 1; \"$@\" translate --shell bash -- {RISKY}; echo status $?; \
             rm '{}/ballast'; \"$@\" translate --shell bash -- {RISKY}; \"$@\" audit verify >/dev/null; echo then $?; \"$@\" daemon stop",
            state(&env).display()
        );
        let required = on_a_full_disk(&env, &script);
        let lines: Vec<&str> = required.out.lines().collect();
        assert!(lines[0].starts_with("ls ") && lines[1] == "status 1", "{way}: {}{}", required.out, required.err);
        assert!(required.err.contains("a risky suggestion was held back") && required.err.contains("No space left"), "{}", required.err);
        assert!(lines[2].starts_with("find ") && lines[3] == "then 0", "{way}: {}{}", required.out, required.err);
    }
}

#[test]
fn recording_is_turned_on_again_as_it_was() {
    let env = TestEnv::new();
    let file = || fs::read_to_string(env.config_file()).unwrap();
    env.configure("audit = \"required\"\n");
    assert_eq!(env.run(&["audit", "off"]).err.trim_end(), "gptos: nothing is recorded from now on");
    assert!(file().starts_with("audit = \"off\"  # \"required\" again with"), "{}", file());
    let on = env.run(&["audit", "on"]);
    assert_eq!(on.err.trim_end(), "gptos: what you ask and run is recorded from now on (`audit = \"required\"`)");
    assert_eq!(file(), "audit = \"required\"\n");
    // A mistake elsewhere does not keep it from being turned off, and it is off then.
    for mistake in ["deadlin_ms = 1\n", "memory = \n[shell\n"] {
        env.configure(mistake);
        let off = env.run(&["audit", "off"]);
        assert_eq!(off.code, Some(0), "{}", off.err);
        assert!(
            off.err.contains("nothing is recorded from now on") && off.err.contains("the rest of that file does not hold: "),
            "{}",
            off.err
        );
        let before = exported(&env).len();
        ask(&env, SAFE);
        assert_eq!(exported(&env).len(), before, "{}", file());
        assert_eq!(env.run(&["audit", "off"]).err.trim_end(), "gptos: nothing is recorded already");
    }
    env.configure("audit = \"off\"\n");
    let mut here = env.command(&["audit", "on"]);
    here.env("GPTOS_AUDIT", "off");
    let on = run(here, b"");
    assert!(on.code == Some(0) && on.err.contains("in this shell `GPTOS_AUDIT`"), "{}", on.err);
    assert_eq!(file(), "audit = \"local\"\n");
}

#[test]
fn a_lock_on_the_record_is_told_as_what_it_is() {
    let env = TestEnv::new();
    let admin = env.home().join("admin.toml");
    fs::write(&admin, "audit = \"required\"\nlocked = [\"audit\"]\n").unwrap();
    fs::set_permissions(&admin, fs::Permissions::from_mode(0o644)).unwrap();
    let env = env.set("GPTOS_TEST_ADMIN_CONFIG", admin.to_str().unwrap());
    let off = env.run(&["audit", "off"]);
    assert_eq!(off.code, Some(64), "{}", off.err);
    assert!(
        off.err.contains("locked by the administrator, so it stays \"required\"") && off.err.contains("admin.toml:2 locks it"),
        "{}",
        off.err
    );
    assert!(!off.err.contains("write `audit"), "{}", off.err);
}

#[test]
fn a_required_record_is_on_the_disk_before_its_suggestion_is_given() {
    let env = TestEnv::new();
    env.configure("audit = \"required\"\n");
    let resident = Resident(env.start_resident());
    assert!(command(&ask(&env, RISKY)).is_some_and(|command| command.starts_with("find ")));
    kill(resident.pid(), "KILL");
    drop(resident);
    let steps = exported(&env);
    assert_eq!((&steps[0]["query"], &steps[1]["step"]), (&RISKY.into(), &"offered".into()), "{steps:?}");
    // Words behind a blank leave no record, so nothing risky is given for them; nor for a line that failed.
    let private = ask(&env, &format!(" {RISKY}"));
    assert_eq!(command(&private), None);
    assert!(private.err.contains("begin with a blank"), "{}", private.err);
    assert_eq!(command(&ask(&env, &format!(" {SAFE}"))).as_deref().map(|command| &command[..3]), Some("ls "));
    let fix = || env.run(&["fix", "--shell", "bash", "--status", "127", "--", "gti reset --hard"]);
    let fixed = fix();
    assert!(fixed.out.is_empty() && fixed.err.contains("a risky suggestion was held back"), "{}{}", fixed.out, fixed.err);
    let harmless = env.run(&["fix", "--shell", "bash", "--status", "127", "--", "gti status"]);
    assert!(harmless.out.starts_with("git status"), "{}{}", harmless.out, harmless.err);
    env.configure("");
    assert!(fix().out.starts_with("git reset --hard"), "{}", fix().out);
}

#[test]
fn a_key_press_that_is_answered_at_once_waits_for_its_required_record_only_if_it_is_risky() {
    let env = TestEnv::new();
    env.configure("audit = \"required\"\n");
    let resident = Resident(env.start_resident());
    for (words, risky) in [(SAFE, false), (RISKY, true)] {
        let before = exported(&env).len();
        let pressed = env.run_with_input(&["widget", "bash"], words.as_bytes());
        assert!(!commands(&pressed.out).is_empty(), "{words}: {}", pressed.out);
        if risky {
            kill(resident.pid(), "KILL");
        }
        let steps = exported(&env);
        assert_eq!((steps.len(), &steps[before]["query"]), (before + 2, &words.into()), "{words}: {steps:?}");
    }
    assert_whole(&env);
}

#[test]
fn who_hangs_up_is_recorded_as_that() {
    let server = FakeProvider::always(Reply::stream(&answer("printf done")).after(Duration::from_secs(30)));
    let env = TestEnv::new();
    env.configure(&provider_block("fake", &server.base_url(), ""));
    let resident = env.start_resident();
    let mut command = env.command(&["translate", "--shell", "bash", "--", "frobnicate the quux"]);
    let mut client = Resident(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    wait_until("the provider is asked", || server.connections() > 0);
    kill(client.pid(), "KILL");
    client.0.wait().unwrap();
    wait_until("it is recorded", || exported(&env).last().is_some_and(|step| step["step"] == "canceled"));
    assert_eq!(exported(&env)[0]["query"], "frobnicate the quux");
    stop(&env, resident);
}

#[test]
fn without_a_place_or_with_a_foreign_one_only_what_is_required_is_refused() {
    let env = TestEnv::new();
    fs::create_dir_all(state(&env)).unwrap();
    std::os::unix::fs::symlink("/tmp", state(&env).join("audit")).unwrap();
    assert!(command(&ask(&env, RISKY)).is_some());
    env.configure("audit = \"required\"\n");
    let refused = ask(&env, RISKY);
    assert_eq!(command(&refused), None, "{}", refused.out);
    assert!(refused.err.contains("a risky suggestion was held back"), "{}", refused.err);
    assert!(command(&ask(&env, SAFE)).is_some());
    let why = env.run(&["translate", "--why", "--shell", "bash", "--", RISKY]);
    assert!(!why.out.contains("-delete") && why.err.contains("held back"), "{}{}", why.out, why.err);
    // What writes over a file is shown as a risk when the file is there, so it is one here.
    for line in ["cp x.txt a.txt", "mv x.txt a.txt"] {
        fs::write(env.work().join("a.txt"), "what was there").unwrap();
        let words = line.replace("cp", "copy").replace("mv", "move").replace(" a.txt", " to a.txt");
        let refused = ask(&env, &words);
        // Another way that asks first may be given.
        assert_ne!(command(&refused).as_deref(), Some(line), "{}", refused.out);
        assert!(refused.err.contains("a risky suggestion was held back"), "{}", refused.err);
        let pressed = env.run_with_input(&["widget", "bash"], words.as_bytes());
        assert!(!commands(&pressed.out).iter().any(|(command, _)| command == line), "{}", pressed.out);
        assert!(pressed.out.contains("held back"), "{}", pressed.out);
    }
    assert!(!Path::new("/tmp/00000001.seg").exists());
    assert_eq!(env.run(&["audit", "verify"]).code, Some(2));
}

#[test]
fn f16_a_stopped_resident_that_holds_the_trail_holds_nobody_else() {
    let env = TestEnv::new();
    ask(&env, SAFE);
    let held = fs::File::open(state(&env).join("audit")).unwrap();
    held.lock().unwrap();
    let asked = ask(&env, SAFE);
    assert!(asked.code == Some(0) && asked.took < Duration::from_secs(3), "{:?}", asked.took);
    let shown = env.run(&["audit", "show"]);
    assert_eq!(shown.code, Some(2), "{}", shown.out);
    assert!(shown.err.contains("another process has held the trail"), "{}", shown.err);
    // A resident answers all the same, and writes what it has once it can.
    let resident = env.start_resident();
    for _ in 0..3 {
        let asked = ask(&env, SAFE);
        assert!(asked.code == Some(0) && asked.took < Duration::from_secs(3), "{:?}", asked.took);
    }
    assert!(env.status().unwrap()["audit"]["waiting"].as_u64().unwrap() > 0);
    drop(held);
    wait_until("what was asked meanwhile is recorded", || exported(&env).len() >= 2 + 3 * 2);
    assert_whole(&env);
    stop(&env, resident);
}
