//! The bash integration in real shells: emacs and vi keymaps, blocking and asynchronous requests.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attacked;
mod faults;
mod guard;
mod history;
mod impatient;
mod kept;
mod list;
mod live;
mod meanwhile;
mod neighbours;
mod notes;
mod old;
mod pipes;
mod refine;
mod replay;
mod rows;
mod soak;
mod surroundings;

use std::time::Duration;

use super::fake::{FakeHelper, Ran, Ruling};
use super::terminal::{self, Setup, Shell, Terminal};

const NOW: Duration = Duration::ZERO;
const SOON: Duration = Duration::from_millis(400);
const NOTE: &str = "offline · risk none";
/// Longer than the guard of Enter.
const READ_TIME: Duration = Duration::from_millis(400);

/// A shell with the integration, a helper with a script, and a place for its files that outlives both.
struct Bench {
    t: Terminal,
    helper: FakeHelper,
    dir: tempfile::TempDir,
}

impl Bench {
    fn new(script: impl FnOnce(FakeHelper) -> FakeHelper, setup: Setup) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let helper = script(FakeHelper::new(dir.path()));
        let t = Terminal::start(Shell::Bash, Setup { bin: helper.write(), ..setup });
        Self { t, helper, dir }
    }

    /// One answer to everything.
    fn answering(delay: Duration, command: &str, setup: Setup) -> Self {
        Self::new(|helper| helper.answer_after(delay, &[(command, NOTE)]), setup)
    }

    fn type_and_press(&self, text: &str, key: &str) {
        self.t.type_text(text);
        self.t.key(key);
    }

    fn expect_buffer(&self, wanted: &str) {
        self.t.wait_for_buffer(|buffer| buffer == wanted);
    }

    /// The buffer is dumped before readline draws it, so an exact screen is waited for.
    fn expect_screen(&self, wanted: &str) {
        self.t.wait_for(|| (self.t.screen() == wanted).then_some(()), &format!("the whole screen to be {wanted:?}"));
    }

    /// The prompt is wiped for a moment at every key function.
    fn expect_prompt(&self, number: u32) {
        self.t.wait_for(|| (self.t.prompt_number() == number).then_some(()), &format!("the last prompt to be {number}"));
    }

    /// Presses Enter as someone does who has read the line.
    fn read_and_enter(&self) {
        std::thread::sleep(READ_TIME);
        self.t.key("Enter");
    }

    /// Ctrl-C may have thrown the reply of the terminal away, and Enter waits for it.
    fn give_the_reply_up(&self) {
        std::thread::sleep(Duration::from_secs(1));
    }

    fn wait_for_helper(&self) -> u32 {
        self.t.wait_for(|| self.helper.pids().last().copied(), "the helper to be called")
    }

    /// The integration still works and the terminal is sane: a line runs, and typing is echoed once.
    fn assert_sane(&self) {
        self.t.wait_until_idle();
        let number = self.t.prompt_number();
        self.t.type_text("echo sa'ne'");
        assert_eq!(self.t.buffer(), "echo sa'ne'");
        self.read_and_enter();
        self.t.wait_for_prompt(number + 1);
        let screen = self.t.wait_for_screen("\nsane\n");
        assert!(screen.contains("]> echo sa'ne'\nsane\n["), "garbage around a line:\n{screen}");
        let trap = format!("{}/trap", self.dir.path().display());
        self.type_and_press(&format!("trap -p INT >{trap}; stty -a >{trap}.tty"), "Enter");
        self.t.wait_for_prompt(number + 2);
        assert_eq!(std::fs::read_to_string(&trap).unwrap(), "", "a trap was left behind");
        let tty = std::fs::read_to_string(format!("{trap}.tty")).unwrap();
        assert!(tty.contains(" icanon ") && tty.contains(" echo ") && tty.contains("intr = ^C"), "{tty}");
    }
}

fn vi() -> Setup {
    Setup { vi: true, ..Setup::default() }
}

/// Options must be set before the integration is loaded.
fn with(lines: &str) -> Setup {
    Setup { before: lines.to_owned(), ..Setup::default() }
}

/// The shell waits until the answer is there.
fn waiting() -> Setup {
    with("GPTOS_ASYNC=0")
}

fn asynchronous() -> Setup {
    with("GPTOS_ASYNC=1")
}

#[test]
fn the_key_replaces_the_words_by_a_command_and_runs_nothing() {
    for (setup, before_key) in [(Setup::default(), ""), (vi(), ""), (vi(), "Escape"), (asynchronous(), "")] {
        // No progress sign before its time, however busy the machine is.
        let before = format!("{}\nGPTOS_PROGRESS_MS=15000", setup.before);
        let bench = Bench::answering(SOON, "touch marker", Setup { before, ..setup });
        bench.t.type_text("list the files");
        if !before_key.is_empty() {
            bench.t.key(before_key);
        }
        bench.t.key("C-g");
        bench.expect_buffer("touch marker");
        // In vi's command mode the cursor stands on a character.
        let end = if before_key.is_empty() { "touch marker".len() } else { "touch marker".len() - 1 };
        assert_eq!(bench.t.cursor(), end);
        bench.expect_screen("● offline · risk none\n[1]> touch marker");
        assert_eq!(bench.helper.queries(), ["list the files"]);
        let call = &bench.helper.calls()[0];
        assert!(call.starts_with("widget bash --shell-version 5."), "{call}");
        assert!(!bench.t.dir().join("cwd/marker").exists());

        bench.read_and_enter();
        bench.t.wait_for_prompt(2);
        assert!(bench.t.dir().join("cwd/marker").exists(), "an Enter after reading must run the line");
        bench.expect_screen("● offline · risk none\n[1]> touch marker\n[2]>");
    }
}

#[test]
fn the_same_key_cycles_then_asks_a_provider_then_gives_the_words_back() {
    for setup in [Setup::default(), vi(), asynchronous()] {
        let bench = Bench::new(
            |helper| {
                helper
                    .answer_after(NOW, &[("ls", NOTE), ("ls -a", NOTE)])
                    .more("openai")
                    .fresh_after(SOON, &[("ls", NOTE), ("ls -la", "openai · risk none")])
            },
            setup,
        );
        bench.type_and_press("  ?? list files", "C-g");
        bench.expect_buffer("ls");
        for wanted in ["ls -a", "ls -la", "  ?? list files", "ls", "ls -a", "ls -la", "  ?? list files"] {
            bench.t.key("C-g");
            bench.expect_buffer(wanted);
            assert_eq!(bench.t.cursor(), wanted.len());
        }
        let calls = bench.helper.calls();
        assert_eq!(calls.len(), 2, "{calls:?}");
        assert!(calls[1].starts_with("widget bash --fresh "), "{calls:?}");
        assert_eq!(bench.helper.queries(), [" list files", " list files"]);
    }
}

#[test]
fn a_provider_without_another_answer_is_asked_once_and_skipped() {
    let bench = Bench::new(|helper| helper.answer_after(NOW, &[("ls", NOTE)]).more("openai"), Setup::default());
    bench.type_and_press("list files", "C-g");
    bench.expect_buffer("ls");
    bench.t.key("C-g");
    bench.expect_screen("gptos: openai gives no other answer\n[1]> list files");
    for wanted in ["ls", "list files"] {
        bench.t.key("C-g");
        bench.expect_buffer(wanted);
    }
    assert_eq!(bench.helper.calls().len(), 2);
}

#[test]
fn a_provider_that_fails_in_the_cycle_leaves_the_suggestion() {
    let bench = Bench::new(|helper| helper.answer_after(NOW, &[("ls", NOTE)]).more("openai").fresh_after(NOW, &[]), Setup::default());
    bench.type_and_press("list files", "C-g");
    bench.expect_buffer("ls");
    bench.t.key("C-g");
    bench.t.wait_for_screen("gptos: no answer");
    assert_eq!(bench.t.buffer(), "ls");
    bench.t.key("C-g");
    bench.expect_buffer("list files");
}

#[test]
fn an_edited_suggestion_is_a_new_query() {
    let bench = Bench::answering(NOW, "ls", Setup::default());
    bench.type_and_press("list files", "C-g");
    bench.expect_buffer("ls");
    bench.type_and_press(" by size", "C-g");
    bench.expect_buffer("ls");
    assert_eq!(bench.helper.queries(), ["list files", "ls by size"]);
}

#[test]
fn one_undo_restores_the_words() {
    for setup in [Setup::default(), asynchronous()] {
        for (text, key) in [("list files", "C-g"), ("?? list files", "Enter")] {
            let bench = Bench::answering(SOON, "ls -l", setup.clone());
            bench.type_and_press(text, key);
            bench.expect_buffer("ls -l");
            bench.t.key("C-_");
            bench.expect_buffer(text);
        }
    }
}

#[test]
fn question_marks_and_enter_ask_without_running_the_line() {
    for setup in [Setup::default(), vi(), asynchronous()] {
        let bench = Bench::answering(NOW, "curl ifconfig.me", setup);
        bench.type_and_press("?? what's my ip", "Enter");
        bench.expect_buffer("curl ifconfig.me");
        bench.t.keys(&["C-u"]);
        bench.expect_buffer("");
        bench.type_and_press("  ??? what's my ip", "Enter");
        bench.expect_buffer("curl ifconfig.me");
        assert_eq!(bench.helper.queries(), ["what's my ip", " what's my ip"]);
        let calls = bench.helper.calls();
        assert!(!calls[0].contains("--fresh") && calls[1].contains(" --fresh "), "{calls:?}");
        bench.expect_prompt(1);
    }
}

#[test]
fn question_marks_alone_and_an_empty_line_only_say_what_to_do() {
    let bench = Bench::answering(NOW, "ls", Setup::default());
    bench.t.key("C-g");
    bench.t.wait_for_screen("gptos: type what you want, then press the key");
    bench.type_and_press(" ?? ", "Enter");
    bench.t.wait_for_screen("gptos: type what you want after ??");
    bench.expect_buffer(" ?? ");
    bench.t.key("C-u");
    bench.type_and_press("echo ??bc | wc -w", "Enter");
    bench.t.wait_for_prompt(2);
    assert_eq!(bench.helper.calls().len(), 0);
}

#[test]
fn a_buffer_of_several_lines_is_sent_as_it_is() {
    let bench = Bench::answering(NOW, "ls", Setup::default());
    bench.t.type_text("?? first \"line\" é");
    bench.t.keys(&["C-v", "C-j"]);
    bench.type_and_press("  second $(line)", "Enter");
    bench.expect_buffer("ls");
    assert_eq!(bench.helper.queries(), ["first \"line\" é\n  second $(line)"]);
}

#[test]
fn words_and_command_end_in_the_history() {
    let bench = Bench::answering(NOW, "echo answer", Setup::default());
    bench.type_and_press("echo before", "Enter");
    bench.t.wait_for_prompt(2);
    bench.type_and_press("?? say something", "Enter");
    bench.expect_buffer("echo answer");
    bench.read_and_enter();
    bench.t.wait_for_prompt(3);
    for wanted in ["echo answer", "?? say something", "echo before"] {
        bench.t.key("Up");
        bench.expect_buffer(wanted);
    }
}

#[test]
fn what_was_run_is_reported_once_with_its_status() {
    let bench = Bench::answering(NOW, "ls /nonexistent", Setup::default());
    bench.type_and_press("list nothing", "C-g");
    bench.expect_buffer("ls /nonexistent");
    bench.t.type_text("; (exit 3)");
    bench.read_and_enter();
    bench.t.wait_for_prompt(2);
    bench.type_and_press("echo $?", "Enter");
    bench.t.wait_for_screen("\n3\n");
    // Typed over: no longer the suggestion.
    bench.type_and_press("list nothing", "C-g");
    bench.expect_buffer("ls /nonexistent");
    bench.t.key("C-u");
    bench.t.type_text("echo else");
    bench.read_and_enter();
    bench.t.wait_for_prompt(4);
    bench.assert_sane();
    let reports = bench.t.wait_for(|| Some(bench.helper.ran()).filter(|reports| !reports.is_empty()), "a report");
    let wanted =
        Ran { shell: "bash".into(), status: "3".into(), query: "list nothing".into(), command: "ls /nonexistent; (exit 3)".into() };
    assert_eq!(reports, [wanted]);
    assert!(!bench.t.screen().contains("[1] "), "job noise:\n{}", bench.t.screen());
}

#[test]
fn keys_typed_while_waiting_edit_the_words_and_not_the_command() {
    for (text, key) in [("list files", "C-g"), ("?? list files", "Enter")] {
        let bench = Bench::answering(SOON, "ls -l", Setup::default());
        bench.type_and_press(text, key);
        bench.wait_for_helper();
        bench.t.type_text(" a\"b\\c é");
        bench.t.keys(&["Left", "Left", "Enter", "C-j"]);
        bench.t.type_text("X");
        bench.t.keys(&["C-a"]);
        bench.t.type_text("Y");
        let edited = format!("Y{text} a\"b\\cX é");
        bench.expect_buffer(&edited);
        let note = "gptos: the line was edited meanwhile; Ctrl-G shows the answer: ls -l (offline · risk none)";
        bench.expect_screen(&format!("{note}\n[1]> {edited}"));
        // They are played once, and those of the next wait do not follow them.
        bench.t.key("C-g");
        bench.expect_buffer("ls -l");
        bench.t.keys(&["C-u", "C-k"]);
        bench.type_and_press(text, key);
        bench.t.wait_for(|| (bench.helper.answered_at().len() == 2).then_some(()), "the second answer");
        bench.t.wait_until_idle();
        bench.expect_buffer("ls -l");
    }
}

#[test]
fn what_was_typed_before_an_answer_at_once_is_no_part_of_it() {
    for setup in [Setup::default(), asynchronous(), vi()] {
        for (text, key) in [("list files", "C-g"), ("?? list files", "Enter")] {
            let answers = [("touch marker", NOTE), ("touch second", NOTE)];
            let bench = Bench::new(|helper| helper.answer_after(NOW, &answers), setup.clone());
            bench.t.type_text(text);
            bench.t.keys(&[key, "f", "o", "o", "Enter"]);
            bench.expect_buffer(&format!("{text}foo"));
            bench.expect_prompt(1);
            bench.t.key("C-g");
            bench.expect_buffer("touch marker");
            // The key alone leads on, as it does at any time.
            bench.t.keys(&["C-u"]);
            bench.t.type_text(text);
            bench.t.keys(&[key, "C-g"]);
            bench.expect_buffer("touch second");
            assert!(!bench.t.dir().join("cwd/marker").exists());
        }
    }
}

#[test]
fn commands_of_vi_typed_before_an_answer_are_for_the_words() {
    let bench = Bench::answering(NOW, "touch marker", vi());
    bench.t.type_text("list files");
    bench.t.key("Escape");
    bench.t.wait_until_idle();
    bench.t.keys(&["C-g", "0", "x", "x"]);
    bench.expect_buffer("st files");
    bench.t.key("C-g");
    bench.expect_buffer("touch marker");
}

#[test]
fn the_waiting_sign_comes_late_names_the_provider_and_goes() {
    let bench = Bench::new(
        |helper| helper.answer_after(SOON, &[("ls", NOTE)]).tick(SOON, 400, "openai").answer_after(NOW, &[("pwd", NOTE)]),
        Setup::default(),
    );
    bench.type_and_press("list files", "C-g");
    bench.t.wait_for_screen("gptos: asking openai (Ctrl-C cancels)");
    bench.expect_buffer("ls");
    bench.expect_screen("● offline · risk none\n[1]> ls");
}
