//! Asking the resident without a process, and everything that sends the question to the program all the same.

use std::fs;
use std::os::unix::fs::chown;

use super::*;
use crate::pipes::{Asked, FakePipes};
use crate::real::Real;

const AGAIN: &str = "from the program";

/// A shell whose program always brings these pipes. On a busy machine the stand-in is slower than a key waits by default.
fn piped(pipes: &FakePipes, setup: Setup) -> Bench {
    let before = format!("_GPTOS_PIPES_LIMIT=10\n{}", setup.before);
    let place = pipes.place();
    Bench::new(|helper| helper.answer_after(NOW, &[(AGAIN, NOTE)]).pipes(&place), Setup { before, ..setup })
}

impl Bench {
    /// Asks by the key and waits for this answer.
    fn get(&self, words: &str, wanted: &str) {
        self.type_and_press(words, "C-g");
        self.expect_buffer(wanted);
        self.t.keys(&["C-e", "C-u"]);
        self.expect_buffer("");
    }
}

fn answering() -> FakePipes {
    FakePipes::serve(|asked| Some(asked.told(&["ls -lS é", "ls -lhS"])))
}

#[test]
fn an_answer_that_is_at_hand_costs_no_process() {
    for setup in [Setup::default(), vi(), asynchronous()] {
        let pipes = answering();
        let rc = "ll() { ls -l; }; alias gs='git status'; _hidden() { :; }; shopt -u interactive_comments".to_owned();
        let bench = piped(&pipes, Setup { rc, ..setup });
        bench.get("?? list files", AGAIN);
        assert_eq!((bench.helper.calls().len(), pipes.asked().len()), (1, 0));
        // The prompt's own functions are none of the user's.
        bench.type_and_press(" list files by 'size' é", "C-g");
        bench.t.wait_for_screen(&format!("● {}", crate::resident::NOTE));
        assert_eq!(bench.t.buffer(), "ls -lS é");
        bench.t.key("C-g");
        bench.expect_buffer("ls -lhS");
        bench.t.key("C-g");
        bench.expect_buffer(" list files by 'size' é");
        bench.t.key("C-u");
        bench.expect_buffer("");
        bench.type_and_press("?? list them", "Enter");
        bench.expect_buffer("ls -lS é");
        assert_eq!((bench.helper.calls().len(), bench.t.prompt_number()), (1, 1));
        assert_eq!(pipes.words(), [" list files by 'size' é", "list them"]);
        let asked: Asked = pipes.asked().remove(0);
        assert!(asked.names.contains(&"ll".to_owned()) && asked.names.contains(&"gs".to_owned()), "{asked:?}");
        assert!(!asked.names.iter().any(|name| name.starts_with('_')), "{asked:?}");
        assert_eq!(asked.rest, ["nocomments", "cursor=23"]);
        bench.t.assert_not_spinning();
    }
}

#[test]
fn the_answer_is_one_to_undo_to_run_and_to_report() {
    let pipes = FakePipes::serve(|asked| Some(asked.told(&["echo an's'wer"])));
    let bench = piped(&pipes, Setup::default());
    bench.get("?? say it", AGAIN);
    bench.type_and_press("?? say it", "C-g");
    bench.expect_buffer("echo an's'wer");
    bench.t.key("C-_");
    bench.expect_buffer("?? say it");
    bench.t.key("C-g");
    bench.expect_buffer("echo an's'wer");
    bench.read_and_enter();
    bench.t.wait_for_screen("\nanswer\n");
    let reports = bench.t.wait_for(|| Some(bench.helper.ran()).filter(|reports| !reports.is_empty()), "a report");
    assert_eq!((reports[0].query.as_str(), reports[0].command.as_str()), ("say it", "echo an's'wer"));
    bench.assert_sane();
}

#[test]
fn whatever_the_shell_is_set_to_it_asks_the_same() {
    for before in [
        "set -u",
        "set -e",
        "set -C",
        "set -f",
        "set -a",
        "set -o posix",
        "shopt -s nocasematch",
        "IFS=e1x",
        "shopt -s failglob",
        "export LC_ALL=C",
        "alias builtin=false exec=false printf=false",
    ] {
        let pipes = answering();
        let wanted = if before.contains("LC_ALL") { "ls" } else { "ls -lS é" };
        let bench = piped(&pipes, Setup { rc: before.to_owned(), ..Setup::default() });
        bench.get("?? list files", AGAIN);
        bench.type_and_press("?? list files", "C-g");
        bench.t.wait_for_buffer(|buffer| buffer.starts_with(wanted));
        assert_eq!((bench.helper.calls().len(), pipes.words()), (1, vec!["list files".to_owned()]), "{before}");
    }
}

#[test]
fn what_the_resident_does_not_have_at_hand_is_asked_of_the_program() {
    let pipes = FakePipes::serve(|asked| Some(if asked.words == "list" { asked.told(&["ls"]) } else { asked.is_for_the_program() }));
    let bench = piped(&pipes, Setup::default());
    bench.get("?? list", AGAIN);
    bench.get("?? list", "ls");
    bench.get("?? more", AGAIN);
    bench.get("?? list", "ls");
    // It is not asked a second time what is at hand.
    let calls = bench.helper.calls();
    assert_eq!((calls.len(), calls[1].contains("--at-once")), (2, false), "{calls:?}");
    // A provider is asked by the program.
    bench.get("??? list", AGAIN);
    assert_eq!((bench.helper.calls().len(), pipes.asked().len()), (3, 3));
}

#[test]
fn whatever_is_odd_is_left_to_the_program() {
    type Rule = fn(&Asked) -> Vec<u8>;
    let odd: [(&str, Rule); 13] = [
        ("garbage", |_| (0..=255).cycle().take(3000).collect()),
        ("an answer to another question", |asked| Asked { turn: "1000".to_owned(), ..asked.clone() }.told(&["evil"])),
        ("a length that is no number", |asked| [asked.turn.as_bytes(), b"$(id)"].concat()),
        ("a length with a sign", |asked| [asked.turn.as_bytes(), b"-0001cmd"].concat()),
        ("no text", |asked| [asked.turn.as_bytes(), b"00000"].concat()),
        ("less than it says", |asked| [asked.turn.as_bytes(), b"00099cmd\x1fevil\x1f\x1fend\x1f0\x1f\x1f"].concat()),
        ("more than it says", |asked| [asked.turn.as_bytes(), b"00010cmd\x1fevil\x1f\x1fend\x1f0\x1f\x1f"].concat()),
        ("cut in the head", |asked| asked.turn.as_bytes().to_vec()),
        ("no end", |asked| asked.says("cmd\x1fevil\x1f\x1f")),
        ("NULs", |asked| asked.says("\0\0\0\0\0\0\0\0\0\0\0\0")),
        ("no records", |asked| asked.says("a\x1fend\x1f0\x1f\x1f")),
        ("a failure of another kind", |asked| asked.says("cmd\x1fevil\x1f\x1fend\x1f1\x1f\x1f")),
        ("nothing", |_| Vec::new()),
    ];
    for (what, rule) in odd {
        let pipes = FakePipes::serve(move |asked| Some(if asked.words == "odd" { rule(asked) } else { asked.told(&["fine"]) }));
        let bench = piped(&pipes, with("_GPTOS_PIPES_LIMIT=0.2"));
        bench.get("?? first", AGAIN);
        bench.get("?? odd", AGAIN);
        assert_eq!((pipes.words(), bench.helper.calls().len()), (vec!["odd".to_owned()], 2), "{what}");
        bench.assert_sane();
    }
}

#[test]
fn control_characters_never_reach_the_line() {
    for bad in ["ls\ntouch x", "ls\u{1b}[2J", "ls\r", "\u{7}", "a\u{202e}b", ""] {
        let pipes = FakePipes::serve(move |asked| Some(asked.told(&[bad])));
        let bench = piped(&pipes, Setup::default());
        bench.get("?? first", AGAIN);
        bench.type_and_press("?? list files", "C-g");
        bench.t.wait_for_screen("gptos: no answer (the command held unprintable characters)");
        assert_eq!(bench.t.buffer(), "?? list files", "{bad:?}");
    }
}

#[test]
fn a_resident_that_dies_between_two_presses_or_in_one_costs_no_wait() {
    for dies_with_the_first in [true, false] {
        let pipes = FakePipes::serve(move |asked| {
            (!dies_with_the_first && asked.words != "die" || dies_with_the_first && asked.words == "live").then(|| asked.told(&["ls"]))
        });
        // A wait would be longer than this test has patience.
        let bench = piped(&pipes, with("_GPTOS_PIPES_LIMIT=600"));
        bench.get("?? first", AGAIN);
        if !dies_with_the_first {
            bench.get("?? list", "ls");
        }
        // In a press: it has read the question.
        bench.get("?? die", AGAIN);
        // Between two: nobody reads, though the files are there, which the program names once more.
        bench.get("?? again", AGAIN);
        assert_eq!(pipes.words().last().unwrap(), "die");
        fs::remove_file(pipes.end("told")).unwrap();
        bench.get("?? gone", AGAIN);
        bench.assert_sane();
    }
}

#[test]
fn a_wait_for_a_resident_that_hangs_can_be_cancelled() {
    let pipes = FakePipes::serve(|_| Some(Vec::new()));
    let bench = piped(&pipes, with("_GPTOS_PIPES_LIMIT=2"));
    bench.get("?? first", AGAIN);
    bench.type_and_press("?? list files", "C-g");
    bench.t.wait_for(|| (pipes.asked().len() == 1).then_some(()), "the question");
    bench.t.key("C-c");
    bench.t.wait_for_screen("gptos: cancelled");
    assert_eq!(bench.t.buffer(), "?? list files");
    bench.t.keys(&["C-e", "C-u"]);
    // What it says in the end is an answer to nothing.
    bench.get("?? next", AGAIN);
    assert_eq!(bench.helper.queries(), ["first", "next"]);
    bench.assert_sane();
}

#[test]
fn nothing_is_written_to_what_may_be_another_users() {
    type Change = fn(&FakePipes);
    let changes: [(&str, Change); 4] = [
        ("a file", |pipes| {
            fs::remove_file(pipes.end("ask")).unwrap();
            fs::write(pipes.end("ask"), "").unwrap();
        }),
        ("a pipe of another user", |pipes| chown(pipes.end("ask"), Some(65534), None).unwrap()),
        ("answers of another user", |pipes| chown(pipes.end("told"), Some(65534), None).unwrap()),
        ("a folder", |pipes| {
            fs::remove_file(pipes.end("told")).unwrap();
            fs::create_dir(pipes.end("told")).unwrap();
        }),
    ];
    for (what, change) in changes {
        let pipes = answering();
        let bench = piped(&pipes, Setup::default());
        bench.get("?? first", AGAIN);
        change(&pipes);
        bench.get("?? second", AGAIN);
        assert_eq!(pipes.asked(), [], "{what}");
        assert!(what != "a file" || fs::read(pipes.end("ask")).unwrap().is_empty());
    }
}

#[test]
fn a_shell_that_a_program_would_see_otherwise_asks_the_program() {
    for change in
        ["PATH=$PATH:/x", "export LANG=C", "unset XDG_RUNTIME_DIR", "export GPTOS_CONTEXT=cwd", "export -n PATH", "GPTOS_BIN+=.sh"]
    {
        let pipes = answering();
        let bench = piped(&pipes, Setup { env: vec![("XDG_RUNTIME_DIR".into(), "/nowhere".into())], ..Setup::default() });
        let bin = bench.helper.write();
        fs::copy(&bin, format!("{}.sh", bin.display())).unwrap();
        bench.get("?? first", AGAIN);
        bench.t.type_text(change);
        bench.read_and_enter();
        bench.t.wait_for_prompt(2);
        bench.get("?? second", AGAIN);
        assert_eq!((pipes.asked().len(), bench.helper.calls().len()), (0, 2), "{change}");
    }
}

#[test]
fn a_shell_that_is_part_of_a_trace_says_so_each_time() {
    let pipes = answering();
    let bench = piped(&pipes, Setup { rc: "set -u".to_owned(), ..Setup::default() });
    bench.get("?? first", AGAIN);
    for (prompt, (set, said)) in (2..).zip([
        ("TRACEPARENT=00-a", None),
        ("export TRACEPARENT", Some("traceparent=00-a")),
        ("TRACEPARENT=00-b", Some("traceparent=00-b")),
        ("printf -v TRACEPARENT %0200d 0", None),
    ]) {
        bench.t.type_text(set);
        bench.read_and_enter();
        bench.t.wait_for_prompt(prompt);
        bench.get("list", "ls -lS é");
        let rest = pipes.asked().pop().unwrap().rest;
        assert_eq!(rest.iter().find(|field| field.starts_with("traceparent=")).map(String::as_str), said, "{set}");
    }
    assert_eq!(bench.helper.calls().len(), 1);
}

#[test]
fn a_subshell_does_not_speak_for_the_shell_and_programs_inherit_nothing() {
    let pipes = answering();
    let bench = piped(&pipes, Setup::default());
    bench.get("?? first", AGAIN);
    bench.get("?? second", "ls -lS é");
    bench.t.type_text("(__gptos_put_to_pipes third; echo \"r$?\"); ls -l /proc/self/fd");
    bench.read_and_enter();
    bench.t.wait_for_prompt(2);
    let screen = bench.t.wait_for_screen("\nr1\n");
    assert!(!screen.contains("17.1."), "{screen}");
    bench.get("?? fourth", "ls -lS é");
    assert_eq!((pipes.words(), bench.helper.calls().len()), (vec!["second".to_owned(), "fourth".to_owned()], 1));
}

#[test]
fn the_users_last_job_stays_the_users() {
    let pipes = answering();
    let bench = piped(&pipes, Setup::default());
    bench.get("?? first", AGAIN);
    bench.t.type_text("sleep 600 & job=$!");
    bench.read_and_enter();
    bench.t.wait_for_prompt(2);
    bench.get("?? second", "ls -lS é");
    bench.t.type_text("[ \"$job\" = \"$!\" ] && echo sa'm'e; kill $job");
    bench.read_and_enter();
    bench.t.wait_for_screen("\nsame\n");
}

#[test]
fn the_real_resident_answers_without_a_process_until_it_dies() {
    let real = Real::new(Shell::Bash);
    let (one, other) = (real.shell(), real.shell());
    real.settle(&one);
    real.settle(&other);
    real.assert_each_is_served([&one, &other]);
    real.enter_a_project(&one);
    real.settle(&one);
    real.assert_files_end_in_time(&one, other);
}
