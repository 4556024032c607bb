//! A program in a terminal of its own: what it shows, and what somebody types.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::environment::{TestEnv, binary};

/// A running program and its screen.
pub struct Terminal {
    child: Child,
    screen: File,
    shown: Arc<Mutex<Vec<u8>>>,
    reader: std::thread::JoinHandle<()>,
}

impl Terminal {
    /// Starts the binary with these arguments. The terminal is its own, so Ctrl-C reaches it.
    pub fn start(env: &TestEnv, arguments: &[&str]) -> Self {
        Self::start_program(env, binary().to_str().unwrap(), arguments)
    }

    /// Starts another program in the same way.
    pub fn start_program(env: &TestEnv, program: &str, arguments: &[&str]) -> Self {
        let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        rustix::io::fcntl_setfd(&screen, rustix::io::FdFlags::CLOEXEC).unwrap();
        grantpt(&screen).unwrap();
        unlockpt(&screen).unwrap();
        let name = PathBuf::from(OsString::from_vec(ptsname(&screen, Vec::new()).unwrap().into_bytes()));
        let no_control = i32::try_from(rustix::fs::OFlags::NOCTTY.bits()).unwrap();
        let terminal = OpenOptions::new().read(true).write(true).custom_flags(no_control).open(name).unwrap();
        tcsetwinsize(&terminal, Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        // Who starts the tests in the background has them ignore Ctrl-C; somebody at a terminal does not.
        let run = ["doctor", "--in-terminal", "env", "--", "--default-signal=INT", program];
        let all: Vec<&str> = run.into_iter().chain(arguments.iter().copied()).collect();
        let mut command: Command = env.command(&all);
        command.env("TERM", "xterm");
        command.stdin(terminal.try_clone().unwrap()).stdout(terminal.try_clone().unwrap()).stderr(terminal);
        let child = command.spawn().unwrap();
        drop(command);
        let screen = File::from(screen);
        let shown = Arc::new(Mutex::new(Vec::new()));
        let (mut reader, sink) = (screen.try_clone().unwrap(), Arc::clone(&shown));
        let reader = std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut piece) {
                sink.lock().unwrap().extend_from_slice(&piece[..count]);
            }
        });
        Self { child, screen, shown, reader }
    }

    /// All that was shown so far.
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().unwrap()).replace('\r', "")
    }

    /// Waits until this was shown so many times.
    pub fn wait_for(&self, text: &str, times: usize) {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while self.shown().matches(text).count() < times {
            assert!(std::time::Instant::now() < deadline, "waited for `{text}`: {}", self.shown());
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// Types these characters.
    pub fn type_in(&mut self, text: &str) {
        self.screen.write_all(text.as_bytes()).unwrap();
    }

    /// Presses Ctrl-C, and again as somebody does whose first one did nothing, and waits for the end.
    pub fn interrupt(mut self) -> (Option<i32>, String) {
        for _ in 0..10 {
            self.type_in("\u{3}");
            let next = std::time::Instant::now() + std::time::Duration::from_secs(1);
            while std::time::Instant::now() < next && self.child.try_wait().unwrap().is_none() {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            if self.child.try_wait().unwrap().is_some() {
                break;
            }
        }
        self.end()
    }

    /// Waits for its end and gives its exit status and all that was shown.
    pub fn end(mut self) -> (Option<i32>, String) {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        let mut status = None;
        while status.is_none() {
            assert!(std::time::Instant::now() < deadline, "the program does not end: {}", self.shown());
            std::thread::sleep(std::time::Duration::from_millis(5));
            status = self.child.try_wait().unwrap();
        }
        // What it wrote last is still on its way; a process that it has left behind may keep the terminal open.
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(2);
        while !self.reader.is_finished() && std::time::Instant::now() < deadline {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let code = status.and_then(|status| status.code());
        (code, self.shown())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
