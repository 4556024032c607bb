//! The key of a provider, planted at each place where one may be kept, used for a call and refused, and looked for
//! everywhere else: in what processes tell of themselves, core files, logs, the cache, the audit trail and all that is printed.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::desktop_keyring::Session;
use crate::environment::{Run, TestEnv, kill, run, wait_until};
use crate::fake_provider::{FakeProvider, Reply, Script, answer};
use crate::planted_secret::{assert_absent, forms};

/// Lets a core file be as large as it likes before it becomes another program.
const WITH_CORES: [&str; 4] = ["sh", "-c", "ulimit -c unlimited; exec \"$@\"", "sh"];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Source {
    File,
    Command,
    Environment,
    LoginFile,
    LoginKeyring,
}

/// Spelled in parts, so that no scanner takes this file for a leak.
fn key() -> String {
    ["sk-", "planted-Qq7wWw8eEe9rRr0tTt1yYy2uUu3iIi4oOo5"].concat()
}

/// A machine on which the key is at one place.
struct Planted {
    env: TestEnv,
    server: FakeProvider,
    source: Source,
    _session: Option<Session>,
    /// Where the key is meant to be.
    place: Option<PathBuf>,
}

impl Planted {
    fn at(source: Source) -> Self {
        let server = FakeProvider::always(Reply::stream(&answer("printf done")));
        let session = (source == Source::LoginKeyring).then(Session::start);
        let mut env = TestEnv::new();
        if let Some(session) = &session {
            env = env.set("DBUS_SESSION_BUS_ADDRESS", &session.address());
        }
        let file = env.home().join("key");
        let line = match source {
            Source::File => "key = { file = \"~/key\" }",
            // What a child of the resident sees is written down, to be searched too.
            Source::Command => "key = { command = [\"sh\", \"-c\", \"cat /proc/self/environ /proc/self/cmdline >> seen; cat key\"] }",
            Source::Environment => "key = { env = \"PLANTED_KEY\" }",
            Source::LoginFile | Source::LoginKeyring => "",
        };
        let program = "[[provider]]\nname = \"program\"\nkind = \"command\"\n\
            argv = [\"sh\", \"-c\", \"cat /proc/self/environ >> $HOME/seen; cat > /dev/null; echo pwd\"]\n";
        let block = crate::environment::provider_block("own", &server.base_url(), line);
        env.configure(&format!("log.level = \"trace\"\n[limits]\nuser_per_minute = 0\nsession_per_minute = 0\n{block}{program}"));
        let place = match source {
            Source::File | Source::Command => {
                fs::write(&file, format!("{}\n", key())).unwrap();
                fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
                Some(file)
            }
            Source::LoginFile => Some(env.home().join(".local/state/gptos/keys/own")),
            Source::Environment | Source::LoginKeyring => None,
        };
        let planted = Self { env, server, source, _session: session, place };
        if matches!(source, Source::LoginFile | Source::LoginKeyring) {
            let run = planted.env.run_with_input(&["auth", "login", "own", "--stdin"], key().as_bytes());
            let store = if source == Source::LoginFile { "a file that only you" } else { "in the keyring" };
            assert!(run.code == Some(0) && run.err.contains(store), "{}", run.err);
            assert_absent("what the login said", format!("{}{}", run.out, run.err).as_bytes(), &forms(&key()));
        }
        planted
    }

    /// A command of a shell that holds the key where the configuration names a variable for it.
    fn run(&self, arguments: &[&str]) -> Run {
        let mut command = self.env.command(arguments);
        if self.source == Source::Environment {
            command.env("PLANTED_KEY", key());
        }
        run(command, b"")
    }

    fn ask(&self, words: &str) -> Run {
        self.run(&["translate", "--shell", "bash", "--", words])
    }

    fn calls(&self) -> usize {
        let bearer = format!("Bearer {}", key());
        self.server.requests().iter().filter(|request| request.header("authorization") == Some(bearer.as_str())).count()
    }
}

/// What `/proc` tells of a process and all that it starts, sampled until it is asked for.
struct Watch {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<BTreeSet<Vec<u8>>>,
}

impl Watch {
    fn of(pid: u32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut seen = BTreeSet::new();
            while !stopped.load(Ordering::Relaxed) {
                let mut open = vec![pid];
                while let Some(pid) = open.pop() {
                    for file in ["cmdline", "environ"] {
                        seen.extend(fs::read(format!("/proc/{pid}/{file}")).ok().filter(|bytes| !bytes.is_empty()));
                    }
                    for task in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
                        let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
                        open.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
                    }
                }
            }
            seen
        });
        Self { stop, thread }
    }

    fn seen(self) -> BTreeSet<Vec<u8>> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

/// Every file below a folder but the one where the key belongs.
fn assert_files_are_clean(folder: &Path, but: Option<&Path>, forms: &[String]) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = fs::symlink_metadata(&path).unwrap().file_type();
        if kind.is_dir() {
            assert_files_are_clean(&path, but, forms);
        } else if kind.is_file() && Some(path.as_path()) != but {
            assert!(!path.file_name().unwrap().to_string_lossy().starts_with("core"), "{} is a core file", path.display());
            assert_absent(&path.display().to_string(), &fs::read(&path).unwrap(), forms);
        }
    }
}

/// Ends a process with a signal that usually leaves a core file. The first of them is sometimes caught.
fn crash(child: &mut Child, signal: &str) -> ExitStatus {
    let pid = i32::try_from(child.id()).unwrap();
    let mut ended = None;
    wait_until("it has crashed", || {
        kill(pid, signal);
        ended = child.try_wait().unwrap();
        ended.is_some()
    });
    ended.unwrap()
}

fn found_nowhere(source: Source, signal: &str) {
    let planted = Planted::at(source);
    let env = &planted.env;
    let forms = forms(&key());
    let before = planted.calls();
    let mut resident = env.start(env.wrapped(&WITH_CORES, &["daemon", "run"]));
    let watch = Watch::of(resident.id());
    let mut printed = String::new();
    let mut keep = |run: Run| printed += &format!("{}{}\n", run.out, run.err);
    let run = planted.ask("frobnicate the quux");
    assert_eq!(run.out.trim(), "printf done", "{source:?}: {}", run.err);
    keep(run);
    assert!(planted.calls() > before, "{source:?}: the key was sent");
    assert!(env.home().join("seen").exists() || source != Source::Command, "the command ran below the resident");

    // Vendors repeat the key in what they say of it.
    let body = serde_json::json!({ "error": { "message": format!("Incorrect API key provided: {}.", key()), "code": "invalid_api_key" } });
    let refused = Reply::status("401 Unauthorized", "content-type: application/json\r\n", &body.to_string());
    planted.server.set(Script::Always(refused));
    let sent = planted.calls();
    keep(planted.ask("frobnicate another quux"));
    assert!(planted.calls() > sent, "{source:?}: the key was refused");
    assert!(fs::read(env.home().join("seen")).is_ok_and(|seen| !seen.is_empty()), "{source:?}: the next provider was asked");
    keep(planted.run(&["provider", "test"]));
    let status = planted.run(&["auth", "status"]);
    assert!(status.out.contains("own") && status.out.contains("auth "), "{source:?}: {}", status.out);
    keep(status);
    for arguments in [
        &["auth", "status", "--json"][..],
        &["status", "--json"],
        &["status"],
        &["metrics"],
        &["config", "show", "--origin"],
        &["config", "get", "provider"],
        &["provider", "list"],
        &["provider", "models", "own"],
        &["translate", "--show-request", "--", "frobnicate"],
        &["privacy", "--json"],
        &["audit", "export"],
        &["log", "tail"],
        &["cache", "stats"],
        &["doctor", "--bundle", "report.txt"],
    ] {
        keep(planted.run(arguments));
    }
    assert!(printed.contains("HTTP 401") && env.work().join("report.txt").exists(), "{printed}");

    let status = crash(&mut resident, signal);
    assert!(!status.core_dumped(), "{source:?}: the resident left a core file: {status}");
    let seen = watch.seen();
    assert!(seen.iter().any(|bytes| bytes.windows(6).any(|word| word == b"daemon")), "{source:?}: the resident was watched");
    for bytes in &seen {
        assert_absent("the process list", bytes, &forms);
    }
    assert_absent("what was printed", printed.as_bytes(), &forms);
    assert_files_are_clean(&env.home(), planted.place.as_deref(), &forms);
    assert_files_are_clean(&env.work(), None, &forms);
    assert_files_are_clean(env.socket().parent().unwrap(), None, &forms);
    let log = env.home().join(".local/state/gptos/log");
    assert!(fs::read_dir(&log).is_ok_and(|files| files.count() > 0), "the log is among what was looked at");
}

#[test]
fn a_key_in_a_file_is_found_nowhere_else() {
    found_nowhere(Source::File, "SEGV");
}

#[test]
fn a_key_that_a_command_prints_is_found_nowhere() {
    found_nowhere(Source::Command, "ABRT");
}

#[test]
fn a_key_in_the_shells_environment_stays_there() {
    found_nowhere(Source::Environment, "ABRT");
}

#[test]
fn a_key_that_was_handed_over_is_where_it_was_put_alone() {
    found_nowhere(Source::LoginFile, "SEGV");
}

#[test]
fn a_key_in_the_keyring_is_found_nowhere_else() {
    found_nowhere(Source::LoginKeyring, "ABRT");
}

#[test]
fn a_process_that_answers_by_itself_leaves_no_core_file_either() {
    let folder = tempfile::tempdir().unwrap();
    let mut control = Command::new("sh");
    control.args(["-c", "ulimit -c unlimited && exec sleep 60"]).current_dir(folder.path());
    let mut control = control.stdout(Stdio::null()).spawn().unwrap();
    wait_until("the limit is raised", || {
        fs::read_to_string(format!("/proc/{}/comm", control.id())).is_ok_and(|name| name.trim() == "sleep")
    });
    if !crash(&mut control, "ABRT").core_dumped() {
        crate::environment::skipped("nothing leaves a core file on this machine");
        return;
    }
    let planted = Planted::at(Source::File);
    planted.server.set(Script::Always(Reply::nothing()));
    let mut command = planted.env.wrapped(&WITH_CORES, &["--set", "resident=off", "translate", "--shell", "bash", "--", "frobnicate it"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until("the provider is asked", || planted.calls() > 0);
    let status = crash(&mut child, "ABRT");
    assert!(!status.core_dumped(), "{status}");
    assert_files_are_clean(&planted.env.work(), None, &forms(&key()));
}
