//! Lines that failed, and lines read aloud for a shell, by the real binary.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use serde_json::{Value, json};

use super::environment::{Resident, TestEnv, records};

fn fix(env: &TestEnv, status: &str, line: &str) -> (Option<i32>, Vec<String>, String) {
    let run = env.run(&["fix", "--shell", "bash", "--status", status, "--json", "--", line]);
    let report: Value = serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {} {}", run.out, run.err));
    let fixes = report["fixes"].as_array().unwrap().iter().map(|fix| fix["command"].as_str().unwrap().to_owned()).collect();
    (run.code, fixes, report["remarks"].to_string())
}

#[test]
fn a_line_is_mended_by_what_is_there_and_never_run() {
    let env = TestEnv::new();
    let work = env.work();
    fs::create_dir_all(work.join("Downloads")).unwrap();
    fs::write(work.join("notes.txt"), "x").unwrap();
    fs::write(work.join("go.sh"), "#!/bin/sh\ntouch ran\n").unwrap();
    for (status, line, meant) in [
        ("127", "mkdri made", "mkdir made"),
        ("1", "cd Donwloads", "cd Downloads"),
        ("1", "cp notes.txt a/b/", "mkdir -p a/b && cp notes.txt a/b/"),
        ("126", "./go.sh", "chmod +x ./go.sh && ./go.sh"),
        ("1", "cat ntoes.txt", "cat notes.txt"),
    ] {
        let (code, fixes, remarks) = fix(&env, status, line);
        assert_eq!((code, fixes.first().map(String::as_str)), (Some(0), Some(meant)), "{line}: {remarks}");
    }
    let run = env.run(&["fix", "--shell", "bash", "--status", "127", "mkdri", "made"]);
    assert_eq!((run.code, run.out.lines().next()), (Some(0), Some("mkdir made")), "{}", run.err);
    assert!(run.out.lines().nth(1).is_some_and(|note| note.starts_with("  ") && note.contains("risk low")), "{}", run.out);
    assert!(!work.join("made").exists() && !work.join("a").exists() && !work.join("ran").exists(), "something was run");
    for (arguments, code) in [
        (vec!["fix", "--status", "1", "--", "false"], 1),
        (vec!["fix", "--status", "0", "--", "mkdri made"], 1),
        (vec!["fix", "--", "false"], 64),
        (vec!["fix", "--status", "x", "--", "false"], 64),
    ] {
        let run = env.run(&arguments);
        assert_eq!((run.code, run.out.as_str()), (Some(code), ""), "{arguments:?}: {}", run.err);
    }
    assert!(env.run(&["fix", "--status", "1", "--", "false"]).err.contains("exit 1: it always fails"));
    assert!(!env.socket().exists(), "no resident was started for it");
}

#[test]
fn branches_are_read_without_git() {
    let env = TestEnv::new();
    let git = env.work().join(".git");
    assert_eq!(fix(&env, "128", "git status").1, Vec::<String>::new());
    assert!(fix(&env, "128", "git status").2.contains("no git repository"));
    fs::create_dir_all(git.join("refs/heads")).unwrap();
    fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    fs::write(git.join("refs/heads/main"), "").unwrap();
    fs::write(git.join("packed-refs"), "0123 refs/heads/develop\n").unwrap();
    fs::write(git.join("config"), "[remote \"origin\"]\n\turl = x\n").unwrap();
    assert_eq!(fix(&env, "1", "git checkout devlop").1.first().map(String::as_str), Some("git checkout develop"));
    assert_eq!(fix(&env, "128", "git push").1, ["git push -u origin HEAD"]);
}

/// Whether any file below a folder holds a text.
fn holds(folder: &Path, text: &str) -> bool {
    fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => holds(&entry.path(), text),
        Ok(kind) if kind.is_file() => {
            fs::read(entry.path()).is_ok_and(|bytes| bytes.windows(text.len()).any(|part| part == text.as_bytes()))
        }
        _ => false,
    })
}

#[test]
fn the_line_and_its_secrets_are_kept_nowhere() {
    let env = TestEnv::new();
    let resident = Resident(env.start_resident());
    let line = "crul -H 'Authorization: Bearer sk-abcdefghijklmnopqrstuvwx' x.test";
    let path = env.home().join("bin");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("curl"), "").unwrap();
    fs::set_permissions(path.join("curl"), fs::Permissions::from_mode(0o755)).unwrap();
    let env = env.set("PATH", path.to_str().unwrap());
    let meant = line.replace("crul", "curl");

    let run = env.run_with_input(&["widget", "bash", "--fix", "127"], format!("{line}\0\0").as_bytes());
    let found = records(&run.out);
    assert_eq!(found.first().map(|(kind, text, _)| (kind.as_str(), text.as_str())), Some(("cmd", meant.as_str())), "{}", run.out);
    assert_eq!(found.last().map(|(kind, text, _)| (kind.as_str(), text.as_str())), Some(("end", "0")));

    let shell = json!({ "name": "bash", "cwd": env.work(), "path": path });
    let body = json!({ "line": line, "status": 127, "shell": shell }).to_string();
    let answer = post(&env.socket(), "/v1/fix", &body);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let answer: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(answer["candidates"][0]["command"], meant.as_str());
    assert_eq!(answer["candidates"][0]["origin"], "fix");

    assert!(post(&env.socket(), "/v1/drain", "{}").starts_with("HTTP/1.1 200"));
    drop(resident);
    assert!(!holds(&env.home(), "sk-abcdefghijkl"), "the secret is in a file");
    assert!(!holds(&env.home(), "Authorization"), "the line is in a file");
}

fn post(socket: &Path, route: &str, body: &str) -> String {
    let mut stream = UnixStream::connect(socket).unwrap();
    let head = format!(
        "POST {route} HTTP/1.1\r\nhost: gptos\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_line_is_read_aloud_for_a_shell_and_handed_back() {
    let env = TestEnv::new();
    for shell in ["bash", "zsh", "fish"] {
        let run = env.run_with_input(&["widget", shell], b"explain touch made | head -n 3\0\0");
        let found = records(&run.out);
        let rows: Vec<&str> = found.iter().filter(|(kind, ..)| kind == "row").map(|(_, text, _)| text.as_str()).collect();
        assert!(rows.len() >= 4 && rows.iter().any(|row| row.starts_with("| head")), "{rows:?}");
        let lines: Vec<_> = found.iter().filter(|(kind, ..)| kind == "cmd").map(|(_, text, note)| (text.as_str(), note.as_str())).collect();
        assert_eq!(lines, [("touch made | head -n 3", "risk low  creates or changes files")]);
    }
    assert!(!env.work().join("made").exists());
    // Text that must not stand in a buffer is explained all the same, and stays where it is.
    let run = env.run_with_input(&["widget", "bash"], b"explain echo one; echo !! <<x\0\0");
    assert!(records(&run.out).iter().all(|(kind, ..)| kind != "cmd"), "{}", run.out);
    let english = env.run_with_input(&["widget", "bash"], b"explain the difference between two files\0\0");
    assert!(records(&english.out).iter().all(|(kind, ..)| kind != "row"), "{}", english.out);
}
