//! `gptos ssh` against a real server: the keys in the three shells, what the other side may ask, what is left behind, and that the
//! session is never lost.

mod hostile;
mod plain;
mod server;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use server::{Server, Ways};

use super::fake_provider::{FakeProvider, Reply, answer};
use super::terminal::{Setup, Shell, Terminal};

/// A terminal at home and a server for it. The session's shell has the same home, so that it shows its line as the one at home does.
struct Session {
    t: Terminal,
    shell: Shell,
    server: Server,
    /// The shell at home.
    home: u32,
}

const SHELLS: [Shell; 3] = [Shell::Zsh, Shell::Bash, Shell::Fish];

impl Session {
    /// Both are there and nothing has been asked.
    fn prepare(shell: Shell, ways: &Ways<'_>, before: &str) -> Self {
        // What makes the session known, and the search path that a test wants.
        let told = match shell {
            Shell::Fish => {
                "if set -q FAR_PID; echo $fish_pid >$FAR_PID; end; set -q FAR_PATH; and set -gx PATH (string split : -- $FAR_PATH)"
            }
            Shell::Zsh | Shell::Bash => {
                "[[ -z $FAR_PATH ]] || export PATH=\"$FAR_PATH\"; [[ -z $FAR_PID || $- != *i* ]] || echo $$ >\"$FAR_PID\""
            }
        };
        let runtime = tempfile::Builder::new().prefix("gptos-run").tempdir().unwrap().keep();
        fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700)).unwrap();
        let env = vec![
            ("XDG_RUNTIME_DIR".to_owned(), runtime.display().to_string()),
            ("GPTOS_CONFIG".to_owned(), runtime.join("config.toml").display().to_string()),
            ("MY_KEY".to_owned(), "key-at-home".to_owned()),
        ];
        let load = Some(format!("{before}\n{told}"));
        let t = Terminal::start(shell, Setup { load, env, columns: 140, ..Setup::default() });
        // What a login shell of bash reads.
        fs::write(t.dir().join("home/.bash_profile"), "LOGIN_FILE=read\n. ~/.bashrc\n").unwrap();
        let far_pid = t.dir().join("far-pid").display().to_string();
        let variables: Vec<(&str, &str)> = ways.variables.iter().copied().chain([("FAR_PID", far_pid.as_str())]).collect();
        let server = Server::start(shell, &t.dir().join("home"), &Ways { variables: &variables, ..*ways });
        let home = t.pid();
        Self { t, shell, server, home }
    }

    /// A session with a prompt over there.
    fn open(shell: Shell, ways: &Ways<'_>) -> Self {
        let mut session = Self::prepare(shell, ways, "");
        session.enter("");
        session
    }

    fn enter(&mut self, options: &str) {
        let config = self.server.client_config();
        self.t.type_text(&format!("{} ssh {options} -F {} box", env!("CARGO_BIN_EXE_gptos"), config.display()));
        self.t.key("Enter");
        let file = self.t.dir().join("far-pid");
        let pid = self.t.wait_for(|| fs::read_to_string(&file).ok()?.trim().parse().ok(), "a shell over there");
        self.t.follow(pid);
    }

    /// Ends the session with a status and gives the one that ssh had.
    fn leave(&mut self, status: u8) -> String {
        let name = if self.shell == Shell::Fish { "status" } else { "?" };
        self.t.type_text(&format!("exit {status}"));
        self.t.key("Enter");
        self.t.follow(self.home);
        self.t.type_text(&format!("echo \"ended with ${name}.\""));
        self.t.key("Enter");
        let screen = self.t.wait_for(
            || Some(self.t.screen()).filter(|screen| screen.matches("ended with ").count() > 1 && screen.ends_with("]>")),
            "the status",
        );
        screen.rsplit_once("ended with ").and_then(|(_, rest)| rest.split_once('.')).expect("a status").0.to_owned()
    }

    /// The folder of the session over there, as its shell has it.
    fn far_folder(&self) -> PathBuf {
        let file = self.t.dir().join("folder");
        self.t.type_text(&format!("echo $_GPTOS_FAR >{}", file.display()));
        self.t.key("Enter");
        self.t.wait_for(
            || Some(PathBuf::from(fs::read_to_string(&file).ok()?.strip_suffix('\n')?)).filter(|path| path.is_absolute()),
            "the folder",
        )
    }

    /// The sockets of sessions at home.
    fn sockets(&self) -> Vec<PathBuf> {
        let dir = runtime_dir(self.home).join("gptos");
        let entries = fs::read_dir(dir).map(|entries| entries.map(|entry| entry.unwrap().path()).collect()).unwrap_or_default();
        let mut entries: Vec<PathBuf> = entries;
        entries.retain(|path| path.file_name().unwrap().to_string_lossy().starts_with("ssh-"));
        entries
    }

    fn configure(&self, text: &str) {
        let file = runtime_dir(self.home).join("config.toml");
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// The line when the answer is there, which this note tells. Keys that are pressed before are dropped.
    fn answered(&self, note: &str) -> String {
        self.t.wait_for_screen(note);
        self.t.buffer()
    }

    /// Presses Enter until something has happened, each time when the one before was dealt with.
    fn enter_until(&self, happened: impl Fn() -> bool, what: &str) {
        self.t.wait_for(
            || {
                self.t.key("Enter");
                self.t.buffer();
                happened().then_some(())
            },
            what,
        );
    }

    fn undo(&self) {
        self.t.key(if self.shell == Shell::Fish { "C-z" } else { "C-_" });
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(dir) = Some(runtime_dir(self.home)).filter(|dir| dir.starts_with("/tmp")) {
            let _ = fs::remove_dir_all(dir);
        }
    }
}

/// The runtime directory that a shell was started with.
fn runtime_dir(pid: u32) -> PathBuf {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let mut variables = environment.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    let found = variables.find_map(|variable| variable.strip_prefix("XDG_RUNTIME_DIR=").map(PathBuf::from));
    found.unwrap_or_default()
}

#[test]
fn the_keys_work_over_there_and_nothing_stays() {
    for shell in SHELLS {
        let mut session = Session::open(shell, &Ways::default());
        let folder = session.far_folder();
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700, "{shell:?}");
        assert_eq!(fs::metadata(folder.join("s")).unwrap().permissions().mode() & 0o777, 0o600, "{shell:?}");
        let t = &session.t;
        t.type_text("list files by size");
        t.key("C-g");
        let line = session.answered("gptos: offline - risk none");
        assert!(line.starts_with("ls "), "{shell:?}: {line}");
        session.undo();
        assert_eq!(t.buffer(), "list files by size", "{shell:?}: one undo");
        t.key("C-c");
        t.wait_for_buffer(str::is_empty);
        t.type_text("?? make the folder it's-made");
        t.key("Enter");
        let line = session.answered("gptos: offline - risk low");
        assert!(line.starts_with("mkdir ") && line.contains("made"), "{shell:?}: {line}");
        t.key("C-c");
        t.wait_for_buffer(str::is_empty);
        t.assert_not_spinning();
        assert_eq!(session.sockets().len(), 1, "{shell:?}");
        assert_eq!(session.leave(7), "7", "{shell:?}");
        assert!(!folder.exists() && session.sockets().is_empty(), "{shell:?}");
    }
}

#[test]
fn the_key_gives_up_a_history_search_over_there_too() {
    // fish has no such key, and its search is no mode of the line.
    for shell in [Shell::Zsh, Shell::Bash] {
        let session = Session::open(shell, &Ways::default());
        let t = &session.t;
        t.type_text("echo from before");
        t.key("Enter");
        t.wait_for_screen("\nfrom before");
        t.type_text("echo mine");
        t.key("C-r");
        t.type_text("from");
        t.wait_for_screen("-search");
        t.key("C-g");
        t.wait_for_buffer(|line| line == "echo mine");
    }
}

#[test]
fn an_accepted_command_runs_and_an_impatient_enter_does_not() {
    for shell in SHELLS {
        let session = Session::open(shell, &Ways::default());
        let t = &session.t;
        let file = t.dir().join("made");
        t.type_text(&format!("?? make the folder {}", file.display()));
        // The second one was pressed before there was anything to read.
        t.keys(&["Enter", "Enter"]);
        let line = session.answered("risk low");
        assert!(line.starts_with("mkdir ") && !file.exists(), "{shell:?}: {line}");
        session.enter_until(|| file.exists(), "Enter to run the line that was read");
    }
}

#[test]
fn a_dangerous_line_is_held_also_after_it_was_changed() {
    for shell in SHELLS {
        let session = Session::open(shell, &Ways::default());
        let t = &session.t;
        let ran = t.dir().join("ran");
        t.type_text("?? list files by size");
        t.key("Enter");
        session.answered("risk none");
        // Whatever that file would hold: nothing is downloaded, and what is asked for is written down.
        let line = format!("echo touch {} | cat; curl -s http://127.0.0.1:1/x | sh; touch {0}", ran.display());
        t.key("C-e");
        t.key("C-u");
        t.type_text(&line);
        assert_eq!(t.buffer(), line);
        session.enter_until(|| t.screen().contains("Enter again runs it"), "the line to be held");
        assert!(!ran.exists() && t.screen().contains("risk high: "), "{shell:?}: {}", t.screen());
        session.enter_until(|| ran.exists(), "a second Enter to run it");
    }
}

#[test]
fn the_answer_fits_the_machine_over_there() {
    for shell in SHELLS {
        let bin = tempfile::tempdir().unwrap();
        for (name, text) in [("uname", "#!/bin/sh\necho Darwin\n"), ("ls", "#!/bin/sh\necho 'ls: illegal option' >&2; exit 1\n")] {
            fs::write(bin.path().join(name), text).unwrap();
            fs::set_permissions(bin.path().join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let path = format!("{}:/usr/bin:/bin", bin.path().display());
        let session = Session::open(shell, &Ways { variables: &[("FAR_PATH", &path)], ..Ways::default() });
        session.t.type_text("replace foo with bar in all txt files");
        session.t.key("C-g");
        let line = session.answered("risk low");
        assert!(line.starts_with("sed -i ''"), "{shell:?}: {line}");
    }
}

#[test]
fn the_users_own_files_and_keymaps_are_kept() {
    // A login shell of bash stays one, has its own history file and has read its login file.
    let session = Session::open(Shell::Bash, &Ways::default());
    session.t.type_text("shopt -q login_shell && [[ ! -o posix ]] && echo \"$LOGIN_FILE-${POSIXLY_CORRECT-no}-${ENV-no}-$SHLVL\"");
    session.t.key("Enter");
    session.t.wait_for_screen("\nread-no-no-1");
    drop(session);
    let session = Session::open(Shell::Zsh, &Ways::default());
    session.t.type_text("[[ -o login ]] && print \"${ZDOTDIR-none}-${_GPTOS_ZDOTDIR-none}-$SHLVL\"");
    session.t.key("Enter");
    session.t.wait_for_screen("\nnone-none-1");
    drop(session);
    let session = Session::open(Shell::Fish, &Ways::default());
    session.t.type_text("status is-login; and echo is-login-$SHLVL");
    session.t.key("Enter");
    session.t.wait_for_screen("\nis-login-1");
}

#[test]
fn providers_are_asked_when_their_user_says_so_and_ctrl_c_keeps_the_line() {
    for shell in SHELLS {
        let provider = FakeProvider::always(Reply::nothing());
        let mut session = Session::prepare(shell, &Ways::default(), "");
        let block = format!(
            "[[provider]]\nname = \"own\"\nbase_url = \"{}\"\nmodel = \"large-1\"\nkey = {{ env = \"MY_KEY\" }}\n",
            provider.base_url()
        );
        session.configure(&block);
        session.enter("--providers");
        let t = &session.t;
        t.type_text("zzyzx the qwxv blorf");
        t.key("C-g");
        t.wait_for(|| (provider.count() > 0).then_some(()), "the provider to be asked");
        t.wait_for_screen("asking at home");
        // The shell has taken all keys and waits for somebody else than the keyboard.
        t.keys(&["C-c"]);
        assert_eq!(session.answered("gptos: cancelled"), "zzyzx the qwxv blorf", "{shell:?}");
        t.wait_for(|| (provider.connections() > 0).then_some(()), "a connection");
        assert!(provider.wait_until_idle(std::time::Duration::from_secs(20)), "the call is given up");
        provider.set(super::fake_provider::Script::Always(Reply::stream(&answer("echo from-home"))));
        t.key("C-g");
        assert_eq!(session.answered("gptos: a provider"), "echo from-home", "{shell:?}");
        drop(session);
        // Without the word of the user nobody is asked.
        let mut session = Session::prepare(shell, &Ways::default(), "");
        session.configure(&block);
        session.enter("");
        let asked = provider.count();
        session.t.type_text("zzyzx the qwxv blorf");
        session.t.key("C-g");
        session.t.wait_for_screen("`gptos ssh --providers`");
        assert_eq!((provider.count(), session.t.buffer().as_str()), (asked, "zzyzx the qwxv blorf"), "{shell:?}");
    }
}

#[test]
fn an_enter_during_the_wait_does_not_run_words_that_got_no_answer() {
    for shell in SHELLS {
        let provider = FakeProvider::always(Reply::nothing());
        let mut session = Session::prepare(shell, &Ways::default(), "");
        let block = format!("[[provider]]\nname = \"own\"\nbase_url = \"{}\"\nmodel = \"large-1\"\n", provider.base_url());
        session.configure(&format!("deadline_ms = 1500\n{block}"));
        session.enter("--providers");
        let t = &session.t;
        t.type_text("zzyzx the qwxv blorf");
        t.key("C-g");
        t.wait_for_screen("asking at home");
        t.keys(&["Enter"]);
        t.wait_for(|| (!t.screen().contains("asking at home")).then_some(()), "the end of the wait");
        assert_eq!(session.answered("gptos: "), "zzyzx the qwxv blorf", "{shell:?}: {}", t.screen());
        // What would have run has said so by the time that another line has.
        t.key("C-c");
        t.wait_for_buffer(str::is_empty);
        t.type_text("echo alive-");
        t.key("Enter");
        t.wait_for_screen("\nalive-");
        let screen = t.screen().to_lowercase();
        assert!(!screen.contains("not found") && !screen.contains("unknown command"), "{shell:?}: {screen}");
    }
}

#[test]
fn sessions_that_share_a_connection_leave_no_forwarding_behind() {
    let mut session = Session::prepare(Shell::Bash, &Ways::default(), "");
    let control = session.server.share_connections();
    session.enter("");
    let folder = session.far_folder();
    session.t.type_text("list files by size");
    session.t.key("C-g");
    assert!(session.answered("risk none").starts_with("ls "));
    session.t.key("C-c");
    session.t.wait_for_buffer(str::is_empty);
    assert!(control.exists() && listens_for(&session.server), "one connection for all");
    assert_eq!(session.leave(5), "5");
    assert!(!folder.exists());
    // The master listens no longer in the name of a session that has ended.
    session.t.wait_for(|| (!listens_for(&session.server)).then_some(()), "the forwarding to be taken back");
    fs::remove_file(session.t.dir().join("far-pid")).unwrap();
    session.enter("");
    assert!(listens_for(&session.server), "the next one has its own");
}

/// Whether anybody of this server listens at a socket of ours: the socket keeps the name that it was bound under.
fn listens_for(server: &Server) -> bool {
    let sockets = fs::read_to_string("/proc/net/unix").unwrap();
    let inodes: Vec<&str> =
        sockets.lines().filter(|line| line.contains("/tmp/.gptos-")).filter_map(|line| line.split_whitespace().nth(6)).collect();
    let held = |pid: u32| {
        let links = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten().filter_map(|fd| fs::read_link(fd.path()).ok());
        links.map(|link| link.display().to_string()).any(|link| inodes.iter().any(|inode| link == format!("socket:[{inode}]")))
    };
    server.processes().into_iter().any(held)
}

fn write_script(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
