//! How many steps of the shell's own language a press of the key takes when the answer is at hand. Each costs fish four microseconds and zsh
//! two to four, and they add up to as much as a process. Times depend on the machine; these numbers do not.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::processes::press_the_key;
use crate::resident::{FakeResident, Say};
use crate::slate::FakeSlate;
use crate::terminal::{Setup, Shell, Terminal};

/// How often the key is pressed. On a busy machine the resident may be late for one, which then takes the long way.
const PRESSES: usize = 8;
/// How long the shell may take to end.
const DEADLINE: Duration = Duration::from_secs(20);

/// Stands in the trace behind the steps of a press.
const END: &str = "true end-of-press";

/// What makes the key write its steps to a file, which fish does when it ends: lines before the integration and behind it.
fn traced_key(shell: Shell, trace: &Path) -> (String, String) {
    let file = trace.display();
    match shell {
        // What a key does is not in the trace of fish, but in its profile.
        Shell::Fish => (
            format!("if not set -q TRACED; set -x TRACED 1; exec fish -i --profile='{file}'; end"),
            format!(r"function __traced; __gptos_key; {END}; end; bind \cg __traced"),
        ),
        // The line editor turns the trace off when it calls a widget.
        _ => (
            String::new(),
            format!(
                "__traced() {{ () {{ setopt local_options xtrace; __gptos_translate }} 2>>'{file}'; print '{END}' >>'{file}' }}
zle -N __traced; bindkey '^G' __traced"
            ),
        ),
    }
}

/// The records of an answer but for its end.
const ANSWER: [(&str, &str); 4] = [("reading", "files here, largest first"), ("cmd", "ls -lhS"), ("others", ""), ("took", "0.1 ms")];

/// The fewest steps of a press for an answer that the resident has, asked over this slate if there is one.
fn fewest(shell: Shell, slate: Option<&FakeSlate>) -> usize {
    let place = slate.map(|slate| ("pipes".to_owned(), slate.place().display().to_string()));
    let answer: Vec<_> = place.into_iter().chain(ANSWER.map(|(kind, text)| (kind.to_owned(), text.to_owned()))).collect();
    let resident = FakeResident::start(move |wish, _| if wish == "answer" { Say::Records(answer.clone()) } else { Say::ask() });
    let dir = tempfile::tempdir().unwrap();
    let trace = dir.path().join("trace");
    let (before, rc) = traced_key(shell, &trace);
    let bin = PathBuf::from(env!("CARGO_BIN_EXE_gptos"));
    // How often it looks for an answer is not counted, and this stand-in is slower than a resident.
    let before = if slate.is_some() { format!("{before}\nset -g _GPTOS_LOOKS (seq 200000)") } else { before };
    let setup = Setup { bin, before, rc, ..Setup::default() };
    let runtime = ("XDG_RUNTIME_DIR".to_owned(), resident.folder().parent().unwrap().display().to_string());
    let setup = if shell == Shell::Zsh { resident.setup(setup) } else { Setup { env: [setup.env, vec![runtime]].concat(), ..setup } };
    let t = Terminal::start(shell, setup);
    for number in 0..=PRESSES {
        t.type_text(&format!("?? list files {number}"));
        t.wait_for_buffer(|buffer| buffer.ends_with(&format!("files {number}")));
        press_the_key(&t, "ls -lhS");
        t.key("C-u");
        t.wait_for_buffer(str::is_empty);
    }
    let asked = slate.map_or_else(|| resident.asked().len(), |slate| slate.asked().len() + 1);
    assert!(asked >= PRESSES, "each press asks the resident");
    t.key("C-d");
    let started = Instant::now();
    let presses = loop {
        let text = String::from_utf8_lossy(&fs::read(&trace).unwrap_or_default()).into_owned();
        let presses = counted(&text);
        if presses.len() > PRESSES {
            break presses;
        }
        assert!(started.elapsed() < DEADLINE, "the trace is not whole: {text}");
        thread::sleep(Duration::from_millis(8));
    };
    // The first one reads the rest of the integration.
    *presses[1..].iter().min().unwrap()
}

/// The steps of each press. What stands below them in the profile of fish has no time.
fn counted(trace: &str) -> Vec<usize> {
    let mut presses = Vec::new();
    let mut count = 0;
    for line in trace.lines().filter(|line| line.starts_with(|c: char| c == '+' || c.is_ascii_digit()) || *line == END) {
        if line.ends_with(END) {
            presses.push(count);
            count = 0;
        } else if line.contains("test -s ") {
            // A look whether the answer is there. How often one is needed is a matter of time.
        } else if line.starts_with('+') || line.contains("->") {
            count += 1;
            // What happens between the presses is none of them.
            if line.ends_with("-> __gptos_key") {
                count = 1;
            }
        }
    }
    presses
}

#[test]
fn fish_takes_few_steps_for_an_answer_that_is_at_hand() {
    let steps = fewest(Shell::Fish, None);
    assert!((45..=80).contains(&steps), "{steps}");
}

#[test]
fn fish_takes_few_steps_on_its_slate() {
    let records = ANSWER.map(|(kind, text)| format!("{kind}\0{text}\0\0")).concat() + "end\x000\0\0";
    let slate = FakeSlate::serve(move |asked| Some(asked.says(&records)));
    let steps = fewest(Shell::Fish, Some(&slate));
    assert!((45..=80).contains(&steps), "{steps}");
}

#[test]
fn zsh_takes_few_steps_for_an_answer_that_is_at_hand() {
    let steps = fewest(Shell::Zsh, None);
    assert!((120..=250).contains(&steps), "{steps}");
}

/// The helper of a key press has no terminal of its own for that moment; jobs have theirs afterwards as before.
#[test]
fn jobs_of_fish_are_controlled_as_before() {
    let resident = FakeResident::start(|wish, _| match wish {
        "answer" => Say::Records(
            [("reading", "files here"), ("cmd", "ls -lhS"), ("took", "0.1 ms")]
                .map(|(kind, text)| (kind.to_owned(), text.to_owned()))
                .to_vec(),
        ),
        _ => Say::ask(),
    });
    for (before, after) in [("", "interactive"), ("status job-control full", "full"), ("status job-control none", "no")] {
        let runtime = ("XDG_RUNTIME_DIR".to_owned(), resident.folder().parent().unwrap().display().to_string());
        let bin = PathBuf::from(env!("CARGO_BIN_EXE_gptos"));
        let env = vec![runtime];
        let t = Terminal::start(Shell::Fish, Setup { bin, rc: before.to_owned(), env, ..Setup::default() });
        t.type_text("?? list files");
        t.wait_for_buffer(|buffer| buffer.ends_with("files"));
        press_the_key(&t, "ls -lhS");
        t.key("C-u");
        t.type_text(&format!("status is-{after}-job-control; and echo as before"));
        thread::sleep(Duration::from_millis(600));
        t.key("Enter");
        t.wait_for_screen("\nas before");
    }
}
