//! What a person types into fish, live and blocking, and what the line then holds.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::fake::FakeHelper;
use crate::terminal::{Setup, Shell, Terminal, is_alive};

const NOW: Duration = Duration::ZERO;
const SLOW: Duration = Duration::from_millis(400);
const LIVE: &str = "set -g GPTOS_ASYNC 1";
const BLOCKING: &str = "set -g GPTOS_ASYNC 0";
const NOTE: &str = "offline · risk none";

/// A fish with a scripted helper, and a directory for marker files.
struct Scene {
    t: Terminal,
    fake: FakeHelper,
    dir: TempDir,
}

impl Scene {
    fn new(before: &str, script: impl FnOnce(FakeHelper, &Path) -> FakeHelper) -> Self {
        Self::with(Setup { before: before.to_owned(), ..Setup::default() }, script)
    }

    fn with(setup: Setup, script: impl FnOnce(FakeHelper, &Path) -> FakeHelper) -> Self {
        let dir = tempfile::Builder::new().prefix("gptos-fish-").tempdir().unwrap();
        fs::create_dir(dir.path().join("tmp")).unwrap();
        let fake = script(FakeHelper::new(dir.path()), dir.path());
        let bin = fake.write();
        let env = vec![("TMPDIR".to_owned(), dir.path().join("tmp").display().to_string())];
        let t = Terminal::start(Shell::Fish, Setup { bin, env, ..setup });
        Self { t, fake, dir }
    }

    /// Types words and presses the key.
    fn ask(&self, words: &str) {
        self.t.type_text(words);
        self.t.key("C-g");
    }

    fn expect(&self, line: &str) {
        self.t.wait_for_buffer(|buffer| buffer == line);
    }

    fn marker(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn wait_for_marker(&self, name: &str) {
        let path = self.marker(name);
        self.t.wait_for(|| path.exists().then_some(()), "the line to run");
    }

    /// Waits until no answer directory is left.
    fn expect_no_files(&self) {
        self.t.wait_for(|| (!holds_answers(self.dir.path())).then_some(()), "the answer directory to go");
    }

    /// fish 3.6 now and then loses a Ctrl-C that comes while it takes up the result of a background task, such as an autosuggestion.
    fn interrupt_until(&self, done: impl Fn(&Self) -> bool) {
        for _ in 0..5 {
            self.t.key("C-c");
            let start = Instant::now();
            while start.elapsed() < Duration::from_secs(3) {
                if done(self) {
                    return;
                }
                thread::sleep(Duration::from_millis(10));
            }
        }
        panic!("Ctrl-C has no effect; the screen:\n{}", self.t.screen());
    }

    fn cancel(&self) {
        self.interrupt_until(|s| s.t.screen().contains("gptos: cancelled\n"));
    }

    /// Gives up the line.
    fn clear(&self) {
        self.interrupt_until(|s| s.t.buffer().is_empty());
    }

    fn wait_for_helper(&self, calls: usize) -> u32 {
        self.t.wait_for(|| self.fake.pids().get(calls - 1).copied(), "the helper to start")
    }
}

fn holds_answers(dir: &Path) -> bool {
    fs::read_dir(dir.join("tmp")).unwrap().any(|entry| entry.unwrap().file_name().to_string_lossy().starts_with("gptos."))
}

/// Long enough for Enter to count as deliberate.
fn read_the_line() {
    thread::sleep(Duration::from_millis(400));
}

fn both_modes(check: impl Fn(&str)) {
    for mode in [LIVE, BLOCKING] {
        check(mode);
    }
}

#[test]
fn the_key_cycles_through_suggestions_a_fresh_answer_and_the_words() {
    let s = Scene::new(LIVE, |fake, _| {
        fake.answer_after(NOW, &[("echo one", NOTE), ("echo two", "offline · risk low: writes")])
            .more("openai")
            .fresh_after(SLOW, &[("echo one", "openai · risk none"), ("echo three", "openai · risk none")])
    });
    for round in 1..=2 {
        if round == 1 {
            s.ask("list files");
        } else {
            s.t.key("C-g");
        }
        s.expect("echo one");
        s.t.wait_for_screen("gptos: offline · risk none\n");
        assert_eq!(s.t.cursor(), "echo one".len());
        s.t.key("C-g");
        s.expect("echo two");
        s.t.wait_for_screen("gptos: offline · risk low: writes\n");
        s.t.key("C-g");
        s.expect("echo three");
        s.t.key("C-g");
        s.expect("list files");
        s.t.wait_for_screen_without("gptos:");
        assert_eq!(s.t.screen(), "[1]> list files");
    }
    let calls = s.fake.calls();
    assert_eq!(calls.len(), 2, "{calls:?}");
    assert!(calls[0].starts_with("widget fish --shell-version "), "{calls:?}");
    assert!(calls[1].starts_with("widget fish --fresh --shell-version "), "{calls:?}");
    assert_eq!(s.fake.queries(), ["list files", "list files"]);
    s.expect_no_files();
}

#[test]
fn a_fresh_answer_that_brings_nothing_new_gives_the_words_back() {
    let s = Scene::new(BLOCKING, |fake, _| {
        fake.answer_after(NOW, &[("echo one", NOTE)]).more("openai").fresh_after(NOW, &[("echo one", "openai · risk none")])
    });
    s.ask("?? list files");
    s.expect("echo one");
    s.t.key("C-g");
    s.expect("?? list files");
    s.t.wait_for_screen("gptos: openai has no other answer\n");
    s.t.key("C-g");
    s.expect("echo one");
    s.t.key("C-g");
    s.expect("?? list files");
    assert_eq!(s.fake.calls().len(), 2);
}

#[test]
fn one_undo_restores_the_words() {
    let s = Scene::new(LIVE, |fake, _| fake.answer_after(NOW, &[("echo one", NOTE)]).answer_after(SLOW, &[("echo two", NOTE)]));
    s.ask("list files");
    s.expect("echo one");
    s.t.key("C-z");
    s.expect("list files");
    s.t.type_text(" now");
    s.t.key("C-g");
    s.expect("echo two");
    s.t.key("C-z");
    s.expect("list files now");
}

#[test]
fn question_marks_and_enter_translate_and_run_nothing() {
    both_modes(|mode| {
        let s = Scene::new(mode, |fake, _| fake.answer_after(NOW, &[("echo answer", NOTE)]).fresh_after(NOW, &[("echo fresh", NOTE)]));
        s.t.type_text("  ?? what's my ip");
        s.t.key("Enter");
        s.expect("echo answer");
        read_the_line();
        s.t.key("C-u");
        s.t.type_text("??? what's \"my\" ip; $(touch x) `y` \\");
        s.t.key("Enter");
        s.expect("echo fresh");
        assert_eq!(s.fake.queries(), ["what's my ip", "what's \"my\" ip; $(touch x) `y` \\"]);
        assert!(s.fake.calls()[1].contains("--fresh"));
        assert!(s.fake.calls().iter().all(|call| !call.contains("ip")), "the query must not be an argument");
        for bare in ["??", "??? "] {
            s.t.key("C-u");
            read_the_line();
            s.t.type_text(bare);
            s.t.key("Enter");
            s.t.wait_for_screen("gptos: type what you want");
            s.expect(bare);
        }
        assert_eq!(s.fake.calls().len(), 2);
        assert_eq!(s.t.prompt_number(), 1, "a line was run");
    });
}

#[test]
fn after_the_answer_the_screen_holds_only_the_note_the_line_and_its_output() {
    both_modes(|mode| {
        let s = Scene::new(mode, |fake, _| fake.answer_after(SLOW, &[("echo done", NOTE)]));
        s.ask("say it");
        s.t.wait_for_screen("gptos: waiting, Ctrl-C cancels");
        s.expect("echo done");
        read_the_line();
        s.t.key("Enter");
        s.t.wait_for_prompt(2);
        assert_eq!(s.t.screen(), format!("gptos: {NOTE}\n[1]> echo done\ndone\n[2]>"));
    });
}

#[test]
fn a_note_survives_a_line_longer_than_the_screen_and_the_bottom_of_the_screen() {
    both_modes(|mode| {
        let long = format!("echo {}", "word ".repeat(30));
        let long = long.trim_end();
        let s = Scene::with(Setup { before: mode.to_owned(), columns: 60, rows: 8, ..Setup::default() }, |fake, _| {
            fake.answer_after(SLOW, &[(long, NOTE)])
        });
        for n in 1..10 {
            s.t.key("Enter");
            s.t.wait_for_prompt(n + 1);
        }
        s.ask("many words");
        s.expect(long);
        s.t.key("C-z");
        s.expect("many words");
        let screen = s.t.screen();
        assert!(screen.ends_with(&format!("[9]>\ngptos: {NOTE}\n[10]> many words")), "{screen}");
    });
}

#[test]
fn no_sign_of_waiting_before_its_time() {
    both_modes(|mode| {
        let s = Scene::new(&format!("{mode}; set -g GPTOS_PROGRESS_MS 3000"), |fake, _| fake.answer_after(SLOW, &[("echo one", NOTE)]));
        s.ask("list files");
        let helper = s.wait_for_helper(1);
        while is_alive(helper) {
            assert!(!s.t.screen().contains("waiting"));
        }
        s.expect("echo one");
    });
}

#[test]
fn ctrl_c_kills_the_helper_and_keeps_the_line() {
    both_modes(|mode| {
        let s = Scene::new(mode, |fake, _| fake.hang().tick(NOW, 120, "openai"));
        for round in 1..=2 {
            s.ask("list files");
            s.t.wait_for_screen("gptos: waiting");
            let helper = s.wait_for_helper(round);
            if mode == LIVE {
                s.t.wait_for(
                    || {
                        s.t.key("Enter");
                        s.t.screen().contains("gptos: waiting for openai, Ctrl-C cancels\n").then_some(())
                    },
                    "Enter to say who is asked",
                );
            }
            s.cancel();
            s.t.wait_for_screen_without("waiting");
            s.t.wait_for(|| (!is_alive(helper)).then_some(()), "the helper to end");
            s.expect("list files");
            s.expect_no_files();
            s.t.assert_not_spinning();
            s.clear();
            assert!(s.t.screen().ends_with("list files^C\n[1]>"), "{}", s.t.screen());
        }
    });
}

#[test]
fn ctrl_c_before_any_sign_of_waiting_cancels_too() {
    both_modes(|mode| {
        let s = Scene::new(&format!("{mode}; set -g GPTOS_PROGRESS_MS 60000"), |fake, _| fake.hang());
        s.ask("list files");
        let helper = s.wait_for_helper(1);
        s.cancel();
        s.t.wait_for(|| (!is_alive(helper)).then_some(()), "the helper to end");
        s.expect("list files");
        s.expect_no_files();
    });
}

#[test]
fn a_binding_of_the_user_for_ctrl_c_is_back_after_the_request() {
    let setup = Setup { before: LIVE.to_owned(), rc: "bind \\cc 'commandline -r mine'".to_owned(), ..Setup::default() };
    let s = Scene::with(setup, |fake, _| fake.hang());
    s.ask("list files");
    s.t.wait_for_screen("gptos: waiting");
    s.cancel();
    s.expect("list files");
    s.interrupt_until(|s| s.t.buffer() == "mine");
}

#[test]
fn a_closed_terminal_leaves_neither_helper_nor_files() {
    both_modes(|mode| {
        let Scene { t, fake, dir } = Scene::new(mode, |fake, _| fake.hang());
        t.type_text("list files");
        t.key("C-g");
        t.wait_for_screen("gptos: waiting");
        let helper = fake.pids()[0];
        drop(t);
        let start = Instant::now();
        while is_alive(helper) || holds_answers(dir.path()) {
            assert!(start.elapsed() < Duration::from_secs(10), "{mode}: something is left");
            thread::sleep(Duration::from_millis(20));
        }
    });
}

#[test]
fn broken_helpers_leave_the_line_untouched() {
    both_modes(|mode| {
        let s = Scene::new(mode, |fake, _| {
            fake.crash_after(NOW)
                .raw_after(NOW, b"")
                .raw_after(NOW, b"<html>no protocol here</html>\n")
                .raw_after(NOW, b"cmd\0echo cut\0offline")
                .raw_after(NOW, b"\0\xff\xfe\0cmd\0\0\0\0")
                .raw_after(NOW, b"cmd\0echo \x1b[31mred\x1b[0m\0note\0end\x000\0\0")
                .raw_after(NOW, b"cmd\0echo one\necho two\0note\0end\x000\0\0")
                .raw_after(NOW, "cmd\0echo \u{202e}txt\0note\0end\x000\0\0".as_bytes())
                .raw_after(NOW, b"end\x001\0\0")
                .message_after(NOW, "nothing fits; try other words")
                .flood()
        });
        let outcomes = [
            "gptos: no answer (helper ended early)",
            "gptos: no answer (helper ended early)",
            "gptos: no answer (helper ended early)",
            "gptos: no answer (helper ended early)",
            "gptos: no answer (helper ended early)",
            "gptos: answer refused (it holds unprintable characters)",
            "gptos: answer refused (it holds unprintable characters)",
            "gptos: answer refused (it holds unprintable characters)",
            "gptos: no answer",
            "gptos: nothing fits; try other words",
            "gptos: no answer (helper ended early)",
        ];
        for (number, outcome) in outcomes.iter().enumerate() {
            let words = format!("list files {number}");
            s.ask(&words);
            s.t.wait_for_screen(&format!("{outcome}\n[1]> {words}"));
            s.expect(&words);
            s.t.key("C-u");
            s.expect("");
        }
        s.expect_no_files();
        s.t.assert_not_spinning();
    });
}

#[test]
fn a_missing_helper_leaves_the_line_untouched() {
    both_modes(|mode| {
        let t = Terminal::start(Shell::Fish, Setup { before: mode.to_owned(), ..Setup::default() });
        t.type_text("list files");
        t.key("C-g");
        t.wait_for_screen("gptos: /nonexistent/gptos not found (GPTOS_BIN)\n[1]> list files");
        assert_eq!(t.buffer(), "list files");
    });
}

#[test]
fn a_good_answer_among_refused_ones_is_shown() {
    let s =
        Scene::new(LIVE, |fake, _| fake.raw_after(NOW, b"cmd\0echo \x1b[2J\0n\0cmd\0echo good\0n\x1b]0;x\0msg\0a remark\0\0end\x000\0\0"));
    s.ask("list files");
    s.expect("echo good");
    s.t.wait_for_screen("gptos: n]0;x · a remark\n");
    s.t.key("C-g");
    s.expect("list files");
}

#[test]
fn a_line_of_several_rows_is_sent_as_it_is() {
    let s = Scene::new(LIVE, |fake, _| fake.answer_after(NOW, &[("echo one", NOTE)]));
    s.t.type_text("first row");
    s.t.key("M-Enter");
    s.t.type_text("second row");
    s.t.key("C-g");
    s.expect("echo one");
    assert_eq!(s.fake.queries(), ["first row\nsecond row"]);
    s.t.key("C-g");
    s.expect("first row\nsecond row");
}

#[test]
fn words_typed_while_waiting_are_kept() {
    let script = |fake: FakeHelper, _: &Path| fake.answer_after(SLOW, &[("echo one", NOTE)]);
    let s = Scene::new(BLOCKING, script);
    s.ask("list files");
    s.wait_for_helper(1);
    s.t.type_text("abc");
    s.expect("echo oneabc");

    let s = Scene::new(LIVE, script);
    s.ask("list files");
    s.t.wait_for_screen("gptos: waiting");
    s.t.type_text("abc");
    s.t.wait_for_screen("gptos: the line changed, answer dropped\n");
    s.expect("list filesabc");
    s.expect_no_files();
}

#[test]
fn vi_mode_works_whichever_is_loaded_first() {
    let late = Setup { rc: "fish_vi_key_bindings".to_owned(), ..Setup::default() };
    for setup in [Setup { vi: true, ..Setup::default() }, late] {
        let s = Scene::with(setup, |fake, _| {
            fake.answer_after(NOW, &[("echo one", NOTE), ("echo two", NOTE)]).answer_after(SLOW, &[("echo three", NOTE)])
        });
        s.ask("list files");
        s.expect("echo one");
        s.t.key("Escape");
        s.t.key("C-g");
        s.expect("echo two");
        s.t.key("u");
        s.expect("echo one");
        s.t.key("u");
        s.expect("list files");
        s.t.keys(&["0", "i"]);
        s.t.type_text("?? ");
        read_the_line();
        s.t.key("Enter");
        s.expect("echo three");
        read_the_line();
        s.t.key("Enter");
        s.t.wait_for_screen("\nthree");
    }
}

#[test]
fn the_mode_and_the_status_stay_in_the_prompt_under_the_note() {
    let rc = "function fish_mode_prompt; echo -n \"[$__test_prompt]> $fish_bind_mode \"; end
        function fish_prompt; set -l s $status $pipestatus; echo -n \"$s> \"; end"
        .to_owned();
    let s = Scene::with(Setup { vi: true, rc, ..Setup::default() }, |fake, _| fake.answer_after(NOW, &[("echo one", NOTE)]));
    s.t.type_text("false | true");
    s.t.key("Enter");
    s.t.wait_for_screen("[2]> insert 0 1 0>");
    s.ask("list files");
    s.t.wait_for_screen(&format!("gptos: {NOTE}\n[2]> insert 0 1 0> echo one"));
    s.t.key("Escape");
    s.t.wait_for_screen(&format!("gptos: {NOTE}\n[2]> default 0 1 0> echo one"));
    read_the_line();
    s.t.key("Enter");
    // As in any vi mode of fish, Enter goes back to inserting.
    s.t.wait_for_screen("\none\n[3]> insert 0 0>");
}

#[test]
fn enter_belongs_to_the_pager_the_search_and_read() {
    let s = Scene::new(LIVE, |fake, _| fake.answer_after(NOW, &[("echo one", NOTE)]));
    for name in ["pick-a", "pick-b"] {
        fs::write(s.marker(name), "").unwrap();
    }
    for command in ["??", "echo"] {
        s.t.type_text(&format!("{command} {}/pick", s.dir.path().display()));
        s.t.keys(&["Tab", "Tab"]);
        s.t.wait_for_screen("pick-b");
        s.t.key("Enter");
        s.t.wait_for_buffer(|buffer| buffer.trim_end().ends_with("pick-a") || buffer.trim_end().ends_with("pick-b"));
        assert_eq!(s.t.prompt_number(), 1);
        if command == "??" {
            s.clear();
            s.t.wait_for_screen_without("pick-b");
        }
    }
    s.t.key("Enter");
    s.t.wait_for_prompt(2);

    // fish remembers a line that names a file later than others.
    s.t.type_text("string repeat -n 2 ha");
    s.t.key("Enter");
    s.t.wait_for_prompt(3);
    s.t.type_text("repeat");
    s.t.key("Up");
    s.expect("string repeat -n 2 ha");
    s.t.key("Enter");
    s.t.wait_for_prompt(4);

    s.t.type_text("read -P 'value: ' answer");
    s.t.key("Enter");
    s.t.wait_for_screen("\nvalue:");
    s.t.wait_until_idle();
    s.t.type_text("?? words");
    s.t.key("C-g");
    s.t.key("Enter");
    s.t.wait_for_prompt(5);
    s.t.type_text("echo \"<$answer>\"");
    s.t.key("Enter");
    s.t.wait_for_screen("\n<?? words>");
    s.t.wait_for_prompt(6);

    s.t.type_text("for i in 1 2");
    s.t.key("Enter");
    s.t.type_text("echo n$i");
    s.t.key("Enter");
    s.t.type_text("end");
    s.t.key("Enter");
    s.t.wait_for_screen("\nn1\nn2");
    assert!(s.fake.calls().is_empty());
}

#[test]
fn what_was_run_is_reported_once_and_is_in_the_history() {
    let s = Scene::new(LIVE, |fake, _| fake.answer_after(NOW, &[("test one = one", NOTE)]));
    s.ask("?? compare");
    s.expect("test one = one");
    s.t.type_text("x");
    read_the_line();
    s.t.key("Enter");
    s.t.wait_for_prompt(2);
    let reports = s.t.wait_for(|| Some(s.fake.ran()).filter(|reports| !reports.is_empty()), "the report");
    assert_eq!((reports[0].shell.as_str(), reports[0].status.as_str()), ("fish", "1"));
    assert_eq!((reports[0].query.as_str(), reports[0].command.as_str()), ("compare", "test one = onex"));
    s.t.key("Up");
    s.expect("test one = onex");
    s.t.key("C-u");

    // A line typed anew has nothing to do with the question.
    s.ask("compare");
    s.expect("test one = one");
    s.t.key("C-u");
    s.t.type_text("true");
    read_the_line();
    s.t.key("Enter");
    s.t.wait_for_prompt(3);
    s.t.type_text("false");
    s.t.key("Enter");
    s.t.wait_for_prompt(4);
    assert_eq!(s.fake.ran().len(), 1);
    assert!(!s.t.screen().to_lowercase().contains("job"), "{}", s.t.screen());
}

#[test]
fn a_terminal_without_status_reports_only_costs_time() {
    let rc = "for mode in default insert; bind -M $mode \\e\\[0n true; end".to_owned();
    let before = format!("{LIVE}; set -g GPTOS_ENTER_GUARD_MS quarter; set -g GPTOS_PROGRESS_MS ''");
    let s = Scene::with(Setup { before, rc, ..Setup::default() }, |fake, dir| {
        let marker = |name: &str| format!("touch {}", dir.join(name).display());
        fake.answer_after(SLOW, &[(&marker("a"), NOTE)]).answer_after(NOW, &[(&marker("b"), NOTE)])
    });
    s.ask("make a file");
    s.t.wait_for_screen("gptos: waiting");
    s.t.wait_for(|| (!is_alive(s.fake.pids()[0])).then_some(()), "the helper to end");
    // The first Enter after the answer shows it, the next one comes too early.
    s.t.wait_for(
        || {
            s.t.key("Enter");
            s.t.buffer().starts_with("touch").then_some(())
        },
        "Enter to show the answer",
    );
    s.t.key("Enter");
    assert!(s.t.buffer().starts_with("touch") && !s.marker("a").exists());
    thread::sleep(Duration::from_millis(1400));
    s.t.key("Enter");
    s.wait_for_marker("a");
    // By now it is known that the terminal does not report.
    s.t.wait_for_prompt(2);
    s.ask("make another");
    s.t.wait_for_buffer(|buffer| buffer.ends_with("/b"));
    read_the_line();
    s.t.key("Enter");
    s.wait_for_marker("b");
}

#[test]
fn loading_twice_changing_the_key_and_loading_without_a_terminal_are_harmless() {
    let script = Shell::Fish.script();
    let load = format!("set -g GPTOS_KEY alt-j\nset -g GPTOS_KEY2 \\cx\nsource '{0}'\nsource '{0}'", script.display());
    let s = Scene::with(Setup { load: Some(load), ..Setup::default() }, |fake, _| {
        fake.answer_after(NOW, &[("echo one", NOTE), ("echo two", NOTE)])
    });
    s.t.type_text("list files");
    s.t.key("M-j");
    s.expect("echo one");
    s.t.key("C-x");
    s.expect("echo two");
    s.t.key("C-g");
    s.expect("echo two");
    assert_eq!(s.fake.calls().len(), 1);
    s.t.key("C-u");
    s.t.type_text(
        "set -S gptos mode key | string collect; functions -q __gptos_user_prompt; set -U | string match '*GPTOS*'; echo left $status",
    );
    read_the_line();
    s.t.key("Enter");
    s.t.wait_for_screen("\nleft 1");

    let output = std::process::Command::new("fish")
        .args(["--no-config", "-c", &format!("source '{}'; and functions -a | string match '*gptos*'; echo end", script.display())])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "end\n");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn the_script_parses_and_is_formatted() {
    let script = Shell::Fish.script();
    for (program, arguments) in [("fish", ["--no-execute"].as_slice()), ("fish_indent", ["--check"].as_slice())] {
        let output = std::process::Command::new(program).args(arguments).arg(&script).output().unwrap();
        assert!(output.status.success(), "{program}: {output:?}");
    }
}

/// Three Enters at a moment from the request until 200 ms after the line appeared.
fn impatient_enter(mode: &str, rc: &str, with_key: bool, delay: Duration) {
    let moments: u32 = std::env::var("GPTOS_TEST_MOMENTS").ok().and_then(|value| value.parse().ok()).unwrap_or(6);
    let command = |dir: &Path, n: u32| format!("touch {}", dir.join(format!("ran-{n}")).display());
    let s = Scene::with(Setup { before: mode.to_owned(), rc: rc.to_owned(), ..Setup::default() }, |mut fake, dir| {
        for n in 0..moments {
            fake = fake.answer_after(delay, &[(&command(dir, n), NOTE)]);
        }
        fake
    });
    let last = delay + Duration::from_millis(200);
    for n in 0..moments {
        let prompt = s.t.prompt_number();
        let moment = last * n / (moments - 1).max(1);
        let line = command(s.dir.path(), n);
        s.t.type_text(&format!("?? make file {n}"));
        // The last moments are counted from the appearance, or rather from the last look that did not show the line.
        let after = moment.checked_sub(delay).filter(|after| *after > Duration::ZERO);
        let mut start = Instant::now();
        s.t.key(if with_key { "C-g" } else { "Enter" });
        if after.is_some() {
            s.t.wait_for(
                || {
                    let look = Instant::now();
                    let shown = s.t.screen().contains(&format!("]> {line}"));
                    start = if shown { start } else { look };
                    shown.then_some(())
                },
                "the suggestion",
            );
        }
        thread::sleep(after.unwrap_or(moment).saturating_sub(start.elapsed()));
        s.t.keys(&["Enter", "Enter", "Enter"]);
        let age = start.elapsed();
        s.t.wait_for_screen(&format!("]> {line}"));
        let appeared = Instant::now();
        let marker = s.marker(&format!("ran-{n}"));
        if after.is_some() && age > Duration::from_millis(240) {
            // The machine was so busy that the Enters may have come late enough to run the line.
            s.t.wait_for(|| (marker.exists() || s.t.buffer() == line).then_some(()), "the line to stay or to run");
        } else {
            s.expect(&line);
            assert!(!marker.exists(), "{mode}: an Enter at {moment:?} ran the line");
        }
        if marker.exists() || n % 3 == 0 {
            if !marker.exists() {
                thread::sleep(Duration::from_millis(400).saturating_sub(appeared.elapsed()));
                s.t.key("Enter");
                s.wait_for_marker(&format!("ran-{n}"));
            }
            s.t.wait_for_prompt(prompt + 1);
        } else {
            s.clear();
        }
        s.expect("");
    }
    assert_eq!(s.fake.calls().len(), moments as usize, "an Enter asked again");
}

#[test]
fn an_impatient_enter_runs_nothing_live() {
    for delay in [0, 100, 400] {
        impatient_enter(LIVE, "", true, Duration::from_millis(delay));
        impatient_enter(LIVE, "", false, Duration::from_millis(delay));
    }
}

#[test]
fn an_impatient_enter_runs_nothing_blocking() {
    for delay in [0, 100, 400] {
        impatient_enter(BLOCKING, "", true, Duration::from_millis(delay));
        impatient_enter(BLOCKING, "", false, Duration::from_millis(delay));
    }
}

/// fish 4 does not pass the terminal's report on; then only time protects, also with a prompt that takes long to draw.
#[test]
fn an_impatient_enter_runs_nothing_without_reports() {
    let rc = "set -g _GPTOS_REPORTS 0; functions --copy fish_prompt plain_prompt; function fish_prompt; sleep 0.05; plain_prompt; end";
    impatient_enter(BLOCKING, rc, true, Duration::ZERO);
    impatient_enter(BLOCKING, rc, false, Duration::from_millis(100));
}

/// The order of the keys decides, not the clock: an Enter pressed before the answer runs nothing, however late fish comes to it.
#[test]
fn an_enter_that_waited_behind_a_slow_key_runs_nothing() {
    let rc = "function slow_key; sleep 0.8; end; bind \\cx slow_key".to_owned();
    let s = Scene::with(Setup { before: BLOCKING.to_owned(), rc, ..Setup::default() }, |fake, dir| {
        fake.answer_after(SLOW, &[(&format!("touch {}", dir.join("ran").display()), NOTE)])
    });
    s.ask("make a file");
    s.wait_for_helper(1);
    s.t.keys(&["C-x", "Enter"]);
    s.t.wait_for_buffer(|buffer| buffer.starts_with("touch "));
    assert!(!s.marker("ran").exists());
    read_the_line();
    s.t.key("Enter");
    s.wait_for_marker("ran");
}

#[test]
fn an_impatient_enter_runs_nothing_after_a_failure() {
    both_modes(|mode| {
        let s = Scene::new(mode, |fake, _| fake.message_after(SLOW, "no idea"));
        let line = format!("touch {}", s.marker("ran").display());
        s.ask(&line);
        s.wait_for_helper(1);
        s.t.keys(&["Enter", "Enter"]);
        s.t.wait_for_screen("gptos: no idea");
        s.expect(&line);
        assert!(!s.marker("ran").exists());
        read_the_line();
        s.t.key("Enter");
        s.wait_for_marker("ran");
    });
}
