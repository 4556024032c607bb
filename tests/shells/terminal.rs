//! A real shell in a private tmux server, with its own home, prompt counter and a hidden key that shows the edit buffer.
//!
//! Nothing here sleeps blindly: every wait polls a condition until a deadline and then fails with the screen in the message.

mod process;
mod rc;
mod root;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use gptos::domain::ShellKind;
use tempfile::TempDir;

use process::{all_in, cpu_ticks, sleeps_for_input, times_slept};
pub use process::{children, is_alive};
use rc::rc_text;
use root::into_root;

/// How long a condition may take on a machine that is busy with other work.
const DEADLINE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(8);
/// Longer than fish waits for more after Escape.
const ESCAPE_DELAY: Duration = Duration::from_millis(80);
/// `ESC [ 24 ; 8 ~`: no keyboard sends it.
const DUMP_KEY: [&str; 7] = ["1b", "5b", "32", "34", "3b", "38", "7e"];

/// The shell under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    Zsh,
    Bash,
    Fish,
}

impl Shell {
    pub fn name(self) -> &'static str {
        match self {
            Self::Zsh => "zsh",
            Self::Bash => "bash",
            Self::Fish => "fish",
        }
    }

    /// The integration in this repository, as `gptos init` prints it behind the user's choices, which gets its other parts from the binary in it.
    pub fn script(self) -> PathBuf {
        let name = self.name();
        let printed = Command::new(env!("CARGO_BIN_EXE_gptos")).args(["init", name]).env_clear().output().unwrap();
        let printed = String::from_utf8(printed.stdout).unwrap();
        let integration = gptos::cli::init::integration(name.parse::<ShellKind>().unwrap());
        assert!(printed.ends_with(&integration), "the binary is not of this build");
        // A shell that knows a build has a resident.
        let source = printed.lines().next().unwrap().split_once("_GPTOS_PARTS_BUILD").unwrap().1;
        let assign = match self {
            Self::Zsh => "\\builtin typeset -g ",
            Self::Bash => "",
            Self::Fish => "set -g ",
        };
        let text = format!("{assign}_GPTOS_PARTS_BUILD{source}\n{integration}");
        let whole = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("gptos.{name}"));
        // Other tests may be reading it: it is replaced, never rewritten.
        let mut new = tempfile::NamedTempFile::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        new.write_all(text.as_bytes()).unwrap();
        new.persist(&whole).unwrap();
        whole
    }
}

/// What the rc file of the shell holds.
#[derive(Clone)]
pub struct Setup {
    /// Use the shell's vi key bindings.
    pub vi: bool,
    /// The value of `GPTOS_BIN`.
    pub bin: PathBuf,
    /// Lines before the integration is sourced.
    pub before: String,
    /// Lines after it.
    pub rc: String,
    /// The lines that load the integration; `None` sources the script of the repository.
    pub load: Option<String>,
    /// More environment for the shell.
    pub env: Vec<(String, String)>,
    pub columns: u16,
    pub rows: u16,
    /// Put GNU screen between tmux and the shell.
    pub screen: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            vi: false,
            bin: PathBuf::from("/nonexistent/gptos"),
            before: String::new(),
            rc: String::new(),
            load: None,
            env: Vec::new(),
            columns: 100,
            rows: 30,
            screen: false,
        }
    }
}

/// A running shell. Dropping it ends the shell and its tmux server.
pub struct Terminal {
    dir: TempDir,
    shell: Shell,
    pid: u32,
    dumps: AtomicU64,
}

impl Terminal {
    /// Starts the shell and waits for its first prompt.
    pub fn start(shell: Shell, setup: Setup) -> Self {
        let dir = tempfile::Builder::new().prefix("gptos-").tempdir().unwrap();
        let home = dir.path().join("home");
        fs::create_dir_all(home.join(".config/fish")).unwrap();
        // Without it a new fish reads all manual pages in the background.
        for home in setup.env.iter().filter(|(name, _)| name == "HOME").map(|(_, value)| Path::new(value)).chain([home.as_path()]) {
            fs::create_dir_all(home.join(".local/share/fish/generated_completions")).unwrap();
        }
        fs::create_dir_all(dir.path().join("cwd")).unwrap();
        fs::write(
            dir.path().join("tmux.conf"),
            "set -g status off\nset -g escape-time 0\nset -g set-clipboard on\nset -g default-terminal screen-256color\n",
        )
        .unwrap();

        let rc = match shell {
            Shell::Zsh => home.join(".zshrc"),
            Shell::Bash => home.join(".bashrc"),
            Shell::Fish => home.join(".config/fish/config.fish"),
        };
        fs::write(rc, rc_text(shell, &setup, dir.path())).unwrap();

        let cwd = dir.path().join("cwd");
        let mut terminal = Self { dir, shell, pid: 0, dumps: AtomicU64::new(0) };
        let (columns, rows) = (setup.columns.to_string(), setup.rows.to_string());
        let mut arguments: Vec<String> = ["new-session", "-d", "-x", &columns, "-y", &rows, "--"].map(str::to_owned).to_vec();
        arguments.extend(into_root(shell, &cwd));
        arguments.extend(["env", "-i"].map(str::to_owned));
        arguments.push(format!("HOME={}", home.display()));
        arguments.push("PATH=/usr/local/bin:/usr/bin:/bin".to_owned());
        for fixed in ["TERM=screen-256color", "LANG=C.UTF-8", "SHELL=/bin/sh", "USER=tester"] {
            arguments.push(fixed.to_owned());
        }
        arguments.extend(setup.env.iter().map(|(name, value)| format!("{name}={value}")));
        if setup.screen {
            arguments.extend(within_screen(terminal.dir()));
        }
        arguments.push(shell.name().to_owned());
        arguments.push("-i".to_owned());
        terminal.tmux_owned(&arguments);
        terminal.pid = if setup.screen {
            terminal.wait_for(|| process::started_in(&home, shell.name()), "screen to start the shell")
        } else {
            terminal.tmux(&["display-message", "-p", "#{pane_pid}"]).trim().parse().expect("a pid from tmux")
        };
        terminal.wait_for_prompt(1);
        terminal
    }

    /// Makes the window as large as this.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.tmux(&["resize-window", "-x", &columns.to_string(), "-y", &rows.to_string()]);
    }

    /// A directory of this test alone, outside the shell's working directory.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The process id of the shell.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// What the shell has started and what still runs, as its child or not.
    pub fn helpers(&self) -> Vec<u32> {
        let mut found = all_in(&self.dir.path().join("home"));
        found.retain(|pid| *pid != self.pid && !children(*pid).contains(&self.pid));
        found
    }

    /// The processes whose end the shell is told of.
    pub fn children(&self) -> Vec<u32> {
        children(self.pid)
    }

    /// From now on the shell of this process has the terminal and is waited for.
    pub fn follow(&mut self, pid: u32) {
        self.pid = pid;
        self.wait_until_idle();
    }

    /// Whether this is the fish of another system (`tests/fish4`).
    pub fn is_newer_fish(&self) -> bool {
        self.shell == Shell::Fish && root::has_newer_fish()
    }

    /// Types characters as they are.
    pub fn type_text(&self, text: &str) {
        self.tmux(&["send-keys", "-l", "--", text]);
    }

    /// Presses one key, in tmux notation (`Enter`, `C-g`, `Up`, `Escape`, `M-x`).
    pub fn key(&self, key: &str) {
        if key == "C-c" {
            return self.interrupt();
        }
        self.tmux(&["send-keys", "--", key]);
        if key == "Escape" && self.shell == Shell::Fish {
            // What comes sooner is taken for the rest of a sequence.
            thread::sleep(ESCAPE_DELAY);
        }
    }

    /// Presses several keys in one burst.
    pub fn keys(&self, keys: &[&str]) {
        let mut arguments = vec!["send-keys", "--"];
        arguments.extend_from_slice(keys);
        self.tmux(&arguments);
    }

    /// Ctrl-C overtakes the keys typed before it, and a shell that gives up a line throws away what is typed meanwhile. So the shell must
    /// wait for a key before, and must have been awake and wait for a key again after. Something else may have woken it: a test waits for
    /// what its Ctrl-C does (a prompt, a message) before it presses or reads anything more.
    fn interrupt(&self) {
        self.wait_until_idle();
        let slept = times_slept(self.pid);
        self.tmux(&["send-keys", "--", "C-c"]);
        self.wait_for(|| (times_slept(self.pid) > slept && sleeps_for_input(self.pid)).then_some(()), "the shell to handle Ctrl-C");
    }

    /// The edit buffer now. Also a barrier: all keys sent before have been handled.
    pub fn buffer(&self) -> String {
        self.dump().1
    }

    /// The cursor, in the shell's own counting.
    pub fn cursor(&self) -> usize {
        self.dump().0
    }

    /// Waits until the buffer satisfies `accept` and returns it.
    pub fn wait_for_buffer(&self, accept: impl Fn(&str) -> bool) -> String {
        let mut last = String::new();
        self.wait_for(
            || {
                last = self.buffer();
                accept(&last).then(|| last.clone())
            },
            "the buffer to be as expected",
        )
    }

    /// What the screen shows, without trailing blank lines.
    pub fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"]).trim_end().to_owned()
    }

    /// The same with the escape sequences for colours.
    pub fn coloured_screen(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-e"]).trim_end().to_owned()
    }

    /// What a program can change of a terminal beside its text: title, clipboard, screen, cursor, modes.
    pub fn state(&self) -> String {
        let flags =
            "#{pane_title} #{alternate_on} #{cursor_flag} #{insert_flag} #{origin_flag} #{mouse_any_flag} #{wrap_flag} #{pane_in_mode}";
        format!("{}{}", self.tmux(&["display-message", "-p", flags]), self.tmux(&["list-buffers"]))
    }

    /// Waits until the screen shows `text`.
    pub fn wait_for_screen(&self, text: &str) -> String {
        self.wait_for(
            || {
                let screen = self.screen();
                screen.contains(text).then_some(screen)
            },
            &format!("the screen to show {text:?}"),
        )
    }

    /// Waits until the screen no longer shows `text`.
    pub fn wait_for_screen_without(&self, text: &str) -> String {
        self.wait_for(
            || {
                let screen = self.screen();
                (!screen.contains(text)).then_some(screen)
            },
            &format!("the screen to lose {text:?}"),
        )
    }

    /// The number of the newest prompt on the screen.
    pub fn prompt_number(&self) -> u32 {
        last_prompt(&self.screen()).unwrap_or(0)
    }

    /// Waits until the newest prompt has this number or a later one. fish does not count the prompt after a Ctrl-C.
    pub fn wait_for_prompt(&self, number: u32) {
        self.wait_for(|| last_prompt(&self.screen()).filter(|seen| *seen >= number), &format!("prompt {number}"));
        self.wait_until_idle();
    }

    /// Waits for `probe` to give a value.
    pub fn wait_for<T>(&self, mut probe: impl FnMut() -> Option<T>, what: &str) -> T {
        let start = Instant::now();
        loop {
            if let Some(value) = probe() {
                return value;
            }
            assert!(start.elapsed() < DEADLINE, "{:?}: waited in vain for {what}; the screen:\n{}", self.shell, self.screen());
            thread::sleep(POLL);
        }
    }

    /// Waits until the shell sleeps in a read or poll.
    pub fn wait_until_idle(&self) {
        // A shell also sleeps for a moment in the middle of its work, so several looks must agree.
        let mut quiet = 0;
        self.wait_for(
            || {
                quiet = if sleeps_for_input(self.pid) { quiet + 1 } else { 0 };
                (quiet >= 3).then_some(())
            },
            "the shell to wait for a key",
        );
    }

    /// Fails if the shell uses the processor while nobody types.
    pub fn assert_not_spinning(&self) {
        self.wait_until_idle();
        let before = cpu_ticks(self.pid);
        thread::sleep(Duration::from_millis(300));
        let used = cpu_ticks(self.pid) - before;
        assert!(used < 8, "{:?} used {used} ticks of 30 while idle; the screen:\n{}", self.shell, self.screen());
    }

    fn dump(&self) -> (usize, String) {
        let wanted = self.dumps.fetch_add(1, Ordering::Relaxed) + 1;
        let mut arguments = vec!["send-keys", "-H"];
        arguments.extend_from_slice(&DUMP_KEY);
        self.tmux(&arguments);
        let path = self.dir.path().join("dump");
        self.wait_for(
            || {
                let text = String::from_utf8_lossy(&fs::read(&path).ok()?).into_owned();
                let mut fields = text.strip_suffix("\0end")?.splitn(3, '\0');
                let serial: u64 = fields.next()?.parse().ok()?;
                let cursor = fields.next()?.parse().ok()?;
                (serial >= wanted).then(|| (cursor, fields.next().unwrap_or_default().to_owned()))
            },
            "the shell to show its buffer",
        )
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        self.tmux_owned(&arguments.iter().map(|argument| (*argument).to_owned()).collect::<Vec<_>>())
    }

    fn tmux_owned(&self, arguments: &[String]) -> String {
        let output = tmux_command(self.dir.path()).args(arguments).output().expect("tmux is installed");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "tmux {arguments:?}: {complaint}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // The server may already have ended with its shell.
        let _ = tmux_command(self.dir.path()).arg("kill-server").stderr(Stdio::null()).status();
    }
}

/// The words that start a program in screen, which ends with its terminal and leaves nothing behind.
fn within_screen(dir: &Path) -> Vec<String> {
    let folder = dir.join("screen");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    let config = dir.join("screenrc");
    fs::write(&config, "autodetach off\nstartup_message off\nvbell off\ndefutf8 on\nterm screen-256color\n").unwrap();
    let mut words = vec![format!("SCREENDIR={}", folder.display())];
    words.extend(["screen", "-U", "-c"].map(str::to_owned));
    words.push(config.display().to_string());
    words
}

fn tmux_command(dir: &Path) -> Command {
    let mut command = Command::new("tmux");
    command.arg("-S").arg(dir.join("tmux")).arg("-f").arg(dir.join("tmux.conf"));
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LANG", "C.UTF-8").env("HOME", dir.join("home"));
    command.current_dir(dir.join("cwd")).stdin(Stdio::null());
    command
}

fn last_prompt(screen: &str) -> Option<u32> {
    screen
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix('[')?.split_once("]> ").or(line.strip_prefix('[')?.split_once("]>"))?.0.parse().ok())
}
