//! What else lives in a shell: continuation lines, other hooks, hostile options, live prompts, odd terminals.

use std::fs;
use std::process::Command;

use super::*;

#[test]
fn continuation_lines_here_documents_and_read_are_not_ours() {
    let bench = Bench::answering(NOW, "ls", Setup::default());
    let out = bench.dir.path().join("out");
    for line in ["echo 'one", &format!("?? two' >{}", out.display())] {
        bench.type_and_press(line, "Enter");
    }
    bench.t.wait_for_prompt(2);
    assert_eq!(fs::read_to_string(&out).unwrap(), "one\n?? two\n");
    for line in [&format!("cat >{} <<end", out.display()), "?? three", "end"] {
        bench.type_and_press(line, "Enter");
    }
    bench.t.wait_for_prompt(3);
    assert_eq!(fs::read_to_string(&out).unwrap(), "?? three\n");
    bench.type_and_press(&format!("read -e -p 'say: ' line; echo \"$line\" >{}", out.display()), "Enter");
    bench.t.wait_for_screen("say:");
    bench.type_and_press("?? four", "Enter");
    bench.t.wait_for_prompt(4);
    assert_eq!(fs::read_to_string(&out).unwrap(), "?? four\n");
    assert_eq!(bench.helper.calls().len(), 0);
    // The next prompt is ours again.
    bench.type_and_press("?? five", "Enter");
    bench.expect_buffer("ls");
}

#[test]
fn other_hooks_and_exit_statuses_are_left_alone() {
    let seen = "seen=; after() { seen+=\"$?,\"; }";
    let setup = Setup { before: format!("{seen}; PROMPT_COMMAND='after'"), rc: "PROMPT_COMMAND+=(after)".into(), ..Setup::default() };
    let bench = Bench::answering(NOW, "ls", Setup { rc: format!("{}; PROMPT_COMMAND+=(__test_precmd)", setup.rc), ..setup });
    bench.type_and_press("(exit 3)", "Enter");
    bench.t.wait_for_prompt(2);
    bench.type_and_press("false | (exit 4) | true", "Enter");
    bench.t.wait_for_prompt(3);
    bench.type_and_press("echo \"p${PIPESTATUS[*]}\"", "Enter");
    bench.t.wait_for_screen("\np1 4 0\n");
    bench.type_and_press("echo \"<$seen>\"", "Enter");
    bench.t.wait_for_screen("<0,0,3,3,0,0,0,0,>");
}

#[test]
fn a_hook_called_from_another_string_hands_the_status_on() {
    let rc = "seen=; after() { seen+=\"$?,\"; }; PROMPT_COMMAND=(__test_precmd '__gptos_prompt; after')".into();
    let bench = Bench::answering(NOW, "ls", Setup { rc, ..Setup::default() });
    bench.type_and_press("(exit 3)", "Enter");
    bench.t.wait_for_prompt(2);
    bench.type_and_press("echo \"<$seen>\"", "Enter");
    bench.t.wait_for_screen("<0,3,>");
}

#[test]
fn a_prompt_command_set_later_does_not_disable_us() {
    for later in ["PROMPT_COMMAND=__test_precmd", "PROMPT_COMMAND=\"__test_precmd;${PROMPT_COMMAND-}\""] {
        let setup = Setup { before: "unset PROMPT_COMMAND".into(), rc: later.into(), ..Setup::default() };
        let bench = Bench::answering(NOW, "ls -l", setup);
        bench.type_and_press("?? list files", "Enter");
        bench.expect_buffer("ls -l");
    }
}

/// A shell binds the keys in the mode that it is in, and those of the other mode at the first prompt in that.
#[test]
fn the_mode_may_change_after_loading() {
    for parts_are_there in [false, true] {
        let rc = if parts_are_there { "__gptos_load; set -o vi" } else { "set -o vi" };
        let bench = Bench::answering(NOW, "ls -l", Setup { rc: rc.into(), ..Setup::default() });
        bench.type_and_press("?? list files", "Enter");
        bench.expect_buffer("ls -l");
        bench.read_and_enter();
        bench.t.wait_for_prompt(2);
        bench.type_and_press("set -o emacs", "Enter");
        bench.t.wait_for_prompt(3);
        for key in ["C-g", "Enter"] {
            bench.type_and_press("?? more files", key);
            bench.expect_buffer("ls -l");
            bench.t.key("C-u");
        }
        assert_eq!(bench.helper.queries(), ["list files", "more files", "more files"], "{rc}");
    }
}

/// A key that means something by itself in that mode is ours all the same, as it is in the other.
#[test]
fn a_key_with_a_meaning_of_its_own_is_ours_in_both_modes() {
    let setup = Setup { before: "GPTOS_KEY=ctrl-t".into(), rc: "set -o vi".into(), ..Setup::default() };
    let bench = Bench::answering(NOW, "ls -l", setup);
    bench.type_and_press("list files", "C-t");
    bench.expect_buffer("ls -l");
}

/// A key of the user's may change the mode in the middle of a line.
#[test]
fn words_are_no_command_where_the_mode_changes_in_a_line() {
    let bench = Bench::answering(NOW, "ls -l", Setup { rc: "bind '\"\\ev\": vi-editing-mode'".into(), ..Setup::default() });
    bench.t.type_text("?? list files");
    bench.t.key("M-v");
    bench.t.key("Enter");
    bench.t.wait_for_screen("press Enter again");
    bench.expect_buffer("?? list files");
    bench.t.key("Enter");
    bench.expect_buffer("ls -l");
    bench.read_and_enter();
    bench.t.wait_for_prompt(2);
    assert_eq!(bench.helper.queries(), ["list files"]);
}

/// Bash may find no room for what it reads to ask for the parts.
#[test]
fn words_are_no_command_where_nothing_can_be_read() {
    let bench = Bench::answering(NOW, "ls -l", Setup { rc: "__gptos_early_text() { false; }".into(), ..Setup::default() });
    bench.type_and_press("?? list files", "Enter");
    bench.t.wait_until_idle();
    bench.expect_buffer("?? list files");
    bench.t.key("C-u");
    for line in ["echo a?", "echo plain"] {
        let next = bench.t.prompt_number() + 1;
        bench.type_and_press(line, "Enter");
        bench.t.wait_for_prompt(next);
    }
    assert!(bench.t.screen().contains("\nplain\n"), "{}", bench.t.screen());
}

/// What the user binds further down in the start-up file holds there, too.
#[test]
fn a_key_bound_after_loading_stays_the_users() {
    for (bound, kept) in [("'\"\\C-g\": \"mine\"'", "mine"), ("-x '\"\\C-g\": READLINE_LINE=\"my;own\"'", "my;own")] {
        let rc = format!("bind -m vi-insert {bound}; set -o vi");
        let bench = Bench::answering(NOW, "ls -l", Setup { rc, ..Setup::default() });
        bench.t.type_text("x");
        bench.t.key("C-g");
        bench.expect_buffer(if kept == "mine" { "xmine" } else { kept });
        bench.t.key("C-u");
        bench.type_and_press("?? list files", "Enter");
        bench.expect_buffer("ls -l");
    }
}

#[test]
fn loading_twice_changes_nothing() {
    let script = Shell::Bash.script();
    let reload = format!("source '{0}'; eval \"$(cat '{0}')\"; echo loaded ${{#PROMPT_COMMAND[@]}}", script.display());
    let bench = Bench::answering(NOW, "ls -l", Setup { rc: reload, ..Setup::default() });
    bench.t.wait_for_screen("loaded 2");
    bench.type_and_press("list files", "C-g");
    bench.expect_buffer("ls -l");
    assert_eq!(bench.helper.calls().len(), 1);
    bench.t.key("C-u");
    bench.assert_sane();
}

/// Also where the text is that of another build, whose parts bring a whole integration.
#[test]
fn loading_again_after_a_key_leaves_the_options_of_the_shell() {
    for (on_or_off, build) in [("-s", None), ("-u", None), ("-s", Some("0.0.1+2.3"))] {
        let bench = Bench::answering(NOW, "ls -l", Setup::default());
        bench.type_and_press("list files", "C-g");
        bench.expect_buffer("ls -l");
        bench.t.key("C-u");
        let options = "expand_aliases interactive_comments";
        let mut text = fs::read_to_string(Shell::Bash.script()).unwrap();
        if let Some(build) = build {
            let own = text.split_once("_GPTOS_PARTS_BUILD='").unwrap().1.split_once('\'').unwrap().0.to_owned();
            text = text.replacen(&own, build, 1);
        }
        let again = bench.dir.path().join("again");
        fs::write(&again, text).unwrap();
        bench.t.type_text(&format!("shopt {on_or_off} {options}; source '{}'", again.display()));
        bench.read_and_enter();
        bench.t.wait_for_prompt(2);
        bench.type_and_press(&format!("shopt -p {options} | tr '\\n' ';'"), "Enter");
        bench.t.wait_for_screen(&format!("\nshopt {on_or_off} expand_aliases;shopt {on_or_off} interactive_comments;"));
    }
}

#[test]
fn comments_switched_off_and_variables_handed_on_do_no_harm() {
    let setup = Setup { before: "shopt -u interactive_comments; set -a".into(), rc: "set +a".into(), ..Setup::default() };
    let bench = Bench::answering(NOW, "ls -l", setup);
    bench.type_and_press("list files", "C-g");
    bench.expect_buffer("ls -l");
    bench.t.key("C-u");
    bench.t.type_text("env | grep -c __gptos; shopt interactive_comments");
    bench.read_and_enter();
    bench.t.wait_for_screen("\n0\ninteractive_comments");
    assert!(bench.t.screen().contains("off"), "{}", bench.t.screen());
}

#[test]
fn hostile_options_functions_and_aliases_do_no_harm() {
    let hostile = "read() { echo BAD; }; printf() { echo BAD; }; kill() { echo BAD; }; trap() { echo BAD; }\n\
        alias local=false builtin=false command=false printf=false exec=false trap=false; IFS=0; shopt -s nocasematch failglob nullglob\n\
        set -o noclobber; set -e -u -o pipefail -o posix";
    for mode in ["GPTOS_ASYNC=0", "GPTOS_ASYNC=1"] {
        let setup = Setup {
            before: format!("{mode}\nshopt -s expand_aliases\n{hostile}"),
            load: Some(format!("\\builtin source '{}'", Shell::Bash.script().display())),
            // The harness itself needs a real printf to show its buffer.
            rc: "unset -f printf; unalias printf".into(),
            ..Setup::default()
        };
        let bench = Bench::new(|helper| helper.answer_after(SOON, &[("ls -l", NOTE)]).more("x"), setup);
        bench.type_and_press("list '10' files", "C-g");
        bench.expect_buffer("ls -l");
        assert_eq!(bench.helper.queries(), ["list '10' files"]);
        bench.read_and_enter();
        bench.t.wait_for_prompt(2);
        bench.type_and_press("?? list files", "Enter");
        bench.t.wait_for(|| (bench.helper.pids().len() == 2).then_some(()), "the second call");
        bench.t.key("C-c");
        bench.t.wait_for_screen("gptos: cancelled");
        assert_eq!(bench.t.buffer(), "?? list files");
        assert!(!bench.t.screen().contains("BAD"), "{}", bench.t.screen());
    }
}

#[test]
fn a_prompt_of_two_lines_and_a_long_line_leave_no_garbage() {
    let long = format!("echo {}", "word ".repeat(40).trim_end());
    let setup = Setup { rc: "__test_precmd() { PS1=\"path\\n[$((++__test_prompt))]> \"; }".into(), columns: 60, ..Setup::default() };
    let bench = Bench::answering(SOON, &long, setup);
    bench.type_and_press(&format!("?? {}", "many words ".repeat(10)), "Enter");
    bench.t.wait_for_screen("(Ctrl-C cancels)");
    bench.expect_buffer(&long);
    let mut shown = String::from("[1]> ");
    shown.push_str(&long);
    let wrapped: Vec<&str> = shown.as_bytes().chunks(60).map(|row| std::str::from_utf8(row).unwrap().trim_end()).collect();
    bench.expect_screen(&format!("path\n● offline · risk none\n{}", wrapped.join("\n")));
}

#[test]
fn the_keys_are_configurable() {
    for (before, env, key) in [
        ("GPTOS_KEY=alt-m", None, "M-m"),
        ("GPTOS_KEY='\\C-t'", None, "C-t"),
        ("GPTOS_KEY= GPTOS_KEY2=ctrl-t", None, "C-t"),
        ("", Some("vscode"), "C-]"),
        ("", Some("vscode"), "C-g"),
    ] {
        let env = env.map(|name: &str| ("TERM_PROGRAM".to_owned(), name.to_owned())).into_iter().collect();
        let bench = Bench::answering(NOW, "ls -l", Setup { before: before.into(), env, ..Setup::default() });
        bench.type_and_press("list files", key);
        bench.expect_buffer("ls -l");
    }
}

#[test]
fn without_a_key_control_g_aborts_as_before() {
    let bench = Bench::answering(NOW, "ls -l", with("GPTOS_KEY="));
    bench.type_and_press("list files", "C-g");
    assert_eq!(bench.t.buffer(), "list files");
    assert_eq!(bench.helper.calls().len(), 0);
}

#[test]
fn the_prompt_stays_live_and_an_edited_line_is_not_clobbered() {
    let bench = Bench::answering(Duration::from_millis(800), "touch marker", asynchronous());
    bench.type_and_press("list files", "C-g");
    bench.t.wait_for_screen("gptos: asking (Ctrl-C cancels)");
    bench.t.type_text(" abc");
    assert_eq!(bench.t.buffer(), "list files abc");
    bench.t.wait_for_screen("gptos: the line was edited meanwhile");
    assert_eq!(bench.t.buffer(), "list files abc");
    bench.t.key("C-g");
    bench.expect_buffer("touch marker");
    bench.t.key("C-u");
    bench.assert_sane();
}

#[test]
fn the_answer_of_the_terminal_is_never_typed_into_a_program() {
    let bench = Bench::answering(SOON, "ls", Setup { rc: "bind '\"\\C-o\": accept-line'".into(), ..asynchronous() });
    bench.type_and_press("list files", "C-g");
    bench.t.wait_for_screen("gptos: asking");
    // This key accepts the line without our Enter.
    bench.t.key("C-u");
    bench.t.type_text("cat -v");
    bench.t.keys(&["C-o"]);
    bench.t.wait_for(|| bench.helper.answered_at().first().copied(), "the answer");
    std::thread::sleep(SOON);
    bench.type_and_press("typed", "Enter");
    bench.t.wait_for_screen("typed\ntyped");
    assert!(!bench.t.screen().contains("^["), "{}", bench.t.screen());
    bench.t.keys(&["C-d"]);
    bench.t.wait_for_prompt(2);
    bench.assert_sane();
}

#[test]
fn dumb_terminals_and_ble_sh_are_left_alone() {
    let no_binding = "bind -m emacs-standard -p | grep -c '^\"...*gptos'; bind -X | grep -c gptos; declare -p PROMPT_COMMAND";
    let bash = |setup: &str, arguments: &[&str]| {
        let line = format!("{setup} source '{0}'; source '{0}'; {no_binding}", Shell::Bash.script().display());
        let output = Command::new("bash").args(arguments).arg("-c").arg(line).env("TERM", "xterm").output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    for (setup, arguments, complaints) in [
        ("TERM=dumb;", &["--norc", "-i"][..], 0),
        ("unset TERM;", &["--norc", "-i"], 0),
        ("BLE_VERSION=0.4;", &["--norc", "-i"], 1),
        ("", &["--norc"], 0),
        ("", &["--norc", "-e", "-u", "-o", "pipefail"], 0),
    ] {
        let (stdout, stderr) = bash(setup, arguments);
        assert!(stdout.starts_with("0\n0\n") || arguments.contains(&"-e"), "{setup} {arguments:?}: {stdout}");
        assert!(!stdout.contains("__gptos"), "{stdout}");
        assert_eq!(stderr.matches("gptos: ").count(), complaints, "{setup} {arguments:?}: {stderr}");
    }
}
