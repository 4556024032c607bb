//! Asking the resident without a process, and everything that sends the question to the program all the same.

use std::fs;
use std::os::unix::fs::chown;
use std::process::Command;

use gptos::line::one_go::bare_words;

use super::{LIVE, NOTE, NOW, Scene, read_the_line};
use crate::attacks::table;
use crate::real::Real;
use crate::slate::{Asked, FakeSlate};
use crate::terminal::{Setup, Shell};

const AGAIN: &str = "from the program";
/// On a busy machine the stand-in is slower than a key waits by default.
const PATIENT: &str = "set -g _GPTOS_LOOKS (seq 200000)";

/// A shell whose program always brings this slate.
fn slated(slate: &FakeSlate, before: &str, env: Vec<(String, String)>) -> Scene {
    let before = format!("{LIVE}\n{PATIENT}\n{before}");
    let place = slate.place();
    Scene::with(Setup { before, env, ..Setup::default() }, |fake, _| fake.answer_after(NOW, &[(AGAIN, NOTE)]).pipes(&place))
}

impl Scene {
    /// Asks by the key and waits for this answer.
    fn get(&self, words: &str, wanted: &str) {
        self.ask(words);
        self.expect(wanted);
        self.t.keys(&["C-e", "C-u"]);
        self.expect("");
    }
}

fn answering() -> FakeSlate {
    FakeSlate::serve(|asked| Some(asked.told(&["ls -lS é", "ls -lhS"])))
}

#[test]
fn an_answer_that_is_at_hand_costs_no_process() {
    for vi in [false, true] {
        let slate = answering();
        let rc = "function ll; ls -l; end; function _hidden; end".to_owned();
        let place = slate.place();
        let before = format!("{LIVE}\n{PATIENT}");
        let s = Scene::with(Setup { before, rc, vi, ..Setup::default() }, |fake, _| fake.answer_after(NOW, &[(AGAIN, NOTE)]).pipes(&place));
        s.get("list files", AGAIN);
        assert_eq!((s.fake.calls().len(), slate.asked().len()), (1, 0));
        s.ask("?? list files by 'size' é");
        s.t.wait_for_screen(&format!("● {}", crate::resident::NOTE));
        assert_eq!(s.t.buffer(), "ls -lS é");
        s.t.key("C-g");
        s.expect("ls -lhS");
        s.t.key("C-g");
        s.expect("?? list files by 'size' é");
        s.t.key("C-u");
        s.expect("");
        // Words without marks, with the cursor among them.
        s.t.type_text("list them");
        s.t.keys(&["Left", "Left"]);
        s.t.key("C-g");
        s.expect("ls -lS é");
        assert_eq!(s.t.cursor(), "ls -lS é".chars().count());
        s.t.keys(&["C-e", "C-u"]);
        s.expect("");
        read_the_line();
        s.t.type_text("?? list on Enter");
        s.t.key("Enter");
        s.expect("ls -lS é");
        assert_eq!((s.fake.calls().len(), s.t.prompt_number()), (1, 1));
        assert_eq!(slate.lines(), ["?? list files by 'size' é", "list them", "?? list on Enter"]);
        let asked = slate.asked();
        assert_eq!(asked[1].cursor, "7");
        assert!(asked[0].names.contains(&"ll".to_owned()) && !asked[0].names.iter().any(|name| name.starts_with('_')), "{asked:?}");
        s.t.assert_not_spinning();
    }
}

#[test]
fn words_without_marks_lead_to_a_slate_too() {
    let slate = answering();
    let s = slated(&slate, "", Vec::new());
    for words in ["list files", "list them"] {
        s.get(words, if words == "list files" { AGAIN } else { "ls -lS é" });
    }
    let wish = format!("pipes={}", s.t.pid());
    assert!(s.fake.written().iter().any(|written| written.split('\0').any(|field| field == wish)), "{:?}", s.fake.written());
}

#[test]
fn words_after_a_late_answer_have_one_of_their_own() {
    let slate = FakeSlate::serve(|asked| {
        Some(match asked.line.as_str() {
            "?? other" => asked.says("cmd\0ls\0cache · risk none\0msg\0a remark\0\0end\x000\0\0"),
            _ => "tried\n".to_owned(),
        })
    });
    let place = slate.place();
    let before = format!("{LIVE}\n{PATIENT}");
    let s = Scene::new(&before, |fake, _| {
        fake.answer_after(NOW, &[(AGAIN, NOTE)]).pipes(&place).answer_after(super::SLOW, &[("echo late", NOTE)])
    });
    s.get("first", AGAIN);
    s.ask("?? slow");
    s.t.wait_for_screen("gptos: waiting");
    s.t.type_text(" words");
    s.t.wait_for_screen("press the key again");
    s.t.keys(&["C-e", "C-u"]);
    s.t.type_text("?? other");
    read_the_line();
    s.t.key("Enter");
    s.expect("ls");
    s.t.wait_for_screen("a remark");
}

#[test]
fn what_nobody_reads_does_not_stay() {
    let slate = FakeSlate::serve(|_| None);
    let place = slate.place();
    let s = Scene::new(LIVE, |fake, _| fake.answer_after(NOW, &[(AGAIN, NOTE)]).pipes(&place));
    s.get("first", AGAIN);
    s.get("?? list with mysql -psecret", AGAIN);
    assert_eq!(fs::read_to_string(slate.end("ask")).unwrap(), "");
}

#[test]
fn the_answer_is_one_to_undo_to_run_and_to_report() {
    for words in ["?? say it", "say it"] {
        let slate = FakeSlate::serve(|asked| Some(asked.told(&["echo an's'wer"])));
        let s = slated(&slate, "", Vec::new());
        s.get("first", AGAIN);
        s.ask(words);
        s.expect("echo an's'wer");
        s.t.key("C-z");
        s.expect(words);
        s.t.key("C-g");
        s.expect("echo an's'wer");
        read_the_line();
        s.t.key("Enter");
        s.t.wait_for_screen("\nanswer\n");
        let reports = s.t.wait_for(|| Some(s.fake.ran()).filter(|reports| !reports.is_empty()), "a report");
        assert_eq!((reports[0].query.as_str(), reports[0].command.as_str()), ("say it", "echo an's'wer"));
        assert_eq!(s.fake.calls().len(), 1);
    }
}

#[test]
fn what_the_resident_does_not_have_at_hand_is_asked_of_the_program() {
    let slate = FakeSlate::serve(|asked| {
        Some(match asked.line.as_str() {
            "?? list" => asked.told(&["ls"]),
            "?? other" => "other\n".to_owned(),
            line if line.starts_with("?? ") => "tried\n".to_owned(),
            _ => "other\n".to_owned(),
        })
    });
    let s = slated(&slate, "", Vec::new());
    s.get("first", AGAIN);
    s.get("?? list", "ls");
    s.get("?? more", AGAIN);
    s.get("?? list", "ls");
    // It is not asked a second time what is at hand, but where nobody has looked at the line.
    let calls = s.fake.calls();
    assert_eq!((calls.len(), calls[1].contains("--at-once")), (2, false), "{calls:?}");
    s.get("?? other", AGAIN);
    assert!(s.fake.calls()[2].contains("--at-once"));
    // A provider is asked by the program, and what begins with a blank is read here.
    s.get("??? list", AGAIN);
    s.get(" ?? list", AGAIN);
    let lines = ["?? list", "?? more", "?? list", "?? other", "??? list", " ?? list"];
    assert_eq!(slate.lines(), lines);
}

#[test]
fn an_answer_with_more_than_suggestions_is_shown_whole() {
    let slate = FakeSlate::serve(|asked| Some(asked.says("cmd\0ls\0cache · risk none\0msg\0a remark\0\0end\x000\0\0")));
    let s = slated(&slate, "", Vec::new());
    s.get("first", AGAIN);
    for line in ["?? list", "list them"] {
        s.ask(line);
        s.expect("ls");
        s.t.wait_for_screen("a remark");
        s.t.key("C-g");
        s.expect(line);
        s.t.key("C-u");
        s.expect("");
    }
    assert_eq!(s.fake.calls().len(), 1);
}

#[test]
fn whatever_is_odd_is_left_to_the_program() {
    type Rule = fn(&Asked) -> String;
    let odd: [(&str, Rule); 6] = [
        ("nothing", |_| String::new()),
        ("garbage", |_| (' '..='~').cycle().take(3000).collect()),
        ("an empty line", |_| "\n".to_owned()),
        ("another sign", |asked| asked.told(&["evil"]).replacen("laid", "played", 1)),
        ("records alone", |_| "cmd\nevil\n\nend\n0\n\n".to_owned()),
        ("a NUL before all", |asked| format!("\0{}", asked.told(&["evil"]))),
    ];
    for (what, rule) in odd {
        let slate = FakeSlate::serve(move |asked| Some(if asked.line == "?? odd" { rule(asked) } else { asked.told(&["fine"]) }));
        let s = slated(&slate, "", Vec::new());
        s.get("first", AGAIN);
        s.get("?? odd", AGAIN);
        assert_eq!((slate.lines(), s.fake.calls().len()), (vec!["?? odd".to_owned()], 2), "{what}");
    }
}

#[test]
fn control_characters_never_reach_the_line() {
    for (bad, why) in [
        ("ls\u{1b}[2J", "unprintable"),
        ("ls\r", "unprintable"),
        ("\u{7}", "unprintable"),
        ("a\u{202e}b", "unprintable"),
        ("ls\ntouch x", "layout"),
        ("", "layout"),
    ] {
        let slate = FakeSlate::serve(move |asked| Some(asked.told(&["good"]).replace("good", bad)));
        let s = slated(&slate, "", Vec::new());
        s.get("first", AGAIN);
        s.ask("?? list files");
        let screen = s.t.wait_for(
            || Some(s.t.screen()).filter(|screen| screen.contains("refused") || s.t.buffer() == "ls"),
            "the answer to be refused",
        );
        // A line break makes two fields of one, the first of which stands alone.
        assert!(screen.contains(why) || bad.contains('\n'), "{bad:?}: {screen}");
        assert!(["?? list files", "ls"].contains(&s.t.buffer().as_str()), "{bad:?}");
    }
}

#[test]
fn a_resident_that_dies_between_two_presses_or_in_one_costs_a_moment() {
    for dies_with_the_first in [true, false] {
        let slate = FakeSlate::serve(move |asked| (!dies_with_the_first && asked.line != "?? die").then(|| asked.told(&["ls"])));
        let place = slate.place();
        let s = Scene::new(LIVE, |fake, _| fake.answer_after(NOW, &[(AGAIN, NOTE)]).pipes(&place));
        s.get("first", AGAIN);
        if !dies_with_the_first {
            // The stand-in may be too slow for the patience of a key, and then the program says once more where it is.
            s.t.wait_for(
                || {
                    s.ask("?? list");
                    s.t.wait_for_buffer(|buffer| ["ls", AGAIN].contains(&buffer));
                    let at_hand = s.t.buffer() == "ls";
                    s.t.keys(&["C-e", "C-u"]);
                    s.expect("");
                    at_hand.then_some(())
                },
                "an answer without a process",
            );
        }
        // In a press: it has read the question.
        s.get("?? die", AGAIN);
        // Between two: nobody reads, though the files are there, which the program names once more.
        s.get("?? again", AGAIN);
        fs::remove_file(slate.end("told")).unwrap();
        s.get("?? gone", AGAIN);
        fs::remove_file(slate.end("ask")).unwrap();
        s.get("?? all gone", AGAIN);
        assert!(!slate.end("ask").exists(), "nothing is made where nobody reads");
    }
}

#[test]
fn what_comes_too_late_is_no_answer_to_the_next_question() {
    let slate = FakeSlate::serve(|asked| {
        if asked.line == "?? slow" {
            std::thread::sleep(super::SLOW * 6);
        }
        Some(asked.told(&[&asked.line[3..]]))
    });
    let place = slate.place();
    let s = Scene::new("set -g _GPTOS_LOOKS (seq 8000)", |fake, _| {
        fake.answer_after(NOW, &[(AGAIN, NOTE)]).pipes(&place).answer_after(NOW, &[("by the program", NOTE)])
    });
    s.get("first", AGAIN);
    s.get("?? slow", "by the program");
    // The slate is not asked again before it was given anew.
    s.get("?? next", "by the program");
    s.t.wait_for(|| fs::read_to_string(slate.end("told")).is_ok_and(|told| told.contains("slow")).then_some(()), "the late answer");
    s.get("?? last", "by the program");
    assert_eq!(slate.lines(), ["?? slow"]);
}

#[test]
fn nothing_is_written_to_what_may_be_anothers() {
    type Change = fn(&FakeSlate);
    let changes: [(&str, Change); 4] = [
        ("a pipe, which would be waited for", |slate| {
            fs::remove_file(slate.end("ask")).unwrap();
            let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
            rustix::fs::mknodat(rustix::fs::CWD, slate.end("ask"), rustix::fs::FileType::Fifo, mode, 0).unwrap();
        }),
        ("a file of another user", |slate| chown(slate.end("ask"), Some(65534), None).unwrap()),
        ("answers of another user", |slate| chown(slate.end("told"), Some(65534), None).unwrap()),
        ("a folder", |slate| {
            fs::remove_file(slate.end("ask")).unwrap();
            fs::create_dir(slate.end("ask")).unwrap();
        }),
    ];
    for (what, change) in changes {
        let slate = answering();
        let s = slated(&slate, "", Vec::new());
        s.get("first", AGAIN);
        change(&slate);
        s.get("?? second", AGAIN);
        assert_eq!(slate.asked(), [], "{what}");
    }
}

#[test]
fn a_shell_that_a_program_would_see_otherwise_asks_the_program() {
    for (change, is_another) in [
        ("set -a PATH /x", true),
        ("set -gx LANG C", true),
        ("set -e XDG_RUNTIME_DIR", true),
        ("set -gx GPTOS_CONTEXT cwd", true),
        ("set -gx TRACEPARENT 00-a", true),
        ("set -gu HOME $HOME", true),
        ("set GPTOS_BIN $GPTOS_BIN.sh", true),
        ("set PATH $PATH", false),
        ("set -gx OTHER 1", false),
        ("LC_ALL=C true", false),
        ("begin; set -lx PATH /x; end", false),
    ] {
        let slate = answering();
        let s = slated(&slate, "", vec![("XDG_RUNTIME_DIR".into(), "/nowhere".into())]);
        let bin = s.fake.write();
        fs::copy(&bin, format!("{}.sh", bin.display())).unwrap();
        s.get("first", AGAIN);
        s.t.type_text(change);
        read_the_line();
        s.t.key("Enter");
        s.t.wait_for_prompt(2);
        s.get("?? second", if is_another { AGAIN } else { "ls -lS é" });
        let expected = if is_another { (0, 2) } else { (1, 1) };
        assert_eq!((slate.asked().len(), s.fake.calls().len()), expected, "{change}");
    }
}

#[test]
fn what_is_private_is_not_written_there() {
    let slate = answering();
    let s = slated(&slate, "", Vec::new());
    s.get("first", AGAIN);
    s.t.type_text("set fish_private_mode 1");
    read_the_line();
    s.t.key("Enter");
    s.t.wait_for_prompt(2);
    s.get("?? second", AGAIN);
    assert_eq!(slate.asked(), []);
}

#[test]
fn hostile_answers_run_nothing_and_print_no_controls() {
    let marks = tempfile::tempdir().unwrap();
    let attacks = table::records(&marks.path().display().to_string());
    assert!(attacks.len() > 80);
    let texts: Vec<String> = attacks.iter().map(|(_, text)| text.clone()).collect();
    // As the first suggestion, and as a later one with its note, each as it is and as no resident would lay it out.
    let slate = FakeSlate::serve(move |asked| {
        let (number, way) = asked.line.strip_prefix("?? ")?.split_once(' ')?;
        let text = texts.get(number.parse::<usize>().ok()?)?;
        let [first, later, note] = match way {
            "first" => [text, "echo honest", NOTE],
            "later" => ["echo honest", text, text],
            _ => ["echo honest", "echo other", NOTE],
        };
        let laid = asked.says("cmd\0FIRST\0NOTE\0cmd\0LATER\0NOTE\0end\x000\0\0");
        Some(laid.replace("FIRST", first).replace("LATER", later).replace("NOTE", note))
    });
    let place = slate.place();
    let before = format!("{LIVE}\n{PATIENT}");
    let env = vec![("NO_COLOR".into(), "1".into())];
    let setup = Setup { before, env, columns: 200, rows: 50, ..Setup::default() };
    let s = Scene::with(setup, |fake, _| fake.answer_after(NOW, &[(AGAIN, NOTE)]).pipes(&place));
    s.get("first", AGAIN);
    let t = &s.t;
    let (state, mut asked) = (t.state(), 0);
    for (number, (id, _)) in attacks.iter().enumerate() {
        for (way, presses) in [("first", 1), ("later", 2)] {
            t.keys(&["C-e", "C-u", "C-l"]);
            s.expect("");
            t.type_text(&format!("?? {number} {way}"));
            t.key("C-g");
            asked += 1;
            t.wait_for(|| (slate.asked().len() + s.fake.calls().len() > asked).then_some(()), "the question");
            for press in 0..presses {
                t.wait_until_idle();
                assert!(!t.buffer().contains(char::is_control), "{id}, {way}, {press}: {:?}", t.buffer());
                // fish colours the line itself.
                let screen = t.coloured_screen();
                let notes = screen.lines().filter(|line| line.contains('●'));
                assert!(
                    !notes.into_iter().any(|line| line.contains('\u{1b}')) && !screen.contains("\u{1b}[8m"),
                    "{id}, {way}, {press}: {screen:?}"
                );
                assert_eq!(t.state(), state, "{id}, {way}, {press}: the terminal was changed");
                assert_eq!(fs::read_dir(marks.path()).unwrap().count(), 0, "{id}, {way}, {press}: a command ran");
                assert_eq!(t.prompt_number(), 1, "{id}, {way}, {press}: a line ran");
                t.key("C-g");
            }
        }
    }
    t.keys(&["C-e", "C-u", "C-l"]);
    s.expect("");
    s.get("?? 0 again", "echo honest");
    assert!(slate.asked().len() > attacks.len(), "most are asked on the slate");
}

/// A small file system in memory, which goes with this.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn new() -> Self {
        let disk = Self(tempfile::tempdir().unwrap());
        let options = ["-t", "tmpfs", "-o", "size=64k", "tmpfs"];
        assert!(Command::new("mount").args(options).arg(disk.0.path()).status().unwrap().success());
        disk
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

#[test]
fn where_memory_is_full_the_program_answers_and_nothing_is_written_again() {
    if !rustix::process::geteuid().is_root() || std::env::var_os("GPTOS_TEST_FISH_ROOT").is_some() {
        // Nobody else may mount, and the other system would not see it.
        return;
    }
    let disk = SmallDisk::new();
    let slate = FakeSlate::serve_in(disk.0.path(), |asked| Some(asked.told(&["ls"])));
    let s = slated(&slate, "", Vec::new());
    s.get("first", AGAIN);
    s.get("?? list", "ls");
    let _ = fs::write(disk.0.path().join("ballast"), vec![0; 1 << 20]);
    s.get("?? second", AGAIN);
    // fish says so itself, and keeps no redirection from it.
    assert!(s.t.screen().contains("No space left"), "{}", s.t.screen());
    s.t.key("C-l");
    for words in ["?? third", "fourth"] {
        s.get(words, AGAIN);
    }
    assert!(!s.t.screen().contains("No space left"), "{}", s.t.screen());
    assert_eq!((slate.lines(), s.fake.calls().len()), (vec!["?? list".to_owned()], 4));
}

#[test]
fn what_has_a_meaning_of_its_own_at_enter_is_not_taken_for_words() {
    let parts = ["start", "asks"].map(|part| fs::read_to_string(format!("{}/shell/fish/{part}.fish", env!("CARGO_MANIFEST_DIR"))).unwrap());
    let start = parts.concat();
    let function = |name: &str| {
        let begun = start.find(&format!("function {name}\n")).unwrap();
        &start[begun..begun + start[begun..].find("\nend\n").unwrap() + 5]
    };
    // All short lines of these signs, with every option on that gives a line a meaning.
    let mut lines = vec![String::new()];
    for length in 0..6 {
        let shorter: Vec<String> = lines.iter().filter(|line| line.len() == length).cloned().collect();
        lines.extend(shorter.iter().flat_map(|line| ["?", " ", "#", "g"].map(|sign| format!("{line}{sign}"))));
    }
    let script = format!(
        "set -g GPTOS_HASH 1; set -g GPTOS_SCOPES g gg\n{}{}{}for line in $argv; __gptos_asks $line; and echo 1; or echo 0; end",
        function("__gptos_may_ask"),
        function("__gptos_is_wish"),
        function("__gptos_asks")
    );
    let output = Command::new("fish").args(["--no-config", "-c", &script]).args(&lines).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let asks: Vec<bool> = told.lines().map(|told| told == "1").collect();
    assert_eq!(asks.len(), lines.len(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(asks.iter().filter(|asks| **asks).count() > 100);
    for (line, asks) in lines.iter().zip(asks) {
        assert!(!asks || bare_words(line).is_none(), "{line:?}");
    }
}

#[test]
fn the_real_resident_answers_without_a_process_until_it_dies() {
    let real = Real::new(Shell::Fish);
    let (one, other) = (real.shell(), real.shell());
    real.settle(&one);
    if one.is_newer_fish() {
        // It sees folders of its own there, so the resident does not know where it stands, and the program answers.
        one.wait_for(
            || {
                Real::ask(&other);
                (real.served().len() == 2).then_some(())
            },
            "a slate for the other shell",
        );
    } else {
        real.settle(&other);
    }
    real.assert_each_is_served([&one, &other]);
    // What was asked and told does not stay.
    let files = || fs::read_dir(real.path("run/gptos/v1.pipes")).unwrap().map(|entry| entry.unwrap().path());
    one.wait_for(|| files().all(|file| fs::metadata(file).is_ok_and(|found| found.len() == 0)).then_some(()), "the files to be emptied");
    real.enter_a_project(&one);
    // Words without marks are answered too.
    for words in ["?? list files by size", "list files by size"] {
        // A resident that is busy leaves the question to the program.
        let without_a_process = || {
            let before = real.calls();
            one.type_text(words);
            one.key("C-g");
            one.wait_for_buffer(|buffer| buffer.starts_with("ls "));
            one.key("C-u");
            one.wait_for_buffer(str::is_empty);
            (real.calls() == before).then_some(())
        };
        one.wait_for(without_a_process, words);
    }
    real.assert_files_end_in_time(&one, other);
}
