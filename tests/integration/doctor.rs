//! `gptos doctor`: what is wrong is found, and what stands behind it mends it.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::environment::{Run, TestEnv, binary, faketime, kill, provider_block, run, skipped, wait_until};
use crate::fake_provider::{FakeProvider, Reply, answer};
use crate::pty::Terminal;

mod bundle;
mod health;
mod strangers;

const LOADING: &str = "eval \"$(gptos init bash)\"\n";

/// A home in which nothing is wrong: the program is found, and bash loads it.
fn well() -> TestEnv {
    let env = TestEnv::new();
    let bin = env.home().join(".local/bin");
    fs::create_dir_all(&bin).unwrap();
    symlink(binary(), bin.join("gptos")).unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    fs::write(env.home().join(".bashrc"), format!("PATH='{path}'\n{LOADING}")).unwrap();
    env.set("PATH", &path)
}

/// How a line begins that mends something of this machine. Of a shell it may be a line for a file as well.
const COMMANDS: [&str; 19] = [
    "gptos ", "rm ", "mv ", "chmod ", "sudo ", "export ", "unset ", "kill ", "fuser ", "df ", "find ", "getent ", "mount ", "PATH=",
    "time ", "mkdir ", "cat ", "ls ", "cp ",
];

fn findings(run: &Run) -> Vec<(String, String, String)> {
    let told: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{}{}", run.out, run.err));
    let areas = told["areas"].as_array().unwrap();
    let all = areas.iter().flat_map(|area| area["findings"].as_array().unwrap());
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let found: Vec<_> = all.map(|finding| (text(finding, "id"), text(finding, "cause"), text(finding, "mend"))).collect();
    assert_eq!(told["findings"], found.len());
    let of_the_shell = |area: &&Value| area["name"] == "shell";
    for finding in areas.iter().filter(|area| !of_the_shell(area)).flat_map(|area| area["findings"].as_array().unwrap()) {
        let mend = finding["mend"].as_str().unwrap();
        assert!(COMMANDS.iter().any(|begin| mend.starts_with(begin)), "no command mends this: {finding}");
    }
    assert_eq!(run.code, Some(i32::from(!found.is_empty())), "{}", run.err);
    found
}

fn look(env: &TestEnv) -> Vec<(String, String, String)> {
    findings(&env.run(&["doctor", "--json"]))
}

/// Exactly this is wrong; gives what mends it.
fn only(env: &TestEnv, id: &str) -> String {
    let found = look(env);
    assert_eq!(found.iter().map(|(id, ..)| id.as_str()).collect::<Vec<_>>(), [id], "{found:?}");
    found[0].2.clone()
}

/// Does what was told: the words before the explanation, in a shell.
fn mend(env: &TestEnv, told: &str) {
    let line = told.split("    (").next().unwrap();
    let done = run(env.wrapped(&["sh", "-c", line], &[]), b"");
    assert_eq!(done.code, Some(0), "{line}: {}", done.err);
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn folder(path: PathBuf) -> PathBuf {
    fs::create_dir_all(&path).unwrap();
    set_mode(&path, 0o700);
    path
}

#[test]
fn where_all_is_well_nothing_is_found_and_nobody_is_called() {
    let server = FakeProvider::always(Reply::stream(&answer("printf done")));
    let env = well();
    env.with_provider("own", &server.base_url(), "");
    let mut resident = env.start_resident();
    env.run_with_input(&["widget", "bash"], b"list files by size");
    assert_eq!(look(&env), []);
    let run = env.run(&["doctor"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
    assert!(run.out.ends_with("nothing is wrong\n") && !run.out.contains('\u{1b}'), "{}", run.out);
    let areas = ["install", "config", "shell", "resident", "socket", "cache", "disk", "audit", "locks", "clock", "network", "proxy", "tls"];
    for area in areas.iter().chain(&["providers"]) {
        assert!(run.out.lines().any(|line| line.starts_with(&format!("{area} "))), "{area}: {}", run.out);
    }
    assert!(run.out.contains("answers, process ") && run.out.contains("1 configured, none was called"), "{}", run.out);
    assert_eq!(server.connections(), 0);
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
    assert_eq!(look(&env), [], "without a background process as well");
    assert_eq!(server.connections(), 0);
}

#[test]
fn what_is_wrong_with_the_program_and_the_configuration_is_found() {
    let env = well();
    let bin = env.home().join(".local/bin");
    let old = folder(env.home().join("old"));
    fs::write(old.join("gptos"), "#!/bin/sh\n").unwrap();
    set_mode(&old.join("gptos"), 0o755);
    let with_path = |path: String| env.command(&["doctor", "--json"]).env("PATH", path).output().unwrap();
    let ids = |output: std::process::Output| {
        let run = Run {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            took: std::time::Duration::ZERO,
        };
        findings(&run).into_iter().map(|(id, ..)| id).collect::<Vec<_>>()
    };
    assert_eq!(ids(with_path("/usr/bin:/bin".to_owned())), ["not-on-path"]);
    assert_eq!(ids(with_path(format!("{}:{}:/usr/bin:/bin", old.display(), bin.display()))), ["shadowed"]);
    assert_eq!(ids(with_path(format!("{}:{}:/usr/bin:/bin", bin.display(), old.display()))), ["old-copy"]);

    fs::write(env.home().join(".bashrc"), "").unwrap();
    assert!(only(&env, "not-loaded").contains("gptos init bash"));
    fs::write(env.home().join(".bashrc"), format!("PATH='{}:/usr/bin:/bin'\n{LOADING}", bin.display())).unwrap();

    env.configure("deadlin_ms = 1\n");
    assert!(only(&env, "config").contains("did you mean `deadline_ms`?"));
    env.configure("deadline_ms = 5000\n");
    let intents = folder(env.home().join(".config/gptos/intents"));
    fs::write(intents.join("team.toml"), "family = 3\n").unwrap();
    assert!(only(&env, "intents").contains("gptos intents check "));
    fs::remove_file(intents.join("team.toml")).unwrap();
    assert_eq!(look(&env), []);
}

#[test]
fn f16_a_resident_that_hangs_is_found_replaced_and_never_robbed() {
    let env = well();
    let mut resident = env.start_resident();
    let pid = i32::try_from(resident.id()).unwrap();
    let before = fs::symlink_metadata(env.socket()).unwrap().ino();
    kill(pid, "STOP");
    let direct = env.run(&["translate", "--shell", "bash", "--", "list files by size"]);
    assert_eq!(direct.code, Some(0), "{}", direct.err);
    let second = env.run(&["daemon", "run"]);
    assert!(second.err.contains("another resident is running already"), "{}", second.err);
    assert_eq!(fs::symlink_metadata(env.socket()).unwrap().ino(), before, "the socket is still that of the owner");
    let told = only(&env, "silent");
    mend(&env, &told);
    resident.wait().unwrap();
    assert_eq!(look(&env), []);
    let mut next = env.start_resident();
    assert_eq!(look(&env), []);
    env.run(&["daemon", "stop"]);
    next.wait().unwrap();
}

#[test]
fn a_resident_of_another_version_is_told_from_ours() {
    let env = well();
    folder(env.socket().parent().unwrap().to_owned());
    let listener = UnixListener::bind(env.socket()).unwrap();
    set_mode(&env.socket(), 0o600);
    let ended = Arc::new(AtomicBool::new(false));
    let (until, socket) = (Arc::clone(&ended), env.socket());
    let serving = std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            if until.load(Ordering::Relaxed) {
                return;
            }
            let (mut request, mut piece) = (Vec::new(), [0; 512]);
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                let count = stream.read(&mut piece).unwrap();
                request.extend_from_slice(&piece[..count]);
            }
            let is_status = request.starts_with(b"GET /v1/status ");
            let body = if is_status { r#"{"pid":1,"version":"0.0.9","uptime_s":300,"rss_bytes":1,"requests":0}"# } else { "{}" };
            let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
        }
    });
    let told = only(&env, "other-version");
    assert_eq!(told, "gptos daemon stop");
    ended.store(true, Ordering::Relaxed);
    drop(UnixStream::connect(socket).unwrap());
    serving.join().unwrap();
}

#[test]
fn what_is_wrong_with_the_socket_is_found_and_mended() {
    let env = well();
    let mut resident = env.start_resident();
    set_mode(&env.socket(), 0o666);
    mend(&env, &only(&env, "socket-open"));
    assert_eq!(look(&env), []);
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
    let dir = env.socket().parent().unwrap().to_owned();
    set_mode(&dir, 0o755);
    mend(&env, &only(&env, "folder-open"));
    assert_eq!(look(&env), []);
}

#[test]
fn what_is_wrong_with_the_cache_and_its_room_is_found_and_mended() {
    let env = well();
    let cache = folder(env.home().join(".cache/gptos"));
    set_mode(&cache, 0o755);
    mend(&env, &only(&env, "cache-open"));
    folder(cache.join("cache.v1.bad-12"));
    mend(&env, &only(&env, "quarantine"));
    assert_eq!(look(&env), []);
    let mut resident = env.start_resident();
    env.run_with_input(&["widget", "bash"], b"list files by size");
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
    assert_eq!(look(&env), [], "a store that is whole opens");
    fs::write(cache.join("cache.v1/db"), vec![0xa5; 4096]).unwrap();
    mend(&env, &only(&env, "quarantine"));
    assert_eq!(look(&env), []);
    // One that cannot be made ours.
    fs::remove_file(cache.join("cache.lock")).unwrap();
    fs::create_dir(cache.join("cache.lock")).unwrap();
    only(&env, "cache-unusable");
    fs::remove_dir(cache.join("cache.lock")).unwrap();
    assert_eq!(look(&env), []);
    let away = cache.with_extension("away");
    fs::rename(&cache, &away).unwrap();
    fs::write(&cache, "").unwrap();
    mend(&env, &only(&env, "cache-folder"));
    assert_eq!(look(&env), []);
    fs::rename(&away, &cache).unwrap();
    let memory = env.home().join(".local/state/gptos/memory.v1");
    fs::create_dir_all(memory.parent().unwrap()).unwrap();
    fs::write(&memory, "something else").unwrap();
    fs::set_permissions(&memory, fs::Permissions::from_mode(0o600)).unwrap();
    let mut resident = env.start_resident();
    assert!(env.run(&["status"]).out.contains("\nmemory cannot be used: "), "{}", env.run(&["status"]).out);
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
    mend(&env, &only(&env, "memory-unusable"));
    for name in ["a", "b"] {
        let told = env.run_with_input(&["ran", "bash", "0"], format!("list files of {name}\0ls -lhS {name}").as_bytes());
        assert_eq!(told.code, Some(0), "{}", told.err);
    }
    wait_until("both are remembered", || env.run(&["memory", "list"]).out.matches("ls -lhS").count() == 2);
    env.run(&["daemon", "stop"]);
    let mut bytes = fs::read(&memory).unwrap();
    bytes[40] ^= 0x55;
    fs::write(&memory, bytes).unwrap();
    mend(&env, &only(&env, "memory-damaged"));
    assert_eq!(look(&env), []);
    // Somebody holds it who is no background process.
    let lock = fs::OpenOptions::new().write(true).create(true).truncate(false).open(cache.join("cache.lock")).unwrap();
    lock.lock().unwrap();
    assert!(only(&env, "held").starts_with(&format!("kill {}", std::process::id())));
    drop(lock);

    let full = |options: &str| {
        let script = format!("mount -t tmpfs -o {options},mode=700 tmpfs '{}' && exec \"$@\" doctor --json", cache.display());
        let mut command = env.wrapped(&["unshare", "-rm", "sh", "-c", &script, "sh"], &[]);
        command.stdin(Stdio::null());
        let run = run(command, b"");
        findings(&run).into_iter().map(|(id, ..)| id).collect::<Vec<_>>()
    };
    assert_eq!(full("size=64k"), ["disk-full"]);
    assert_eq!(full("size=64m,nr_inodes=20"), ["no-inodes"]);
    assert_eq!(full("size=64m,ro"), ["not-writable"]);
}

#[test]
fn f25_a_record_that_somebody_changed_is_found_and_a_torn_end_is_none() {
    let env = well();
    env.configure("resident = \"off\"\n");
    for _ in 0..2 {
        env.run(&["translate", "--shell", "bash", "--", "list files by size"]);
    }
    let segment = env.home().join(".local/state/gptos/audit/00000001.seg");
    let whole = fs::read(&segment).unwrap();
    fs::write(&segment, &whole[..whole.len() - 1]).unwrap();
    assert_eq!(look(&env), []);
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    fs::write(&segment, &changed).unwrap();
    let told = only(&env, "audit-changed");
    assert_eq!(env.run(&["audit", "verify"]).code, Some(3));
    mend(&env, &told);
    assert_eq!(look(&env), []);
    env.run(&["translate", "--shell", "bash", "--", "list files by size"]);
    assert_eq!((look(&env), env.run(&["audit", "verify"]).code), (vec![], Some(0)));
    let aside = fs::read_dir(env.home().join(".local/state/gptos")).unwrap().map(|entry| entry.unwrap().path());
    let aside = aside.into_iter().find(|path| path.to_string_lossy().contains("/changed-audit.")).unwrap();
    assert_eq!(fs::read(aside.join("audit/00000001.seg")).unwrap(), changed, "what was changed is kept");
    let held = fs::File::open(segment.parent().unwrap()).unwrap();
    held.lock().unwrap();
    assert!(look(&env).iter().any(|(id, _, mend)| id == "held" && mend.starts_with(&format!("kill {}", std::process::id()))));
}

#[test]
fn what_is_wrong_with_the_clock_and_the_way_to_the_network_is_found() {
    let env = well().set("LD_PRELOAD", faketime()).set("FAKETIME", "-30d").set("NO_FAKE_STAT", "1");
    assert!(only(&env, "clock-behind").contains("set-ntp"));

    let vendor = provider_block("vendor", "https://name-that-nobody-has.invalid/v1", "");
    let env = well();
    env.configure(&vendor);
    only(&env, "no-name");
    env.configure(&format!("{vendor}proxy = \"off\"\n"));
    let env = well().set("https_proxy", "http://user:secret@[");
    let told = only(&env, "proxy-address");
    assert!(told.starts_with("unset https_proxy HTTPS_PROXY") && !told.contains("secret"), "{told}");
    let env = well().set("all_proxy", "http://127.0.0.1:9");
    assert!(only(&env, "proxy-away").starts_with("unset all_proxy"));

    let env = well().set("SSL_CERT_FILE", "/nonexistent").set("SSL_CERT_DIR", "/nonexistent");
    assert!(only(&env, "certificates").starts_with("sudo apt-get install ca-certificates    ("));
    let env = well();
    env.configure(&provider_block("vendor", "https://127.0.0.1:1/v1", "ca_file = \"none.pem\""));
    only(&env, "certificates");
}

#[test]
fn a_provider_is_called_when_the_user_says_so_and_not_before() {
    let refused = Reply::status("401 Unauthorized", "content-type: application/json\r\n", r#"{"error":{"message":"no"}}"#);
    let server = FakeProvider::always(refused);
    let env = well();
    env.with_provider("own", &server.base_url(), "");
    assert_eq!((look(&env), server.connections()), (vec![], 0));
    let called = findings(&env.run(&["doctor", "--json", "--call"]));
    assert_eq!(called.iter().map(|(id, ..)| id.as_str()).collect::<Vec<_>>(), ["provider"], "{called:?}");
    assert!(server.connections() > 0 && called[0].1.contains("401"), "{called:?}");

    let server = FakeProvider::always(Reply::stream(&answer("printf done")));
    env.with_provider("own", &server.base_url(), "");
    let mut terminal = Terminal::start(&env, &["doctor"]);
    terminal.wait_for("one small question? [y/N]", 1);
    terminal.type_in("\n");
    let (code, shown) = terminal.end();
    assert_eq!((code, server.connections()), (Some(0), 0), "{shown}");
    let mut terminal = Terminal::start(&env, &["doctor"]);
    terminal.wait_for("one small question? [y/N]", 1);
    terminal.type_in("y\n");
    let (code, shown) = terminal.end();
    assert!(code == Some(0) && server.connections() > 0, "{shown}");

    let wrong = Reply::status("200 OK", "content-type: application/json\r\ndate: Wed, 21 Oct 2020 07:28:00 GMT\r\n", "{}");
    let server = FakeProvider::always(wrong);
    env.with_provider("own", &server.base_url(), "");
    let found = findings(&env.run(&["doctor", "--json", "--yes"]));
    assert!(found.iter().any(|(id, cause, _)| id == "clock-skew" && cause.contains("min")), "{found:?}");
}

#[test]
fn a_key_that_is_not_there_is_found_without_a_call() {
    let server = FakeProvider::always(Reply::stream(&answer("printf done")));
    let env = well();
    env.with_provider("own", &server.base_url(), "key = { env = \"KEY_OF_NOBODY\" }");
    assert!(only(&env, "key").starts_with("export KEY_OF_NOBODY="));
    let file = env.home().join(".config/gptos/own.key");
    fs::write(&file, "sk-1\n").unwrap();
    set_mode(&file, 0o644);
    env.with_provider("own", &server.base_url(), "key = { file = \"own.key\" }");
    mend(&env, &only(&env, "key"));
    assert_eq!((look(&env), server.connections()), (vec![], 0));
    env.with_provider("own", &server.base_url(), "key = { login = \"keyring\" }");
    let found = look(&env);
    let ids: Vec<&str> = found.iter().map(|(id, ..)| id.as_str()).collect();
    assert_eq!(ids, ["keyring", "key"], "there is no session here: {found:?}");
}

#[test]
fn without_a_login_shell_the_one_that_it_was_started_in_is_looked_at() {
    for (shell, wrapper) in [
        ("zsh", &["zsh", "-fc", "\"$@\"; true", "zsh"] as &[&str]),
        ("fish", &["fish", "--no-config", "-c", "command $argv; true"]),
        ("bash", &["bash", "--norc", "-c", "\"$@\"; true", "bash"]),
    ] {
        if !Path::new("/usr/bin").join(shell).exists() {
            skipped(&format!("{shell} is not installed"));
            continue;
        }
        let env = TestEnv::new().set("SHELL", "");
        let run = run(env.wrapped(wrapper, &["doctor"]), b"");
        let line = run.out.lines().find(|line| line.starts_with("shell ")).unwrap_or_else(|| panic!("{}{}", run.out, run.err));
        assert!(line["shell ".len()..].trim_start().starts_with(shell), "in {shell}: {line}");
    }
}
