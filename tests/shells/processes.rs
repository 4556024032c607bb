//! How many processes a key press starts when the answer is at hand. Times depend on the machine; this number does not.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::resident::{FakeResident, Say};
use crate::terminal::{Setup, Shell, Terminal};

/// Presses of the key. On a busy machine the resident may be late for one, which then takes the long way.
const PRESSES: usize = 8;

/// Presses Ctrl-G until the line is `command`. Where the resident was late, the program says what it makes of the words, and one more press
/// asks again.
pub fn press_the_key(t: &Terminal, command: &str) {
    let is_late = || t.screen().contains("not sure what");
    t.key("C-g");
    t.wait_for(
        || {
            let arrived = t.buffer() == command;
            if !arrived && is_late() {
                t.key("C-g");
            }
            arrived.then_some(())
        },
        "the answer of the resident",
    );
}

/// A trace of a shell and of what it starts. Dropping it ends the trace.
struct Tracer {
    strace: Child,
    log: PathBuf,
}

impl Tracer {
    fn attach(t: &Terminal, dir: &Path) -> Self {
        let log = dir.join("trace");
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-e", "signal=none", "-e", "trace=clone,clone3,fork,vfork", "-o"]).arg(&log);
        let strace = command.args(["-p", &t.pid().to_string()]).stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let status = format!("/proc/{}/status", t.pid());
        let is_traced = || !fs::read_to_string(&status).unwrap().contains("\nTracerPid:\t0\n");
        t.wait_for(|| is_traced().then_some(()), "strace to attach itself");
        Self { strace, log }
    }

    /// The processes that were started so far; threads are none.
    fn started(&self) -> usize {
        let text = fs::read_to_string(&self.log).unwrap();
        let mut threads = HashMap::new();
        let mut count = 0;
        for line in text.lines().filter(|line| line.contains("clone") || line.contains("fork")) {
            let pid = line.split_whitespace().next().unwrap();
            let makes_thread = if line.contains("resumed>") { threads.remove(pid).unwrap_or(false) } else { line.contains("CLONE_THREAD") };
            if line.contains("<unfinished ...>") {
                threads.insert(pid.to_owned(), makes_thread);
            } else if !makes_thread && line.rsplit("= ").next().is_some_and(|pid| pid.parse::<u32>().is_ok()) {
                count += 1;
            }
        }
        count
    }
}

impl Drop for Tracer {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-INT", &self.strace.id().to_string()]).status();
        let _ = self.strace.wait();
    }
}

/// The fewest processes that a press of the key started for an answer that the resident has.
fn fewest(shell: Shell) -> usize {
    let resident = FakeResident::start(|wish, _| if wish == "answer" { Say::commands(&["ls -lS", "ls -lhS"]) } else { Say::ask() });
    let bin = PathBuf::from(env!("CARGO_BIN_EXE_gptos"));
    let setup = match shell {
        Shell::Zsh => resident.setup(Setup { bin, ..Setup::default() }),
        Shell::Bash | Shell::Fish => {
            let runtime = ("XDG_RUNTIME_DIR".to_owned(), resident.folder().parent().unwrap().display().to_string());
            Setup { bin, env: vec![runtime], ..Setup::default() }
        }
    };
    let t = Terminal::start(shell, setup);
    let type_words = |number: usize| {
        t.type_text(&format!("?? list files {number}"));
        t.wait_for_buffer(|buffer| buffer.ends_with(&format!("files {number}")));
        t.wait_until_idle();
    };
    let press = || {
        press_the_key(&t, "ls -lS");
        t.wait_until_idle();
    };
    let clear = || {
        t.key("C-u");
        t.wait_for_buffer(str::is_empty);
    };
    // The first press reads the rest of the integration.
    type_words(0);
    press();
    clear();
    let dir = tempfile::tempdir().unwrap();
    let tracer = Tracer::attach(&t, dir.path());
    let counts: Vec<usize> = (1..=PRESSES)
        .map(|number| {
            type_words(number);
            let before = tracer.started();
            press();
            let count = tracer.started() - before;
            clear();
            count
        })
        .collect();
    assert!(resident.asked().len() > PRESSES, "each press asks the resident");
    *counts.iter().min().unwrap()
}

#[test]
fn zsh_starts_no_program_only_the_timer_of_its_guard_and_who_starts_that() {
    // They are started when no key waits, which may be after the count.
    let count = fewest(Shell::Zsh);
    assert!(count <= 2, "{count}");
}

#[test]
fn bash_starts_the_program_alone() {
    assert_eq!(fewest(Shell::Bash), 1);
}

#[test]
fn fish_starts_the_program_alone() {
    assert_eq!(fewest(Shell::Fish), 1);
}
