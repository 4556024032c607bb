//! The pipes that a resident has for a bash, from the shell's side: a proper shell, one that writes nonsense, and one that ends.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::environment::{TestEnv, records, run, wait_until};

pub const KNOWN: &str = "list files by size";
/// Longer than any question may be.
pub const MUCH: usize = 700 * 1024;

/// A process that stands for a shell.
pub struct Shell<'a> {
    env: &'a TestEnv,
    kind: &'static str,
    process: Child,
}

impl<'a> Shell<'a> {
    pub fn start(env: &'a TestEnv, kind: &'static str) -> Self {
        // The first answer of all comes with a line of help, which a program writes.
        run(env.command(&["widget", kind, "--holes", "--shell-version", "5.2"]), KNOWN.as_bytes());
        let process = Command::new("sleep").arg("600").current_dir(env.work()).stdin(Stdio::null()).spawn().unwrap();
        Self { env, kind, process }
    }

    /// What the resident says to the words, over its socket.
    pub fn post(&self, pid: u32) -> Vec<(String, String, String)> {
        let script = self.env.run(&["init", "zsh"]).out;
        let build = script.split("_GPTOS_BUILD='").nth(1).and_then(|rest| rest.split('\'').next()).unwrap().to_owned();
        let home = self.env.home();
        let facts = format!(
            "wish=answer\0shell={}\0version=5.2\0build={build}\0holes=1\0PWD=/\0HOME={}\0PATH=/usr/bin:/bin\0\0",
            self.kind,
            home.to_str().unwrap()
        );
        let body = format!("{facts}{KNOWN}\0\0\0pipes={pid}\0");
        let mut stream = UnixStream::connect(self.env.socket()).unwrap();
        write!(stream, "POST /v1/line HTTP/1.1\r\nhost: gptos\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
            .unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        records(reply.split_once("\r\n\r\n").unwrap().1)
    }

    /// The place of its pipes, once the resident is not too busy to answer.
    pub fn place(&self) -> String {
        let mut place = None;
        wait_until("pipes", || {
            place = self.post(self.process.id()).into_iter().find(|(kind, ..)| kind == "pipes").map(|(_, place, _)| place);
            place.is_some()
        });
        place.unwrap()
    }
}

impl Drop for Shell<'_> {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Both ends, open as bash has them.
struct Ends {
    ask: File,
    told: File,
}

impl Ends {
    fn open(place: &str) -> Self {
        let both = |which: &str| File::options().read(true).write(true).open(format!("{place}.{which}")).unwrap();
        let held = both("told");
        let told = File::open(format!("{place}.told")).unwrap();
        drop(held);
        Self { ask: both("ask"), told }
    }

    /// The answer to a question: its head and its records; empty when the pipes have ended.
    fn ask(&mut self, written: &[u8]) -> (String, Vec<(String, String, String)>) {
        self.ask.write_all(written).unwrap();
        let mut head = [0; 9];
        if self.told.read_exact(&mut head).is_err() {
            return (String::new(), Vec::new());
        }
        let head = String::from_utf8(head.to_vec()).unwrap();
        let mut bytes = vec![0; head[4..].parse().unwrap()];
        self.told.read_exact(&mut bytes).unwrap();
        (head[..4].to_owned(), records(&String::from_utf8(bytes).unwrap().replace('\x1f', "\0")))
    }
}

fn question(turn: &str, words: &str) -> Vec<u8> {
    format!("ll\n\0{turn}\0{words}\0\0counts=bytes\0end\0").into_bytes()
}

#[test]
fn a_shell_gets_over_its_pipes_what_it_gets_over_the_socket() {
    let env = TestEnv::new();
    let mut resident = env.start_resident();
    let shell = Shell::start(&env, "bash");
    let place = shell.place();
    for (path, mode) in [
        (Path::new(&place).parent().unwrap().to_owned(), 0o700),
        (format!("{place}.ask").into(), 0o600),
        (format!("{place}.told").into(), 0o600),
    ] {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, mode, "{}", path.display());
    }
    let mut ends = Ends::open(&place);
    let command = |records: &[(String, String, String)]| records.iter().find(|(kind, ..)| kind == "cmd").map(|(_, text, _)| text.clone());
    wait_until("an answer", || {
        let (turn, told) = ends.ask(&question("1001", KNOWN));
        assert_eq!(turn, "1001");
        command(&told).is_some_and(|told| Some(told) == command(&shell.post(u32::MAX)))
    });
    // In pieces, and two at once: the answers come in the order of the questions.
    let both = [question("1002", "frobnicate the quux"), question("1003", "frobnicate the quux")].concat();
    ends.ask.write_all(&both[..10]).unwrap();
    ends.ask.write_all(&both[10..both.len() - 5]).unwrap();
    let (turn, told) = ends.ask(&both[both.len() - 5..]);
    assert_eq!((turn.as_str(), told[0].0.as_str()), ("1002", "ask"));
    assert_eq!(ends.ask(b"").0, "1003");
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
    assert_eq!(ends.ask(&question("1004", KNOWN)).0, "", "its end is seen at once");
    assert!(!Path::new(&place).parent().unwrap().exists());
}

#[test]
fn what_is_no_question_ends_the_pipes_and_so_does_the_shell() {
    let env = TestEnv::new();
    let mut resident = env.start_resident();
    let hostile: [&[u8]; 5] =
        [b"\0\0list\0\0end\0", b"\0$(id)\0list\0\0end\0", b"\xff\xfe\0\xff\0\xff\0\xff\0end\0", b"half a question\0", &[b'x'; MUCH]];
    for written in hostile {
        let shell = Shell::start(&env, "bash");
        let place = shell.place();
        let mut ends = Ends::open(&place);
        // More than the pipe takes is written while the resident reads, until it gives up.
        let mut writer = ends.ask.try_clone().unwrap();
        let text = written.to_vec();
        std::thread::spawn(move || writer.write_all(&text));
        assert_eq!(ends.ask(b"").0, "", "{:?}", String::from_utf8_lossy(&written[..written.len().min(20)]));
        wait_until("the pipes to go", || !Path::new(&format!("{place}.ask")).exists());
        assert_ne!(shell.place(), place, "it may ask for others");
    }
    // A shell that asks again leaves its former pipes; one that ends all of them. Nobody has pipes who is no process.
    let shell = Shell::start(&env, "bash");
    let (first, second) = (shell.place(), shell.place());
    wait_until("the former pipes to go", || !Path::new(&format!("{first}.ask")).exists());
    assert!(Path::new(&format!("{second}.told")).exists());
    drop(shell);
    wait_until("the pipes of a shell that has ended to go", || !Path::new(&format!("{second}.told")).exists());
    let shell = Shell::start(&env, "bash");
    assert!(!shell.post(u32::MAX).iter().any(|(kind, ..)| kind == "pipes"));
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}
