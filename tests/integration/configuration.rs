//! The layers of the configuration, changes of the user's file, and what a running resident makes of them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::environment::{Run, TestEnv, provider_block, run, wait_until};
use crate::fake_provider::{FakeProvider, Reply, answer};

const UNKNOWN: &str = "frobnicate the quux";

/// An environment with an administrator.
fn administered(text: &str) -> (TestEnv, PathBuf) {
    let env = TestEnv::new();
    let file = env.home().join("admin.toml");
    write(&file, text);
    let env = env.set("GPTOS_TEST_ADMIN_CONFIG", file.to_str().unwrap());
    (env, file)
}

fn write(file: &Path, text: &str) {
    let aside = file.with_extension("aside");
    fs::write(&aside, text).unwrap();
    fs::set_permissions(&aside, fs::Permissions::from_mode(0o600)).unwrap();
    fs::rename(aside, file).unwrap();
}

fn told(run: &Run, code: i32, err: &[&str]) {
    assert_eq!(run.code, Some(code), "{}{}", run.out, run.err);
    for part in err {
        assert!(run.err.contains(part), "{part} in: {}", run.err);
    }
}

#[test]
fn each_layer_stands_over_the_one_before_it_and_says_so() {
    let (env, admin) = administered("# ours\ndeadline_ms = 1000\nhedge = \"on\"\n");
    let origin = |env: &TestEnv, before: &[&str]| {
        let mut command = env.command(&[before, &["config", "show", "--origin"]].concat());
        command.env("GPTOS_HEDGE", "off");
        let shown = run(command, b"");
        told(&shown, 0, &[]);
        let line = |key: &str| shown.out.lines().find(|line| line.starts_with(&format!("{key} "))).unwrap().to_owned();
        [line("deadline_ms"), line("hedge")].map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let at = |file: &Path, line: u32| format!("{}:{line}", file.display());
    let hedge = "hedge = \"off\" # environment, GPTOS_HEDGE".to_owned();
    assert_eq!(origin(&env, &[]), [format!("deadline_ms = 1000 # administrator, {}", at(&admin, 2)), hedge.clone()]);
    env.configure("\ndeadline_ms = 2000\n");
    assert_eq!(origin(&env, &[]), [format!("deadline_ms = 2000 # user, {}", at(&env.config_file(), 2)), hedge]);
    let env = env.set("GPTOS_DEADLINE_MS", "3000");
    assert_eq!(origin(&env, &[])[0], "deadline_ms = 3000 # environment, GPTOS_DEADLINE_MS");
    let set = ["--set", "deadline_ms=4000", "--set=hedge=on"];
    assert_eq!(origin(&env, &set), ["deadline_ms = 4000 # option, --set".to_owned(), "hedge = \"on\" # option, --set".to_owned()]);
    assert_eq!(env.run(&["config", "get", "deadline_ms"]).out, "3000\n");
    told(&env.run(&["--set", "deadline=1", "config", "path"]), 64, &["--set: `deadline`: no key", "hint: "]);
    told(&env.run(&["--set", "deadline_ms=soon", "config", "path"]), 64, &["expected a whole number from 500 to 60000"]);
    let env = env.set("GPTOS_MEMORY", "perhaps");
    told(&env.run(&["config", "check"]), 64, &["GPTOS_MEMORY: `memory`: expected \"on\" or \"off\""]);
}

#[test]
fn what_the_administrator_locks_nobody_else_sets() {
    let (ours, theirs) =
        (FakeProvider::always(Reply::stream(&answer("printf ours"))), FakeProvider::always(Reply::stream(&answer("printf theirs"))));
    let locks = "locked = [\"provider\", \"deadline_ms\", \"shell\", \"guard\"]\n";
    let (env, admin) =
        administered(&format!("deadline_ms = 7000\nguard = \"all\"\n{locks}{}", provider_block("own", &ours.base_url(), "")));
    let at = |line: u32| format!("{}:{line}", env.config_file().display());
    env.configure(&format!(
        "memory = \"off\"\ndeadline_ms = 9000\nshell.key = \"alt-x\"\n{}",
        provider_block("own", &theirs.base_url(), "")
    ));
    let checked = env.run(&["config", "check"]);
    for (line, key) in [(2, "deadline_ms"), (3, "shell.key"), (4, "provider")] {
        told(&checked, 64, &[&format!("{}: `{key}`: locked by the administrator, so it is left out", at(line))]);
    }
    told(&checked, 64, &[&format!("hint: {}:3 locks it", admin.display())]);
    // The rest of the file holds.
    let get = |key: &str| env.run(&["--set", "deadline_ms=600", "config", "get", key]).out;
    assert_eq!((get("memory"), get("deadline_ms"), get("shell.key")), ("off\n".to_owned(), "7000\n".to_owned(), "ctrl-g\n".to_owned()));
    told(&env.run(&["config", "set", "deadline_ms", "800"]), 64, &["`deadline_ms`: locked by the administrator", "admin.toml:3"]);
    told(&env.run(&["config", "set", "provider.own.model", "x"]), 64, &["locked by the administrator"]);
    told(&env.run(&["config", "unset", "shell.key"]), 64, &["locked by the administrator"]);
    let added = env.run(&["provider", "add", "more", "--base-url", &theirs.base_url(), "--model", "m"]);
    told(&added, 64, &["locked by the administrator"]);
    assert!(env.run(&["init", "bash"]).out.contains("\nGPTOS_GUARD='all'\n"));
    let ask = || env.run(&["translate", "--no-cache", "--shell", "bash", "--", UNKNOWN]).out;
    assert_eq!(ask(), "printf ours\n");
    wait_until("the resident runs", || env.status().is_some());
    assert_eq!(ask(), "printf ours\n");
    assert_eq!(theirs.connections(), 0);
    // A variable for a locked key has no effect, so the resident answers as before.
    let asked = || env.status().unwrap()["requests"].as_u64().unwrap();
    let before = asked();
    for (name, value, rise) in [
        ("GPTOS_DEADLINE_MS", "900", 1),
        ("GPTOS_LIMITS_IN_FLIGHT", "7", 1),
        ("GPTOS_IDLE_EXIT_MINUTES", "7", 1),
        ("GPTOS_CONTEXT", "cwd", 0),
    ] {
        let was = asked();
        let mut command = env.command(&["translate", "--no-cache", "--shell", "bash", "--", UNKNOWN]);
        command.env(name, value);
        run(command, b"");
        assert_eq!(asked(), was + rise, "{name}");
    }
    assert_eq!(asked(), before + 3);
    // A broken file of the administrator's opens nothing.
    env.run(&["daemon", "stop"]);
    write(&admin, "locked = [\"provider\"\n");
    let closed = env.run(&["translate", "--no-cache", "--shell", "bash", "--", UNKNOWN]);
    assert_eq!((closed.out.as_str(), theirs.connections()), ("", 0), "{}", closed.err);
    assert!(closed.err.contains("admin.toml:1: "), "{}", closed.err);
    told(&env.run(&["config", "check"]), 64, &["admin.toml:1: "]);
    env.run(&["daemon", "stop"]);
}

#[test]
fn who_sets_a_locked_key_by_a_variable_or_an_option_is_told_in_one_line() {
    let (env, admin) = administered("locked = [\"deadline_ms\", \"audit\"]\n");
    let env = env.set("GPTOS_DEADLINE_MS", "900");
    let line = |name: &str, key: &str| {
        format!("gptos: {name}: `{key}`: locked by the administrator, so it is left out ({}:1 locks it", admin.display())
    };
    let said = |arguments: &[&str]| {
        let run = env.run(arguments);
        run.err.lines().filter(|line| line.contains("so it is left out")).map(str::to_owned).collect::<Vec<_>>()
    };
    let words = "list files by size";
    let told = said(&["--set", "audit=off", "translate", "--shell", "bash", "--", words]);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with(&line("GPTOS_DEADLINE_MS", "deadline_ms")) && told[1].starts_with(&line("--set", "audit")), "{told:?}");
    // Also where another variable has this process answer by itself.
    let told = said(&["--set", "hedge=on", "translate", "--shell", "bash", "--", words]);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(said(&["status"]).len(), 1);
    // Nobody is told while typing, nor by what a shell reads at its start, and the verbs that tell all tell it once.
    for arguments in [&["init", "bash"][..], &["completions", "bash"]] {
        assert_eq!(said(arguments), Vec::<String>::new(), "{arguments:?}");
    }
    let pressed = env.run_with_input(&["widget", "bash"], words.as_bytes());
    assert!(!pressed.out.contains("left out") && pressed.err.is_empty(), "{}{}", pressed.out, pressed.err);
    for arguments in [&["config", "check"][..], &["config", "show"]] {
        assert_eq!(said(arguments).len(), 1, "{arguments:?}");
    }
    env.run(&["daemon", "stop"]);
}

#[test]
fn only_the_administrator_locks_and_only_what_there_is() {
    let (env, admin) = administered("");
    env.configure("\nlocked = [\"memory\"]\n");
    told(&env.run(&["config", "check"]), 64, &["config.toml:2: `locked`: only the administrator's file may lock keys"]);
    env.configure("");
    write(&admin, "locked = [\n  \"memroy\",\n]\n");
    told(&env.run(&["config", "check"]), 64, &["admin.toml:2: `locked`: no key or table", "hint: did you mean `memory`?"]);
}

#[test]
fn a_shell_whose_environment_says_more_is_answered_by_its_own_process() {
    let provider = FakeProvider::always(Reply::stream(&answer("printf good")));
    let env = TestEnv::new();
    env.with_provider("good", &provider.base_url(), "");
    let mut resident = env.start_resident();
    let ask = |context: Option<&str>| {
        let mut command = env.command(&["translate", "--no-cache", "--shell", "bash", "--", UNKNOWN]);
        command.envs(context.map(|context| ("GPTOS_CONTEXT", context)));
        let run = run(command, b"");
        assert_eq!(run.out, "printf good\n", "{}", run.err);
        let requests = env.status().unwrap()["requests"].as_u64().unwrap();
        (requests, provider.requests().last().unwrap().body.contains("work"))
    };
    assert_eq!(ask(None), (1, false));
    assert_eq!(ask(Some("cwd")), (1, true));
    assert_eq!(ask(None), (2, false));
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn many_changes_at_once_all_last() {
    let env = TestEnv::new();
    env.configure("# mine\n\n[shell]\nkey = \"alt-x\" # the key\n");
    let changes = [
        ("deadline_ms", "900"),
        ("memory", "off"),
        ("hedge", "on"),
        ("cache.ttl_days", "3"),
        ("cache.max_entries", "7"),
        ("shell.note", "false"),
        ("shell.scopes", "git k"),
        ("context", "cwd,branch"),
    ];
    let running: Vec<_> = changes
        .iter()
        .map(|(key, value)| env.command(&["config", "set", key, value]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap())
        .collect();
    for child in running {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let text = fs::read_to_string(env.config_file()).unwrap();
    assert!(text.starts_with("# mine\n") && text.contains("key = \"alt-x\" # the key\n"), "{text}");
    for (key, value) in changes {
        let shown = match key {
            "shell.scopes" => "[\"git\", \"k\"]",
            "context" => "[\"cwd\", \"branch\"]",
            _ => value,
        };
        assert_eq!(env.run(&["config", "get", key]).out, format!("{shown}\n"), "{text}");
        told(&env.run(&["config", "unset", key]), 0, &[]);
    }
    assert_eq!(fs::read_to_string(env.config_file()).unwrap().replace("\n[cache]\n", ""), "# mine\n\n[shell]\nkey = \"alt-x\" # the key\n");
    assert_eq!(fs::metadata(env.config_file()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(env.config_file().parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn a_value_that_would_not_hold_is_not_written() {
    let env = TestEnv::new();
    told(&env.run(&["config", "set", "memory", "off"]), 0, &[]);
    assert_eq!(fs::metadata(env.config_file()).unwrap().permissions().mode() & 0o777, 0o600);
    let before = fs::read_to_string(env.config_file()).unwrap();
    for (key, value, said) in [
        ("deadline_ms", "soon", "`deadline_ms`: expected a whole number from 500 to 60000"),
        ("deadline_ms", "1\nmemory = \"on\"", "`deadline_ms`: expected"),
        ("memory", "perhaps", "expected \"on\" or \"off\""),
        ("memroy", "on", "hint: did you mean `memory`?"),
        ("provider.x.model", "m", "no provider is named `x`"),
        ("locked", "[]", "no key that can be set here"),
    ] {
        told(&env.run(&["config", "set", key, value]), 64, &[said]);
        assert_eq!(fs::read_to_string(env.config_file()).unwrap(), before);
    }
    env.configure("memory = \n");
    told(&env.run(&["config", "set", "memory", "off"]), 64, &["config.toml:1: "]);
    told(&env.run(&["config", "get", "memory"]), 64, &["config.toml:1: "]);
    assert_eq!(env.run(&["config", "reference"]).out.matches("\n    Expected: ").count(), gptos::config::keys::ALL.len());
}

#[test]
fn a_key_that_nobody_knows_can_be_taken_out_and_other_mistakes_stay() {
    let env = TestEnv::new();
    env.configure("xx = 1\nmemory = \"off\" # mine\n[shell]\nnoet = false\n[cache]\nttl_days = \"x\"\n");
    let file = || fs::read_to_string(env.config_file()).unwrap();
    told(&env.run(&["config", "check"]), 64, &["`xx`: unknown key"]);
    told(&env.run(&["config", "unset", "yy"]), 64, &["`yy`: no key that can be set here"]);
    for key in ["xx", "shell.noet", "cache.ttl_days"] {
        told(&env.run(&["config", "unset", key]), 0, &[]);
    }
    assert_eq!(file(), "memory = \"off\" # mine\n[shell]\n[cache]\n");
    told(&env.run(&["config", "check"]), 0, &[]);
}

#[test]
fn an_editor_changes_the_file_only_when_it_holds() {
    let env = TestEnv::new();
    env.configure("memory = \"on\"\n");
    let edit = |script: &str| {
        let editor = env.home().join("editor");
        fs::write(&editor, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&editor, fs::Permissions::from_mode(0o700)).unwrap();
        let mut command = env.command(&["config", "edit"]);
        command.env("VISUAL", format!("{} --wait", editor.display())).env("EDITOR", "false");
        let run = run(command, b"");
        (run, fs::read_to_string(env.config_file()).unwrap())
    };
    let (run, text) = edit("test \"$1\" = --wait && echo 'hedge = \"on\"' >>\"$2\"");
    assert_eq!((run.code, text.as_str()), (Some(0), "memory = \"on\"\nhedge = \"on\"\n"), "{}", run.err);
    let (run, same) = edit("echo 'hegde = \"on\"' >\"$2\"");
    told(&run, 64, &[":1: `hegde`: unknown key", "did you mean `hedge`?", "what you wrote is in "]);
    let kept = run.err.rsplit("what you wrote is in ").next().unwrap().trim().to_owned();
    assert_eq!((same.as_str(), fs::read_to_string(&kept).unwrap().as_str()), (text.as_str(), "hegde = \"on\"\n"));
    fs::remove_file(kept).unwrap();
    let unchanged = edit("exit 3").0;
    told(&unchanged, 2, &["ended with"]);
    assert!(!unchanged.err.contains("what you wrote"), "{}", unchanged.err);
    // What was written is not lost with an editor that ends badly.
    let (run, same) = edit("echo 'hedge = \"off\"' >\"$2\"; exit 1");
    told(&run, 2, &["ended with", "what you wrote is in "]);
    let kept = run.err.rsplit("what you wrote is in ").next().unwrap().trim().to_owned();
    assert_eq!((same.as_str(), fs::read_to_string(&kept).unwrap().as_str()), (text.as_str(), "hedge = \"off\"\n"));
    fs::remove_file(kept).unwrap();
    // A file that is no text is what an editor is needed for.
    let whole = text;
    fs::write(env.config_file(), [whole.as_bytes(), b"# caf\xe9\n"].concat()).unwrap();
    let (run, text) = edit("LC_ALL=C sed -i '$d' \"$2\"");
    assert_eq!((run.code, &text), (Some(0), &whole), "{}", run.err);
    assert!(run.err.contains("is not UTF-8 text"), "{}", run.err);
    // The keys that interrupt are the editor's, which they end as usual.
    let (run, text) = edit("kill -INT $PPID; kill -QUIT $PPID; echo '# two' >>\"$2\"");
    assert_eq!((run.code, text.ends_with("# two\n")), (Some(0), true), "{}", run.err);
    told(&edit("kill -INT $$; sleep 1").0, 2, &["signal: 2"]);
    told(&edit(":").0, 0, &["nothing was changed"]);
    // A run that is ended from outside leaves nothing behind, or says where it is.
    let copies = || {
        let names = fs::read_dir(env.config_file().parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
        names.filter(|path| path.to_string_lossy().contains(".gptos-edit-")).collect::<Vec<_>>()
    };
    let ended = edit("kill -HUP $PPID; sleep 1").0;
    told(&ended, 130, &[]);
    wait_until("the copy is gone", || copies().is_empty());
    let ended = edit("echo '# mine' >>\"$2\"; kill -TERM $PPID; sleep 1").0;
    told(&ended, 130, &["what you wrote is in "]);
    assert_eq!(copies().len(), 1);
    // The next one knows of what was left, and clears up what holds nothing.
    let folder = env.config_file().parent().unwrap().to_owned();
    fs::write(folder.join(".gptos-edit-999999999.toml"), &text).unwrap();
    let next = edit(":").0;
    told(&next, 0, &["what you wrote at another time and did not take over is in ", "nothing was changed"]);
    assert_eq!(copies().len(), 1);
    fs::remove_file(&copies()[0]).unwrap();
    // Somebody else was quicker.
    let (run, text) = edit(&format!("echo '# me' >>\"$2\"; echo '# other' >>'{}'", env.config_file().display()));
    told(&run, 64, &["the file was changed in the meantime"]);
    assert!(text.ends_with("# other\n"), "{text}");
}

#[test]
fn f24_a_running_resident_takes_a_change_up_or_keeps_what_it_has_and_says_so_once() {
    let first = FakeProvider::always(Reply::stream(&answer("printf first")));
    let second = FakeProvider::always(Reply::stream(&answer("printf second")));
    let env = TestEnv::new();
    let limits = "limits.session_per_minute = 0\nlimits.user_per_minute = 0\n";
    let text = format!("{limits}{}", provider_block("own", &first.base_url(), ""));
    env.configure(&text);
    let mut resident = env.start_resident();
    let ask = || {
        let run = env.run(&["translate", "--no-cache", "--shell", "bash", "--", UNKNOWN]);
        let said: Vec<&str> = run.err.lines().filter(|line| !line.contains(" answered for ")).collect();
        (run.out.trim().to_owned(), said.join("\n"))
    };
    let reloads = |result: &str| {
        let page = env.run(&["metrics"]).out;
        let line = format!("gptos_config_reload_total{{result=\"{result}\"}} ");
        page.lines().find_map(|known| known.strip_prefix(&line)?.parse::<u64>().ok()).unwrap()
    };
    assert_eq!((ask().0.as_str(), reloads("ok"), reloads("rejected")), ("printf first", 0, 0));
    // Each is a file that a write left half done, the last one as a full disk leaves it.
    let cuts = [text.len() - 3, text.len() / 2, text.find("kind").unwrap() + 2, 4, 0];
    for (number, cut) in (1..).zip(cuts) {
        fs::write(env.config_file(), &text[..cut]).unwrap();
        let (command, said) = ask();
        assert_eq!((command.as_str(), said.lines().count()), ("printf first", 1), "{cut}: {said}");
        assert!(said.contains("config.toml") && said.contains("what held before stays in force"), "{said}");
        assert_eq!(ask(), ("printf first".to_owned(), String::new()), "it is said once");
        assert_eq!((reloads("ok"), reloads("rejected")), (0, number));
    }
    env.configure(&format!("{limits}{}", provider_block("own", &second.base_url(), "")));
    assert_eq!(ask(), ("printf second".to_owned(), String::new()));
    // The same file, rewritten in its place.
    fs::write(env.config_file(), &text).unwrap();
    assert_eq!((ask().0.as_str(), reloads("ok")), ("printf first", 2));
    // A file whose only key goes again does not look like a write that failed.
    env.configure("");
    fs::remove_file(env.config_file()).unwrap();
    told(&env.run(&["config", "set", "deadline_ms", "700"]), 0, &[]);
    let (ok, rejected) = (reloads("ok"), reloads("rejected"));
    ask();
    told(&env.run(&["config", "unset", "deadline_ms"]), 0, &[]);
    assert_eq!(fs::read_to_string(env.config_file()).unwrap(), "# `gptos config reference` tells what can stand here.\n");
    assert_eq!((ask().1.contains("what held before"), reloads("rejected")), (false, rejected));
    assert!(reloads("ok") > ok);
    // Nobody asks anything, and it goes all the same.
    env.configure("resident = \"off\"\n");
    wait_until("the resident goes", || resident.try_wait().unwrap().is_some());
}

#[test]
fn every_key_can_be_set_by_a_variable_and_by_an_option() {
    let env = TestEnv::new();
    let shown = |variable: &str, value: &str, key: &str| {
        let mut command = env.command(&["config", "get", key]);
        command.env(variable, value);
        run(command, b"").out
    };
    for (variable, key, value, expected) in [
        ("GPTOS_METRICS_PORT", "metrics_port", "9464", "9464"),
        ("GPTOS_LOG_LEVEL", "log.level", "warn", "warn"),
        ("GPTOS_TRACES_ENDPOINT", "traces.endpoint", "http://localhost:4318", "http://localhost:4318"),
        ("GPTOS_ALERTS_NOTIFY", "alerts.notify", "0", "false"),
        ("GPTOS_ALERTS_SILENCE", "alerts.silence", "quota disk", "[\"quota\", \"disk\"]"),
        ("GPTOS_SPEND_DAY", "spend.day", "2 USD", "2.00 USD"),
        ("GPTOS_SPEND_MONTH", "spend.month", "none", "none"),
        ("GPTOS_SPEND_DAY_TOKENS", "spend.day_tokens", "0", "0"),
    ] {
        assert_eq!(shown(variable, value, key), format!("{expected}\n"), "{variable}");
        assert_eq!(env.run(&["--set", &format!("{key}={value}"), "config", "get", key]).out, format!("{expected}\n"), "{key}");
    }
    let wrong = env.run(&["--set", "metrics_port=9", "config", "path"]);
    told(&wrong, 64, &["gptos: --set: `metrics_port`: expected a whole number from 1024 to 65535"]);
    told(&env.run(&["--set", "provider.own.model=m", "config", "path"]), 64, &["hint: `gptos config edit` opens the file"]);
    assert!(env.run(&["config", "reference"]).out.starts_with("Every key that is no part of a block has an environment variable: GPTOS_"));
    // What is about the process that answers shells holds for the one that is started with it, and sends no shell away from it.
    let mut command = env.command(&["daemon", "run"]);
    command.env("GPTOS_LOG_LEVEL", "warn,suggest=debug");
    let mut resident = env.start(command);
    assert_eq!(env.run(&["log", "level"]).out, "warn\nsuggest=debug\n");
    let mut asked = env.command(&["translate", "--shell", "bash", "--", "list files by size"]);
    asked.env("GPTOS_METRICS_PORT", "9464");
    assert_eq!(run(asked, b"").code, Some(0));
    assert_eq!(env.status().unwrap()["requests"], 1);
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn a_variable_that_nobody_reads_is_told_of() {
    let env = TestEnv::new().set("GPTOS_DEADLIN_MS", "900").set("GPTOS_GUARD_MS", "200");
    told(
        &env.run(&["config", "check"]),
        64,
        &["gptos: GPTOS_DEADLIN_MS: no variable of this name is read", "hint: did you mean `GPTOS_DEADLINE_MS`?"],
    );
    let shown = env.run(&["config", "show"]);
    told(&shown, 0, &["gptos: GPTOS_DEADLIN_MS: no variable of this name is read (did you mean `GPTOS_DEADLINE_MS`?)"]);
    assert_eq!(shown.err.lines().count(), 1, "{}", shown.err);
}

#[test]
fn all_mistakes_are_told_and_a_running_resident_says_which_it_was() {
    let env = TestEnv::new();
    env.configure("deadline_ms = 7000\n");
    let mut resident = env.start_resident();
    let sk = "sk-live-0123456789abcdef";
    env.configure(&format!("memory = 3\naudit = \"of\"\n{sk} = 1\n[shell]\nnote = 7\n"));
    let checked = env.run(&["config", "check"]);
    let lines: Vec<&str> = checked.err.lines().filter(|line| line.starts_with("gptos: ")).collect();
    assert_eq!(lines.len(), 4, "{}", checked.err);
    for (line, part) in
        lines.iter().zip(["config.toml:1: `memory`", "config.toml:2: `audit`", "config.toml:3: ", "config.toml:5: `shell.note`"])
    {
        assert!(line.contains(part), "{part}: {line}");
    }
    let said = env.run(&["translate", "--shell", "bash", "--", "list files by size"]).err;
    assert!(
        said.contains("config.toml:1: `memory`: expected") && said.contains(" and 3 more, which `gptos config check` tells; until"),
        "{said}"
    );
    let status = env.run(&["status"]).out;
    assert!(status.contains("the configuration has a mistake: ") && status.contains("config.toml:1: `memory`: expected"), "{status}");
    env.configure(&format!("{sk} = 1\n"));
    env.run(&["translate", "--shell", "bash", "--", "list files by size"]);
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
    let log = env.run(&["log", "tail"]).out;
    let rejected: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &serde_json::Value| line["event"] == "config_rejected")
        .collect();
    let told: Vec<_> = rejected.iter().map(|line| (&line["level"], &line["place"], &line["reason"])).collect();
    let expected = [
        (&"warn".into(), &"config.toml:1".into(), &"`memory`: expected \"on\" or \"off\"".into()),
        (&"warn".into(), &"config.toml:1".into(), &"unknown key".into()),
    ];
    assert_eq!(told, expected);
    assert!(!log.contains("sk-live"), "{log}");
}

#[test]
fn a_variable_with_a_mistake_is_told_of_and_the_others_hold() {
    let env =
        TestEnv::new().set("GPTOS_DEADLINE_MS", "soon").set("GPTOS_HEDGE", "on").set("GPTOS_CONTEXT", "house").set("GPTOS_MEMORY", "off");
    let wrong = [
        "gptos: GPTOS_DEADLINE_MS: `deadline_ms`: expected a whole number from 500 to 60000",
        "gptos: GPTOS_CONTEXT: `context`: expected an array out of \"cwd\", \"branch\" and \"files\"",
    ];
    let shown = env.run(&["config", "show", "--origin"]);
    assert_eq!((shown.code, shown.err.lines().collect::<Vec<_>>()), (Some(0), wrong.to_vec()));
    let plain = shown.out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>();
    for line in [
        "deadline_ms = 8000 # default",
        "context = [] # default",
        "hedge = \"on\" # environment, GPTOS_HEDGE",
        "memory = \"off\" # environment, GPTOS_MEMORY",
    ] {
        assert!(plain.iter().any(|shown| shown == line), "{line}: {}", shown.out);
    }
    assert_eq!(env.run(&["config", "check"]).err.lines().collect::<Vec<_>>(), wrong);
    let answered = env.run(&["translate", "--shell", "bash", "--", "list files by size"]);
    assert_eq!((answered.code, answered.err.matches("GPTOS_").count()), (Some(0), 1), "{}", answered.err);
    let doctor = env.run(&["doctor"]).out;
    assert!(doctor.contains("-> unset GPTOS_DEADLINE_MS") && doctor.contains("-> unset GPTOS_CONTEXT"), "{doctor}");
}
