//! Words that are asked while they are being typed: only where the user wants it, only after a pause, and unseen.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{AT_ONCE, NOTE, list_files, scripted, start_with};
use crate::fake_provider::{FakeProvider, Recorded, Reply, answer};
use crate::terminal::{Setup, Shell, Terminal};

/// Longer than a pause must be. A person who stops typing for so long is what is tested here.
const PAUSE: Duration = Duration::from_millis(1500);
/// A shorter one is none.
const LEAST_PAUSE: Duration = Duration::from_millis(550);

fn on() -> Setup {
    Setup { before: "GPTOS_PREFETCH=1".into(), ..Setup::default() }
}

#[test]
fn a_pause_has_the_words_asked_once_and_never_as_an_argument() {
    let (_dir, helper) = scripted();
    let helper = list_files(helper);
    let t = start_with(&helper, Setup { rc: "sleep 1000 &!\n__last=$!".into(), ..on() });
    t.type_text("?? what's in it");
    t.wait_for(|| (helper.prefetched() == ["what's in it"]).then_some(()), "the words to be asked");
    assert_eq!(t.buffer(), "?? what's in it");
    // Moving about is no change of the words, and the same words are not asked twice.
    t.keys(&["Left", "Right"]);
    t.type_text(" ");
    thread::sleep(PAUSE);
    t.key("BSpace");
    thread::sleep(PAUSE);
    t.type_text(" now");
    t.wait_for(|| (helper.prefetched().len() == 2).then_some(()), "the new words to be asked");
    assert_eq!(helper.prefetched(), ["what's in it", "what's in it now"]);
    // The resident tells shells apart by it.
    let expected = format!("prefetch zsh --session {} --shell-version 5", t.pid());
    assert!(helper.prefetch_calls().iter().all(|call| call.starts_with(&expected)), "{:?}", helper.prefetch_calls());
    t.assert_not_spinning();
    t.key("Enter");
    t.wait_for_buffer(|b| b == "ls");
    t.key("C-c");
    t.wait_for_prompt(2);
    t.type_text("[[ $! == $__last ]] && jobs && print -r -- \"the same $(( _GPTOS_PAUSE_FD ))\"; fc -l");
    t.key("Enter");
    let screen = t.wait_for_screen("the same 0");
    assert!(!screen.contains("prefetch"), "{screen}");
}

#[test]
fn only_a_line_with_three_words_behind_two_question_marks_is_asked() {
    let (_dir, helper) = scripted();
    let helper = list_files(helper);
    let t = start_with(&helper, on());
    for line in [" ?? list my files", "?? list files", "??? list my files", "list my files", "??list my files"] {
        t.type_text(line);
        thread::sleep(PAUSE);
        assert_eq!(t.buffer(), line);
        t.key("C-u");
    }
    assert!(helper.prefetched().is_empty(), "{:?}", helper.prefetched());
    t.type_text("?? list my files");
    t.wait_for(|| (helper.prefetched() == ["list my files"]).then_some(()), "the words to be asked");
}

#[test]
fn without_the_option_nothing_is_asked_and_no_process_waits() {
    for before in ["", "GPTOS_PREFETCH=0", "GPTOS_PREFETCH="] {
        let (_dir, helper) = scripted();
        let helper = list_files(helper);
        let t = start_with(&helper, Setup { before: before.into(), ..Setup::default() });
        t.type_text("?? list my files");
        t.wait_for(|| (!helper.warmed().is_empty()).then_some(()), "the connection to be asked for");
        thread::sleep(PAUSE);
        assert!(helper.prefetched().is_empty());
        t.type_text(" now");
        t.buffer();
        t.wait_for(|| t.helpers().is_empty().then_some(()), "no process to be left");
    }
}

#[test]
fn typing_on_keeps_one_process_at_most_and_leaves_nothing() {
    let (_dir, helper) = scripted();
    let helper = list_files(helper);
    let t = start_with(&helper, on());
    t.type_text("?? list my files");
    t.wait_for(|| (!helper.warmed().is_empty()).then_some(()), "the connection to be asked for");
    t.type_text(",");
    t.wait_for(|| (t.helpers().len() == 1).then_some(()), "the wait to begin");
    t.wait_for(|| t.children().is_empty().then_some(()), "it to be no child of the shell");
    let (mut last, mut longest) = (Instant::now(), Duration::ZERO);
    let begun = Instant::now();
    while begun.elapsed() < PAUSE {
        t.type_text("x");
        t.buffer();
        longest = longest.max(last.elapsed());
        last = Instant::now();
        // On a slow machine the pauses may be long enough for a call.
        assert!(t.helpers().len() <= 2, "{:?}", t.helpers());
    }
    assert!(longest > LEAST_PAUSE || helper.prefetched().is_empty(), "asked in the middle of typing: {:?}", helper.prefetched());
    t.key("C-c");
    t.wait_for_prompt(2);
    t.type_text("print -r -- \"fds: $(print -r -- /dev/fd/*)\"");
    t.key("Enter");
    t.wait_for_screen("\nfds: ");
    t.wait_for(|| t.helpers().is_empty().then_some(()), "no process to be left");
}

#[test]
fn other_plugins_and_options_change_nothing_and_notice_nothing() {
    let (_dir, helper) = scripted();
    let helper = helper.answer_after(AT_ONCE, &[("ls", NOTE)]);
    let rc = "setopt ksh_arrays sh_word_split no_unset glob_subst rc_expand_param warn_create_global
_ghost() { POSTDISPLAY=' ghost' }; zle -N _ghost; bindkey '^B' _ghost";
    let t = start_with(&helper, Setup { rc: rc.into(), ..on() });
    t.type_text("?? list my *files* ");
    t.key("C-b");
    t.wait_for(|| (helper.prefetched() == ["list my *files*"]).then_some(()), "the words to be asked");
    assert!(t.screen().ends_with("?? list my *files*  ghost"), "{}", t.screen());
    assert_eq!((t.buffer().as_str(), t.cursor()), ("?? list my *files* ", 19));
    t.key("C-_");
    t.wait_for_buffer(|b| b.len() < 19);
    t.assert_not_spinning();
}

/// The real program with a provider. Dropping it ends the resident.
struct Real {
    root: tempfile::TempDir,
    provider: FakeProvider,
    resident: Option<Child>,
}

impl Real {
    fn new(reply: Reply) -> Self {
        let root = tempfile::Builder::new().prefix("gptos-ahead").tempdir().unwrap();
        for name in ["home", "run"] {
            fs::create_dir(root.path().join(name)).unwrap();
            fs::set_permissions(root.path().join(name), fs::Permissions::from_mode(0o700)).unwrap();
        }
        Self { root, provider: FakeProvider::always(reply), resident: None }
    }

    fn file(&self) -> std::path::PathBuf {
        self.root.path().join("config.toml")
    }

    fn configure(&self, shell: &str) {
        let provider = format!(
            "[[provider]]\nname = \"own\"\nbase_url = \"{}\"\nmodel = \"large-1\"\nkey = {{ env = \"MY_KEY\" }}\n",
            self.provider.base_url()
        );
        fs::write(self.file(), format!("{shell}\n{provider}")).unwrap();
        fs::set_permissions(self.file(), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn variables(&self) -> Vec<(String, String)> {
        let path = |path: &Path| path.display().to_string();
        vec![
            ("XDG_RUNTIME_DIR".to_owned(), path(&self.root.path().join("run"))),
            ("XDG_CACHE_HOME".to_owned(), path(&self.root.path().join("home"))),
            ("GPTOS_CONFIG".to_owned(), path(&self.file())),
            ("MY_KEY".to_owned(), "key-of-the-shell".to_owned()),
        ]
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gptos"));
        command.args(arguments).env_clear().env("HOME", self.root.path().join("home")).envs(self.variables());
        command.stdin(Stdio::null());
        command
    }

    fn gptos(&self, arguments: &[&str]) -> std::process::Output {
        self.command(arguments).output().unwrap()
    }

    /// A resident and a shell that loads the integration as its user would.
    fn open(&mut self) -> Terminal {
        let load = format!("unset GPTOS_BIN\neval \"$({} init zsh)\"", env!("CARGO_BIN_EXE_gptos"));
        self.resident = Some(self.command(&["daemon", "run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let t = Terminal::start(Shell::Zsh, Setup { load: Some(load), env: self.variables(), columns: 160, ..Setup::default() });
        // What is kept while the store opens is not counted by it.
        t.wait_for(|| (self.cache()["mode"] == "disk").then_some(()), "the resident and its store");
        t
    }

    /// What the provider was asked, beside the look that opens a connection.
    fn questions(&self) -> Vec<Recorded> {
        self.provider.requests().into_iter().filter(|request| request.head.starts_with("POST ")).collect()
    }

    /// What the cache says of itself.
    fn cache(&self) -> serde_json::Value {
        serde_json::from_slice(&self.gptos(&["cache", "stats", "--json"]).stdout).unwrap_or_default()
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        self.gptos(&["daemon", "stop"]);
        if let Some(resident) = &mut self.resident {
            let _ = resident.wait();
        }
    }
}

#[test]
fn enter_after_a_pause_is_answered_from_the_cache_and_names_the_model() {
    let mut real = Real::new(Reply::stream(&answer("echo from-the-provider")));
    real.configure("[shell]\nprefetch = true");
    let t = real.open();
    t.type_text("?? frobnicate the quux");
    t.wait_for(|| (real.questions().len() == 1 && real.cache()["entries"] == 1).then_some(()), "the answer to be kept");
    assert_eq!(real.questions()[0].header("authorization"), Some("Bearer key-of-the-shell"));
    assert_eq!(t.buffer(), "?? frobnicate the quux");
    t.key("Enter");
    t.wait_for_buffer(|b| b == "echo from-the-provider");
    t.wait_for_screen(" cache, own (fake-1 answered for large-1) · risk ");
    assert_eq!(real.questions().len(), 1, "Enter made no call");
}

#[test]
fn enter_while_the_words_are_asked_joins_that_call() {
    let mut real = Real::new(Reply::stream(&answer("echo from-the-provider")).after(Duration::from_secs(3)));
    real.configure("[shell]\nprefetch = true");
    let t = real.open();
    t.type_text("?? frobnicate the quux");
    t.wait_for(|| (real.questions().len() == 1).then_some(()), "the words to be asked");
    t.key("Enter");
    t.wait_for_buffer(|b| b == "echo from-the-provider");
    assert_eq!(real.questions().len(), 1);
}

#[test]
fn the_file_has_the_last_word_and_secrets_and_known_words_are_not_asked_ahead() {
    let mut real = Real::new(Reply::stream(&answer("echo from-the-provider")));
    real.configure("[shell]\nprefetch = true");
    let t = real.open();
    for line in ["?? frobnicate with --password=hunter2hunter2", "?? list files by size", " ?? frobnicate the quux"] {
        t.type_text(line);
        thread::sleep(PAUSE);
        assert_eq!(t.buffer(), line);
        t.key("C-u");
    }
    real.configure("# nothing\n");
    t.type_text("?? frobnicate the quux");
    thread::sleep(PAUSE);
    assert_eq!(t.buffer(), "?? frobnicate the quux");
    assert_eq!(real.questions().len(), 0);
}
