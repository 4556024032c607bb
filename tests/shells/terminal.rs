//! A real shell in a private tmux server, with its own home, prompt counter and a hidden key that shows the edit buffer.
//!
//! Nothing here sleeps blindly: every wait polls a condition until a deadline and then fails with the screen in the message.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a condition may take on a machine that is busy with other work.
const DEADLINE: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(8);
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
    fn name(self) -> &'static str {
        match self {
            Self::Zsh => "zsh",
            Self::Bash => "bash",
            Self::Fish => "fish",
        }
    }

    /// The integration script in this repository.
    pub fn script(self) -> PathBuf {
        let name = self.name();
        Path::new(env!("CARGO_MANIFEST_DIR")).join("shell").join(name).join(format!("gptos.{name}"))
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
        fs::create_dir_all(home.join(".local/share/fish/generated_completions")).unwrap();
        fs::create_dir_all(dir.path().join("cwd")).unwrap();
        fs::write(dir.path().join("tmux.conf"), "set -g status off\nset -g escape-time 0\nset -g default-terminal screen-256color\n")
            .unwrap();

        let rc = match shell {
            Shell::Zsh => home.join(".zshrc"),
            Shell::Bash => home.join(".bashrc"),
            Shell::Fish => home.join(".config/fish/config.fish"),
        };
        fs::write(rc, rc_text(shell, &setup, dir.path())).unwrap();

        let mut terminal = Self { dir, shell, pid: 0, dumps: AtomicU64::new(0) };
        let (columns, rows) = (setup.columns.to_string(), setup.rows.to_string());
        let mut arguments: Vec<String> = ["new-session", "-d", "-x", &columns, "-y", &rows, "--", "env", "-i"].map(str::to_owned).to_vec();
        arguments.push(format!("HOME={}", home.display()));
        arguments.push("PATH=/usr/local/bin:/usr/bin:/bin".to_owned());
        for fixed in ["TERM=screen-256color", "LANG=C.UTF-8", "SHELL=/bin/sh", "USER=tester"] {
            arguments.push(fixed.to_owned());
        }
        arguments.extend(setup.env.iter().map(|(name, value)| format!("{name}={value}")));
        arguments.push(shell.name().to_owned());
        arguments.push("-i".to_owned());
        terminal.tmux_owned(&arguments);
        terminal.pid = terminal.tmux(&["display-message", "-p", "#{pane_pid}"]).trim().parse().expect("a pid from tmux");
        terminal.wait_for_prompt(1);
        terminal
    }

    /// A directory of this test alone, outside the shell's working directory.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The process id of the shell.
    pub fn pid(&self) -> u32 {
        self.pid
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
    }

    /// Presses several keys in one burst.
    pub fn keys(&self, keys: &[&str]) {
        let mut arguments = vec!["send-keys", "--"];
        arguments.extend_from_slice(keys);
        self.tmux(&arguments);
    }

    /// Ctrl-C overtakes the keys typed before it, and a shell that gives up a line throws away what is typed meanwhile. So the shell must
    /// wait for a key before, and must have been awake and wait for a key again after.
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

/// Whether a process exists and is not a zombie.
pub fn is_alive(pid: u32) -> bool {
    stat_fields(pid).is_some_and(|fields| fields[0] != "Z")
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

/// The fields of /proc/PID/stat after the name, which may itself hold spaces.
fn stat_fields(pid: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(stat.rsplit_once(") ")?.1.split(' ').map(str::to_owned).collect())
}

fn cpu_ticks(pid: u32) -> u64 {
    let fields = stat_fields(pid).expect("the shell is alive");
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// How often the process has gone to sleep by itself.
fn times_slept(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let count = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    count.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}

fn sleeps_for_input(pid: u32) -> bool {
    // read, poll, select, pselect6, ppoll and the epoll waits.
    const CALLS: &[&str] =
        if cfg!(target_arch = "x86_64") { &["0", "7", "23", "270", "271", "232", "281"] } else { &["63", "72", "73", "22"] };
    match fs::read_to_string(format!("/proc/{pid}/syscall")) {
        Ok(line) => CALLS.contains(&line.split(' ').next().unwrap_or_default()),
        Err(_) => stat_fields(pid).is_some_and(|fields| fields[0] == "S"),
    }
}

fn rc_text(shell: Shell, setup: &Setup, dir: &Path) -> String {
    let (bin, dump, script) = (setup.bin.display(), dir.join("dump").display().to_string(), shell.script().display().to_string());
    let load = setup.load.clone().unwrap_or_else(|| format!("source '{script}'"));
    let (before, after) = (&setup.before, &setup.rc);
    match shell {
        Shell::Zsh => {
            let mode = if setup.vi { "bindkey -v; KEYTIMEOUT=1" } else { "bindkey -e" };
            format!(
                r#"{mode}
typeset -gi __test_prompt=0 __test_dumps=0
__test_precmd() {{ emulate -L zsh; PS1="[$(( ++__test_prompt ))]> " }}
precmd_functions+=(__test_precmd)
__test_dump() {{
    emulate -L zsh
    print -rn -- "$(( ++__test_dumps ))"$'\0'"$CURSOR"$'\0'"$BUFFER"$'\0end' >| '{dump}'
}}
zle -N _test-dump __test_dump
for __test_map in emacs viins vicmd; do bindkey -M $__test_map $'\e[24;8~' _test-dump; done
HISTFILE= HISTSIZE=1000 SAVEHIST=0
GPTOS_BIN='{bin}'
{before}
{load}
{after}
"#
            )
        }
        Shell::Bash => {
            let mode = if setup.vi { "set -o vi" } else { "set -o emacs" };
            format!(
                r#"{mode}
__test_prompt=0 __test_dumps=0
__test_precmd() {{ __test_prompt=$((__test_prompt + 1)); PS1="[$__test_prompt]> "; }}
PROMPT_COMMAND=(__test_precmd)
__test_dump() {{
    __test_dumps=$((__test_dumps + 1))
    printf '%s\0%s\0%s\0end' "$__test_dumps" "$READLINE_POINT" "$READLINE_LINE" >| '{dump}'
}}
for __test_map in emacs-standard vi-insert vi-command; do bind -m $__test_map -x '"\e[24;8~": __test_dump'; done
HISTFILE= HISTSIZE=1000
GPTOS_BIN='{bin}'
{before}
{load}
{after}
"#
            )
        }
        Shell::Fish => {
            let mode = if setup.vi { "fish_vi_key_bindings" } else { "fish_default_key_bindings" };
            format!(
                r#"set -g fish_greeting
{mode}
set -g __test_prompt 0
set -g __test_dumps 0
function __test_precmd --on-event fish_prompt; set -g __test_prompt (math $__test_prompt + 1); end
function fish_prompt; printf '[%s]> ' $__test_prompt; end
function fish_mode_prompt; end
function __test_dump
    set -g __test_dumps (math $__test_dumps + 1)
    set -l text (commandline -b | string collect)
    printf '%s\0%s\0%s\0end' $__test_dumps (commandline -C) "$text" >'{dump}'
end
for mode in default insert visual; bind -M $mode \e\[24\;8~ __test_dump; end
set -g GPTOS_BIN '{bin}'
{before}
{load}
{after}
"#
            )
        }
    }
}
