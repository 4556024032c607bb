//! `gptos guard`: judges the line that stands in the edit buffer when Enter is pressed.
//!
//! It judges in its own process and asks nobody, so that nothing that is stopped, busy or gone can hold the shell or let a line through.

use std::io::Read;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::ExitStatus;
use super::output::{Output, visible};
use super::widget::record;
use crate::domain::{Risk, ShellKind};
use crate::syntax;
use crate::validate::{self, Policy, Verdict};

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
    let line = move || read_line(&mut std::io::stdin().lock());
    let status = match within(LIMIT, move || line().map(|line| rule(&line, shell))) {
        Ok(Ok(Ruling::Pass(risk))) => {
            record(output, "pass", risk.name(), "");
            ExitStatus::Success
        }
        Ok(Ok(Ruling::Hold(risk, text))) => {
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
    record(output, "end", &(status as u8).to_string(), "");
    status
}

/// Runs `work` on a thread of its own and waits no longer than `limit`; a thread that is late is left behind and ends with the process.
fn within<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    let begun = Instant::now();
    let (sender, receiver) = mpsc::channel();
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(move || {
        // Nobody listens to a result that is late.
        let _ = sender.send(work());
    });
    thread.map_err(|error| format!("the line was not checked: {error}"))?;
    receiver.recv_timeout(limit.saturating_sub(begun.elapsed())).map_err(|error| match error {
        mpsc::RecvTimeoutError::Timeout => "the line was not checked: it took too long".to_owned(),
        mpsc::RecvTimeoutError::Disconnected => "the line was not checked: an internal error".to_owned(),
    })
}

/// One byte more than the limit tells that there is more.
fn read_line(input: &mut impl Read) -> Result<Vec<u8>, String> {
    let mut line = Vec::new();
    let limit = u64::try_from(MAX_LINE).unwrap_or(u64::MAX).saturating_add(1);
    input.take(limit).read_to_end(&mut line).map_err(|error| format!("the line was not checked: standard input: {error}"))?;
    Ok(line)
}

fn rule(line: &[u8], shell: ShellKind) -> Ruling {
    if line.len() > MAX_LINE {
        return Ruling::Hold(Risk::High, "risk high: the line is too long to be judged".to_owned());
    }
    let line = String::from_utf8_lossy(line);
    if let Some(gap) = validate::unfilled(&line, shell) {
        return Ruling::Stop(printable(&format!("{gap} is still to be filled in (a redirect has no name in brackets: < in > out)")));
    }
    // The shell does not tell its options here, and in zsh one of them decides whether what follows a `#` runs.
    let comments: &[bool] = if shell == ShellKind::Zsh && line.contains('#') { &[true, false] } else { &[true] };
    let verdicts = comments.iter().map(|comments| validate::check(&line, &Policy::new(shell).with_comments(*comments)));
    let Some(verdict) = verdicts.max_by_key(|verdict| verdict.risk) else { return Ruling::Pass(Risk::None) };
    if verdict.risk >= Risk::High {
        return Ruling::Hold(verdict.risk, printable(&reason(&verdict)));
    }
    if line.len() > syntax::MAX_BYTES {
        return Ruling::Hold(
            Risk::High,
            format!("risk high: the line has more than {} KiB and was not judged in full", syntax::MAX_BYTES / 1024),
        );
    }
    Ruling::Pass(verdict.risk)
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
        rule(line.as_bytes(), ShellKind::Bash)
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
            assert!(matches!(rule(b"rm -rf / # \xff", shell), Ruling::Hold(Risk::Critical, _)), "{shell}");
            let held = matches!(rule(b"ls # ; rm -rf /", shell), Ruling::Hold(Risk::Critical, _));
            assert_eq!(held, shell == ShellKind::Zsh, "{shell}");
        }
        assert_eq!(rule(b"ls # it's all", ShellKind::Zsh), Ruling::Pass(Risk::Medium));
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
        let (_hold, wait) = mpsc::channel::<()>();
        let late = within(Duration::from_millis(1), move || wait.recv().is_ok());
        assert_eq!(late, Err("the line was not checked: it took too long".to_owned()));
        let failed: Result<(), String> = within(Duration::from_secs(20), || std::panic::resume_unwind(Box::new(())));
        assert_eq!(failed, Err("the line was not checked: an internal error".to_owned()));
        assert_eq!(within(Duration::from_secs(20), || 1), Ok(1));
    }
}
