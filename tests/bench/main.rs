//! Whole-process times of the release binary, each interleaved with `/bin/true` in one run, because only a ratio taken
//! together means anything on a shared machine.
//!
//!     ./install.sh --build-only && cargo test --test bench            everything
//!     ./install.sh --build-only && cargo test --test bench -- keys    only what a shell waits for
//!     ./install.sh --build-only && cargo test --test bench -- operations    only what recording and counting cost

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a report is what it makes")]
#![expect(clippy::unwrap_used, reason = "a failed measurement should stop at once")]

mod analyser;
#[path = "../doubled/mod.rs"]
mod doubled;
mod engine;
mod keys;
mod offline;
mod overhead;
#[path = "../questions/mod.rs"]
mod questions;
mod zsh;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 1000;
const QUERY: &str = "list files by size";

struct Bench {
    binary: PathBuf,
    home: tempfile::TempDir,
    runtime: tempfile::TempDir,
    query: PathBuf,
}

impl Bench {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", self.home.path());
        command.env("XDG_RUNTIME_DIR", self.runtime.path()).current_dir(self.home.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Wall time of one process from spawn to exit.
    fn once(&self, arguments: &[&str]) -> Duration {
        let mut command = self.command(arguments);
        command.stdin(File::open(&self.query).unwrap());
        let begun = Instant::now();
        assert!(command.status().unwrap().success(), "gptos {arguments:?} failed");
        begun.elapsed()
    }

    fn true_once(&self) -> Duration {
        let mut command = Command::new("/bin/true");
        command.env_clear().stdin(File::open(&self.query).unwrap()).stdout(Stdio::null()).stderr(Stdio::null());
        let begun = Instant::now();
        command.status().unwrap();
        begun.elapsed()
    }

    fn compare(&self, name: &str, arguments: &[&str]) {
        let (mut ours, mut floor) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            floor.push(self.true_once());
            ours.push(self.once(arguments));
        }
        let at = |samples: &mut Vec<Duration>, share: f64| {
            samples.sort_unstable();
            samples[((samples.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6
        };
        let (median, floor_median) = (at(&mut ours, 0.5), at(&mut floor, 0.5));
        println!(
            "{name:<34} p10 {:>6.0} µs  p50 {median:>6.0} µs  p99 {:>6.0} µs   /bin/true p50 {floor_median:>6.0} µs   ratio {:.2}",
            at(&mut ours, 0.1),
            at(&mut ours, 0.99),
            median / floor_median
        );
    }

    /// The other verbs, and what the resident has come to.
    fn whole(&self) {
        self.compare("gptos \"words\", cached", &[QUERY]);
        self.compare("translate, cached", &["translate", "--shell", "bash", "--", QUERY]);
        zsh::report(&self.binary, (self.home.path(), self.runtime.path()), QUERY);
        let stats = self.command(&["cache", "stats", "--json"]).stdout(Stdio::piped()).output().unwrap();
        let status = self.status();
        println!("resident: {:.1} MB after {} requests", status["rss_bytes"].as_f64().unwrap_or_default() / 1e6, status["requests"]);
        println!("cache: {}", String::from_utf8_lossy(&stats.stdout).trim());
    }

    fn status(&self) -> serde_json::Value {
        let output = self.command(&["status", "--json"]).stdout(Stdio::piped()).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }
}

/// A copy, as the installer leaves one. What a linker has just written lies in the memory of the system in small pieces, and starts a quarter
/// slower for as long as it is there.
fn install(built: &Path, folder: &Path) -> PathBuf {
    let binary = folder.join("gptos");
    assert!(Command::new("cp").arg(built).arg(&binary).status().unwrap().success());
    binary
}

fn main() {
    let only = |part: &str| std::env::args().any(|argument| argument == part);
    let (only_keys, only_operations) = (only("keys"), only("operations"));
    if !only_keys && !only_operations {
        // First, while the memory of the process holds nothing else.
        offline::report();
        analyser::report();
        engine::report();
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target"), PathBuf::from);
    let built = target.join("release/gptos");
    if !built.exists() {
        eprintln!("bench: {} is missing: ./install.sh --build-only makes it", built.display());
        std::process::exit(1);
    }
    let installed = tempfile::tempdir().unwrap();
    let binary = install(&built, installed.path());
    if !only_keys {
        overhead::report(&binary, QUERY);
    }
    if only_operations {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let query = home.path().join("query");
    fs::write(&query, QUERY).unwrap();
    // In memory and in a folder that is nobody else's, as that of a session is.
    let session = tempfile::Builder::new().prefix("gptos-bench").tempdir_in("/dev/shm").unwrap();
    let runtime = tempfile::tempdir_in(session.path()).unwrap();
    let bench = Bench { binary, home, runtime, query };

    let mut resident = bench.command(&["daemon", "run"]).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while bench.status().get("pid").is_none() {
        assert!(Instant::now() < deadline, "the resident does not start");
        std::thread::sleep(Duration::from_millis(10));
    }
    // The first answers come from the translator and fill the cache.
    for _ in 0..20 {
        bench.once(&["widget", "bash"]);
    }
    bench.compare("key press, cached (widget)", &["widget", "bash"]);
    keys::report(&bench.binary, (bench.home.path(), bench.runtime.path()), QUERY);
    if !only_keys {
        bench.whole();
    }
    bench.command(&["daemon", "stop"]).status().unwrap();
    resident.wait().unwrap();
    if only_keys {
        return;
    }
    bench.compare("translate, direct, offline", &["translate", "--offline", "--no-cache", "--shell", "bash", "--", QUERY]);
    bench.command(&["daemon", "stop"]).status().unwrap();
}
