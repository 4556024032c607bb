//! What a line editor asks the resident itself: the same answers as through a process of its own, or none.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;

use gptos::domain::ShellKind;
use gptos::line::one_go::in_one_go;

use crate::collector::{Collector, Manner, Span};
use crate::environment::{TestEnv, binary, copy_program, records, run, wait_until};
use crate::fake_provider::{FakeProvider, Reply, answer};

const KNOWN: &str = "find files bigger than 100 MB changed this week";
const UNKNOWN: &str = "frobnicate the quux";

type Records = Vec<(String, String, String)>;

/// A shell in a directory.
struct Editor<'a> {
    env: &'a TestEnv,
    here: &'a Path,
    /// Fields in place of the usual ones.
    instead: Vec<(&'a str, String)>,
}

impl<'a> Editor<'a> {
    fn new(env: &'a TestEnv, here: &'a Path) -> Self {
        Self { env, here, instead: Vec::new() }
    }

    fn with(mut self, key: &'a str, value: &str) -> Self {
        self.instead.push((key, value.to_owned()));
        self
    }

    fn body(&self, wish: &str, words: &str) -> Vec<u8> {
        let script = self.env.run(&["init", "zsh"]).out;
        let build = script.split("_GPTOS_BUILD='").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
        let (here, home) = (self.here.to_str().unwrap(), self.env.home());
        let mut fields = vec![("wish", wish), ("shell", "zsh"), ("version", "5.9"), ("build", build), ("holes", "1"), ("PWD", here)];
        fields.extend([("HOME", home.to_str().unwrap()), ("PATH", "/usr/bin:/bin")]);
        let value = |key: &str, usual: &str| {
            self.instead.iter().find(|(known, _)| *known == key).map_or(usual.to_owned(), |(_, value)| value.clone())
        };
        let more = self.instead.iter().filter(|(key, _)| fields.iter().all(|(known, _)| known != key));
        let more: String = more.map(|(key, value)| format!("{key}={value}\0")).collect();
        let usual: String = fields.iter().map(|(key, usual)| format!("{key}={}\0", value(key, usual))).collect();
        format!("{usual}{more}\0{words}\0\0\0").into_bytes()
    }

    fn ask(&self, wish: &str, words: &str) -> Records {
        let (status, body) = post(self.env, &self.body(wish, words));
        assert_eq!(status, 200, "{body}");
        records(&body)
    }

    /// What is answered once it is known which programs are there and the machine is not too busy.
    fn answered(&self, wish: &str, words: &str) -> Records {
        let mut found = Records::new();
        wait_until("an answer at once", || {
            found = self.ask(wish, words);
            found[0].0 != "ask"
        });
        found
    }

    /// What the program says to the same words, without how it came by them: it answers second and finds the answer kept. It is of
    /// another build, so that it is a client of the resident and gets no records of it.
    fn program(&self, words: &str) -> Records {
        let older = self.env.home().join("older-gptos");
        if !older.exists() {
            copy_program(binary(), &older);
            assert!(Command::new("touch").args(["-d", "@1"]).arg(&older).status().unwrap().success());
        }
        let usual = self.env.command(&["widget", "zsh", "--holes", "--shell-version", "5.9"]);
        let mut command = Command::new(older);
        command.args(usual.get_args()).env_clear().envs(usual.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(self.here);
        records(&run(command, words.as_bytes()).out)
    }
}

fn post(env: &TestEnv, body: &[u8]) -> (u16, String) {
    post_with(env, "", body)
}

fn post_with(env: &TestEnv, header: &str, body: &[u8]) -> (u16, String) {
    let mut stream = UnixStream::connect(env.socket()).unwrap();
    let head = format!("POST /v1/line HTTP/1.1\r\nhost: gptos\r\n{header}connection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    // A body that is too large is refused before it is read.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    let reply = String::from_utf8(reply).unwrap();
    let (head, text) = reply.split_once("\r\n\r\n").expect("a whole answer");
    assert!(head.to_ascii_lowercase().contains(&format!("content-length: {}", text.len())), "{head}");
    (head.split(' ').nth(1).unwrap().parse().unwrap(), text.to_owned())
}

/// The first command and its note.
fn best(records: &Records) -> (&str, &str) {
    records.iter().find(|(kind, ..)| kind == "cmd").map(|(_, text, note)| (text.as_str(), note.as_str())).unwrap_or_default()
}

fn asks(records: &Records) -> bool {
    records.iter().map(|(kind, ..)| kind.as_str()).collect::<Vec<_>>() == ["ask", "end"]
}

/// Records that do not tell how long it took.
fn lasting(records: Records) -> Records {
    records.into_iter().filter(|(kind, ..)| kind != "took").collect()
}

fn plant(directory: &Path, text: &str) {
    let file = directory.join(".gptos.toml");
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
}

#[test]
fn the_answer_is_the_one_that_the_program_gives() {
    let env = TestEnv::new();
    let work = env.work();
    fs::create_dir(work.join("build")).unwrap();
    fs::write(work.join("build/a"), "12345").unwrap();
    let mut resident = env.start_resident();
    let editor = Editor::new(&env, &work);
    for words in [
        KNOWN,
        "list files by size",
        "copy a file to the server",
        "delete the folder build",
        "explain tar xzf a.tar",
        "explain rm -rf /",
        " list files by size",
        "  list files by size",
        "unpack archive.tar.gz",
        "what's my ip",
    ] {
        editor.program(words);
        let given = editor.answered("answer", words);
        assert_eq!(lasting(given), lasting(editor.program(words)), "{words}");
    }
    let reached = editor.answered("answer", "delete the folder build");
    assert!(reached.iter().any(|(kind, _, note)| kind == "cmd" && note.contains("deletes 1 file (5 bytes)")), "{reached:?}");
    // What the program is better at is left to it.
    for words in [UNKNOWN, "", "   ", &"x".repeat(5000)] {
        assert!(asks(&editor.ask("answer", words)), "{words}");
    }
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn other_shells_are_left_to_the_program() {
    let env = TestEnv::new();
    let work = env.work();
    let mut resident = env.start_resident();
    Editor::new(&env, &work).program(KNOWN);
    Editor::new(&env, &work).answered("answer", KNOWN);
    for (key, value) in [
        ("build", "another"),
        ("build", ""),
        ("GPTOS_CONFIG", "/another.toml"),
        ("XDG_CONFIG_HOME", "/another"),
        ("HOME", "/"),
        ("HOME", ""),
        ("PWD", "/nowhere/at/all"),
    ] {
        assert!(asks(&Editor::new(&env, &work).with(key, value).ask("answer", KNOWN)), "{key}={value}");
    }
    // The line of help of the first answer is the program's to write.
    fs::remove_file(env.home().join(".local/state/gptos/welcomed")).unwrap();
    assert!(asks(&Editor::new(&env, &work).ask("answer", KNOWN)));
    Editor::new(&env, &work).program(KNOWN);
    Editor::new(&env, &work).answered("answer", KNOWN);
    env.configure("resident = \"off\"\n");
    wait_until("the configuration counts", || {
        UnixStream::connect(env.socket()).is_err() || asks(&Editor::new(&env, &work).ask("answer", KNOWN))
    });
    env.configure("# nothing\n");
    env.run(&["daemon", "stop"]);
    let _ = resident.kill();
    resident.wait().unwrap();
}

#[test]
fn a_provider_is_never_asked_and_what_it_answered_is_given() {
    let provider = FakeProvider::always(Reply::stream(&answer("printf good")));
    let env = TestEnv::new();
    env.with_provider("good", &provider.base_url(), "");
    let work = env.work();
    let mut resident = env.start_resident();
    let editor = Editor::new(&env, &work);
    for wish in ["answer", "ghost", "reading"] {
        editor.ask(wish, UNKNOWN);
    }
    assert_eq!(provider.connections(), 0);
    editor.program(UNKNOWN);
    let given = editor.answered("answer", UNKNOWN);
    assert!(best(&given).0 == "printf good" && best(&given).1.starts_with("cache, good"), "{given:?}");
    assert_eq!(best(&editor.answered("ghost", UNKNOWN)).0, "printf good");
    let sure = editor.answered("answer", KNOWN);
    assert!(sure.iter().any(|(kind, name, _)| kind == "more" && name == "good"), "{sure:?}");
    // Words behind a blank are not found in what is kept, and nobody would be asked about them.
    assert!(!format!("{:?}", editor.ask("answer", &format!(" {UNKNOWN}"))).contains("printf good"));
    // A project that keeps its answers out of the cache gets none of it.
    plant(&work, "cache = \"off\"\n");
    assert!(asks(&editor.ask("answer", UNKNOWN)));
    assert!(asks(&editor.ask("ghost", UNKNOWN)));
    plant(&work, "providers = \"off\"\n");
    let off = editor.answered("answer", KNOWN);
    assert!(off.iter().all(|(kind, ..)| kind != "more"), "{off:?}");
    assert_eq!(lasting(off), lasting(editor.program(KNOWN)));
    assert_eq!(provider.count(), 1);
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn the_rules_of_the_place_count_also_behind_a_link() {
    let env = TestEnv::new();
    let (work, link) = (env.work().join("deep"), env.home().join("link"));
    fs::create_dir(&work).unwrap();
    symlink(&work, &link).unwrap();
    plant(&env.work(), "[[rules.add]]\nid = \"own\"\nprograms = [\"find\"]\nrisk = \"high\"\nreason = \"no finding here\"\n");
    let mut resident = env.start_resident();
    let elsewhere = env.home();
    let home = Editor::new(&env, &elsewhere);
    home.program(KNOWN);
    assert!(best(&home.answered("answer", KNOWN)).1.ends_with("risk none"));
    for here in [&work, &link] {
        let editor = Editor::new(&env, here);
        let given = editor.answered("answer", KNOWN);
        assert!(given.iter().any(|(_, _, note)| note.contains("risk high: no finding here")), "{given:?}");
        // What does great harm is not shown before somebody asks for it.
        assert!(asks(&editor.ask("ghost", KNOWN)), "{here:?}");
        let read = editor.answered("reading", "find . -name x");
        assert!(read.iter().any(|(kind, text, _)| kind == "note" && text.contains("risk high: no finding here")), "{read:?}");
    }
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn words_that_are_being_typed_leave_nothing_behind() {
    let env = TestEnv::new();
    let work = env.work();
    let mut resident = env.start_resident();
    let editor = Editor::new(&env, &work);
    let kept = || {
        let stats: serde_json::Value = serde_json::from_str(&env.run(&["cache", "stats", "--json"]).out).unwrap();
        stats["entries"].as_u64().unwrap()
    };
    let counted = || env.status().unwrap()["requests"].as_u64().unwrap();
    editor.program(KNOWN);
    wait_until("the first answer is kept", || kept() == 1);
    let before = (kept(), counted());
    assert!(best(&editor.answered("ghost", "list files by size")).0.starts_with("ls "));
    // Neither a guess, nor what is to be filled in, nor a line that is read aloud.
    for words in [UNKNOWN, "copy a file to the server", "explain ls -l"] {
        assert!(asks(&editor.ask("ghost", words)), "{words}");
    }
    assert_eq!(editor.answered("reading", "ls -l")[0].0, "reading");
    assert_eq!((kept(), counted()), before);
    editor.answered("answer", "list files by size");
    wait_until("the answer is kept", || kept() == before.0 + 1);
    assert_eq!(counted(), before.1 + 1);
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn what_was_run_comes_first_unless_nothing_is_remembered() {
    let env = TestEnv::new();
    let work = env.work();
    let mut resident = env.start_resident();
    let editor = Editor::new(&env, &work);
    editor.program("list files by size");
    assert_eq!(run(env.command(&["ran", "zsh", "0"]), b"list files by size\0ls -lhS ./").code, Some(0));
    wait_until("it is remembered", || best(&editor.ask("answer", "list files by size")).0 == "ls -lhS ./");
    assert!(best(&editor.answered("ghost", "list files by size")).1.starts_with("you ran this before"));
    assert!(!format!("{:?}", editor.answered("answer", " list files by size")).contains("you ran this before"));
    env.configure("memory = \"off\"\n");
    wait_until("nothing is remembered", || {
        let given = editor.ask("answer", "list files by size");
        !["", "ls -lhS ./"].contains(&best(&given).0)
    });
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn the_process_of_a_key_press_hands_on_what_is_at_hand_and_asks_nobody_else_when_that_is_all_that_is_wanted() {
    let env = TestEnv::new();
    let work = env.work();
    let at_once = |words: &str| {
        let mut command = env.command(&["widget", "fish", "--at-once", "--holes", "--shell-version", "3.6.0"]);
        command.current_dir(&work);
        run(command, words.as_bytes())
    };
    let none = at_once(KNOWN);
    assert_eq!((none.code, none.out.as_str()), (Some(75), ""));
    assert!(env.status().is_none(), "no resident is started for it");
    let mut resident = env.start_resident();
    let editor = Editor::new(&env, &work);
    editor.program(KNOWN);
    let mut given = at_once(KNOWN);
    wait_until("an answer at once", || {
        given = at_once(KNOWN);
        given.code == Some(0)
    });
    let laid_out = |records: Records| {
        let text: String = records.into_iter().map(|(kind, text, note)| format!("{kind}\0{text}\0{note}\0")).collect();
        in_one_go(&text, ShellKind::Fish, None)
    };
    // How long it took differs.
    let timeless = |text: &str| text.lines().filter(|line| !line.contains(" ms")).map(str::to_owned).collect::<Vec<_>>();
    let expected = laid_out(editor.with("shell", "fish").with("version", "3.6.0").answered("answer", KNOWN));
    assert_eq!(timeless(&given.out), timeless(&expected));
    assert!(given.out.starts_with("laid\n"), "{}", given.out);
    for words in [UNKNOWN, "", "   "] {
        let none = at_once(words);
        assert_eq!((none.code, none.out.as_str()), (Some(75), ""), "{words:?}");
    }
    // Who wants more, or anew, is no customer of this way.
    for more in ["--fresh", "--list"] {
        assert_eq!(env.run_with_input(&["widget", "fish", "--at-once", more], KNOWN.as_bytes()).code, Some(75));
    }
    // The same words by the usual way, which has the same first step.
    let usual = env.run_with_input(&["widget", "fish", "--holes", "--shell-version", "3.6.0"], KNOWN.as_bytes());
    assert_eq!(given.out.lines().nth(20), Some(best(&records(&usual.out)).0));
    // A line that the shell has not looked at comes back with its words and the time; others are left to the shell.
    let unseen = |line: &str, names: &str| {
        let mut command = env.command(&["widget", "fish", "--at-once", "--line", names, "--holes", "--shell-version", "3.6.0"]);
        command.current_dir(&work);
        run(command, line.as_bytes())
    };
    let line = format!("??  {KNOWN} ");
    let seen = unseen(&format!("{line}\n"), "ll la");
    let fields: Vec<&str> = seen.out.lines().collect();
    assert_eq!((seen.code, fields[16], fields[17], fields[20]), (Some(0), line.as_str(), KNOWN, best(&records(&usual.out)).0));
    assert!(cfg!(not(target_os = "linux")) || fields[13].parse::<f64>().is_ok_and(|uptime| uptime > 1.0), "{fields:?}");
    for other in [KNOWN, "?? only python files", "??? list files", &format!("{line}\nmore"), ""] {
        let none = unseen(other, "");
        assert_eq!((none.code, none.out.as_str()), (Some(75), "other\n"), "{other:?}");
    }
    let none = unseen(&format!("?? {UNKNOWN}\n"), "");
    assert_eq!((none.code, none.out.as_str()), (Some(75), ""));
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn hostile_questions_are_refused_and_the_resident_goes_on() {
    let env = TestEnv::new();
    let work = env.work();
    let mut resident = env.start_resident();
    let editor = Editor::new(&env, &work);
    let whole = editor.body("answer", KNOWN);
    for (body, status) in [
        (b"".to_vec(), 400),
        (vec![0; 1000], 400),
        (vec![0xff; 1000], 400),
        (b"wish=answer\0\0".to_vec(), 400),
        (b"{\"query\":\"x\"}".to_vec(), 400),
        (vec![b'a'; 600 * 1024], 413),
    ] {
        assert_eq!(post(&env, &body).0, status, "{:?}", &body[..body.len().min(20)]);
    }
    for end in [1, 10, whole.len() / 2] {
        assert!([200, 400].contains(&post(&env, &whole[..end]).0));
    }
    for words in ["ls \u{1b}[2J", "\u{202e}ls", "a\u{0}b", "$(touch pwned)", "'; touch pwned"] {
        let given = editor.ask("answer", words);
        assert!(given.iter().all(|(_, text, note)| !format!("{text}{note}").contains(|c: char| c.is_control())), "{given:?}");
        editor.ask("reading", words);
    }
    assert!(!work.join("pwned").exists());
    editor.program(KNOWN);
    assert!(best(&editor.answered("answer", KNOWN)).0.starts_with("find "));
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn the_trace_of_a_shell_goes_on_in_what_is_answered_at_once() {
    let collector = Collector::start(Manner::Takes);
    let env = TestEnv::new().set("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url()).set("OTEL_BSP_SCHEDULE_DELAY", "1");
    let mut resident = env.start_resident();
    let work = env.work();
    let editor = Editor::new(&env, &work);
    editor.program(KNOWN);
    let parent = |number: u32| format!("00-{number:032x}-00f067aa0ba902b7-01");
    let arrives = |number: u32, ask: &dyn Fn()| {
        wait_until(&format!("trace {number} goes on"), || {
            ask();
            let is_ours = |span: &Span| span.trace == format!("{number:032x}") && span.parent == "00f067aa0ba902b7";
            collector.spans().iter().any(|span| is_ours(span) && span.name == "gptos.translate")
        });
    };
    let body = editor.body("answer", KNOWN);
    // In the header of a request, and in a field of a question, as shells write it.
    arrives(1, &|| drop(post_with(&env, &format!("traceparent: {}\r\n", parent(1)), &body)));
    arrives(2, &|| drop(post(&env, &[&body[..], format!("traceparent={}\0", parent(2)).as_bytes()].concat())));
    // The program of a key press asks the same way.
    arrives(3, &|| {
        let mut command = env.command(&["widget", "bash", "--holes", "--at-once"]);
        command.env("TRACEPARENT", parent(3));
        run(command, KNOWN.as_bytes());
    });
    // What is no trace is nobody's.
    let before = collector.spans().len();
    for hostile in ["traceparent: 00-0-0-01\r\n", "traceparent: \r\n", &format!("traceparent: {}\r\n", parent(9).replace("00-0", "ff-0"))] {
        let (status, _) = post_with(&env, hostile, &body);
        assert_eq!(status, 200);
    }
    wait_until("a trace of its own", || {
        drop(post(&env, &body));
        collector.spans().iter().skip(before).any(|span| span.name == "gptos.translate" && span.parent.is_empty())
    });
    assert!(!collector.spans().iter().any(|span| span.trace.ends_with('9') && span.trace.starts_with("000000")));
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}
