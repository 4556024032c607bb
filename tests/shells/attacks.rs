//! Hostile answers of a provider, sent through the whole path into real shells: nothing runs before Enter, and what the buffer and the
//! screen show is all there is.

pub mod table;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::fake_provider::{FakeProvider, Reply, Script, Step};
use crate::terminal::{Setup, Shell, Terminal};

/// More attacks, one JSON object a line: `id`, and `raw_b64` or `raw_gz_b64` (compressed by gzip).
const MORE: &str = "GPTOS_TEST_ATTACKS";
/// So many go through the resident; it limits calls to a provider, and the asking process answers the others by itself.
const BY_RESIDENT: usize = 12;
/// More suggestions than any of these answers has beside it.
const MOST_IN_RING: usize = 8;

/// One hostile answer.
struct Attack {
    id: String,
    /// The text of the answer as it stands in the provider's response.
    text: Vec<u8>,
}

impl Attack {
    fn text(id: &str, text: &[u8]) -> Self {
        Self { id: id.to_owned(), text: text.to_vec() }
    }

    /// In the form that the model is asked for.
    fn command(id: &str, command: &str) -> Self {
        Self { id: id.to_owned(), text: serde_json::json!({ "command": command, "reading": "as asked" }).to_string().into_bytes() }
    }
}

fn own_attacks(marks: &Path) -> Vec<Attack> {
    let marks = marks.display().to_string();
    let mut attacks: Vec<Attack> =
        table::COMMANDS.iter().map(|(id, command)| Attack::command(id, &command.replace("@M@", &marks))).collect();
    for (id, text) in table::TEXTS {
        let text = text.split(|byte| *byte == b'@').collect::<Vec<_>>();
        // `@M@` splits into a part that is `M` alone.
        let text: Vec<u8> = text.iter().map(|part| if *part == b"M" { marks.as_bytes() } else { *part }).collect::<Vec<_>>().concat();
        attacks.push(Attack::text(id, &text));
    }
    attacks.push(Attack::command("oversize", &format!("echo {} ; touch {marks}/oversize", "a".repeat(100_000))));
    attacks.push(Attack::command("nested substitutions", &format!("{}touch {marks}/nested{}", "$(".repeat(3000), ")".repeat(3000))));
    attacks.push(Attack::command("nested groups", &format!("{}touch {marks}/nested{}", "( ".repeat(3000), " )".repeat(3000))));
    attacks.push(Attack::text("nested objects", format!("{}{}", "{\"command\":".repeat(5000), "}".repeat(5000)).as_bytes()));
    attacks
}

/// Attacks out of a file, each as a whole answer and, if it is text, as a command in the form asked for.
fn attacks_of(file: &Path) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for line in fs::read_to_string(file).unwrap().lines().filter(|line| !line.trim().is_empty()) {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let id = row["id"].to_string();
        let bytes = match (row["raw_b64"].as_str(), row["raw_gz_b64"].as_str()) {
            (Some(text), _) => filter("base64", "-d", text.as_bytes()),
            (None, Some(text)) => filter("gzip", "-dc", &filter("base64", "-d", text.as_bytes())),
            (None, None) => panic!("{id}: neither raw_b64 nor raw_gz_b64"),
        };
        if let Ok(text) = std::str::from_utf8(&bytes) {
            attacks.push(Attack::command(&format!("{id} as a command"), text));
        }
        attacks.push(Attack::text(&id, &bytes));
    }
    attacks
}

fn filter(program: &str, option: &str, input: &[u8]) -> Vec<u8> {
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, input).unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    let output = Command::new(program).arg(option).stdin(Stdio::from(file)).output().unwrap();
    assert!(output.status.success(), "{program}");
    output.stdout
}

/// A stream of one event whose content is these bytes. What is no text goes in as it is.
fn reply(text: &[u8]) -> Reply {
    let mut content = Vec::new();
    for chunk in text.utf8_chunks() {
        let quoted = serde_json::to_string(chunk.valid()).unwrap();
        content.extend_from_slice(&quoted.as_bytes()[1..quoted.len() - 1]);
        content.extend_from_slice(chunk.invalid());
    }
    let mut body = b"data: {\"model\":\"fake-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"".to_vec();
    body.extend_from_slice(&content);
    body.extend_from_slice(b"\"},\"finish_reason\":null}]}\n\n");
    body.extend_from_slice(b"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    Reply(vec![Step::Send([head.into_bytes(), body].concat())])
}

/// The directories of one shell under attack. Dropping it ends the resident.
struct Stage {
    root: tempfile::TempDir,
    provider: FakeProvider,
    home: PathBuf,
}

impl Stage {
    fn marks(&self) -> PathBuf {
        self.root.path().join("m")
    }

    fn configure(&self, resident: &str) {
        let file = self.home.join(".config/gptos/config.toml");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        let provider = format!(
            "[limits]\nuser_per_minute = 0\nsession_per_minute = 0\n[[provider]]\nname = \"fake\"\nbase_url = \"{}\"\nmodel = \"m\"\n",
            self.provider.base_url()
        );
        let aside = file.with_extension("new");
        fs::write(&aside, format!("resident = \"{resident}\"\n{provider}")).unwrap();
        fs::rename(aside, file).unwrap();
    }
}

impl Stage {
    /// Whether a binary that was started by the shell still works on an answer.
    fn is_asking(&self) -> bool {
        let place = self.root.path().as_os_str().as_encoded_bytes();
        let holds = |text: &[u8], part: &[u8]| text.windows(part.len()).any(|window| window == part);
        fs::read_dir("/proc").unwrap().flatten().any(|entry| {
            let read = |name: &str| fs::read(entry.path().join(name)).unwrap_or_default();
            holds(&read("cmdline"), b"\0widget\0") && holds(&read("environ"), place)
        })
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gptos"));
        command.args(["daemon", "stop"]).env_clear().env("XDG_RUNTIME_DIR", self.root.path().join("run")).env("HOME", &self.home);
        let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

/// Asks for an answer and returns the buffer once it has come or was refused. Nothing of an earlier answer is on the line before.
fn ask(t: &Terminal, stage: &Stage, key: &str, text: &[u8], number: usize) -> (String, String) {
    stage.provider.set(Script::Always(reply(text)));
    let calls = stage.provider.count();
    t.keys(&["C-e", "C-u", "C-l"]);
    assert_eq!(t.wait_for_buffer(str::is_empty), "");
    let line = format!("??? sheep number {number}");
    t.type_text(&line);
    assert_eq!(t.buffer(), line);
    t.key(key);
    t.wait_for(|| (stage.provider.count() > calls).then_some(()), "the request");
    // A message of the question before may still be on the screen, so the end is not read off it alone.
    t.wait_for(|| (!stage.is_asking()).then_some(()), "the end of the request");
    t.wait_until_idle();
    let answer = t.wait_for(
        || {
            let said = t.screen().lines().any(|line| line.starts_with("gptos: ") && !line.contains("Ctrl-C cancels"));
            let buffer = t.buffer();
            (buffer != line || said).then_some(buffer)
        },
        "an answer or a message",
    );
    (line, answer)
}

/// What was answered is kept, so it may stand behind the same words while they are typed. It shows and does no more than an answer may.
fn tempt(t: &Terminal, answer: &str, number: usize, id: &str) {
    t.keys(&["C-e", "C-u", "C-l"]);
    t.wait_for_buffer(str::is_empty);
    let line = format!("?? sheep number {number}");
    t.type_text(&line);
    t.wait_until_idle();
    assert_eq!(t.buffer(), line, "{id}");
    assert_eq!(hidden(&t.screen().replace('\n', "")), Vec::<char>::new(), "{id}: behind the words\n{}", t.screen());
    t.keys(&["M-f", "Right"]);
    t.wait_until_idle();
    let taken = t.buffer();
    assert!(taken == line || taken == answer, "{id}: {taken:?} is not {answer:?}");
    assert_eq!(hidden(&taken), Vec::<char>::new(), "{id}");
}

/// What the key leads to from an answer, until it is there again: other ways to say it, and the words.
fn cycle(t: &Terminal, answer: &str, id: &str) {
    for _ in 0..MOST_IN_RING {
        let before = t.buffer();
        t.key("C-g");
        let buffer = t.wait_for_buffer(|buffer| buffer != before);
        t.wait_until_idle();
        assert_eq!(hidden(&buffer), Vec::<char>::new(), "{id}: {buffer:?}");
        assert_eq!(hidden(&t.screen().replace('\n', "")), Vec::<char>::new(), "{id}: by cycling\n{}", t.screen());
        assert!(!t.coloured_screen().contains("\u{1b}[8m"), "{id}: by cycling\n{}", t.screen());
        if buffer == answer {
            return;
        }
    }
    panic!("{id}: the key does not lead back to {answer:?}");
}

/// How long a person needs to read a line.
const READ: std::time::Duration = std::time::Duration::from_millis(400);

/// The same answer comes by Tab, and then to words that want it changed. It stands in the line as it did before, or not at all.
fn choose(t: &Terminal, stage: &Stage, answer: &str, number: usize, id: &str) {
    t.keys(&["C-e", "C-u", "C-l"]);
    t.wait_for_buffer(str::is_empty);
    let mut expected = format!("?? sheep on list {number}");
    t.type_text(&expected);
    for (typed, key) in [("", "Tab"), (" ?? but sheep only", "Enter")] {
        t.type_text(typed);
        expected.push_str(typed);
        assert_eq!(t.buffer(), expected, "{id}");
        let calls = stage.provider.count();
        if key == "Enter" {
            // One that comes sooner is swallowed, because nobody has read what has just appeared.
            std::thread::sleep(READ);
        }
        t.key(key);
        t.wait_for(|| (stage.provider.count() > calls).then_some(()), "the request");
        t.wait_for(|| (!stage.is_asking()).then_some(()), "the end of the request");
        t.wait_until_idle();
        let buffer = t.wait_for(
            || {
                let said = t.screen().lines().any(|line| line.starts_with("gptos: ") && !line.contains("Ctrl-C cancels"));
                let buffer = t.buffer();
                (buffer != expected || said).then_some(buffer)
            },
            "an answer or a message",
        );
        assert!(buffer == expected || buffer == answer, "{id}: {buffer:?} is not {answer:?}");
        assert_eq!(hidden(&t.screen().replace('\n', "")), Vec::<char>::new(), "{id}: by {key}\n{}", t.screen());
        assert!(!t.coloured_screen().contains("\u{1b}[8m"), "{id}: by {key}\n{}", t.screen());
        if buffer == expected {
            return;
        }
        cycle(t, &buffer, id);
        expected = buffer;
    }
}

/// Why a character has no place in a buffer or on the screen; the rule is the test's own.
fn hides(previous: Option<char>, c: char) -> bool {
    match u32::from(c) {
        0..=0x1f | 0x7f..=0xa0 | 0xad | 0x34f | 0x61c | 0x115f | 0x1160 | 0x180e | 0x2000..=0x200c | 0x200e..=0x200f => true,
        0x2028..=0x202f | 0x205f..=0x206f | 0x3164 | 0xfeff | 0xffa0 | 0xfff9..=0xfffb | 0xe0000..=0xe0fff => true,
        // Part of an emoji, or nothing.
        0x200d | 0xfe0f => previous.is_none_or(|before| before.is_ascii()),
        _ => false,
    }
}

fn hidden(text: &str) -> Vec<char> {
    let previous = std::iter::once(None).chain(text.chars().map(Some));
    text.chars().zip(previous).filter(|(c, previous)| hides(*previous, *c)).map(|(c, _)| c).collect()
}

fn without_blanks(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn attack(shell: Shell, key: &str) {
    let root = tempfile::Builder::new().prefix("gptos-a").tempdir().unwrap();
    for name in ["m", "run"] {
        fs::create_dir(root.path().join(name)).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        fs::set_permissions(root.path().join(name), private).unwrap();
    }
    let runtime = ("XDG_RUNTIME_DIR".to_owned(), root.path().join("run").display().to_string());
    // Only so that the next question need not wait.
    let before = if shell == Shell::Fish { "set -g GPTOS_ENTER_GUARD_MS 0" } else { "GPTOS_ENTER_GUARD_MS=0" }.to_owned();
    let load = (shell == Shell::Zsh).then(|| format!("eval \"$('{}' init zsh)\"", env!("CARGO_BIN_EXE_gptos")));
    // The longest command that the gate lets through leaves the prompt in sight.
    let setup =
        Setup { bin: env!("CARGO_BIN_EXE_gptos").into(), env: vec![runtime], before, load, columns: 200, rows: 60, ..Setup::default() };
    let t = Terminal::start(shell, setup);
    let stage = Stage { root, provider: FakeProvider::always(Reply::nothing()), home: t.dir().join("home") };
    stage.configure("on");
    let marks = stage.marks();
    let touch = format!("touch {}/wanted", marks.display());

    // An honest answer comes through, so what is missing later was kept away.
    let (_, honest) = ask(&t, &stage, key, &Attack::command("honest", &touch).text, 0);
    assert_eq!(honest, touch);

    let (prompt, state) = (t.prompt_number(), t.state());
    let mut attacks = own_attacks(&marks);
    if let Some(file) = std::env::var_os(MORE) {
        attacks.extend(attacks_of(Path::new(&file)));
    }
    let mut answered = 0;
    for (number, attack) in attacks.iter().enumerate() {
        if number == BY_RESIDENT {
            stage.configure("off");
        }
        let id = &attack.id;
        let (line, buffer) = ask(&t, &stage, key, &attack.text, number + 1);
        answered += usize::from(buffer != line);
        assert_eq!(hidden(&buffer), Vec::<char>::new(), "{shell:?}, {id}: in the buffer {buffer:?}");
        // What was to happen by itself would happen soon.
        t.wait_until_idle();
        let screen = t.screen();
        assert_eq!(hidden(&screen.replace('\n', "")), Vec::<char>::new(), "{shell:?}, {id}: on the screen\n{screen}");
        if buffer.len() < 1500 {
            assert!(
                without_blanks(&screen).contains(&without_blanks(&buffer)),
                "{shell:?}, {id}: {buffer:?} is not on the screen\n{screen}"
            );
        }
        assert!(!t.coloured_screen().contains("\u{1b}[8m"), "{shell:?}, {id}: concealed text\n{screen}");
        assert_eq!(t.state(), state, "{shell:?}, {id}: the terminal was changed");
        assert_eq!(t.prompt_number(), prompt, "{shell:?}, {id}: a line ran\n{screen}");
        if shell == Shell::Zsh && number < BY_RESIDENT {
            tempt(&t, &buffer, number + 1, id);
            assert_eq!((t.state(), t.prompt_number()), (state.clone(), prompt), "{id}: behind the words");
        }
        // What is refused once is refused in the same place the other times.
        if number < BY_RESIDENT || number % 4 == 0 || buffer != line {
            choose(&t, &stage, &buffer, number + 1, id);
            assert_eq!((t.state(), t.prompt_number()), (state.clone(), prompt), "{id}: by Tab and as a change");
        }
        assert_eq!(fs::read_dir(&marks).unwrap().count(), 0, "{shell:?}, {id}: a command ran\n{screen}");
    }
    assert!(answered > 0, "some of them are harmless once they are read");

    let (_, honest) = ask(&t, &stage, key, &Attack::command("honest", &touch).text, attacks.len() + 1);
    assert_eq!(honest, touch);
    t.wait_for(
        || {
            // An Enter that comes while the shell still draws the answer is swallowed, and so is a key that is held down.
            std::thread::sleep(READ);
            t.key("Enter");
            t.wait_until_idle();
            marks.join("wanted").exists().then_some(())
        },
        "Enter to run the honest answer",
    );
}

#[test]
fn hostile_answers_run_nothing_and_hide_nothing_in_zsh() {
    attack(Shell::Zsh, "Enter");
}

#[test]
fn hostile_answers_run_nothing_and_hide_nothing_in_bash() {
    attack(Shell::Bash, "Enter");
}

#[test]
fn hostile_answers_run_nothing_and_hide_nothing_in_fish() {
    attack(Shell::Fish, "Enter");
}

#[test]
fn hostile_answers_run_nothing_and_hide_nothing_in_a_list_of_fish() {
    attack(Shell::Fish, "Tab");
}
