//! The whole product: the installer puts the real binary and the line for each shell in a new home, and a new shell
//! turns words into a command.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::terminal::{Setup, Shell, Terminal};

const WORDS: &str = "find files bigger than 100 MB changed this week";

/// A home into which `install.sh` installed the binary under test. Dropping it ends the resident.
struct Installed {
    root: tempfile::TempDir,
}

impl Installed {
    fn new() -> Self {
        let root = tempfile::Builder::new().prefix("gptos-whole").tempdir().unwrap();
        for name in ["home", "run", "pack"] {
            fs::create_dir(root.path().join(name)).unwrap();
            fs::set_permissions(root.path().join(name), fs::Permissions::from_mode(0o700)).unwrap();
        }
        let installed = Self { root };
        let binary = Path::new(env!("CARGO_BIN_EXE_gptos"));
        let archive = installed.root.path().join("pack/gptos.tar.gz");
        let status = Command::new("tar").arg("-czf").arg(&archive).arg("-C").arg(binary.parent().unwrap()).arg("gptos").status().unwrap();
        assert!(status.success());
        let sum = Command::new("sha256sum").arg(&archive).output().unwrap();
        fs::write(archive.with_extension("gz.sha256"), sum.stdout).unwrap();
        let output = installed.install(&["--from", archive.to_str().unwrap(), "--shell", "zsh", "--shell", "bash", "--shell", "fish"]);
        assert!(output.contains("find . ") && output.contains("+100M"), "the installer ends with the main job: {output}");
        installed
    }

    fn install(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("install.sh"));
        command.args(arguments).env_clear().env("HOME", self.home()).env("PATH", "/usr/bin:/bin").env("SHELL", "/bin/bash");
        command.env("XDG_RUNTIME_DIR", self.root.path().join("run")).env("CI", "true").stdin(Stdio::null());
        let output = command.output().unwrap();
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{text}");
        text
    }

    fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    fn start_up_file(&self, shell: Shell) -> PathBuf {
        match shell {
            Shell::Zsh => self.home().join(".zshrc"),
            Shell::Bash => self.home().join(".bashrc"),
            Shell::Fish => self.home().join(".config/fish/conf.d/gptos.fish"),
        }
    }

    /// A new shell that reads the line the installer wrote.
    fn open(&self, shell: Shell) -> Terminal {
        self.open_with(shell, Vec::new())
    }

    fn open_with(&self, shell: Shell, mut env: Vec<(String, String)>) -> Terminal {
        let line = fs::read_to_string(self.start_up_file(shell)).unwrap();
        assert_eq!(line.lines().count(), 1, "one line: {line}");
        let forget = match shell {
            Shell::Fish => "set -e GPTOS_BIN",
            Shell::Zsh | Shell::Bash => "unset GPTOS_BIN",
        };
        env.push(("XDG_RUNTIME_DIR".to_owned(), self.root.path().join("run").display().to_string()));
        Terminal::start(shell, Setup { load: Some(format!("{forget}\n{line}")), env, ..Setup::default() })
    }

    /// Ends the resident, if there is one.
    fn stop_resident(&self) {
        let mut command = Command::new(self.home().join(".local/bin/gptos"));
        command.args(["daemon", "stop"]).env_clear().env("XDG_RUNTIME_DIR", self.root.path().join("run")).env("HOME", self.home());
        let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        self.stop_resident();
    }
}

fn is_the_find(buffer: &str) -> bool {
    buffer.starts_with("find . ") && buffer.contains("-size +100M") && (buffer.contains("-mtime") || buffer.contains("-newermt"))
}

#[test]
fn a_new_shell_after_the_installer_turns_words_into_a_command() {
    let installed = Installed::new();
    for shell in [Shell::Zsh, Shell::Bash, Shell::Fish] {
        let t = installed.open(shell);
        let prompt = t.prompt_number();
        t.type_text(&format!("?? {WORDS}"));
        t.key("Enter");
        t.wait_for_buffer(is_the_find);
        assert_eq!(t.prompt_number(), prompt, "{shell:?}: nothing was executed");
        t.key("C-c");
        t.wait_for_buffer(str::is_empty);
        t.type_text(WORDS);
        t.key("C-g");
        t.wait_for_buffer(is_the_find);
        t.wait_for_screen("risk none");
        let quoted = format!("{shell:?}");
        t.key("C-c");
        t.wait_for_buffer(str::is_empty);
        t.type_text("?? what's my ip");
        t.key("Enter");
        let ip = t.wait_for_buffer(|buffer| !buffer.is_empty() && !buffer.starts_with("??"));
        assert!(ip.contains("ip") || ip.contains("hostname") || ip.contains("curl"), "{quoted}: {ip}");
    }
}

#[test]
fn before_the_first_question_of_all_the_ghost_stands_behind_the_words() {
    let installed = Installed::new();
    installed.stop_resident();
    let socket = installed.root.path().join("run/gptos/v1.sock");
    let config = installed.root.path().join("config.toml");
    fs::write(&config, "resident = \"off\"\n").unwrap();
    let t = installed.open_with(Shell::Zsh, vec![("GPTOS_CONFIG".to_owned(), config.display().to_string())]);
    t.type_text(&format!("?? {WORDS}"));
    assert_eq!(t.buffer(), format!("?? {WORDS}"));
    t.wait_for(|| t.helpers().is_empty().then_some(()), "the warm-up to end");
    assert!(!socket.exists(), "a resident was started against the configuration");
    assert!(!t.screen().contains('→'), "{}", t.screen());
    drop(t);
    let t = installed.open(Shell::Zsh);
    t.type_text(&format!("?? {WORDS}"));
    let screen = t.wait_for_screen("→ find");
    assert!(screen.contains(&format!("?? {WORDS} → find . ")), "{screen}");
    assert!(socket.exists());
    t.key("Right");
    t.wait_for_buffer(is_the_find);
    t.assert_not_spinning();
}

#[test]
fn the_line_is_silent_when_the_program_is_gone_and_is_added_once() {
    let installed = Installed::new();
    let before: Vec<String> =
        [Shell::Zsh, Shell::Bash, Shell::Fish].iter().map(|shell| fs::read_to_string(installed.start_up_file(*shell)).unwrap()).collect();
    let archive = installed.root.path().join("pack/gptos.tar.gz");
    installed.install(&["--from", archive.to_str().unwrap(), "--shell", "zsh", "--shell", "bash", "--shell", "fish"]);
    for (shell, text) in [Shell::Zsh, Shell::Bash, Shell::Fish].iter().zip(&before) {
        assert_eq!(&fs::read_to_string(installed.start_up_file(*shell)).unwrap(), text, "{shell:?}");
    }
    let binary = installed.home().join(".local/bin/gptos");
    let aside = binary.with_extension("aside");
    fs::rename(&binary, &aside).unwrap();
    for shell in [Shell::Zsh, Shell::Bash, Shell::Fish] {
        let t = installed.open(shell);
        assert_eq!(t.screen().lines().filter(|line| !line.is_empty()).count(), 1, "{shell:?} printed something:\n{}", t.screen());
    }
    fs::rename(&aside, &binary).unwrap();
    fs::write(installed.home().join(".bashrc"), format!("# mine\n{}# mine too\n", before[1])).unwrap();
    installed.install(&["--uninstall"]);
    assert_eq!(fs::read_to_string(installed.home().join(".bashrc")).unwrap(), "# mine\n# mine too\n");
    fs::remove_file(installed.home().join(".bashrc")).unwrap();
    let left: Vec<_> = Command::new("find").arg(installed.home()).args(["-type", "f"]).output().map(|output| output.stdout).unwrap();
    assert_eq!(String::from_utf8_lossy(&left), "", "uninstall leaves nothing");
}
