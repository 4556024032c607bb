//! A private home for one test, and the binary run in it.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Everything the binary may see. Dropping it stops the resident.
pub struct TestEnv {
    root: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

/// What a run printed.
pub struct Run {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
    pub took: Duration,
}

/// A resident that ends with the test.
pub struct Resident(pub Child);

impl Resident {
    pub fn pid(&self) -> i32 {
        i32::try_from(self.0.id()).unwrap()
    }
}

impl Drop for Resident {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The library that gives a process another time, as the value of `LD_PRELOAD`.
pub fn faketime() -> &'static str {
    let places = ["/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1"];
    places.into_iter().find(|path| fs::exists(path).unwrap_or(false)).expect("libfaketime is installed by tests/run")
}

impl TestEnv {
    pub fn new() -> Self {
        Self::in_folder(&std::env::temp_dir())
    }

    /// One that lies in memory, as the runtime directory of a session does.
    pub fn in_memory() -> Self {
        Self::in_folder(Path::new("/dev/shm"))
    }

    /// One in this folder.
    pub fn in_folder(folder: &Path) -> Self {
        let root = tempfile::Builder::new().prefix("gptos-it").tempdir_in(folder).unwrap();
        for name in ["home", "run", "work"] {
            fs::create_dir(root.path().join(name)).unwrap();
            fs::set_permissions(root.path().join(name), fs::Permissions::from_mode(0o700)).unwrap();
        }
        Self { root, variables: Vec::new() }
    }

    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    pub fn work(&self) -> PathBuf {
        self.root.path().join("work")
    }

    pub fn socket(&self) -> PathBuf {
        self.root.path().join("run/gptos/v1.sock")
    }

    pub fn config_file(&self) -> PathBuf {
        self.home().join(".config/gptos/config.toml")
    }

    pub fn configure(&self, text: &str) {
        let file = self.config_file();
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        // Written aside and renamed, as an editor does, so that no request sees half of it.
        let aside = file.with_extension("new");
        fs::write(&aside, text).unwrap();
        fs::set_permissions(&aside, fs::Permissions::from_mode(0o600)).unwrap();
        fs::rename(aside, file).unwrap();
    }

    /// A configuration with one provider at `url`.
    pub fn with_provider(&self, name: &str, url: &str, more: &str) {
        self.configure(&provider_block(name, url, more));
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).env_clear().current_dir(self.work());
        command
            .env("HOME", self.home())
            .env("XDG_RUNTIME_DIR", self.root.path().join("run"))
            .env("PATH", "/usr/bin:/bin")
            // What the administrator of the machine says is no business of a test.
            .env("GPTOS_TEST_ADMIN_CONFIG", self.root.path().join("admin.toml"))
            .env("SHELL", "/bin/bash");
        for (name, value) in &self.variables {
            command.env(name, value);
        }
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        run(self.command(arguments), b"")
    }

    pub fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Run {
        run(self.command(arguments), input)
    }

    /// The binary with another program in front of it.
    pub fn wrapped(&self, wrapper: &[&str], arguments: &[&str]) -> Command {
        let inner = self.command(arguments);
        let mut command = Command::new(wrapper[0]);
        command.args(&wrapper[1..]).arg(inner.get_program()).args(inner.get_args()).env_clear().current_dir(self.work());
        for (name, value) in inner.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        command
    }

    /// Starts the resident and waits until it answers.
    pub fn start_resident(&self) -> Child {
        self.start(self.command(&["daemon", "run"]))
    }

    /// Starts a command that runs the resident and waits until it answers.
    pub fn start(&self, mut command: Command) -> Child {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_until("the resident answers", || self.status().is_some());
        child
    }

    /// What a running resident says of itself.
    pub fn status(&self) -> Option<serde_json::Value> {
        let run = self.run(&["status", "--json"]);
        (run.code == Some(0)).then(|| serde_json::from_str(&run.out).unwrap())
    }
}

impl Drop for TestEnv {
    fn drop(&mut self) {
        if self.root.path().join("run/gptos").exists() {
            let _ = self.command(&["daemon", "stop"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
        }
    }
}

pub fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_gptos"))
}

pub fn provider_block(name: &str, url: &str, more: &str) -> String {
    format!("[[provider]]\nname = \"{name}\"\nkind = \"openai\"\nbase_url = \"{url}\"\nmodel = \"test-model\"\n{more}\n")
}

/// Runs to the end; a run that takes longer than a minute hangs and fails the test.
pub fn run(mut command: Command, input: &[u8]) -> Run {
    let begun = Instant::now();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // On its own thread: a program that stops reading early must not block the test.
    let feeding = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let pid = child.id();
    let (done, ended) = std::sync::mpsc::channel();
    let watch = std::thread::spawn(move || {
        if ended.recv_timeout(Duration::from_secs(60)).is_err() {
            kill(i32::try_from(pid).unwrap(), "KILL");
        }
    });
    let output: Output = child.wait_with_output().unwrap();
    let _ = done.send(());
    watch.join().unwrap();
    feeding.join().unwrap();
    Run {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
        took: begun.elapsed(),
    }
}

/// Says that a part of a test cannot be done on this machine, past whatever holds back what tests print.
pub fn skipped(why: &str) {
    std::io::stderr().write_all(format!("SKIPPED: {why}\n").as_bytes()).unwrap();
}

/// Waits for a condition, for at most ten seconds.
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !condition() {
        assert!(Instant::now() < deadline, "waited ten seconds for: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Sends a signal by name.
pub fn kill(pid: i32, signal: &str) {
    Command::new("kill").args([&format!("-{signal}"), &pid.to_string()]).status().unwrap();
}

/// Whether a process exists and is not a zombie.
pub fn is_alive(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

/// The fields of the shell protocol, three by three.
pub fn records(out: &str) -> Vec<(String, String, String)> {
    let fields: Vec<&str> = out.split('\0').collect();
    fields.chunks_exact(3).map(|three| (three[0].to_owned(), three[1].to_owned(), three[2].to_owned())).collect()
}

/// The commands among them with their notes.
pub fn commands(out: &str) -> Vec<(String, String)> {
    records(out).into_iter().filter(|(kind, _, _)| kind == "cmd").map(|(_, command, note)| (command, note)).collect()
}

/// Copies a program by a program of its own: a child that another test starts meanwhile would inherit our descriptor of
/// the copy, and a file that is open for writing cannot be run.
pub fn copy_program(from: impl AsRef<std::path::Path>, to: impl AsRef<std::path::Path>) {
    assert!(Command::new("cp").arg(from.as_ref()).arg(to.as_ref()).status().unwrap().success());
}
