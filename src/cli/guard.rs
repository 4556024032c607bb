//! `gptos guard`: judges the line that stands in the edit buffer when Enter is pressed.
//!
//! It judges in its own process and asks nobody, so that nothing that is stopped, busy or gone can hold the shell or let a line through.

use std::io::Read;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::ask::Surroundings;
use super::output::{Output, visible};
use super::widget::record;
use super::{ExitStatus, facts};
use crate::domain::{Risk, ShellKind};
use crate::line::standing::Standing;
use crate::syntax;
use crate::system::blast;
use crate::validate::{self, Effect, Policy, Verdict};

/// The shell waits 100 ms; what is not known by now would come too late.
const LIMIT: Duration = Duration::from_millis(80);
/// The longest line that is read, in bytes.
const MAX_LINE: usize = 1024 * 1024;
/// The analyser is bounded in depth; this holds its bound in unoptimised builds too.
const STACK: usize = 16 * 1024 * 1024;
/// Longest text for the user, in characters.
const MAX_TEXT: usize = 240;

/// What becomes of a line.
#[derive(Debug, PartialEq, Eq)]
enum Ruling {
    /// It runs.
    Pass(Risk),
    /// It runs after a second Enter.
    Hold(Risk, String),
    /// It does not run.
    Stop(String),
}

/// Reads the line from standard input and prints the ruling as one record.
pub(super) fn run(shell: ShellKind, output: &mut Output<'_>) -> ExitStatus {
    let begun = Instant::now();
    let (sender, receiver) = mpsc::channel();
    let work = move || {
        let ruled = read_line(&mut std::io::stdin().lock()).map(|line| {
            let facts = facts::gather(shell, String::new());
            let policy = Standing::look(&Surroundings::look().paths, &facts).policy(&facts);
            (rule(&line, &policy), facts)
        });
        match ruled {
            Ok(((ruling, effects), facts)) => {
                // The ruling stands before anybody counts files; nobody may be waiting for either.
                let held = matches!(ruling, Ruling::Hold(..));
                let _ = sender.send(Stage::Ruled(Ok(ruling)));
                let _ = sender.send(Stage::Reach(if held { blast::describe(&effects, &facts) } else { None }));
            }
            Err(cause) => drop(sender.send(Stage::Ruled(Err(cause)))),
        }
    };
    let ruled = within(LIMIT, begun, work, &receiver);
    let status = match ruled {
        Ok(Ok(Ruling::Pass(risk))) => {
            record(output, "pass", risk.name(), "");
            ExitStatus::Success
        }
        Ok(Ok(Ruling::Hold(risk, text))) => {
            let reach = receiver.recv_timeout(LIMIT.saturating_sub(begun.elapsed()));
            let text = match reach {
                Ok(Stage::Reach(Some(reach))) => printable(&format!("{text} ({reach})")),
                _ => text,
            };
            record(output, "hold", risk.name(), &text);
            ExitStatus::Success
        }
        Ok(Ok(Ruling::Stop(text))) => {
            record(output, "stop", "placeholder", &text);
            ExitStatus::Success
        }
        Ok(Err(cause)) | Err(cause) => {
            record(output, "msg", &visible(&cause), "");
            ExitStatus::Internal
        }
    };
    record(output, "end", &status.code().to_string(), "");
    status
}

/// What the judging thread has found out.
enum Stage {
    /// What becomes of the line, or why that is not known.
    Ruled(Result<Ruling, String>),
    /// How many files it reaches.
    Reach(Option<String>),
}

/// Runs `work` on a thread of its own and waits for the ruling no longer than `limit` after `begun`; a thread that is late is left behind and
/// ends with the process.
fn within(
    limit: Duration,
    begun: Instant,
    work: impl FnOnce() + Send + 'static,
    receiver: &mpsc::Receiver<Stage>,
) -> Result<Result<Ruling, String>, String> {
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(work);
    thread.map_err(|error| format!("the line was not checked: {error}"))?;
    match receiver.recv_timeout(limit.saturating_sub(begun.elapsed())) {
        Ok(Stage::Ruled(ruled)) => Ok(ruled),
        Ok(Stage::Reach(_)) | Err(mpsc::RecvTimeoutError::Disconnected) => Err("the line was not checked: an internal error".to_owned()),
        Err(mpsc::RecvTimeoutError::Timeout) => Err("the line was not checked: it took too long".to_owned()),
    }
}

/// One byte more than the limit tells that there is more.
fn read_line(input: &mut impl Read) -> Result<Vec<u8>, String> {
    let mut line = Vec::new();
    let limit = u64::try_from(MAX_LINE).unwrap_or(u64::MAX).saturating_add(1);
    input.take(limit).read_to_end(&mut line).map_err(|error| format!("the line was not checked: standard input: {error}"))?;
    Ok(line)
}

/// What becomes of a line, and what it does to files.
fn rule(line: &[u8], policy: &Policy) -> (Ruling, Vec<Effect>) {
    if line.len() > MAX_LINE {
        return (Ruling::Hold(Risk::High, "risk high: the line is too long to be judged".to_owned()), Vec::new());
    }
    let line = String::from_utf8_lossy(line);
    if let Some(gap) = validate::unfilled(&line, policy.shell) {
        let text = printable(&format!("{gap} is still to be filled in (a redirect has no name in brackets: < in > out)"));
        return (Ruling::Stop(text), Vec::new());
    }
    // The shell does not tell its options here, and in zsh one of them decides whether what follows a `#` runs.
    let comments: &[bool] = if policy.shell == ShellKind::Zsh && line.contains('#') { &[true, false] } else { &[true] };
    let verdicts = comments.iter().map(|comments| validate::check(&line, &policy.clone().with_comments(*comments)));
    let Some(verdict) = verdicts.max_by_key(|verdict| verdict.risk) else { return (Ruling::Pass(Risk::None), Vec::new()) };
    let ruling = if verdict.risk >= Risk::High {
        Ruling::Hold(verdict.risk, printable(&reason(&verdict)))
    } else if line.len() > syntax::MAX_BYTES {
        Ruling::Hold(Risk::High, format!("risk high: the line has more than {} KiB and was not judged in full", syntax::MAX_BYTES / 1024))
    } else {
        Ruling::Pass(verdict.risk)
    };
    (ruling, verdict.effects)
}

/// Why a line is held, and what would do the same with less danger.
fn reason(verdict: &Verdict) -> String {
    let Some(worst) = verdict.worst() else { return format!("risk {}", verdict.risk) };
    match &worst.safer {
        Some(safer) => format!("risk {}: {}; {safer}", verdict.risk, worst.reason),
        None => format!("risk {}: {}", verdict.risk, worst.reason),
    }
}

fn printable(text: &str) -> String {
    visible(text).chars().take(MAX_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::Finding;

    fn ruled(line: &str) -> Ruling {
        rule(line.as_bytes(), &Policy::new(ShellKind::Bash)).0
    }

    #[test]
    fn harmless_lines_pass_dangerous_ones_are_held_and_unfilled_ones_stopped() {
        assert_eq!(ruled("ls -l"), Ruling::Pass(Risk::None));
        assert_eq!(ruled(""), Ruling::Pass(Risk::None));
        // What does not parse goes on at the continuation prompt, where it is judged whole.
        assert_eq!(ruled("echo 'a"), Ruling::Pass(Risk::Medium));
        let Ruling::Hold(Risk::Critical, text) = ruled("true\nrm -rf /") else { panic!("{:?}", ruled("true\nrm -rf /")) };
        assert!(text.starts_with("risk critical: "), "{text}");
        let Ruling::Stop(text) = ruled("rm -rf / <file>") else { panic!("not stopped") };
        assert!(text.starts_with("<file> is still to be filled in"), "{text}");
        for shell in ShellKind::ALL {
            assert!(matches!(rule(b"rm -rf / # \xff", &Policy::new(shell)).0, Ruling::Hold(Risk::Critical, _)), "{shell}");
            let held = matches!(rule(b"ls # ; rm -rf /", &Policy::new(shell)).0, Ruling::Hold(Risk::Critical, _));
            assert_eq!(held, shell == ShellKind::Zsh, "{shell}");
        }
        assert_eq!(rule(b"ls # it's all", &Policy::new(ShellKind::Zsh)).0, Ruling::Pass(Risk::Medium));
    }

    #[test]
    fn a_line_too_long_to_be_judged_is_never_passed() {
        for length in [syntax::MAX_BYTES, MAX_LINE, MAX_LINE * 2] {
            let line = format!("echo {}", "a".repeat(length));
            assert!(matches!(ruled(&line), Ruling::Hold(Risk::High, _)), "{length}");
        }
        assert!(matches!(ruled(&format!("echo {}", "a".repeat(syntax::MAX_BYTES - 5))), Ruling::Pass(_)));
        let mut endless = std::io::repeat(b'a');
        assert_eq!(read_line(&mut endless).map(|line| line.len()), Ok(MAX_LINE + 1));
    }

    #[test]
    fn the_reason_is_one_printable_line_with_the_safer_form() {
        let finding = |safer: Option<&str>| Finding {
            rule: "x".to_owned(),
            risk: Risk::High,
            span: 0..0,
            reason: "deletes a home directory".to_owned(),
            safer: safer.map(str::to_owned),
        };
        let verdict = |safer| Verdict { risk: Risk::High, findings: vec![finding(safer)], effects: Vec::new(), programs: Vec::new() };
        assert_eq!(reason(&verdict(None)), "risk high: deletes a home directory");
        assert_eq!(reason(&verdict(Some("rm -i asks first"))), "risk high: deletes a home directory; rm -i asks first");
        assert_eq!(printable("a\n\u{1b}[2Jb"), "a\\n\\x1b[2Jb");
        assert_eq!(printable(&"é".repeat(1000)).chars().count(), MAX_TEXT);
    }

    #[test]
    fn work_that_is_late_or_fails_is_given_up() {
        let (hold, wait) = mpsc::channel::<()>();
        let (sender, receiver) = mpsc::channel();
        let late = move || {
            let _ = wait.recv();
            drop(sender);
        };
        let given_up = |ruled: Result<Result<Ruling, String>, String>| ruled.expect_err("nothing was ruled");
        assert_eq!(
            given_up(within(Duration::from_millis(1), Instant::now(), late, &receiver)),
            "the line was not checked: it took too long"
        );
        drop(hold);
        let (sender, receiver) = mpsc::channel();
        let failing = move || {
            let _kept = sender;
            std::panic::resume_unwind(Box::new(()))
        };
        let limit = Duration::from_secs(20);
        assert_eq!(given_up(within(limit, Instant::now(), failing, &receiver)), "the line was not checked: an internal error");
        let (sender, receiver) = mpsc::channel();
        let passing = move || drop(sender.send(Stage::Ruled(Ok(Ruling::Pass(Risk::Low)))));
        assert_eq!(within(limit, Instant::now(), passing, &receiver), Ok(Ok(Ruling::Pass(Risk::Low))));
    }
}
