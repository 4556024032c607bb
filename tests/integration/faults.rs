//! Bad input and broken surroundings: in each case an answer from the next source or a one-line reason, in time.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

use crate::environment::{TestEnv, binary, provider_block, records, run, wait_until};
use crate::fake_provider::{FakeProvider, Reply, answer};

const KNOWN: &str = "find files bigger than 100 MB changed this week";
const UNKNOWN: &str = "frobnicate the quux";

fn one_line_reason(text: &str) -> bool {
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("hint: ")).collect();
    lines.len() == 1 && lines[0].starts_with("gptos: ")
}

#[test]
fn an_empty_or_endless_query_is_a_usage_error() {
    let env = TestEnv::new();
    for input in [b"".to_vec(), b"  \n\t ".to_vec(), vec![b'x'; 10 << 20], b"a\0b".to_vec(), b"\xff\xfe".to_vec()] {
        let run = env.run_with_input(&["translate", "--shell", "bash"], &input);
        assert_eq!(run.code, Some(64), "{} bytes: {}", input.len(), run.err);
        assert!(run.out.is_empty() && one_line_reason(&run.err), "{}", run.err);
        let widget = env.run_with_input(&["widget", "zsh"], &input);
        let records = records(&widget.out);
        assert_eq!(records.last().unwrap().0, "end");
        assert!(records.iter().all(|(kind, _, _)| kind != "cmd"));
        assert!(records.iter().any(|(kind, _, _)| kind == "msg"));
    }
}

#[test]
fn strange_letters_pass_through_whole() {
    let provider = FakeProvider::always(Reply::stream(&answer("echo ok")));
    let env = TestEnv::new();
    env.with_provider("own", &provider.base_url(), "");
    for query in [
        "frobnicate what's \"this\" `and` $(that)",
        "frobnicate 🦀 and 👩‍👩‍👧",
        "frobnicate שלום עולם",
        "frobnicate\nthe quux",
        "frobnicate --flag 'q' \\ %s",
    ] {
        let run = env.run_with_input(&["translate", "--shell", "bash", "--no-cache"], query.as_bytes());
        assert_eq!(run.out, "echo ok\n", "{query}: {}", run.err);
        let body: serde_json::Value = serde_json::from_slice(provider.requests().last().unwrap().body.as_bytes()).unwrap();
        let sent = body["messages"].as_array().unwrap().last().unwrap()["content"].as_str().unwrap().to_owned();
        // A line break can only fake a second speaker, so it goes out as a blank.
        let quoted = serde_json::to_string(&query.replace('\n', " ")).unwrap();
        assert!(sent.contains(&quoted), "{query:?} arrived as {sent:?}");
    }
}

#[test]
fn every_provider_fault_ends_in_the_next_source_within_the_deadline() {
    let good = FakeProvider::always(Reply::stream(&answer("echo second-source")));
    for (name, script) in [
        ("500", Reply::status("500 Internal Server Error", "", "oops")),
        ("429", Reply::status("429 Too Many Requests", "retry-after: 30\r\n", "{}")),
        ("401", Reply::status("401 Unauthorized", "", "{}")),
        ("half a stream", Reply::half_stream(&answer("echo hal"))),
        ("html", Reply::html()),
        ("100 MB", Reply::flood()),
    ] {
        let bad = FakeProvider::always(script);
        let env = TestEnv::new();
        env.configure(&format!("{}\n{}", provider_block("bad", &bad.base_url(), ""), provider_block("good", &good.base_url(), "")));
        let run = env.run(&["translate", "--shell", "bash", "--no-cache", "--", UNKNOWN]);
        assert_eq!(run.out, "echo second-source\n", "{name}: {}", run.err);
        assert!(run.took < Duration::from_millis(8500), "{name} took {:?}", run.took);
        env.configure(&provider_block("bad", &bad.base_url(), ""));
        let run = env.run(&["translate", "--shell", "bash", "--no-cache", "--", UNKNOWN]);
        assert_eq!((run.code, run.out.as_str()), (Some(1), ""), "{name}");
        assert!(one_line_reason(&run.err) && run.err.contains("bad: "), "{name}: {}", run.err);
        assert!(run.took < Duration::from_millis(8500), "{name} took {:?}", run.took);
    }
}

#[test]
fn a_silent_provider_costs_no_more_than_the_deadline() {
    let silent = FakeProvider::always(Reply::stream(&answer("echo late")).after(Duration::from_secs(20)));
    let env = TestEnv::new();
    env.configure(&format!("deadline_ms = 3000\n{}", provider_block("silent", &silent.base_url(), "")));
    let run = env.run(&["translate", "--shell", "bash", "--no-cache", "--", UNKNOWN]);
    assert_eq!((run.code, run.out.as_str()), (Some(1), ""));
    assert!(one_line_reason(&run.err) && run.err.contains("silent: "), "{}", run.err);
    assert!(run.took < Duration::from_millis(5000), "{:?}", run.took);
}

#[test]
fn a_model_on_this_machine_may_take_its_time_when_nobody_else_is_asked() {
    let slow = FakeProvider::always(Reply::stream(&answer("echo late")).after(Duration::from_secs(9)));
    let env = TestEnv::new();
    env.with_provider("local", &slow.base_url(), "");
    let run = env.run(&["translate", "--shell", "bash", "--no-cache", "--", UNKNOWN]);
    assert_eq!((run.code, run.out.as_str()), (Some(0), "echo late\n"), "{}", run.err);
}

#[test]
fn a_half_command_is_never_given_out() {
    let env = TestEnv::new();
    let bad = FakeProvider::always(Reply::half_stream(&answer("rm -rf /tmp/x")));
    env.with_provider("bad", &bad.base_url(), "");
    let run = env.run(&["translate", "--shell", "bash", "--no-cache", "--", UNKNOWN]);
    assert_eq!((run.code, run.out.as_str()), (Some(1), ""));
}

#[test]
fn a_hostile_answer_does_not_reach_the_shell() {
    for command in ["echo a\u{1b}]52;c;x\u{7}", "echo \u{202e}abc", "echo a\nrm -rf b", "echo 'unbalanced", "echo a\u{200b}b", ""] {
        let provider = FakeProvider::always(Reply::stream(&answer(command)));
        let env = TestEnv::new();
        env.with_provider("evil", &provider.base_url(), "");
        let run = env.run_with_input(&["widget", "fish"], UNKNOWN.as_bytes());
        assert!(records(&run.out).iter().all(|(kind, _, _)| kind != "cmd"), "{command:?} came through: {:?}", run.out);
        let text: String = run.out.replace('\0', "");
        assert!(!text.chars().any(char::is_control), "controls in what is shown: {text:?}");
    }
}

#[test]
fn without_a_home_it_still_answers_and_writes_nowhere_else() {
    let env = TestEnv::new();
    let mut command = Command::new(binary());
    command.args(["translate", "--shell", "bash", "--", KNOWN]).env_clear().current_dir(env.work());
    command.env("XDG_RUNTIME_DIR", env.work().join("none"));
    let run = run(command, b"");
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.out.starts_with("find "));
    assert_eq!(fs::read_dir(env.work()).unwrap().count(), 0, "no file in the working directory");
}

#[test]
fn with_a_home_it_may_not_write_it_still_answers() {
    let env = TestEnv::new();
    let root = env.home().parent().unwrap().to_owned();
    for directory in [root.as_path(), &env.work(), &env.home()] {
        fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let own = root.join("gptos");
    crate::environment::copy_program(binary(), &own);
    fs::set_permissions(&own, fs::Permissions::from_mode(0o755)).unwrap();
    let as_nobody = |arguments: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"]).args(arguments);
        command
            .env_clear()
            .env("HOME", env.home())
            .env("PATH", "/usr/bin:/bin")
            .env("XDG_RUNTIME_DIR", root.join("run"))
            .current_dir(env.work());
        run(command, b"")
    };
    let refused = as_nobody(&["sh", "-c", "echo x > \"$HOME/probe\""]);
    assert_ne!(refused.code, Some(0), "the home is writable, so this test would prove nothing");
    let own = own.to_str().unwrap();
    let answer = as_nobody(&[own, "translate", "--shell", "bash", "--", KNOWN]);
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    assert!(answer.out.starts_with("find "));
    let reason = as_nobody(&[own, "translate", "--shell", "bash", "--", UNKNOWN]);
    assert_eq!(reason.code, Some(1));
    assert!(one_line_reason(&reason.err), "{}", reason.err);
    as_nobody(&[own, "daemon", "stop"]);
}

#[test]
fn a_socket_path_that_is_too_long_moves() {
    let env = TestEnv::new();
    let long = env.work().join("d".repeat(120));
    fs::create_dir(&long).unwrap();
    fs::set_permissions(&long, fs::Permissions::from_mode(0o700)).unwrap();
    let command = |arguments: &[&str]| {
        let mut command = env.command(arguments);
        command.env("XDG_RUNTIME_DIR", &long);
        run(command, b"")
    };
    assert_eq!(command(&["translate", "--shell", "bash", "--", KNOWN]).code, Some(0));
    wait_until("a resident runs all the same", || command(&["status", "--json"]).code == Some(0));
    assert_eq!(command(&["daemon", "stop"]).code, Some(0));
}

#[test]
fn a_broken_configuration_is_named_and_changes_nothing() {
    let env = TestEnv::new();
    for (text, named) in [
        ("residnet = \"on\"\n", "config.toml:1"),
        ("\ndeadline_ms = \"soon\"\n", "config.toml:2"),
        ("[[provider]]\nname = \"x", "config.toml:2"),
    ] {
        env.configure(text);
        let check = env.run(&["config", "check"]);
        assert_eq!(check.code, Some(64), "{text:?}");
        assert!(check.err.contains(named), "{text:?}: {}", check.err);
        let answer = env.run(&["translate", "--shell", "bash", "--", KNOWN]);
        assert_eq!(answer.code, Some(0), "{}", answer.err);
        assert!(answer.out.starts_with("find "));
        assert!(answer.err.contains(named), "the user hears of it: {}", answer.err);
        env.run(&["daemon", "stop"]);
    }
}

#[test]
fn the_same_hint_is_not_given_twice_a_day() {
    let env = TestEnv::new().set("OPENAI_API_KEY", "sk-not-a-real-key-000000000000");
    let ask = || env.run(&["translate", "--shell", "bash", "--", UNKNOWN]).err;
    let (first, second) = (ask(), ask());
    assert!(first.contains("gptos provider add openai --key-env OPENAI_API_KEY"), "{first}");
    assert!(!first.contains("sk-not-a-real"), "the key is not shown");
    assert!(!second.contains("provider add"), "{second}");
    assert!(one_line_reason(&second));
}

#[test]
fn a_key_file_others_can_read_is_refused_with_its_name() {
    let provider = FakeProvider::always(Reply::stream(&answer("echo ok")));
    let env = TestEnv::new();
    let key = env.home().join("key");
    fs::write(&key, "secret-key\n").unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    env.with_provider("own", &provider.base_url(), &format!("key = {{ file = \"{}\" }}", key.display()));
    let refused = env.run(&["translate", "--shell", "bash", "--no-cache", "--", UNKNOWN]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("key") && !refused.err.contains("secret-key"), "{}", refused.err);
    assert_eq!(provider.count(), 0);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(env.run(&["translate", "--shell", "bash", "--no-cache", "--", UNKNOWN]).out, "echo ok\n");
    assert_eq!(provider.requests()[0].header("authorization"), Some("Bearer secret-key"));
}

#[test]
fn a_command_that_no_window_shows_as_a_whole_stays_out_of_the_buffer() {
    for (letters, is_given) in [(900, true), (1_100, false)] {
        let provider = FakeProvider::always(Reply::stream(&answer(&format!("echo {}", "a".repeat(letters)))));
        let env = TestEnv::new();
        env.with_provider("own", &provider.base_url(), "");
        let records = records(&env.run_with_input(&["widget", "zsh"], UNKNOWN.as_bytes()).out);
        assert_eq!(records.iter().any(|(kind, _, _)| kind == "cmd"), is_given, "{records:?}");
        assert_eq!(records.iter().any(|(kind, text, _)| kind == "msg" && text.contains("longer than a window")), !is_given, "{records:?}");
    }
}

#[test]
fn a_command_of_several_lines_is_printed_but_stays_out_of_the_buffer() {
    let provider = FakeProvider::always(Reply::stream(&answer("for i in 1 2\ndo\necho $i\ndone")));
    let env = TestEnv::new();
    env.with_provider("own", &provider.base_url(), "");
    let widget = env.run_with_input(&["widget", "zsh"], UNKNOWN.as_bytes());
    let records = records(&widget.out);
    assert!(records.iter().all(|(kind, _, _)| kind != "cmd"), "{records:?}");
    assert!(records.iter().any(|(kind, text, _)| kind == "msg" && text.contains("several lines")), "{records:?}");
    let printed = env.run(&["translate", "--shell", "bash", "--", UNKNOWN]);
    assert_eq!(printed.out, "for i in 1 2\ndo\necho $i\ndone\n", "{}", printed.err);
}
