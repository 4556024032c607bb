//! The command line as a user and a script see it.

use crate::environment::{TestEnv, records};

const KNOWN: &str = "find files bigger than 100 MB changed this week";

#[test]
fn the_command_stands_alone_on_standard_output() {
    let env = TestEnv::new();
    for arguments in
        [vec![KNOWN], vec!["--", "find", "files", "bigger", "than", "100", "MB", "changed", "this", "week"], vec!["translate", "--", KNOWN]]
    {
        let run = env.run(&arguments);
        assert_eq!(run.code, Some(0), "{arguments:?}: {}", run.err);
        assert_eq!(run.out.lines().count(), 1);
        assert!(run.out.starts_with("find . ") && run.out.contains("-size +100M"), "{}", run.out);
        assert!(run.err.is_empty(), "{}", run.err);
    }
    assert_eq!(env.run_with_input(&["translate"], KNOWN.as_bytes()).out, env.run(&[KNOWN]).out);
}

#[test]
fn words_after_the_dashes_are_the_query_and_standard_input_is_not_read() {
    let env = TestEnv::new();
    let run = env.run_with_input(&["translate", "--shell", "bash", "--", "list files by size"], KNOWN.as_bytes());
    assert!(run.out.starts_with("ls "), "{}", run.out);
}

#[test]
fn a_lone_unknown_word_goes_nowhere() {
    let env = TestEnv::new();
    let run = env.run(&["sttaus"]);
    assert_eq!((run.code, run.out.as_str()), (Some(64), ""));
    assert!(run.err.contains("status"), "{}", run.err);
    assert!(!env.socket().exists(), "no resident was started for it");
    assert_eq!(env.run(&["list", "files"]).code, Some(64));
}

#[test]
fn help_is_short_and_help_all_is_whole() {
    let env = TestEnv::new();
    let short = env.run(&["--help"]).out;
    let verbs = short.split("Commands:").nth(1).or_else(|| short.split("Verbs:").nth(1)).unwrap_or(&short);
    let listed = verbs.lines().skip(1).take_while(|line| !line.trim().is_empty()).count();
    assert!((3..=10).contains(&listed), "{short}");
    let all = env.run(&["help", "all"]).out;
    for verb in [
        "translate",
        "explain",
        "fix",
        "init",
        "daemon run",
        "daemon stop",
        "status",
        "metrics",
        "cache clear",
        "config check",
        "provider add",
        "batch translate",
        "completions",
        "man",
    ] {
        assert!(all.contains(verb), "{verb} is missing in help all");
    }
}

#[test]
fn a_line_is_explained_and_never_run() {
    let env = TestEnv::new();
    let run = env.run(&["explain", "--shell", "bash", "--", "touch made; ls -l | head -n 3"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.out.contains("| head") && run.out.contains("the first 3 lines"), "{}", run.out);
    assert!(run.out.lines().last().is_some_and(|line| line.starts_with("risk low")), "{}", run.out);
    assert!(!std::path::Path::new("made").exists());
    let short = env.run_with_input(&["explain", "--short"], b"sudo systemctl restart nginx\n");
    assert_eq!(short.out, "as root: restart nginx\n");
    let json: serde_json::Value = serde_json::from_str(&env.run(&["explain", "--json", "--", "frobnicate"]).out).unwrap();
    assert_eq!((json["commands"][0]["known"].as_bool(), json["whole"].as_bool()), (Some(false), Some(true)));
    assert_eq!(env.run(&["explain", "--shell", "bash", "--", "ls | | wc"]).code, Some(64));
    assert_eq!(env.run_with_input(&["explain"], b"").code, Some(64));
    assert!(!env.socket().exists(), "no resident was started for it");
}

#[test]
fn batch_answers_every_line_with_its_id() {
    let env = TestEnv::new();
    let input = format!("{{\"id\":\"a\",\"query\":\"{KNOWN}\"}}\n{{\"id\":7,\"query\":\"frobnicate the quux\"}}\n");
    let run = env.run_with_input(&["batch", "translate", "--offline", "--no-cache", "--shell", "bash"], input.as_bytes());
    assert_eq!(run.code, Some(0), "{}", run.err);
    let lines: Vec<serde_json::Value> = run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines[0]["id"].as_str(), lines[1]["id"].as_i64()), (Some("a"), Some(7)));
    assert!(lines[0]["command"].as_str().unwrap().starts_with("find "));
    assert!(lines[0]["confidence"].as_f64().unwrap() >= 0.8);
    assert_eq!(lines[0]["source"], "offline");
    assert!(lines[0]["alternatives"].is_array());
    assert!(lines[1]["command"].is_null());
    let guess = env.run_with_input(
        &["batch", "translate", "--offline", "--shell", "bash"],
        b"{\"id\":1,\"query\":\"find all user files larger than 5MB\"}\n",
    );
    let line: serde_json::Value = serde_json::from_str(&guess.out).unwrap();
    assert_eq!((line["guess"].as_bool(), line["confidence"].as_f64().map(|sure| sure < 0.8)), (Some(true), Some(true)));
    assert_eq!((lines[0]["guess"].as_bool(), lines[1]["guess"].as_bool()), (Some(false), Some(false)));
}

#[test]
fn init_sets_what_the_configuration_says_unless_the_user_did() {
    let env = TestEnv::new();
    env.configure("[shell]\nkey = \"ctrl-t\"\n");
    for shell in ["zsh", "bash", "fish"] {
        let text = env.run(&["init", shell]).out;
        assert!(text.contains("ctrl-t") && text.contains("GPTOS_KEY"), "{shell}");
        assert!(text.contains(crate::environment::binary().to_str().unwrap()), "{shell} gets the absolute path");
    }
}

#[test]
fn completions_and_manual_come_from_the_same_definition() {
    let env = TestEnv::new();
    for shell in ["zsh", "bash", "fish"] {
        assert!(env.run(&["completions", shell]).out.contains("translate"));
    }
    assert!(env.run(&["man"]).out.starts_with(".") || env.run(&["man"]).out.contains(".TH"));
}

#[test]
fn the_resident_can_be_turned_off() {
    let env = TestEnv::new();
    env.configure("resident = \"off\"\n");
    let run = env.run(&[KNOWN]);
    assert_eq!(run.code, Some(0));
    assert!(!env.socket().exists());
    assert_ne!(env.run(&["daemon", "run"]).code, Some(0));
    assert_eq!(env.run(&["status"]).code, Some(1));
}

#[test]
fn no_cache_neither_reads_nor_writes() {
    let env = TestEnv::new();
    let mut resident = env.start_resident();
    let entries = || serde_json::from_str::<serde_json::Value>(&env.run(&["cache", "stats", "--json"]).out).unwrap()["entries"].clone();
    env.run(&["translate", "--shell", "bash", "--no-cache", "--", KNOWN]);
    assert_eq!(entries(), 0);
    env.run(&["translate", "--shell", "bash", "--", KNOWN]);
    assert_eq!(entries(), 1);
    assert_eq!(env.run(&["cache", "clear"]).code, Some(0));
    assert_eq!(entries(), 0);
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn the_widget_ends_with_its_status_and_tells_source_and_risk() {
    let env = TestEnv::new();
    let run = env.run_with_input(&["widget", "zsh"], KNOWN.as_bytes());
    let records = records(&run.out);
    // On a busy machine it says that it is waiting first.
    let told: Vec<&str> = records.iter().map(|record| record.0.as_str()).filter(|kind| *kind != "tick").collect();
    assert_eq!(told[..4], ["reading", "cmd", "others", "took"]);
    let first = records.iter().find(|record| record.0 == "cmd").unwrap();
    assert!(first.2.contains("offline") && first.2.contains("risk none"), "{}", first.2);
    assert_eq!(records.last().unwrap().0, "end");
}

#[test]
fn a_list_holds_other_ways_with_and_without_a_resident() {
    let env = TestEnv::new();
    let list = || {
        let records = records(&env.run_with_input(&["widget", "zsh", "--list"], b"how many lines are in notes.txt").out);
        assert!(records.iter().all(|record| record.0 != "others"), "{records:?}");
        records.into_iter().filter(|record| record.0 == "cmd").map(|record| record.1).collect::<Vec<_>>()
    };
    let alone = list();
    assert!(alone.len() > 1 && alone[0] == "wc -l notes.txt", "{alone:?}");
    let mut resident = env.start_resident();
    assert_eq!(list(), alone);
    assert_eq!(list(), alone, "also when the answer comes from the cache");
    env.run(&["daemon", "stop"]);
    resident.wait().unwrap();
}

#[test]
fn a_command_fits_the_package_manager_of_the_asking_shell() {
    let env = TestEnv::new();
    let system = |manager: &str| {
        let bin = env.home().join(manager).join("bin");
        std::fs::create_dir_all(&bin).unwrap();
        if !bin.join(manager).exists() {
            std::os::unix::fs::symlink("/bin/true", bin.join(manager)).unwrap();
        }
        let mut command = env.command(&["translate", "--", "install the package htop"]);
        command.env("PATH", bin);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    // One resident serves both.
    assert_eq!(system("dnf"), "sudo dnf install htop\n");
    assert_eq!(system("pacman"), "sudo pacman -S htop\n");
    assert_eq!(system("dnf"), "sudo dnf install htop\n");
}
