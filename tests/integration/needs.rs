//! The line that says what needs the user: it comes along with an answer, once a day for each cause, over all shells.

use std::fs;
use std::process::Stdio;

use crate::environment::{Resident, TestEnv, kill, provider_block, records, run, wait_until};
use crate::fake_provider::{FakeProvider, Reply};

const KNOWN: &[u8] = b"list files by size";
const LINE: &str = "own refuses the key: `gptos provider test own` tells why";

/// A provider that refuses the key, and a home whose first answer was given long ago.
fn refusing(more: &str) -> (TestEnv, FakeProvider) {
    let provider = FakeProvider::always(Reply::status("401 Unauthorized", "", "{}"));
    let env = TestEnv::new();
    env.configure(&format!("{more}\n{}", provider_block("own", &provider.base_url(), "")));
    let state = env.home().join(".local/state/gptos");
    fs::create_dir_all(&state).unwrap();
    fs::write(state.join("welcomed"), "").unwrap();
    (env, provider)
}

/// The rows that come with an answer to words that this machine knows, in that shell.
fn rows(env: &TestEnv, shell: &str) -> Vec<String> {
    let run = env.run_with_input(&["widget", shell], KNOWN);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    records(&run.out).into_iter().filter(|(kind, ..)| kind == "row").map(|(_, text, _)| text).collect()
}

/// Has the provider asked, and by the resident.
fn ask(env: &TestEnv) {
    let mut number = 0;
    wait_until("the resident knows that the key is refused", || {
        number += 1;
        env.run_with_input(&["widget", "bash"], format!("frobnicate the quux {number}").as_bytes());
        env.status().unwrap()["endpoints"][0]["state"] == "quarantined"
    });
}

#[test]
fn one_line_comes_along_once_a_day_and_no_answer_waits_for_it() {
    let (env, _provider) = refusing("");
    let _resident = Resident(env.start_resident());
    assert_eq!(rows(&env, "bash"), [""; 0], "nobody was asked yet");
    ask(&env);
    // What is at hand has no room for the line, so it is left to the program, as the first answer of an installation is.
    let at_once = || env.run_with_input(&["widget", "bash", "--at-once"], KNOWN).code;
    assert_eq!(at_once(), Some(75));
    assert_eq!(rows(&env, "zsh"), [LINE]);
    for shell in ["zsh", "bash", "fish"] {
        assert_eq!(rows(&env, shell), [""; 0], "{shell}");
    }
    wait_until("it is at hand again", || at_once() == Some(0));
    // On another day it is told again.
    let told = env.home().join(".local/state/gptos/hints.needs");
    let text = fs::read_to_string(&told).unwrap();
    let (day, cause) = text.trim_end().split_once(' ').unwrap();
    assert_eq!(cause, "key");
    fs::write(&told, format!("{} key\n", day.parse::<i32>().unwrap() - 1)).unwrap();
    assert_eq!((rows(&env, "fish"), rows(&env, "bash")), (vec![LINE.to_owned()], Vec::new()));
}

#[test]
fn a_line_that_nobody_wants_does_not_come() {
    for (more, comes) in [
        ("alerts.notify = false", false),
        ("alerts.silence = [\"key\", \"spend\"]", false),
        ("alerts.silence = [\"quota\", \"disk\", \"audit\"]", true),
    ] {
        let (env, _provider) = refusing(more);
        let _resident = Resident(env.start_resident());
        ask(&env);
        assert_eq!(rows(&env, "bash") == [LINE], comes, "{more}");
        assert_eq!(env.home().join(".local/state/gptos/hints.needs").exists(), comes, "{more}");
    }
}

#[test]
fn a_process_that_answers_for_itself_brings_it_along_and_a_resident_that_is_frozen_holds_nobody_up() {
    let (env, _provider) = refusing("");
    let resident = Resident(env.start_resident());
    ask(&env);
    kill(resident.pid(), "STOP");
    assert_eq!(rows(&env, "bash"), [""; 0], "what the frozen one knows nobody can tell");
    kill(resident.pid(), "CONT");
    wait_until("the resident tells", || rows(&env, "bash") == [LINE]);
}

#[test]
fn a_disk_that_is_full_is_told_of_once_though_nothing_can_be_kept() {
    let env = TestEnv::new();
    let state = env.home().join(".local/state/gptos");
    fs::create_dir_all(&state).unwrap();
    let ask = "printf 'list files by size' | \"$@\" widget bash | tr '\\0' '\\n'";
    let script = format!(
        "mount -t tmpfs -o size=64k,mode=700 tmpfs '{0}' && : > '{0}/welcomed' && head -c 100000 /dev/zero > '{0}/ballast' 2>/dev/null
        \"$@\" daemon run & until \"$@\" status >/dev/null 2>&1; do :; done
        n=0; until {ask} | grep 'the disk is full'; do n=$((n + 1)); [ $n -lt 300 ] || exit 9; done
        for i in 1 2 3 4; do {ask} | grep 'the disk is full\\|^cmd'; done
        \"$@\" daemon stop",
        state.display()
    );
    let mut command = env.wrapped(&["unshare", "-rm", "sh", "-c", &script, "sh"], &[]);
    command.stdin(Stdio::null());
    let run = run(command, b"");
    let told = run.out.lines().filter(|line| line.contains("the disk is full, and nothing is recorded")).count();
    let answers = run.out.lines().filter(|line| *line == "cmd").count();
    assert_eq!((run.code, told), (Some(0), 1), "{}{}", run.out, run.err);
    assert!(answers >= 4, "{}", run.out);
}
