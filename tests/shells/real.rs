//! The real program and its resident, for shells that ask it without a process.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::terminal::{Setup, Shell, Terminal, is_alive};

/// A person who has read the line by then.
const READ_TIME: Duration = Duration::from_millis(800);

/// The real program behind a script that writes down how it is called, and its resident. Both end with it.
pub struct Real {
    root: tempfile::TempDir,
    shell: Shell,
}

impl Real {
    /// One without a resident. Its runtime directory lies in memory, as that of a session does.
    pub fn new(shell: Shell) -> Self {
        let root = tempfile::Builder::new().prefix("gptos-p").tempdir_in("/dev/shm").unwrap();
        for folder in ["run", "home"] {
            fs::create_dir(root.path().join(folder)).unwrap();
            fs::set_permissions(root.path().join(folder), fs::Permissions::from_mode(0o700)).unwrap();
        }
        let script =
            format!("#!/bin/sh\necho \"$1\" >>'{}'\nexec '{}' \"$@\"\n", root.path().join("calls").display(), env!("CARGO_BIN_EXE_gptos"));
        fs::write(root.path().join("gptos"), script).unwrap();
        fs::set_permissions(root.path().join("gptos"), fs::Permissions::from_mode(0o755)).unwrap();
        Self { root, shell }
    }

    /// A file or folder of it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// One more shell that asks it.
    pub fn shell(&self) -> Terminal {
        let runtime = ("XDG_RUNTIME_DIR".to_owned(), self.path("run").display().to_string());
        // One resident for all shells, whose homes differ.
        let config = ("GPTOS_CONFIG".to_owned(), self.path("home/config.toml").display().to_string());
        let state = ("XDG_STATE_HOME".to_owned(), self.path("home").display().to_string());
        // On a busy machine the resident is slower than a key waits by default.
        let patience = match self.shell {
            Shell::Fish => "set -g _GPTOS_LOOKS (seq 200000)",
            _ => "_GPTOS_PIPES_LIMIT=10",
        };
        let setup = Setup { bin: self.path("gptos"), env: vec![runtime, config, state], before: patience.to_owned(), ..Setup::default() };
        Terminal::start(self.shell, setup)
    }

    /// How often the program was asked for a command.
    pub fn calls(&self) -> usize {
        fs::read_to_string(self.path("calls")).unwrap_or_default().lines().filter(|line| *line == "widget").count()
    }

    /// The process of the resident.
    pub fn resident(&self) -> Option<u32> {
        fs::read_to_string(self.path("run/gptos/v1.lock")).ok()?.trim().parse().ok().filter(|pid| is_alive(*pid))
    }

    /// The shells that have pipes or a slate.
    pub fn served(&self) -> Vec<u32> {
        let Ok(entries) = fs::read_dir(self.path("run/gptos/v1.pipes")) else { return Vec::new() };
        let names = entries.flatten().map(|entry| entry.file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(".ask")).map(|name| name.split('.').next().unwrap().parse().unwrap()).collect()
    }

    /// Makes a folder with a project's file and takes the shell there. Where it stands is looked up for each question.
    pub fn enter_a_project(&self, t: &Terminal) {
        let project = self.path("home/project");
        fs::create_dir(&project).unwrap();
        fs::write(project.join(".gptos.toml"), "").unwrap();
        t.type_text(&format!("cd '{}'", project.display()));
        // The guard holds an Enter that comes sooner.
        thread::sleep(READ_TIME);
        t.key("Enter");
        t.wait_for_prompt(2);
    }

    /// Passes when each of these shells, and nobody else, has files that others may not open.
    pub fn assert_each_is_served(&self, shells: [&Terminal; 2]) {
        let mut served = self.served();
        served.sort_unstable();
        let mut pids = shells.map(Terminal::pid);
        pids.sort_unstable();
        assert_eq!(served, pids, "each has its own");
        let folder = self.path("run/gptos/v1.pipes");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        for entry in fs::read_dir(folder).unwrap() {
            assert_eq!(mode(&entry.unwrap().path()), 0o600);
        }
    }

    /// Passes when the files go with their shell, with a resident that is told to end, and with the one that follows a resident that was killed.
    pub fn assert_files_end_in_time(&self, t: &Terminal, other: Terminal) {
        let gone = other.pid();
        drop(other);
        t.wait_for(|| (!self.served().contains(&gone)).then_some(()), "the files of the other shell to go");
        // Killed, it leaves the files behind; the program answers.
        let old = self.served();
        self.kill();
        t.wait_for(|| self.resident().is_none().then_some(()), "the resident to be gone");
        assert_eq!(self.served(), old);
        let before = self.calls();
        Self::ask(t);
        assert!(self.calls() > before);
        self.settle(t);
        assert_eq!(self.served(), [t.pid()]);
        let pid = self.resident().unwrap().to_string();
        assert!(Command::new("kill").arg(pid).status().unwrap().success());
        t.wait_for(|| self.resident().is_none().then_some(()), "the resident to end");
        assert!(!self.path("run/gptos/v1.pipes").exists());
        t.assert_not_spinning();
    }

    /// Ends the resident without a warning.
    pub fn kill(&self) {
        let pid = self.resident().unwrap().to_string();
        assert!(Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
    }

    /// Asks by the key, and clears the line.
    pub fn ask(t: &Terminal) {
        t.type_text("?? list files by size");
        t.key("C-g");
        t.wait_for_buffer(|buffer| buffer.starts_with("ls "));
        t.key("C-u");
        t.wait_for_buffer(str::is_empty);
    }

    /// Asks until no process is needed. The first question starts the resident, which is busy with its start for a while.
    pub fn settle(&self, t: &Terminal) {
        t.wait_for(
            || {
                let before = self.calls();
                Self::ask(t);
                (self.calls() == before).then_some(())
            },
            "an answer without a process",
        );
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        if let Some(pid) = self.resident() {
            let _ = Command::new("kill").arg(pid.to_string()).stderr(Stdio::null()).status();
        }
    }
}
