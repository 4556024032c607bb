//! The shells as people have them: beside the tools that draw the prompt, take keys and hook commands, and loaded by their frameworks.

mod again;
mod frameworks;
mod neighbours;
mod terminals;

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::fake::FakeHelper;
use crate::terminal::{Setup, Shell, Terminal, is_alive};

const NOTE: &str = "offline · risk none";
/// Longer than the guard of Enter.
const READING: Duration = Duration::from_millis(400);

/// A shell with a helper that answers two questions and then never again.
struct Scene {
    t: Terminal,
    helper: FakeHelper,
    dir: TempDir,
    shell: Shell,
    name: String,
}

impl Scene {
    fn start(shell: Shell, name: &str, setup: Setup) -> Self {
        let answer = |helper: FakeHelper| helper.answer_after(Duration::ZERO, &[("echo suggested again", NOTE)]);
        Self::with(shell, name, setup, |helper| answer(helper.hang()))
    }

    /// What follows the two answers is `script`'s.
    fn with(shell: Shell, name: &str, setup: Setup, script: impl FnOnce(FakeHelper) -> FakeHelper) -> Self {
        let dir = tempfile::Builder::new().prefix("gptos-coexist-").tempdir().unwrap();
        let ran = format!("echo suggested >>{}", dir.path().join("log").display());
        let answers = [(ran.as_str(), NOTE), ("echo second", NOTE)];
        let helper = script(FakeHelper::new(dir.path()).answer_after(Duration::ZERO, &answers).answer_after(Duration::ZERO, &answers));
        let t = Terminal::start(shell, Setup { bin: helper.write(), ..setup });
        Self { t, helper, dir, shell, name: name.to_owned() }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    fn expect_buffer(&self, wanted: &str) {
        self.t.wait_for(|| (self.t.buffer() == wanted).then_some(()), &format!("{}: the buffer to be {wanted:?}", self.name));
    }

    fn empty(&self) {
        self.t.key("C-u");
        self.expect_buffer("");
        // An Enter right after an answer is ignored, whatever stands in the line.
        thread::sleep(READING);
    }

    /// Runs a line by Enter and waits for the next prompt.
    fn run(&self, line: &str) {
        let number = self.t.prompt_number();
        self.t.type_text(line);
        self.t.key("Enter");
        self.t.wait_for_prompt(number + 1);
    }

    /// What a person does all day: the key, the question marks, a suggestion that runs, a line of their own, and a change of mind.
    fn lives(&self) {
        let ran = format!("echo suggested >>{}", self.dir.path().join("log").display());
        self.t.wait_until_idle();
        self.t.type_text("write a line to the log");
        self.t.key("C-g");
        self.expect_buffer(&ran);
        self.t.key("C-g");
        self.expect_buffer("echo second");
        self.empty();

        let number = self.t.prompt_number();
        self.t.type_text("?? what's to be written");
        self.t.key("Enter");
        self.expect_buffer(&ran);
        self.t.wait_for_screen(NOTE);
        // A prompt that is drawn anew is not on the screen for a moment.
        self.t.wait_for(|| (self.t.prompt_number() == number).then_some(()), &format!("{}: the same prompt", self.name));
        assert_eq!(self.log(), "", "{}: it ran by itself", self.name);
        // On a busy machine the timer that lets Enter through starts late.
        let mut pressed = Instant::now() - READING;
        self.t.wait_for(
            || {
                if pressed.elapsed() >= READING {
                    thread::sleep(READING);
                    self.t.key("Enter");
                    pressed = Instant::now();
                }
                (self.log() == "suggested\n").then_some(())
            },
            &format!("{}: the suggestion to run", self.name),
        );
        self.t.wait_for_prompt(number + 1);

        self.run(&format!("sh -c 'echo own >>{}; exit 7'", self.dir.path().join("log").display()));
        let status = if self.shell == Shell::Fish { "$status" } else { "$?" };
        self.run(&format!("echo \"{status}\" >>{}", self.dir.path().join("log").display()));
        assert_eq!(self.log(), "suggested\nown\n7\n", "{}: a line of one's own runs once and keeps its status", self.name);

        self.t.type_text("?? think about it");
        self.t.key("Enter");
        let pid = self.t.wait_for(|| self.helper.pids().get(2).copied(), "the third question");
        // A prompt that is a program of its own takes the key when it is just being drawn.
        let mut pressed = Instant::now() - READING * 3;
        self.t.wait_for(
            || {
                if pressed.elapsed() >= READING * 3 && is_alive(pid) {
                    self.t.key("C-c");
                    pressed = Instant::now();
                }
                (!is_alive(pid)).then_some(())
            },
            &format!("{}: Ctrl-C to end the request", self.name),
        );
        self.t.wait_until_idle();
        self.expect_buffer("?? think about it");
        assert_eq!(self.log(), "suggested\nown\n7\n", "{}", self.name);
        self.empty();
        self.t.assert_not_spinning();
    }

    /// Presses Enter behind the words of a question and expects a command.
    fn answers(&self) {
        self.t.type_text("?? what's to be written");
        self.t.key("Enter");
        self.t.wait_for_buffer(|buffer| buffer.starts_with("echo suggested"));
        self.empty();
    }
}

/// A folder to be put on the search path in which `gptos` is the real program.
fn with_gptos() -> (TempDir, (String, String)) {
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_gptos"), dir.path().join("gptos")).unwrap();
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", dir.path().display());
    (dir, ("PATH".to_owned(), path))
}

/// The README, whose lines the tests of this folder follow.
fn readme() -> String {
    let text = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    // Within a table.
    text.replace("\\|", "|")
}
