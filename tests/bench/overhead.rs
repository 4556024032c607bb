//! What recording, counting, logging and tracing add to a cached answer: two residents of the same binary, one with all of it
//! and one with none, are asked in turn, over their sockets and by a process for each press, one press behind the other and each alone.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How often both residents are started anew: which threads share a core with the client differs from start to start by more than
/// what is measured here.
const TURNS: usize = 7;
/// Answers over the socket, and by a process, of each side in a turn.
const ASKED: usize = 800;
const PRESSED: usize = 120;
/// Presses with a pause before each, as somebody types: what gathers for several answers has nothing to gather for then.
const ALONE: usize = 60;
const PAUSE: Duration = Duration::from_millis(30);

const NONE: &str = "audit = \"off\"\nlog.level = \"off\"\n";

struct Side {
    home: tempfile::TempDir,
    binary: PathBuf,
    resident: Child,
    body: Vec<u8>,
    asked: Vec<f64>,
    pressed: Vec<f64>,
}

impl Side {
    /// Starts a resident with this configuration and these variables, and has it keep the answer.
    fn new(binary: &Path, config: &str, variables: &[(&str, String)], query: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join(".config/gptos/config.toml");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, config).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let binary = binary.to_owned();
        let mut start = Self::command(&binary, home.path(), &["daemon", "run"]);
        let resident = start.envs(variables.iter().map(|(name, value)| (name, value))).spawn().unwrap();
        let mut side = Self { home, binary, resident, body: Vec::new(), asked: Vec::new(), pressed: Vec::new() };
        let script = Self::command(&side.binary, side.home.path(), &["init", "zsh"]).stdout(Stdio::piped()).output().unwrap().stdout;
        let script = String::from_utf8(script).unwrap();
        let build = script.split("_GPTOS_BUILD='").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
        let home = side.home.path().display();
        side.body = format!(
            "wish=answer\0shell=zsh\0version=5.9\0build={build}\0holes=1\0PWD={home}\0HOME={home}\0PATH=/usr/bin:/bin\0\0{query}\0\0\0"
        )
        .into_bytes();
        let deadline = Instant::now() + Duration::from_secs(10);
        while UnixStream::connect(side.socket()).is_err() {
            assert!(Instant::now() < deadline, "a resident does not start");
            std::thread::sleep(Duration::from_millis(10));
        }
        // The first answers say what only first ones say.
        for _ in 0..20 {
            side.press(query);
        }
        side.pressed.clear();
        while !side.ask().contains("cmd") {
            assert!(Instant::now() < deadline, "there is no answer at once");
        }
        side.asked.clear();
        side
    }

    fn command(binary: &Path, home: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary);
        command.args(arguments).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", home).env("XDG_RUNTIME_DIR", home).current_dir(home);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn socket(&self) -> PathBuf {
        self.home.path().join("gptos/v1.sock")
    }

    fn ask(&mut self) -> String {
        let begun = Instant::now();
        let mut stream = UnixStream::connect(self.socket()).unwrap();
        let length = self.body.len();
        let head = format!("POST /v1/line HTTP/1.1\r\nhost: gptos\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(&[head.as_bytes(), &self.body].concat()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        self.asked.push(begun.elapsed().as_secs_f64() * 1e6);
        reply
    }

    fn press(&mut self, query: &str) {
        let begun = Instant::now();
        let mut command = Self::command(&self.binary, self.home.path(), &["widget", "bash"]);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(query.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        self.pressed.push(begun.elapsed().as_secs_f64() * 1e6);
    }

    /// Processor time of the resident so far, in clock ticks.
    fn ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.resident.id())).unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        [11, 12].iter().filter_map(|at| fields.get(*at)?.parse::<u64>().ok()).sum()
    }

    fn stop(mut self) {
        let _ = Self::command(&self.binary, self.home.path(), &["daemon", "stop"]).status();
        let _ = self.resident.wait();
    }
}

/// A collector that takes everything and says that it is well.
fn collector() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut bytes = [0; 64 * 1024];
                while stream.read(&mut bytes).is_ok_and(|read| read > 0) {
                    if stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").is_err() {
                        return;
                    }
                }
            });
        }
    });
    port
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn at(samples: &mut [f64], share: f64) -> f64 {
    samples.sort_unstable_by(f64::total_cmp);
    samples[((samples.len() - 1) as f64 * share) as usize]
}

/// What was measured of one way of asking: medians in microseconds with everything on and with everything off, a pair for each turn.
type Medians = Vec<(f64, f64)>;

/// Measures with this binary.
pub(super) fn report(binary: &Path, query: &str) {
    let (mut medians, mut used): ([Medians; 3], [f64; 2]) = Default::default();
    for _ in 0..TURNS {
        turn(binary, query, &mut medians, &mut used);
    }
    for (what, medians) in ["socket", "process", "alone"].into_iter().zip(medians) {
        let mut ratios: Vec<f64> = medians.iter().map(|(with, without)| with / without).collect();
        let (mut with, mut without): (Vec<f64>, Vec<f64>) = medians.into_iter().unzip();
        println!(
            "operations, cached answer by {what:<8} everything on {:>5.0} µs, off {:>5.0} µs   ratio {:.3} ({:.3} to {:.3})",
            at(&mut with, 0.5),
            at(&mut without, 0.5),
            at(&mut ratios, 0.5),
            at(&mut ratios, 0.0),
            at(&mut ratios, 1.0)
        );
    }
    let [with, without] = used.map(|ticks| ticks * 10_000.0 / (TURNS * ASKED) as f64);
    println!("operations, the resident's processor time for an answer: {with:.0} µs with everything on, {without:.0} µs off");
}

fn turn(binary: &Path, query: &str, medians: &mut [Medians; 3], used: &mut [f64; 2]) {
    let all = format!("audit = \"local\"\nmetrics_port = {}\n", free_port());
    let traced = [("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://127.0.0.1:{}", collector()))];
    let mut sides = [Side::new(binary, &all, &traced, query), Side::new(binary, NONE, &[], query)];
    // Who goes first takes turns as well.
    let order = |rounds: usize| (0..rounds).flat_map(|round| [round % 2, 1 - round % 2]);
    let before = sides.each_ref().map(Side::ticks);
    order(ASKED).for_each(|at| drop(sides[at].ask()));
    for at in 0..2 {
        used[at] += (sides[at].ticks() - before[at]) as f64;
    }
    order(PRESSED).for_each(|at| sides[at].press(query));
    let mut pressed = sides.each_mut().map(|side| std::mem::take(&mut side.pressed));
    for at in order(ALONE) {
        std::thread::sleep(PAUSE);
        sides[at].press(query);
    }
    let mut add = |way: usize, [all, none]: [&mut Vec<f64>; 2]| medians[way].push((at(all, 0.5), at(none, 0.5)));
    add(0, sides.each_mut().map(|side| &mut side.asked));
    add(1, pressed.each_mut());
    add(2, sides.each_mut().map(|side| &mut side.pressed));
    sides.into_iter().for_each(Side::stop);
}
