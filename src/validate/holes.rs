//! Commands with holes: what is judged is the command with a word of unknown content in place of each.

use std::borrow::Cow;

use super::suggestion::Rejection;
use super::verdict::{Policy, Verdict};
use crate::domain::{Candidate, Hole, Risk};
use crate::syntax;

/// Programs that leave nothing of what they are given.
const DESTROYERS: [&str; 10] = ["rm", "rmdir", "unlink", "shred", "dd", "truncate", "wipefs", "fdisk", "parted", "mkfs"];

/// Whether a command may ask for something. What deletes, overwrites or runs as a program is said in full.
pub(super) fn may_ask(verdict: &Verdict) -> bool {
    let destroys = |program: &String| DESTROYERS.contains(&program.split('.').next().unwrap_or(program));
    let runs_it = verdict.findings.iter().any(|finding| finding.rule == "generated-code");
    verdict.risk <= Risk::Medium && !runs_it && !verdict.programs.iter().any(destroys)
}

/// The text to be judged. The holes of a candidate are believed only where they can be nothing else: outside quotes, each
/// text where it is said to be and nowhere else, in a line that the shell refuses to run as long as one is left.
pub(super) fn subject<'a>(candidate: &'a Candidate, policy: &Policy) -> Result<Cow<'a, str>, Rejection> {
    let (command, holes) = (candidate.command.as_str(), candidate.holes.as_slice());
    if holes.is_empty() {
        return Ok(Cow::Borrowed(command));
    }
    let refused = Rejection::Form("its holes are none");
    let Some(subject) = syntax::with_unknowns(command, holes) else { return Err(refused) };
    let (outside, _) = policy.unquoted(command);
    let texts: Vec<&str> = holes.iter().map(|hole| &command[hole.at.clone()]).collect();
    let stands = |(hole, text): (&Hole, &&str)| {
        outside.iter().any(|(at, c)| *at == hole.at.start && *c == '<')
            && command.matches(*text).count() == texts.iter().filter(|other| other == &text).count()
    };
    if !holes.iter().zip(&texts).all(stands) || !syntax::is_inert(command, holes, policy.shell) {
        return Err(refused);
    }
    Ok(Cow::Owned(subject))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Origin, ShellKind};
    use crate::validate::{Suggestion, judge};

    fn candidate(command: &str, holes: &[&str]) -> Candidate {
        let mut end = 0;
        let place = |text: &&str| {
            let start = end + command[end..].find(text).expect("a hole of the command");
            end = start + text.len();
            Hole { at: start..end }
        };
        let holes = holes.iter().map(place).collect();
        Candidate { command: command.to_owned(), holes, reading: None, origin: Origin::Offline, confidence: 0.6 }
    }

    fn judged(command: &str, holes: &[&str], shell: ShellKind) -> Result<Suggestion, Rejection> {
        judge(&candidate(command, holes), &Policy::new(shell))
    }

    #[test]
    fn a_command_with_holes_passes_byte_for_byte() {
        for shell in ShellKind::ALL {
            for (command, holes) in [
                ("tar -xf <file>", &["<file>"][..]),
                ("scp <file> <host>: <>", &["<file>", "<host>", "<>"]),
                ("zip -r <folder>.zip <folder>", &["<folder>", "<folder>"]),
                ("grep -e 'a b' <file> | head", &["<file>"]),
            ] {
                let suggestion = judged(command, holes, shell);
                let found = suggestion.as_ref().map(|suggestion| (suggestion.command(), suggestion.holes().len()));
                assert_eq!(found, Ok((command, holes.len())), "{shell}");
            }
        }
    }

    #[test]
    fn what_only_looks_like_a_hole_is_none() {
        for (command, holes) in [
            // A source that marks nothing.
            ("tar -xf <file>", &[][..]),
            ("scp <file> <host>", &["<file>"]),
            // The shell would run it.
            ("cp <file> /backup", &["<file>"]),
            ("scp <file> <host>:", &["<file>", "<host>"]),
            // In quotes it is text.
            ("echo '<file>' <>", &["<file>", "<>"]),
            // The same text elsewhere.
            ("grep '<file>' <file>", &["<file>"]),
            ("ls <>", &["<>"]),
            ("cat  <file>", &["<file>"]),
            ("cat <file> # <>", &["<file>", "<>"]),
            ("cat <file>\nls", &["<file>"]),
        ] {
            for shell in ShellKind::ALL {
                assert!(judged(command, holes, shell).is_err(), "{command} in {shell}");
            }
        }
        let shifted = Candidate { holes: vec![Hole { at: 7..13 }], ..candidate("tar -xf <file>", &[]) };
        assert!(judge(&shifted, &Policy::new(ShellKind::Bash)).is_err());
        let outside = Candidate { holes: vec![Hole { at: 8..400 }], ..candidate("tar -xf <file>", &[]) };
        assert!(judge(&outside, &Policy::new(ShellKind::Bash)).is_err());
    }

    #[test]
    fn what_is_dangerous_is_said_in_full() {
        for (command, holes) in [
            ("rm -rf <folder>", &["<folder>"][..]),
            ("sudo rm -rf / <file>", &["<file>"]),
            ("dd if=/dev/zero of=<file>", &["<file>"]),
            ("<program> -x", &["<program>"]),
            ("bash -c <text>", &["<text>"]),
        ] {
            assert!(judged(command, holes, ShellKind::Bash).is_err(), "{command}: {:?}", judged(command, holes, ShellKind::Bash));
        }
    }
}
