//! The real program and its resident, for shells that ask it without a process.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::terminal::{Setup, Shell, Terminal, is_alive};

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
