//! What a person types into fish, live and blocking, and what the line then holds.

mod enter;
mod guard;
mod line;
mod meanwhile;
mod recall;
mod request;
mod slate;
mod tab;
mod waiting;

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::fake::FakeHelper;
use crate::terminal::{Setup, Shell, Terminal};

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
        let tmp = ("TMPDIR".to_owned(), dir.path().join("tmp").display().to_string());
        let env = [setup.env, vec![tmp]].concat();
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
