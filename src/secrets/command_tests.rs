use std::fs;
use std::path::Path;

use super::*;
use crate::domain::{FailureClass, ShellKind};

fn facts(home: &Path) -> ShellFacts {
    ShellFacts {
        shell: ShellKind::Bash,
        shell_version: String::new(),
        cwd: "/".into(),
        home: Some(home.to_owned()),
        path: "/usr/bin:/bin".into(),
        locale: "de_DE.UTF-8".into(),
        proxies: vec![("https_proxy".into(), "http://p:1".into())],
        keys: vec![("SECRET".into(), Secret::new("hush".into()))],
        own_commands: Vec::new(),
        comments: true,
    }
}

fn sh(script: &str) -> KeyCommand {
    KeyCommand::new(["sh", "-c", script].map(str::to_owned).to_vec())
}

fn runs(home: &Path) -> usize {
    fs::read_to_string(home.join("runs")).map_or(0, |text| text.lines().count())
}

async fn detail(source: &KeyCommand, home: &Path) -> String {
    let error = source.key(&facts(home)).await.expect_err("fails");
    assert_eq!(error.class, FailureClass::Auth);
    error.detail
}

#[tokio::test]
async fn one_run_serves_everybody_until_the_key_is_rejected() {
    let home = tempfile::tempdir().expect("makes a directory");
    let source = sh("echo run >> \"$HOME/runs\"; sleep 0.1; echo sk-1");
    let facts = facts(home.path());
    let all = futures_util::future::join_all((0..8).map(|_| source.key(&facts))).await;
    assert!(all.iter().all(|key| *key == Ok(Some(Secret::new("sk-1".into())))), "{all:?}");
    assert_eq!(runs(home.path()), 1);
    source.key(&facts).await.expect("is remembered");
    assert_eq!(runs(home.path()), 1);
    source.rejected(&Secret::new("sk-1".into()));
    source.key(&facts).await.expect("runs again");
    assert_eq!(runs(home.path()), 2);
}

#[tokio::test]
async fn what_stands_below_the_key_does_not_count() {
    let home = tempfile::tempdir().expect("makes a directory");
    let key = sh("printf 'sk-1\\r\\nuser: ada\\nurl: https://a.example\\n'").key(&facts(home.path())).await;
    assert_eq!(key, Ok(Some(Secret::new("sk-1".into()))));
}

#[tokio::test]
async fn only_a_key_from_memory_may_be_another_by_now() {
    let home = tempfile::tempdir().expect("makes a directory");
    let (source, facts) = (sh("echo sk-1"), facts(home.path()));
    let key = Secret::new("sk-1".into());
    source.key(&facts).await.expect("runs");
    assert!(!source.rejected(&key), "it was fetched for this call");
    source.key(&facts).await.expect("runs again");
    source.key(&facts).await.expect("is remembered");
    assert!(source.rejected(&key));
}

#[tokio::test]
async fn a_refusal_of_a_former_key_leaves_the_new_one_as_it_is() {
    let home = tempfile::tempdir().expect("makes a directory");
    let source = sh("echo run >> \"$HOME/runs\"; until [ -e \"$HOME/key\" ]; do sleep 0.02; done; cat \"$HOME/key\"");
    let (facts, old) = (facts(home.path()), Secret::new("sk-old".into()));
    fs::write(home.path().join("key"), "sk-old").expect("writes");
    source.key(&facts).await.expect("runs");
    source.key(&facts).await.expect("is remembered");
    fs::remove_file(home.path().join("key")).expect("removes");
    assert!(source.rejected(&old));
    let mut first = source.key(&facts);
    assert!(futures_util::poll!(&mut first).is_pending());
    assert!(source.rejected(&old), "the run that somebody waits for may give another one");
    let second = source.key(&facts);
    fs::write(home.path().join("key"), "sk-new").expect("writes");
    let new = Ok(Some(Secret::new("sk-new".into())));
    assert_eq!(futures_util::future::join(first, second).await, (new.clone(), new.clone()));
    assert!(source.rejected(&old), "there is another one already");
    assert_eq!(source.key(&facts).await, new);
    assert_eq!(runs(home.path()), 2);
}

#[tokio::test]
async fn a_failure_counts_for_a_while_and_then_may_be_over() {
    let home = tempfile::tempdir().expect("makes a directory");
    let mut source = sh("echo run >> \"$HOME/runs\"; cat \"$HOME/key\"");
    let facts = facts(home.path());
    assert!(source.key(&facts).await.is_err());
    let failed = source.state(&facts).await;
    fs::write(home.path().join("key"), "sk-1").expect("writes");
    assert!(source.key(&facts).await.is_err(), "it still counts");
    assert_eq!((source.state(&facts).await, runs(home.path())), (failed, 1));
    source.times.failure_kept = Duration::from_millis(1);
    while source.state(&facts).await == failed {
        tokio::task::yield_now().await;
    }
    assert_eq!(source.key(&facts).await, Ok(Some(Secret::new("sk-1".into()))));
}

#[tokio::test]
async fn a_refused_key_is_looked_for_again_now_and_then() {
    let home = tempfile::tempdir().expect("makes a directory");
    let mut source = sh("echo run >> \"$HOME/runs\"; cat \"$HOME/key\"");
    source.times.look = Duration::from_secs(10);
    let facts = facts(home.path());
    fs::write(home.path().join("key"), "sk-old").expect("writes");
    source.key(&facts).await.expect("runs");
    source.rejected(&Secret::new("sk-old".into()));
    let refused = source.state(&facts).await;
    fs::write(home.path().join("key"), "sk-old\nuser: ada").expect("writes");
    assert_eq!((source.state(&facts).await, runs(home.path())), (refused, 1), "too soon");
    source.times.look_again = Duration::ZERO;
    assert_eq!((source.state(&facts).await, runs(home.path())), (refused, 2), "it is the same");
    fs::write(home.path().join("key"), "sk-new").expect("writes");
    let found = source.state(&facts).await;
    assert!(found != refused && runs(home.path()) == 3);
    assert_eq!((source.state(&facts).await, runs(home.path())), (found, 3), "nobody refused that one");
}

#[tokio::test]
async fn a_look_that_takes_long_counts_for_the_next_question() {
    let home = tempfile::tempdir().expect("makes a directory");
    let mut source = sh("until [ -e \"$HOME/key\" ]; do sleep 0.02; done; cat \"$HOME/key\"");
    source.times.look_again = Duration::ZERO;
    source.times.look = Duration::from_millis(1);
    let facts = facts(home.path());
    fs::write(home.path().join("key"), "sk-old").expect("writes");
    source.key(&facts).await.expect("runs");
    fs::remove_file(home.path().join("key")).expect("removes");
    source.rejected(&Secret::new("sk-old".into()));
    let refused = source.state(&facts).await;
    fs::write(home.path().join("key"), "sk-new").expect("writes");
    while source.state(&facts).await == refused {
        tokio::task::yield_now().await;
    }
    assert_eq!(source.key(&facts).await, Ok(Some(Secret::new("sk-new".into()))));
}

#[tokio::test]
async fn a_run_outlives_the_request_that_started_it() {
    let home = tempfile::tempdir().expect("makes a directory");
    let source = sh("echo run >> \"$HOME/runs\"; sleep 0.3; echo sk-1");
    let facts = facts(home.path());
    let hasty = tokio::time::timeout(Duration::from_millis(50), source.key(&facts)).await;
    assert!(hasty.is_err(), "the request gave up first");
    assert_eq!(source.key(&facts).await, Ok(Some(Secret::new("sk-1".into()))));
    assert_eq!(runs(home.path()), 1);
}

#[tokio::test]
async fn the_program_sees_the_shells_path_and_home_and_no_secret() {
    let home = tempfile::tempdir().expect("makes a directory");
    let source = sh("env > \"$HOME/seen\"; pwd >> \"$HOME/seen\"; cat >> \"$HOME/seen\"; echo sk-1");
    source.key(&facts(home.path())).await.expect("runs");
    let seen = fs::read_to_string(home.path().join("seen")).expect("was written");
    assert!(seen.contains("PATH=/usr/bin:/bin\n") && seen.contains("LANG=de_DE.UTF-8\n"), "{seen}");
    assert!(!seen.contains("SECRET") && !seen.contains("CARGO") && !seen.contains("proxy"), "{seen}");
    assert!(seen.ends_with(&format!("{}\n", home.path().display())), "{seen}");
}

#[tokio::test]
async fn failures_name_the_program_and_not_its_output() {
    let home = tempfile::tempdir().expect("makes a directory");
    for (source, expected) in [
        (sh("echo sk-1; exit 3"), "key command sh: exit status 3; hint: run it in a terminal"),
        (sh("kill -9 $$"), "key command sh: was killed"),
        (sh("true"), "key command sh: what it printed is empty"),
        (KeyCommand::new(vec!["/nonexistent".into()]), "key command /nonexistent: no such program"),
        (KeyCommand::new(Vec::new()), "key command: is empty"),
        (KeyCommand::new(vec![String::new()]), "key command: is empty"),
    ] {
        assert_eq!(detail(&source, home.path()).await, expected);
    }
    assert_eq!(detail(&sh("yes | tr -d '\\n' | head -c 1000000"), home.path()).await, "key command sh: printed too much for a key");
}

#[tokio::test]
async fn a_hanging_program_is_killed_with_its_children_and_not_run_again_at_once() {
    let home = tempfile::tempdir().expect("makes a directory");
    let mut source = KeyCommand::new(["sh", "-c", "sleep 60 & echo $! >> \"$HOME/runs\"; wait"].map(str::to_owned).to_vec());
    source.times.limit = Duration::from_millis(300);
    assert_eq!(detail(&source, home.path()).await, "key command sh: no key within 0.3 s");
    assert_eq!(detail(&source, home.path()).await, "key command sh: no key within 0.3 s");
    assert_eq!(runs(home.path()), 1);
    let pid: i32 = fs::read_to_string(home.path().join("runs")).expect("was written").trim().parse().expect("a pid");
    let pid = rustix::process::Pid::from_raw(pid).expect("a pid");
    let gone = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        // A killed child that nobody waited for yet is still there as a zombie.
        rustix::process::test_kill_process(pid).is_err()
            || fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") Z "))
    });
    assert!(gone, "the program still runs");
}
