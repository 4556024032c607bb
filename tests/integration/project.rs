//! The file of a project: it tightens, and it redirects nothing.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::environment::{Resident, Run, TestEnv, provider_block, records, run, wait_until};
use crate::fake_provider::{FakeProvider, Reply, answer};

const UNKNOWN: &str = "frobnicate the quux";

fn plant(directory: &Path, text: &str) {
    let file = directory.join(".gptos.toml");
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
}

fn ask_in(env: &TestEnv, directory: &Path, arguments: &[&str]) -> Run {
    let mut command = env.command(arguments);
    command.current_dir(directory);
    run(command, UNKNOWN.as_bytes())
}

#[test]
fn a_hostile_project_file_redirects_nothing() {
    let evil = FakeProvider::always(Reply::stream(&answer("evil")));
    let good = FakeProvider::always(Reply::stream(&answer("printf good")));
    let env = TestEnv::new();
    env.with_provider("good", &good.base_url(), "key = { env = \"GOOD_KEY\" }");
    let deep = env.work().join("a/b");
    fs::create_dir_all(&deep).unwrap();
    let root = env.work().parent().unwrap().to_owned();
    let (url, block) = (evil.base_url(), provider_block("good", &evil.base_url(), "key = { env = \"GOOD_KEY\" }"));
    plant(&root, &format!("base_url = \"{url}\"\nresident = \"off\"\ndeadline_ms = 1\n"));
    plant(&env.work(), &format!("{block}\n[proxy]\nurl = \"{url}\"\n"));
    plant(&deep, &format!("providers = \"on\"\n[provider]\nbase_url = \"{url}\"\n[rules]\nsilence = [\"rm-vital\"]\n"));
    fs::create_dir(deep.join("broken")).unwrap();
    plant(&deep.join("broken"), &format!("[[provider]\nbase_url = \"{url}\"\n"));

    let ask = |asked: usize, place: &Path| {
        let mut command = env.command(&["translate", "--no-cache", "--shell", "bash", "--", UNKNOWN]);
        command.current_dir(place).env("GOOD_KEY", "k").env("OPENAI_BASE_URL", &url);
        let run = run(command, b"");
        assert_eq!((run.code, run.out.as_str()), (Some(0), "printf good\n"), "{}", run.err);
        assert!(run.err.contains("`base_url`, `resident`, `deadline_ms` are ignored: a project may only tighten"), "{}", run.err);
        assert!(run.err.contains("`provider`, `proxy` are ignored"), "{}", run.err);
        assert_eq!(good.count(), asked);
    };
    let mut resident = env.start_resident();
    ask(1, &deep);
    ask(2, &deep);
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
    // Without a resident the asking process answers by itself.
    env.configure(&format!("resident = \"off\"\n{}", provider_block("good", &good.base_url(), "key = { env = \"GOOD_KEY\" }")));
    ask(3, &deep);
    ask(4, &deep);
    // What is broken has no say in where answers come from either.
    let broken = ask_in(&env, &deep.join("broken"), &["translate", "--no-cache", "--shell", "bash"]);
    assert!(broken.code == Some(1) && broken.err.contains("neither a provider nor the cache is used here"), "{}", broken.err);
    assert_eq!((good.count(), evil.connections()), (4, 0));
    assert_eq!(evil.connections(), 0);
    assert!(good.requests().iter().all(|request| request.header("authorization") == Some("Bearer k")));
}

#[test]
fn a_project_turns_providers_off_for_everybody_in_it() {
    let provider = FakeProvider::always(Reply::stream(&answer("printf good")));
    let env = TestEnv::new();
    env.with_provider("good", &provider.base_url(), "");
    let below = env.work().join("below");
    fs::create_dir(&below).unwrap();
    plant(&env.work(), "providers = \"off\"\n");
    // A file further down cannot turn them on again.
    plant(&below, "providers = \"on\"\n");
    let mut resident = env.start_resident();
    for arguments in [&["widget", "bash"][..], &["widget", "bash", "--fresh"], &["translate", "--shell", "bash"]] {
        let run = ask_in(&env, &below, arguments);
        let said = format!("{}{}", run.out, run.err);
        assert!(said.contains("no provider was asked: ") && said.contains(".gptos.toml turns them off"), "{said}");
    }
    let batch = env.command(&["batch", "translate", "--shell", "bash"]);
    assert_eq!(run(batch, format!("{{\"id\":1,\"query\":\"{UNKNOWN}\"}}\n").as_bytes()).code, Some(0));
    assert_eq!(provider.connections(), 0);
    // Elsewhere it is asked as before.
    assert_eq!(ask_in(&env, &env.home(), &["translate", "--shell", "bash"]).out, "printf good\n");
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn a_project_keeps_its_answers_out_of_the_cache() {
    let provider = FakeProvider::always(Reply::stream(&answer("printf good")));
    let env = TestEnv::new();
    env.with_provider("good", &provider.base_url(), "");
    plant(&env.work(), "cache = \"off\"\n");
    let mut resident = env.start_resident();
    for asked in 1..=2 {
        assert_eq!(ask_in(&env, &env.work(), &["translate", "--shell", "bash"]).out, "printf good\n");
        assert_eq!(provider.count(), asked, "nothing was kept");
    }
    let told = run(env.command(&["ran", "bash", "0"]), format!("{UNKNOWN}\0printf mine").as_bytes());
    assert_eq!(told.code, Some(0));
    assert_eq!(ask_in(&env, &env.home(), &["translate", "--shell", "bash"]).out, "printf good\n");
    assert_eq!(provider.count(), 3, "neither an answer nor what was run is known elsewhere");
    assert_eq!(ask_in(&env, &env.home(), &["translate", "--shell", "bash"]).out, "printf good\n");
    assert_eq!(provider.count(), 3);
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn a_file_that_cannot_be_used_is_told_of_and_keeps_words_here() {
    let provider = FakeProvider::always(Reply::stream(&answer("printf good")));
    let env = TestEnv::new();
    env.with_provider("good", &provider.base_url(), "");
    let file = env.work().join(".gptos.toml");
    let text = format!("providers = \"off\"\n{RULE}");
    let resident = Resident(env.start_resident());
    for (bytes, mode, part) in [
        (text.clone().into_bytes(), 0o664, "mode 0664"),
        ([text.as_bytes(), b"# \xff\n"].concat(), 0o644, "not UTF-8 text in line 7"),
        ([b"cache = \n", RULE.as_bytes()].concat(), 0o644, ".gptos.toml:1: "),
    ] {
        fs::write(&file, bytes).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let checked = ask_in(&env, &env.work(), &["check", "--", "ls"]);
        assert_eq!(checked.code, Some(5), "{part}: {}{}", checked.out, checked.err);
        assert_eq!(checked.err.matches("neither a provider nor the cache is used here").count(), 1, "{part}: {}", checked.err);
        assert!(checked.err.contains(part), "{}", checked.err);
        let asked = ask_in(&env, &env.work(), &["translate", "--shell", "bash"]);
        assert_eq!(asked.code, Some(1), "{part}: {}{}", asked.out, asked.err);
        assert!(asked.err.contains(part) && asked.err.contains("neither a provider nor the cache is used here"), "{}", asked.err);
    }
    assert_eq!(provider.connections(), 0);
    drop(resident);
}

#[test]
fn no_verb_calls_a_provider_where_the_project_turns_them_off() {
    let provider = FakeProvider::always(Reply::stream(&answer("printf good")));
    let env = TestEnv::new();
    env.with_provider("good", &provider.base_url(), "");
    plant(&env.work(), "providers = \"off\"\n");
    let said = |arguments: &[&str], code: i32, part: &str| {
        let run = env.run(arguments);
        assert_eq!(run.code, Some(code), "{arguments:?}: {}{}", run.out, run.err);
        let all = format!("{}{}", run.out, run.err);
        assert!(all.contains(part), "{arguments:?}: {all}");
    };
    let off = "work/.gptos.toml turns them off";
    said(&["provider", "test"], 1, off);
    said(&["provider", "test", "good"], 1, off);
    said(&["provider", "models", "good"], 1, off);
    said(&["translate", "--show-request", "--", UNKNOWN], 1, off);
    said(&["provider", "add", "more", "--base-url", &provider.base_url(), "--model", "m"], 0, off);
    let mut login = env.command(&["auth", "login", "good", "--stdin", "--store", "file"]);
    login.current_dir(env.work());
    let login = run(login, b"hush-hush-1\n");
    assert!(login.code == Some(0) && login.err.contains("the key is not tried here: "), "{}", login.err);
    let ssh = env.home().join("ssh");
    fs::write(&ssh, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&ssh, fs::Permissions::from_mode(0o755)).unwrap();
    let mut session = env.command(&["ssh", "--providers", "far"]);
    session.env("PATH", format!("{}:/usr/bin:/bin", env.home().display()));
    let session = run(session, b"");
    assert!(session.code == Some(0) && session.err.contains("no provider is asked in this session: "), "{}", session.err);
    let doctor = env.run(&["doctor", "--call"]);
    assert!(doctor.out.contains("none was called: this project turns providers off"), "{}{}", doctor.out, doctor.err);
    assert_eq!(provider.connections(), 0);
    // Elsewhere they are asked.
    let elsewhere = |arguments: &[&str]| {
        let mut command = env.command(arguments);
        command.current_dir(env.home());
        run(command, b"")
    };
    assert!(elsewhere(&["translate", "--show-request", "--", UNKNOWN]).out.starts_with("POST http"));
    assert_eq!(provider.connections(), 0);
    let tested = elsewhere(&["provider", "test", "good"]);
    assert!(tested.out.starts_with("good: ok after"), "{}{}", tested.out, tested.err);
}

#[test]
fn what_a_project_tightens_is_shown_and_its_files_are_checked() {
    let env = TestEnv::new();
    env.with_provider("good", "http://127.0.0.1:1", "");
    let below = env.work().join("below");
    fs::create_dir(&below).unwrap();
    plant(&env.work(), &format!("providers = \"off\"\n{RULE}"));
    plant(&below, "cache = \"off\"\n");
    let here = |arguments: &[&str]| {
        let mut command = env.command(arguments);
        command.current_dir(&below);
        run(command, b"")
    };
    let [outer, inner] = [env.work(), below.clone()].map(|place| place.join(".gptos.toml").display().to_string());
    let shown = here(&["config", "show", "--origin"]);
    let lines: Vec<String> = shown.out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for line in [
        format!("providers = \"off\" # project, {outer}"),
        format!("cache = \"off\" # project, {inner}"),
        format!("rules.add = no-lists # project, {outer}"),
        format!("cache.ttl_days = 30 # default, off here by {inner}"),
    ] {
        assert!(lines.contains(&line), "{line}: {}", shown.out);
    }
    assert!(lines.iter().any(|line| line.starts_with("provider.good.model = ") && line.ends_with(&format!(", off here by {outer}"))));
    assert!(!env.run(&["config", "show"]).out.contains("off here"));
    let checked = here(&["config", "check"]);
    assert_eq!(checked.code, Some(0), "{}", checked.err);
    assert!(checked.out.contains(&format!("{outer}: ok\n")) && checked.out.contains(&format!("{inner}: ok\n")), "{}", checked.out);
    assert_eq!(here(&["config", "check", ".gptos.toml"]).out, ".gptos.toml: ok\n");
    plant(&below, "cahce = \"off\"\nproviders = \"of\"\n[[rules.add]]\nid = \"x\"\n");
    for arguments in [&["config", "check"][..], &["config", "check", ".gptos.toml"]] {
        let checked = here(arguments);
        assert_eq!(checked.code, Some(64), "{}{}", checked.out, checked.err);
        for part in [
            ".gptos.toml:1: `cahce` is ignored",
            "did you mean `cache`?",
            ".gptos.toml:2: `providers`: expected \"off\"",
            ".gptos.toml:3: ",
        ] {
            assert!(checked.err.contains(part), "{part}: {}", checked.err);
        }
        assert_eq!(checked.err.lines().count(), 3, "{}", checked.err);
    }
    assert!(here(&["config", "check"]).out.contains(&format!("{outer}: ok\n")));
    assert!(here(&["config", "show"]).err.contains("`cahce` is ignored"));
}

const LISTING: &str = "list files by size";

const RULE: &str = "[[rules.add]]\nid = \"no-lists\"\nprograms = [\"ls\"]\nrisk = \"critical\"\nreason = \"the project says so\"\n";

/// The steps that the audit trail holds.
fn recorded(env: &TestEnv) -> Vec<serde_json::Value> {
    let run = env.run(&["audit", "export"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let all = run.out.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    all.filter(|moment| moment["id"].is_string()).collect()
}

#[test]
fn what_is_recorded_and_held_back_is_judged_by_the_rules_of_the_project_too() {
    for with_resident in [true, false] {
        let env = TestEnv::new();
        plant(&env.work(), RULE);
        env.configure(if with_resident { "audit = \"required\"\n" } else { "audit = \"required\"\nresident = \"off\"\n" });
        let resident = with_resident.then(|| Resident(env.start_resident()));
        let ask = |directory: &Path, arguments: &[&str]| {
            let mut command = env.command(arguments);
            command.current_dir(directory);
            run(command, LISTING.as_bytes())
        };
        let ways = [&["translate", "--shell", "bash"][..], &["widget", "bash"], &["batch", "translate", "--shell", "bash"]];
        for arguments in &ways[..2] {
            let before = recorded(&env).len();
            let given = ask(&env.work(), arguments);
            assert!(given.out.contains("ls "), "{arguments:?}: {}{}", given.out, given.err);
            let offered = &recorded(&env)[before + 1];
            assert_eq!(offered["offers"][0]["risk"], "critical", "{arguments:?}: {offered}");
            assert!(offered.to_string().contains("no-lists"), "{arguments:?}: {offered}");
        }
        let told = run(env.command(&["ran", "bash", "0"]), format!("{LISTING}\0ls -S").as_bytes());
        assert_eq!(told.code, Some(0));
        let last = recorded(&env).pop().unwrap();
        assert_eq!((&last["step"], &last["risk"]), (&"ran".into(), &"critical".into()), "{last}");

        // Where no record can be written, what the project calls critical is not given, and given where the project is not.
        drop(resident);
        let trail = env.home().join(".local/state/gptos/audit");
        fs::rename(&trail, trail.with_extension("away")).unwrap();
        std::os::unix::fs::symlink("/tmp", &trail).unwrap();
        let resident = with_resident.then(|| Resident(env.start_resident()));
        for arguments in &ways[..2] {
            let held = ask(&env.work(), arguments);
            assert!(
                format!("{}{}", held.out, held.err).contains("a risky suggestion was held back"),
                "{arguments:?}: {}{}",
                held.out,
                held.err
            );
            assert!(!held.out.contains("ls "), "{arguments:?}: {}", held.out);
            let given = ask(&env.home(), arguments);
            assert!(given.out.contains("ls "), "{arguments:?}: {}{}", given.out, given.err);
        }
        let line = format!("{{\"id\":1,\"query\":\"{LISTING}\"}}\n");
        let batch = run(env.command(ways[2]), line.as_bytes());
        assert!(batch.out.contains("\"command\":null"), "{}", batch.out);
        drop(resident);
    }
}

#[test]
fn a_project_without_a_cache_is_recorded_all_the_same() {
    for with_resident in [true, false] {
        let env = TestEnv::new();
        plant(&env.work(), "cache = \"off\"\n");
        env.configure(if with_resident { "" } else { "resident = \"off\"\n" });
        let resident = with_resident.then(|| Resident(env.start_resident()));
        let told = run(env.command(&["ran", "bash", "3"]), format!("{LISTING}\0ls -S").as_bytes());
        assert_eq!(told.code, Some(0));
        let told = run(env.command(&["ran", "bash", "0"]), format!("{LISTING}\0ls -lhS .").as_bytes());
        assert_eq!(told.code, Some(0));
        let steps = recorded(&env);
        let ran: Vec<_> = steps.iter().map(|step| (&step["step"], &step["command"], &step["status"])).collect();
        assert_eq!(ran, [(&"ran".into(), &"ls -S".into(), &3.into()), (&"ran".into(), &"ls -lhS .".into(), &0.into())]);
        let remembered = || env.run(&["memory", "list"]).out.contains("ls -lhS .");
        assert!(!remembered(), "with a resident: {with_resident}");
        let mut elsewhere = env.command(&["ran", "bash", "0"]);
        elsewhere.current_dir(env.home());
        run(elsewhere, format!("{LISTING}\0ls -lhS .").as_bytes());
        wait_until("it is remembered elsewhere", remembered);
        drop(resident);
    }
}

#[test]
fn commands_of_the_asking_shell_alone_count_as_commands() {
    let provider = FakeProvider::always(Reply::stream("mycmd --all"));
    let env = TestEnv::new();
    env.with_provider("bare", &provider.base_url(), "");
    let mut resident = env.start_resident();
    for (input, command) in [(format!("{UNKNOWN}\0gs mycmd _x\0nocomments"), Some("mycmd --all")), (format!("{UNKNOWN} now\0gs\0"), None)] {
        let run = env.run_with_input(&["widget", "bash"], input.as_bytes());
        let commands: Vec<_> = records(&run.out).into_iter().filter(|(kind, ..)| kind == "cmd").map(|(_, text, _)| text).collect();
        assert_eq!(commands, command.into_iter().collect::<Vec<_>>(), "{}", run.out);
    }
    // What the shell says of itself is no business of the provider.
    assert!(provider.requests().iter().all(|request| !request.body.contains("gs mycmd") && !request.body.contains("nocomments")));
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn a_command_that_the_real_shell_refuses_is_not_shown() {
    // The grammar that all shells share accepts it, and zsh ends the loop with `done` or a brace.
    let provider = FakeProvider::always(Reply::stream(&answer("while true; echo x; end")));
    let env = TestEnv::new();
    env.with_provider("good", &provider.base_url(), "");
    let run = env.run_with_input(&["translate", "--shell", "zsh", "--no-cache"], UNKNOWN.as_bytes());
    assert_eq!(run.code, Some(1), "{} {}", run.out, run.err);
    assert!(run.err.contains("its command was refused: "), "{}", run.err);
    let run = env.run_with_input(&["translate", "--shell", "fish", "--no-cache"], UNKNOWN.as_bytes());
    assert_eq!(run.out, "while true; echo x; end\n", "{}", run.err);
}

#[test]
fn a_resident_that_cannot_read_the_request_is_asked_to_go_and_the_answer_comes_all_the_same() {
    let env = TestEnv::new();
    let folder = env.socket().parent().unwrap().to_owned();
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    let listener = UnixListener::bind(env.socket()).unwrap();
    let seen = Arc::new(Mutex::new(Vec::<String>::new()));
    let asked = Arc::clone(&seen);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(&stream);
            let (mut first, mut length) = (String::new(), 0);
            let _ = reader.read_line(&mut first);
            loop {
                let mut line = String::new();
                let _ = reader.read_line(&mut line);
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            let _ = reader.read_exact(&mut body);
            let old = "x-gptos-build: 0.0.1+1.1\r\nx-gptos-build-time: 1\r\n";
            let reply = match first.split(' ').nth(1) {
                Some("/v1/suggest") => "HTTP/1.1 422 Unprocessable Entity\r\ncontent-length: 13\r\n\r\nunknown field".to_owned(),
                _ => format!("HTTP/1.1 200 OK\r\n{old}content-length: 2\r\n\r\n{{}}"),
            };
            asked.lock().unwrap().push(first);
            let _ = (&stream).write_all(reply.as_bytes());
        }
    });
    // A loaded machine may let one exchange run out of time; the next key press asks again.
    wait_until("the older resident is asked to go", || {
        let run = env.run_with_input(&["widget", "bash"], b"list files by size\0ll\0");
        // Before the answer it may have said that it waits.
        assert!(run.out.contains("cmd\0ls "), "{}", run.out);
        seen.lock().unwrap().iter().any(|line| line.starts_with("POST /v1/drain "))
    });
    drop(fs::remove_file(env.socket()));
}
