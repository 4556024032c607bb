use std::fs;
use std::path::Path;

use super::*;
use crate::domain::{Secret, ShellFacts, ShellKind};
use crate::providers::ReachSettings;
use crate::suggest::ports::{AttemptLimits, Heard, RedactedText, Span};

fn facts(home: &Path) -> ShellFacts {
    ShellFacts {
        shell: ShellKind::Bash,
        shell_version: String::new(),
        cwd: "/".into(),
        home: Some(home.to_owned()),
        path: "/usr/bin:/bin".into(),
        locale: "C".into(),
        proxies: vec![("https_proxy".into(), "http://user:hush@p:1".into())],
        keys: vec![("OPENAI_API_KEY".into(), Secret::new("hush".into())), ("USER".into(), Secret::new("ada".into()))],
        own_commands: Vec::new(),
        comments: true,
    }
}

fn sh(script: &str) -> CommandProvider {
    let argv = ["sh", "-c", script].map(str::to_owned).to_vec();
    let settings =
        ProviderSettings { name: "mine".into(), reach: ReachSettings::Program(argv.clone()), model: "sh".into(), key: None, price: None };
    CommandProvider::new(&settings, &argv)
}

fn prompt() -> Prompt {
    Prompt { system: "Answer with JSON.".into(), user: RedactedText::mask("{\"request\":\"list $(touch x) files\"}"), max_tokens: 200 }
}

async fn ask(provider: &CommandProvider, home: &Path) -> Result<RawAnswer, AttemptError> {
    let short = Duration::from_millis(1);
    let limits = AttemptLimits { connect: short, first_chunk: short, gap: short, total: short };
    provider
        .ask(Call { prompt: &prompt(), facts: &facts(home), limits, heard: &Heard::default(), span: &Span::default(), resends: 0 })
        .await
}

#[tokio::test]
async fn the_words_go_in_and_what_is_printed_comes_out() {
    let home = tempfile::tempdir().expect("makes a directory");
    let provider = sh("cat > \"$HOME/heard\"; env > \"$HOME/env\"; echo '{\"command\": \"ls\"}'");
    let answer = ask(&provider, home.path()).await.expect("the limits of a network do not count");
    let expected =
        RawAnswer { text: "{\"command\": \"ls\"}\n".into(), model: "sh".into(), pause: None, usage: None, first_chunk: answer.first_chunk };
    assert_eq!(answer, expected);
    let heard = fs::read_to_string(home.path().join("heard")).expect("was written");
    assert_eq!(heard, "Answer with JSON.\n{\"request\":\"list $(touch x) files\"}\n");
    let seen = fs::read_to_string(home.path().join("env")).expect("was written");
    assert!(seen.contains("USER=ada\n") && !seen.contains("hush") && !seen.contains("CARGO"), "{seen}");
    let shown = provider.preview(&prompt()).expect("can be shown");
    assert_eq!((shown.method, shown.url.as_str(), shown.body), ("RUN", "sh", heard.into_bytes()));
    assert_eq!(provider.pace(), Pace::Command);
}

#[tokio::test]
async fn its_first_output_is_heard_before_it_ends() {
    let home = tempfile::tempdir().expect("makes a directory");
    let provider = sh("printf l; until [ -e \"$HOME/heard\" ]; do sleep 0.01; done; echo s");
    let (prompt, facts, heard) = (prompt(), facts(home.path()), Heard::default());
    let limits = AttemptLimits { connect: TIME, first_chunk: TIME, gap: TIME, total: TIME };
    let go_on = async {
        heard.wait().await;
        fs::write(home.path().join("heard"), "").expect("writes");
    };
    let span = Span::default();
    let (answer, ()) =
        tokio::join!(provider.ask(Call { prompt: &prompt, facts: &facts, limits, heard: &heard, span: &span, resends: 0 }), go_on);
    let answer = answer.expect("an answer");
    assert_eq!(answer.text, "ls\n");
    assert!(answer.first_chunk.is_some());
}

#[tokio::test]
async fn a_program_need_not_read_and_long_words_do_not_block_it() {
    let home = tempfile::tempdir().expect("makes a directory");
    let long = Prompt { system: "x".repeat(1 << 20), ..prompt() };
    let limits = AttemptLimits { connect: TIME, first_chunk: TIME, gap: TIME, total: TIME };
    for (script, expected) in [("echo ls", "ls\n"), ("head -c 1 >/dev/null; echo ls", "ls\n"), ("wc -c", "1048613\n")] {
        let answer = sh(script)
            .ask(Call { prompt: &long, facts: &facts(home.path()), limits, heard: &Heard::default(), span: &Span::default(), resends: 0 })
            .await;
        assert_eq!(answer.map(|answer| answer.text), Ok(expected.to_owned()), "{script}");
    }
}

#[tokio::test]
async fn failures_have_their_class_and_do_not_repeat_what_was_printed() {
    let home = tempfile::tempdir().expect("makes a directory");
    for (script, class, detail) in [
        ("echo hush; echo hush >&2; exit 3", FailureClass::Transient, "sh: exit status 3; hint: run it in a terminal"),
        ("kill -9 $$", FailureClass::Transient, "sh: was killed"),
        ("true", FailureClass::Malformed, "sh: printed nothing"),
        ("echo ' '", FailureClass::Malformed, "sh: printed nothing"),
        ("printf '\\377'", FailureClass::Malformed, "sh: what it printed is not text"),
        ("yes", FailureClass::Malformed, "sh: printed too much"),
    ] {
        let error = ask(&sh(script), home.path()).await.expect_err("no answer");
        assert_eq!((error.class, error.detail.as_str()), (class, detail), "{script}");
    }
    let mut absent = sh("");
    absent.argv = vec!["/nonexistent/llm".to_owned()].into();
    let error = ask(&absent, home.path()).await.expect_err("no program");
    assert_eq!((error.class, error.detail.as_str()), (FailureClass::Config, "sh: no such program"));
}

/// Whether the process whose number is in the file ended within some seconds.
fn is_gone(file: &Path) -> bool {
    let read = || fs::read_to_string(file).ok()?.trim().parse::<i32>().ok();
    let wait = |found: &dyn Fn() -> bool| {
        (0..250).any(|_| {
            std::thread::sleep(Duration::from_millis(20));
            found()
        })
    };
    assert!(wait(&|| read().is_some()), "the program did not start");
    let pid = read().and_then(rustix::process::Pid::from_raw).expect("a pid");
    // A killed child that nobody waited for yet is still there as a zombie.
    wait(&|| {
        rustix::process::test_kill_process(pid).is_err()
            || fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") Z "))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_or_unwanted_program_is_killed_with_its_children() {
    let home = tempfile::tempdir().expect("makes a directory");
    let child = home.path().join("child");
    let mut late = sh("sleep 60 & echo $! > \"$HOME/child\"; wait");
    late.time = Duration::from_millis(300);
    let error = ask(&late, home.path()).await.expect_err("late");
    assert_eq!((error.class, error.detail.as_str()), (FailureClass::Slow(Stage::Total), "sh: not done within 0.3 s"));
    assert!(is_gone(&child));

    fs::remove_file(&child).expect("was written");
    late.time = TIME;
    let facts = facts(home.path());
    let limits = AttemptLimits { connect: TIME, first_chunk: TIME, gap: TIME, total: TIME };
    let started = async {
        while fs::read_to_string(&child).map_or(true, |text| text.is_empty()) {
            tokio::task::yield_now().await;
        }
    };
    let (prompt, heard) = (prompt(), Heard::default());
    let span = Span::default();
    tokio::select! {
        answer = late.ask(Call { prompt: &prompt, facts: &facts, limits, heard: &heard, span: &span, resends: 0 }) => panic!("nobody answers: {answer:?}"),
        () = started => {}
    }
    assert!(is_gone(&child));
}
