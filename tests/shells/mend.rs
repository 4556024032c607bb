//! `??` alone after a line that failed, and `?? explain`, in the three shells with the real binary.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::parts::Held;
use super::terminal::{Setup, Shell, Terminal};

const SHELLS: [Shell; 3] = [Shell::Zsh, Shell::Bash, Shell::Fish];
/// Longer than the guard of Enter.
const READ_TIME: Duration = Duration::from_millis(450);

/// A shell whose binary is the real one; its calls are written down.
struct Bench {
    t: Terminal,
    dir: tempfile::TempDir,
    shell: Shell,
}

impl Bench {
    fn new(shell: Shell) -> Self {
        Self::with(shell, Setup::default())
    }

    fn with(shell: Shell, setup: Setup) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("gptos");
        let script = format!(
            "#!/bin/sh\necho \"$*\" >>'{}/calls'\nexec '{}' \"$@\"\n",
            dir.path().display(),
            Path::new(env!("CARGO_BIN_EXE_gptos")).display()
        );
        fs::write(&bin, script).unwrap();
        fs::set_permissions(&bin, fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(dir.path().join("run")).unwrap();
        let runtime = ("XDG_RUNTIME_DIR".to_owned(), dir.path().join("run").display().to_string());
        let env = [vec![runtime], setup.env].concat();
        let t = Terminal::start(shell, Setup { bin, env, ..setup });
        Self { t, dir, shell }
    }

    /// Runs a line and waits for the next prompt.
    fn run(&self, line: &str) {
        let prompt = self.t.prompt_number();
        self.t.type_text(line);
        self.t.key("Enter");
        self.t.wait_for_prompt(prompt + 1);
    }

    fn ask(&self) {
        self.t.type_text("??");
        self.t.key("Enter");
    }

    fn expect(&self, wanted: &str) {
        self.t.wait_for_buffer(|buffer| buffer == wanted);
    }

    fn made(&self, name: &str) -> bool {
        self.t.dir().join("cwd").join(name).exists()
    }

    fn calls(&self) -> Vec<String> {
        fs::read_to_string(self.dir.path().join("calls")).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    fn undo_key(&self) -> &'static str {
        if self.shell == Shell::Fish { "C-z" } else { "C-_" }
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // A question that is no line to mend starts the resident.
        let mut command = Command::new(env!("CARGO_BIN_EXE_gptos"));
        command.args(["daemon", "stop"]).env_clear().env("HOME", self.t.dir().join("home"));
        let _ = command.env("XDG_RUNTIME_DIR", self.dir.path().join("run")).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

#[test]
fn the_mended_line_comes_into_the_buffer_and_nothing_runs() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        bench.run("mkdri made");
        let prompt = bench.t.prompt_number();
        bench.ask();
        bench.expect("mkdir made");
        bench.t.wait_for_screen("is no command here");
        assert!(!bench.made("made"), "{shell:?}: it was run");
        bench.t.key(bench.undo_key());
        bench.expect("??");
        std::thread::sleep(READ_TIME);
        bench.t.key("Enter");
        bench.expect("mkdir made");
        assert_eq!(bench.t.prompt_number(), prompt, "{shell:?}");
        assert!(!bench.made("made"), "{shell:?}: it was run");
        std::thread::sleep(READ_TIME);
        bench.t.key("Enter");
        bench.t.wait_for_prompt(prompt + 1);
        assert!(bench.made("made"), "{shell:?}: an Enter after reading runs it");
        // Neither the question marks nor a report of what was run for them are left.
        bench.t.key("Up");
        bench.expect("mkdir made");
        bench.t.key("Up");
        bench.expect("mkdri made");
        let calls = bench.calls();
        assert!(
            calls.iter().all(|call| call.starts_with("widget ") || call.starts_with("guard ") || call.starts_with("warm ")),
            "{calls:?}"
        );
        assert!(calls.iter().any(|call| call.contains(" --fix 127 ")), "{calls:?}");
        assert!(!calls.iter().any(|call| call.contains("mkd")), "the line is in no list of processes: {calls:?}");
    }
}

/// zsh has the parts that do the most at each line when nobody types; lines run before that.
#[test]
fn a_line_that_fails_before_all_parts_were_read_is_known() {
    for (lines, wanted) in [
        (&["mkdri made"][..], Some("mkdir made")),
        (&["mkdri other", "mkdri made"], Some("mkdir made")),
        (&["mkdri made", ""], Some("mkdir made")),
        (&["mkdri made", "true"], None),
        (&["mkdri other", " mkdri made"], None),
    ] {
        let held = Held::new();
        let bench = Bench::with(Shell::Zsh, Setup { rc: held.rc(), ..Setup::default() });
        for line in lines {
            bench.run(line);
        }
        held.hand_out();
        bench.ask();
        if let Some(wanted) = wanted {
            bench.expect(wanted);
        } else {
            bench.t.wait_for_screen("type what you want");
        }
    }
}

#[test]
fn no_program_finds_the_line_in_its_environment() {
    for shell in SHELLS {
        let setting = match shell {
            Shell::Zsh => "setopt all_export",
            Shell::Bash => "set -a",
            Shell::Fish => "",
        };
        let bench = Bench::with(shell, Setup { rc: setting.to_owned(), ..Setup::default() });
        // Reads the other parts.
        bench.run("mkdri made");
        bench.ask();
        bench.expect("mkdir made");
        bench.t.key("C-u");
        std::thread::sleep(READ_TIME);
        bench.run("false word");
        bench.run("env >all");
        let all = fs::read_to_string(bench.t.dir().join("cwd/all")).unwrap();
        assert!(!all.contains("word") && !all.contains("env >"), "{shell:?}: {all}");
    }
}

#[test]
fn the_status_and_the_place_count() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        bench.run("mkdir Downloads");
        bench.run("cd Donwloads");
        bench.ask();
        bench.expect("cd Downloads");
        // The ring goes on to the next one, and ends with what was typed.
        bench.t.key("C-g");
        bench.expect("mkdir -p Donwloads && cd Donwloads");
        bench.t.key("C-g");
        bench.expect("??");
        bench.t.key("C-g");
        bench.expect("cd Downloads");
    }
}

#[test]
fn what_the_line_printed_counts_where_the_user_wants_it_read() {
    for (shell, reads) in SHELLS.into_iter().flat_map(|shell| [(shell, true), (shell, false)]) {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("config.toml");
        fs::write(&config, format!("[shell]\nread_screen = {reads}\n")).unwrap();
        fs::set_permissions(&config, fs::Permissions::from_mode(0o600)).unwrap();
        let env = vec![("GPTOS_CONFIG".to_owned(), config.display().to_string())];
        let bench = Bench::with(shell, Setup { env, ..Setup::default() });
        let program = bench.t.dir().join("cwd/acme");
        fs::write(&program, "#!/bin/sh\ntouch ran-$1\necho \"acme: unknown command $1, did you mean 'list'?\" >&2\nexit 2\n").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let set = |name: &str, value: &str| match shell {
            Shell::Fish => bench.run(&format!("set -gx {name} {value}")),
            _ => bench.run(&format!("export {name}={value}")),
        };
        set("TMUX", &format!("{},1,0", bench.t.dir().join("tmux").display()));
        set("TMUX_PANE", "%0");
        bench.run("./acme lsit all");
        bench.ask();
        if reads {
            bench.expect("./acme list all");
            bench.t.wait_for_screen("says that");
        } else {
            bench.t.wait_for_screen("nothing to correct is known");
        }
        assert!(!bench.made("ran-list"), "{shell:?}: it was run");
    }
}

#[test]
fn what_is_not_known_is_said_and_the_line_stays() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        bench.run("false");
        bench.ask();
        bench.t.wait_for_screen("exit 1: it always fails");
        assert_eq!(bench.t.buffer(), "??", "{shell:?}");
    }
}

#[test]
fn after_a_success_the_marks_alone_ask_for_words() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        bench.run("mkdri made");
        bench.run("true");
        bench.ask();
        bench.t.wait_for_screen("type what you want");
        assert_eq!(bench.t.buffer(), "??", "{shell:?}");
        assert!(bench.calls().iter().all(|call| !call.contains("--fix")), "{:?}", bench.calls());
    }
}

#[test]
fn a_line_with_a_blank_in_front_is_not_kept() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        bench.run("mkdri former");
        bench.run(" mkdri secret");
        bench.ask();
        bench.t.wait_for_screen("type what you want");
        assert!(bench.calls().iter().all(|call| !call.contains("--fix")), "{:?}", bench.calls());
    }
}

#[test]
fn three_marks_ask_for_words_and_an_empty_enter_changes_nothing() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        bench.run("mkdri made");
        bench.t.type_text("???");
        bench.t.key("Enter");
        bench.t.wait_for_screen("type what you want");
        assert!(bench.calls().iter().all(|call| !call.contains("--fix")), "{:?}", bench.calls());
        bench.t.key("BSpace");
        bench.t.key("Enter");
        bench.expect("mkdir made");
    }
}

#[test]
fn a_prompt_that_stays_live_and_a_vi_keymap_mend_too() {
    let setups = [
        (Shell::Bash, Setup { before: "GPTOS_ASYNC=1".to_owned(), ..Setup::default() }),
        (Shell::Fish, Setup { before: "set -g GPTOS_ASYNC 0".to_owned(), ..Setup::default() }),
        (Shell::Zsh, Setup { vi: true, ..Setup::default() }),
        (Shell::Bash, Setup { vi: true, ..Setup::default() }),
        (Shell::Fish, Setup { vi: true, ..Setup::default() }),
    ];
    for (shell, setup) in setups {
        let bench = Bench::with(shell, setup);
        bench.run("mkdri made");
        bench.ask();
        bench.expect("mkdir made");
        assert!(!bench.made("made"), "{shell:?}: it was run");
    }
}

#[test]
fn a_dangerous_line_shows_its_risk_and_needs_a_second_enter() {
    for shell in SHELLS {
        let bench = Bench::with(shell, Setup { columns: 160, ..Setup::default() });
        bench.run("mkdir -p safe; chmdo -R 777 ~/");
        bench.ask();
        bench.expect("mkdir -p safe; chmod -R 777 ~/");
        bench.t.wait_for_screen("risk high");
        let prompt = bench.t.prompt_number();
        std::thread::sleep(READ_TIME);
        bench.t.key("Enter");
        bench.t.wait_for_screen("Enter again runs it");
        // bash wipes the prompt for a moment at every key of ours.
        bench.t.wait_until_idle();
        assert_eq!(bench.t.prompt_number(), prompt, "{shell:?}");
    }
}

#[test]
fn a_command_is_explained_and_stays_in_the_line() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        let prompt = bench.t.prompt_number();
        bench.t.type_text("?? explain touch made | head -n 3");
        bench.t.key("Enter");
        bench.expect("touch made | head -n 3");
        let screen = bench.t.wait_for_screen("risk low");
        for row in ["| head", "  -n 3", "the first 3 lines"] {
            assert!(screen.contains(row), "{shell:?}: {row} is missing:\n{screen}");
        }
        assert!(!bench.made("made"), "{shell:?}: it was run");
        assert_eq!(bench.t.prompt_number(), prompt, "{shell:?}");
        bench.t.key(bench.undo_key());
        bench.expect("?? explain touch made | head -n 3");
        std::thread::sleep(READ_TIME);
        bench.t.key("Enter");
        bench.expect("touch made | head -n 3");
        std::thread::sleep(READ_TIME);
        bench.t.key("Enter");
        bench.t.wait_for_prompt(prompt + 1);
        assert!(bench.made("made"), "{shell:?}: an Enter after reading runs it");
        // The next line is drawn without the rows.
        bench.run("true");
        bench.t.type_text("echo new");
        assert_eq!(bench.t.buffer(), "echo new", "{shell:?}");
    }
}

#[test]
fn a_long_explanation_leaves_the_prompt_on_the_screen() {
    for shell in SHELLS {
        let bench = Bench::with(shell, Setup { rows: 12, columns: 60, ..Setup::default() });
        let line = "ls -l -a -h -t -r -S -R -d -i -1 -F -s; ls -l -a -h -t -r -S -R -d -i -1 -F -s";
        bench.t.type_text(&format!("?? explain {line}"));
        bench.t.key("Enter");
        bench.expect(line);
        let is_seen = |screen: String| screen.contains("risk none") && screen.contains("ls -l -a -h");
        bench.t.wait_for(|| is_seen(bench.t.screen()).then_some(()), "the reading and the line itself to be seen");
    }
}

#[test]
fn english_after_explain_stays_a_question() {
    for shell in SHELLS {
        let bench = Bench::new(shell);
        bench.t.type_text("?? explain the difference between two files");
        bench.t.key("Enter");
        // Whatever the answer is, it comes from the sources of answers.
        bench.t.wait_for(|| bench.calls().iter().any(|call| call.starts_with("widget ")).then_some(()), "the binary to be asked");
        bench.t.wait_for_screen_without("waiting");
        let buffer = bench.t.buffer();
        assert_ne!(buffer, "the difference between two files", "{shell:?}");
    }
}
