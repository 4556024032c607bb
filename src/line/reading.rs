//! What a line does and risks, while it is being written.

use super::aloud::as_read;
use super::checked::check;
use super::records::Records;
use crate::domain::{ShellFacts, visible};
use crate::explain;
use crate::validate::{self, Policy};

/// Longer lines are not followed, in bytes.
const LONGEST: usize = 4096;

/// Says what a line that came of a suggestion has become: its risk as the record `note`, what it does as `reading`.
pub fn read(line: &str, facts: &ShellFacts, policy: &Policy, records: &mut Records) {
    if line.len() > LONGEST || line.trim().is_empty() {
        return;
    }
    if let Some(gap) = validate::unfilled(line, facts.shell) {
        records.add("note", &visible(&format!("edited · fill in {gap}")), "");
        return;
    }
    let Ok(reading) = explain::read(&as_read(line, facts.shell, facts.comments), facts.shell) else {
        records.add("note", "edited · not a whole command", "");
        return;
    };
    let verdict = check(line, policy, facts);
    let risk = match verdict.worst() {
        Some(finding) => format!("edited · risk {}: {}", verdict.risk, finding.reason),
        None => format!("edited · risk {}", verdict.risk),
    };
    records.add("reading", &visible(&reading.short()), "");
    records.add("note", &visible(&risk), "");
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::system::tests::facts;

    fn said(line: &str) -> String {
        let mut records = Records::default();
        let facts = facts("/bin", Path::new("/"));
        read(line, &facts, &Policy::new(facts.shell), &mut records);
        records.as_str().replace('\0', "|")
    }

    #[test]
    fn a_line_is_followed_from_edit_to_edit() {
        let read = said("find . -type f");
        assert!(read.starts_with("reading|") && read.ends_with("note|edited · risk none||"), "{read}");
        assert!(said("rm -rf ~").contains("note|edited · risk critical: "), "{}", said("rm -rf ~"));
        assert_eq!(said("echo 'a"), "note|edited · not a whole command||");
        assert!(said("cp <file> x").starts_with("note|edited · fill in <file>"), "{}", said("cp <file> x"));
        assert_eq!((said("  "), said(&"a".repeat(5000))), (String::new(), String::new()));
        assert!(!said("echo '\u{1b}[2J\u{202e}'").contains(['\u{1b}', '\u{202e}']));
    }
}
