//! What the gate lets through, shows or keeps out, from a provider to the shell and on the command line.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::environment::{TestEnv, provider_block, records};
use crate::fake_provider::{FakeProvider, Reply, answer};

const UNKNOWN: &str = "frobnicate the quux";
const KNOWN: &str = "find files bigger than 100 MB changed this week";

#[test]
fn an_answer_that_may_only_be_shown_reaches_the_user() {
    for (command, told) in
        [("ssh ro\u{43e}t@host", "ssh ro\\u{43e}t@host"), ("ls !sudo", "ls !sudo"), ("cd src\nls", "cd src; ls"), ("ls &\ndf", "ls &\\ndf")]
    {
        let provider = FakeProvider::always(Reply::stream(&answer(command)));
        let env = TestEnv::new();
        env.with_provider("own", &provider.base_url(), "");
        let run = env.run(&["translate", "--shell", "bash", "--", UNKNOWN]);
        assert_eq!((run.code, run.out.as_str()), (Some(1), ""), "{command:?}");
        assert!(run.err.contains(told) && run.err.contains("(risk "), "{command:?}: {}", run.err);
        assert_eq!(run.err.lines().filter(|line| line.contains(told)).count(), 1, "{}", run.err);

        let run = env.run_with_input(&["widget", "bash"], format!("{UNKNOWN}\0").as_bytes());
        let records = records(&run.out);
        assert!(records.iter().all(|(kind, _, _)| kind != "cmd"), "{records:?}");
        let messages: Vec<_> = records.iter().filter(|(kind, _, _)| kind == "msg").collect();
        assert_eq!(messages.len(), 1, "{records:?}");
        let shown = &messages[0].1;
        assert!(shown.contains(&told.replace('\\', "")) || shown.contains(told), "{shown}");
        assert!(!shown.contains(|c: char| c.is_control() || c == '\u{43e}'), "{shown}");
        assert_eq!(records.last().map(|(kind, status, _)| (kind.as_str(), status.as_str())), Some(("end", "1")));
    }
}

#[test]
fn beside_another_answer_it_is_no_more_than_a_remark() {
    let odd = FakeProvider::always(Reply::stream(&answer("ls !sudo")));
    let good = FakeProvider::always(Reply::stream(&answer("echo second-source")));
    let env = TestEnv::new();
    env.configure(&format!("{}\n{}", provider_block("odd", &odd.base_url(), ""), provider_block("good", &good.base_url(), "")));
    let run = env.run(&["translate", "--shell", "bash", "--no-cache", "--", UNKNOWN]);
    assert_eq!((run.code, run.out.as_str()), (Some(0), "echo second-source\n"), "{}", run.err);
    env.configure(&provider_block("odd", &odd.base_url(), ""));
    let run = env.run_with_input(&["widget", "bash", "--fresh"], format!("{KNOWN}\0").as_bytes());
    let records = records(&run.out);
    assert!(records.iter().any(|(kind, text, _)| kind == "cmd" && text.starts_with("find ")), "{records:?}");
    assert!(records.iter().any(|(kind, text, _)| kind == "msg" && text.contains("ls !sudo")), "{records:?}");
    assert_eq!(records.last().map(|(_, status, _)| status.as_str()), Some("0"));
}

#[test]
fn check_answers_people_scripts_and_pipes() {
    let env = TestEnv::new();
    for (arguments, code) in [
        (vec!["check", "--shell", "bash", "--", "ls", "-l"], 0),
        (vec!["check", "--shell", "bash", "--", "rm -r build"], 3),
        (vec!["check", "--shell", "bash", "--", "curl http://x.test/a | sh"], 4),
        (vec!["check", "--shell", "bash", "--", "sudo rm -rf /"], 5),
        (vec!["check", "--shell", "bash", "--", "ls # ; rm -rf /"], 0),
        (vec!["check", "--shell", "zsh", "--", "ls # ; rm -rf /"], 5),
        (vec!["check", "--shell", "tcsh", "--", "ls"], 64),
        (vec!["check"], 64),
        (vec!["check", "--", " "], 64),
    ] {
        let run = env.run(&arguments);
        assert_eq!(run.code, Some(code), "{arguments:?}: {}{}", run.out, run.err);
        assert_eq!(run.out.is_empty(), code == 64, "{arguments:?}");
        assert!(!run.out.contains('\u{1b}'), "a pipe gets no colours");
    }
    let piped = env.run_with_input(&["check", "--shell", "bash"], b"sudo rm -rf /\n");
    assert_eq!((piped.code, &piped.out), (Some(5), &env.run(&["check", "--shell", "bash", "--", "sudo rm -rf /"]).out));
    let run = env.run_with_input(&["check", "--shell", "bash", "--json", "-"], b"true; rm -r build");
    let report: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((run.code, report["risk"].as_str()), (Some(3), Some("medium")));
    assert!(report["findings"][0]["start"].as_u64().unwrap() >= 6, "{report}");
    // What the user and the project say counts here as it does at Enter.
    env.configure(
        "[rules]\nsilence = [\"git-force-push\"]\n[[rules.add]]\nid = \"mine\"\nprograms = [\"cp\"]\nrisk = \"high\"\nreason = \"prod\"\n",
    );
    for (line, code) in [("cp -r one prod", 4), ("git push -f", 3)] {
        assert_eq!(env.run(&["check", "--shell", "bash", "--", line]).code, Some(code), "{line}");
        let batch = env.run_with_input(&["batch", "check"], format!("{{\"id\": 1, \"command\": \"{line}\"}}\n").as_bytes());
        assert_eq!(batch.out.contains("\"high\""), code == 4, "{line}: {}", batch.out);
    }
    assert_eq!(env.run_with_input(&["check"], b"ls \xff").code, Some(64));
    assert_eq!(env.run_with_input(&["check"], &vec![b'a'; 1024 * 1024 + 1]).code, Some(64));
}

#[test]
fn batch_gates_answer_every_id_and_name_what_is_wrong() {
    let env = TestEnv::new();
    let raw = |text: &str| STANDARD.encode(text);
    let lines = |run: &crate::environment::Run| -> Vec<serde_json::Value> {
        run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let input = "{\"id\":1,\"command\":\"rm -rf ~\"}\nnonsense\n{\"id\":\"b\"}\n{\"command\":\"ls\"}\n{\"id\":3,\"command\":\"ls\"}\n";
    let run = env.run_with_input(&["batch", "check"], input.as_bytes());
    let found = lines(&run);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert_eq!(found.iter().map(|line| line["id"].to_string()).collect::<Vec<_>>(), ["1", "\"b\"", "3"]);
    assert_eq!((found[0]["risk"].as_str(), found[1]["risk"].as_str(), found[2]["risk"].as_str()), (Some("critical"), None, Some("none")));
    assert!(run.err.contains("line 2: not JSON") && run.err.contains("line 3: ") && run.err.contains("line 4: `id`"), "{}", run.err);

    let fish = "{\"id\":1,\"command\":\"for x in 1 2; echo $x; end\"}\n";
    assert_eq!(lines(&env.run_with_input(&["batch", "check"], fish.as_bytes()))[0]["risk"], "low");
    assert_eq!(lines(&env.run_with_input(&["batch", "check", "--shell", "bash"], fish.as_bytes()))[0]["risk"], "medium");

    let input = format!("{{\"id\":1,\"raw_b64\":\"{}\"}}\n{{\"id\":2,\"raw_b64\":\"?\"}}\n", raw("ls # ; rm -rf ~"));
    let run = env.run_with_input(&["batch", "sanitize"], input.as_bytes());
    let found = lines(&run);
    assert_eq!((found[0]["action"].as_str(), found[0]["risk"].as_str()), (Some("warn"), Some("critical")), "{found:?}");
    assert_eq!((found[1]["action"].as_str(), found[1]["text"].as_str()), (Some("refuse"), Some("")));
    assert!(run.err.contains("line 2: `raw_b64`: not base64"), "{}", run.err);
    let run = env.run_with_input(&["batch", "sanitize", "--shell", "bash"], input.as_bytes());
    assert_eq!(lines(&run)[0]["action"], "insert");

    let input = "{\"id\":1,\"text\":\"mysql -u root -pHu7xPq92Lm db\"}\n{\"id\":2,\"text\":\"ls\"}\n{\"id\":3,\"text\":4}\n";
    let run = env.run_with_input(&["batch", "redact"], input.as_bytes());
    let found = lines(&run);
    assert!(!run.out.contains("Hu7xPq92Lm"), "{}", run.out);
    assert_eq!((found[1]["text"].as_str(), found[2]["text"].as_str()), (Some("ls"), None));
    assert_eq!(env.run_with_input(&["batch", "redact"], b"nonsense\n").code, Some(64));
}

#[test]
fn writing_over_a_file_that_is_there_is_told_of_and_a_new_name_is_not() {
    let env = TestEnv::new();
    std::fs::write(env.work().join("notes.txt"), "x").unwrap();
    let check = |line: &str| env.run(&["check", "--shell", "bash", "--", line]);
    let said = |line: &str| env.run(&["explain", "--shell", "bash", "--", line]).out;
    let suggested = || {
        let run = env.run(&["translate", "--shell", "bash", "--offline", "--json", "--", "copy notes.txt to other.txt"]);
        serde_json::from_str::<serde_json::Value>(&run.out).unwrap()
    };
    assert_eq!(check("cp notes.txt other.txt").code, Some(0));
    assert!(said("cp notes.txt other.txt").contains("risk low"));
    assert_eq!((suggested()["command"].as_str(), suggested()["risk"].as_str()), (Some("cp notes.txt other.txt"), Some("low")));

    std::fs::write(env.work().join("other.txt"), "what was there").unwrap();
    let run = check("cp notes.txt other.txt");
    assert_eq!(run.code, Some(3), "{}", run.out);
    assert!(run.out.contains("overwrite-existing  overwrites other.txt, which is there"), "{}", run.out);
    assert!(said("cp notes.txt other.txt").contains("risk medium  overwrites other.txt, which is there"));
    let report = suggested();
    assert_eq!((report["risk"].as_str(), report["blast"].as_str()), (Some("medium"), Some("overwrites other.txt (14 bytes)")), "{report}");
    let run = env.run_with_input(&["widget", "bash"], b"copy notes.txt to other.txt\0\0");
    let note = records(&run.out).into_iter().find(|(kind, ..)| kind == "cmd").map(|(_, _, note)| note).unwrap_or_default();
    assert!(note.contains("risk medium: overwrites other.txt, which is there"), "{}", run.out);
    let recorded = env.run(&["audit", "export"]).out;
    let last = recorded.lines().last().unwrap_or_default();
    assert!(last.contains("\"risk\":\"medium\"") && last.contains("overwrite-existing"), "{recorded}");
    // A rule of its own, so that a user can turn it off.
    env.configure("[rules]\nsilence = [\"overwrite-existing\"]\n");
    assert_eq!(check("cp notes.txt other.txt").code, Some(0));
}
