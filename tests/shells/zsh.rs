//! zsh: everything that a person may do at the line, and everything that may go wrong behind it.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::fake::{FakeHelper, Ran};
use crate::terminal::{Setup, Shell, Terminal, is_alive};

const AT_ONCE: Duration = Duration::ZERO;
const SOON: Duration = Duration::from_millis(100);
const NOTE: &str = "offline · risk none";
/// Longer than the guard after a suggestion: the test's own patience of a person who reads.
const READING: Duration = Duration::from_millis(400);

fn start(helper: &FakeHelper) -> Terminal {
    start_with(helper, Setup::default())
}

fn start_with(helper: &FakeHelper, setup: Setup) -> Terminal {
    Terminal::start(Shell::Zsh, Setup { bin: helper.write(), ..setup })
}

fn scripted() -> (TempDir, FakeHelper) {
    let dir = tempfile::tempdir().unwrap();
    let helper = FakeHelper::new(dir.path());
    (dir, helper)
}

fn list_files(helper: FakeHelper) -> FakeHelper {
    helper.answer_after(AT_ONCE, &[("ls", NOTE)])
}

#[test]
fn the_key_turns_the_words_into_the_command_and_one_undo_brings_them_back() {
    for (vi, undo) in [(false, vec!["C-_"]), (true, vec!["Escape", "u"])] {
        let (_dir, helper) = scripted();
        let helper = helper.answer_after(SOON, &[("ls -lS", NOTE)]);
        let t = start_with(&helper, Setup { vi, ..Setup::default() });
        t.type_text("list files by size");
        t.key("C-g");
        t.wait_for_screen("gptos: offline · risk none");
        assert_eq!(t.buffer(), "ls -lS");
        assert_eq!(t.cursor(), 6);
        assert_eq!(helper.queries(), ["list files by size"]);
        for key in undo {
            t.key(key);
        }
        assert_eq!(t.wait_for_buffer(|b| b != "ls -lS"), "list files by size");
    }
}

#[test]
fn question_marks_and_enter_translate_words_with_an_apostrophe_and_run_nothing() {
    for line in ["?? what's my ip", "  ?? what's my ip  "] {
        let (dir, helper) = scripted();
        let marker = dir.path().join("marker");
        let command = format!("touch {}", marker.display());
        let helper = helper.answer_after(SOON, &[(command.as_str(), NOTE)]);
        let t = start(&helper);
        t.type_text(line);
        t.key("Enter");
        t.wait_for_screen("gptos: offline · risk none");
        assert_eq!(t.buffer(), command);
        assert_eq!(t.prompt_number(), 1);
        assert!(!marker.exists());
        assert_eq!(helper.queries(), ["what's my ip"]);
        let version = helper.calls()[0].strip_prefix("widget zsh --shell-version ").map(str::to_owned);
        assert!(version.is_some_and(|v| v.starts_with('5')), "{:?}", helper.calls());
        t.key("C-_");
        assert_eq!(t.wait_for_buffer(|b| b != command), line);
    }
}

#[test]
fn three_question_marks_ask_afresh_and_bare_ones_explain_themselves() {
    let (_dir, helper) = scripted();
    let helper = list_files(helper).fresh_after(AT_ONCE, &[("ls -la", "openai · risk none")]);
    let t = start(&helper);
    for bare in ["??", " ??? "] {
        t.type_text(bare);
        t.key("Enter");
        t.wait_for_screen("gptos: type what you want");
        assert_eq!(t.buffer(), bare);
        t.key("C-u");
    }
    assert!(helper.calls().is_empty());
    t.type_text("??? list files");
    t.key("Enter");
    t.wait_for_screen("gptos: openai");
    assert_eq!(t.buffer(), "ls -la");
    assert!(helper.calls()[0].starts_with("widget zsh --fresh "));
    assert_eq!(helper.queries(), ["list files"]);
    assert_eq!(t.prompt_number(), 1);
}

#[test]
fn the_key_cycles_through_candidates_the_provider_and_the_words() {
    let (_dir, helper) = scripted();
    let helper = helper
        .answer_after(AT_ONCE, &[("ls", NOTE), ("ls -A", NOTE)])
        .more("openai")
        .fresh_after(SOON, &[("ls", "openai · risk none"), ("find .", "openai · risk none")]);
    let t = start(&helper);
    t.type_text("?? list files");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "ls");
    for expected in ["ls -A", "find .", "?? list files", "ls", "ls -A", "find .", "?? list files"] {
        t.key("C-g");
        t.wait_for_buffer(|b| b == expected);
    }
    assert_eq!(helper.queries(), ["list files", "list files"]);
    assert!(helper.calls()[1].contains("--fresh"));
    // An edited suggestion is a new question.
    t.key("C-g");
    t.type_text(" one");
    t.key("C-g");
    t.wait_for(|| (helper.queries().len() == 3).then_some(()), "a third question");
    assert_eq!(helper.queries()[2], "ls one");
}

#[test]
fn a_provider_that_only_repeats_the_answer_leads_on_to_the_words() {
    let (_dir, helper) = scripted();
    let helper = list_files(helper).more("openai").fresh_after(AT_ONCE, &[("ls", "openai · risk none")]);
    let t = start(&helper);
    t.type_text("list files");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "ls");
    t.key("C-g");
    t.wait_for_screen("the same answer again");
    assert_eq!(t.buffer(), "ls");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "list files");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "ls");
}

#[test]
fn control_c_kills_the_request_keeps_the_line_and_leaves_the_shell_quiet() {
    for vi in [false, true] {
        let (_dir, helper) = scripted();
        let helper = helper.hang();
        let t = start_with(&helper, Setup { vi, rc: "TRAPINT() { print -n USER-TRAP; return 130 }".into(), ..Setup::default() });
        t.type_text("?? list files");
        t.key("Enter");
        t.wait_for(|| (helper.queries().len() == 1).then_some(()), "the request");
        t.key("Enter");
        t.wait_for_screen("gptos: waiting, Ctrl-C cancels");
        t.key("C-c");
        t.wait_for_screen("gptos: cancelled");
        assert_eq!(t.buffer(), "?? list files");
        t.wait_for(|| (!is_alive(helper.pids()[0])).then_some(()), "the helper to be killed");
        assert_eq!(helper.terminated(), helper.pids());
        t.assert_not_spinning();
        assert!(!t.screen().contains("USER-TRAP"));
        t.key("C-c");
        t.wait_for_screen("USER-TRAP");
        t.wait_for_buffer(str::is_empty);
        t.assert_not_spinning();
    }
}

#[test]
fn a_helper_that_ignores_the_first_control_c_does_not_survive_the_second() {
    let dir = tempfile::tempdir().unwrap();
    let bin = script(dir.path(), "trap '' TERM INT HUP; echo $$ >\"$0.pid\"; while :; do sleep 1; done");
    let t = Terminal::start(Shell::Zsh, Setup { bin: bin.clone(), ..Setup::default() });
    t.type_text("list files");
    t.key("C-g");
    let pid = t.wait_for(|| fs::read_to_string(bin.with_extension("pid")).ok()?.trim().parse().ok(), "the helper to start");
    t.key("C-c");
    t.key("C-c");
    t.wait_for_screen("gptos: cancelled");
    t.wait_for(|| (!is_alive(pid)).then_some(()), "the helper to be killed");
    assert_eq!(t.buffer(), "list files");
    t.assert_not_spinning();
}

#[test]
fn a_binary_that_fails_in_any_way_leaves_the_line_untouched() {
    let ended = "no answer (helper ended early)";
    let refused = "no answer (a command with control characters was refused)";
    let cases: [(&str, &dyn Fn(FakeHelper) -> FakeHelper, &str); 11] = [
        ("crash", &|h| h.crash_after(SOON), ended),
        ("nothing", &|h| h.raw_after(AT_ONCE, b""), ended),
        ("garbage", &|h| h.raw_after(AT_ONCE, b"Segmentation \xff fault\nls\n"), ended),
        ("cut", &|h| h.raw_after(AT_ONCE, b"cmd\0ls\0offline\0end\x000"), ended),
        ("answer without end", &|h| h.raw_after(AT_ONCE, b"cmd\0ls\0offline\0"), ended),
        ("flood", &|h| h.flood(), ended),
        ("escape", &|h| h.answer_after(AT_ONCE, &[("ls \x1b[31mred", NOTE)]), refused),
        ("newline", &|h| h.answer_after(AT_ONCE, &[("ls\nrm x", NOTE)]), refused),
        ("C1 control", &|h| h.answer_after(AT_ONCE, &[("ls \u{9b}31m", NOTE)]), refused),
        ("no answer", &|h| h.message_after(AT_ONCE, "nothing known; try \x1b[2Jother words"), "nothing known; try ?[2Jother words"),
        ("unknown record", &|h| h.raw_after(AT_ONCE, b"new\0x\0y\0end\x001\0\0"), "gptos: no answer"),
    ];
    for (name, script, message) in cases {
        let (_dir, helper) = scripted();
        let helper = script(helper);
        let t = start(&helper);
        t.type_text("list files");
        t.key("C-g");
        t.wait_for_screen(message);
        assert_eq!(t.buffer(), "list files", "{name}");
        assert_eq!(t.prompt_number(), 1, "{name}");
        t.assert_not_spinning();
        t.key("C-u");
        t.type_text("echo still; echo fine");
        t.key("Enter");
        t.wait_for_prompt(2);
        assert_eq!(t.screen(), "[1]> echo still; echo fine\nstill\nfine\n[2]>", "{name}");
    }
}

#[test]
fn a_binary_that_is_missing_or_cannot_be_executed_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let plain = dir.path().join("plain");
    fs::write(&plain, "").unwrap();
    for bin in [Path::new("/nonexistent/gptos"), Path::new("no-such-gptos"), &plain, dir.path()] {
        let t = Terminal::start(Shell::Zsh, Setup { bin: bin.to_path_buf(), ..Setup::default() });
        t.type_text("?? list files");
        t.key("Enter");
        t.wait_for_screen(&format!("gptos: {} not found", bin.display()));
        assert_eq!(t.buffer(), "?? list files");
        t.key("C-c");
        t.wait_for_prompt(2);
    }
}

#[test]
fn a_line_of_several_lines_is_sent_as_it_is_and_comes_back_by_undo() {
    let (_dir, helper) = scripted();
    let helper = list_files(helper);
    let t = start(&helper);
    t.type_text("for every file");
    t.keys(&["Escape", "Enter"]);
    t.type_text("print its 'size é");
    assert_eq!(t.buffer(), "for every file\nprint its 'size é");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "ls");
    assert_eq!(helper.queries(), ["for every file\nprint its 'size é"]);
    t.key("C-_");
    t.wait_for_buffer(|b| b == "for every file\nprint its 'size é");
}

#[test]
fn the_note_and_the_progress_leave_nothing_behind() {
    let (_dir, helper) = scripted();
    let helper = helper.answer_after(SOON, &[("echo done", NOTE)]).tick(SOON, 20, "openai").tick(SOON, 240, "openai").tick(SOON, 1370, "");
    let t = start(&helper);
    t.type_text("?? say done");
    t.key("Enter");
    t.wait_for_screen("gptos: offline");
    assert_eq!(t.screen(), "[1]> echo done\ngptos: offline · risk none");
    thread::sleep(READING);
    assert_eq!(t.screen(), "[1]> echo done\ngptos: offline · risk none");
    t.key("Enter");
    t.wait_for_prompt(2);
    assert_eq!(t.screen(), "[1]> echo done\ndone\n[2]>");
}

#[test]
fn progress_shows_only_after_its_time() {
    let (_dir, helper) = scripted();
    let helper = helper.hang().tick(AT_ONCE, 110, "early").tick(SOON, 121, "openai").tick(SOON, 1370, "openai");
    let t = start(&helper);
    t.type_text("list files");
    t.key("C-g");
    let mut seen = Vec::new();
    t.wait_for(
        || {
            seen.push(t.screen());
            seen.last().unwrap().contains("gptos: openai… 1.3 s (Ctrl-C cancels)").then_some(())
        },
        "the progress",
    );
    assert!(seen.iter().all(|screen| !screen.contains("early")), "{seen:?}");
    t.key("C-c");
    t.wait_for_screen("gptos: cancelled");
    assert_eq!(t.screen(), "[1]> list files\ngptos: cancelled");
}

#[test]
fn editing_while_a_request_is_pending_is_never_overwritten() {
    let (_dir, helper) = scripted();
    let helper = helper.answer_after(Duration::from_millis(500), &[("ls", NOTE), ("ls -A", NOTE)]);
    let t = start(&helper);
    t.type_text("?? list files");
    t.key("Enter");
    t.wait_for(|| (helper.queries().len() == 1).then_some(()), "the request");
    t.type_text(" by size");
    t.wait_for_screen("gptos: the line was edited; press the key again for: ls");
    assert_eq!(t.buffer(), "?? list files by size");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "ls");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "ls -A");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "?? list files by size");
    assert_eq!(helper.queries().len(), 1);
}

#[test]
fn other_words_and_the_key_replace_a_pending_request() {
    let (_dir, helper) = scripted();
    let helper = helper.hang().answer_after(AT_ONCE, &[("ps", NOTE)]);
    let t = start(&helper);
    t.type_text("list files");
    t.key("C-g");
    t.wait_for(|| (helper.queries().len() == 1).then_some(()), "the request");
    t.key("C-u");
    t.type_text("list processes");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "ps");
    t.wait_for(|| (!is_alive(helper.pids()[0])).then_some(()), "the first helper to be killed");
    assert_eq!(helper.queries(), ["list files", "list processes"]);
    t.assert_not_spinning();
}

#[test]
fn ending_the_shell_or_the_line_kills_the_request() {
    for keys in [["C-u", "C-d"], ["C-a", "C-x"]] {
        let (_dir, helper) = scripted();
        let helper = helper.hang();
        let rc = "bindkey -M emacs '^X' send-break; setopt no_ignore_eof".to_owned();
        let t = start_with(&helper, Setup { rc, ..Setup::default() });
        t.type_text("list files");
        t.key("C-g");
        t.wait_for(|| (helper.queries().len() == 1).then_some(()), "the request");
        for key in keys {
            t.key(key);
        }
        t.wait_for(|| (!is_alive(helper.pids()[0])).then_some(()), "the helper to be killed");
    }
}

#[test]
fn the_words_and_the_command_are_both_in_the_history() {
    let (_dir, helper) = scripted();
    let helper = helper.answer_after(AT_ONCE, &[("echo one", NOTE)]);
    let t = start(&helper);
    t.type_text("?? say one");
    t.key("Enter");
    t.wait_for_buffer(|b| b == "echo one");
    thread::sleep(READING);
    t.key("Enter");
    t.wait_for_prompt(2);
    // The words of a line given up are kept as well.
    t.type_text("?? say two");
    t.key("Enter");
    t.wait_for_buffer(|b| b == "echo one");
    t.key("C-c");
    t.wait_for_prompt(3);
    t.type_text("fc -ln 1");
    t.key("Enter");
    t.wait_for_prompt(4);
    assert!(t.screen().contains("fc -ln 1\n?? say one\necho one\n?? say two\n[4]>"), "{}", t.screen());
    t.key("Up");
    t.key("Up");
    t.wait_for_buffer(|b| b == "?? say two");
}

#[test]
fn what_was_run_of_a_suggestion_is_reported_with_its_status() {
    let (_dir, helper) = scripted();
    let helper = helper.answer_after(AT_ONCE, &[("sh -c 'exit 3'", NOTE)]);
    let t = start(&helper);
    let ran =
        |status: &str, command: &str| Ran { shell: "zsh".into(), status: status.into(), query: "fail".into(), command: command.into() };

    t.type_text("?? fail");
    t.key("Enter");
    t.wait_for_screen("gptos: offline");
    thread::sleep(READING);
    t.key("Enter");
    t.wait_for_prompt(2);
    t.wait_for(|| (helper.ran() == [ran("3", "sh -c 'exit 3'")]).then_some(()), "the first report");
    assert_eq!(t.screen(), "[1]> sh -c 'exit 3'\n[2]>");

    // Lines that are not from a suggestion: typed, emptied, undone.
    t.type_text("true");
    t.key("Enter");
    t.wait_for_prompt(3);
    for (number, away) in [(4, "C-u"), (5, "C-_")] {
        t.type_text("fail");
        t.key("C-g");
        t.wait_for_buffer(|b| b.starts_with("sh"));
        thread::sleep(READING);
        t.key(away);
        t.key("C-u");
        t.type_text("true");
        t.key("Enter");
        t.wait_for_prompt(number);
    }

    // An edited suggestion is reported as it was run.
    t.type_text("fail");
    t.key("C-g");
    t.wait_for_buffer(|b| b.starts_with("sh"));
    thread::sleep(READING);
    t.type_text(" || false");
    t.key("Enter");
    t.wait_for_prompt(6);
    t.wait_for(|| (helper.ran().len() == 2).then_some(()), "the second report");
    assert!(helper.ran().contains(&ran("1", "sh -c 'exit 3' || false")), "{:?}", helper.ran());
}

#[test]
fn vi_mode_works_from_both_keymaps() {
    let (dir, helper) = scripted();
    let marker = dir.path().join("marker");
    let command = format!("touch {}", marker.display());
    let helper = helper.answer_after(AT_ONCE, &[(command.as_str(), NOTE)]);
    let t = start_with(&helper, Setup { vi: true, ..Setup::default() });
    t.type_text("make a marker");
    t.key("Escape");
    t.wait_until_idle();
    t.key("C-g");
    t.wait_for_screen("gptos: offline");
    assert_eq!(t.buffer(), command);
    t.key("C-c");
    t.wait_for_prompt(2);
    t.type_text("?? what's a marker");
    t.key("Escape");
    t.wait_until_idle();
    t.keys(&["Enter", "Enter", "Enter"]);
    t.wait_for_screen("gptos: offline");
    assert_eq!(t.buffer(), command);
    assert!(!marker.exists());
    thread::sleep(READING);
    t.key("Enter");
    t.wait_for_prompt(3);
    assert!(marker.exists());
}

#[test]
fn hostile_options_and_aliases_change_nothing() {
    let (_dir, helper) = scripted();
    let helper = helper.answer_after(SOON, &[("echo *", NOTE), ("echo b", NOTE)]);
    let before = "alias local=false print=false zle=false emulate=false kill=false typeset=false command=false read=false
alias -g L='| less' fd=nothing
setopt ksh_arrays glob_subst sh_word_split no_unset warn_create_global warn_nested_var rc_quotes no_clobber ksh_glob no_bare_glob_qual pipe_fail
__before=\"${(kvj: :)options}\"";
    let script = Shell::Zsh.script();
    let load = format!("__load() {{ source '{}'; }}\n__load\n__load", script.display());
    let rc = "[[ \"$__before\" == \"${(kvj: :)options}\" ]] || echo OPTIONS CHANGED\nunalias -m '*'".to_owned();
    let t = start_with(&helper, Setup { before: before.into(), load: Some(load), rc, ..Setup::default() });
    t.type_text("?? what's here");
    t.key("Enter");
    t.wait_for_screen("gptos: offline");
    assert_eq!(t.buffer(), "echo *");
    t.key("C-g");
    t.wait_for_buffer(|b| b == "echo b");
    thread::sleep(READING);
    t.key("Enter");
    t.wait_for_prompt(2);
    assert_eq!(t.screen(), "[1]> echo b\nb\n[2]>");
    t.wait_for(|| (helper.ran().len() == 1).then_some(()), "the report");
    t.assert_not_spinning();
}

#[test]
fn loading_by_eval_and_loading_twice_work() {
    let (_dir, helper) = scripted();
    let helper = list_files(helper);
    let script = Shell::Zsh.script();
    let load = format!(
        "eval \"$(cat '{0}')\"\nsource '{0}'\neval \"$(cat '{0}')\"\necho \"hooks $#precmd_functions $#preexec_functions\"",
        script.display()
    );
    let t = start_with(&helper, Setup { load: Some(load), ..Setup::default() });
    assert!(t.screen().starts_with("hooks 2 1\n"), "{}", t.screen());
    t.type_text("?? list files");
    t.key("Enter");
    t.wait_for_buffer(|b| b == "ls");
    assert_eq!(helper.queries().len(), 1);
    t.key("C-u");
    t.type_text("echo hello");
    thread::sleep(READING);
    t.key("Enter");
    t.wait_for_prompt(2);
    assert!(t.screen().ends_with("echo hello\nhello\n[2]>"), "{}", t.screen());
}

#[test]
fn the_keys_are_the_users_choice() {
    let vscode = vec![("TERM_PROGRAM".to_owned(), "vscode".to_owned())];
    let cases: [(&str, Vec<(String, String)>, &str); 5] = [
        ("GPTOS_KEY=ctrl-t", vec![], "C-t"),
        ("GPTOS_KEY=alt-k", vec![], "M-k"),
        ("GPTOS_KEY='^Xg'", vec![], "C-x g"),
        ("GPTOS_KEY= GPTOS_KEY2=ctrl-]", vec![], "C-]"),
        ("", vscode, "C-]"),
    ];
    for (before, env, keys) in cases {
        let (_dir, helper) = scripted();
        let helper = list_files(helper);
        let t = start_with(&helper, Setup { before: before.into(), env, ..Setup::default() });
        t.type_text("list files");
        t.keys(&keys.split(' ').collect::<Vec<_>>());
        t.wait_for_buffer(|b| b == "ls");
    }
}

#[test]
fn where_there_is_no_line_editor_nothing_happens() {
    let load = format!("source '{}'; echo \"status $? ${{widgets[accept-line]-none}}\"", Shell::Zsh.script().display());
    for (term, arguments) in [("xterm", ["-f", "-c"]), ("dumb", ["-fi", "-c"])] {
        let output = std::process::Command::new("zsh").env("TERM", term).args(arguments).arg(&load).output().expect("zsh is installed");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{term}");
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), "status 0 builtin", "{term}");
    }
}

#[test]
fn the_common_plugins_may_come_before_or_after() {
    const PLUGINS: &str = "autoload -Uz compinit; compinit -u -D
source /usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh || echo MISSING
source /usr/share/doc/fzf/examples/key-bindings.zsh || echo MISSING
source /usr/share/doc/fzf/examples/completion.zsh || echo MISSING
source /usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh || echo MISSING
print -s '?? list files by size, old words'";
    let script = format!("source '{}'", Shell::Zsh.script().display());
    let orders = [(PLUGINS.to_owned(), false), (PLUGINS.to_owned(), true), (String::new(), false), (String::new(), true)];
    for (before, vi) in orders {
        let rc = if before.is_empty() { format!("{PLUGINS}\n{script}") } else { String::new() };
        let (_dir, helper) = scripted();
        let helper = helper.answer_after(SOON, &[("ls -d /", NOTE), ("ls -dA /", NOTE)]);
        let t = start_with(&helper, Setup { before, rc, vi, ..Setup::default() });
        assert!(!t.screen().contains("MISSING"), "install the plugins; {}", t.screen());
        t.type_text("?? list files");
        t.wait_for_screen("old words");
        t.key("Enter");
        t.wait_for_screen("gptos: offline");
        assert_eq!(t.screen(), "[1]> ls -d /\ngptos: offline · risk none");
        assert_eq!(t.buffer(), "ls -d /");
        t.key("C-g");
        t.wait_for_buffer(|b| b == "ls -dA /");
        // The command is coloured as one that exists.
        t.wait_for(|| t.coloured_screen().contains("\u{1b}[32mls\u{1b}[39m -dA").then_some(()), "the highlighting");
        t.key("C-g");
        t.wait_for_buffer(|b| b == "?? list files");
        t.key("C-g");
        t.wait_for_buffer(|b| b == "ls -d /");
        thread::sleep(READING);
        t.key("Enter");
        t.wait_for_prompt(2);
        assert!(t.screen().contains("ls -d /\n/\n[2]>"), "{}", t.screen());
        t.assert_not_spinning();
    }
}

/// `touch FILE`, so that nothing can run unnoticed.
fn touch(dir: &Path, name: &str) -> (PathBuf, String) {
    let marker = dir.join(name);
    let command = format!("touch {}", marker.display());
    (marker, command)
}

fn moments() -> u32 {
    std::env::var("GPTOS_TEST_MOMENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(6)
}

fn now_ns() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos()
}

/// Three Enters `moment` after the request, for every moment from the request to 200 ms after the answer.
fn impatient(delay: Duration, question_marks: bool) {
    let (dir, helper) = scripted();
    let (answer, command) = touch(dir.path(), "answer");
    let (words, query) = touch(dir.path(), "words");
    let helper = helper.answer_after(delay, &[(command.as_str(), NOTE)]);
    let t = start(&helper);
    let (line, key) = if question_marks { (format!("?? {query}"), "Enter") } else { (query, "C-g") };
    let span = delay + Duration::from_millis(200);
    let count = moments();
    let mut conclusive = 0;
    for n in 0..count {
        let prompt = t.prompt_number();
        t.type_text(&line);
        t.buffer();
        if n == 0 {
            t.keys(&[key, "Enter", "Enter", "Enter"]);
        } else {
            let start = Instant::now();
            t.key(key);
            thread::sleep((span * n / (count - 1)).saturating_sub(start.elapsed()));
            t.keys(&["Enter", "Enter", "Enter"]);
        }
        let sent = now_ns();
        let answered = t.wait_for(|| helper.answered_at().get(n as usize).copied(), "the answer");
        // On a busy machine the Enters may have been late: then they prove nothing.
        if sent <= answered + 250_000_000 {
            conclusive += 1;
            t.wait_for_screen(NOTE);
            assert_eq!(t.buffer(), command, "{delay:?}, moment {n}");
            assert!(!answer.exists() && !words.exists(), "{delay:?}, moment {n}");
            assert_eq!(t.prompt_number(), prompt);
            if n + 1 == count || n == 0 {
                thread::sleep(READING);
                t.key("Enter");
                t.wait_for(|| answer.exists().then_some(()), "Enter to run the line");
                t.wait_for_prompt(prompt + 1);
                fs::remove_file(&answer).unwrap();
                continue;
            }
        }
        t.key("C-c");
        t.wait_for_buffer(str::is_empty);
        t.wait_for_prompt(prompt + 1);
        let _ = fs::remove_file(&answer);
    }
    assert!(conclusive * 2 >= count, "only {conclusive} of {count} moments could be tried: the machine is too busy");
    assert!(!words.exists());
}

#[test]
fn impatient_enters_after_the_key_run_nothing_when_the_answer_is_at_once() {
    impatient(AT_ONCE, false);
}

#[test]
fn impatient_enters_after_the_key_run_nothing_when_the_answer_takes_100_ms() {
    impatient(SOON, false);
}

#[test]
fn impatient_enters_after_the_key_run_nothing_when_the_answer_takes_400_ms() {
    impatient(Duration::from_millis(400), false);
}

#[test]
fn impatient_enters_after_question_marks_run_nothing_when_the_answer_is_at_once() {
    impatient(AT_ONCE, true);
}

#[test]
fn impatient_enters_after_question_marks_run_nothing_when_the_answer_takes_100_ms() {
    impatient(SOON, true);
}

#[test]
fn impatient_enters_after_question_marks_run_nothing_when_the_answer_takes_400_ms() {
    impatient(Duration::from_millis(400), true);
}

/// A key that keeps the line editor busy for half a second, as a loaded machine would.
const BUSY_KEY: &str = "_busy() { sleep 0.5 }; zle -N _busy; bindkey -M emacs '^B' _busy";

#[test]
fn enters_that_waited_in_a_busy_shell_while_the_guard_ran_out_run_nothing() {
    let (dir, helper) = scripted();
    let (answer, command) = touch(dir.path(), "answer");
    let helper = helper.answer_after(AT_ONCE, &[(command.as_str(), NOTE)]);
    // The long guard makes sure that the busy key comes before its end; the half second of the key ends after it.
    let before = "GPTOS_ENTER_GUARD_MS=450".to_owned();
    let t = start_with(&helper, Setup { before, rc: BUSY_KEY.into(), ..Setup::default() });
    let mut conclusive = 0;
    for n in 0..3 {
        let prompt = t.prompt_number();
        t.type_text("?? make a marker");
        t.key("Enter");
        let answered = t.wait_for(|| helper.answered_at().get(n).copied(), "the answer");
        t.wait_for_screen(NOTE);
        t.keys(&["C-b", "Enter", "Enter"]);
        let sent = now_ns();
        if sent < answered + 450_000_000 {
            conclusive += 1;
            assert_eq!(t.buffer(), command);
            assert!(!answer.exists());
        }
        t.key("C-c");
        t.wait_for_prompt(prompt + 1);
        let _ = fs::remove_file(&answer);
    }
    assert!(conclusive > 0, "the machine is too busy");
}

#[test]
fn keys_that_waited_while_the_answer_came_belong_to_the_words() {
    let (dir, helper) = scripted();
    let (answer, command) = touch(dir.path(), "answer");
    let (words, query) = touch(dir.path(), "words");
    let helper = helper.answer_after(SOON, &[(command.as_str(), NOTE)]);
    let t = start_with(&helper, Setup { rc: BUSY_KEY.into(), ..Setup::default() });
    t.type_text(&query);
    t.keys(&["C-g", "C-b", "Enter", "Enter"]);
    t.wait_for_screen(NOTE);
    assert_eq!(t.buffer(), command);
    t.key("C-c");
    t.wait_for_prompt(2);
    t.type_text(&query);
    t.keys(&["C-g", "C-b", "x", "Enter", "y", "Enter"]);
    t.wait_for_screen("gptos: the line was edited");
    assert_eq!(t.buffer(), format!("{query}xy"));
    assert!(!answer.exists() && !words.exists());
    assert_eq!(t.prompt_number(), 2);
}

#[test]
fn closing_the_terminal_kills_the_request() {
    let (_dir, helper) = scripted();
    let helper = helper.hang();
    let t = start(&helper);
    t.type_text("list files");
    t.key("C-g");
    t.wait_for(|| (helper.queries().len() == 1).then_some(()), "the request");
    drop(t);
    let start = Instant::now();
    while is_alive(helper.pids()[0]) {
        assert!(start.elapsed() < Duration::from_secs(10), "the helper outlives the terminal");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn long_notes_and_tall_prompts_keep_the_screen_in_order() {
    let (_dir, helper) = scripted();
    let long = "offline · risk high: removes every file below the directory and cannot be undone";
    let helper = helper.answer_after(SOON, &[("echo a", long), ("echo b", NOTE)]).tick(SOON, 300, "openai").tick(SOON, 400, "");
    let rc = "__tall() { PS1=$'above\\n'\"$PS1\" }; precmd_functions+=(__tall); RPROMPT=right".to_owned();
    let t = start_with(&helper, Setup { rc, columns: 40, rows: 12, ..Setup::default() });
    for number in 1..5 {
        t.type_text("?? say it");
        t.key("Enter");
        t.wait_for_screen("risk high: removes");
        t.key("C-g");
        t.wait_for_screen(NOTE);
        assert_eq!(t.buffer(), "echo b");
        thread::sleep(READING);
        t.key("Enter");
        t.wait_for_prompt(number + 1);
        let screen = t.screen();
        let lines: Vec<&str> = screen.lines().map(str::trim_end).collect();
        let right = |text: &str| format!("{text:<34}right");
        let tail = [format!("[{number}]> echo b"), "b".into(), "above".into(), right(&format!("[{}]>", number + 1))];
        let seen: Vec<String> = lines[lines.len() - 4..].iter().map(|line| (*line).to_owned()).collect();
        assert_eq!(seen[1..], tail[1..], "{screen}");
        assert!(seen[0].starts_with(&tail[0]), "{screen}");
        assert!(!screen.contains("gptos:"), "{screen}");
    }
}

/// A binary of the test's own.
fn script(dir: &Path, body: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = dir.join("gptos");
    fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}
