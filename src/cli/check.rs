//! `gptos check` and `gptos batch check`: what the analyser says of a command line.

use std::io::{BufReader, Read};
use std::ops::Range;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use unicode_width::UnicodeWidthChar;

use super::arguments::{CheckArguments, DialectArguments};
use super::batch::{self, Form};
use super::output::{Output, visible};
use super::{ExitStatus, facts};
use crate::config::InForce;
use crate::domain::{Risk, ShellKind};
use crate::line::checked;
use crate::paths::Paths;
use crate::validate::{self, CustomRules, Finding, Policy, Verdict};

const COMMANDS: Form = Form { field: "command", hint: "a line looks like {\"id\": 1, \"command\": \"rm -rf build\"}" };

/// Longest line that is read from standard input, in bytes. Whatever is longer is not judged in part.
const MAX_INPUT: u64 = 1024 * 1024;

#[derive(Serialize)]
struct Report<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a Value>,
    risk: Option<&'static str>,
    findings: Vec<Found<'a>>,
}

#[derive(Serialize)]
struct Found<'a> {
    rule: &'a str,
    risk: &'static str,
    start: usize,
    end: usize,
    reason: &'a str,
    safer: Option<&'a str>,
}

impl<'a> Report<'a> {
    fn new(id: Option<&'a Value>, verdict: Option<&'a Verdict>) -> Self {
        let findings = verdict.map_or(&[][..], |verdict| &verdict.findings);
        Self { id, risk: verdict.map(|verdict| verdict.risk.name()), findings: findings.iter().map(Found::from).collect() }
    }
}

impl<'a> From<&'a Finding> for Found<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self {
            rule: &finding.rule,
            risk: finding.risk.name(),
            start: finding.span.start,
            end: finding.span.end,
            reason: &finding.reason,
            safer: finding.safer.as_deref(),
        }
    }
}

/// Checks one command line.
pub(super) fn one(arguments: &CheckArguments, output: &mut Output<'_>) -> ExitStatus {
    let Some(line) = line_of(&arguments.command, "check", output) else { return ExitStatus::Usage };
    let shell = arguments.shell.map_or_else(facts::default_shell, |name| name.0);
    let policy = Policy::new(shell).with_rules(own_rules(output));
    let verdict = checked::check(&line, &policy, &facts::gather(shell, String::new()));
    if arguments.json {
        output.data(&format!("{}\n", batch::json(&Report::new(None, Some(&verdict)))));
    } else {
        print(&line, &verdict, output);
    }
    match verdict.risk {
        Risk::None | Risk::Low => ExitStatus::Success,
        Risk::Medium => ExitStatus::MediumRisk,
        Risk::High => ExitStatus::HighRisk,
        Risk::Critical => ExitStatus::CriticalRisk,
    }
}

/// The line that a verb is about, from its arguments or from standard input. Says so when there is none.
pub(super) fn line_of(words: &[String], verb: &str, output: &mut Output<'_>) -> Option<String> {
    let line = match words {
        [] => read_line(),
        [dash] if dash == "-" => read_line(),
        words => Ok(words.join(" ")),
    };
    match line {
        Ok(line) if !line.trim().is_empty() => Some(line),
        Ok(_) => {
            output.error(&format!("there is no command to {verb}"), Some(&format!("for example: gptos {verb} -- rm -rf build")));
            None
        }
        Err(reason) => {
            output.error(&format!("standard input: {reason}"), None);
            None
        }
    }
}

/// Checks JSON lines.
pub(super) fn many(arguments: DialectArguments, output: &mut Output<'_>) -> ExitStatus {
    let (shell, rules) = (arguments.shell.map(|name| name.0), own_rules(output));
    let mut answer = |id: &Value, command: Option<&str>| {
        let verdict = command.map(|command| in_dialects(command, shell, &rules));
        Ok(batch::json(&Report::new(Some(id), verdict.as_ref())))
    };
    batch::answer_lines(BufReader::new(std::io::stdin().lock()), &COMMANDS, &mut answer, output)
}

/// The rules that the user, the administrator and the project at hand have added or silenced. What of the project's files does not
/// count is told of.
fn own_rules(output: &mut Output<'_>) -> Arc<CustomRules> {
    let paths = Paths::from_environment();
    let here = std::env::current_dir().unwrap_or_default();
    let in_force = InForce::read(paths.config_file.as_deref(), &here, paths.home.as_deref());
    in_force.project.remarks.iter().for_each(|remark| output.remark(remark));
    in_force.rules
}

/// The verdict for one shell, or the worst among the shells that understand the line.
fn in_dialects(command: &str, shell: Option<ShellKind>, rules: &Arc<CustomRules>) -> Verdict {
    let judged = |shell| validate::check(command, &Policy::new(shell).with_rules(Arc::clone(rules)));
    if let Some(shell) = shell {
        return judged(shell);
    }
    let verdicts = ShellKind::ALL.map(judged);
    let parses = |verdict: &Verdict| verdict.findings.iter().all(|finding| finding.rule != "syntax");
    let worst = verdicts.into_iter().max_by_key(|verdict| (parses(verdict), verdict.risk));
    worst.unwrap_or_else(|| judged(ShellKind::Bash))
}

fn read_line() -> Result<String, String> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(MAX_INPUT + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX_INPUT {
        return Err("longer than 1 MiB".to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|_| "not UTF-8 text".to_owned())?;
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
}

/// The verdict for people: the line with what the findings are about underlined, the worst first, then the findings. A
/// low one is only worth a line where there is nothing worse.
fn print(line: &str, verdict: &Verdict, output: &mut Output<'_>) {
    let columns = output.columns().unwrap_or(usize::MAX);
    let least = verdict.risk.min(Risk::Medium);
    let findings: Vec<&Finding> = verdict.findings.iter().filter(|finding| finding.risk >= least).collect();
    let mut spans: Vec<Range<usize>> = Vec::new();
    for finding in findings.iter().filter(|finding| !finding.span.is_empty()) {
        if !spans.contains(&finding.span) {
            spans.push(finding.span.clone());
        }
    }
    let (text, marks) = excerpt(line, &spans, columns);
    output.line(&text);
    marks.iter().filter(|marks| !marks.is_empty()).for_each(|marks| output.bold_line(marks));
    if findings.is_empty() {
        output.line("none  it only reads");
    }
    let widest = findings.iter().map(|finding| finding.rule.chars().count()).max().unwrap_or_default();
    for finding in findings {
        output.line(&format!("{:<8}  {:<widest$}  {}", finding.risk.name(), visible(&finding.rule), finding.reason));
        if let Some(safer) = &finding.safer {
            output.line(&format!("{:<8}  safer: {safer}", ""));
        }
    }
}

/// The line, cut around the first of the spans to fit the columns, and the marks under each span.
fn excerpt(line: &str, spans: &[Range<usize>], columns: usize) -> (String, Vec<String>) {
    let first = spans.first().cloned().unwrap_or(0..0);
    let mut cells = Vec::new();
    for (at, c) in line.char_indices() {
        let shown = visible(c.encode_utf8(&mut [0; 4]));
        cells.extend(shown.chars().map(|c| (c, c.width().unwrap_or(0), at)));
    }
    let total: usize = cells.iter().map(|cell| cell.1).sum();
    let (mut start, mut end) = (0, cells.len());
    if total > columns {
        // What stands before the span is worth a third of the line.
        let room = columns.saturating_sub(2);
        let mut used = 0;
        start = cells.iter().position(|cell| first.contains(&cell.2)).unwrap_or(0);
        while start > 0 && used + cells[start - 1].1 <= room / 3 {
            start -= 1;
            used += cells[start].1;
        }
        used = 0;
        end = start;
        while end < cells.len() && used + cells[end].1 <= room {
            used += cells[end].1;
            end += 1;
        }
        // Near its end the line has room to spare, and that goes to what stands before.
        while end == cells.len() && start > 0 && used + cells[start - 1].1 <= room {
            start -= 1;
            used += cells[start].1;
        }
    }
    let (left, right) = (start > 0, end < cells.len());
    let kept = &cells[start..end];
    let mut text = String::from(if left { "…" } else { "" });
    text.extend(kept.iter().map(|cell| cell.0));
    text.push_str(if right { "…" } else { "" });
    let marks = spans.iter().map(|span| {
        let mut marks = String::from(if left { " " } else { "" });
        kept.iter().for_each(|(_, width, at)| marks.push_str(&if span.contains(at) { "^" } else { " " }.repeat(*width)));
        marks.trim_end().to_owned()
    });
    (text, marks.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::Captured;

    #[test]
    fn marks_stand_under_the_span_also_beside_wide_characters() {
        assert_eq!(excerpt("ls; rm x", &[4..6, 0..2], 80), ("ls; rm x".to_owned(), vec!["    ^^".to_owned(), "^^".to_owned()]));
        assert_eq!(excerpt("cat 文; rm x", std::slice::from_ref(&(9..11)), 80), ("cat 文; rm x".to_owned(), vec!["        ^^".to_owned()]));
        assert_eq!(excerpt("a\nb", std::slice::from_ref(&(2..3)), 80), ("a\\nb".to_owned(), vec!["   ^".to_owned()]));
        assert_eq!(excerpt("ls", &[], 80), ("ls".to_owned(), Vec::new()));
    }

    #[test]
    fn a_long_line_is_cut_on_both_sides_of_the_span() {
        let line = format!("{} rm {}", "a".repeat(50), "b".repeat(50));
        let (text, marks) = excerpt(&line, std::slice::from_ref(&(51..53)), 20);
        assert!(text.starts_with('…') && text.ends_with('…') && text.chars().count() <= 20, "{text}");
        let at = marks[0].find('^').expect("marks");
        assert_eq!(text.chars().skip(at).take(2).collect::<String>(), "rm");
    }

    #[test]
    fn the_line_is_printed_once_with_its_findings_below() {
        let printed = |line: &str| {
            let captured = Captured::default();
            print(line, &validate::check(line, &Policy::new(ShellKind::Bash)), &mut captured.output());
            captured.out()
        };
        assert_eq!(printed("ls"), "ls\nnone  it only reads\n");
        let text = printed("true; sudo rm -rf /");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(text.matches("sudo rm").count(), 1, "{text}");
        assert_eq!(lines[..2], ["true; sudo rm -rf /", "                  ^"], "{text}");
        assert!(lines.iter().any(|line| line.starts_with("critical  rm-vital ")), "{text}");
        assert!(lines.iter().any(|line| line.starts_with("          safer: ")), "{text}");
        assert!(!lines.iter().any(|line| line.starts_with("low ")), "{text}");
        // What is low is told where nothing is worse.
        let low = printed("touch a");
        assert!(low.lines().last().is_some_and(|line| line.starts_with("low       ")), "{low}");
    }

    #[test]
    fn marks_stay_under_the_span_at_both_ends_of_a_narrow_terminal() {
        for (line, span) in [("rm 文件文件文件文件文件文件", 0..2), ("文件文件文件文件文件文件 rm", 37..39)] {
            let (text, marks) = excerpt(line, &[span], 12);
            let width: usize = text.chars().filter_map(UnicodeWidthChar::width).sum();
            assert!(width <= 12 && width > 8, "{text}");
            let before: usize = text.split("rm").next().unwrap_or_default().chars().filter_map(UnicodeWidthChar::width).sum();
            assert_eq!(marks, [format!("{}^^", " ".repeat(before))], "{text}");
        }
        assert!(excerpt("rm -rf build", std::slice::from_ref(&(0..12)), 1).0.chars().count() <= 2);
    }

    #[test]
    fn a_dialect_that_does_not_parse_has_no_say() {
        let fish_only = in_dialects("for x in 1 2; echo $x; end", None, &Arc::default());
        assert!(fish_only.findings.iter().all(|finding| finding.rule != "syntax"), "{fish_only:?}");
        assert!(in_dialects("echo 'a", None, &Arc::default()).risk >= Risk::Medium);
    }
}
