//! The rows of the fault matrix that are about this machine: memory, disk, descriptors, locks, clock, pipes. Each runs the
//! binary with the fault injected and asks for an answer in time.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, prlimit};

use crate::environment::{Resident, Run, TestEnv, binary, faketime, is_alive, kill, run, wait_until};
use crate::fake_provider::{FakeProvider, Reply, answer};

pub const KNOWN: &str = "list files by size";
pub const UNKNOWN: &str = "frobnicate the quux";
/// Far more than any of these may take; a loaded machine adds its own.
pub const IN_TIME: Duration = Duration::from_secs(5);

pub fn assert_answers(name: &str, run: &Run) {
    assert_eq!(run.code, Some(0), "{name}: {}", run.err);
    assert!(run.out.starts_with("ls "), "{name}: {}", run.out);
    assert!(run.took < IN_TIME, "{name} took {:?}", run.took);
}

pub fn translate(env: &TestEnv, wrapper: &[&str]) -> Run {
    run(env.wrapped(wrapper, &["translate", "--shell", "bash", "--", KNOWN]), b"")
}

/// Bytes of address space that a process has now.
fn address_space(pid: i32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[test]
fn f06_a_resident_that_runs_out_of_memory_costs_no_answer() {
    let env = TestEnv::new();
    let said = env.work().join("said");
    let mut command = env.command(&["daemon", "run"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(fs::File::create(&said).unwrap());
    let mut resident = Resident(command.spawn().unwrap());
    wait_until("the resident answers", || env.status().is_some());
    assert_answers("before", &translate(&env, &["env"]));
    // From here on it gets no more than a few megabytes, and questions that never end take them.
    let most = address_space(resident.pid()) + (6 << 20);
    let limit = Rlimit { current: Some(most), maximum: Some(most) };
    prlimit(rustix::process::Pid::from_raw(resident.pid()), Resource::As, limit).unwrap();
    let head = "POST /v1/suggest HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 500000\r\n\r\n";
    let mut held = Vec::new();
    wait_until("it has run out of memory", || {
        if let Ok(mut stream) = UnixStream::connect(env.socket()) {
            stream.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&[b' '; 499_999]));
            held.push(stream);
        }
        resident.0.try_wait().unwrap().is_some()
    });
    let ended = resident.0.wait().unwrap();
    let said = fs::read_to_string(&said).unwrap();
    assert!(ended.signal() == Some(6) && said.contains("memory allocation of"), "it ended otherwise: {ended}: {said}");
    for _ in 0..3 {
        assert_answers("without it", &translate(&env, &["env"]));
    }
    wait_until("there is a new one", || env.status().is_some());
    assert_answers("with a new one", &translate(&env, &["env"]));
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
    let mut command = env.wrapped(&["unshare", "-rm", "sh", "-c", &script, "sh"], &[]);
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
    let mut command = env.wrapped(&["sh", "-c", "ulimit -n 24; exec \"$@\"", "sh"], &["daemon", "run"]);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until("the resident listens", || env.socket().exists());
    let held: Vec<_> = (0..64).map_while(|_| UnixStream::connect(env.socket()).ok()).collect();
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
    let preload = format!("LD_PRELOAD={}", faketime());
    for offset in ["+1d", "-1d", "-1h", "+400d", "@1970-01-02 00:00:00", "+0"] {
        let time = format!("FAKETIME={offset}");
        let wrapper = ["env", preload.as_str(), &time, "FAKETIME_DONT_FAKE_MONOTONIC=1"];
        let run = run(env.wrapped(&wrapper, &["translate", "--shell", "bash", "--", UNKNOWN]), b"");
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
    let run = run(env.wrapped(&["bash", "-c", &script, "bash"], &[]), b"");
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
    let mut command = env.wrapped(&strace, &["daemon", "run"]);
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
        let unknown = env.wrapped(&cut_off, &["translate", "--shell", "bash", "--", UNKNOWN]);
        let run = run(unknown, b"");
        assert_eq!(run.code, Some(1), "{url}: {}", run.out);
        assert!(run.err.contains(reason), "{url}: {}", run.err);
        assert!(run.took < IN_TIME, "{url}: {:?}", run.took);
    }
}
