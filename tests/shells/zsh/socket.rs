//! Asking the resident without a process, and everything that sends the question to the program all the same.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use super::{AT_ONCE, READING, give_up_line, scripted, start_with};
use crate::fake::FakeHelper;
use crate::resident::{FakeResident, NOTE, Say};
use crate::terminal::{Setup, Shell, Terminal};

fn helper_says(helper: FakeHelper, command: &str) -> FakeHelper {
    helper.answer_after(AT_ONCE, &[(command, NOTE)])
}

/// Only what is asked for by a key or by Enter is answered.
fn when_asked(say: Say) -> impl Fn(&str, &str) -> Say {
    move |wish, _| if wish == "answer" { say.clone() } else { Say::ask() }
}

#[test]
fn an_answer_that_is_at_hand_costs_no_process() {
    let resident = FakeResident::start(when_asked(Say::commands(&["ls -lS", "ls -lhS"])));
    let (_dir, helper) = scripted();
    let helper = helper_says(helper, "from the program");
    for vi in [false, true] {
        let t = start_with(&helper, resident.setup(Setup { vi, ..Setup::default() }));
        t.type_text("list files by 'size é");
        t.key("C-g");
        t.wait_for_screen(&format!("● {NOTE}"));
        assert_eq!(t.buffer(), "ls -lS");
        t.key("C-g");
        t.wait_for_buffer(|b| b == "ls -lhS");
        t.keys(if vi { &["Escape", "u", "u"] } else { &["C-_", "C-_"] });
        t.wait_for_buffer(|b| b == "list files by 'size é");
        give_up_line(&t, 2);
        t.type_text("?? list files");
        t.key("Enter");
        t.wait_for_buffer(|b| b == "ls -lS");
        assert_eq!(t.prompt_number(), 2);
        thread::sleep(READING);
        t.key("Enter");
        t.wait_for_prompt(3);
        t.assert_not_spinning();
    }
    assert_eq!(resident.asked(), ["list files by 'size é", "list files", "list files by 'size é", "list files"]);
    assert_eq!(helper.queries(), [""; 0]);
}

/// Enter is guarded while the resident is asked, and stays so only where there is something to read.
#[test]
fn enter_is_guarded_behind_an_answer_and_only_there() {
    let none = Say::Records(vec![("msg".to_owned(), "none of it".to_owned())]);
    for (say, message) in [(Say::commands(&["touch made"]), NOTE), (none, "none of it"), (Say::ask(), "no answer")] {
        let resident = FakeResident::start(when_asked(say));
        let (_dir, helper) = scripted();
        let helper = helper.message_after(AT_ONCE, "no answer");
        let t = start_with(&helper, resident.setup(Setup { before: "GPTOS_ENTER_GUARD_MS=60000".into(), ..Setup::default() }));
        t.type_text("touch words");
        t.key("C-g");
        t.wait_for_screen(message);
        t.key("Enter");
        if message == NOTE {
            t.wait_for_screen("read it first, then Enter");
            assert_eq!(t.buffer(), "touch made");
        } else {
            t.wait_for_prompt(2);
            assert!(t.dir().join("cwd/words").exists(), "{message}");
        }
        t.assert_not_spinning();
    }
}

#[test]
fn a_shell_that_is_part_of_a_trace_says_so() {
    let resident = FakeResident::start(when_asked(Say::commands(&["ls -lS"])));
    let (_dir, helper) = scripted();
    let t = start_with(&helper, resident.setup(Setup::default()));
    for (prompt, set, said) in
        [(2, "TRACEPARENT=00-a", ""), (4, "export TRACEPARENT", "traceparent=00-a\0"), (6, "TRACEPARENT=${(l:200::0:)}", "")]
    {
        t.type_text(set);
        t.key("Enter");
        t.wait_for_prompt(prompt);
        t.type_text("?? list files");
        t.key("Enter");
        t.wait_for_buffer(|b| b == "ls -lS");
        let body = resident.last_body();
        assert_eq!(body.find("traceparent=").map_or("", |at| &body[at..]), said, "{set}");
        give_up_line(&t, prompt + 1);
    }
}

#[test]
fn variables_that_a_resident_ignores_cost_no_process() {
    let resident = FakeResident::start(when_asked(Say::commands(&["ls -lS"])));
    let (_dir, helper) = scripted();
    let helper = helper_says(helper, "from the program");
    let t = start_with(&helper, resident.setup(Setup::default()));
    let shared = "GPTOS_CACHE_TTL_DAYS=3 GPTOS_LIMITS_IN_FLIGHT=7 GPTOS_IDLE_EXIT_MINUTES=9";
    for (prompt, set, command) in [(2, shared, "ls -lS"), (4, "GPTOS_CONTEXT=cwd", "from the program")] {
        t.type_text(&format!("export {set}"));
        t.key("Enter");
        t.wait_for_prompt(prompt);
        t.type_text("?? list files");
        t.key("Enter");
        t.wait_for_buffer(|b| b == command);
        give_up_line(&t, prompt + 1);
    }
}

#[test]
fn what_needs_more_than_the_resident_knows_goes_to_the_program() {
    let resident = FakeResident::start(|_, _| Say::ask());
    let (_dir, helper) = scripted();
    let helper = helper_says(helper, "from the program").fresh_after(AT_ONCE, &[("afresh", NOTE)]);
    let t = start_with(&helper, resident.setup(Setup::default()));
    t.type_text("?? list files");
    t.key("Enter");
    t.wait_for_buffer(|b| b == "from the program");
    assert_eq!((resident.asked().len(), helper.queries().len()), (1, 1));
    give_up_line(&t, 2);
    // A provider is asked by the program.
    t.type_text("??? list files");
    t.key("Enter");
    t.wait_for_buffer(|b| b == "afresh");
    assert_eq!((resident.asked().len(), helper.queries().len()), (1, 2));
    give_up_line(&t, 3);
    // And so is what mends a line: it may hold anything.
    t.type_text("false");
    t.key("Enter");
    t.wait_for_prompt(4);
    t.type_text("??");
    t.key("Enter");
    t.wait_for_buffer(|b| b == "from the program");
    assert_eq!((resident.asked().len(), helper.queries().len()), (1, 3));
}

#[test]
fn whatever_is_odd_is_left_to_the_program() {
    let records = format!("cmd\0evil\0{NOTE}\0end\x000\0\0");
    let whole = Say::body(records.as_bytes());
    let replaced = |from: &str, to: &str| String::from_utf8(whole.clone()).unwrap().replace(from, to).into_bytes();
    let length = format!("content-length: {}", records.len());
    let odd = [
        ("nothing", Say::Raw(Vec::new())),
        ("garbage", Say::Raw((0..=255).cycle().take(3000).collect())),
        ("another protocol", Say::Raw(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec())),
        ("an error", Say::Raw(replaced("200 OK", "500 Oh no"))),
        ("cut in the head", Say::Raw(whole[..30].to_vec())),
        ("cut in the body", Say::Raw(whole[..whole.len() - 5].to_vec())),
        ("too long", Say::Raw([whole.as_slice(), b"more"].concat())),
        ("no length", Say::Raw(replaced(&length, "x: y"))),
        ("chunked", Say::Raw(replaced(&length, "transfer-encoding: chunked"))),
        ("a length that is no number", Say::Raw(replaced(&length, "content-length: $(touch x)"))),
        ("a huge length", Say::Raw(replaced(&length, "content-length: 99999999999999999999"))),
        ("no end", Say::Raw(Say::body(format!("cmd\0evil\0{NOTE}\0").as_bytes()))),
        ("silence", Say::Hang(Vec::new())),
        ("silence in the middle", Say::Hang(whole[..whole.len() - 5].to_vec())),
        ("an endless head", Say::Endless(vec![b'a'; 10_000])),
        ("an endless body", Say::Endless([b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n".as_slice(), &[b'a'; 10_000]].concat())),
    ];
    for (what, say) in odd {
        let resident = FakeResident::start(when_asked(say));
        let (_dir, helper) = scripted();
        let helper = helper_says(helper, "from the program");
        let before = "_GPTOS_SOCKET_LIMIT=0.3".to_owned();
        let t = start_with(&helper, resident.setup(Setup { before, ..Setup::default() }));
        t.type_text("list files");
        t.key("C-g");
        t.wait_for_buffer(|b| b != "list files");
        assert_eq!(t.buffer(), "from the program", "{what}");
        t.wait_for(|| (resident.asked().len() == 1).then_some(()), "the question");
        // For a while it is left alone.
        give_up_line(&t, 2);
        t.type_text("list more files");
        t.key("C-g");
        t.wait_for_buffer(|b| b == "from the program");
        assert_eq!((resident.asked().len(), helper.queries().len()), (1, 2), "{what}");
        t.assert_not_spinning();
    }
}

#[test]
fn nothing_is_sent_to_a_socket_that_may_be_another_users() {
    type Change = fn(&FakeResident);
    let changes: [(&str, Change); 6] = [
        ("an open folder", |resident| fs::set_permissions(resident.folder(), fs::Permissions::from_mode(0o750)).unwrap()),
        ("a folder of another user", |resident| chown(resident.folder(), Some(65534), None).unwrap()),
        ("a socket of another user", |resident| chown(resident.socket(), Some(65534), None).unwrap()),
        ("an open folder above", |resident| {
            fs::set_permissions(resident.folder().parent().unwrap(), fs::Permissions::from_mode(0o777)).unwrap();
        }),
        ("a link to the folder", |resident| {
            let aside = resident.folder().with_extension("aside");
            fs::rename(resident.folder(), &aside).unwrap();
            symlink(aside, resident.folder()).unwrap();
        }),
        ("a link to the socket", |resident| {
            let aside = resident.socket().with_extension("aside");
            fs::rename(resident.socket(), &aside).unwrap();
            symlink(aside, resident.socket()).unwrap();
        }),
    ];
    for (what, change) in changes {
        let resident = FakeResident::start(when_asked(Say::commands(&["evil"])));
        change(&resident);
        let (_dir, helper) = scripted();
        let helper = helper_says(helper, "from the program");
        let t = start_with(&helper, resident.setup(Setup::default()));
        t.type_text("?? list files");
        t.key("Enter");
        t.wait_for_buffer(|b| !b.starts_with("??"));
        assert_eq!(t.buffer(), "from the program", "{what}");
        assert!(resident.questions().is_empty(), "{what}");
    }
}

/// What was cleared out of a folder for all may have been made again by anybody.
#[test]
fn a_socket_in_a_folder_for_all_is_looked_at_each_time() {
    for above in [1, 2] {
        let resident = FakeResident::start(when_asked(Say::commands(&["from the resident"])));
        let socket = resident.socket();
        let for_all = socket.ancestors().nth(above + 1).unwrap();
        fs::set_permissions(for_all, fs::Permissions::from_mode(0o1777)).unwrap();
        let (_dir, helper) = scripted();
        let helper = helper_says(helper, "from the program");
        let t = start_with(&helper, resident.setup(Setup::default()));
        for (words, answer) in [("?? list files", "from the resident"), ("?? list more files", "from the program")] {
            t.type_text(words);
            t.key("Enter");
            t.wait_for_buffer(|b| b == answer);
            t.key("C-u");
            t.wait_for_buffer(str::is_empty);
            thread::sleep(READING);
            chown(resident.folder(), Some(65534), None).unwrap();
        }
    }
}

#[test]
fn a_shell_with_another_program_or_without_the_modules_asks_the_program() {
    let resident = FakeResident::start(when_asked(Say::commands(&["evil"])));
    for rc in [
        "GPTOS_BIN=$GPTOS_BIN.sh",
        "_GPTOS_BUILD=",
        "zmodload zsh/system zsh/zselect zsh/parameter zsh/datetime; module_path=()",
        "unset XDG_RUNTIME_DIR",
        "typeset +x XDG_RUNTIME_DIR",
    ] {
        let (_dir, helper) = scripted();
        let helper = helper_says(helper, "from the program");
        let bin = helper.write();
        fs::copy(&bin, bin.with_extension("sh")).unwrap();
        let t = start_with(&helper, resident.setup(Setup { rc: rc.to_owned(), ..Setup::default() }));
        t.type_text("list files");
        t.key("C-g");
        t.wait_for_buffer(|b| b != "list files");
        assert_eq!(t.buffer(), "from the program", "{rc}");
    }
    assert!(resident.questions().is_empty());
}

#[test]
fn control_characters_never_reach_the_line() {
    for bad in ["ls\ntouch x", "ls\u{1b}[2J", "ls\r", "\u{7}", "a\u{9b}b", ""] {
        let resident = FakeResident::start(when_asked(Say::commands(&[bad])));
        let (_dir, helper) = scripted();
        let helper = helper_says(helper, "from the program");
        let t = start_with(&helper, resident.setup(Setup::default()));
        t.type_text("list files");
        t.key("C-g");
        t.wait_for_screen("gptos: no answer (a command with unprintable characters was refused)");
        assert_eq!(t.buffer(), "list files", "{bad:?}");
    }
}

#[test]
fn the_facts_of_the_shell_are_those_that_the_program_would_see() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let keep = std::sync::Arc::clone(&seen);
    let resident = FakeResident::start(move |wish, words| {
        keep.lock().unwrap().push((wish.to_owned(), words.to_owned()));
        Say::commands(&["ls"])
    });
    let (dir, helper) = scripted();
    let real = dir.path().join("real");
    fs::create_dir(&real).unwrap();
    symlink(&real, dir.path().join("link")).unwrap();
    let rc = format!("cd '{}'; HIDDEN=1; XDG_CONFIG_HOME=/not/exported", dir.path().join("link").display());
    let t = start_with(&helper_says(helper, "x"), resident.setup(Setup { rc, ..Setup::default() }));
    t.type_text(" list files");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "ls");
    // A blank in front goes along: it makes the words private.
    assert_eq!(seen.lock().unwrap().last().unwrap(), &("answer".to_owned(), " list files".to_owned()));
    let body = resident.last_body();
    let fields: Vec<&str> = body.split('\0').collect();
    let here = format!("PWD={}", real.canonicalize().unwrap().display());
    for field in [here.as_str(), "build=test", "LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin", "holes=1"] {
        assert!(fields.contains(&field), "{field}: {fields:?}");
    }
    assert!(!body.contains("XDG_CONFIG_HOME") && !body.contains("HIDDEN"), "{fields:?}");
}

/// The real program behind a script that writes down how it is called.
fn counted(dir: &Path) -> std::path::PathBuf {
    let path = dir.join("gptos");
    let script = format!("#!/bin/sh\necho \"$1\" >>'{}'\nexec '{}' \"$@\"\n", dir.join("calls").display(), env!("CARGO_BIN_EXE_gptos"));
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn the_real_resident_answers_the_second_question_without_a_process() {
    let root = tempfile::Builder::new().prefix("gptos-s").tempdir().unwrap();
    fs::create_dir(root.path().join("run")).unwrap();
    fs::set_permissions(root.path().join("run"), fs::Permissions::from_mode(0o700)).unwrap();
    let runtime = root.path().join("run").display().to_string();
    let bin = counted(root.path());
    let load = format!("eval \"$('{}' init zsh)\"; _GPTOS_BUILD_BIN=$GPTOS_BIN", env!("CARGO_BIN_EXE_gptos"));
    let before = "GPTOS_GHOST=0 _GPTOS_SOCKET_LIMIT=10".to_owned();
    let env = vec![("XDG_RUNTIME_DIR".to_owned(), runtime.clone())];
    let t = Terminal::start(Shell::Zsh, Setup { bin, before, load: Some(load), env, ..Setup::default() });
    let calls = || {
        let text = fs::read_to_string(root.path().join("calls")).unwrap_or_default();
        text.lines().filter(|line| *line == "widget").count()
    };
    // The first question starts the resident, and the one after it may find it still busy with its start.
    let mut prompt = 1;
    let mut before = usize::MAX;
    t.wait_for(
        || {
            t.type_text("list files by size");
            t.key("C-g");
            t.wait_for_buffer(|b| b.starts_with("ls "));
            prompt += 1;
            give_up_line(&t, prompt);
            let now = calls();
            let quiet = now == before;
            before = now;
            quiet.then_some(())
        },
        "an answer without a process",
    );
    let mut command = Command::new(env!("CARGO_BIN_EXE_gptos"));
    command.args(["daemon", "stop"]).env_clear().env("XDG_RUNTIME_DIR", runtime).env("HOME", t.dir().join("home"));
    assert!(command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success());
    // Without it the program answers again.
    t.type_text("list files by size");
    t.key("C-g");
    t.wait_for_buffer(|b| b.starts_with("ls "));
    assert_eq!(calls(), before + 1);
    let mut stop = Command::new(env!("CARGO_BIN_EXE_gptos"));
    stop.args(["daemon", "stop"]).env_clear().env("XDG_RUNTIME_DIR", root.path().join("run")).env("HOME", t.dir().join("home"));
    let _ = stop.stdout(Stdio::null()).stderr(Stdio::null()).status();
}
