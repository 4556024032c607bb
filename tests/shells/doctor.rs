//! `gptos doctor --shell` with the real binary and real shells: what is wrong in a home is found, and what is told mends it.

mod beside;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::terminal::Shell;

const SHELLS: [Shell; 3] = [Shell::Zsh, Shell::Bash, Shell::Fish];

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = tempfile::Builder::new().prefix("gptos-doctor").tempdir().unwrap();
        fs::create_dir_all(home.path().join(".config/fish")).unwrap();
        fs::create_dir_all(home.path().join(".local/share/fish/generated_completions")).unwrap();
        Self(home)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// A home whose start-up file loads the integration between these lines.
    fn loading(shell: Shell, before: &str, after: &str) -> Self {
        let home = Self::new();
        home.write(shell, &format!("{before}{}\n{after}\n", load(shell)));
        home
    }

    fn file(&self, shell: Shell) -> PathBuf {
        self.path().join(match shell {
            Shell::Zsh => ".zshrc",
            Shell::Bash => ".bashrc",
            Shell::Fish => ".config/fish/config.fish",
        })
    }

    fn write(&self, shell: Shell, text: &str) {
        fs::write(self.file(shell), text).unwrap();
    }

    fn command(&self, shell: Shell) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gptos"));
        command.args(["doctor", "--shell", name(shell)]).env_clear().env("HOME", self.path()).env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command.env("LANG", "C.UTF-8").stdin(Stdio::null());
        command
    }

    fn look(&self, shell: Shell) -> (i32, String) {
        told(&self.command(shell).output().unwrap())
    }
}

fn told(output: &Output) -> (i32, String) {
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), text)
}

fn name(shell: Shell) -> &'static str {
    match shell {
        Shell::Zsh => "zsh",
        Shell::Bash => "bash",
        Shell::Fish => "fish",
    }
}

fn load(shell: Shell) -> String {
    let bin = env!("CARGO_BIN_EXE_gptos");
    match shell {
        Shell::Zsh => format!("source <({bin} init zsh)"),
        Shell::Bash => format!("eval \"$({bin} init bash)\""),
        Shell::Fish => format!("{bin} init fish | source"),
    }
}

#[test]
fn a_home_in_order_has_nothing_wrong() {
    for shell in SHELLS {
        let (status, text) = Home::loading(shell, "", "").look(shell);
        assert_eq!(status, 0, "{text}");
        assert!(text.contains("nothing is wrong") && text.contains("key Ctrl-G") && text.contains(":1"), "{text}");
    }
}

#[test]
fn who_else_has_the_key_is_found_and_the_line_that_is_told_mends_it() {
    for (shell, takes, action) in [
        (Shell::Zsh, "bindkey -M emacs '^G' list-choices; bindkey -M viins '^G' list-choices", "list-choices"),
        (Shell::Zsh, "bindkey '^G^F' list-choices", "begins a longer key"),
        (Shell::Bash, "bind -m emacs-standard '\"\\C-g\": complete'", "complete"),
        (Shell::Bash, "set -o vi; bind -m vi-insert -x '\"\\C-g\": true'", "true"),
        (Shell::Fish, "bind \\cg 'echo mine'", "echo mine"),
    ] {
        let home = Home::loading(shell, "", takes);
        let (status, text) = home.look(shell);
        assert_eq!(status, 1, "{takes}: {text}");
        let place = format!("{}:2: ", home.file(shell).display().to_string().replace(&home.path().display().to_string(), "~"));
        assert!(text.contains(&place) && text.contains(action), "{takes}: {text}");
        let line = text.lines().find_map(|line| line.strip_prefix("    ")?.split("    ").next()).unwrap();
        assert!(line.contains("GPTOS_KEY"), "{text}");
        home.write(shell, &format!("{line}\n{}\n{takes}\n", load(shell)));
        let (status, text) = home.look(shell);
        assert_eq!(status, 0, "{takes}, mended by {line}: {text}");
    }
}

#[test]
fn a_key_that_the_shell_needs_is_told_of() {
    for shell in SHELLS {
        let set = if shell == Shell::Fish { "set -g GPTOS_KEY ctrl-d\n" } else { "GPTOS_KEY=ctrl-d\n" };
        let (status, text) = Home::loading(shell, set, "").look(shell);
        assert!(status == 1 && text.contains("Ctrl-D ends the input") && text.contains("gptos has taken it"), "{text}");
    }
}

#[test]
fn what_is_not_loaded_or_stale_is_told() {
    for shell in SHELLS {
        let home = Home::new();
        let (status, text) = home.look(shell);
        assert!(status == 1 && text.contains("starts without gptos") && text.contains(&format!("init {}", name(shell))), "{text}");
        let script =
            Command::new(env!("CARGO_BIN_EXE_gptos")).args(["init", name(shell)]).env("HOME", home.path()).output().unwrap().stdout;
        let file = home.path().join("gptos-init");
        home.write(shell, &format!("source {}\n", file.display()));
        fs::write(&file, &script).unwrap();
        let (status, text) = home.look(shell);
        assert_eq!(status, 0, "{text}");
        fs::write(&file, [script.as_slice(), b"# of another version\n"].concat()).unwrap();
        let (status, text) = home.look(shell);
        assert!(status == 1 && text.contains("another version"), "{shell:?}: {text}");
        let gone = if shell == Shell::Fish { "set -g GPTOS_BIN /nonexistent/gptos\n" } else { "GPTOS_BIN=/nonexistent/gptos\n" };
        fs::write(&file, [gone.as_bytes(), &script].concat()).unwrap();
        assert!(home.look(shell).1.contains("`/nonexistent/gptos` is not there"), "{shell:?}");
    }
}

#[test]
fn enter_that_belongs_to_somebody_else_is_found() {
    for (shell, takes, says) in [
        (Shell::Zsh, "mine() { zle .accept-line }; zle -N accept-line mine", "would run as a command"),
        (Shell::Bash, "bind -m emacs-standard '\"\\C-m\": accept-line'", "would run as a command"),
        (Shell::Bash, "PROMPT_COMMAND=(true)", "PROMPT_COMMAND was set anew"),
        (Shell::Bash, "BLE_VERSION=0.4", "nothing is wrong"),
        (Shell::Fish, "bind \\r execute", "would run as a command"),
    ] {
        let (_, text) = Home::loading(shell, "", takes).look(shell);
        let says = if takes.starts_with("BLE") { "ble.sh replaces the line editor" } else { says };
        assert!(text.contains(says), "{takes}: {text}");
    }
}

#[test]
fn start_up_files_that_hang_write_or_start_others_do_no_harm() {
    for (shell, hostile, says) in [
        (Shell::Zsh, "while :; do sleep 1; done", "did not come to a prompt within"),
        (Shell::Bash, "exit 3", "ended before its first prompt"),
        (Shell::Fish, "exec true", "ended before its first prompt"),
        (Shell::Bash, "printf '\\0end\\0\\0\\0\\033]0;title\\a\\033[2J'; alias printf=false builtin=false", "nothing is wrong"),
        (
            Shell::Zsh,
            "alias print=false local=false emulate=false; setopt ksh_arrays no_unset sh_word_split; print -rn -- $'\\0end\\0\\0\\0'",
            "nothing is wrong",
        ),
    ] {
        let home = Home::loading(shell, "", hostile);
        let (status, text) = home.look(shell);
        assert!(text.contains(says), "{hostile}: {text}");
        assert_eq!(status == 0, says == "nothing is wrong", "{text}");
        assert!(!text.chars().any(|letter| letter.is_control() && letter != '\n'), "{text:?}");
    }
    let home = Home::loading(Shell::Bash, "[[ -n $TMUX ]] || { touch ~/started; exec sleep 100; }\n", "bind '\"\\C-g\": \"\\e[31mred\"'");
    let (_, text) = home.look(Shell::Bash);
    assert!(!home.path().join("started").exists(), "a multiplexer would have been started: {text}");
    assert!(!text.contains('\x1b'), "{text:?}");
}

#[test]
fn terminals_that_take_the_key_are_named_with_the_line_that_frees_it() {
    let home = Home::loading(Shell::Bash, "", "");
    for (file, line, variable, frees) in [
        (".tmux.conf", "set -g prefix C-g", ("TMUX", "/tmp/x,1,0"), "bind-key C-g send-prefix"),
        (".config/kitty/kitty.conf", "map ctrl+g show_last_command_output", ("KITTY_WINDOW_ID", "1"), "map ctrl+g no_op"),
        (".screenrc", "escape ^Gg", ("STY", "1.pts-0.host"), "escape ^Aa"),
        (".screenrc", "bindkey ^G next", ("STY", "1.pts-0.host"), "bindkey \"^G\""),
        (".wezterm.lua", "{ key = 'g', mods = 'CTRL', action = x }", ("TERM_PROGRAM", "WezTerm"), "DisableDefaultAssignment"),
    ] {
        let path = home.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("# {line}\n{line}\n")).unwrap();
        let (status, text) = told(&home.command(Shell::Bash).env(variable.0, variable.1).output().unwrap());
        assert!(status == 1 && text.contains(&format!("~/{file}:2: takes Ctrl-G")) && text.contains(frees), "{text}");
        assert_eq!(home.look(Shell::Bash).0, 0, "in another terminal it does not matter");
    }
    let (status, text) = told(&home.command(Shell::Bash).env("TERM_PROGRAM", "vscode").output().unwrap());
    assert!(status == 0 && text.contains("commandsToSkipShell"), "{text}");
    let keyless = Home::loading(Shell::Bash, "GPTOS_KEY2=\n", "");
    let (status, text) = told(&keyless.command(Shell::Bash).env("TERM_PROGRAM", "vscode").output().unwrap());
    assert!(status == 1 && text.contains("GPTOS_KEY2='ctrl-]'"), "{text}");
}

#[test]
fn an_old_shell_is_told_of_and_programs_find_json() {
    let home = Home::new();
    let folder = home.path().join("bin");
    fs::create_dir(&folder).unwrap();
    let fake = folder.join("bash");
    fs::write(&fake, "#!/bin/sh\nprintf '\\0%s\\0version\\0\\0%s\\0end\\0\\0\\0' \"$6\" '3.2.57(1)-release'\n").unwrap();
    fs::set_permissions(&fake, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", folder.display());
    let (status, text) = told(&home.command(Shell::Bash).env("PATH", path).output().unwrap());
    assert!(status == 1 && text.contains("older than 5.1") && text.contains("install bash"), "{text}");
    let home = Home::loading(Shell::Zsh, "", "source /usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh");
    let output = home.command(Shell::Zsh).arg("--json").output().unwrap();
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["beside"][0], "zsh-autosuggestions");
    assert_eq!((&told["shell"], &told["loaded_by"]), (&"zsh".into(), &"~/.zshrc:1".into()));
    assert_eq!(told["findings"].as_array().unwrap().len(), 0);
}
