//! The rows of the fault matrix that are about this machine: memory, disk, descriptors, locks, clock, pipes. Each runs the
//! binary with the fault injected and asks for an answer in time.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::environment::{Run, TestEnv, binary, is_alive, kill, run, wait_until};
use crate::fake_provider::{FakeProvider, Reply, answer};

const KNOWN: &str = "list files by size";
const UNKNOWN: &str = "frobnicate the quux";
/// Far more than any of these may take; a loaded machine adds its own.
const IN_TIME: Duration = Duration::from_secs(5);

/// The environment of a test with another program in front of the binary.
fn wrapped(env: &TestEnv, wrapper: &[&str], arguments: &[&str]) -> Command {
    let inner = env.command(arguments);
    let mut command = Command::new(wrapper[0]);
    command.args(&wrapper[1..]).arg(inner.get_program()).args(inner.get_args()).env_clear().current_dir(env.work());
    for (name, value) in inner.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command
}

fn assert_answers(name: &str, run: &Run) {
    assert_eq!(run.code, Some(0), "{name}: {}", run.err);
    assert!(run.out.starts_with("ls "), "{name}: {}", run.out);
    assert!(run.took < IN_TIME, "{name} took {:?}", run.took);
}

fn translate(env: &TestEnv, wrapper: &[&str]) -> Run {
    run(wrapped(env, wrapper, &["translate", "--shell", "bash", "--", KNOWN]), b"")
}

#[test]
fn f06_a_resident_that_gets_no_memory_costs_no_answer() {
    let env = TestEnv::new();
    // Enough to start and too little to serve many; whatever happens to it, the shell gets its answer.
    let mut command = wrapped(&env, &["sh", "-c", "ulimit -v 60000; exec \"$@\"", "sh"], &["daemon", "run"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    for _ in 0..10 {
        assert_answers("short of memory", &translate(&env, &["env"]));
    }
    kill(i32::try_from(child.id()).unwrap(), "KILL");
    child.wait().unwrap();
    assert_answers("killed", &translate(&env, &["env"]));
}

#[test]
fn f07_a_full_disk_costs_no_answer_and_damages_nothing() {
    let provider = FakeProvider::always(Reply::stream(&answer("echo made")));
    let env = TestEnv::new();
    env.with_provider("own", &provider.base_url(), "");
    let cache = env.home().join(".cache");
    fs::create_dir_all(&cache).unwrap();
    let script = format!(
        "mount -t tmpfs -o size=96k tmpfs '{}' && head -c 200000 /dev/zero > '{0}/ballast' 2>/dev/null; \"$@\" daemon run & \
         for i in 1 2 3 4 5 6 7 8; do \"$@\" translate --shell bash -- {UNKNOWN} $i || exit 9; done; \"$@\" daemon stop",
        cache.display()
    );
    let mut command = wrapped(&env, &["unshare", "-rm", "sh", "-c", &script, "sh"], &[]);
    command.stdin(Stdio::null());
    let run = run(command, b"");
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert_eq!(run.out.lines().filter(|line| *line == "echo made").count(), 8, "{}", run.out);
}

#[test]
fn f09_without_descriptors_there_is_an_answer_or_a_reason_and_no_spinning() {
    let env = TestEnv::new();
    for limit in [3, 4, 6, 8, 12, 16] {
        let run = translate(&env, &["sh", "-c", &format!("ulimit -n {limit}; exec \"$@\""), "sh"]);
        assert!(run.took < IN_TIME, "{limit}: {:?}", run.took);
        let answered = run.code == Some(0) && run.out.starts_with("ls ");
        // The loader itself needs one or two.
        assert!(answered || !run.err.is_empty(), "{limit}: {:?} {}", run.code, run.out);
        assert!(answered || limit < 12, "{limit}: {}", run.err);
    }
    let mut command = wrapped(&env, &["sh", "-c", "ulimit -n 24; exec \"$@\"", "sh"], &["daemon", "run"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until("the resident listens", || env.socket().exists());
    let held: Vec<_> = (0..64).map_while(|_| std::os::unix::net::UnixStream::connect(env.socket()).ok()).collect();
    assert_answers("all descriptors taken", &translate(&env, &["env"]));
    let ticks = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        fields.get(11).and_then(|ticks| ticks.parse::<u64>().ok()).unwrap_or(0)
    };
    let before = ticks();
    std::thread::sleep(Duration::from_millis(500));
    assert!(ticks() - before < 25, "it spins: {} ticks of 10 ms in half a second", ticks() - before);
    drop(held);
    kill(i32::try_from(child.id()).unwrap(), "TERM");
    child.wait().unwrap();
}

#[test]
fn f11_a_runtime_directory_that_others_may_write_is_not_trusted() {
    let env = TestEnv::new();
    let own = env.socket().parent().unwrap().parent().unwrap().to_owned();
    fs::set_permissions(&own, fs::Permissions::from_mode(0o777)).unwrap();
    assert_answers("0777", &translate(&env, &["env"]));
    fs::set_permissions(&own, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn f21_a_clock_that_jumps_resurrects_nothing_and_blocks_nothing() {
    let provider = FakeProvider::always(Reply::stream(&answer("echo made")));
    let env = TestEnv::new();
    env.with_provider("own", &provider.base_url(), "");
    let library = ["/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1"];
    let library = library.into_iter().find(|path| fs::exists(path).unwrap_or(false)).expect("libfaketime is installed by tests/run");
    let preload = format!("LD_PRELOAD={library}");
    for offset in ["+1d", "-1d", "-1h", "+400d", "@1970-01-02 00:00:00", "+0"] {
        let time = format!("FAKETIME={offset}");
        let wrapper = ["env", preload.as_str(), &time, "FAKETIME_DONT_FAKE_MONOTONIC=1"];
        let run = run(wrapped(&env, &wrapper, &["translate", "--shell", "bash", "--", UNKNOWN]), b"");
        assert_eq!((run.code, run.out.as_str()), (Some(0), "echo made\n"), "{offset}: {}", run.err);
        assert!(run.took < IN_TIME, "{offset} {:?}", run.took);
    }
}

#[test]
fn f26_a_substitution_returns_at_once_and_holds_no_descriptor() {
    let env = TestEnv::new();
    // The resident that is started on the way must not keep the pipe open.
    let script =
        format!("out=$(\"$@\" translate --shell bash -- {KNOWN}); printf '%s\\n' \"$out\"; \"$@\" translate --shell bash -- {KNOWN} | cat");
    let run = run(wrapped(&env, &["bash", "-c", &script, "bash"], &[]), b"");
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert_eq!(run.out.lines().filter(|line| line.starts_with("ls ")).count(), 2, "{}", run.out);
    assert!(run.took < IN_TIME, "{:?}", run.took);
    wait_until("the resident is there", || env.status().is_some());
    let pid = env.status().unwrap()["pid"].as_i64().unwrap();
    let open: Vec<_> =
        fs::read_dir(format!("/proc/{pid}/fd")).unwrap().filter_map(|entry| fs::read_link(entry.unwrap().path()).ok()).collect();
    assert!(!open.iter().any(|target| target.to_string_lossy().starts_with("pipe:")), "{open:?}");
    assert!(is_alive(i32::try_from(pid).unwrap()));
}

#[test]
fn f29_where_locks_are_not_supported_it_answers_in_direct_mode() {
    let env = TestEnv::new();
    let strace = ["strace", "-f", "-qqq", "-o", "/dev/null", "-e", "trace=flock", "-e", "inject=flock:error=ENOLCK"];
    let begun = Instant::now();
    let mut command = wrapped(&env, &strace, &["daemon", "run"]);
    let ended = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).output().unwrap();
    assert!(!ended.status.success(), "without a lock there may be two");
    assert!(begun.elapsed() < IN_TIME);
    assert_answers("no locks", &translate(&env, &strace));
    assert_eq!(binary(), env.command(&[]).get_program());
}

#[test]
fn n01_n02_without_a_network_the_answer_or_the_reason_comes_at_once() {
    for (url, reason) in [("https://192.0.2.1/v1", "no route"), ("https://provider.invalid/v1", "cannot resolve")] {
        let env = TestEnv::new();
        env.with_provider("far", url, "");
        let cut_off = ["unshare", "-rn"];
        assert_answers(url, &translate(&env, &cut_off));
        let unknown = wrapped(&env, &cut_off, &["translate", "--shell", "bash", "--", UNKNOWN]);
        let run = run(unknown, b"");
        assert_eq!(run.code, Some(1), "{url}: {}", run.out);
        assert!(run.err.contains(reason), "{url}: {}", run.err);
        assert!(run.took < IN_TIME, "{url}: {:?}", run.took);
    }
}
