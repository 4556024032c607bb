//! `gptos fix`, and what `??` alone asks after a line that failed. It is answered in this process, by rules and by looking, so
//! that the line, which may hold anything, goes nowhere.

use std::sync::Arc;

use serde::Serialize;

use super::arguments::FixArguments;
use super::ask::Surroundings;
use super::output::{Output, visible};
use super::widget::record;
use super::{ExitStatus, check, facts, report};
use crate::api;
use crate::config::{Config, ConfigFile};
use crate::domain::{AuditMode, Query, ShellFacts, ShellKind};
use crate::fix::Failed;
use crate::line::context::Context;
use crate::line::present::{self, Shown};
use crate::line::standing::Standing;
use crate::paths::Paths;
use crate::protocol::Answer;
use crate::system::{failure, screen};
use crate::validate::Policy;

#[derive(Serialize)]
struct Report {
    shell: &'static str,
    status: i32,
    fixes: Vec<report::Report>,
    remarks: Vec<String>,
}

/// Prints what a line that failed was probably meant to be.
pub(super) fn run(arguments: &FixArguments, output: &mut Output<'_>) -> ExitStatus {
    let Some(line) = check::line_of(&arguments.command, "fix", output) else { return ExitStatus::Usage };
    let shell = arguments.shell.map_or_else(facts::default_shell, |name| name.0);
    let facts = facts::gather(shell, String::new());
    let paths = Surroundings::look().paths;
    let policy = Standing::look(&paths, &facts).policy(&facts);
    let audit = configured(&paths).audit;
    let (shown, answer) = look((&line, i32::from(arguments.status), None), &facts, &policy, audit);
    if arguments.json {
        let fixes = shown.chunks(1).map(|one| report::Report::new(one, &facts, &[])).collect();
        let report = Report { shell: shell.name(), status: i32::from(arguments.status), fixes, remarks: answer.remarks };
        output.data(&format!("{}\n", super::batch::json(&report)));
    } else {
        for one in &shown {
            output.line(one.command());
            output.line(&format!("  {}", one.note()));
        }
        if shown.is_empty() {
            output.error(&answer.remarks.join("; "), None);
        }
    }
    if shown.is_empty() { ExitStatus::NoAnswer } else { ExitStatus::Success }
}

/// The same for a shell: the line comes on standard input, and the answer goes into its edit buffer.
pub(super) fn widget(shell: ShellKind, status: u8, shell_version: String, output: &mut Output<'_>) -> ExitStatus {
    let outcome = Context::read(std::io::stdin().lock()).map_err(|error| format!("standard input: {error}")).and_then(|context| {
        // The bounds of a question are those of a line that somebody typed.
        let line = Query::from_bytes(&context.query).map_err(|error| format!("exit {status}: {}", of_a_line(&error)))?;
        let mut facts = facts::gather(shell, shell_version);
        context.tell(&mut facts);
        let surroundings = Surroundings::look();
        let policy = Standing::look(&surroundings.paths, &facts).policy(&facts);
        let config = configured(&surroundings.paths);
        let printed = if config.shell.read_screen { screen::printed_by(line.as_str(), &facts, &facts::variable) } else { None };
        let (shown, answer) = look((line.as_str(), i32::from(status), printed.as_deref()), &facts, &policy, config.audit);
        for one in &shown {
            record(output, "cmd", one.command(), &one.note());
        }
        if shown.is_empty() { Err(answer.remarks.join("; ")) } else { Ok(()) }
    });
    let status = match outcome {
        Ok(()) => ExitStatus::Success,
        Err(reason) => {
            record(output, "msg", &visible(&reason), "");
            ExitStatus::NoAnswer
        }
    };
    record(output, "end", &status.code().to_string(), "");
    status
}

fn of_a_line(error: &crate::domain::QueryError) -> &'static str {
    match error {
        crate::domain::QueryError::TooLong => "the line is too long to be looked at",
        _ => "the line is no text",
    }
}

fn configured(paths: &Paths) -> Arc<Config> {
    ConfigFile::new(paths.config_file.clone(), paths.home.clone()).current().0
}

/// Looks around for a line with this status, which may have printed something, and has everything that is found judged.
fn look((line, status, printed): (&str, i32, Option<&str>), facts: &ShellFacts, policy: &Policy, audit: AuditMode) -> (Vec<Shown>, Answer) {
    let failed = Failed { line: line.trim(), status, shell: facts.shell, printed };
    let fixes = if status == 0 { Default::default() } else { failed.fixes(&failure::look(&failed.wanted(), facts)) };
    let remark = fixes.remark.clone();
    let mut answer = api::to_answer(fixes, policy, audit);
    let mut shown = present::suggestions(&mut answer, policy);
    // A line is put into a buffer whole, and one Enter would run all rows of it.
    shown.retain(|one| !one.command().contains('\n'));
    present::examine(&mut shown.iter_mut().collect::<Vec<_>>(), facts);
    if status == 0 {
        answer.remarks = vec!["exit 0: it worked".to_owned()];
    } else if shown.is_empty() && answer.remarks.is_empty() {
        answer.remarks = vec![remark];
    }
    (shown, answer)
}
