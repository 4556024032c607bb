//! Helpers that are missing, crash, hang or write nonsense, and Ctrl-C: the typed line stays, the terminal stays sane.

use super::*;

#[test]
fn ctrl_c_kills_the_helper_and_keeps_the_line() {
    for setup in [Setup::default(), vi(), asynchronous()] {
        for (text, key) in [("list files", "C-g"), ("?? list files", "Enter")] {
            let bench = Bench::new(FakeHelper::hang, setup.clone());
            bench.type_and_press(text, key);
            let helper = bench.wait_for_helper();
            bench.t.wait_for_screen("(Ctrl-C cancels)");
            bench.t.key("C-c");
            bench.t.wait_for_screen("gptos: cancelled");
            bench.t.wait_for(|| (!terminal::is_alive(helper)).then_some(()), "the helper to end");
            assert_eq!(bench.t.buffer(), text);
            bench.t.assert_not_spinning();
            bench.t.type_text("x");
            assert_eq!(bench.t.buffer(), format!("{text}x"));
            bench.t.key("C-c");
            bench.t.wait_for_prompt(2);
            assert_eq!(bench.t.buffer(), "", "the second Ctrl-C must drop the line as usual");
            bench.give_the_reply_up();
            bench.assert_sane();
            assert_eq!(children(bench.t.pid()), Vec::<String>::new());
        }
    }
}

#[test]
fn a_helper_that_ignores_ctrl_c_is_ended_all_the_same() {
    for setup in [Setup::default(), asynchronous()] {
        let dir = tempfile::tempdir().unwrap();
        let pid = dir.path().join("pid");
        let bin = script(dir.path(), &format!("trap '' INT; echo $$ >'{0}.new'; mv '{0}.new' '{0}'; exec sleep 600", pid.display()));
        let t = Terminal::start(Shell::Bash, Setup { bin, ..setup });
        t.type_text("list files");
        t.key("C-g");
        t.wait_for_screen("(Ctrl-C cancels)");
        let helper: u32 = t.wait_for(|| std::fs::read_to_string(&pid).ok(), "the helper").trim().parse().unwrap();
        t.key("C-c");
        t.wait_for(|| (!terminal::is_alive(helper)).then_some(()), "the helper to end");
        assert_eq!(t.buffer(), "list files");
    }
}

#[test]
fn an_answer_that_begins_just_before_the_prompt_goes_live_is_not_cut() {
    for pause in ["cmd\\0ls -", "cmd\\0ls -l\\0offline\\0cmd\\0ls", "tick\\0001\\0op"] {
        let rest = "cmd\\0ls -l\\0offline\\0cmd\\0ls\\0offline\\0end\\0000\\0\\0";
        let rest = rest.strip_prefix(pause).unwrap_or("enai\\0cmd\\0ls -l\\0offline\\0end\\0000\\0\\0");
        let dir = tempfile::tempdir().unwrap();
        let bin = script(dir.path(), &format!("printf '{pause}'; sleep 0.4; printf '{rest}'"));
        let t = Terminal::start(Shell::Bash, Setup { bin, ..asynchronous() });
        t.type_text("list files");
        t.key("C-g");
        t.wait_for_buffer(|buffer| buffer == "ls -l");
    }
}

#[test]
fn requests_leave_no_file_open() {
    for setup in [Setup::default(), asynchronous()] {
        let bench = Bench::new(
            |helper| helper.answer_after(NOW, &[("ls", NOTE)]).answer_after(SOON, &[("ls", NOTE)]).crash_after(SOON).hang(),
            setup,
        );
        let open = || std::fs::read_dir(format!("/proc/{}/fd", bench.t.pid())).unwrap().count();
        let before = open();
        for ending in ["offline", "offline", "gptos: no answer", "asking"] {
            bench.type_and_press("list files", "C-g");
            bench.t.wait_for_screen(ending);
            if ending == "asking" {
                bench.t.wait_for(|| (bench.helper.pids().len() == 4).then_some(()), "the fourth call");
                bench.t.key("C-c");
                bench.t.wait_for_screen("gptos: cancelled");
            }
            bench.expect_buffer(if ending == "offline" { "ls" } else { "list files" });
            bench.t.key("C-u");
            bench.expect_buffer("");
        }
        bench.t.wait_until_idle();
        assert_eq!(open(), before);
    }
}

#[test]
fn a_trap_of_the_user_survives_a_request() {
    // An older bash keeps a here-string in a file.
    for (mode, before) in [(0, ""), (1, ""), (0, "BASH_COMPAT=5.0; ")] {
        let bench = Bench::new(FakeHelper::hang, with(&format!("{before}trap 'echo \"mine, $USER\"' INT; GPTOS_ASYNC={mode}")));
        bench.type_and_press("list files", "C-g");
        bench.t.wait_for_screen("(Ctrl-C cancels)");
        bench.t.key("C-c");
        bench.t.wait_for_screen("gptos: cancelled");
        assert!(!bench.t.screen().contains("mine, tester"));
        assert_eq!(bench.t.buffer(), "list files");
        bench.t.key("C-c");
        bench.t.wait_for_screen("mine, tester");
    }
}

#[test]
fn a_broken_helper_leaves_the_line_and_says_so() {
    let early = "gptos: no answer (helper ended early)";
    let faults: &[(&str, FaultScript, &str)] = &[
        ("crash", |helper| helper.crash_after(NOW), early),
        ("late crash", |helper| helper.crash_after(SOON), early),
        ("silence", |helper| helper.raw_after(NOW, b""), early),
        ("prose", |helper| helper.raw_after(NOW, b"hello\nworld\n"), early),
        ("bytes", |helper| helper.raw_after(NOW, b"\x80\xff\0\x1b]0;x\x07\0\0\r\n\0"), early),
        ("cut after a command", |helper| helper.raw_after(NOW, b"cmd\0touch marker\0offline\0"), early),
        ("cut in a command", |helper| helper.raw_after(NOW, b"cmd\0touch marker"), early),
        ("flood", FakeHelper::flood, early),
        (
            "escape",
            |helper| helper.answer_after(NOW, &[("ls \x1b[31m", NOTE)]),
            "gptos: no answer (the command held unprintable characters)",
        ),
        (
            "newline",
            |helper| helper.answer_after(NOW, &[("ls\ntouch marker", NOTE)]),
            "gptos: no answer (the command held unprintable characters)",
        ),
        (
            "carriage return",
            |helper| helper.answer_after(NOW, &[("ls\r", NOTE)]),
            "gptos: no answer (the command held unprintable characters)",
        ),
        ("no command", |helper| helper.answer_after(NOW, &[]), "gptos: no answer"),
        ("message", |helper| helper.message_after(SOON, "no provider is set up; \x1b[31mrun x"), "gptos: no provider is set up; [31mrun x"),
    ];
    for (name, script, message) in faults {
        for setup in [Setup::default(), asynchronous()] {
            let bench = Bench::new(script, setup);
            for (round, (text, key)) in [("?? list 'files", "Enter"), ("list 'files", "C-g")].iter().enumerate() {
                bench.type_and_press(text, key);
                bench.t.wait_for(|| (bench.t.screen().matches(message).count() > round).then_some(()), message);
                assert_eq!(&bench.t.buffer(), text, "{name}");
                bench.t.key("C-u");
                bench.expect_buffer("");
            }
            bench.assert_sane();
            assert!(!bench.t.dir().join("cwd/marker").exists(), "{name}");
            assert!(!bench.t.coloured_screen().contains('\u{1b}'), "{name}: a colour came through");
        }
    }
}

#[test]
fn a_bad_candidate_does_not_spoil_the_good_one() {
    let bench = Bench::new(|helper| helper.answer_after(NOW, &[("ls \x1b[31m", NOTE), ("ls -l", NOTE)]), Setup::default());
    bench.type_and_press("list files", "C-g");
    bench.expect_buffer("ls -l");
}

#[test]
fn a_missing_binary_is_named() {
    for bin in ["/nonexistent/gptos", "gptos-that-is-not-in-path", "/tmp"] {
        let t = Terminal::start(Shell::Bash, Setup { bin: bin.into(), ..Setup::default() });
        t.type_text("?? list files");
        t.key("Enter");
        t.wait_for_screen(&format!("gptos: GPTOS_BIN not found: {bin}"));
        assert_eq!(t.buffer(), "?? list files");
    }
}

#[test]
fn keys_typed_before_a_failure_are_kept() {
    let bench = Bench::new(|helper| helper.crash_after(SOON), Setup::default());
    bench.type_and_press("list files", "C-g");
    bench.wait_for_helper();
    bench.t.type_text(" abc");
    bench.t.keys(&["Enter", "Left"]);
    bench.t.type_text("X");
    bench.expect_buffer("list files abXc");
    bench.expect_prompt(1);
}

type FaultScript = fn(FakeHelper) -> FakeHelper;

/// A helper made of these lines of sh.
fn script(dir: &std::path::Path, lines: &str) -> std::path::PathBuf {
    let path = dir.join("gptos");
    std::fs::write(&path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    path
}

/// The states and names of the child processes of `pid`.
fn children(pid: u32) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        let Some((name, rest)) = stat.rsplit_once(") ") else { continue };
        if rest.split(' ').nth(1) == Some(&pid.to_string()) {
            found.push(format!("{name}) {}", &rest[..1]));
        }
    }
    found
}
