//! `gptos setup`: by options and at a terminal; what it writes is what was said, and giving up leaves everything as it was.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use crate::environment::{TestEnv, binary};
use crate::pty::Terminal;

/// Spelled in parts, so that no scanner takes this file for a leak.
fn key() -> String {
    ["sk-", "proj-Zz9yXx8wVv7uTt6sRr5qPp4oNn3mLl2kJj1i"].concat()
}

fn with_key() -> TestEnv {
    let env = TestEnv::new();
    let bin = env.home().join(".local/bin");
    fs::create_dir_all(&bin).unwrap();
    symlink(binary(), bin.join("gptos")).unwrap();
    fs::write(env.home().join(".bashrc"), "# mine\n").unwrap();
    env.set("OPENAI_API_KEY", &key())
}

/// Every file of a home with its content.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut found, mut open) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type().unwrap() {
                kind if kind.is_dir() => open.push(entry.path()),
                kind if kind.is_file() => drop(found.insert(entry.path(), fs::read(entry.path()).unwrap())),
                _ => {}
            }
        }
    }
    found
}

fn read(path: PathBuf) -> String {
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

const ALL: [&str; 12] =
    ["setup", "--shell", "bash", "--key", "^O", "--provider", "openai", "--consent", "openai", "--keep-key", "file", "--yes"];

#[test]
fn options_do_what_a_terminal_would_and_a_second_time_changes_nothing() {
    let env = with_key();
    env.configure("# my file\ndeadline_ms = 5000 # why\n");
    let before = files(&env.home());
    let dry: Vec<&str> = ALL.into_iter().chain(["--dry-run"]).collect();
    let shown = env.run(&dry);
    assert_eq!((shown.code, files(&env.home()) == before), (Some(0), true), "{}", shown.err);
    for part in
        ["shell.key = \"ctrl-o\"", "  [[provider]]", "key = { login = \"file\" }", ".bashrc:", "init bash", "https://api.openai.com alone"]
    {
        assert!(shown.out.contains(part), "{part}: {}", shown.out);
    }
    assert!(shown.err.contains("nothing was written") && !shown.out.contains(&key()), "{}", shown.err);

    let done = env.run(&ALL);
    assert_eq!((done.code, done.out.as_str()), (Some(0), ""), "{}", done.err);
    let config = read(env.config_file());
    assert!(config.starts_with("# my file\ndeadline_ms = 5000 # why\n") && config.contains("key = \"ctrl-o\""), "{config}");
    assert!(config.contains("name = \"openai\"") && config.contains("login = \"file\"") && !config.contains(&key()), "{config}");
    assert_eq!(env.run(&["config", "get", "shell.key"]).out, "ctrl-o\n");
    let kept = env.home().join(".local/state/gptos/keys/openai");
    assert_eq!(fs::metadata(&kept).unwrap().mode() & 0o777, 0o600);
    assert_eq!(read(kept), format!("https://api.openai.com\n{}\n", key()));
    let rc = read(env.home().join(".bashrc"));
    assert!(rc.starts_with("# mine\nif [ -x ") && rc.ends_with(" # gptos: words to commands\n"), "{rc}");
    assert_eq!(read(env.home().join(".bashrc.before-gptos")), "# mine\n");
    let told = env.run(&["privacy", "--json"]).out;
    assert!(told.contains("api.openai.com") && told.contains("\"allowed_by\":\"you\"") && told.contains("login file"), "{told}");

    let after = files(&env.home());
    let again = env.run(&ALL);
    assert_eq!(again.code, Some(0), "{}", again.err);
    assert!(files(&env.home()) == after, "{}", again.err);
    assert!(again.err.contains("openai is configured already") && again.err.contains("nothing to be written"), "{}", again.err);
}

#[test]
fn every_shell_loads_what_was_written() {
    for shell in ["zsh", "bash", "fish"] {
        let env = TestEnv::new();
        let done = env.run(&["setup", "--shell", shell]);
        assert_eq!(done.code, Some(0), "{}", done.err);
        let doctor = env.run(&["doctor", "--shell", shell]);
        assert_eq!(doctor.code, Some(0), "{shell}: {}{}", doctor.out, doctor.err);
        assert!(doctor.out.contains("gptos is loaded by ~/"), "{}", doctor.out);
    }
}

#[test]
fn a_vendor_needs_consent_and_nothing_is_done_that_nobody_said() {
    let env = with_key();
    let before = files(&env.home());
    let none = env.run(&["setup"]);
    assert_eq!((none.code, none.out.as_str()), (Some(2), ""));
    assert!(none.err.contains("no terminal to ask at\nhint: say it by options: gptos setup --shell"), "{}", none.err);
    assert_eq!(env.run(&["setup", "--dry-run"]).code, Some(2));
    let no_consent = env.run(&["setup", "--provider", "openai"]);
    assert_eq!(no_consent.code, Some(1), "{}", no_consent.err);
    assert!(no_consent.err.contains("openai is not added") && no_consent.err.contains("--consent openai"), "{}", no_consent.err);
    // A yes to everything is none to a vendor, and that to one vendor none to another.
    let yes = env.run(&["setup", "--provider", "openai", "--key", "ctrl-g", "--yes", "--dry-run"]);
    assert_eq!(yes.code, Some(1));
    assert!(yes.err.contains("openai is not added") && !yes.out.contains("openai"), "{}{}", yes.out, yes.err);
    let one = env.run(&["setup", "--provider", "openai", "--provider", "anthropic", "--consent", "anthropic", "--dry-run"]);
    assert!(one.err.contains("openai is not added") && !one.out.contains("openai"), "{}{}", one.out, one.err);
    assert!(one.code == Some(1) && one.out.contains("name = \"anthropic\""), "{}", one.out);
    // The whole request is shown to whoever wants it, and that is no consent.
    let whole = env.run(&["setup", "--provider", "openai", "--show-request"]);
    assert!(
        whole.code == Some(1) && whole.out.contains("authorization: (hidden)") && whole.out.contains("\"max_tokens\": 200"),
        "{}",
        whole.out
    );
    let body = &whole.out[whole.out.find("POST https").unwrap()..];
    assert!(!body.contains("Tr0ub4dor&3") && whole.err.contains("that needs --consent openai"), "{}", whole.err);
    for (wrong, said) in [
        (&["setup", "--key", "shift-g"][..], "`shift-g` is no key that bash knows"),
        (&["setup", "--key", "ctrl-m"], "Ctrl-M is Enter, so it cannot be the key\nhint: free in most shells: ctrl-g, "),
        (&["setup", "--shell", "zsh", "--key", "^C"], "Ctrl-C interrupts what runs"),
        (&["setup", "--shell", "fish", "--key", "Escape"], "Escape begins the arrow keys and Alt"),
        (&["setup", "--provider", "nobody"], "`nobody` is neither"),
        (&["setup", "--shell", "tcsh"], "tcsh"),
    ] {
        let run = env.run(wrong);
        assert_eq!(run.code, Some(64), "{}", run.err);
        assert!(run.err.contains(said), "{}", run.err);
    }
    for (value, code) in [("ctrl-m", 64), ("\"Ctrl-C\"", 64), ("ctrl-o", 0), ("", 0)] {
        let run = env.run(&["config", "set", "shell.key2", value]);
        assert_eq!(run.code, Some(code), "{}", run.err);
        assert!(code == 0 || run.err.contains("so it cannot be the key\nhint: free in most shells"), "{}", run.err);
    }
    for (value, why) in
        [("^M", "^M is Enter"), ("^[", "begins the arrow keys and Alt"), ("\\r", "is Enter"), ("a", "`a` is typed"), ("space", "is typed")]
    {
        let run = env.run(&["config", "set", "shell.key", value]);
        assert!(run.code == Some(64) && run.err.contains(why), "{value}: {}", run.err);
        // What stands in the file is left out in one line; the usual key asks, and the rest of the file holds.
        env.configure(&format!("memory = \"off\"\n[shell]\nkey = '{value}'\nkey2 = 'ctrl-c'\n"));
        let check = env.run(&["config", "check"]);
        assert_eq!((check.code, check.err.matches("so it cannot be the key; it is left out").count()), (Some(64), 2), "{}", check.err);
        assert!(check.err.contains("config.toml:3: `shell.key`: ") && check.err.contains(why), "{}", check.err);
        assert_eq!(
            (env.run(&["config", "get", "shell.key"]).out, env.run(&["config", "get", "memory"]).out),
            ("ctrl-g\n".into(), "off\n".into())
        );
        assert!(
            env.run(&["init", "zsh"]).out.contains("ctrl-g")
                && env.run(&["--set", &format!("shell.key={value}"), "init", "zsh"]).code == Some(64)
        );
    }
    fs::remove_dir_all(env.home().join(".config")).unwrap();
    assert!(files(&env.home()) == before);
    // A file that is broken stays as it is, and so does the rest.
    env.configure("deadlin_ms = 1\n");
    let before = files(&env.home());
    assert_eq!(env.run(&ALL).code, Some(64));
    assert!(files(&env.home()) == before);
}

#[test]
fn at_a_terminal_bad_answers_are_asked_again_and_the_request_is_shown() {
    let env = with_key();
    fs::write(env.home().join(".bashrc"), "bind '\"\\C-g\": \"echo mine\"'\nbind '\"\\C-o\": \"echo mine\"'\n").unwrap();
    let before = files(&env.home());
    let mut terminal = Terminal::start(&env, &["setup"]);
    terminal.wait_for("Add it? A copy of", 1);
    terminal.type_in("maybe\n");
    terminal.wait_for("y for yes, n for no", 1);
    terminal.wait_for("Add it? A copy of", 2);
    terminal.type_in("yes\n");
    terminal.wait_for("Which key shall ask instead?", 1);
    terminal.type_in("shift-g\n");
    terminal.wait_for("a key is written ctrl-o or alt-m", 1);
    terminal.type_in("ctrl-o\n");
    terminal.wait_for("Ctrl-O is taken as well", 1);
    terminal.wait_for("Which key shall ask instead?", 3);
    terminal.type_in("alt-m\n");
    let question = "Do you consent that openai is sent your words like that? [y/N";
    terminal.wait_for(question, 1);
    let shown = terminal.shown();
    let screen = &shown[shown.find("openai (api.openai.com)").unwrap()..];
    let rows: usize = screen.lines().map(|line| line.chars().count().div_ceil(80).max(1)).sum();
    assert!(rows <= 23 && screen.ends_with("[y/N, s shows all of it] "), "{rows} rows of 80 characters: {screen}");
    assert!(screen.contains("POST https://api.openai.com/v1/chat/completions") && screen.contains("authorization (hidden)"), "{screen}");
    let body = &screen[screen.find("POST https").unwrap()..];
    assert!(body.contains("upload report.pdf to ftp.example.org with password") && !body.contains("Tr0ub4dor&3"), "{body}");
    assert!(body.contains("model: gpt-") && body.contains("Shell: bash"), "{body}");
    terminal.type_in("s\n");
    terminal.wait_for(question, 2);
    let shown = terminal.shown();
    assert!(shown.contains("authorization: (hidden)") && shown.contains("\"max_tokens\": 200"), "{shown}");
    let body = &shown[shown.find("POST https").unwrap()..];
    assert!(!body.contains("Tr0ub4dor&3"), "{body}");
    assert!(!shown.contains(&key()), "{shown}");
    assert!(files(&env.home()) == before, "nothing is written before the last answer");
    terminal.type_in("y\n");
    terminal.wait_for("Enter: env", 1);
    terminal.type_in("somewhere\n");
    terminal.wait_for("one of `file`", 1);
    terminal.type_in("file\n");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    let config = read(env.config_file());
    assert!(config.contains("key = \"alt-m\"") && config.contains("login = \"file\""), "{config}");
    assert!(read(env.home().join(".local/state/gptos/keys/openai")).contains(&key()));
    assert!(read(env.home().join(".bashrc")).ends_with("# gptos: words to commands\n"));
}

#[test]
fn giving_up_and_skipping_leave_everything_as_it_was() {
    for answers in [&[][..], &["y\n"]] {
        let env = with_key();
        let before = files(&env.home());
        let mut terminal = Terminal::start(&env, &["setup"]);
        let questions = ["Add it?", "Do you consent that openai"];
        for (question, answer) in questions.iter().zip(answers) {
            terminal.wait_for(question, 1);
            terminal.type_in(answer);
        }
        terminal.wait_for(questions[answers.len()], 1);
        let (code, shown) = terminal.interrupt();
        assert_ne!(code, Some(0), "{shown}");
        assert!(files(&env.home()) == before, "{shown}");
    }
    let env = with_key();
    let before = files(&env.home());
    let mut terminal = Terminal::start(&env, &["setup"]);
    for question in ["Add it?", "Do you consent that openai"] {
        terminal.wait_for(question, 1);
        terminal.type_in("\n");
    }
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("nothing to be written") && files(&env.home()) == before, "{shown}");
}

#[test]
fn a_home_that_is_not_there_is_refused_and_not_made() {
    let env = with_key();
    let missing = env.work().join("no/such/home");
    for arguments in [&ALL[..], &["setup", "--shell", "zsh"]] {
        let mut command = env.command(arguments);
        command.env("HOME", &missing);
        let refused = crate::environment::run(command, b"");
        assert_eq!(refused.code, Some(1), "{}", refused.err);
        let told = format!("the home directory `{}` is not there", missing.display());
        assert!(refused.err.contains(&told) && refused.err.contains("hint: HOME names it"), "{}", refused.err);
        assert!(!env.work().join("no").exists());
    }
}
