//! The slate that a resident has for a fish, from the shell's side: a proper shell, one that writes nonsense, and one that ends.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::environment::{TestEnv, wait_until};
use crate::pipes::{KNOWN, MUCH, Shell};

/// The answer to what is written there, once the question is empty again.
fn ask(place: &str, written: &[u8]) -> String {
    let file = format!("{place}.ask");
    fs::write(&file, written).unwrap();
    wait_until("the question to be read", || fs::metadata(&file).is_ok_and(|found| found.len() == 0));
    fs::read_to_string(format!("{place}.told")).unwrap()
}

fn question(cursor: usize, line: &str) -> Vec<u8> {
    format!("ll gs\0{cursor}\n{line}\n").into_bytes()
}

#[test]
fn a_fish_gets_on_its_slate_what_it_gets_over_the_socket() {
    let env = TestEnv::in_memory();
    let mut resident = env.start_resident();
    let shell = Shell::start(&env, "fish");
    let place = shell.place();
    let folder = Path::new(&place).parent().unwrap().to_owned();
    for (path, mode) in [(folder.clone(), 0o700), (format!("{place}.ask").into(), 0o600), (format!("{place}.told").into(), 0o600)] {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, mode, "{}", path.display());
    }
    let command = shell.post(u32::MAX).into_iter().find(|(kind, ..)| kind == "cmd").unwrap().1;
    for (line, words, told) in [(format!("?? {KNOWN} "), KNOWN, ""), (KNOWN.to_owned(), KNOWN, "cursor=4")] {
        // A resident that is busy may leave it to the program.
        wait_until("an answer", || {
            let answer = ask(&place, &question(4, &line));
            let fields: Vec<&str> = answer.lines().collect();
            fields[0] == "laid" && (fields[16], fields[17], fields[18], fields[20]) == (&line, words, told, &command)
        });
    }
    assert_eq!(ask(&place, &question(4, "frobnicate the quux")), "tried\n");
    assert_eq!(ask(&place, &question(4, "?? frobnicate the quux")), "tried\n");
    assert_eq!(ask(&place, &question(4, "  ?? list")), "other\n");
    wait_until("the answer to go", || fs::metadata(format!("{place}.told")).is_ok_and(|found| found.len() == 0));
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
    assert!(!folder.exists());
}

#[test]
fn nonsense_is_no_question_and_a_slate_ends_with_its_shell() {
    let env = TestEnv::in_memory();
    let mut resident = env.start_resident();
    let shell = Shell::start(&env, "fish");
    let place = shell.place();
    for written in [&b"\0"[..], b"\n", b"\0\n\n", b"\xff\0\xff\n", b"half a question", b"\0-1\n?? list\n", &[b'x'; MUCH]] {
        assert_eq!(ask(&place, written), "other\n", "{:?}", String::from_utf8_lossy(&written[..written.len().min(20)]));
    }
    // Other files in that folder are nobody's.
    let beside = format!("{place}.other");
    fs::write(&beside, "x").unwrap();
    assert!(ask(&place, &question(0, "?? frobnicate the quux")).starts_with("tried"));
    fs::remove_file(beside).unwrap();
    // A shell that asks again leaves its former slate; one that ends the last. Nobody has one who is no process.
    let second = shell.place();
    assert_ne!(second, place);
    wait_until("the former slate to go", || !Path::new(&format!("{place}.ask")).exists());
    assert_eq!(ask(&second, &question(0, "  ?? x")), "other\n");
    drop(shell);
    wait_until("the slate of a shell that has ended to go", || !Path::new(&format!("{second}.told")).exists());
    let shell = Shell::start(&env, "fish");
    assert!(!shell.post(u32::MAX).iter().any(|(kind, ..)| kind == "pipes"));
    // A folder that was taken away is made anew.
    let third = shell.place();
    fs::remove_dir_all(Path::new(&third).parent().unwrap()).unwrap();
    let fourth = shell.place();
    assert_eq!(ask(&fourth, &question(0, "  ?? x")), "other\n");
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn what_would_reach_a_disk_is_no_slate() {
    // Where even what is built lies in memory there is nothing to be seen.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    if gptos::platform::lies_in_memory(folder) {
        return;
    }
    let env = TestEnv::in_folder(folder);
    let mut resident = env.start_resident();
    let shell = Shell::start(&env, "fish");
    wait_until("an answer", || shell.post(std::process::id()).iter().any(|(kind, ..)| kind == "cmd"));
    assert!(!shell.post(std::process::id()).iter().any(|(kind, ..)| kind == "pipes"));
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}
