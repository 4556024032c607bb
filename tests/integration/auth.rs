//! Keys that are handed over: `gptos auth`, from the terminal or a script to the provider that gets the call.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use crate::desktop_keyring::Session;
use crate::environment::{Run, TestEnv, kill, provider_block, wait_until};
use crate::fake_provider::{FakeProvider, Reply, Script, answer};

const KEY: &str = "sk-handed-over-0123456789-WXYZ";
const NEXT: &str = "sk-its-successor-0123456789-ABCD";

fn works() -> Reply {
    Reply::stream(&answer("printf good"))
}

fn refuses() -> Reply {
    Reply::status("401 Unauthorized", "content-type: application/json\r\n", "{\"error\":{\"message\":\"no\"}}")
}

fn sent(server: &FakeProvider) -> Vec<String> {
    server.requests().iter().filter_map(|request| request.header("authorization").map(str::to_owned)).collect()
}

fn place(server: &FakeProvider) -> (TestEnv, String) {
    let env = TestEnv::new();
    let text = format!("# mine\n{}", provider_block("own", &server.base_url(), "# the key comes later"));
    env.configure(&text);
    (env, text)
}

fn key_file(env: &TestEnv) -> PathBuf {
    env.home().join(".local/state/gptos/keys/own")
}

fn login(env: &TestEnv, key: &str, more: &[&str]) -> Run {
    let arguments: Vec<&str> = ["auth", "login", "own", "--stdin"].into_iter().chain(more.iter().copied()).collect();
    let run = env.run_with_input(&arguments, key.as_bytes());
    assert!(key.is_empty() || !run.out.contains(key) && !run.err.contains(key), "{}{}", run.out, run.err);
    run
}

fn told(env: &TestEnv) -> serde_json::Value {
    let run = env.run(&["auth", "status", "--json"]);
    serde_json::from_str::<serde_json::Value>(&run.out).unwrap()["providers"][0].clone()
}

fn ask(env: &TestEnv, words: &str) -> Run {
    env.run(&["translate", "--no-cache", "--shell", "bash", "--", words])
}

#[test]
fn a_key_from_a_script_is_tried_stored_used_and_removed() {
    let server = FakeProvider::always(works());
    let (env, before) = place(&server);
    assert_eq!(told(&env)["source"], "none");
    let run = login(&env, &format!("{KEY}\n"), &[]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    // No bus answers here, so it is a file, and that is said.
    assert!(run.err.contains("(…WXYZ) is stored in ") && run.err.contains("a file that only you can read"), "{}", run.err);
    assert!(run.err.contains(&format!("it is sent to http://{} alone", server.address())), "{}", run.err);
    assert!(run.err.contains("not in the keyring: no session bus answers"), "{}", run.err);
    assert_eq!(fs::metadata(key_file(&env)).unwrap().permissions().mode() & 0o777, 0o600);
    let config = fs::read_to_string(env.config_file()).unwrap();
    assert!(config.starts_with("# mine\n") && config.contains("# the key comes later"), "{config}");
    assert!(config.contains("key = { login = \"file\" }") && !config.contains(KEY), "{config}");
    assert_eq!(sent(&server), [format!("Bearer {KEY}")]);

    assert_eq!(ask(&env, "frobnicate the quux").out.trim(), "printf good");
    assert_eq!(sent(&server).last().unwrap(), &format!("Bearer {KEY}"));
    let status = told(&env);
    assert_eq!((&status["source"], &status["found"], &status["tail"]), (&"file".into(), &true.into(), &"WXYZ".into()));
    let shown = env.run(&["auth", "status"]);
    assert!(shown.out.contains("…WXYZ") && !shown.out.contains("sk-handed"), "{}", shown.out);

    let run = env.run(&["auth", "logout"]);
    assert!(run.code == Some(0) && run.err.contains("the key of `own` is removed from the file"), "{}", run.err);
    assert!(!key_file(&env).exists());
    assert_eq!(env.run(&["auth", "status"]).code, Some(1));
    let run = env.run(&["auth", "logout", "own"]);
    assert!(run.code == Some(1) && run.err.contains("no key of `own` is stored"), "{}", run.err);
    assert_ne!(before, fs::read_to_string(env.config_file()).unwrap());
}

#[test]
fn what_is_told_of_keys_is_whole_and_says_what_is_refused() {
    let server = FakeProvider::always(works());
    let env = TestEnv::new();
    let folder = env.home().join("a-folder-with-a-name-that-fits-no-column-of-eighty-characters/and-another-one");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("the.key");
    env.with_provider("own", &server.base_url(), &format!("key = {{ file = \"{}\" }}", file.display()));
    let missing = env.run(&["auth", "status"]);
    assert!(missing.code == Some(1) && missing.out.contains("  missing  "), "{}", missing.out);
    fs::write(&file, format!("{KEY}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let refused = env.run(&["auth", "status"]);
    assert!(refused.code == Some(1) && refused.out.contains("  refused  ") && !refused.out.contains("missing"), "{}", refused.out);
    assert!(
        refused.out.contains(&format!("file {}  ", file.display())) && !refused.out.contains('…'),
        "a pipe gets it whole: {}",
        refused.out
    );
    let hint = format!("others may open it (mode 0644)\nhint: chmod 600 {}", file.display());
    assert!(refused.err.contains(&hint), "{}", refused.err);
    assert_eq!((&told(&env)["found"], &told(&env)["refused"]), (&false.into(), &true.into()));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(env.run(&["auth", "status"]).code, Some(0));
    assert_eq!(told(&env)["refused"], false);
    // At a terminal it fits.
    let terminal = crate::pty::Terminal::start(&env, &["auth", "status"]);
    let (_, shown) = terminal.end();
    assert!(shown.contains('…') && !shown.contains("the.key"), "{shown}");
}

#[test]
fn keys_of_providers_that_are_gone_are_told_of() {
    let server = FakeProvider::always(works());
    let (env, _) = place(&server);
    assert_eq!(login(&env, &format!("{KEY}\n"), &[]).code, Some(0));
    assert!(!env.run(&["auth", "status"]).err.contains("which is not configured"));
    for config in ["", "deadlin_ms = 1\n"] {
        env.configure(config);
        let run = env.run(&["auth", "status", "--json"]);
        let all: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!(all["unconfigured"], serde_json::json!([{"name": "own", "source": "file"}]), "{config}");
    }
    env.configure("");
    let shown = env.run(&["auth", "status"]).err;
    assert!(shown.contains("the file holds a key of `own`, which is not configured; `gptos auth logout own` removes it"), "{shown}");
    assert_eq!(env.run(&["auth", "logout", "own"]).code, Some(0));
    assert_eq!(env.run(&["auth", "status", "--json"]).out, "{\"providers\":[],\"unconfigured\":[]}\n");
}

#[test]
fn a_key_that_is_refused_or_is_none_leaves_all_as_it_was() {
    let server = FakeProvider::always(refuses());
    let (env, before) = place(&server);
    let run = login(&env, KEY, &[]);
    assert_eq!(run.code, Some(1), "{}", run.err);
    assert!(run.err.contains("HTTP 401") && run.err.contains("hint: nothing was stored; `--no-check`"), "{}", run.err);
    for (input, said) in [("", "is empty"), ("a\nb\n", "more than one line"), ("sk-\x1b[A", "characters that no key can have")] {
        let run = login(&env, input, &[]);
        assert!(run.code == Some(64) && run.err.contains(said), "{input:?}: {}", run.err);
    }
    assert!(!key_file(&env).exists());
    assert_eq!(fs::read_to_string(env.config_file()).unwrap(), before);
    let calls = sent(&server).len();
    assert_eq!(login(&env, KEY, &["--no-check"]).code, Some(0));
    assert_eq!(sent(&server).len(), calls, "nobody was asked");
    assert!(key_file(&env).exists());
}

#[test]
fn what_cannot_be_is_said() {
    let server = FakeProvider::always(works());
    let (env, _) = place(&server);
    for (arguments, code, said) in [
        (&["auth", "login", "own"][..], 64, "no terminal to ask for the key on\nhint: `--stdin`"),
        (&["auth", "login", "onw", "--stdin"], 64, "no provider is named `onw`\nhint: did you mean `own`?"),
        (&["auth", "login", "ollama", "--stdin"], 64, "`ollama` needs no key"),
        (
            &["auth", "login", "own", "--stdin", "--store", "keyring"],
            1,
            "keyring: no session bus answers\nhint: `gptos auth login own --store file`",
        ),
        (&["auth", "logout"], 1, "auth logout: no key is stored\n"),
        (&["auth", "logout", "nobody"], 64, "no provider is named `nobody`"),
        (&["auth", "status", "nobody"], 64, "no provider is named `nobody`"),
    ] {
        let run = env.run_with_input(arguments, KEY.as_bytes());
        assert!(run.code == Some(code) && run.err.contains(said), "{arguments:?}: {:?} {}", run.code, run.err);
    }
    env.with_provider("own", &server.base_url(), "key = { env = \"OWN_KEY\" }");
    let run = env.run(&["auth", "logout", "own"]);
    assert!(run.code == Some(64) && run.err.contains("its place is environment OWN_KEY"), "{}", run.err);
    env.configure("[[provider]]\nname = \"own\"\nkind = \"command\"\nargv = [\"cat\"]\n");
    let run = login(&env, KEY, &[]);
    assert!(run.code == Some(64) && run.err.contains("answers under its own login"), "{}", run.err);
}

#[test]
fn a_known_service_is_added_with_its_key() {
    let env = TestEnv::new();
    let run = env.run_with_input(&["auth", "login", "groq", "--stdin", "--no-check", "--store", "file"], KEY.as_bytes());
    assert_eq!(run.code, Some(0), "{}", run.err);
    let status = told(&env);
    assert_eq!((&status["name"], &status["found"]), (&"groq".into(), &true.into()));
    assert_eq!(status["origin"], "https://api.groq.com");
}

#[test]
fn a_key_goes_nowhere_but_to_the_address_it_was_given_for() {
    let (server, elsewhere) = (FakeProvider::always(works()), FakeProvider::always(works()));
    let (env, _) = place(&server);
    assert_eq!(login(&env, KEY, &[]).code, Some(0));
    let text = fs::read_to_string(env.config_file()).unwrap().replace(&server.base_url(), &elsewhere.base_url());
    env.configure(&text);
    let run = env.run(&["provider", "test", "own"]);
    let expected = format!("was given for http://{} and is not sent to http://{}", server.address(), elsewhere.address());
    assert!(run.code == Some(1) && run.err.contains(&expected), "{}", run.err);
    assert!(run.err.contains("hint: gptos auth login own"), "{}", run.err);
    assert!(elsewhere.requests().is_empty());
    assert_eq!(login(&env, NEXT, &[]).code, Some(0));
    assert_eq!(sent(&elsewhere), [format!("Bearer {NEXT}")]);
}

#[test]
fn the_keyring_serves_the_resident_and_a_new_key_counts_at_once() {
    let server = FakeProvider::always(works());
    let mut session = Session::start();
    let (env, _) = place(&server);
    let env = env.set("DBUS_SESSION_BUS_ADDRESS", &session.address());
    let mut resident = env.start_resident();
    let run = login(&env, KEY, &[]);
    assert!(run.code == Some(0) && run.err.contains("is stored in the keyring"), "{}", run.err);
    assert!(!key_file(&env).exists());
    assert_eq!(session.looked_up("own"), KEY);
    assert_eq!(ask(&env, "frobnicate the quux").out.trim(), "printf good");
    assert_eq!(told(&env)["source"], "keyring");
    let doctor = env.run(&["doctor"]).out;
    assert!(doctor.contains("answers, for own"), "{doctor}");

    // The provider takes it no longer: it is left alone, and the reason can be seen.
    server.set(Script::Always(refuses()));
    assert!(ask(&env, "frobnicate the second quux").err.contains("HTTP 401"));
    let calls = server.requests().len();
    ask(&env, "frobnicate the third quux");
    assert_eq!(server.requests().len(), calls, "a provider that refused the key is left alone");
    assert_eq!(told(&env)["last_failure"], "auth");

    // A new key ends that at once, without a restart.
    server.set(Script::Always(works()));
    assert_eq!(login(&env, NEXT, &[]).code, Some(0));
    assert_eq!(ask(&env, "frobnicate the fourth quux").out.trim(), "printf good");
    assert!(told(&env)["last_failure"].is_null(), "an answer ends it");
    assert_eq!(sent(&server).last().unwrap(), &format!("Bearer {NEXT}"));

    session.lock();
    let run = env.run(&["provider", "test", "own"]);
    assert!(run.code == Some(1) && run.err.contains("keyring: it is locked\nhint: gptos provider test own    (unlock it"), "{}", run.err);
    assert!(ask(&env, "frobnicate the fifth quux").err.contains("keyring: it is locked"));
    let status = told(&env);
    assert!(status["found"] == false && status["problem"].as_str().unwrap().contains("locked"), "{status}");
    // A locked keyring does not stand in the way of a file.
    let run = login(&env, KEY, &["--no-check"]);
    assert!(run.code == Some(0) && run.err.contains("not in the keyring: it is locked") && key_file(&env).exists(), "{}", run.err);

    session.unlock();
    assert_eq!(login(&env, NEXT, &[]).code, Some(0));
    assert!(!key_file(&env).exists(), "the former place is cleared");
    assert_eq!(ask(&env, "frobnicate the sixth quux").out.trim(), "printf good");
    let run = env.run(&["auth", "logout", "own"]);
    assert!(run.code == Some(0) && run.err.contains("is removed from the keyring"), "{}", run.err);
    assert_eq!(session.looked_up("own"), "");
    assert!(ask(&env, "frobnicate the seventh quux").err.contains("no key is stored for `own`"));
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

/// `auth login` in a terminal, up to its question.
struct Asking {
    child: Child,
    screen: fs::File,
    terminal: fs::File,
    shown: Vec<u8>,
}

/// What became of it.
struct Ended {
    shown: String,
    code: Option<i32>,
    /// Whether the terminal echoes as before.
    echoes: bool,
    /// Bytes that the next program would read.
    left: u64,
}

impl Asking {
    fn start(env: &TestEnv, more: &[&str]) -> Self {
        let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&screen).unwrap();
        unlockpt(&screen).unwrap();
        let name = ptsname(&screen, Vec::new()).unwrap();
        let terminal = fs::OpenOptions::new().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let mut command = env.command(&["auth", "login", "own", "--no-check"]);
        command.args(more);
        command.stdin(Stdio::from(terminal.try_clone().unwrap())).stderr(Stdio::from(terminal.try_clone().unwrap())).stdout(Stdio::null());
        let mut asking = Self { child: command.spawn().unwrap(), screen: fs::File::from(screen), terminal, shown: Vec::new() };
        while !String::from_utf8_lossy(&asking.shown).contains("key of own for ") {
            assert!(asking.read(), "it asks for the key");
        }
        asking
    }

    fn read(&mut self) -> bool {
        let mut some = [0; 4096];
        let count = self.screen.read(&mut some).unwrap_or_default();
        self.shown.extend_from_slice(&some[..count]);
        count > 0
    }

    fn types(mut self, typed: &str) -> Self {
        self.screen.write_all(typed.as_bytes()).unwrap();
        self
    }

    fn end(mut self) -> Ended {
        let mut status = None;
        wait_until("the login ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        let echoes = tcgetattr(&self.terminal).unwrap().local_modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        let left = rustix::io::ioctl_fionread(&self.terminal).unwrap();
        self.terminal = fs::File::open("/dev/null").unwrap();
        while self.read() {}
        Ended { shown: String::from_utf8_lossy(&self.shown).into_owned(), code: status.unwrap().code(), echoes, left }
    }
}

#[test]
fn what_is_typed_is_not_shown_and_the_terminal_is_as_before() {
    let server = FakeProvider::always(works());
    let (env, before) = place(&server);
    let Ended { shown, code, echoes, left } = Asking::start(&env, &[]).types("sk-never-mind\x03exit\r").end();
    assert!(code == Some(130) && echoes && !shown.contains("never-mind"), "{code:?} {shown}");
    assert_eq!(left, 0, "what was typed behind it is not for the shell");
    assert!(!key_file(&env).exists() && fs::read_to_string(env.config_file()).unwrap() == before);
    let Ended { shown, code, echoes, .. } = Asking::start(&env, &[]).types(&format!("x\x7f{KEY}\r")).end();
    assert!(code == Some(0) && echoes && !shown.contains(KEY), "{code:?} {shown}");
    assert!(fs::read_to_string(key_file(&env)).unwrap().ends_with(&format!("\n{KEY}\n")));
}

#[test]
fn lines_that_were_pasted_behind_the_key_are_not_left_to_the_shell() {
    let server = FakeProvider::always(works());
    let (env, before) = place(&server);
    let Ended { shown, code, echoes, left } = Asking::start(&env, &[]).types(&format!("{KEY}\rtouch planted\recho done\r")).end();
    assert!(code == Some(64) && echoes && left == 0, "{code:?} {left} {shown}");
    assert!(shown.contains("more than one line was typed or pasted") && !shown.contains("planted"), "{shown}");
    assert!(!key_file(&env).exists() && fs::read_to_string(env.config_file()).unwrap() == before);
}

#[test]
fn a_signal_at_the_question_leaves_the_terminal_as_before() {
    let server = FakeProvider::always(works());
    let (env, _) = place(&server);
    for (signal, code) in [("HUP", 129), ("INT", 130), ("QUIT", 131), ("TERM", 143)] {
        let asking = Asking::start(&env, &[]).types("sk-par");
        kill(i32::try_from(asking.child.id()).unwrap(), signal);
        let ended = asking.end();
        assert!(ended.code == Some(code) && ended.echoes && ended.left == 0, "{signal}: {:?} {} {}", ended.code, ended.echoes, ended.left);
    }
    assert!(!key_file(&env).exists());
}

#[test]
fn a_keyring_that_nobody_unlocks_keeps_no_key_from_a_file() {
    let server = FakeProvider::always(works());
    let (session, (env, _)) = (Session::start(), place(&server));
    // With a display a keyring may ask for its password; here nothing can show the question, which counts as a no.
    let env = env.set("DBUS_SESSION_BUS_ADDRESS", &session.address()).set("DISPLAY", ":99");
    session.lock();
    let Ended { shown, code, .. } = Asking::start(&env, &["--store", "keyring"]).types(&format!("{KEY}\r")).end();
    assert!(code == Some(1) && shown.contains("keyring: it is locked") && !key_file(&env).exists(), "{code:?} {shown}");
    let Ended { shown, code, .. } = Asking::start(&env, &[]).types(&format!("{KEY}\r")).end();
    assert!(code == Some(0) && shown.contains("not in the keyring: it is locked") && key_file(&env).exists(), "{code:?} {shown}");
}

#[test]
fn a_key_is_removed_while_the_configuration_has_a_mistake() {
    let server = FakeProvider::always(works());
    let (env, text) = place(&server);
    assert_eq!(login(&env, KEY, &["--no-check"]).code, Some(0));
    env.configure(&format!("{text}\nkye = 1\n"));
    let run = env.run(&["auth", "logout"]);
    assert!(run.code == Some(64) && run.err.contains("kye") && key_file(&env).exists(), "{}", run.err);
    let run = env.run(&["auth", "logout", "../own"]);
    assert!(run.code == Some(64) && run.err.contains("no provider can be named"), "{}", run.err);
    let run = env.run(&["auth", "logout", "own"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.err.contains("kye") && run.err.contains("the key of `own` is removed from the file"), "{}", run.err);
    assert!(run.err.contains("not looked for everywhere: keyring: "), "{}", run.err);
    assert!(!key_file(&env).exists());
    assert_eq!(env.run(&["auth", "logout", "own"]).code, Some(1));
}

#[test]
fn what_a_login_or_a_logout_leaves_different_is_said() {
    let server = FakeProvider::always(works());
    let env = TestEnv::new();
    env.with_provider("own", &server.base_url(), "key = { command = [\"pass\", \"show\", \"own\"] }");
    let run = login(&env, "export OWN_KEY=sk-0123", &["--no-check", "--replace"]);
    assert!(run.code == Some(64) && run.err.contains("what was given holds blanks"), "{}", run.err);
    let before = fs::read_to_string(env.config_file()).unwrap();
    let run = login(&env, KEY, &["--no-check"]);
    assert!(run.code == Some(64) && run.err.contains("the key of `own` comes from elsewhere: command pass"), "{}", run.err);
    assert!(run.err.contains("`gptos auth login own --replace` puts"), "{}", run.err);
    assert_eq!((fs::read_to_string(env.config_file()).unwrap(), key_file(&env).exists()), (before, false));
    let run = login(&env, KEY, &["--no-check", "--replace"]);
    assert!(run.code == Some(0) && run.err.contains("`provider.own.key` no longer names command pass"), "{}", run.err);
    assert!(!login(&env, NEXT, &["--no-check"]).err.contains("no longer names"), "it was a login already");
    let run = env.run(&["auth", "logout", "own"]);
    assert!(run.err.contains("stays configured and has no key; `gptos config unset provider.own` removes it"), "{}", run.err);
    assert_eq!(env.run(&["config", "unset", "provider.own"]).code, Some(0), "and that works");
}
